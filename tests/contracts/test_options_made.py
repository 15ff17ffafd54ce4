"""Options are checked when they are made: every public value of options, each field, wrong types and ranges.

What is wrong for a field is read off its annotation: text where a number is asked for, a number for text, a
missing value, a class, and so on. A field that takes anything, or that has a range, has a row below.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.reporting.contents import FactKeywords

RESULTS = {
    "Evaluation",
    "BudgetAdvice",
    "Costs",
    "Credit",
    "Estimate",
    "EventLog",
    "Identity",
    "Journeys",
    "Lift",
    "SpendReport",
}  # what functions return, and what is read
OPTIONS = {
    name: kind
    for name in at.__all__
    if inspect.isclass(kind := getattr(at, name)) and dataclasses.is_dataclass(kind) and name not in RESULTS
}
NEEDED: dict[str, dict[str, Any]] = {
    "Export": {"name": "crm", "user": "id", "touches": at.ExportTouches(time="sent")},
    "ExportConversions": {"time": "won"},
    "ExportTouches": {"time": "sent"},
    "ChannelRule": {"channel": "email", "medium": "email"},
    "CustomRule": {"weight": {"email": 1.0}},
    "Evidence": {"lift": at.Estimate(1.0, 0.0, 2.0)},
    "Increments": {"folder": "state"},
    "Kind": {"name": "club_card"},
    "Query": {"connect": print, "sql": "SELECT 1"},
}
# Values, and the annotations that allow them.
ODD: tuple[tuple[object, tuple[str, ...]], ...] = (
    (None, ("None",)),
    (True, ("bool",)),
    (1, ("int", "float")),
    (1.5, ("float",)),
    ("no such thing", ("str",)),
    (b"bytes", ()),
    (pd.NA, ()),
    (pd.NaT, ()),
    (math.nan, ()),
    (object(), ()),
    (int, ("Callable",)),
    ([1, "mixed"], ()),
    ({"a": "b"}, ()),
    (np.array([1, 2]), ()),
)
# Fields that take anything of their kind: what is none of it; the rest a table decides.
ANYTHING = (object(), pd.NA, math.nan, True, b"bytes", int, {"a": 1})
TAKES = {
    "GeoSearch.exclude": ANYTHING,
    "GeoSearch.include": ANYTHING,
    "MatchedPairs.exclude": ANYTHING,
    "Stratified.exclude": ANYTHING,
    "MatchedPairs.cells": (*ANYTHING, 0, -1, "search", [], ["a", "a"], ["holdout"], [None]),
    "Stratified.cells": (*ANYTHING, 0, 1.5, ["a", object()]),
    "PanelOptions.since": (*ANYTHING, "no day", pd.NaT, ["2026-01-01"], 1.5),
    "PanelOptions.holidays": (*ANYTHING, "no day", [pd.NaT], ["2026-01-01", "no day"], 1.5),
    "PanelOptions.buffer": (*ANYTHING, [None], ["north", object()]),
    "Validity.assignment": (True, b"bytes", int, "arm", 5, math.nan),
    "JourneyOptions.period": (
        *ANYTHING,
        "March",
        ["2026-03-01"],
        ["2026-03-02", "2026-03-01"],
        [pd.NaT, None],
    ),
    "JourneyOptions.rates": (object(), 5, {"USD": 0.9}),  # without a currency
    "ExportConversions.where": (*ANYTHING[:-1], "status", 5, ["status"], {"status": 5}),
    "ExportTouches.where": (*ANYTHING[:-1], "status", 5, ["status"], {"status": 5}),
    "Spark.session": (),
}
RANGES = {
    "AugmentedSyntheticControl": [("ridge", 0.0), ("ridge", math.inf), ("placebos", 1), ("rng", -1)],
    "BSTS": [("draws", 3), ("draws", 0), ("rng", -1)],
    "BaggedLogistic": [("bags", 0), ("journeys", 0.0), ("journeys", 2), ("channels", -0.5), ("rng", -1)],
    "DiD": [("rng", -1)],
    "Evidence": [("attributed", -1), ("attributed", math.inf), ("attributed_error", -1), ("capture", 0.0),
                 ("spend_ratio", 0.5), ("age_weeks", -1), ("extra", -1), ("start", "2026-13-01")],
    "Export": [("name", ""), ("user", ()), ("user", [1]), ("key", [""]), ("touches", ["sent"]),
               ("time_unit", "h"), ("newest", ""), ("conversions", {"time": "won"})],
    "ExportConversions": [("time", ()), ("where", {"status": 1}), ("where", ["status"]), ("goal", ""),
                          ("dates", {"won": "deal"}), ("refund", ("refund",)), ("value", [""])],
    "ExportTouches": [("time", ()), ("sources", ("a", "b")), ("clicks", {"gclid": "google"}),
                      ("words", ["PAID"])],
    "FullPath": [("lead", ""), ("opportunity", "")],
    "GeoSearch": [("n_treated", 0), ("windows", 0), ("candidates", 0)],
    "HoldoutSetup": [
        ("share", 0), ("share", 1), ("share", -0.1), ("share", 10), ("arms", {"holdout": 1.0}),
        ("arms", {"holdout": 0.2, "a": 0.2}), ("arms", {"a": 0.5, "b": 0.5}),
        ("arms", {"holdout": "x", "a": 1}),
        ("rho", 1), ("rho", -1), ("exposure", 0), ("exposure", 30), ("cluster_size", 0.5),
        ("cluster_size", 3),
        ("cluster_cv", -1), ("cluster_cv", 0.5), ("icc", 0.5), ("icc", 2), ("daily_units", 0),
        ("daily_units", -5), ("outcome_days", -1), ("outcome_days", 14),
    ],
    "Increments": [("late_by", "-1D"), ("period", "hour")],
    "JourneyOptions": [("lookback", "-1D"), ("session_gap", "-1D"), ("max_touches", 0)],
    "Kind": [("name", ""), ("name", "ip"), ("role", "context"), ("cap", 0), ("normalise", "soundex")],
    "LogSchema": [("user", ""), ("dims", ["a", "a"])],
    "Markov": [("order", -1)],
    "MatchedPairs": [("n_treated", 0), ("windows", -1)],
    "MetricOptions": [("winsorise", 0), ("winsorise", 1), ("denominator", ""), ("adjust", "cuped")],
    "PanelOptions": [("cooldown", -1), ("geo", ""), ("time", ["day", "week"])],
    "PositionBased": [("first", -0.1), ("first", 0.7), ("last", 2)],
    "Query": [("connect", "shop.db"), ("sql", " ; "), ("dialect", "mysql"), ("hashed", [1])],
    "Shapley": [("samples", 0), ("tolerance", -1), ("rng", -1)],
    "Significance": [("alpha", 0), ("alpha", 1), ("power", 0), ("power", 80), ("margin", -1),
                     ("sequential", 0)],
    "Spark": [("partitions", 0)],
    "Stratified": [("n_treated", 0), ("windows", 0)],
    "Stream": [("memory", 0), ("memory", "a lot"), ("processes", 0), ("buckets", 0), ("buckets", 257)],
    "SyntheticControl": [("placebos", 1), ("rng", -1)],
    "SyntheticDiD": [("placebos", 1), ("rng", -1)],
    "TimeDecay": [("half_life", "0D"), ("half_life", "-1D")],
    "TrimmedMatch": [("trim_rate", 0.5), ("trim_rate", -0.1), ("max_trim", 0.5), ("max_trim", -0.1)],
    "UShaped": [("milestone", "")],
    "UnitEconomics": [("cost_per_exposed", 0), ("cost_per_exposed", -1), ("value", 60), ("value", -1),
                      ("profit_margin", 0), ("profit_margin", 40)],
    "UserColumns": [("assigned", ""), ("unit", ""), ("segment", ["a", "b"])],
    "Validity": [("shares", {}), ("shares", {"a": 0.0}), ("shares", {"a": math.inf}),
                 ("despite", "sample_rato"),
                 ("checks", [5]), ("checks", "x")],
    "WShaped": [("lead", ""), ("middle", "end")],
}  # fmt: skip


def wrong(owner: str, field: dataclasses.Field[Any]) -> list[object]:
    """Return values that a field's annotation does not allow."""
    told = TAKES.get(f"{owner}.{field.name}")
    if told is not None:
        return list(told)
    kinds = str(field.type).replace("Columns", "str")  # a name stands for several
    one_of_few = "Literal" in kinds
    allowed = {
        kind for kind in ("None", "bool", "int", "float", "Callable") if kind in kinds.replace("Mapping", "")
    }
    if "str" in kinds and not one_of_few:
        allowed.add("str")
    return [value for value, fits in ODD if not allowed & set(fits)]


