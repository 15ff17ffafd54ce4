"""What the test cost, and what an incremental unit of outcome cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from attribution._typing import Floats
from attribution.errors import ExperimentError
from attribution.experiments.geo.effect_estimate import EffectEstimate
from attribution.experiments.geo.geo_assignment import GeoTest
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.panels.did import log_changes
from attribution.experiments.panels.tbr import tbr
from attribution.experiments.shared.lift import Estimate
from attribution.experiments.shared.ratios import NO_COST, TOO_SMALL, estimate_of, untold
from attribution.stats.ratio_intervals import ratio_set, ratio_variance, t_critical

_NOTHING = 1e-9  # of the larger of two sums of money
NO_ERROR = (
    "how sure the incremental cost is cannot be told from the spend of one control geo, so the ratio has no "
    "bound: cost=(total, standard error) states it"
)
NO_END = "the interval of the effect has no bound at this level, so neither has the ratio"


@dataclass(frozen=True, slots=True)
class Spent:
    """Incremental cost of the test, all treated geos together.

    Attributes
    ----------
    total
        What was spent in the window less what would have been; negative where spend was cut.
    error
        Its standard error; 0 where it is known, infinite where nothing tells it.
    shared
        Correlation of its error with that of the effect.
    how
        Where it comes from.
    """

    total: float
    error: float
    shared: float
    how: str

    def to_dict(self) -> dict[str, Any]:
        """Return total, error and source by name."""
        return {"total": self.total, "error": self.error, "shared": self.shared, "how": self.how}


def spent(test: GeoTest, request: GeoRequest) -> Spent | None:
    """Return the incremental cost, from the panel's column or as told; None without either.

    With a column: where nobody spent before the test and the control geos not within it, all that was spent
    is incremental and known. Otherwise the treated geos would have changed their spend as the control geos
    did: by the ratio R of the latter's totals, with the standard error of a ratio over geos (Cochran 1977,
    eq. 6.13); with time-based regression, as that says of the cost (Kerman et al. 2017). Where there is no
    ratio, because the treated geos or all control geos but one had no spend before, by as much a geo as the
    control geos. A geo's own change is uncertain besides: treated geos are taken to vary as control geos do.

    Raises
    ------
    ExperimentError
        If the spend did not move.
    """
    cost = request.cost
    if cost is not None and cost.total is not None:
        return Spent(cost.total, cost.error, 0.0, "as told")
    if test.panel.cost is None:
        return None
    money, pre = test.panel.cost, test.n_pre
    after, before = money[:, pre:].sum(axis=1), money[:, :pre].sum(axis=1) * test.n_test / pre
    actual, usual = float(after[test.treated].sum()), float(before[test.treated].sum())
    x, y = before[~test.treated], after[~test.treated]
    if usual == 0.0 and not x.any() and not y.any():
        found = Spent(actual, 0.0, 0.0, "all spend of the treated geos: nobody else spent, or before")
    elif usual > 0.0 and x.sum() > 0.0 and (own := request.method.cost(test)) is not None:
        found = own
    elif usual > 0.0 and np.count_nonzero(x > 0.0) > 1:
        found = _by_ratio(test, actual, before[test.treated], y, x)
    else:
        found = _by_difference(test, actual, usual, y - x)
    if abs(found.total) <= _NOTHING * max(abs(actual), abs(usual)):
        msg = "the treated geos spent what they would have, by the control geos' spend: it did not change"
        why = "then there was no treatment, or the cost stands elsewhere"
        raise ExperimentError(
            msg, column="cost", why=why, hint="cost=120_000.0, the total, where it is known"
        )
    return found


def _by_ratio(test: GeoTest, actual: float, usual: Floats, y: Floats, x: Floats) -> Spent:
    total, n = float(usual.sum()), len(x)
    ratio = float(y.sum() / x.sum())
    off = y - ratio * x
    scaled = n / (n - 1) * float((off**2).sum())
    # Of the ratio, and of each treated geo about it, in proportion to its size.
    variance = scaled * (total**2 / float(x.sum()) ** 2 + float((usual**2).sum()) / float((x**2).sum()))
    error = math.sqrt(variance)
    return Spent(
        actual - total * ratio,
        error,
        _shared(test, total * off / x.sum(), error),
        "spend in the window less what it would have been had it changed as in the control geos",
    )


def _by_difference(test: GeoTest, actual: float, usual: float, changes: Floats) -> Spent:
    """Return the cost where no ratio tells what the spend would have been."""
    n, treated = len(changes), test.n_treated
    error = math.inf
    if n > 1:
        spread = float(changes.var(ddof=1))
        error = math.sqrt(spread * (treated + treated**2 / n) + _own_history(test))
    return Spent(
        actual - usual - treated * float(changes.mean()),
        error,
        _shared(test, treated * (changes - changes.mean()) / n, error),
        "spend in the window less what it would have been had it changed, in each geo, by as much as in the "
        "control geos",
    )


def _own_history(test: GeoTest) -> float:
    """Return the variance of the treated geos' usual spend in the window, by how it varied before."""
    assert test.panel.cost is not None
    series = test.panel.cost[test.treated].sum(axis=0)
    if np.ptp(series[: test.n_pre]) <= _NOTHING * np.abs(series).max():
        return 0.0
    return float(tbr(series, np.zeros(len(series)), test.n_pre).se_corrected) ** 2


