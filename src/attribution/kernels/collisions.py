"""Users that share a 64-bit hash told apart by a second one: exact up to collisions of 128 bits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Bools, Hashes
from attribution.errors import LogError
from attribution.kernels.hashing import hash_integers
from attribution.kernels.membership import HashFilter

_RANGE_ROWS = 1 << 20  # rows sorted at once: scratch stays small beside the columns
_MOST_RANGE_BITS = 6
_KEPT = np.uint64(0xFFFF << 48)  # a new key stays among its neighbours: in the same bucket and partition
_ATTEMPTS = 8


def tell_apart(
    touch_user: Hashes, touch_check: Hashes, conversion_user: Hashes, conversion_check: Hashes
) -> tuple[Hashes, Hashes]:
    """Give users that share a hash keys of their own.

    The result depends on the set of users only, not on the order of rows. Every row of a hash must be
    among the rows given; so a partition of users by their hash can be resolved by itself, and new keys
    keep the upper 16 bits of the hash.

    Parameters
    ----------
    touch_user, conversion_user
        First hash of the user of each row, uint64, shapes (n,) and (m,).
    touch_check, conversion_check
        Second hash of the same users, uint64, shapes (n,) and (m,).

    Returns
    -------
    touch_user, conversion_user : uint64, shapes (n,) and (m,)
        Rows have the same key where, and only where, both hashes are the same. The arrays given, if no
        two users share a first hash; otherwise copies, in which each user of a shared hash has a new key.

    Raises
    ------
    LogError
        If no key can be found that no other user has; users are never merged.

    Examples
    --------
    >>> import numpy as np
    >>> user, check = np.array([5, 5, 5, 9], np.uint64), np.array([1, 2, 1, 3], np.uint64)
    >>> touches, conversions = tell_apart(user, check, user[1:2], check[1:2])
    >>> len(np.unique(touches)), bool(touches[0] == touches[2]), bool(touches[1] == conversions[0])
    (3, True, True)
    """
    sides = ((touch_user, touch_check), (conversion_user, conversion_check))
    shared = _shared(sides)
    if not len(shared):
        return touch_user, conversion_user
    rows = [np.flatnonzero(_among(shared, user)) for user, _ in sides]
    pairs = np.concatenate(
        [np.stack([user[at], check[at]], axis=1) for (user, check), at in zip(sides, rows, strict=True)]
    )
    users, which = np.unique(pairs, axis=0, return_inverse=True)
    keys = _new_keys(users[:, 0], users[:, 1], (touch_user, conversion_user))[which.reshape(-1)]
    told = touch_user.copy(), conversion_user.copy()
    told[0][rows[0]] = keys[: len(rows[0])]
    told[1][rows[1]] = keys[len(rows[0]) :]
    return told


def _shared(sides: tuple[tuple[Hashes, Hashes], ...]) -> Hashes:
    """Return the first hashes that come with more than one second hash, sorted."""
    found = [np.empty(0, np.uint64)]
    for user, check in _ranges(sides):
        order = np.argsort(user)
        user, check = user[order], check[order]
        # Among rows of one hash with two checks, in whatever order, two neighbours differ.
        found.append(user[1:][(user[1:] == user[:-1]) & (check[1:] != check[:-1])])
    return np.unique(np.concatenate(found))


def _ranges(sides: tuple[tuple[Hashes, Hashes], ...]) -> Iterator[tuple[Hashes, Hashes]]:
    """Yield the rows of both sides by ranges of the first hash."""
    n = sum(len(user) for user, _ in sides)
    bits = min(max(0, (n // _RANGE_ROWS).bit_length()), _MOST_RANGE_BITS)
    if not bits:
        yield np.concatenate([user for user, _ in sides]), np.concatenate([check for _, check in sides])
        return
    number = [_range_number(user, bits) for user, _ in sides]
    for part in range(1 << bits):
        rows = [np.flatnonzero(own == part) for own in number]
        yield (
            np.concatenate([user[at] for (user, _), at in zip(sides, rows, strict=True)]),
            np.concatenate([check[at] for (_, check), at in zip(sides, rows, strict=True)]),
        )


def _range_number(user: Hashes, bits: int) -> NDArray[np.uint8]:
    number = np.empty(len(user), np.uint8)
    # Into an array of bytes at once: an array of shifted words would be as large as the column.
    np.right_shift(user, np.uint64(64 - bits), out=number, casting="unsafe")
    return number


def _among(few: Hashes, hashes: Hashes) -> Bools:
    """Return which hashes are among a few sorted ones."""
    mask = HashFilter(few).keep(hashes)
    rows = np.flatnonzero(mask)
    places = np.minimum(np.searchsorted(few, hashes[rows]), len(few) - 1)
    mask[rows] = few[places] == hashes[rows]
    return mask


def _new_keys(user: Hashes, check: Hashes, taken: tuple[Hashes, ...]) -> Hashes:
    """Return a key for each pair of hashes, different from each other and from every key in use."""
    for attempt in range(_ATTEMPTS):
        keys = _derive(user, check, attempt)
        ordered = np.unique(keys)
        if len(ordered) == len(keys) and not any(_among(ordered, other).any() for other in taken):
            return keys
    msg = f"{len(user):,} users share 64-bit hashes with others, and no free keys were found for them"
    raise LogError(
        msg,
        why="users with one key would be merged: their touches would be credited to each other's conversions",
        hint="number the users with integers, which are never hashed together",
    )


def _derive(user: Hashes, check: Hashes, attempt: int) -> Hashes:
    mixed = hash_integers(check + hash_integers(user + np.uint64(attempt)))
    return (user & _KEPT) | (mixed >> np.uint64(16))
