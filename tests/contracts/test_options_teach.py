"""Options that a user gets wrong are refused in words by every value of options, and by what takes them."""

from __future__ import annotations

import dataclasses
import inspect
import pickle
import re

import pandas as pd
import pytest

import attribution as at
from attribution import _migration
from attribution.errors import AttributionError, ExperimentError, JourneyError

RESULTS = {
    "Evaluation",
    "BudgetAdvice",
    "Credit",
    "Estimate",
    "EventLog",
    "Evidence",
    "Identity",
    "Journeys",
    "Lift",
    "ReportFacts",
    "SpendReport",
}  # made by functions
OPTIONS = sorted(
    name
    for name in at.__all__
    if inspect.isclass(getattr(at, name))
    and dataclasses.is_dataclass(getattr(at, name))
    and name not in RESULTS
)


def fixed(error, names=()):
    """The keywords of a printed fix."""
    return eval(f"dict({error.hint})", {"at": at, **dict.fromkeys(names)})


@pytest.mark.parametrize("name", OPTIONS)
def test_a_misspelt_option_of_a_value_is_refused_in_words(name):
    kind = getattr(at, name)
    with pytest.raises(AttributionError, match=f"no option of at.{name} 'nonsense'") as caught:
        kind(nonsense=3)
    assert caught.value.column == "nonsense"
    known = list(inspect.signature(kind).parameters)
    assert known == [field.name for field in dataclasses.fields(kind) if field.init]
    if known:
        with pytest.raises(AttributionError, match=f"did you mean '{known[0]}'"):
            kind(**{known[0] + "x": 3})
    with pytest.raises(AttributionError, match="by place"):
        kind(*range(99))


def test_an_option_of_another_value_is_refused_in_words():
    for make in (
        lambda: at.DiD(draws=200),
        lambda: at.GeoSearch(cells=2),
        lambda: at.UnitEconomics(margin=0.4),
    ):
        with pytest.raises(ExperimentError, match="Known: "):
            make()


def test_values_of_options_are_pickled_and_replaced_as_before():
    for value in (
        at.BSTS(draws=200),
        at.JourneyOptions(goal="lead"),
        at.MatchedPairs(windows=8),
        at.TimeDecay("3D"),
    ):
        assert pickle.loads(pickle.dumps(value)) == value == dataclasses.replace(value)


USERS = {
    "arm": ["treatment", "holdout"] * 40,
    "converted": [0, 0, 1, 1] * 20,
    "revenue": [1.0, 2.0, 3.0, 5.0] * 20,
}


def world():
    treated = [f"geo {number:02d}" for number in (2, 5, 9)]
    panel = at.datasets.simulate_geo(12, days=60, seed=3).panel
    return {"panel": panel, "treated": treated, "start": "2025-02-20", "end": "2025-03-01"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": pd.NA},
        {"method": {"draws": 200}},
        {"method": {"name": pd.NA}},
        {"plan": 3},
        {"plan": pd.NA},
        {"keywords": 3},
        {"trim_rate": 0.1},
        {"significance": {"alpha": 0.1}},
    ],
    ids=str,
)
def test_a_geo_test_refuses_in_words(wrong):
    with pytest.raises(ExperimentError) as caught:
        at.analyze_geo(**world() | {"method": "did"} | wrong)
    assert caught.value.column == next(iter(wrong))


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ({"method": {"draws": 200}}, {"method": {"name": "bsts", "draws": 200}}),
        ({"trim_rate": 0.1}, {"method": at.TrimmedMatch(trim_rate=0.1), "trim_rate": None}),
        (
            {"significance": {"alpha": 0.1}},
            {"significance": at.Significance(alpha=0.1)},
        ),
    ],
    ids=str,
)
def test_the_printed_fix_of_a_geo_test_loses_nothing(wrong, meant):
    with pytest.raises(ExperimentError) as caught:
        at.analyze_geo(**world() | wrong)
    assert fixed(caught.value) == meant


@pytest.mark.parametrize(
    "wrong",
    [
        {"choose": pd.NA},
        {"change": pd.NA},
        {"keywords": 1},
        {"draws": 300},
        {"choose": "search", "include": pd.NA},
    ],
    ids=str,
)
def test_a_geo_plan_refuses_in_words(wrong):
    with pytest.raises(ExperimentError):
        at.plan_geo(world()["panel"], periods=7, **wrong)


