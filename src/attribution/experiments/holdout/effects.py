"""Estimates of a pair of arms, all from one test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from attribution._typing import Floats
from attribution.experiments.holdout.arm import Arm, Pair
from attribution.experiments.shared.cost_argument import Cost
from attribution.experiments.shared.lift import Estimate
from attribution.experiments.shared.ratios import NO_COST, NOTHING, POWER, TOO_SMALL, estimate_of, no_per_cent
from attribution.stats.proportions import sparse_score_test
from attribution.stats.ratio_intervals import (
    BOUNDED,
    WHOLE,
    RatioSet,
    not_negative,
    ratio_set,
    ratio_variance,
    t_critical,
    t_p_value,
    welch_df,
)
from attribution.stats.rerandomised import Reference
from attribution.stats.sequences import mixture_scale, sequence_critical, sequence_p_value

TOO_FEW = "too few events to tell chance from effect"
NO_LIFT = "the holdout's mean cannot be told from zero, so the lift has no bound"
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
    references
        By metric, the studentised differences under other assignments, which its test is held against too.
    blind
        Metrics whose error is not known, so that nothing is told from nothing.
    side
        ``"two-sided"``, ``"larger"`` or ``"smaller"``: what counts as an effect.
    margin
        Difference, in the direction that does not count, that is still taken for none.
    """

    alpha: float
    planned: int | None = None
    scale: float = 1.0
    normal: bool = False
    references: Mapping[str, Reference] = field(default_factory=dict)
    blind: frozenset[str] = frozenset()
    side: str = "two-sided"
    margin: float = 0.0

    def ends(self, pair: Pair, name: str) -> tuple[float, float]:
        """Return between which studentised differences a metric's test does not reject."""
        if name in self.blind:
            return -math.inf, math.inf
        if self.planned is not None:
            units = pair.treated.units + pair.control.units
            high = float(sequence_critical(units, mixture_scale(self.planned, self.alpha), self.alpha))
            return -high, high
        level = self.alpha if self.side == "two-sided" else 2 * self.alpha
        high = float(t_critical(self._degrees(pair, name), level))
        low = -high
        if name in self.references:
            ends = self.references[name].critical(level)
            low, high = min(low, ends[0]), max(high, ends[1])
        return (
            -math.inf if self.side == "larger" else low,
            math.inf if self.side == "smaller" else high,
        )

    def p_value(self, pair: Pair, name: str) -> float:
        """Return the p-value of no difference in a metric, or of one as large as the margin."""
        if name in self.blind:
            return 1.0
        gap, variance = pair.difference(name)
        error = math.sqrt(variance) * (self.scale if name == "outcome" else 1.0)
        z = (gap + self.null(name)) / error
        if self.planned is not None:
            units = pair.treated.units + pair.control.units
            return float(sequence_p_value(z, units, mixture_scale(self.planned, self.alpha)))
        found = float(t_p_value(z, self._degrees(pair, name)))
        above = z > 0 if self.side == "two-sided" else self.side == "larger"
        if self.side != "two-sided":
            found = found / 2 if (z > 0) == above else 1 - found / 2
        if name not in self.references:
            return found
        tail = self.references[name].beyond(z, above=above)
        return max(found, min(1.0, 2 * tail) if self.side == "two-sided" else tail)

    def null(self, name: str) -> float:
        """Return what is added to a metric's difference before it is tested against zero."""
        if name != "outcome":
            return 0.0
        return -self.margin if self.side == "smaller" else self.margin

    def leaves_out(self, pair: Pair, name: str) -> bool:
        """Return whether the interval of a metric's difference leaves out zero."""
        gap, variance = pair.difference(name)
        low, high = self.ends(pair, name)
        error = math.sqrt(variance) * (self.scale if name == "outcome" else 1.0)
        return not low * error <= gap <= high * error if error > 0 else False

    def _degrees(self, pair: Pair, name: str) -> float:
        return math.inf if self.normal else degrees(pair, name)


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
    error = math.sqrt(max(variance, 0.0)) * (test.scale if name == "outcome" else 1.0)
    low, high = test.ends(pair, name)
    note = TOO_FEW if name in test.blind else ""
    return Estimate(
        gap,
        gap - high * error if math.isfinite(high) else -math.inf,
        gap - low * error if math.isfinite(low) else math.inf,
        note,
        std_error=error,
    )


