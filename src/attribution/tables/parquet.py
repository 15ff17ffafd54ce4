"""Parquet files: types and row counts from the footer, then only the columns that are needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from attribution.tables import kinds
from attribution.tables.sources import BATCH_ROWS, ColumnType, named_types
from attribution.tables.unreadable import reading, refuse_changed


class ParquetFile:
    """One Parquet file of a table."""

    def __init__(self, path: Path, table: str) -> None:
        self.path = path
        self._table = table
        with reading(path, table), pq.ParquetFile(path) as file:
            self.columns: Mapping[str, Any]
            self.columns, self.repeated = named_types(file.schema_arrow)
            self.n_rows: int | None = int(file.metadata.num_rows)

    def type_of(self, column: str) -> ColumnType:
        """Return the column's type."""
        return ColumnType(str(self.path), self.columns[column])

    def batches(
        self, columns: Sequence[str], labels: Sequence[str], groups: Sequence[int] | None = None
    ) -> Iterator[Any]:
        """Yield record batches of `columns`, with `labels` as dictionaries where the file has text.

        Only those of the row groups `groups`, if they are given.
        """
        if groups is not None and not groups:
            return
        texts = [name for name in labels if kinds.is_text(self.columns[name])]
        # Arrow would keep the bytes of every row group that it has read until the file is closed.
        options = {"read_dictionary": texts, "page_checksum_verification": True, "pre_buffer": False}
        with reading(self.path, self._table), pq.ParquetFile(self.path) as plain:
            refuse_changed(self.path, self._table, self.columns, named_types(plain.schema_arrow)[0])
            metadata = plain.metadata
        with reading(self.path, self._table), pq.ParquetFile(self.path, metadata=metadata, **options) as file:
            chosen = None if groups is None else list(groups)
            for batch in file.iter_batches(BATCH_ROWS, row_groups=chosen, columns=list(columns)):
                yield batch.select(list(columns))
