"""Bytes that only the holder of a key can read: what is kept of users lies on disk like this.

A hash alone does not hide a user: integers are hashed by a bijection that anybody can undo, and the hash of
an e-mail address is found by hashing all addresses that one knows. The order of rows by hash, and the bucket
in which a user is tallied, tell of it as well. So what stays on disk is combined, whole files at a time, with
a stream that is SHAKE-256 (FIPS 202) of a random key, a nonce that is used once, and a counter (`Seal`).

What only waits on disk for a run to read it back has no time for that: there every hash is put through a
permutation with a key that is never written down (`Scramble`). It keeps people and tables of hashes out; it
is no cipher of standing, against somebody with weeks to spend on what a killed run left.

Numbers are computed after the key is off, so that none of them depends on it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b, shake_256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Hashes

KEY_BYTES, NONCE_BYTES = 32, 16
_BLOCK = 1 << 20  # bytes of the stream that are made at once
_ROUNDS = 4
_CACHED = 1 << 14  # hashes that are put through all rounds while they lie in a core's own cache
_HALF = np.uint64(32)
_ALL = 2**64


@dataclass(frozen=True)
class Seal:
    """A secret key, and what it does to bytes; putting it on twice takes it off.

    Attributes
    ----------
    secret
        32 random bytes; they are not shown.

    Examples
    --------
    >>> import numpy as np
    >>> seal, nonce = Seal.new(), new_nonce()
    >>> hidden = seal.on(np.array([5, 6], np.uint64), nonce)
    >>> seal.on(hidden, nonce).tolist()
    [5, 6]
    """

    secret: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Seal:
        """Return a seal with a new random key."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @property
    def name(self) -> str:
        """Which key it is, without telling anything of it: 16 hexadecimal digits."""
        return blake2b(key=self.secret, person=b"attribution-name", digest_size=8).hexdigest()

    def on(self, values: NDArray[Any], nonce: bytes) -> NDArray[Any]:
        """Return numbers or bytes with the seal on, or off if it is on: a new array of the same kind.

        Parameters
        ----------
        values
            Shape (n,).
        nonce
            What no other values under this key were given; kept beside them.
        """
        sealed = np.array(values, copy=True, order="C")
        raw = sealed.view(np.uint8)
        start = shake_256(
            blake2b(nonce, key=self.secret, person=b"attribution-seal", digest_size=64).digest()
        )
        for block, low in enumerate(range(0, len(raw), _BLOCK)):
            part = raw[low : low + _BLOCK]
            stream = start.copy()
            stream.update(block.to_bytes(8, "little"))
            part ^= np.frombuffer(stream.digest(len(part)), np.uint8)
        return sealed


def new_nonce() -> bytes:
    """Return 16 random bytes."""
    return secrets.token_bytes(NONCE_BYTES)


@dataclass(frozen=True)
class Scramble:
    """A keyed permutation of 64-bit hashes: rounds of a secret multiplication, addition and a shift.

    Attributes
    ----------
    rounds
        The odd factor and the summand of each round; they are not shown.

    Examples
    --------
    >>> import numpy as np
    >>> key = Scramble.new()
    >>> key.off(key.on(np.array([5, 6], np.uint64))).tolist()
    [5, 6]
    """

    rounds: tuple[tuple[int, int], ...] = field(repr=False)

    @classmethod
    def new(cls) -> Scramble:
        """Return one with a new random key."""
        return cls(tuple((secrets.randbits(64) | 1, secrets.randbits(64)) for _ in range(_ROUNDS)))

    def on(self, hashes: Hashes) -> Hashes:
        """Put the key on, in place; return the array."""
        for part, scratch in _cached(hashes):
            for factor, summand in self.rounds:
                part *= np.uint64(factor)
                part += np.uint64(summand)
                np.right_shift(part, _HALF, out=scratch)
                part ^= scratch
        return hashes

    def off(self, hashes: Hashes) -> Hashes:
        """Take the key off, in place; return the array."""
        for part, scratch in _cached(hashes):
            for factor, summand in reversed(self.rounds):
                np.right_shift(part, _HALF, out=scratch)
                part ^= scratch
                part -= np.uint64(summand)
                part *= np.uint64(pow(factor, -1, _ALL))
        return hashes


def _cached(hashes: Hashes) -> Iterator[tuple[Hashes, Hashes]]:
    """Yield an array part by part, each with room for as many."""
    scratch = np.empty(min(len(hashes), _CACHED), np.uint64)
    for low in range(0, len(hashes), _CACHED):
        part = hashes[low : low + _CACHED]
        yield part, scratch[: len(part)]
