"""Synthetic control and synthetic difference in differences: published results, brute force and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.experiments.panels.published import geolift_test, proposition_99

from attribution.experiments.panels.simplex import simplex_weights
from attribution.experiments.panels.synthetic_control import (
    _corrections,
    choose_ridge,
    match_levels,
    synthetic_control,
)
from attribution.experiments.panels.synthetic_did import synthetic_did

FEW = settings(max_examples=25)


def att(target, fit, n_pre):
    return (target - fit.counterfactual)[n_pre:].mean()


def panel(seed, n_donors=5, periods=30):
    """Donors with common waves, and a target near a mix of them."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(size=(3, periods)).cumsum(axis=1)
    donors = 50.0 + rng.normal(size=(n_donors, 3)) @ waves + rng.normal(size=(n_donors, periods))
    target = rng.dirichlet(np.ones(n_donors)) @ donors + 4.0 + rng.normal(size=periods)
    return target, donors


# ------------------------------------------------------------------------------------ published results
# GeoLift 2.7.5 on its own data, as R's augsynth computes them: attributes of GeoLift's walkthrough.


def test_geolift_walkthrough():
    target, donors, n_pre, names = geolift_test()
    fit = synthetic_control(target, donors, n_pre)
    assert att(target, fit, n_pre) == pytest.approx(155.5557, abs=1e-3)
    assert 2 * (target - fit.counterfactual)[n_pre:].sum() == pytest.approx(4666.67, abs=0.01)
    lift = target[n_pre:].sum() / fit.counterfactual[n_pre:].sum() - 1.0
    assert 100.0 * lift == pytest.approx(5.4232, abs=1e-4)
    assert fit.l2 == pytest.approx(909.4886, abs=1e-3)
    assert fit.scaled_l2 == pytest.approx(0.163639, abs=1e-6)
    published = {"cincinnati": 0.22718, "miami": 0.20277, "baton rouge": 0.13354}
    weights = dict(zip(names, fit.weights, strict=True))
    assert {name: weights[name] for name in published} == pytest.approx(published, abs=2e-5)
    assert fit.ridge is None
    assert fit.weights is fit.simplex


def test_geolift_walkthrough_ridge_augmented():
    target, donors, n_pre, _ = geolift_test()
    ridge = choose_ridge(target, donors, n_pre)
    assert ridge == pytest.approx(1.6731e9, rel=1e-4)
    fit = synthetic_control(target, donors, n_pre, ridge=ridge)
    assert att(target, fit, n_pre) == pytest.approx(156.805, abs=1e-3)
    assert fit.l2 == pytest.approx(903.525, abs=1e-3)
    assert fit.weights.sum() == pytest.approx(1.0)
    assert fit.simplex.min() >= 0.0


def test_geolift_walkthrough_without_fixed_effects():
    target, donors, n_pre, _ = geolift_test()
    fit = synthetic_control(target, donors, n_pre, fixed_effects=False)
    assert att(target, fit, n_pre) == pytest.approx(122.7257, abs=1e-3)
    assert fit.l2 == pytest.approx(927.252, abs=1e-3)


def test_proposition_99_synthetic_control():
    # The exact simplex on all outcomes before 1989, no covariates: -19.5136 (Arkhangelsky et al. 2021,
    # table 1, has -19.6 with a small penalty).
    target, donors, n_pre = proposition_99()
    fit = synthetic_control(target, donors, n_pre, fixed_effects=False)
    assert att(target, fit, n_pre) == pytest.approx(-19.5136, abs=1e-4)


def test_proposition_99_synthetic_did():
    # Arkhangelsky et al. (2021), table 1: -15.6; their package: -15.6038 and the time weights below.
    target, donors, n_pre = proposition_99()
    fit = synthetic_did(target, donors, n_pre)
    assert fit.effect == pytest.approx(-15.6038, abs=0.002)
    assert fit.time_weights[-3:] == pytest.approx([0.3665, 0.2065, 0.4271], abs=1e-4)
    assert fit.effect == pytest.approx(att(target, fit, n_pre), abs=1e-10)


