"""Tables of identifiers to links: two identifiers that stood in one row, how often, from when to when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Bools, Hashes, Ints
from attribution.eventlog.identity.kinds import STRENGTH, Kind
from attribution.kernels.hashing import hash_strings

Codes = NDArray[np.int8]
Nodes = NDArray[np.int32]
ALWAYS = np.iinfo(np.int64).min
"""The time of a link whose table has none."""


@dataclass(frozen=True, eq=False)
class Events:
    """Rows that hold two identifiers or more, as pairs around the strongest of each row.

    Attributes
    ----------
    one, other
        Identifiers, uint64, shape (n,): see `node_of`.
    one_kind, other_kind
        Their kinds, by position, int8, shape (n,).
    time
        Microseconds, int64, shape (n,); `ALWAYS` where the table has no time.
    """

    one: Hashes
    one_kind: Codes
    other: Hashes
    other_kind: Codes
    time: Ints

    @classmethod
    def together(cls, parts: Sequence[Events]) -> Events:
        """Return the pairs of several tables."""
        names = ("one", "one_kind", "other", "other_kind", "time")
        kinds = (np.uint64, np.int8, np.uint64, np.int8, np.int64)
        columns = (
            np.concatenate([np.empty(0, kind), *(getattr(part, name) for part in parts)])
            for name, kind in zip(names, kinds, strict=True)
        )
        return cls(*columns)


@dataclass(frozen=True, eq=False)
class Links:
    """Distinct links between distinct identifiers.

    Attributes
    ----------
    kinds
        The kinds, in the order of their codes.
    node, node_kind
        Identifiers in ascending order, uint64, and their kinds, shape (n,).
    left, right
        Positions of the two identifiers of each link, left < right, int32, shape (m,); sorted.
    count, first, last
        How many rows hold the link, and the times of the first and last of them, shape (m,).
    """

    kinds: tuple[Kind, ...]
    node: Hashes
    node_kind: Codes
    left: Nodes
    right: Nodes
    count: Ints
    first: Ints
    last: Ints

    @cached_property
    def strength(self) -> NDArray[np.int8]:
        """0 for an anchor, 1 for a strong identifier, 2 for a device, shape (n,)."""
        return np.array([STRENGTH[kind.role] for kind in self.kinds], np.int8)[self.node_kind]

    @property
    def anchor(self) -> Bools:
        """Which identifiers are anchors, shape (n,)."""
        return np.asarray(self.strength == STRENGTH["anchor"])

    def plain(self, positions: NDArray[np.integer] | slice = slice(None)) -> Hashes:
        """Return identifiers as they are hashed in a log, without their kind."""
        seeds = np.array([seed_of(kind) for kind in self.kinds], np.uint64)
        return self.node[positions] ^ seeds[self.node_kind[positions]]


def seed_of(kind: Kind) -> np.uint64:
    """Return what tells the identifiers of a kind from the same texts of another."""
    name = "email" if kind.name == "email_sha256" else kind.name  # an address and its hash are one identifier
    text = np.frombuffer(name.encode(), np.uint8)
    return np.uint64(hash_strings(np.array([0, len(text)], np.int64), text, lane=1)[0])


def pairs(kinds: Sequence[Kind], columns: Mapping[int, tuple[Hashes, Bools]], time: Ints) -> Iterator[Events]:
    """Yield the pairs of a table's rows: a star around the strongest identifier that a row has.

    Parameters
    ----------
    kinds
        All kinds.
    columns
        By the code of their kind: identifiers, and which rows have one, shape (n,) each.
    time
        When, shape (n,).
    """
    order = sorted(columns, key=lambda code: (STRENGTH[kinds[code].role], kinds[code].name))
    free = np.ones(len(time), np.bool_)
    for position, code in enumerate(order[:-1]):
        ids, there = columns[code]
        centre = free & there
        free &= ~there
        for other in order[position + 1 :]:
            others, present = columns[other]
            rows = np.flatnonzero(centre & present)
            size = len(rows)
            yield Events(
                ids[rows],
                np.full(size, code, np.int8),
                others[rows],
                np.full(size, other, np.int8),
                time[rows],
            )


def linked(kinds: Sequence[Kind], events: Events) -> Links:
    """Return the distinct links of pairs, whatever their order."""
    n = len(events.one)
    node, codes = _distinct(np.concatenate([events.one, events.other]))
    node_kind = np.zeros(len(node), np.int8)
    node_kind[codes[:n]] = events.one_kind
    node_kind[codes[n:]] = events.other_kind
    left, right = np.minimum(codes[:n], codes[n:]), np.maximum(codes[:n], codes[n:])
    apart = np.flatnonzero(left != right)
    key = left[apart].astype(np.uint64) << np.uint64(32) | right[apart].astype(np.uint64)
    order = np.argsort(key, kind="stable")
    key, time = key[order], events.time[apart][order]
    begins = np.append(True, key[1:] != key[:-1]) if len(key) else np.empty(0, np.bool_)
    starts = np.flatnonzero(begins)
    return Links(
        tuple(kinds),
        node,
        node_kind,
        (key[starts] >> np.uint64(32)).astype(np.int32),
        (key[starts] & np.uint64(2**32 - 1)).astype(np.int32),
        np.diff(np.append(starts, len(key))),
        np.minimum.reduceat(time, starts) if len(starts) else time,
        np.maximum.reduceat(time, starts) if len(starts) else time,
    )


def _distinct(hashes: Hashes) -> tuple[Hashes, Nodes]:
    """Return the distinct hashes in ascending order, and the position of each among them."""
    import pandas as pd

    codes, found = pd.factorize(hashes)  # a hash table: a third of the time of sorting all
    order = np.argsort(found)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return np.asarray(found)[order], rank[codes]
