"""Rows that have no right reading: what is wrong with them, counted over batches, told once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Bools
from attribution.errors import LogError

logger = logging.getLogger(__name__)

RESERVED_CHANNEL = "(unattributed)"
_DROP = 'at.read_log(..., invalid="drop") leaves them out and counts them'
_SHOWN = 5


class Reason(NamedTuple):
    """Why a row cannot be used, in the words of the message."""

    text: str
    why: str
    hint: str
    fatal: bool = False  # not to be cured by leaving the row out


REASONS = {
    "null_user": Reason("users are null", "a touch of nobody belongs to no journey", _DROP),
    "null_time": Reason("times are null (NaT)", "without a time a row has no place in a journey", _DROP),
    "null_channel": Reason(
        "channels are null",
        "credit for them would have no name",
        f"{_DROP}; or give them a name before reading; in a log in one table whose conversions have no "
        "channel: LogSchema(conversion_is_touch=False)",
    ),
    "null_sequence": Reason("sequence numbers are null", "the order of touches would be a guess", _DROP),
    "user_text": Reason(
        "users are no whole numbers below 2**63, as they are in the other table",
        "they would match nobody",
        f"write both tables with ids of one type; {_DROP}",
    ),
    "user_range": Reason(
        "users are 2**63 or more, and ids elsewhere in this log are signed integers",
        "in 64 bits they look like the negative ids, and two users would be one",
        "write the ids of both tables as uint64, or as text",
        fatal=True,
    ),
    "time_text": Reason(
        "times cannot be read as ISO 8601 (2026-03-01T12:30:00Z)",
        "without a time a row has no place in a journey",
        f"pandas.to_datetime(column, format=...); {_DROP}",
    ),
    "time_zone": Reason(
        "times have no offset while others of this column have one",
        "naive and aware times together would be hours apart from where they were",
        "give every time its offset, or none: pandas.to_datetime(column, utc=True)",
        fatal=True,
    ),
    "time_range": Reason(
        "times lie outside the years 1678 to 2262",
        "the unit of the numbers is not what was said, or the clock was broken",
        f'LogSchema(time_unit=...) with "s", "ms", "us" or "ns"; {_DROP}',
    ),
    "sequence_text": Reason("sequence numbers are not whole numbers", "they cannot be ordered", _DROP),
    "value_missing": Reason(
        "values are missing (null or NaN)",
        "their sum would be wrong by what they were worth",
        "at.read_log(..., missing_value=0.0) if they were worth nothing",
        fatal=True,
    ),
    "value_infinite": Reason("values are infinite", "every sum with them is infinite", _DROP),
    "value_text": Reason(
        "values are not numbers",
        "their worth is unknown",
        f"write numbers with a decimal point and without currency signs; {_DROP}",
    ),
    "flag": Reason(
        "entries of the conversion column are neither 0 nor 1, true nor false",
        "a count of conversions would be taken for one conversion",
        "one row a conversion; mark it with true or 1",
        fatal=True,
    ),
    "reserved_channel": Reason(
        f"rows bear the channel name {RESERVED_CHANNEL!r}, kept for conversions without a touch",
        "credit and the lack of it would be added up",
        "rename that channel",
        fatal=True,
    ),
}


class Fault(NamedTuple):
    """Rows of one batch that cannot be used, for one reason."""

    reason: str
    column: str
    rows: NDArray[np.intp]


class Screen:
    """Collect the faults of one batch; a row counts for the first fault that it has.

    Parameters
    ----------
    n
        Rows of the batch.
    positions
        Where these rows stand in the batch as it was read; None for all of them, in order.
    """

    def __init__(self, n: int, positions: NDArray[np.intp] | None = None) -> None:
        self.n = n
        self.faults: list[Fault] = []
        self._positions = positions
        self._bad: Bools | None = None

    def reject(self, reason: str, column: str, mask: Bools) -> None:
        """Reject the rows that `mask` marks."""
        if self._bad is None:
            self._bad = np.zeros(self.n, np.bool_)
        fresh = mask & ~self._bad
        rows = np.flatnonzero(fresh)
        if len(rows):
            self._bad |= fresh
            self.faults.append(
                Fault(reason, column, rows if self._positions is None else self._positions[rows])
            )

    @property
    def good(self) -> Bools | None:
        """The rows that have no fault; None for all."""
        return None if self._bad is None or not self._bad.any() else ~self._bad


@dataclass(slots=True)
class FaultTally:
    """The faults of one table, added up over its batches.

    Attributes
    ----------
    table
        ``"touches"`` or ``"conversions"``.
    counts
        Rows by (reason, column).
    rows
        Positions in the table of the first of them.
    """

    table: str
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    rows: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def add(self, faults: list[Fault], offset: int) -> None:
        """Add the faults of the batch whose first row is row `offset` of the table."""
        for fault in faults:
            key = (fault.reason, fault.column)
            self.counts[key] = self.counts.get(key, 0) + len(fault.rows)
            kept = self.rows.setdefault(key, [])
            kept += [offset + int(row) for row in fault.rows[: _SHOWN - len(kept)]]

    def errors(self, *, fatal_only: bool) -> Iterator[LogError]:
        """Yield an error for each kind of fault."""
        for (reason, column), count in self.counts.items():
            text, why, hint, fatal = REASONS[reason]
            if fatal or not fatal_only:
                problem = f"{self.table}: {text}"
                yield LogError(
                    problem, column=column, rows=self.rows[reason, column], count=count, why=why, hint=hint
                )

    def settle(self, invalid: str) -> dict[str, int]:
        """Raise for faults that may not be dropped; return the counts of those that were.

        Raises
        ------
        LogError
            With ``invalid="raise"`` for any fault; else for those that dropping rows cannot cure.
        """
        errors = list(self.errors(fatal_only=invalid == "drop"))
        if errors:
            first, *others = errors
            if others:
                besides = "; ".join(
                    f"{error.problem} in {error.count:,} of column {error.column!r}" for error in others
                )
                first = LogError(
                    f"{first.problem} (besides, {besides})",
                    column=first.column,
                    rows=first.rows,
                    count=first.count,
                    why=first.why,
                    hint=first.hint,
                )
            raise first
        dropped: dict[str, int] = {}
        for (reason, column), count in self.counts.items():
            name = f"{self.table}.{reason}"
            dropped[name] = dropped.get(name, 0) + count
            logger.warning(
                "%s: %d rows dropped, their %s (column %r)", self.table, count, REASONS[reason].text, column
            )
        return dropped
