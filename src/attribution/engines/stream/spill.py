"""A log cut into buckets of users on disk: written in one pass, read back bucket by bucket.

A bucket is a range of the user hash, so it holds all rows of each of its users. Its rows lie in Arrow IPC
streams, LZ4-compressed, in chunks as they came; text is codes into labels that are complete only when
the pass ends, so the codes are turned into those of the sorted labels when a bucket is read. Hashes of users
and orders are keyed, by a key that only the processes of this run hold, and the files are numbered at random:
what a killed run leaves on the disk tells nobody of anybody.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from attribution._typing import Hashes
from attribution.engines.shared.cutting import Arrays, BucketRows, unkeyed
from attribution.engines.shared.sealing import Scramble
from attribution.errors import EngineError
from attribution.eventlog.assemble import Rename
from attribution.kernels.collisions import tell_apart
from attribution.tables.arrays import numbers
from attribution.tables.columns import ConversionColumns, Dimension, LogColumns, TouchColumns
from attribution.tables.far_times import within
from attribution.tables.labels import LabelIndex, code_type, final_labels, recode
from attribution.tables.tables import TableColumns

_CHUNK_ROWS = 1 << 19
_TYPES = {"uint64": pa.uint64(), "int64": pa.int64(), "int32": pa.int32(), "float64": pa.float64()}
_LEVELS = 7  # each splits by eight more bits of the hash; the last eight are left


def bucket_of(user: Hashes, n: int, level: int = 0) -> NDArray[np.uint8]:
    """Return the bucket, of n <= 256, of each user hash, by the eight bits that belong to `level`.

    At level 0 these are the top bits, so that a bucket holds whole buckets of the bootstrap.
    """
    byte = (user >> np.uint64(56 - 8 * level)).astype(np.uint16) & np.uint16(255)
    return ((byte.astype(np.uint32) * np.uint32(n)) >> np.uint32(8)).astype(np.uint8)


@contextmanager
def spilling(folder: Path) -> Iterator[None]:
    """Turn what goes wrong on the disk that holds the buckets into an EngineError."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "no room is left on the disk" if full else str(error.strerror or error)
        msg = f"cannot keep what does not fit into memory in {str(folder.parent)!r}: {what}"
        raise EngineError(
            msg,
            why="nothing was computed, and the temporary files are removed",
            hint='engine=at.Stream(folder="..."), on a disk with room',
        ) from error


class BucketWriter:
    """Write the rows of one table into the files of their buckets."""

    def __init__(self, folder: Path, table: str, n: int, key: Scramble, level: int = 0) -> None:
        self.rows = np.zeros(n, np.int64)
        names = secrets.SystemRandom().sample(range(n), n)
        self.paths = [folder / f"{table}-{name:03d}.arrows" for name in names]
        self._waiting = BucketRows(partial(bucket_of, n=n, level=level), _CHUNK_ROWS, key)
        self._folder = folder
        self._files: list[Any] = [None] * n

    def add(self, columns: Arrays) -> None:
        """Add rows; ``columns["user"]`` tells their bucket."""
        self._waiting.add(columns)
        if self._waiting.full:
            self._flush()

    def close(self) -> None:
        """Write what is waiting, and close the files."""
        self._flush()
        for bucket, file in enumerate(self._files):
            if file is not None:
                with spilling(self._folder):
                    file.close()
                self._files[bucket] = None

    def abandon(self) -> None:
        """Forget what is waiting, and close the files; they are going to be removed."""
        self._waiting.forget()
        for file in self._files:
            if file is not None:
                try:
                    file.close()
                except OSError:  # a full disk once more
                    continue

    def _flush(self) -> None:
        with spilling(self._folder):
            for bucket, columns in self._waiting.take():
                self._write(bucket, columns)
                self.rows[bucket] += len(columns["user"])

    def _write(self, bucket: int, columns: Arrays) -> None:
        arrays = [
            pa.Array.from_buffers(_TYPES[column.dtype.name], len(column), [None, pa.py_buffer(column)])
            for column in columns.values()
        ]
        batch = pa.RecordBatch.from_arrays(arrays, names=list(columns))
        if self._files[bucket] is None:
            options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
            self._files[bucket] = pa.ipc.new_stream(str(self.paths[bucket]), batch.schema, options=options)
        self._files[bucket].write_batch(batch)


