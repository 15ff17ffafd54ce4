"""Shapley values of games on sets of players: subset sums, folding, and closed forms for sparse games.

Two forms of a game are understood. A *table* holds a number for each of the 2^n sets of n players: bit i
of a position says whether player i is in the set. *Sets* are ragged: set j holds the distinct players
``members[offsets[j]:offsets[j + 1]]`` in ascending order; sets that are not listed have the worth 0.
"""

from __future__ import annotations

import numpy as np

from attribution._typing import Codes, Floats, Ints
from attribution.stats.sums import sums_by


def subset_sums(table: Floats) -> Floats:
    """Return, for each set, the sum of `table` over its subsets (the zeta transform).

    Parameters
    ----------
    table
        Shape (2**n,).

    Examples
    --------
    >>> import numpy as np
    >>> subset_sums(np.array([1.0, 2.0, 3.0, 4.0])).tolist()
    [1.0, 3.0, 4.0, 10.0]
    """
    sums = table.copy()
    for bit in range(_players(table)):
        halves = sums.reshape(-1, 2, 1 << bit)
        halves[:, 1] += halves[:, 0]
    return sums


def superset_sums(table: Floats) -> Floats:
    """Return, for each set, the sum of `table` over the sets that contain it; shape (2**n,).

    Examples
    --------
    >>> import numpy as np
    >>> superset_sums(np.array([1.0, 2.0, 3.0, 4.0])).tolist()
    [10.0, 6.0, 7.0, 4.0]
    """
    sums = table.copy()
    for bit in range(_players(table)):
        halves = sums.reshape(-1, 2, 1 << bit)
        halves[:, 0] += halves[:, 1]
    return sums


def arrival_weights(n: int) -> Floats:
    """Return ``s! (n - s - 1)! / n!`` for s = 0 .. n - 1, and 0 for s = n; shape (n + 1,).

    In a random order of n players it is the probability that a given set of s players comes first and a
    given other player next.

    Examples
    --------
    >>> arrival_weights(3).round(4).tolist()
    [0.3333, 0.1667, 0.3333, 0.0]
    """
    weights = np.zeros(n + 1)
    if n:
        s = np.arange(1, (n + 1) // 2)
        # 1 / (n * binomial(n - 1, s)), each binomial from the one before; the second half mirrors the
        # first, which would else be lost to underflow where there are a thousand players.
        weights[: len(s) + 1] = np.cumprod(np.concatenate([[1.0 / n], s / (n - s)]))
        weights[n - len(s) - 1 : n] = weights[len(s) :: -1]
    return weights


def table_sizes(n: int) -> Ints:
    """Return how many players each of the 2^n sets holds; shape (2**n,)."""
    sizes = np.zeros(1, np.int64)
    for _ in range(n):
        sizes = np.concatenate([sizes, sizes + 1])
    return sizes


def shapley_of_table(worth: Floats) -> Floats:
    """Return the Shapley values of a game given in full.

    With ``w`` the arrival weights, player i gets the sum of ``(w[|S| - 1] + w[|S|]) v(S)`` over the sets S
    that contain i, minus the sum of ``w[|S|] v(S)`` over all sets. Halving the table player by player makes
    that O(2^n) in all.

    Parameters
    ----------
    worth
        Worth of each set, shape (2**n,). Values sum to ``worth[-1] - worth[0]``.

    Returns
    -------
    Floats
        Shape (n,).

    Examples
    --------
    >>> import numpy as np
    >>> shapley_of_table(np.array([0.0, 1.0, 2.0, 5.0])).tolist()
    [2.0, 3.0]
    """
    n = _players(worth)
    weights, sizes = arrival_weights(n), table_sizes(n)
    before = np.concatenate([[0.0], weights[:-1]])
    base = float((worth * weights[sizes]).sum())
    folded = worth * (before + weights)[sizes]
    values = np.empty(n)
    for player in range(n - 1, -1, -1):
        half = 1 << player
        values[player] = folded[half:].sum() - base
        folded = folded[:half] + folded[half:]
    return values


def shapley_of_sums(offsets: Ints, members: Codes, amounts: Floats, n: int) -> Floats:
    """Return the Shapley values of the game whose worth of S is the amount of all listed sets inside S.

    Each set's amount is split equally over its members (Harsanyi 1959: the amounts are the game's
    dividends), so any number of players is exact.

    Parameters
    ----------
    offsets, members
        Distinct sets, k of them; the empty set's amount goes to nobody.
    amounts
        Amount of each set, shape (k,).
    n
        How many players there are.

    Returns
    -------
    Floats
        Shape (n,).
    """
    sizes = np.diff(offsets)
    shares = np.repeat(amounts / np.maximum(sizes, 1), sizes)
    return sums_by(members, shares, n)


def shapley_of_sets(offsets: Ints, members: Codes, worth: Floats, n: int) -> Floats:
    """Return the Shapley values of a game that is 0 outside the listed sets.

    The formula of `shapley_of_table` needs only the sets of non-zero worth, so any number of players is
    exact.

    Parameters
    ----------
    offsets, members
        Distinct sets, k of them, none empty.
    worth
        Worth of each set, shape (k,).
    n
        How many players there are.

    Returns
    -------
    Floats
        Shape (n,).
    """
    weights, sizes = arrival_weights(n), np.diff(offsets)
    inside = worth * (weights[sizes - 1] + weights[sizes])
    base = (worth * weights[sizes]).sum()
    held: Floats = sums_by(members, np.repeat(inside, sizes), n) - base
    return held


def rates(amounts: Floats, totals: Floats) -> Floats:
    """Return amounts over totals, 0 where the total is 0."""
    result = np.zeros(np.shape(amounts))  # of floats, whatever the amounts are
    np.divide(amounts, totals, out=result, where=totals != 0)
    return result


def shapley_of_subset_rates(offsets: Ints, members: Codes, amounts: Floats, totals: Floats, n: int) -> Floats:
    """Return the Shapley values of the game ``v(S) = amount of the sets inside S / their total``.

    The empty set is worth 0, and so is a set that holds no listed one.

    Parameters
    ----------
    offsets, members
        Distinct sets, k of them, none empty.
    amounts, totals
        Numerator and denominator of each set, shape (k,).
    n
        How many players there are; three tables of 2**n numbers are held in memory.

    Returns
    -------
    Floats
        Shape (n,).
    """
    place = table_positions(offsets, members)
    inside = []
    for column in (amounts, totals):
        table = np.zeros(1 << n)
        table[place] = column
        inside.append(subset_sums(table))
    return shapley_of_table(rates(inside[0], inside[1]))


def table_positions(offsets: Ints, members: Codes) -> Ints:
    """Return each set's position in a table, for players below 62; shape (k,)."""
    position = np.zeros(len(offsets) - 1, np.int64)
    filled = np.flatnonzero(np.diff(offsets))
    if len(filled):
        position[filled] = np.add.reduceat(np.int64(1) << members.astype(np.int64), offsets[filled])
    return position


def _players(table: Floats) -> int:
    return len(table).bit_length() - 1
