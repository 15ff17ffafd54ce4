"""Tallies kept per bucket of users, and credit of their resamples: a bootstrap is a small matrix product."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from attribution._threads import once
from attribution._typing import Floats, Hashes, Ints
from attribution.credit.credit import Credit
from attribution.errors import ModelError
from attribution.journeys.journeys import Journeys
from attribution.models.cells import at_cells
from attribution.models.model import Model


@dataclass(frozen=True, eq=False)
class BucketedTally:
    """One tally for each bucket of users.

    A bucket is a range of the user hash, so it does not depend on how users were partitioned, and all
    journeys of a user are in one. Resampling buckets resamples groups of users.

    Attributes
    ----------
    n : int
        How many buckets there are.
    parts : mapping of int to tally
        The tally of each bucket that has journeys; all of one kind.
    empty : tally
        The tally of no journeys: what a bucket without any holds.
    """

    n: int
    parts: Mapping[int, Any]
    empty: Any

    def __add__(self, other: BucketedTally) -> BucketedTally:
        """Merge the tallies of disjoint sets of users, bucket by bucket."""
        parts = dict(self.parts)
        for bucket, part in other.parts.items():
            parts[bucket] = parts[bucket] + part if bucket in parts else part
        return BucketedTally(self.n, parts, self.empty + other.empty)

    def total(self) -> Any:
        """Return the tally of all buckets."""
        return summed([self.empty, *self._in_order()])

    def _in_order(self) -> list[Any]:
        return [self.parts[bucket] for bucket in sorted(self.parts)]

    def matrix(self) -> tuple[Any, Floats, Ints, Ints]:
        """Lay the buckets' rows out against the rows of their total.

        Returns
        -------
        total : tally
            The tally of all buckets.
        sums : float64, shape (m, k)
            Rows of all buckets, one bucket after the other.
        row : int64, shape (m,)
            Which row of the total each is.
        bucket : int64, shape (m,)
            Which bucket it comes from.
        """
        total = self.total()
        empty = replace(total, sums=np.zeros_like(total.sums))
        rows = [np.empty(0, np.int64)]
        parts = self._in_order()
        for part in parts:
            # Merging row numbers in place of sums tells which row of the total each row became.
            marked = np.zeros_like(part.sums)
            marked[:, 0] = np.arange(1, len(part.sums) + 1)
            merged = (empty + replace(part, sums=marked)).sums[:, 0].astype(np.int64)
            place = np.empty(len(part.sums), np.int64)
            found = np.flatnonzero(merged)
            place[merged[found] - 1] = found
            rows.append(place)
        lengths = [len(part.sums) for part in parts]
        return (
            total,
            np.concatenate([empty.sums[:0], *(part.sums for part in parts)]),
            np.concatenate(rows),
            np.repeat(np.array(sorted(self.parts), np.int64), lengths),
        )


def summed(parts: Sequence[Any]) -> Any:
    """Return the sum of tallies, added pairwise so that no row is copied more than log2(n) times."""
    level = list(parts)
    while len(level) > 1:
        pairs = [level[i] + level[i + 1] for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0]


def tally_buckets(journeys: Journeys, task: Callable[[Journeys], Any], n_buckets: int) -> BucketedTally:
    """Tally each bucket of users apart.

    Parameters
    ----------
    journeys
        Sorted by user hash, as `build_journeys` leaves them.
    task
        From journeys to a tally.
    n_buckets
        A power of two.

    Raises
    ------
    ModelError
        If the journeys do not know their users.
    """
    if journeys.user is None:
        msg = "a bootstrap resamples users, and these journeys came from a path table"
        raise ModelError(msg, hint="at.build_journeys(log) knows users")
    parts = {bucket: task(part) for bucket, part in _parts(journeys, journeys.user, n_buckets).items()}
    return BucketedTally(n_buckets, parts, task(journeys.between(0, 0)))


def _parts(journeys: Journeys, user: Hashes, n_buckets: int) -> dict[int, Journeys]:
    """Return the journeys of each bucket, kept with the whole so that models share what they compute."""

    def made() -> dict[int, Journeys]:
        shift = np.uint64(64 - (n_buckets.bit_length() - 1))
        bounds = np.searchsorted((user >> shift).astype(np.int64), np.arange(n_buckets + 1)).tolist()
        spans = enumerate(pairwise(bounds))
        return {bucket: journeys.between(low, high) for bucket, (low, high) in spans if low < high}

    return once(journeys._cache, ("buckets", n_buckets), made)  # noqa: SLF001


_BYTES = 1 << 26  # of sums held at once


def replicate(
    model: Model[Any],
    tally: BucketedTally,
    weights: Floats,
    allocated: BucketedTally | None = None,
    cells: Ints | None = None,
) -> tuple[Floats, Floats]:
    """Solve the model for every weighting of the buckets.

    Parameters
    ----------
    model
        Any model.
    tally
        Its tally per bucket of users.
    weights
        How often each bucket counts, shape (R, n_buckets).
    allocated
        Its allocation per bucket, for breakdowns that need one. What a channel gets is solved anew. How
        conversions are split over touches is kept as on all the data where it only divides what a channel
        gets, and solved anew where it is the credit.
    cells
        Cells to return, as positions among the model's; -1 gives 0. All by default.

    Returns
    -------
    conversions, value : float64, shape (R, n_cells)
        Cells in the order of the model's Credit, or as asked for.
    """
    total, chunks = _weighted(tally, weights)
    if allocated is None:
        parts = [model.solve_many(total, sums) for sums in chunks]
    else:
        split, more = _weighted(allocated, weights)
        solved = (credit for sums in chunks for credit in model.resolved(total, sums))
        parts = [_spread(model, model.solve(total), split, zip(solved, _each(more), strict=True))]
    conversions, value = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    if cells is None:
        return conversions, value
    return at_cells(conversions, cells), at_cells(value, cells)


def _spread(
    model: Model[Any], whole: Credit, cells: Any, samples: Iterable[tuple[Credit, Floats]]
) -> tuple[Floats, Floats]:
    """Fill the cells that the breakdown of all users has, for each weighting as solved and allocated."""
    breakdown = model.breakdown(whole, cells)
    _, order = breakdown.cells.keys()
    filled = [model.refilled(breakdown, solved, split)[order] for solved, split in samples]
    each = np.array(filled).reshape(len(filled), len(order), 2)
    return each[:, :, 0], each[:, :, 1]


def _weighted(tally: BucketedTally, weights: Floats) -> tuple[Any, Iterator[Floats]]:
    """Return the total, and the weighted sums of its rows in chunks of shape (r, n_rows, k)."""
    from scipy import sparse

    total, sums, row, bucket = tally.matrix()
    shape = (tally.n, len(total.sums))
    columns: list[Any] = [sparse.csr_array((column, (bucket, row)), shape=shape) for column in sums.T]
    if 8 * shape[0] * shape[1] <= _BYTES:  # a small table is multiplied faster with its zeros written out
        columns = [column.toarray() for column in columns]
    chunk = max(1, _BYTES // max(1, 8 * total.sums.size))

    def chunks() -> Iterator[Floats]:
        for first in range(0, len(weights), chunk):
            some = weights[first : first + chunk]
            yield np.stack([some @ column for column in columns], axis=2)

    return total, chunks()


def _each(chunks: Iterator[Floats]) -> Iterator[Floats]:
    """Yield sample by sample: two tallies of one model come in chunks of their own lengths."""
    for chunk in chunks:
        yield from chunk
