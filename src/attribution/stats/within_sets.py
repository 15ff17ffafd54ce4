"""Shapley values of one game played inside each of many sets of players, added up over the sets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

from attribution._typing import Bools, Codes, Floats, Hashes, Ints
from attribution.stats.coalitions import arrival_weights, subset_sums, superset_sums, table_positions
from attribution.stats.sums import sums_by

MOST_TABLE_PLAYERS = 20
_BLOCK = 1 << 22  # pairs looked at at once: 32 MB a working array
_LOOKUP_COST = 30  # comparisons that cost as much as one look-up among the sorted keys
_LARGEST_LOOKUP = 20  # sets with more players than this are compared with all others


def shapley_within_sets(offsets: Ints, members: Codes, worth: Floats, shares: Floats, n: int) -> Floats:
    """Play a game inside each listed set, and add up the values that its members get there.

    Inside set T (of t players) the worth of a subset S is ``worth[S]`` if S is listed, else 0; the values
    of T's players are multiplied by ``shares[T]``. With ``w`` the arrival weights of t players, player i's
    sum is that of ``worth[S] A(S)`` over the sets S that hold i minus that of ``shares[T] B(T)`` over the
    sets T that hold i, where ``A(S)`` sums ``shares[T] (w[|S| - 1] + w[|S|])`` over the listed T around S,
    and ``B(T)`` sums ``worth[S] w[|S|]`` over the listed S inside T. So only pairs of listed sets count,
    and the result is exact for any number of players.

    The pairs are found by looking up the subsets of small sets and by comparing large sets with all others,
    or, where that is more work and there are up to 20 players, A and B come from tables of 2**n numbers, one
    transform for each size of set.

    Parameters
    ----------
    offsets, members
        Distinct sets, k of them, none empty.
    worth
        Worth of each set, shape (k, m): one column for each of m games.
    shares
        What the values inside each set are multiplied by, shape (k, m).
    n
        How many players there are.

    Returns
    -------
    Floats
        Shape (n, m).

    Examples
    --------
    >>> import numpy as np
    >>> offsets, members = np.array([0, 1, 3]), np.array([0, 0, 1])
    >>> worth, shares = np.array([[0.1], [0.3]]), np.array([[0.0], [10.0]])
    >>> shapley_within_sets(offsets, members, worth, shares, 2).tolist()
    [[2.0], [1.0]]
    """
    sizes = np.diff(offsets)
    pairs = _Pairs(offsets, members, (worth != 0).any(axis=1), (shares != 0).any(axis=1))
    steps = 2.0 * n * (1 << min(n, 62)) * int(sizes.max(initial=0)) * worth.shape[1]
    if n <= MOST_TABLE_PLAYERS and steps < pairs.comparisons:
        around, inside = _table_sums(offsets, members, worth, shares)
    else:
        around, inside = _pair_sums(pairs, sizes, worth, shares)
    gained = np.repeat(worth * around - shares * inside, sizes, axis=0)
    summed = [sums_by(members, column, n) for column in gained.T]
    return np.stack(summed, axis=1).astype(np.float64)


def _weights_by_size(largest: int) -> tuple[Floats, Floats]:
    """Return ``w[s]`` and ``w[s - 1] + w[s]`` by size of T and of S, each of shape (t + 1, t + 1)."""
    after = np.zeros((largest + 1, largest + 1))
    both = np.zeros((largest + 1, largest + 1))
    for size in range(1, largest + 1):
        weights = arrival_weights(size)
        after[size, : size + 1] = weights
        both[size, 1 : size + 1] = weights[:-1] + weights[1:]
    return after, both


def _table_sums(offsets: Ints, members: Codes, worth: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Return A and B of each set from one transform for each size of set; shapes (k, m)."""
    place, sizes = table_positions(offsets, members), np.diff(offsets)
    after, both = _weights_by_size(int(sizes.max(initial=0)))
    table = np.zeros(1 << int(members.max(initial=-1) + 1))
    around, inside = np.zeros_like(shares), np.zeros_like(worth)
    for size in np.unique(sizes).tolist():
        alike = np.flatnonzero(sizes == size)
        for game in range(worth.shape[1]):
            table[:] = 0.0
            table[place[alike]] = worth[alike, game]
            inside[:, game] += after[sizes, size] * subset_sums(table)[place]
            table[place[alike]] = shares[alike, game]
            around[:, game] += both[size, sizes] * superset_sums(table)[place]
    return around, inside


