"""JourneyOptions: one value or keywords, the same everywhere; written out once."""

from __future__ import annotations

import datetime as dt
import inspect
import pickle
from dataclasses import asdict, fields, replace

import pandas as pd
import pytest

import attribution as at
from attribution.engines.increments.increment_settings import settings_of
from attribution.errors import JourneyError
from attribution.journeys.options import BuildKeywords, JourneyKeywords, journey_options

NAMES = [field.name for field in fields(at.JourneyOptions)]
DAYS = pd.date_range("2026-01-01", periods=12, freq="2D")
TOUCHES = pd.DataFrame(
    {"user_id": [f"u{day % 4}" for day in range(12)], "time": DAYS, "channel": ["a", "b", "b"] * 4}
)
CONVERSIONS = pd.DataFrame(
    {
        "user_id": ["u0", "u1", "u1", "u3"],
        "time": DAYS[[5, 7, 10, 11]],
        "value": [1.0, 2.0, 4.0, 8.0],
        "kind": ["lead", "purchase", "purchase", "lead"],
        "currency": ["EUR", "USD", "EUR", "USD"],
    }
)
# A value of each option that makes a difference to what is built of this log, or to its record.
OTHER = {
    "lookback": "5D",
    "goal": ("purchase",),
    "after_conversion": "overlap",
    "session_gap": "4D",
    "max_touches": 1,
    "drop_censored": True,
    "nulls": False,
    "timezone": "America/New_York",
    "week_start": "sunday",
    "period": ("2026-01-10", "2026-01-21"),
    "currency": "EUR",
    "rates": {"USD": 0.5},
}
RATED = {"currency": "EUR", "rates": {"USD": 0.5}}


@pytest.fixture(scope="module")
def log():
    return at.read_log(TOUCHES, CONVERSIONS, at.LogSchema(goal="kind", currency="currency"))


def build(log, *args, **options):
    journeys = at.build_journeys(log, *args, **options)
    return journeys.path_counts(), journeys.settings


def credit(log, *args, **options):
    found = at.attribute(log, ["linear", "markov"], *args, **options)
    return found.to_frame(), found.settings


def counts(log, **options):
    return at.path_counts(log, **options), None


def pairs(log, **options):
    found = at.synergy(log, adjust_others=False, buckets=32, min_conversions=0.01, **options)
    return found.to_frame(), found.settings


def same(one, other):
    pd.testing.assert_frame_equal(one[0], other[0])
    assert one[1] == other[1]


def test_every_option_has_its_row():
    assert list(OTHER) == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("call", [build, credit, counts], ids=lambda call: call.__name__)
def test_a_value_and_keywords_are_the_same(log, call, name):
    if name == "nulls" and call is not build:
        return  # models say which journeys they need, and the table of paths has both
    given = RATED | {name: OTHER[name]}
    same(call(log, **given), call(log, options=at.JourneyOptions(**given)))
    others = RATED | {"lookback": "3D", "max_touches": 2}
    same(call(log, **(others | given)), call(log, options=replace(at.JourneyOptions(**others), **given)))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in RATED])
@pytest.mark.parametrize("call", [build, credit, counts], ids=lambda call: call.__name__)
def test_a_keyword_beside_a_value_is_refused_with_both_in_one(call, name):
    if name == "nulls" and call is not build:
        return
    log = at.read_log(TOUCHES, CONVERSIONS.drop(columns="currency"), at.LogSchema(goal="kind"))
    others = {"lookback": "3D", "max_touches": 2}
    beside = {"options": at.JourneyOptions(**others), name: OTHER[name]}
    with pytest.raises(JourneyError, match=f"^{name}= stands beside options=") as caught:
        call(log, **beside)
    fixed = beside | eval(f"dict({caught.value.hint})", {"at": at})
    same(call(log, **fixed), call(log, **(others | {name: OTHER[name]})))


def test_no_limit_beside_a_value_is_refused_where_none_means_that():
    log = at.read_log(TOUCHES, CONVERSIONS.drop(columns="currency"), at.LogSchema(goal="kind"))
    options = at.JourneyOptions(goal="purchase")
    with pytest.raises(JourneyError, match="lookback= stands beside") as caught:
        at.build_journeys(log, options=options, lookback=None)
    assert caught.value.hint == "options=None, lookback=None, goal='purchase'"
    with pytest.raises(JourneyError, match="lookback= stands beside") as caught:
        at.path_counts(log, options=replace(options, nulls=False), lookback=None)
    assert caught.value.hint == "say lookback where the at.JourneyOptions is made, and only there"
    same(credit(log, options=options, lookback=None), credit(log, goal="purchase"))


def test_synergy_takes_them_as_well():
    many = pd.concat([TOUCHES.assign(user_id=TOUCHES["user_id"] + f"-{copy}") for copy in range(40)])
    orders = pd.concat(
        [CONVERSIONS.assign(user_id=CONVERSIONS["user_id"] + f"-{copy}") for copy in range(40)]
    )
    log = at.read_log(many, orders, at.LogSchema(goal="kind", currency="currency"))
    given = RATED | {"lookback": "9D", "goal": "purchase"}
    same(pairs(log, **given), pairs(log, options=at.JourneyOptions(**given, nulls=False)))


