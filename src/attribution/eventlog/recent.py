"""The rows of a table from an instant on: what is older is counted, and where it can be, not even read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from attribution._typing import Bools, Hashes, Ints
from attribution.eventlog.assemble import ConversionCollector, Span, TouchCollector, to_columns
from attribution.eventlog.load import Loader, refuse_overflow
from attribution.tables.arrays import positions, without_views
from attribution.tables.columns import LogColumns
from attribution.tables.decode import users_of
from attribution.tables.far_times import REASON, YEAR_2000, window, within
from attribution.tables.faults import Fault, FaultTally, Screen, settled
from attribution.tables.files import File, FilesSource
from attribution.tables.parquet import ParquetFile
from attribution.tables.sources import Source
from attribution.tables.tables import TableColumns
from attribution.tables.times import EARLIEST, LATEST, to_microseconds
from attribution.tables.unreadable import reading

DAY = 86_400_000_000
_PER_MICROSECOND = {"milliseconds": 1_000, "microseconds": 1, "ms": 1_000, "us": 1, "s": 1_000_000}


class Absent(NamedTuple):
    """Users whose rows are left out as if they had never been: the table's columns, and their hashes."""

    table: TableColumns
    users: Hashes


class RecentRows(Source):
    """A table without its rows before an instant, and without those of some users.

    A row whose time cannot be read has no instant and is always handed out. Row groups of Parquet files
    whose statistics say that all of them is older are counted and not read.

    Parameters
    ----------
    inner
        The table.
    time, unit
        Its time column, and what integers in it count.
    since
        Microseconds since 1970 in UTC; None for all rows.
    absent
        Whose rows are left out; then nothing is skipped by statistics.

    Attributes
    ----------
    absent_rows : int
        How many rows were left out for their user.
    absent_users : uint64, shape (u,)
        Whose they were.
    older : Counter of str
        After `batches`: how many rows are older, by file (``""`` where there are no files).
    older_days : Counter of (int, int)
        After `batches`: the same by first and last day since 1970 that they can be of: one day where a row
        was read, the days of a row group where it was not.
    days : dict of str to Counter of int
        By file, how many rows with a time were handed out, by day since 1970.
    first : int or None
        The earliest time of all rows, older ones too.
    time_of : int64, shape (n,)
        The times of the batch that was handed out last.
    timed : bool, shape (n,), or None
        Which of them could be read; None for all.
    """

    def __init__(
        self, inner: Source, time: str, unit: str | None, since: int | None, absent: Absent | None = None
    ) -> None:
        self.table = inner.table
        self.columns = inner.columns
        self.repeated = inner.repeated
        self.files = inner.files
        self.one_shot = inner.one_shot
        self._inner = inner
        self._time = time
        self._unit = unit
        self.since = since
        self.absent = absent
        self.absent_rows = 0
        self.absent_users: Hashes = np.zeros(0, np.uint64)
        self.absent_first: int | None = None
        self.older: Counter[str] = Counter()
        self.older_days: Counter[tuple[int, int]] = Counter()
        self.days: dict[str, Counter[int]] = {}
        self.first: int | None = None
        self.rows_read = 0
        self.time_of: Ints = np.zeros(0, np.int64)
        self.timed: Bools | None = None

    def batches(self, columns: Sequence[str], *, labels: Sequence[str] = ()) -> Iterator[Any]:
        """Yield batches of the rows that are recent enough, and count the others."""
        if isinstance(self._inner, FilesSource):
            for file, batch in self._inner.parts(columns, labels, self._read):
                yield from self._recent(str(file.path), batch)
        else:
            for batch in self._inner.batches(columns, labels=labels):
                yield from self._recent("", batch)

    def describe(self) -> str:
        """Say what this is."""
        return f"the recent rows of {self._inner.describe()}"

    def _read(self, file: File, columns: Sequence[str], labels: Sequence[str]) -> Iterator[Any]:
        if self.since is None or not isinstance(file, ParquetFile) or self._time not in file.columns:
            return file.batches(columns, labels)
        wanted = []
        for number, group in enumerate(row_groups(file, self.table, self._time, self._unit)):
            if group.last is None or group.first is None or group.last >= self.since:
                wanted.append(number)
            else:
                self.older[str(file.path)] += group.rows
                self.older_days[group.first // DAY, group.last // DAY] += group.rows
                self._see(group.first)
        return file.batches(columns, labels, groups=wanted)

    def _recent(self, place: str, batch: Any) -> Iterator[Any]:
        batch = without_views(batch)
        if self.absent is not None:
            batch = self._present(batch, self.absent)
        screen = Screen(batch.num_rows)
        times, _ = to_microseconds(batch.column(self._time), self._unit, self._time, screen)
        timed = screen.good
        self.rows_read += len(times)
        known = times if timed is None else times[timed]
        if len(known):
            self._see(int(known.min()))
        if self.since is not None and len(known) and int(known.min()) < self.since:
            recent = times >= self.since
            if timed is not None:
                recent |= ~timed
            rows = np.flatnonzero(recent)
            self.older[place] += len(times) - len(rows)
            days, counts = np.unique(times[~recent] // DAY, return_counts=True)
            for day, count in zip(days.tolist(), counts.tolist(), strict=True):
                self.older_days[day, day] += count
            if not len(rows):
                return
            batch, times = batch.take(positions(rows)), times[rows]
            timed = None if timed is None else timed[rows]
            known = times if timed is None else times[timed]
        days, counts = np.unique(known // DAY, return_counts=True)
        self.days.setdefault(place, Counter()).update(dict(zip(days.tolist(), counts.tolist(), strict=True)))
        self.time_of, self.timed = times, timed
        yield batch

    def _present(self, batch: Any, absent: Absent) -> Any:
        """Leave out the rows of absent users, and count them."""
        users = users_of(batch, absent.table)
        gone = np.isin(users, absent.users)
        if not gone.any():
            return batch
        left_out = batch.take(positions(np.flatnonzero(gone)))
        screen = Screen(left_out.num_rows)
        times, _ = to_microseconds(left_out.column(self._time), self._unit, self._time, screen)
        times = times if screen.good is None else times[screen.good]
        if len(times):
            first = int(times.min())
            self.absent_first = first if self.absent_first is None else min(self.absent_first, first)
        self.absent_rows += left_out.num_rows
        self.absent_users = np.union1d(self.absent_users, users[gone])
        return batch.take(positions(np.flatnonzero(~gone)))

    def _see(self, time: int) -> None:
        if time < YEAR_2000:  # a clock that was not set: no log begins there
            return
        self.first = time if self.first is None else min(self.first, time)


class RowGroup(NamedTuple):
    """A row group of a Parquet file: its rows, and the times of all of them, None where nothing tells."""

    rows: int
    first: int | None
    last: int | None


def row_groups(file: ParquetFile, table: str, column: str, unit: str | None) -> list[RowGroup]:
    """Return what the footer of a Parquet file says of the times in its row groups.

    Parameters
    ----------
    file
        The file.
    table
        ``"touches"`` or ``"conversions"``, for messages.
    column
        The time column.
    unit
        What integers in it count.

    Returns
    -------
    list of RowGroup
        Without times where there are no statistics, a time is null, or the column holds text.
    """
    with reading(file.path, table), pq.ParquetFile(file.path) as opened:
        metadata = opened.metadata
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        names = [metadata.schema.column(position).path for position in range(metadata.num_columns)]
        if column not in names:
            return [RowGroup(group.num_rows, None, None) for group in groups]
        position = names.index(column)
        return [RowGroup(group.num_rows, *_range(group.column(position), unit)) for group in groups]


def _without_far(columns: LogColumns, faults: tuple[DatedFaults, DatedFaults]) -> LogColumns:
    """Leave out the rows whose times cannot be meant, and count them by day as other faults are."""
    kept = within(columns)
    if kept is columns or columns.start is None or columns.end is None:
        return kept
    for each, times in zip(faults, (columns.touches.time, columns.conversions.time), strict=True):
        outside = times[(times < columns.start) | (times > columns.end)]
        days, counts = np.unique(outside // DAY, return_counts=True)
        for day, count in zip(days.tolist(), counts.tolist(), strict=True):
            each.days[f"{each.table}.{REASON}", day] += count
    return kept


def _range(chunk: Any, unit: str | None) -> tuple[int | None, int | None]:
    found = chunk.statistics
    nothing = (None, None)
    if found is None or not (found.has_min_max and found.has_null_count) or found.null_count:
        return nothing
    if found.physical_type not in {"INT32", "INT64"}:
        return nothing
    low, high = (_microseconds(int(raw), found, unit) for raw in (found.min_raw, found.max_raw))
    if low is None or high is None or low < EARLIEST or high > LATEST:
        return nothing
    return low, high


def _microseconds(raw: int, found: Any, unit: str | None) -> int | None:
    kind = json.loads(found.logical_type.to_json())
    if kind["Type"] == "Date":
        return raw * DAY
    if kind["Type"] == "Timestamp":
        unit = kind["timeUnit"]
    elif kind["Type"] not in {"None", "Int"} or not kind.get("isSigned", True):
        return None
    if unit in {"ns", "nanoseconds"}:
        return raw // 1_000
    return raw * _PER_MICROSECOND[unit or "us"]


class DatedFaults(FaultTally):
    """The faults of a table of recent rows, also by day, so that those of a closed period can be told apart.

    Attributes
    ----------
    days : Counter of (str, int)
        Rows by (table and reason, day since 1970).
    undated : Counter of str
        Rows whose time cannot be read, by table and reason.
    """

    def __init__(self, source: RecentRows, table: str, spare_user: str = "") -> None:
        super().__init__(table, source=source.table, spare_user=spare_user)
        self._source = source
        self.days: Counter[tuple[str, int]] = Counter()
        self.undated: Counter[str] = Counter()

    def add(self, faults: list[Fault], offset: int, seen: int) -> None:
        """Add the faults of the batch that the source handed out last."""
        super().add(faults, offset, seen)
        times, timed = self._source.time_of, self._source.timed
        for fault in faults:
            name = f"{self.table}.{fault.reason}"
            dated = fault.rows if timed is None else fault.rows[timed[fault.rows]]
            self.undated[name] += len(fault.rows) - len(dated)
            days, counts = np.unique(times[dated] // DAY, return_counts=True)
            self.days.update(
                {(name, day): count for day, count in zip(days.tolist(), counts.tolist(), strict=True)}
            )
            if self._source.since is not None:  # positions among the recent rows would mislead
                self.rows[fault.reason, fault.column] = []


@dataclass(frozen=True, eq=False)
class RecentLog:
    """The recent rows of a log, and what is to be known of the older ones.

    Attributes
    ----------
    columns
        The rows; `start` and `end` are of the recent rows that can be used.
    sources
        By table, where they came from.
    faults
        By table, what could not be used.
    clocks
        The clocks that times were on, with the table and column of each.
    """

    columns: LogColumns
    sources: Mapping[str, RecentRows]
    faults: Mapping[str, DatedFaults]
    clocks: Mapping[str, tuple[str, str]]


def read_recent(
    loader: Loader,
    since: int | None,
    clocks: Mapping[str, tuple[str, str]],
    without: Hashes | None = None,
) -> RecentLog:
    """Read the rows of a log from an instant on, of all users or all but some.

    Parameters
    ----------
    loader
        How the log is read.
    since
        Microseconds since 1970 in UTC; None for all rows.
    clocks
        The clocks of the older rows.
    without
        Hashes of users who are left out.

    Raises
    ------
    LogError
        As `Loader.load`.
    """
    tables = [loader.touch_table] + ([] if loader.conversions is None else [loader.conversion_table])
    inner = [loader.touches] + ([] if loader.conversions is None else [loader.conversions])
    sources = [
        RecentRows(
            source,
            table.time,
            table.time_unit,
            since,
            None if without is None else Absent(table, without),
        )
        for source, table in zip(inner, tables, strict=True)
    ]
    touches = TouchCollector(loader.touch_table, None)
    conversions = ConversionCollector(loader.conversion_table, None)
    faults = (
        DatedFaults(sources[0], "touches", loader.touch_table.spare_user),
        DatedFaults(sources[-1], "conversions", loader.conversion_table.spare_user),
    )
    touches.faults, conversions.faults = faults
    span = Span()
    span.clocks.update(clocks)
    recent = replace(loader, touches=sources[0], conversions=None if len(sources) == 1 else sources[1])
    recent.read_into(touches, conversions, span, converters_only=False)
    dropped = settled(faults, loader.invalid, loader.drop_limit)
    span.check()
    span.rows += sum(source.older.total() for source in sources)
    columns = to_columns(touches, conversions, span, dropped, loader.rename)
    first, last = window(span.times, span.rows, since)
    columns = _without_far(replace(columns, start=first, end=last), faults)
    with np.errstate(over="ignore"):
        refuse_overflow(float(np.abs(columns.conversions.value).sum()), loader.conversion_table)
    return RecentLog(
        columns,
        {source.table: source for source in sources},
        {each.table: each for each in faults},
        dict(span.clocks),
    )
