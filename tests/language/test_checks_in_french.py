"""What experiments find of themselves is said in French where a report is French."""

from __future__ import annotations

import numpy as np
import pytest

import attribution as at
from attribution.experiments.holdout.balance import covariate_balance, placebo_size, pre_period
from attribution.experiments.holdout.everybody import assigned_users
from attribution.experiments.holdout.holdout_checks import contamination, exposure_ratio
from attribution.experiments.holdout.sample_ratio import (
    sample_ratio,
    sample_ratio_by,
    sample_ratio_sequential,
)
from tests.language.french import FRENCH, checks_in_french, said_in_french


def users(n=4_000, seed=3, skew=0.6):
    rng = np.random.default_rng(seed)
    arm = np.where(rng.random(n) < skew, "treatment", "holdout")
    value = np.where(rng.random(n) < 0.04, np.exp(3.0 * rng.standard_normal(n)), 0.0)
    return {"arm": arm, "value": value - (value > 200) * 500}


CHECKS = [
    sample_ratio({"a": 500, "b": 510}, {"a": 0.5, "b": 0.5}),
    sample_ratio({"a": 500, "b": 585}, {"a": 0.5, "b": 0.5}),
    sample_ratio({"a": 500, "b": 900}, {"a": 0.5, "b": 0.5}),
    sample_ratio_by({}),
    sample_ratio_by({"Mon": {"a": 500, "b": 510}}),
    sample_ratio_by({"Mon": {"a": 500, "b": 900}}),
    sample_ratio_sequential([]),
    sample_ratio_sequential([{"a": 1_000, "b": 1_010}]),
    sample_ratio_sequential([{"a": 1_000, "b": 1_300}]),
    contamination({"t": 30, "h": 0}, {"t": 90, "h": 10}, holdout="h"),
    contamination({"t": 30, "h": 9}, {"t": 90, "h": 10}, holdout="h"),
    contamination({"t": 80, "h": 2}, {"t": 90, "h": 10}, holdout="h"),
    exposure_ratio({"t": 0, "h": 0}, {"t": 90, "h": 90}),
    exposure_ratio({"t": 300, "h": 302}, {"t": 900, "h": 900}),
    exposure_ratio({"t": 300, "h": 500}, {"t": 900, "h": 900}),
    covariate_balance({"h": 1, "t": 1}, {}, {}, []),
    *(
        covariate_balance(
            {"h": 1_000, "t": 1_000},
            {"h": np.array([5.0]), "t": np.array([mean])},
            {"h": np.eye(1), "t": np.eye(1)},
            ["past_orders"],
        )
        for mean in (5.0, 5.4)
    ),
    pre_period({}),
    pre_period({"orders in May": 0.41}),
    pre_period({"orders in May": 0.0001}),
    placebo_size(0, 0),
    placebo_size(9, 200),
    placebo_size(66, 200),
    *assigned_users({"t": 958, "h": 200}, {"t": 16_000, "h": 4_000}),
    *assigned_users({"t": 958, "h": 200}, {"t": 958, "h": 200}),
    *assigned_users({"t": 990, "h": 200}, {"t": 958, "h": 200}),
]


@pytest.mark.parametrize("check", CHECKS, ids=[f"{one.name}-{place}" for place, one in enumerate(CHECKS)])
def test_checks_of_a_holdout_test_are_said_in_french(check):
    checks_in_french([check])


def test_a_blocked_test_says_why_in_a_french_report():
    lift = at.analyze_holdout(
        users(), assigned="arm", outcome="value", shares={"treatment": 0.5, "holdout": 0.5}, winsorise=0.999
    )
    assert lift.checks.failed
    checks_in_french(lift.checks)
    said_in_french(*lift.details["notes"])
    journeys = at.read_paths({"path": ["email", "tv"], "conversions": [60, 40]})
    credit = at.attribute(journeys, "linear")
    page = at.report(credit, lifts={"email": lift}, language="fr").to_markdown()
    assert "les groupes ont d\u2019autres parts que prévu" in page
    assert "est plafonné à" in page
    assert str(lift.checks.failed[0].text)[:30] not in page


def test_a_french_check_has_the_numbers_of_the_english_one():
    check = sample_ratio({"a": 5_000, "b": 9_000}, {"a": 0.5, "b": 0.5})
    assert "a 5,000 (35.7%, planned 50.0%)" in check.text
    assert "a 5\u202f000 (35,7\u202f%, prévu 50,0\u202f%)" in FRENCH.say(check.text)


@pytest.mark.parametrize("method", ["did", "tbr", "synthetic_control"])
def test_checks_and_notes_of_a_geo_test_are_said_in_french(method):
    rng = np.random.default_rng(8)
    days = np.arange("2026-01-01", "2026-04-11", dtype="datetime64[D]")
    start = np.datetime64("2026-03-22")
    level = 100 + 10 * np.sin(np.arange(len(days)))
    geos = [f"g{place}" for place in range(16)]
    sales = np.array([level * (1 + place / 20) + rng.normal(0, 2, len(days)) for place in range(16)])
    sales[3, 84:94] = 0.0  # a feed that was late
    sales[5, 60] *= 6  # an import done twice
    panel = {
        "geo": np.repeat(geos, len(days)),
        "date": np.tile(days, 16),
        "sales": sales.ravel(),
        "cost": 1.0 + 2.0 * ((np.arange(sales.size) < 2 * len(days)) & (np.tile(days, 16) >= start)),
    }
    lift = at.analyze_geo(
        panel, treated=["g0", "g1"], start="2026-03-22", end="2026-04-10", cost="cost", method=method
    )
    assert len(lift.checks.failed) >= 2
    checks_in_french(lift.checks)
    said_in_french(*lift.details["notes"])