def _pair_sums(pairs: _Pairs, sizes: Ints, worth: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Return A and B of each set from all pairs of one inside the other; shapes (k, m)."""
    from scipy import sparse

    after, both = _weights_by_size(int(sizes.max(initial=0)))
    around, inside = np.zeros_like(shares), np.zeros_like(worth)
    shape = (len(sizes), len(sizes))
    for outer, inner in pairs:
        large, small = sizes[outer], sizes[inner]
        after_outer: Any = sparse.csr_array((after[large, small], (outer, inner)), shape=shape)
        around_inner: Any = sparse.csr_array((both[large, small], (inner, outer)), shape=shape)
        inside += after_outer @ worth
        around += around_inner @ shares
    return around, inside


class _Pairs:
    """Pairs (T, S) of listed sets with S inside T, where T has a share and S a worth.

    Up to 64 players a set is known by its bits; beyond, by the sum of fixed random numbers of its members
    mod 2**64, so that a look-up errs with probability 2**-64 for each set that it is compared with.
    """

    def __init__(self, offsets: Ints, members: Codes, inner: Bools, outer: Bools) -> None:
        self._offsets, self._members = offsets, members.astype(np.int64)
        self._sizes = np.diff(offsets)
        self._inner, self._outer = np.flatnonzero(inner), np.flatnonzero(outer)

    @cached_property
    def _player_keys(self) -> Hashes:
        players = int(self._members.max(initial=-1)) + 1
        if players <= 64:
            return np.uint64(1) << np.arange(players, dtype=np.uint64)
        return np.random.default_rng(0x5E75).integers(1, 2**64, players, dtype=np.uint64)

    @cached_property
    def _sorted_keys(self) -> tuple[Hashes, Ints]:
        """Return the keys of the inner sets, ascending, and whose they are."""
        keys = np.empty(0, np.uint64)
        if len(self._sizes):
            keys = np.add.reduceat(self._player_keys[self._members], self._offsets[:-1])
        order = self._inner[np.argsort(keys[self._inner])]
        return keys[order], order

    @cached_property
    def _words(self) -> Hashes:
        """Return each set's bits, shape (words, k)."""
        words = np.zeros((int(self._members.max(initial=0)) // 64 + 1, len(self._sizes)), np.uint64)
        owner = np.repeat(np.arange(len(self._sizes)), self._sizes)
        bits = np.uint64(1) << (self._members % 64).astype(np.uint64)
        np.bitwise_or.at(words, (self._members // 64, owner), bits)
        return words

    @cached_property
    def _work(self) -> tuple[Floats, Floats]:
        """Return what looking up and what comparing costs for each outer set, in comparisons."""
        subsets = 2.0 ** np.minimum(self._sizes[self._outer], 1000)
        return subsets * _LOOKUP_COST, np.full(len(subsets), float(len(self._inner) * len(self._words)))

    @property
    def comparisons(self) -> float:
        """How much work there is, in comparisons of two sets."""
        return float(np.minimum(*self._work).sum())

    def __iter__(self) -> Iterator[tuple[Ints, Ints]]:
        """Yield (T, S) positions, block by block."""
        if not len(self._outer) or not len(self._inner):
            return
        sizes = self._sizes[self._outer]
        by_lookup, by_comparison = self._work
        looked_up = (by_lookup < by_comparison) & (sizes <= _LARGEST_LOOKUP)
        for size in np.unique(sizes[looked_up]).tolist():
            alike = self._outer[looked_up & (sizes == size)]
            step = max(1, _BLOCK >> size)
            for start in range(0, len(alike), step):
                yield self._look_up(alike[start : start + step], size)
        compared = self._outer[~looked_up]
        step = max(1, _BLOCK // len(self._inner))
        for start in range(0, len(compared), step):
            yield self._compare(compared[start : start + step])

    def _look_up(self, outer: Ints, size: int) -> tuple[Ints, Ints]:
        """Find the listed subsets of sets of one size, by the keys of all their subsets."""
        players = self._members[self._offsets[outer][:, None] + np.arange(size)]
        subsets = np.zeros((len(outer), 1), np.uint64)
        for player in players.T:
            subsets = np.concatenate([subsets, subsets + self._player_keys[player][:, None]], axis=1)
        known, owner = self._sorted_keys
        place = np.minimum(np.searchsorted(known, subsets), len(known) - 1)
        which, column = np.nonzero(known[place] == subsets)
        return outer[which], owner[place[which, column]]

    def _compare(self, outer: Ints) -> tuple[Ints, Ints]:
        """Find the listed subsets of sets by comparing the bits of all pairs."""
        inside = np.ones((len(outer), len(self._inner)), np.bool_)
        for word in self._words:
            inside &= (word[self._inner][None, :] & ~word[outer][:, None]) == 0
        which, place = np.nonzero(inside)
        return outer[which], self._inner[place]
