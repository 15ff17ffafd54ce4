"""Weeks that begin on another day than Monday, and spend that is coarser than the credit.

Right values are by hand: which seven days a label names, and a cost in equal parts over its days.
"""

from __future__ import annotations

import datetime as dt
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import attribution as at
from attribution._checks import WEEKDAYS
from attribution.credit.periods import consecutive, is_period, period_codes, period_days
from attribution.errors import AttributionError, CreditError
from tests.credit.tables import DAY, cells, instant, two_models

TOUCHES = {
    "user_id": ["u", "v"],
    "time": ["2026-03-01", "2026-03-25"],
    "channel": ["search", "search"],
}
CONVERSIONS = {"user_id": ["u", "v"], "time": ["2026-03-12", "2026-03-26"], "value": [100.0, 100.0]}
SUNDAYS = pd.DataFrame(
    {
        "channel": "search",
        "week": ["2026-03-01", "2026-03-08", "2026-03-15", "2026-03-22"],
        "cost": [1.0, 10.0, 100.0, 1000.0],
    }
)


def log() -> object:
    return at.read_log(TOUCHES, CONVERSIONS)


def costs(credit: at.Credit) -> dict[str, float]:
    return dict(zip(credit.keys[1].tolist(), credit.cost.tolist(), strict=True))


@pytest.mark.parametrize("source", ["log", "journeys", "stream"])
def test_weeks_that_begin_on_sunday_meet_spend_that_does(source):
    """12 March lies in the week of 8 to 14 March, which cost 10."""
    if source == "journeys":
        journeys = at.build_journeys(log(), week_start="sunday")
        credit = at.attribute(journeys, "linear", by=("channel", "week"))
    else:
        engine = at.Stream(memory="1GB") if source == "stream" else "memory"
        credit = at.attribute(log(), "linear", by=("channel", "week"), week_start="sunday", engine=engine)
    joined = credit.with_spend(SUNDAYS)
    frame = joined.to_frame().set_index("week")
    assert frame.loc["2026-03-08", "cost"] == 10
    assert frame.loc["2026-03-08", "roas"] == 10
    assert frame.loc["2026-03-22", "roas"] == 0.1
    assert np.nansum(joined.cost) == 1111
    assert not any("spread" in note for note in joined.notes)


def test_sunday_weeks_beside_monday_weeks_are_spread_and_told():
    """The ISO week 11 is 9 to 15 March: six days of the week that cost 10, one of that which cost 100."""
    joined = at.attribute(log(), "linear", by=("channel", "week")).with_spend(SUNDAYS)
    assert costs(joined)["2026-W11"] == pytest.approx(10 * 6 / 7 + 100 / 7)
    assert costs(joined)["2026-W13"] == pytest.approx(1000 * 6 / 7)
    assert np.nansum(joined.cost) == pytest.approx(1111)
    assert any("begin on Sunday (those of the credit on Monday)" in note for note in joined.notes)


def test_iso_weeks_of_spend_beside_sunday_weeks_are_spread():
    credit = at.attribute(log(), "linear", by=("channel", "week"), week_start="sunday")
    spend = pd.DataFrame({"channel": ["search"], "week": ["2026-W11"], "cost": [70.0]})
    assert costs(credit.with_spend(spend)) == pytest.approx(
        {"2026-03-08": 60, "2026-03-15": 10, "2026-03-22": np.nan}, nan_ok=True
    )


def test_a_sunday_week_of_the_channel_table_is_the_seven_days_from_it():
    credit = two_models(window=(instant("2026-03-10"), instant("2026-03-12") + DAY - 1))
    joined = credit.with_spend(pd.DataFrame({"channel": ["email"], "week": ["2026-03-08"], "cost": [5.0]}))
    assert np.nansum(joined.cost) == 5
    assert any("only in part" in note for note in joined.notes)


def test_a_week_ending_names_the_days_before_it():
    credit = at.attribute(log(), "linear", by=("channel", "week"), week_start="sunday")
    spend = pd.DataFrame({"channel": ["search"], "Week ending": ["2026-03-14"], "cost": [10.0]})
    assert costs(credit.with_spend(spend))["2026-03-08"] == 10


@pytest.mark.parametrize("start", WEEKDAYS)
def test_week_labels_against_the_standard_library(start):
    numbers = np.arange(20_000, 20_400, dtype=np.int64)
    codes, labels = period_codes(numbers * DAY, "week", start)
    for number, code in zip(numbers.tolist(), codes.tolist(), strict=True):
        day = dt.date(1970, 1, 1) + dt.timedelta(days=number)
        first = day - dt.timedelta(days=(day.weekday() - WEEKDAYS.index(start)) % 7)
        year, week, _ = first.isocalendar()
        assert labels[code] == (f"{year:04d}-W{week:02d}" if start == "monday" else first.isoformat())
    first, last = period_days(labels, "week")
    assert ((first[codes] <= numbers) & (numbers <= last[codes])).all()
    assert is_period("week", labels)
    assert consecutive([labels[0], labels[5]], "week") == labels[:6]


@pytest.mark.parametrize("wrong", ["Sundy", "sun", 7, ""])
def test_another_week_start_is_refused(wrong):
    with pytest.raises(AttributionError, match="week_start"):
        at.build_journeys(log(), week_start=wrong)


# ------------------------------------------------------------------------------- coarser than the credit


def day_table(days: list[str]) -> at.Credit:
    window = (instant(days[0]), instant(days[-1]) + DAY - 1)
    return cells(("channel", "day"), {("email", day): (1, 10.0) for day in days}, window=window)


