"""Faults of numbers and of sense that reports had, in both languages: each by a case made for it."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest

from attribution.experiments.shared.lift import Estimate
from attribution.language.catalogue import LANGUAGES, language
from attribution.reporting.experiments_found import Found, sentences
from attribution.reporting.figures import _word
from attribution.reporting.formats import Style
from attribution.reporting.sections.incremental_section import incremental
from tests.reporting.test_report import make_credit

COUNTS = (0, 1, 1.5, 2, 1_362, 1_234_567)
FRENCH, ENGLISH = language("fr"), language("en")


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("key", ["findings.whole", "findings.partly"])
def test_no_participle_agrees_with_a_count_in_french(count, key):
    conversions = FRENCH("n_conversions", n=count)
    assert conversions.endswith("conversion" if count < 2 else "conversions")
    said = FRENCH(
        key, conversions=conversions, worth="", attributed=conversions, share="1", window="", lost=count
    )
    assert not re.search("précédée|toutes|réparties", said)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("code", LANGUAGES)
def test_a_count_and_its_noun_agree_in_a_figure(code, count):
    words = language(code)
    said = words("journey_map.alt", title="x", conversions=words("n_conversions", n=count), parts="y")
    plural = count >= 2 if code == "fr" else count != 1
    assert bool(re.search(r"conversions\b", said)) is plural


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_level_has_the_decimals_of_its_language(code):
    words = language(code)
    said = words("synergy.level", level=words.write(1 - 0.055, ".4g%"))
    assert ("94,5\u202f%" if code == "fr" else "94.5%") in said


def test_differences_of_shares_are_points():
    assert Style("points", 1).write(-0.084) == "\N{MINUS SIGN}8.4 pt"
    assert Style("points", 1, words=FRENCH).write(0.017) == "1,7\u202fpt"
    assert Style("points", 1).write(float("nan")) == "\N{EN DASH}"


@pytest.mark.parametrize(
    ("tick", "english", "french"),
    [
        ("-30", "\N{MINUS SIGN}30", "\N{MINUS SIGN}30"),
        ("0.2000", "0.2", "0,2"),
        ("1.500", "1.5", "1,5"),
        ("1,000", "1,000", "1\u202f000"),
        ("-5%", "\N{MINUS SIGN}5%", "\N{MINUS SIGN}5\u202f%"),
        ("x-1", "x-1", "x-1"),
    ],
)
def test_ticks_read_like_the_numbers_of_the_text(tick, english, french):
    assert (_word(ENGLISH, tick), _word(FRENCH, tick)) == (english, french)


def geo_test(**options):
    relative = Estimate(0.093, 0.072, 0.115)
    given = {"design": "geo", "outcome": "sales", "alpha": 0.05, "verdict": "effect", "relative": relative}
    return SimpleNamespace(**given | {"checks": (), "iroas": None} | options)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_geo_test_is_not_told_as_a_ratio(code, monkeypatch):
    import attribution.reporting.experiments_found as home

    monkeypatch.setattr(home, "unusual", lambda _: ())
    one = Found("email", None, geo_test(), 5.0)
    (said,) = sentences(language(code), make_credit(), [one])
    assert "ratio" not in said
    assert "sales" in said


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_experiment_that_must_not_be_read_shows_no_numbers(code, monkeypatch):
    import attribution.reporting.experiments_found as home

    monkeypatch.setattr(home, "unusual", lambda _: ())
    blocked = geo_test(design="holdout", verdict="blocked", iroas=Estimate(3.0, 2.0, 4.0))
    found = Found("email", Estimate(90.0, 60.0, 120.0), blocked, 5.0)
    table = incremental(language(code), make_credit(), [found])[-1]
    row = table.frame.iloc[0]
    assert np.isnan(row[["incremental", "low", "high"]].astype(float)).all()
    assert "iroas" not in table.frame
