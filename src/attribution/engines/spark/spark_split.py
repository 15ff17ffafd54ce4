"""What a Spark task does to its share of the log's rows: decode them, and cut them into parts of users.

A part is a range of the user hash. The rows of a part leave as *blocks*, pickled columns of some thousand
rows, so that Spark shuffles blocks and never touches a single row. Hashes of ids in them are under a key that
only the tasks of this run are given. Beside them, a task tells the *facts* that no part knows alone: labels,
first and last time, faults.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from attribution._typing import Bools, Hashes
from attribution.engines.shared.cutting import Arrays, BucketRows, ConversionRows, TouchRows
from attribution.engines.shared.sealing import Scramble
from attribution.errors import AttributionError
from attribution.eventlog.assemble import Span
from attribution.tables.arrays import without_views
from attribution.tables.decode import decode_conversions, decode_touches
from attribution.tables.far_times import merged
from attribution.tables.faults import FaultTally
from attribution.tables.labels import LabelIndex
from attribution.tables.tables import TableColumns

BLOCKS = pa.schema([("part", pa.int32()), ("block", pa.binary())])
BLOCKS_DDL = "part int, block binary"
FACTS = -1  # the part that is none
PREFIX_BITS = 24
_DECODE_ROWS = 1 << 17
_FEW_LABELS = 256


@dataclass
class Facts:
    """What the tasks know only together; it adds up.

    Attributes
    ----------
    labels
        Distinct labels of each text column, by ``"touches"`` or ``"conversions"`` and its name there.
    faults
        Rows that cannot be used, of either table.
    span
        First and last time, and the clocks.
    total
        Sum of the values without their signs.
    rows
        Touches and conversions that were kept.
    size
        Bytes of all blocks.
    converters
        The top bits of the keyed hashes of users who convert, distinct; empty if nobody asked.
    error
        What a task could not go on with.
    """

    labels: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    faults: dict[str, FaultTally] = field(default_factory=dict)
    span: Span = field(default_factory=Span)
    total: float = 0.0
    rows: tuple[int, int] = (0, 0)
    size: int = 0
    converters: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    error: AttributionError | None = None

    def __add__(self, other: Facts) -> Facts:
        """Merge the facts of other rows."""
        faults = dict(self.faults)
        for table, tally in other.faults.items():
            faults[table] = _merged(faults[table], tally) if table in faults else tally
        names = self.labels.keys() | other.labels.keys()
        return Facts(
            {
                name: tuple(sorted({*self.labels.get(name, ()), *other.labels.get(name, ())}))
                for name in names
            },
            faults,
            _both_spans(self.span, other.span),
            self.total + other.total,
            (self.rows[0] + other.rows[0], self.rows[1] + other.rows[1]),
            self.size + other.size,
            np.union1d(self.converters, other.converters),
            self.error or other.error,
        )

    def keep(self, key: Scramble) -> Keep:
        """Return the filter that lets the users who convert through."""
        table = np.zeros(1 << PREFIX_BITS, np.bool_)
        table[self.converters] = True
        return Keep(np.packbits(table), key)


def _merged(mine: FaultTally, theirs: FaultTally) -> FaultTally:
    counts = dict(mine.counts)
    for key, count in theirs.counts.items():
        counts[key] = counts.get(key, 0) + count
    # A row has no number on a cluster, so that none is told.
    rows: dict[tuple[str, str], list[int]] = {key: [] for key in counts}
    return FaultTally(mine.table, counts, rows, mine.seen + theirs.seen, mine.source, mine.spare_user)


def _both_spans(mine: Span, theirs: Span) -> Span:
    span = Span()
    span.times, span.rows = merged(mine.times, theirs.times), mine.rows + theirs.rows
    span.clocks = {**theirs.clocks, **mine.clocks}
    return span


@dataclass(frozen=True)
class Keep:
    """Tell which touches may be of users who convert: never a false no, some false yeses."""

    bits: NDArray[np.uint8]
    key: Scramble

    def __call__(self, user: Hashes) -> Bools:
        """Return, for each hash, False where its user surely never converts; shape (n,)."""
        slot = self.key.on(user.copy()) >> np.uint64(64 - PREFIX_BITS)
        byte = self.bits[slot >> np.uint64(3)]
        kept: Bools = (byte >> (np.uint8(7) - (slot & np.uint64(7)).astype(np.uint8))) & np.uint8(1) == 1
        return kept


class BlockWriter:
    """Take columns of rows, and give them back as blocks, each of one part."""

    def __init__(self, table: str, part_bits: int, labels: Mapping[str, LabelIndex], key: Scramble) -> None:
        self.rows = 0
        self.size = 0
        self._table = table
        self._labels = labels
        shift = np.uint64(64 - part_bits)
        self._waiting = BucketRows(
            lambda user: (user >> shift).astype(np.uint16), max(1 << 19, 1 << part_bits << 10), key
        )

    def add(self, columns: Arrays) -> None:
        """Add rows; ``columns["user"]`` tells their part."""
        self._waiting.add(columns)
        self.rows += len(columns["user"])

    def take(self, *, all_rows: bool = False) -> Iterator[Any]:
        """Yield a batch of blocks if enough rows wait, or all of them are asked for."""
        if not (self._waiting.full or all_rows):
            return
        names = {name: index.labels.to_pylist() for name, index in self._labels.items()}
        found = [(part, self._block(columns, names)) for part, columns in self._waiting.take()]
        if not found:
            return
        parts, blocks = zip(*found, strict=True)
        self.size += sum(map(len, blocks))
        yield pa.record_batch([pa.array(parts, pa.int32()), pa.array(blocks, pa.binary())], BLOCKS)

    def _block(self, columns: Arrays, names: Mapping[str, list[str]]) -> bytes:
        shipped = dict(columns)
        labels: dict[str, list[str | None]] = {}
        for name, found in names.items():
            known: list[str | None] = [*found, None]  # code -1, from the end
            codes = shipped[name]
            if len(known) > _FEW_LABELS:
                used, codes = np.unique(codes, return_inverse=True)
                known = [known[code] for code in used.tolist()]
            shipped[name] = codes.astype(np.int16 if len(known) < 1 << 15 else np.int32)
            labels[name] = known
        return pickle.dumps((self._table, shipped, labels), protocol=5)


@dataclass(frozen=True)
class Splitter:
    """From batches of a table's rows to batches of blocks, and the facts at the end.

    Attributes
    ----------
    table
        The columns of the table.
    part_bits
        There are ``2**part_bits`` parts.
    check
        Whether users have a second hash.
    want_converters
        Whether the facts tell who converts.
    key
        What hashes of ids are put under before they leave the task.
    keep
        Which touches to keep; None for all.
    """

    table: TableColumns
    part_bits: int
    key: Scramble
    check: bool = False
    want_converters: bool = False
    keep: Keep | None = None

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Yield batches of blocks, then one with the facts."""
        facts = Facts()
        try:
            sinks = self._sinks()
            for batch in in_bulk(batches):
                for sink in sinks:
                    sink(without_views(batch), facts)
                    yield from sink.writer.take()
            for sink in sinks:
                yield from sink.writer.take(all_rows=True)
                sink.settle(facts)
        except AttributionError as error:
            facts = Facts(error=error)
        yield pa.record_batch(
            [pa.array([FACTS], pa.int32()), pa.array([pickle.dumps(facts)], pa.binary())], BLOCKS
        )

    def _sinks(self) -> list[_Touches | _Conversions]:
        found: list[_Touches | _Conversions] = []
        if self.table.holds_touches:
            found.append(_Touches(self))
        if self.table.holds_conversions:
            found.append(_Conversions(self))
        return found