def test_each_option_makes_a_difference(log):
    usual, record = build(log, **RATED)
    for name, value in OTHER.items():
        if name not in RATED:
            frame, settings = build(log, **(RATED | {name: value}))
            assert not frame.equals(usual) or settings != record, name


def test_none_stands_for_the_default(log):
    same(credit(log, lookback=None, goal=None, **RATED), credit(log, **RATED))
    same(build(log, lookback=None, **RATED), build(log, lookback="unlimited", **RATED))


def test_they_are_written_out_once():
    assert set(BuildKeywords.__annotations__) == set(NAMES)
    assert set(JourneyKeywords.__annotations__) == set(NAMES) - {"nulls"}
    for function in (at.build_journeys, at.attribute, at.path_counts, at.synergy, at.tally_journeys):
        parameters = inspect.signature(function).parameters
        assert not set(parameters) & set(NAMES)
        assert len(parameters) <= 15


@pytest.mark.parametrize("name", NAMES)
def test_it_says_the_line_that_makes_it(name):
    value = {"lookback": dt.timedelta(days=3)}.get(name, OTHER[name])
    options = at.JourneyOptions(**({"currency": "EUR"} | {name: value} if name == "rates" else {name: value}))
    assert name in repr(options)
    assert eval(repr(options), {"JourneyOptions": at.JourneyOptions, "datetime": dt}) == options
    assert pickle.loads(pickle.dumps(options)) == options
    assert hash(options) == hash(replace(options))
    assert repr(at.JourneyOptions()) == "JourneyOptions()"


def test_states_of_other_options_are_told_apart(log):
    usual = settings_of(log, at.JourneyOptions(), {}, "day")
    for name, value in OTHER.items():
        given = RATED if name == "rates" else {name: value}
        assert settings_of(log, at.JourneyOptions(**given), {}, "day") != usual


@pytest.mark.parametrize(
    "function", [at.build_journeys, lambda log, o: at.attribute(log, "linear", options=o)]
)
@pytest.mark.parametrize("wrong", ["7D", dt.timedelta(days=7)])
def test_a_length_in_its_place_is_told_by_name(log, function, wrong):
    with pytest.raises(JourneyError, match="must be JourneyOptions") as caught:
        function(log, wrong)
    fixed = eval(f"dict({caught.value.hint})", {"datetime": dt})
    assert fixed == {"lookback": wrong, "options": None}
    at.build_journeys(log, **fixed)


def test_what_is_built_already_takes_none(log):
    journeys = at.build_journeys(log, goal="purchase")
    options = at.JourneyOptions(lookback="7D", **RATED)
    scope = {"at": at, "log": log, "models": "linear"}
    for function in (
        lambda **given: at.attribute(journeys, "linear", **given),
        lambda **given: at.synergy(journeys, **given),
    ):
        with pytest.raises(JourneyError, match=r"options=at\.JourneyOptions") as caught:
            function(options=options)
        assert caught.value.column == "options"
        assert "no effect" in str(caught.value)
        with pytest.raises(JourneyError, match="did you mean 'lookback'"):
            function(lokback="7D")
        with pytest.raises(JourneyError, match="lookback='7D' has no effect"):
            function(lookback="7D", goal=None)
    with pytest.raises(JourneyError) as caught:
        at.attribute(journeys, "linear", options=options)
    assert eval(caught.value.hint, scope).settings["lookback"] == "7D"


@pytest.mark.parametrize("function", [at.build_journeys, at.path_counts])
def test_a_misspelt_option_is_told(log, function):
    with pytest.raises(JourneyError, match="there is no option 'lokback'; did you mean 'lookback'"):
        function(log, lokback="7D")


def test_rates_of_a_file_are_read_when_they_are_used(log, tmp_path):
    pd.DataFrame({"currency": ["USD"], "rate": [0.5]}).to_csv(tmp_path / "rates.csv", index=False)
    options = at.JourneyOptions(currency="EUR", rates=str(tmp_path / "rates.csv"))
    same(build(log, options), build(log, **RATED))
    with pytest.raises(JourneyError, match="rates need the currency"):
        at.JourneyOptions(rates="rates.csv")


def test_the_usual_value_is_what_keywords_default_to():
    assert journey_options(None, {}) == at.JourneyOptions()
    assert asdict(at.JourneyOptions()) == {field.name: field.default for field in fields(at.JourneyOptions)}


@pytest.mark.parametrize("given", ["7D", pd.Timedelta("7D"), {"lookback": "7D"}])
def test_a_lookback_in_the_place_of_the_options_is_told_as_one(log, given):
    with pytest.raises(JourneyError, match="must be JourneyOptions") as caught:
        at.build_journeys(log, given)
    fixed = eval(f"at.build_journeys(log, {caught.value.hint})", {"at": at, "log": log})
    pd.testing.assert_frame_equal(fixed.path_counts(), build(log, lookback="7D")[0])


@pytest.mark.parametrize("given", [pd.NaT, 30, {"lokback": "7D"}])
def test_what_is_no_options_at_all_is_told_what_to_give(log, given):
    with pytest.raises(JourneyError, match="must be JourneyOptions") as caught:
        at.build_journeys(log, given)
    assert caught.value.hint == "options=at.JourneyOptions()"
