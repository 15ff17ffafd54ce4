"""Published fits of models of customers' lifetimes; tests/golden/PROVENANCE.md says from where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from attribution.stats.bg_nbd import PurchaseCells, fit_bg_nbd
from attribution.stats.gamma_gamma import fit_gamma_gamma, frequency_value_correlation
from attribution.stats.shifted_beta_geometric import ShiftedBetaGeometric, fit_shifted_beta_geometric

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def cells():
    frame = pd.read_csv(HERE / "cdnow_cells.csv").astype(float)
    assert (len(frame), frame.customers.sum(), frame.frequency @ frame.customers) == (1016, 2357, 2457)
    return PurchaseCells.count(frame.frequency, frame.recency / 7, frame.age / 7, frame.customers)


@pytest.fixture(scope="module")
def fitted(cells):
    return fit_bg_nbd(cells)


def test_bg_nbd_of_cdnow(fitted):
    assert (fitted.r, fitted.alpha, fitted.a, fitted.b) == pytest.approx(
        (0.243, 4.414, 0.793, 2.426), abs=5e-4
    )
    assert fitted.log_likelihood == pytest.approx(-9582.4, abs=0.05)


def test_conditional_expectation_of_a_customer_of_cdnow(fitted):
    got = fitted.to_come(39.0, np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert got == pytest.approx([1.226], abs=1e-3)


def test_bg_nbd_expects_too_little_of_the_weeks_that_were_held_out(fitted, cells):
    # 1,882 repeat purchases were made in the 39 weeks after: the model is 12 percent low.
    to_come = fitted.to_come(39.0, cells.frequency, cells.recency, cells.age)
    assert to_come @ cells.customers == pytest.approx(1653, abs=1)


def test_gamma_gamma_of_cdnow():
    frame = pd.read_csv(HERE / "cdnow_values.csv")
    frequency, value = frame.frequency.to_numpy(float), frame.value.to_numpy()
    fitted = fit_gamma_gamma(frequency, value)
    assert len(frame) == 946
    assert (fitted.p, fitted.q, fitted.v) == pytest.approx((6.25, 3.74, 15.44), abs=0.01)
    assert fitted.mean == pytest.approx(35.171, abs=1e-3)
    assert frequency_value_correlation(frequency, value) == pytest.approx(0.114, abs=5e-4)


def test_shifted_beta_geometric_of_the_high_end_customers():
    there = np.array([1000, 869, 743, 653, 593, 551, 517, 491.0])
    fitted = fit_shifted_beta_geometric(-np.diff(there), np.append(np.zeros(7), there[-1]))
    assert (fitted.alpha, fitted.beta) == pytest.approx((0.668, 3.806), abs=5e-4)
    assert fitted.log_likelihood == pytest.approx(-1611.2, abs=0.05)
    assert fitted.survival(np.arange(8, 13)) == pytest.approx([0.460, 0.436, 0.414, 0.395, 0.378], abs=6e-4)


def test_residual_lifetime_before_the_eighth_renewal():
    # n = 8 in the paper: renewed 7 times. One renewal less gives 7.345.
    high_end = ShiftedBetaGeometric(0.668, 3.806, 0.0)
    assert high_end.residual_lifetime(0.1, 7) == pytest.approx(7.530, abs=1e-3)
    assert high_end.residual_lifetime(0.1, 6) == pytest.approx(7.345, abs=1e-3)
