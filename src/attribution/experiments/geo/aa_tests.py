"""Tests that never were, on the history: how often an effect would have been found, and how often nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from attribution._typing import Bools, Floats, Ints
from attribution.errors import ExperimentError
from attribution.experiments.geo.effect_estimate import Steps
from attribution.experiments.geo.geo_assignment import GeoTest
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.history_windows import Windows
from attribution.experiments.geo.panel import Panel
from attribution.experiments.panels.did import log_changes
from attribution.experiments.shared.lift import Estimate
from attribution.stats.ratio_intervals import t_critical

LARGEST = 1.0  # lift beyond which none is looked for where each takes a fit of its own
_SMALLEST, _HALVINGS = 0.002, 7


@dataclass(frozen=True, eq=False, slots=True)
class Simulated:
    """What simulated tests found.

    Attributes
    ----------
    alarms
        bool, shape (m,): whether a test of nothing found something, in either direction.
    needed
        float64, shape (m,) or (2 m,): the smallest effect that would have been found, with its sign right; a
        share of the outcome, without sign. Infinite where none would.
    failed
        How many of them could not be analysed; they found nothing.
    steps
        What limits the p-value of a test; None where nothing does. Of several, that which limits it least.
    """

    alarms: Bools
    needed: Floats
    failed: int = 0
    steps: Steps | None = None

    def power(self, lifts: Any) -> Floats:
        """Return the share of tests that find each effect, with its sign right."""
        found = np.searchsorted(np.sort(self.needed), np.abs(np.asarray(lifts, np.float64)), side="right")
        share: Floats = found.astype(np.float64) / len(self.needed)
        return share

    def mde(self, power: float) -> float:
        """Return the smallest effect that this share of tests find."""
        rank = math.ceil(power * len(self.needed) - 1e-9)
        return float(np.sort(self.needed)[max(rank, 1) - 1])

    def size(self) -> Estimate:
        """Return the share of false alarms, with its exact binomial interval (Clopper & Pearson 1934)."""
        from scipy import stats

        n, hits = len(self.alarms), int(self.alarms.sum())
        low = float(stats.beta.ppf(0.025, hits, n - hits + 1)) if hits else 0.0
        high = float(stats.beta.isf(0.025, hits + 1, n - hits)) if hits < n else 1.0
        return Estimate(hits / n, low, high)


def together(parts: Iterable[Simulated]) -> Simulated:
    """Return simulated tests of several kinds as one."""
    several = list(parts)
    return Simulated(
        np.concatenate([part.alarms for part in several]),
        np.concatenate([part.needed for part in several]),
        sum(part.failed for part in several),
        widest(part.steps for part in several),
    )


def widest(steps: Iterable[Steps | None]) -> Steps | None:
    """Return what limits the p-value least; None where there is nothing."""
    return min((one for one in steps if one is not None), key=lambda one: one.least, default=None)


def compared(changes: Floats, arms: Ints, strata: Ints, alpha: float, sign: int) -> Simulated:
    """Simulate many assignments in one window, as difference in differences of logs within strata.

    Least squares of a geo's log change on the treatment and an effect of each stratum, for each assignment
    at once; `panels.did.contrast` is the same for one.

    Parameters
    ----------
    changes
        float64, shape (n,): log change of each geo.
    arms
        int64, shape (m, n): 1 treated, 0 control; others take no part.
    strata
        int64, shape (n,): codes from 0; -1 takes no part.
    alpha
        Level.
    sign
        Direction of the effect to find, 1 or -1.
    """
    value, se, df = contrasts(changes, arms, strata)
    half = t_critical(df, alpha) * se
    low, high = value - half, value + half
    return _shifted("log", low, high, np.ones(len(value)), sign)


def contrasts(changes: Floats, arms: Ints, strata: Ints) -> tuple[Floats, Floats, Floats]:
    """Return estimate, standard error and degrees of freedom of each assignment, shapes (m,)."""
    used = ((arms == 0) | (arms == 1)).astype(np.float64)
    treated = (arms == 1).astype(np.float64)
    count = int(strata.max()) + 1
    codes = np.maximum(strata, 0)
    member = np.zeros((len(strata), count))
    member[np.flatnonzero(strata >= 0), strata[strata >= 0]] = 1.0
    sizes = np.maximum(used @ member, 1.0)
    level, share = (used * changes) @ member / sizes, treated @ member / sizes
    within = (changes - level[:, codes]) * used
    design = (treated - share[:, codes]) * used
    square = (design**2).sum(axis=1)
    value = (design * within).sum(axis=1) / square
    left = np.maximum((within**2).sum(axis=1) - value**2 * square, 0.0)
    df: Floats = used.sum(axis=1) - count - 1
    return value, np.sqrt(left / df / square), df


def tried_out(
    tests: Iterable[GeoTest], request: GeoRequest, sign: int, change: float, *, effects: bool = True
) -> Simulated:
    """Simulate tests with any method, one by one.

    There are few of them, and those of windows that overlap err alike. So each counts twice, with its error
    and with that error's mirror image: otherwise a history that happened to drift upwards would make gains
    look easy to find.

    Parameters
    ----------
    tests
        Windows of the history as if someone had been treated.
    request
        Method and inference.
    sign
        Direction of the effect to find.
    change
        What treatment does to spend, as a share; for methods that estimate an iROAS.
    effects
        Whether effects are put in as well, where each takes fits of its own.

    Raises
    ------
    ExperimentError
        If none of the tests can be analysed.
    """
    alarms: list[bool] = []
    needed: list[float] = []
    failed = 0
    problem: ExperimentError | None = None
    steps: list[Steps | None] = []
    for test in tests:
        try:
            alarm, least, step = _one(test, request, sign, change, effects=effects)
        except ExperimentError as error:
            problem, alarm, least, step = error, False, (math.inf, math.inf), None
            failed += 1
        alarms.append(alarm)
        needed += least
        steps.append(step)
    if problem is not None and failed == len(alarms):
        raise problem
    return Simulated(np.array(alarms, np.bool_), np.array(needed, np.float64), failed, widest(steps))


def _one(
    test: GeoTest, request: GeoRequest, sign: int, change: float, *, effects: bool
) -> tuple[bool, tuple[float, float], Steps | None]:
    """Return whether a test of nothing finds something, which effects it finds, and what limits its p."""
    if request.method.refits:
        nothing = request.method.judged(_with_effect(test, 0.0, change), request)
        alarm = nothing.p_value <= request.alpha
        if not effects:
            return alarm, (math.inf, math.inf), nothing.steps
        found = (_refitted(test, request, sign, change), _refitted(test, request, -sign, change))
        return alarm, found, nothing.steps
    reading = request.method.read(test, request)
    actual = np.array([test.actual])
    shifted = _shifted(reading.scale, np.array([reading.low]), np.array([reading.high]), actual, sign)
    # The same error with the other sign.
    other = _shifted(reading.scale, np.array([-reading.high]), np.array([-reading.low]), actual, sign)
    return bool(shifted.alarms[0]), (float(shifted.needed[0]), float(other.needed[0])), reading.steps


def _shifted(scale: str, low: Floats, high: Floats, actual: Floats, sign: int) -> Simulated:
    """Return what intervals of nothing say of any effect, without another fit.

    The treated outcome in the window times ``1 + lift`` moves the interval of a logarithm by
    ``log(1 + lift)``, and that of a level by ``lift`` times the treated total: counterfactual, errors and
    placebos do not look at the treated geos within the window.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        if sign > 0:
            needed = np.expm1(-low) if scale == "log" else -low / actual
        else:
            needed = -np.expm1(-high) if scale == "log" else high / actual
            needed = np.where(needed < 1.0, needed, np.inf)  # no more than all can be lost
    needed = np.where(np.isfinite(needed), np.maximum(needed, 0.0), np.inf)
    return Simulated((low > 0) | (high < 0), needed)


