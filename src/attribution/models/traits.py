"""Traits of journeys: channels touched, those touched again, the last one, how many touches, and whose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution._typing import Bools, Floats, Ints
from attribution.journeys.journeys import Journeys
from attribution.kernels.ragged import offsets_of, run_starts
from attribution.models.channel_sets import SetTally, group_sets

LENGTHS = np.array([*range(1, 17), 20, 25, 35, 50])
"""Numbers of touches at which a class of them begins: one by one to 15, then wider."""

_TOUCHED, _AGAIN, _LAST, _LENGTH, _GROUP = "touched ", "twice ", "last ", "touches ", "group "
_KINDS = sorted((_TOUCHED, _AGAIN, _LAST, _LENGTH, _GROUP))  # in which names of traits are in order


@dataclass(frozen=True, eq=False)
class Traits:
    """What the sets of a tally by traits say of their journeys.

    Attributes
    ----------
    channels : tuple of str
        Channel names, sorted.
    touched, again : bool, shape (n_sets, n_channels)
        Which channels the journeys touched, and which of them twice or more.
    last : int64, shape (n_sets,)
        The channel of the last touch, as a position in `channels`.
    length : int64, shape (n_sets,)
        Touches, as a position in `LENGTHS`.
    group : int64, shape (n_sets,), or None
        The bucket of the users; None where users are not known.
    sums : float64, shape (n_sets, 3)
        As in `SetTally`.
    """

    channels: tuple[str, ...]
    touched: Bools
    again: Bools
    last: Ints
    length: Ints
    group: Ints | None
    sums: Floats

    @classmethod
    def of(cls, tally: SetTally) -> Traits:
        """Read the traits of each set."""
        kinds = [next(kind for kind in _KINDS if name.startswith(kind)) for name in tally.channels]
        names = [name.removeprefix(kind) for name, kind in zip(tally.channels, kinds, strict=True)]
        channels = tuple(name for name, kind in zip(names, kinds, strict=True) if kind == _TOUCHED)
        code = {name: number for number, name in enumerate(channels)}
        codes = [
            code[n] if kind in (_TOUCHED, _AGAIN, _LAST) else int(n)
            for n, kind in zip(names, kinds, strict=True)
        ]
        number = np.array(codes, np.int64)[tally.members]
        kind = np.array([_KINDS.index(one) for one in kinds], np.int64)[tally.members]
        row = np.repeat(np.arange(len(tally.sizes)), tally.sizes)
        marks: Bools = np.zeros((2, len(tally.sizes), len(channels)), np.bool_)
        place = np.zeros((3, len(tally.sizes)), np.int64)
        for which, what in enumerate((_TOUCHED, _AGAIN)):
            held = kind == _KINDS.index(what)
            marks[which, row[held], number[held]] = True
        for which, what in enumerate((_LAST, _LENGTH, _GROUP)):
            held = kind == _KINDS.index(what)
            place[which, row[held]] = number[held]
        group = place[2] if _GROUP in kinds else None
        return cls(channels, marks[0], marks[1], place[0], place[1], group, tally.sums)


def tally_traits(journeys: Journeys, buckets: int) -> SetTally:
    """Count the journeys that hold a touch by their traits.

    Parameters
    ----------
    journeys
        Disjoint sets of users may be tallied apart and merged with ``+``.
    buckets
        Groups of users to count apart, a power of two, by the top bits of their hash. Journeys of a path
        table, which knows no users, are counted together.

    Returns
    -------
    SetTally
        A set of traits stands where other tallies have a set of channels; `Traits.of` reads it.

    Examples
    --------
    >>> import attribution as at
    >>> paths = {"path": ["a > b > a", "b"], "conversions": [2, 1], "nulls": [5, 3]}
    >>> found = Traits.of(tally_traits(at.read_paths(paths), 256))
    >>> LENGTHS[found.length].tolist(), found.again.tolist(), found.last.tolist()
    ([1, 3], [[False, False], [True, False]], [1, 0])
    """
    if not (journeys.lengths > 0).all():
        journeys = journeys.take(journeys.lengths > 0)
    n, total = len(journeys.channels), len(journeys)
    names = {kind: list(journeys.channels) for kind in (_TOUCHED, _AGAIN, _LAST)}
    names[_LENGTH] = [f"{number:02d}" for number in range(len(LENGTHS))]
    if journeys.user is not None:
        names[_GROUP] = [f"{number:05d}" for number in range(buckets)]
    kinds = [kind for kind in _KINDS if kind in names]
    start = dict(
        zip(kinds, offsets_of(np.array([len(names[kind]) for kind in kinds])).tolist(), strict=False)
    )
    owner = np.repeat(np.arange(total), journeys.lengths)
    touch = np.sort(owner * n + journeys.channel)
    first = np.flatnonzero(run_starts(touch))
    times = np.diff(np.append(first, len(touch)))
    owner, channel = np.divmod(touch[first], max(n, 1))
    one = np.arange(total)
    rows = [owner, owner[times > 1], one, one]
    traits = [
        start[_TOUCHED] + channel,
        start[_AGAIN] + channel[times > 1],
        start[_LAST] + journeys.channel[journeys.offsets[1:] - 1].astype(np.int64),
        start[_LENGTH] + np.searchsorted(LENGTHS, journeys.lengths, side="right") - 1,
    ]
    if journeys.user is not None:
        rows.append(one)
        shift = np.uint64(64 - (buckets.bit_length() - 1))
        traits.append(start[_GROUP] + (journeys.user >> shift).astype(np.int64))
    row = np.concatenate(rows)
    converted, weights = journeys.converted, journeys.weights
    good, bad = (np.where(which, weights, 0.0) for which in (converted, ~converted))
    return group_sets(
        tuple(f"{kind}{name}" for kind in kinds for name in names[kind]),
        np.concatenate(traits)[np.argsort(row, kind="stable")],
        offsets_of(np.bincount(row, minlength=total)),
        np.stack([good, journeys.value, bad], axis=1),
    )
