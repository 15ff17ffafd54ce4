"""What an experiment cost, as an argument gives it."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

from attribution.errors import ExperimentError


@dataclass(frozen=True)
class Cost:
    """What the treatment cost: a total that is known, or known with an error, or a metric of the users."""

    total: float | None = None
    error: float = 0.0


def cost_of(cost: Any) -> tuple[str | None, Cost | None]:
    """Return the column of the cost, or its total with its standard error: whichever was given."""
    if cost is None or isinstance(cost, str):
        return cost, None
    total, error = cost if isinstance(cost, tuple | list) and len(cost) == 2 else (cost, 0.0)
    for number, least in ((total, "more than zero"), (error, "zero or more")):
        ok = isinstance(number, Real) and not isinstance(number, bool) and float(number) < float("inf")
        if not ok or float(number) < 0 or (least == "more than zero" and float(number) == 0):
            msg = f"cost={cost!r} must be a column, a total above zero, or a total with its standard error"
            raise ExperimentError(
                msg, column="cost", hint='cost=12_000.0, cost=(12_000.0, 800.0), cost="cost"'
            )
    return None, Cost(float(total), float(error))


def between(value: Any, name: str, low: float, high: float, hint: str) -> float:
    """Return a number that lies between two others, or refuse it by name."""
    if isinstance(value, bool) or not isinstance(value, Real) or not low < float(value) < high:
        msg = f"{name}={value!r} must lie between {low:g} and {high:g}"
        raise ExperimentError(msg, column=name, hint=hint)
    return float(value)
