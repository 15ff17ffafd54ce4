"""Method ``"did"``: one change of the logarithm for each geo, treated against control."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from attribution._migration import tells_options
from attribution._typing import Floats, Ints
from attribution.errors import ExperimentError
from attribution.experiments.geo.effect_estimate import EffectEstimate, Fitted, Steps
from attribution.experiments.geo.geo_assignment import GeoTest, index_path
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.method import NO_SPILL, GeoMethod
from attribution.experiments.panels.did import (
    Permutation,
    Serial,
    assignments,
    contrast,
    log_changes,
    serial_gap,
)
from attribution.language.sentence import Sentence
from attribution.stats.ratio_intervals import t_critical, t_p_value

PERMUTATIONS = 4_999
_WIDEST = 300.0  # half-width of a band in logarithms, where the interval has no end or a far one
FEWEST_FOR_T = 4  # geos in an arm
_ALIKE = (
    "treated and control geos would have changed by the same proportion, on average; a random assignment "
    "makes that so"
)
_EVEN = "the change of a treated geo would have varied as much as that of a control geo"
_STEADY = (
    "the log gap between treated and control geos would have stayed where it was, and varied from day to day "
    "as before"
)
_LOOSE = Sentence("note.loose")
ROUNDING = 1e-12  # of a logarithm
_OUTLIER = 5.0  # robust standard deviations


@tells_options(ExperimentError)
@dataclass(frozen=True)
class DiD(GeoMethod):
    """Difference in differences of logarithms: one change a geo, treated against control.

    For geos assigned at random.

    Attributes
    ----------
    inference
        ``"welch"``, by default with four geos or more in each arm, or strata; ``"permutation"`` of the
        assignment, with two or three; ``"pooled"``, with one, which takes all geos to vary alike;
        ``"autocorrelation"`` judges by the days before, and finds too much.
    rng
        Seed or generator of the permutations.

    Raises
    ------
    ExperimentError
        If the inference is unknown.

    Examples
    --------
    >>> import attribution as at
    >>> at.DiD(inference="permutation")
    DiD(inference='permutation', rng=0)
    """

    name: ClassVar[str] = "did"
    quick: ClassVar[bool] = True
    inference: Literal["welch", "permutation", "pooled", "autocorrelation"] | None = None
    rng: int = 0

    def __post_init__(self) -> None:
        """Refuse an inference that it has not."""
        self._check_inference(("welch", "permutation", "pooled", "autocorrelation"), default=True)
        self._check_rng()

    @property
    def by_means(self) -> bool:
        """Whether least squares on log changes judges many assignments at once."""
        return self.inference in (None, "welch")

    def lift(self, test: GeoTest, request: GeoRequest) -> float:
        """Return the effect as a share of what would have been; every inference estimates the same."""
        if self.inference is None and test.strata is None:
            return GeoMethod.lift(replace(self, inference="pooled"), test, request)
        return super().lift(test, request)

    def read(self, test: GeoTest, request: GeoRequest) -> EffectEstimate:
        """Return the effect alone, without what only a report shows.

        Raises
        ------
        ExperimentError
            As `fit`.
        """
        if self._chosen(test) == "autocorrelation":
            return _step(test, request.alpha)[0]
        return self._compared(test, request)[0]

    def fit(self, test: GeoTest, request: GeoRequest) -> Fitted:
        """Return what difference in differences makes of the test.

        Raises
        ------
        ExperimentError
            If a geo has no outcome before or after, or too few geos carry the inference.
        """
        inference = self._chosen(test)
        if inference == "autocorrelation":
            return _serial(test, request.alpha)
        reading, changes, df = self._compared(test, request)
        replayed: float | None = reading.p_value
        if inference != "permutation":
            permuted = self._permuted(test, changes)
            replayed = permuted.p_value() if permuted.least <= request.alpha else None
        path = index_path(test, test.actual * -math.expm1(-reading.value))
        band = min(_band(test, path, reading.critical), _WIDEST)
        return Fitted(
            counterfactual=path,
            low=path * np.exp(-band),
            high=path * np.exp(band),
            reading=reading,
            weights=None,
            method=f"difference in differences of log means, one number a geo; {reading.how}",
            assumptions=(_ALIKE, _EVEN, NO_SPILL) if inference == "pooled" else (_ALIKE, NO_SPILL),
            details={
                "permutation_p": replayed,
                "changes": dict(zip(test.panel.geos, changes.tolist(), strict=True)),
                "df": df,
            },
        )

    def _chosen(self, test: GeoTest) -> str:
        """Return the inference asked for, or the one that keeps its level with so many geos.

        Welch's t with two or three geos in an arm rejects twice as often as it should (docs/validation.md).
        One treated geo has no variance of its own: its change is held against how far those of the control
        geos lie apart, which tells what days cannot, how far geos drift (Donald & Lang 2007).
        """
        fewest = min(test.n_treated, int((~test.treated).sum()))
        if self.inference is not None:
            return self.inference
        if fewest < 2 and test.strata is None:
            return "pooled"
        return "permutation" if test.strata is None and fewest < FEWEST_FOR_T else "welch"

    def _compared(self, test: GeoTest, request: GeoRequest) -> tuple[EffectEstimate, Floats, float]:
        """Return the reading, the change of each geo, and the degrees of freedom."""
        refuse_empty(test)
        inference = self._chosen(test)
        _enough(test, inference)
        changes = log_changes(test.panel.outcome, test.n_pre)
        # One variance for all geos is least squares with one stratum.
        blocks = np.zeros(len(changes), np.int64) if inference == "pooled" else test.strata
        found = contrast(changes, test.treated, blocks)
        if not found.se > ROUNDING:
            msg = "all geos changed by the same proportion, so there is nothing to measure chance by"
            raise ExperimentError(msg, column=test.outcome, hint="look at the panel: is it made up?")
        steps = None
        if inference == "permutation":
            permuted = self._permuted(test, changes)
            low, high = permuted.interval(request.alpha)
            p_value = permuted.p_value()
            kind = "all" if permuted.every else "random"
            how = f"permutation test, {kind} {len(permuted.masks):,} assignments replayed"
            steps = Steps(
                permuted.least,
                Sentence("reach.assignments", count=len(permuted.masks)),
                f"more geos, or {self.hint(inference='pooled')}, Student's t, which takes all geos to vary "
                "alike",
            )
        elif inference == "pooled":
            low, high = found.interval(request.alpha)
            p_value = found.p_value()
            how = "Student's t, one variance for all geos"
        else:
            low, high = found.interval(request.alpha)
            p_value = found.p_value()
            paired = test.strata is not None and bool((np.bincount(test.strata) == 2).all())
            how = "paired t" if paired else "Welch's t" if test.strata is None else "t within strata"
        # The reach towards zero, so that what is made of it agrees with the p-value.
        critical = ((found.value - low) if found.value > 0 else (high - found.value)) / found.se
        return (
            EffectEstimate("log", found.value, low, high, p_value, found.se, critical, how, found.se, steps),
            changes,
            found.df,
        )

    def _permuted(self, test: GeoTest, changes: Floats) -> Permutation:
        rng = np.random.default_rng(self.rng)
        masks, every = assignments(test.treated, test.strata, PERMUTATIONS, rng)
        return Permutation(changes, test.treated, test.strata, masks, every)


def _enough(test: GeoTest, inference: str) -> None:
    fewest = min(test.n_treated, int((~test.treated).sum()))
    if test.strata is not None and len(test.treated) - len(np.unique(test.strata)) < 2:
        msg = "one pair leaves nothing to measure chance by"
        raise ExperimentError(msg, column="strata", hint="two pairs or more; ten are good")
    if inference == "pooled":
        if len(test.treated) < 3:
            msg = "one treated and one control geo: nothing tells how far geos drift apart by chance"
            hint = "two control geos or more; ten are good"
            raise ExperimentError(msg, column="treated", why=_LOOSE, hint=hint)
        return
    if test.strata is None and fewest < 2:
        msg = f"one geo on a side, and at.DiD(inference={inference!r}) compares geos on both"
        hint = (
            'method=at.DiD(inference="pooled"), which takes all geos to vary alike, or '
            'method="synthetic_control"'
        )
        raise ExperimentError(msg, column="treated", hint=hint)


def refuse_empty(test: GeoTest) -> None:
    """Refuse geos whose logarithm does not exist: without outcome before the test, or within.

    Raises
    ------
    ExperimentError
        If there are such geos.
    """
    outcome = test.panel.outcome
    for part, when in (
        (outcome[:, : test.n_pre], "before the test"),
        (outcome[:, test.n_pre :], "within it"),
    ):
        empty = np.flatnonzero(part.mean(axis=1) <= 0)
        if len(empty):
            names = [test.panel.geos[row] for row in empty]
            msg = f"{', '.join(names[:5])} had no {test.outcome} {when}"
            why = "a geo that opened, or closed, on the way tells nothing of proportional change"
            hint = without(test, empty)
            raise ExperimentError(msg, column=test.outcome, count=len(empty), why=why, hint=hint)


def without(test: GeoTest, rows: Ints) -> str:
    """Return the arguments that leave geos out, of their arm and with their stratum, or another method."""
    gone = np.zeros(len(test.treated), np.bool_)
    gone[rows] = True
    if test.strata is not None:
        for stratum in np.unique(test.strata[rows]):
            inside = test.strata == stratum
            left = test.treated[inside & ~gone]
            if left.all() or not left.any():
                gone |= inside
    names = [geo for geo, out in zip(test.panel.geos, gone, strict=True) if out]
    rest = [geo for geo, out, one in zip(test.panel.geos, gone, test.treated, strict=True) if one and not out]
    others = int((~test.treated & ~gone).sum())
    if not rest or others < 2:
        return "method='tbr', which compares totals and needs no logarithm"
    if (gone & test.treated).any():
        return f"treated={rest!r}, buffer={names!r} to leave such geos out, or method='tbr'"
    return f"buffer={names!r} to leave such geos out, or method='tbr'"


def _band(test: GeoTest, path: Floats, critical: float) -> float:
    """Return the half-width of the path's band in logarithms, from how it missed before the test."""
    pre = test.n_pre
    actual = test.panel.outcome[test.treated].sum(axis=0)[:pre]
    known = (actual > 0) & (path[:pre] > 0)
    if known.sum() < 3:
        return 0.0
    return critical * float(np.log(actual[known] / path[:pre][known]).std(ddof=1))


