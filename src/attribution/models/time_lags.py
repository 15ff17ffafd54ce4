"""Waits: how long touches of each channel waited for a conversion, and what conversions they met."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from attribution._checks import LONGEST, duration_us
from attribution._typing import Floats, Hashes, Ints
from attribution.errors import ModelError
from attribution.journeys.claimed import claimed_touches
from attribution.journeys.journeys import Journeys
from attribution.kernels.hashing import hash_integers
from attribution.kernels.path_identity import distinct_paths
from attribution.kernels.ragged import expand, find_segments, offsets_of
from attribution.stats.sums import sums_by

SECOND = 1_000_000
DAY = 86_400.0  # seconds


@dataclass(frozen=True, eq=False)
class TimeLagTally:
    """Sums per distinct group of lag cells that add up over disjoint sets of users.

    A lag cell is a channel and a bin of the time since one of its touches. A conversion meets its touches
    in such cells: their group, with repeats, is its row. The time that touches spent in a cell is kept in the
    row of that cell alone; in whole seconds, so that sums are exact in any order.

    Attributes
    ----------
    channels : tuple of str
        Channel names, sorted.
    edges : tuple of int
        Upper ends of the bins, seconds, ascending; the first begins at 0, the last has no end.
    offsets : int64, shape (n_rows + 1,)
        Row r holds the cells ``members[offsets[r]:offsets[r + 1]]``.
    members : int64, shape (n,)
        Cells, as ``channel * len(edges) + bin``, ascending in each row, with repeats.
    sums : float64, shape (n_rows, 3)
        Conversions, their value, and seconds. The row without cells, if it is there, holds the
        unattributed conversions.
    """

    channels: tuple[str, ...]
    edges: tuple[int, ...]
    offsets: Ints
    members: Ints
    sums: Floats

    @property
    def sizes(self) -> Ints:
        """Cells in each row, int64, shape (n_rows,)."""
        return np.diff(self.offsets)

    @property
    def seconds(self) -> Floats:
        """Seconds that touches spent in each cell, shape (n_channels, n_bins)."""
        shape = (len(self.channels), len(self.edges))
        lone = np.flatnonzero(self.sizes == 1)
        cell = self.members[self.offsets[lone]]
        return sums_by(cell, self.sums[lone, 2], shape[0] * shape[1]).reshape(shape)

    def __add__(self, other: TimeLagTally) -> TimeLagTally:
        """Merge the tallies of disjoint sets of users, by the names of their channels.

        Raises
        ------
        ModelError
            If their bins differ.
        """
        if self.edges != other.edges:
            msg = f"tallies with lag bins {self.edges} and {other.edges} cannot be merged"
            raise ModelError(msg)
        place = self._rows_of(other)
        if place is not None:
            sums = self.sums.copy()
            sums[place] += other.sums
            return replace(self, sums=sums)
        channels = tuple(sorted({*self.channels, *other.channels}))
        code = {name: position for position, name in enumerate(channels)}
        n = len(self.edges)
        members = [
            np.array([code[name] for name in tally.channels], np.int64)[tally.members // n] * n
            + tally.members % n
            for tally in (self, other)
        ]
        offsets = np.concatenate([self.offsets, self.offsets[-1] + other.offsets[1:]])
        sums = np.concatenate([self.sums, other.sums])
        return grouped(channels, self.edges, np.concatenate(members), offsets, sums)

    @cached_property
    def _keys(self) -> Hashes:
        keys = np.zeros(len(self.sizes), np.uint64)
        filled = np.flatnonzero(self.sizes)
        if len(filled):
            keys[filled] = np.add.reduceat(hash_integers(self.members + 1), self.offsets[filled])
        return keys

    @cached_property
    def _order(self) -> Ints:
        return np.argsort(self._keys)

    def _rows_of(self, other: TimeLagTally) -> Ints | None:
        """Return where the rows of `other` are in this tally, or None if any is not, or its key clashes."""
        if self.channels != other.channels:
            return None
        known, wanted = (self.members, self.offsets), (other.members, other.offsets)
        return find_segments(known, self._keys, self._order, wanted, other._keys)


def grouped(
    channels: tuple[str, ...], edges: tuple[int, ...], members: Ints, offsets: Ints, sums: Floats
) -> TimeLagTally:
    """Add up the rows that hold the same cells; cells ascend in each row."""
    number, example = distinct_paths(members, offsets)
    index, kept = expand(offsets[example], offsets[example + 1])
    summed = [sums_by(number, column, len(example)) for column in sums.T]
    table = np.stack(summed, axis=1).astype(np.float64)
    return TimeLagTally(channels, edges, kept, members[index], table)


def tally_time_lags(journeys: Journeys, edges: tuple[int, ...]) -> TimeLagTally:
    """Count conversions by the lags of their touches, and the time that all touches waited.

    Parameters
    ----------
    journeys
        With times; disjoint sets of users may be tallied apart and merged with ``+``.
    edges
        Upper ends of the lag bins, seconds, ascending.

    Raises
    ------
    ModelError
        If it is not known how long touches without a conversion were observed.
    """
    n, size = len(edges), len(journeys.channels) * len(edges)
    claimed = claimed_touches(journeys)
    lag, of_bin = claimed_lags(journeys, edges)
    cell = claimed.channel.astype(np.int64) * n + of_bin
    # Sorted inside each journey: the journey is the leading part of one key.
    members = np.sort(claimed.journey * max(size, 1) + cell) % max(size, 1)
    waited = _seconds(cell, lag, of_bin, claimed.conversions[claimed.journey], edges, size)
    open_end = np.flatnonzero(np.repeat(~journeys.converted, journeys.lengths))
    if len(open_end):
        lag = _open_lags(journeys, open_end)
        of_bin = bins_of(lag, edges)
        cell = journeys.channel[open_end].astype(np.int64) * n + of_bin
        weight = np.repeat(journeys.weights, journeys.lengths)[open_end]
        waited += _seconds(cell, lag, of_bin, weight, edges, size)
    lost = np.flatnonzero(journeys.converted & (journeys.lengths == 0))
    spent = np.flatnonzero(waited)
    lengths = np.concatenate([claimed.lengths, np.ones(len(spent), np.int64), np.zeros(len(lost), np.int64)])
    sums = np.zeros((len(lengths), 3))
    k = len(claimed.which)
    sums[:k, 0], sums[:k, 1] = claimed.conversions, claimed.value
    sums[k : k + len(spent), 2] = waited[spent]
    sums[k + len(spent) :, 0] = journeys.weights_of(lost)
    sums[k + len(spent) :, 1] = journeys.value[lost]
    return grouped(journeys.channels, edges, np.concatenate([members, spent]), offsets_of(lengths), sums)


def claimed_lags(journeys: Journeys, edges: tuple[int, ...]) -> tuple[Ints, Ints]:
    """Return the seconds from each claimed touch to its conversion, and their bin, shape (M,)."""
    claimed = claimed_touches(journeys)
    assert journeys.time is not None
    assert journeys.conversion_time is not None
    conversion = journeys.conversion_time[claimed.which][claimed.journey]
    lag = (conversion - journeys.time[claimed.index]) // SECOND
    return lag, bins_of(lag, edges)


def bins_of(lag: Ints, edges: tuple[int, ...]) -> Ints:
    """Return the bin of each lag; those beyond the last edge are in the last bin."""
    return np.minimum(np.searchsorted(np.array(edges), lag, side="right"), len(edges) - 1)


def _seconds(
    cell: Ints, lag: Ints, of_bin: Ints, weight: Floats, edges: tuple[int, ...], size: int
) -> Floats:
    """Return the seconds that touches spent in each cell on their way to their last one, shape (size,)."""
    n = len(edges)
    upper = np.array(edges, np.float64)
    lower = np.append(0.0, upper[:-1])
    inside = np.minimum(lag, edges[-1]) - lower[of_bin]
    partly = sums_by(cell, weight * inside, size).reshape(-1, n)
    ended = sums_by(cell, weight, size).reshape(-1, n)
    passed = ended[:, ::-1].cumsum(axis=1)[:, ::-1] - ended
    waited: Floats = (partly + passed * (upper - lower)).reshape(-1)
    return waited


def _open_lags(journeys: Journeys, touches: Ints) -> Ints:
    """Return the seconds for which touches that met no conversion were observed."""
    assert journeys.time is not None
    lookback = lookback_us(journeys)
    waited = np.full(len(touches), lookback, np.int64)
    if journeys.window is not None:
        waited = np.minimum(waited, np.maximum(journeys.window[1] - journeys.time[touches], 0))
    elif lookback >= LONGEST:
        msg = "it is not known how long touches without a conversion were observed"
        raise ModelError(
            msg,
            why="a touch that waits long in vain lowers its channel's hazard",
            hint='at.build_journeys(log, lookback="30D") knows the window and the end of the log',
        )
    return waited // SECOND


def lookback_us(journeys: Journeys) -> int:
    """Return the lookback window that the journeys were built with, microseconds."""
    said = journeys.settings.get("lookback")
    if said is None or said == "unlimited":
        return LONGEST
    try:
        return duration_us(said, "lookback", error=ModelError, allow_zero=True)
    except ModelError:  # a timedelta in words, such as "30 days, 0:00:00"
        import pandas as pd

        return duration_us(pd.Timedelta(str(said)), "lookback", error=ModelError, allow_zero=True)
