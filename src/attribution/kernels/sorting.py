"""User-major, time-minor order by one value sort, whatever the order in which rows arrived.

An argsort of ten million 64-bit keys moves twice the memory of a value sort and has no vector
instructions in numpy; a lexsort costs ten times as much. So the row number is packed into the low bits
of the user's hash and the *values* are sorted: rows come out grouped by the hash's high bits and, where
they arrived in time order, in time order inside. Two users that share those high bits are rare; their
runs are found by comparing the full hashes and sorted exactly. Rows that did not arrive in time order
are brought into it first in the same way: the coarse time and the row number in one word. That is two sorts
of main memory, so such rows are cut into ranges of the hash beforehand, by one pass over its top bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attribution._threads import each
from attribution._typing import Hashes, Ints
from attribution.kernels.ragged import expand, run_starts

_WORTH_PIECES = 1 << 18  # rows; fewer are ordered sooner than they are cut
_WORTH_THREADS = 4  # cutting rows in time order costs what two threads save (docs/performance.md)
_PIECES = 4  # of the rows for each thread: only those at work have temporary columns


def order_by_user_and_time(
    user: Hashes, time: Ints, ties: Sequence[NDArray[Any]] = (), *, threads: int = 1
) -> tuple[Ints, Hashes, Ints]:
    """Order rows by (user, time, ties...), whatever order they come in.

    Parameters
    ----------
    user
        Well-mixed hashes, uint64, shape (n,).
    time
        Microseconds, int64, shape (n,).
    ties
        Columns that order rows of one user at one time, most significant first, each of shape (n,).
    threads
        How many ranges of hashes are ordered at once; the order does not depend on it.

    Returns
    -------
    order : int64, shape (n,)
        Row numbers in that order. Rows alike in every column keep the order in which they came.
    user, time : shape (n,)
        The two columns in that order, which had to be gathered anyway.

    Examples
    --------
    >>> import numpy as np
    >>> user, time = np.array([9, 2, 9], np.uint64), np.array([5, 7, 1])
    >>> order_by_user_and_time(user, time)[0].tolist()
    [1, 2, 0]
    """
    if len(user) >= _WORTH_PIECES and (threads >= _WORTH_THREADS or not _in_time_order(time)):
        return _in_pieces(user, time, ties, threads)
    return _in_one(user, time, ties)


def _in_time_order(time: Ints) -> bool:
    return bool((time[1:] >= time[:-1]).all())


def _in_pieces(
    user: Hashes, time: Ints, ties: Sequence[NDArray[Any]], threads: int
) -> tuple[Ints, Hashes, Ints]:
    """Order ranges of the hash by themselves, each into its place in the whole: users are in one each."""
    pieces = min(256, _PIECES * max(2, threads))
    of_byte = (np.arange(256) * pieces // 256).astype(np.uint8)
    found = of_byte[(user >> np.uint64(56)).astype(np.uint8)]
    by_piece = np.argsort(found, kind="stable")  # of one byte: a single pass, without comparisons
    ends = np.concatenate([[0], np.cumsum(np.bincount(found, minlength=pieces))])
    order, users, times = np.empty(len(user), np.int64), np.empty_like(user), np.empty_like(time)

    def piece(number: int) -> None:
        place = slice(int(ends[number]), int(ends[number + 1]))
        rows = by_piece[place]
        inside, users[place], times[place] = _in_one(user[rows], time[rows], [tie[rows] for tie in ties])
        order[place] = rows[inside]

    each(piece, range(pieces), threads)
    return order, users, times


def _in_one(user: Hashes, time: Ints, ties: Sequence[NDArray[Any]]) -> tuple[Ints, Hashes, Ints]:
    """Order all rows by sorts of the whole columns."""
    arrival = _time_order(time)
    if arrival is not None:
        user, time = user[arrival], time[arrival]
    order, user = _group_by_user(user)
    time = time[order]
    if arrival is not None:
        order = arrival[order]
    _order_ties(order, user, time, ties)
    return order, user, time


def _time_order(time: Ints) -> Ints | None:
    """Return the stable order by time, int64 of shape (n,), or None where rows already have it."""
    if len(time) < 2 or _in_time_order(time):
        return None
    bits = int(len(time) - 1).bit_length()
    start = int(time.min())
    # Python integers: the span of two int64 may exceed an int64.
    coarse = max(0, (int(time.max()) - start).bit_length() - (64 - bits))
    mask = np.uint64((1 << bits) - 1)
    key = time.astype(np.uint64)
    key -= np.uint64(start % 2**64)
    key >>= np.uint64(coarse)
    key <<= np.uint64(bits)
    key |= np.arange(len(time), dtype=np.uint64)
    key.sort()
    order = (key & mask).view(np.int64)
    if coarse:
        key >>= np.uint64(bits)
        _repair(order, key, time)
    return order


def _group_by_user(user: Hashes) -> tuple[Ints, Hashes]:
    """Return the stable order by user hash, and the hashes in it; shapes (n,)."""
    n = len(user)
    bits = max(int(n - 1).bit_length(), 1)
    mask = np.uint64((1 << bits) - 1)
    key = user & ~mask
    key |= np.arange(n, dtype=np.uint64)
    key.sort()
    order = (key & mask).view(np.int64)
    key >>= np.uint64(bits)
    return order, _repair(order, key, user)


def _repair(order: Ints, prefix: Hashes, full: NDArray[Any]) -> NDArray[Any]:
    """Sort, in place, the runs of equal `prefix` in which the full keys fall; return the keys in order.

    `prefix` holds the sorted high bits, `full` the whole keys in row order. Rows of a run stand in row
    order, so a stable sort by the full key is the stable sort of the whole.
    """
    keys = full[order]
    wrong = np.flatnonzero(keys[1:] < keys[:-1])
    wrong = wrong[prefix[wrong] == prefix[wrong + 1]]
    if not len(wrong):
        return keys
    shared = np.unique(prefix[wrong])
    low = np.searchsorted(prefix, shared, "left")
    high = np.searchsorted(prefix, shared, "right")
    rows, _ = expand(low, high)
    # Runs are disjoint and rise with the prefix: one sort of all of them keeps each run in its place.
    exact = np.argsort(keys[rows], kind="stable")
    order[rows] = order[rows[exact]]
    keys[rows] = keys[rows[exact]]
    return keys


def _order_ties(order: Ints, user: Hashes, time: Ints, ties: Sequence[NDArray[Any]]) -> None:
    """Order, in place, rows of one user at one time by the `ties` columns (given in row order)."""
    if not ties or len(order) < 2:
        return
    same = np.flatnonzero((time[1:] == time[:-1]) & (user[1:] == user[:-1]))
    if not len(same):
        return
    marked = np.zeros(len(order), np.bool_)
    marked[same] = True
    marked[same + 1] = True
    rows = np.flatnonzero(marked)
    tied = order[rows]
    group = np.cumsum(run_starts(user[rows], time[rows]))
    keys = [tie[tied] for tie in reversed(ties)]
    order[rows] = tied[np.lexsort([*keys, group])]