def _refitted(test: GeoTest, request: GeoRequest, sign: int, change: float) -> float:
    """Return the smallest effect found, by fits of treated outcomes that have it."""

    def found(lift: float) -> bool:
        reading = request.method.judged(_with_effect(test, sign * lift, change), request)
        return reading.p_value <= request.alpha and reading.value * sign > 0

    top = LARGEST if sign > 0 else 0.99
    if found(0.0):
        return 0.0
    if not found(top):
        return math.inf
    low, high = math.log(_SMALLEST), math.log(top)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if found(math.exp(middle)):
            high = middle
        else:
            low = middle
    return math.exp(high)


def _with_effect(test: GeoTest, lift: float, change: float) -> GeoTest:
    outcome = test.panel.outcome.copy()
    outcome[test.treated, test.n_pre :] *= 1.0 + lift
    cost = test.panel.cost
    if cost is not None:
        cost = cost.copy()
        cost[test.treated, test.n_pre :] *= 1.0 + change
    panel = Panel(test.panel.geos, test.panel.times, outcome, cost)
    return replace(test, panel=panel)


def window_test(panel: Panel, arms: Ints, strata: Ints | None, start: int, windows: Windows) -> GeoTest:
    """Return one window of the history as a test; arms as in `compared`."""
    rows = np.flatnonzero(arms >= 0)
    rows = rows[arms[rows] <= 1]
    stop = start + windows.n_pre + windows.n_test
    cost = None if panel.cost is None else panel.cost[rows, start:stop]
    cut = Panel(
        tuple(panel.geos[row] for row in rows), panel.times[start:stop], panel.outcome[rows, start:stop], cost
    )
    codes = None
    if strata is not None:
        codes = np.unique(strata[rows], return_inverse=True)[1].astype(np.int64)
    return GeoTest(cut, arms[rows] == 1, windows.n_pre, 0, codes, "outcome")


def window_changes(panel: Panel, windows: Windows, starts: Ints) -> Floats:
    """Return log changes of all geos in windows, shape (W, n); missing where a logarithm does not exist."""
    length = windows.n_pre + windows.n_test
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack(
            [log_changes(panel.outcome[:, start : start + length], windows.n_pre) for start in starts]
        )