@pytest.mark.parametrize("n_treated", [1, 3])
def test_synthetic_did_is_the_estimate_of_the_authors_package(n_treated):
    # synthdid-py is a port of it; it stops before the minimum, hence the tolerance.
    synthdid = pytest.importorskip("synthdid", reason="synthdid-py is the oracle")
    _, states, n_pre = proposition_99()
    ours = synthetic_did(states[-n_treated:].mean(axis=0), states[:-n_treated], n_pre, n_treated=n_treated)
    theirs = synthdid.synthdid_estimate(states, len(states) - n_treated, n_pre)
    assert ours.effect == pytest.approx(float(theirs), abs=0.02)
    assert ours.unit_weights == pytest.approx(np.asarray(theirs.weights.omega), abs=0.01)


# -------------------------------------------------------------------------------------- the simplex, exactly


@FEW
@given(st.integers(0, 10_000), st.floats(0.0, 5.0))
def test_simplex_weights_satisfy_the_conditions_of_the_minimum(seed, penalty):
    # Karush, Kuhn and Tucker: the slope is the same on all donors with weight, and no smaller elsewhere.
    target, donors = panel(seed)
    weights = simplex_weights(target, donors, penalty=penalty)
    assert weights.min() >= 0.0
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    slope = donors @ (weights @ donors - target) + penalty * weights
    least = slope.min()
    assert slope[weights > 1e-9] == pytest.approx(least, abs=1e-7 * np.abs(slope).max() + 1e-7)


def test_simplex_weights_against_a_grid():
    target, donors = panel(7, n_donors=3)
    share = np.arange(0.0, 1.0001, 0.005)
    first, second = (a.ravel() for a in np.meshgrid(share, share))
    inside = first + second <= 1.0
    mixes = np.stack([first, second, 1.0 - first - second])[:, inside]
    best = mixes[:, ((target[:, None] - donors.T @ mixes) ** 2).sum(axis=0).argmin()]
    assert simplex_weights(target, donors) == pytest.approx(best, abs=0.01)


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e12])
def test_simplex_weights_know_no_unit(size):
    target, donors = panel(3)
    weights = simplex_weights(size * target, size * donors, penalty=2.0 * size**2)
    assert weights == pytest.approx(simplex_weights(target, donors, penalty=2.0), abs=1e-10)


def test_simplex_weights_of_one_donor_and_of_equal_ones():
    target = np.arange(4.0)
    assert simplex_weights(target, target[None] + 3.0).tolist() == [1.0]
    assert simplex_weights(target, np.stack([target, target])).tolist() == [0.5, 0.5]


# ------------------------------------------------------------------------------------------------- laws

ESTIMATORS = {
    "fixed effects": synthetic_control,
    "levels": lambda target, donors, n_pre: synthetic_control(target, donors, n_pre, fixed_effects=False),
    "ridge": lambda target, donors, n_pre: synthetic_control(
        target, donors, n_pre, ridge=0.1 * donors.var() * donors.size
    ),
    "did": synthetic_did,
}
estimators = pytest.mark.parametrize("name", list(ESTIMATORS))
N_PRE = 22
# The penalty that makes the time weights unique is tiny, so the solver's last digits move them: scipy 1.12's
# non-negative least squares stops earlier than later ones.
TOLERANCE = {"did": 2e-3}


@estimators
@FEW
@given(seed=st.integers(0, 10_000))
def test_the_order_of_donors_does_not_matter(name, seed):
    target, donors = panel(seed)
    order = np.random.default_rng(seed).permutation(len(donors))
    fit, other = (ESTIMATORS[name](target, rows, N_PRE) for rows in (donors, donors[order]))
    close = pytest.approx(fit.counterfactual, abs=1e-6, rel=TOLERANCE.get(name, 1e-6) / 100)
    assert other.counterfactual == close


