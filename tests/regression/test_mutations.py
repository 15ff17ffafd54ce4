"""Every deliberate regression is caught by the check that should catch it; harmless changes pass."""

from __future__ import annotations

import pytest

from attribution.errors import BaselineError
from tests.regression import mutations
from tests.regression.mutations import HARMLESS, MARKS, PAGE, REGRESSIONS, checked, world


@pytest.mark.parametrize("mutation", REGRESSIONS, ids=lambda each: f"{each.mode}: {each.what}")
def test_a_regression_is_caught_by_the_check_for_it(mutation, tmp_path):
    case = mutation.make(world(), tmp_path)
    refused, _, setting = mutation.caught.partition(": ")
    if refused == "refused":
        with pytest.raises(BaselineError) as caught:
            checked(case, mutation.mode)
        assert caught.value.column == setting
        return
    checks = checked(case, mutation.mode)
    assert mutation.caught in [check.name for check in checks.failed], str(checks)
    found = checks[mutation.caught]
    assert found.count >= 1
    assert 1 <= len(found.rows) <= 5
    assert found.fix


@pytest.mark.parametrize("mutation", HARMLESS, ids=lambda each: f"{each.mode}: {each.what}")
def test_a_harmless_change_passes(mutation, tmp_path):
    checks = checked(mutation.make(world(), tmp_path), mutation.mode)
    assert checks.passed, [f"{check.name}: {check.text}" for check in checks.failed]


def test_there_are_twenty_five_of_either():
    assert len(REGRESSIONS) >= 25
    assert len(HARMLESS) >= 25


def test_the_page_shows_the_tables():
    found = MARKS.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    assert mutations.tables() in found[0], "python -m tests.regression.mutations writes them"
