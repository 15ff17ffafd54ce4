"""numpy views of Arrow arrays, taken from their buffers.

pyarrow's own `to_numpy`, `pa.array` and `pa.scalar` import pandas on first use, which costs as much time as
reading several million rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat
from numpy.typing import NDArray

from attribution._typing import Bools
from attribution.errors import LogError
from attribution.tables.unreadable import first_line


def unwrap(array: Any) -> Any:
    """Return the storage of a UUID array and the values of a run-end encoded one; others as they are."""
    if isinstance(array.type, pa.BaseExtensionType):
        return array.storage
    if pat.is_run_end_encoded(array.type):
        return pc.run_end_decode(array)
    return array


def without_views(batch: Any) -> Any:
    """Return a record batch whose views of text or bytes are plain text and bytes.

    Polars and others hand over views, which most of pyarrow's functions do not take.

    Examples
    --------
    >>> import pyarrow as pa
    >>> batch = pa.record_batch({"channel": pa.array(["email"], pa.string_view())})
    >>> without_views(batch).schema.field("channel").type
    DataType(large_string)
    """
    if not any(_plain_of_view(kind) for kind in batch.schema.types):
        return batch
    arrays = [without_view(array) for array in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _plain_of_view(kind: Any) -> Any:
    """Return the type to give to a view, also to one in a dictionary; None for other types."""
    if pat.is_dictionary(kind):
        return _plain_of_view(kind.value_type)
    if pat.is_string_view(kind):
        return pa.large_string()
    return pa.large_binary() if pat.is_binary_view(kind) else None


def without_view(array: Any) -> Any:
    """Return an array of views of text or bytes as plain text and bytes; others as they are."""
    kind = _plain_of_view(array.type)
    if kind is None:
        return array
    if pat.is_dictionary(array.type):
        return pa.DictionaryArray.from_arrays(array.indices, array.dictionary.cast(kind))
    return array.cast(kind)


def decoded(column: Any) -> Any:
    """Return a chunked column with plain values in place of a dictionary's codes."""
    if not pat.is_dictionary(column.type):
        return column
    kind = _plain_of_view(column.type.value_type) or column.type.value_type
    chunks = [chunk.dictionary.cast(kind).take(chunk.indices) for chunk in column.chunks]
    return pa.chunked_array(chunks, kind)


def numbers(array: Any) -> NDArray[Any]:
    """Return a fixed-width Arrow array (integers, floats, dates, timestamps) as numpy; nulls become 0.

    Without nulls this is a view. Dates and timestamps come as the integers that they are stored as.

    Examples
    --------
    >>> import pyarrow as pa
    >>> numbers(pa.array([1, None, 3], pa.int16()))
    array([1, 0, 3], dtype=int16)
    """
    if pat.is_dictionary(array.type):
        array = array.dictionary_decode()
    width = array.type.bit_width // 8
    kind = "f" if pat.is_floating(array.type) else "u" if pat.is_unsigned_integer(array.type) else "i"
    dtype = np.dtype(f"{kind}{width}")
    data = array.buffers()[1]
    if data is None:
        return np.zeros(len(array), dtype)
    values = np.frombuffer(data, dtype, len(array), array.offset * width)
    nulls = null_mask(array)
    return values if nulls is None else np.where(nulls, dtype.type(0), values)


def null_mask(array: Any) -> Bools | None:
    """Return which entries are null; None if none is.

    Examples
    --------
    >>> import pyarrow as pa
    >>> null_mask(pa.array(["a", None]))
    array([False,  True])
    """
    if pat.is_null(array.type):
        return np.ones(len(array), np.bool_)
    bits = array.buffers()[0]
    if not array.null_count or bits is None:
        return None
    return ~_unpack(bits, array.offset, len(array))


def booleans(array: Any) -> Bools:
    """Return a boolean Arrow array as numpy; null becomes False.

    Examples
    --------
    >>> import pyarrow as pa
    >>> booleans(pa.array([True, None, False]))
    array([ True, False, False])
    """
    data = array.buffers()[1]
    if data is None:
        return np.zeros(len(array), np.bool_)
    values = _unpack(data, array.offset, len(array))
    nulls = null_mask(array)
    return values if nulls is None else values & ~nulls


def _unpack(bits: Any, offset: int, n: int) -> Bools:
    first = offset // 8
    packed = np.frombuffer(bits, np.uint8)[first : (offset + n + 7) // 8]
    return np.unpackbits(packed, bitorder="little")[offset - first * 8 :][:n].view(np.bool_)


def strings(texts: Sequence[str]) -> Any:
    """Return an Arrow string array of a few texts."""
    parts = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, parts)]).astype(np.int32)
    return pa.StringArray.from_buffers(len(parts), pa.py_buffer(ends), pa.py_buffer(b"".join(parts)))


def refuse_bad_text(array: Any, column: str) -> None:
    """Raise LogError where text is not UTF-8, which files of other writers may hold under that name."""
    try:
        array.validate(full=True)
    except pa.ArrowInvalid as error:
        msg = f"texts are not UTF-8 ({first_line(error)})"
        raise LogError(msg, column=column, hint="write the table again with that column as text") from error


def positions(rows: NDArray[Any]) -> Any:
    """Return row numbers as the Arrow array that `take` wants."""
    data = np.ascontiguousarray(rows, np.int64)
    return pa.Array.from_buffers(pa.int64(), len(data), [None, pa.py_buffer(data)])
