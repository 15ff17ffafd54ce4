"""Assisted intervals: coverage by simulation, brute-force acceptance, and the two bounds, as laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from attribution.stats.assisted import assisted_interval

Z, Z99 = norm.isf(0.025), norm.isf(0.005)


@pytest.mark.parametrize(("effect", "sd"), [(-3.0, 1.0), (0.0, 0.3), (0.4, 1.0), (1.0, 1.0), (8.0, 0.5)])
def test_it_covers_whatever_the_guess_says(effect, sd):
    # 2,000 estimates around a fixed effect; the guess is 1 in all of them. Monte Carlo error .0049.
    rng = np.random.default_rng(1)
    ends = np.array([assisted_interval(y, 1.0, mean=1.0, sd=sd) for y in rng.normal(effect, 1.0, 2_000)])
    covered = float(((ends[:, 0] <= effect) & (effect <= ends[:, 1])).mean())
    assert covered == pytest.approx(0.95, abs=0.015)


def test_a_good_guess_shortens_it_and_no_guess_leaves_the_plain_one():
    rng = np.random.default_rng(2)
    effects = rng.normal(2.0, 0.3, 1_000)
    ends = [assisted_interval(y, 1.0, mean=2.0, sd=0.3) for y in rng.normal(effects, 1.0)]
    assert np.mean([high - low for low, high in ends]) < 0.96 * 2 * Z
    low, high = assisted_interval(5.0, 1.0, mean=0.0, sd=1e4)
    assert (low, high) == pytest.approx((5 - Z, 5 + Z), abs=1e-2)


def test_far_from_zero_it_is_the_set_of_yu_and_hoff():
    # Brute force: every value on a fine grid is tested by itself, its s solved by bisection.
    from scipy.optimize import brentq

    y, error, mean, sd = 50.0, 2.0, 47.0, 3.0

    def accepted(value):
        want = 2 * error * (value - mean) / sd**2

        def miss(s):
            return norm.ppf(0.05 * s) - norm.ppf(0.05 * (1 - s)) - want

        s = 0.1 if miss(0.1) > 0 else 0.9 if miss(0.9) < 0 else brentq(miss, 0.1, 0.9)
        return value + error * norm.ppf(0.05 * s) <= y <= value - error * norm.ppf(0.05 * (1 - s))

    values = np.arange(44.0, 56.0, 0.02)
    held = [value for value in values.tolist() if accepted(value)]
    assert assisted_interval(y, error, mean=mean, sd=sd) == pytest.approx((held[0], held[-1]), abs=0.021)


numbers = st.floats(-1e4, 1e4, allow_nan=False)


@given(numbers, st.floats(0.01, 1e3), numbers, st.floats(1e-3, 1e4))
def test_it_keeps_the_word_of_its_estimate(estimate, error, mean, sd):
    low, high = assisted_interval(estimate, error, mean=mean, sd=sd)
    slack = 1e-3 * error
    assert estimate - Z99 * error - slack <= low <= estimate - 1.6 * error
    assert estimate + 1.6 * error <= high <= estimate + Z99 * error + slack
    if abs(abs(estimate) - Z * error) > 2 * slack:
        assert (low <= 0 <= high) == (abs(estimate) < Z * error)
    # The mirror image of estimate and guess has the mirror image of the interval.
    other = assisted_interval(-estimate, error, mean=-mean, sd=sd)
    assert other == pytest.approx((-high, -low), abs=slack)
