"""Calendar periods: labels of days, ISO weeks and months for times in microseconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from attribution._checks import WEEKDAYS
from attribution._typing import Ints
from attribution.errors import CreditError, unknown_name

PERIODS = ("day", "week", "month")
_SHAPE = {"day": r"\d{4}-\d\d-\d\d", "week": r"\d{4}-W\d\d|\d{4}-\d\d-\d\d", "month": r"\d{4}-\d\d"}
_DAY_US = 86_400_000_000
_MONDAY = 3  # 1970-01-01 was a Thursday: three days after a Monday
_THURSDAY = 3  # the day of a Monday-based week that decides the ISO year


def period_codes(
    time_us: Ints, period: str, week_start: str = "monday"
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Return which calendar period each time lies in.

    Periods are cut at midnight UTC. Weeks that begin on Monday are numbered as in ISO 8601, so that the
    last days of December may lie in week 1 of the next year; other weeks are called by their first day,
    because their numbers have no one meaning.

    Parameters
    ----------
    time_us
        int64, shape (n,): microseconds since 1970 in UTC.
    period
        ``"day"``, ``"week"`` or ``"month"``.
    week_start
        The day on which weeks begin, one of `WEEKDAYS`.

    Returns
    -------
    codes : int32, shape (n,)
        Position in `labels`.
    labels : tuple of str
        The periods that occur, in order of time: ``"2026-01-31"``, ``"2026-W05"`` (or the first day
        of the week) or ``"2026-01"``.

    Raises
    ------
    CreditError
        If `period` is none of the three, or `week_start` no day; the message names the nearest.

    Examples
    --------
    >>> import numpy as np
    >>> times = np.array(["2026-01-31T23:59:59", "2026-02-01", "2025-12-29"], dtype="datetime64[us]")
    >>> codes, labels = period_codes(times.astype(np.int64), "week")
    >>> codes.tolist(), labels
    ([1, 1, 0], ('2026-W01', '2026-W05'))
    >>> period_codes(times.astype(np.int64), "week", "sunday")[1]
    ('2025-12-28', '2026-01-25', '2026-02-01')
    """
    if period not in PERIODS:
        raise CreditError(unknown_name("period", period, PERIODS), column="by")
    if week_start not in WEEKDAYS:
        raise CreditError(unknown_name("weekday", week_start, WEEKDAYS), column="week_start")
    days = np.floor_divide(np.asarray(time_us, dtype=np.int64), _DAY_US)
    shift = WEEKDAYS.index(week_start) if period == "week" else 0  # a week later begins as many days later
    number = _NUMBER[period](days - shift)
    if not len(number):
        return np.zeros(0, np.int32), ()
    first = int(number.min())
    number = number - first
    present = np.zeros(int(number.max()) + 1, dtype=np.bool_)
    present[number] = True
    rank = np.cumsum(present, dtype=np.int32) - np.int32(1)
    numbers = np.flatnonzero(present) + first
    return rank[number], _day_labels(_first_day(numbers, period) + shift) if shift else _LABELS[period](
        numbers
    )


def period_days(labels: Sequence[str], period: str) -> tuple[Ints, Ints]:
    """Return the first and the last day of each period, days since 1970, int64, shape (n,).

    Raises
    ------
    ValueError
        If a label is not one that `period_codes` writes; its argument is the label.

    Examples
    --------
    >>> first, last = period_days(["2026-02"], "month")
    >>> [str(day.astype("datetime64[D]")[0]) for day in (first, last)]
    ['2026-02-01', '2026-02-28']
    """
    if period == "week" and labels and all("W" not in label for label in labels):
        first = np.array([_parse(label, "day") for label in labels], dtype=np.int64)
        if weekday_of(first) is None:
            raise ValueError(labels[0])
        return first, first + 6
    number = np.array([_parse(label, period) for label in labels], dtype=np.int64)
    if _LABELS[period](number) != tuple(labels):
        wrong = (
            label for label, right in zip(labels, _LABELS[period](number), strict=True) if label != right
        )
        raise ValueError(next(wrong))
    return _first_day(number, period), _first_day(number + 1, period) - 1