@estimators
@FEW
@given(seed=st.integers(0, 10_000), size=st.floats(1e-3, 1e6))
def test_effects_have_the_unit_of_the_outcome(name, seed, size):
    target, donors = panel(seed)
    fit, other = (ESTIMATORS[name](k * target, k * donors, N_PRE) for k in (1.0, size))
    close = pytest.approx(size * fit.counterfactual, rel=max(TOLERANCE.get(name, 0.0) / 100, 1e-6))
    assert other.counterfactual == close


@pytest.mark.parametrize("name", ["fixed effects", "ridge", "did"])
@FEW
@given(seed=st.integers(0, 10_000))
def test_the_level_of_a_unit_does_not_matter_with_fixed_effects(name, seed):
    target, donors = panel(seed)
    shifts = np.random.default_rng(seed).uniform(-100.0, 100.0, len(donors))
    ridge = 0.1 * donors.var() * donors.size

    def gaps(target, donors):
        if name == "ridge":
            fit = synthetic_control(target, donors, N_PRE, ridge=ridge)
        else:
            fit = ESTIMATORS[name](target, donors, N_PRE)
        return target - fit.counterfactual

    shifted, plain = gaps(target + 30.0, donors + shifts[:, None]), gaps(target, donors)
    assert shifted == pytest.approx(plain, abs=TOLERANCE.get(name, 1e-6))


@pytest.mark.parametrize("name", ["fixed effects", "levels", "ridge"])
@FEW
@given(seed=st.integers(0, 10_000), effect=st.floats(-20.0, 20.0))
def test_a_mix_of_donors_is_recovered_with_its_effect(name, seed, effect):
    _, donors = panel(seed)
    weights = np.random.default_rng(seed).dirichlet(np.ones(len(donors)))
    target = weights @ donors
    target[N_PRE:] += effect
    fit = ESTIMATORS[name](target, donors, N_PRE)
    assert fit.weights == pytest.approx(weights, abs=1e-6)
    assert att(target, fit, N_PRE) == pytest.approx(effect, abs=1e-5)
    assert fit.l2 == pytest.approx(0.0, abs=1e-5)


@FEW
@given(seed=st.integers(0, 10_000), effect=st.floats(-20.0, 20.0))
def test_synthetic_did_recovers_an_effect_on_additive_panels(seed, effect):
    # Unit effects plus period effects and no noise: any weights give the effect exactly.
    rng = np.random.default_rng(seed)
    series = rng.normal(size=(6, 1)) + rng.normal(size=30)
    series[0, N_PRE:] += effect
    fit = synthetic_did(series[0], series[1:], N_PRE)
    assert fit.effect == pytest.approx(effect, abs=1e-8)
    assert fit.unit_weights.min() >= 0.0
    assert fit.time_weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["fixed effects", "levels", "did"])
@FEW
@given(seed=st.integers(0, 10_000))
def test_the_size_of_a_unit_does_not_matter_once_levels_match(name, seed):
    target, donors = panel(seed)
    donors = np.abs(donors)
    sizes = np.random.default_rng(seed).uniform(0.1, 50.0, (len(donors), 1))
    fit, other = (
        ESTIMATORS[name](target, match_levels(target, rows, N_PRE), N_PRE)
        for rows in (donors, sizes * donors)
    )
    assert other.counterfactual == pytest.approx(fit.counterfactual, rel=TOLERANCE.get(name, 1e-6))


def test_a_large_unit_with_the_growth_of_small_ones_is_matched_in_proportion():
    # Exactly ten times a mix of small units: outside their hull in units, inside it in proportion.
    _, donors = panel(9)
    target = 10.0 * donors[:2].mean(axis=0)
    target[N_PRE:] *= 1.1
    fit = synthetic_control(target, match_levels(target, donors, N_PRE), N_PRE)
    assert target[N_PRE:] / fit.counterfactual[N_PRE:] == pytest.approx(1.1, abs=1e-9)
    assert synthetic_control(target, donors, N_PRE).scaled_l2 > 0.5


def test_donors_of_level_zero_keep_it():
    donors = np.array([[1.0, -1.0, 2.0], [2.0, 2.0, 2.0]])
    matched = match_levels(np.array([4.0, 4.0, 9.0]), donors, 2)
    assert matched.tolist() == [[1.0, -1.0, 2.0], [4.0, 4.0, 4.0]]