def _shared(test: GeoTest, influence: Floats, error: float) -> float:
    """Return the correlation of the errors of cost and effect: both fall where the control geos grow.

    What the treated geos' own spend and outcome have in common is left out: nobody knows what they would have
    spent, and an interval of effect over cost is the wider without it where the two have one sign.

    Parameters
    ----------
    influence
        Of each control geo on what the treated geos would have spent, shape (n,).
    error
        Standard error of the cost.
    """
    outcome, n = test.panel.outcome, len(influence)
    means = outcome[:, : test.n_pre].mean(axis=1), outcome[:, test.n_pre :].mean(axis=1)
    if not all((mean > 0).all() for mean in means) or not 0 < error < math.inf:
        return 0.0
    changes = log_changes(outcome, test.n_pre)
    d_t, d_c = changes[test.treated], changes[~test.treated]
    off = d_c - d_c.mean()
    own = float((off**2).sum()) / n**2 + (float(d_t.var()) / len(d_t) if len(d_t) > 1 else 0.0)
    joint = float((off / n * influence).sum())
    return max(-0.999, min(0.999, joint / math.sqrt(own) / error)) if own > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Money:
    """Incremental outcome and cost of a test, and what a unit of outcome is worth."""

    incremental: Estimate
    reading: EffectEstimate
    spent: Spent
    value: float
    alpha: float

    def outcome_error(self) -> float:
        """Return the standard error that gives the incremental outcome the t of its reading."""
        t = self.reading.value / self.reading.spread if self.reading.spread > 0 else math.nan
        return abs(self.incremental.value / t) if t else math.nan


def per_cost(money: Money) -> Estimate:
    """Return iROAS: incremental value over incremental cost."""
    cost, effect = money.spent, money.incremental
    if math.isinf(cost.error):
        return untold(effect.value / cost.total, NO_ERROR, shown=not effect.holds(0.0)).times(money.value)
    if cost.error == 0.0:
        ends = sorted((effect.low / cost.total, effect.high / cost.total))
        error = effect.std_error / abs(cost.total)
        return Estimate(effect.value / cost.total, ends[0], ends[1], std_error=error).times(money.value)
    a, v_a, b, v_b, c, z = _joint(money)
    value = a / b if b else math.nan
    if math.isinf(v_a):
        return Estimate(value, -math.inf, math.inf, NO_END).times(money.value)
    found = estimate_of(value, ratio_set(a, b, v_a, v_b, c, z), TOO_SMALL)
    error = math.sqrt(float(ratio_variance(a, b, v_a, v_b, c))) if b else math.nan
    return replace(found, std_error=error).times(money.value)


def per_outcome(money: Money) -> Estimate:
    """Return incremental cost over incremental outcome."""
    cost, effect = money.spent, money.incremental
    if math.isinf(cost.error):
        value = cost.total / effect.value if effect.value else math.nan
        return untold(value, NO_ERROR, shown=not effect.holds(0.0))
    if cost.error == 0.0:
        return reciprocal(cost.total, effect)
    a, v_a, b, v_b, c, z = _joint(money)
    value = b / a if a else math.nan
    if math.isinf(v_a):
        return Estimate(value, -math.inf, math.inf, NO_COST)
    return estimate_of(value, ratio_set(b, a, v_b, v_a, c, z), NO_COST)


def _joint(money: Money) -> tuple[float, float, float, float, float, float]:
    a, b, z = money.incremental.value, money.spent.total, money.reading.critical
    s_a, s_b = money.outcome_error(), money.spent.error
    if not (math.isfinite(s_a) and math.isfinite(z)):
        # An inference without a standard error: the reach towards zero takes its place, so that the ratio
        # holds zero where the effect does.
        z = float(t_critical(math.inf, money.alpha))
        s_a = (a - money.incremental.low if a > 0 else money.incremental.high - a) / z
        s_a *= 1 + 1e-9 if money.incremental.holds(0.0) else 1.0  # an end at zero holds it
        if not math.isfinite(s_a):
            return a, math.inf, b, s_b**2, 0.0, z
    return a, s_a**2, b, s_b**2, money.spent.shared * s_a * s_b, z


def reciprocal(cost: float, effect: Estimate) -> Estimate:
    """Return ``cost / effect``; where the effect may be 0 the set is all but an open interval round 0."""
    value = cost / effect.value if effect.value else math.nan
    with np.errstate(divide="ignore"):
        ends = sorted(float(np.float64(cost) / end) if end else math.inf for end in (effect.low, effect.high))
    if effect.low > 0 or effect.high < 0:
        return Estimate(value, ends[0], ends[1])
    if effect.low == 0 or effect.high == 0 or not effect.bounded:
        return Estimate(value, -math.inf, math.inf, NO_COST)
    return Estimate(value, -math.inf, math.inf, NO_COST, (ends[0], ends[1]))
