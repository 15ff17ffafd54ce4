"""Geos in pairs and strata, and random draws of who is treated within them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution._typing import Bools, Floats, Ints

_FEWEST_STRETCHES = 4  # in either half of the time that makes pairs
_WORTH_IT = 0.9  # of the variance within pairs by size: co-movement must do better than that to be used


@dataclass(frozen=True, eq=False, slots=True)
class Blocks:
    """Groups of geos within which chance decides.

    Attributes
    ----------
    codes
        int64, shape (n,): block of each geo, from 0; -1 where it takes no part.
    takes
        int64, shape (B,): treated geos of each cell in each block.
    cells
        How many treatments there are.
    how
        How the blocks were made, in words.
    """

    codes: Ints
    takes: Ints
    cells: int
    how: str

    def draw(self, count: int, rng: np.random.Generator) -> Ints:
        """Return `count` assignments.

        Returns
        -------
        Ints
            Shape (count, n): 0 control, 1 and so on the cells, -1 for geos that take no part.
        """
        inside = np.flatnonzero(self.codes >= 0)
        codes = self.codes[inside]
        sizes = np.bincount(codes, minlength=len(self.takes))
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        # Codes are whole numbers and keys below 1, so this sorts by block and at random within it.
        order = np.argsort(codes + rng.random((count, len(inside))), axis=1)
        block = np.repeat(np.arange(len(sizes)), sizes)
        place = np.arange(len(inside)) - starts[block]
        take = self.takes[block]
        arm = np.where(place < self.cells * take, 1 + place // np.maximum(take, 1), 0)
        arms = np.full((count, len(self.codes)), -1, np.int64)
        arms[np.arange(count)[:, None], inside[order]] = arm
        return arms

    def keep(self, kept: Bools) -> Blocks:
        """Return the blocks that are kept, with codes from 0 again."""
        new = np.full(len(kept) + 1, -1, np.int64)  # the last place serves the code -1
        new[:-1][kept] = np.arange(int(kept.sum()))
        return Blocks(new[self.codes], self.takes[kept], self.cells, self.how)

    def dearest(self, cost: Floats) -> Floats:
        """Return what each block costs if chance treats its dearest geos, shape (B,)."""
        order = np.lexsort((-cost, self.codes))
        order = order[self.codes[order] >= 0]
        codes = self.codes[order]
        first = np.searchsorted(codes, np.arange(len(self.takes)))
        place = np.arange(len(codes)) - first[codes]
        chosen = place < (self.cells * self.takes)[codes]
        worst = np.bincount(codes[chosen], cost[order][chosen], minlength=len(self.takes))
        return worst.astype(np.float64)


def groups_by_size(size: Floats, rows: Ints, group: int) -> list[Ints]:
    """Return geos in groups of neighbours by size; the smallest are left over where any must be."""
    order = rows[np.argsort(-size[rows], kind="stable")]
    whole = len(order) // group * group
    return list(order[:whole].reshape(-1, group))


def pairs_by_movement(distance: Floats, rows: Ints) -> list[Ints]:
    """Return pairs, again and again the two geos left that differ least.

    Parameters
    ----------
    distance
        Shape (n, n): how differently two geos moved.
    rows
        Geos to pair; one is left over where their number is odd.

    Examples
    --------
    >>> import numpy as np
    >>> at = np.array([0.0, 5.0, 0.1, 5.3])
    >>> [pair.tolist() for pair in pairs_by_movement((at[:, None] - at) ** 2, np.arange(4))]
    [[0, 2], [1, 3]]
    """
    left = distance[np.ix_(rows, rows)].astype(np.float64)
    left[np.tril_indices(len(rows))] = np.inf
    found = []
    for _ in range(len(rows) // 2):
        one, other = np.unravel_index(int(np.argmin(left)), left.shape)
        found.append(rows[[one, other]])
        left[[one, other], :] = np.inf
        left[:, [one, other]] = np.inf
    return found


def pair_up(outcome: Floats, rows: Ints, stretch: int) -> tuple[list[Ints], str]:
    """Return pairs by size, or by how geos moved where that holds on a time that did not make the pairs.

    Parameters
    ----------
    outcome
        Shape (n, T): the time before the test.
    rows
        Geos to pair.
    stretch
        Periods to average over; movements that pass within them do not matter.
    """
    by_size = groups_by_size(outcome.mean(axis=1), rows, 2)
    count = outcome.shape[1] // stretch
    means = (
        outcome[:, outcome.shape[1] - count * stretch :].reshape(len(outcome), count, stretch).mean(axis=2)
    )
    if count < 2 * _FEWEST_STRETCHES or not (means[rows] > 0).all():
        return by_size, "neighbours by size"
    logs = np.log(np.where(means > 0, means, 1.0))
    first, second = _apart(logs[:, : count // 2]), _apart(logs[:, count // 2 :])

    def variance(pairs: list[Ints]) -> float:
        one, other = np.array(pairs).T
        return float(second[one, other].mean())

    if variance(pairs_by_movement(first, rows)) < _WORTH_IT * variance(by_size):
        return pairs_by_movement(_apart(logs), rows), "geos whose outcomes moved alike"
    return by_size, "neighbours by size"


def _apart(logs: Floats) -> Floats:
    """Return the variance over time of the log ratio of any two geos, shape (n, n)."""
    moved = logs - logs.mean(axis=1, keepdims=True)
    common = moved @ moved.T
    own = np.diag(common)
    apart: Floats = (own[:, None] + own - 2 * common) / logs.shape[1]
    return apart


def blocks_of(groups: list[Ints], n: int, takes: Ints, cells: int, how: str) -> Blocks:
    """Return blocks from lists of rows."""
    codes = np.full(n, -1, np.int64)
    for number, group in enumerate(groups):
        codes[group] = number
    return Blocks(codes, takes, cells, how)


def strata_by_size(size: Floats, rows: Ints, n_treated: int, cells: int) -> Blocks:
    """Return blocks of neighbours by size that share out `n_treated` geos of each cell.

    As many blocks as there can be with a treated geo of each cell and a control geo in each.
    """
    order = rows[np.argsort(-size[rows], kind="stable")]
    control = len(order) - cells * n_treated
    count = min(n_treated, control)
    place = np.arange(count)
    takes = n_treated // count + (place < n_treated % count).astype(np.int64)
    spare = control // count + (place >= count - control % count).astype(np.int64)
    groups = np.split(order, np.cumsum(cells * takes + spare)[:-1])
    return blocks_of(groups, len(size), takes, cells, "blocks of neighbours by size")