def test_a_month_is_spread_over_the_days_of_a_daily_table():
    days = [f"2026-02-{day:02d}" for day in range(1, 29)]
    spend = pd.DataFrame({"channel": ["email"], "month": ["2026-02"], "cost": [56.0]})
    joined = day_table(days).with_spend(spend)
    assert joined.cost.tolist() == [2.0] * 28
    assert any("months are spread evenly over their days" in note for note in joined.notes)


def test_a_week_is_spread_over_two_months():
    credit = cells(("channel", "month"), {("email", "2026-01"): (1, 1.0), ("email", "2026-02"): (1, 1.0)})
    spend = pd.DataFrame(
        {"channel": ["email"], "week": ["2026-W05"], "cost": [70.0]}
    )  # 26 January to 1 February
    assert credit.with_spend(spend).cost.tolist() == [60.0, 10.0]


FLIGHTS = [
    ("start_date", "end_date"),
    ("Reporting starts", "Reporting ends"),
    ("date_start", "date_stop"),
    ("from", "to"),
]


@pytest.mark.parametrize("names", FLIGHTS)
def test_a_flight_is_spread_from_its_first_day_to_its_last(names):
    """10 days for 100 and 2 for 8; the credit knows 4 of the first and all of the second."""
    spend = pd.DataFrame(
        {
            "channel": "email",
            names[0]: ["2026-01-01", "2026-01-08"],
            names[1]: ["2026-01-10", "2026-01-09"],
            "cost": [100.0, 8.0],
        }
    )
    days = ["2026-01-07", "2026-01-08", "2026-01-09", "2026-01-10"]
    joined = day_table(days).with_spend(spend)
    assert joined.cost.tolist() == pytest.approx([10, 14, 14, 10])
    assert any("60 on days outside" in note for note in joined.notes)
    assert any("1 row" in note or "2 rows" in note for note in joined.notes if "spread" in note)


def test_a_flight_that_ends_before_it_begins_or_never_is_refused():
    spend = {"channel": ["email"], "start_date": ["2026-01-02"], "end_date": ["2026-01-01"], "cost": [1.0]}
    with pytest.raises(CreditError, match="ends before it begins"):
        two_models().with_spend(spend)
    rows = {
        "channel": [f"c{i}" for i in range(9)],
        "start_date": ["2026-01-02"] * 9,
        "end_date": ["9999-12-31"] * 9,
        "cost": [1.0] * 9,
    }
    with pytest.raises(CreditError, match="days"):
        two_models().with_spend(rows)


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 45), st.floats(0, 1e6, allow_subnormal=False)),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([("day",), ("week",), ("month",), ("day", "month"), ()]),
    st.sampled_from(WEEKDAYS),
)
def test_no_money_is_lost_by_spreading(flights, periods, start):
    """What is in the table and what the note leaves out is what was given."""
    first = dt.date(2026, 1, 1)
    frame = pd.DataFrame(
        [
            (f"c{place}", first + dt.timedelta(days=begin), first + dt.timedelta(days=begin + length), cost)
            for place, (begin, length, cost) in enumerate(flights)
        ],
        columns=["channel", "start_date", "end_date", "cost"],
    )
    keys = {"day": "2026-01-05", "week": "2026-01-05", "month": "2026-01"}
    codes = period_codes(np.array([instant("2026-01-05")]), "week", start)[1]
    keys["week"] = codes[0]
    credit = cells(
        ("channel", *periods),
        {("c0", *(keys[name] for name in periods)): (1, 1.0)},
        settings={"week_start": start},
    )
    joined = credit.with_spend(frame, outside="keep")
    assert np.nansum(joined.cost) == pytest.approx(frame["cost"].sum(), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("period", ["week", "month"])
@pytest.mark.parametrize("by", [("day",), ("week",), ("month",), ()])
def test_no_money_is_lost_by_weeks_and_months(period, by):
    labels = ["2026-W01", "2026-W05", "2026-W09"] if period == "week" else ["2026-01", "2026-02", "2026-03"]
    spend = pd.DataFrame({"channel": "email", period: labels, "cost": [3.0, 5.0, 7.0]})
    keys = {"day": "2026-01-05", "week": "2026-W02", "month": "2026-01"}
    credit = cells(("channel", *by), {("email", *(keys[name] for name in by)): (1, 1.0)})
    assert np.nansum(credit.with_spend(spend).cost) == pytest.approx(15)


def test_a_job_says_on_which_day_weeks_begin(tmp_path):
    pd.DataFrame(TOUCHES).to_csv(tmp_path / "touches.csv", index=False)
    pd.DataFrame(CONVERSIONS).to_csv(tmp_path / "orders.csv", index=False)
    SUNDAYS.to_csv(tmp_path / "spend.csv", index=False)
    (tmp_path / "job.toml").write_text(
        'models = ["linear"]\nby = ["channel", "week"]\n[log]\ntouches = "touches.csv"\n'
        'conversions = "orders.csv"\n[journeys]\nweek_start = "sunday"\n'
        f'[spend]\npath = "spend.csv"\n[output]\nfolder = "{tmp_path}/out"\n'
    )
    result = at.run(at.load_config(tmp_path / "job.toml"))
    frame = pd.read_csv(io.StringIO((tmp_path / "out" / "credit.csv").read_text())).set_index("week")
    assert frame.loc["2026-03-08", "roas"] == 10
    assert "2026-03-08" in (tmp_path / "out" / "report.html").read_text()
    assert costs(result.credit)["2026-03-08"] == 10
    (tmp_path / "bad.toml").write_text((tmp_path / "job.toml").read_text().replace("sunday", "sundai"))
    with pytest.raises(at.AttributionError, match="did you mean 'sunday'"):
        at.load_config(tmp_path / "bad.toml")
