"""The permutation of geo tests, held against every assignment with scipy's Welch t."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from attribution.experiments.panels.did import Permutation, assignments, contrast


@pytest.mark.parametrize("k", [3, 4])
def test_the_statistic_is_welchs_t_over_all_assignments(k):
    """Brute force: of all sets of k of 8 geos, those whose t is as large as the one seen."""
    rng = np.random.default_rng(12)
    for _ in range(20):
        changes = rng.standard_t(3, 8) * 0.1
        treated = np.arange(8) < k
        masks, every = assignments(treated, None, 1_000, rng)
        t = []
        for chosen in itertools.combinations(range(8), k):
            inside = np.isin(np.arange(8), chosen)
            t.append(abs(stats.ttest_ind(changes[inside], changes[~inside], equal_var=False).statistic))
        assert every
        expected = np.mean(np.array(t) >= t[0] * (1 - 1e-9))
        assert Permutation(changes, treated, None, masks, every).p_value() == pytest.approx(expected)


def test_two_means_are_compared_as_scipy_does():
    rng = np.random.default_rng(3)
    for n_t, n_c in ((3, 9), (6, 5)):
        changes = np.r_[rng.normal(0.1, 0.3, n_t), rng.normal(0.0, 0.05, n_c)]
        treated = np.arange(n_t + n_c) < n_t
        welch = stats.ttest_ind(changes[treated], changes[~treated], equal_var=False)
        found = contrast(changes, treated)
        assert found.value == pytest.approx(changes[treated].mean() - changes[~treated].mean())
        assert (found.value / found.se, found.df) == pytest.approx((welch.statistic, welch.df))
        assert found.p_value() == pytest.approx(welch.pvalue)
        inside = welch.confidence_interval(0.9)
        assert found.interval(0.1) == pytest.approx((inside.low, inside.high))


def test_strata_are_effects_of_least_squares():
    """The treatment's coefficient beside an indicator of each stratum, its error and what is left free."""
    rng = np.random.default_rng(4)
    strata = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
    treated = np.array([1, 0, 0, 1, 0, 1, 1, 0, 0], bool)
    changes = rng.normal(size=9) + strata
    design = np.column_stack([treated, strata == 0, strata == 1, strata == 2]).astype(float)
    fitted, squares, *_ = np.linalg.lstsq(design, changes, rcond=None)
    variance = squares[0] / (9 - 4) * np.linalg.inv(design.T @ design)[0, 0]
    found = contrast(changes, treated, strata)
    assert (found.value, found.se, found.df) == pytest.approx((fitted[0], np.sqrt(variance), 5))
