"""When costs arose: the days of a spend table, from dates, weeks and months."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution._typing import Bools, Ints
from attribution.credit.periods import period_codes, period_days
from attribution.credit.spend_source import decoded, first_line, is_text
from attribution.errors import CreditError

DAY_US = 86_400_000_000
_CALENDAR = {"date": "day", "day": "day", "week": "week", "month": "month"}  # column: what its values are
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31, in days since 1970
_UTC = (None, "UTC", "Etc/UTC", "Z", "+00:00")


@dataclass(frozen=True, eq=False)
class Calendar:
    """When costs arose: per row the first and the last day, days since 1970, int64, shape (n,)."""

    column: str
    period: str
    first: Ints
    last: Ints

    def take(self, rows: Bools) -> Calendar:
        """Return the rows where `rows` is true."""
        return Calendar(self.column, self.period, self.first[rows], self.last[rows])


def read_calendar(table: Any, labels: tuple[str, ...]) -> Calendar | None:
    """Return the days of a spend table, or None if no column tells them.

    Parameters
    ----------
    table
        A pyarrow Table.
    labels
        Columns that are labels of the credit, not dates, whatever their name.

    Raises
    ------
    CreditError
        If a date is missing or no date.
    """
    name = next((name for name in _CALENDAR if name in table.column_names and name not in labels), None)
    if name is None:
        return None
    period = _CALENDAR[name]
    column = decoded(table.column(name))
    if column.null_count:
        rows = np.flatnonzero(column.is_null().to_numpy()).tolist()
        msg = "a cost has no date"
        hint = "give every cost its date, or sum the costs of a channel and leave the column out"
        raise CreditError(msg, column=name, rows=rows, hint=hint)
    if period != "day" and is_text(column.type):
        text, codes = np.unique(column.to_numpy().astype(str), return_inverse=True)
        try:
            first, last = period_days(text.tolist(), period)
        except ValueError:  # not labels of the period: perhaps dates in it
            pass
        else:
            return Calendar(name, period, first[codes.reshape(-1)], last[codes.reshape(-1)])
    days = _days(column, name)
    if period == "day":
        return Calendar(name, period, days, days)
    code, labels = period_codes(days * DAY_US, period)
    first, last = period_days(labels, period)
    return Calendar(name, period, first[code], last[code])


def _days(column: Any, name: str) -> Ints:
    import pyarrow as pa

    kind = column.type
    zone = getattr(kind, "tz", None)
    if zone not in _UTC:
        msg = f"dates are in the zone {zone!r}, and calendar days are those of UTC"
        fix = f'spend["{name}"] = spend["{name}"].dt.tz_localize(None)  # the day as it is written'
        raise CreditError(msg, column=name, hint=fix)
    hint = f'spend["{name}"] = pandas.to_datetime(spend["{name}"], format=...)'
    if not (is_text(kind) or pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        msg = f"dates are {kind}"
        raise CreditError(msg, column=name, hint=hint)
    try:
        instant = column.cast(pa.timestamp("us")) if is_text(kind) else column
    except pa.ArrowException as error:
        shape = {"week": '"2026-W05" or a date', "month": '"2026-01" or a date'}.get(name, '"2026-01-31"')
        msg = f"a date is not written as {shape}: {first_line(error)}"
        raise CreditError(msg, column=name, hint=hint) from error
    kind = instant.type
    whole = pa.int32() if pa.types.is_date32(kind) else pa.int64()
    count = np.asarray(instant.cast(whole).to_numpy(), dtype=np.int64)
    days = count if pa.types.is_date32(kind) else count // (86_400 * _PER_SECOND[getattr(kind, "unit", "ms")])
    rows = np.flatnonzero((days < _FIRST_DAY) | (days > _LAST_DAY)).tolist()
    if rows:
        msg = "a date lies outside the years 1 to 9999"
        raise CreditError(msg, column=name, rows=rows, hint="was its unit taken for another one?")
    return days