class _Sink:
    """Decode one kind of rows of a table into a writer: what touches and conversions have in common."""

    kind: str
    rows: Any
    writer: BlockWriter

    def __init__(self, splitter: Splitter) -> None:
        self.splitter = splitter

    def settle(self, facts: Facts) -> None:
        """Add what is known at the end to the facts."""
        for name, index in self.rows.labels.items():
            facts.labels[self.kind, name] = tuple(index.sorted()[0])
        facts.faults[self.kind] = _merged(self.rows.faults, FaultTally(self.kind))
        facts.size += self.writer.size
        rows = self.writer.rows
        facts.rows = (
            (facts.rows[0] + rows, facts.rows[1]) if self.kind == "touches" else (facts.rows[0], rows)
        )


class _Touches(_Sink):
    kind = "touches"

    def __init__(self, splitter: Splitter) -> None:
        super().__init__(splitter)
        labels: dict[str, LabelIndex] = {}
        self.writer = BlockWriter("touches", splitter.part_bits, labels, splitter.key)
        self.rows = TouchRows(splitter.table, self.writer)
        labels.update(self.rows.labels)

    def __call__(self, batch: Any, facts: Facts) -> None:
        """Decode the touches of a batch."""
        table, keep = self.splitter.table, self.splitter.keep
        decoded = decode_touches(batch, table, keep, check=self.splitter.check)
        self.rows.add(decoded, 0)
        facts.span.add(decoded, table)


class _Conversions(_Sink):
    kind = "conversions"

    def __init__(self, splitter: Splitter) -> None:
        super().__init__(splitter)
        labels: dict[str, LabelIndex] = {}
        self.writer = BlockWriter("conversions", splitter.part_bits, labels, splitter.key)
        self.rows = ConversionRows(splitter.table, self.writer, keep_users=splitter.want_converters)
        labels.update(self.rows.labels)

    def __call__(self, batch: Any, facts: Facts) -> None:
        """Decode the conversions of a batch."""
        decoded = decode_conversions(batch, self.splitter.table, check=self.splitter.check)
        self.rows.add(decoded, 0)
        facts.span.add(decoded, self.splitter.table)

    def settle(self, facts: Facts) -> None:
        """Add what is known at the end to the facts."""
        super().settle(facts)
        facts.total = self.rows.total
        if self.splitter.want_converters:
            users = self.splitter.key.on(self.rows.users())
            facts.converters = np.unique((users >> np.uint64(64 - PREFIX_BITS)).astype(np.uint32))


def in_bulk(batches: Iterable[Any]) -> Iterator[Any]:
    """Put small batches together: Spark's are of ten thousand rows, and decoding likes more."""
    waiting: list[Any] = []
    n = 0
    for batch in batches:
        waiting.append(batch)
        n += batch.num_rows
        if n >= _DECODE_ROWS:
            yield _one(waiting)
            waiting, n = [], 0
    if n:
        yield _one(waiting)


def _one(batches: list[Any]) -> Any:
    if len(batches) == 1:
        return batches[0]
    (batch,) = pa.Table.from_batches(batches).combine_chunks().to_batches()
    return batch


def merge_facts(batches: Iterable[Any]) -> Iterator[Any]:
    """Add up the facts of many tasks into those of one."""
    facts = total_facts(block for batch in batches for block in batch.column(1).to_pylist())
    yield pa.record_batch(
        [pa.array([FACTS], pa.int32()), pa.array([pickle.dumps(facts)], pa.binary())], BLOCKS
    )


def total_facts(pickled: Iterable[bytes]) -> Facts:
    """Return the sum of pickled facts."""
    facts = Facts()
    for each in pickled:
        facts = facts + pickle.loads(each)  # noqa: S301 - written by our own tasks
    return facts
