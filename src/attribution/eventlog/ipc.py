"""Arrow IPC files (Feather version 2) and IPC streams on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from attribution.eventlog.sources import BATCH_ROWS, ColumnType, named_types
from attribution.eventlog.unreadable import reading, unreadable

_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"  # of a stream; without it rows may be missing, and nothing tells


class IpcFile:
    """One Arrow IPC file of a table."""

    def __init__(self, path: Path, table: str, *, is_stream: bool) -> None:
        self.path = path
        self._table = table
        self._is_stream = is_stream
        self.n_rows: int | None = None
        with reading(path, table), pa.OSFile(str(path)) as file:
            if is_stream and not _tail(file).endswith(_END):
                raise unreadable(path, table, "the mark of its end is missing")
            file.seek(0)
            reader = pa.ipc.open_stream(file) if is_stream else pa.ipc.open_file(file)
            self._names = list(reader.schema.names)
            self.columns: Mapping[str, Any]
            self.columns, self.repeated = named_types(reader.schema)
            if hasattr(reader, "count_rows"):
                self.n_rows = int(reader.count_rows())

    def type_of(self, column: str) -> ColumnType:
        """Return the column's type."""
        return ColumnType(str(self.path), self.columns[column])

    def batches(self, columns: Sequence[str], labels: Sequence[str]) -> Iterator[Any]:
        """Yield record batches of `columns`; the others are skipped on disk.

        The format has no checksums and pyarrow trusts what it reads, so that a damaged file would crash the
        process: it is neither mapped into memory nor used before its offsets and text are checked.
        """
        del labels
        wanted = pa.ipc.IpcReadOptions(included_fields=sorted(self._names.index(name) for name in columns))
        with reading(self.path, self._table), pa.OSFile(str(self.path)) as file:
            if self._is_stream:
                batches: Any = pa.ipc.open_stream(file, options=wanted)
            else:
                reader = pa.ipc.open_file(file, options=wanted)
                batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
            for batch in batches:
                part = batch.select(list(columns))
                part.validate(full=True)
                for start in range(0, part.num_rows, BATCH_ROWS):
                    yield part.slice(start, BATCH_ROWS)


def _tail(file: Any) -> bytes:
    file.seek(max(0, file.size() - len(_END)))
    return bytes(file.read())
