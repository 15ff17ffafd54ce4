"""BG/NBD, gamma-gamma and shifted beta-geometric against integrals, sums and simulated customers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from attribution.stats.bg_nbd import BGNBD, PurchaseCells, fit_bg_nbd
from attribution.stats.gamma_gamma import GammaGamma, fit_gamma_gamma, frequency_value_correlation
from attribution.stats.shifted_beta_geometric import ShiftedBetaGeometric, fit_shifted_beta_geometric

MODEL = BGNBD(0.8, 3.0, 1.7, 2.4, 0.0)
POSITIVE = st.floats(0.05, 20.0)


def expected_by_integral(model, time):
    """E[X(t)] = E[(1 - exp(-rate p t)) / p] over both priors: two nested integrals of the definition."""

    def over_rates(leave):
        return (1 - (model.alpha / (model.alpha + leave * time)) ** model.r) / leave

    prior = stats.beta(model.a, model.b)
    return integrate.quad(lambda leave: over_rates(leave) * prior.pdf(leave), 0, 1)[0]


@pytest.mark.parametrize("a", [0.3, 0.9999999, 1.0, 1.7])
@pytest.mark.parametrize("time", [0.5, 10.0, 200.0])
def test_expected_purchases_are_the_integral_over_both_priors(a, time):
    model = BGNBD(0.8, 3.0, a, 1.4, 0.0)
    assert model.expected(np.array([time])) == pytest.approx(expected_by_integral(model, time), rel=1e-5)


def test_the_pole_of_the_closed_form_is_none():
    # a + b = 1: the paper's formula is 0 times infinity.
    model = BGNBD(0.8, 3.0, 0.4, 0.6, 0.0)
    assert model.expected(np.array([9.0])) == pytest.approx(expected_by_integral(model, 9.0), rel=1e-4)


@given(st.builds(BGNBD, POSITIVE, POSITIVE, POSITIVE, POSITIVE, st.just(0.0)), POSITIVE)
def test_expectations_begin_at_zero_grow_and_stay_below_the_rate(model, time):
    times = np.array([0.0, time, 2 * time])
    got = model.expected(times)
    assert got[0] == pytest.approx(0.0, abs=1e-6)
    assert got[0] <= got[1] + 1e-6 <= got[2] + 2e-6
    assert np.all(got <= model.r / model.alpha * times * (1 + 1e-6) + 1e-6)


def test_what_comes_to_a_new_customer_is_what_is_expected():
    none = np.zeros(1)
    assert MODEL.to_come(7.0, none, none, none) == pytest.approx(MODEL.expected(np.array([7.0])))
    assert MODEL.alive(none, none, none + 9) == 1.0


def test_frequent_customers_do_not_overflow():
    # Sure to be there, and so frequent that the prior does not matter: the rate that was seen goes on.
    staying = BGNBD(0.8, 3.0, 1e-4, 10.0, 0.0)
    got = staying.to_come(10.0, np.array([5000.0]), np.array([100.0]), np.array([100.0]))
    assert got == pytest.approx(10 * 5000.8 / 103, rel=1e-3)


def simulated(n, model, age, rng):
    """Customers of the definition: exponential gaps, a coin after each purchase."""
    rate, leave = rng.gamma(model.r, 1 / model.alpha, n), rng.beta(model.a, model.b, n)
    times = np.cumsum(rng.exponential(1 / rate[:, None], (n, 120)), axis=1)
    there = np.cumsum(rng.random((n, 120)) < leave[:, None], axis=1) - 1 < 0
    bought = (times <= age) & np.append(np.ones((n, 1), bool), there[:, :-1], axis=1)
    frequency = bought.sum(axis=1)
    return frequency, np.where(frequency > 0, (times * bought).max(axis=1), 0.0)


def test_what_customers_were_made_of_is_found_again():
    # 20,000 simulated customers; the population's expectation within 3 percent, alive within 2 points.
    rng = np.random.default_rng(4)
    frequency, recency = simulated(20_000, MODEL, 30.0, rng)
    fitted = fit_bg_nbd(PurchaseCells.count(frequency, recency, np.full(20_000, 30.0)))
    assert fitted.expected(np.array([30.0, 60.0])) == pytest.approx(
        MODEL.expected(np.array([30.0, 60.0])), rel=0.03
    )
    assert frequency.mean() == pytest.approx(MODEL.expected(np.array([30.0]))[0], rel=0.03)


def test_the_unit_of_time_changes_nothing_but_alpha():
    frequency, recency = simulated(2000, MODEL, 30.0, np.random.default_rng(1))
    weeks = fit_bg_nbd(PurchaseCells.count(frequency, recency, np.full(2000, 30.0)))
    days = fit_bg_nbd(PurchaseCells.count(frequency, recency * 7, np.full(2000, 210.0)))
    assert (days.r, days.alpha, days.a, days.b) == pytest.approx(
        (weeks.r, weeks.alpha * 7, weeks.a, weeks.b), rel=1e-6
    )


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=30))
def test_cells_of_parts_add_up_to_those_of_the_whole(rows):
    rows = np.array(rows, dtype=float)
    half = len(rows) // 2
    parts = PurchaseCells.count(*rows[:half].T) + PurchaseCells.count(*rows[half:].T)
    whole = PurchaseCells.count(*rows.T)
    for name in ("frequency", "recency", "age", "customers"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    assert whole.customers.sum() == len(rows)


def test_the_value_of_a_purchase_lies_between_that_of_the_customer_and_that_of_all():
    model = GammaGamma(6.0, 4.0, 15.0, 0.0)
    assert model.mean == 30.0
    got = model.expected(np.array([0.0, 1.0, 1e9]), np.array([np.nan, 50.0, 50.0]))
    # Fader & Hardie (2013), equation 5: weights (q - 1) and p x.
    assert got == pytest.approx([30.0, (3 * 30 + 6 * 50) / 9, 50.0])


def test_values_of_customers_are_found_again():
    # 20,000 customers of the definition, seen 1 to 5 times; the population mean is 30.
    rng = np.random.default_rng(2)
    frequency = rng.integers(1, 6, 20_000).astype(float)
    value = rng.gamma(6.0 * frequency, 1 / (frequency * rng.gamma(4.0, 1 / 15.0, 20_000)))
    fitted = fit_gamma_gamma(frequency, value)
    assert fitted.mean == pytest.approx(30.0, rel=0.02)
    assert (fitted.p, fitted.q) == pytest.approx((6.0, 4.0), rel=0.1)
    assert abs(frequency_value_correlation(frequency, value)) < 0.03
    assert frequency_value_correlation(frequency, value * frequency) > 0.3
    assert frequency_value_correlation(np.ones(3), np.arange(3.0)) == 0.0


def test_counting_customers_is_repeating_them():
    rng = np.random.default_rng(6)
    frequency, n = rng.integers(1, 6, 300).astype(float), rng.integers(1, 4, 300)
    value = rng.gamma(6.0 * frequency, 1 / (frequency * rng.gamma(4.0, 1 / 15.0, 300)))
    counted = fit_gamma_gamma(frequency, value, n.astype(float))
    repeated = fit_gamma_gamma(np.repeat(frequency, n), np.repeat(value, n))
    assert counted.log_likelihood == pytest.approx(repeated.log_likelihood, rel=1e-9)
    assert frequency_value_correlation(frequency, value, n.astype(float)) == pytest.approx(
        np.corrcoef(np.repeat(frequency, n), np.repeat(value, n))[0, 1]
    )


@given(st.builds(ShiftedBetaGeometric, POSITIVE, POSITIVE, st.just(0.0)), st.integers(0, 9))
def test_survival_is_the_product_of_the_retentions(model, periods):
    steps = np.arange(1, periods + 1)
    assert model.survival(np.array(periods)) == pytest.approx(np.prod(model.retention(steps)))


@given(POSITIVE, POSITIVE, st.floats(0.05, 0.5), st.integers(0, 9))
def test_the_residual_lifetime_is_the_sum_of_its_payments(alpha, beta, discount, renewals):
    model = ShiftedBetaGeometric(alpha, beta, 0.0)
    later = np.arange(renewals + 1, renewals + 1000)
    kept = model.survival(later) / model.survival(np.array(renewals))
    by_hand = (kept / (1 + discount) ** (later - renewals - 1)).sum()
    assert model.residual_lifetime(discount, renewals) == pytest.approx(by_hand, rel=1e-6)


def test_contracts_of_several_cohorts_are_counted_together():
    # Two cohorts with the retention of one model, in expectation, seen for 3 and 6 periods.
    truth = ShiftedBetaGeometric(0.7, 2.5, 0.0)
    kept = truth.survival(np.arange(7.0))
    lost, active = np.zeros(6), np.zeros(7)
    for customers, seen in ((5000, 3), (8000, 6)):
        lost[:seen] += customers * -np.diff(kept[: seen + 1])
        active[seen] += customers * kept[seen]
    fitted = fit_shifted_beta_geometric(lost, active)
    assert (fitted.alpha, fitted.beta) == pytest.approx((0.7, 2.5), rel=1e-3)