FIELDS = [
    pytest.param(kind, field, id=f"{name}.{field.name}")
    for name, kind in OPTIONS.items()
    for field in dataclasses.fields(kind)
    if field.init and name != "ReportFacts"
]


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_what_a_field_does_not_take_is_refused_when_the_value_is_made(kind, field):
    name = kind.__name__
    values = wrong(name, field) + [value for other, value in RANGES.get(name, []) if other == field.name]
    for value in values:
        with pytest.raises(at.AttributionError) as caught:
            pytest.fail(f"made: {kind(**NEEDED.get(name, {}) | {field.name: value})!r}, with {value!r}")
        assert field.name in str(caught.value) or caught.value.column is not None, value


@pytest.mark.parametrize("name", FactKeywords.__annotations__)
def test_a_fact_that_is_none_is_refused_when_facts_are_made(name):
    for value in (5, "text", b"bytes", object(), [1], pd.NA, {"email": "x"}):
        if name == "manifest" and isinstance(value, dict):
            continue  # facts about the run, whatever they are
        with pytest.raises(at.AttributionError):
            pytest.fail(f"made: {at.ReportFacts(**{name: value})!r}, with {value!r}")


@pytest.mark.parametrize("kind", OPTIONS.values(), ids=lambda kind: kind.__name__)
def test_a_misspelt_option_names_the_one_that_is_meant(kind):
    with pytest.raises(at.AttributionError, match="there is no "):
        kind(**NEEDED.get(kind.__name__, {}), no_such_option=1)


def test_rows_are_of_fields_that_there_are():
    known = {f"{name}.{field.name}" for name, kind in OPTIONS.items() for field in dataclasses.fields(kind)}
    assert set(TAKES) <= known
    assert {f"{name}.{field}" for name, rows in RANGES.items() for field, _ in rows} <= known
