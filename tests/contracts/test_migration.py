"""Names that are called otherwise now: the page lists them, and each says so when it is used."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from importlib import import_module

import pytest

import attribution as at
from attribution._fixes import parts_of
from attribution._migration import RENAMED, RemovedNameError
from attribution.errors import AttributionError

HOMES = {
    "Calibration": "attribution.calibration.calibration",
    "GeoPlan": "attribution.experiments.geo.geo_plan",
}  # results that have no public name
ARGUMENTS = [entry for entry in RENAMED if entry.kind == "argument"]
NAMES = [entry for entry in RENAMED if entry.kind == "name"]


def owner(where):
    if where == "at":
        return at
    found = import_module(HOMES[where]) if where in HOMES else at
    for part in where.split("."):
        found = getattr(found, part)
    return found


def has(where, name):
    found = owner(where)
    fields = {field.name for field in dataclasses.fields(found)} if dataclasses.is_dataclass(found) else set()
    return name in fields or name in dir(found)


def test_the_page_lists_what_the_table_has(root):
    page = (root / "docs" / "migration.md").read_text(encoding="utf-8").split("|---|---|---|\n")[1]
    assert page.splitlines() == [entry.row() for entry in RENAMED]


def test_no_name_is_listed_twice():
    assert len({(entry.where, entry.old) for entry in RENAMED}) == len(RENAMED)


@pytest.mark.parametrize("entry", ARGUMENTS, ids=lambda entry: f"{entry.where}({entry.old}=)")
def test_an_old_argument_says_the_new_one(entry):
    function = owner(entry.where)
    parameters = set(inspect.signature(function).parameters)
    assert entry.old not in parameters
    hints = typing.get_type_hints(function, include_extras=True)
    if "keywords" in hints:  # the fields of options, one by one
        parameters |= set(typing.get_args(hints["keywords"])[0].__annotations__)
    assert entry.new.split("=")[0] in parameters
    with pytest.raises(AttributionError) as caught:
        function(**{entry.old: 0.4})
    assert entry.new.split("=")[0] in caught.value.problem
    assert caught.value.column == entry.old
    assert {part.kind for part in parts_of(caught.value.hint)} <= {"keywords", "call"}


@pytest.mark.parametrize("entry", NAMES, ids=lambda entry: f"{entry.where}.{entry.old}")
def test_an_old_name_says_the_new_one(entry):
    assert not has(entry.where, entry.old)
    assert has(entry.where, entry.new.removesuffix("()"))
    kind = owner(entry.where)
    value = kind if kind is at else object.__new__(kind)
    with pytest.raises(RemovedNameError, match=entry.new.removesuffix("()")) as caught:
        getattr(value, entry.old)
    assert {part.kind for part in parts_of(caught.value.hint)} <= {"call", "statement"}


def test_the_printed_line_runs():
    users = [f"u{number}" for number in range(60)]
    touches = {"user_id": users, "time": ["2026-01-01"] * 60, "channel": ["email", "search"] * 30}
    conversions = {"user_id": users[:31], "time": ["2026-01-02"] * 31}
    credit = at.attribute(at.read_log(touches, conversions), "last_touch", bootstrap=20, rng=1)
    with pytest.raises(RemovedNameError) as caught:
        credit.probability_best()
    assert len(eval(caught.value.hint, {"credit": credit}))
    old = {"baseline": 0.02, "lift": 0.1, "value": 60, "cost": 5}
    with pytest.raises(AttributionError) as caught:
        at.plan_holdout(**old)
    fixed = old | eval(f"dict({caught.value.hint})")
    assert at.plan_holdout(**fixed).money is not None


def test_what_never_was_is_a_plain_error():
    credit = at.attribute(at.read_paths({"path": ["a"], "conversions": [1]}), "linear")
    assert not hasattr(credit, "probability_worst")
    with pytest.raises(AttributeError, match="'Credit' object has no attribute 'probability_worst'"):
        credit.probability_worst  # noqa: B018
    with pytest.raises(AttributionError, match="did you mean 'baseline'"):
        at.plan_holdout(baselin=0.02)
