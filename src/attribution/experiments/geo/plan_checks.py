"""What to know of a planned geo test before anything is spent."""

from __future__ import annotations

import math

from attribution.diagnostics import CheckResult, CheckResults
from attribution.experiments.geo.aa_tests import Simulated
from attribution.experiments.geo.geo_checks import reach
from attribution.experiments.geo.history_windows import Windows
from attribution.experiments.shared.lift import Estimate

TOO_MANY, TOO_FEW = 1.6, 0.5  # false alarms over the level; 8% and 2.5% at the level of 5%
FLATTERED = 1.5  # MDE of the windows that judge over that of those that chose
FEW_APART = 3.0
FEWEST_APART, SHORTEST = 1.5, 0.5  # tests side by side; time before each over the time of the test


def check(
    *,
    size: Estimate,
    n_nothings: int,
    alpha: float,
    windows: Windows,
    step: str,
    simulated: Simulated,
    chosen: Simulated | None,
    power: float,
    share: float = 1.0,
) -> CheckResults:
    """Return the checks of a plan.

    Parameters
    ----------
    size, n_nothings, alpha
        Share of false alarms, of how many tests of nothing, and what it should be.
    windows, step
        Where the test was tried out, and what a period is.
    simulated, chosen
        What the test found on windows that chose nothing, and on those that chose; None without a search.
    power
        That the MDE refers to.
    share
        Of the level that was asked for that each cell has.
    """
    able = simulated.steps is None or simulated.steps.reach(alpha)
    found = CheckResults(
        [false_alarms(size, n_nothings, alpha), detectable(simulated.mde(power), power, able=able)]
    )
    if chosen is not None:
        found.append(flattered(chosen.mde(power), simulated.mde(power)))
    found.append(history(windows, step, searched=chosen is not None))
    if simulated.steps is not None:
        found.append(reach(simulated.steps, alpha, share))
    if simulated.failed:
        lost = simulated.failed / len(simulated.alarms)
        text = f"{simulated.failed} of {len(simulated.alarms)} simulated tests could not be analysed"
        fix = "look at the history, or another method" if lost > 0.1 else ""
        found.append(CheckResult("analysed", lost <= 0.1, text, count=simulated.failed, fix=fix))
    return found


def false_alarms(size: Estimate, count: int, alpha: float) -> CheckResult:
    """Return whether tests of nothing find something about as often as the level says."""
    text = (
        f"of {count:,} tests of nothing on the history {100 * size.value:.1f}% found something (binomial 95% "
        f"interval {100 * size.low:.1f}% to {100 * size.high:.1f}%); {100 * alpha:.3g}% is right"
    )
    if size.value > TOO_MANY * alpha and size.low > alpha:
        fix = "another method or inference, pairs or strata instead of a search, or a longer history"
        return CheckResult("false_alarms", False, text + ": too many", fix=fix)
    if size.value < TOO_FEW * alpha and size.high < alpha:
        return CheckResult("false_alarms", None, text + ": few, so that it sees less than it could", fix="")
    return CheckResult("false_alarms", True, text)


def detectable(mde: float, power: float, *, able: bool = True) -> CheckResult:
    """Return whether any effect is found with the wished power."""
    if math.isfinite(mde):
        return CheckResult("detectable", True, f"lifts from {100 * mde:.2g}% are found with the wished power")
    text = f"no effect that was tried is found with {100 * power:g}% power"
    if not able:
        fix = "see the check reach: a longer test, or a larger effect, would not help"
        return CheckResult("detectable", False, text, fix=fix)
    return CheckResult("detectable", False, text, fix="more treated geos, more geos in all, or a longer test")


def flattered(chosen: float, judged: float) -> CheckResult:
    """Return how far the windows that chose the geos flatter them."""
    text = (
        f"on the windows that chose these geos the smallest detectable lift is {100 * chosen:.2g}%, on "
        f"windows that chose nothing {100 * judged:.2g}%"
    )
    if judged <= FLATTERED * chosen:
        return CheckResult("winners_curse", True, text)
    fix = "count on the latter; fewer candidates, or pairs, flatter less"
    return CheckResult("winners_curse", False, text, fix=fix)


def history(windows: Windows, step: str, *, searched: bool) -> CheckResult:
    """Return how much history the simulated tests rest on."""
    count, apart = len(windows.every), windows.without_overlap
    text = (
        f"{count} windows of {windows.n_pre} + {windows.n_test} {step}s, whose tests cover as much time as "
        f"{apart:.1f} tests side by side"
    )
    if searched and not windows.apart:
        text += "; tests of the windows that choose overlap those of the windows that judge"
    few = apart < FEW_APART or (searched and not windows.apart)
    if apart < FEWEST_APART or windows.n_pre < SHORTEST * windows.n_test:
        text += ": too little to tell what such a test can find"
        fix = f"a shorter test, or a history of {4 * windows.n_test} {step}s"
        return CheckResult("history", False, text, fix=fix)
    return CheckResult(
        "history", None if few else True, text, fix="a longer history would tell more" if few else ""
    )
