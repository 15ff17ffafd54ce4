"""Rows that are not used, panels of other shapes, and names of weeks, months, quarters and years.

The lines that the messages print are run here: a printed fix is code.
"""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.errors import ExperimentError
from attribution.experiments.geo.panel_times import absent_times, last_day, named_by_end, step_of

NAMES = [f"geo {number:02d}" for number in range(12)]
DAYS = pd.date_range("2026-01-01", "2026-03-10")
ASKED = {"treated": NAMES[:4], "start": "2026-02-15", "end": "2026-02-28", "method": "did"}


def panel(days=DAYS, seed=2):
    rng = np.random.default_rng(seed)
    sales = rng.lognormal(6, 0.3, (12, 1)) * rng.lognormal(0, 0.05, (12, len(days)))
    sales[:4, len(days) // 2 :] *= 1.1
    return pd.DataFrame(
        {"geo": np.repeat(NAMES, len(days)), "date": np.tile(days, 12), "sales": sales.ravel()}
    )


def fix(error):
    return str(error.value).split("Fix: ")[1].strip()


def after(table):
    return table["date"] > "2026-02-28"


OUTSIDE = {
    "rows of control geos": lambda t: t[~(after(t) & t["geo"].isin(NAMES[5:]))],
    "rows of a treated geo": lambda t: t[~(after(t) & t["geo"].eq(NAMES[0]))],
    "all rows": lambda t: t[~after(t)],
    "NaN": lambda t: t.assign(sales=t["sales"].mask(after(t) & t["geo"].isin(NAMES[3:6]))),
    "infinite": lambda t: t.assign(sales=t["sales"].mask(after(t), np.inf)),
    "NaN before since": lambda t: t.assign(sales=t["sales"].mask(t["date"] < "2026-01-05")),
    "rows before since": lambda t: t[(t["date"] >= "2026-01-05") | t["geo"].isin(NAMES[:3])],
    "doubled": lambda t: pd.concat([t, t[after(t)]]),
    "a missing day": lambda t: t[t["date"] != "2026-03-05"],
    "huge": lambda t: t.assign(sales=t["sales"].mask(after(t), 1e200)),
}


@pytest.mark.parametrize("missing", ["refuse", "drop", "zero"])
@pytest.mark.parametrize("what", OUTSIDE)
def test_of_rows_that_are_not_used_nothing_is_demanded(what, missing):
    asked = ASKED | {"since": "2026-01-05"}
    whole = at.analyze_geo(panel(), **asked)
    less = at.analyze_geo(OUTSIDE[what](panel()), missing=missing, **asked)
    assert less.to_frame().equals(whole.to_frame())
    assert less.n == whole.n


def test_a_cooldown_is_used_and_demanded():
    table = panel()
    lost = table[(table["date"] != "2026-03-02") | (table["geo"] != NAMES[7])]
    assert at.analyze_geo(lost, **ASKED).n["holdout"] == 8
    with pytest.raises(ExperimentError, match="lacks rows for 2026-03-02"):
        at.analyze_geo(lost, cooldown=5, **ASKED)


def test_a_plan_needs_no_more_than_its_own_history():
    history = at.datasets.simulate_geo(24, days=160, seed=5, holidays=False).panel.to_pandas()
    plan = at.plan_geo(history[history["date"] < pd.Timestamp("2025-05-15").date()], periods=14, windows=10)
    asked = {"plan": plan, "start": "2025-05-15", "end": "2025-05-28"}
    whole = at.analyze_geo(history, **asked)
    early = history["date"] < pd.Timestamp("2025-01-04").date()
    late = history["date"] > pd.Timestamp("2025-05-28").date()
    odd = history["geo"].isin(history["geo"].unique()[::3])
    assert at.analyze_geo(history[~((early | late) & odd)], **asked).relative == whole.relative


def test_rows_taken_as_nothing_are_told_to_have_ended_early():
    table = panel()
    table = table[(table["date"] < "2026-02-25") | (table["geo"] != NAMES[9])]
    lift = at.analyze_geo(table, missing="zero", **ASKED)
    assert "geo 09 ended early" in lift.summary()


def weeks(freq, count=40):
    return panel(pd.date_range("2025-06-01", periods=count, freq=freq))


CALENDARS = {
    "weeks by their Monday": ("W-MON", "2025-12-17", "2025-12-15", "2026-02-05", "2026-02-02"),
    "weeks by their Sunday, as pandas": ("W", "2025-12-15", "2025-12-21", "2026-02-05", "2026-02-08"),
    "weeks by their Saturday": ("W-SAT", "2025-12-14", "2025-12-20", "2026-02-05", "2026-02-07"),
    "months by their first day": ("MS", "2027-02-03", "2027-02-01", "2027-05-20", "2027-05-01"),
    "months by their last day": ("ME", "2027-02-01", "2027-02-28", "2027-05-20", "2027-05-31"),
    "quarters by their first day": ("QS", "2031-02-03", "2031-01-01", "2032-05-20", "2032-04-01"),
    "quarters by their last day": ("QE", "2031-01-01", "2031-03-31", "2032-05-20", "2032-06-30"),
    "years by their first day": ("YS", "2050-02-03", "2050-01-01", "2053-05-20", "2053-01-01"),
    "years by their last day": ("YE", "2050-01-01", "2050-12-31", "2053-05-20", "2053-12-31"),
}


@pytest.mark.parametrize("name", CALENDARS)
def test_a_period_is_named_by_one_of_its_days(name):
    """The period that holds the day, by the calendar: `right` was looked up by hand."""
    freq, start, right, end, right_end = CALENDARS[name]
    table = weeks(freq)
    with pytest.raises(ExperimentError, match="none of the panel's") as caught:
        at.analyze_geo(table, **ASKED | {"start": start, "end": right_end})
    assert fix(caught).startswith(f"start='{right}'")
    with pytest.raises(ExperimentError, match="of which the treatment had a part") as caught:
        at.analyze_geo(table, **ASKED | {"start": right, "end": end})
    assert fix(caught).startswith(f"end='{right_end}'")
    lift = at.analyze_geo(table, **ASKED | {"start": right, "end": right_end})
    test = lift.path[lift.path["phase"] == "test"]["time"].astype(str)
    assert [test.iloc[0], test.iloc[-1]] == [right, right_end]


@pytest.mark.parametrize(
    ("freq", "start", "end", "count"),
    [
        ("W-MON", "2025-12-15", "2026-02-08", 8),  # the Sunday before the next Monday
        ("W-MON", "2025-12-15", "2026-03-08", 12),  # the last day of the last week of the panel
        ("MS", "2027-02-01", "2027-05-31", 4),
        ("ME", "2027-02-28", "2027-05-31", 4),
        ("QS", "2031-01-01", "2031-12-31", 4),
        ("YS", "2050-01-01", "2053-12-31", 4),
        ("ME", "2027-02", "2027-05", 4),  # months by name
    ],
)
def test_whole_periods_are_taken(freq, start, end, count):
    lift = at.analyze_geo(weeks(freq), **ASKED | {"start": start, "end": end})
    assert lift.path["phase"].eq("test").sum() == count


FISCAL = ["QS-FEB", "QE-NOV", "QE-JAN", "QS-DEC", "YS-JUL", "YE-MAR", "6MS", "6ME"]


@pytest.mark.parametrize("freq", ["D", "W", "W-MON", "MS", "ME", "QS", "QE", "YS", "YE", *FISCAL])
def test_gaps_of_every_calendar_are_found_and_no_others(freq):
    times = pd.date_range("2001-01-01", periods=30, freq=freq).to_numpy().astype("datetime64[D]")
    assert not len(absent_times(times, times[:0]))
    assert absent_times(np.delete(times, [7, 8]), times[:0]).tolist() == times[7:9].tolist()
    steps = {"D": "day", "W": "week", "M": "month", "Q": "quarter", "Y": "year", "6": "half-year"}
    assert step_of(times) == steps[freq[0]]
    assert named_by_end(times) is (freq == "W" or "E" in freq.split("-")[0])
    following = pd.date_range("2001-01-01", periods=31, freq=freq).to_numpy().astype("datetime64[D]")[-1]
    assert last_day(times) == (times[-1] if named_by_end(times) else following - 1)


def local_midnights(zone, first=DAYS[0]):
    days = pd.date_range(first, periods=len(DAYS)).tz_localize(zone).tz_convert("UTC").tz_localize(None)
    return panel().assign(date=np.tile(days, 12))


SHAPES = {
    "local midnights of Berlin in UTC": lambda: local_midnights("Europe/Berlin"),
    "local midnights of Chicago in UTC": lambda: local_midnights("America/Chicago"),
    "local midnights of Berlin, aware": lambda: local_midnights("Europe/Berlin").assign(
        date=lambda t: t["date"].dt.tz_localize("UTC")
    ),
    **{
        f"local midnights of {zone} in UTC": (lambda zone=zone: local_midnights(zone))
        for zone in (
            "Pacific/Auckland",
            "Pacific/Honolulu",
            "Australia/Adelaide",
            "Australia/Lord_Howe",
            "Asia/Kolkata",
            "Asia/Tokyo",
            "America/Sao_Paulo",
            "America/Anchorage",
        )
    },
    "noon": lambda: panel().assign(date=lambda t: t["date"] + pd.Timedelta(hours=12)),
    "four rows a day": lambda: pd.concat(
        [
            panel().assign(
                date=lambda t, h=h: t["date"] + pd.Timedelta(hours=h), sales=lambda t: t["sales"] / 4
            )
            for h in (3, 8, 14, 20)
        ]
    ),
    "geos in columns": lambda: panel().pivot_table(index="date", columns="geo", values="sales").reset_index(),
    "geos in columns, days in the index": lambda: panel().pivot_table(
        index="date", columns="geo", values="sales"
    ),
    "geos in columns, days in an index without name": lambda: (
        panel().pivot_table(index="date", columns="geo", values="sales").rename_axis(None)
    ),
    "days in columns": lambda: panel().pivot_table(index="geo", columns="date", values="sales").reset_index(),
    "a series": lambda: panel().set_index(["geo", "date"])["sales"],
    "YYYYMMDD": lambda: panel().assign(date=lambda t: t["date"].dt.strftime("%Y%m%d").astype(int)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_line_that_is_printed_makes_the_panel(name):
    table = SHAPES[name]()
    with pytest.raises(ExperimentError) as caught:
        at.analyze_geo(table, **ASKED)
    made = run(fix(caught), table)
    lift, whole = at.analyze_geo(made, **ASKED), at.analyze_geo(panel(), **ASKED)
    assert lift.relative.value == pytest.approx(whole.relative.value, rel=1e-9)
    assert lift.p_value == pytest.approx(whole.p_value, rel=1e-9)


@pytest.mark.parametrize("index", [["geo", "date"], "geo"])
def test_geos_and_days_in_an_index_are_read_as_columns(index):
    lift, whole = at.analyze_geo(panel().set_index(index), **ASKED), at.analyze_geo(panel(), **ASKED)
    assert lift.relative.value == pytest.approx(whole.relative.value, rel=1e-9)
    assert lift.p_value == pytest.approx(whole.p_value, rel=1e-9)


def test_local_midnights_of_london_change_with_summer_time():
    table = local_midnights("Europe/London", "2026-02-20")
    asked = ASKED | {"start": "2026-04-10", "end": "2026-04-20"}
    with pytest.raises(ExperimentError, match="not at midnight") as caught:
        at.analyze_geo(table, **asked)
    days = pd.Series(run(fix(caught), table)["date"].unique())
    assert days.tolist() == pd.date_range("2026-02-20", periods=len(DAYS)).tolist()


def run(line, table):
    """Run a printed line: an expression, or an assignment to a column of the panel."""
    line = line.partition(", and start=")[0]
    space = {"panel": table.copy(), "pandas": pd}
    if re.match(r"panel\['\w+'\] = ", line):
        exec(line, space)
        return space["panel"]
    return eval(line, space)


@pytest.mark.parametrize(
    ("freq", "digits"),
    [
        ("W-MON", lambda t: t.dt.strftime("%G%V").astype(int)),
        ("MS", lambda t: t.dt.strftime("%Y%m").astype(int)),
        ("QS", lambda t: t.dt.year * 10 + t.dt.quarter),
    ],
)
def test_weeks_months_and_quarters_in_digits(freq, digits):
    table = weeks(freq)
    days = np.unique(table["date"])
    asked = ASKED | {"start": str(days[30])[:10], "end": str(days[35])[:10]}
    whole = at.analyze_geo(table, **asked)
    numbers = table.assign(date=digits(table["date"]))
    known = np.unique(numbers["date"])
    with pytest.raises(ExperimentError, match="whole numbers that leap") as caught:
        at.analyze_geo(numbers, **ASKED | {"start": int(known[30]), "end": int(known[35])})
    assert at.analyze_geo(run(fix(caught), numbers), **asked).relative == whole.relative


@pytest.mark.parametrize("times", [np.arange(2020, 2100), np.arange(1, 60), np.arange(0, 700, 7)])
def test_numbers_that_do_not_leap_are_periods(times):
    table = panel(DAYS[: len(times)]).assign(date=np.tile(times[: min(len(times), len(DAYS))], 12))
    lift = at.analyze_geo(table, **ASKED | {"start": int(times[40]), "end": int(times[45])})
    assert lift.details["unit"] == "geo and period"


def test_one_outcome_at_a_time():
    with pytest.raises(ExperimentError, match="takes one column") as caught:
        at.analyze_geo(panel(), outcome=["sales", "orders"], **ASKED)
    one, _, every = fix(caught).partition("\n  To do: ")
    assert one == "outcome='sales'"
    assert every.startswith("for all, {name: analyze_geo(panel, outcome=name, ...)")
    with pytest.raises(ExperimentError, match="is not the name of a column"):
        at.plan_geo(panel(), periods=7, outcome=5)


@pytest.mark.parametrize(
    ("start", "printed"),
    [
        ("2026-02-15 10:00", "start='2026-02-15'"),
        (dt.datetime(2026, 2, 15, 9, tzinfo=dt.UTC), "start='2026-02-15'"),
        ({"day": 15}, "start='2026-02-04' for one: days from 2026-01-01 to 2026-03-10"),
        (12, "start='2026-02-04' for one"),
        (None, "start="),
    ],
)
def test_a_start_of_another_type_gets_a_hint_that_runs(start, printed):
    with pytest.raises(ExperimentError) as caught:
        at.analyze_geo(panel(), **ASKED | {"start": start})
    assert fix(caught).startswith(printed)
    day = re.search(r"start='([\d-]+)'", fix(caught)).group(1)
    assert at.analyze_geo(panel(), **ASKED | {"start": day, "end": "2026-03-10"}).n["treatment"] == 4
