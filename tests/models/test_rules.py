"""Rules against vendors' published examples, and what they refuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.errors import AttributionError, ModelError
from attribution.models.registry import MODELS, labelled, resolve


def shares(path, model):
    """Return the credit of one conversion over this path, by channel, in path order."""
    journeys = at.read_paths({"path": [" > ".join(path)], "conversions": [100]})
    frame = at.attribute(journeys, model).to_frame().set_index("channel")
    return [float(frame.loc[channel, "conversions"]) for channel in path]


# Sources: AdobeDocs/analytics.en "models.md"; Mixpanel "attribution.md"; Amplitude data tables "attribution".
PUBLISHED = [
    ("Adobe U, one touch", at.UShaped(), "a", [100]),
    ("Adobe U, two touches", at.UShaped(), "ab", [50, 50]),
    ("Adobe U, five touches", at.UShaped(), "abcde", [40, 20 / 3, 20 / 3, 20 / 3, 40]),
    ("Adobe J, two touches", at.JShaped(), "ab", [25, 75]),
    ("Mixpanel J, two touches", at.JShaped(), "ab", [25, 75]),
    ("Amplitude J, two touches", at.JShaped(two_touch="split_middle"), "ab", [30, 70]),
    ("Adobe J, three touches", at.JShaped(), "abc", [20, 20, 60]),
    ("Adobe inverse J, two touches", at.InverseJ(), "ab", [75, 25]),
    ("Amplitude inverse J, two touches", at.InverseJ(two_touch="split_middle"), "ab", [70, 30]),
    ("Adobe inverse J, four touches", at.InverseJ(), "abcd", [60, 10, 10, 20]),
    ("no middle left to share", at.PositionBased(first=0.5, last=0.5), "abc", [50, 0, 50]),
    ("everything to the middle", at.PositionBased(first=0.0, last=0.0), "abcd", [0, 50, 50, 0]),
    ("everything to the middle of two", at.PositionBased(first=0.0, last=0.0), "ab", [50, 50]),
    # The two middle touches hold 15 each and no touch is without a role: the remaining 10 go to the roles.
    ("W by midpoint, even", at.WShaped(middle="midpoint"), "abcd", [100 / 3, 50 / 3, 50 / 3, 100 / 3]),
    ("W by midpoint, two", at.WShaped(middle="midpoint"), "ab", [50, 50]),
    ("W by midpoint, one", at.WShaped(middle="midpoint"), "a", [100]),
]


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case[0])
def test_published_shares(case):
    _, model, path, wanted = case
    assert shares(path, model) == pytest.approx(wanted, abs=1e-9)


def milestone_credit(model, touch_days, events, purchase_day=20):
    """Return the percent of credit by channel of a log with one purchase and some milestones."""
    day = lambda n: pd.Timestamp("2026-03-01") + pd.Timedelta(days=n)  # noqa: E731
    touches = pd.DataFrame(
        {"user_id": 1, "time": [day(n) for n in touch_days], "channel": list("abcdef")[: len(touch_days)]}
    )
    rows = [*events, ("purchase", purchase_day), ("lead", 900), ("opportunity", 901)]
    conversions = pd.DataFrame(
        {
            "user_id": [1] * (len(rows) - 2) + [2, 2],
            "goal": [name for name, _ in rows],
            "time": [day(n) for _, n in rows],
        }
    )
    journeys = at.build_journeys(at.read_log(touches, conversions), goal="purchase")
    frame = at.attribute(journeys, model).to_frame()
    return [round(100 * share, 9) for share in frame["conversions"]]


# Marketo Measure's and HubSpot's definitions: a milestone's touch is the last one at or before it; a touch
# with two roles gets both shares.
MILESTONES = [
    ("W, all apart", at.WShaped(), [0, 1, 2, 3, 4], [("lead", 1), ("opportunity", 3)], [30, 30, 5, 30, 5]),
    (
        "W, first touch made the lead",
        at.WShaped(),
        [0, 1, 2],
        [("lead", 0), ("opportunity", 1)],
        [60, 30, 10],
    ),
    ("W, both on one touch", at.WShaped(), [0, 1, 2], [("lead", 1), ("opportunity", 1)], [30, 60, 10]),
    ("W, between touches", at.WShaped(), [0, 4, 8], [("lead", 5), ("opportunity", 9)], [100 / 3] * 3),
    ("W, no opportunity", at.WShaped(), [0, 1, 2], [("lead", 1)], [45, 45, 10]),
    ("W, no milestone", at.WShaped(), [0, 1, 2], [], [90, 5, 5]),
    ("W, only the first touch has a role", at.WShaped(), [0], [], [100]),
    (
        "full path, all apart",
        at.FullPath(),
        [0, 1, 2, 3, 4],
        [("lead", 1), ("opportunity", 3)],
        [22.5, 22.5, 10, 22.5, 22.5],
    ),
    (
        "full path, closing touch made the opportunity",
        at.FullPath(),
        [0, 1, 2, 3],
        [("lead", 1), ("opportunity", 3)],
        [22.5, 22.5, 10, 45],
    ),
    ("full path, nothing between", at.FullPath(), [0, 1], [("lead", 0), ("opportunity", 1)], [50, 50]),
    ("U on the lead (HubSpot)", at.UShaped(milestone="lead"), [0, 1, 2, 3], [("lead", 2)], [40, 10, 40, 10]),
    ("U on a missing lead", at.UShaped(milestone="lead"), [0, 1, 2], [], [80, 10, 10]),
    (
        "the earliest lead counts",
        at.WShaped(),
        [0, 1, 2, 3],
        [("lead", 1), ("lead", 3), ("opportunity", 2)],
        [30, 30, 30, 10],
    ),
    (
        "a lead before the first touch has no touch",
        at.UShaped(milestone="lead"),
        [5, 6, 7],
        [("lead", 2)],
        [80, 10, 10],
    ),
]


@pytest.mark.parametrize("case", MILESTONES, ids=lambda case: case[0])
def test_milestones(case):
    _, model, touch_days, events, wanted = case
    assert milestone_credit(model, touch_days, events) == pytest.approx(wanted, abs=1e-6)


def test_time_decay_is_continuous_and_survives_old_journeys():
    """2 ** (-(T - t) / h); with h = 1 s, touches 20 days back would all underflow to zero."""
    touches = {
        "user_id": [1, 1],
        "channel": ["a", "b"],
        "time": pd.to_datetime(["2026-01-01 00:00:00", "2026-01-01 00:00:01"]),
    }
    conversions = {"user_id": [1], "time": pd.to_datetime(["2026-01-21"])}
    journeys = at.build_journeys(at.read_log(touches, conversions))
    got = at.attribute(journeys, at.TimeDecay("1s")).conversions[0]
    assert got.tolist() == pytest.approx([1 / 3, 2 / 3], abs=1e-12)


def test_last_non_direct():
    assert shares(["email", "Direct"], at.LastNonDirect()) == [100, 0]
    assert shares(["email", "(direct)"], at.LastNonDirect()) == [100, 0]
    assert shares(["Direct", "direct"], at.LastNonDirect()) == [0, 100]
    assert shares(["email", "typed in"], at.LastNonDirect(direct="typed in")) == [100, 0]
    assert shares(["email", "x", "y"], at.LastNonDirect(direct=["x", "y"])) == [100, 0, 0]
    assert shares(["email", "ad"], "last_non_direct") == [0, 100]


def test_custom_rule_normalises():
    model = at.CustomRule(lambda touches: np.where(touches.is_first, 3.0, 1.0))
    assert shares("abc", model) == pytest.approx([60, 20, 20])
    assert shares("ab", at.CustomRule({"a": 0.0})) == [0, 100]


def test_every_model_can_be_named_and_says_what_it_is():
    for name, kind in MODELS.items():
        spec = {"name": name, "weight": {"a": 2.0}} if name == "custom_rule" else name
        model = resolve(spec)
        assert type(model) is kind
        assert eval(repr(model), {kind.__name__: kind}) == model
        assert hash(model) == hash(resolve(spec))
    assert resolve(at.Linear) == at.Linear()
    assert resolve("Time Decay") == resolve("timeDecay") == at.TimeDecay()


BAD = [
    ("linaer", "did you mean 'linear'"),
    ({"name": "time_decay", "halflife": "7D"}, "did you mean 'half_life'"),
    ({"half_life": "7D"}, "no model '7D'"),
    ([{"half_life": "7D"}], "without its name"),
    ("custom_rule", "needs weight"),
    (42, "is not a model"),
    ([], "no model"),
    ({}, "no model"),
    (["linear", "linear"], "twice"),
    ({"name": "time_decay", "half_life": 7}, "no unit"),
    ({"name": "time_decay", "half_life": "0D"}, "more than zero"),
    ({"name": "time_decay", "half_life": "-7D"}, "more than zero"),
    ({"name": "time_decay", "half_life": "7 fortnights"}, "not a duration"),
    ({"name": "position_based", "first": 0.7, "last": 0.7}, "sum to more than 1"),
    ({"name": "position_based", "first": -0.1}, "between 0 and 1"),
    ({"name": "position_based", "first": "x"}, "between 0 and 1"),
    ({"name": "j_shaped", "two_touch": "renormalize"}, "did you mean 'renormalise'"),
    ({"name": "linear", "per": "chanel"}, "did you mean 'channel'"),
    ({"name": "w_shaped", "middle": "center"}, "midpoint"),
    ({"name": "custom_rule", "weight": 3}, "neither a function nor a mapping"),
    ({"name": "custom_rule", "weight": {"a": -1}}, "weights are 0 or more"),
    ({"name": "custom_rule", "weight": {"zebra": 1}}, "no channel 'zebra'"),
    ({"name": "last_non_direct", "direct": "drect"}, "no channel 'drect'"),
    ("w_shaped", "milestone 'lead'"),
    ("full_path", "milestone 'lead'"),
    ({"name": "u_shaped", "milestone": "lead"}, "milestone 'lead'"),
]


@pytest.mark.parametrize(("spec", "words"), BAD, ids=lambda value: str(value)[:40])
def test_bad_models_are_refused(spec, words):
    journeys = at.read_paths({"path": ["a > direct"], "conversions": [1]})
    with pytest.raises(AttributionError) as caught:
        at.attribute(journeys, spec)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda touches: -1.0 - touches.position, "negative"),
        (lambda touches: touches.days_before, "missing"),  # a path table knows no times
        (lambda touches: np.ones(2), "shape"),
    ],
)
def test_bad_weights_are_refused(function, words):
    journeys = at.read_paths({"path": ["a > b", "c"], "conversions": [1, 1]})
    with pytest.raises(ModelError, match=words):
        at.attribute(journeys, at.CustomRule(function))


def test_labels():
    assert list(labelled("linear")) == ["linear"]
    assert list(labelled({"mine": "linear", "yours": at.LastTouch()})) == ["mine", "yours"]
    assert list(labelled([at.TimeDecay("7D"), at.TimeDecay("1D"), "linear"])) == [
        "TimeDecay(half_life='7D')",
        "TimeDecay(half_life='1D')",
        "linear",
    ]


def test_tallies_of_different_breakdowns_do_not_merge():
    journeys = at.read_paths({"path": ["a"], "conversions": [1]})
    tally = at.Linear().tally(journeys)
    from dataclasses import replace

    with pytest.raises(ModelError, match="cannot be merged"):
        tally + replace(tally, by=("channel", "campaign"))


def test_tallies_merge_by_name_where_channels_differ():
    one = at.Linear().tally(at.read_paths({"path": ["b > c", ""], "conversions": [2, 1]}))
    two = at.Linear().tally(at.read_paths({"path": ["a > c"], "conversions": [4]}))
    credit = at.Linear().solve(one + two)
    assert dict(zip(credit.keys[0], credit.conversions[0], strict=True)) == {
        "a": 2.0,
        "b": 1.0,
        "c": 3.0,
        "(unattributed)": 1.0,
    }


def test_a_custom_rule_may_leave_journeys_unattributed():
    """Last click, else nothing: conversions of journeys without a click stand in the unattributed line."""
    touches = {
        "user_id": [1, 1, 2],
        "time": ["2026-03-01", "2026-03-02", "2026-03-01"],
        "channel": ["search", "display", "display"],
        "campaign": ["x", "y", "y"],
    }
    orders = {"user_id": [1, 2], "time": ["2026-03-03", "2026-04-03"], "value": [10.0, 7.0]}
    log = at.read_log(touches, orders, at.LogSchema(dims=("campaign",)))
    rule = at.CustomRule({"display": 0.0})
    credit = at.attribute(log, rule, lookback="60D", bootstrap=2, buckets=2, rng=1)
    assert credit.to_frame().set_index("channel")["conversions"].to_dict() == {
        "display": 0.0, "search": 1.0, "(unattributed)": 1.0,
    }  # fmt: skip
    assert credit.to_frame()["value"].tolist() == [0.0, 10.0, 7.0]
    for by in ("month", "campaign", ("month", "campaign")):
        frame = at.attribute(log, rule, lookback="60D", by=by).to_frame()
        assert frame.groupby("channel")["value"].sum()[["search", "(unattributed)"]].tolist() == [10.0, 7.0]
    streamed = at.attribute(log, rule, lookback="60D", engine=at.Stream(buckets=2))
    assert streamed.conversions.tolist() == credit.conversions.tolist()
