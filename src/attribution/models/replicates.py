"""Credit of many reweighted samples of users, from tallies kept per bucket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from attribution._typing import Floats, Ints
from attribution.credit.credit import Credit
from attribution.models.base import Model
from attribution.models.buckets import BucketedTally
from attribution.models.cells import at_cells

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
