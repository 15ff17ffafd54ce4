"""Rows of an experiment, read in Arrow batches, once or twice, and only the columns that are needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat
from numpy.typing import NDArray

from attribution._known_columns import KNOWN_COLUMNS, known_column
from attribution._typing import Floats, Ints
from attribution.errors import ExperimentError, nearest, unknown_name

BATCH_ROWS = 1 << 16
_TEXTS = (pat.is_string, pat.is_large_string, pat.is_string_view)
_SUFFIXES = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".arrow": "ipc", ".feather": "ipc"}


class Table:
    """The columns of a table of users, by name.

    Parameters
    ----------
    names
        As the table has them, in order.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(dict.fromkeys(names))
        self.repeated = {name for name in self.names if list(names).count(name) > 1}

    def need(self, column: str, argument: str) -> str:
        """Return the name of a column that must be there.

        Raises
        ------
        ExperimentError
            If it is not; the message names the nearest column.
        """
        if not isinstance(column, str) or column not in self.names:
            # Our own default names are looked for among known ones, what was typed by its likeness.
            ours = column in KNOWN_COLUMNS
            listed = ", ".join(repr(name) for name in self.names[:30])
            text = unknown_name("column", column, self.names)
            text = f"there is no column {column!r}; the table has {listed or 'none'}" if ours else text
            guess = known_column(column, self.names) if ours else nearest(str(column), self.names)
            guess = guess or "..."
            raise ExperimentError(text, column=argument, hint=f"{argument}={guess!r}")
        if column in self.repeated:
            msg = f"column {column!r} stands more than once in the table"
            raise ExperimentError(msg, column=argument, hint="rename one of them")
        return column


class Rows(Table):
    """A table of users: a file, a folder of files, or any table in memory.

    Parameters
    ----------
    users
        A path to Parquet, CSV or Arrow files (a file, a folder, a list); a mapping of names to columns; a
        pandas, polars or pyarrow table; any object with ``__arrow_c_stream__``.

    Raises
    ------
    ExperimentError
        If it is none of these, or cannot be read.
    """

    def __init__(self, users: Any, table: str = "users") -> None:
        self._table = table
        self._data = _opened(users, table)
        super().__init__(list(self._data.schema.names))

    def batches(self, columns: Sequence[str], labels: Sequence[str] = ()) -> Iterator[Any]:
        """Yield record batches of these columns.

        Parameters
        ----------
        columns
            What to read.
        labels
            Those of which every distinct text is wanted once: out of Parquet they come as dictionaries, in
            half the time.
        """
        wanted = list(dict.fromkeys(columns))
        try:
            if isinstance(self._data, pa.Table):
                yield from self._data.select(wanted).to_batches(max_chunksize=BATCH_ROWS)
            else:
                data = _with_dictionaries(self._data, labels)
                yield from data.to_batches(columns=wanted, batch_size=BATCH_ROWS)
        except (pa.ArrowException, OSError) as error:
            msg = f"the {self._table} cannot be read: {_first_line(error)}"
            raise ExperimentError(msg, hint="write it again as Parquet") from error


def _opened(users: Any, table: str) -> Any:
    try:
        if isinstance(users, str | Path) or (
            isinstance(users, list | tuple) and users and all(isinstance(part, str | Path) for part in users)
        ):
            return _dataset([users] if isinstance(users, str | Path) else users, table)
        if isinstance(users, pa.Table):
            return users
        if isinstance(users, Mapping):
            return pa.table(dict(users))
        if type(users).__module__.partition(".")[0] == "pandas" and hasattr(users, "columns"):
            return pa.Table.from_pandas(users, preserve_index=False)
        if hasattr(users, "__arrow_c_stream__") or hasattr(users, "__arrow_c_array__"):
            return pa.table(users)
    except (pa.ArrowException, OSError, TypeError, ValueError) as error:
        if isinstance(error, ExperimentError):
            raise
        msg = f"the {table} cannot be read: {_first_line(error)}"
        hint = "pass a path or a DataFrame in which every column has one type"
        raise ExperimentError(msg, column=table, hint=hint) from error
    hint = f"{table}.collect()" if hasattr(users, "collect") else "pass a DataFrame or a path"
    msg = f"{table} is of type {type(users).__name__}, which is neither a path nor a table"
    raise ExperimentError(msg, column=table, hint=hint)