def _step(test: GeoTest, alpha: float) -> tuple[EffectEstimate, Serial]:
    """Return the reading of the daily log gap, judged by how the gap varies from day to day."""
    outcome = test.panel.outcome
    none = np.argwhere(outcome <= 0)
    if len(none):
        geo, when = test.panel.geos[none[0][0]], test.panel.times[none[0][1]]
        msg = f"the log of a {test.outcome} that is not above 0 does not exist, such as {geo!r} at {when}"
        rows = np.unique(none[:, 0])
        hint = f"{without(test, rows)}; or sum the panel to weeks"
        raise ExperimentError(msg, column=test.outcome, count=len(none), hint=hint)
    logs = np.log(outcome)
    gap = logs[test.treated].mean(axis=0) - logs[~test.treated].mean(axis=0)
    found = serial_gap(gap, test.n_pre)
    if not found.se > ROUNDING:
        msg = (
            "the gap between treated and control geos never varies, so there is nothing to measure chance by"
        )
        raise ExperimentError(msg, column=test.outcome, hint="look at the panel: is it made up?")
    critical = float(t_critical(found.df, alpha))
    half = critical * found.se
    p_value = float(t_p_value(found.value / found.se, found.df))
    how = f"t, variance corrected for autocorrelation {found.phi:.2f}"
    ends = (found.value - half, found.value + half)
    return EffectEstimate("log", found.value, *ends, p_value, found.se, critical, how, found.se), found


def _serial(test: GeoTest, alpha: float) -> Fitted:
    reading, found = _step(test, alpha)
    path = index_path(test, test.actual * -math.expm1(-reading.value))
    band = _band(test, path, reading.critical)
    return Fitted(
        counterfactual=path,
        low=path * np.exp(-band),
        high=path * np.exp(band),
        reading=reading,
        weights=None,
        method=f"difference in differences of daily logs; {reading.how}",
        assumptions=(_STEADY, NO_SPILL),
        details={
            "phi": found.phi,
            "durbin_watson": found.durbin_watson,
            "df": found.df,
            "notes": (_LOOSE,),
        },
    )


def outliers(changes: Floats, test: GeoTest) -> list[str]:
    """Return the geos whose change is far from that of the rest of their arm."""
    far = []
    for mask in (test.treated, ~test.treated):
        arm = changes[mask]
        middle = float(np.median(arm))
        scale = 1.4826 * float(np.median(np.abs(arm - middle)))
        if scale > 0 and len(arm) >= 5:
            rows = np.flatnonzero(mask)[np.abs(arm - middle) > _OUTLIER * scale]
            far += [test.panel.geos[row] for row in rows]
    return far
