"""Delimited files of costs as platforms write them: encoding, separator, lines before and after the table."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from attribution.credit.spend_columns import calendar_columns, channel_column, cost_columns
from attribution.errors import CreditError
from attribution.language.sentence import Sentence
from attribution.tables.amounts import PLAIN, may_be_thousands
from attribution.tables.arrays import refuse_bad_text, without_views
from attribution.tables.delimited import DelimitedFile, is_utf16, opened
from attribution.tables.files import File, FilesSource
from attribution.tables.ipc import IpcFile
from attribution.tables.unreadable import no_text

_SEPARATOR = {".csv": ",", ".txt": ",", ".tsv": "\t", ".tab": "\t"}
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


def read_files(
    source: FilesSource, text_columns: Callable[[Sequence[str]], Collection[str]]
) -> tuple[Any, list[str]]:
    """Read one or more files of costs.

    Parameters
    ----------
    source
        The files.
    text_columns
        Given the names of the columns, tells which of them stay text, as they are written.

    Returns
    -------
    table
        A pyarrow Table of the rows of all files, and of the labels that their folders give them.
    notes : list of str
        What was found that is not plain CSV, and which lines were left out.

    Raises
    ------
    CreditError
        If files have different columns.
    LogError
        If one cannot be read.
    """
    import pyarrow as pa

    from attribution.tables.unreadable import reading

    tables, notes = [], []
    for file, keys in source.members:
        if isinstance(file, DelimitedFile):
            with reading(file.path, "spend"):
                table, more = _delimited(file.path, text_columns)
            notes += more
        else:
            for name in sorted(file.repeated):
                raise repeated(name)
            table = whole_table(file.batches(list(file.columns), []), file.columns)
        for key, label in keys.items():
            if key not in table.column_names:
                table = table.append_column(key, pa.array([label] * len(table), pa.string()))
        tables.append(table)
    return _together(tables, source), notes


def _together(tables: Sequence[Any], source: FilesSource) -> Any:
    """Return the rows of all tables; a column of which they have different types is text."""
    import pyarrow as pa

    if len(tables) == 1:
        return tables[0]
    names = list(dict.fromkeys(name for table in tables for name in table.column_names))
    for table, path in zip(tables, source.files, strict=True):
        lacking = [name for name in names if name not in table.column_names]
        if lacking:
            msg = f"the spend file {str(path)!r} has no column {lacking[0]!r}; others have it"
            hint = "leave the file out, or write the column into it"
            raise CreditError(msg, column=lacking[0], why="its rows would say less", hint=hint)
    tables = [table.select(names) for table in tables]
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        kinds = [{table.schema.field(name).type for table in tables} for name in names]
        schema = pa.schema(
            [
                (name, pa.string() if len(kind) > 1 else next(iter(kind)))
                for name, kind in zip(names, kinds, strict=True)
            ]
        )
        return pa.concat_tables([table.cast(schema) for table in tables])


def _delimited(path: Path, text_columns: Callable[[Sequence[str]], Collection[str]]) -> tuple[Any, list[str]]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    raw, text, layout = _laid_out(path)
    lines = io.BytesIO(raw).readlines()[layout.before :]
    for _ in csv.reader(
        io.StringIO("".join(_lines(text)[layout.before :])), delimiter=layout.separator, strict=True
    ):
        pass  # raises for a quote that is never closed, which Arrow takes for one long text
    readable = "\ufffd" not in text  # Arrow cannot hand over a row that is not
    if lines:  # names are read even where nobody asks for their column
        lines[0] = lines[0].decode(errors="replace").encode()
    left_out: list[str] = []

    def odd_row(row: Any) -> str:
        """Leave out a line that is a sentence and no row, such as a copyright."""
        if row.actual_columns == 1 and row.expected_columns > 1:
            left_out.append(str(row.text).strip('" \r\n'))
            return "skip"
        return "error"

    table = arrow_csv.read_csv(
        io.BytesIO(b"".join(lines)),
        parse_options=arrow_csv.ParseOptions(
            delimiter=layout.separator, invalid_row_handler=odd_row if readable else None
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types={name: pa.string() for name in text_columns(layout.header)}
        ),
    )
    return _with_numbers(table, layout), _told(path, layout, left_out)


def pandas_lines(source: FilesSource) -> str:
    """Return the line of pandas that reads files as they are laid out, text as text."""
    calls = [_pandas_call(file) for file, _ in source.members]
    several = calls[0] if len(calls) == 1 else f"pandas.concat([{', '.join(calls)}], ignore_index=True)"
    begin = "import pyarrow; " if any("pyarrow" in call for call in calls) else ""
    return f"{begin}spend = {several}"


def _pandas_call(file: File) -> str:
    path = file.path
    if not isinstance(file, DelimitedFile):
        if isinstance(file, IpcFile):
            how = "open_stream" if file.is_stream else "open_file"
            return f"pyarrow.ipc.{how}({str(path)!r}).read_pandas()"
        return f"pandas.read_parquet({str(path)!r})"
    _, text, layout = _laid_out(path)
    more = f", skiprows={layout.before}" if layout.before else ""
    more += f", sep={layout.separator!r}" if layout.separator != "," else ""
    more += ', encoding="utf-16"' if is_utf16(path) else ""
    rows = list(csv.reader(_lines(text)[layout.before :], delimiter=layout.separator))
    rows = [row for row in rows[1:] if row]
    last = ""
    while rows and len(rows[-1]) == 1 < len(layout.header):
        rows.pop()
        last = f", nrows={len(rows)}"
    return f"pandas.read_csv({str(path)!r}{more}{last}, dtype=str)"


def _lines(text: str) -> list[str]:
    return io.StringIO(text).readlines()


def _laid_out(path: Path) -> tuple[bytes, str, Layout]:
    """Return the bytes of a file without the mark of its encoding, as text, and how it is laid out.

    Bytes that are no UTF-8 may stand in columns that are not read; the header must be known for that.
    """
    with opened(path) as stream:
        raw = stream.read().removeprefix(codecs.BOM_UTF8)
    text = raw.decode(errors="replace")
    if "\0" in text[:4096]:
        raise no_text(path, "spend")
    layout = layout_of(text, usual_separator(path))
    if not _is_header(layout.header):
        raw.decode()  # raises; a name that is missing may be one that was read wrong
    return raw, text, layout


def usual_separator(path: Path) -> str:
    r"""Return what a file's ending says of its separator.

    Examples
    --------
    >>> usual_separator(Path("a.tsv.gz")), usual_separator(Path("a.csv"))
    ('\t', ',')
    """
    return next(
        (_SEPARATOR[end] for end in map(str.lower, reversed(path.suffixes)) if end in _SEPARATOR), ","
    )


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


def _with_numbers(table: Any, layout: Layout) -> Any:
    """Return the table with the costs as numbers, where their text has one reading."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # A heading may hold a line break, which the name that Arrow read keeps.
    once = {name for name in cost_columns(layout.header) if table.column_names.count(name) == 1}
    for name in once:
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


