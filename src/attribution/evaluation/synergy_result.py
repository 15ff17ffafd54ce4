"""Synergy: pairs of channels, and how their journeys convert beyond what the two go with apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution import _draw
from attribution._checks import one_of, whole
from attribution._display import Display, format_number
from attribution._typing import Bools, Floats, Ints
from attribution.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes

_ODDS = ("odds_ratio", "odds_ratio_low", "odds_ratio_high")
VERDICTS = ("more than expected", "less than expected", "unclear", "too few")
CAVEAT = (
    "This is association, not cause: people who meet both channels may differ from those who meet one, and "
    "only an experiment that switches both on and off tells what the pair causes."
)
LAGGING = (
    "Where conversions follow their touches by days, one log in ten shows a pair though none does anything."
)
HELD = "number of touches, the last one's channel and the other channels of a journey held fixed"
LOOSE = (
    "nothing held fixed, so that verdicts say nothing about the channels: journeys with two are longer, "
    "and a conversion ends its journey"
)


@dataclass(frozen=True, repr=False, eq=False)
class Synergy(Display):
    """Which pairs of channels go with more conversions than the two do apart.

    P pairs, tested ones first, by what they add in conversions.

    Attributes
    ----------
    channels : tuple of str
        The channels that were paired, those in most journeys first.
    pairs : int64, shape (P, 2)
        Positions in `channels`.
    journeys : float64, shape (P, 4)
        Journeys touched by both, the first only, the second only, and neither (but another channel).
    conversions : float64, shape (P, 4)
        Of them, those that converted.
    excess : float64, shape (P,)
        Conversion rate of the journeys touched by both, less the one expected without interaction; NaN where
        a pair was not tested.
    low, high : float64, shape (P,)
        Its interval, at a level corrected for the number of pairs: that of the interaction, carried over to
        the rate of journeys with both.
    interaction : float64, shape (P, 3)
        What was tested, and its interval: a difference of log odds, or of rates.
    p_value, p_adjusted : float64, shape (P,)
        For no excess; NaN where a pair was not tested.
    tested : bool, shape (P,)
        Whether each of the four groups was large enough, and something tells the pair from what is held.
    scale : str
        ``"odds"`` or ``"rate"``: on what two channels without interaction add up.
    adjusted : bool
        Whether the number of touches, the last touch and the other channels were held fixed.
    alpha, correction
        Level of all tests together, and how it is kept.
    least : float
        Conversions that each group had to hold at the overall rate.
    conversion_rate : float
        Of all journeys that hold a touch.
    clusters : int or None
        Groups of users behind the variances; None where users are not known.
    settings : mapping
        How journeys were built.
    """

    channels: tuple[str, ...]
    pairs: Ints
    journeys: Floats
    conversions: Floats
    excess: Floats
    low: Floats
    high: Floats
    p_value: Floats
    p_adjusted: Floats
    tested: Bools
    interaction: Floats
    scale: str
    adjusted: bool
    alpha: float
    correction: str
    least: float
    conversion_rate: float
    clusters: int | None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def significant(self) -> Bools:
        """Whether a pair was tested and its corrected p-value is at most `alpha`, shape (P,)."""
        return self.tested & (np.nan_to_num(self.p_adjusted, nan=1.0) <= self.alpha)

    @property
    def verdicts(self) -> tuple[str, ...]:
        """Return for each pair one of "more than expected", "less than expected", "unclear", "too few"."""
        place = np.where(self.significant, np.where(self.excess > 0, 0, 1), np.where(self.tested, 2, 3))
        return tuple(VERDICTS[number] for number in place.tolist())

    @property
    def rates(self) -> Floats:
        """Conversion rates of the four groups, float64, shape (P, 4)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.conversions / self.journeys

    def to_frame(self) -> pd.DataFrame:
        """Return a row a pair.

        Returns
        -------
        pandas.DataFrame
            Columns ``channel_1``, ``channel_2``, ``journeys`` (touched by both), ``conversions`` (of them),
            ``rate_both``, ``rate_first``, ``rate_second``, ``rate_neither``, ``rate_expected`` (of both,
            without interaction), ``excess`` (``rate_both - rate_expected``), ``ci_low``, ``ci_high``,
            ``excess_conversions`` (``excess`` times ``journeys``), ``odds_ratio`` (of interaction; with
            ``odds_ratio_low`` and ``odds_ratio_high``, only on that scale), ``p_value``, ``p_adjusted``,
            ``verdict``.
        """
        import pandas as pd

        names = np.array(self.channels, dtype=object)
        rates = self.rates
        odds = dict(zip(_ODDS, np.exp(self.interaction.T), strict=True)) if self.scale == "odds" else {}
        columns = {
            "channel_1": names[self.pairs[:, 0]],
            "channel_2": names[self.pairs[:, 1]],
            "journeys": self.journeys[:, 0],
            "conversions": self.conversions[:, 0],
            "rate_both": rates[:, 0],
            "rate_first": rates[:, 1],
            "rate_second": rates[:, 2],
            "rate_neither": rates[:, 3],
            "rate_expected": rates[:, 0] - self.excess,
            "excess": self.excess,
            "ci_low": self.low,
            "ci_high": self.high,
            "excess_conversions": self.excess * self.journeys[:, 0],
            **odds,
            "p_value": self.p_value,
            "p_adjusted": self.p_adjusted,
            "verdict": np.array(self.verdicts, dtype=object),
        }
        return pd.DataFrame(columns)

    def summary(self) -> str:
        """Return in words what was compared, which pairs stand out, and what that does not mean."""
        tested, found = int(self.tested.sum()), np.flatnonzero(self.significant)
        held = HELD if self.adjusted else LOOSE
        first = f"{tested:,} of {len(self.pairs):,} pairs of {len(self.channels):,} channels"
        lines = [f"{first} had enough journeys to compare; {held}."]
        lines += [
            self._sentence(number)
            for number in sorted(found.tolist(), key=lambda n: bool(self.excess[n] < 0))[:8]
        ]
        if len(found) > 8:
            lines.append(f"{len(found) - 8:,} more pairs stand out; to_frame() has them.")
        if tested and not len(found):
            lines.append("No pair clearly converts more or less often than expected without interaction.")
        lines += [CAVEAT, LAGGING] if self.adjusted and len(found) else [CAVEAT]
        return "\n".join(lines)

    def _sentence(self, number: int) -> str:
        one, other = (self.channels[place] for place in self.pairs[number].tolist())
        rate, excess = float(self.rates[number, 0]), float(self.excess[number])
        low, high = float(self.low[number]), float(self.high[number])
        return (
            f"{one} and {other}: {rate:.2%} of {self.journeys[number, 0]:,.0f} journeys with both convert, "
            f"{rate - excess:.2%} would without interaction: {_points(excess)} points ({_points(low)} to "
            f"{_points(high)})."
        )

    def plot(self, kind: str = "map", ax: Axes | None = None, *, top: int = 15) -> Axes:
        """Draw the excess conversions per 100 journeys of pairs.

        Parameters
        ----------
        kind
            ``"map"``: all tested pairs as shades, with a number where a pair stands out; ``"intervals"``: the
            largest with their intervals, grey where they do not stand out.
        ax
            What to draw on; a new figure by default.
        top
            Pairs that ``"intervals"`` draws.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ModelError
            If `kind` is unknown.
        """
        one_of(kind, "kind", ("map", "intervals"), error=ModelError)
        whole(top, "top", error=ModelError)
        title = "Excess conversions per 100 journeys with both channels"
        if kind == "map":
            return draw_map(self, title, ax)
        return draw_intervals(self, title, "conversions per 100 journeys beyond those expected", top, ax)

    def _title(self) -> str:
        tested = int(self.tested.sum())
        return f"Synergy of {len(self.pairs):,} pairs of channels, {tested:,} tested"

    def _notes(self) -> tuple[str, ...]:
        return (CAVEAT, LAGGING) if self.adjusted else (f"Here {LOOSE}.", CAVEAT)

    def _shown(self, *, wide: bool) -> pd.DataFrame:
        frame = self.to_frame()
        few = [
            "channel_1",
            "channel_2",
            "journeys",
            "rate_both",
            "rate_expected",
            "excess",
            "ci_low",
            "ci_high",
        ]
        return frame if wide else frame[[*few, "p_adjusted", "verdict"]]

    def _formats(self) -> Mapping[str, Callable[[Any], str]]:
        shares = ("rate_both", "rate_first", "rate_second", "rate_neither", "rate_expected")
        formats: dict[str, Callable[[Any], str]] = dict.fromkeys(
            (*shares, "excess", "ci_low", "ci_high"), lambda value: f"{value:.2%}"
        )
        p_values: dict[str, Callable[[Any], str]] = dict.fromkeys(
            ("p_value", "p_adjusted"), lambda value: f"{value:.3g}" if value >= 0.001 else "<0.001"
        )
        return formats | p_values