def test_an_effect_in_the_window_moves_no_weight():
    target, donors = panel(11)
    moved = target.copy()
    moved[N_PRE:] += 5.0
    for estimate in ESTIMATORS.values():
        before, after = estimate(target, donors, N_PRE), estimate(moved, donors, N_PRE)
        assert np.array_equal(before.counterfactual, after.counterfactual)


# ------------------------------------------------------------------------------------------------ ridge


def test_ridge_correction_is_the_published_formula():
    # Ben-Michael, Feller & Rothstein (2021): w + (x - w X)' (X'X + ridge I)^-1 X', as it is written there.
    target, donors = panel(5)
    ridge = 40.0
    fit = synthetic_control(target, donors, N_PRE, ridge=ridge)
    before = target[:N_PRE] - target[:N_PRE].mean()
    others = donors[:, :N_PRE] - donors[:, :N_PRE].mean(axis=1, keepdims=True)
    centred, gap = others - others.mean(axis=0), before - others.mean(axis=0)
    inverse = np.linalg.inv(centred.T @ centred + ridge * np.eye(N_PRE))
    correction = (gap - fit.simplex @ centred) @ inverse @ centred.T
    assert fit.weights == pytest.approx(fit.simplex + correction, abs=1e-10)
    huge = synthetic_control(target, donors, N_PRE, ridge=1e15)
    assert huge.weights == pytest.approx(huge.simplex, abs=1e-9)


def test_choose_ridge_is_leave_one_out_by_brute_force():
    target, donors = panel(2)
    target = 2.0 * donors[0] - donors[1] + 0.1 * target  # outside the hull: a correction pays
    for fixed_effects in (True, False):
        chosen = choose_ridge(target, donors, N_PRE, fixed_effects=fixed_effects)
        before = donors[:, :N_PRE] - (donors[:, :N_PRE].mean(axis=1, keepdims=True) if fixed_effects else 0.0)
        largest = np.linalg.svd(before - before.mean(axis=0), compute_uv=False)[0] ** 2
        grid = largest * 10.0 ** np.linspace(0.0, -8.0, 21)
        errors = np.empty((N_PRE, 21))
        for out in range(N_PRE):
            order = [*(t for t in range(N_PRE) if t != out), out]
            for k, ridge in enumerate(grid):
                fit = synthetic_control(
                    target[order], donors[:, order], N_PRE - 1, fixed_effects=fixed_effects, ridge=ridge
                )
                errors[out, k] = (target[out] - fit.counterfactual[-1]) ** 2
        mean, best = errors.mean(axis=0), errors.mean(axis=0).argmin()
        near = mean[best] + errors[:, best].std(ddof=1) / np.sqrt(N_PRE)
        assert chosen == pytest.approx(grid[mean <= near].max(), rel=1e-9)


def test_nothing_to_correct():
    target = np.arange(10.0) ** 2
    assert choose_ridge(target, np.ones((1, 10)), 8) == 0.0
    fit = synthetic_control(target, np.stack([target, target]) + 1.0, 8, ridge=0.0)
    assert fit.weights.tolist() == [0.5, 0.5]
    assert fit.scaled_l2 == 0.0


def test_ridge_corrections_solve_the_ridge_regression():
    """``(X X' + r I) b = X y`` by numpy, for each ridge; X are the donors less their mean in each period."""
    rng = np.random.default_rng(6)
    donors, target = rng.normal(size=(5, 20)).cumsum(axis=1), rng.normal(size=20).cumsum()
    simplex = simplex_weights(target, donors)
    ridges = np.array([0.3, 4.0, 250.0])
    found = _corrections(target, donors, simplex, ridges)
    centred = donors - donors.mean(axis=0)
    for ridge, weights in zip(ridges, found, strict=True):
        expected = np.linalg.solve(
            centred @ centred.T + ridge * np.eye(5), centred @ (target - simplex @ donors)
        )
        np.testing.assert_allclose(weights, expected, rtol=1e-8)
