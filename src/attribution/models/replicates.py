"""Credit of many reweighted samples of users, from tallies kept per bucket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
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
        Its allocation per bucket, for breakdowns that need one; how conversions are split over touches is
        kept as on all the data, what a channel gets is solved anew.
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
        parts = [
            _spread(model, total, split, sums, cell_sums)
            for sums, cell_sums in zip(chunks, more, strict=True)
        ]
    conversions, value = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    if cells is None:
        return conversions, value
    return at_cells(conversions, cells), at_cells(value, cells)


def _spread(
    model: Model[Any], total: Any, cells: Any, sums: Floats, cell_sums: Floats
) -> tuple[Floats, Floats]:
    results: list[Credit] = []
    for tallied, split in zip(sums, cell_sums, strict=True):
        solved = model.solve(replace(total, sums=tallied))
        results.append(model.spread(solved, replace(cells, sums=split)))
    return (
        np.array([credit.conversions[0] for credit in results]),
        np.array([credit.value[0] for credit in results]),
    )


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
