"""Serial correlation against statsmodels, against dense matrices, and in a simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq
from tests.experiments.panels.worlds import ar1_noise

from attribution.experiments.panels import serial


@pytest.mark.parametrize("phi", [0.0, 0.4, 0.9])
def test_durbin_watson_is_that_of_statsmodels(phi):
    tools = pytest.importorskip("statsmodels.stats.stattools")
    e = ar1_noise(np.random.default_rng(1), phi, (50,))
    assert serial.durbin_watson(e) == pytest.approx(float(tools.durbin_watson(e)), rel=1e-12)


def test_ljung_box_is_its_formula():
    e = ar1_noise(np.random.default_rng(2), 0.3, (60,))
    e -= e.mean()
    r = np.array([e[k:] @ e[: len(e) - k] for k in range(1, 11)]) / (e @ e)
    q = 60 * 62 * (r**2 / (60 - np.arange(1, 11))).sum()  # Ljung & Box 1978
    assert serial.ljung_box(e) == pytest.approx(stats.chi2.sf(q, 10), rel=1e-9)


@pytest.fixture
def design():
    rng = np.random.default_rng(3)
    return np.column_stack([np.ones(30), rng.normal(size=30).cumsum()])


def projection(design):
    return np.eye(len(design)) - design @ np.linalg.solve(design.T @ design, design.T)


@pytest.mark.parametrize("phi", [-0.3, 0.0, 0.5, 0.9])
def test_noise_variance_divides_by_the_trace(design, phi):
    e = np.random.default_rng(4).normal(size=30)
    trace = np.trace(projection(design) @ serial.correlations(30, phi))
    assert serial.noise_variance(e, design, phi) == pytest.approx(e @ e / trace)


@pytest.mark.parametrize("phi", [-0.3, 0.0, 0.5, 0.9])
def test_ar1_inverts_the_expectation_under_the_design(design, phi):
    """Residuals whose autocorrelation equals the ratio of expectations, by dense matrices, give phi back."""
    m, r = projection(design), serial.correlations(30, phi)
    shift = (np.eye(30, k=1) + np.eye(30, k=-1)) / 2
    expected = np.trace(m @ shift @ m @ r) / np.trace(m @ r)
    rough, smooth = (-1.0) ** np.arange(30), np.ones(30)

    def gap(share):
        e = share * smooth + (1 - share) * rough
        return (e[1:] @ e[:-1]) / (e @ e) - expected

    share = brentq(gap, 0.0, 1.0)
    assert serial.ar1(share * smooth + (1 - share) * rough, design) == pytest.approx(phi, abs=1e-4)


def test_ar1_is_nearer_the_truth_than_the_plain_autocorrelation():
    """Simulation, phi .6, 42 periods, a control that moves slowly; standard errors of the means are .006."""
    rng = np.random.default_rng(5)
    plain, about_mean, by_design = [], [], []
    for u in ar1_noise(rng, 0.6, (400, 42)):
        x = np.column_stack([np.ones(42), ar1_noise(rng, 0.95, (42,))])
        e = projection(x) @ u
        plain.append(e[1:] @ e[:-1] / (e @ e))
        about_mean.append(serial.ar1(e))
        by_design.append(serial.ar1(e, x))
    gaps = [0.6 - np.mean(part) for part in (plain, about_mean, by_design)]
    assert gaps[0] > gaps[1] > gaps[2] > 0
    assert gaps[0] > 0.1
    assert gaps[2] < 0.06


def test_without_residuals_there_is_no_correlation():
    assert serial.ar1(np.zeros(5)) == 0.0
    assert np.isnan(serial.durbin_watson(np.zeros(5)))


def test_effective_df_is_all_of_them_without_correlation_and_at_least_one():
    assert serial.effective_df(42, 0.0, 2) == 40
    assert serial.effective_df(10, 0.95) == 1


def test_effective_draws_of_an_ar1_chain():
    """Closed form: n (1 - phi) / (1 + phi)."""
    rng = np.random.default_rng(10)
    steps, chain = rng.normal(size=20_000), np.zeros(20_000)
    for t in range(1, 20_000):
        chain[t] = 0.8 * chain[t - 1] + steps[t]
    assert serial.effective_draws(chain) == pytest.approx(20_000 / 9, rel=0.2)
    assert serial.effective_draws(np.ones(9)) == 9
