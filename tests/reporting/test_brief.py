"""The first screen: what it says of tests, models and money, and what to do, by cases made for each."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import attribution as at
from attribution.errors import CreditError
from attribution.language.catalogue import language
from attribution.reporting.html import report
from tests.browser.sample import trial
from tests.reporting.pages import read_page
from tests.reporting.test_report import CHECKS, make_credit, paid

FIXED = {"email": [400.0, 300.0], "search": [300.0, 350.0], "video": [200.0, 250.0]}


def credit_of(rows=FIXED, models=("last_touch", "linear")):
    """Return a credit of given conversions by channel under each model, each worth 10."""
    made = make_credit(tuple(rows), models=models, lost=0)
    conversions = np.array(list(rows.values()), dtype=float).T[: len(models)]
    return replace(made, conversions=conversions, value=10.0 * conversions)


def said(made, name="answer"):
    (section,) = [one for one in made.sections if one.name == name]
    return [
        f"{lead} {text}".strip()
        for block in section.blocks
        if type(block).__name__ == "Points"
        for lead, text in block.items
    ]


def told(credit, **given):
    return " ".join(said(report(credit, preset="brief", **given)))


def steps(credit, **given):
    return said(report(credit, preset="brief", **given), "next")


def test_the_brief_is_one_screen_and_folds_the_rest():
    made = report(paid(credit_of()), preset="brief", checks=CHECKS, currency="€")
    assert [(section.name, section.folded) for section in made.sections] == [
        ("answer", False),
        ("next", False),
        ("credit", True),
        ("money", True),
        ("limits", True),
        ("settings", True),
    ]
    page = read_page(made.to_html())
    assert page.unclosed == []
    facts = made.sections[0].blocks[0].facts
    assert [fact.label for fact in facts] == ["Conversions", "Value", "Spend", "ROAS"]
    assert [fact.text[0] for fact in facts[1:3]] == ["€", "€"]


def test_the_full_report_begins_with_the_same():
    full, brief = (report(paid(credit_of()), preset=preset) for preset in ("full", "brief"))
    assert [section.name for section in full.sections][:3] == ["answer", "next", "findings"]
    assert said(full) == said(brief)
    assert said(full, "next") == said(brief, "next")


def test_a_leader_is_named_where_all_models_agree_and_else_each_with_its_models():
    agree = credit_of({"email": [500.0, 450.0], "search": [400.0, 450.0 - 1e-6]})
    assert "Email gets the most credit under all 2 models: 50.0% to 55.6%" in told(agree)
    assert "Email under Last touch; Search under Linear" in told(
        credit_of({"email": [500.0, 400.0], "search": [400.0, 500.0]}), labels={"search": "Search"}
    )


def test_no_finding_hangs_on_the_order_of_the_models():
    credit = paid(credit_of())
    turned = paid(credit_of({name: row[::-1] for name, row in FIXED.items()}, ("linear", "last_touch")))
    lifts = {"email": at.Estimate(90.0, 60.0, 120.0), "search": at.Estimate(10.0, -30.0, 50.0)}
    one, other = (report(each, preset="brief", lifts=lifts) for each in (credit, turned))
    words = [sorted(re.findall(r"\w+", text)) for text in said(one)]
    assert words == [sorted(re.findall(r"\w+", text)) for text in said(other)]
    assert said(one, "next") == said(other, "next")


@pytest.mark.parametrize(
    ("estimate", "sentence"),
    [
        (
            at.Estimate(90.0, 60.0, 120.0),
            "Email: a test shows an effect: 90 incremental (conversions; 60 to 120",
        ),
        (at.Estimate(90.0, 5.0, 175.0), "Email: a test shows an effect, but its size is not known: 5 to 175"),
        (
            at.Estimate(10.0, -30.0, 50.0),
            "Email: not known: test it again. Its test fits anything from 0 to 50",
        ),
        (
            at.Estimate(-40.0, -60.0, -20.0),
            "Email: its test counted fewer with it than without: 20 to 60 lost",
        ),
        (
            at.Estimate(-40.0, -70.0, -0.0),
            "Email: not known: test it again. Its test fits anything from 0 to 0",
        ),
    ],
)
def test_an_experiment_is_told_with_what_is_known_of_it(estimate, sentence):
    text = told(credit_of(), lifts={"email": estimate})
    assert sentence in text
    assert "The models credit 300 to 400." in text
    assert not re.search("[-\N{MINUS SIGN}]\\d", text), "no number of conversions is negative in words"


@pytest.mark.parametrize(
    ("estimate", "step"),
    [
        (at.Estimate(90.0, 60.0, 120.0), "Keep. Email: a test shows its effect."),
        (at.Estimate(90.0, 5.0, 175.0), "Keep. Email, and test it again"),
        (
            at.Estimate(10.0, -30.0, 50.0),
            "Add nothing. Email: its test shows no effect and leaves room for 50 ",
        ),
        (at.Estimate(100.0, -300.0, 500.0), "Test. Email for longer or with more users"),
        (at.Estimate(-40.0, -60.0, -20.0), "Cut. Email: its test counted fewer"),
    ],
)
def test_what_to_do_is_what_the_test_carries(estimate, step):
    assert steps(credit_of(), lifts={"email": estimate})[0].startswith(step)


@pytest.mark.parametrize(
    ("cost", "step"), [(1.0, "Keep."), (1e7, "Cut."), (3_000.0, "Test.")], ids=["keep", "cut", "test"]
)
def test_a_return_decides_only_where_its_interval_leaves_out_what_was_spent(cost, step):
    lift = at.analyze_holdout(trial_frame(), value="value", cost=cost)
    assert (lift.iroas.low > 1, lift.iroas.high < 1) == (step == "Keep.", step == "Cut.")
    line = steps(credit_of(), lifts={"email": lift}, currency="€")[0]
    assert line.startswith(step)
    assert "each €1 spent brought back" in line


def trial_frame():
    import pandas as pd

    rng = np.random.default_rng(3)
    treated = rng.random(4000) < 0.5
    converted = rng.random(4000) < np.where(treated, 0.11, 0.07)
    value = converted * rng.gamma(2.0, 20.0, 4000)
    arm = np.where(treated, "treatment", "holdout")
    return pd.DataFrame({"arm": arm, "converted": converted.astype(int), "value": value})


def test_without_a_test_nothing_is_kept_or_cut_and_the_most_spend_is_tested():
    credit = credit_of().with_spend({"email": 10.0, "video": 30.0})
    made = report(credit, preset="brief", currency="€")
    assert said(made, "next") == [
        "Test. Video next: of the channels without a test it has the most spend (€30)."
    ]
    assert "Nothing here says keep or cut" in read_page(made.to_html()).text
    bare = credit_of({"direct": [900.0, 900.0], "email": [50.0, 70.0]})
    assert steps(bare)[0].startswith("Test. Email next"), "nobody can withhold direct visits"


def test_checks_that_failed_come_first():
    assert steps(credit_of(), checks=CHECKS)[0] == "Mend the data first. Checks failed: duplicates."


@pytest.mark.parametrize("code", ["en", "fr"])
def test_money_bears_its_currency(code):
    made = report(paid(credit_of()), preset="brief", currency="CHF", language=code)
    tiles = {fact.label: fact.text for fact in made.sections[0].blocks[0].facts}
    words = language(code)
    assert all("CHF" in tiles[words(key)] for key in ("value", "findings.spend"))
    assert "CHF" in said(made, "next")[0]


def test_sections_and_a_preset_are_not_both_taken():
    with pytest.raises(CreditError, match="both say what the report shows"):
        report(credit_of(), preset="brief", sections=["credit"])
    with pytest.raises(CreditError, match="preset = 'breif'"):
        report(credit_of(), preset="breif")


def test_a_credit_of_nothing_and_one_of_a_channel_are_told():
    nothing = report(credit_of({"email": [0.0, 0.0]}), preset="brief")
    assert read_page(nothing.to_html()).unclosed == []
    one = report(credit_of({"email": [5.0, 5.0]}), preset="brief")
    assert "No test says what 1 of 1 channels caused" in " ".join(said(one))
    assert trial().verdict