def _points(rate: float) -> str:
    return f"{100 * rate:+.2f}"


def draw_map(
    synergy: Synergy, title: str, ax: Axes | None = None, tick: Callable[[float], str] | None = None
) -> Axes:
    """Draw all tested pairs as shades, one triangle of the table."""
    tick = tick or (lambda value: f"{value:+.1f}")
    used = sorted({place for pair in synergy.pairs[synergy.tested].tolist() for place in pair})
    position = {place: number for number, place in enumerate(used)}
    names = [synergy.channels[place] for place in used]
    values = np.full((len(names), len(names)), np.nan)
    percent = 100 * synergy.excess
    for (one, other), value, tested in zip(
        synergy.pairs.tolist(), percent.tolist(), synergy.tested.tolist(), strict=True
    ):
        if tested:
            row, column = sorted((position[one], position[other]), reverse=True)
            values[row, column] = value
    rows, columns = (np.flatnonzero(np.isfinite(values).any(axis=axis)) for axis in (1, 0))
    written = set(percent[synergy.significant].tolist())
    return _draw.heat_map(
        [names[row] for row in rows.tolist()],
        [names[column] for column in columns.tolist()],
        values[np.ix_(rows, columns)],
        title=title,
        axes=("", ""),
        text=lambda value: tick(value) if value in written or len(names) > 20 else "",
        ax=ax,
    )


def draw_intervals(
    synergy: Synergy,
    title: str,
    axis: str,
    top: int,
    ax: Axes | None = None,
    *,
    join: Callable[[str, str], str] = "{} + {}".format,
    tick: Callable[[float], str] = format_number,
) -> Axes:
    """Draw the pairs that differ most in conversions, with their intervals."""
    tested = np.flatnonzero(synergy.tested)
    size = np.abs(synergy.excess * synergy.journeys[:, 0])[tested]
    shown = np.sort(tested[np.argsort(-size, kind="stable")[:top]])
    stands = synergy.significant
    labels = [
        join(*(_draw.label_text(synergy.channels[place], 20) for place in synergy.pairs[number].tolist()))
        for number in shown.tolist()
    ]
    return _draw.intervals(
        labels,
        100 * synergy.excess[shown],
        100 * synergy.low[shown],
        100 * synergy.high[shown],
        [_draw.PALETTE[0] if stands[number] else _draw.GREY for number in shown.tolist()],
        title=title,
        axis=axis,
        tick=tick,
        ax=ax,
    )
