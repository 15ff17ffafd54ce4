"""When costs arose: the days of a spend table, from dates, weeks, months and flights."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution._typing import Bools, Ints
from attribution.credit.periods import period_codes, period_days, weekday_of
from attribution.credit.spend_columns import Calendars, base
from attribution.errors import CreditError
from attribution.kernels.clocks import UTC, clock_time
from attribution.tables.arrays import decoded
from attribution.tables.kinds import is_text
from attribution.tables.unreadable import first_line

DAY_US = 86_400_000_000
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31, in days since 1970
_UTC = (None, "UTC", "Etc/UTC", "Z", "+00:00")
_DATE = (
    r"^\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?: .*)?"
    r"|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{1,2}\.? [A-Za-z]{3,9}\.? \d{4})\s*$"
)
_LOADING = (
    "updatedat",
    "createdat",
    "syncedat",
    "loadedat",
    "exportedat",
    "insertedat",
    "extractedat",
    "ingestedat",
)


@dataclass(frozen=True, eq=False)
class Calendar:
    """When costs arose: per row the first and the last day, days since 1970, int64, shape (n,).

    Attributes
    ----------
    column
        The column that tells it.
    period
        ``"day"``, ``"week"``, ``"month"`` or ``"flight"``.
    first, last
        The days.
    weekday
        Of weeks, the day on which they begin, or None where they begin on several.
    """

    column: str
    period: str
    first: Ints
    last: Ints
    weekday: str | None = None

    def take(self, rows: Bools | Ints) -> Calendar:
        """Return some rows: positions or a mask."""
        return Calendar(self.column, self.period, self.first[rows], self.last[rows], self.weekday)


def read_calendar(table: Any, when: Calendars, week_start: str = "monday", timezone: str = UTC) -> Calendar:
    """Return the days of a spend table.

    A week is the seven days that its label names: from the date where all dates of the column fall on one
    weekday, ISO weeks from their Monday. Dates that fall on several weekdays name the week that they lie in.

    Parameters
    ----------
    table
        A pyarrow Table.
    when
        The columns that tell the days.
    week_start
        The day on which a week begins whose label does not tell it.
    timezone
        The zone whose days they are, which instants must be of too.

    Raises
    ------
    CreditError
        If a date is missing or no date, or a flight ends before it begins.
    """
    name = when.columns[0]
    if when.kind == "flight":
        return _flight(table, when.columns, timezone)
    column = _complete(table, name)
    if when.kind == "day":
        days = _days(column, name, "day", timezone)
        return Calendar(name, "day", days, days)
    period = "month" if when.kind == "month" else "week"
    if is_text(column.type) and when.kind != "week_end":
        text, codes = np.unique(column.to_numpy().astype(str), return_inverse=True)
        try:
            first, last = period_days(text.tolist(), period)
        except ValueError:  # not labels of the period: perhaps dates in it
            pass
        else:
            return _weeks_or_months(name, period, first[codes.reshape(-1)], last[codes.reshape(-1)])
    days = _days(column, name, period, timezone)
    if when.kind == "week_end":
        return _weeks_or_months(name, period, days - 6, days)
    if period == "week" and weekday_of(days) is not None:
        return _weeks_or_months(name, period, days, days + 6)
    code, labels = period_codes(days * DAY_US, period, week_start)
    first, last = period_days(labels, period)
    return _weeks_or_months(name, period, first[code], last[code])


def _weeks_or_months(name: str, period: str, first: Ints, last: Ints) -> Calendar:
    return Calendar(name, period, first, last, weekday_of(first) if period == "week" else None)


def _flight(table: Any, columns: tuple[str, ...], timezone: str) -> Calendar:
    begins, ends = columns
    first, last = (_days(_complete(table, name), name, "day", timezone) for name in columns)
    rows = np.flatnonzero(last < first).tolist()
    if rows:
        msg = f"a cost ends before it begins: {begins!r} is after {ends!r}"
        raise CreditError(msg, column=ends, rows=rows, hint=_exchanged(begins, ends))
    return Calendar(begins, "day" if bool((first == last).all()) else "flight", first, last)


def _exchanged(begins: str, ends: str) -> str:
    """Return the line that puts the earlier of two dates first."""
    both = f'spend[["{begins}", "{ends}"]]'
    return f"{both} = numpy.sort({both}.astype(str), axis=1)"


def _complete(table: Any, name: str) -> Any:
    """Return a column of dates that has one in every row."""
    column = decoded(table.column(name))
    if column.null_count:
        rows = np.flatnonzero(column.is_null().to_numpy()).tolist()
        msg = "a cost has no date"
        hint = "give every cost its date, or sum the costs of a channel and leave the column out"
        raise CreditError(msg, column=name, rows=rows, hint=hint)
    return column


def is_dated(table: Any, name: str) -> bool:
    """Return whether a column holds dates: by its type, or because all its texts look like some."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        column = decoded(table.column(name)).drop_null()
    except pa.ArrowException:
        return False
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return True
    if not is_text(column.type) or not len(column):
        return False
    return bool(pc.all(pc.match_substring_regex(column.cast(pa.string()), _DATE)).as_py())


