"""Ratios with their sets as estimates, and what is said where a ratio has no bound."""

from __future__ import annotations

import math

from attribution.experiments.shared.lift import Estimate
from attribution.stats.intervals import EMPTY, OUTSIDE, RatioSet

POWER = 0.8
TOO_SMALL = (
    "cost change too small to tell: it does not differ from zero at this level, so the ratio has no bound"
)
NO_COST = "the incremental outcome cannot be told from zero, so its cost has no bound"
NOTHING = 1e-300  # more than none, by nobody knows how much
NOT_NONE = (-NOTHING, NOTHING)


def estimate_of(value: float, found: RatioSet, unbounded: str, *, less: float = 0.0) -> Estimate:
    """Return a ratio with its set; `less` is taken off all of it."""
    kind, low, high = int(found.kind), float(found.low) - less, float(found.high) - less
    if kind == EMPTY:
        return Estimate(value - less, -math.inf, math.inf, unbounded, NOT_NONE)
    if kind == OUTSIDE:
        return Estimate(value - less, -math.inf, math.inf, unbounded, (low, high))
    note = "" if math.isfinite(low) and math.isfinite(high) else unbounded
    return Estimate(value - less, low, high, note)
