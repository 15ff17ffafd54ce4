"""CSV and its kin: every column is text until its part in the log says what to read out of it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv as pacsv

from attribution.eventlog.sources import ColumnType
from attribution.eventlog.unreadable import reading, unreadable

# "NA" and "None" stay text: both are names that channels and campaigns bear.
NULLS = ["", "NULL", "null", "NaN", "nan", "NaT", "\\N"]
_DELIMITERS = ",;\t|"
_HEAD = 1 << 20
_BLOCK = 1 << 23


class DelimitedFile:
    """One CSV file of a table, plain or compressed; comma, semicolon, tab or bar, as its header has it."""

    def __init__(self, path: Path, table: str) -> None:
        self.path = path
        self._table = table
        self.n_rows: int | None = None
        names = self._header()
        self.columns: Mapping[str, Any] = dict.fromkeys(names, pa.string())
        self.repeated = frozenset(name for name, count in Counter(names).items() if count > 1)

    def _header(self) -> list[str]:
        with reading(self.path, self._table), pa.input_stream(self.path) as stream:
            head = stream.read(_HEAD).decode("utf-8-sig", errors="ignore")
        line = head.splitlines()[0] if head.strip() else ""
        if not line:
            raise unreadable(self.path, self._table, "it has no header line")
        self.delimiter = max(_DELIMITERS, key=_outside_quotes(line).count)
        names = next(csv.reader(head.splitlines(keepends=True), delimiter=self.delimiter))
        return [name.strip() for name in names]

    def type_of(self, column: str) -> ColumnType:
        """Return the column's type, which is text."""
        return ColumnType(str(self.path), self.columns[column], text=True)

    def batches(self, columns: Sequence[str], labels: Sequence[str]) -> Iterator[Any]:
        """Yield record batches of `columns`; those of few labels as dictionaries."""
        names = list(self.columns)
        text = pa.dictionary(pa.int32(), pa.string())
        with reading(self.path, self._table):
            reader = pacsv.open_csv(
                self.path,
                read_options=pacsv.ReadOptions(
                    column_names=names, skip_rows_after_names=0, skip_rows=1, block_size=_BLOCK
                ),
                parse_options=pacsv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
                convert_options=pacsv.ConvertOptions(
                    column_types={name: text if name in labels else pa.string() for name in columns},
                    include_columns=list(columns),
                    null_values=NULLS,
                    strings_can_be_null=True,
                ),
            )
            for batch in reader:
                yield batch.select(list(columns))


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])
