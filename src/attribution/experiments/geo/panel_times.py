"""Times of a panel: days or whole numbers, evenly spaced."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from attribution.errors import ExperimentError
from attribution.experiments.geo.panel_hints import refuse_dates_in_digits, refuse_hours

NUMBERS, DAYS = np.dtype(np.int64), np.dtype("datetime64[D]")
# The least and the most days of a period, and its months.
_MONTHLY = {
    "month": (28, 31, 1),
    "quarter": (89, 92, 3),
    "half-year": (181, 184, 6),
    "year": (365, 366, 12),
}
Times = Any  # int64 numbers of periods, or datetime64[D]


def read_times(column: Any, name: str, geo: str = "geo") -> Times:
    """Return a column of times as days, or as whole numbers such as years or week numbers.

    Parameters
    ----------
    column
        An Arrow array or chunked array of dates, timestamps at midnight, text such as ``"2026-03-01"``, or
        integers.
    name, geo
        Names of the columns, for the message.

    Raises
    ------
    ExperimentError
        If a time is missing, is no date, or is not at midnight.
    """
    kind = column.type
    if pat.is_dictionary(kind):
        column = pc.cast(column, kind.value_type)
        kind = column.type
    if column.null_count:
        rows = np.flatnonzero(np.asarray(column.is_null()))
        msg = "some rows have no time"
        raise ExperimentError(
            msg, column=name, rows=rows[:5].tolist(), count=len(rows), hint=f"panel.dropna(subset=[{name!r}])"
        )
    if pat.is_integer(kind):
        try:
            numbers = np.asarray(column.cast(pa.int64()))
        except pa.ArrowInvalid as error:  # unsigned, beyond what is signed
            msg = f"the times are numbers that count no periods: {str(error).splitlines()[0]}"
            raise ExperimentError(msg, column=name, hint="number the times 0, 1, 2") from error
        refuse_dates_in_digits(numbers, name)
        return numbers
    if pat.is_string(kind) or pat.is_large_string(kind):
        try:
            column = pc.cast(column, pa.timestamp("us"))
        except pa.ArrowInvalid as error:
            msg = f"the times are text that is no date: {str(error).splitlines()[0]}"
            raise ExperimentError(
                msg, column=name, hint=f"panel[{name!r}] = pandas.to_datetime(panel[{name!r}], dayfirst=...)"
            ) from error
    elif not (pat.is_date(kind) or pat.is_timestamp(kind)):
        periods = "period" in str(kind)
        msg = f"the times are {'pandas periods' if periods else kind}, neither dates nor whole numbers"
        convert = f"panel[{name!r}].dt.to_timestamp()" if periods else f"pandas.to_datetime(panel[{name!r}])"
        line = f"panel[{name!r}] = {convert}"
        if pat.is_floating(kind):
            numbers = column.cast(pa.float64())  # Arrow's functions take no half floats
            whole = pc.all(pc.equal(numbers, pc.floor(numbers))).as_py()
            line = (
                f"panel[{name!r}] = panel[{name!r}].astype('int64')" if whole else "number the times 0, 1, 2"
            )
        raise ExperimentError(msg, column=name, hint=line)
    if pat.is_timestamp(column.type) and column.type.tz is not None:
        # A day is a local matter: the wall clock's, not UTC's.
        column = pc.local_timestamp(column)
    moments = np.asarray(column.cast(pa.timestamp("us"))).astype("datetime64[us]")
    days = moments.astype(DAYS)
    late = np.flatnonzero(days.astype("datetime64[us]") != moments)
    if len(late):
        refuse_hours(moments, late, name, geo)
    return days


def read_time(value: Any, name: str, like: Times) -> Any:
    """Return one time of the caller's as the panel has them.

    Raises
    ------
    ExperimentError
        If it is none.
    """
    found = _number(value) if like.dtype == NUMBERS else _day(value, like)
    if found is not None:
        return found
    numbers = like.dtype == NUMBERS
    what = "a whole number, as the panel's times are" if numbers else "a day"
    msg = f"{name}={value!r} is not {what}"
    hint = _near(value, name, like) if len(like) else None
    raise ExperimentError(msg, column=name, hint=hint)


def check_time(value: Any, name: str) -> None:
    """Refuse what is no time of any panel, neither a day nor a whole number, before a panel is read.

    Raises
    ------
    ExperimentError
        If it is none.
    """
    late = callable(value) and not isinstance(value, type)  # what finds the time once a panel is read
    if not late and _number(value) is None and _same_day(value) is None:
        msg = f"{name}={value!r} is neither a day nor a whole number"
        raise ExperimentError(msg, column=name, hint=f'{name}="2026-03-01"')


def listed_times(values: Any, name: str) -> Any:
    """Return an option's list of times as it is, none for None, or refuse what can be no time.

    Raises
    ------
    ExperimentError
        As `check_time`.
    """
    if values is None:
        return ()
    if isinstance(values, Mapping | bytes | type):
        values = [values]
    elif isinstance(values, Iterable) and not isinstance(values, str) and not hasattr(values, "__len__"):
        values = tuple(values)
    for value in [values] if isinstance(values, str) or not isinstance(values, Iterable) else values:
        check_time(value, name)
    return values


def _near(value: Any, name: str, like: Times) -> str:
    """Return the day of a time within one; else a time for one, that leaves some before it."""
    if like.dtype == NUMBERS:
        return f"{name}={int(like[len(like) // 2])} for one: numbers from {int(like[0])} to {int(like[-1])}"
    day = _same_day(value)
    if day is not None:
        return f"{name}={shown(day)!r}"
    first, last = shown(like[0]), shown(like[-1])
    return f"{name}={shown(like[len(like) // 2])!r} for one: days from {first} to {last}"


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        return None
    try:
        return np.int64(operator.index(value))
    except (TypeError, OverflowError):
        return None


def _day(value: Any, like: Times) -> Any:
    if isinstance(value, int | float | np.integer | bool):
        return None
    if getattr(value, "tzinfo", None) is not None:
        value = value.replace(tzinfo=None)  # the wall clock's day, as in the panel
    try:
        if np.datetime_data(np.datetime64(value))[0] in ("Y", "M") and _within_months(like):
            ends = step_of(like) in _MONTHLY and named_by_end(like)
            return (np.datetime64(value) + 1).astype(DAYS) - 1 if ends else None
        moment = np.datetime64(value.isoformat() if hasattr(value, "isoformat") else value, "us")
    except (TypeError, ValueError):
        return None
    day = moment.astype(DAYS)
    return None if np.isnat(moment) or day.astype("datetime64[us]") != moment else day


def _same_day(value: Any) -> Any:
    """Return the day of a time within one; None where it is no time at all."""
    if getattr(value, "tzinfo", None) is not None:
        value = value.replace(tzinfo=None)
    try:
        moment = np.datetime64(value.isoformat() if hasattr(value, "isoformat") else value, "us")
    except (TypeError, ValueError):
        return None
    return None if isinstance(value, int | float) or np.isnat(moment) else moment.astype(DAYS)


def _within_months(times: Times) -> bool:
    return bool((times.astype("datetime64[M]").astype(DAYS) != times).any())


def several_times(values: Any, name: str, like: Times) -> Times:
    """Return the caller's list of times as an array like the panel's."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        values = [values]
    return np.array([read_time(value, name, like) for value in values], dtype=like.dtype)


