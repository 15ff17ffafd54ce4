"""Currencies: one in a table, or a breakdown by it, or rates; on both sides of every ratio.

Right values are by hand: value over cost in one currency.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.errors import AttributionError, CreditError, JourneyError
from attribution.eventlog.currency import same_currency
from tests.credit.tables import two_models

TOUCHES = {"user_id": [1, 2, 3], "time": ["2026-03-01"] * 3, "channel": ["a", "a", "b"]}
DAYS = ["2026-03-02", "2026-03-07", "2026-03-02"]


def conversions(
    *currency: str | None, value: tuple[float, ...] = (100.0, 50.0, 10.0), name: str = "currency"
):
    return {"user_id": [1, 2, 3], "time": DAYS, "value": list(value), name: list(currency)}


def log(*currency: str | None, **more):
    schema = more.pop("schema", None)
    return at.read_log(TOUCHES, conversions(*currency, **more), schema)


def one(frame: pd.DataFrame, column: str, **where: str) -> float:
    for name, label in where.items():
        frame = frame[frame[name] == label]
    assert len(frame) == 1
    return float(frame[column].iloc[0])


def spend(**columns):
    return pd.DataFrame({"channel": ["a"], "cost": [50.0], **columns})


# ------------------------------------------------------------------------------------------- refused

ENGINES = ["journeys", "memory", "stream"]


def credited(source, engine, **options):
    if engine == "journeys":
        by = options.pop("by", "channel")
        return at.attribute(at.build_journeys(source, **options), "linear", by=by)
    return at.attribute(
        source, "linear", engine=at.Stream(memory="1GB") if engine == "stream" else "memory", **options
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_values_in_several_currencies_are_refused(engine):
    with pytest.raises(CreditError, match="several currencies: EUR, SEK") as caught:
        credited(log("EUR", "SEK", "EUR"), engine)
    assert 'by=("channel", "currency")' in str(caught.value.hint)


@pytest.mark.parametrize("name", ["currency", "currency_code"])
def test_the_column_is_found_by_its_name_or_named(name):
    with pytest.raises(CreditError, match="several currencies"):
        at.attribute(log("EUR", "SEK", "EUR", name=name), "linear")
    with pytest.raises(CreditError, match="several currencies"):
        at.attribute(log("EUR", "SEK", "EUR", name="ccy", schema=at.LogSchema(currency="ccy")), "linear")


def test_values_of_nothing_have_no_currency():
    credit = at.attribute(log("EUR", "SEK", "EUR", value=(1.0, 0.0, 2.0)), "linear")
    assert credit.currency == "EUR"


def test_spellings_of_one_currency_are_one_and_a_missing_one_is_told():
    assert at.attribute(log("EUR", "eur ", "EUR"), "linear").currency == "EUR"
    credit = at.attribute(log("EUR", None, "EUR"), "linear")
    assert any("name no currency" in note for note in credit.notes)


# what is asked: currency of the values, of the spend, the argument
CONTRADICTIONS = {
    "spend and argument": (None, "SEK", "EUR"),
    "values and spend": ("JPY", "USD", ""),
    "values and argument": ("JPY", None, "USD"),
    "values and symbol": ("JPY", None, "€"),
    "spend and symbol": (None, "SEK", "$"),
    "heading of the costs": ("EUR", "(USD)", ""),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictions_are_refused(name):
    values, costs, asked = CONTRADICTIONS[name]
    credit = at.attribute(log(values, values, values), "linear")
    table = spend(currency=costs) if costs and costs[0] != "(" else spend()
    if costs == "(USD)":
        table = table.rename(columns={"cost": "Amount spent (USD)"})
    with pytest.raises(CreditError, match=r"contradicts the data|costs are in"):
        credit.with_spend(table, currency=asked)


@pytest.mark.parametrize(
    ("shown", "data"), [("€", "EUR"), ("kr", "SEK"), ("$", "CAD"), ("Fr.", "CHF"), ("eur", "EUR")]
)
def test_a_symbol_of_the_currency_is_no_contradiction(shown, data):
    assert (
        two_models()
        .with_spend({"channel": ["email"], "cost": [1.0], "currency": [data]}, currency=shown)
        .currency
        == shown
    )
    assert same_currency(shown, data)


def test_no_report_bears_a_currency_that_the_data_contradict(tmp_path):
    credit = at.attribute(log(None, None, None), "linear").with_spend(spend(currency="SEK"))
    at.report(credit).to_html(tmp_path / "page.html")
    assert "SEK" in (tmp_path / "page.html").read_text()
    with pytest.raises(AttributionError, match="contradicts the data"):
        at.report(credit, currency="€")
    with pytest.raises(AttributionError, match="contradicts the data"):
        at.attribute(log("EUR", "EUR", "EUR"), "linear", currency="SEK")


def test_the_currency_of_the_values_is_shown():
    credit = at.attribute(log("CHF", "CHF", "CHF"), "linear")
    assert credit.currency == "CHF"
    assert credit.with_spend({"a": 3.0}).currency == "CHF"


# -------------------------------------------------------------------------------------- a breakdown by it


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dims", [(), ("currency",)])
def test_by_currency_every_ratio_is_of_one(engine, dims, tmp_path):
    source = log("EUR", "SEK", "SEK", schema=at.LogSchema(dims=dims))
    credit = credited(source, engine, by=("channel", "currency"))
    table = pd.DataFrame(
        {"channel": ["a", "a", "b"], "currency": ["EUR", "SEK", "SEK"], "cost": [10.0, 25.0, 40.0]}
    )
    frame = credit.with_spend(table).to_frame()
    assert one(frame, "roas", channel="a", currency="EUR") == 10
    assert one(frame, "roas", channel="a", currency="SEK") == 2
    assert one(frame, "roas", channel="b", currency="SEK") == 0.25
    assert frame["value_share"].isna().all()
    assert frame["cost_share"].isna().all()
    assert any("no sum" in note for note in credit.notes)
    assert "highest ROAS" not in credit.with_spend(table).summary()
    at.report(credit.with_spend(table)).to_html(tmp_path / "page.html")
    assert "4.286" not in (tmp_path / "page.html").read_text()  # 150 of two currencies over 35 of two
    with pytest.raises(CreditError, match="every row tells its own"):
        credit.with_spend(table, currency="EUR")


def test_the_heading_of_the_costs_is_the_label_of_a_breakdown():
    credit = at.attribute(log("USD", "SEK", "SEK"), "linear", by=("channel", "currency"))
    table = spend().rename(columns={"cost": "Amount spent (USD)"})
    assert one(credit.with_spend(table).to_frame(), "roas", channel="a", currency="USD") == 2


# ------------------------------------------------------------------------------------------------- rates


@pytest.mark.parametrize("engine", ENGINES)
def test_rates_convert_both_sides(engine):
    """1 SEK = 0.1 EUR: a earned 100 + 5, and 500 SEK of cost are 50."""
    credit = credited(log("EUR", "SEK", "SEK"), engine, currency="EUR", rates={"SEK": 0.1})
    assert credit.currency == "EUR"
    frame = credit.with_spend(spend(cost=[500.0], currency="SEK"), rates={"SEK": 0.1}).to_frame()
    assert one(frame, "value", channel="a") == pytest.approx(105)
    assert one(frame, "cost", channel="a") == pytest.approx(50)
    assert one(frame, "roas", channel="a") == pytest.approx(2.1)
    assert one(frame, "value", channel="b") == pytest.approx(1)


RATES = pd.DataFrame(
    {
        "currency": ["SEK", "SEK", "SEK"],
        "date": ["2026-03-02", "2026-03-03", "2026-03-06"],
        "rate": [0.1, 0.2, 0.4],
    }
)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["frame", "file"])
def test_rates_by_day_are_those_of_the_conversion_and_of_the_cost(engine, kind, tmp_path):
    """Conversions of 2 and 7 March: 0.1, and 0.4 of the 6th; costs of 3 March: 0.2."""
    rates = RATES
    if kind == "file":
        rates = str(tmp_path / "rates.csv")
        RATES.to_csv(rates, index=False)
    credit = credited(log("SEK", "SEK", "SEK"), engine, currency="EUR", rates=rates)
    table = spend(cost=[100.0], currency="SEK", date="2026-03-03")
    frame = credit.with_spend(table, rates=rates).to_frame()
    assert one(frame, "value", channel="a") == pytest.approx(100 * 0.1 + 50 * 0.4)
    assert one(frame, "cost", channel="a") == pytest.approx(20)
    assert one(frame, "value", channel="b") == pytest.approx(1)


def test_costs_in_several_currencies_are_converted():
    credit = at.attribute(log("EUR", "EUR", "EUR"), "linear")
    table = pd.DataFrame(
        {"channel": ["a", "a", "b"], "currency": ["EUR", "USD", "USD"], "cost": [1.0, 2.0, 4.0]}
    )
    with pytest.raises(CreditError, match="several currencies: EUR, USD"):
        credit.with_spend(table)
    joined = credit.with_spend(table, rates={"USD": 0.5})
    assert joined.cost.tolist() == [2.0, 2.0]
    assert joined.currency == "EUR"


BAD_RATES = {
    "no rate": ({"USD": 2.0}, "in SEK, which has no rate"),
    "negative": ({"SEK": -1.0}, "a rate is -1"),
    "none": ({}, "there are no rates"),
    "its own rate is not one": ({"SEK": 0.1, "EUR": 2.0}, "one EUR is not one EUR"),
    "a gap": (RATES.assign(date=["2026-01-01", "2026-01-02", "2026-01-03"]), "days without a rate"),
    "twice": (RATES.assign(date="2026-03-02"), "more than one rate for a day"),
    "no column": (RATES.drop(columns="rate"), "no column 'rate'"),
    "no table": (3.0, "of type float"),
}


@pytest.mark.parametrize("name", BAD_RATES)
def test_bad_rates_teach(name):
    rates, text = BAD_RATES[name]
    with pytest.raises(JourneyError, match=text):
        at.attribute(log("EUR", "SEK", "SEK"), "linear", currency="EUR", rates=rates)


def test_rates_need_a_target_and_a_column():
    with pytest.raises(JourneyError, match="currency that amounts become"):
        at.attribute(log("EUR", "SEK", "SEK"), "linear", rates={"SEK": 0.1})
    bare = at.read_log(TOUCHES, {"user_id": [1], "time": ["2026-03-02"], "value": [1.0]})
    with pytest.raises(JourneyError, match="the log has no such column"):
        at.attribute(bare, "linear", currency="EUR", rates={"SEK": 0.1})


def test_a_job_converts_both_sides_and_increments_too(tmp_path):
    pd.DataFrame(TOUCHES).to_csv(tmp_path / "touches.csv", index=False)
    pd.DataFrame(conversions("EUR", "SEK", "SEK")).to_csv(tmp_path / "orders.csv", index=False)
    spend(cost=[500.0], currency="SEK", date="2026-03-02").to_csv(tmp_path / "spend.csv", index=False)
    RATES.to_csv(tmp_path / "rates.csv", index=False)
    text = (
        'models = ["linear"]\n[log]\ntouches = "touches.csv"\nconversions = "orders.csv"\n'
        '[journeys]\ncurrency = "EUR"\nrates = "rates.csv"\n'
        f'[spend]\npath = "spend.csv"\n[output]\nfolder = "{tmp_path}/out"\n'
    )
    (tmp_path / "job.toml").write_text(text)
    result = at.run(at.load_config(tmp_path / "job.toml"))
    assert one(result.credit.to_frame(), "value", channel="a") == pytest.approx(120)
    assert one(result.credit.to_frame(), "cost", channel="a") == pytest.approx(50)
    assert "rates.csv" in (tmp_path / "out" / "manifest.json").read_text()
    (tmp_path / "job.toml").write_text(text + f'[increments]\nfolder = "{tmp_path}/state"\n')
    again = at.run(at.load_config(tmp_path / "job.toml"))
    assert np.allclose(again.credit.value, result.credit.value)
    (tmp_path / "job.toml").write_text(text + '[report]\ncurrency = "SEK"\n')
    with pytest.raises(AttributionError, match="contradicts the data"):
        at.run(at.load_config(tmp_path / "job.toml"))


@pytest.mark.parametrize("dated", [False, True])
def test_a_report_takes_costs_with_their_rates(dated):
    # By hand: 500 SEK at 0.1, or at 0.12 on 2 March.
    credit = at.attribute(log("EUR", "EUR", "EUR"), "linear")
    costs = spend(cost=[500.0], currency="SEK", date="2026-03-02")
    with pytest.raises(CreditError, match="and the values of the conversions in EUR"):
        at.report(credit, spend=costs)
    rates = {"currency": ["SEK"], "rate": [0.12], "date": ["2026-03-02"]} if dated else {"SEK": 0.1}
    page = at.report(credit, spend=at.Costs(costs, rates=pd.DataFrame(rates) if dated else rates))
    assert page.tables["roas"]["cost"].tolist()[0] == pytest.approx(60.0 if dated else 50.0)
    assert "converted by rates" in page.to_html()


def test_costs_are_checked_when_made():
    with pytest.raises(CreditError, match="outside"):
        at.Costs({"a": 1.0}, outside="no")


def test_credit_takes_costs_as_a_report_does():
    # By hand: 500 SEK at 0.1 are 50 EUR, whichever of the two names the option.
    credit = at.attribute(log("EUR", "EUR", "EUR"), "linear")
    costs, rates = spend(cost=[500.0], currency="SEK"), pd.DataFrame({"currency": ["SEK"], "rate": [0.1]})
    plain = credit.with_spend(costs, rates=rates, decimals=0)
    for other in (
        credit.with_spend(at.Costs(costs, rates=rates, decimals=0)),
        credit.with_spend(at.Costs(costs, rates=rates), decimals=0),
        credit.with_spend(at.Costs(costs, decimals=0), rates=rates),
        credit.with_spend(at.Costs(costs, rates=rates, decimals=0), rates=rates, decimals=0),
    ):
        assert one(other.to_frame(), "cost", channel="a") == pytest.approx(50.0)
        pd.testing.assert_frame_equal(other.to_frame(), plain.to_frame())
        assert (other.decimals, other.notes) == (plain.decimals, plain.notes)


@pytest.mark.parametrize(
    ("own", "beside"),
    [
        ({"currency": "EUR"}, {"currency": "SEK"}),
        ({"decimals": 0}, {"decimals": 2}),
        ({"rates": {"SEK": 0.1}}, {"rates": {"SEK": 0.2}}),
    ],
)
def test_an_option_of_costs_is_not_overruled(own, beside):
    credit = at.attribute(log("EUR", "EUR", "EUR"), "linear")
    costs = at.Costs(spend(currency="EUR"), **own)
    with pytest.raises(CreditError, match="in the costs and beside them") as error:
        credit.with_spend(costs, **beside)
    assert "credit.with_spend(spend)" in error.value.hint


def test_rates_that_make_amounts_too_large_for_a_number_are_refused():
    touches = {"user_id": [1], "time": ["2026-03-01"], "channel": ["a"]}
    orders = {"user_id": [1], "time": ["2026-03-02"], "value": [1e200], "currency": ["USD"]}
    rates = {"USD": 1e200, "EUR": 1.0}
    with pytest.raises(at.AttributionError, match=r"too large for a number, such as 1e.200 USD"):
        at.attribute(at.read_log(touches, orders), "linear", currency="EUR", rates=rates)
    small = {**orders, "value": [1.0], "currency": ["EUR"]}
    credit = at.attribute(at.read_log(touches, small), "linear", currency="EUR", rates=rates)
    spend = {"channel": ["a"], "cost": [1e200], "currency": ["USD"]}
    with pytest.raises(at.AttributionError, match=r"too large for a number, such as 1e.200 USD"):
        credit.with_spend(spend, rates=rates)
