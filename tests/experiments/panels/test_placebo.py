"""Placebo in space: sets, statistics by hand, and the exact agreement of p-value and interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.experiments.panels.placebo import (
    Studentised,
    draw_sets,
    placebo_test,
    placebos,
    studentise,
    validation_length,
)
from attribution.experiments.panels.synthetic_control import synthetic_control

FEW = settings(max_examples=40)


def control(target, donors, n_pre):
    return synthetic_control(target, donors, n_pre).counterfactual


@FEW
@given(st.integers(2, 30), st.integers(1, 5), st.integers(1, 300), st.integers(0, 99))
def test_sets_are_distinct_and_as_many_as_there_are(n_controls, k, n_sets, seed):
    k = min(k, n_controls - 1)
    sets = draw_sets(n_controls, k, n_sets, np.random.default_rng(seed))
    assert sets.shape == (min(n_sets, math.comb(n_controls, k)), k)
    assert len({tuple(row) for row in sets.tolist()}) == len(sets)
    assert (np.diff(sets, axis=1) > 0).all()
    assert sets.min() >= 0
    assert sets.max() < n_controls


@pytest.mark.parametrize(("n_controls", "n_sets"), [(40, 200), (12, 50)])  # drawn, and cut from all of them
def test_every_geo_is_as_likely_as_any_other(n_controls, n_sets):
    rng = np.random.default_rng(0)
    seen = sum(
        np.bincount(draw_sets(n_controls, 2, n_sets, rng).ravel(), minlength=n_controls) for _ in range(100)
    )
    expected = 100 * n_sets * 2 / n_controls
    assert np.abs(seen - expected).max() < 4.5 * np.sqrt(expected)


def test_the_scale_is_the_error_of_a_fit_that_did_not_see_it():
    rng = np.random.default_rng(5)
    donors = 100.0 + rng.normal(size=(6, 70)).cumsum(axis=1)
    target = donors[:3].mean(axis=0) + rng.normal(size=70)
    held = validation_length(50, 20)
    assert held == 16
    fit = studentise(target, donors, 50, control)
    weights = synthetic_control(target[:34], donors[:, :34], 34)
    gaps = target[34:50] - (
        weights.weights @ donors[:, 34:50]
        + target[:34].mean()
        - weights.weights @ donors[:, :34].mean(axis=1)
    )
    assert fit.scale == pytest.approx(np.sqrt((gaps**2).mean()) / target[34:50].mean())
    assert fit.r2 == pytest.approx(1.0 - (gaps**2).mean() / target[34:50].var())
    whole = synthetic_control(target, donors, 50).counterfactual
    assert fit.effect == pytest.approx(np.log(target[50:].sum() / whole[50:].sum()))


def test_placebos_use_the_other_controls_and_are_lazy():
    rng = np.random.default_rng(1)
    controls = 100.0 + rng.normal(size=(5, 40)).cumsum(axis=1)
    sets = draw_sets(5, 2, 50, rng)
    asked = []

    def counting(target, donors, n_pre):
        asked.append((target.copy(), donors.copy()))
        return control(target, donors, n_pre)

    results = placebos(controls, sets, 30, counting)
    assert asked == []
    first = next(results)
    assert len(asked) == 2
    assert np.array_equal(asked[1][0], controls[[0, 1]].mean(axis=0))
    assert np.array_equal(asked[1][1], controls[[2, 3, 4]])
    assert first == studentise(controls[[0, 1]].mean(axis=0), controls[[2, 3, 4]], 30, control)
    assert len(list(results)) == len(sets) - 1


@FEW
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 120),
    alpha=st.sampled_from([0.01, 0.05, 0.1, 0.2, 0.5]),
    guess=st.floats(-0.5, 0.5),
)
def test_interval_and_p_value_agree_exactly(seed, n, alpha, guess):
    rng = np.random.default_rng(seed)
    others = [
        Studentised(e, s, 0.9) for e, s in zip(rng.normal(0, 0.1, n), rng.uniform(0.05, 0.1, n), strict=True)
    ]
    actual = Studentised(float(rng.normal(0, 0.2)), 0.07, 0.9)
    test = placebo_test(actual, others, alpha=alpha)
    assert (test.low <= 0.0 <= test.high) == (test.p_value > alpha)
    # The same of any other hypothesis, which moves the effect and leaves the placebos where they are.
    moved = placebo_test(Studentised(actual.effect - guess, 0.07, 0.9), others, alpha=alpha)
    assert (test.low <= guess <= test.high) == (moved.p_value > alpha)
    statistics = np.array([one.effect / one.scale for one in others])
    assert test.p_value == pytest.approx((1 + (abs(statistics) >= abs(actual.effect) / 0.07).sum()) / (1 + n))


def test_too_few_sets_for_the_level_leave_the_interval_unbounded():
    test = placebo_test(Studentised(5.0, 0.1, 0.9), [Studentised(0.1, 0.1, 0.9)] * 18, alpha=0.05)
    assert (test.low, test.high) == (-math.inf, math.inf)
    assert test.p_value == pytest.approx(1 / 19)
    enough = placebo_test(Studentised(5.0, 0.1, 0.9), [Studentised(0.1, 0.1, 0.9)] * 19, alpha=0.05)
    assert (enough.low, enough.high) == pytest.approx((4.9, 5.1))
    assert enough.p_value == pytest.approx(1 / 20)


def test_badly_predicted_sets_are_dropped_and_counted():
    others = [
        Studentised(0.1, 0.1, 0.59),
        Studentised(math.nan, 0.1, 0.9),
        Studentised(0.1, 0.0, 1.0),
        Studentised(0.1, math.nan, 0.9),
        *[Studentised(0.1, 0.1, 0.61)] * 20,
    ]
    test = placebo_test(Studentised(0.3, 0.1, 0.9), iter(others))
    assert test.n_dropped == 4
    assert test.statistics == pytest.approx(np.ones(20))
    assert placebo_test(Studentised(0.3, 0.1, 0.9), others, least_r2=-math.inf).n_dropped == 3


def test_series_without_sales_have_no_log_ratio():
    donors = np.abs(np.random.default_rng(0).normal(size=(3, 20)))
    fit = studentise(np.zeros(20), donors, 15, control)
    assert math.isnan(fit.effect)
    assert math.isnan(fit.scale)


def test_random_assignment_rejects_as_often_as_it_says():
    # Closed form of a permutation test: treated set and placebos exchangeable, so P(p <= 0.1) = 0.1 exactly
    # with 19 placebos; 2,000 draws of 20 statistics each, Monte Carlo error 0.0067.
    rng = np.random.default_rng(3)
    effects, scales = rng.normal(size=(2000, 20)), rng.uniform(0.5, 2.0, size=(2000, 20))
    rejected = 0
    for effect, scale in zip(effects, scales, strict=True):
        fits = [Studentised(float(e * s), float(s), 0.9) for e, s in zip(effect, scale, strict=True)]
        rejected += placebo_test(fits[0], fits[1:], alpha=0.1).p_value <= 0.1
    assert rejected / 2000 == pytest.approx(0.1, abs=0.02)


def test_as_many_periods_are_left_out_as_the_test_has():
    rng = np.random.default_rng(9)
    donors, target = rng.normal(10.0, 1.0, (4, 60)), rng.normal(10.0, 1.0, 60)

    def mean(target, donors, n_pre):
        return donors.mean(axis=0)

    for n_pre in (30, 45, 55):
        found = studentise(target, donors, n_pre, mean)
        held = validation_length(n_pre, 60 - n_pre)
        assert found == studentise(target, donors, n_pre, mean, n_validation=held)
        unseen = slice(n_pre - held, n_pre)
        errors = (target - donors.mean(axis=0))[unseen]
        assert found.r2 == pytest.approx(1 - errors @ errors / (target[unseen].var() * held))
