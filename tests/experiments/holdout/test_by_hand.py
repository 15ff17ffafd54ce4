"""Small formulas of the analysis of holdouts, each computed once more by hand or by scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import attribution as at
from attribution.experiments.holdout.events import THIN, events, far_from_normal, two_valued
from attribution.experiments.holdout.moments import Moments
from attribution.experiments.holdout.reference import _rest
from attribution.stats.ratio_intervals import ratio_set


def moments(values):
    return Moments.of(("spent",), np.asarray(values, float)[:, None])


def test_third_moments_of_parts_are_those_of_the_whole():
    rng = np.random.default_rng(1)
    for sizes in ((3, 40), (500, 20), (7, 7)):
        parts = [rng.lognormal(place, 1.0, n) for place, n in enumerate(sizes)]
        whole = np.concatenate(parts)
        assert (moments(parts[0]) + moments(parts[1])).skewness("spent") == pytest.approx(stats.skew(whole))


def test_a_spread_whose_cube_is_no_number_has_no_skewness():
    values = np.array([0.0, 1e-110, 3e-110])
    assert np.isnan(moments(values).skewness("spent"))


def test_how_skewed_a_difference_may_be():
    """The skewness of a difference of means by hand, against that of a mean of 30 rare events."""
    rng = np.random.default_rng(2)
    seen = []
    for place in range(60):
        n_1, n_0 = rng.integers(300, 3_000), rng.integers(200, 600)
        values = rng.lognormal(2.0, rng.uniform(0.3, 1.4), n_1 + n_0)
        skew = stats.skew(values)
        of_difference = skew * (1 / n_1**2 - 1 / n_0**2) / (1 / n_1 + 1 / n_0) ** 1.5
        expected = abs(of_difference) > 1 / np.sqrt(THIN)
        found = far_from_normal([moments(values[:n_1]), moments(values[n_1:])], "spent")
        if abs(abs(of_difference) * np.sqrt(THIN) - 1) > 1e-6:
            assert found == expected, place
        seen.append(expected)
    assert 0.1 < np.mean(seen) < 0.9


def test_one_price_is_known_from_sums_and_two_are_not():
    assert two_valued(moments([0, 0, 25.0, 25.0, 0]), "spent") == 25.0
    assert two_valued(moments([0, 0, 25.0, 20.0, 0]), "spent") == 0.0
    assert two_valued(moments([1.0, 25.0, 25.0]), "spent") == 0.0
    assert events(moments([0, 0, 25.0, 25.0, 0]), "spent") == 2
    amounts = np.array([0, 0, 3.0, 7.0, 11.0])
    assert events(moments(amounts), "spent") == pytest.approx(amounts.sum() ** 2 / (amounts**2).sum())


def test_the_rest_is_what_is_not_drawn_one_by_one():
    rng = np.random.default_rng(3)
    every = rng.lognormal(0.0, 1.0, (2, 50))
    found = _rest(50, every.mean(axis=1), np.cov(every, ddof=0), every[:, :12])
    assert found.n == 38
    np.testing.assert_allclose(found.mean, every[:, 12:].mean(axis=1))
    np.testing.assert_allclose(found.spread, np.cov(every[:, 12:], ddof=0))


def test_a_cost_that_is_known_with_an_error_widens_the_return_by_fieller():
    rng = np.random.default_rng(4)
    n = 20_000
    users = {"arm": np.repeat(["treatment", "holdout"], n), "value": rng.normal(10.0, 3.0, 2 * n)}
    users["value"][:n] += 0.5
    lift = at.analyze_holdout(users, outcome="value", value="value", cost=(4_000.0, 500.0))
    gap = users["value"][:n].mean() - users["value"][n:].mean()
    variance = users["value"][:n].var(ddof=1) / n + users["value"][n:].var(ddof=1) / n
    by_hand = ratio_set(gap, 4_000 / n, variance, (500 / n) ** 2, critical=stats.norm.isf(0.025))
    assert lift.iroas.value == pytest.approx(gap * n / 4_000)
    assert (lift.iroas.low, lift.iroas.high) == pytest.approx(
        (float(by_hand.low), float(by_hand.high)), rel=2e-3
    )
    known = at.analyze_holdout(users, outcome="value", value="value", cost=4_000.0)
    assert known.iroas.high < 0.95 * lift.iroas.high


def test_a_family_says_the_level_of_each_interval():
    rng = np.random.default_rng(5)
    users = {"arm": np.repeat(["treatment", "holdout"], 500)}
    users |= {name: rng.normal(5.0, 1.0, 1_000) for name in ("first", "second", "third")}
    frame = at.analyze_holdout(users, outcome=["first", "second", "third"], alpha=0.1).to_frame()
    levels = frame["level"].to_numpy(float)
    assert levels[0] == pytest.approx(0.9)  # the first outcome is tested by itself
    assert ((levels >= 0.9 - 1e-9) & (levels <= 0.95 + 1e-9)).all()


def test_a_return_is_worth_over_cost():
    plan = at.plan_holdout(baseline=0.05, lift=0.1, value=60.0, cost_per_exposed=0.5)
    rows = plan.to_frame().set_index("measure")["value"]
    assert rows["iroas"] == pytest.approx(0.05 * 0.1 * 60.0 / 0.5)


@pytest.mark.parametrize(("bought", "few"), [(18, True), (22, False)])
def test_few_are_fewer_than_ten_expected_in_the_smaller_arm(bought, few):
    """Of equal arms, in which skewness cancels: 9 and 11 expected in each."""
    values = np.zeros(4_000)
    values[:bought] = 1.0
    both = [moments(values[::2]), moments(values[1::2])]
    assert far_from_normal(both, "spent") is few
