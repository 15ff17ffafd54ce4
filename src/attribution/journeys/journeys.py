"""Journeys: ragged columns of touches, one segment per journey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._display import Display
from attribution._migration import tells_options
from attribution._typing import Bools, Codes, Floats, Hashes, Ints
from attribution.errors import JourneyError, unknown_name
from attribution.kernels.ragged import expand, offsets_of, run_starts
from attribution.tables.columns import Dimension

if TYPE_CHECKING:
    import pandas as pd

    from attribution.journeys.flows import Flows
    from attribution.journeys.lags import Lags

UNATTRIBUTED = "(unattributed)"
NONE = "(none)"


@tells_options(JourneyError)
@dataclass(frozen=True, repr=False, eq=False)
class Journeys(Display):
    """Customer journeys: what each user touched before each conversion, or without one.

    Touches lie in flat arrays; journey j owns the touches ``offsets[j]:offsets[j + 1]``, in time order.
    A conversion with no eligible touch is a converted journey of length zero: it is *unattributed*.

    Attributes
    ----------
    channels : tuple of str
        Channel names in code order, which is the order of their code points.
    offsets : int64, shape (J + 1,)
        Where journeys begin and end.
    channel : int16 or int32, shape (N,)
        Channel code of each touch.
    converted : bool, shape (J,)
        Whether the journey ends in a conversion.
    value : float64, shape (J,)
        Value of the conversion, in the currency of the log; 0 where not converted.
    time : int64, shape (N,), or None
        Time of each touch, microseconds since 1970 in UTC; None where only paths are known.
    row : uint32 or int64, shape (N,), or None
        Row of the touch in the log, as it was read; None where touches were left out while reading.
    user : uint64, shape (J,), or None
        Hash of the user.
    conversion_time : int64, shape (J,), or None
        Time of the conversion, microseconds since 1970 in UTC; meaningless where not converted.
    repeats : uint8, shape (J,), or None
        Whether the conversion has been there before: 1 where its user has another of the same order id and
        goal, 2 where a row is the same in everything, 3 for both; the first of them is no repeat.
    weight : float64, shape (J,), or None
        How many journeys this one stands for (path tables); None means one each.
    touch_dims : tuple of Dimension
        Further dimensions of the touches, N codes each.
    journey_dims : tuple of Dimension
        Further dimensions of the conversions, J codes each; code -1 where not converted.
    milestones : mapping of str to int64, shape (J,)
        For each goal that is not a conversion here: the position in the journey of the last touch at or
        before it, or -1.
    settings : mapping
        How the journeys were built.
    window : (int, int) or None
        First and last instant of the log, microseconds since 1970 in UTC.
    first_conversion : int64, shape (J,), or None
        When the user of each journey converted first, where not all journeys of a user are here; the
        greatest int64 for never.
    """

    channels: tuple[str, ...]
    offsets: Ints
    channel: Codes
    converted: Bools
    value: Floats
    time: Ints | None = None
    row: np.ndarray[Any, Any] | None = None
    user: Hashes | None = None
    conversion_time: Ints | None = None
    repeats: np.ndarray[Any, Any] | None = None
    weight: Floats | None = None
    touch_dims: tuple[Dimension, ...] = ()
    journey_dims: tuple[Dimension, ...] = ()
    milestones: Mapping[str, Ints] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    window: tuple[int, int] | None = None
    first_conversion: Ints | None = None
    _cache: dict[Any, Any] = field(default_factory=dict, init=False)

    def __len__(self) -> int:
        """Return the number of journeys held, unattributed conversions included."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Ints:
        """Touches of each journey, int64, shape (J,)."""
        return np.diff(self.offsets)

    @property
    def weights(self) -> Floats:
        """How many journeys each one stands for, float64, shape (J,)."""
        return np.ones(len(self)) if self.weight is None else self.weight

    def weights_of(self, which: Ints | Bools) -> Floats:
        """Return how many journeys each of the chosen ones stands for, float64.

        Parameters
        ----------
        which
            Positions of journeys, or a mask.
        """
        if self.weight is not None:
            return self.weight[which]
        return np.ones(np.count_nonzero(which) if which.dtype == np.bool_ else len(which))

    @property
    def n_conversions(self) -> float:
        """Conversions, unattributed ones included."""
        return float(self.weights[self.converted].sum())

    @property
    def n_unattributed(self) -> float:
        """Conversions with no eligible touch."""
        return float(self.weights[self.converted & (self.lengths == 0)].sum())

    @property
    def conversion_rate(self) -> float:
        """Converting journeys over all journeys that hold a touch; NaN if there is none."""
        weights, touched = self.weights, self.lengths > 0
        total = weights[touched].sum()
        return float(weights[touched & self.converted].sum() / total) if total else float("nan")

    def count_users(self) -> int:
        """Return how many users the journeys are of; 0 where users are not known."""
        return 0 if self.user is None else int(run_starts(self.user).sum())

    def dimension(self, name: str) -> tuple[Dimension, bool]:
        """Return the dimension called `name`, and whether it is a dimension of touches.

        Parameters
        ----------
        name
            As the schema's ``dims`` name it.

        Raises
        ------
        JourneyError
            If there is no such dimension; the message names the nearest.
        """
        for dimension in self.touch_dims:
            if dimension.name == name:
                return dimension, True
        for dimension in self.journey_dims:
            if dimension.name == name:
                return dimension, False
        known = [dimension.name for dimension in (*self.touch_dims, *self.journey_dims)]
        raise JourneyError(
            unknown_name("dimension", name, [*known, "customer", "day", "week", "month"]),
            hint=f'at.read_log(..., schema=at.LogSchema(..., dims=("{name}",))) carries a column along',
        )

    def take(self, which: Bools | Ints) -> Journeys:
        """Return some of the journeys.

        Parameters
        ----------
        which
            A mask of shape (J,), or positions.

        Examples
        --------
        >>> import attribution as at
        >>> paths = {"path": ["a > b", "b"], "conversions": [1, 2], "nulls": [0, 5]}
        >>> journeys = at.read_paths(paths)
        >>> journeys.take(journeys.converted).n_conversions
        3.0
        """
        rows = np.asarray(which)
        chosen = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows.astype(np.int64)
        index, offsets = expand(self.offsets[chosen], self.offsets[chosen + 1])
        return self._with_touches(index, offsets, journeys=chosen)

    def between(self, low: int, high: int) -> Journeys:
        """Return the journeys at positions ``low`` to ``high - 1``, without copying their columns.

        Parameters
        ----------
        low, high
            Positions of journeys, counted from 0; not dates.

        Raises
        ------
        JourneyError
            If they are no positions of these journeys.
        """
        for name, position in (("low", low), ("high", high)):
            if isinstance(position, bool) or not isinstance(position, int | np.integer):
                msg = f"{name}={position!r} is no position of a journey"
                raise JourneyError(
                    msg,
                    column=name,
                    why="between counts journeys from 0; it knows no dates",
                    hint='at.attribute(log, models, by="day")  # by date',
                )
        if not 0 <= low <= high <= len(self):
            msg = f"positions {low:,} to {high:,} are not among those of {len(self):,} journeys"
            raise JourneyError(msg, hint=f"journeys.between(0, {len(self)})")
        journeys = slice(int(low), int(high))
        touches = slice(int(self.offsets[low]), int(self.offsets[high]))
        return self._with_touches(
            touches, self.offsets[int(low) : int(high) + 1] - self.offsets[low], journeys=journeys
        )

    def _with_touches(
        self, index: Ints | slice, offsets: Ints, *, journeys: Ints | slice | None = None
    ) -> Journeys:
        """Return journeys with the touches at `index`, cut at `offsets`; `journeys` picks their rows."""

        def pick(column: Any) -> Any:
            return column if column is None or journeys is None else column[journeys]

        return replace(
            self,
            offsets=offsets,
            channel=self.channel[index],
            time=None if self.time is None else self.time[index],
            row=None if self.row is None else self.row[index],
            converted=pick(self.converted),
            value=pick(self.value),
            user=pick(self.user),
            conversion_time=pick(self.conversion_time),
            repeats=pick(self.repeats),
            first_conversion=pick(self.first_conversion),
            weight=pick(self.weight),
            touch_dims=tuple(replace(dim, codes=dim.codes[index]) for dim in self.touch_dims),
            journey_dims=tuple(replace(dim, codes=pick(dim.codes)) for dim in self.journey_dims),
            milestones={name: pick(position) for name, position in self.milestones.items()},
        )

    def path_counts(self, top: int | None = None, *, separator: str = " > ") -> pd.DataFrame:
        """Count the distinct paths.

        Parameters
        ----------
        top
            How many paths to return, the most converting first; all by default.
        separator
            Written between channels. Where a channel's own name contains it, a backslash is put before
            the name's; `read_paths` reads that back.

        Returns
        -------
        pandas.DataFrame
            Columns ``path``, ``touches``, ``conversions``, ``nulls``, ``value``, ``conversion_rate``
            and ``median_days`` (from the first touch to the conversion; missing where times are
            unknown or nothing converted), sorted by conversions, then nulls, then path. Unattributed
            conversions have no path and are not in it.

        Examples
        --------
        >>> import attribution as at
        >>> paths = {"path": ["a > b", "b", "a > b"], "conversions": [1, 2, 3], "nulls": [0, 5, 2]}
        >>> at.read_paths(paths).path_counts()[["path", "conversions", "nulls"]]
            path  conversions  nulls
        0  a > b          4.0    2.0
        1      b          2.0    5.0
        """
        from attribution.journeys.paths import path_frame, tally_paths

        return path_frame(tally_paths(self), top=top, separator=separator)

    def flows(self, steps: int = 4, top: int | None = 6) -> Flows:
        """Return where the journeys go: from touch to touch, to a conversion or to none.

        Consecutive touches of one channel are one here. Conversions without a touch are left out.

        Parameters
        ----------
        steps
            How many touches of a journey to tell apart; the later ones are ``"(later touches)"``.
        top
            How many channels to show by name, those with most conversions; the others are ``"(other)"``.
            None shows all.

        Returns
        -------
        Flows
            With ``to_frame()``, ``plot()`` (a Sankey diagram) and ``summary()``.

        Raises
        ------
        JourneyError
            If `steps` or `top` is no positive whole number.

        Examples
        --------
        >>> import attribution as at
        >>> paths = {"path": ["a > b", "b", "a > b"], "conversions": [1, 2, 3], "nulls": [0, 5, 2]}
        >>> at.read_paths(paths).flows().to_frame().drop(columns="value")
           step source        target  conversions  nulls
        0     1      a             b          4.0    2.0
        1     1      b  (conversion)          2.0    0.0
        2     1      b (no conversion)          0.0    5.0
        3     2      b  (conversion)          4.0    0.0
        4     2      b (no conversion)          0.0    2.0
        """
        from attribution.journeys.flows import flows_of

        return flows_of(self, steps, top)

    def time_to_convert(self) -> Lags:
        """Return how many days conversions took from the first touch of their journey.

        No journey is longer than the lookback it was built with, so a longer lookback may give longer times.

        Returns
        -------
        Lags
            With ``median``, ``quantile(q)``, ``within(days)``, ``to_frame()``, ``plot()`` and ``summary()``.

        Raises
        ------
        JourneyError
            If the journeys came from a path table, which knows no times.

        Examples
        --------
        >>> import attribution as at
        >>> touches = {"user_id": [1, 1, 2], "time": ["2026-01-01", "2026-01-02", "2026-01-05"],
        ...            "channel": ["email", "search", "email"]}
        >>> conversions = {"user_id": [1, 2], "time": ["2026-01-03", "2026-01-06"]}
        >>> at.build_journeys(at.read_log(touches, conversions)).time_to_convert().median
        1.5
        """
        from attribution.journeys.lags import solve_lags, tally_lags

        return solve_lags(tally_lags(self, "days"), "days")

    def touches_to_convert(self) -> Lags:
        """Return how many touches conversions took, repeated ones counted.

        Returns
        -------
        Lags
            As `time_to_convert`, in touches.

        Examples
        --------
        >>> import attribution as at
        >>> paths = {"path": ["a > b", "b", "a > b"], "conversions": [1, 2, 3], "nulls": [0, 5, 2]}
        >>> at.read_paths(paths).touches_to_convert().summary()
        'median 2 touches to convert (quartiles 1 to 2); 33% within 1 touch, 100% within 3 touches, ...'
        """
        from attribution.journeys.lags import solve_lags, tally_lags

        return solve_lags(tally_lags(self, "touches"), "touches")

    def to_frame(self) -> pd.DataFrame:
        """Return one row a touch: journey, position, channel, time, converted, value of the journey."""
        import pandas as pd

        lengths = self.lengths
        journey = np.repeat(np.arange(len(self)), lengths)
        columns: dict[str, Any] = {
            "journey": journey,
            "position": np.arange(len(journey)) - np.repeat(self.offsets[:-1], lengths),
            "channel": pd.Categorical.from_codes(self.channel, categories=pd.Index(self.channels)),
        }
        if self.time is not None:
            columns["time"] = pd.to_datetime(self.time, unit="us", utc=True)
        columns["converted"] = self.converted[journey]
        columns["value"] = self.value[journey]
        return pd.DataFrame(columns)

    def summary(self) -> str:
        """Return counts in words: journeys, conversions, unattributed, touches, channels."""
        touched = self.lengths > 0
        weights = self.weights
        converting = weights[touched & self.converted].sum()
        total = weights[touched].sum()
        rate = f" ({converting / total:.1%})" if total and self.settings.get("nulls") is not False else ""
        text = (
            f"{total:,.0f} journeys, {converting:,.0f} converting{rate}, "
            f"{len(self.channel):,} touches, {len(self.channels):,} channels"
        )
        if self.n_unattributed:
            text += f"; {self.n_unattributed:,.0f} conversions without a touch (unattributed)"
        return text

    def _repr_text(self) -> str:
        return f"<Journeys {self.summary()}>" + (f"\n  {self._details()}" if self.settings else "")

    def _repr_html_(self) -> str:
        import html

        details = f"<br><small>{html.escape(self._details())}</small>" if self.settings else ""
        return f"<p><strong>Journeys</strong> {html.escape(self.summary())}{details}</p>"

    def _details(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.settings.items())


def lay_out(low: Ints, high: Ints) -> tuple[slice | Ints, Ints]:
    """Return how to pick the touches of segments ``[low, high)``, and the offsets of the result.

    Where the segments follow one another without a gap they are a slice, and nothing is copied.
    """
    filled = high > low
    first, last = low[filled], high[filled]
    if len(first) and bool((first[1:] == last[:-1]).all()):
        return slice(int(first[0]), int(last[-1])), offsets_of(high - low)
    index, offsets = expand(low, high)
    return index, offsets
