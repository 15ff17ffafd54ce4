"""The result table: columns, shares, totals, selections, words."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from attribution.credit.attachments import Spent
from attribution.credit.credit import Credit
from attribution.credit.table import fold, measure
from attribution.errors import CreditError
from tests.credit.tables import by_month, labels, two_models, with_activity


def test_frame_has_a_row_a_model_and_cell_in_the_order_given():
    frame = two_models().to_frame()
    assert list(frame.columns) == ["model", "channel", "conversions", "value", "share", "value_share"]
    assert frame["model"].tolist() == ["linear"] * 4 + ["last_touch"] * 4
    assert frame["channel"].tolist() == ["display", "email", "search", "(unattributed)"] * 2
    assert frame["conversions"].tolist() == [4, 3, 1, 2, 6, 2, 0, 2]


def test_shares_are_of_the_attributed_and_missing_in_the_unattributed_line():
    frame = two_models().to_frame()
    assert frame["share"].tolist()[:3] == [0.5, 0.375, 0.125]
    assert frame["value_share"].tolist()[:3] == [0.5, 0.4, 0.1]
    assert frame["share"].tolist()[4:7] == [0.75, 0.25, 0.0]
    assert frame.loc[frame["channel"] == "(unattributed)", ["share", "value_share"]].isna().all(axis=None)


def test_activity_follows_the_credit_columns():
    frame = with_activity().to_frame()
    assert list(frame.columns[-5:]) == ["touched", "assisted", "opened", "closed", "mean_touches"]
    assert frame["touched"].tolist() == [6, 5, 2, 0] * 2
    assert np.isnan(frame["mean_touches"].iloc[3])


def test_totals_conserve():
    totals = two_models().totals().set_index(["model", "measure"])
    assert totals.loc[("linear", "conversions")].tolist() == [8, 2, 10]
    assert totals.loc[("linear", "value")].tolist() == [900, 100, 1000]
    assert totals.loc[("last_touch", "conversions")].tolist() == [8, 2, 10]
    assert totals.loc[("last_touch", "value")].tolist() == [900, 100, 1000]


def test_select_keeps_shares_and_totals_of_the_whole():
    whole = two_models()
    part = whole.select(models=["last_touch"], channels="email")
    frame = part.to_frame()
    assert frame[["model", "channel", "conversions", "share"]].to_numpy().tolist() == [
        ["last_touch", "email", 2.0, 0.25]
    ]
    assert part.totals().to_numpy().tolist() == whole.totals().to_numpy()[2:].tolist()
    assert part.palette == whole.channels
    assert whole.select(channels="(unattributed)").to_frame()["conversions"].tolist() == [2, 2]


def test_select_orders_models_as_asked_and_keeps_their_details():
    credit = two_models(details={"linear": "a", "last_touch": "b", "both": "c"})
    assert credit.select(models=("last_touch", "linear")).conversions[:, 0].tolist() == [6, 4]
    assert dict(credit.select(models="linear").details) == {"linear": "a", "both": "c"}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [({"models": "linaer"}, "did you mean 'linear'"), ({"channels": ["emial"]}, "did you mean 'email'")],
)
def test_select_names_the_nearest(arguments, text):
    with pytest.raises(CreditError, match=text):
        two_models().select(**arguments)


@pytest.mark.parametrize(
    "changes",
    [
        {"conversions": np.zeros((2, 3))},
        {"value": np.zeros((1, 4))},
        {"keys": (labels("a"),)},
        {"by": ("campaign",)},
        {"spent": Spent({"cost": np.zeros(3)}, ("",) * 4)},
        {"spent": Spent({"cost": np.zeros(4)}, ("",))},
    ],
)
def test_shapes_are_checked(changes):
    with pytest.raises(CreditError):
        two_models(**changes)


def test_a_log_without_values_shows_none():
    credit = two_models(value=np.zeros((2, 4)), settings={"has_value": False}).with_spend({"email": 5})
    frame = credit.to_frame()
    assert frame[["value", "value_share", "roas", "roi"]].isna().all(axis=None)
    assert frame["cpa"].tolist()[1] == pytest.approx(5 / 3)
    assert credit.totals()["total"].tolist()[0] == 10
    assert np.isnan(credit.totals()["total"].tolist()[1])
    assert "value" not in repr(credit).splitlines()[1]
    assert any("no values" in note for note in credit.notes)


def test_fold_sums_over_dimensions_and_keeps_unattributed_last():
    folded = fold(by_month(), ("channel",))
    assert folded.keys[0].tolist() == ["display", "email", "(unattributed)"]
    assert folded.conversions.tolist() == [[3.0, 3.0, 1.0]]
    assert folded.value.tolist() == [[150.0, 150.0, 70.0]]
    assert measure(folded, "share")[0, :2].tolist() == [0.5, 0.5]


def test_fold_of_costs_sums_what_is_known():
    credit = by_month(spent=Spent({"cost": np.array([10.0, np.nan, np.nan, np.nan])}, ("",) * 4))
    assert fold(credit, ("channel",)).cost.tolist()[0] == 10
    assert np.isnan(fold(credit, ("channel",)).cost[1])
    assert fold(credit, ("channel",)).flags == ("", "no spend", "")
    assert fold(credit, credit.by) is credit


def test_an_empty_credit_is_a_table_without_rows():
    empty = Credit(("linear",), ("channel",), (labels(),), np.zeros((1, 0)), np.zeros((1, 0)))
    assert len(empty.to_frame()) == 0
    assert empty.totals()["total"].tolist() == [0, 0]
    assert "0 channels" in repr(empty)
    assert "0 conversions" in empty.summary()
    assert fold(by_month().take(np.zeros(0, int)), ("channel",)).channels == ()


def test_negative_credit_has_no_cost_per_conversion():
    credit = two_models(conversions=np.array([[-1.0, 8.0, 1.0, 2.0], [4.0, 4.0, 0.0, 2.0]]))
    frame = credit.with_spend({"display": 10}).to_frame()
    assert np.isnan(frame["cpa"].iloc[0])
    assert frame["roas"].iloc[0] == 45


def test_repr_states_models_totals_and_lookback():
    text = repr(two_models())
    head = text.splitlines()[0]
    assert "Credit by channel (linear, last_touch)" in head
    assert "3 channels" in head
    assert "10 conversions, 2 of them unattributed" in head
    assert "lookback 30D" in head
    assert "50.0%" in text
    assert "(unattributed)" in text


def test_html_escapes_names_and_shows_all_columns():
    credit = with_activity()
    hostile = '<script>alert("x")</script>'
    keys = (labels(hostile, "email", "search", "(unattributed)"),)
    html = Credit(
        credit.models, credit.by, keys, credit.conversions, credit.value, credit.activity
    )._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "mean_touches" in html


def test_money_is_shown_with_its_currency_and_decimals():
    credit = two_models().with_spend({"display": 1234.5}, currency="EUR", decimals=2)
    text = repr(credit)
    assert "cost (EUR)" in text
    assert "1,234.50" in text
    assert credit.to_frame()["cost"].tolist()[0] == 1234.5
    assert "cost" in credit.to_frame().columns
    whole = two_models().with_spend({"display": 30.0}, currency="EUR", decimals=0)
    assert "7.50" in repr(whole)


def test_summary_says_models_totals_channels_unattributed_lookback_and_money():
    text = two_models().with_spend({"display": 100, "email": 90}, currency="EUR").summary()
    assert "lookback 30D" in text
    assert "linear credits 8 conversions and 900 EUR in value: display 4 (50.0%), email 3 (37.5%)" in text
    assert "Unattributed: 2 conversions (20.0%, 100 EUR in value)" in text
    assert "Spend: 190 EUR on 2 channels; highest ROAS: display 4.500 (linear)" in text
    assert "lowest CPA: display 25 EUR (linear)" in text
    assert "would have happened" in text


def test_summary_of_many_channels_names_the_first_five():
    names = [f"c{position:02d}" for position in range(60)]
    amounts = np.arange(60, 0, -1.0)[None, :]
    text = Credit(("linear",), ("channel",), (labels(*names),), amounts, amounts).summary()
    assert "c04 56" in text
    assert "c05" not in text
    assert "and 55 more" in text


def test_credit_survives_pickling_and_is_frozen():
    credit = two_models().with_spend({"email": 10})
    again = pickle.loads(pickle.dumps(credit))
    assert again.to_frame().equals(credit.to_frame())
    with pytest.raises(AttributeError):
        credit.models = ()
