"""ObservedIncremental: what channels seem to have caused, as far as a log without a test can tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution import _draw
from attribution._display import Display, format_number
from attribution._typing import Floats
from attribution.diagnostics import CheckResults
from attribution.stats.resampling import percentile_interval

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes

ESTIMATED, FOLLOWS, FEW = "estimated", "follows its users: test it", "too few"
CAVEAT = (
    "Observed, not tested: it does not see that people who meet more of a channel may buy more anyway, nor "
    "what comes later than the horizon. Intervals hold chance, not that bias. Where a test can be had, it "
    "decides."
)


@dataclass(frozen=True, repr=False, eq=False)
class ObservedIncremental(Display):
    """What touches out of the blue were followed by, beyond quiet time: neither credit nor a test's lift.

    M channels that users do not come by of themselves; amounts are conversions over the whole log.

    Attributes
    ----------
    channels : tuple of str
        In order of their names.
    verdicts : tuple of str
        Of each channel: ``"estimated"``, ``"follows its users: test it"`` or ``"too few"``.
    touches, cold_touches : float64, shape (M,)
        All of them; those before which the user was quiet.
    follow_ratio : float64, shape (M,)
        Share of touches with an own touch in the 14 days before, beyond that of moments at random.
    incremental : float64, shape (M,)
        Conversions that would not have been without the channel; missing where there is no estimate.
    replicates : float64, shape (R, M)
        The same in each resampling of the users.
    placebo : float64, shape (1 + R,)
        What touches that nobody made seem to have caused: 0 but for bias and chance; then its replicates.
    placebo_touches : float
        How many these were.
    by_quiet : mapping of str to float64, shape (M,)
        The estimates with a shorter and a longer quiet, and the one that was asked for.
    conversions : float
        All of the log.
    checks : CheckResults
        ``"placebo"`` and ``"quiet_length"``: they fail where the estimates cannot be what they are called.
    level : float
        Of the intervals.
    settings : mapping
        What was asked for: ``own``, ``quiet``, ``horizon``, ``goal``, ``bootstrap``.
    """

    channels: tuple[str, ...]
    verdicts: tuple[str, ...]
    touches: Floats
    cold_touches: Floats
    follow_ratio: Floats
    incremental: Floats
    replicates: Floats
    placebo: Floats
    placebo_touches: float
    by_quiet: Mapping[str, Floats]
    conversions: float
    checks: CheckResults
    level: float
    settings: Mapping[str, Any] = field(default_factory=dict)

    def interval(self) -> tuple[Floats, Floats]:
        """Return the percentile interval of each channel's estimate, float64, shape (M,) each."""
        return percentile_interval(self.replicates, self.level)

    def to_frame(self) -> pd.DataFrame:
        """Return a row a channel.

        Returns
        -------
        pandas.DataFrame
            Columns ``channel``, ``touches``, ``cold_touches``, ``follow_ratio``, ``incremental``
            (conversions), ``ci_low``, ``ci_high``, ``verdict``.
        """
        import pandas as pd

        low, high = self.interval()
        columns = {
            "channel": np.array(self.channels, dtype=object),
            "touches": self.touches,
            "cold_touches": self.cold_touches,
            "follow_ratio": self.follow_ratio,
            "incremental": self.incremental,
            "ci_low": low,
            "ci_high": high,
            "verdict": np.array(self.verdicts, dtype=object),
        }
        return pd.DataFrame(columns)

    def controls(self) -> pd.DataFrame:
        """Return the negative controls: what should be 0, and what should not move.

        Returns
        -------
        pandas.DataFrame
            Columns ``control``, ``touches``, ``incremental``, ``ci_low``, ``ci_high`` (of the placebo alone)
            and ``per_1000_touches``: the placebo, then the sum of the estimated channels by each length of
            quiet.
        """
        import pandas as pd

        low, high = percentile_interval(self.placebo[1:, None], self.level)
        rows = [("placebo", self.placebo_touches, float(self.placebo[0]), float(low[0]), float(high[0]))]
        touches = float(self.touches[self._estimated].sum())
        nothing = float("nan")
        rows += [
            (f"quiet {name}", touches, float(values[self._estimated].sum()), nothing, nothing)
            for name, values in self.by_quiet.items()
        ]
        names = ["control", "touches", "incremental", "ci_low", "ci_high"]
        frame = pd.DataFrame(rows, columns=names)
        return frame.assign(
            per_1000_touches=1000 * frame["incremental"] / frame["touches"].replace(0, np.nan)
        )

    @property
    def _estimated(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return np.array([verdict == ESTIMATED for verdict in self.verdicts], np.bool_)

    def summary(self) -> str:
        """Return in words what was estimated, what was refused, and what the controls say."""
        chosen = np.flatnonzero(self._estimated)
        told = f"{len(chosen):,} of {len(self.channels):,} channels have touches out of the blue"
        quiet = self.settings.get("quiet")
        lines = [f"{told}, {quiet} after anything else of their user, to compare with quiet time."]
        low, high = self.interval()
        lines += [
            f"{self.channels[n]}: {self.incremental[n]:,.0f} conversions ({low[n]:,.0f} to {high[n]:,.0f}) "
            f"of {self.conversions:,.0f} would not have been without it."
            for n in chosen[np.argsort(-self.incremental[chosen], kind="stable")].tolist()
        ]
        for verdict, why in (
            (FOLLOWS, "come after what users do of themselves: no log tells what they cause, a test does"),
            (FEW, "had too few touches out of the blue"),
        ):
            names = [name for name, told in zip(self.channels, self.verdicts, strict=True) if told == verdict]
            if names:
                lines.append(f"Not estimated: {', '.join(names)}, which {why}.")
        lines += [
            f"Check {check.name} {'failed' if check.passed is False else 'passed'}: {check.text}."
            for check in self.checks
            if check.passed is not None
        ]
        return "\n".join([*lines, CAVEAT])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the estimates with their intervals, the placebo beside them.

        Parameters
        ----------
        ax
            What to draw on; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes
        """
        chosen = np.flatnonzero(self._estimated)
        order = chosen[np.argsort(-self.incremental[chosen], kind="stable")]
        low, high = self.interval()
        nothing = percentile_interval(self.placebo[1:, None], self.level)
        return _draw.intervals(
            [*(_draw.label_text(self.channels[n], 24) for n in order.tolist()), "placebo (caused nothing)"],
            np.append(self.incremental[order], self.placebo[0]),
            np.append(low[order], nothing[0]),
            np.append(high[order], nothing[1]),
            [_draw.PALETTE[0]] * len(order) + [_draw.GREY],
            title="Incremental conversions as observed, not tested",
            axis="conversions that would not have been without the channel",
            tick=format_number,
            ax=ax,
        )

    def _title(self) -> str:
        return f"Observed incremental conversions of {len(self.channels):,} channels (not tested)"

    def _notes(self) -> tuple[str, ...]:
        failed = tuple(f"Check {check.name} failed: {check.text}." for check in self.checks.failed)
        return (*failed, CAVEAT)

    def _formats(self) -> Mapping[str, Callable[[Any], str]]:
        return {"follow_ratio": lambda value: f"{value:.2f}"}
