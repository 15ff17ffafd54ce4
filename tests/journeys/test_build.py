"""build_journeys: its settings, what it refuses, and what its result says of itself."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.errors import AttributionError, JourneyError

TOUCHES = pd.DataFrame(
    {
        "user_id": ["u1", "u1", "u2", "u2", "u3"],
        "time": pd.to_datetime(["2026-01-01", "2026-01-10", "2026-01-02", "2026-02-20", "2026-01-05"]),
        "channel": ["search", "email", "search", "social", "email"],
        "campaign": ["brand", None, "brand", "spring", "news"],
    }
)
CONVERSIONS = pd.DataFrame(
    {
        "user_id": ["u1", "u4", "u2"],
        "time": pd.to_datetime(["2026-01-11", "2026-01-20", "2026-01-03"]),
        "value": [100.0, 50.0, 30.0],
        "goal": ["purchase", "purchase", "signup"],
        "region": ["north", "south", "north"],
    }
)


@pytest.fixture
def log():
    return at.read_log(TOUCHES, CONVERSIONS, schema=at.LogSchema(dims=("campaign", "region")))


def test_what_the_result_says(log):
    journeys = at.build_journeys(log)
    assert journeys.n_conversions == 3
    assert journeys.n_unattributed == 1
    assert journeys.conversion_rate == pytest.approx(2 / 4)
    assert "4 journeys, 2 converting (50.0%), 5 touches, 3 channels" in repr(journeys)
    assert "1 conversions without a touch" in journeys.summary()
    assert "lookback='30D'" in repr(journeys)
    assert journeys._repr_html_().startswith("<p><strong>Journeys")
    frame = journeys.to_frame()
    assert len(frame) == 5
    assert frame["converted"].sum() == 3
    assert str(frame["time"].dt.tz) == "UTC"


def test_rows_point_back_into_the_log(log):
    journeys = at.build_journeys(log)
    names = np.array(journeys.channels)[journeys.channel]
    assert names.tolist() == TOUCHES["channel"].to_numpy()[journeys.row].tolist()


def test_goal_selects_and_the_rest_become_milestones(log):
    journeys = at.build_journeys(log, goal="purchase")
    assert journeys.n_conversions == 2
    assert list(journeys.milestones) == ["signup"]
    both = at.build_journeys(log, goal=["purchase", "signup"])
    assert both.n_conversions == 3
    assert not both.milestones


def test_lookback_edges_are_inside():
    touches = {
        "user_id": [1, 1, 1],
        "channel": ["old", "edge", "same"],
        "time": ["2026-01-01T23:59:59", "2026-01-02", "2026-02-01"],
    }
    log = at.read_log(touches, {"user_id": [1], "time": ["2026-02-01"]})
    journeys = at.build_journeys(log, lookback="30D", nulls=False)
    assert journeys.path_counts()["path"].tolist() == ["edge > same"]
    for same in (dt.timedelta(days=30), pd.Timedelta("30D"), "720h"):
        assert at.build_journeys(log, lookback=same, nulls=False).path_counts()["path"].tolist() == [
            "edge > same"
        ]
    assert at.build_journeys(log, lookback=None, nulls=False).path_counts()["path"].tolist() == [
        "old > edge > same"
    ]


def test_dimensions_and_periods(log):
    credit = at.attribute(at.build_journeys(log), "last_touch", by=["campaign", "region", "month"])
    frame = credit.to_frame()
    rows = frame[["channel", "campaign", "region", "month", "conversions"]].to_numpy().tolist()
    assert sorted(rows) == [
        ["(unattributed)", "(unattributed)", "south", "2026-01", 1.0],
        ["email", "(none)", "north", "2026-01", 1.0],
        ["search", "brand", "north", "2026-01", 1.0],
    ]


BAD = [
    ({"lookback": 30}, "no unit"),
    ({"lookback": "-30D"}, "zero or more"),
    ({"lookback": "30 dogs"}, "not a duration"),
    ({"goal": "purchas"}, "did you mean 'purchase'"),
    ({"goal": ()}, "no conversions at all"),
    ({"after_conversion": "rest"}, "did you mean 'reset'"),
    ({"session_gap": "x"}, "not a duration"),
    ({"max_touches": 0}, "at least 1"),
    ({"max_touches": 2.5}, "whole number"),
    ({"drop_censored": True, "lookback": None}, "needs a lookback"),
]


@pytest.mark.parametrize(("options", "words"), BAD, ids=lambda value: str(value)[:30])
def test_bad_settings_are_refused(log, options, words):
    with pytest.raises(AttributionError) as caught:
        at.build_journeys(log, **options)
    assert words in str(caught.value)


def test_a_goal_without_a_goal_column_is_refused():
    log = at.read_log(TOUCHES[["user_id", "time", "channel"]], CONVERSIONS[["user_id", "time"]])
    with pytest.raises(JourneyError, match="no goal column"):
        at.build_journeys(log, goal="purchase")


def test_unknown_dimensions_are_refused(log):
    with pytest.raises(JourneyError, match="did you mean 'campaign'"):
        at.attribute(log, "linear", by="campain")
    with pytest.raises(JourneyError, match="twice"):
        at.attribute(log, "linear", by=["campaign", "campaign"])


def test_options_beside_built_journeys_are_refused(log):
    with pytest.raises(JourneyError, match="no effect"):
        at.attribute(at.build_journeys(log), "linear", lookback="7D")


def test_a_log_and_its_journeys_give_the_same_credit(log):
    models = ["first_touch", "linear", "time_decay"]
    straight = at.attribute(log, models, lookback="20D", goal="purchase")
    built = at.attribute(at.build_journeys(log, lookback="20D", goal="purchase"), models)
    np.testing.assert_array_equal(straight.conversions, built.conversions)
    np.testing.assert_array_equal(straight.value, built.value)


def test_neither_log_nor_journeys_is_refused():
    with pytest.raises(JourneyError, match="not DataFrame"):
        at.attribute(TOUCHES, "linear")


def test_an_unknown_engine_is_refused(log):
    with pytest.raises(AttributionError, match="did you mean 'memory'"):
        at.attribute(log, "linear", engine="memry")


@pytest.mark.parametrize("n_touches", [0, 1])
@pytest.mark.parametrize("n_conversions", [0, 1])
def test_tiny_logs(n_touches, n_conversions):
    log = at.read_log(TOUCHES.head(n_touches), CONVERSIONS.head(n_conversions))
    journeys = at.build_journeys(log)
    assert journeys.n_conversions == n_conversions
    credit = at.attribute(journeys, ["first_touch", "last_non_direct", "time_decay", "u_shaped", "linear"])
    assert (credit.conversions.sum(axis=1) == n_conversions).all()
    assert len(journeys.path_counts()) == n_touches


def test_a_credit_of_nothing_says_why(log):
    strangers = at.read_log(TOUCHES, CONVERSIONS.assign(user_id=["U1", "U4", "U2"]))
    credit = at.attribute(strangers, "linear")
    assert "none of the 3 conversions has a touch" in credit.notes[0]
    assert "name users alike" in repr(credit)
    nobody = at.attribute(at.read_log(TOUCHES, CONVERSIONS.head(0)), "linear")
    assert "hold no conversion" in nobody.notes[0]
    assert at.attribute(log, "linear").notes == ()
