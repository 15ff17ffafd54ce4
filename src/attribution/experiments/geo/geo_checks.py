"""What to know before a geo test is read: fit, spend, geos that stand out, and tests of nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from attribution._typing import Floats
from attribution.diagnostics import CheckResult, CheckResults
from attribution.errors import ExperimentError
from attribution.experiments.geo.data_checks import leave_one_treated_out, odd_days, zeros
from attribution.experiments.geo.did import outliers
from attribution.experiments.geo.effect_estimate import Fitted, Steps
from attribution.experiments.geo.geo_assignment import FEWEST_BEFORE, GeoTest
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.incremental_cost import Spent
from attribution.experiments.panels.did import log_changes
from attribution.experiments.panels.serial import durbin_watson, ljung_box
from attribution.language.sentence import Sentence

POOR_FIT = 0.6  # R2 before the test, below which a counterfactual is no better than a guess
LEAST_DW = 1.5
HEAVIEST = 0.5  # share of one donor
STANDS_OUT = 0.01  # two-sided level of the test of nothing
_LEVELS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
_WEIGHT = 0.01  # donors below are not left out in turn
SPILLED = 0.2  # change of spend in a control geo over that in a treated geo, both a mean
_NAMED = 5


def check(test: GeoTest, fitted: Fitted, spent: Spent | None, request: GeoRequest) -> CheckResults:
    """Return the checks of a test and its method.

    Parameters
    ----------
    test, fitted
        What is checked.
    spent
        Incremental cost; None without.
    request
        How the test is analysed, for its level, the test of nothing and leaving geos out.
    """
    found = CheckResults(
        [fit_before(test, fitted), residuals(test, fitted, request), nothing_before(test, request)]
    )
    if fitted.reading.steps is not None:
        found.append(reach(fitted.reading.steps, request.alpha, request.share))
    found += [zeros(test), odd_days(test), standing_out(far_geos(test))]
    found.append(leave_one_treated_out(test, fitted, request))
    if "placebo_r2" in fitted.details:
        found.append(placebos_alike(fitted, request))
    if fitted.weights is not None:
        found.append(concentration(test, fitted.weights))
        found.append(leave_one_out(test, fitted, request))
    if spent is not None and test.panel.cost is not None:
        found.append(spend_moved(test, spent))
    return found


def reach(steps: Steps, alpha: float, share: float = 1.0) -> CheckResult:
    """Return whether the test can show anything at its level, however large the effect.

    Parameters
    ----------
    steps
        What limits the p-value.
    alpha
        Level of the test.
    share
        Of the level that was asked for, beside other tests; for the fix.
    """
    text = Sentence("reach", how=steps.how, least=steps.least)
    if steps.reach(alpha):
        return CheckResult("reach", True, text)
    text = Sentence("reach.failed", found=text, level=alpha)
    higher = next((level for level in _LEVELS if level * share >= steps.least), None)
    told = {"fix": steps.fix, "least": steps.least}
    fix = (
        Sentence("fix.reach_alpha", **told, alpha=f"{higher:g}") if higher else Sentence("fix.reach", **told)
    )
    return CheckResult("reach", False, text, fix=fix)


def fit_before(test: GeoTest, fitted: Fitted) -> CheckResult:
    """Return how well the counterfactual follows the treated geos before the test."""
    actual = test.panel.outcome[test.treated].sum(axis=0)[: test.n_pre]
    gap = actual - fitted.counterfactual[: test.n_pre]
    whole = float(((actual - actual.mean()) ** 2).sum())
    r2 = 1.0 - float((gap**2).sum()) / whole if whole > 0 else math.nan
    off = float(np.abs(gap).sum() / np.abs(actual).sum()) if np.abs(actual).sum() else math.nan
    text = Sentence("pre_period_fit", off=off, r2=r2)
    if "scaled_l2" in fitted.details:
        text = Sentence("pre_period_fit.scaled", off=off, r2=r2, l2=fitted.details["scaled_l2"])
    fix = Sentence("fix.pre_period_fit") if r2 < POOR_FIT else ""
    return CheckResult("pre_period_fit", bool(r2 >= POOR_FIT), text, fix=fix)


def residuals(test: GeoTest, fitted: Fitted, request: GeoRequest) -> CheckResult:
    """Return whether the gaps before the test depend on those of the day before."""
    actual = test.panel.outcome[test.treated].sum(axis=0)[: test.n_pre]
    gap = actual - fitted.counterfactual[: test.n_pre]
    if not np.abs(gap).max() > 1e-12 * max(1.0, float(np.abs(actual).max())):
        return CheckResult("residual_autocorrelation", True, Sentence("residual_autocorrelation.zero"))
    dw, p = durbin_watson(gap), ljung_box(gap)
    heeds = fitted.details.get("heeds_autocorrelation", True)
    text = Sentence("residual_autocorrelation", dw=dw, p=p)
    if dw >= LEAST_DW or heeds:
        told = text if dw >= LEAST_DW else Sentence("residual_autocorrelation.allowed", found=text)
        return CheckResult("residual_autocorrelation", True, told).judged_by(p, dw)
    text = Sentence("residual_autocorrelation.failed", found=text)
    fix = Sentence("fix.autocorrelation", code=request.method.hint(inference="autocorrelation"))
    return CheckResult("residual_autocorrelation", False, text, fix=fix).judged_by(p, dw)


def nothing_before(test: GeoTest, request: GeoRequest) -> CheckResult:
    """Return what the same method says of the last days before the test, when there was no treatment."""
    name = "placebo_in_time"
    n_test = min(test.n_test, test.n_pre // 3)
    n_pre = test.n_pre - n_test
    if n_test < 2 or n_pre < FEWEST_BEFORE:
        return CheckResult(name, None, Sentence("placebo_in_time.short"))
    try:
        reading = request.method.read(test.earlier(n_pre, n_test), request)
    except ExperimentError as error:
        return CheckResult(name, None, Sentence("not_checked", why=error.problem))
    text = Sentence(name, steps=Sentence(f"n_steps.{test.panel.step}", n=n_test), p=reading.p_value)
    if reading.p_value > STANDS_OUT:
        return CheckResult(name, True, text).judged_by(reading.p_value)
    fix = Sentence("fix.placebo_in_time")
    return CheckResult(name, False, text, fix=fix).judged_by(reading.p_value)


def far_geos(test: GeoTest) -> list[str]:
    """Return the geos that changed unlike the rest of their arm, whatever the method."""
    outcome = test.panel.outcome
    if (outcome[:, : test.n_pre].mean(axis=1) <= 0).any() or (
        outcome[:, test.n_pre :].mean(axis=1) <= 0
    ).any():
        return []  # no logarithm; zeros are told by their own check
    return outliers(log_changes(outcome, test.n_pre), test)


def standing_out(far: list[str]) -> CheckResult:
    """Return whether a geo changed unlike the rest of its arm."""
    if not far:
        return CheckResult("outlier_geos", True, Sentence("outlier_geos.ok"))
    text = Sentence("outlier_geos", geos=tuple(far[:5]))
    fix = Sentence("fix.outlier_geos", code=f"buffer={far[:5]!r}")
    return CheckResult("outlier_geos", False, text, count=len(far), fix=fix)


def placebos_alike(fitted: Fitted, request: GeoRequest) -> CheckResult:
    """Return whether sets of control geos are a measure of what chance does to the treated ones."""
    r2, larger = fitted.details["placebo_r2"], fitted.details["larger"]
    dropped = fitted.details["placebos_dropped"]
    text = Sentence("placebos_alike", r2=r2, dropped=dropped, least=f"{POOR_FIT}")
    if larger:
        text = Sentence("placebos_alike.larger", found=text)
    if r2 >= POOR_FIT and not larger:
        return CheckResult("placebos_alike", True, text)
    fix: str = Sentence("fix.placebos_alike")
    if larger:
        fix = request.method.hint(match_levels=True)
    return CheckResult("placebos_alike", False, text, fix=fix)


def concentration(test: GeoTest, weights: Floats) -> CheckResult:
    """Return how much of the counterfactual hangs on one geo."""
    size = np.abs(weights)
    share = float(size.max() / size.sum())
    heaviest = test.controls[int(size.argmax())]
    worth = float(size.sum() ** 2 / (size**2).sum())
    text = Sentence("donor_concentration", worth=worth, geo=heaviest, share=share)
    if share <= HEAVIEST:
        return CheckResult("donor_concentration", True, text)
    fix = Sentence("fix.donor_concentration", geo=heaviest)
    return CheckResult("donor_concentration", False, text, fix=fix)


def leave_one_out(test: GeoTest, fitted: Fitted, request: GeoRequest) -> CheckResult:
    """Return how the effect moves as each donor of weight is left out."""
    assert fitted.weights is not None
    places = np.flatnonzero(~test.treated)
    heavy = np.flatnonzero(np.abs(fitted.weights) > _WEIGHT)
    if len(places) < 3:
        return CheckResult("leave_one_donor_out", None, Sentence("leave_one_donor_out.few"))
    whole = _effect(test, fitted.counterfactual)
    moved = {
        test.controls[donor]: _effect(test, _path(test.without(int(places[donor])), request))
        for donor in heavy
    }
    low, high = min(moved.values()), max(moved.values())
    ends = {"whole": whole, "low": low, "high": high}
    text = Sentence("leave_one_donor_out", count=len(moved), outcome=test.outcome, **ends)
    rows: list[Mapping[str, Any]] = [
        {"geo": geo, "incremental": value}
        for geo, value in sorted(moved.items(), key=lambda item: -abs(item[1] - whole))[:5]
    ]
    steady = (low > 0) == (high > 0) == (whole > 0)
    clear = fitted.reading.low > 0 or fitted.reading.high < 0
    if steady or not clear:
        return CheckResult("leave_one_donor_out", True, text, rows=rows)
    fix = Sentence("fix.leave_one_donor_out", geo=rows[0]["geo"])
    return CheckResult("leave_one_donor_out", False, text, rows=rows, fix=fix)


def _path(test: GeoTest, request: GeoRequest) -> Floats:
    """Return the counterfactual of a method that weighs donors, without its inference."""
    method = request.method.estimator(test)
    assert method is not None
    path: Floats = test.n_treated * method(test.target, test.donors, test.n_pre)
    return path


def _effect(test: GeoTest, counterfactual: Floats) -> float:
    return test.actual - float(counterfactual[test.n_pre :].sum())


def spend_moved(test: GeoTest, spent: Spent) -> CheckResult:
    """Return whether spend changed in the treated geos as a test needs, and not in the control geos."""
    assert test.panel.cost is not None
    money, pre = test.panel.cost, test.n_pre
    before, after = money[:, :pre].mean(axis=1), money[:, pre:].mean(axis=1)
    sums = [float(part[test.treated].sum()) for part in (before, after)]
    step = Sentence(f"step.{test.panel.step}")
    text = Sentence("spend_moved", step=step, before=sums[0], after=sums[1], total=spent.total)
    spilled = _spilled(test, before, after)
    if spilled is not None:
        moved, fix = spilled
        return CheckResult(
            "spend_moved", False, Sentence("spend_moved.spilled", found=text, **moved), fix=fix
        )
    if spent.error == 0.0 or abs(spent.total) > 3 * spent.error:
        return CheckResult("spend_moved", True, text)
    if math.isinf(spent.error):
        text = Sentence("spend_moved.one_control", found=text)
        return CheckResult("spend_moved", False, text, fix=Sentence("fix.cost_known"))
    text = Sentence("spend_moved.unsure", found=text, error=spent.error)
    return CheckResult("spend_moved", False, text, fix=Sentence("fix.more_spend"))


def _spilled(test: GeoTest, before: np.ndarray, after: np.ndarray) -> tuple[dict[str, Any], Sentence] | None:
    """Return what the control geos were spent on, and what to do; None where they were left alone."""
    control = ~test.treated
    moved = [float((after - before)[rows].mean()) for rows in (test.treated, control)]
    new = control & (before == 0) & (after > 0)
    names = [test.panel.geos[row] for row in np.flatnonzero(new)]
    share = moved[1] / moved[0] if moved[0] else math.inf
    if not names and not share > SPILLED:
        return None
    what = Sentence("spend_moved.changed")
    if names:
        named: Any = tuple(names[:_NAMED])
        if len(names) > _NAMED:
            named = Sentence("and", first=named, last=Sentence("more", n=len(names) - _NAMED))
        what = Sentence("spend_moved.new", geos=named)
    told = {"what": what, "moved": moved[1], "other": moved[0], "step": Sentence(f"step.{test.panel.step}")}
    fix = Sentence("fix.spilled")
    if 0 < len(names) <= int(control.sum()) - 2 and test.strata is None:
        fix = Sentence("fix.spilled_buffer", code=f"buffer={names!r}", rest=fix)
    return told, fix
