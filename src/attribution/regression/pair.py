"""A result and a baseline laid side by side, and how far chance alone moves each number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Bools, Floats, Ints
from attribution.diagnostics import CheckResult
from attribution.journeys.journeys import UNATTRIBUTED
from attribution.models.log_profile import Profile
from attribution.regression.baseline import Baseline

ACCEPT = "find what changed it; if it is right, accept it: --update-baseline"
EXAMPLES = 5


@dataclass(frozen=True)
class Finding:
    """A check with how bad it is: what sorts the worst first."""

    severity: float
    check: CheckResult


Checks = Callable[..., list[Finding]]


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two, on the models and cells of both.

    Attributes
    ----------
    amounts
        Conversions and value, float64, shape (2, n_models, n_cells); zero where the side has no such cell.
    shares
        Of the attributed conversions and value, same shape; zero in unattributed cells.
    amount_errors, share_errors
        Their standard errors, same shape.
    present
        Which cells the side has, bool, shape (n_cells,).
    lost
        Part of the conversions, and of the value, that is unattributed, float64, shape (2, n_models).
    conversions
        All of them, unattributed ones included, by the first model.
    cost
        Spend per cell, float64, shape (n_cells,), NaN where none is known; None without spend.
    counted
        Whether the errors are guesses from counts, because no bootstrap was made.
    """

    amounts: Floats
    shares: Floats
    amount_errors: Floats
    share_errors: Floats
    present: Bools
    lost: Floats
    conversions: float
    counted: bool
    days: float
    log: Profile | None
    cost: Floats | None


@dataclass(frozen=True, eq=False)
class Pair:
    """The models and cells of both sides.

    Attributes
    ----------
    models
        Models of both, in the order of the result.
    cells
        Names of the cells of either, those of the result first.
    channel
        Channel of each cell, object, shape (n_cells,).
    measures
        Which of conversions and value are compared: value only where both logs have it.
    """

    models: tuple[str, ...]
    cells: tuple[str, ...]
    channel: NDArray[np.object_]
    measures: tuple[int, ...]
    old: Side
    new: Side

    @property
    def attributed(self) -> Bools:
        """Which cells belong to a channel, bool, shape (n_cells,)."""
        return np.asarray(self.channel != UNATTRIBUTED, dtype=np.bool_)


def pair_of(new: Baseline, old: Baseline, *, per_day: bool) -> Pair:
    """Lay a result and a baseline side by side."""
    models = tuple(label for label in new.models if label in old.models)
    keys: dict[tuple[Any, ...], int] = {}
    places = []
    for side in (new, old):
        cells = zip(*(key.tolist() for key in side.keys), strict=True)
        places.append(np.array([keys.setdefault(cell, len(keys)) for cell in cells], dtype=np.int64))
    known = per_day and new.days is not None and old.days is not None
    sides = [
        _side(side, place, models, len(keys), (side.days or 1.0) if known else 1.0)
        for side, place in zip((new, old), places, strict=True)
    ]
    return Pair(
        models=models,
        cells=tuple(" / ".join(map(str, cell)) for cell in keys),
        channel=np.array([cell[0] for cell in keys], dtype=object).reshape(len(keys)),
        measures=(0, 1) if new.has_value and old.has_value else (0,),
        old=sides[1],
        new=sides[0],
    )


def _side(side: Baseline, place: Ints, models: Sequence[str], n: int, days: float) -> Side:
    rows = [side.models.index(label) for label in models]

    def lay(table: Floats) -> Floats:
        laid = np.zeros((len(table), len(rows), n))
        laid[:, :, place] = table[:, rows]
        return laid

    amounts, totals = side.amounts, side.totals
    whole = totals[0][:, :, None]
    safe = np.where(whole != 0, whole, 1.0)
    shares = np.where(side.attributed, amounts / safe, 0.0)
    if side.errors is None:
        worth = _mean_square_value(side)
        errors = np.sqrt(np.maximum(np.abs(amounts[:1]), 1.0)) * np.array([1.0, worth])[:, None, None]
        share_errors = errors / np.abs(safe)
    else:
        errors, share_errors = side.errors[:2], side.errors[2:]
    present = np.zeros(n, dtype=np.bool_)
    present[place] = True
    both = totals.sum(axis=0)
    cost = None
    if side.cost is not None:
        cost = np.full(n, np.nan)
        cost[place] = side.cost / days
    return Side(
        amounts=lay(amounts) / days,
        shares=lay(shares),
        amount_errors=lay(errors) / days,
        share_errors=lay(share_errors),
        present=present,
        lost=np.divide(totals[1], both, out=np.zeros_like(both), where=both != 0)[:, rows],
        conversions=float(both[0, 0]) if both.shape[1] else 0.0,
        counted=side.errors is None,
        days=days,
        log=side.log,
        cost=cost,
    )


def _mean_square_value(side: Baseline) -> float:
    """Return the root mean square of a conversion's value: what the value of a Poisson count scatters by."""
    amounts = {} if side.log is None else side.log.get("amounts", {})
    if amounts.get("conversions") and "squared_value" in amounts:
        return float(np.sqrt(amounts["squared_value"] / amounts["conversions"]))
    total = side.totals[:, :, :1].sum(axis=(0, 2)) if side.totals.shape[2] else np.zeros(2)
    return float(2.0 * abs(total[1]) / total[0]) if total[0] else 0.0


def relative(new: Any, old: Any) -> Floats:
    """Return how far two numbers are apart, as a part of the larger: 0 for equal, 1 where one is zero."""
    new, old = np.asarray(new, dtype=np.float64), np.asarray(old, dtype=np.float64)
    larger = np.maximum(np.abs(new), np.abs(old))
    apart: Floats = np.divide(np.abs(new - old), larger, out=np.zeros(larger.shape), where=larger > 0)
    return apart


def change(old: float, new: float) -> str:
    """Write a number's change: old, new, and by how much.

    Examples
    --------
    >>> change(120.0, 96.0), change(0.0, 3.0), change(1.0, 1.00001)
    ('120 -> 96 (-20%)', '0 -> 3', '1 -> 1.00001 (+0.001%)')
    """
    digits = 6
    while digits < 17 and f"{old:.{digits}g}" == f"{new:.{digits}g}" and old != new:
        digits += 3
    part = f" ({100 * (new - old) / abs(old):+.3g}%)" if old else ""
    return f"{old:.{digits}g} -> {new:.{digits}g}{part}"


def not_checked(name: str, why: str) -> list[Finding]:
    """Return a check that could not be made, and why."""
    return [Finding(-1.0, CheckResult(name, None, f"not checked: {why}"))]


def passed(name: str, text: str) -> list[Finding]:
    """Return a check that found nothing."""
    return [Finding(0.0, CheckResult(name, True, text))]


def failed(
    name: str, text: str, severity: float, rows: Iterable[dict[str, Any]], count: int, fix: str = ACCEPT
) -> list[Finding]:
    """Return a check that failed; of the rows, the first five."""
    return [Finding(severity, CheckResult(name, False, text, count, tuple(rows)[:EXAMPLES], fix))]


def total(part: Profile | None, *names: str) -> float:
    """Return the sum of a part of a profile, or one of its numbers."""
    if part is None:
        return 0.0
    held = part.get(names[0], {})
    return float(held.get(names[1], 0.0) if len(names) > 1 else sum(held.values()))