def test_none_is_as_if_left_out_in_values_too():
    assert at.GeoSearch(exclude=None, include=None) == at.GeoSearch()
    given = at.PanelOptions(holidays=None, buffer=None)
    assert (given.holidays, given.buffer) == ((), ())


@pytest.mark.parametrize(
    "wrong",
    [
        {"checks": 3},
        {"checks": pd.NA},
        {"assigned": ["arm"]},
        {"keywords": 3},
        {"adjust": "cuped"},
        {"metric": at.UserColumns()},
    ],
    ids=str,
)
def test_a_holdout_test_refuses_in_words(wrong):
    with pytest.raises(ExperimentError) as caught:
        at.analyze_holdout(USERS, **wrong)
    assert caught.value.column == next(iter(wrong))


def test_a_holdout_plan_refuses_in_words():
    for wrong in ({"currency": 3}, {"currency": pd.NA}, {"keywords": 2}):
        with pytest.raises(ExperimentError):
            at.plan_holdout(baseline=0.02, lift=0.1, **wrong)
    with pytest.raises(ExperimentError, match="'power'") as caught:
        at.Significance(power=80)
    assert fixed(caught.value) == {"power": 0.8}


@pytest.mark.parametrize(
    "call", [at.analyze_geo, at.plan_geo, at.analyze_holdout], ids=lambda call: call.__name__
)
def test_too_much_by_place_is_refused_in_words(call):
    with pytest.raises(ExperimentError, match="give the others by name"):
        call(USERS, "revenue")


def test_journeys_refuse_what_is_missing_in_words():
    log = at.read_log(
        {"user_id": ["a"], "time": ["2026-01-01"], "channel": ["email"]},
        {"user_id": ["a"], "time": ["2026-01-02"]},
    )
    with pytest.raises(JourneyError, match="lookback"):
        at.build_journeys(log, lookback=pd.NA)
    with pytest.raises(JourneyError):
        at.build_journeys(log, pd.NaT)


def test_a_language_that_is_missing_is_refused_in_words():
    credit = at.attribute(at.read_paths({"path": ["a"], "conversions": [1]}), "linear")
    with pytest.raises(AttributionError, match="language"):
        at.report(credit, language=pd.NA)


@pytest.mark.parametrize(
    ("call", "first"),
    [
        (lambda log, credit: at.attribute(log, "linear", "30D"), "source, models"),
        (lambda log, credit: at.build_journeys(log, "30D", "purchase"), "log, options"),
        (lambda log, credit: at.path_counts(log, 5, "30D"), "log, top"),
        (lambda log, credit: at.synergy(log, None, "30D"), "source, channels"),
        (lambda log, credit: at.tally_journeys(log, "30D"), "log"),
        (lambda log, credit: at.report(credit, None, "Title"), "credit, facts"),
        (lambda log, credit: at.ReportFacts(log), "nothing"),
    ],
)
def test_a_value_that_has_no_place_is_refused_in_words(call, first):
    touches = {"user_id": [1], "time": ["2026-01-01"], "channel": ["email"]}
    log = at.read_log(touches, {"user_id": [1], "time": ["2026-01-02"]})
    with pytest.raises(AttributionError, match=f"takes (only )?{first} by place, and was given"):
        call(log, at.attribute(log, "linear"))


def test_a_wished_power_is_none_of_an_analysis():
    with pytest.raises(ExperimentError, match=r"power=0\.9 has no effect here"):
        at.analyze_holdout(USERS, power=0.9)
    with pytest.raises(ExperimentError, match=r"power=0\.9 has no effect here"):
        at.analyze_geo({"geo": ["a"]}, power=0.9)
    shared = at.analyze_holdout(USERS, significance=at.Significance(power=0.9))
    assert shared.p_value == at.analyze_holdout(USERS).p_value


@pytest.mark.parametrize("idle", [{"outcome_days": 7}, {"icc": 0.2}, {"cluster_cv": 0.5}])
def test_what_does_nothing_for_a_plan_is_refused_with_what_it_needs(idle):
    (name,) = idle
    with pytest.raises(ExperimentError, match=f"{name}=.* has no effect here") as caught:
        at.plan_holdout(baseline=0.02, lift=0.1, **idle)
    assert caught.value.column == name
    needed, _, without = caught.value.hint.partition(", or ")
    extra = {"icc": 0.2} if name == "cluster_cv" else {}  # clusters must be alike to some degree
    plan = at.plan_holdout(baseline=0.02, lift=0.1, **idle, **extra, **eval(f"dict({needed})"))
    assert plan.n_required >= at.plan_holdout(baseline=0.02, lift=0.1, **eval(f"dict({without})")).n_required


