"""Ratios and lifts in per cent as estimates, and what is said where they have no bound or mean nothing."""

from __future__ import annotations

import math
import sys

from attribution.experiments.shared.lift import Estimate
from attribution.stats.ratio_intervals import EMPTY, OUTSIDE, RatioSet

NO_PER_CENT = (
    "what would have been without the treatment is not clearly above zero, so that per cent mean nothing; "
    "difference and verdict stand"
)
_NOTHING_BUT_ZERO = (-sys.float_info.min, sys.float_info.min)


def no_per_cent(*, shown: bool) -> Estimate:
    """Return the lift that cannot be told: no number, and no bound.

    Its set holds no effect exactly where the test does not reject that, so that it never contradicts the
    difference.

    Parameters
    ----------
    shown
        Whether the test rejects no effect.

    Examples
    --------
    >>> no_per_cent(shown=True).holds(0.0), no_per_cent(shown=False).holds(0.0)
    (False, True)
    """
    return untold(math.nan, NO_PER_CENT, shown=shown)


def untold(value: float, note: str, *, shown: bool) -> Estimate:
    """Return an estimate of which nothing is told but whether it is 0.

    Parameters
    ----------
    value, note
        The estimate, and why it has no bound.
    shown
        Whether the test rejects 0.
    """
    return Estimate(value, -math.inf, math.inf, note, _NOTHING_BUT_ZERO if shown else None)


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
