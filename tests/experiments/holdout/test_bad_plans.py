"""Holdouts that cannot be planned, drawn, read or calibrated with: refused with reason and fix."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.errors import AttributionError

NAN, INF = float("nan"), float("inf")
FRAME = pd.DataFrame({"user_id": ["a", "b", "c"], "region": ["x", None, "y"], "house": [1, 1, 2]})
ROWS = pd.DataFrame(
    {
        "user_id": np.arange(400),
        "arm": np.where(np.arange(400) % 2, "treatment", "holdout"),
        "converted": (np.random.default_rng(8).random(400) < 0.3) * 1,
        "revenue": np.random.default_rng(9).gamma(1.0, 10.0, 400),
        "exposed": np.arange(400) % 4 == 1,
    }
)
CREDIT = at.Credit(
    models=("last_touch",),
    by=("channel",),
    keys=(np.array(["email", "search"], dtype=object),),
    conversions=np.array([[80.0, 40.0]]),
    value=np.array([[800.0, 400.0]]),
)
LIFT = at.analyze_holdout(ROWS)


def plan(**options):
    return lambda: at.plan_holdout(**{"baseline": 0.02, "lift": 0.1} | options)


def pilot(values, **options):
    return lambda: at.plan_holdout(pilot=values, lift=0.1, **options)


def assign(users, **options):
    return lambda: at.assign_holdout(users, **{"share": 0.1, "salt": "s"} | options)


def earlier(ids, arms):
    return assign(ids, previous=pd.DataFrame({"user_id": ids, "arm": arms}))


def read(frame, **options):
    return lambda: at.analyze_holdout(frame, **options)


def calibrate(lifts, **options):
    return lambda: at.calibrate(CREDIT, lifts, **options)


def evidence(**options):
    return lambda: at.Evidence(LIFT, **options)


CASES = [
    ("a rate in percent", plan(baseline=2), "no conversion rate", "baseline=0.02"),
    ("a rate as text", plan(baseline="2%"), "is no number", "baseline=0.02"),
    ("no events", plan(baseline=0), "no conversion rate", "between 0 and 1"),
    ("a lift as text", plan(lift="10%"), "lift='10%' is no number", "lift=0.1"),
    ("a lift without end", plan(lift=INF), "is no number", "lift=0.1"),
    ("a lift beyond all", plan(baseline=0.2, lift=10), "from 0.2 to 2.2", "lift=0.1"),
    ("three units", plan(lift=None, n=3), "n=3 is too few", "n=200_000"),
    ("half a unit", plan(lift=None, n=100.5), "whole number", "n=200_000"),
    ("fewer than none", plan(lift=None, n=-5), "above 0", "n=200_000"),
    ("units as text", plan(lift=None, n="1000"), "is no number", "n=200_000"),
    ("a share in percent", plan(share=20), "leaves the treatment empty", "share=0.2"),
    ("an empty holdout", plan(share=0), "above 0", "share=0.1"),
    ("an empty arm", plan(arms={"holdout": 1.0, "a": 0}), "above 0", ""),
    ("one arm", plan(arms={"holdout": 1.0}), "fewer than two arms", '"treatment": 0.8'),
    ("an arm misnamed", plan(arms={"holdut": 0.5, "a": 0.5}), "did you mean 'holdut'", "holdout"),
    ("exposure in percent", plan(exposure=50), "at most 1", "exposure=0.5"),
    ("no days", plan(daily_units=0), "above 0", "daily_units=10_000"),
    ("no cost", plan(cost_per_exposed=0, value=60), "above 0", "cost_per_exposed="),
    ("rho of one", plan(rho=1), "leaves anything", "rho=0.5"),
    ("a pilot of zeros", pilot(np.zeros(100)), "all 100 values of the pilot are 0", "varies"),
    ("a pilot of three", pilot([0, 1, 0]), "at least 10 values", "one value a unit"),
    ("a pilot with gaps", pilot([0, 1, NAN] * 10), "missing values", "fillna(0)"),
    ("a pilot without end", pilot([0, 1, INF] * 10, outcome="mean"), "infinite values", "cap"),
    ("a pilot of words", pilot(["yes"] * 20), "no column of numbers", "revenue"),
    ("money as a rate", pilot(ROWS["revenue"]), "other than 0 and 1", "outcome='mean'"),
    ("assigned: a share in percent", assign(["a"], share=10), "leaves an arm empty", "0.1 for 10 percent"),
    ("assigned: no salt", assign(["a"], salt=""), "name of the experiment", "salt="),
    ("assigned: shares beyond 1", assign(["a"], share=None, arms={"holdout": 0.5, "treatment": 0.6}),
     "sum to 1.1", "0.5"),
    ("assigned: arms misnamed", assign(["a"], share=None, arms={"holdout": 0.5, "treat": 0.5}),
     "is no arm", "rest='treat'"),
    ("assigned: a missing id", assign(["a", None]), "1 missing values", "without user_id"),
    ("assigned: mixed ids", assign([1, "1", 2]), "cannot be read as a column of ids", "string"),
    ("assigned: decimals", assign([1.5, INF]), "does not name units", "string"),
    ("assigned: another column", assign(FRAME.rename(columns={"user_id": "userid"})),
     "did you mean 'userid'", ""),
    ("assigned: a missing stratum", assign(FRAME, strata="region"), "missing values", "fillna('unknown')"),
    ("assigned: columns of two lengths", assign({"user_id": ["a", "b"], "region": ["x"]}, strata="region"),
     "1 rows and users 2", "one entry"),
    ("assigned: two columns of one name", assign(pd.DataFrame([["a", "b"]], columns=["user_id"] * 2)),
     "Duplicate column", "each once"),
    ("assigned: a path", assign("users.parquet"), "path of no file", "users.parquet"),
    ("assigned: an arm unknown before", earlier(["a"], ["control"]), "no arm 'control'", ""),
    ("assigned: both arms before", earlier(["a", "a"], ["holdout", "treatment"]),
     "more than one arm of the earlier", "leave these users out"),
    ("read: arms of 0 and 1", read(ROWS.assign(arm=ROWS["user_id"] % 2)),
     "no user is in the arm", "treatment='1', holdout='0'"),
    ("read: the outcome as covariate", read(ROWS, covariate="converted"), "what the test measures", "before"),
    ("read: exposure as covariate", read(ROWS, covariate="exposed", exposed="exposed"),
     "what the test measures", "before"),
    ("read: a copy of the outcome", read(ROWS.assign(past=3.0 - ROWS["converted"]), covariate="past"),
     "says the same as the outcome", "before"),
    ("read: numbers beyond squares", read(ROWS.assign(revenue=ROWS["revenue"] * 1e200), outcome="revenue"),
     "squares are not finite", "power of ten"),
    ("read: a check that is none", read(ROWS, checks=["fine"]), "not a CheckResult", "checks="),
    ("read: mixed types", read(ROWS.assign(converted=["yes", 1] * 200)), "not of one type", "astype"),
    ("calibrated: nothing", calibrate({}), "names no experiment", "analyze_holdout"),
    ("calibrated: a lift of nothing", calibrate(LIFT), "lifts is a Lift", '{"email"'),
    ("calibrated: a channel misspelt", calibrate({"emial": LIFT}), "did you mean 'email'", ""),
    ("calibrated: a number", calibrate({"email": 25.0}), "not a Lift", "analyze_holdout"),
    ("calibrated: three numbers", calibrate({"email": (25.0, 5.0, 45.0)}), "not a Lift", "Estimate(25.0"),
    ("calibrated: several arms", lambda: at.calibrate(
        CREDIT, {"email": at.analyze_holdout(ROWS, treatment=["treatment"])}),
     "several lifts, by arm", "['treatment']"),
    ("calibrated: no estimate", calibrate({"email": at.Estimate(NAN, 0.0, 1.0)}), "no bounded", "leave"),
    ("calibrated: no end", calibrate({"email": at.Estimate(5.0, -INF, 9.0)}), "no bounded", "leave"),
    ("calibrated: a gap", calibrate({"email": at.Estimate(5.0, 0.0, 9.0, "", (1.0, 2.0))}), "no bounded", ""),
    ("calibrated: ends swapped", calibrate({"email": at.Estimate(5.0, 9.0, 1.0)}), "no interval", "5, 1, 9"),
    ("calibrated: no width", calibrate({"email": at.Estimate(5.0, 5.0, 5.0)}), "no interval", "low"),
    ("calibrated: outside itself", calibrate({"email": at.Estimate(50.0, 5.0, 9.0)}), "estimate 50", "low"),
    ("calibrated: too many", calibrate({"email": at.Estimate(1e300, -1e300, 2e300)}), "beyond any", ""),
    ("calibrated: money as conversions", lambda: at.calibrate(
        CREDIT, {"email": at.analyze_holdout(ROWS, outcome="revenue")}),
     "not the same users, days or conversions", "to at.Evidence as attributed"),
    ("calibrated: a frame", lambda: at.calibrate(CREDIT.to_frame(), {"email": LIFT}), "not a Credit", ""),
    ("evidence: credit as text", evidence(attributed="5"), "is no number", "attributed=1_240"),
    ("evidence: a day unknown", evidence(start="soon"), "is not a date", 'start="2026-03-01"'),
    ("evidence: ends first", evidence(start="2026-03-01", end="2026-02-01"), "before it starts", "end="),
    ("evidence: in percent", evidence(capture=80), "between 0.001 and 1", "capture="),
    ("evidence: no age", evidence(age_weeks=NAN), "between 0 and 2600", "age_weeks="),
]  # fmt: skip


@pytest.mark.parametrize(("do", "text", "fix"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numpy, of what is refused afterwards
def test_it_is_refused_with_the_fix(do, text, fix):
    with pytest.raises(AttributionError) as caught:
        do()
    assert text in str(caught.value)
    assert fix in str(caught.value)


def test_a_lift_that_may_be_meant_in_percent_is_planned_and_said():
    assert "ten percent is lift=0.1" in at.plan_holdout(baseline=0.02, lift=10).summary()
    assert "ten percent" not in at.plan_holdout(baseline=0.02, lift=0.5).summary()


def test_an_arm_that_nobody_falls_into_is_said():
    assert "No user fell into 'holdout'" in repr(at.assign_holdout(["a", "b", "c"], share=0.1, salt="s"))


def test_a_user_in_two_rows_keeps_one_arm():
    arms = at.assign_holdout(["a", "b", "a"], share=0.5, salt="s").to_frame()["arm"]
    assert arms[0] == arms[2]


def test_losses_are_planned_from_where_they_stand():
    # A lift of 10% of a mean of -2 is a gain of 0.2: (z_.975 + z_.8)^2 * 2 / 0.2^2 = 392.4 an arm.
    found = at.plan_holdout(outcome="mean", baseline=-2.0, sd=1.0, lift=0.1)
    assert found.effect == pytest.approx(0.2)
    assert found.n_per_arm["holdout"] == pytest.approx(393, abs=1)


def test_a_blocked_verdict_does_not_calibrate():
    lost = ROWS[(ROWS["arm"] == "treatment") | (ROWS["user_id"] > 160)]
    found = at.analyze_holdout(lost, shares={"treatment": 0.5, "holdout": 0.5})
    assert found.verdict == "blocked"
    with pytest.raises(AttributionError, match="blocked by a failed check"):
        at.calibrate(CREDIT, {"email": found})
