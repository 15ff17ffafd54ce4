"""Geo-based regression against statsmodels' weighted least squares and in closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from attribution.errors import ExperimentError
from attribution.experiments.panels.gbr import cost_change, gbr


@pytest.fixture
def geos():
    rng = np.random.default_rng(1)
    pre = rng.lognormal(8, 1, 40)
    treated = np.arange(40) % 2 == 0
    cost = np.where(treated, pre * 0.05, 0.0)
    return pre, 10 + 1.05 * pre + 3 * cost + pre * rng.normal(0, 0.05, 40), cost


def test_is_weighted_least_squares(geos):
    """Vaver & Koehler 2011: lm(y1 ~ y0 + delta_cost, weights = 1 / y0^2)."""
    api = pytest.importorskip("statsmodels.api")
    pre, test, cost = geos
    fit = gbr(pre, test, cost)
    known = api.WLS(test, np.column_stack([np.ones(40), pre, cost]), weights=1 / pre**2).fit()
    assert [fit.intercept, fit.slope, fit.iroas] == pytest.approx(known.params, rel=1e-9)
    assert fit.se == pytest.approx(known.bse[2])
    assert fit.df == known.df_resid
    assert fit.incremental == pytest.approx(known.params[2] * cost.sum())
    assert fit.used.all()


def test_geos_without_an_outcome_before_are_left_out(geos):
    pre, test, cost = (part.copy() for part in geos)
    whole = gbr(pre[2:], test[2:], cost[2:])
    pre[:2] = 0
    fit = gbr(pre, test, cost)
    assert (fit.iroas, fit.se) == (pytest.approx(whole.iroas), pytest.approx(whole.se))
    assert fit.used.sum() == 38
    assert fit.cost == pytest.approx(cost[2:].sum())


def test_errors_teach(geos):
    pre, test, cost = geos
    with pytest.raises(ExperimentError, match="3 geos have an outcome"):
        gbr(pre[:3], test[:3], cost[:3])
    for flat in (0 * cost, pre * 0.1):
        with pytest.raises(ExperimentError, match="cannot be told apart"):
            gbr(pre, test, flat)


def test_coverage_of_the_interval():
    """Simulation under the model with iROAS 3; 600 runs, standard error .009."""
    from scipy import stats

    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(600):
        pre = rng.lognormal(8, 1, 24)
        cost = np.where(np.arange(24) % 2 == 0, pre * 0.05, 0.0)
        fit = gbr(pre, 10 + 1.05 * pre + 3 * cost + pre * rng.normal(0, 0.05, 24), cost)
        hits += abs(fit.iroas - 3) <= stats.t.ppf(0.975, fit.df) * fit.se
    assert hits / 600 == pytest.approx(0.95, abs=0.027)


def test_cost_change_is_the_second_regression():
    """Vaver & Koehler 2011, eq. 2, against statsmodels: control geos only, weights 1 / pre^2."""
    api = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(3)
    pre = rng.lognormal(4, 1, 20)
    pre[3] = 0.0
    treated = np.arange(20) >= 12
    test = 1.1 * pre + rng.normal(0, 2, 20) + 20 * treated
    fit = ~treated & (pre > 0)
    known = api.WLS(test[fit], api.add_constant(pre[fit]), weights=1 / pre[fit] ** 2).fit()
    change = cost_change(pre, test, treated)
    assert change[treated] == pytest.approx((test - known.predict(api.add_constant(pre)))[treated])
    assert not change[~treated].any()


@pytest.mark.parametrize(
    "pre", [[0.0, 0.0, 0.0, 0.0, 0.0], [7.0, 5.0, 5.0, 5.0, 5.0], [3.0, 1.0, 2.0, 0.0, 0.0]]
)
def test_without_a_regression_cost_before_is_what_would_have_been(pre):
    """As GeoexperimentsResearch: too few control geos with cost, or all with the same."""
    treated = np.array([True, False, False, False, False])
    change = cost_change(np.array(pre), np.array([9.0, 1.0, 2.0, 3.0, 4.0]), treated)
    assert change.tolist() == [9.0 - pre[0], 0, 0, 0, 0]
