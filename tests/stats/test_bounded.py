"""Effects whose sum is bounded, against brute force, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from attribution.stats.bounded import within
from attribution.stats.shrinkage import pool

SIZE = np.array([300.0, 500.0, 150.0, 20.0])
E, S = np.array([380.0, np.nan, np.nan, -40.0]), np.array([50.0, np.nan, np.nan, 60.0])
PRIOR = {"prior": (0.7, 0.5), "spread": 0.5, "size": SIZE, "apart": 60.0, "odd": (0.1, 150.0)}


def test_it_is_the_posterior_of_the_draws_whose_sum_fits():
    # Brute force: 1,500,000 draws from the prior, those with a sum in bounds, weighted by the likelihood.
    # An untested effect has the variance that an odd one has on average.
    rng = np.random.default_rng(4)
    n = 1_500_000
    tau, gap = np.abs(rng.normal(0, 0.5, n)), np.abs(rng.normal(0, 60, n))
    m = rng.normal(0.7, 0.5, n)
    known = np.isfinite(E)
    odd = np.where(known, rng.random((n, 4)) < 0.1, 0.1)
    noise = np.sqrt((tau[:, None] * SIZE) ** 2 + gap[:, None] ** 2 + odd * 150.0**2)
    effects = m[:, None] * SIZE + noise * rng.normal(size=(n, 4))
    sums = effects.sum(axis=1)
    fits = (sums >= 0) & (sums <= 700)
    effects = effects[fits]
    log_w = (-0.5 * ((E - effects)[:, known] / S[known]) ** 2).sum(axis=1)
    w = np.exp(log_w - log_w.max())
    w /= w.sum()
    free = pool(E, S, **PRIOR)
    found = within(free, 0.0, 700.0)
    levels = np.array([0.025, 0.5, 0.975])
    for factors in (*np.eye(4), np.array([1.0, -1.0, 0.0, 2.0])):
        line = effects @ factors
        mean = float(w @ line)
        sd = float(np.sqrt(w @ (line - mean) ** 2))
        assert found.moments(factors) == pytest.approx((mean, sd), abs=0.06 * sd)
        order = np.argsort(line)
        want = np.interp(levels, np.cumsum(w[order]), line[order])
        np.testing.assert_allclose(found.quantiles(factors, levels), want, atol=0.12 * sd)
    line = effects.sum(axis=1)
    order = np.argsort(line)
    total, ends = found.total(levels)
    assert total == pytest.approx(float(w @ line), abs=5)
    np.testing.assert_allclose(ends, np.interp(levels, np.cumsum(w[order]), line[order]), atol=12)


@pytest.mark.parametrize(("low", "high"), [(0.0, 20.0), (-3.0, 40.0), (9.0, 12.0), (20.0, 45.0)])
def test_one_effect_with_a_flat_prior_is_a_truncated_normal(low, high):
    free = pool(
        np.array([5.0]),
        np.array([10.0]),
        prior=(0.0, 1e5),
        spread=1e-9,
        size=np.ones(1),
        apart=1e-9,
        odd=(1e-9, 1e-9),
    )
    found = within(free, low, high)
    cut = stats.truncnorm((low - 5) / 10, (high - 5) / 10, 5, 10)
    mean, sd = found.moments(np.ones(1))
    assert mean == pytest.approx(cut.mean(), abs=0.01 * cut.std())
    assert sd == pytest.approx(cut.std(), rel=0.06)  # of six slices
    assert found.quantiles(np.ones(1), np.array([0.5]))[0] == pytest.approx(
        cut.median(), abs=0.12 * cut.std()
    )


def test_bounds_that_say_nothing_change_nothing():
    free = pool(E, S, **PRIOR)
    found = within(free, -1e6, 1e6)
    assert found.room == pytest.approx(1)
    for row in np.eye(4):
        mean, sd = free.moments(row)
        assert found.moments(row) == pytest.approx((mean, sd), abs=0.02 * sd)


def test_bounds_that_the_estimates_contradict_are_kept():
    # Two precise estimates claim 1,500 of at most 700; and one claims -900.
    for first, second in ((800.0, 700.0), (-900.0, 0.0)):
        e = np.array([first, np.nan, np.nan, second])
        found = within(pool(e, np.array([10.0, np.nan, np.nan, 10.0]), **PRIOR), 0.0, 700.0)
        total, ends = found.total(np.array([0.025, 0.975]))
        assert 0 <= ends[0] <= total <= ends[1] <= 700
        assert found.room < 0.3


@given(st.floats(-3e3, 3e3), st.floats(0.1, 1e3), st.floats(50, 5e3))
def test_the_sum_keeps_its_bounds_and_is_the_sum_of_its_parts(estimate, error, most):
    e, s = np.array([estimate, np.nan, np.nan]), np.array([error, np.nan, np.nan])
    size = np.array([10.0, 0.0, 700.0])
    free = pool(e, s, prior=(0.7, 0.5), spread=0.3, size=size, apart=30.0, odd=(0.1, 100.0))
    found = within(free, 0.0, most)
    total, ends = found.total(np.array([0.025, 0.975]))
    assert 0 <= ends[0] <= total + 1e-9 <= ends[1] + 2e-9 <= most + 3e-9
    parts = sum(found.moments(row)[0] for row in np.eye(3))
    assert parts == pytest.approx(total, abs=1e-6 * (abs(total) + abs(estimate) + most))
