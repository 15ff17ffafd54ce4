"""A log cut by its users: decoded rows go in, and the rows of one bucket after the other come out.

A bucket is a range of the user hash, so it holds all rows of each of its users. The stream engine writes
buckets to files, the Spark engine hands them to the cluster; either way they leave the process, and so
every hash of an id in them is put under the key of the run (`sealing.Scramble`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Hashes
from attribution.engines.shared.sealing import Scramble
from attribution.tables.decode import ConversionBatch, TouchBatch
from attribution.tables.faults import FaultTally
from attribution.tables.labels import Coded, LabelIndex
from attribution.tables.tables import TableColumns

_KEYED = ("user", "check", "order")  # hashes of ids
Arrays = Mapping[str, NDArray[Any]]


class Writer(Protocol):
    """Anything that takes columns of rows; ``columns["user"]`` tells their bucket."""

    def add(self, columns: Arrays) -> None:
        """Add rows."""
        ...


class BucketRows:
    """Rows that wait until there are enough of them to be sorted by bucket.

    Parameters
    ----------
    place
        From user hashes to buckets, uint8 or uint16 (which a radix sort takes).
    enough
        How many rows are worth a sort.
    key
        What hashes of ids are put under as they leave.
    """

    def __init__(self, place: Callable[[Hashes], NDArray[Any]], enough: int, key: Scramble) -> None:
        self._place = place
        self._enough = enough
        self._key = key
        self._waiting: list[Arrays] = []
        self._n_waiting = 0

    @property
    def full(self) -> bool:
        """Whether enough rows wait."""
        return self._n_waiting >= self._enough

    def add(self, columns: Arrays) -> None:
        """Add rows; ``columns["user"]`` tells their bucket."""
        self._waiting.append(columns)
        self._n_waiting += len(columns["user"])

    def forget(self) -> None:
        """Have no rows that wait."""
        self._waiting, self._n_waiting = [], 0

    def take(self) -> Iterator[tuple[int, Arrays]]:
        """Yield each bucket that rows wait for, in their order, with these rows; then none waits."""
        if not self._n_waiting:
            self.forget()
            return
        parts = self._waiting
        self.forget()
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        del parts
        bucket = self._place(columns["user"])
        order = np.argsort(bucket, kind="stable")
        bucket = bucket[order]
        columns = {
            name: self._key.on(column[order]) if name in _KEYED else column[order]
            for name, column in columns.items()
        }
        starts = np.flatnonzero(np.append(True, bucket[1:] != bucket[:-1])).tolist()
        for low, high in zip(starts, [*starts[1:], len(bucket)], strict=True):
            yield int(bucket[low]), {name: column[low:high] for name, column in columns.items()}


def unkeyed(columns: Arrays, key: Scramble) -> dict[str, NDArray[Any]]:
    """Take the key off the columns that it is on, which are copied only where they may not be written to."""
    return {
        name: key.off(np.require(column, requirements="W")) if name in _KEYED else column
        for name, column in columns.items()
    }


class TouchRows:
    """Take decoded touches, and hand them to a writer of buckets, text as codes."""

    def __init__(self, table: TableColumns, writer: Writer) -> None:
        self.table = table
        self.faults = FaultTally("touches", source=table.table, spare_user=table.spare_user)
        self.writer = writer
        self.labels = {"channel": LabelIndex(), **{f"dim:{name}": LabelIndex() for name, _ in table.dims}}

    def add(self, batch: TouchBatch, offset: int) -> None:
        """Add a batch whose first row is row `offset` of the table."""
        self.faults.add(list(batch.faults), offset, batch.seen)
        columns: dict[str, NDArray[Any]] = {"user": batch.user, "time": batch.time}
        columns["channel"] = _coded(self.labels["channel"], batch.channel, batch.every_channel)
        if batch.sequence is not None:
            columns["sequence"] = batch.sequence
        if batch.check is not None:
            columns["check"] = batch.check
        for (name, _), coded in zip(self.table.dims, batch.dims, strict=True):
            columns[f"dim:{name}"] = _coded(self.labels[f"dim:{name}"], coded)
        self.writer.add(columns)


class ConversionRows:
    """Take decoded conversions, and hand them to a writer; with `keep_users`, remember whose they are."""

    def __init__(self, table: TableColumns, writer: Writer, *, keep_users: bool) -> None:
        self.table = table
        self.faults = FaultTally("conversions", source=table.table, spare_user=table.spare_user)
        self.writer = writer
        self.total = self.largest = 0.0
        self.labels = {f"dim:{name}": LabelIndex() for name, _ in table.conversion_dims}
        if table.goal is not None:
            self.labels["goal"] = LabelIndex()
        self._users: list[Hashes] | None = [] if keep_users else None

    def add(self, batch: ConversionBatch, offset: int) -> None:
        """Add a batch whose first row is row `offset` of the table."""
        self.faults.add(list(batch.faults), offset, batch.seen)
        columns: dict[str, NDArray[Any]] = {"user": batch.user, "time": batch.time}
        if self._users is not None:
            self._users.append(batch.user)
        if batch.value is not None:
            columns["value"] = batch.value
            with np.errstate(over="ignore"):
                size = np.abs(batch.value)
                self.total += float(size.sum())
                self.largest = max(self.largest, float(size.max(initial=0.0)))
        if batch.goal is not None:
            columns["goal"] = _coded(self.labels["goal"], batch.goal)
        if batch.order is not None:
            columns["order"] = batch.order
        if batch.check is not None:
            columns["check"] = batch.check
        for (name, _), coded in zip(self.table.conversion_dims, batch.dims, strict=True):
            columns[f"dim:{name}"] = _coded(self.labels[f"dim:{name}"], coded)
        self.writer.add(columns)

    def users(self) -> Hashes:
        """Return the users so far."""
        return np.concatenate([np.empty(0, np.uint64), *(self._users or [])])


def _coded(index: LabelIndex, coded: Coded, every: Coded | None = None) -> NDArray[np.int32]:
    codes = index.lookup(coded.labels)
    index.mark(coded if every is None else every, codes)
    found: NDArray[np.int32] = codes[coded.codes]
    return found
