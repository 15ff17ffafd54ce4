"""Columns of units: ids of users, households or shops, in whatever form they come, as 64-bit hashes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from attribution._typing import Hashes, Ints
from attribution.errors import ExperimentError, raised_as
from attribution.kernels.hashing import hash_fixed, hash_integers, hash_strings
from attribution.tables.arrays import refuse_bad_text


def arrow_column(values: Any, name: str, *, label: bool = False, place: str = "") -> pa.Array:
    """Return a column (Arrow, pandas, polars, numpy, or a list) as one Arrow array without nulls.

    Parameters
    ----------
    values
        The column.
    name
        What it is called, for the error.
    label
        Whether it holds labels of groups and not ids, likewise.
    place
        What a printed line calls it; ``users["name"]`` where nothing is given.

    Raises
    ------
    ExperimentError
        If it is no column, mixes types, or holds nulls or text that is not UTF-8.

    Examples
    --------
    >>> arrow_column(["ann", "bob"], "user_id").type
    DataType(string)
    """
    place = place or f"users[{name!r}]"
    array = _converted(values, name, place)
    if isinstance(array, pa.Array) and pat.is_run_end_encoded(array.type):
        array = pc.run_end_decode(array)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)
    if isinstance(array, pa.ChunkedArray):  # Arrow leaves what is too long for one array in chunks
        msg = f"{name} holds more text than one array takes"
        raise ExperimentError(msg, column=name, hint=f'{place} = {place}.cast("large_string")')
    if array.null_count:
        rows = np.flatnonzero(np.asarray(array.is_null().to_numpy(zero_copy_only=False)))
        msg = f"{name} has {array.null_count:,} missing values"
        raise ExperimentError(
            msg,
            column=name,
            rows=rows[:5].tolist(),
            count=array.null_count,
            why="who has no label can be balanced with nobody"
            if label
            else "a unit without an id cannot be told from another, now or later",
            hint=f"{place} = pandas.Series({place}).astype('string').fillna('unknown')"
            if label
            else f"leave out the rows without {name}",
        )
    with raised_as(ExperimentError):
        refuse_bad_text(array, name)
    return array


def hash_units(values: Any, name: str = "users", place: str = "") -> Hashes:
    """Hash ids by content: integers without collision whatever their width, text and bytes by their bytes.

    Parameters
    ----------
    values
        Integers, text, bytes or UUIDs: an Arrow array, a pandas or polars Series, a numpy array, a list.
    name
        The column's name, for messages.
    place
        What a printed line calls it; ``users["name"]`` where nothing is given.

    Returns
    -------
    Hashes
        uint64, shape (n,). The number 7 and the text "7" are different ids.

    Raises
    ------
    ExperimentError
        If the ids are missing, mixed, or of a kind that does not name units, such as floats.

    Examples
    --------
    >>> import numpy as np
    >>> bool((hash_units([1, 2]) == hash_units(np.array([1, 2], np.int16))).all())
    True
    """
    place = place or f"users[{name!r}]"
    return _hash(arrow_column(values, name, place=place), name, place)


def _converted(values: Any, name: str, place: str) -> Any:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    if isinstance(values, str | bytes | Mapping | set | frozenset) or not hasattr(values, "__iter__"):
        msg = f"{name} is a {type(values).__name__}, which is no column"
        raise ExperimentError(msg, column=name, hint=f"{name}=[...], one entry a unit")
    try:
        if hasattr(values, "to_arrow"):
            return values.to_arrow()
        if not hasattr(values, "__len__"):
            values = list(values)
        return pa.array(values, from_pandas=True)
    except MemoryError:
        raise
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        msg = f"{name} cannot be read as a column of ids: {reason}"
        raise ExperimentError(
            msg,
            column=name,
            why="which ids are equal would be a guess",
            hint=f'{place} = pandas.Series({place}).astype("string")',
        ) from error


def _is_whole(numbers: pa.Array) -> bool:
    exact = pc.and_(pc.equal(numbers, pc.floor(numbers)), pc.less(pc.abs(numbers), 2.0**53))
    return bool(pc.all(exact).as_py())


def _hash(array: pa.Array, name: str, place: str) -> Hashes:
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    kind = array.type
    if pat.is_dictionary(kind):
        hashes = _hash(array.dictionary, name, place)
        return hashes[_integers(array.indices)] if len(hashes) else np.zeros(len(array), np.uint64)
    if pat.is_integer(kind):
        return hash_integers(_integers(array))
    if pat.is_fixed_size_binary(kind):
        return _hash_fixed(array)
    if pat.is_string_view(kind) or pat.is_string(kind) or pat.is_large_string(kind):
        return _hash_text(array.cast(pa.large_string()))
    if pat.is_binary_view(kind) or pat.is_binary(kind) or pat.is_large_binary(kind):
        return _hash_text(array.cast(pa.large_binary()))
    if not len(array):
        return np.zeros(0, np.uint64)
    whole = pat.is_floating(kind) and _is_whole(array.cast(pa.float64()))
    msg = f"{name} is of type {kind}, which does not name units"
    raise ExperimentError(
        msg,
        column=name,
        why="ids that are rounded or formatted in another way elsewhere would change arm",
        hint=f'{place} = pandas.Series({place}).astype("{"Int64" if whole else "string"}")',
    )


def _integers(array: pa.Array) -> Ints:
    data = array.buffers()[1]
    kind = np.dtype(array.type.to_pandas_dtype())
    if data is None or not len(array):
        return np.zeros(len(array), kind)
    return np.frombuffer(data, kind)[array.offset : array.offset + len(array)]


def _hash_fixed(array: pa.Array) -> Hashes:
    width = array.type.byte_width
    data = array.buffers()[1]
    if data is None or not len(array) or not width:
        return hash_fixed(np.zeros((len(array), width), np.uint8))
    start = array.offset * width
    return hash_fixed(np.frombuffer(data, np.uint8)[start : start + len(array) * width].reshape(-1, width))


def _hash_text(array: pa.Array) -> Hashes:
    _, offsets, data = array.buffers()
    if offsets is None or not len(array):
        return np.zeros(len(array), np.uint64)
    ends = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    first = int(ends[0])
    raw = np.frombuffer(data, np.uint8)[first : int(ends[-1])] if data is not None else np.empty(0, np.uint8)
    return hash_strings(ends - first, raw)


def codes_of(values: Any, name: str) -> tuple[Ints, list[Any]]:
    """Return a column as codes and the list of its distinct labels, in order of first appearance.

    Examples
    --------
    >>> codes_of(["b", "a", "b"], "arm")
    (array([0, 1, 0]), ['b', 'a'])
    """
    array = arrow_column(values, name)
    if not pat.is_dictionary(array.type):
        array = pc.dictionary_encode(array)
    return _integers(array.indices).astype(np.int64), array.dictionary.to_pylist()
