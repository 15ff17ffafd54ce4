"""Objects with the Arrow C stream interface: polars, DuckDB relations, record batch readers, and others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from weakref import WeakSet

import pyarrow as pa

from attribution.errors import LogError
from attribution.tables.sources import BATCH_ROWS, Source, TableSource, named_types, without_runs
from attribution.tables.unreadable import first_line

_started: WeakSet[Any] = WeakSet()  # one-shot readers that some log has begun to read


class StreamSource(Source):
    """An object that hands out an Arrow stream: each time it is asked, or, a reader, once."""

    def __init__(self, data: Any, table: str) -> None:
        self.table = table
        self._data = data
        self._name = type(data).__name__
        self.one_shot = isinstance(data, pa.RecordBatchReader)
        self._keep: tuple[str, ...] | None = None
        self._kept: TableSource | None = None
        self._used = False
        self._rows_seen: int | None = None
        self.columns, self.repeated = named_types(self._schema())
        length = getattr(data, "height", None)
        self.n_rows = length if isinstance(length, int) else None

    def _schema(self) -> Any:
        try:
            if self.one_shot:
                return self._data.schema
            if _is_duckdb(self._data):
                return pa.RecordBatchReader.from_stream(self._data.limit(0)).schema
            return self._stream(self._data).schema
        except MemoryError:
            raise
        except Exception as error:  # whatever the object that hands out the stream may raise
            raise self._failed(error) from error

    @staticmethod
    def _stream(data: Any) -> Any:
        if hasattr(data, "__arrow_c_stream__"):
            return pa.RecordBatchReader.from_stream(data)
        batch = pa.record_batch(data)
        return pa.RecordBatchReader.from_batches(batch.schema, [batch])

    def keep(self, columns: Sequence[str]) -> None:
        """Keep these columns when a one-shot stream is read, so that it can be read again."""
        if self.one_shot and self._kept is None and not self._used:
            self._keep = tuple(columns)

    def batches(self, columns: Sequence[str], *, labels: Sequence[str] = ()) -> Iterator[Any]:
        """Yield batches; a second pass over a one-shot stream works only on columns that were kept."""
        if self._kept is None and self._keep is not None:
            kept = list(self._read(self._keep))
            schema = pa.schema([(name, self.columns[name]) for name in self._keep])
            self._kept = TableSource(pa.Table.from_batches(kept, schema), self.table)
        if self._kept is not None and set(columns) <= set(self._kept.columns):
            yield from self._kept.batches(columns, labels=labels)
            return
        rows = 0
        for batch in self._read(columns):
            rows += batch.num_rows
            yield batch
        if self._rows_seen not in (None, rows):
            msg = f"{self.table}: the {self._name} gave {self._rows_seen:,} rows at first, then {rows:,}"
            raise LogError(msg, hint=f"{self.table} = pyarrow.table({self.table})  # once, before")
        self._rows_seen = rows

    def _read(self, columns: Sequence[str]) -> Iterator[Any]:
        if self.one_shot and (self._used or self._data in _started):
            msg = f"{self.table}: the {self._name} can be read once, and has been"
            why = (
                "its rows are needed again"
                if self._kept is None
                else f"only {sorted(self._kept.columns)} were kept"
            )
            raise LogError(msg, why=why, hint=f"{self.table} = {self.table}.read_all()")
        self._used = True
        if self.one_shot:
            _started.add(self._data)
        try:
            data = self._data
            if _is_duckdb(data):
                data = data.project(", ".join('"' + name.replace('"', '""') + '"' for name in columns))
            for batch in self._data if self.one_shot else self._stream(data):
                part = without_runs(batch.select(list(columns)))
                for start in range(0, part.num_rows, BATCH_ROWS):
                    yield part.slice(start, BATCH_ROWS)
        except (MemoryError, LogError):
            raise
        except Exception as error:  # whatever the object that hands out the stream may raise
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> LogError:
        msg = f"{self.table}: the {self._name} gave no Arrow stream ({first_line(error)})"
        return LogError(msg, hint="a pyarrow.Table of what it holds, made before")

    def describe(self) -> str:
        """Say what this is."""
        return f"a {self._name}"


def _is_duckdb(data: Any) -> bool:
    module = type(data).__module__.partition(".")[0]
    return module in ("duckdb", "_duckdb") and hasattr(data, "project") and hasattr(data, "limit")
