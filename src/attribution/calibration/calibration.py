"""Calibration: what channels caused, as far as experiments tell, beside what they were credited with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from attribution import _draw
from attribution._checks import one_of
from attribution._display import Display
from attribution._typing import Bools, Floats
from attribution.calibration.evidence import Evidence
from attribution.calibration.next_test import rank_tests
from attribution.calibration.pooling import Pooled
from attribution.calibration.repeated_tests import Repeated
from attribution.credit.credit import Credit
from attribution.errors import ExperimentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from attribution._draw import Axes

BASELINE = "(baseline)"
_ENDS = ("", "_ci_low", "_ci_high")


@dataclass(frozen=True)
class Tested:
    """One experiment's factor, adjusted, and its standard error, inflated."""

    channel: str
    evidence: Evidence
    factor: float
    error: float


@dataclass(frozen=True, eq=False, repr=False)
class Calibration(Display):
    """Incrementality factors, and the credit that they make.

    Attributes
    ----------
    credit
        The credit that was calibrated.
    measure
        ``"conversions"`` or ``"value"``.
    channels
        The channels, shape n.
    attributed
        Their credit in `measure`, shape (n,).
    total
        All conversions (or value) of the log, attributed or not.
    estimates, errors
        Factor of each channel by its experiments alone, and its standard error; NaN where untested.
    tested
        The experiments.
    repeated
        For each channel with several experiments, what they are together and whether they agree.
    left_out
        Experiments that a failed check blocks, where they were to be dropped: channel and checks.
    pooled
        The effects, pooled, in `measure`.
    prior, spread, alpha
        As given to `calibrate`.
    """

    credit: Credit
    measure: str
    channels: tuple[str, ...]
    attributed: Floats
    total: float
    estimates: Floats
    errors: Floats
    tested: tuple[Tested, ...]
    repeated: tuple[Repeated, ...]
    left_out: tuple[str, ...]
    pooled: Pooled
    prior: tuple[float, float]
    spread: float
    alpha: float

    @property
    def is_tested(self) -> Bools:
        """Which channels have an experiment of their own, shape (n,)."""
        found: Bools = np.isfinite(self.estimates)
        return found

    def own(self) -> tuple[Floats, Floats, Floats]:
        """Return each channel's effect by its own experiments alone, with its interval, shape (n,) each.

        In `measure`, adjusted for age, spend and window; NaN where untested.
        """
        from scipy.stats import norm

        middle = self.estimates * self.attributed
        half = float(norm.isf(self.alpha / 2)) * self.errors * np.abs(self.attributed)
        return middle, middle - half, middle + half

    def to_frame(self) -> pd.DataFrame:
        """Return one row a cell of the credit, and the baseline.

        Returns
        -------
        pandas.DataFrame
            The dimensions of the credit; ``attributed``, ``factor`` and ``incremental``, the latter two with
            ``_ci_low`` and ``_ci_high``; ``tested``, and where so ``from_test``, how much of the number is
            its own test's (0 to 1), beside ``test``, what that found by itself, with its interval. With spend
            also ``cost``, ``iroas`` (incremental value per unit of cost, with its interval) and
            ``cost_per_incremental`` (cost over incremental conversions; its interval is open, inf, where none
            may have been caused). The last row, ``(baseline)``, is what would have happened anyway: the log's
            total minus all incremental.
        """
        import pandas as pd

        cells = np.flatnonzero(self.credit.attributed)
        place = np.array(
            [self.channels.index(label) for label in self.credit.keys[0][cells].tolist()], np.intp
        )
        line = (self.credit.conversions if self.measure == "conversions" else self.credit.value)[0, cells]
        columns: dict[str, Any] = {
            name: [*key[cells].tolist(), BASELINE if name == "channel" else ""]
            for name, key in zip(self.credit.by, self.credit.keys, strict=True)
        }
        share = self._shares(place, line)
        effects = _spread(share, self._effects(), place)
        factors = [_over(ends, self.attributed)[place] for ends in self._ordered()]
        empty = np.array([np.nan])
        columns["attributed"] = np.r_[line, empty]
        for suffix, factor in zip(_ENDS, factors, strict=True):
            columns[f"factor{suffix}"] = np.r_[factor, empty]
        columns["tested"] = [*self.is_tested[place].tolist(), False]
        for suffix, effect, left in zip(_ENDS, effects, self.baseline(), strict=True):
            columns[f"incremental{suffix}"] = np.r_[effect, left]
        columns["from_test"] = np.r_[np.where(self.is_tested, self.pooled.own, np.nan)[place], empty]
        for suffix, found in zip(_ENDS, _spread(share, self.own(), place), strict=True):
            columns[f"test{suffix}"] = np.r_[found, empty]
        frame = pd.DataFrame(columns)
        return frame if self.credit.cost is None else self._with_money(frame, cells, factors)

    def _with_money(self, frame: pd.DataFrame, cells: Any, factors: list[Floats]) -> pd.DataFrame:
        assert self.credit.cost is not None
        cost = np.where(self.credit.cost[cells] > 0, self.credit.cost[cells], np.nan)
        empty = np.array([np.nan])
        frame["cost"] = np.r_[self.credit.cost[cells], empty]
        if self.credit.has_value:
            for suffix, factor in zip(_ENDS, factors, strict=True):
                frame[f"iroas{suffix}"] = np.r_[factor * self.credit.value[0, cells] / cost, empty]
        for suffix, factor in zip(_ENDS, (factors[0], factors[2], factors[1]), strict=True):
            caused = factor * self.credit.conversions[0, cells]
            spent = np.divide(cost, caused, out=np.full(len(cost), np.inf), where=caused > 0)
            frame[f"cost_per_incremental{suffix}"] = np.r_[np.where(np.isnan(cost), np.nan, spent), empty]
        return frame

    def _effects(self) -> tuple[Floats, Floats, Floats]:
        return self.pooled.estimate, self.pooled.low, self.pooled.high

    def _ordered(self) -> tuple[Floats, Floats, Floats]:
        """Return the effects with their ends as those of a factor: the other way round of negative credit."""
        estimate, low, high = self._effects()
        turned = self.attributed < 0
        return estimate, np.where(turned, high, low), np.where(turned, low, high)

    def _shares(self, place: Any, line: Floats) -> Floats:
        """Return each cell's part of its channel: that of its credit, or without any the same as others."""
        whole, count = self.attributed[place], np.bincount(place, minlength=len(self.channels))[place]
        found: Floats = np.divide(line, whole, out=1.0 / count, where=whole != 0)
        return found

    def baseline(self) -> tuple[float, float, float]:
        """Return what would have happened without any of the channels, with its interval.

        All three lie between nothing and the log's total: the channels' effects are pooled given that.
        """
        return self.pooled.baseline

    def factors(self) -> pd.DataFrame:
        """Return one row a channel: its factor by its own experiments, and shrunk.

        Returns
        -------
        pandas.DataFrame
            Columns ``channel``, ``attributed``, ``experiments``, ``own_factor``, ``own_error`` (adjusted for
            age, spend and window), ``factor``, ``sd``, ``factor_ci_low``, ``factor_ci_high``, and
            ``from_test``, how much of the factor is its own experiments' (0 to 1).
        """
        import pandas as pd

        names = [entry.channel for entry in self.tested]
        middle, low, high = (_over(ends, self.attributed) for ends in self._ordered())
        return pd.DataFrame(
            {
                "channel": list(self.channels),
                "attributed": self.attributed,
                "experiments": [names.count(channel) for channel in self.channels],
                "own_factor": self.estimates,
                "own_error": self.errors,
                "factor": middle,
                "sd": _over(self.pooled.sd, np.abs(self.attributed)),
                "factor_ci_low": low,
                "factor_ci_high": high,
                "from_test": np.where(self.is_tested, self.pooled.own, np.nan),
            }
        )

    def leave_one_out(self) -> pd.DataFrame:
        """Predict each tested channel's factor from the other channels' experiments.

        Returns
        -------
        pandas.DataFrame
            Columns ``channel``, ``own_factor``, ``predicted``, ``low``, ``high`` (where the experiment's
            result should lie, its own error included) and ``inside``. One in twenty lies outside 95%
            intervals by chance; more say that the channels are less alike than the model has it.
        """
        import pandas as pd

        at = np.flatnonzero(self.is_tested)
        own = self.estimates[at]
        predicted, low, high = self.pooled.expected[at].T / self.attributed[at]
        return pd.DataFrame(
            {
                "channel": [self.channels[place] for place in at.tolist()],
                "own_factor": own,
                "predicted": predicted,
                "low": low,
                "high": high,
                "inside": (low <= own) & (own <= high),
            }
        )

    def next_test(self, withhold: Sequence[str] | None = None) -> pd.DataFrame:
        """Rank the channels that somebody can withhold by what a test of each would settle.

        Parameters
        ----------
        withhold
            The channels that you can withhold. By default those with spend; where no spend is known, all but
            those that people come by themselves through, as their names tell (``direct``, ``organic_search``,
            ``referral``, ...).

        Returns
        -------
        pandas.DataFrame
            Columns ``channel``, ``at_stake`` and what it is made of. At stake is value times the posterior
            standard deviation of the factor: the value that may or may not have been caused. Without values
            it is spend times that, with neither the standard deviation of the incremental conversions.
            Channels that were not considered come last, with nothing at stake, and ``not_considered`` says
            why.

        Raises
        ------
        ExperimentError
            If `withhold` names a channel that is not there.
        """
        return rank_tests(
            self.credit, self.channels, self.attributed, self.pooled.sd, self.is_tested, withhold
        )

    def plot(
        self, measure: Literal["factor", "incremental", "iroas"] = "factor", *, ax: Axes | None = None
    ) -> Axes:
        """Draw the channels with their intervals; untested ones in grey, beside tested ones their own test.

        A label says how much of a number is its own test's.

        Parameters
        ----------
        measure
            ``"factor"``, ``"incremental"``, or with spend ``"iroas"``.
        ax
            A matplotlib Axes to draw on; a new figure by default.

        Returns
        -------
        Axes
            The axes drawn on.

        Raises
        ------
        ExperimentError
            If there is no such measure.
        """
        one_of(measure, "measure", ("factor", "incremental", "iroas"), error=ExperimentError)
        frame = self.to_frame()
        if measure not in frame:
            msg = "there is no iROAS without spend and values"
            raise ExperimentError(msg, column="measure", hint="at.calibrate(credit.with_spend(spend), lifts)")
        frame = frame.dropna(subset=[measure]).sort_values(measure, ascending=False, kind="stable")
        labels = [
            " / ".join(str(frame[name].iloc[row]) for name in self.credit.by).rstrip(" /")
            for row in range(len(frame))
        ]
        shares = frame["from_test"].tolist()
        labels = [
            label if math.isnan(share) else f"{label} ({share:.0%} its test)"
            for label, share in zip(labels, shares, strict=True)
        ]
        level = f"{100 * (1 - self.alpha):g}% intervals; grey: no test; thin: the test alone"
        titles = {
            "factor": ("Incremental over attributed", "incrementality factor"),
            "incremental": (f"Incremental {self.measure}", self.measure),
            "iroas": ("Incremental return on ad spend", "iROAS: incremental value per unit of cost"),
        }
        heading, axis = titles[measure]
        # A test alone is to the incremental as its factor to the factor, and its return to the return.
        scale = np.divide(
            frame[measure],
            frame["incremental"],
            out=np.full(len(frame), np.nan),
            where=frame["incremental"] != 0,
        )
        beside = [np.asarray(frame[f"test{suffix}"] * scale, dtype=np.float64) for suffix in _ENDS]
        return _draw.intervals(
            labels,
            frame[measure].to_numpy(),
            frame[f"{measure}_ci_low"].to_numpy(),
            frame[f"{measure}_ci_high"].to_numpy(),
            [_draw.PALETTE[0] if known else _draw.GREY for known in frame["tested"].tolist()],
            title=f"{heading} ({level})",
            axis=axis,
            tick=lambda value: f"{value:,.10g}",
            beside=(beside[0], np.minimum(*beside[1:]), np.maximum(*beside[1:])),
            ax=ax,
        )

    def _title(self) -> str:
        from attribution.calibration.calibration_text import title

        return title(self)

    def _notes(self) -> tuple[str, ...]:
        from attribution.calibration.calibration_text import notes

        return notes(self)

    def summary(self) -> str:
        """Return the calibration in words, a line a channel.

        Returns
        -------
        str
            What each channel caused, how much of that is its own test's and what that said, what would have
            happened anyway, and which test to run next.
        """
        from attribution.calibration.calibration_text import summary

        return summary(self)


def _spread(share: Floats, ends: tuple[Floats, Floats, Floats], place: Any) -> tuple[Floats, Floats, Floats]:
    """Return each cell's part of its channel's effect, and its interval."""
    middle, low, high = (share * line[place] for line in ends)
    return middle, np.minimum(low, high), np.maximum(low, high)


def _over(line: Floats, attributed: Floats) -> Floats:
    """Return a quotient, missing where there is no credit."""
    found: Floats = np.divide(line, attributed, out=np.full(len(line), np.nan), where=attributed != 0)
    return found
