"""Tests that cannot be right are refused with what is wrong; odd ones that can be are calibrated."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.calibration.test_calibrated_words import CREDIT, NAMES, make_credit

import attribution as at
from attribution.errors import ExperimentError

TOTAL = sum(CREDIT) + 306.0  # 1,231 conversions


def users(n=6_000, seed=4, uplift=0.04):
    rng = np.random.default_rng(seed)
    treated = rng.random(n) < 0.5
    before = rng.poisson(1.0, n)
    bought = rng.poisson(0.1 + uplift * treated + 0.05 * before)
    return {"arm": np.where(treated, "treatment", "holdout"), "orders": bought, "before": before}


HOSTILE = {
    "no number": (at.Estimate(math.nan, 0.0, 1.0), "no bounded interval"),
    "no lower end": (at.Estimate(5.0, math.nan, 10.0), "no bounded interval"),
    "no end": (at.Estimate(5.0, -math.inf, 10.0), "no bounded interval"),
    "no width": (at.Estimate(5.0, 5.0, 5.0), "no interval around its estimate"),
    "ends swapped": (at.Estimate(5.0, 0.0 + 10.0, 0.0), r"at\.Estimate\(5, 0, 10\)"),
    "outside its interval": (at.Estimate(50.0, 0.0, 10.0), "low < value < high"),
    "more than there is": (at.Estimate(50_000.0, 40_000.0, 60_000.0), "holds 1,231 conversions in all"),
    "takes away more than there is": (at.Estimate(-5_000.0, -6_000.0, -4_000.0), "holds 1,231 conversions"),
    "a rate": (at.Estimate(0.07, 0.02, 0.12), "a rate, or a part"),
    "a rate around nothing": (at.Estimate(0.01, -0.5, 0.52), "a rate, or a part"),
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_test_that_cannot_be_is_refused(name):
    lift, words = HOSTILE[name]
    with pytest.raises(ExperimentError, match=words):
        at.calibrate(make_credit(), {"email": lift})


def test_credit_of_its_own_lets_a_test_of_other_users_be_as_large_as_it_is():
    lift = at.Evidence(at.Estimate(50_000.0, 40_000.0, 60_000.0), attributed=90_000.0)
    frame = at.calibrate(make_credit(), {"email": lift}).to_frame().set_index("channel")
    assert frame.loc["email", "factor"] == pytest.approx(5 / 9, abs=0.1)


def test_a_small_channel_may_have_an_effect_below_one():
    frame = at.calibrate(make_credit(), {"sms": at.Estimate(0.2, -0.5, 0.9)}).to_frame().set_index("channel")
    assert frame.loc["sms", "incremental"] == pytest.approx(0.2, abs=0.1)


@pytest.mark.parametrize("other", ["email", "sms"])
def test_the_same_users_without_the_covariate_are_the_same_test(other):
    table = users()
    with_it = at.analyze_holdout(table, outcome="orders", covariate="before")
    without = at.analyze_holdout(table, outcome="orders")
    total = float(table["orders"].sum())
    credit = make_credit(lost=total - sum(CREDIT))
    lifts = {"email": with_it} | {other: [with_it, without] if other == "email" else without}
    with pytest.raises(ExperimentError, match=r"same test twice|is that of 'email'"):
        at.calibrate(credit, lifts)


def test_two_tests_of_as_many_users_are_two():
    """Both halves of one half each: as many users and arms, two draws."""
    rng = np.random.default_rng(3)
    lifts = []
    for seed in (1, 2):
        table = users(seed=seed)
        table["arm"] = rng.permutation(np.repeat(["treatment", "holdout"], 3_000))
        lifts.append(at.analyze_holdout(table, outcome="orders"))
    assert dict(lifts[0].n) == dict(lifts[1].n)
    total = float(users(seed=1)["orders"].sum())
    at.calibrate(make_credit(lost=total - sum(CREDIT)), {"email": lifts})


def test_odd_but_possible_tests_are_calibrated():
    everything = {name: at.Estimate(20.0 + i, float(i), 40.0 + i) for i, name in enumerate(NAMES)}
    for lifts in (everything, {"email": at.Estimate(5.0, 5.0 - 1e-9, 5.0 + 1e-9)}):
        calibrated = at.calibrate(make_credit(), lifts)
        frame = calibrated.to_frame()
        ends = frame[["incremental_ci_low", "incremental", "incremental_ci_high"]].to_numpy()
        assert np.isfinite(ends).all()
        assert (np.diff(ends, axis=1) >= -1e-9).all()
        assert 0 <= frame["incremental"].iloc[-1] <= TOTAL


def test_a_credit_of_one_channel_and_a_negative_one_beside_the_tested():
    one = at.calibrate(make_credit(("email",), (30.0,), 0.0), {"email": at.Estimate(10.0, 2.0, 18.0)})
    assert row_of(one, "email")["incremental"] == pytest.approx(10, abs=2)
    amounts = (220.0, -30.0, *CREDIT[2:])
    credit = make_credit(amounts=amounts)
    found = at.calibrate(credit, {"email": at.Estimate(20.0, 0.0, 40.0)})
    assert np.isfinite(row_of(found, "display")["incremental"])
    with pytest.raises(ExperimentError, match="no credit to calibrate"):
        at.calibrate(credit, {"display": at.Estimate(20.0, 0.0, 40.0)})


def row_of(calibrated, channel):
    return calibrated.to_frame().set_index("channel").loc[channel]
