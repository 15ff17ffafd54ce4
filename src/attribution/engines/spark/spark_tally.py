"""What a Spark task does to the parts of users that it holds: build journeys, tally, and merge tallies."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from attribution.engines.shared.cutting import unkeyed
from attribution.engines.shared.engine import Tasks
from attribution.engines.stream.spill import Spilled
from attribution.errors import AttributionError
from attribution.journeys.build import build_part
from attribution.journeys.options import JourneyOptions
from attribution.tables.columns import LogColumns

TALLIES = pa.schema(
    [("task", pa.int32()), ("origin", pa.int32()), ("seq", pa.int32()), ("chunk", pa.binary())]
)
TALLIES_DDL = "task int, origin int, seq int, chunk binary"
FAILED = -1  # the task of which the tally is an error
_CHUNK = 1 << 24  # Spark Connect hands out rows of no more than some hundred megabytes
_FEW_ROWS, _MANY_ROWS = 1 << 18, 1 << 21
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Places:
    """Final codes by label, for each text column of a table."""

    of: Mapping[tuple[str, str], Mapping[str | None, int]]

    def coded(self, table: str, columns: Arrays, labels: Mapping[str, list[str | None]]) -> Arrays:
        """Return a block's columns with the codes of the whole log."""
        out = dict(columns)
        for name, known in labels.items():
            place = self.of[table, name]
            # A label that was only read ahead of its rows, and never occurred, has no place.
            final = np.array([place.get(label, -1) for label in known], np.int32)
            out[name] = final[columns[name]]
        return out


class Total:
    """A sum of tallies that arrive one by one, added pairwise: no number is added more than log2(n) times."""

    def __init__(self) -> None:
        self._stack: list[tuple[int, Any]] = []

    def add(self, tally: Any) -> None:
        """Add a tally."""
        self._stack.append((1, tally))
        while len(self._stack) > 1 and self._stack[-1][0] == self._stack[-2][0]:
            self._join()

    def _join(self) -> None:
        (n, left), (m, right) = self._stack.pop(-2), self._stack.pop()
        self._stack.append((n + m, left + right))

    def finish(self) -> Any:
        """Return the sum."""
        while len(self._stack) > 1:
            self._join()
        return self._stack[0][1]


@dataclass(frozen=True)
class Tallier:
    """From blocks, sorted by part, to the tallies of their users.

    Attributes
    ----------
    spilled
        What all parts have in common.
    places
        Final codes.
    settings
        How journeys are built.
    tasks
        What is tallied.
    part_bits
        There are ``2**part_bits`` parts.
    """

    spilled: Spilled
    places: Places
    settings: JourneyOptions
    tasks: Tasks
    part_bits: int

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Yield a row a task, or a tally in several chunks."""
        totals = {name: Total() for name in self.tasks}
        origin = None
        try:
            for first, unit in self._units(batches):
                origin = first if origin is None else origin
                for columns in self._cut(unit, self.part_bits):
                    journeys = build_part(columns, self.settings)
                    for name, task in self.tasks.items():
                        totals[name].add(task(journeys))
        except AttributionError as error:
            yield from chunks(FAILED, origin or 0, error)
            return
        if origin is not None:
            for number, total in enumerate(totals.values()):
                yield from chunks(number, origin, total.finish())

    def _units(self, batches: Iterable[Any]) -> Iterator[tuple[int, dict[str, list[Arrays]]]]:
        """Yield whole parts, several small ones together, each with the number of its first part."""
        unit: dict[str, list[Arrays]] = {"touches": [], "conversions": []}
        first, last, rows = -1, -1, 0
        for batch in batches:
            parts = batch.column(0).to_pylist()
            for part, block in zip(parts, batch.column(1), strict=True):
                if part != last and rows >= _FEW_ROWS:
                    yield first, unit
                    unit, first, rows = {"touches": [], "conversions": []}, -1, 0
                table, columns, labels = pickle.loads(block.as_buffer())  # noqa: S301 - from our own tasks
                columns = unkeyed(columns, self.spilled.key)
                unit[table].append(self.places.coded(table, columns, labels))
                first, last, rows = part if first < 0 else first, part, rows + len(columns["user"])
        if first >= 0:
            yield first, unit

    def _cut(self, unit: dict[str, list[Arrays]], bits: int) -> Iterator[LogColumns]:
        """Yield the log of these users, cut by further bits of the hash if it is large; no user is cut."""
        rows = sum(len(block["user"]) for blocks in unit.values() for block in blocks)
        if not rows:
            return
        if rows <= _MANY_ROWS or bits > 48:
            yield self.spilled.assembled(*(_joined(unit[table]) for table in ("touches", "conversions")))
            return
        more = min(4, (rows // _MANY_ROWS).bit_length())
        shift, mask = np.uint64(64 - bits - more), np.uint64((1 << more) - 1)
        which = {
            table: [((block["user"] >> shift) & mask).astype(np.uint8) for block in blocks]
            for table, blocks in unit.items()
        }
        for piece in range(1 << more):
            smaller = {
                table: [
                    {name: column[number == piece] for name, column in block.items()}
                    for block, number in zip(blocks, which[table], strict=True)
                ]
                for table, blocks in unit.items()
            }
            yield from self._cut(smaller, bits + more)


def _joined(blocks: list[Arrays]) -> Arrays:
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]} if blocks else {}


def chunks(task: int, origin: int, tally: Any) -> Iterator[Any]:
    """Yield a tally as rows of bytes."""
    from pyspark import cloudpickle  # a tally may be of a class that lives in a notebook

    data: bytes = cloudpickle.dumps(tally)  # type: ignore[no-untyped-call]
    for seq, start in enumerate(range(0, len(data), _CHUNK)):
        numbers = [pa.array([number], pa.int32()) for number in (task, origin, seq)]
        yield pa.record_batch([*numbers, pa.array([data[start : start + _CHUNK]], pa.binary())], TALLIES)


def tallies_of(rows: Iterable[tuple[int, int, int, bytes]]) -> Iterator[tuple[int, int, Any]]:
    """Yield (task, origin, tally) of rows sorted by task, origin and seq."""
    held: list[bytes] = []
    key: tuple[int, int] | None = None
    for task, origin, _, chunk in rows:
        if key is not None and key != (task, origin):
            yield *key, pickle.loads(b"".join(held))  # noqa: S301 - from our own tasks
            held = []
        key = task, origin
        held.append(chunk)
    if key is not None:
        yield *key, pickle.loads(b"".join(held))  # noqa: S301 - from our own tasks


def merge_tallies(batches: Iterable[Any]) -> Iterator[Any]:
    """Add up the tallies of each task; the rows are sorted by task, origin and seq."""
    rows = (
        row
        for batch in batches
        for row in zip(*(batch.column(position).to_pylist() for position in range(4)), strict=True)
    )
    task = origin = None
    total = Total()
    for number, place, tally in tallies_of(rows):
        if number == FAILED:
            yield from chunks(number, place, tally)
            continue
        if task is not None and origin is not None and number != task:
            yield from chunks(task, origin, total.finish())
            total = Total()
        if number != task:
            task, origin = number, place
        total.add(tally)
    if task is not None and origin is not None:
        yield from chunks(task, origin, total.finish())
