"""Where a lift in per cent means nothing: the same words for users and for geos."""

from __future__ import annotations

import math
import sys

from attribution.experiments.shared.lift import Estimate

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
