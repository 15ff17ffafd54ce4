"""The report's sections of journeys and of pairs: in both languages, with the numbers of the results."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

import attribution as at
from attribution.language.catalogue import language
from attribution.models.activity import tally_activity
from attribution.reporting.blocks import Figure, Table, Text
from attribution.reporting.sections.customers_section import customers
from attribution.reporting.sections.journey_map_section import journey_map
from attribution.reporting.sections.synergy_section import synergy_pairs
from attribution.reporting.sections.time_to_convert_section import time_to_convert


@pytest.fixture(scope="module")
def journeys():
    sample = at.load_sample("retailer")
    return at.build_journeys(
        at.read_log(sample.touches, sample.conversions), goal="purchase", drop_censored=True
    )


@pytest.fixture(scope="module")
def credit(journeys):
    return at.attribute(journeys, ["linear", "last_touch"], by="customer")


@pytest.fixture(scope="module")
def pairs(journeys):
    return at.synergy(journeys)


def tables(blocks):
    return {block.name: block for block in blocks if isinstance(block, Table)}


@pytest.mark.parametrize("code", ["en", "fr"])
def test_every_section_speaks_the_language(journeys, credit, pairs, code):
    words, english = language(code), language("en")
    touched = tally_activity(journeys, ("channel", "customer"))
    made = [
        *journey_map(words, journeys.flows()),
        *time_to_convert(words, journeys.time_to_convert(), journeys.touches_to_convert()),
        *customers(words, credit, None),
        *customers(words, at.attribute(journeys, "linear"), touched),
        *synergy_pairs(words, pairs),
    ]
    figures = [block for block in made if isinstance(block, Figure)]
    assert len(figures) == 5
    for figure in figures:
        assert figure.alt.startswith(figure.title)
        for narrow in (False, True) if code == "fr" else (False,):
            svg = figure.draw(narrow)
            assert svg.startswith("<svg")
            if code == "fr":
                assert "later touches" not in svg
                assert "conversions per" not in svg
    captions = [block.caption for block in made if isinstance(block, Table)]
    assert len(captions) == 6
    if code == "fr":
        known = {
            text
            for entry in english.texts.values()
            for text in (entry if isinstance(entry, tuple) else (entry,))
        }
        assert not {*captions, *(figure.title for figure in figures)} & known


def test_pairs_can_be_told_apart_and_clear_ones_seen_on_a_phone(pairs):
    figures = [block for block in synergy_pairs(language("en"), pairs) if isinstance(block, Figure)]
    drawn = [
        [(text.text or "").strip() for text in ET.fromstring(figure.draw(True)).iter() if text.text]
        for figure in figures
    ]
    clear = int(pairs.significant.sum())
    assert clear > 0
    assert sum(text in {"+", "\u2212"} for text in drawn[0]) == clear
    assert not [text for text in drawn[1] if "\u2026" in text]


def test_numbers_are_those_of_the_results(journeys, credit, pairs):
    words = language("en")
    flows = journeys.flows()
    shown = tables(journey_map(words, journeys.flows()))["journey_map"].frame
    assert shown["conversions"].tolist() == flows.conversions[flows.largest(15)].tolist()
    lags = tables(time_to_convert(words, journeys.time_to_convert(), journeys.touches_to_convert()))
    assert lags["days_to_convert"].frame["conversions"].sum() == journeys.time_to_convert().total
    table = tables(customers(words, credit, None))["customers"].frame
    linear = credit.to_frame().query("model == 'linear' and channel != '(unattributed)'")
    for name in ("new", "returning"):
        assert table[name].sum() == pytest.approx(linear.loc[linear["customer"] == name, "conversions"].sum())
    assert tables(synergy_pairs(words, pairs))["synergy"].frame["excess"].tolist() == pytest.approx(
        pairs.to_frame()["excess"].head(40).tolist(), nan_ok=True
    )


def test_nothing_known_makes_no_section(pairs):
    words = language("en")
    journeys = at.read_paths({"path": ["a > b", "a"], "conversions": [1, 2], "nulls": [3, 4]})
    credit = at.attribute(journeys, "linear")
    assert journey_map(words, None) == ()
    assert time_to_convert(words, None, None) == ()
    assert customers(words, credit, None) == ()
    made = at.report(credit, journeys=journeys)
    assert "customers" not in {section.name for section in made.sections}  # paths know no users
    assert synergy_pairs(words, None) == ()
    assert "touches_to_convert" in made.tables
    assert "days_to_convert" not in made.tables  # and no times
    blocks = synergy_pairs(words, at.synergy(journeys))
    assert [type(block) for block in blocks] == [Text]
    assert "compare: 0 of 1," in blocks[0].paragraphs[0]
