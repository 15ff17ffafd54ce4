"""A one-sided filter on hashes: the semi-join that keeps the touches of users who converted."""

from __future__ import annotations

import numpy as np

from attribution._typing import Bools, Hashes

_SLOTS_PER_HASH = 16
_FEWEST_BITS, _MOST_BITS = 12, 28


class HashFilter:
    """Tell quickly whether a hash may be one of a set: never a false no, some 6% of false yeses.

    Parameters
    ----------
    hashes
        The set, uint64, any order, repeats allowed; must be well mixed.

    Examples
    --------
    >>> import numpy as np
    >>> from attribution.kernels.hashing import hash_integers
    >>> users = hash_integers(np.arange(100))
    >>> bool(HashFilter(users).keep(users).all())
    True
    """

    def __init__(self, hashes: Hashes) -> None:
        wanted = max(1, len(hashes) * _SLOTS_PER_HASH - 1).bit_length()
        bits = min(max(wanted, _FEWEST_BITS), _MOST_BITS)
        self._shift = np.uint64(64 - bits)
        self._table = np.zeros(1 << bits, np.bool_)
        self._table[hashes >> self._shift] = True

    def keep(self, hashes: Hashes) -> Bools:
        """Return, for each hash, False where it is surely not in the set; shape (n,)."""
        # Indices of numpy's own type, known to be inside: it neither casts nor checks them.
        slots = (hashes >> self._shift).view(np.int64)
        return self._table.take(slots, mode="clip")
