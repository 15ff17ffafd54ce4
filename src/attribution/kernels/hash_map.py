"""Where a hash stands among many: a table of their first bits in place of a binary search."""

from __future__ import annotations

import numpy as np

from attribution._typing import Hashes, Ints

_MOST_BITS = 26


class HashMap:
    """Find hashes in a set, a few steps each however large the set is.

    Parameters
    ----------
    keys
        Distinct hashes in ascending order, uint64, shape (n,); must be well mixed.

    Examples
    --------
    >>> import numpy as np
    >>> from attribution.kernels.hashing import hash_integers
    >>> keys = np.sort(hash_integers(np.arange(100)))
    >>> HashMap(keys).find(keys[[7, 3]]).tolist(), HashMap(keys).find(keys[:1] + np.uint64(1)).tolist()
    ([7, 3], [-1])
    """

    def __init__(self, keys: Hashes) -> None:
        self.keys = keys
        bits = min(max(1, (max(len(keys), 1) - 1).bit_length()), _MOST_BITS)
        self._shift = np.uint64(64 - bits)
        firsts = np.arange((1 << bits) + 1, dtype=np.uint64)
        self._starts = np.searchsorted(keys >> self._shift, firsts).astype(np.int64)

    def find(self, hashes: Hashes) -> Ints:
        """Return the position of each hash among the keys, -1 where it is none of them; shape (m,)."""
        slots = (hashes >> self._shift).view(np.int64)
        found = np.full(len(hashes), -1, np.int64)
        place, end = self._starts[slots], self._starts[slots + 1]
        rows = np.flatnonzero(place < end)
        place, end = place[rows], end[rows]
        while len(rows):  # as often as the fullest slot has keys: about ten times
            hit = self.keys[place] == hashes[rows]
            found[rows[hit]] = place[hit]
            more = np.flatnonzero(~hit & (place + 1 < end))
            rows, place, end = rows[more], place[more] + 1, end[more]
        return found
