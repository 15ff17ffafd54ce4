"""The rows of an export, whatever it is written as, and its columns by the names that presets use."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
from collections.abc import Collection, Iterable, Sequence
from functools import reduce
from glob import glob, has_magic
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from attribution._typing import Bools
from attribution.errors import LogError
from attribution.tables.arrays import refuse_bad_text, without_views
from attribution.tables.sources import open_source
from attribution.tables.unreadable import first_line, missing, unreadable

_JSON = (".json", ".ndjson", ".jsonl", ".json.gz", ".ndjson.gz", ".jsonl.gz")
_LISTED = re.compile(r"^(.+)\[([^\[\]]+)\]$")
_VALUES = ("string_value", "int_value", "float_value", "double_value")
_NOTHING = ("", "(not set)", "not set", "null", "undefined", "empty", "nan", "<na>")


class ExportRows:
    """The rows of an export in memory.

    Parameters
    ----------
    table : pyarrow.Table
        As it is written, nested columns included.
    files
        Where it was read from; none for a table in memory.
    names
        Names of all columns as written, also of those that were not read.

    Attributes
    ----------
    n : int
        How many rows there are.
    """

    def __init__(self, table: pa.Table, files: Sequence[Path] = (), names: Sequence[str] = ()) -> None:
        self.table = table.combine_chunks()
        self.files = tuple(files)
        self.names = tuple(names) or tuple(table.column_names)
        self.n = int(table.num_rows)
        self._parsed: dict[str, Any] = {}

    def take(self, rows: Any) -> ExportRows:
        """Return some of the rows: positions, or which of them."""
        chosen = np.asarray(rows)
        if chosen.dtype == np.bool_:
            chosen = np.flatnonzero(chosen)
        return ExportRows(self.table.take(pa.array(chosen)), self.files, self.names)

    def unfolded(self, column: str) -> ExportRows:
        """Return a row for each element of a column of lists, beside the other columns of its row."""
        lists = self.column(column)
        if lists is None:
            return self.take(np.zeros(0, np.int64))
        parents = pc.list_parent_indices(lists)
        others = self.table.drop_columns([column]).take(parents)
        return ExportRows(others.append_column(column, pc.list_flatten(lists)), self.files, self.names)

    def has(self, path: str) -> bool:
        """Return whether there is such a column."""
        return self.column(path) is not None

    def column(self, *paths: str) -> Any:
        """Return a column; of several, in each row the first that has a value. None where none is there.

        ``a|b`` is the one of two names that is there, ``a.b`` a field of a nested column or of JSON text,
        ``a[b]`` the value of a key in a list of keys and values, ``a?b`` a parameter in an address.
        """
        found = [array for path in paths if (array := self._one(path)) is not None]
        if len(found) < 2:
            return found[0] if found else None
        if len({str(array.type) for array in found}) > 1:
            found = [_as_text(array) for array in found]
        return pc.coalesce(*(_nothing_is_null(array) for array in found))

    def text(self, *paths: str) -> Any:
        """Return a column as text, without blanks around it; what says that there is nothing is null."""
        array = self.column(*paths)
        return pa.nulls(self.n, pa.string()) if array is None else _nothing_is_null(_as_text(array))

    def any_of(self, where: Iterable[tuple[str, Sequence[str]]]) -> Bools:
        """Return which rows have one of the wanted values in each column; shape (n,)."""
        chosen = np.ones(self.n, np.bool_)
        for path, wanted in where:
            values = pc.utf8_lower(self.text(path))
            is_in = pc.is_in(values, value_set=pa.array([value.lower() for value in wanted]))
            chosen &= np.asarray(is_in)
        return chosen

    def _one(self, path: str) -> Any:
        if path in self.table.column_names:
            return self._whole(path)
        if "|" in path:
            return next((array for part in path.split("|") if (array := self._one(part)) is not None), None)
        listed = _LISTED.match(path)
        if listed is not None:
            lists = self._one(listed[1])
            return None if lists is None or not _is_list(lists.type) else _value_of_key(lists, listed[2])
        address, mark, parameter = path.rpartition("?")
        if mark:
            texts = self._one(address)
            return None if texts is None else _parameter(_as_text(texts), parameter)
        return self._field(path)

    def _field(self, path: str) -> Any:
        head, dot, rest = path.partition(".")
        while dot and head not in self.table.column_names:  # names that have a dot themselves
            more, dot, rest = rest.partition(".")
            head = f"{head}.{more}"
        if not dot:
            return None
        nested = self._parsed_column(head)
        for name in (rest,) if nested is not None and _has_field(nested, rest) else rest.split("."):
            if nested is None or not _has_field(nested, name):
                return None
            nested = pc.struct_field(nested, [nested.type.get_field_index(name)])
        return nested

    def _whole(self, name: str) -> Any:
        column = self.table.column(name)
        array = column.chunk(0) if column.num_chunks else pa.array([], column.type)
        return array.dictionary_decode() if pat.is_dictionary(array.type) else array

    def _parsed_column(self, name: str) -> Any:
        """Return a nested column; one of JSON text is parsed, once."""
        if name not in self._parsed:
            array = self._whole(name)
            if _is_text(array.type):
                array = _parsed(array, name)
            self._parsed[name] = array if pat.is_struct(array.type) else None
        return self._parsed[name]


def read_rows(data: Any, wanted: Collection[str], table: str = "touches") -> ExportRows:
    """Read an export: JSON and JSON lines (``.gz`` too), and every form of a table that `read_log` takes.

    Parameters
    ----------
    data
        A path, glob or list of paths, or a table in memory.
    wanted
        Names of columns; of a table those that it has are read, and no others.
    table
        What messages call it.

    Raises
    ------
    LogError
        If it cannot be read.
    """
    if isinstance(data, ExportRows):
        return data
    paths = _json_paths(data)
    if paths is not None:
        tables = [_read_json(path, table) for path in paths]
        return ExportRows(_together(tables), paths)
    source = open_source(data, table)
    names = [name for name in source.columns if name in wanted and name not in source.repeated]
    batches = [without_views(batch) for batch in source.batches(names)] if names else []
    for batch in batches:
        for name, column in zip(names, batch.columns, strict=True):
            refuse_bad_text(column, name)
    schema = pa.schema([(name, source.columns[name]) for name in names])
    tables = [pa.Table.from_batches([batch]) for batch in batches] or [schema.empty_table()]
    return ExportRows(_together(tables), source.files, tuple(source.columns))


def _together(tables: Sequence[pa.Table]) -> pa.Table:
    """Put tables one below the other; a column that has several types is text."""
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException:
        return pa.concat_tables([_all_text(table) for table in tables], promote_options="permissive")


def _all_text(table: pa.Table) -> pa.Table:
    plain = [
        column if pat.is_nested(column.type) else _as_text(_one_array(column)) for column in table.columns
    ]
    return pa.table(plain, names=table.column_names)


def _one_array(column: Any) -> Any:
    array = column.combine_chunks()
    return array.dictionary_decode() if pat.is_dictionary(array.type) else array


def _json_paths(data: Any) -> list[Path] | None:
    """Return the files, where all of what was given are files of JSON; None otherwise."""
    given = list(data) if isinstance(data, list | tuple) else [data]
    if not given or not all(isinstance(item, str | os.PathLike) for item in given):
        return None
    if not all(str(os.fspath(item)).lower().endswith(_JSON) for item in given):
        return None
    paths: list[Path] = []
    for item in given:
        text = os.fspath(item)
        found = _found(text)
        if not found or not Path(found[0]).is_file():
            raise missing(Path(text), "touches")
        paths += map(Path, found)
    return paths


def _found(text: str) -> list[str]:
    """Return the files that a path or glob names, in order."""
    if not has_magic(text):
        return [text]
    return sorted(glob(text, recursive=True))  # noqa: PTH207 (the pattern may be absolute)


def _read_json(path: Path, table: str) -> pa.Table:
    """Read a file of JSON: one object a line, or one list of objects."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return _objects(raw.removeprefix(b"\xef\xbb\xbf"))
    except (OSError, EOFError, ValueError, RecursionError, pa.ArrowException) as error:
        raise unreadable(path, table, first_line(error)) from error