def relative(pair: Pair, test: Test, *, nonnegative: bool) -> Estimate:
    """Return treated over holdout, minus 1, of the outcome.

    Where outcomes may be negative, per cent of a mean that is not clearly above zero have no meaning: its
    sign may be another. Then there is none, and of the set only whether it holds zero.
    """
    place = pair.treated.at("outcome")
    a, b = float(pair.treated.mean[place]), float(pair.control.mean[place])
    v_a, v_b = float(pair.treated.cov[place, place]), float(pair.control.cov[place, place])
    low, high = test.ends(pair, "outcome")
    if "outcome" in test.blind:
        value = a / b - 1.0 if b > 0 and nonnegative else math.nan
        return Estimate(value, -1.0 if nonnegative else -math.inf, math.inf, TOO_FEW)
    shared, out = pair.shared, test.leaves_out(pair, "outcome")
    reach = max((abs(end) for end in (low, high) if math.isfinite(end)), default=math.inf)
    natural = nonnegative and a >= 0 and b >= 0
    if not natural and not b > reach * math.sqrt(v_b + shared):
        return no_per_cent(shown=out)
    sets = [_fieller(a, b, v_a + shared, v_b + shared, shared, end, natural=natural) for end in (high, -low)]
    bottom, top = float(sets[0].low) - 1.0, float(sets[1].high) - 1.0
    # Where one arm has no event at all, nobody knows by how much, only that, and on which side.
    if out and a > b and not bottom > 0:
        bottom = NOTHING
    if out and a < b and not top < 0:
        top = -NOTHING
    if natural and a == 0 and v_a == 0:
        bottom = -1.0
    if natural and b == 0:
        top = math.inf
    value = a / b - 1.0 if b > 0 else math.nan
    told = math.isfinite(bottom) and math.isfinite(top)
    note = "" if told or test.side != "two-sided" else NO_LIFT
    return Estimate(value, bottom, top, note)


def _fieller(
    a: float, b: float, v_a: float, v_b: float, c: float, critical: float, *, natural: bool
) -> RatioSet:
    """Return a lift's set for one of its ends: all ratios where nothing is rejected."""
    everything = RatioSet(np.asarray(WHOLE), np.asarray(0.0 if natural else -math.inf), np.asarray(math.inf))
    if not math.isfinite(critical):
        return everything
    found = ratio_set(a, b, v_a, v_b, c, critical)
    found = not_negative(found) if natural else found
    return found if int(found.kind) == BOUNDED else everything


def _ratio(
    top: tuple[float, float],
    bottom: tuple[float, float],
    c: float,
    ends: tuple[float, float],
    unbounded: str,
) -> Estimate:
    """Return a ratio of differences, each with its variance: the end towards zero agrees with the test."""
    (a, v_a), (b, v_b) = top, bottom
    value = a / b if b else math.nan
    near, beyond = (ends[1], -ends[0]) if a >= 0 else (-ends[0], ends[1])
    if not math.isfinite(near):
        return Estimate(value, -math.inf, math.inf, unbounded)
    found = estimate_of(value, ratio_set(a, b, v_a, v_b, c, near), unbounded)
    if near == beyond or found.gap is not None:
        return found
    other = math.inf
    if math.isfinite(beyond):
        second = ratio_set(a, b, v_a, v_b, c, beyond)
        if int(second.kind) == BOUNDED:
            other = float(second.high if value >= 0 else second.low)
    low, high = (found.low, abs(other)) if value >= 0 else (-abs(other), found.high)
    return Estimate(value, low, high, "" if math.isfinite(low) and math.isfinite(high) else unbounded)