def _dataset(paths: Sequence[Any], table: str) -> Any:
    import pyarrow.dataset as ds

    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            found += sorted(part for part in path.rglob("*") if part.suffix in _SUFFIXES)
        elif path.is_file():
            found.append(path)
        else:
            msg = f"there is no file {str(path)!r}"
            raise ExperimentError(msg, column=table, hint=f"pass '{table}.parquet'")
    kinds = {_SUFFIXES.get(path.suffix.lower(), path.suffix) for path in found}
    if len(kinds) != 1 or not kinds <= set(_SUFFIXES.values()):
        shown = ", ".join(sorted(kinds)) or "none"
        msg = f"the files must be of one kind, Parquet, CSV or Arrow; found: {shown}"
        raise ExperimentError(msg, column=table, hint=f"pass '{table}.parquet'")
    return ds.dataset([str(path) for path in found], format=kinds.pop())


def _with_dictionaries(data: Any, labels: Sequence[str]) -> Any:
    """Return a dataset that decodes the texts of some columns once each, where all of its files hold text."""
    import pyarrow.dataset as ds

    if not isinstance(data.format, ds.ParquetFileFormat):
        return data
    schemas = [fragment.physical_schema for fragment in data.get_fragments()]
    texts = [name for name in labels if all(_is_text(schema, name) for schema in schemas)]
    options = ds.ParquetReadOptions(dictionary_columns=texts)
    return ds.dataset(data.files, format=ds.ParquetFileFormat(read_options=options)) if texts else data


def _is_text(schema: Any, name: str) -> bool:
    place = schema.get_field_index(name)
    return place >= 0 and any(is_kind(schema.field(place).type) for is_kind in _TEXTS)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def text_codes(array: Any, seen: dict[str, int], name: str, first_row: int, table: str = "users") -> Ints:
    """Return a column of labels as codes, with `seen` extended by labels not met before.

    Numbers are labels too: 1, 1.0 and "1" are the same one; so are True and "True".
    """
    if array.null_count:
        rows = np.flatnonzero(_bits(array.is_null())) + first_row
        msg = f"some rows of the {table} have no label"
        hint = f"{table}.dropna(subset=[{name!r}])"
        raise ExperimentError(msg, column=name, rows=rows[:5].tolist(), count=len(rows), hint=hint)
    coded = array if pat.is_dictionary(array.type) else pc.dictionary_encode(array)
    labels = [label_of(value) for value in coded.dictionary.to_pylist()]
    places = np.array([seen.setdefault(label, len(seen)) for label in labels] or [0], np.int64)
    codes: Ints = places[_values(coded.indices)]
    return codes


def label_of(value: Any) -> str:
    """Return a label as text; whole floats as integers.

    Examples
    --------
    >>> label_of(1.0), label_of("email")
    ('1', 'email')
    """
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def numbers_of(array: Any, name: str, first_row: int, table: str = "users") -> NDArray[Any]:
    """Return a column as finite numbers of its own type, float64 or whole.

    Raises
    ------
    ExperimentError
        If it holds text, nulls, NaN or infinite values.
    """
    kind = array.type
    if pat.is_dictionary(kind) or not (
        pat.is_boolean(kind) or pat.is_integer(kind) or pat.is_floating(kind) or pat.is_decimal(kind)
    ):
        msg = f"the column holds {kind}, not numbers"
        raise ExperimentError(msg, column=name, hint=f"{table}[{name!r}].astype(float)")
    if array.null_count:
        _refuse(np.flatnonzero(_bits(array.is_null())) + first_row, "missing", name, table)
    if pat.is_boolean(kind):
        array = array.cast(pa.uint8())
    elif not (pat.is_integer(kind) or pat.is_float64(kind)):
        array = array.cast(pa.float64(), safe=False)
    values = _values(array)
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        if not finite.all():
            bad = np.flatnonzero(~finite)
            what = "infinite" if np.isinf(values[bad]).any() else "missing (NaN)"
            _refuse(bad + first_row, what, name, table)
    return values


def floats(array: Any, name: str, first_row: int, table: str = "users") -> Floats:
    """Return a column as finite float64 numbers; see `numbers_of`."""
    return numbers_of(array, name, first_row, table).astype(np.float64, copy=False)


def _values(array: Any) -> NDArray[Any]:
    data, kind = array.buffers()[1], np.dtype(array.type.to_pandas_dtype())
    if data is None or not len(array):
        return np.zeros(len(array), kind)
    return np.frombuffer(data, kind)[array.offset : array.offset + len(array)]


def _refuse(rows: Ints, what: str, name: str, table: str) -> None:
    msg = f"some values are {what}"
    why = "left out in silence, the comparison would no longer be fair: what is missing may depend on the arm"
    hint = (
        f"{table}[{name!r}] = {table}[{name!r}].fillna(0), if missing means none"
        if "missing" in what
        else f"find where the infinite values of {name!r} come from, and cap or correct them"
    )
    raise ExperimentError(msg, column=name, rows=rows[:5].tolist(), count=len(rows), why=why, hint=hint)


def _bits(mask: Any) -> Any:
    return np.array(mask.to_pylist(), np.bool_)
