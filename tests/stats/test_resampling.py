"""Bootstrap weights, percentile and BCa intervals, against scipy and against closed forms."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from attribution.stats.resampling import bca_interval, multinomial_weights, percentile_interval


def resampled_means(data, n, seed):
    weights = multinomial_weights(n, len(data), np.random.default_rng(seed))
    return weights @ data / len(data), weights


def left_out_means(data):
    return (data.sum(axis=0) - data) / (len(data) - 1)


def test_weights_are_draws_with_replacement():
    weights = multinomial_weights(4_000, 8, np.random.default_rng(1))
    assert weights.shape == (4_000, 8)
    assert (weights.sum(axis=1) == 8).all()
    assert weights.mean() == 1
    assert weights.var(axis=0) == pytest.approx(np.full(8, 7 / 8), rel=0.1)  # n p (1 - p)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_percentile_is_the_quantile_of_the_replicates(level):
    replicates = np.random.default_rng(2).normal(size=(501, 3, 2))
    low, high = percentile_interval(replicates, level)
    assert np.array_equal(low, np.quantile(replicates, (1 - level) / 2, axis=0))
    assert high == pytest.approx(np.quantile(replicates, (1 + level) / 2, axis=0))


@pytest.mark.parametrize("kind", ["lognormal", "normal", "exponential"])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_bca_of_a_mean_is_that_of_scipy_on_the_same_replicates(kind, level):
    data = getattr(np.random.default_rng(3), kind)(size=60)
    # scipy called its generator `random_state` before 1.15.
    seed = "rng" if "rng" in inspect.signature(stats.bootstrap).parameters else "random_state"
    known = stats.bootstrap(
        (data,),
        np.mean,
        n_resamples=1_999,
        confidence_level=level,
        **{seed: np.random.default_rng(4)},
    )
    ours = bca_interval(
        np.array([data.mean()]),
        known.bootstrap_distribution[:, None],
        left_out_means(data)[:, None],
        level,
    )
    # scipy takes the quantile of the replicates in the same way, but for how ties count in the bias.
    assert float(ours[0][0]) == pytest.approx(known.confidence_interval.low, rel=1e-9)
    assert float(ours[1][0]) == pytest.approx(known.confidence_interval.high, rel=1e-9)


def test_bca_of_a_symmetric_case_is_the_percentile_interval():
    replicates = np.linspace(-1, 1, 1_001)[:, None]
    jackknife = np.linspace(-0.1, 0.1, 21)[:, None]
    bca = bca_interval(np.zeros(1), replicates, jackknife, 0.95)
    percentile = percentile_interval(replicates, 0.95)
    assert np.concatenate(bca) == pytest.approx(np.concatenate(percentile))


def test_bca_shifts_as_the_formula_says():
    # Without acceleration the ends are the quantiles at Phi(2 z0 -+ z), z0 = Phi^-1(part below the estimate).
    replicates, jackknife = np.arange(10_001.0)[:, None] / 10_000, np.array([[-1.0], [1.0]])
    bias = stats.norm.ppf(0.6)
    low, high = bca_interval(np.array([0.6]), replicates, jackknife, 0.9)
    wanted = stats.norm.cdf(2 * bias + np.array([-1, 1]) * stats.norm.ppf(0.95))
    assert [float(low[0]), float(high[0])] == pytest.approx(wanted, abs=2e-4)


def test_what_never_varies_has_an_interval_without_width():
    replicates, jackknife = np.zeros((50, 1)), np.zeros((9, 1))
    for low, high in (
        bca_interval(np.zeros(1), replicates, jackknife, 0.95),
        percentile_interval(replicates, 0.95),
    ):
        assert (low[0], high[0]) == (0, 0)


def test_a_missing_replicate_leaves_no_interval_and_spoils_no_other():
    replicates = np.random.default_rng(5).normal(size=(99, 2))
    replicates[7, 0] = np.nan
    jackknife = np.random.default_rng(6).normal(size=(9, 2))
    for low, high in (
        bca_interval(np.zeros(2), replicates, jackknife, 0.9),
        percentile_interval(replicates, 0.9),
    ):
        assert np.isnan([low[0], high[0]]).all()
        assert low[1] < high[1]


@given(
    st.integers(15, 40),
    st.integers(0, 10_000),
    st.floats(0.5, 0.99),
    st.floats(0.1, 100),
    st.floats(-100, 100),
)
def test_intervals_are_ordered_and_move_with_the_data(n, seed, level, scale, shift):
    data = np.random.default_rng(seed).gamma(2.0, size=n)
    replicates, weights = resampled_means(data, 200, seed)
    moved = weights @ (data * scale + shift) / n
    plain = (data.mean()[None], replicates[:, None], left_out_means(data)[:, None])
    other = (
        (data * scale + shift).mean()[None],
        moved[:, None],
        left_out_means(data * scale + shift)[:, None],
    )
    for before, after in (
        (bca_interval(*plain, level), bca_interval(*other, level)),
        (percentile_interval(plain[1], level), percentile_interval(other[1], level)),
    ):
        assert before[0] <= before[1]
        assert after[0] == pytest.approx(before[0] * scale + shift, rel=1e-6, abs=1e-6)
        assert after[1] == pytest.approx(before[1] * scale + shift, rel=1e-6, abs=1e-6)
