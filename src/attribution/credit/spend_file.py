"""Delimited files of costs as platforms write them: encoding, separator, lines before and after the table."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from attribution.credit.spend_columns import calendar_columns, channel_column, cost_columns
from attribution.credit.spend_cost import PLAIN, may_be_thousands
from attribution.errors import CreditError

DELIMITED = {".csv": ",", ".txt": ",", ".tsv": "\t", ".tab": "\t"}
_SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
_LOOKED_AT = 30  # lines in which the header is looked for


@dataclass(frozen=True)
class Layout:
    """How a delimited file is laid out.

    Attributes
    ----------
    separator
        What stands between its cells.
    before
        Lines before the header.
    header
        The names of the columns.
    """

    separator: str
    before: int
    header: tuple[str, ...]


def read_delimited(
    path: Path, text_columns: Callable[[Sequence[str]], Collection[str]]
) -> tuple[Any, list[str]]:
    """Read a file of separated values.

    Parameters
    ----------
    path
        The file.
    text_columns
        Given the names of the columns, tells which of them stay text, as they are written.

    Returns
    -------
    table
        A pyarrow Table.
    notes : list of str
        What was found that is not plain CSV, and which lines were left out.

    Raises
    ------
    CreditError
        If the encoding is not known.
    pyarrow.ArrowException, csv.Error
        If it cannot be read.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    text, encoding = _decoded(path)
    layout = layout_of(text, DELIMITED[path.suffix.lower()])
    lines = io.StringIO(text).readlines()[layout.before :]
    for _ in csv.reader(lines, delimiter=layout.separator, strict=True):
        pass  # raises for a quote that is never closed, which Arrow takes for one long text
    left_out: list[str] = []

    def odd_row(row: Any) -> str:
        """Leave out a line that is a sentence and no row, such as a copyright."""
        if row.actual_columns == 1 and row.expected_columns > 1:
            left_out.append(str(row.text).strip('" \r\n'))
            return "skip"
        return "error"

    table = arrow_csv.read_csv(
        io.BytesIO("".join(lines).encode()),
        parse_options=arrow_csv.ParseOptions(delimiter=layout.separator, invalid_row_handler=odd_row),
        convert_options=arrow_csv.ConvertOptions(
            column_types={name: pa.string() for name in text_columns(layout.header)}
        ),
    )
    return _with_numbers(table, layout), _told(path, encoding, layout, left_out)


def pandas_line(path: Path) -> str:
    """Return the call of pandas that reads a delimited file as it is laid out, labels and amounts as text."""
    text, encoding = _decoded(path)
    layout = layout_of(text, DELIMITED[path.suffix.lower()])
    last = ""
    more = f", skiprows={layout.before}" if layout.before else ""
    more += f", sep={layout.separator!r}" if layout.separator != "," else ""
    more += ', encoding="utf-16"' if encoding == "utf-16" else ""
    rows = list(csv.reader(io.StringIO(text).readlines()[layout.before :], delimiter=layout.separator))
    rows = [row for row in rows[1:] if row]
    while rows and len(rows[-1]) == 1 < len(layout.header):
        rows.pop()
        last = f", nrows={len(rows)}"
    more += last
    return f"pandas.read_csv({str(path)!r}{more}, dtype=str)"


def layout_of(text: str, separator: str) -> Layout:
    r"""Find the header of a file: the first line that names a cost and what it is a cost of.

    Examples
    --------
    >>> layout_of("Campaign report\nDay;Campaign;Cost\n", ",")
    Layout(separator=';', before=1, header=('Day', 'Campaign', 'Cost'))
    """
    lines = [line.rstrip("\r\n") for line in islice(io.StringIO(text), _LOOKED_AT)]
    order = (separator, *(other for other in _SEPARATORS if other != separator))
    for before, line in enumerate(lines):
        for mark in order:
            cells = _cells(line, mark)
            if len(cells) > 1 and _is_header(cells):
                return Layout(mark, before, tuple(cells))
    first = lines[0] if lines else ""
    mark = next((mark for mark in order if len(_cells(first, mark)) > 1), separator)
    return Layout(mark, 0, tuple(_cells(first, mark)))


def _is_header(cells: Sequence[str]) -> bool:
    about = (
        channel_column(cells),
        calendar_columns(cells),
        [name for name in cells if "amp" in name.lower()],
    )
    return bool(cost_columns(cells)) and any(about)


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _decoded(path: Path) -> tuple[str, str]:
    raw = path.read_bytes()
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if wide else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        name = "UTF-16" if wide else "UTF-8"
        msg = f"the spend file {str(path)!r} is not {name}: {error.reason} at byte {error.start:,}"
        hint = f'pandas.read_csv({str(path)!r}, encoding="cp1252"), or the encoding that it was written in'
        raise CreditError(msg, why="its names would be read wrong", hint=hint) from error
    if "\0" in text[:4096]:
        msg = f"the spend file {str(path)!r} is no text, or UTF-16 without the mark that says so"
        raise CreditError(msg, hint=f'pandas.read_csv({str(path)!r}, encoding="utf-16-le", sep="\\t")')
    return text, encoding


def _with_numbers(table: Any, layout: Layout) -> Any:
    """Return the table with the costs as numbers, where their text has one reading."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name in {name for name in cost_columns(layout.header) if layout.header.count(name) == 1}:
        column = table.column(name)
        empty = pc.match_substring_regex(column, r"^\s*$")
        number = pc.match_substring_regex(column, rf"^(?:{PLAIN}|\s*)$")
        unsure = layout.separator != "," and may_be_thousands(column.to_pylist())
        if pc.all(number).as_py() is False or unsure:
            continue
        numbers = pc.cast(
            pc.if_else(empty, pa.scalar(None, pa.string()), pc.utf8_trim_whitespace(column)), pa.float64()
        )
        table = table.set_column(table.column_names.index(name), name, numbers)
    return table


def _told(path: Path, encoding: str, layout: Layout, left_out: Sequence[str]) -> list[str]:
    found = ["UTF-16"] if encoding == "utf-16" else []
    if layout.separator != DELIMITED[path.suffix.lower()]:
        found.append(f"separated by {_SEPARATORS[layout.separator]}")
    if layout.before:
        found.append(f"with its header in line {layout.before + 1}")
    notes = [f"spend: {path.name} is read as {', '.join(found)}"] if found else []
    if left_out:
        shown = ", ".join(repr(line[:60]) for line in left_out[:3])
        what = "1 line is no row" if len(left_out) == 1 else f"{len(left_out)} lines are no rows"
        notes.append(f"spend: {what} and left out: {shown}")
    return notes
