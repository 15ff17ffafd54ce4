"""A measure is said once: what a new one costs is what these tests add, and nothing else.

A new measure is an entry of `MEASURES` and a word in each language of the report; a new column of spend is
one more entry, of `AMOUNTS`. CONTRIBUTING.md says so.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.credit.attachments import Activity, Groups, Provenance, Spent
from attribution.credit.bootstrap import Bootstrap, Replicates
from attribution.credit.credit_intervals import replicated
from attribution.credit.measures import MEASURES, Measure, ratio
from attribution.credit.spend_columns import AMOUNTS
from attribution.credit.table import fold, measure
from attribution.language.catalogue import LANGUAGES, language
from tests.credit.tables import by_month, labels, two_models

PROFIT = Measure(
    "profit",
    "money",
    "Credited profit",
    "profit",
    lambda terms: 0.5 * terms["value"] - terms["cost"],
    needs=("value", "spend"),
)
CLICKS = Measure("clicks", "count", "Clicks", "clicks", needs=("spend",), credited=False)
CPC = Measure(
    "cpc",
    "money",
    "Cost per click",
    "CPC: cost per click",
    lambda terms: ratio(terms["cost"], terms["clicks"]),
    needs=("spend",),
    per="clicks",
    credited=False,
)


def add(monkeypatch, *measures, **columns):
    for one in measures:
        monkeypatch.setitem(MEASURES, one.name, one)
        for code in LANGUAGES:
            monkeypatch.setitem(language(code).texts, f"measure.{one.name}", f"{one.name} ({code})")
    for name, known in columns.items():
        monkeypatch.setitem(AMOUNTS, name, known)


def sampled(credit, n=40):
    rng = np.random.default_rng(4)
    shape = (n, *credit.conversions.shape)
    drawn = [
        rng.poisson(np.broadcast_to(line, shape)).astype(float) for line in (credit.conversions, credit.value)
    ]
    samples = Replicates.of(*drawn, credit.attributed)
    return replace(credit, bootstrap=Bootstrap(samples, samples))


def test_a_new_measure_is_in_every_table_plot_and_language(monkeypatch):
    add(monkeypatch, PROFIT)
    credit = sampled(two_models()).with_spend({"display": 200.0, "email": 100.0}, currency="EUR")
    frame = credit.to_frame()
    # By hand: half of 450, 360 and 540, 360 less what was spent; search has no spend.
    assert frame["profit"].dropna().tolist() == [25.0, 80.0, 70.0, 80.0]
    assert (frame["profit_ci_low"] < frame["profit"])[frame["profit"].notna()].all()
    sure = credit.intervals("profit")
    assert sure.loc[sure["model"] == "linear", "rank"].tolist()[:2] == [2, 1]
    first = credit.select(models="linear").could_be_first("profit")
    assert first["channel"].tolist()[0] == "email"
    ax = credit.plot("profit")
    assert ax.get_title(loc="left") == "Credited profit by channel, with 95% intervals"
    assert ax.get_xlabel() == "profit (EUR)"
    assert "profit (EUR)" in repr(credit)
    for code in LANGUAGES:
        page = at.report(credit, language=code)
        assert page.tables["money_1"]["profit"].tolist()[:2] == [25.0, 80.0]
        assert f"profit ({code})" in page.to_html()


def test_a_new_column_of_spend_is_read_joined_summed_and_selected(monkeypatch):
    add(monkeypatch, CLICKS, CPC, clicks=("clicks", "clics"))
    spend = pd.DataFrame(
        {
            "channel": ["display", "email", "email", "radio"],
            "month": ["2026-01", "2026-01", "2026-02", "2026-01"],
            "cost": [10.0, 3.0, 4.0, 5.0],
            "Clics": [100, 60, 40, 25],
        }
    )
    joined = by_month().with_spend(spend)
    cells = joined.to_frame().set_index(["channel", "month"])
    assert not [note for note in joined.notes if "not used" in note]
    assert cells["clicks"].sum() == 225
    assert cells.loc[("email", "2026-01"), "cpc"] == 0.05
    assert np.isnan(cells.loc[("display", "2026-02"), "clicks"])
    folded = fold(joined, ("channel",))
    assert folded.keys[0].tolist() == ["display", "email", "radio", "(unattributed)"]
    assert measure(folded, "cpc")[0, :3].tolist() == [0.1, 0.07, 0.2]
    assert folded.select(channels="radio").to_frame()["clicks"].tolist() == [25.0]
    assert joined.plot("cpc", kind="bars").get_xlabel() == "CPC: cost per click"
    with pytest.raises(at.errors.CreditError, match="not resampled"):
        joined.intervals("cpc")
    again = two_models().with_spend(spend.drop(columns="month").drop(index=2), decimals=0)
    assert "0.10" in repr(again)  # whatever the decimals of amounts, a cost per click has two
    assert at.report(again).tables["money_1"]["cpc"].tolist()[:3] == [0.1, 0.2, 0.05]


def test_what_stands_beside_a_table_selects_and_sums_itself():
    one, spent = (
        np.array([1.0, 2.0, 4.0]),
        Spent({"cost": np.array([5.0, np.nan, 7.0])}, ("", "no spend", "")),
    )
    samples = Replicates.of(np.ones((4, 1, 3)) * one, np.ones((4, 1, 3)), np.ones(3, bool))
    groups, cells = Groups(np.array([0, 1, 0]), 2), np.array([2, -1])
    assert spent.take(cells).cost.tolist()[0] == 7.0
    assert np.isnan(spent.take(cells).cost[1])
    assert spent.take(cells).flags == ("", "")
    assert spent.fold(groups).cost.tolist()[0] == 12.0
    assert np.isnan(spent.fold(groups).cost[1])
    assert Activity(one, one, one, one, one).fold(groups) is None
    replicates = Bootstrap(samples, samples)
    assert replicates.take(cells).samples.conversions[0, 0].tolist() == [4.0, 0.0]
    assert replicates.fold(groups).samples.conversions[0, 0].tolist() == [5.0, 2.0]


def test_every_measure_has_its_word_in_every_language_and_a_share_its_amount():
    for one in MEASURES.values():
        assert not one.share_of or MEASURES[one.share_of].additive
        assert set(one.needs) <= {"value", "spend", "activity"}
        if "activity" not in one.needs:
            assert all(f"measure.{one.name}" in language(code).texts for code in LANGUAGES)


def test_measures_of_replicates_are_those_of_the_table():
    # To the arithmetic a replicate is one more table: brute force, one by one.
    credit = sampled(two_models(), 7).with_spend({"display": 20.0, "email": 0.0})
    known = credit.bootstrap.samples
    for name, one in MEASURES.items():
        if not one.credited:
            continue
        found = replicated(credit, name)
        for row in range(7):
            one_more = replace(
                credit, conversions=known.conversions[row], value=known.value[row], bootstrap=None
            )
            np.testing.assert_array_equal(found[row], measure(one_more, name))


def test_a_credit_says_what_is_wrong_with_what_stands_beside_it():
    with pytest.raises(at.errors.CreditError, match="cost has shape"):
        two_models(spent=Spent({"cost": np.zeros(3)}, ("",) * 4))
    ones, provenance = np.ones((1, 1)), Provenance({"goal": "x"})
    credit = at.Credit(("m",), ("channel",), (labels("a"),), ones, ones, provenance=provenance)
    assert credit.settings == {"goal": "x"}
    assert credit.with_notes("one").with_notes("two").notes == ("one", "two")
