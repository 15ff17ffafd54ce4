"""CSV and its kin: every column is text until its part in the log says what to read out of it."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv as pacsv

from attribution.tables.sources import ColumnType
from attribution.tables.unreadable import no_text, reading, refuse_changed, unreadable

# "NA" and "None" stay text: both are names that channels and campaigns bear.
NULLS = ["", "NULL", "null", "NaN", "nan", "NaT", "\\N"]
_DELIMITERS = ",;\t|"
_HEAD = 1 << 20
_BLOCK = 1 << 23


_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def is_utf16(path: Path) -> bool:
    """Return whether a file of text begins with the mark of UTF-16, as spreadsheets save "Unicode text"."""
    with pa.input_stream(path) as stream:
        return stream.read(2) in _WIDE


def opened(path: Path) -> Any:
    """Open a file of text as a stream of bytes in UTF-8, whatever it is compressed with; UTF-16 by its mark.

    Raises
    ------
    UnicodeDecodeError
        If the file is not the UTF-16 that it says.
    """
    if not is_utf16(path):
        return pa.input_stream(path)
    with pa.input_stream(path) as stream:
        return pa.BufferReader(stream.read().decode("utf-16").encode())


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
        """Find the delimiter, the lines of the header, and the names in it."""
        with reading(self.path, self._table), opened(self.path) as stream:
            head = stream.read(_HEAD)
        text = head.decode("utf-8-sig", errors="replace")
        line = next((line for line in io.StringIO(text) if line.strip()), "")
        if not line:
            raise unreadable(self.path, self._table, "it has no header line")
        if "\0" in line:
            raise no_text(self.path, self._table)
        self.delimiter = max(_DELIMITERS, key=_outside_quotes(line).count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter)
        try:
            names = next(row for row in reader if any(map(str.strip, row)))
        except (csv.Error, StopIteration) as error:
            raise unreadable(self.path, self._table, f"its header is no line of names: {error}") from error
        self._header_lines = reader.line_num
        following = text.splitlines(keepends=True)[self._header_lines :]
        self._has_rows = len(head) == _HEAD or any(map(str.strip, following))
        return [name.strip() for name in names]

    def type_of(self, column: str) -> ColumnType:
        """Return the column's type, which is text."""
        return ColumnType(str(self.path), self.columns[column], text=True)

    def batches(self, columns: Sequence[str], labels: Sequence[str]) -> Iterator[Any]:
        """Yield record batches of `columns`; those of few labels as dictionaries."""
        names = self._header()
        refuse_changed(self.path, self._table, self.columns, dict.fromkeys(names, pa.string()))
        if not self._has_rows:
            return
        text = pa.dictionary(pa.int32(), pa.string())
        rows = 0
        with reading(self.path, self._table), opened(self.path) as stream:
            lines = _Lines(stream)
            reader = pacsv.open_csv(
                pa.PythonFile(lines, mode="r"),
                read_options=pacsv.ReadOptions(
                    column_names=_distinct(names), skip_rows=self._header_lines, block_size=_BLOCK
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
                rows += batch.num_rows
                yield batch.select(list(columns))
        if lines.quotes and rows + self._header_lines < lines.count:
            self._check_quotes()

    def _check_quotes(self) -> None:
        """Refuse a file in which a quote is opened and never closed, so that it swallows the rows after it.

        pyarrow takes them for one long text. Only files with quotes and with more lines than rows come here.
        """
        with reading(self.path, self._table), opened(self.path) as stream:
            text = io.TextIOWrapper(io.BufferedReader(_Lines(stream)), "utf-8-sig", "replace", newline="")
            reader = csv.reader(text, delimiter=self.delimiter, strict=True)
            try:
                deque(reader, maxlen=0)
            except csv.Error as error:
                reason = f"a quote that is not closed, at or before line {reader.line_num}: {error}"
                raise unreadable(self.path, self._table, reason) from error


class _Lines(io.RawIOBase):
    """The bytes of a file on their way to a parser; counts its lines."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self._stream = stream
        self.count = 0
        self.quotes = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.count += data.count(b"\n")
        self.quotes = self.quotes or b'"' in data
        return len(data)


def _distinct(names: Sequence[str]) -> list[str]:
    """Return the names with those that come again made different; nobody can ask for these."""
    return [
        name if name not in names[:position] else f"{name}\x1f{position}"
        for position, name in enumerate(names)
    ]


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])
