"""A section is one file: what it declares is what it gets, on every engine, and nothing else names it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

import attribution as at
from attribution.errors import CreditError, JourneyError
from attribution.journeys.lags import Lags, LagTask, solve_lags
from attribution.language.catalogue import LANGUAGES
from attribution.language.catalogue import language as language_of
from attribution.reporting import html, sections, tallying
from attribution.reporting.blocks import Fact, Facts
from attribution.reporting.contents import SECTIONS, FactKeywords
from attribution.reporting.needs import Asked, Need
from attribution.reporting.recipe import SectionRecipe
from tests.reporting.test_report import make_credit

EVERYTHING = Asked(by=("channel", "month"), sections=tuple(SECTIONS))

# What a new section is: one file with these lines, ...
MEDIAN: Need[Lags] = Need(
    tasks=lambda _: {"touches": LagTask("touches")},
    solve=lambda tallies, _: solve_lags(tallies["touches"], "touches"),
)


def patience(words, lags):
    if lags is None or not lags.total:
        return ()
    return (Facts((Fact(words("patience.median"), words.number(lags.median), lags.median),)),)


SECTION = SectionRecipe("patience", lambda m: patience(m.words, m.of(MEDIAN)), needs=(MEDIAN,))
# ... a line in the list, and its texts in English and in French.
TEXTS = {
    "en": {"patience": "Patience", "patience.median": "Touches until half of the conversions"},
    "fr": {"patience": "Patience", "patience.median": "Contacts jusqu'à la moitié des conversions"},
}


@pytest.fixture
def added(monkeypatch):
    """Add the section to the list, and its texts to the catalogues."""
    monkeypatch.setitem(SECTIONS, "patience", SECTION)

    def spoken(code):
        words = language_of(code)
        return replace(words, texts=MappingProxyType({**words.texts, **TEXTS[code]}))

    monkeypatch.setattr(html, "language_of", spoken)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_new_section_is_in_the_report_of_every_engine(added, code):
    sample = at.load_sample("retailer")
    log = at.read_log(sample.touches, sample.conversions)
    journeys = at.build_journeys(log, goal="purchase")
    credit = at.attribute(journeys, "linear")
    asked = ["patience", "findings"]
    stream = at.Stream(processes=1)
    from_disk = at.tally_journeys(log, goal="purchase", sections=asked, engine=stream)
    assert set(from_disk.tallies) == {"touches"}, "nothing but what these sections need"
    for known in (journeys, from_disk):
        made = at.report(credit, journeys=known, sections=asked, language=code).sections[0]
        assert made.title == TEXTS[code]["patience"]
        (facts,) = made.blocks
        assert facts.facts[0].exact == journeys.touches_to_convert().median
    assert "patience" not in [section.name for section in at.report(credit, language=code).sections]


def test_a_section_has_nothing_that_it_does_not_declare(monkeypatch):
    forgotten = replace(SECTION, needs=())
    monkeypatch.setitem(SECTIONS, "limits", replace(forgotten, name="limits"))
    with pytest.raises(AssertionError, match="declares what it needs"):
        at.report(make_credit(), sections=["limits"])


def test_every_section_is_a_file_of_its_name():
    files = {path.stem for path in Path(sections.__path__[0]).glob("*_section.py")}
    assert files == {f"{name}_section" for name in SECTIONS}
    assert all(name == recipe.name for name, recipe in SECTIONS.items())
    for code in LANGUAGES:
        assert SECTIONS.keys() <= language_of(code).texts.keys(), "each has a title"


def test_facts_are_those_that_some_section_needs():
    needs = [need for recipe in SECTIONS.values() for need in recipe.needs]
    assert {need.argument for need in needs} - {""} == set(FactKeywords.__annotations__) - {"journeys"}
    for need in needs:
        assert need.argument or need.tasks, "given, or tallied"
        assert (need.tasks is None) == (need.solve is None)
        assert need.hint or not need.argument


def test_one_name_is_one_tally_and_increments_can_keep_it():
    by_name: dict[str, str] = {}
    for name in SECTIONS:
        for task, value in tallying.tasks_of([name], EVERYTHING).items():
            assert by_name.setdefault(task, repr(value)) == repr(value)
            assert " at 0x" not in repr(value)


def test_facts_are_one_value_or_given_one_by_one():
    journeys = at.read_paths({"path": ["ad > email", "email"], "conversions": [2, 1], "nulls": [5, 6]})
    credit = at.attribute(journeys, "linear")
    facts = at.ReportFacts(journeys=journeys, manifest={"run": "weekly"}, checks=None)
    assert set(facts.given) == {"journeys", "manifest"}
    page = at.report(credit, facts).to_html()
    assert page == at.report(credit, journeys=journeys, manifest={"run": "weekly"}).to_html()
    more = at.ReportFacts(journeys=journeys).with_facts(manifest={"run": "weekly"})
    assert page == at.report(credit, more).to_html()
    assert page == at.report(credit, facts, manifest=None).to_html(), "None is as if it were left out"
    assert page != at.report(credit, facts.with_facts(manifest=None)).to_html()
    with pytest.raises(CreditError, match="manifest= stands beside facts=") as caught:
        at.report(credit, facts, manifest={"run": "daily"})
    assert caught.value.hint == "facts=facts.with_facts(manifest=...), manifest=None"
    with pytest.raises(CreditError, match="no fact 'manifst'"):
        at.report(credit, facts, manifst=None)
    with pytest.raises(CreditError, match="did you mean 'journeys'"):
        at.ReportFacts(journey=journeys)
    with pytest.raises(CreditError, match="facts is of type dict"):
        at.report(credit, {"journeys": journeys})


@pytest.mark.parametrize(("given", "told"), [(None, "journeys=journeys"), ([1], "read_log")])
def test_what_is_tallied_is_a_log(given, told):
    paths = {"path": ["ad > email"], "conversions": [2], "nulls": [5]}
    with pytest.raises(JourneyError, match="takes a log") as caught:
        at.tally_journeys(at.read_paths(paths) if given is None else given)
    assert told in caught.value.hint


def test_a_report_may_ask_for_less_than_was_tallied():
    sample = at.load_sample("retailer")
    log = at.read_log(sample.touches, sample.conversions)
    credit = at.attribute(log, "linear", goal="purchase")
    tallies = at.tally_journeys(log, goal="purchase", top_paths=50)
    assert len(at.report(credit, journeys=tallies, top_paths=3).tables["top_paths"]) == 3
    few = at.report(credit, journeys=at.tally_journeys(log, goal="purchase", sections=["paths"]))
    assert "paths" in [section.name for section in few.sections]
    assert "journey_map" not in [section.name for section in few.sections]
