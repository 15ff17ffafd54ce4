"""Formulas of geo tests that changes of the code survived: rare zeros, costs, odd days, draws, plans."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks.coverage_panels import REQUEST
from benchmarks.coverage_panels import a_test as a_test_of

import attribution as at
from attribution.experiments.geo import bsts, zero_runs
from attribution.experiments.geo.data_checks import odd_days
from attribution.experiments.geo.geo_plan import GeoPlan
from attribution.experiments.geo.incremental_cost import reciprocal, spent
from attribution.experiments.geo.planned_cost import PlannedCost
from attribution.experiments.shared.lift import Estimate


@pytest.mark.parametrize(("first", "places"), [(7, 20), (16, 4)])
@pytest.mark.parametrize(("part", "told"), [(0.99, False), (1.01, True)])
def test_zeros_are_told_where_their_chance_is_below_that_of_all_places_of_all_geos(
    monkeypatch, first, places, part, told
):
    """Bonferroni: half of `ALARMS`, over 3 geos and so many places (20 periods; 4 ends) of each."""
    sales = np.tile([9.0, 11.0, 10.0, 10.0], (3, 5))
    sales[1, first : first + 4] = 0.0
    chance = math.exp(zero_runs.log_chance(sales[[1]], np.array([4]))[0])
    monkeypatch.setattr(zero_runs, "ALARMS", part * chance * 2 * 3 * places)
    found = zero_runs.zero_runs(sales, 14).tolist()
    assert found == ([[1, first, first + 3]] if told else [])


@pytest.mark.parametrize(
    ("low", "value", "high", "ends", "gap"),
    [
        (2.0, 4.0, 5.0, (20.0, 50.0), None),
        (-5.0, -4.0, -2.0, (-50.0, -20.0), None),
        (0.0, 4.0, 5.0, (-math.inf, math.inf), None),
        (-5.0, -4.0, 0.0, (-math.inf, math.inf), None),
        (-2.0, 4.0, 5.0, (-math.inf, math.inf), (-50.0, 20.0)),
    ],
)
def test_a_cost_over_an_effect_by_hand(low, value, high, ends, gap):
    """100 over an interval: the set of 100 / e for e inside, which has a gap round 0 where 0 is inside."""
    found = reciprocal(100.0, Estimate(value, low, high))
    assert found.value == 100 / value
    assert (found.low, found.high) == ends
    assert found.gap == gap


def test_an_odd_day_is_told_by_what_it_is_times_the_geos_and_the_days_usual():
    """Sales are a geo's size times a day's height, but for one, which is ten times that: median polish."""
    sizes = np.array([80.0, 100.0, 120.0, 90.0, 110.0, 100.0])
    days = np.resize([1.0, 1.0, 3.0, 1.0, 0.5], 14)
    sales = np.outer(sizes, days)
    sales[0, 2] *= 10
    rows = odd_days(a_test_of(sales, np.arange(6) < 2, 10)).rows
    assert [row["geo"] for row in rows] == ["g000"]
    assert rows[0]["times"] == pytest.approx(10.0)


@pytest.mark.parametrize("below", [3, 30])
@pytest.mark.parametrize("alpha", [0.05, 0.1])
def test_the_p_value_and_the_ends_of_a_posterior_are_counted(monkeypatch, below, alpha):
    """Of 999 draws, so many at or below 0: p = 2 (1 + below) / 1000, ends the 1000 alpha / 2-th of each side;
    the smallest p is 2 / 1000."""
    effects = np.arange(1, 1000, dtype=float) - below
    test = a_test_of(np.full((4, 30), 100.0), np.arange(4) < 1, 20)
    path = np.full(30, 100.0)
    path[20:] -= 5.0
    made = SimpleNamespace(
        effects=effects[::-1],
        counterfactual=path,
        draws=np.tile(path, (999, 1)),
        inclusion=np.full(3, 0.5),
        effective_draws=999.0,
    )
    monkeypatch.setattr(bsts, "bsts", lambda *_, **__: made)
    reading = at.BSTS(draws=999).fit(test, replace(REQUEST, alpha=alpha)).reading
    assert reading.p_value == pytest.approx(2 * (1 + below) / 1000)
    rank = round(1000 * alpha / 2)
    ends = (np.sort(effects)[rank - 1], np.sort(effects)[-rank])
    if (ends[0] > 0) == (reading.p_value < alpha):
        assert (reading.low, reading.high) == ends
    assert reading.value == pytest.approx(50.0)
    assert reading.steps.least == pytest.approx(2 / 1000)
    fewer = at.BSTS(draws=999).fit(test, replace(REQUEST, alpha=0.001)).reading
    assert "draws=2000" in fewer.steps.fix  # 2 / .001: as many as can reach that level


def test_the_smallest_effect_of_a_plan_is_a_share_of_sales_over_geos_and_periods():
    """2% of 60,000 sold by 3 geos in 10 periods are 40 a geo and period."""
    plan = SimpleNamespace(
        cells={"treatment": ("a", "b", "c")},
        mde_lift=0.02,
        n_test=10,
        planned_cost_of_one=PlannedCost(math.nan, math.nan, 60_000.0, 1.0),
    )
    assert GeoPlan.mde.fget(plan) == pytest.approx(40.0)


@pytest.mark.parametrize(
    ("sign", "smallest", "needed", "top"),
    [
        (1.0, 0.04, [0.3], 0.1),
        (-1.0, 0.04, [0.3], 0.1),
        (-1.0, 0.8, [0.3], 1.0),  # nothing falls by more than all
        (1.0, math.inf, [0.1, 0.2, math.inf], 0.5),
        (1.0, math.inf, [math.inf], 0.5),
        (1.0, math.inf, [0.0], 0.5),
        (1.0, 0.0, [0.1], 0.25),
    ],
)
def test_a_curve_goes_to_two_and_a_half_times_the_smallest_effect(sign, smallest, needed, top):
    """Where no effect is found often enough, to as much of the largest that any window needs, or of 20%."""
    plan = SimpleNamespace(mde_lift=smallest, sign=sign, simulated=SimpleNamespace(needed=np.array(needed)))
    grid = GeoPlan._grid(plan)
    assert (grid[0], grid[-1], len(grid)) == (0.0, pytest.approx(top), 41)


def test_a_curve_tells_what_a_lift_is_in_sales():
    """-10% of 60,000 are -6,000."""
    simulated = SimpleNamespace(power=lambda lifts: lifts)
    plan = SimpleNamespace(
        sign=-1.0,
        simulated=simulated,
        searched=None,
        planned_cost_of_one=PlannedCost(math.nan, math.nan, 60_000.0, 1.0),
    )
    assert GeoPlan.curve(plan, [0.1])["incremental"].tolist() == pytest.approx([-6_000.0])


def test_where_one_control_geo_spent_before_the_cost_is_by_differences():
    """Usual spend of the treated 4 * 50 = 200; the controls changed by 4 * (1, 2, 3), 8 on average."""
    before = np.array([30.0, 20.0, 5.0, 0.0, 0.0])
    after = np.array([90.0, 140.0, 6.0, 2.0, 3.0])
    spend = np.hstack([np.repeat(before[:, None], 10, 1), np.repeat(after[:, None], 4, 1)])
    test = a_test_of(np.full((5, 14), 100.0), np.arange(5) < 2, 10)
    found = spent(replace(test, panel=replace(test.panel, cost=spend)), REQUEST)
    assert found.total == pytest.approx(4 * (90 + 140) - 200 - 2 * 8)