def refuse_unused_dates(table: Any, used: Collection[str], *, dated: bool) -> None:
    """Refuse a table that has dates which would be passed over.

    Parameters
    ----------
    table
        A pyarrow Table.
    used
        Columns that are read, or known to tell no more than those.
    dated
        Whether a date is read. Then the time at which a row was loaded may stand beside it.

    Raises
    ------
    CreditError
        If there is such a column.
    """
    for name in table.column_names:
        loading = dated and (name.startswith("_") or base(name) in _LOADING)
        if name in used or loading or not is_dated(table, name):
            continue
        why = "costs of other days than those of the credit would be counted"
        if dated:
            msg = f"the column {name!r} looks like dates, and another column tells the days of the costs"
            hint = f'spend = spend.drop(columns=["{name}"])  # if the other column has the days'
            raise CreditError(msg, column=name, why=why, hint=hint)
        msg = f"the spend has no column 'date'; did you mean {name!r}? It looks like dates, and is not used"
        raise CreditError(
            msg, column=name, why=why, hint=f'spend = spend.rename(columns={{"{name}": "date"}})'
        )


def _days(column: Any, name: str, period: str, timezone: str) -> Ints:
    import pyarrow as pa

    kind = column.type
    zone = getattr(kind, "tz", None)
    if zone is not None and zone != timezone and (timezone != UTC or zone not in _UTC):
        msg = f"dates are in the zone {zone!r}, and calendar days are those of {timezone}"
        fix = f'spend["{name}"] = spend["{name}"].dt.tz_localize(None)  # the day as it is written'
        raise CreditError(msg, column=name, hint=fix)
    hint = _as_dates(column, name)
    if not (is_text(kind) or pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        msg = f"dates are {kind}"
        raise CreditError(msg, column=name, hint=hint)
    try:
        instant = column.cast(pa.timestamp("us")) if is_text(kind) else column
    except MemoryError:
        raise
    except pa.ArrowException as error:
        shape = {"week": '"2026-W05" or a date', "month": '"2026-01" or a date'}.get(period, '"2026-01-31"')
        msg = f"a date is not written as {shape}: {first_line(error)}"
        raise CreditError(msg, column=name, hint=hint) from error
    kind = instant.type
    whole = pa.int32() if pa.types.is_date32(kind) else pa.int64()
    count = np.asarray(instant.cast(whole).to_numpy(), dtype=np.int64)
    per_second = _PER_SECOND[getattr(kind, "unit", "ms")]
    if zone is not None and timezone != UTC:
        days = clock_time(count // per_second * 1_000_000, timezone) // DAY_US
    else:
        days = count if pa.types.is_date32(kind) else count // (86_400 * per_second)
    rows = np.flatnonzero((days < _FIRST_DAY) | (days > _LAST_DAY)).tolist()
    if rows:
        msg = "a date lies outside the years 1 to 9999"
        raise CreditError(
            msg, column=name, rows=rows, hint="check its unit: seconds may have been read as days"
        )
    return days


def _as_dates(column: Any, name: str) -> str:
    """Return the line that makes dates of a column, or of several readings each with its own."""
    import pyarrow as pa

    line = f'spend["{name}"] = pandas.to_datetime(spend["{name}"]{{}}, format="{{}}")'
    if not is_text(column.type):
        whole = "" if pa.types.is_integer(column.type) else '.astype("Int64")'
        return line.format(f"{whole}.astype(str)", "%Y%m%d")
    cells = column.to_numpy(zero_copy_only=False).astype(str)
    parts = [
        re.fullmatch(r"\s*(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4})\s*", cell) for cell in set(cells.tolist())
    ]
    if not all(re.match(_DATE, cell) for cell in set(cells.tolist())):
        return f'spend["{name}"] = pandas.to_datetime(spend["{name}"], format=...)'
    if not parts or not all(parts):
        return line.format("", "mixed") + "  # then look whether the days are right"
    found = [part for part in parts if part is not None]
    mark = found[0][2]
    day_first = line.format("", f"%d{mark}%m{mark}%Y")
    month_first = line.format("", f"%m{mark}%d{mark}%Y")
    if mark == "." or any(int(part[1]) > 12 for part in found):
        return day_first
    if any(int(part[3]) > 12 for part in found):
        return month_first
    shown = max(found, key=lambda part: (part[1] != part[3], part[0]))[0].strip()
    note = f"they differ: whichever of month and day {shown!r} has first"
    return f"{month_first}, or {day_first}  # {note}"
