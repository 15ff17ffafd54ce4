"""Laws of the business's calendar: days, weeks and months by the clock of a place."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import attribution as at
from attribution.errors import CreditError, JourneyError
from attribution.journeys.build import build_from_columns
from tests.laws.reference import Conversion, Touch
from tests.laws.worlds import columns

HOUR = 3_600_000_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# Sundays on which clocks change, and the zone whose they are.
CHANGES = [("Europe/Berlin", "2026-03-29"), ("Europe/Berlin", "2026-10-25"),
           ("America/New_York", "2026-03-08"), ("America/New_York", "2026-11-01"),
           ("Australia/Lord_Howe", "2026-04-05"),
           ("Asia/Beirut", "2026-03-29"),
           ("UTC", "2026-03-29")]  # fmt: skip
LOGS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(-90, 90), st.sampled_from([0, HOUR // 2])), max_size=30
)


def moment(time):
    return EPOCH + dt.timedelta(microseconds=int(time))


def world(change, touches, conversions):
    """Return records whose times lie around the day of a change."""
    middle = int(np.datetime64(change, "us").astype(np.int64))
    return (
        [Touch(user, middle + hour * HOUR + more, 0, "ad", "") for user, hour, more in touches],
        [Conversion(user, middle + hour * HOUR + more, 1.0, "purchase") for user, hour, more in conversions],
    )


@given(st.sampled_from(CHANGES), LOGS, LOGS, st.integers(1, 3))
def test_a_lookback_in_days_reaches_back_to_the_same_time_of_day(change, touches, conversions, days):
    """Brute force: datetime arithmetic on the clock of the place, as zoneinfo has it."""
    zone, day = change
    touches, conversions = world(day, touches, conversions)
    options = at.JourneyOptions(lookback=f"{days}D", timezone=zone, after_conversion="overlap")
    journeys = build_from_columns(columns(touches, conversions, channels=["ad"]), options)
    claimed = Counter()
    open_touches = Counter((t.user, t.time) for t in touches)
    for conversion in conversions:
        clock = moment(conversion.time).astimezone(zoneinfo.ZoneInfo(zone))
        since = (clock - dt.timedelta(days=days)).astimezone(dt.UTC)
        within = [
            t.time for t in touches
            if t.user == conversion.user and since <= moment(t.time) and t.time <= conversion.time
        ]  # fmt: skip
        claimed[conversion.time, tuple(sorted(within))] += 1
        for time in within:
            open_touches.pop((conversion.user, time), None)
    found, left = Counter(), []
    for j in range(len(journeys)):
        times = journeys.time[journeys.offsets[j] : journeys.offsets[j + 1]].tolist()
        if journeys.converted[j]:
            found[int(journeys.conversion_time[j]), tuple(times)] += 1
        else:
            left += times
    assert found == claimed
    assert sorted(left) == sorted(time for (_, time), n in open_touches.items() for _ in range(n))


@given(
    st.sampled_from(CHANGES),
    LOGS,
    st.sampled_from(["day", "week", "month"]),
    st.sampled_from(["monday", "sunday"]),
)
def test_breakdowns_are_by_the_clock_of_the_place(change, conversions, by, week_start):
    zone, day = change
    _, conversions = world(day, [], conversions)
    options = at.JourneyOptions(timezone=zone, week_start=week_start)
    journeys = build_from_columns(columns([], conversions, channels=["ad"]), options)

    def label(time):
        date = moment(time).astimezone(zoneinfo.ZoneInfo(zone)).date()
        if by == "week" and week_start == "sunday":
            return (date - dt.timedelta(days=(date.weekday() + 1) % 7)).isoformat()
        return date.strftime({"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}[by])

    frame = at.attribute(journeys, "linear", by=by).to_frame()
    found = frame[frame["conversions"] > 0].set_index(by)["conversions"].to_dict()
    assert found == Counter(label(c.time) for c in conversions)
    # a period is the sum of its days
    one = at.JourneyOptions(timezone=zone, period=day)
    only = build_from_columns(columns([], conversions, channels=["ad"]), one)
    in_day = sum(
        moment(c.time).astimezone(zoneinfo.ZoneInfo(zone)).date().isoformat() == day for c in conversions
    )
    assert only.n_conversions == in_day


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [("Europe/Berlin", "2026-03-29", 23), ("Europe/Berlin", "2026-10-25", 25),
     ("America/New_York", "2026-03-08", 23),
     ("America/New_York", "2026-11-01", 25), ("UTC", "2026-03-29", 24)],
)  # fmt: skip
def test_days_of_23_and_25_hours(zone, day, hours):
    """An order every hour of five days: a day has as many as it has hours."""
    times = pd.date_range(pd.Timestamp(day) - pd.Timedelta("2D"), periods=5 * 24, freq="h", tz="UTC")
    log = at.read_log(
        {"user_id": [1], "time": times[:1], "channel": ["ad"]}, {"user_id": [1] * len(times), "time": times}
    )
    assert at.build_journeys(log, period=day, timezone=zone).n_conversions == hours
    frame = at.attribute(log, "linear", by="day", timezone=zone, after_conversion="overlap").to_frame()
    assert frame.groupby("day")["conversions"].sum()[day] == hours
    touch = {"user_id": [1], "time": [pd.Timestamp(f"{day}T12:00", tz=zone) - pd.Timedelta(hours=hours)]}
    order = {"user_id": [1], "time": [pd.Timestamp(f"{day}T12:00", tz=zone)]}
    near = at.read_log(touch | {"channel": ["ad"]}, order)
    assert at.build_journeys(near, lookback="1D", timezone=zone).n_unattributed == 0
    assert at.build_journeys(near, lookback="24h", timezone=zone).n_unattributed == (hours > 24)
    early = at.read_log({**touch, "time": [touch["time"][0] - pd.Timedelta("1us")], "channel": ["ad"]}, order)
    assert at.build_journeys(early, lookback="1D", timezone=zone).n_unattributed == 1


def test_an_evening_in_new_york_is_not_of_april():
    """The order of 31 March, 21:30 there, and the spend of that day."""
    log = at.read_log(
        {"user_id": [1], "time": ["2026-03-31T20:00:00-04:00"], "channel": ["search"]},
        {"user_id": [1], "time": ["2026-03-31T21:30:00-04:00"], "value": [30.0]},
    )
    spend = {"channel": ["search"], "date": ["2026-03-31"], "cost": [10.0]}
    there = at.attribute(log, "linear", by="month", timezone="America/New_York").with_spend(spend)
    assert there.to_frame()[["month", "conversions", "roas"]].to_numpy().tolist() == [["2026-03", 1.0, 3.0]]
    with pytest.raises(CreditError, match="all spend is of days outside 2026-04-01"):
        at.attribute(log, "linear", by="month").with_spend(spend)
    assert "2026" in at.report(there).to_html()
    # instants of costs are of the zone, or refused, for a day would be guessed
    zoned = pd.DataFrame(spend).assign(date=pd.to_datetime(spend["date"]).tz_localize("America/New_York"))
    assert there.with_spend(zoned).to_frame()["roas"].tolist() == [3.0]
    with pytest.raises(CreditError, match="zone 'UTC'"):
        there.with_spend(zoned.assign(date=zoned["date"].dt.tz_convert("UTC")))


def test_rates_are_those_of_the_day_there():
    log = at.read_log(
        {"user_id": [1], "time": ["2026-03-31T20:00:00-04:00"], "channel": ["search"]},
        {"user_id": [1], "time": ["2026-03-31T21:30:00-04:00"], "value": [30.0], "currency": ["USD"]},
        at.LogSchema(currency="currency"),
    )
    rates = {"currency": ["USD", "USD"], "date": ["2026-03-31", "2026-04-01"], "rate": [0.5, 1.0]}
    for zone, value in (("America/New_York", 15.0), ("UTC", 30.0)):
        credit = at.attribute(log, "linear", timezone=zone, currency="EUR", rates=rates)
        assert credit.to_frame()["value"].tolist() == [value]


@pytest.mark.parametrize("zone", ["Europe/Berln", "Berlin", "", 5, None, "../etc/passwd", "+02:00"])
def test_what_is_no_zone_is_told(zone):
    with pytest.raises(JourneyError) as told:
        at.JourneyOptions(timezone=zone)
    assert told.value.column == "timezone"
    assert 'timezone="' in told.value.hint or "timezone='" in told.value.hint
