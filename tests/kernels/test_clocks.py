"""Clocks of places against zoneinfo, one instant at a time."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.kernels.clocks import clock_time, instant_of

# changes at midnight, at 00:01, by half an hour, a day left out, Ramadan
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Havana", "Asia/Beirut",
         "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"]  # fmt: skip
AWARE = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
NAIVE = AWARE.replace(tzinfo=None)
US = dt.timedelta(microseconds=1)
HOURS = st.integers(-300_000, 900_000)  # 1935 to 2072


def shown(instant, zone):
    return ((AWARE + instant * US).astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None) - NAIVE) // US


def instant(clock, zone):
    aware = (NAIVE + clock * US).replace(tzinfo=zoneinfo.ZoneInfo(zone))
    return (aware.astimezone(dt.UTC) - AWARE) // US


@pytest.mark.parametrize("zone", ZONES)
@given(st.lists(st.tuples(HOURS, st.sampled_from([0, 1, 1_800_000_000])), max_size=20))
def test_clocks_are_those_of_zoneinfo(zone, hours):
    times = np.array([hour * 3_600_000_000 + more for hour, more in hours], np.int64)
    assert clock_time(times, zone).tolist() == [shown(time, zone) for time in times.tolist()]
    assert instant_of(times, zone).tolist() == [instant(time, zone) for time in times.tolist()]


@pytest.mark.parametrize("zone", ZONES)
def test_every_half_hour_of_years_with_changes(zone):
    for year in (1987, 2011, 2026):
        first = int(np.datetime64(f"{year}-01-01", "us").astype(np.int64))
        times = first + np.arange(2 * 24 * 366) * 1_800_000_000
        assert clock_time(times, zone).tolist() == [shown(time, zone) for time in times.tolist()]
        assert instant_of(times, zone).tolist() == [instant(time, zone) for time in times.tolist()]


def test_times_beyond_any_calendar_have_the_clock_of_its_end():
    far = np.array([-(2**62), 2**62])
    assert (abs(clock_time(far, "Europe/Berlin") - far) < 3 * 3_600_000_000).all()
