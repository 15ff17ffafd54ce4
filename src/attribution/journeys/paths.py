"""Distinct paths: an additive table of how often each converted, worth what, how fast; and its frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._checks import whole
from attribution._typing import Codes, Floats, Ints
from attribution.errors import JourneyError
from attribution.journeys.journeys import Journeys
from attribution.kernels.path_identity import distinct_paths
from attribution.kernels.ragged import expand, run_starts
from attribution.stats.sums import sums_by

if TYPE_CHECKING:
    import pandas as pd

_DAY = 86_400_000_000.0


@dataclass(frozen=True, eq=False)
class PathTally:
    """Distinct paths with sums that add up over disjoint sets of users.

    Attributes
    ----------
    channels : tuple of str
        Channel names, sorted.
    codes, offsets
        Path p is ``codes[offsets[p]:offsets[p + 1]]``, positions in `channels`.
    sums : float64, shape (n_paths, 3)
        Conversions, non-converting journeys, and the value of the conversions.
    waits : int64, shape (m, 2)
        A row a converting journey, where times are known: its path, and the microseconds from its first
        touch to its conversion. A median needs every one of them.
    """

    channels: tuple[str, ...]
    codes: Codes
    offsets: Ints
    sums: Floats
    waits: Ints

    def __add__(self, other: PathTally) -> PathTally:
        """Merge the tallies of disjoint sets of users, by the names of the channels."""
        channels = tuple(sorted({*self.channels, *other.channels}))
        place = {name: code for code, name in enumerate(channels)}
        codes = np.concatenate(
            [
                np.array([place[name] for name in tally.channels], np.int32)[tally.codes]
                for tally in (self, other)
            ]
        )
        offsets = np.concatenate([self.offsets, self.offsets[-1] + other.offsets[1:]])
        later = other.waits + np.array([len(self.sums), 0])
        sums, waits = (np.concatenate(both) for both in ((self.sums, other.sums), (self.waits, later)))
        return _distinct(channels, codes, offsets, sums, waits)


def _distinct(channels: tuple[str, ...], codes: Codes, offsets: Ints, sums: Floats, waits: Ints) -> PathTally:
    """Add up the rows of `sums` whose segments of `codes` are one path."""
    number, example = distinct_paths(codes, offsets)
    n = len(example)
    index, kept = expand(offsets[example], offsets[example + 1])
    total = np.stack([sums_by(number, column, n) for column in sums.T], axis=1)
    waits = np.stack([number[waits[:, 0]], waits[:, 1]], axis=1)
    return PathTally(channels, codes[index].astype(np.int32), kept, total.astype(np.float64), waits)


def tally_paths(journeys: Journeys) -> PathTally:
    """Count journeys by their path; unattributed conversions have none and are left out."""
    filled = np.flatnonzero(journeys.lengths > 0)
    offsets = np.append(journeys.offsets[filled], journeys.offsets[filled[-1:] + 1])
    if not len(filled):
        offsets = np.zeros(1, np.int64)
    converted, weights = journeys.converted[filled], journeys.weights[filled]
    sums = np.stack(
        [np.where(converted, weights, 0.0), np.where(converted, 0.0, weights), journeys.value[filled]], axis=1
    )
    waits = np.empty((0, 2), np.int64)
    if journeys.time is not None and journeys.conversion_time is not None:
        which = np.flatnonzero(converted)
        wait = journeys.conversion_time[filled[which]] - journeys.time[offsets[which]]
        waits = np.stack([which, wait], axis=1)
    return _distinct(journeys.channels, journeys.channel, offsets, sums, waits)


@dataclass(frozen=True)
class PathTask:
    """Tally paths; what an engine maps over journeys."""

    def __call__(self, journeys: Journeys) -> PathTally:
        """Return the paths of the journeys that hold a touch."""
        return tally_paths(journeys)


def path_frame(tally: PathTally, *, top: int | None, separator: str) -> pd.DataFrame:
    """Return the table of paths; see `Journeys.path_counts`."""
    import pandas as pd

    if top is not None:
        whole(top, "top", error=JourneyError)
    likely = _candidates(tally.sums, top)
    conversions, nulls, value = tally.sums[likely].T
    index, offsets = expand(tally.offsets[likely], tally.offsets[likely + 1])
    texts = path_texts(tally.channels, tally.codes[index], offsets, separator)
    order = np.lexsort([_ranks(texts), -nulls, -conversions])[:top]
    with np.errstate(invalid="ignore"):
        rate = conversions / (conversions + nulls)
    columns: dict[str, Any] = {
        "path": texts[order].astype(object),
        "touches": np.diff(offsets)[order],
        "conversions": conversions[order],
        "nulls": nulls[order],
        "value": value[order],
        "conversion_rate": rate[order],
        "median_days": _median_days(tally, likely[order])[likely[order]],
    }
    return pd.DataFrame(columns)


def _candidates(sums: Floats, top: int | None) -> Ints:
    """Return the paths, rising, of which the `top` in order of conversions and nulls must be some.

    Texts, which decide between those that have as many of both, cost more than all else in the table.
    """
    n = len(sums)
    if top is None or top >= n:
        return np.arange(n)
    conversions, nulls = sums[:, 0], sums[:, 1]
    least = np.partition(conversions, n - top)[n - top]
    sure = int((conversions > least).sum())
    tied = np.flatnonzero(conversions == least)
    fewest = np.partition(nulls[tied], len(tied) - (top - sure))[len(tied) - (top - sure)]
    return np.flatnonzero((conversions > least) | ((conversions == least) & (nulls >= fewest)))


def _ranks(texts: np.ndarray[Any, Any]) -> Ints:
    """Return the place of each of some distinct texts in their order, which is that of their code points."""
    import pyarrow as pa
    import pyarrow.compute as pc

    order = pc.sort_indices(pa.array(texts, pa.large_string())).to_numpy().astype(np.int64)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _median_days(tally: PathTally, which: Ints) -> Floats:
    """Return the median days from first touch to conversion of some paths, NaN elsewhere; shape (n,)."""
    medians = np.full(len(tally.sums), np.nan)
    asked = np.zeros(len(tally.sums), np.bool_)
    asked[which] = True
    path, wait = tally.waits[asked[tally.waits[:, 0]]].T
    order = np.lexsort([wait, path])
    days, path = wait[order] / _DAY, path[order]
    starts = np.flatnonzero(run_starts(path))
    counts = np.diff(np.append(starts, len(path)))
    lower, upper = starts + (counts - 1) // 2, starts + counts // 2
    medians[path[starts]] = (days[lower] + days[upper]) / 2
    return medians


def path_texts(
    channels: tuple[str, ...], codes: Codes, offsets: Ints, separator: str
) -> np.ndarray[Any, Any]:
    """Write each segment of `codes` out; an object array, shape (len(offsets) - 1,)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    checked_separator(separator)
    names = pa.array([escaped(name, separator) for name in channels], pa.large_string())
    lists = pa.LargeListArray.from_arrays(pa.array(offsets), names.take(pa.array(codes)))
    joined = pc.binary_join(lists, pa.scalar(separator, pa.large_string()))
    texts: np.ndarray[Any, Any] = joined.to_numpy(zero_copy_only=False)
    return texts


def checked_separator(separator: object) -> str:
    """Return what of a separator is not blank."""
    mark = separator.strip() if isinstance(separator, str) else ""
    if not mark or "\\" in mark:
        msg = f"separator={separator!r} must be a text of more than blanks, without a backslash"
        raise JourneyError(msg, column="separator", hint='separator=" > "')
    return mark


def escaped(name: str, separator: str) -> str:
    r"""Put a backslash before a separator, with blanks around it or not, inside a channel's own name.

    Examples
    --------
    >>> print(escaped("a > b", " > "), escaped("a>b", " > "))
    a \> b a\>b

    Raises
    ------
    JourneyError
        If nothing tells where the name ends and the separator begins: the name ends in a backslash or in the
        separator's first letters, and the separator has no blank before it.
    """
    mark = separator.strip()
    endings = ("\\", *(mark[:length] for length in range(1, len(mark))))
    if separator.startswith(mark) and name.endswith(endings):
        msg = f"the channel {name!r} ends in what would read as a part of the separator {separator!r}"
        raise JourneyError(msg, column="separator", hint=f"separator={' ' + separator!r}")
    return name.replace(mark, "\\" + mark)
