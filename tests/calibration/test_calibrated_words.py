"""Calibration keeps what an experiment said, says how much of it is its own, and what it did not see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.errors import ExperimentError

NAMES = ("direct", "display", "email", "organic_search", "retargeting", "sms", "video")
CREDIT = (220.0, 60.0, 113.0, 250.0, 254.0, 13.0, 15.0)


def make_credit(names=NAMES, amounts=CREDIT, lost=306.0):
    return at.Credit(
        models=("last_touch",),
        by=("channel",),
        keys=(np.array([*names, "(unattributed)"], dtype=object),),
        conversions=np.array([[*amounts, lost]]),
        value=100 * np.array([[*amounts, lost]]),
    )


def row(calibrated, channel):
    return calibrated.to_frame().set_index("channel").loc[channel]


def holdout(seed=1, uplift=0.05, n=4_000):
    rng = np.random.default_rng(seed)
    arm = np.where(rng.random(n) < 0.5, "treatment", "holdout")
    bought = (rng.random(n) < np.where(arm == "treatment", 0.15 + uplift, 0.15)).astype(float)
    return at.analyze_holdout({"arm": arm, "converted": bought})


def test_a_precise_test_of_a_channel_with_little_credit_is_believed():
    # Of the study: 13 credited, a test of 900 (800 to 1,000); pooled as factors it was told 215.
    lifts = {"sms": at.Estimate(900.0, 800.0, 1_000.0), "email": at.Estimate(150.0, 11.0, 289.0)}
    calibrated = at.calibrate(make_credit(), lifts)
    found = row(calibrated, "sms")
    assert 800 < found["incremental"] < 1_000
    assert found["from_test"] > 0.9
    assert found["incremental_ci_low"] > 750
    assert f"{found['from_test']:.0%} from its test, which by itself says 900" in calibrated.summary()


def test_the_test_and_its_share_stand_beside_the_number():
    calibrated = at.calibrate(make_credit(), {"email": at.Estimate(150.0, 11.0, 289.0)})
    found, other = row(calibrated, "email"), row(calibrated, "video")
    assert found[["test", "test_ci_low", "test_ci_high"]].tolist() == pytest.approx([150, 11, 289], abs=0.01)
    assert 0.2 < found["from_test"] < 0.8
    assert np.isnan(other["from_test"])
    # What the share means: what the estimate moves by when the test does, but for what is learned of spreads.
    moved = at.calibrate(make_credit(), {"email": at.Estimate(152.0, 13.0, 291.0)})
    step = (row(moved, "email")["incremental"] - found["incremental"]) / 2
    assert step == pytest.approx(found["from_test"], abs=0.15)
    labels = [label.get_text() for label in calibrated.plot().get_yticklabels()]
    assert f"email ({found['from_test']:.0%} its test)" in labels
    assert "video" in labels


@settings(max_examples=25, deadline=None)
@given(st.floats(-3_000, 3_000), st.floats(1.0, 500.0), st.sampled_from(NAMES))
def test_the_baseline_lies_between_nothing_and_all(value, error, channel):
    lifts = {channel: at.Estimate(value, value - 1.96 * error, value + 1.96 * error)}
    if abs(value) - 1.96 * error > 1_231:  # all of its interval is more than the log holds
        with pytest.raises(ExperimentError, match="in all"):
            at.calibrate(make_credit(), lifts)
        return
    calibrated = at.calibrate(make_credit(), lifts)
    middle, low, high = calibrated.baseline()
    assert 0 <= low <= middle <= high <= calibrated.total
    frame = calibrated.to_frame()
    assert frame["incremental"].sum() == pytest.approx(calibrated.total)
    assert (frame["incremental_ci_low"] <= frame["incremental"] + 1e-9).all()
    assert (frame["incremental"] <= frame["incremental_ci_high"] + 1e-9).all()


def test_tests_that_claim_more_than_there_is_are_told():
    lifts = {"email": at.Estimate(900.0, 850.0, 950.0), "video": at.Estimate(900.0, 850.0, 950.0)}
    assert "claim more than all" in at.calibrate(make_credit(), lifts).summary()
    assert "claim more" not in at.calibrate(make_credit(), {"email": lifts["email"]}).summary()


def test_two_tests_that_disagree_widen_the_interval_and_are_told():
    # 11 standard errors apart, as in the study: the mean was surer than either of them.
    apart = [at.Estimate(20.0, 0.0, 40.0), at.Estimate(180.0, 160.0, 200.0)]
    calibrated = at.calibrate(make_credit(), {"email": apart})
    found = row(calibrated, "email")
    assert found["incremental_ci_high"] - found["incremental_ci_low"] > 160
    assert "The 2 tests of email differ, more than chance explains (Cochran's Q 122.9" in calibrated.summary()
    agree = at.calibrate(make_credit(), {"email": [apart[0], at.Estimate(22.0, 2.0, 42.0)]})
    assert "differ" not in agree.summary()
    assert agree.errors[2] == pytest.approx(20 / 1.959964 / 2**0.5 / 113, rel=1e-4)


def test_the_same_test_twice_or_of_two_channels_is_refused():
    lift, one = holdout(), at.Estimate(150.0, 11.0, 289.0)
    again = holdout()  # the same file, analysed once more
    own = {"attributed": 113.0}
    for several in ([one, one], [one, at.Estimate(150.0, 11.0, 289.0)], [one, at.Evidence(one)]):
        with pytest.raises(ExperimentError, match="the same test twice"):
            at.calibrate(make_credit(), {"email": several})
    with pytest.raises(ExperimentError, match="the same test twice"):
        at.calibrate(make_credit(), {"email": [at.Evidence(lift, **own), at.Evidence(again, **own)]})
    for first, second in ((lift, lift), (lift, again)):
        lifts = {"email": at.Evidence(first, **own), "sms": at.Evidence(second, **own)}
        with pytest.raises(ExperimentError, match="the test given for 'sms' is that of 'email'"):
            at.calibrate(make_credit(), lifts)
    with pytest.raises(ExperimentError, match="that of 'email'"):
        at.calibrate(make_credit(), {"email": one, "sms": one})
    # Two channels may have found the same round numbers.
    at.calibrate(make_credit(), {"email": one, "sms": at.Estimate(150.0, 11.0, 289.0)})


def test_a_blocked_test_is_left_out_by_name_when_asked():
    sound, other = holdout(1), holdout(2)
    blocked = replace(other, details={**other.details, "blocked": ("sample_ratio",)})
    lifts = {
        "email": at.Evidence(sound, attributed=113.0),
        "sms": at.Evidence(blocked, attributed=13.0),
    }
    with pytest.raises(
        ExperimentError, match=r"on 'sms' is blocked by a failed check \(sample ratio\)"
    ) as hit:
        at.calibrate(make_credit(), lifts)
    assert 'blocked="drop"' in str(hit.value)
    calibrated = at.calibrate(make_credit(), lifts, blocked="drop")
    assert calibrated.left_out == ("sms (sample ratio)",)
    assert "Left out, blocked by a failed check: sms (sample ratio)." in calibrated.summary()
    assert not row(calibrated, "sms")["tested"]
    with pytest.raises(ExperimentError, match="every experiment is blocked"):
        at.calibrate(make_credit(), {"sms": lifts["sms"]}, blocked="drop")
    with pytest.raises(ExperimentError, match="no blocked = 'skip'"):
        at.calibrate(make_credit(), lifts, blocked="skip")


def test_the_next_test_is_one_that_somebody_can_run():
    calibrated = at.calibrate(make_credit(), {"email": at.Estimate(150.0, 11.0, 289.0)})
    ranked = calibrated.next_test()
    assert ranked["channel"].iloc[0] not in {"direct", "organic_search"}
    aside = ranked[ranked["not_considered"] != ""]
    assert set(aside["channel"]) == {"direct", "organic_search"}
    assert aside["at_stake"].isna().all()
    assert "nobody can withhold it, by its name): direct, organic_search." in calibrated.summary()
    assert calibrated.next_test(withhold=["sms"])["channel"].iloc[0] == "sms"
    with pytest.raises(ExperimentError, match="did you mean 'sms'"):
        calibrated.next_test(withhold=["smss"])
    with pytest.raises(ExperimentError, match="no list of channels"):
        calibrated.next_test(withhold="sms")
    paid = at.calibrate(
        make_credit().with_spend({"organic_search": 100.0, "email": 50.0}),
        {"email": at.Estimate(150.0, 11.0, 289.0)},
    )
    # Money says more than a name.
    assert paid.next_test()["channel"].iloc[0] == "organic_search"
    assert set(paid.next_test()["not_considered"]) == {"", "no spend"}


def test_a_channel_without_credit_has_no_factor_and_the_table_adds_up():
    credit = make_credit(("a", "b", "c"), (0.0, 100.0, -20.0), lost=0.0)
    calibrated = at.calibrate(credit, {"b": at.Estimate(50.0, 10.0, 90.0)})
    frame = calibrated.to_frame().set_index("channel")
    assert np.isnan(frame.loc["a", "factor"])
    assert frame.loc["a", "incremental_ci_low"] < frame.loc["a", "incremental_ci_high"]
    assert frame.loc["c", "incremental_ci_low"] < frame.loc["c", "incremental_ci_high"]
    assert frame["incremental"].sum() == pytest.approx(80)
    assert calibrated.summary()


@pytest.mark.parametrize(
    ("language", "share", "alone"),
    [("en", "its test", "Its test alone"), ("fr", "de son test", "Son test seul")],
)
def test_the_report_says_how_much_is_the_tests(language, share, alone):
    lifts = {
        "email": [at.Estimate(20.0, 0.0, 40.0), at.Estimate(180.0, 160.0, 200.0)],
        "sms": at.Estimate(300.0, 250.0, 350.0),
    }
    calibrated = at.calibrate(make_credit(), lifts)
    made = at.report(make_credit(), calibration=calibrated, language=language)
    shown = made.tables["calibration"].set_index("channel")
    assert share in shown.loc["email", "tested"]
    assert shown.loc["email", "test"] == pytest.approx(100, abs=0.1)
    page = made.to_html()
    assert alone in page
    assert ("differ by more than chance" if language == "en" else "diffèrent plus que le hasard") in page
    assert ("Not considered for a test" if language == "en" else "Non pris en compte") in page
    mean, low, high = calibrated.baseline()
    known = high - low <= abs(calibrated.total - mean)  # what is not known is no headline
    assert (("2 of 7 were tested" if language == "en" else "2 sur 7 testés") in page) is known
