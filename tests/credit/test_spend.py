"""Spend beside credit: ROAS, ROI and CPA by hand, and every unit of money accounted for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import feather

from attribution.credit.credit import Credit
from attribution.errors import AttributionError, CreditError
from tests.credit.tables import DAY, by_month, cells, instant, labels, two_models, with_activity


def row(credit: Credit, *names: str, model: str = "linear") -> pd.Series:
    frame = credit.to_frame()
    chosen = frame["model"] == model
    for dimension, name in zip(credit.by, names, strict=True):
        chosen &= frame[dimension] == name
    assert chosen.sum() == 1
    return frame[chosen].iloc[0]


# ------------------------------------------------------------------------------------------ the numbers


def test_roas_roi_cpa_by_hand():
    joined = two_models().with_spend({"display": 150.0, "email": 90.0, "search": 60.0})
    display = row(joined, "display")
    assert display["cost"] == 150
    assert display["roas"] == 3.0
    assert display["roi"] == 2.0
    assert display["cpa"] == 37.5
    assert display["cost_share"] == 0.5
    last = row(joined, "display", model="last_touch")
    assert (last["roas"], last["cpa"], last["cost"]) == (3.6, 25.0, 150.0)
    assert list(joined.to_frame().columns[6:]) == ["cost", "roas", "roi", "cpa", "cost_share", "flag"]


def test_zero_and_missing_costs_give_null_and_a_flag_never_inf():
    joined = two_models().with_spend({"display": 0, "email": 90})
    zero, none = row(joined, "display"), row(joined, "search")
    assert zero["flag"] == "zero cost"
    assert zero[["roas", "roi", "cpa"]].isna().all()
    assert none["flag"] == "no spend"
    assert none[["cost", "roas", "roi", "cpa", "cost_share"]].isna().all()
    assert row(joined, "email")["flag"] == ""
    assert not np.isinf(joined.to_frame().select_dtypes("number").to_numpy()).any()


def test_one_sided_channels_stay_on_both_sides():
    joined = two_models().with_spend({"email": 90, "radio": 60, "bus stop": 50})
    assert joined.keys[0].tolist() == ["bus stop", "display", "email", "radio", "search", "(unattributed)"]
    radio = row(joined, "radio")
    assert (radio["flag"], radio["conversions"], radio["roas"], radio["roi"]) == ("no credit", 0, 0, -1)
    assert np.isnan(radio["cpa"])
    assert np.isnan(row(joined, "(unattributed)")["cost"])
    assert row(joined, "(unattributed)")["flag"] == ""
    assert np.nansum(joined.cost) == 200


def test_a_channel_without_credit_under_one_model_is_flagged_there():
    joined = two_models().with_spend({"search": 30})
    assert row(joined, "search")["flag"] == ""
    last = row(joined, "search", model="last_touch")
    assert last["flag"] == "no credit"
    assert np.isnan(last["cpa"])


def test_activity_of_a_new_channel_is_none():
    joined = with_activity().with_spend({"radio": 5})
    radio = row(joined, "radio")
    assert radio[["touched", "assisted", "opened", "closed"]].tolist() == [0, 0, 0, 0]
    assert np.isnan(radio["mean_touches"])
    assert row(joined, "email")["touched"] == 5


def test_credit_and_totals_are_untouched():
    before = two_models()
    after = before.with_spend({"email": 90, "radio": 60})
    assert before.cost is None
    assert after.totals().equals(before.totals())
    for name in ("display", "email", "search", "(unattributed)"):
        assert row(after, name)["value"] == row(before, name)["value"]


def test_joining_again_replaces_costs_and_notes():
    once = two_models(notes=("kept",)).with_spend({"email": 90, "emial": 1})
    again = two_models(notes=("kept",)).with_spend({"email": 90}).with_spend({"email": 10})
    assert again.cost.tolist()[1] == 10
    assert again.notes == ("kept",)
    assert once.notes == ("kept",)  # the channel that it resembles has spend


def test_selected_models_keep_the_share_of_spend():
    joined = two_models().select(models="linear").with_spend({"display": 150, "email": 50})
    assert row(joined, "display")["cost_share"] == 0.75
    assert row(joined, "display")["share"] == 0.5
    part = joined.select(channels="display")
    assert row(part, "display")["cost_share"] == 0.75


def test_spend_on_a_narrowed_credit_is_refused():
    with pytest.raises(CreditError, match="narrowed to 1 of 3 channels"):
        two_models().select(channels="email").with_spend({"email": 1})


@given(
    st.dictionaries(
        st.sampled_from(["display", "email", "search", "radio", "tv", "bus stop"]),
        st.floats(0, 1e9, allow_subnormal=False),
    )
)
def test_no_money_is_lost(spend):
    joined = two_models().with_spend(spend)
    assert np.nansum(joined.cost) == pytest.approx(sum(spend.values()), rel=1e-12)
    assert set(spend) <= set(joined.channels)
    assert not np.isinf(joined.to_frame().select_dtypes("number").to_numpy()).any()


# ------------------------------------------------------------------------------------------- the sources

FRAME = pd.DataFrame({"channel": ["display", "email"], "cost": [100, 60]})


@pytest.mark.parametrize(
    "spend",
    [
        {"display": 100, "email": Decimal(60)},
        {"display": np.float32(100), "email": np.int64(60)},
        {"channel": ["display", "email"], "cost": [100, 60]},
        FRAME,
        FRAME.astype({"channel": "category", "cost": "float32"}),
        FRAME.set_index("channel"),
        pd.concat([FRAME, FRAME[:0]])[lambda frame: frame["cost"] > 0],
        FRAME.iloc[[1, 0]],
        pl.DataFrame(FRAME.to_dict("list")),
        pl.DataFrame(FRAME.to_dict("list")).with_columns(pl.col("channel").cast(pl.Categorical)),
        pa.Table.from_pandas(FRAME),
        pa.Table.from_pandas(FRAME).set_column(1, "cost", pa.array([Decimal(100), Decimal(60)])),
        pa.Table.from_pandas(FRAME).set_column(
            0, "channel", pa.array(["display", "email"], pa.large_string())
        ),
    ],
    ids=lambda spend: type(spend).__name__,
)
def test_every_kind_of_table_gives_the_same(spend):
    joined = two_models().with_spend(spend)
    assert joined.cost.tolist()[:2] == [100, 60]
    assert joined.flags == ("", "", "no spend", "")


def test_a_one_shot_stream_and_a_duckdb_relation():
    reader = pa.Table.from_pandas(FRAME).to_reader()
    assert two_models().with_spend(reader).cost.tolist()[:2] == [100, 60]
    duckdb = pytest.importorskip("duckdb")
    relation = duckdb.sql("select 'display' as channel, 100 as cost union all select 'email', 60")
    assert two_models().with_spend(relation).cost.tolist()[:2] == [100, 60]


@pytest.mark.parametrize("kind", ["parquet", "csv", "feather"])
def test_files(tmp_path, kind):
    path = tmp_path / f"spend.{kind}"
    if kind == "csv":
        FRAME.to_csv(path, index=False)
    elif kind == "parquet":
        FRAME.to_parquet(path)
    else:
        feather.write_feather(pa.Table.from_pandas(FRAME), str(path))
    assert two_models().with_spend(path).cost.tolist()[:2] == [100, 60]
    assert two_models().with_spend(str(path)).cost.tolist()[:2] == [100, 60]


def test_labels_of_a_csv_stay_text(tmp_path):
    (tmp_path / "spend.csv").write_text("channel,campaign,cost\n007,01,5\nNA,02,7\n")
    credit = cells(("channel", "campaign"), {("007", "01"): (1, 10), ("NA", "02"): (1, 10)})
    assert credit.with_spend(tmp_path / "spend.csv").cost.tolist() == [5, 7]


def test_integer_labels_match_text():
    credit = cells(("channel", "campaign"), {("email", "7"): (1, 10)})
    assert credit.with_spend(
        pd.DataFrame({"channel": ["email"], "campaign": [7], "cost": [5]})
    ).cost.tolist() == [5]


def test_no_rows_of_spend():
    joined = two_models().with_spend(FRAME[:0])
    assert joined.flags == ("no spend", "no spend", "no spend", "")
    assert "none" in joined.summary()
    assert two_models().with_spend({}).flags == joined.flags


def test_currency_of_the_table_is_shown_unless_another_is_given():
    frame = FRAME.assign(currency="CHF")
    assert two_models().with_spend(frame).currency == "CHF"
    assert two_models().with_spend(frame, currency="Fr.").currency == "Fr."


# ------------------------------------------------------------------------------ finer, coarser, periods


def test_finer_spend_is_summed():
    spend = pd.DataFrame(
        {
            "channel": ["email", "email", "email"],
            "campaign": ["a", "b", "b"],
            "device": ["x", "x", "y"],
            "cost": [1.0, 2.0, 4.0],
        }
    )
    assert two_models().with_spend(spend).cost.tolist()[1] == 7
    by_campaign = cells(("channel", "campaign"), {("email", "a"): (1, 10), ("email", "c"): (1, 10)})
    joined = by_campaign.with_spend(spend)
    assert joined.keys[1].tolist() == ["a", "b", "c"]
    assert joined.cost.tolist()[:2] == [1, 6]
    assert joined.flags == ("", "no credit", "no spend")


def test_spend_without_a_label_is_a_cell_of_its_own():
    credit = cells(("channel", "campaign"), {("email", "a"): (1, 10), ("email", "(none)"): (1, 10)})
    spend = pd.DataFrame({"channel": ["email", "email"], "campaign": ["a", None], "cost": [1.0, 2.0]})
    joined = credit.with_spend(spend)
    assert dict(zip(joined.keys[1].tolist(), joined.cost.tolist(), strict=True)) == {"a": 1, "(none)": 2}


DAILY = pd.DataFrame(
    {
        "channel": ["display"] * 3 + ["email"] * 2,
        "date": ["2026-01-10", "2026-01-31", "2026-02-01", "2026-01-05", "2026-02-20"],
        "cost": [10.0, 20.0, 40.0, 5.0, 7.0],
    }
)


@pytest.mark.parametrize(
    "dates",
    [
        DAILY["date"],
        pd.to_datetime(DAILY["date"]),
        pd.to_datetime(DAILY["date"]) + pd.Timedelta("23h"),
        pd.to_datetime(DAILY["date"], utc=True),
        pd.Series([dt.date.fromisoformat(day) for day in DAILY["date"]]),
        DAILY["date"].astype("category"),
    ],
    ids=["text", "naive", "hours", "utc", "dates", "category"],
)
def test_dates_are_mapped_to_the_credits_periods(dates):
    joined = by_month().with_spend(DAILY.assign(date=dates))
    assert row(joined, "display", "2026-01")["cost"] == 30
    assert row(joined, "display", "2026-02")["cost"] == 40
    assert row(joined, "email", "2026-01")["cost"] == 5
    assert row(joined, "email", "2026-02")["flag"] == "no credit"
    assert joined.keys[0].tolist()[-1] == "(unattributed)"


def test_days_and_weeks():
    daily = cells(("channel", "day"), {("display", "2026-01-31"): (1, 10)})
    assert row(daily.with_spend(DAILY), "display", "2026-01-31")["cost"] == 20
    weekly = cells(("channel", "week"), {("display", "2026-W05"): (1, 10)})
    assert row(weekly.with_spend(DAILY), "display", "2026-W05")["cost"] == 60


@pytest.mark.parametrize("months", [["2026-01", "2026-02"], ["2026-01-01", "2026-02-01"]])
def test_monthly_spend_for_monthly_credit(months):
    spend = pd.DataFrame({"channel": ["display"] * 2, "month": months, "cost": [30.0, 40.0]})
    joined = by_month().with_spend(spend)
    assert row(joined, "display", "2026-02")["roas"] == 1.25
    as_dates = by_month().with_spend(spend.assign(month=pd.to_datetime(months)))
    assert np.array_equal(as_dates.cost, joined.cost, equal_nan=True)


def test_two_periods_at_once():
    credit = cells(("channel", "month", "week"), {("display", "2026-01", "2026-W05"): (1, 10)})
    joined = credit.with_spend(DAILY)
    assert row(joined, "display", "2026-01", "2026-W05")["cost"] == 20
    assert row(joined, "display", "2026-02", "2026-W05")["cost"] == 40


def test_a_dimension_of_the_log_called_month_is_joined_by_its_labels():
    credit = cells(("channel", "month"), {("email", "Jan"): (1, 10)})
    joined = credit.with_spend(pd.DataFrame({"channel": ["email"], "month": ["Jan"], "cost": [5]}))
    assert joined.cost.tolist() == [5]


@pytest.mark.parametrize(
    ("credit", "spend", "text"),
    [
        (by_month(), {"email": 5}, r"no column 'date'[\s\S]*by=\('channel',\)"),
        (
            by_month(),
            pd.DataFrame({"channel": ["email"], "dates": ["2026-01-01"], "cost": [1]}),
            "did you mean 'dates'",
        ),
        (cells(("channel", "campaign"), {("email", "a"): (1, 1)}), {"email": 5}, "no column 'campaign'"),
        (
            cells(("channel", "campaign"), {("email", "a"): (1, 1)}),
            pd.DataFrame({"channel": ["email"], "campain": ["a"], "cost": [1]}),
            r"did you mean 'campain'\?[\s\S]*rename",
        ),
    ],
)
def test_coarser_spend_is_refused_with_the_fix(credit, spend, text):
    with pytest.raises(CreditError, match=text):
        credit.with_spend(spend)


# -------------------------------------------------------------------------------- the time of the credit

JANUARY = (instant("2026-01-10"), instant("2026-01-31") + DAY - 1)


def test_days_outside_the_credits_time_are_left_out_and_told():
    credit = two_models(window=JANUARY)
    joined = credit.with_spend(DAILY)
    assert joined.cost.tolist()[:2] == [30, pytest.approx(np.nan, nan_ok=True)]
    note = next(note for note in joined.notes if "outside" in note)
    assert "52 on days outside 2026-01-10 to 2026-01-31" in note
    assert note in repr(joined)
    assert "outside 2026-01-10" in joined._repr_html_()
    assert note in joined.summary()
    assert np.nansum(joined.cost) + 52 == DAILY["cost"].sum()


def test_they_can_be_kept_and_are_told_then_too():
    joined = two_models(window=JANUARY).with_spend(DAILY, outside="keep")
    assert np.nansum(joined.cost) == DAILY["cost"].sum()
    assert any("52 on days outside" in note and "is counted" in note for note in joined.notes)


def test_spend_of_the_same_days_has_no_notes():
    window = (instant("2026-01-05") + 5, instant("2026-02-20") + 7)
    joined = two_models(window=window).with_spend(DAILY)
    assert joined.notes == ()
    assert np.nansum(joined.cost) == DAILY["cost"].sum()


def test_spend_that_ends_early_is_told():
    joined = two_models(window=(instant("2026-01-01"), instant("2026-03-31"))).with_spend(DAILY)
    assert any("2026-01-05 to 2026-02-20" in note for note in joined.notes)


def test_a_month_in_part_is_counted_whole_and_told():
    spend = pd.DataFrame(
        {"channel": ["email"] * 3, "month": ["2025-12", "2026-01", "2026-02"], "cost": [1.0, 2.0, 4.0]}
    )
    joined = two_models(window=JANUARY).with_spend(spend)
    assert joined.cost.tolist()[1] == 2
    assert any("only in part" in note for note in joined.notes)
    assert any(note.startswith("spend: 5 on days outside") for note in joined.notes)


def test_spend_of_another_time_altogether_is_refused():
    with pytest.raises(CreditError, match=r"all spend is of days outside 2030-01-01 to 2030-01-02"):
        two_models(window=(instant("2030-01-01"), instant("2030-01-02"))).with_spend(DAILY)


def test_unknown_choice_for_days_outside():
    with pytest.raises(CreditError, match="did you mean 'keep'"):
        two_models().with_spend(DAILY, outside="kep")


# ---------------------------------------------------------------------------------------- what is wrong


def frame(**columns):
    return pd.DataFrame({"channel": ["display", "email", "search"], "cost": [1.0, 2.0, 3.0], **columns})


@pytest.mark.parametrize(
    ("spend", "text"),
    [
        (frame(cost=[1.0, -2.0, 3.0]), r"a cost is negative: -2 \(column 'cost'; 1 row, first at 1\)"),
        (frame(cost=[1.0, np.nan, 3.0]), r"a cost is missing \(column 'cost'; 1 row, first at 1\)"),
        (frame(cost=[1.0, 2.0, np.inf]), r"a cost is infinite \(column 'cost'; 1 row, first at 2\)"),
        (frame(cost=["1", "2", "3"]), r"not numbers[\s\S]*to_numeric"),
        (frame(cost=[True, False, True]), "costs are bool"),
        (frame(cost=[None, None, None]), r"3 rows, first at 0, 1, 2"),
        ({"email": -1}, "negative"),
        ({"email": float("nan")}, "missing"),
        ({"email": None}, "missing"),
        ({"email": "10"}, "'email': '10'"),
        ({"email": True}, "'email': True"),
        ({7: 10}, "7: 10"),
        (frame(channel=["display", None, "search"]), r"a cost has no channel[\s\S]*fillna"),
        (frame(channel=["display", "display", "search"]), r"more than one row for channel 'display'"),
        (frame(channel=[1.5, 2.5, 3.5]), "labels are double"),
        (frame(channel=["display", "(unattributed)", "search"]), "is no channel"),
        (frame().rename(columns={"cost": "price"}), "no column 'cost'; it has 'channel', 'price'"),
        (
            frame(amount=1.0).rename(columns={"cost": "spend"}),
            r"'spend' and 'amount': which of them is the cost\?[\s\S]*drop\(columns=\['amount'\]\)",
        ),
        (frame().rename(columns={"channel": "chanel"}), r"\{'chanel': 'channel'\}"),
        (frame().rename(columns={"channel": "a", "cost": "b"}), "no column 'channel' and no column 'cost'"),
        (pd.DataFrame(), "it has no columns"),
        (frame(currency=["EUR", "USD", "EUR"]), "several currencies: EUR, USD"),
        (
            frame(channel=["display", "E-Mail ", "search"]),
            r"'E-Mail ' is 'email' in the credit[\s\S]*replace",
        ),
        (frame(channel=["Display", "EMAIL", "search"]), r"2 rows, first at 0, 1"),
        (frame(date=["2026-01-01", None, "2026-01-01"]), "a cost has no date"),
        (frame(date=["31/01/2026"] * 3), r"not written as \"2026-01-31\"[\s\S]*to_datetime"),
        (frame(date=[20260101] * 3), "dates are int64"),
        (frame(month=["Jan", "Feb", "Mar"]), r"\"2026-01\" or a date"),
        (frame(week=["2026-W60"] * 3), r"\"2026-W05\" or a date"),
        (
            frame(date=pd.to_datetime(["2026-01-01"] * 3).tz_localize("Europe/Paris")),
            r"zone 'Europe/Paris'[\s\S]*tz_localize\(None\)",
        ),
        (
            pa.Table.from_arrays(
                [pa.array(["a"]), pa.array([1.0]), pa.array([1.0])], ["channel", "cost", "cost"]
            ),
            "more than one column 'cost'",
        ),
        (3.0, "is a float, which is neither a path nor a table"),
        ([("email", 3)], "of type 'list', which is neither a path nor a table"),
        (pl.LazyFrame({"channel": ["email"], "cost": [1]}), r"spend.collect\(\)"),
        ({"channel": ["email", "display"], "cost": [1.0]}, "its columns differ in length"),
        (pd.Series({"email": 3.0}), "spend"),
        ("no/such/file.parquet", "no/such/file.parquet"),
        ("no/such/file.csv", "no/such/file.csv"),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_bad_spend_teaches(spend, text):
    with pytest.raises(CreditError, match=text) as caught:
        two_models().with_spend(spend)
    assert isinstance(caught.value, AttributionError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.parquet", b"PAR1 not parquet"),
        ("x.parquet", b""),
        ("x.csv", b""),
        ("x.csv", b"channel,cost\nemail,1\nemail,1,2\n"),
        ("x.csv", b"channel,cost\n\xff\xfe,1\n"),
        ("x.arrow", b"nothing"),
    ],
)
def test_unreadable_files_teach(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CreditError, match=name):
        two_models().with_spend(tmp_path / name)


def test_a_file_separated_by_semicolons_is_read_and_told(tmp_path):
    (tmp_path / "x.csv").write_text("channel;cost\nemail;1\n")
    joined = two_models().with_spend(tmp_path / "x.csv")
    assert joined.cost.tolist()[1] == 1
    assert "spend: x.csv is read as separated by semicolons" in joined.notes


def test_duplicates_are_rows_alike_in_all_but_the_cost():
    doubled = pd.concat([DAILY, DAILY[:1]])
    with pytest.raises(CreditError, match=r"channel 'display', date '2026-01-10'[\s\S]*groupby"):
        two_models().with_spend(doubled)
    with pytest.raises(CreditError, match="more than one row"):
        two_models().with_spend(pd.concat([DAILY, DAILY[:1].assign(cost=99.0)]))
    two_models().with_spend(doubled.assign(invoice=range(len(doubled))))


def test_campaigns_that_differ_only_by_case_are_refused():
    credit = cells(("channel", "campaign"), {("email", "Spring Sale"): (1, 1)})
    with pytest.raises(CreditError, match="campaign 'spring_sale' is 'Spring Sale'"):
        credit.with_spend(pd.DataFrame({"channel": ["email"], "campaign": ["spring_sale"], "cost": [1]}))


def test_channels_that_differ_by_a_sign_are_two_channels():
    credit = cells(("channel",), {("tv",): (1, 1)})
    assert credit.with_spend({"tv+": 5, "tv": 1}).channels == ("tv", "tv+")


def test_a_likely_misspelling_is_kept_flagged_and_told():
    joined = two_models().with_spend({"emial": 5, "display": 1})
    assert row(joined, "emial")["flag"] == "no credit"
    assert row(joined, "email")["flag"] == "no spend"
    assert any("'emial'" in note and "'email'" in note for note in joined.notes)


def test_no_common_channel_is_told():
    joined = two_models().with_spend({"radio": 5})
    assert any("are the names those of the log" in note for note in joined.notes)


def test_ten_thousand_channels():
    names = [f"channel {position:05d}" for position in range(10_000)]
    amounts = np.ones((2, 10_000))
    credit = Credit(("a", "b"), ("channel",), (labels(*names),), amounts, amounts)
    joined = credit.with_spend({f"channel {position:05d}": 2.0 for position in range(5_000, 15_000)})
    assert len(joined.keys[0]) == 15_000
    assert np.nansum(joined.cost) == 20_000
    assert joined.flags.count("no spend") == 5_000
    assert joined.flags.count("no credit") == 5_000


def test_the_callers_table_is_not_changed():
    spend = DAILY.copy()
    by_month().with_spend(spend)
    assert spend.equals(DAILY)
    mapping = {"email": 5}
    two_models().with_spend(mapping)
    assert mapping == {"email": 5}
