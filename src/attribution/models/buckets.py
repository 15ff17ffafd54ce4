"""Tallies kept per bucket of users, so that a bootstrap is a small matrix product."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from attribution._threads import once
from attribution._typing import Floats, Hashes, Ints
from attribution.errors import ModelError
from attribution.journeys.journeys import Journeys


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