def _told(path: Path, layout: Layout, left_out: Sequence[str]) -> list[str]:
    found = ["UTF-16"] if is_utf16(path) else []
    if layout.separator != usual_separator(path):
        found.append(Sentence("spend.file.separated", separator=Sentence(_SEPARATORS[layout.separator])))
    if layout.before:
        found.append(Sentence("spend.file.header", line=layout.before + 1))
    notes: list[str] = [Sentence("spend.file", path=path.name, found=tuple(found))] if found else []
    if left_out:
        shown = ", ".join(repr(line[:60]) for line in left_out[:3])
        notes.append(Sentence("spend.no_rows", n=len(left_out), shown=shown))
    return notes


def whole_table(batches: Iterable[Any], columns: Mapping[str, Any]) -> Any:
    """Return record batches as a pyarrow Table of plain text, which is UTF-8.

    Raises
    ------
    LogError
        If it is not.
    """
    import pyarrow as pa

    plain = [without_views(batch) for batch in batches]
    for batch in plain:
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            refuse_bad_text(array, name)
    return pa.Table.from_batches(plain) if plain else pa.schema(list(columns.items())).empty_table()


def repeated(name: str) -> CreditError:
    """Return the error of a column that a table has more than once."""
    msg = f"the spend has more than one column {name!r}"
    return CreditError(msg, column=name, hint="give every column a name of its own")
