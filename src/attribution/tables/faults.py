"""Rows that have no right reading: what is wrong with them, counted over batches, told once."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Bools
from attribution.errors import LogError
from attribution.tables.unusable_rows import DROP, EPOCHS, REASONS, cure

logger = logging.getLogger(__name__)

_SHOWN = 5
DROP_LIMIT = 0.05
"""Share of a table's rows that ``invalid="drop"`` may leave out unless it is told otherwise."""


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
    seen
        Rows looked at, good ones too.
    source
        The table that holds the column: ``"touches"`` in a log in one table; `table` by default.
    spare_user
        Another column of ids, which may have one where the user column has none.
    unit_elsewhere
        Whether the other table counts its times in another unit, so that no ``time_unit`` is right for both.
    """

    table: str
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    rows: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    seen: int = 0
    source: str = ""
    spare_user: str = ""
    unit_elsewhere: bool = False

    def add(self, faults: list[Fault], offset: int, seen: int) -> None:
        """Add the faults of a batch of `seen` rows whose first is row `offset` of the table."""
        self.seen += seen
        for fault in faults:
            key = (fault.reason, fault.column)
            self.counts[key] = self.counts.get(key, 0) + len(fault.rows)
            kept = self.rows.setdefault(key, [])
            kept += [offset + int(row) for row in fault.rows[: _SHOWN - len(kept)]]

    def cure(self, reason: str, column: str) -> str:
        """Return the line that mends a fault."""
        if reason == "null_user" and self.spare_user:
            user, spare = (f"{self.source or self.table}[{name!r}]" for name in (column, self.spare_user))
            return f'{user} = {user}.where({user}.notna() & {user}.ne(""), {spare})'
        if reason in EPOCHS and self.unit_elsewhere:
            there = f"{self.source or self.table}[{json.dumps(column, ensure_ascii=False)}]"
            return f'{there} = pandas.to_datetime({there}.astype("int64"), unit="{EPOCHS[reason]}", utc=True)'
        return cure(reason, self.source or self.table, column)

    def errors(self, *, fatal_only: bool) -> Iterator[LogError]:
        """Yield an error for each kind of fault, the one of most rows first."""
        for (reason, column), count in sorted(self.counts.items(), key=lambda item: -item[1]):
            text, why, _, fatal, aside = REASONS[reason]
            if (fatal or not fatal_only) and not aside:
                problem = f"{self.table}: {text}"
                hint = self.cure(reason, column)
                rows = self.rows[reason, column]
                yield LogError(problem, column=column, rows=rows, count=count, why=why, hint=hint)

    def settle(self, invalid: str, drop_limit: float = DROP_LIMIT) -> dict[str, int]:
        """Raise for faults that may not be dropped; return the counts of those that were.

        Raises
        ------
        LogError
            With ``invalid="raise"`` for any fault; else for those that dropping rows cannot cure, and where
            more than `drop_limit` of the rows would go.
        """
        errors = list(self.errors(fatal_only=invalid == "drop"))
        if errors:
            first, *others = errors
            if others:
                first = _with(first, f"{first.problem} (besides, {_listed(others)})")
            raise first
        if self._lost() > drop_limit * self.seen:
            raise self._too_many(drop_limit)
        dropped: dict[str, int] = {}
        for (reason, column), count in self.counts.items():
            name = f"{self.table}.{reason}"
            dropped[name] = dropped.get(name, 0) + count
            logger.log(
                logging.INFO if REASONS[reason].aside else logging.WARNING,
                "%s: %d rows dropped, their %s (column %r)",
                self.table,
                count,
                REASONS[reason].text,
                column,
            )
        return dropped

    def _lost(self) -> int:
        return sum(count for (reason, _), count in self.counts.items() if not REASONS[reason].aside)

    def _too_many(self, drop_limit: float) -> LogError:
        """Return the error of a table of which too much would go; it tells its largest fault first."""
        first, *others = list(self.errors(fatal_only=False))
        count = self._lost()
        share = count / self.seen
        besides = f" (besides, {_listed(others)})" if others else ""
        text = (
            f"{self.table}: {count:,} of {self.seen:,} rows ({share:.1%}) cannot be used, and no more than "
            f"{drop_limit:.0%} may be dropped: {first.problem.removeprefix(f'{self.table}: ')}{besides}"
        )
        more = f"{DROP[:-1]}, drop_limit={min(math.ceil(share * 100 + 1) / 100, 1.0):g})"
        own = first.hint or ""
        hint = (
            more
            if own.startswith(DROP)
            else f"{own.partition(f'; {DROP}')[0]}; or, if they are to go: {more}"
        )
        return _with(first, text, why="what is left would pass for the whole", hint=hint)


def _listed(errors: list[LogError]) -> str:
    return "; ".join(f"{error.problem} in {error.count:,} of column {error.column!r}" for error in errors)


def _with(error: LogError, problem: str, *, why: str | None = None, hint: str | None = None) -> LogError:
    """Return an error with another text, of the same rows."""
    return LogError(
        problem,
        column=error.column,
        rows=error.rows,
        count=error.count,
        why=why or error.why,
        hint=hint or error.hint,
    )


def settled(tallies: Iterable[FaultTally], invalid: str, drop_limit: float = DROP_LIMIT) -> dict[str, int]:
    """Settle the tables of a log, each knowing what the other's times count; see `FaultTally.settle`."""
    tables = list(tallies)
    units = [{reason for reason, _ in each.counts if reason in EPOCHS} for each in tables]
    several = len({each.source or each.table for each in tables}) > 1
    differ = several and len(set().union(*units)) > 1 and all(len(found) <= 1 for found in units)
    dropped: dict[str, int] = {}
    for each in tables:
        each.unit_elsewhere = differ
        dropped |= each.settle(invalid, drop_limit)
    return dropped