def test_a_table_in_a_value_is_not_printed_as_code():
    users = pd.DataFrame({"unit": ["a", "b"], "arm": ["treatment", "holdout"]})
    with pytest.raises(ExperimentError, match="stands beside validity=") as caught:
        at.analyze_holdout(USERS, validity=at.Validity(assignment=users), shares={"treatment": 0.5})
    assert caught.value.hint == "say shares where the at.Validity is made, and only there"
    assert "To do:" in str(caught.value)


def test_a_choice_may_be_named_by_its_class():
    from attribution.experiments.geo.choices import choice_of

    assert choice_of(at.GeoSearch, {"candidates": 9}) == at.GeoSearch(candidates=9)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: at.Credit(cost=3), "no option of at.Credit 'cost'"),
        (at.Credit, "at.Credit needs models, by, keys, conversions and value"),
        (lambda: at.Estimate(1.0, low=0.0), "at.Estimate needs high, and was not given it"),
        (lambda: at.Lift(iros=3), "did you mean 'iroas'"),
        (lambda: at.Journeys(weights=3), "did you mean 'weight'"),
        (lambda: at.EventLog(touch=3), "did you mean 'touches'"),
        (at.Evidence, "at.Evidence needs lift"),
        (at.Increments, "at.Increments needs folder"),
        (at.attribute, "attribute needs source and models"),
    ],
)
def test_what_is_missing_or_misspelt_is_no_bare_type_error(call, said):
    with pytest.raises(AttributionError, match=re.escape(said)):
        call()


def test_draws_that_no_method_takes_are_told_by_the_one_that_has_draws():
    with pytest.raises(ExperimentError, match=r"method=at\.BSTS") as caught:
        at.analyze_geo(**world(), draws=3)
    assert caught.value.hint == "method=at.BSTS(draws=3), draws=None"
    with pytest.raises(ExperimentError, match="draws=3 must be at least 100"):
        at.BSTS(draws=3)


def test_a_choice_as_a_table_is_told_what_it_lacks_and_what_stands_beside_it():
    panel = world()["panel"]
    for wrong, said in (
        ({"choose": {"windows": 6}}, "choose={'name': 'pairs', 'windows': 6}"),
        ({"choose": {"candidates": 200}}, "choose={'name': 'search', 'candidates': 200}"),
        ({"choose": {"name": "pairs", "windows": -1}}, "choose=at.MatchedPairs(windows=6)"),
        (
            {"choose": {"name": "pairs", "windows": 9}, "windows": 8},
            "choose=at.MatchedPairs(windows=8), windows=None",
        ),
    ):
        with pytest.raises(ExperimentError) as caught:
            at.plan_geo(panel, periods=7, **wrong)
        assert caught.value.hint == said


def test_a_removed_public_name_says_the_new_one_when_it_is_imported(monkeypatch):
    renamed = _migration.Renamed("at", "old_name", "attribute", kind="name")
    monkeypatch.setitem(_migration._BY_NAME, ("at", "old_name"), renamed)
    for error, code in ((ImportError, "from attribution import old_name"), (AttributeError, "at.old_name")):
        with pytest.raises(error, match="at has no old_name; it is attribute now") as caught:
            exec(code, {"at": at})
        assert isinstance(caught.value, AttributionError)
    assert not hasattr(at, "old_name")
    with pytest.raises(ImportError, match="cannot import name 'never_was'"):
        exec("from attribution import never_was")


def test_a_report_of_nothing_that_was_asked_for_says_what_it_needs(caplog):
    paths = at.read_paths({"path": ["a > b", "b"], "conversions": [2, 3], "nulls": [4, 5]})
    credit = at.attribute(paths, "linear")
    with pytest.raises(AttributionError, match="nothing is known for 'synergy'") as caught:
        at.report(credit, sections=["synergy"])
    assert caught.value.hint == "at.report(credit, synergy=at.synergy(journeys))"
    assert [section.name for section in at.report(credit, sections=["holdouts", "credit"]).sections] == [
        "credit"
    ]
    assert "nothing is known for 'holdouts': not in the report; at.report(credit, lifts=" in caplog.text
