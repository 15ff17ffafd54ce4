"""Shapley values by sampled orders of the players, straight from sets, without a table of all coalitions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution._typing import Codes, Floats, Ints
from attribution.stats.coalitions import rates

_ROUND = 64  # pairs of orders between two looks at the standard errors
_FEWEST = 4 * _ROUND  # pairs before the first look: standard errors of few pairs stop too early
_BLOCK = 1 << 23  # members ranked at once


@dataclass(frozen=True, eq=False)
class Sampled:
    """Estimated Shapley values.

    Attributes
    ----------
    values : float64, shape (n, m)
        Means over the sampled orders, a column a game; unbiased.
    errors : float64, shape (n, m)
        Their standard errors, from the variance between pairs.
    orders : int
        How many orders were sampled, two a pair.
    """

    values: Floats
    errors: Floats
    orders: int


def sample_subset_rates(
    offsets: Ints,
    members: Codes,
    amounts: Floats,
    totals: Floats,
    n: int,
    *,
    orders: int,
    tolerance: float,
    rng: np.random.Generator,
) -> Sampled:
    """Estimate the Shapley values of ``v(S) = amount of the sets inside S / their total``.

    Orders of the players are drawn in antithetic pairs, each with its reverse. In one order a set is
    inside the players that have arrived once its last member has, so that sorting the sets by that moment
    and summing gives the worth of every coalition of the order. Values of each order, and so their means,
    sum exactly to the worth of all players.

    Parameters
    ----------
    offsets, members
        Distinct sets, k of them, none empty.
    amounts
        Numerators, shape (k, m): one column for each of m games.
    totals
        Denominators, shape (k,).
    n
        How many players there are.
    orders
        How many orders to draw at most; rounded up to pairs.
    tolerance
        Stop once no standard error exceeds this fraction of the worth of all players, in no game; 0 draws
        all orders. Games that are worth 0 do not keep the sampling going.
    rng
        The generator to draw from.

    Returns
    -------
    Sampled
        The same for the same generator, whatever the machine.
    """
    pairs_wanted = max(2, -(-orders // 2))
    worth = np.abs(rates(amounts.sum(axis=0), np.full(amounts.shape[1], totals.sum())))
    mean, spread, pairs = np.zeros((n, amounts.shape[1])), np.zeros((n, amounts.shape[1])), 0
    errors = np.full_like(mean, np.nan)
    while pairs < pairs_wanted:
        drawn = min(_ROUND, pairs_wanted - pairs)
        step = max(1, _BLOCK // max(len(members), 1))
        arrivals = np.argsort(rng.random((drawn, n)), axis=1)
        for start in range(0, drawn, step):
            gains = _pair_gains(offsets, members, amounts, totals, arrivals[start : start + step])
            for gain in gains:  # Welford's update keeps the variance exact where values hardly vary
                pairs += 1
                off = gain - mean
                mean += off / pairs
                spread += off * (gain - mean)
        errors = np.sqrt(spread / max(pairs - 1, 1) / pairs)
        if pairs >= _FEWEST and bool((errors.max(axis=0, initial=0.0) <= tolerance * worth)[worth > 0].all()):
            break
    return Sampled(mean, errors, 2 * pairs)


def _pair_gains(offsets: Ints, members: Codes, amounts: Floats, totals: Floats, arrivals: Ints) -> Floats:
    """Return what each player adds, mean of each order and its reverse; shape (pairs, n, games).

    `arrivals` holds the players of each order, first to last, shape (pairs, n).
    """
    pairs, n = arrivals.shape
    kind = np.uint8 if n <= 256 else np.int32
    moments = np.empty((pairs, n), kind)
    np.put_along_axis(moments, arrivals, np.arange(n, dtype=kind)[None, :], axis=1)
    of_members = moments[:, members]
    last = np.maximum.reduceat(of_members, offsets[:-1], axis=1).astype(np.int64)
    first = np.minimum.reduceat(of_members, offsets[:-1], axis=1).astype(np.int64)
    forward = _steps(last, amounts, totals, n)
    backward = _steps(n - 1 - first, amounts, totals, n)[:, ::-1]
    gains = np.empty_like(forward)
    np.put_along_axis(gains, arrivals[:, :, None], (forward + backward) / 2, axis=1)
    return gains


def _steps(completed: Ints, amounts: Floats, totals: Floats, n: int) -> Floats:
    """Return what each arrival adds to the rate, shape (pairs, n, games).

    `completed` holds when each set's last member arrives, shape (pairs, k).
    """
    pairs = len(completed)
    cell = completed + n * np.arange(pairs)[:, None]
    total = _cumulated(cell, totals, pairs, n)
    steps = np.empty((pairs, n, amounts.shape[1]))
    for game, column in enumerate(amounts.T):
        some = np.flatnonzero(column)
        rate = rates(_cumulated(cell[:, some], column[some], pairs, n), total)
        steps[:, :, game] = np.diff(rate, axis=1, prepend=0.0)
    return steps


def _cumulated(cell: Ints, column: Floats, pairs: int, n: int) -> Floats:
    """Sum a column by moment and cumulate over moments; shape (pairs, n)."""
    weights = np.broadcast_to(column, cell.shape).ravel()
    summed = np.bincount(cell.ravel(), weights, pairs * n).reshape(pairs, n)
    cumulated: Floats = np.cumsum(summed, axis=1)
    return cumulated
