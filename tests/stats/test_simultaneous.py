"""Intervals that hold together: against a normal simulation with known truth, and by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from attribution.stats.simultaneous import (
    bounds_together,
    could_be_first,
    reach_of,
    surely_ordered,
    t_values,
)


def draw(rng, truth, n=400):
    """Return an estimate with correlated normal errors, and resamples with the same errors."""
    mix = np.eye(len(truth)) + 0.4
    return truth + mix @ rng.normal(size=len(truth)), rng.normal(size=(n, len(truth))) @ mix.T


def test_the_reach_is_the_quantile_of_the_largest_of_independent_normals():
    # Closed form: P(all of k |z| <= q) = (2 Phi(q) - 1) ** k.
    samples = np.random.default_rng(1).normal(size=(200_000, 10))
    peak = np.abs(samples).max(axis=1)
    exact = -special.ndtri((1 - 0.95**0.1) / 2)
    assert reach_of(peak, 0.95, np.inf) == pytest.approx(exact, abs=0.02)  # so many samples need no guard
    assert reach_of(peak, 0.95, 20.0) == pytest.approx(-special.stdtrit(20, special.ndtr(-exact)), abs=0.05)


@pytest.mark.parametrize("truth", [np.zeros(6), np.array([0.0, 0.2, 0.4, 3.0, 6.0, 6.3])])
def test_all_hold_at_once_in_95_of_100_draws(truth):
    """Known truth, 600 draws: .95 less three standard errors is .923; .961 with the guard plus three .985."""
    rng, hits = np.random.default_rng(3), []
    for _ in range(600):
        estimate, errors = draw(rng, truth)
        low, high = bounds_together(estimate, estimate + errors, 0.95, np.inf)
        above, below = surely_ordered(estimate, estimate + errors, 0.95, np.inf)
        rank_low = 1 + (truth[None] > truth[:, None]).sum(axis=1)
        rank_high = len(truth) - (truth[None] < truth[:, None]).sum(axis=1)
        could = could_be_first(estimate, estimate + errors, 0.95, np.inf)
        hits.append(
            [
                ((low <= truth) & (truth <= high)).all(),
                ((1 + above <= rank_high) & (rank_low <= len(truth) - below)).all(),
                could[truth.argmax()],
            ]
        )
    together, ranks, best = np.mean(hits, axis=0)
    assert 0.923 <= together <= 0.985
    assert ranks >= 0.923
    assert best >= 0.923


def test_pairs_by_brute_force_and_many_by_their_intervals():
    rng = np.random.default_rng(5)
    truth = np.linspace(0, 40, 9)
    estimate, errors = draw(rng, truth)
    samples = estimate + errors
    gaps = [(i, j) for i in range(9) for j in range(i + 1, 9)]
    drawn = np.stack([samples[:, i] - samples[:, j] for i, j in gaps], axis=1)
    gap = np.array([estimate[i] - estimate[j] for i, j in gaps])
    guarded = 0.95 + np.sqrt(0.95 * 0.05 / len(samples))
    reach = np.quantile((np.abs(drawn - gap) / drawn.std(axis=0, ddof=1)).max(axis=1), guarded)
    sure = np.abs(gap) > reach * drawn.std(axis=0, ddof=1)
    above = np.zeros(9, int)
    for (i, j), one, size in zip(gaps, sure, gap, strict=True):
        above[j if size > 0 else i] += one
    found, below = surely_ordered(estimate, samples, 0.95, np.inf)
    assert found.tolist() == above.tolist()
    assert found.sum() == below.sum()
    # Beyond 300 amounts places come from intervals that do not overlap: never narrower than those of pairs.
    many = np.repeat(truth, 40) + 1e-3 * np.arange(360)
    draws = many + rng.normal(size=(200, 360))
    above, below = surely_ordered(many, draws, 0.95, np.inf)
    low, high = bounds_together(many, draws, 0.95, np.inf)
    assert above.tolist() == [(low > one).sum() for one in high]
    assert below.tolist() == [(high < one).sum() for one in low]


def test_what_does_not_vary_or_has_no_number_widens_nothing():
    samples = np.array([[0.2, 5.0, np.nan], [2.0, 5.0, 1.0], [5.0, 5.0, 2.0]])
    estimate = np.array([2.0, 5.0, 1.5])
    error, values = t_values(estimate, samples)
    assert error[1] == 0
    assert np.isnan(error[2])
    assert (values[:, 1:] == 0).all()
    low, high = bounds_together(estimate, samples, 0.95, np.inf)
    assert (low[1], high[1]) == (5, 5)
    assert np.isnan([low[2], high[2]]).all()
    assert low[0] == 0  # amounts are never below 0 here
    assert could_be_first(estimate, samples, 0.95, np.inf).tolist() == [False, True, True]


def test_skewed_amounts_reach_farther_where_errors_grow():
    rng = np.random.default_rng(7)
    counts = rng.poisson(0.2, size=(256, 4)).astype(float)
    samples = rng.multinomial(256, np.full(256, 1 / 256), 300) @ counts
    total = counts.sum(axis=0)
    plain = bounds_together(total, samples, 0.95, 255.0)
    skewed = bounds_together(total, samples, 0.95, 255.0, total - counts)
    assert (skewed[1] > plain[1]).all()
    assert (skewed[0] > plain[0]).all()


def test_the_acceleration_is_that_of_efron_and_tibshirani():
    """Eq. 14.15 by hand: a sum of cubes over six times a sum of squares to the power of three halves."""
    rng = np.random.default_rng(2)
    samples = rng.normal([10.0, 20.0], [1.0, 2.0], (2_000, 2))
    left_out = np.column_stack([rng.exponential(1.0, 40), -rng.exponential(2.0, 40)])
    estimate = np.array([10.0, 20.0])
    low, high = bounds_together(estimate, samples, 0.95, np.inf, left_out)
    plain_low, plain_high = bounds_together(estimate, samples, 0.95, np.inf)
    np.testing.assert_allclose(plain_high - estimate, estimate - plain_low)
    for one in range(2):
        off = [left_out[:, one].mean() - value for value in left_out[:, one]]
        a = sum(each**3 for each in off) / (6 * sum(each**2 for each in off) ** 1.5)
        error = samples[:, one].std(ddof=1)
        reach = (plain_high[one] - estimate[one]) / error
        assert 0.002 < abs(a) < 0.5 / reach
        assert low[one] == pytest.approx(estimate[one] - error * reach / (1 + a * reach))
        assert high[one] == pytest.approx(estimate[one] + error * reach / (1 - a * reach))
