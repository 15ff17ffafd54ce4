"""One catalogue: the same texts in every language, nothing of another language in a report."""

from __future__ import annotations

import re
import string

import pandas as pd
import pytest

import attribution as at
from attribution.datasets import simulate
from attribution.errors import CreditError
from attribution.jobs.config import load_config
from attribution.language.catalogue import ENGLISH, LANGUAGES, language
from attribution.reporting.contents import SECTIONS
from attribution.reporting.formats import Style, day, listing, span
from attribution.reporting.html import report
from tests.language.french import checks_in_french, said_in_french
from tests.reporting.pages import read_page
from tests.reporting.test_report import CHECKS, make_credit, paid

OTHERS = [language(code) for code in LANGUAGES if code != "en"]


def placeholders(text):
    parts = text if isinstance(text, tuple) else (text, text)
    return [{name for _, name, _, _ in string.Formatter().parse(part) if name} for part in parts]


@pytest.mark.parametrize("other", OTHERS, ids=lambda one: one.code)
def test_languages_have_the_same_texts_with_the_same_placeholders(other):
    assert set(other.texts) == set(ENGLISH.texts)
    for key, text in ENGLISH.texts.items():
        assert isinstance(other.texts[key], tuple) == isinstance(text, tuple), key
        assert placeholders(other.texts[key]) == placeholders(text), key


@pytest.mark.parametrize("one", [ENGLISH, *OTHERS], ids=lambda one: one.code)
def test_a_pair_is_chosen_by_its_count(one):
    for key, text in one.texts.items():
        assert not isinstance(text, tuple) or "n" in placeholders(text)[1], key


def test_every_text_that_a_section_asks_for_is_there():
    from pathlib import Path

    import attribution.reporting.html as home

    asked = set()
    for file in Path(home.__file__).parent.rglob("*"):
        if file.suffix in {".py", ".j2"} and "language" not in file.parts and "regression" not in file.parts:
            asked |= set(re.findall(r"words\(\s*[\"']([a-z_.]+)[\"']", file.read_text(encoding="utf-8")))
    assert len(asked) > 150
    assert asked <= set(ENGLISH.texts)


def test_a_french_report_has_no_words_of_english():
    made = report(paid(make_credit()), checks=CHECKS, language="fr", lifts=None)
    html = made.to_html()
    page = read_page(html)
    assert page.names("html") == [{"lang": "fr"}]
    # What the library itself says in English (findings of checks, settings) is marked as such.
    text = re.sub(r'<(bdi|span|div)[^>]* lang="en">.*?</\1>', " ", html, flags=re.DOTALL)
    text = re.sub(r"<style>.*?</style>", " ", text, flags=re.DOTALL)
    text = " ".join([*re.findall(r'(?:aria-label|alt)="([^"]*)"', text), re.sub(r"<[^>]+>", " ", text)])
    english = {"the", "and", "of", "with", "credited", "spend", "share", "touches", "by", "not", "channels",
               "model", "value", "unattributed", "failed", "settings", "january", "december"}  # fmt: skip
    found = set(re.findall(r"[a-z]+", text.lower())) & english
    assert not found
    assert made.subtitle == "du 1er janvier 2025 au 31 décembre 2025"


def test_a_french_report_of_a_dirty_log_is_french_in_its_findings_and_notes():
    dirty = simulate(800, days=60, seed=5, dirt=True)
    log = at.read_log(dirty.touches, dirty.conversions, invalid="drop", missing_value=0.0)
    credit = at.attribute(log, ["last_non_direct", "markov", at.Shapley(game="subset_rate")], lookback="14D")
    spend = {"channel": ["email", "Emial", "Total"], "cost": [10.0, 7.5, 17.5], "note": ["", "", ""]}
    credit = credit.with_spend(pd.DataFrame(spend))
    checks = log.audit(now="2026-06-01")
    assert sum(check.passed is not True for check in checks) > 5
    assert len(credit.notes) >= 2
    checks_in_french(checks)
    said_in_french(*credit.notes)
    made = at.report(credit, checks=checks, language="fr")
    blocks = [block for section in made.sections for block in section.blocks]
    assert not [block for block in blocks if getattr(block, "lang", "")]
    page = made.to_html()
    for note in credit.notes:
        assert str(note)[:40] not in page
    (table,) = [block for block in blocks if getattr(block, "name", "") == "audit"]
    assert {column.key for column in table.columns if column.style.kind == "english"} == {"check"}


def test_titles_of_sections_differ_between_languages():
    english = [section.title for section in report(make_credit()).sections]
    french = [section.title for section in report(make_credit(), language="fr").sections]
    assert len(english) == len(french) > 5
    assert not set(english) & set(french)


def test_names_of_models_and_channels_are_those_of_the_language():
    page = read_page(report(make_credit(), language="fr").to_html())
    assert page.heads["credit"] == ["Canal", "Dernier contact", "Linéaire"]
    assert [row[0][0] for row in page.tables["credit"]][-2:] == ["(non attribué)", "Total des conversions"]


def test_numbers_and_dates_are_written_as_the_language_does():
    french = language("fr")
    assert Style("count", 1, words=french).write(1234.5) == "1\u202f234,5"
    assert Style("count", 1).write(1234.5) == "1,234.5"
    assert Style("share", 1, words=french).write(0.123) == "12,3\u202f%"
    assert Style("money", 0, "€", french).write(-1234) == "\N{MINUS SIGN}1\u202f234\u202f€"
    assert day(1767225600_000_000, french) == "1er janvier 2026"
    assert span("30D", french) == "30 jours"
    assert listing(["a", "b"], words=french) == "a et b"
    assert french("n_conversions", n=0.5) == "0,50 conversion"
    assert ENGLISH("n_conversions", n=0.5) == "0.50 conversions"


def test_the_numbers_behind_a_report_are_those_of_every_language():
    english, french = (report(paid(make_credit()), language=code).tables for code in ("en", "fr"))
    assert set(english) == set(french)
    for name, frame in english.items():
        numbers = frame.select_dtypes("number")
        assert numbers.equals(french[name][numbers.columns])


def test_an_unknown_language_is_refused():
    with pytest.raises(CreditError, match="did you mean"):
        report(make_credit(), language="fra")


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_job_knows_the_languages_and_sections_of_the_report(code, tmp_path):
    text = (
        'models = ["linear"]\n[log]\ntouches = "t.csv"\n[journeys]\nlookback = "14D"\n'
        f'[report]\nlanguage = "{code}"\nsections = {list(SECTIONS)}\n'
    )
    (tmp_path / "t.csv").touch()
    (tmp_path / "job.toml").write_text(text, encoding="utf-8")
    asked = load_config(tmp_path / "job.toml").report
    assert (asked.language, asked.sections) == (code, tuple(SECTIONS))
