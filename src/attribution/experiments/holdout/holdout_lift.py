"""Make a Lift of a pair of arms: estimates from one test, and what to know about them."""

from __future__ import annotations

from typing import Any

from attribution.diagnostics import CheckResults
from attribution.errors import ExperimentError
from attribution.experiments.holdout.arm import Arm, Pair
from attribution.experiments.holdout.blocking_checks import blocked_by
from attribution.experiments.holdout.comparison import Context
from attribution.experiments.holdout.effects import (
    Test,
    cost_per_incremental,
    detectable,
    difference,
    iroas,
    mean_of,
    over_denominator,
    per_exposed,
    relative,
    score,
)
from attribution.experiments.holdout.everybody import users_without_outcome
from attribution.experiments.holdout.few_events import few_events
from attribution.experiments.holdout.lift_words import assumptions, estimand, method, notes
from attribution.experiments.holdout.moments import Moments
from attribution.experiments.shared.cost_argument import Cost
from attribution.experiments.shared.lift import Estimate, Lift
from attribution.experiments.shared.lift_text import FEW_EVENTS


def compose(context: Context, alpha: float) -> Lift:
    """Return the lift at a level."""
    request, pair = context.request, context.pair
    test = context.test(alpha)
    plain = pair
    if request.denominator is not None:
        pair = over_denominator(pair)
    if not context.varies and not context.scored:
        msg = "the outcome does not vary within the arms"
        why = "the interval is as wide as the outcome varies, and here it would have no width"
        hint = "with so few or so rounded values, count those above a threshold: outcome= a column of 0 and 1"
        raise ExperimentError(msg, column=request.outcome, why=why, hint=hint)
    of_value = test
    if context.scored:
        fields, test = score(pair, test)
    else:
        fields = {
            "absolute": difference(pair, "outcome", test),
            "relative": relative(pair, test, nonnegative=not context.negative),
            "p_value": test.p_value(pair, "outcome"),
        }
    own = (few_events(context, pair, test), users_without_outcome(context))
    checks = CheckResults([*context.checks, *(check for check in own if check is not None)])
    arms = (context.treatment, request.holdout)
    n = {arm: side.n for arm, side in zip(arms, (pair.treated, pair.control), strict=True)}
    exposed_only = request.design != "itt"
    details = _details(context, pair, test)
    if "outcome" in test.blind:
        details["blocked"] = (*details["blocked"], FEW_EVENTS)
    cace = att = None
    if request.exposed is not None and not exposed_only and request.denominator is None:
        cace, details["cace_delta"] = per_exposed(pair, test)
        one_sided = mean_of(Arm.of(context.sides[1]), "exposed") == 0
        att = cace if one_sided else None
        details["compliance"] = "one-sided" if one_sided else "two-sided"
        if not context.clustered:
            details["as_treated"] = _as_treated(context.sides)
            details["exposed_less_holdout"] = _exposed_less_holdout(context.sides)
    elif exposed_only:
        att = fields["absolute"]
    value = difference(plain, "value", of_value) if request.value is not None else None
    cost = request.cost or (Cost() if request.cost_column is not None else None)
    if cost is not None and cost.each is not None and exposed_only:
        cost = Cost(cost.each * pair.treated.n)
    return Lift(
        estimand=estimand(context),
        design=request.design,
        outcome=request.outcome
        if request.denominator is None
        else f"{request.outcome} per {request.denominator}",
        arms=arms,
        incremental=fields["absolute"].times(pair.treated.n) if request.denominator is None else None,
        incremental_value=None if value is None else value.times(pair.treated.n),
        cace=cace,
        att=att,
        iroas=iroas(plain, cost, of_value) if cost is not None and value is not None else None,
        cost_per_incremental=cost_per_incremental(pair, cost, test) if cost is not None else None,
        alpha=alpha,
        method=method(context),
        assumptions=assumptions(context),
        checks=checks,
        mde=detectable(pair, alpha),
        n=n,
        details=details,
        **fields,
    )


