"""Distinct sequences of codes: hashed by a rolling polynomial, then verified element by element."""

from __future__ import annotations

import numpy as np

from attribution._typing import Codes, Hashes, Ints
from attribution.kernels.distinct import distinct_words
from attribution.kernels.ragged import expand

# Multiplication by an odd number is a bijection mod 2**64, so powers of it can be divided out again.
_RATIO = 0xD1342543DE82EF95
_INVERSE = pow(_RATIO, -1, 1 << 64)
_TRIES = 8


def distinct_paths(codes: Codes, offsets: Ints) -> tuple[Ints, Ints]:
    """Give a number to each of the distinct segments of `codes`, exactly.

    Parameters
    ----------
    codes
        Flat codes, shape (n,).
    offsets
        Segment j is ``codes[offsets[j]:offsets[j + 1]]``, shape (k + 1,).

    Returns
    -------
    number : int64, shape (k,)
        Equal for two segments exactly when they hold the same codes in the same order.
    example : int64, shape (p,)
        A segment that has number i.

    Examples
    --------
    >>> import numpy as np
    >>> number, example = distinct_paths(np.array([0, 1, 0, 1, 1]), np.array([0, 2, 4, 5]))
    >>> bool(number[0] == number[1] != number[2]), len(example)
    (True, 2)
    """
    for seed in range(_TRIES):
        hashes = _segment_hashes(codes, offsets, seed)
        _, example, number = distinct_words(hashes)
        if _same_segments(codes, offsets, number, example):
            return number, example
    msg = "path hashes kept colliding"  # by chance: below 1e-20 in all
    raise RuntimeError(msg)


def _segment_hashes(codes: Codes, offsets: Ints, seed: int) -> Hashes:
    """Hash each segment from differences of one running polynomial sum mod 2**64; shape (k,)."""
    rng = np.random.default_rng([0x9A7B5, seed])
    table = rng.integers(1, 2**64, int(codes.max(initial=0)) + 1, dtype=np.uint64)
    running = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(table[codes] * _powers(_RATIO, len(codes)), out=running[1:])
    low, high = offsets[:-1], offsets[1:]
    hashes = running[high] - running[low]
    hashes *= _powers(_INVERSE, len(codes) + 1)[low]
    hashes += (high - low).astype(np.uint64)
    return hashes


def _powers(base: int, n: int) -> Hashes:
    powers = np.full(n, np.uint64(base))
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)


def _same_segments(codes: Codes, offsets: Ints, number: Ints, example: Ints) -> bool:
    """Whether every segment equals the example of its number, element by element."""
    low, lengths = offsets[:-1], np.diff(offsets)
    twin = example[number]
    if not bool((lengths == lengths[twin]).all()):
        return False
    differs = np.flatnonzero(twin != np.arange(len(twin)))
    mine, _ = expand(low[differs], low[differs] + lengths[differs])
    other, _ = expand(low[twin[differs]], low[twin[differs]] + lengths[differs])
    return bool((codes[mine] == codes[other]).all())
