"""A sentence is its English text to Python, and says the same in every language of the catalogue."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
import re
from pathlib import Path

import pytest

import attribution
from attribution.language.catalogue import ENGLISH, LANGUAGES, language
from attribution.language.numbers import Money
from attribution.language.sentence import Sentence

FRENCH = language("fr")
SOURCE = Path(attribution.__file__).parent


def test_to_python_a_sentence_is_its_english_text():
    told = Sentence("spend.no_value")
    assert told == "spend: the log has no values, so that ROAS and ROI are empty"
    assert told.startswith("spend:")
    assert hash(told) == hash(str(told))
    assert f"Note: {told}." == f"Note: {told!s}."
    assert FRENCH.say(told).startswith("dépense")


def test_text_that_is_no_sentence_stays_as_it_is():
    assert FRENCH.say("paid search") == "paid search"
    assert FRENCH.speaks(Sentence("spend.no_value"), "")
    assert not FRENCH.speaks("words of a user")
    assert ENGLISH.speaks("words of a user")


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_sentence_travels_with_its_numbers(again):
    told = Sentence("shapley.sampled_above", told=Sentence("spend.flights", n=2), tolerance=0.01)
    other = again(told)
    assert (other, type(other), FRENCH.say(other)) == (told, Sentence, FRENCH.say(told))


# Below two a French count is singular; an English one at 1 alone.
@pytest.mark.parametrize(
    ("n", "english", "french"),
    [
        (0, "0 rows are of", "0 ligne couvre"),
        (1, "1 row is of", "1 ligne couvre"),
        (1.5, "1.50 rows are of", "1,50 ligne couvre"),
        (2, "2 rows are of", "2 lignes couvrent"),
        (1234, "1,234 rows are of", "1\u202f234 lignes couvrent"),
    ],
)
def test_counts_agree_with_their_words(n, english, french):
    told = Sentence("spend.flights", n=n)
    assert english in told
    assert french in FRENCH.say(told)


def test_sentences_inside_sentences_are_said_in_the_language_of_the_whole():
    told = Sentence("spend.in_part", period=Sentence("a_period.week"), first="2026-01-01", last="2026-02-01")
    assert "a week of it" in told
    assert "une semaine déborde" in FRENCH.say(told)


def test_values_are_written_as_their_placeholder_says():
    first, last = dt.date(2026, 1, 1), dt.date(2026, 3, 31)
    told = Sentence("spend.left_out", amount=1234.5, first=first, last=last)
    assert "spend: 1,234 on days outside 2026-01-01 to 2026-03-31" in told  # as `format_number` rounds it
    assert "du 1er janvier 2026 au 31 mars 2026" in FRENCH.say(told)
    assert "1\u202f234 hors" in FRENCH.say(told)


@pytest.mark.parametrize(
    ("value", "spec", "english", "french"),
    [
        (0.12345, ".1%", "12.3%", "12,3\u202f%"),
        (0.12345, "+,.4g%", "+12.35%", "+12,35\u202f%"),
        (-0.5, "+,.3g%", "-50%", "\N{MINUS SIGN}50\u202f%"),
        (1234567.8, "#", "1,234,568", "1\u202f234\u202f568"),
        (0.5, "+#", "+0.5000", "+0,5000"),
        (-2.0, "+#", "-2", "\N{MINUS SIGN}2"),
        (1500, "d", "1500", "1500"),
        (1500, "", "1,500", "1\u202f500"),
        (Money(3.0, "EUR", 2), "", "3.00 EUR", "3,00\u202fEUR"),
        (Money(1234.5), "", "1,234", "1\u202f234"),
        (["a", "b", "c"], "and", "a, b and c", "a, b et c"),
        (("a", "b"), ";", "a; b", "a\u202f; b"),
        ("30D", "span", "30 days", "30 jours"),
        ("unlimited", "span", "unlimited", "unlimited"),
        ("no touch", "first", "No touch", "No touch"),
    ],
)
def test_one_writer_of_numbers_percents_money_and_lists(value, spec, english, french):
    assert ENGLISH.write(value, spec) == english
    assert FRENCH.write(value, spec) == french


def parts(text):
    return text if isinstance(text, tuple) else (text,)


def test_french_holds_its_marks_together():
    for key, text in FRENCH.texts.items():
        for part in parts(text):
            bare = re.sub(r"\{[^}]*\}|at\.\w+\(.*?\)|\w+\(.*?\)|`.*?`", "x", part)
            assert not re.search(r"[ \u00a0][:;?!%»](\s|$)|« ", bare), (key, part)
            assert "'" not in re.sub(r"['\"][^'\"]*['\"]", "", bare), (key, part)  # typographic apostrophes


def test_every_sentence_that_the_library_says_is_in_the_catalogue():
    asked = set()
    for file in SOURCE.rglob("*.py"):
        asked |= set(re.findall(r"\bSentence\(\s*\"([a-z_.]+)\"", file.read_text(encoding="utf-8")))
    assert len(asked) > 40
    assert asked <= set(ENGLISH.texts)


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_topic_takes_the_key_of_another(code):
    from importlib import import_module

    from attribution.language.catalogue import TOPICS

    keys = [key for topic in TOPICS for key in import_module(f"attribution.language.{code}.{topic}").TEXTS]
    assert len(keys) == len(set(keys))
