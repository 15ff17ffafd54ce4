"""What an experiment cost, as an argument gives it."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

from attribution.errors import ExperimentError


@dataclass(frozen=True)
class Cost:
    """What the treatment cost: a total that is known, or known with an error, or a metric of the users.

    Or `each` exposed user costs as much.
    """

    total: float | None = None
    error: float = 0.0
    each: float | None = None


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


def cost_of_exposed(each: Any, exposed: str | None, cost: Any) -> Cost:
    """Return the cost of so much per exposed user, or refuse what is no amount or one of two costs."""
    amount = isinstance(each, Real) and not isinstance(each, bool) and 0 < float(each) < float("inf")
    if not amount:
        msg = f"cost_per_exposed={each!r} must be an amount above 0"
        raise ExperimentError(msg, column="cost_per_exposed", hint="cost_per_exposed=0.14")
    if cost is not None:
        msg = "cost= and cost_per_exposed= both say what the treatment cost"
        hint = "cost=None, or cost_per_exposed=None"
        raise ExperimentError(msg, column="cost_per_exposed", hint=hint)
    if exposed is None:
        msg = f"cost_per_exposed={each!r} needs to know who was exposed"
        why = "those who were assigned and never reached cost nothing"
        hint = 'exposed="exposed"  # the column of exposure'
        raise ExperimentError(msg, column="exposed", why=why, hint=hint)
    return Cost(each=float(each))


def between(value: Any, name: str, low: float, high: float, hint: str) -> float:
    """Return a number that lies between two others, or refuse it by name."""
    if isinstance(value, bool) or not isinstance(value, Real) or not low < float(value) < high:
        msg = f"{name}={value!r} must lie between {low:g} and {high:g}"
        raise ExperimentError(msg, column=name, hint=hint)
    return float(value)
