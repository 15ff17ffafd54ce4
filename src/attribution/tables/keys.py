"""Users and order ids of an Arrow array as 64-bit hashes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from attribution._typing import Hashes
from attribution.kernels.hashing import hash_fixed, hash_integers, hash_strings
from attribution.tables import kinds
from attribution.tables.arrays import numbers, unwrap


def hash_array(array: Any, *, lane: int = 0) -> Hashes:
    """Hash every entry of an Arrow array of integers, text, bytes or UUIDs.

    Parameters
    ----------
    array
        A pyarrow Array; dictionary-encoded or not. What a null hashes to means nothing.
    lane
        Which hash: 0, or 1 for the second, independent one. Integers have the same in both: it is exact.

    Returns
    -------
    Hashes
        uint64, shape (n,). Equal ids hash alike whatever width, offset type or encoding they came in.

    Examples
    --------
    >>> import pyarrow as pa
    >>> ids = ["ann", "bob"]
    >>> bool((hash_array(pa.array(ids)) == hash_array(pa.array(ids, pa.large_string()))).all())
    True
    """
    array = unwrap(array)
    kind = array.type
    if pat.is_dictionary(kind):
        return _hash_dictionary(array, lane)
    if pat.is_integer(kind):
        return hash_integers(numbers(array))
    if pat.is_fixed_size_binary(kind):
        return _hash_fixed_binary(array, lane)
    if kinds.is_text(kind) or kinds.is_bytes(kind):
        return _hash_bytes(array, lane)
    return np.zeros(len(array), np.uint64)


def _hash_dictionary(array: Any, lane: int) -> Hashes:
    hashes = hash_array(array.dictionary, lane=lane)
    return hashes[numbers(array.indices)] if len(hashes) else np.zeros(len(array), np.uint64)


def _hash_fixed_binary(array: Any, lane: int) -> Hashes:
    width = array.type.byte_width
    data = array.buffers()[1]
    if data is None or not len(array) or not width:
        return hash_fixed(np.zeros((len(array), width), np.uint8), lane=lane)
    start = array.offset * width
    raw = np.frombuffer(data, np.uint8)[start : start + len(array) * width]
    return hash_fixed(raw.reshape(len(array), width), lane=lane)


def _hash_bytes(array: Any, lane: int) -> Hashes:
    if pat.is_string_view(array.type):
        array = array.cast(pa.large_string())
    elif pat.is_binary_view(array.type):
        array = array.cast(pa.large_binary())
    wide = pat.is_large_string(array.type) or pat.is_large_binary(array.type)
    _, offsets, data = array.buffers()
    if offsets is None or not len(array):
        return np.zeros(len(array), np.uint64)
    ends = np.frombuffer(offsets, np.int64 if wide else np.int32)[
        array.offset : array.offset + len(array) + 1
    ]
    first = int(ends[0])
    raw = np.frombuffer(data, np.uint8)[first : int(ends[-1])] if data is not None else np.empty(0, np.uint8)
    return hash_strings(ends.astype(np.int64) - first, raw, lane=lane)
