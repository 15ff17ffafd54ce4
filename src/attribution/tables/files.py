"""Files of a log: from paths, globs and folders to one source, whatever format each file is in."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from glob import has_magic
from os import PathLike
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

import numpy as np
import pyarrow as pa

from attribution._known_columns import known_column
from attribution.errors import LogError, unknown_name
from attribution.tables.arrays import positions, strings
from attribution.tables.sources import ColumnType, Source
from attribution.tables.unreadable import door, missing, reading, unreadable

_TEXT_ENDINGS = frozenset({".csv", ".tsv", ".txt", ".tab"})
_COMPRESSED = frozenset({".gz", ".bz2", ".zst", ".lz4"})
_FOLDER_ENDINGS = {
    **dict.fromkeys((".csv", ".tsv"), "CSV"),
    **dict.fromkeys((".parquet", ".pq", ".parq"), "Parquet"),
    **dict.fromkeys((".arrow", ".arrows", ".feather", ".ipc"), "Arrow"),
}
_ENDINGS = _TEXT_ENDINGS | frozenset(_FOLDER_ENDINGS)
_NUMBERS = re.compile(r"[\d_.-]+")
_NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"


class File(Protocol):
    """What each format provides."""

    path: Path
    columns: Mapping[str, Any]
    repeated: frozenset[str]
    n_rows: int | None

    def type_of(self, column: str) -> ColumnType:
        """Return the type of a column."""
        ...

    def batches(self, columns: Sequence[str], labels: Sequence[str]) -> Iterator[Any]:
        """Yield record batches of `columns`, with `labels` as dictionaries where that comes for free."""
        ...


Reads = Callable[[File, Sequence[str], Sequence[str]], Iterator[Any]]


class FilesSource(Source):
    """One or more files that together are one table, with hive partitions (``key=value/``) as columns.

    A needed column must be in every file; the files need not agree on its width or encoding.
    """

    def __init__(self, files: Sequence[tuple[File, Mapping[str, str | None]]], table: str) -> None:
        self.table = table
        self._files = tuple(files)
        self.files = tuple(file.path for file, _ in files)
        columns: dict[str, Any] = {}
        for file, keys in files:
            for name in file.columns:
                columns.setdefault(name, file.columns[name])
            for name in keys:
                columns.setdefault(name, pa.string())
        self.columns = columns
        self.repeated = frozenset[str]().union(*(file.repeated for file, _ in files))
        counts = [file.n_rows for file, _ in files]
        self.n_rows = None if None in counts else sum(count or 0 for count in counts)

    @property
    def members(self) -> tuple[tuple[File, Mapping[str, str | None]], ...]:
        """The files, each with the labels that its folders give to all of its rows."""
        return self._files

    def types(self, column: str) -> tuple[ColumnType, ...]:
        """Return every type that the column has over the files.

        Raises
        ------
        LogError
            If a file lacks the column.
        """
        found: dict[tuple[Any, bool], ColumnType] = {}
        for file, keys in self._files:
            if column in file.columns:
                kind = file.type_of(column)
            elif column in keys:
                kind = ColumnType(str(file.path), self.columns[column], text=True)
            else:
                raise self._lacks(column, file, keys)
            found.setdefault((kind.type, kind.text), kind)
        return tuple(found.values())

    def _lacks(self, column: str, file: File, keys: Mapping[str, str | None]) -> LogError:
        names = [*file.columns, *keys]
        text = unknown_name("column", column, names)
        others = f"; other files of {self.table} have it" if len(self._files) > 1 else ""
        msg = f"in {str(file.path)!r} {text}{others}"
        return LogError(
            msg, column=column, hint="leave the file out of the list, or write the column into it"
        )

    def batches(self, columns: Sequence[str], *, labels: Sequence[str] = ()) -> Iterator[Any]:
        """Yield the batches of one file after the other."""
        for _, batch in self.parts(columns, labels):
            yield batch

    def parts(
        self, columns: Sequence[str], labels: Sequence[str], read: Reads | None = None
    ) -> Iterator[tuple[File, Any]]:
        """Yield batches as `batches` does, each with its file; `read` may leave out parts of a file."""
        for file, keys in self._files:
            own = [name for name in columns if name in file.columns]
            texts = [name for name in labels if name in own]
            for batch in file.batches(own, texts) if read is None else read(file, own, texts):
                yield file, batch if len(own) == len(columns) else _with_keys(batch, columns, keys)

    def describe(self) -> str:
        """Say what this is."""
        first = str(self.files[0])
        return first if len(self.files) == 1 else f"{len(self.files):,} files, first {first}"


def _with_keys(batch: Any, columns: Sequence[str], keys: Mapping[str, str | None]) -> Any:
    """Add the columns that only the folder names tell."""
    arrays = []
    for name in columns:
        if name in batch.schema.names:
            arrays.append(batch.column(name))
        else:
            label = keys[name]
            if label is None:
                arrays.append(pa.nulls(batch.num_rows, pa.string()))
            else:
                arrays.append(strings([label]).take(positions(np.zeros(batch.num_rows, np.int64))))
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def open_files(paths: Sequence[str | PathLike[str]], table: str) -> FilesSource:
    """Open the files that paths, globs and folders name.

    Raises
    ------
    LogError
        If there are none, one is named twice, or one cannot be read.
    """
    found: list[tuple[Path, Path]] = []
    for path in paths:
        with reading(Path(path), table):
            found += _expand(path, table)
    if not found:
        msg = f"{table}: the list of files is empty"
        raise LogError(msg, hint=door(table, f"['{table}.parquet']"))
    twice = [path for path, count in Counter(path.resolve() for path, _ in found).items() if count > 1]
    if twice:
        msg = f"{table}: {str(twice[0])!r} is named more than once"
        raise LogError(msg, why="its rows would count twice", hint="name each file once")
    source = FilesSource(
        [(_open_file(path, table), _partition_keys(path, root)) for path, root in found], table
    )
    folders = [Path(path).expanduser() for path in paths if Path(path).expanduser().is_dir()]
    if folders:
        _refuse_several(source, folders[0])
    return source


def _refuse_several(source: FilesSource, folder: Path) -> None:
    """Refuse a folder of several tables: of other names, some with users or channels, some without."""
    names: dict[frozenset[str], Path] = {}
    for file, keys in source.members:
        names.setdefault(frozenset({*file.columns, *keys}), file.path)
    kinds = {
        columns: [known_column(part, columns) is None for part in ("user", "channel")] for columns in names
    }
    stems = {columns: _NUMBERS.sub("", path.stem) for columns, path in names.items()}
    files = sorted(
        path
        for one, path in names.items()
        if any(kinds[one] != kinds[two] and stems[one] != stems[two] for two in names)
    )
    if not files:
        return
    shown = ", ".join(repr(file.name) for file in files[:3]) + (", ..." if len(files) > 3 else "")
    msg = f"{source.table}: the folder {str(folder)!r} holds several tables ({shown})"
    own = _called(files, source.table)
    others = [file for file in files if file != own]
    hint = door(source.table, repr(str(own or files[0])))
    if source.table == "touches" and own and (conversions := _called(others, "conversions", "orders")):
        hint = f"read_log({str(own)!r}, {str(conversions)!r})"
    raise LogError(msg, why="read as one they would be one table of mixed rows", hint=hint)


def _called(files: Sequence[Path], *names: str) -> Path | None:
    """Return the first file that is called like a table; None where there is none."""
    return next((file for file in files if file.stem.lower().startswith(names)), None)


def _expand(path: str | PathLike[str], table: str) -> list[tuple[Path, Path]]:
    """Return the files that one path stands for, each with the folder below which partitions are read."""
    if not os.fspath(path):
        msg = f"{table}: the path is empty"
        raise LogError(
            msg, hint=f"{door(table, repr(f'{table}.parquet'))}, or '.' for the files of this folder"
        )
    try:
        place = Path(path).expanduser()
    except RuntimeError as error:  # "~name" of a user that this machine does not know
        raise missing(Path(path), table) from error
    if place.is_dir():
        return [(file, place) for file in _files_below(place, table)]
    if place.exists():
        return [(place, place.parent)]
    if "://" in str(path):
        msg = f"{table}: {str(path)!r} is no path of this machine"
        hint = "a table that another library has opened, such as pyarrow.parquet.read_table(...)"
        raise LogError(msg, hint=hint)
    if has_magic(str(place)):
        return _matching(place, table)
    raise missing(place, table)


def _matching(pattern: Path, table: str) -> list[tuple[Path, Path]]:
    """Return the files that a glob matches, and those below the folders that it matches."""
    depth = next(position for position, part in enumerate(pattern.parts) if has_magic(part))
    fixed, rest = Path(*pattern.parts[:depth]), pattern.parts[depth:]
    found: dict[Path, Path] = {}
    try:
        matches = sorted(fixed.glob(str(Path(*rest))))
    except ValueError as error:
        msg = f"{table}: {str(pattern)!r} is no pattern of paths ({error})"
        shapes = '"folder/*.parquet", or "folder/**/*.parquet" for its subfolders too'
        raise LogError(msg, hint=shapes) from error
    for match in matches:
        if _is_data(match, fixed) or not all(map(_may_be_data, rest)):
            inside = _files_below(match, table) if match.is_dir() else [match]
            found.update(dict.fromkeys(inside, fixed))
    if not found:
        msg = f"{table}: no file matches {str(pattern)!r}"
        hint = None if fixed.is_dir() else f"there is no folder {str(fixed)!r}"
        raise LogError(msg, hint=hint)
    return list(found.items())


def _files_below(folder: Path, table: str) -> list[Path]:
    """Return the data files of a folder in the order of their names, all of one format."""

    def refuse(error: OSError) -> None:
        raise error

    files: list[Path] = []
    for place, _, names in os.walk(folder, onerror=refuse, followlinks=True):
        files += [Path(place, name) for name in names]
    files = sorted(file for file in files if _is_data(file, folder) and _ending(file) in _FOLDER_ENDINGS)
    formats = {_FOLDER_ENDINGS[_ending(file)] for file in files}
    if not formats:
        msg = f"{table}: the folder {str(folder)!r} holds no Parquet, CSV, Arrow or Feather files"
        raise LogError(msg, hint=f"files must end in one of {', '.join(sorted(_FOLDER_ENDINGS))}")
    if len(formats) > 1:
        msg = f"{table}: the folder {str(folder)!r} holds {' and '.join(sorted(formats))} files"
        hint = door(table, repr(str(folder / f"*{_ending(files[0])}")))
        raise LogError(msg, why="which of them are the table would be a guess", hint=hint)
    return files


def _is_data(file: Path, folder: Path) -> bool:
    return all(map(_may_be_data, file.relative_to(folder).parts))


def _may_be_data(part: str) -> bool:
    """Return False for the names of hidden files, logs and markers, such as ``_SUCCESS``."""
    return "=" in part or not part.startswith((".", "_"))


def _ending(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _partition_keys(path: Path, root: Path) -> dict[str, str | None]:
    """Read ``key=value`` folders between `root` and the file."""
    keys: dict[str, str | None] = {}
    for part in path.relative_to(root).parts[:-1]:
        name, equals, value = part.partition("=")
        if not equals:
            continue
        key, label = unquote(name), None if value == _NO_PARTITION else unquote(value)
        if keys.setdefault(key, label) != label:
            msg = f"{str(path)!r} lies in two folders for {key!r}: {keys[key]!r} and {label!r}"
            raise LogError(msg, column=key, hint="one folder a column, such as year=2026/month=03")
    return keys


def _open_file(path: Path, table: str) -> File:
    """Choose the format by the file's first bytes, then by its ending."""
    from attribution.tables.delimited import DelimitedFile
    from attribution.tables.ipc import IpcFile
    from attribution.tables.parquet import ParquetFile

    with reading(path, table), path.open("rb") as stream:
        head = stream.read(8)
    if head.startswith(b"PAR1"):
        return ParquetFile(path, table)
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return IpcFile(path, table, is_stream=not head.startswith(b"ARROW1"))
    if head.startswith(b"FEA1"):
        raise unreadable(path, table, "Feather version 1: write it again as version 2 or Parquet")
    if head.startswith(b"PARE"):
        raise unreadable(path, table, "an encrypted Parquet file")
    if _ending(path) in _TEXT_ENDINGS:
        return DelimitedFile(path, table)
    if _ending(path) in _ENDINGS:
        raise unreadable(path, table, "it does not begin as such a file does" if head else "it is empty")
    msg = f"{table}: {str(path)!r} is of no known format"
    raise LogError(msg, hint=f"files must end in one of {', '.join(sorted(_ENDINGS))}")
