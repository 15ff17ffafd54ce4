"""Order, segments and windows against numpy and plain Python."""

from __future__ import annotations

import bisect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.kernels import sorting
from attribution.kernels.hashing import hash_integers
from attribution.kernels.path_identity import distinct_paths
from attribution.kernels.ragged import expand, offsets_of, run_starts, search_segments, segment_sums
from attribution.kernels.sorting import order_by_user_and_time

TIMES = st.one_of(st.integers(0, 5), st.integers(-(2**62), 2**62), st.integers(10**15, 10**15 + 10**7))
ROWS = st.lists(st.tuples(st.integers(0, 9), TIMES, st.integers(0, 2), st.integers(0, 2)))


@given(ROWS, st.booleans())
def test_order_equals_lexsort(rows, mixed):
    user, time, a, b = (
        (np.array(column, np.int64) for column in zip(*rows, strict=True))
        if rows
        else (np.empty(0, np.int64),) * 4
    )
    # Unmixed users share all high bits, so that every run is a clash to repair.
    user = hash_integers(user) if mixed else user.astype(np.uint64)
    order, users, times = order_by_user_and_time(user, time, [a, b])
    wanted = np.lexsort([b, a, time, user])
    assert sorted(order.tolist()) == list(range(len(rows)))
    for column, sorted_column in ((user, users), (time, times)):
        assert (column[order] == column[wanted]).all()
        assert (column[order] == sorted_column).all()
    for column in (a, b):
        assert (column[order] == column[wanted]).all()


USERS = st.one_of(
    st.sampled_from([0, 1, 2**56 - 1, 2**56, 2**63, 2**64 - 1]),  # few users, at the edges of ranges
    st.integers(2**60, 2**60 + 3),  # equal prefixes
    st.integers(0, 2**64 - 1),
)


@given(st.lists(st.tuples(USERS, TIMES, st.integers(0, 2))), st.booleans())
def test_the_order_is_one_for_any_number_of_threads(rows, in_time_order):
    rows = sorted(rows, key=lambda row: row[1]) if in_time_order else rows
    user = np.array([row[0] for row in rows], np.uint64)
    time, tie = (np.array([row[place] for row in rows], np.int64) for place in (1, 2))
    whole = order_by_user_and_time(user, time, [tie])  # so few rows are ordered in one piece
    assert (whole[0] == np.lexsort([tie, time, user])).all()  # a stable sort: rows alike keep their order
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "_WORTH_PIECES", 0)
        patch.setattr(sorting, "_WORTH_THREADS", 0)
        for threads in (1, 2, 7, 300):
            for one, other in zip(
                whole, order_by_user_and_time(user, time, [tie], threads=threads), strict=True
            ):
                assert np.array_equal(one, other)
                assert one.dtype == other.dtype


def test_order_of_many_rows_with_shared_prefixes_and_shuffled_times():
    """100,000 rows, 17 bits of row number: users that differ in the low bits only clash for certain."""
    rng = np.random.default_rng(0)
    n = 100_000
    user = (rng.integers(0, 50, n).astype(np.uint64) << np.uint64(40)) + rng.integers(0, 4, n).astype(
        np.uint64
    )
    time = rng.integers(0, 2**52, n)
    _order, users, times = order_by_user_and_time(user, time)
    wanted = np.lexsort([time, user])
    assert (users == user[wanted]).all()
    assert (times == time[wanted]).all()


@given(st.lists(st.lists(st.integers(0, 20), max_size=6)), st.integers(0, 20))
def test_search_segments_equals_bisect(lists, wanted):
    lists = [sorted(part) for part in lists]
    values = np.array([value for part in lists for value in part], np.int64)
    offsets = offsets_of(np.array([len(part) for part in lists], np.int64))
    for side, search in (("left", bisect.bisect_left), ("right", bisect.bisect_right)):
        got = search_segments(values, offsets[:-1], offsets[1:], np.full(len(lists), wanted), side)
        assert (got - offsets[:-1]).tolist() == [search(part, wanted) for part in lists]


@given(st.lists(st.lists(st.integers(0, 5), max_size=5)))
def test_segments_expand_and_sum(lists):
    lengths = np.array([len(part) for part in lists], np.int64)
    offsets = offsets_of(lengths)
    flat = np.array([value for part in lists for value in part], float)
    index, again = expand(offsets[:-1], offsets[1:])
    assert index.tolist() == list(range(len(flat)))
    assert (again == offsets).all()
    assert segment_sums(flat, offsets).tolist() == [float(sum(part)) for part in lists]


def test_a_small_segment_is_not_rounded_by_its_neighbours():
    sums = segment_sums(np.array([1e16, 1.0, 1.0, -1e16]), np.array([0, 1, 3, 4]))
    assert sums[1] == 2.0


@given(st.lists(st.integers(0, 2), max_size=12))
def test_run_starts(values):
    got = run_starts(np.array(values, np.int64))
    assert got.tolist() == [i == 0 or values[i] != values[i - 1] for i in range(len(values))]


@given(st.lists(st.lists(st.integers(0, 3), max_size=5)))
def test_distinct_paths_equal_tuples(lists):
    codes = np.array([value for part in lists for value in part], np.int16)
    offsets = offsets_of(np.array([len(part) for part in lists], np.int64))
    number, example = distinct_paths(codes, offsets)
    seen = {}
    for position, part in enumerate(lists):
        assert seen.setdefault(tuple(part), number[position]) == number[position]
    assert len(seen) == len(example)
    assert all(number[row] == i for i, row in enumerate(example))


def test_colliding_hashes_are_found_and_hashed_again(monkeypatch):
    from attribution.kernels import path_identity

    real = path_identity._segment_hashes
    tried = []

    def colliding(codes, offsets, seed):
        tried.append(seed)
        return np.zeros(len(offsets) - 1, np.uint64) if seed == 0 else real(codes, offsets, seed)

    monkeypatch.setattr(path_identity, "_segment_hashes", colliding)
    number, example = distinct_paths(np.array([0, 1, 0]), np.array([0, 1, 2, 3]))
    assert tried == [0, 1]
    assert len(example) == 2
    assert number[0] == number[2] != number[1]


def test_paths_that_always_collide_raise(monkeypatch):
    from attribution.kernels import path_identity

    monkeypatch.setattr(path_identity, "_segment_hashes", lambda c, o, s: np.zeros(len(o) - 1, np.uint64))
    with pytest.raises(RuntimeError, match="colliding"):
        distinct_paths(np.array([0, 1]), np.array([0, 1, 2]))
