"""64-bit hashes of user ids: integers by a bijection, everything else by content.

Users are never dictionary-encoded: finding the distinct ids of ten million rows costs more than all
the rest of the journey kernel. A hash costs a few passes over the column.

Collisions: integers have none (`hash_integers` is a bijection on 64 bits). For n distinct strings the
chance that any two share a hash is about n**2 / 2**65: 4e-6 for 12 million users, 3% for a billion.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Hashes, Ints

# Constants of the splitmix64 finaliser (Steele, Lea & Flood 2014, "Fast splittable pseudorandom
# number generators", fig. 15; variant 13 of Stafford).
_MULTIPLIERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_SEED = np.uint64(0x9E3779B97F4A7C15)
_WORD = 8
_BLOCK = 1 << 15  # rows a block: input, output and scratch of a block stay in a core's own cache


def hash_integers(values: NDArray[np.integer]) -> Hashes:
    """Return the splitmix64 finaliser of each integer: distinct integers have distinct hashes.

    Parameters
    ----------
    values
        Integers of any width and sign, shape (n,).

    Returns
    -------
    Hashes
        uint64, shape (n,). The same number hashes alike whatever the width it came in.

    Examples
    --------
    >>> import numpy as np
    >>> bool((hash_integers(np.array([7], np.int32)) == hash_integers(np.array([7], np.int64))).all())
    True
    """
    if values.dtype.kind == "i":
        values = values.astype(np.int64, copy=False)
    out = values.astype(np.uint64, copy=True)
    scratch = np.empty(min(len(out), _BLOCK), np.uint64)
    for block in _blocks(len(out)):
        _mix(out[block], scratch)
    return out


def hash_fixed(data: NDArray[np.uint8]) -> Hashes:
    """Hash rows of equal width by content.

    Parameters
    ----------
    data
        Bytes, shape (n, width), C-contiguous.

    Returns
    -------
    Hashes
        uint64, shape (n,); equal to `hash_strings` of the same bytes.
    """
    n, width = data.shape
    if width % _WORD:
        padded = np.zeros((n, width + -width % _WORD), np.uint8)
        padded[:, :width] = data
        data = padded
    words = np.ascontiguousarray(data).view("<u8").reshape(n, -1)
    out = np.full(n, _seeded(width), np.uint64)
    scratch = np.empty(min(n, _BLOCK), np.uint64)
    for block in _blocks(n):
        for word in range(words.shape[1]):
            _absorb(out[block], words[block, word], scratch)
        _mix(out[block], scratch)
    return out


def hash_strings(offsets: Ints, data: NDArray[np.uint8]) -> Hashes:
    """Hash byte strings of any length by content.

    Parameters
    ----------
    offsets
        String i is ``data[offsets[i]:offsets[i + 1]]``; shape (n + 1,), not decreasing.
    data
        All bytes, shape (m,).

    Returns
    -------
    Hashes
        uint64, shape (n,).
    """
    n = len(offsets) - 1
    if n <= 0:
        return np.empty(0, np.uint64)
    starts = offsets[:-1].astype(np.int64, copy=False)
    lengths = np.diff(offsets).astype(np.int64, copy=False)
    longest = int(lengths.max())
    if int(lengths.min()) == longest:
        first = int(starts[0])
        return hash_fixed(data[first : first + n * longest].reshape(n, longest))
    words = _every_word(data)
    out = lengths.astype(np.uint64) * _SEED ^ _SEED
    scratch = np.empty(min(n, _BLOCK), np.uint64)
    for block in _blocks(n):
        _hash_block(words, starts[block], lengths[block], out[block], scratch)
    return out


def _hash_block(words: NDArray[np.uint64], starts: Ints, lengths: Ints, out: Hashes, scratch: Hashes) -> None:
    """Absorb, word by word, the strings of one block that are long enough to have that word."""
    for word in range(-(-int(lengths.max()) // _WORD)):
        left = lengths - word * _WORD
        rows = np.flatnonzero(left > 0)
        if len(rows) == len(out):
            rows = np.arange(len(out))
        taken = words[starts[rows] + word * _WORD]
        short = np.flatnonzero(left[rows] < _WORD)
        bits = (left[rows[short]] * 8).astype(np.uint64)
        taken[short] &= (np.uint64(1) << bits) - np.uint64(1)
        part = out[rows]
        _absorb(part, taken, scratch)
        out[rows] = part
    _mix(out, scratch)


def _every_word(data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """View the bytes as the little-endian words that start at every byte; shape (m + 1,)."""
    padded = np.zeros(len(data) + _WORD, np.uint8)
    padded[: len(data)] = data
    return np.ndarray((len(data) + 1,), "<u8", buffer=padded.data, strides=(1,))


def _seeded(length: int) -> np.uint64:
    return np.uint64((length * int(_SEED) ^ int(_SEED)) & 0xFFFFFFFFFFFFFFFF)


def _absorb(state: Hashes, words: NDArray[np.uint64], scratch: Hashes) -> None:
    """Fold one word into each state, in place: a bijection of the word for any state."""
    state ^= words
    state *= _MULTIPLIERS[0]
    tmp = scratch[: len(state)]
    np.right_shift(state, _SHIFTS[1], out=tmp)
    state ^= tmp
    state *= _MULTIPLIERS[1]
    np.right_shift(state, _SHIFTS[2], out=tmp)
    state ^= tmp


def _mix(state: Hashes, scratch: Hashes) -> None:
    """Apply the splitmix64 finaliser in place."""
    tmp = scratch[: len(state)]
    np.right_shift(state, _SHIFTS[0], out=tmp)
    state ^= tmp
    state *= _MULTIPLIERS[0]
    np.right_shift(state, _SHIFTS[1], out=tmp)
    state ^= tmp
    state *= _MULTIPLIERS[1]
    np.right_shift(state, _SHIFTS[2], out=tmp)
    state ^= tmp


def _blocks(n: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, n)) for start in range(0, n, _BLOCK))
