"""The spend per exposed user has one name in the plan and in the analysis, and means the same."""

from __future__ import annotations

import numpy as np
import pytest

import attribution as at
from attribution.errors import ExperimentError

COST = 0.14


def users(seed=3, n=4_000, leaks=False):
    rng = np.random.default_rng(seed)
    treated = np.arange(n) % 2 == 0
    seen = (rng.random(n) < 0.4) & (treated | (leaks & (rng.random(n) < 0.2)))
    past = rng.gamma(2.0, 5.0, n)
    return {
        "arm": np.where(treated, "treatment", "holdout"),
        "seen": seen,
        "past": past,
        "house": np.arange(n) // 4 * 2 + ~treated,
        "region": np.where(rng.random(n) < 0.5, "north", "south"),
        "spend": COST * seen,
        "revenue": past + rng.gamma(1.0, 10.0, n) + 3.0 * seen,
    }


def money(lift):
    return [
        getattr(found, end)
        for found in (lift.iroas, lift.cost_per_incremental)
        for end in ("value", "low", "high")
    ]


@pytest.mark.parametrize("leaks", [False, True])
@pytest.mark.parametrize(
    "options",
    [{}, {"covariate": "past"}, {"covariate": "past", "adjust": "cuped"}, {"cluster": "house"}],
    ids=str,
)
def test_it_is_the_column_of_that_amount_for_the_exposed(options, leaks):
    named = {"outcome": "revenue", "value": "revenue", "exposed": "seen", **options}
    each = at.analyze_holdout(users(leaks=leaks), cost_per_exposed=COST, **named)
    column = at.analyze_holdout(users(leaks=leaks), cost="spend", **named)
    assert money(each) == pytest.approx(money(column))
    # Closed form: value per exposed complier (Wald) over what one costs.
    assert each.iroas.value == pytest.approx(each.cace.value / COST)
    assert each.cost_per_incremental.value == pytest.approx(COST / each.cace.value)
    assert "every exposed user cost the same" in each.assumptions


def test_segments_and_arms_have_their_own_exposed():
    named = {"outcome": "revenue", "value": "revenue", "exposed": "seen", "segment": "region"}
    each = at.analyze_holdout(users(), cost_per_exposed=COST, **named)
    for part in each.segments.lifts.values():
        assert part.iroas.value == pytest.approx(part.cace.value / COST)


@pytest.mark.parametrize("design", ["psa", "ghost_ads"])
def test_where_only_the_exposed_are_compared_each_costs_as_much(design):
    table = users()
    table["seen"] = np.random.default_rng(5).random(len(table["seen"])) < 0.4
    named = {"outcome": "revenue", "value": "revenue", "exposed": "seen", "design": design}
    each = at.analyze_holdout(table, cost_per_exposed=COST, **named)
    held = table["seen"] & (table["arm"] == "treatment")
    total = at.analyze_holdout(table, cost=COST * float(held.sum()), **named)
    assert money(each) == pytest.approx(money(total))
    assert each.iroas.value == pytest.approx(each.att.value / COST)
    # Of the plan: incremental value per unit of cost of an effect on an exposed unit.
    plan = at.plan_holdout(
        outcome="revenue",
        baseline=12,
        sd=10,
        n=1_000,
        effect=each.att.value,
        cost_per_exposed=COST,
        exposure=0.4,
        design=design,
    )
    assert plan.money.iroas(plan.effect) == pytest.approx(each.iroas.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cost_per_exposed": 0}, "an amount above 0"),
        ({"cost_per_exposed": "spend"}, "an amount above 0"),
        ({"cost_per_exposed": True}, "an amount above 0"),
        ({"cost_per_exposed": float("nan")}, "an amount above 0"),
        ({"cost_per_exposed": COST, "cost": 500.0}, "both say what the treatment cost"),
        ({"cost_per_exposed": COST, "cost": "spend"}, "both say what the treatment cost"),
        ({"cost_per_exposed": COST, "exposed": None}, "needs to know who was exposed"),
        ({"cost_per_exposed": COST, "denominator": "past"}, "cost_per_exposed= do not go together"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_in_words(options, said):
    with pytest.raises(ExperimentError, match=said) as caught:
        at.analyze_holdout(users(), **{"outcome": "revenue", "exposed": "seen", **options})
    assert caught.value.hint
