"""Estimates of a pair of arms, all from one test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution._typing import Floats
from attribution.incrementality.arm import Arm, Pair
from attribution.incrementality.lift import Estimate
from attribution.stats.intervals import (
    EMPTY,
    OUTSIDE,
    RatioSet,
    not_negative,
    ratio_set,
    ratio_variance,
    t_critical,
    t_p_value,
    welch_df,
)
from attribution.stats.proportions import score_test
from attribution.stats.sequences import mixture_scale, sequence_critical, sequence_p_value

POWER = 0.8
TOO_SMALL = (
    "cost change too small to tell: it does not differ from zero at this level, so the ratio has no bound"
)
NO_LIFT = "the holdout's mean cannot be told from zero, so the lift has no bound"
NO_COST = "the incremental outcome cannot be told from zero, so its cost has no bound"
NO_EXPOSURE = "the arms' exposure cannot be told apart, so the effect per exposed unit has no bound"


@dataclass(frozen=True)
class Test:
    """One level and one kind of test for everything that is said of a pair.

    Attributes
    ----------
    alpha
        Level.
    planned
        Units at which a confidence sequence is narrowest; None for a test that is read once.
    scale
        What the outcome's standard error is multiplied by, for a score test; 1 otherwise.
    normal
        Whether to take the normal's critical value, as score tests do.
    """

    alpha: float
    planned: int | None = None
    scale: float = 1.0
    normal: bool = False

    def critical(self, pair: Pair, name: str) -> float:
        """Return the critical value for a metric's difference."""
        if self.planned is not None:
            units = pair.treated.units + pair.control.units
            return float(sequence_critical(units, mixture_scale(self.planned, self.alpha), self.alpha))
        return float(t_critical(math.inf if self.normal else degrees(pair, name), self.alpha))

    def p_value(self, pair: Pair, name: str) -> float:
        """Return the p-value of no difference in a metric."""
        gap, variance = pair.difference(name)
        z = gap / (math.sqrt(variance) * self.scale)
        if self.planned is not None:
            units = pair.treated.units + pair.control.units
            return float(sequence_p_value(z, units, mixture_scale(self.planned, self.alpha)))
        return float(t_p_value(z, math.inf if self.normal else degrees(pair, name)))


def degrees(pair: Pair, name: str) -> float:
    """Return the degrees of freedom of a metric's difference: Welch's, or those of the pooled variance."""
    if pair.free is not None:
        return pair.free
    place = pair.treated.at(name)
    v_t, v_c = pair.treated.cov[place, place], pair.control.cov[place, place]
    return float(welch_df(v_t, pair.treated.df, v_c, pair.control.df))


def difference(pair: Pair, name: str, test: Test) -> Estimate:
    """Return treated minus holdout of a metric, per user."""
    gap, variance = pair.difference(name)
    error = math.sqrt(variance) * (test.scale if name == "outcome" else 1.0)
    half = test.critical(pair, name) * error
    return Estimate(gap, gap - half, gap + half, std_error=error)


def relative(pair: Pair, test: Test, *, nonnegative: bool) -> Estimate:
    """Return treated over holdout, minus 1, of the outcome."""
    place = pair.treated.at("outcome")
    a, b = pair.treated.mean[place], pair.control.mean[place]
    v_a, v_b = pair.treated.cov[place, place], pair.control.cov[place, place]
    shared = pair.shared
    found = ratio_set(a, b, v_a + shared, v_b + shared, shared, test.critical(pair, "outcome"))
    # An adjusted mean may fall below zero where no outcome does; then the ratio itself means nothing.
    if nonnegative and a >= 0 and b > 0:
        found = not_negative(found)
    value = math.nan if b == 0 or (nonnegative and b < 0) else float(a / b)
    return estimate_of(value, found, NO_LIFT, less=1.0)


def estimate_of(value: float, found: RatioSet, unbounded: str, *, less: float = 0.0) -> Estimate:
    """Return a ratio with its set; `less` is taken off all of it."""
    kind, low, high = int(found.kind), float(found.low) - less, float(found.high) - less
    if kind == EMPTY:
        return Estimate(value - less, math.nan, math.nan, unbounded)
    if kind == OUTSIDE:
        return Estimate(value - less, -math.inf, math.inf, unbounded, (low, high))
    note = "" if math.isfinite(low) and math.isfinite(high) else unbounded
    return Estimate(value - less, low, high, note)


