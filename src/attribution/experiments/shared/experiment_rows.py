"""Rows of an experiment, read in Arrow batches, once or twice, and only the columns that are needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat
from numpy.typing import NDArray

from attribution._known_columns import KNOWN_COLUMNS, known_column
from attribution._typing import Floats, Ints
from attribution.errors import ExperimentError, nearest, raised_as, unknown_name
from attribution.tables import kinds
from attribution.tables.arrays import refuse_bad_text, without_view
from attribution.tables.inferred import inferred
from attribution.tables.sources import Source, open_source
from attribution.tables.unreadable import first_line


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
            ours = isinstance(column, str) and column in KNOWN_COLUMNS
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
    """A table of users or a panel, in whatever form `attribution.read_log` takes one too.

    Parameters
    ----------
    data
        A path to Parquet, CSV or Arrow files (a file, a folder, a glob, a list); a mapping of names to
        columns; a pandas, polars or pyarrow table; any object with ``__arrow_c_stream__``.
    table
        What messages call it.

    Raises
    ------
    ExperimentError
        If it is none of these, or cannot be read.
    """

    def __init__(self, data: Any, table: str = "users") -> None:
        self._table = table
        with _as_experiment():
            self._source = _again(open_source(data, table))
            super().__init__(list(self._source.columns))
        self.repeated = set(self._source.repeated)
        self._inferred: dict[str, Any] = {}

    def batches(self, columns: Sequence[str], labels: Sequence[str] = ()) -> Iterator[Any]:
        """Yield record batches of these columns.

        Parameters
        ----------
        columns
            What to read.
        labels
            Those of which every distinct text is wanted once: out of files they come as dictionaries, in
            half the time.
        """
        wanted = list(dict.fromkeys(columns))
        with _as_experiment():
            self._source.keep(wanted)
            untyped = {name for name in wanted if any(kind.text for kind in self._source.types(name))}
            for batch in self._source.batches(wanted, labels=[name for name in wanted if name in labels]):
                arrays = [
                    self._plain(batch.column(place), name, name in untyped, name not in labels)
                    for place, name in enumerate(wanted)
                ]
                yield pa.RecordBatch.from_arrays(arrays, names=wanted)

    def table(self, columns: Sequence[str]) -> Any:
        """Return these columns as an Arrow table, of types that hold what every file has; or None."""
        batches = [pa.Table.from_batches([batch]) for batch in self.batches(columns)]
        with _as_experiment():
            found = pa.concat_tables(batches, promote_options="permissive") if batches else None
        return found if found is not None and len(found) else None

    def column(self, name: str) -> Any:
        """Return a whole column; what a file of text holds stays text."""
        with _as_experiment():
            arrays = [batch.column(0) for batch in self._source.batches([name])]
        return pa.chunked_array(arrays) if arrays else pa.chunked_array([], self._source.columns[name])

    def _plain(self, array: Any, name: str, untyped: bool, times: bool) -> Any:
        """Return an array without encodings; text of a file that knows no types by what it says."""
        array = without_view(array)
        refuse_bad_text(array, name)
        if not untyped or not kinds.is_text(array.type):
            return array
        array, self._inferred[name] = inferred(array, self._inferred.get(name), times=times)
        return array


def _again(source: Source) -> Source:
    """Return a source that can be read twice: a stream that gives its rows once is kept."""
    if source.one_shot:
        source.keep(list(source.columns))
    return source


@contextmanager
def _as_experiment() -> Iterator[None]:
    """Raise what reading a table may raise as an error of the experiment, with the same facts."""
    try:
        with raised_as(ExperimentError):
            yield
    except MemoryError:
        raise
    except (pa.ArrowException, UnicodeError) as error:
        msg = f"the table cannot be read: {first_line(error)}"
        raise ExperimentError(msg, hint="write it again as Parquet") from error


def text_codes(
    array: Any, seen: dict[str, int], name: str, first_row: int, table: str = "users", *, needed: bool = True
) -> Ints:
    """Return a column of labels as codes, with `seen` extended by labels not met before.

    Numbers are labels too: 1, 1.0 and "1" are the same one; so are True and "True". Rows without a label
    that is needed have to go; where it is not, they have one of their own.
    """
    if array.null_count:
        rows = np.flatnonzero(_bits(array.is_null())) + first_row
        msg = f"some rows of the {table} have no label"
        own = f"{table}[{name!r}]"
        hint = (
            f"{table}.dropna(subset=[{name!r}])"
            if needed
            else f"{own} = {own}.astype('string').fillna('unknown')"
        )
        raise ExperimentError(msg, column=name, rows=rows[:5].tolist(), count=len(rows), hint=hint)
    if pat.is_nested(array.type):
        msg = f"the labels are {array.type}, not text"
        raise ExperimentError(msg, column=name, hint="give one label a row")
    array = array.cast(pa.float64()) if pat.is_float16(array.type) else array  # older Arrow codes none
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


_YES_OR_NO = (("yes", "no"), ("true", "false"), ("y", "n"), ("t", "f"), ("oui", "non"), ("1", "0"))


def _as_numbers(array: Any, column: str) -> str:
    """Return the line that makes numbers of a column, or what to give where none can be right."""
    kind = array.type.value_type if pat.is_dictionary(array.type) else array.type
    if not kinds.is_text(kind):
        known = pat.is_null(kind) or kinds.number_kind(kind) is not None
        return f"{column} = {column}.astype(float)" if known else "give one number a row"
    texts = {str(text).strip().lower() for text in pc.unique(array).drop_null().to_pylist()}
    pairs = [pair for pair in _YES_OR_NO if texts & set(pair)]
    if texts and texts <= {word for pair in pairs for word in pair} and texts - {"0", "1"}:
        words = {word: 1 - place for pair in pairs for place, word in enumerate(pair)}
        return f'{column} = {column}.astype("string").str.strip().str.lower().map({words!r})'
    if all(map(_is_number, texts)):
        return f"{column} = {column}.astype(float)"
    return "write numbers with a decimal point; 1 and 0 for yes and no"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def numbers_of(
    array: Any, name: str, first_row: int, table: str = "users", *, before: bool = False
) -> NDArray[Any]:
    """Return a column as finite numbers of its own type, float64 or whole.

    What was known `before` the test may be missing of new users, who are no reason to leave anybody out.

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
        raise ExperimentError(msg, column=name, hint=_as_numbers(array, f"{table}[{name!r}]"))
    if array.null_count:
        _refuse(np.flatnonzero(_bits(array.is_null())) + first_row, "missing", name, table, before)
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
            _refuse(bad + first_row, what, name, table, before)
    return values


