"""64-bit hashes of user ids: integers by a bijection, everything else by content.

Users are never dictionary-encoded: finding the distinct ids of ten million rows costs more than all
the rest of the journey kernel. A hash costs a few passes over the column.

Collisions: integers have none (`hash_integers` is a bijection on 64 bits). For n distinct strings the
chance that any two share a hash is about n**2 / 2**65: 4e-6 for 12 million users, 3% for a billion.
Lane 1 is a second hash of the same bytes with constants of its own, to tell those two apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Floats, Hashes, Ints


class _Lane(NamedTuple):
    """The constants of one hash."""

    seed: np.uint64
    multipliers: tuple[np.uint64, np.uint64]
    shifts: tuple[np.uint64, np.uint64, np.uint64]


_LANES = (
    # The splitmix64 finaliser (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number
    # generators", fig. 15; variant 13 of Stafford).
    _Lane(
        np.uint64(0x9E3779B97F4A7C15),
        (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)),
        (np.uint64(30), np.uint64(27), np.uint64(31)),
    ),
    # The finaliser of MurmurHash3 (Appleby 2011, fmix64), seeded with the first bits of pi's fraction.
    _Lane(
        np.uint64(0x243F6A8885A308D3),
        (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)),
        (np.uint64(33), np.uint64(33), np.uint64(33)),
    ),
)
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
        _mix(out[block], scratch, _LANES[0])
    return out


def uniforms(hashes: Hashes, number: Ints, salt: int) -> Floats:
    """Return numbers that look drawn from [0, 1), and that user, number and salt alone decide.

    What is drawn so is the same wherever the user's partition is tallied.

    Parameters
    ----------
    hashes
        Of users, shape (n,).
    number
        Tells the draws of one user apart, shape (n,).
    salt
        Tells purposes apart, from 0.

    Returns
    -------
    Floats
        Shape (n,).

    Examples
    --------
    >>> import numpy as np
    >>> users = hash_integers(np.array([7, 7, 8]))
    >>> uniforms(users, np.array([0, 1, 0]), 1).round(2).tolist()
    [0.01, 0.35, 0.1]
    """
    keyed = hash_integers(hashes ^ hash_integers(np.array([salt]))[0])
    drawn = hash_integers(keyed + number.astype(np.uint64))
    return (drawn >> np.uint64(11)).astype(np.float64) * 2.0**-53


def hash_fixed(data: NDArray[np.uint8], *, lane: int = 0) -> Hashes:
    """Hash rows of equal width by content.

    Parameters
    ----------
    data
        Bytes, shape (n, width), C-contiguous.
    lane
        Which hash: 0, or 1 for the second, independent one.

    Returns
    -------
    Hashes
        uint64, shape (n,); equal to `hash_strings` of the same bytes in the same lane.
    """
    n, width = data.shape
    if width % _WORD:
        padded = np.zeros((n, width + -width % _WORD), np.uint8)
        padded[:, :width] = data
        data = padded
    words = np.ascontiguousarray(data).view("<u8").reshape(n, data.shape[1] // _WORD)
    constants = _LANES[lane]
    out = np.full(n, _seeded(width, int(constants.seed)), np.uint64)
    scratch = np.empty(min(n, _BLOCK), np.uint64)
    for block in _blocks(n):
        for word in range(words.shape[1]):
            _absorb(out[block], words[block, word], scratch, constants)
        _mix(out[block], scratch, constants)
    return out


def hash_strings(offsets: Ints, data: NDArray[np.uint8], *, lane: int = 0) -> Hashes:
    """Hash byte strings of any length by content.

    Parameters
    ----------
    offsets
        String i is ``data[offsets[i]:offsets[i + 1]]``; shape (n + 1,), not decreasing.
    data
        All bytes, shape (m,).
    lane
        Which hash: 0, or 1 for the second, independent one.

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
        return hash_fixed(data[first : first + n * longest].reshape(n, longest), lane=lane)
    words = _every_word(data)
    constants = _LANES[lane]
    out = lengths.astype(np.uint64) * constants.seed ^ constants.seed
    scratch = np.empty(min(n, _BLOCK), np.uint64)
    for block in _blocks(n):
        _hash_block(words, starts[block], lengths[block], out[block], scratch, constants)
    return out


def _hash_block(
    words: NDArray[np.uint64], starts: Ints, lengths: Ints, out: Hashes, scratch: Hashes, constants: _Lane
) -> None:
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
        _absorb(part, taken, scratch, constants)
        out[rows] = part
    _mix(out, scratch, constants)


def _every_word(data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """View the bytes as the little-endian words that start at every byte; shape (m + 1,)."""
    padded = np.zeros(len(data) + _WORD, np.uint8)
    padded[: len(data)] = data
    return np.ndarray((len(data) + 1,), "<u8", buffer=padded.data, strides=(1,))


def _seeded(length: int, seed: int) -> np.uint64:
    return np.uint64((length * seed ^ seed) & 0xFFFFFFFFFFFFFFFF)


def _absorb(state: Hashes, words: NDArray[np.uint64], scratch: Hashes, constants: _Lane) -> None:
    """Fold one word into each state, in place: a bijection of the word for any state."""
    state ^= words
    state *= constants.multipliers[0]
    tmp = scratch[: len(state)]
    np.right_shift(state, constants.shifts[1], out=tmp)
    state ^= tmp
    state *= constants.multipliers[1]
    np.right_shift(state, constants.shifts[2], out=tmp)
    state ^= tmp


def _mix(state: Hashes, scratch: Hashes, constants: _Lane) -> None:
    """Apply the lane's finaliser in place."""
    tmp = scratch[: len(state)]
    np.right_shift(state, constants.shifts[0], out=tmp)
    state ^= tmp
    state *= constants.multipliers[0]
    np.right_shift(state, constants.shifts[1], out=tmp)
    state ^= tmp
    state *= constants.multipliers[1]
    np.right_shift(state, constants.shifts[2], out=tmp)
    state ^= tmp


def _blocks(n: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, n)) for start in range(0, n, _BLOCK))
