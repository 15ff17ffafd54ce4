"""Which part of the unit interval belongs to which arm: a layout in which arms grow without moving anyone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from attribution._typing import Floats, Ints
from attribution.errors import ExperimentError, nearest

_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Layout:
    """Intervals of [0, 1) and their arms.

    Attributes
    ----------
    arms
        Names of the arms, the rest last.
    starts
        Where each interval begins, increasing, the first at 0; shape (m,).
    codes
        Position in `arms` of each interval's arm, shape (m,).
    """

    arms: tuple[str, ...]
    starts: Floats
    codes: Ints

    def arm_of(self, points: Floats) -> Ints:
        """Return the position of each point's arm."""
        if len(self.starts) == 2:
            first, second = self.codes.tolist()
            return np.asarray(np.where(points < self.starts[1], first, second), dtype=np.int64)
        return np.asarray(self.codes[np.searchsorted(self.starts, points, side="right") - 1], dtype=np.int64)


def lay_out(shares: Mapping[str, float], rest: str) -> Layout:
    """Place the arms on [0, 1).

    The K arms besides `rest` are sorted by name; arm k grows upwards from k / K. What exceeds 1 / K is taken
    from the rest, from 1 downwards. So while no share exceeds 1 / K (and always, with two arms), a larger
    share only takes units from `rest`: nobody who is already in another arm moves.

    Parameters
    ----------
    shares
        Share of each arm; they sum to 1.
    rest
        The arm that fills what the others leave.

    Examples
    --------
    >>> layout = lay_out({"treatment": 0.9, "holdout": 0.1}, "treatment")
    >>> layout.arms, layout.starts.tolist(), layout.codes.tolist()
    (('holdout', 'treatment'), [0.0, 0.1], [0, 1])
    """
    others = sorted(name for name in shares if name != rest)
    arms = (*others, rest)
    slots = len(others)
    pieces = [(k / slots, k / slots + min(shares[name], 1 / slots), k) for k, name in enumerate(others)]
    free = [(pieces[k][1], (k + 1) / slots) for k in range(slots)]
    for k, name in enumerate(others):
        wanted = shares[name] - 1 / slots
        while wanted > _TINY and free:
            low, high = free.pop()
            taken = min(wanted, high - low)
            if taken > 0:
                pieces.append((high - taken, high, k))
                wanted -= taken
            if high - taken - low > _TINY:
                free.append((low, high - taken))
    pieces += [(low, high, slots) for low, high in free]
    kept = sorted(piece for piece in pieces if piece[1] - piece[0] > _TINY)
    return Layout(
        arms,
        np.array([0.0, *(low for low, _, _ in kept[1:])]),
        np.array([code for _, _, code in kept], dtype=np.int64),
    )


def read_shares(share: float | None, arms: Mapping[str, float] | None, rest: str) -> dict[str, float]:
    """Return the share of each arm, checked: between 0 and 1, summing to 1, with the rest among them.

    Raises
    ------
    ExperimentError
        If both or neither of `share` and `arms` are given, or the shares are impossible.
    """
    if (share is None) == (arms is None):
        msg = "give either share= (of the holdout) or arms= (the share of every arm)"
        hint = "share=0.1, arms=None" if arms is None else "share=None, or arms=None"
        raise ExperimentError(msg, column="share", hint=hint)
    if arms is None:
        arms = {"holdout": _share(share, "share"), rest: 1 - _share(share, "share")}
    if not isinstance(arms, Mapping) or len(arms) < 2:
        msg = f"arms={arms!r} names fewer than two arms"
        raise ExperimentError(msg, column="arms", hint='arms={"holdout": 0.1, "treatment": 0.9}')
    shares = {str(name): _share(value, f"arms[{name!r}]") for name, value in arms.items()}
    total = sum(shares.values())
    if abs(total - 1) > 1e-6:
        msg = f"the shares of the arms sum to {total:.6g}, not 1"
        why = "units without an arm would vanish from the analysis"
        raise ExperimentError(
            msg, column="arms", why=why, hint=f"give {rest!r} the share {1 - total + shares.get(rest, 0):.6g}"
        )
    if rest not in shares:
        guess = nearest(rest, shares)
        msg = f"rest={rest!r} is no arm; the arms are {', '.join(map(repr, shares))}"
        why = "one arm must give up units when another grows"
        hint = f"rest={guess or max(shares, key=lambda name: shares[name])!r}"
        raise ExperimentError(msg, column="rest", why=why, hint=hint)
    return shares


def _share(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < float(value) < 1:
        hint = "a number between 0 and 1, such as 0.1 for ten percent"
        if isinstance(value, int | float) and 1 <= value < 100:
            hint = f"{value / 100:g} for {value:g} percent"
        msg = f"{name}={value!r} leaves an arm empty"
        raise ExperimentError(msg, column=name, hint=hint)
    return float(value)
