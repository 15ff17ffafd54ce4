"""Calibration: what channels caused, as far as experiments tell, beside what they were credited with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from attribution import _draw
from attribution._checks import one_of
from attribution._display import Display, format_number
from attribution._typing import Floats
from attribution.calibration.evidence import Evidence
from attribution.credit.credit import Credit
from attribution.errors import ExperimentError
from attribution.stats.shrinkage import Posterior, pool

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes

BASELINE = "(baseline)"


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
    posterior
        The factors, pooled.
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
    posterior: Posterior
    prior: tuple[float, float]
    spread: float
    alpha: float

    def to_frame(self) -> pd.DataFrame:
        """Return one row a cell of the credit, and the baseline.

        Returns
        -------
        pandas.DataFrame
            The dimensions of the credit; ``attributed``, ``factor`` and ``incremental``, the latter two with
            ``_ci_low`` and ``_ci_high``; ``tested``. With spend also ``cost``, ``iroas`` (incremental value
            per unit of cost, with its interval) and ``cost_per_incremental`` (cost over incremental
            conversions; its interval is open, inf, where none may have been caused). The last row,
            ``(baseline)``, is what would have happened anyway: the log's total minus all incremental.
        """
        import pandas as pd

        factors = self._intervals()
        cells = np.flatnonzero(self.credit.attributed)
        place = np.array(
            [self.channels.index(label) for label in self.credit.keys[0][cells].tolist()], np.intp
        )
        line = (self.credit.conversions if self.measure == "conversions" else self.credit.value)[0, cells]
        columns: dict[str, Any] = {
            name: [*key[cells].tolist(), BASELINE if name == "channel" else ""]
            for name, key in zip(self.credit.by, self.credit.keys, strict=True)
        }
        empty = np.array([np.nan])
        columns["attributed"] = np.r_[line, empty]
        for suffix, factor in zip(("", "_ci_low", "_ci_high"), factors, strict=True):
            columns[f"factor{suffix}"] = np.r_[factor[place], empty]
        columns["tested"] = [*np.isfinite(self.estimates)[place].tolist(), False]
        base = self.baseline()
        for suffix, factor, left in zip(("", "_ci_low", "_ci_high"), factors, base, strict=True):
            columns[f"incremental{suffix}"] = np.r_[factor[place] * line, left]
        frame = pd.DataFrame(columns)
        return (
            frame if self.credit.cost is None else self._with_money(frame, cells, [f[place] for f in factors])
        )

    def _with_money(self, frame: pd.DataFrame, cells: Any, factors: list[Floats]) -> pd.DataFrame:
        assert self.credit.cost is not None
        cost = np.where(self.credit.cost[cells] > 0, self.credit.cost[cells], np.nan)
        empty = np.array([np.nan])
        frame["cost"] = np.r_[self.credit.cost[cells], empty]
        suffixes = ("", "_ci_low", "_ci_high")
        if self.credit.has_value:
            for suffix, factor in zip(suffixes, factors, strict=True):
                frame[f"iroas{suffix}"] = np.r_[factor * self.credit.value[0, cells] / cost, empty]
        for suffix, factor in zip(suffixes, (factors[0], factors[2], factors[1]), strict=True):
            caused = factor * self.credit.conversions[0, cells]
            spent = np.divide(cost, caused, out=np.full(len(cost), np.inf), where=caused > 0)
            frame[f"cost_per_incremental{suffix}"] = np.r_[np.where(np.isnan(cost), np.nan, spent), empty]
        return frame

    def _intervals(self) -> tuple[Floats, Floats, Floats]:
        """Return the factors and their intervals, per channel."""
        tails = np.array([self.alpha / 2, 1 - self.alpha / 2])
        unit = np.eye(len(self.channels))
        mean = np.array([self.posterior.moments(row)[0] for row in unit])
        ends = np.array([self.posterior.quantiles(row, tails) for row in unit]).reshape(-1, 2)
        return mean, ends[:, 0], ends[:, 1]

    def baseline(self) -> tuple[float, float, float]:
        """Return what would have happened without any of the channels, with its interval."""
        mean, _ = self.posterior.moments(self.attributed)
        low, high = self.posterior.quantiles(self.attributed, np.array([self.alpha / 2, 1 - self.alpha / 2]))
        return self.total - mean, self.total - float(high), self.total - float(low)

    def factors(self) -> pd.DataFrame:
        """Return one row a channel: its factor by its own experiments, and shrunk.

        Returns
        -------
        pandas.DataFrame
            Columns ``channel``, ``attributed``, ``experiments``, ``own_factor``, ``own_error`` (adjusted for
            age, spend and window), ``factor``, ``sd``, ``factor_ci_low``, ``factor_ci_high``.
        """
        import pandas as pd

        mean, low, high = self._intervals()
        names = [entry.channel for entry in self.tested]
        return pd.DataFrame(
            {
                "channel": list(self.channels),
                "attributed": self.attributed,
                "experiments": [names.count(channel) for channel in self.channels],
                "own_factor": self.estimates,
                "own_error": self.errors,
                "factor": mean,
                "sd": self._sd(),
                "factor_ci_low": low,
                "factor_ci_high": high,
            }
        )

    def _sd(self) -> Floats:
        return np.array([self.posterior.moments(row)[1] for row in np.eye(len(self.channels))])

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

        rows = []
        for place in np.flatnonzero(np.isfinite(self.estimates)).tolist():
            others = self.estimates.copy()
            others[place] = np.nan
            posterior = pool(others, self.errors, prior=self.prior, spread=self.spread)
            unit = np.eye(len(self.channels))[place]
            tails = np.array([self.alpha / 2, 1 - self.alpha / 2])
            low, high = posterior.quantiles(unit, tails, extra=float(self.errors[place]) ** 2).tolist()
            own = float(self.estimates[place])
            rows.append(
                (self.channels[place], own, posterior.moments(unit)[0], low, high, low <= own <= high)
            )
        return pd.DataFrame(rows, columns=["channel", "own_factor", "predicted", "low", "high", "inside"])

    def next_test(self) -> pd.DataFrame:
        """Rank the channels by what a test of each would settle.

        Returns
        -------
        pandas.DataFrame
            Columns ``channel``, ``at_stake`` and what it is made of. With spend and values at stake is spend
            times the posterior standard deviation of the iROAS: money that may or may not have been caused.
            With spend alone it is spend times that of the factor, without spend credit times that of the
            factor. Channels without spend come last where spend is known.
        """
        import pandas as pd

        sd = self._sd()
        columns: dict[str, Any] = {"channel": list(self.channels), "sd_factor": sd}
        if self.credit.cost is None:
            columns |= {"attributed": self.attributed, "at_stake": self.attributed * sd}
        else:
            cost, value = self._sums(self.credit.cost), self._sums(self.credit.value[0])
            columns["cost"] = cost
            if self.credit.has_value:
                spread = np.divide(value * sd, cost, out=np.full(len(cost), np.nan), where=cost > 0)
                columns |= {"sd_iroas": spread, "at_stake": cost * spread}
            else:
                columns["at_stake"] = cost * sd
        columns["tested"] = np.isfinite(self.estimates)
        frame = pd.DataFrame(columns)
        return frame.sort_values(
            "at_stake", ascending=False, na_position="last", kind="stable", ignore_index=True
        )

    def _sums(self, line: Floats) -> Floats:
        labels = self.credit.keys[0]
        return np.array([float(np.nansum(line[labels == channel])) for channel in self.channels])

    def plot(
        self, measure: Literal["factor", "incremental", "iroas"] = "factor", *, ax: Axes | None = None
    ) -> Axes:
        """Draw the channels with their intervals; untested ones in grey.

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
        level = f"{100 * (1 - self.alpha):g}% intervals; grey: no test"
        titles = {
            "factor": ("Incremental over attributed", "incrementality factor"),
            "incremental": (f"Incremental {self.measure}", self.measure),
            "iroas": ("Incremental return on ad spend", "iROAS: incremental value per unit of cost"),
        }
        heading, axis = titles[measure]
        return _draw.intervals(
            labels,
            frame[measure].to_numpy(),
            frame[f"{measure}_ci_low"].to_numpy(),
            frame[f"{measure}_ci_high"].to_numpy(),
            [_draw.PALETTE[0] if known else _draw.GREY for known in frame["tested"].tolist()],
            title=f"{heading} ({level})",
            axis=axis,
            tick=lambda value: f"{value:,.10g}",
            ax=ax,
        )

    def _title(self) -> str:
        return f"Calibration of {self.credit.models[0]} by {len(self.tested)} experiments, {self.measure}"

    def _notes(self) -> tuple[str, ...]:
        mean, low, high = self.baseline()
        level = f"{100 * (1 - self.alpha):g}%"
        stated = (
            f"{format_number(mean)} of {format_number(self.total)} {self.measure} would have happened anyway "
            f"({level} interval {format_number(low)} to {format_number(high)})."
        )
        notes = [stated]
        if high < 0:
            notes.append("More is incremental than there is: the factors do not fit this credit.")
        missed = [row.channel for row in self.leave_one_out().itertuples() if not row.inside]
        if missed and len(self.tested) > 1:
            notes.append(f"The other experiments do not predict that of {', '.join(map(str, missed))}.")
        untested = [
            channel
            for channel in self.channels
            if not math.isfinite(self.estimates[self.channels.index(channel)])
        ]
        if untested:
            notes.append(f"Not tested, so known only by analogy: {', '.join(untested)}.")
        best = self.next_test()
        if len(best) and math.isfinite(best["at_stake"].iloc[0]):
            notes.append(f"A test of {best['channel'].iloc[0]} would settle most.")
        return tuple(notes)

    def summary(self) -> str:
        """Return the calibration in words, a line a channel.

        Returns
        -------
        str
            What each channel caused, what would have happened anyway, and which test to run next.
        """
        mean, low, high = self._intervals()
        level = f"{100 * (1 - self.alpha):g}%"
        lines = [self._title()]
        for place, channel in enumerate(self.channels):
            how = "tested" if math.isfinite(self.estimates[place]) else "by analogy"
            lines.append(
                f"{channel}: {format_number(float(mean[place] * self.attributed[place]))} incremental of "
                f"{format_number(float(self.attributed[place]))} attributed; factor {mean[place]:.2f} "
                f"({level} interval {low[place]:.2f} to {high[place]:.2f}, {how})."
            )
        return "\n".join([*lines, *self._notes()])
