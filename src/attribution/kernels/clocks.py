"""Clocks of places: what they show at instants, and at which instants they show something."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from functools import lru_cache

import numpy as np

from attribution._typing import Ints

UTC = "UTC"
DAY_US = 86_400_000_000
_SECOND_US = 1_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FIRST, _LAST = -719_160, 2_932_890  # days since 1970 that datetimes reach; offsets beyond are as there


def clock_time(time: Ints, zone: str) -> Ints:
    """Return what the clock of a zone shows at instants, as microseconds since 1970 on that clock.

    Parameters
    ----------
    time
        int64, any shape: microseconds since 1970 in UTC.
    zone
        Its IANA name.

    Examples
    --------
    >>> import numpy as np
    >>> night = np.array(["2026-03-29T00:59", "2026-03-29T01:00"], "datetime64[us]").astype(np.int64)
    >>> clock_time(night, "Europe/Berlin").astype("datetime64[us]").astype("datetime64[m]").tolist()[1]
    datetime.datetime(2026, 3, 29, 3, 0)
    """
    time = np.asarray(time, np.int64)
    return time if zone == UTC else time + _offsets(time, zone)


def instant_of(clock: Ints, zone: str) -> Ints:
    """Return the instants at which the clock of a zone shows something, microseconds since 1970 in UTC.

    Of an hour that it shows twice, the first; an hour that it leaves out is read on the clock of before
    (PEP 495, fold=0).

    Parameters
    ----------
    clock
        int64, any shape: microseconds since 1970 on the clock.
    zone
        Its IANA name.

    Examples
    --------
    >>> import numpy as np
    >>> shown = np.array(["2026-10-25T02:30", "2026-03-29T02:30"], "datetime64[us]").astype(np.int64)
    >>> instant_of(shown, "Europe/Berlin").astype("datetime64[us]").astype("datetime64[m]").tolist()[0]
    datetime.datetime(2026, 10, 25, 0, 30)
    """
    clock = np.asarray(clock, np.int64)
    if zone == UTC:
        return clock
    before, after = _offsets(clock - DAY_US, zone), _offsets(clock + DAY_US, zone)
    late_alone = (_offsets(clock - before, zone) != before) & (_offsets(clock - after, zone) == after)
    return clock - np.where(late_alone, after, before)


def _offsets(time: Ints, zone: str) -> Ints:
    """Return how far the clock is ahead of UTC at each instant, microseconds."""
    day = np.clip(time // DAY_US, _FIRST, _LAST)
    if not day.size:
        return np.zeros(day.shape, np.int64)
    first = int(day.min())
    span = int(day.max()) - first + 1
    if span <= 2 * day.size + 10_000:
        there = np.zeros(span, np.bool_)
        there[day - first] = True
        days = np.flatnonzero(there) + first
        place = (np.cumsum(there) - 1)[day - first]
    else:
        days, place = np.unique(day, return_inverse=True)
        place = place.reshape(day.shape)
    before, change, after = np.array([_day(zone, number) for number in days.tolist()], np.int64).T
    found: Ints = np.where(time < change[place], before[place], after[place])
    return found


@lru_cache(maxsize=1 << 16)
def _day(zone: str, day: int) -> tuple[int, int, int]:
    """Return the offset at the beginning of a day of UTC, when it changes, and the one at its end."""
    low, high = day * 86_400, (day + 1) * 86_400
    before, after = _offset(zone, low), _offset(zone, high)
    if before == after:
        return before, low * _SECOND_US, after
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return before, high * _SECOND_US, after


def _offset(zone: str, second: int) -> int:
    offset = (_EPOCH + dt.timedelta(seconds=second)).astimezone(zoneinfo.ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return offset // dt.timedelta(microseconds=1)
