"""Make a Lift of a geo test: every measure from the one reading."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from attribution.diagnostics import CheckResults
from attribution.experiments.geo.effect_estimate import EffectEstimate, Fitted
from attribution.experiments.geo.geo_assignment import GeoTest
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.incremental_cost import Money, Spent, per_cost, per_outcome, reciprocal
from attribution.experiments.shared.geo_path import GeoPath
from attribution.experiments.shared.lift import Estimate, Lift
from attribution.experiments.shared.ratios import POWER, no_per_cent
from attribution.language.sentence import Sentence

NO_BOUND = "the outcome without the treatment cannot be told from zero, so the lift has no bound"
NO_REACH = "at this level the test rejects nothing, so the interval has no end (see the check reach)"
_FARTHEST = 300.0  # in logarithms: a larger detectable effect is none


def compose(
    test: GeoTest,
    fitted: Fitted,
    request: GeoRequest,
    spent: Spent | None,
    checks: CheckResults,
    *,
    cell: str = "treatment",
    alpha: float | None = None,
) -> Lift:
    """Return the lift: difference, lift and incremental outcome are one another's images, so they agree."""
    reading, actual = fitted.reading, test.actual
    told = reading.can_tell(request.alpha)
    incremental = Estimate(
        _incremental(reading, reading.value, actual),
        _incremental(reading, reading.low, actual),
        _incremental(reading, reading.high, actual),
        std_error=_error(reading, actual),
    )
    if not told:
        incremental = replace(incremental, low=-math.inf, high=math.inf, note=NO_REACH)
    relative = _mapped(reading, test, request.alpha)
    cells = test.n_treated * test.n_test
    money = None if spent is None else Money(incremental, reading, spent, request.value, request.alpha)
    details = _details(test, fitted, spent, cells, incremental.value, told=told) | {"worth": request.value}
    given = fitted.details.get("iroas")
    return Lift(
        estimand=(
            f"effect on the treated geos (ATT): their {test.outcome} in {test.n_test} {test.panel.step}s, "
            "less what it would have been without the treatment"
        ),
        design="geo",
        outcome=test.outcome,
        arms=(cell, "holdout"),
        absolute=incremental.times(1.0 / cells),
        relative=relative,
        incremental=incremental,
        incremental_value=incremental.times(request.value) if spent is not None else None,
        cace=None,
        att=incremental.times(1.0 / cells),
        iroas=given.times(request.value) if given is not None else None if money is None else per_cost(money),
        cost_per_incremental=None
        if money is None
        else reciprocal(money.spent.total, incremental)
        if given is not None
        else per_outcome(money),
        p_value=reading.p_value,
        alpha=request.alpha if alpha is None else alpha,
        method=fitted.method,
        assumptions=fitted.assumptions,
        checks=checks,
        mde=_detectable(reading, actual - incremental.value, cells),
        n={cell: test.n_treated, "holdout": int((~test.treated).sum())},
        details=details,
    )


def _incremental(reading: EffectEstimate, effect: float, actual: float) -> float:
    if reading.scale == "level":
        return effect
    return actual * -math.expm1(-effect) if effect > -700 else -math.inf


def _error(reading: EffectEstimate, actual: float) -> float:
    """Return the incremental outcome's standard error, of a logarithm by the delta method."""
    if reading.scale == "level" or not abs(reading.value) < _FARTHEST:
        return reading.std_error if reading.scale == "level" else math.nan
    return abs(actual) * math.exp(-reading.value) * reading.std_error


def _mapped(reading: EffectEstimate, test: GeoTest, alpha: float) -> Estimate:
    """Return the lift; of an outcome that may be negative only where it clearly would have been above 0."""
    actual, negative = test.actual, bool((test.panel.outcome < 0).any())
    if reading.scale == "level" and (
        actual <= reading.value or (negative and actual <= reading.high and reading.can_tell(alpha))
    ):
        return no_per_cent(shown=reading.p_value <= alpha)
    values = [_relative(reading, effect, actual) for effect in (reading.value, reading.low, reading.high)]
    if not reading.can_tell(alpha):
        return Estimate(values[0], -math.inf, math.inf, NO_REACH)
    note = "" if all(math.isfinite(value) for value in values) else NO_BOUND
    return Estimate(values[0], values[1], values[2], note)


def _relative(reading: EffectEstimate, effect: float, actual: float) -> float:
    if reading.scale == "log":
        return math.expm1(effect) if effect < 700 else math.inf
    if math.isinf(effect):
        return -1.0 if effect < 0 and actual >= 0 else effect
    without = actual - effect
    return effect / without if without > 0 else math.inf


def _detectable(reading: EffectEstimate, without: float, cells: int) -> float:
    from scipy import stats

    reach = (reading.critical + float(stats.norm.ppf(POWER))) * reading.spread
    if not math.isfinite(reach) or (reading.scale == "log" and reach > _FARTHEST):
        return math.nan
    return (without * math.expm1(reach) if reading.scale == "log" else reach) / cells


def _details(
    test: GeoTest, fitted: Fitted, spent: Spent | None, cells: int, incremental: float, *, told: bool
) -> dict[str, Any]:
    panel = test.panel
    actual = panel.outcome[test.treated].sum(axis=0)
    notes = list(panel.notes)
    if test.n_cooldown:
        steps = Sentence(f"n_steps.{panel.step}", n=test.n_cooldown)
        notes.append(Sentence("note.cooldown", steps=steps))
    notes += fitted.details.get("notes", ())
    weights = fitted.weights
    details = {
        "means": {"treatment": test.actual / cells, "without it": (test.actual - incremental) / cells},
        "unit": f"geo and {panel.step}",
        "blocked": () if told else ("reach",),
        "despite": (),
        "notes": notes,
        "standard_error": fitted.reading.spread,
        "path": GeoPath(
            times=panel.times,
            actual=actual,
            counterfactual=fitted.counterfactual,
            low=fitted.low,
            high=fitted.high,
            n_pre=test.n_pre,
            n_cooldown=test.n_cooldown,
            step=panel.step,
        ),
        "weights": None
        if weights is None
        else dict(zip(test.controls, (float(weight) for weight in weights), strict=True)),
        "treated": test.treated_geos,
        "controls": test.controls,
        "cost": None if spent is None else spent.to_dict(),
        **{
            name: value
            for name, value in fitted.details.items()
            if name not in {"notes", "iroas", "cost_change"}
        },
    }
    if weights is not None and np.abs(weights).sum() > 0:
        details["effective_donors"] = float(np.abs(weights).sum() ** 2 / (weights**2).sum())
    return details
