"""Segments of flat arrays: expansion, positions, sums, and binary search inside each segment."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Bools, Hashes, Ints

Segments = tuple[NDArray[Any], Ints]


def offsets_of(lengths: Ints) -> Ints:
    """Return where segments of these lengths start and end when laid end to end; shape (k + 1,)."""
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def expand(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """List the indices of all segments ``[low[k], high[k])``, one segment after the other.

    Returns
    -------
    index : int64, shape (m,)
        The flat indices.
    offsets : int64, shape (k + 1,)
        Segment k of the result is ``index[offsets[k]:offsets[k + 1]]``.

    Examples
    --------
    >>> import numpy as np
    >>> expand(np.array([5, 0]), np.array([8, 1]))[0].tolist()
    [5, 6, 7, 0]
    """
    lengths = high - low
    offsets = offsets_of(lengths)
    index = np.arange(offsets[-1], dtype=np.int64)
    index += np.repeat(low - offsets[:-1], lengths)
    return index, offsets


def search_segments(values: NDArray[Any], low: Ints, high: Ints, wanted: NDArray[Any], side: str) -> Ints:
    """Search each `wanted[k]` in the sorted ``values[low[k]:high[k]]``, all k at once.

    Parameters
    ----------
    values
        Sorted inside every segment, shape (n,).
    low, high
        Segments, int64, shape (k,).
    wanted
        What to look for, shape (k,).
    side
        ``"left"`` or ``"right"``, as in `numpy.searchsorted`.

    Returns
    -------
    Ints
        Flat insertion points, ``low[k] <= result[k] <= high[k]``.
    """
    low, high = low.copy(), high.copy()
    if not len(values):
        return low
    rounds = int((high - low).max(initial=0)).bit_length()
    for _ in range(rounds):
        searching = low < high
        middle = (low + high) >> 1
        found = values[np.minimum(middle, len(values) - 1)]
        right = searching & ((found < wanted) if side == "left" else (found <= wanted))
        low = np.where(right, middle + 1, low)
        high = np.where(searching & ~right, middle, high)
    return low


def segment_sums(values: NDArray[np.float64], offsets: Ints) -> NDArray[np.float64]:
    """Sum each segment; empty segments sum to zero; shape (k,).

    Each segment is added up by itself, so that a small journey is not rounded by its large neighbours
    (differences of one running sum would be).
    """
    sums = np.zeros(len(offsets) - 1)
    filled = np.flatnonzero(np.diff(offsets))
    if len(filled):
        sums[filled] = np.add.reduceat(values, offsets[filled])
    return sums


def run_starts(*columns: NDArray[Any]) -> Bools:
    """Mark the rows that differ from the row before in any column; the first row is marked."""
    marks = np.zeros(len(columns[0]), np.bool_)
    marks[:1] = True
    for column in columns:
        marks[1:] |= column[1:] != column[:-1]
    return marks


def find_segments(
    segments: Segments, keys: Hashes, order: Ints, wanted: Segments, wanted_keys: Hashes
) -> Ints | None:
    """Find each of some segments among others, by their keys, and verify them element by element.

    Parameters
    ----------
    segments, wanted
        (values, offsets): segment k holds ``values[offsets[k]:offsets[k + 1]]``.
    keys, wanted_keys
        uint64, a number for each segment; equal segments have equal keys.
    order
        What sorts `keys`.

    Returns
    -------
    int64, shape (n_wanted,), or None
        Where each is; None if any is not there, or its key belongs to another segment too.

    Examples
    --------
    >>> import numpy as np
    >>> known = (np.array([1, 1, 2]), np.array([0, 1, 3]))  # [1] and [1, 2]
    >>> keys = np.array([1, 3], np.uint64)
    >>> find_segments(known, keys, np.argsort(keys), (np.array([1, 2]), np.array([0, 2])), keys[1:]).tolist()
    [1]
    """
    values, offsets = segments
    others, other_offsets = wanted
    if not len(keys):
        return None
    found = np.searchsorted(keys, wanted_keys, sorter=order)
    place: Ints = order[np.minimum(found, len(order) - 1)]
    if not np.array_equal(keys[place], wanted_keys):
        return None
    low, high = offsets[place], offsets[place + 1]
    if not np.array_equal(high - low, np.diff(other_offsets)):
        return None
    index, _ = expand(low, high)
    return place if np.array_equal(values[index], others) else None