def _details(context: Context, pair: Pair, test: Test) -> dict[str, Any]:
    request = context.request
    blocked, over = blocked_by(context.checks, request.despite)
    arms = (context.treatment, request.holdout)
    details: dict[str, Any] = {
        "means": {
            arm: mean_of(side, "outcome")
            for arm, side in zip(arms, (pair.treated, pair.control), strict=True)
        },
        "standard_error": pair.difference("outcome")[1] ** 0.5,
        "units": {arm: side.units for arm, side in zip(arms, (pair.treated, pair.control), strict=True)},
        "binary": context.binary,
        "blocked": blocked,
        "alternative": request.alternative,
        "margin": request.margin,
        "despite": over,
        "notes": notes(context),
    }
    if request.design != "itt" and request.exposed is not None:
        whole = Pair.of(*context.everyone, pooled=request.pooled)
        if request.denominator is None:
            details["itt"] = difference(whole, "outcome", Test(test.alpha, test.planned))
        details["unexposed"] = _unexposed(context, test)
    if request.two_part:
        details["two_part"] = _two_part(context, test)
    if request.covariates:
        details["unadjusted_means"] = {
            arm: float(side.mean[side.at("outcome")]) for arm, side in zip(arms, context.sides, strict=True)
        }
        details["variance_factor"] = pair.difference("outcome")[1] / _unadjusted(context)
    return details


def _unadjusted(context: Context) -> float:
    plain = Pair.of(*context.sides)
    if context.request.denominator is not None:
        plain = over_denominator(plain)
    return plain.difference("outcome")[1]


def _as_treated(sides: tuple[Moments, Moments]) -> float | None:
    """Return the exposed of both arms less all others: what selection and effect make together."""
    whole = sides[0] + sides[1]
    y, d = whole.at("outcome"), whole.at("exposed")
    share = float(whole.mean[d])
    if not 0 < share < 1:
        return None
    # The slope of the outcome on being exposed.
    return float(whole.cross[y, d] / whole.n / (share * (1 - share)))


def _exposed_less_holdout(sides: tuple[Moments, Moments]) -> float | None:
    """Return the exposed treated less the whole holdout."""
    treated, control = sides
    y, d = treated.at("outcome"), treated.at("exposed")
    if not treated.mean[d] > 0:
        return None
    of_exposed = treated.mean[y] + treated.cross[y, d] / treated.n / treated.mean[d]
    return float(of_exposed - control.mean[y])


def _unexposed(context: Context, test: Test) -> Estimate | None:
    """Return the difference between those who were not exposed, which should be none."""
    rest = [_without(whole, side) for whole, side in zip(context.everyone, context.sides, strict=True)]
    if min(part.n for part in rest) < 2:
        return None
    pair = Pair.of(rest[0], rest[1], pooled=context.request.pooled)
    return difference(pair, "outcome", Test(test.alpha, test.planned))


def _without(whole: Moments, part: Moments) -> Moments:
    """Return the moments of the rest: addition undone."""
    n = whole.n - part.n
    if n < 2:
        return Moments.none(whole.names)
    mean = (whole.n * whole.mean - part.n * part.mean) / n
    step = part.mean - mean
    cross = whole.cross - part.cross - (n * part.n / whole.n) * step[:, None] * step[None, :]
    return Moments(whole.names, n, mean, cross, whole.third * float("nan"), whole.low, whole.high)


def _two_part(context: Context, test: Test) -> dict[str, Any]:
    """Return the share with any outcome, which is causal, and the mean of those, which by itself is not."""
    pair = Pair.of(*context.sides, pooled=context.request.pooled)
    arms = (context.treatment, context.request.holdout)
    sides = zip(arms, (pair.treated, pair.control), strict=True)
    return {
        "any": difference(pair, "any", Test(test.alpha, test.planned)),
        "mean_if_any": {
            arm: mean_of(side, "outcome") / mean_of(side, "any") if mean_of(side, "any") else float("nan")
            for arm, side in sides
        },
    }