def no_labels(touches: TableColumns, conversions: TableColumns) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the labels by table and text column of a log that has no rows."""
    names = {
        "touches": ["channel", *(f"dim:{name}" for name, _ in touches.dims)],
        "conversions": [
            *(["goal"] if conversions.goal is not None else ()),
            *(f"dim:{name}" for name, _ in conversions.conversion_dims),
        ],
    }
    return {(table, name): () for table, columns in names.items() for name in columns}


@dataclass(frozen=True)
class Bucket:
    """One bucket on disk.

    Attributes
    ----------
    touches, conversions
        Their files; either may be missing if it has no rows.
    rows
        How many touches it holds.
    level
        Which bits of the hash made it; -1 if no further ones can split it.
    """

    touches: Path
    conversions: Path
    rows: int
    level: int = 0


@dataclass(frozen=True)
class Labels:
    """The final labels of a text column, and the new code of each code on disk (-1, last, stays -1)."""

    names: tuple[str, ...]
    renumber: NDArray[np.int32]

    @classmethod
    def of(cls, index: LabelIndex, rename: Rename | None = None) -> Labels:
        """Return the labels of a table that has been read to its end."""
        return cls(*final_labels(index, rename))


@dataclass(frozen=True)
class Spilled:
    """What every bucket of a log has in common; with it, a bucket can be read anywhere.

    Attributes
    ----------
    touch_table, conversion_table
        The resolved columns.
    touch_labels, conversion_labels
        Labels by column on disk.
    start, end
        First and last time of the whole log, microseconds.
    dropped
        Rows left out, by reason.
    key
        What the hashes of ids lie under where rows wait.
    """

    touch_table: TableColumns
    conversion_table: TableColumns
    touch_labels: Mapping[str, Labels]
    conversion_labels: Mapping[str, Labels]
    start: int | None
    end: int | None
    dropped: Mapping[str, int]
    key: Scramble

    def read(self, bucket: Bucket) -> LogColumns:
        """Return the rows of a bucket, as `EventLog.load` would return those of these users alone."""
        return self.assembled(_read(bucket.touches, self.key), _read(bucket.conversions, self.key))

    def assembled(self, touches: Arrays, conversions: Arrays) -> LogColumns:
        """Return the log that columns of some users make, coded as they were written."""
        channels = self.touch_labels["channel"]
        channel = self._codes(touches, "channel", channels)
        touch_columns = TouchColumns(
            _column(touches, "user", np.uint64),
            _column(touches, "time", np.int64),
            channel.astype(code_type(len(channels.names))),
            _column(touches, "sequence", np.int64) if self.touch_table.sequence else None,
            self._dims(touches, [name for name, _ in self.touch_table.dims], self.touch_labels),
        )
        table = self.conversion_table
        user = _column(conversions, "user", np.uint64)
        goal = self.conversion_labels.get("goal")
        conversion_columns = ConversionColumns(
            user,
            _column(conversions, "time", np.int64),
            _column(conversions, "value", np.float64) if table.value else np.zeros(len(user)),
            None if goal is None else Dimension("goal", goal.names, self._codes(conversions, "goal", goal)),
            _column(conversions, "order", np.uint64) if table.order else None,
            self._dims(conversions, [name for name, _ in table.conversion_dims], self.conversion_labels),
        )
        if "check" in touches or "check" in conversions:
            touch_user, conversion_user = tell_apart(
                touch_columns.user,
                _column(touches, "check", np.uint64),
                conversion_columns.user,
                _column(conversions, "check", np.uint64),
            )
            touch_columns = replace(touch_columns, user=touch_user)
            conversion_columns = replace(conversion_columns, user=conversion_user)
        columns = LogColumns(
            channels=channels.names,
            touches=touch_columns,
            conversions=conversion_columns,
            start=self.start,
            end=self.end,
            has_value=table.value is not None,
            dropped=self.dropped,
            users=self.touch_table.users,
        )
        return within(columns)

    @staticmethod
    def _codes(columns: Arrays, name: str, labels: Labels) -> NDArray[np.int32]:
        codes = _column(columns, name, np.int32)
        recode(codes, labels.renumber)
        return codes

    def _dims(
        self, columns: Arrays, names: Sequence[str], labels: Mapping[str, Labels]
    ) -> tuple[Dimension, ...]:
        found = [(name, labels[f"dim:{name}"]) for name in names]
        return tuple(
            Dimension(name, known.names, self._codes(columns, f"dim:{name}", known)) for name, known in found
        )


def split(bucket: Bucket, rows: int, key: Scramble) -> list[Bucket]:
    """Cut a bucket into smaller ones of at most about `rows` touches, by further bits of the hash.

    A user is never cut: a bucket that one user fills stays as it is.
    """
    level = bucket.level + 1
    if bucket.rows <= rows or level >= _LEVELS:
        return [bucket]
    n = min(256, 2 * -(-bucket.rows // rows))
    stem = bucket.touches.stem.removeprefix("touches-")
    writers = []
    for name, path in (("touches", bucket.touches), ("conversions", bucket.conversions)):
        writer = BucketWriter(path.parent, f"{name}-{stem}", n, key, level)
        for part in _parts(path):
            writer.add(unkeyed({name: values.copy() for name, values in part.items()}, key))
        writer.close()
        with spilling(path.parent):
            path.unlink(missing_ok=True)
        writers.append(writer)
    touches, conversions = writers
    parts = [
        Bucket(touches.paths[i], conversions.paths[i], int(touches.rows[i]), level)
        for i in np.flatnonzero(touches.rows + conversions.rows).tolist()
    ]
    if max(part.rows for part in parts) == bucket.rows and len(parts) == 1:
        parts = [replace(parts[0], touches=_renamed(parts[0].touches, bucket.touches))]
    return [smaller for part in parts for smaller in split(part, rows, key)]


def _renamed(path: Path, target: Path) -> Path:
    """Give a file that splitting left whole its old name, so that names stay short."""
    if path.exists():
        with spilling(path.parent):
            os.replace(path, target)  # noqa: PTH105 - same folder
    return target


def _parts(path: Path) -> Iterator[dict[str, NDArray[Any]]]:
    """Yield the chunks of a bucket's file as views of Arrow's buffers."""
    if not path.exists():
        return
    try:
        with pa.ipc.open_stream(str(path)) as stream:
            for batch in stream:
                yield {name: numbers(batch.column(name)) for name in batch.schema.names}
    except MemoryError:
        raise
    except (OSError, pa.ArrowException) as error:
        msg = f"a temporary file cannot be read back: {str(path)!r} ({error})"
        hint = "run it again; if it happens again, check that disk"
        raise EngineError(msg, hint=hint) from error


def _read(path: Path, key: Scramble) -> dict[str, NDArray[Any]]:
    """Return the columns of a bucket's file, each in one piece that may be written to."""
    parts = list(_parts(path))
    names = list(parts[0]) if parts else []
    return unkeyed({name: np.concatenate([part[name] for part in parts]) for name in names}, key)


def _column(columns: Arrays, name: str, dtype: Any) -> NDArray[Any]:
    found = columns.get(name)
    return np.empty(0, dtype) if found is None else found