def per_exposed(pair: Pair, test: Test) -> tuple[Estimate, Estimate]:
    """Return the effect per complier with Anderson and Rubin's set, and with the delta method's interval.

    ``ITT_Y / ITT_D`` (Angrist, Imbens & Rubin 1996). The delta method's variance
    ``(V_Y + L^2 V_D - 2 L C_YD) / ITT_D^2`` is that of two-stage least squares with robust errors.
    """
    (y, v_y), (d, v_d) = pair.difference("outcome"), pair.difference("exposed")
    c = pair.covariance("outcome", "exposed") * test.scale
    v_y *= test.scale**2
    value = y / d if d else math.nan
    ends = test.ends(pair, "outcome")
    exact = _ratio((y, v_y), (d, v_d), c, ends, NO_EXPOSURE)
    error = math.sqrt(float(ratio_variance(y, d, v_y, v_d, c))) if d else math.inf
    half = error * max(abs(end) for end in ends)
    note = "delta method; trust it where exposure differs much"
    if not math.isfinite(half):
        return exact, Estimate(value, -math.inf, math.inf, NO_EXPOSURE)
    return exact, Estimate(value, value - half, value + half, note, std_error=error)


def iroas(pair: Pair, cost: Cost, test: Test) -> Estimate:
    """Return incremental value over incremental cost with Fieller's set."""
    b, v_b, c = _cost(pair, cost, "value")
    return _ratio(pair.difference("value"), (b, v_b), c, test.ends(pair, "value"), TOO_SMALL)


def cost_per_incremental(pair: Pair, cost: Cost, test: Test) -> Estimate:
    """Return incremental cost over incremental outcome with Fieller's set."""
    y, v_y = pair.difference("outcome")
    b, v_b, c = _cost(pair, cost, "outcome")
    low, high = test.ends(pair, "outcome")
    critical = high if y >= 0 else -low
    value = b / y if y else math.nan
    if not math.isfinite(critical):
        return Estimate(value, -math.inf, math.inf, NO_COST)
    return estimate_of(value, ratio_set(b, y, v_b, v_y * test.scale**2, c * test.scale, critical), NO_COST)


def _cost(pair: Pair, cost: Cost, other: str) -> tuple[float, float, float]:
    """Return incremental cost per treated user, its variance, and its covariance with another difference."""
    if cost.each is not None:
        exposed, variance = pair.difference("exposed")
        shared = pair.covariance("exposed", other)
        return cost.each * exposed, cost.each**2 * variance, cost.each * shared
    if cost.total is None:
        return (*pair.difference("cost"), pair.covariance("cost", other))
    n = pair.treated.n
    return cost.total / n, (cost.error / n) ** 2, 0.0


def score(pair: Pair, test: Test) -> tuple[dict[str, Any], Test]:
    """Return difference, lift and p-value of a binary outcome with few events, and the test they fit."""
    from scipy import stats

    place = pair.treated.at("outcome")
    n = (pair.treated.n, pair.control.n)
    events = [round(float(arm.mean[place] * arm.n)) for arm in (pair.treated, pair.control)]
    whole = test.side == "two-sided"
    level = test.alpha if whole else 2 * test.alpha
    found = sparse_score_test(events[0], n[0], events[1], n[1], level, null=-test.null("outcome"))
    gap, variance = pair.difference("outcome")
    ratio = events[0] * n[1] / (events[1] * n[0]) if events[1] else math.nan
    low, high = found.difference
    bottom, top = (end - 1.0 for end in found.ratio)
    p_value, z = found.p_value, float(stats.norm.isf(found.p_value / 2))
    if not whole:
        above = test.side == "larger"
        high, top = (math.inf, math.inf) if above else (high, top)
        low, bottom = (low, bottom) if above else (-math.inf, -1.0)
        found_above = gap + test.null("outcome") > 0
        p_value = p_value / 2 if found_above == above else 1 - p_value / 2
    wald = abs(gap + test.null("outcome")) / math.sqrt(variance) if variance > 0 else 0.0
    scale = wald / z if z > 0 and wald > 0 else 1.0
    # Of the score test: with the events that both arms would share without an effect.
    share = sum(events) / sum(n)
    error = math.sqrt(share * (1 - share) * (1 / n[0] + 1 / n[1]))
    fields = {
        "absolute": Estimate(gap, low, high, std_error=error),
        "relative": Estimate(ratio - 1.0, bottom, top, "" if math.isfinite(top) or not whole else NO_LIFT),
        "p_value": p_value,
    }
    return fields, replace(test, scale=scale, normal=True)


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
