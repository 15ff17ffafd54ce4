"""Lists, arrays and series on their way to Arrow: nothing is lost in silence, and errors name the rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from attribution.errors import LogError
from attribution.tables.unreadable import first_line

_NUMPY_UNITS = ("s", "ms", "us", "ns", "D", "generic")  # what Arrow knows of numpy's units of time


def to_arrow(values: Any, name: str, table: str) -> Any:
    """Return a column as an Arrow array.

    Parameters
    ----------
    values
        A list or tuple, a numpy array, a pandas or polars Series, an Arrow array, or another iterable.
    name
        The column's name, for messages.
    table
        ``"touches"`` or ``"conversions"``.

    Raises
    ------
    LogError
        If the values are no column, are not of one type, or would lose a part of their meaning: datetimes cut
        to dates, naive times taken for aware ones.

    Examples
    --------
    >>> to_arrow([1, None], "user_id", "touches").type
    DataType(int64)
    """
    if isinstance(values, str | bytes | Mapping | AbstractSet) or not hasattr(values, "__iter__"):
        msg = f"{table}: the values of {name!r} are a {type(values).__name__}, which is no column"
        raise LogError(msg, column=name, hint=f'{{"{name}": [...]}}, a list or an array with one entry a row')
    dtype = getattr(values, "dtype", None)
    if type(dtype).__name__ == "SparseDtype":
        values = values.sparse.to_dense()
    elif isinstance(values, np.ndarray) and values.dtype.kind == "M":
        unit = np.datetime_data(values.dtype)[0]
        values = values if unit in _NUMPY_UNITS else values.astype("datetime64[s]")
    elif not hasattr(values, "__len__"):
        values = list(values)
    objects = getattr(dtype, "kind", "") == "O" or isinstance(values, Sequence)
    try:
        array = _converted(values)
    except UnicodeEncodeError as error:
        raise _not_utf8(values, name, table) from error
    except MemoryError:
        raise
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise _mixed(values, name, table, first_line(error)) from error
    if pat.is_run_end_encoded(array.type):
        array = _decoded(array)
    if objects and (pat.is_timestamp(array.type) or pat.is_date(array.type)):
        marks = {(type(value).__name__ == "date", _zone(value) is None) for _, value in _given(values)}
        if len(marks) > 1:
            raise _mixed(values, name, table, "dates with datetimes, or naive with aware ones", times=True)
    return array


def _decoded(array: Any) -> Any:
    """Return an array without runs, chunk by chunk where it has some."""
    if isinstance(array, pa.ChunkedArray):
        return pa.chunked_array([pc.run_end_decode(chunk) for chunk in array.chunks], array.type.value_type)
    return pc.run_end_decode(array)


def _converted(values: Any) -> Any:
    try:
        return pa.array(values, from_pandas=True)
    except OverflowError:  # Python integers: Arrow tries signed ones only
        return pa.array(values, pa.uint64(), from_pandas=True)


def _zone(value: Any) -> Any:
    return getattr(value, "tzinfo", None)


def _given(values: Iterable[Any]) -> list[tuple[int, Any]]:
    """Return the entries that are not null, with their rows."""
    return [(row, value) for row, value in enumerate(values) if not _is_null(value)]


def _is_null(value: Any) -> bool:
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, float) and math.isnan(value)


def _mixed(values: Any, name: str, table: str, reason: str, *, times: bool = False) -> LogError:
    def kind(value: Any) -> str:
        zone = "" if not times or type(value).__name__ == "date" else " with a zone" if _zone(value) else ""
        return f"{type(value).__name__}{zone}"

    nested = _is_nested(values)
    given = [] if nested else _given(values)
    counts = Counter(kind(value) for _, value in given)
    column = f'{table}["{name}"]'
    if nested:
        msg = f"{table}: the values of {name!r} cannot be read: {reason}"
        return LogError(msg, column=name, hint="give one entry a row, and every column a name of its own")
    if len(counts) < 2:
        only = f"values of type {next(iter(counts))}" if counts else "values"
        msg = f"{table}: {only} cannot be read: {reason}"
        return LogError(msg, column=name, hint=f'{column} = {column}.astype("string")')
    usual = counts.most_common(1)[0][0]
    shown = ", ".join(f"{count:,} {kind}" for kind, count in counts.most_common(4))
    return LogError(
        f"{table}: values are not of one type ({shown}): {reason}",
        column=name,
        rows=_rows(given, lambda value: kind(value) != usual),
        count=len(given) - counts[usual],
        why="hours would be lost, or a zone made up" if times else "which are equal would be a guess",
        hint=f"{column} = pandas.to_datetime({column}, utc=True)"
        if times
        else f'{column} = {column}.astype("string")',
    )


def _is_nested(values: Any) -> bool:
    """Return whether entries have entries of their own: a table in place of a column, lists in a list."""
    if isinstance(values, list | tuple):
        return any(isinstance(value, list | tuple | np.ndarray) for value in values)
    return bool(getattr(values, "ndim", 1) != 1)


def _not_utf8(values: Any, name: str, table: str) -> LogError:
    """Return the error of text with lone surrogates, which no encoding knows."""

    def broken(value: Any) -> bool:
        return isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value)

    rows = _rows(_given(values), broken)
    msg = f"{table}: texts hold lone surrogates (half a character), which are no UTF-8"
    mended = 'one.encode("utf-16", "surrogatepass").decode("utf-16", "backslashreplace")'
    column = f'{table}["{name}"]'
    hint = f"{column} = [{mended} if isinstance(one, str) else one for one in {column}]"
    return LogError(msg, column=name, rows=rows, count=len(rows), hint=hint)


def _rows(given: list[tuple[int, Any]], wanted: Callable[[Any], bool]) -> list[int]:
    return [row for row, value in given if wanted(value)]
