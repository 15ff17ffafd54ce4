"""Weights of touches that play roles: first, last, lead creation, opportunity creation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attribution._typing import Floats, Ints

TWO_TOUCH = ("renormalise", "split_middle")


def role_weights(
    offsets: Ints,
    positions: Sequence[Ints],
    shares: Sequence[float],
    *,
    two_touch: str = "renormalise",
) -> Floats:
    """Weigh the touches of journeys by the roles they play.

    Each role's share goes to the touch that plays it; roles that fall on one touch add up there. What
    the shares leave of 1 is spread equally over the touches without a role. The share of an absent role,
    and what is left where no touch is without a role, go to the present roles in proportion.

    Parameters
    ----------
    offsets
        Touches of journey k are ``offsets[k]:offsets[k + 1]``, shape (K + 1,); no journey is empty.
    positions
        For each role the position in the journey of the touch that plays it, or -1; shapes (K,).
    shares
        For each role its share, in [0, 1], summing to at most 1.
    two_touch
        What happens to the rest in a journey of two touches that both play roles: ``"renormalise"``
        gives it to the roles in proportion, ``"split_middle"`` half to each touch.

    Returns
    -------
    Floats
        Shape (M,); the weights of each journey sum to 1.
    """
    lengths = np.diff(offsets)
    present = [position >= 0 for position in positions]
    rest = max(0.0, 1.0 - float(sum(shares)))
    held = np.zeros(len(lengths))
    distinct = np.zeros(len(lengths), np.int64)
    for role, (position, share) in enumerate(zip(positions, shares, strict=True)):
        held += share * present[role]
        alone = present[role].copy()
        for earlier in range(role):
            alone &= positions[earlier] != position
        distinct += alone
    others = lengths - distinct
    spread = np.where(others > 0, np.where(held > 0, rest, 1.0), 0.0)
    kept = 1.0 - spread
    halved = np.zeros(len(lengths))
    if two_touch == "split_middle":
        pair = (others == 0) & (lengths == 2)
        halved[pair] = rest / 2
        kept[pair] = 1.0 - rest
    scale = np.divide(kept, held, out=np.zeros(len(lengths)), where=held > 0)
    # Roles without any share (first=last=0) and no other touch: nothing to prefer, so equal parts.
    equal = np.where((held == 0) & (others == 0), 1.0 / np.maximum(lengths, 1), 0.0)

    base = np.divide(spread, others, out=np.zeros(len(lengths)), where=others > 0)
    weights = np.repeat(base, lengths)
    touches = [offsets[:-1][there] + at[there] for at, there in zip(positions, present, strict=True)]
    for touch, there in zip(touches, present, strict=True):
        weights[touch] = (halved + equal)[there]
    for touch, there, share in zip(touches, present, shares, strict=True):
        weights[touch] += (share * scale)[there]
    return weights