def per_exposed(pair: Pair, test: Test) -> tuple[Estimate, Estimate]:
    """Return the effect per complier with Anderson and Rubin's set, and with the delta method's interval.

    ``ITT_Y / ITT_D`` (Angrist, Imbens & Rubin 1996). The delta method's variance
    ``(V_Y + L^2 V_D - 2 L C_YD) / ITT_D^2`` is that of two-stage least squares with robust errors.
    """
    (y, v_y), (d, v_d) = pair.difference("outcome"), pair.difference("exposed")
    c = pair.covariance("outcome", "exposed") * test.scale
    v_y *= test.scale**2
    critical = test.critical(pair, "outcome")
    value = y / d if d else math.nan
    exact = estimate_of(value, ratio_set(y, d, v_y, v_d, c, critical), NO_EXPOSURE)
    error = math.sqrt(float(ratio_variance(y, d, v_y, v_d, c))) if d else math.nan
    half = critical * error
    note = "delta method; trust it where exposure differs much"
    return exact, Estimate(value, value - half, value + half, note, std_error=error)


@dataclass(frozen=True)
class Cost:
    """What the treatment cost: a total that is known, or known with an error, or a metric of the users."""

    total: float | None = None
    error: float = 0.0


def iroas(pair: Pair, cost: Cost, test: Test) -> Estimate:
    """Return incremental value over incremental cost with Fieller's set."""
    a, v_a = pair.difference("value")
    critical = Test(test.alpha, test.planned).critical(pair, "value")
    b, v_b, c = _cost(pair, cost, "value")
    return estimate_of(a / b if b else math.nan, ratio_set(a, b, v_a, v_b, c, critical), TOO_SMALL)


def cost_per_incremental(pair: Pair, cost: Cost, test: Test) -> Estimate:
    """Return incremental cost over incremental outcome with Fieller's set."""
    y, v_y = pair.difference("outcome")
    b, v_b, c = _cost(pair, cost, "outcome")
    critical = test.critical(pair, "outcome")
    found = ratio_set(b, y, v_b, v_y * test.scale**2, c * test.scale, critical)
    return estimate_of(b / y if y else math.nan, found, NO_COST)


def _cost(pair: Pair, cost: Cost, other: str) -> tuple[float, float, float]:
    """Return incremental cost per treated user, its variance, and its covariance with another difference."""
    if cost.total is None:
        return (*pair.difference("cost"), pair.covariance("cost", other))
    n = pair.treated.n
    return cost.total / n, (cost.error / n) ** 2, 0.0


def score(pair: Pair, alpha: float) -> tuple[dict[str, Any], Test]:
    """Return difference, lift and p-value of a binary outcome with few events, and the test they fit."""
    place = pair.treated.at("outcome")
    n = (pair.treated.n, pair.control.n)
    events = [round(float(arm.mean[place] * arm.n)) for arm in (pair.treated, pair.control)]
    found = score_test(events[0], n[0], events[1], n[1], alpha)
    gap, variance = pair.difference("outcome")
    ratio = events[0] * n[1] / (events[1] * n[0]) if events[1] else math.nan
    low, high = (end - 1.0 for end in found.ratio)
    from scipy import stats

    z = float(stats.norm.isf(found.p_value / 2))
    wald = abs(gap) / math.sqrt(variance) if variance > 0 else 0.0
    scale = wald / z if z > 0 and wald > 0 else 1.0
    note = "" if math.isfinite(high) else NO_LIFT
    # Of the score test: with the events that both arms would share without an effect.
    share = sum(events) / sum(n)
    error = math.sqrt(share * (1 - share) * (1 / n[0] + 1 / n[1]))
    fields = {
        "absolute": Estimate(gap, *found.difference, std_error=error),
        "relative": Estimate(ratio - 1.0, low, high, note),
        "p_value": found.p_value,
    }
    return fields, Test(alpha, scale=scale, normal=True)


def detectable(pair: Pair, alpha: float) -> float:
    """Return ``(z_{1 - alpha/2} + z_{power}) se``: the difference shown with 80% probability."""
    from scipy import stats

    z = float(stats.norm.isf(alpha / 2) + stats.norm.ppf(POWER))
    return z * math.sqrt(pair.difference("outcome")[1])


def over_denominator(pair: Pair) -> Pair:
    """Return the pair with its outcome replaced by the ratio to the denominator (delta method)."""
    treated, slope_t = pair.treated.over("outcome", "denominator")
    control, slope_c = pair.control.over("outcome", "denominator")
    place = pair.treated.at("outcome")
    slope: Floats = (slope_t + slope_c) / 2
    return Pair(treated, control, pair.shared * float(slope[place]) ** 2, pair.free)


def mean_of(arm: Arm, name: str) -> float:
    """Return an arm's mean of a metric."""
    return float(np.asarray(arm.mean)[arm.at(name)])
