"""Numbers that a plan of a holdout is given: each is refused by its name, with one that would do."""

from __future__ import annotations

import math

import numpy as np

from attribution.errors import ExperimentError

_EXAMPLES = {
    "lift": "lift=0.1 for ten percent",
    "effect": "effect=0.002, a difference of means",
    "iroas": "iroas=2.5, incremental value per unit of cost",
    "n": "n=200_000, units of all arms together",
    "share": "share=0.1 for ten percent",
    "rho": "rho=0.5",
    "exposure": "exposure=0.3 where 30% of the treated are reached",
    "cluster_size": "cluster_size=2.4 units per household",
    "cluster_cv": "cluster_cv=0.5",
    "daily_units": "daily_units=10_000",
    "outcome_days": "outcome_days=14",
    "cost_per_exposed": "cost_per_exposed=0.14, the spend per exposed unit",
    "value": "value=60, the mean value of a conversion",
    "profit_margin": "profit_margin=0.4 for forty percent",
}


def number(value: object, name: str) -> float:
    """Return a finite number, or refuse it by name."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
        msg = f"{name}={value!r} is no number"
        raise ExperimentError(msg, column=name, hint=_EXAMPLES.get(name))
    return float(value)


def above(value: object, name: str, *, most: float = math.inf, zero: bool = False) -> float:
    """Return a number above 0 (or 0 or more) and no larger than `most`, or refuse it by name."""
    found = number(value, name)
    if found < 0 or (found == 0 and not zero) or found > most:
        bound = f" and at most {most:g}" if math.isfinite(most) else ""
        msg = f"{name}={value!r} must be {'0 or more' if zero else 'above 0'}{bound}"
        percent = f"{name}={found / 100:g} for {found:g} percent" if most == 1 < found <= 100 else None
        raise ExperimentError(msg, column=name, hint=percent or _EXAMPLES.get(name))
    return found
