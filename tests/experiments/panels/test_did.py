"""The permutation of geo tests, held against every assignment with scipy's Welch t."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from attribution.experiments.panels.did import Permutation, assignments


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
