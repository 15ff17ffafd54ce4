"""Lift: what an experiment says was caused, in one frozen result."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from attribution._display import Display
from attribution._migration import tells_options
from attribution.diagnostics import CheckResults
from attribution.errors import ExperimentError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes

MEASURES = (
    "absolute",
    "relative",
    "incremental",
    "incremental_value",
    "cace",
    "att",
    "iroas",
    "cost_per_incremental",
)


@tells_options(ExperimentError)
@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with the set of values that its test does not reject.

    Attributes
    ----------
    value
        The estimate; missing where it cannot be told.
    low, high
        Ends of the set; infinite where it has none.
    note
        What to know about it, empty as a rule.
    gap
        Where the set is all between `low` and `high` but this open interval (Fieller's set of a ratio whose
        denominator cannot be told from zero); None as a rule.
    std_error
        The estimate's standard error, whatever the level and kind of its interval; missing where the test
        has none.

    Examples
    --------
    >>> lift = Estimate(0.2, 0.1, 0.3)
    >>> lift.bounded, lift.holds(0.0), lift.times(100).high
    (True, False, 30.0)
    """

    value: float
    low: float
    high: float
    note: str = ""
    gap: tuple[float, float] | None = None
    std_error: float = math.nan

    @property
    def bounded(self) -> bool:
        """Whether both ends are finite."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def holds(self, value: float) -> bool:
        """Return whether the set holds `value`.

        Parameters
        ----------
        value
            The value asked about.
        """
        outside = self.gap is not None and self.gap[0] < value < self.gap[1]
        return self.low <= value <= self.high and not outside

    def times(self, factor: float) -> Estimate:
        """Return the estimate in other units.

        Parameters
        ----------
        factor
            A positive number that does not come from the same data.
        """
        gap = None if self.gap is None else (self.gap[0] * factor, self.gap[1] * factor)
        ends = self.low * factor, self.high * factor
        return Estimate(self.value * factor, *ends, self.note, gap, self.std_error * factor)

    def to_dict(self) -> dict[str, Any]:
        """Return value, ends, note, gap and standard error by name."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "note": self.note,
            "gap": self.gap,
            "std_error": self.std_error,
        }


