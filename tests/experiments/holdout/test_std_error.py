"""The standard error of an estimate: closed forms, and none of it from the width of an interval."""

from __future__ import annotations

import math

import numpy as np
import pytest

import attribution as at
from attribution.experiments.shared.lift import Estimate

CITIES = ["geo 03", "geo 08", "geo 12", "geo 17", "geo 21", "geo 26"]


def geo(alpha=0.05, **more):
    data = at.datasets.simulate_geo(30, days=100, seed=5, treated=CITIES, lift=0.08)
    days = {"start": "2025-03-19", "end": "2025-04-15", "treated": CITIES, "cost": "spend"}
    return at.analyze_geo(data.panel, alpha=alpha, **days, **({"method": "did"} | more))


def users(n=4_000, buyers=0.2, seed=0):
    rng = np.random.default_rng(seed)
    arm = np.where(rng.random(n) < 0.7, "treatment", "holdout")
    bought = (rng.random(n) < buyers).astype(float)
    return {"arm": arm, "converted": bought, "revenue": bought * rng.gamma(2, 30, n)}


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2, 0.4])
@pytest.mark.parametrize("options", [{}, {"sequential": 4_000}])
def test_of_a_holdout_it_is_the_closed_form_at_every_level_and_reading(alpha, options):
    table = users()
    lift = at.analyze_holdout(table, alpha=alpha, **options)
    treated, control = (table["converted"][table["arm"] == arm] for arm in ("treatment", "holdout"))
    want = math.sqrt(treated.var(ddof=1) / len(treated) + control.var(ddof=1) / len(control))
    assert lift.absolute.std_error == pytest.approx(want, rel=1e-9)
    assert lift.incremental.std_error == pytest.approx(want * len(treated), rel=1e-9)


def test_of_few_events_it_is_that_of_the_score_test():
    arm = np.r_[np.repeat("treatment", 18_000), np.repeat("holdout", 2_000)]
    bought = np.zeros(20_000)
    bought[:9] = 1
    lift = at.analyze_holdout({"arm": arm, "converted": bought})
    share = 9 / 20_000  # both arms' under no effect
    want = math.sqrt(share * (1 - share) * (1 / 18_000 + 1 / 2_000))
    assert lift.absolute.std_error == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("method", ["did", "tbr"])
def test_of_a_geo_test_it_is_the_same_at_every_level(method):
    found = [geo(alpha, method=method) for alpha in (0.01, 0.05, 0.1, 0.2, 0.4)]
    for name in ("incremental", "iroas"):
        errors = [getattr(lift, name).std_error for lift in found]
        np.testing.assert_allclose(errors, errors[0], rtol=1e-9)
    lift = found[1]
    if method == "did":
        # Of a logarithm, by the delta method: the counterfactual's total times its error.
        without = lift.incremental.value / lift.relative.value
        assert lift.incremental.std_error == pytest.approx(without * lift.details["standard_error"], rel=1e-6)


def test_a_calibration_does_not_depend_on_the_level_that_a_test_was_shown_at():
    credit = at.Credit(
        models=("last_touch",),
        by=("channel",),
        keys=(np.array(["email", "search"], dtype=object),),
        conversions=np.array([[300.0, 500.0]]),
        value=np.array([[30_000.0, 50_000.0]]),
    ).with_spend({"email": 5_000})
    errors = [
        at.calibrate(credit, {"email": geo(alpha)}, measure="value").tested[0].error
        for alpha in (0.01, 0.05, 0.1, 0.2, 0.4)
    ]
    np.testing.assert_allclose(errors, errors[0], rtol=1e-9)


def test_other_units_and_no_error():
    one = Estimate(2.0, 1.0, 3.0, std_error=0.5)
    assert one.times(10).std_error == 5.0
    assert one.to_dict()["std_error"] == 0.5
    assert math.isnan(Estimate(2.0, 1.0, 3.0).std_error)
    conformal = geo(method=at.SyntheticControl(inference="conformal"))
    assert math.isnan(conformal.incremental.std_error)
