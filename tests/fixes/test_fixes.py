"""A printed fix is code: it runs, the call then works or meets its next fault, and nothing is lost."""

from __future__ import annotations

import functools
import logging
import warnings
from collections import Counter
from pathlib import Path

import pytest

from attribution._fixes import parts_of, said
from attribution.jobs.doors import toml_of
from tests.fixes import follow, inventory
from tests.fixes.follow import Ran, findings, followed
from tests.fixes.tables import Row, all_rows

HERE = Path(__file__).parent
MOST_WORDS = 254
"""How many hints may be words: what no line of code can do. A number that only falls."""


def listed(name: str) -> dict[str, str]:
    """Return a list of what does not hold yet, as {what: why}."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("  # ") for line in lines if line and not line.startswith("#"))
    return {what: why for what, _, why in pairs}


@functools.cache
def ran(row: Row) -> tuple[Ran, ...]:
    """Follow the fixes of a row, once a session."""
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of numpy, in what is refused afterwards
            follow_all = findings if row.name.startswith("audits:") else followed
            return tuple(follow_all(row.name, row.make, also=row.also))
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize("row", all_rows(), ids=lambda row: row.name)
def test_the_printed_fix_works_and_loses_nothing(row):
    bad = [f"{one.outcome}: {one.part}\n    {one.detail}" for one in ran(row) if not one.good]
    assert not bad, "\n".join(bad)


def everything() -> list[Ran]:
    """Return what came of every row."""
    return [one for row in all_rows() for one in ran(row)]


def test_what_stands_behind_fix_is_code_at_every_door():
    hints = {one.hint for one in everything()}
    prose = [line for hint in hints for line in said(hint) if line.startswith("Fix: ") and not is_code(line)]
    assert not prose, "\n".join(prose)
    python = [
        line
        for hint in hints
        for line in said(toml_of(hint))
        if line.startswith("Fix: ") and not is_code(line, "toml", "shell") and "in Python" not in line
    ]
    assert not python, "\n".join(python)


def is_code(line: str, *kinds: str) -> bool:
    """Whether all of a line that a message prints behind ``Fix:`` is code, of these kinds."""
    found = {
        part.kind for part in parts_of(line.removeprefix("Fix: ").replace("in Python, before the run: ", ""))
    }
    return found <= set(kinds) if kinds else "words" not in found


def test_how_many_fixes_there_are(record_property):
    outcomes = Counter(one.outcome for one in everything())
    record_property("fixes", dict(outcomes))
    followed_ones = outcomes["works"] + outcomes["next fault"]
    assert followed_ones >= 300, outcomes
    words = {one.hint for one in everything() if one.outcome == "words"}
    assert len(words) <= MOST_WORDS, "\n".join(sorted(words))


def unlisted() -> tuple[Counter[str], Counter[str]]:
    """Return the places that no row reaches and no list names, and those that are listed and reached."""
    reached = {one.hint for one in everything()}
    missed = Counter(place.name for place in inventory.unreached(follow.REACHED, reached))
    known: Counter[str] = Counter()
    for line, why in listed("not_reached.txt").items():
        assert why, f"{line}: no reason"
        name, _, times = line.partition(" x")
        known[name] += int(times or 1)
    return missed - known, known - missed


def test_every_place_that_makes_an_error_is_reached_or_listed_with_its_reason():
    new, gone = unlisted()
    assert not new, f"no row of tests/fixes reaches these: {dict(new)}"
    assert not gone, f"reached by now, take them out of not_reached.txt: {dict(gone)}"
