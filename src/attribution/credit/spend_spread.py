"""Spend that is coarser than the credit: spread evenly over its days, nothing lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from attribution._typing import Bools
from attribution.credit.periods import period_codes
from attribution.credit.spend_calendar import DAY_US, Calendar
from attribution.credit.spend_table import SpendTable
from attribution.credit.table import CreditTable
from attribution.errors import CreditError
from attribution.kernels.clocks import UTC, clock_time
from attribution.language.sentence import Sentence

_MOST_DAYS = 20_000_000


def week_start_of(credit: CreditTable) -> str:
    """Return the day on which the weeks of a credit begin."""
    return str(credit.settings.get("week_start", "monday"))


def days_of(credit: CreditTable) -> tuple[int, int] | None:
    """Return the first and the last day of a credit, days since 1970 in its time zone."""
    if credit.window is None:
        return None
    first, last = clock_time(np.array(credit.window), timezone_of(credit)) // DAY_US
    return int(first), int(last)


def timezone_of(credit: CreditTable) -> str:
    """Return the time zone whose days are those of a credit."""
    return str(credit.settings.get("timezone", UTC))


def spread_flights(table: SpendTable, notes: list[str]) -> SpendTable:
    """Return the table with the cost of each flight spread over its days; adds a note if there is one."""
    when = table.calendar
    if when is None or when.period != "flight":
        return table
    long = when.last > when.first
    count = int(long.sum())
    notes.append(Sentence("spend.flights", n=count))
    return by_day(table)


def spread_over(table: SpendTable, periods: Sequence[str], week_start: str, notes: list[str]) -> SpendTable:
    """Return the table with every cost in one period: weeks and months that do not lie in one are spread.

    Parameters
    ----------
    table
        Costs with their days.
    periods
        The periods of the credit.
    week_start
        The day on which its weeks begin.
    notes
        Gets a sentence where something was spread.
    """
    when = table.calendar
    if when is None or not len(table.cost) or not periods:
        return table
    split = np.zeros(len(table.cost), np.bool_)
    for period in periods:
        codes, _ = period_codes(np.concatenate([when.first, when.last]) * DAY_US, period, week_start)
        split |= codes[: len(when.first)] != codes[len(when.first) :]
    if not split.any():
        return table
    by = tuple(Sentence(f"period.{period}") for period in periods)
    told = {"what": Sentence(f"periods.{when.period}"), "periods": by}
    if when.weekday is not None and when.weekday != week_start and "week" in periods:
        days = {"own": Sentence(f"weekday.{when.weekday}"), "other": Sentence(f"weekday.{week_start}")}
        notes.append(Sentence("spend.spread_from", **told, **days))
    else:
        notes.append(Sentence("spend.spread", **told))
    return _spread(table, split)


def by_day(table: SpendTable) -> SpendTable:
    """Return the table with every cost spread evenly over its days, so that each has the rate of its day."""
    if table.calendar is None or table.calendar.period == "day":
        return table
    spread = _spread(table, np.ones(len(table.cost), np.bool_))
    assert spread.calendar is not None
    return replace(spread, calendar=replace(spread.calendar, period="day"))


def _spread(table: SpendTable, rows: Bools) -> SpendTable:
    """Replace each of some rows by one a day, its cost in equal parts."""
    when = table.calendar
    assert when is not None
    days = np.where(rows, when.last - when.first + 1, 1)
    if int(days.sum()) > _MOST_DAYS:
        longest = int(np.argmax(days))
        msg = f"a cost is of {int(days[longest]):,} days"
        hint = "give the last day on which it was spent, not the last that the campaign is booked for"
        raise CreditError(msg, column=when.column, rows=[longest], hint=hint)
    place = np.repeat(np.arange(len(days)), days)
    step = np.arange(len(place)) - np.repeat(np.cumsum(days) - days, days)
    first = when.first[place] + step
    last = np.where(rows[place], first, when.last[place])
    taken = table.take(place)
    return replace(
        taken,
        amounts={name: amount[place] / days[place] for name, amount in table.amounts.items()},
        calendar=Calendar(when.column, when.period, first, last, when.weekday),
    )
