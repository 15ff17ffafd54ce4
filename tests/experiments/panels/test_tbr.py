"""Time-based regression against statsmodels, against closed forms, and its coverage with known truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from tests.experiments.panels.worlds import ar1_noise

from attribution.errors import ExperimentError
from attribution.experiments.panels.serial import correlations
from attribution.experiments.panels.tbr import tbr, tbr_covariance


@pytest.fixture
def series():
    rng = np.random.default_rng(1)
    control = 1_000 + 100 * np.sin(np.arange(60) * 2 * np.pi / 7) + rng.normal(0, 40, 60)
    return 30 + 0.7 * control + ar1_noise(rng, 0.5, (60,)) * 20, control


def test_published_posterior_is_statsmodels_prediction(series):
    """Kerman et al. 2017, eq. 5: of one period the prediction interval, of many V = n s^2 + X' Cov X."""
    api = pytest.importorskip("statsmodels.api")
    target, control = series
    fit = tbr(target, control, 45)
    design = api.add_constant(control)
    known = api.OLS(target[:45], design[:45]).fit()
    assert [fit.intercept, fit.slope] == pytest.approx(known.params, rel=1e-9)
    assert fit.df == known.df_resid
    assert fit.sigma**2 == pytest.approx(known.scale)
    assert fit.counterfactual == pytest.approx(known.predict(design))
    first = known.get_prediction(design[45:46])
    assert fit.se_cumulative_published[0] == pytest.approx(float(first.se_obs[0]))
    sums = design[45:].cumsum(axis=0)
    spread = np.arange(1, 16) * known.scale + np.einsum("ti,ij,tj->t", sums, known.cov_params(), sums)
    assert fit.se_cumulative_published == pytest.approx(np.sqrt(spread))
    assert fit.cumulative == pytest.approx((target - known.predict(design))[45:].cumsum())
    assert (fit.total, fit.se_published) == (fit.cumulative[-1], fit.se_cumulative_published[-1])


def test_corrected_is_the_variance_of_the_combination_of_noise(series):
    """Closed form with dense matrices: s^2 a' R a."""
    target, control = series
    fit = tbr(target, control, 45)
    x = np.column_stack([np.ones(60), control])
    before, after = x[:45], x[45:].sum(axis=0)
    a = np.concatenate([-before @ np.linalg.solve(before.T @ before, after), np.ones(15)])
    m = np.eye(45) - before @ np.linalg.solve(before.T @ before, before.T)
    r = correlations(60, fit.phi)
    s2 = fit.residuals @ fit.residuals / np.trace(m @ r[:45, :45])
    assert fit.phi > 0.2
    assert fit.weights == pytest.approx(a)
    assert fit.se_corrected == pytest.approx(np.sqrt(s2 * a @ r @ a))
    assert a @ target == pytest.approx(fit.total)
    assert fit.se_corrected > fit.se_published
    assert fit.df_corrected == pytest.approx(45 * (1 - fit.phi) / (1 + fit.phi) - 2)


def test_without_positive_correlation_both_agree(series):
    _, control = series
    fit = tbr(control + (-1.0) ** np.arange(60), control, 45)
    assert fit.phi == 0
    assert fit.se_cumulative_corrected == pytest.approx(fit.se_cumulative_published)
    assert fit.df_corrected == fit.df
    assert fit.durbin_watson > 3.5


def test_a_constant_control_leaves_the_mean():
    """Closed form: s^2 (n + n^2 / T0), as GeoexperimentsResearch tests for x constant."""
    y = np.array([1.0, 3.0, 2.0, 4.0, 5.0, 5.0, 6.0])
    for constant in (0.0, 1234.0):
        fit = tbr(y, np.full(7, constant), 5)
        assert (fit.intercept, fit.slope, fit.df) == (pytest.approx(3.0), 0.0, 4)
        assert fit.se_published == pytest.approx(np.sqrt(2.5 * (2 + 4 / 5)))


def test_a_perfect_fit_has_no_spread():
    control = np.array([1.0, 2.0, 4.0, 8.0, 3.0, 5.0])
    fit = tbr(2 * control + 1, control, 4)
    assert [fit.total, fit.se_published, fit.se_corrected] == pytest.approx([0, 0, 0], abs=1e-9)


def test_scale_of_the_series_does_not_matter(series):
    target, control = series
    one, other = tbr(target, control, 45), tbr(target * 1e9, control * 1e-6 + 1e3, 45)
    assert other.total == pytest.approx(one.total * 1e9, rel=1e-6)
    assert other.se_corrected == pytest.approx(one.se_corrected * 1e9, rel=1e-6)


def test_errors_teach():
    y = np.arange(10.0)
    with pytest.raises(ExperimentError, match="3 of 10 periods"):
        tbr(y, y, 3)
    with pytest.raises(ExperimentError, match="10 of 10 periods"):
        tbr(y, y, 10)
    with pytest.raises(ExperimentError, match="constant before the test"):
        tbr(y, np.where(y < 6, 5.0, y), 6)


def test_covariance_of_response_and_cost(series):
    """Closed form where both share the control: s_yc a'a; and a Cauchy-Schwarz bound where they do not."""
    target, control = series
    rng = np.random.default_rng(2)
    cost = 0.1 * control + 0.2 * (target - 0.7 * control) + rng.normal(0, 3, 60)
    y, c = tbr(target, control, 45), tbr(cost, control, 45)
    together = y.residuals @ c.residuals / 43 * (y.weights @ y.weights)
    assert tbr_covariance(y, c, corrected=False) == pytest.approx(together)
    other = tbr(cost, control * 2 + rng.normal(0, 9, 60), 45)
    assert abs(tbr_covariance(y, other)) <= y.se_corrected * other.se_corrected
    flat = tbr(np.zeros(60), np.zeros(60), 45)
    assert tbr_covariance(y, flat) == 0


def test_covariance_is_that_of_simulated_totals():
    """Simulation, white noise correlated .6 between the series; 1,000 pairs, standard error about 4%."""
    rng = np.random.default_rng(3)
    control = rng.normal(100, 10, 40)
    pairs, claimed = [], []
    for _ in range(1_000):
        u = rng.normal(size=(2, 40))
        y, c = (tbr(series, control, 30) for series in (u[0], 0.6 * u[0] + 0.8 * u[1]))
        pairs.append((y.total, c.total))
        claimed.append(tbr_covariance(y, c, corrected=False))
    truth = np.cov(np.array(pairs).T)[0, 1]
    assert np.mean(claimed) == pytest.approx(truth, rel=0.12)


@pytest.mark.parametrize(("phi", "published"), [(0.0, 0.95), (0.4, 0.80), (0.8, 0.49)])
def test_coverage(phi, published):
    """Simulation, 42 + 28 periods; 400 runs, standard error .011 to .025; bands of three of them."""
    rng = np.random.default_rng(4)
    hits = np.zeros(2)
    sims = 400
    for u in ar1_noise(rng, phi, (sims, 70)):
        control = 100 + 5 * np.sin(np.arange(70) * 2 * np.pi / 7) + 2 * rng.normal(size=70)
        fit = tbr(control + u, control, 42)
        hits += (
            abs(fit.total) <= stats.t.ppf(0.975, fit.df) * fit.se_published,
            abs(fit.total) <= stats.t.ppf(0.975, fit.df_corrected) * fit.se_corrected,
        )
    seen = hits / sims
    assert seen[0] == pytest.approx(published, abs=3 * np.sqrt(published * (1 - published) / sims))
    assert seen[1] >= 0.91 - 3 * np.sqrt(0.91 * 0.09 / sims)