def floats(array: Any, name: str, first_row: int, table: str = "users") -> Floats:
    """Return a column as finite float64 numbers; see `numbers_of`."""
    return numbers_of(array, name, first_row, table).astype(np.float64, copy=False)


def _values(array: Any) -> NDArray[Any]:
    data, kind = array.buffers()[1], np.dtype(array.type.to_pandas_dtype())
    if data is None or not len(array):
        return np.zeros(len(array), kind)
    return np.frombuffer(data, kind)[array.offset : array.offset + len(array)]


def _refuse(rows: Ints, what: str, name: str, table: str, before: bool) -> None:
    msg, own = f"some values are {what}", f"{table}[{name!r}]"
    why = "left out in silence, the comparison would no longer be fair: what is missing may depend on the arm"
    hint = f"{own} = {own}.fillna(0), if missing means none"
    if before:
        why = "one value for all new users is fair, because it is the same in all arms"
        hint = f"{own} = {own}.fillna({own}.mean())"
    if "missing" not in what:
        hint = f"find where the infinite values of {name!r} come from, and cap or correct them"
    raise ExperimentError(msg, column=name, rows=rows[:5].tolist(), count=len(rows), why=why, hint=hint)


def _bits(mask: Any) -> Any:
    return np.array(mask.to_pylist(), np.bool_)