def weekday_of(days: Ints) -> str | None:
    """Return the weekday on which all of some days fall, or None if they fall on several, or are none.

    Examples
    --------
    >>> import numpy as np
    >>> weekday_of(np.array(["2026-03-01", "2026-03-08"], dtype="datetime64[D]").astype(np.int64))
    'sunday'
    """
    found = np.unique((np.asarray(days) + _MONDAY) % 7)
    return WEEKDAYS[int(found[0])] if len(found) == 1 else None


def is_period(name: str, labels: Iterable[object]) -> bool:
    """Return whether `labels` are those of the period `name`, and not of a log's dimension of that name.

    Examples
    --------
    >>> is_period("month", ["2026-01"]), is_period("month", ["January"]), is_period("campaign", [])
    (True, False, False)
    """
    return name in PERIODS and all(re.fullmatch(_SHAPE[name], str(label)) for label in set(labels))


def consecutive(labels: Sequence[str], period: str) -> tuple[str, ...]:
    """Return all periods from the earliest of `labels` to the latest, also those that are not among them.

    Examples
    --------
    >>> consecutive(["2026-01", "2025-11"], "month")
    ('2025-11', '2025-12', '2026-01')
    """
    if not labels:
        return ()
    if period == "week" and "W" not in labels[0]:
        days = [_parse(label, "day") for label in (min(labels), max(labels))]
        return _day_labels(np.arange(days[0], days[1] + 1, 7, dtype=np.int64))
    first, last = (_parse(label, period) for label in (min(labels), max(labels)))
    return _LABELS[period](np.arange(first, last + 1, dtype=np.int64))


def _parse(label: str, period: str) -> int:
    if re.fullmatch(_SHAPE[period], label) is None or (period == "week" and "W" not in label):
        raise ValueError(label)
    try:
        if period == "week":
            year, _, week = label.partition("-W")
            fourth = np.datetime64(f"{year}-01-04").astype("datetime64[D]").astype(int)  # always in week 1
            return int((fourth + _MONDAY) // 7 + int(week) - 1)
        unit = "D" if period == "day" else "M"
        return int(np.datetime64(label).astype(f"datetime64[{unit}]").astype(int))
    except ValueError:
        raise ValueError(label) from None


def _first_day(number: Ints, period: str) -> Ints:
    if period == "week":
        return number * 7 - _MONDAY
    if period == "month":
        return number.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return number


def _month_number(days: Ints) -> Ints:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _week_number(days: Ints) -> Ints:
    return (days + _MONDAY) // 7


def _day_labels(number: Ints) -> tuple[str, ...]:
    return tuple(np.datetime_as_string(number.astype("datetime64[D]")).tolist())


def _month_labels(number: Ints) -> tuple[str, ...]:
    return tuple(np.datetime_as_string(number.astype("datetime64[M]")).tolist())


def _week_labels(number: Ints) -> tuple[str, ...]:
    thursday = (number * 7 - _MONDAY + _THURSDAY).astype("datetime64[D]")
    year = thursday.astype("datetime64[Y]")
    week = (thursday - year.astype("datetime64[D]")).astype(np.int64) // 7 + 1
    years = np.datetime_as_string(year).tolist()
    return tuple(f"{y}-W{w:02d}" for y, w in zip(years, week.tolist(), strict=True))


_NUMBER: dict[str, Callable[[Ints], Ints]] = {
    "day": lambda days: days,
    "week": _week_number,
    "month": _month_number,
}
_LABELS: dict[str, Callable[[Ints], tuple[str, ...]]] = {
    "day": _day_labels,
    "week": _week_labels,
    "month": _month_labels,
}
