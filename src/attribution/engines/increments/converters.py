"""Who converted before the boundary, and when first: kept where a breakdown asks who returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from attribution._typing import Hashes, Ints
from attribution.journeys.journeys import Journeys
from attribution.kernels.ragged import run_starts
from attribution.tables.arrays import numbers

_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Converters:
    """Users who converted, ``user`` (sorted), and when first, ``first`` (microseconds); shapes (u,)."""

    user: Hashes
    first: Ints

    @classmethod
    def none(cls) -> Converters:
        """Return nobody."""
        return cls(np.zeros(0, np.uint64), np.zeros(0, np.int64))

    @classmethod
    def of(cls, journeys: Journeys, before: int = _NEVER) -> Converters:
        """Return who converted in some journeys before an instant."""
        assert journeys.user is not None and journeys.conversion_time is not None  # noqa: PT018
        which = journeys.converted & (journeys.conversion_time < before)
        return cls(journeys.user[which], journeys.conversion_time[which]).sorted()

    def sorted(self) -> Converters:
        """Return each user once, with the earliest time."""
        order = np.lexsort([self.first, self.user])
        user, first = self.user[order], self.first[order]
        starts = np.flatnonzero(run_starts(user))
        return Converters(user[starts], first[starts])

    def __add__(self, other: Converters) -> Converters:
        """Return the users of both."""
        user = np.concatenate([self.user, other.user])
        return Converters(user, np.concatenate([self.first, other.first])).sorted()

    def first_of(self, user: Hashes) -> Ints:
        """Return when each of some users converted first; the greatest int64 for those who never did."""
        if not len(self.user):
            return np.full(len(user), _NEVER)
        place = np.minimum(np.searchsorted(self.user, user), len(self.user) - 1)
        return np.where(self.user[place] == user, self.first[place], _NEVER)


def write_converters(path: Any, converters: Converters) -> None:
    """Write converters to a Parquet file, named or open."""
    columns = {"user": pa.array(converters.user.view(np.int64)), "first": pa.array(converters.first)}
    packed = dict.fromkeys(columns, "DELTA_BINARY_PACKED")
    pq.write_table(pa.table(columns), path, compression="zstd", use_dictionary=False, column_encoding=packed)


def read_converters(path: Any) -> Converters:
    """Read what `write_converters` wrote; whatever is wrong with the file raises one of many errors."""
    table = pq.ParquetFile(path).read()
    user, first = (
        np.concatenate([np.zeros(0, np.int64), *(numbers(chunk) for chunk in table.column(name).chunks)])
        for name in ("user", "first")
    )
    return Converters(user.view(np.uint64), first)
