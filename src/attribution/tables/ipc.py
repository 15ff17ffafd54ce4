"""Arrow IPC files (Feather version 2) and IPC streams on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from attribution.tables.sources import BATCH_ROWS, ColumnType, named_types, without_runs
from attribution.tables.unreadable import reading, refuse_changed, unreadable

_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"  # of a stream; without it rows may be missing, and nothing tells


class IpcFile:
    """One Arrow IPC file of a table."""

    def __init__(self, path: Path, table: str, *, is_stream: bool) -> None:
        self.path = path
        self._table = table
        self.is_stream = is_stream
        self.n_rows: int | None = None
        with reading(path, table), pa.OSFile(str(path)) as file:
            if is_stream and not _tail(file).endswith(_END):
                raise unreadable(path, table, "the mark of its end is missing")
            reader = self._open(file)
            self.columns: Mapping[str, Any]
            self.columns, self.repeated = named_types(reader.schema)
            if hasattr(reader, "count_rows"):
                self.n_rows = int(reader.count_rows())

    def _open(self, file: Any, **options: Any) -> Any:
        file.seek(0)
        return (pa.ipc.open_stream if self.is_stream else pa.ipc.open_file)(file, **options)

    def type_of(self, column: str) -> ColumnType:
        """Return the column's type."""
        return ColumnType(str(self.path), self.columns[column])

    def batches(self, columns: Sequence[str], labels: Sequence[str]) -> Iterator[Any]:
        """Yield record batches of `columns`; the others are skipped on disk.

        The format has no checksums and pyarrow trusts what it reads, so that a damaged file would crash the
        process: it is neither mapped into memory nor used before its offsets and text are checked.
        """
        del labels
        with reading(self.path, self._table), pa.OSFile(str(self.path)) as file:
            schema = self._open(file).schema
            refuse_changed(self.path, self._table, self.columns, named_types(schema)[0])
            fields = sorted(schema.names.index(name) for name in columns)
            batches = self._open(file, options=pa.ipc.IpcReadOptions(included_fields=fields))
            if not self.is_stream:
                batches = map(batches.get_batch, range(batches.num_record_batches))
            for batch in batches:
                part = batch.select(list(columns))
                part.validate(full=True)
                part = without_runs(part)
                for start in range(0, part.num_rows, BATCH_ROWS):
                    yield part.slice(start, BATCH_ROWS)


def _tail(file: Any) -> bytes:
    file.seek(max(0, file.size() - len(_END)))
    return bytes(file.read())
