"""Where the checks of a geo test draw their lines: a fit no better than a guess, a donor above all others."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import attribution as at
from attribution.experiments.geo.geo_assignment import GeoTest
from attribution.experiments.geo.geo_checks import concentration, fit_before, placebos_alike, residuals
from attribution.experiments.geo.panel import Panel

PRE, DAYS = 40, 50
BY_WEIGHTS = SimpleNamespace(method=at.SyntheticControl())
BY_GROUPS = SimpleNamespace(method=at.DiD())
TIMES = np.arange("2026-01-01", "2026-02-20", dtype="datetime64[D]")


def a_test(controls=4):
    wave = np.tile([90.0, 110.0], DAYS // 2)
    outcome = np.vstack([wave, *[wave + 1] * controls])
    names = tuple(f"g{n}" for n in range(controls + 1))
    return GeoTest(Panel(names, TIMES, outcome, None), np.arange(controls + 1) == 0, PRE, 0, None, "sales")


def with_fit(test, gap, **details):
    return SimpleNamespace(counterfactual=test.panel.outcome[0] - gap, details=details)


@pytest.mark.parametrize(("r2", "passed"), [(0.58, False), (0.62, True), (0.3, False), (0.0, False)])
def test_a_fit_must_explain_six_tenths_of_what_the_treated_do(r2, passed):
    """By hand: sales swing by 10 about 100; gaps of 10 sqrt(1 - R2), of either sign, leave that R2."""
    test = a_test()
    gap = 10.0 * np.sqrt(1 - r2) * np.tile([1.0, 1.0, -1.0, -1.0], 13)[:DAYS]
    check = fit_before(test, with_fit(test, gap))
    assert check.passed is passed
    assert f"R2 {r2:.2f}" in check.text
    assert bool(check.fix) is not passed


@pytest.mark.parametrize(
    ("r2", "larger", "passed"), [(0.58, False, False), (0.62, False, True), (0.9, True, False)]
)
def test_placebos_are_no_measure_where_the_treated_are_followed_worse_or_are_larger(r2, larger, passed):
    fitted = SimpleNamespace(details={"placebo_r2": r2, "placebos_dropped": 3, "larger": larger})
    assert placebos_alike(fitted, BY_WEIGHTS).passed is passed


@pytest.mark.parametrize(("heaviest", "passed"), [(0.48, True), (0.52, False), (0.79, False), (0.25, True)])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_one_donor_that_outweighs_all_others_is_told(heaviest, passed, sign):
    """By hand: the effective number of donors is (sum w)^2 / sum w^2, whatever the signs."""
    weights = np.array([sign * heaviest, *[(1 - heaviest) / 3] * 3])
    check = concentration(a_test(), weights)
    assert check.passed is passed
    assert f"{1 / (weights**2).sum():.1f} geos' worth" in check.text
    assert f"'g1' with {100 * heaviest:.0f}%" in check.text or heaviest == 0.25


@pytest.mark.parametrize(("rho", "passed"), [(0.3, False), (0.2, True)])
def test_gaps_that_hang_together_fail_where_the_inference_takes_them_for_independent(rho, passed):
    """Durbin-Watson is about 2 (1 - rho): 1.5 is rho = .25."""
    from scipy.signal import lfilter

    test, noise = a_test(), np.random.default_rng(2)
    gap = lfilter([1.0], [1.0, -rho], noise.normal(size=(4_000, DAYS)), axis=1)
    first = (gap[:, : PRE - 1] * gap[:, 1:PRE]).sum(axis=1) / (gap[:, :PRE] ** 2).sum(axis=1)
    told = gap[int(np.abs(first - rho).argmin())]
    assert residuals(test, with_fit(test, told, heeds_autocorrelation=False), BY_GROUPS).passed is passed
    assert residuals(test, with_fit(test, told, heeds_autocorrelation=True), BY_GROUPS).passed is True