def step_of(times: Times) -> str:
    """Return what a period is: a day, week, month, quarter or year, or else a period."""
    if times.dtype == NUMBERS or len(times) < 2:
        return "period"
    days = int(np.diff(times).min().astype(np.int64))
    if days in (1, 7):
        return {1: "day", 7: "week"}[days]
    return next((step for step, (low, high, _) in _MONTHLY.items() if low <= days <= high), "period")


def named_by_end(times: Times) -> bool:
    """Return whether periods bear the name of their last day.

    Months, quarters and years do where all names are last days of a month. Of weeks, those named by a Sunday
    or a Saturday are taken to end there, as pandas names them (``"W"``, ``"W-SAT"``).
    """
    if step_of(times) == "week":
        # Day 0 is a Thursday.
        return bool(np.isin((times.astype(np.int64) + 3) % 7, (5, 6)).all())
    return step_of(times) in _MONTHLY and bool(_last_of_month(times).all())


def _last_of_month(times: Times) -> Any:
    return (times + 1).astype("datetime64[M]").astype(DAYS) == times + 1


def last_day(times: Times) -> Any:
    """Return the last day of the last period; of days and numbers the last itself."""
    step, last = step_of(times), times[-1]
    if step == "week" and not named_by_end(times):
        return last + 6
    if step in _MONTHLY and not named_by_end(times):
        return _after(last, _MONTHLY[step][2]) - 1
    return last


def _after(day: Any, months: int) -> Any:
    """Return the same day some months later."""
    month = day.astype("datetime64[M]")
    return (month + months).astype(DAYS) + (day - month.astype(DAYS))


def absent_times(times: Times, left_out: Times) -> Times:
    """Return the times that an even series would have between the first and the last, and this has not.

    Parameters
    ----------
    times
        Distinct times in order.
    left_out
        Times that are meant to be absent.
    """
    if len(times) < 3:
        return times[:0]
    present = np.union1d(times, left_out)
    step = step_of(times)
    if step in _MONTHLY:
        months = np.unique(present.astype("datetime64[M]"))
        whole = np.arange(months[0], months[-1] + 1, _MONTHLY[step][2])
        lost = np.setdiff1d(whole, months)
        if named_by_end(times):
            return (lost + 1).astype(DAYS) - 1
        return lost.astype(DAYS) + (times[0] - times[0].astype("datetime64[M]").astype(DAYS))
    apart = np.diff(times).min()
    return np.setdiff1d(np.arange(times[0], times[-1] + apart, apart), present)


def shown(time: Any) -> str:
    """Return a time as people write it."""
    return str(time)
