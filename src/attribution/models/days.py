"""The last weeks of a log day by day: hours, waits and rows that repeat others, for checks by night."""

from __future__ import annotations

from typing import Any

import numpy as np

from attribution._typing import Bools, Floats, Ints
from attribution.journeys.journeys import Journeys
from attribution.journeys.repeated_conversions import SAME_ORDER, SAME_ROW
from attribution.stats.sums import sums_by

KEPT = 42  # days: six of each weekday
HOURS = tuple(f"{hour:02d}" for hour in range(24))
WAITS = ("1min", "5min", "15min", "30min", "1h", "2h", "4h", "8h", "1D", "3D", "7D", "more", "none")
_MINUTE, _HOUR, _DAY = 60_000_000, 3_600_000_000, 86_400_000_000
_ENDS = np.array([1, 5, 15, 30, 60, 120, 240, 480, 1_440, 4_320, 10_080]) * _MINUTE
Parts = dict[str, tuple[Any, Any]]


def day_parts(journeys: Journeys) -> Parts:
    """Count what the last 42 days of a log hold, day by day; nothing where times are not known.

    Parameters
    ----------
    journeys
        Of any of the users; they know when the whole log ends.

    Returns
    -------
    dict
        By part, labels and numbers. ``day_hours`` and ``conversion_day_hours``: ``"2026-03-01 07"`` and how
        many. ``day_waits``: conversions by the time since the last touch, ``"2026-03-01 4h"`` for 2 to 4
        hours. ``day_repeats``, ``conversion_day_repeats``: rows that are the same as another, by day.
        ``order_day_repeats``: conversions whose order id their user had before.
    """
    if journeys.window is None or journeys.weight is not None:
        return {}
    since = journeys.window[1] // _DAY - KEPT + 1
    parts: Parts = {}
    if journeys.time is not None:
        again = _repeated_touches(journeys)
        parts["day_hours"] = _by_day(journeys.time // _HOUR, 24, HOURS, since)
        parts["day_repeats"] = _by_day(journeys.time[again] // _DAY, 1, ("",), since)
    if journeys.conversion_time is not None:
        time = journeys.conversion_time[journeys.converted]
        parts["conversion_day_hours"] = _by_day(time // _HOUR, 24, HOURS, since)
        if journeys.repeats is not None:
            repeats = journeys.repeats[journeys.converted]
            for name, kind in (("order_day_repeats", SAME_ORDER), ("conversion_day_repeats", SAME_ROW)):
                parts[name] = _by_day(time[repeats & kind > 0] // _DAY, 1, ("",), since)
        if journeys.time is not None:
            place = time // _DAY * len(WAITS) + _waits(journeys)
            parts["day_waits"] = _by_day(place, len(WAITS), WAITS, since)
    return parts


def _repeated_touches(journeys: Journeys) -> Bools:
    """Mark touches that are the same as the one before in their journey, in all that is known of them."""
    assert journeys.time is not None
    same = np.zeros(len(journeys.time), np.bool_)
    if len(same):
        same[1:] = journeys.time[1:] == journeys.time[:-1]
        for column in (journeys.channel, *(dim.codes for dim in journeys.touch_dims)):
            same[1:] &= column[1:] == column[:-1]
        starts = journeys.offsets[:-1]
        same[starts[starts < len(same)]] = False
    return same


def _waits(journeys: Journeys) -> Ints:
    """Return the class of time since the last touch of each conversion, a position in `WAITS`."""
    assert journeys.time is not None and journeys.conversion_time is not None  # noqa: PT018
    converted = journeys.converted
    touched = journeys.lengths[converted] > 0
    found = np.full(int(converted.sum()), len(WAITS) - 1, np.int64)
    last = journeys.offsets[1:][converted][touched] - 1
    wait = journeys.conversion_time[converted][touched] - journeys.time[last]
    found[touched] = np.searchsorted(_ENDS, wait, side="left")
    return found


def _by_day(places: Ints, size: int, names: tuple[str, ...], since: int) -> tuple[list[str], Floats]:
    """Count by day and class; a place is day times `size` plus the class."""
    kept = places[places >= since * size] - since * size
    count = sums_by(kept, None, KEPT * size) if len(kept) else np.zeros(KEPT * size)
    filled = np.flatnonzero(count)
    days = np.datetime_as_string((since + filled // size).astype("datetime64[D]"))
    labels = [f"{day} {names[at]}".rstrip() for day, at in zip(days, (filled % size).tolist(), strict=True)]
    return labels, count[filled]
