"""Shapley values by sampled orders of the players, straight from sets, without a table of all coalitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution._typing import Codes, Floats, Ints
from attribution.stats.coalitions import rates
from attribution.stats.sums import sums_by

FEWEST_CIRCLES = 32  # standard errors of fewer are too uncertain to stop by, or to show
_ROUND = 8  # circles between two looks at the standard errors


@dataclass(frozen=True, eq=False)
class Sampled:
    """Estimated Shapley values.

    Attributes
    ----------
    values : float64, shape (n, m)
        Means over the sampled orders, a column a game; unbiased.
    errors : float64, shape (n, m)
        Their standard errors, from the variance between circles.
    orders : int
        How many orders the means are over.
    reached : bool
        Whether the tolerance was reached.
    """

    values: Floats
    errors: Floats
    orders: int
    reached: bool


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

    Players are seated in a circle at random, and arrive in the order of their seats: from every first seat,
    and in both directions. So a circle stands for 2n orders, each with its reverse (antithetic pairs), in
    which every player arrives at every place twice; what is left to chance is only who came before. All
    these orders together meet no more than the n (n - 1) arcs of the circle, whose worth one pass over the
    sets gives. Values of each circle, and so their means, sum to the worth of all players.

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
        How many orders to draw at most, rounded up to whole circles; at least 32 circles are drawn.
    tolerance
        Stop once no standard error exceeds this fraction of the worth of all players, in any game; 0 draws
        all orders. A game in which all players together are worth 0 does not keep the sampling going.
    rng
        The generator to draw from.

    Returns
    -------
    Sampled
        The same for the same generator.
    """
    seated = _Seated(offsets, members, np.column_stack([amounts, totals]), n)
    worth = np.abs(rates(amounts.sum(axis=0), np.full(amounts.shape[1], totals.sum())))
    mean, spread = np.zeros((n, amounts.shape[1])), np.zeros((n, amounts.shape[1]))
    drawn, most, reached = 0, max(-(-orders // (2 * n)), FEWEST_CIRCLES), False
    while drawn < most and not reached:
        drawn += 1
        off = seated.values(rng.permutation(n)) - mean
        mean += off / drawn  # Welford's update: exact where values hardly vary
        spread += off**2 * ((drawn - 1) / drawn)
        if drawn >= FEWEST_CIRCLES and (drawn % _ROUND == 0 or drawn == most):
            largest = np.sqrt(spread.max(axis=0, initial=0.0) / (drawn - 1) / drawn)
            reached = bool((largest <= tolerance * worth)[worth > 0].all())
    return Sampled(mean, np.sqrt(spread / (drawn - 1) / drawn), 2 * n * drawn, reached)


def resample_subset_rates(
    offsets: Ints, members: Codes, sums: Floats, n: int, *, circles: int, rng: np.random.Generator
) -> Floats:
    """Estimate the values of `sample_subset_rates` for many amounts and totals of the same sets at once.

    All are estimated in the same circles, so that what they differ by is known far better than each: what is
    left to chance is the same for all.

    Parameters
    ----------
    offsets, members
        Distinct sets, k of them, none empty.
    sums
        Numerators, and the denominators as last column, shape (R, k, m + 1).
    n
        How many players there are.
    circles
        How many to seat, of 2n orders each.
    rng
        The generator to draw from.

    Returns
    -------
    Floats
        Shape (R, n, m).
    """
    from scipy import sparse

    size, k, games = len(sums), len(offsets) - 1, sums.shape[2] - 1
    seated = _Seated(offsets, members, np.empty((k, 0)), n)
    columns = sums.transpose(1, 2, 0).reshape(k, -1)
    values = np.zeros((n, games, size))
    for _ in range(circles):
        seats = rng.permutation(n)
        cell = seated.cells(seats)
        placed: Any = sparse.csr_array((np.ones(len(cell)), (cell, seated.owner)), shape=(n * n, k))
        values += seated.gains(seats, (placed @ columns).reshape(n, n, games + 1, size))
    return np.moveaxis(values / circles, 2, 0)


class _Seated:
    """Sets of players who sit in a circle, arranged by size so that all sets of a size are one matrix."""

    def __init__(self, offsets: Ints, members: Codes, columns: Floats, n: int) -> None:
        sizes = np.diff(offsets)
        self._n = n
        self._kind = np.uint8 if n <= 256 else np.int32
        self._wide = np.dtype(np.int32 if n <= 40_000 else np.int64)  # holds n * n
        by_size = [np.flatnonzero(sizes == size) for size in np.unique(sizes)]
        self._players = [members[offsets[sets][:, None] + np.arange(sizes[sets[0]])] for sets in by_size]
        order = np.concatenate([*by_size, np.empty(0, np.int64)]).astype(np.int64)
        self.owner = np.repeat(order, sizes[order])
        self._columns: list[tuple[Ints | slice, Floats]] = []
        for column in columns.T:
            of_member = column[self.owner]
            some = np.flatnonzero(of_member)
            everywhere = len(some) == len(of_member)
            self._columns.append((slice(None) if everywhere else some, of_member[some]))

    def values(self, seats: Ints) -> Floats:
        """Return each player's mean gain over the 2n orders of a circle, shape (n, games).

        Parameters
        ----------
        seats
            Who sits where, shape (n,).
        """
        n, cell = self._n, self.cells(seats)
        sums = [sums_by(cell[some], column, n * n) for some, column in self._columns]
        return self.gains(seats, np.stack(sums, axis=1).reshape(n, n, len(sums)))

    def gains(self, seats: Ints, sums: Floats) -> Floats:
        """Return what `values` does, of sums by cell, shape (n, n, games + 1, ...), the totals last."""
        n, seat = self._n, np.arange(self._n)
        arcs = _arcs(sums)
        worth = np.zeros((n, n + 1, arcs.shape[2] - 1, *arcs.shape[3:]))  # of the arc of s seats from seat a
        worth[:, 1:] = rates(arcs[:, :, :-1], arcs[:, :, -1:])
        steps = np.diff(worth, axis=1)
        first = (seat[:, None] - seat[None, :]) % n  # where an arc of s + 1 seats begins
        forward = steps[first, seat[None, :]].sum(axis=1)
        backward = (worth[:, 1:] - np.roll(worth[:, :-1], -1, axis=0)).sum(axis=1)
        gains: Floats = np.empty_like(forward)
        gains[seats] = (forward + backward) / (2 * n)
        return gains

    def cells(self, seats: Ints) -> Ints:
        """Return each member's seat times n, plus the seats from there to the set's next, less 1.

        Members come by size of their set; `owner` names the set of each.
        """
        n = self._n
        seat_of = np.empty(n, self._kind)
        seat_of[seats] = np.arange(n)
        cells = [np.empty(0, np.int64)]
        for players in self._players:
            taken: Codes = np.sort(seat_of[players], axis=1).astype(self._wide)
            distance = np.empty_like(taken)
            distance[:, :-1] = taken[:, 1:] - taken[:, :-1] - 1
            distance[:, -1] = taken[:, 0] + (n - 1) - taken[:, -1]
            cells.append((taken * n + distance).ravel().astype(np.int64))
        return np.concatenate(cells)


def _arcs(sums: Floats) -> Floats:
    """Return the sum over the sets inside each arc; shape (n, n, ...), arcs of 1 to n seats.

    A set lies in an arc from seat a when the arc reaches the set's last seat before a, going round. That
    is seat p for every a between p and the set's next seat. So the sets that an arc of k + 1 seats from
    a has and one of k seats has not are those that hold its last seat and no other up to a: whose next
    seat is at least n - k further.

    Parameters
    ----------
    sums
        Of the sets that hold a seat, by seat and distance to the set's next seat, less 1.
    """
    seat = np.arange(len(sums))
    at_least = np.cumsum(sums[:, ::-1], axis=1)  # n - k or more, for k = 0, 1, ...
    gained = at_least[(seat[:, None] + seat[None, :]) % len(sums), seat[None, :]]
    arcs: Floats = np.cumsum(gained, axis=1)
    return arcs
