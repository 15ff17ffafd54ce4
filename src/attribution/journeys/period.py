"""The reporting window: journeys are built from the whole log, and those of some days are counted."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from attribution._typing import Bools
from attribution.errors import JourneyError
from attribution.journeys.customers import first_conversions
from attribution.journeys.journeys import Journeys
from attribution.kernels.clocks import UTC, clock_time, instant_of

Ends: TypeAlias = tuple[str | None, str | None]
EVER = (int(np.iinfo(np.int64).min), int(np.iinfo(np.int64).max))
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LABEL = re.compile(r"(\d{4})(?:-(\d\d)(-\d\d)?|-W(\d\d))?")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_HINT = 'period=("2026-03-01", "2026-03-31")'


def period_of(period: Any) -> Ends:
    """Return the two ends of a period as text: dates and instants in ISO 8601, None where it is open.

    Parameters
    ----------
    period
        Its two ends, or the name of a year, a month, a week of ISO 8601 or a day.

    Raises
    ------
    JourneyError
        If it has no two ends, one of them is no date or time, or the last comes before the first.

    Examples
    --------
    >>> period_of(("2026-03-01", dt.datetime(2026, 3, 31, 12)))
    ('2026-03-01', '2026-03-31T12:00:00')
    >>> period_of("2026-02"), period_of("2026-W01")
    (('2026-02-01', '2026-02-28'), ('2025-12-29', '2026-01-04'))
    """
    ends = _named(period) if isinstance(period, str) else period
    ends = tuple(ends) if isinstance(ends, tuple | list) else ()
    if len(ends) != 2:
        msg = f"period={period!r} must be its first and its last day, or the name of a month"
        raise JourneyError(msg, column="period", hint=_HINT)
    first, last = (_text(end) for end in ends)
    low, high = instants((first, last))
    if low >= high:
        hint = f"period=({last!r}, {first!r})" if instants((last, first))[0] < low else _HINT
        msg = f"period={period!r} holds no time"
        raise JourneyError(msg, column="period", hint=hint)
    return first, last


def _named(label: str) -> tuple[dt.date, dt.date] | None:
    """Return the first and the last day of a year, a month, a week or a day, None if it is none."""
    found = _LABEL.fullmatch(label)
    if found is None:
        return None
    year, month, day, week = found.groups()
    try:
        if week is not None:
            first = dt.date.fromisocalendar(int(year), int(week), 1)
            return first, first + dt.timedelta(days=6)
        if day is not None:
            return (only := dt.date.fromisoformat(label)), only
        first = dt.date(int(year), int(month or 1), 1)
        last = dt.date(int(year), int(month or 12), 28) + dt.timedelta(days=4)
        return first, last - dt.timedelta(days=last.day)
    except (ValueError, OverflowError):
        return None


def _text(end: Any) -> str | None:
    if end is None:
        return None
    try:
        if isinstance(end, str):
            end = dt.date.fromisoformat(end) if _DAY.fullmatch(end) else dt.datetime.fromisoformat(end)
        if isinstance(end, dt.date) and end == end:  # NaT is not itself
            return end.isoformat()
    except ValueError:
        pass
    msg = f"period has {end!r} for an end, which is no date"
    why = "both ends are days in full; a datetime is an instant, and the last one does not count itself"
    raise JourneyError(msg, column="period", why=why, hint=_HINT)


def instants(period: Ends | None, zone: str = UTC) -> tuple[int, int]:
    """Return the first instant of a period and the first after it, microseconds since 1970 in UTC.

    Examples
    --------
    >>> low, high = instants(("2026-03-01", "2026-03-31"), "Europe/Berlin")
    >>> (high - low) / 3600e6 - 31 * 24
    -1.0
    """
    low, high = EVER
    for text, last in zip(period or (), (False, True), strict=False):
        if text is not None:
            bound, on_clock = _bound(text, last=last)
            bound = int(instant_of(np.array(bound), zone)) if on_clock and abs(bound) != EVER[1] else bound
            low, high = (low, bound) if last else (bound, high)
    return low, high


def _bound(text: str, *, last: bool) -> tuple[int, bool]:
    """Return an end of a period in microseconds since 1970, and whether the clock of the place shows it."""
    moment = dt.datetime.fromisoformat(text)
    if last and _DAY.fullmatch(text):
        if moment.date() == dt.date.max:
            return EVER[1], True
        moment += dt.timedelta(days=1)
    on_clock = moment.tzinfo is None
    since = moment.replace(tzinfo=dt.UTC) if on_clock else moment
    return (since - _EPOCH) // dt.timedelta(microseconds=1), on_clock


def in_period(journeys: Journeys, period: Ends | None, zone: str = UTC) -> Bools:
    """Mark the journeys that end in a period, shape (J,): at their conversion, or at their last touch."""
    found = np.ones(len(journeys), np.bool_)
    if period is None:
        return found
    assert journeys.conversion_time is not None and journeys.time is not None  # noqa: PT018
    end = journeys.conversion_time.copy()
    stretch = np.flatnonzero(~journeys.converted)
    end[stretch] = journeys.time[journeys.offsets[stretch + 1] - 1]
    shown = clock_time(end, zone)
    for text, last in zip(period, (False, True), strict=True):
        if text is not None:
            bound, on_clock = _bound(text, last=last)
            at = shown if on_clock else end
            found &= at < bound if last else at >= bound
    return found


def of_period(journeys: Journeys, period: Ends | None, zone: str = UTC) -> Journeys:
    """Return the journeys that end in a period; of which users, and who returns, all journeys say."""
    if period is None:
        return journeys
    first = first_conversions(journeys)
    return replace(journeys, first_conversion=first).take(in_period(journeys, period, zone))


def window_in_period(
    window: tuple[int, int] | None, settings: Mapping[str, object]
) -> tuple[int, int] | None:
    """Return the first and last instant of a log that its period holds; None where it holds none.

    Parameters
    ----------
    window
        Of the log.
    settings
        How its journeys were built.
    """
    period: Any = settings.get("period")
    if window is None or period is None:
        return window
    low, high = instants(period, str(settings.get("timezone", UTC)))
    found = max(window[0], low), min(window[1], high - 1)
    return found if found[0] <= found[1] else None