def _objects(raw: bytes) -> pa.Table:
    import pyarrow.json as paj

    raw.decode()  # what is not UTF-8 is refused here, not where a name or a label is used
    if not raw.lstrip().startswith(b"["):
        try:
            return paj.read_json(
                io.BytesIO(raw), read_options=paj.ReadOptions(block_size=max(len(raw), 1) + 1)
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # a key that is text here and a number there
            found = [json.loads(line) for line in raw.splitlines() if line.strip()]
    else:
        found = json.loads(raw)
    if not all(isinstance(item, dict) for item in found):
        msg = "its rows are no JSON objects"
        raise ValueError(msg)
    try:
        return pa.Table.from_pylist(found)
    except (pa.ArrowException, OverflowError):
        return pa.Table.from_pylist([_texts(item) for item in found])


def _texts(value: Any) -> Any:
    """Return JSON with all of its leaves as text, so that a key may hold text here and a number there."""
    if isinstance(value, dict):
        return {key: _texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _parsed(array: Any, name: str) -> Any:
    """Parse a column of JSON text; what is null or empty is an object without keys."""
    lines = pc.fill_null(pc.if_else(pc.equal(pc.utf8_trim_whitespace(array), ""), None, array), "{}")
    flat = pc.replace_substring_regex(lines, r"[\r\n]+", " ")
    try:
        table = _objects("\n".join(flat.to_pylist()).encode()) if len(flat) else pa.table({})
    except (ValueError, RecursionError) as error:
        msg = f"the column {name!r} holds text that is no JSON ({first_line(error)})"
        raise LogError(msg, column=name) from error
    if not table.num_columns or table.num_rows != len(array):
        return pa.array([{}] * len(array), pa.struct([]))
    return table.combine_chunks().to_struct_array().combine_chunks()


def _value_of_key(lists: Any, key: str) -> Any:
    """Return, for each list of (key, value), the value of one key: GA4's ``event_params``."""
    entries = pc.list_flatten(lists)
    parent = np.asarray(pc.list_parent_indices(lists))
    if not (pat.is_struct(entries.type) and _has_field(entries, "key") and _has_field(entries, "value")):
        return None
    at = np.flatnonzero(
        np.asarray(pc.fill_null(pc.equal(pc.struct_field(entries, "key"), key), fill_value=False))
    )
    place = np.full(len(lists), -1)
    place[parent[at]] = at
    values = pc.struct_field(entries, "value")
    if pat.is_struct(values.type):
        parts = [_as_text(pc.struct_field(values, name)) for name in _VALUES if _has_field(values, name)]
        values = reduce(pc.coalesce, parts) if parts else pa.nulls(len(entries), pa.string())
    return values.take(pa.array(place, mask=place < 0))


def _parameter(addresses: Any, name: str) -> Any:
    """Return a parameter in the query of each address."""
    pattern = rf"(?:^|[?&]){re.escape(name)}=(?P<found>[^&#]+)"
    return pc.struct_field(pc.extract_regex(addresses, pattern), "found")


def _as_text(array: Any) -> Any:
    if _is_text(array.type):
        return pc.cast(array, pa.string())
    if pat.is_floating(array.type):  # an id that went through a frame with gaps: 5.0 is 5
        whole = pc.equal(array, pc.floor(array))
        if pc.all(pc.fill_null(whole, fill_value=True)).as_py():
            array = pc.cast(array, pa.int64(), safe=False)
    if pat.is_nested(array.type) or pat.is_null(array.type):
        return pa.nulls(len(array), pa.string())
    return pc.cast(array, pa.string())


def _nothing_is_null(array: Any) -> Any:
    if not _is_text(array.type):
        return array
    trimmed = pc.utf8_trim_whitespace(array)
    nothing = pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(_NOTHING))
    return pc.if_else(nothing, pa.scalar(None, trimmed.type), trimmed)


def _is_text(kind: Any) -> bool:
    return bool(pat.is_string(kind) or pat.is_large_string(kind) or str(kind) == "string_view")


def _is_list(kind: Any) -> bool:
    return bool(pat.is_list(kind) or pat.is_large_list(kind))


def _has_field(array: Any, name: str) -> bool:
    return bool(pat.is_struct(array.type)) and array.type.get_field_index(name) >= 0
