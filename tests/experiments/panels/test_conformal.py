"""Conformal inference: the published p-values, brute force over the windows, and laws of p and interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.experiments.panels.published import geolift_test

from attribution.experiments.panels.conformal import STATISTICS, block_conformal_interval, block_conformal_p
from attribution.experiments.panels.synthetic_control import synthetic_control
from attribution.experiments.panels.synthetic_did import synthetic_did

N_PRE, T = 24, 30
FEW = settings(max_examples=15)
seeds = st.integers(0, 10_000)
statistics = pytest.mark.parametrize("statistic", STATISTICS)


def control(target, donors, n_pre):
    return synthetic_control(target, donors, n_pre).counterfactual


def did(target, donors, n_pre):
    return synthetic_did(target, donors, n_pre).counterfactual


def mean(target, donors, n_pre):
    return donors.mean(axis=0)


def panel(seed, effect=0.0):
    rng = np.random.default_rng(seed)
    donors = 100.0 + rng.normal(size=(3, T)).cumsum(axis=1)
    target = donors.mean(axis=0) + rng.normal(size=T)
    target[N_PRE:] += effect
    return target, donors


@pytest.mark.parametrize(("statistic", "rank"), [("sum_of_abs", 5), ("abs_of_sum", 12), ("positive", 8)])
def test_geolift_walkthrough(statistic, rank):
    # augsynth's block permutations on GeoLift's data, refitted under the null on all 105 days.
    target, donors, n_pre, _ = geolift_test()
    p = block_conformal_p(target, donors, n_pre, control, statistic=statistic)
    assert p == pytest.approx(rank / 105, abs=1e-12)


@pytest.mark.parametrize("scale", ["level", "log"])
@statistics
@FEW
@given(seed=seeds, effect=st.floats(-3.0, 3.0))
def test_p_is_the_rank_of_the_window_by_brute_force(statistic, scale, seed, effect):
    target, donors = panel(seed)
    null = target.copy()
    null[N_PRE:] = target[N_PRE:] - effect if scale == "level" else target[N_PRE:] / math.exp(effect / 100)
    residuals = null - synthetic_control(null, donors, T).counterfactual
    score = {"sum_of_abs": lambda x: abs(x).sum(), "abs_of_sum": lambda x: abs(x.sum()), "positive": np.sum}
    observed = score[statistic](residuals[N_PRE:])
    moved = [score[statistic](np.roll(residuals, shift)[N_PRE:]) for shift in range(T)]
    expected = np.mean([value >= observed - 1e-9 for value in moved])
    p = block_conformal_p(
        target,
        donors,
        N_PRE,
        control,
        effect=effect if scale == "level" else effect / 100,
        statistic=statistic,
        scale=scale,
    )
    assert p == pytest.approx(expected)


@pytest.mark.parametrize("estimator", [control, did, mean])
@statistics
@FEW
@given(seed=seeds)
def test_p_is_a_multiple_of_one_over_t(estimator, statistic, seed):
    target, donors = panel(seed)
    p = block_conformal_p(target, donors, N_PRE, estimator, statistic=statistic)
    assert 1 / T - 1e-12 <= p <= 1.0
    assert p * T == pytest.approx(round(p * T))


@pytest.mark.parametrize("scale", ["level", "log"])
@statistics
@FEW
@given(seed=seeds, guess=st.floats(-4.0, 4.0))
def test_the_interval_holds_what_the_test_does_not_reject(statistic, scale, seed, guess):
    target, donors = panel(seed, effect=1.5)
    guess = guess if scale == "level" else guess / 100.0
    options = {"statistic": statistic, "scale": scale}
    interval = block_conformal_interval(target, donors, N_PRE, control, alpha=0.2, **options)
    for effect in (0.0, guess):
        kept = block_conformal_p(target, donors, N_PRE, control, effect=effect, **options) > 0.2
        slack = 0.0 if effect == 0.0 else 0.02 if scale == "level" else 0.0002
        if kept:
            assert interval.low - slack <= effect <= interval.high + slack
        elif interval.connected and not interval.empty:
            assert not interval.low + slack < effect < interval.high - slack
    for end in (interval.low, interval.high):
        if math.isfinite(end):  # the ends themselves are not rejected
            assert block_conformal_p(target, donors, N_PRE, control, effect=end, **options) > 0.2


@FEW
@given(seed=seeds)
def test_the_interval_holds_a_large_effect_and_the_one_sided_test_finds_it(seed):
    target, donors = panel(seed, effect=30.0)
    interval = block_conformal_interval(target, donors, N_PRE, control, alpha=0.1)
    assert 0.0 < interval.low < 32.0
    assert 28.0 < interval.high < 60.0
    assert not interval.unbounded
    assert block_conformal_p(target, donors, N_PRE, control, statistic="positive") <= 2 / T
    fallen = target.copy()
    fallen[N_PRE:] -= 60.0
    assert block_conformal_p(fallen, donors, N_PRE, control, statistic="positive") > 0.5


def test_one_sided_intervals_have_a_lower_end_only():
    target, donors = panel(3, effect=2.0)
    interval = block_conformal_interval(target, donors, N_PRE, control, statistic="positive", alpha=0.1)
    assert interval.high == math.inf
    assert math.isfinite(interval.low)
    assert not interval.unbounded


def test_few_periods_leave_the_interval_unbounded():
    target, donors = panel(1)
    interval = block_conformal_interval(target, donors, N_PRE, control, alpha=0.5 / T)
    assert (interval.low, interval.high, interval.unbounded) == (-math.inf, math.inf, True)


def test_donors_that_follow_any_step_leave_the_interval_unbounded():
    target, donors = panel(1)

    def follows(target, donors, n_pre):  # a counterfactual that takes the step for its own
        step = target[N_PRE:].mean() - target[:N_PRE].mean()
        return target[:N_PRE].mean() + np.where(np.arange(len(target)) < N_PRE, 0.0, step)

    interval = block_conformal_interval(target, donors, N_PRE, follows, alpha=0.1)
    assert interval.unbounded


def test_no_constant_effect_may_fit():
    # Noise before, huge swings in the window: the sum of absolute gaps is the largest whatever the effect.
    target, donors = panel(4)
    target[N_PRE:] += 500.0 * np.array([1, -1, 1, -1, 1, -1])
    interval = block_conformal_interval(target, donors, N_PRE, mean, statistic="sum_of_abs", alpha=0.1)
    assert interval.empty
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)


def test_a_perfect_counterfactual():
    donors = np.stack([np.sin(np.arange(T)), np.cos(np.arange(T))])
    target = donors.mean(axis=0)
    assert block_conformal_p(target, donors, N_PRE, mean) == 1.0
    target[N_PRE:] += 1.0
    interval = block_conformal_interval(target, donors, N_PRE, mean, alpha=0.1)
    assert (interval.low, interval.high) == pytest.approx((1.0, 1.0), abs=1e-5)
