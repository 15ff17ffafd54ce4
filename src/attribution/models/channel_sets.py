"""Sets of channels: how many journeys touched exactly these channels, converting or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from attribution._typing import Codes, Floats, Hashes, Ints
from attribution.journeys.journeys import Journeys
from attribution.kernels.distinct import distinct_words
from attribution.kernels.path_identity import distinct_paths
from attribution.kernels.ragged import expand, find_segments, offsets_of, run_starts
from attribution.stats.sums import sums_by

_WORD = 64  # channels that fit the bits of one integer
_DIRECT = 20  # channels whose sets are numbered by a table instead of by sorting


@dataclass(frozen=True, eq=False)
class SetTally:
    """Sums per distinct set of channels that add up over disjoint sets of users.

    Equal tallies have equal arrays: the order of the sets depends on nothing but the sets and the channels.

    Attributes
    ----------
    channels : tuple of str
        Channel names, sorted; also those that are in no set.
    offsets : int64, shape (n_sets + 1,)
        Set s holds ``members[offsets[s]:offsets[s + 1]]``.
    members : int32, shape (n,)
        Channels of the sets, as positions in `channels`, ascending in each set.
    sums : float64, shape (n_sets, 3)
        Conversions, their value, and journeys that did not convert. The empty set, if it is there, holds
        the unattributed conversions.
    """

    channels: tuple[str, ...]
    offsets: Ints
    members: Codes
    sums: Floats

    @property
    def sizes(self) -> Ints:
        """Channels in each set, int64, shape (n_sets,)."""
        return np.diff(self.offsets)

    def __add__(self, other: SetTally) -> SetTally:
        """Merge the tallies of disjoint sets of users, by the names of their channels."""
        place = self._rows_of(other)
        if place is not None:
            sums = self.sums.copy()
            sums[place] += other.sums
            return replace(self, sums=sums)
        channels = tuple(sorted({*self.channels, *other.channels}))
        code = {name: position for position, name in enumerate(channels)}
        members = np.concatenate(
            [
                np.array([code[name] for name in tally.channels], np.int32)[tally.members]
                for tally in (self, other)
            ]
        )
        offsets = np.concatenate([self.offsets, self.offsets[-1] + other.offsets[1:]])
        return group_sets(channels, members, offsets, np.concatenate([self.sums, other.sums]))

    def take(self, which: Ints) -> SetTally:
        """Return the tally of some of the sets, by position; the channels stay."""
        index, offsets = expand(self.offsets[which], self.offsets[which + 1])
        return SetTally(self.channels, offsets, self.members[index], self.sums[which])

    @cached_property
    def _keys(self) -> Hashes:
        """Return a number for each set: its bits, or where they do not fit one integer, a hash of them."""
        if len(self.channels) <= _WORD:
            of_channel = np.uint64(1) << np.arange(len(self.channels), dtype=np.uint64)
        else:
            rng = np.random.default_rng(0x5E75)
            of_channel = rng.integers(1, 2**64, len(self.channels), dtype=np.uint64)
        keys = np.zeros(len(self.sizes), np.uint64)
        filled = np.flatnonzero(self.sizes)
        if len(filled):
            keys[filled] = np.add.reduceat(of_channel[self.members], self.offsets[filled])
        return keys

    @cached_property
    def _order(self) -> Ints:
        return np.argsort(self._keys)

    def _rows_of(self, other: SetTally) -> Ints | None:
        """Return where the sets of `other` are in this tally, or None if any is not, or its key clashes."""
        if self.channels != other.channels:
            return None
        known, wanted = (self.members, self.offsets), (other.members, other.offsets)
        return find_segments(known, self._keys, self._order, wanted, other._keys)


def tally_sets(journeys: Journeys, *, nulls: bool = True) -> SetTally:
    """Count journeys by the set of channels that they touch.

    Parameters
    ----------
    journeys
        Disjoint sets of users may be tallied apart and merged with ``+``.
    nulls
        Whether to count journeys that did not convert; without them there are fewer sets.

    Examples
    --------
    >>> import attribution as at
    >>> paths = {"path": ["a > b", "b > a > b", "b"], "conversions": [2, 1, 1], "nulls": [5, 0, 3]}
    >>> tally_sets(at.read_paths(paths)).sums.tolist()
    [[1.0, 0.0, 3.0], [3.0, 0.0, 5.0]]
    """
    converted = journeys.converted
    counted = converted | (journeys.lengths > 0) if nulls else converted
    if not counted.all():
        journeys = journeys.take(counted)
        converted = journeys.converted
    weights = journeys.weights
    sums = np.stack(
        [np.where(converted, weights, 0.0), journeys.value, np.where(converted, 0.0, weights)], axis=1
    )
    return group_sets(journeys.channels, journeys.channel, journeys.offsets, sums)


def group_sets(channels: tuple[str, ...], codes: Codes, offsets: Ints, sums: Floats) -> SetTally:
    """Add up the rows of `sums` whose segments of `codes` hold the same channels.

    Parameters
    ----------
    channels
        Names, sorted.
    codes, offsets
        Ragged: segment k of `codes` belongs to row k of `sums`.
    sums
        As in `SetTally`.
    """
    distinct = _distinct_words if len(channels) <= _WORD else _distinct_ragged
    number, kept, members = distinct(codes, offsets, len(channels))
    summed = [sums_by(number, column, len(kept) - 1) for column in sums.T]
    return SetTally(channels, kept, members.astype(np.int32), np.stack(summed, axis=1).astype(np.float64))


def _distinct_words(codes: Codes, offsets: Ints, n: int) -> tuple[Ints, Ints, Codes]:
    """Give each segment the number of its set of codes, for up to 64 codes; return the sets, ragged."""
    words = np.zeros(len(offsets) - 1, np.uint64)
    filled = np.flatnonzero(np.diff(offsets))
    if len(filled):
        bits = np.uint64(1) << np.arange(n, dtype=np.uint64)
        words[filled] = np.bitwise_or.reduceat(bits[codes], offsets[filled])
    if n <= _DIRECT:
        place = words.astype(np.int64)
        present = np.zeros(1 << n, np.bool_)
        present[place] = True
        number, distinct = (np.cumsum(present) - 1)[place], np.flatnonzero(present).astype(np.uint64)
    else:
        distinct, _, number = distinct_words(words)
    inside = np.empty((len(distinct), n), np.bool_)
    for code in range(n):
        inside[:, code] = (distinct >> np.uint64(code)) & np.uint64(1)
    return number, offsets_of(inside.sum(axis=1)), np.nonzero(inside)[1]


def _distinct_ragged(codes: Codes, offsets: Ints, n: int) -> tuple[Ints, Ints, Codes]:
    """Give each segment the number of its set of codes, for any number; return the sets, ragged."""
    n_segments = len(offsets) - 1
    segment = np.repeat(np.arange(n_segments), np.diff(offsets))
    touched = np.sort(segment * n + codes)
    owner, member = np.divmod(touched[run_starts(touched)], n)
    offsets = offsets_of(np.bincount(owner, minlength=n_segments))
    number, example = distinct_paths(member, offsets)
    index, kept = expand(offsets[example], offsets[example + 1])
    return number, kept, member[index]