@tells_options(ExperimentError)
@dataclass(frozen=True, repr=False, eq=False)
class Lift(Display):
    """What an experiment says was caused.

    p-value, interval of the difference and interval of the lift come from one test, so that they cannot
    contradict one another: either all say "effect" or none does.

    Attributes
    ----------
    estimand
        What is estimated, in words.
    design
        ``"itt"``, ``"psa"``, ``"ghost_ads"``, or the design of a geo test.
    outcome
        Name of the outcome.
    arms
        Names of the treated arm and of the holdout.
    absolute
        Treated minus holdout, per unit.
    relative
        Treated over holdout, minus 1 (0.2 for 20%).
    incremental
        Outcome caused in all treated units; None where the outcome is a ratio.
    incremental_value
        Value caused in all treated units; None without a value.
    cace
        Effect per unit that was exposed because of its assignment; None without exposure.
    att
        Effect per exposed unit of the treated arm; None where the design does not tell it.
    iroas
        Incremental value per incremental cost; None without cost and value.
    cost_per_incremental
        Incremental cost per incremental outcome; None without cost.
    p_value
        Two-sided, of no difference.
    alpha
        Level of `p_value` and of all intervals: 0.05 for 95%.
    method
        How it was computed.
    assumptions
        What must hold for the number to be the effect.
    checks
        What was checked before the result was read.
    mde
        The smallest true difference that this test would have shown with 80% probability.
    n
        Units per arm.
    details
        Means per arm, notes, other readings, and what is biased.
    """

    estimand: str
    design: str
    outcome: str
    arms: tuple[str, str]
    absolute: Estimate
    relative: Estimate
    incremental: Estimate | None
    incremental_value: Estimate | None
    cace: Estimate | None
    att: Estimate | None
    iroas: Estimate | None
    cost_per_incremental: Estimate | None
    p_value: float
    alpha: float
    method: str
    assumptions: tuple[str, ...]
    checks: CheckResults
    mde: float
    n: Mapping[str, int]
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> Literal["effect", "no effect shown", "blocked", "no worse", "not shown"]:
        """``"effect"``, ``"no effect shown"``, or ``"blocked"`` where a check failed that forbids reading.

        Of a test of non-inferiority ``"no worse"`` or ``"not shown"``.
        """
        if self.details.get("blocked"):
            return "blocked"
        if self.details.get("margin"):
            return "no worse" if self.p_value <= self.alpha else "not shown"
        return "effect" if self.p_value <= self.alpha else "no effect shown"

    @property
    def segments(self) -> Lifts | None:
        """The same by segment, or None."""
        found: Lifts | None = self.details.get("segments")
        return found

    @property
    def path(self) -> pd.DataFrame | None:
        """Of a geo test, what was and what would have been over time; None for other tests.

        Columns ``time``, ``phase`` (before, test, cooldown), ``actual`` and ``counterfactual`` (totals of the
        treated geos), ``ci_low`` and ``ci_high`` (pointwise band of the counterfactual), ``effect`` and
        ``cumulative`` (effect since the test began).
        """
        found = self.details.get("path")
        return None if found is None else found.to_frame()

    @property
    def weights(self) -> pd.DataFrame | None:
        """Of a geo test with weighted control geos, what each counts for, heaviest first; None otherwise."""
        import pandas as pd

        found = self.details.get("weights")
        if found is None:
            return None
        frame = pd.DataFrame({"geo": list(found), "weight": list(found.values())})
        order = frame["weight"].abs().sort_values(ascending=False, kind="stable").index
        return frame.loc[order].reset_index(drop=True)

    @property
    def estimates(self) -> dict[str, Estimate]:
        """The measures that are there, by name."""
        return {name: getattr(self, name) for name in MEASURES if getattr(self, name) is not None}

    def to_frame(self) -> pd.DataFrame:
        """Return a row a measure.

        Returns
        -------
        pandas.DataFrame
            Columns ``measure``, ``estimate``, ``ci_low``, ``ci_high`` and ``note``.
        """
        import pandas as pd

        rows = [(name, e.value, e.low, e.high, e.note) for name, e in self.estimates.items()]
        return pd.DataFrame(rows, columns=["measure", "estimate", "ci_low", "ci_high", "note"])

    def summary(self) -> str:
        """Return the result in plain words."""
        from attribution.experiments.shared.lift_text import summary

        return summary(self)

    def plot(self, measure: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw a measure with its interval, and that of every segment; or, of a geo test, its path.

        Parameters
        ----------
        measure
            ``"relative"``, ``"absolute"``, ``"incremental"`` or another measure of `to_frame`. For geo tests
            also ``"path"``, actual outcome and counterfactual over time, ``"effect"``, their difference, and
            ``"cumulative"``, its sum since the test began. By default ``"path"`` for these and ``"relative"``
            for others.
        ax
            A matplotlib Axes to draw on; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.

        Raises
        ------
        ExperimentError
            If there is no such measure; the message names the nearest.
        """
        from attribution.experiments.shared.lift_plot import PATHS, plot_lifts, plot_path

        if "path" in self.details and (measure is None or measure in PATHS):
            return plot_path(self, measure or "path", ax)
        measure = measure or "relative"
        parts = {} if self.segments is None else self.segments.lifts
        whole = "all" if parts else self.arms[0]
        return plot_lifts({whole: self, **parts}, measure, ax)

    def _title(self) -> str:
        from attribution.experiments.shared.lift_text import title

        return title(self)

    def _shown(self, *, wide: bool) -> pd.DataFrame:
        frame = self.to_frame()
        return frame if wide or frame["note"].any() else frame.drop(columns="note")

    def _notes(self) -> tuple[str, ...]:
        from attribution.experiments.shared.lift_text import notes

        return notes(self)


def _in_total(lift: Lift) -> dict[str, float]:
    """Return what a geo test's cell caused and cost."""
    if lift.design != "geo":
        return {}
    found: dict[str, float] = {}
    cost = lift.details.get("cost")
    for name in ("incremental", "iroas", "cost_per_incremental"):
        estimate: Estimate | None = getattr(lift, name)
        if estimate is not None:
            found |= {name: estimate.value, f"{name}_ci_low": estimate.low, f"{name}_ci_high": estimate.high}
        if name == "incremental" and cost is not None:
            found["cost"] = cost["total"]
    return found


@dataclass(frozen=True, repr=False, eq=False)
class Lifts(Display):
    """Several lifts that were tested together: arms against one holdout, segments, or outcomes.

    Each lift's level is the one at which its hypothesis was tested in the joint procedure, so that its
    interval and its verdict agree: Holm's own levels, or for Benjamini-Hochberg those of Benjamini &
    Yekutieli (2005).

    Attributes
    ----------
    by
        ``"arm"``, ``"outcome"``, or the name of the segment column.
    lifts
        The lifts by label.
    adjusted
        Adjusted p-values by label.
    correction
        ``"holm"``, ``"fdr_bh"`` or ``"none"``.
    primary
        Of several outcomes the first: it is tested by itself, the others as a family. None otherwise.
    """

    by: str
    lifts: Mapping[str, Lift]
    adjusted: Mapping[str, float]
    correction: str
    primary: str | None = None

    def __getitem__(self, label: str) -> Lift:
        if label not in self.lifts:
            raise ExperimentError(unknown_name(self.by, label, self.lifts), column=self.by)
        return self.lifts[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self.lifts)

    def __len__(self) -> int:
        return len(self.lifts)

    def to_frame(self) -> pd.DataFrame:
        """Return a row a label.

        Returns
        -------
        pandas.DataFrame
            Units, difference and lift with intervals, p-values, level and verdict; of geo tests also what was
            caused in all, its cost and iROAS where the cost is known, with intervals.
        """
        import pandas as pd

        rows = [
            {
                self.by: label,
                "n_treatment": lift.n[lift.arms[0]],
                "n_holdout": lift.n[lift.arms[1]],
                "absolute": lift.absolute.value,
                "absolute_ci_low": lift.absolute.low,
                "absolute_ci_high": lift.absolute.high,
                "relative": lift.relative.value,
                "relative_ci_low": lift.relative.low,
                "relative_ci_high": lift.relative.high,
                "p_value": lift.p_value,
                "p_adjusted": self.adjusted[label],
                "level": 1.0 - lift.alpha,
                "verdict": lift.verdict,
                **_in_total(lift),
            }
            for label, lift in self.lifts.items()
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Return the results in plain words."""
        from attribution.experiments.shared.lift_text import summary_of_many

        return summary_of_many(self)

    def plot(self, measure: str = "relative", ax: Axes | None = None) -> Axes:
        """Draw a measure of every lift with its interval.

        Parameters
        ----------
        measure
            As in `Lift.plot`.
        ax
            A matplotlib Axes to draw on; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from attribution.experiments.shared.lift_plot import plot_lifts

        return plot_lifts(self.lifts, measure, ax)

    def _shown(self, *, wide: bool) -> pd.DataFrame:
        frame = self.to_frame()
        if wide:
            return frame
        return frame[[self.by, "relative", "relative_ci_low", "relative_ci_high", "p_adjusted", "verdict"]]

    def _title(self) -> str:
        from attribution.experiments.shared.lift_text import title_of_many

        return title_of_many(self)

    def _notes(self) -> tuple[str, ...]:
        from attribution.experiments.shared.lift_text import notes_of_many

        return notes_of_many(self)
