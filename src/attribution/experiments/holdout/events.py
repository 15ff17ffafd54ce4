"""How many events an arm's variance rests on, and whether they are too few for a normal curve."""

from __future__ import annotations

import math
from collections.abc import Sequence

from attribution.experiments.holdout.moments import Moments
from attribution.experiments.holdout.tally import SIZE

FEW = 10  # events, or units without one, of an arm: below, its variance is not known
THIN = 30  # events that make a mean as skewed as a t bears
FEW_CLUSTERS = 40


def events(side: Moments, name: str) -> float:
    """Return as good as how many events of one size an arm has of a metric.

    Of zeros and ones the events, or the units without, where those are fewer. Of amounts and counts
    ``(sum y)^2 / sum y^2`` (Kish 1965), which is the same for zeros and ones. Of numbers that may be negative
    ``n / skewness^2``, which for rare zeros and ones is again the number of events. 0 without variation.
    """
    place = side.at(name)
    mean, spread = float(side.mean[place]), float(side.cross[place, place])
    if _flat(side, name):
        return 0.0
    top = two_valued(side, name)
    if top:
        return round(min(mean / top, 1.0 - mean / top) * side.n)
    if not side.may_be_negative(name):
        return side.n * mean**2 / (mean**2 + spread / side.n)
    skew = side.skewness(name)
    return side.n / skew**2 if abs(skew) > 1 else float(side.n)


def _flat(side: Moments, name: str) -> bool:
    """Return whether a metric does not vary, but for rounding."""
    place = side.at(name)
    return not float(side.cross[place, place]) > 1e-20 * side.n * float(side.mean[place]) ** 2


def two_valued(side: Moments, name: str) -> float:
    """Return the one value that a metric has besides 0; 0 where it has several, or none."""
    if side.is_binary(name):
        return 1.0
    place = side.at(name)
    low, top, mean = float(side.low[place]), float(side.high[place]), float(side.mean[place])
    squares = float(side.cross[place, place]) / side.n + mean**2
    return top if low == 0.0 and abs(squares - top * mean) <= 1e-9 * squares else 0.0


def thin(side: Moments, name: str, share: float = 1.0, few: float = FEW) -> bool:
    """Return whether a share of some units has so few events of a metric that its variance is not known."""
    found = events(side, name)
    return found * share < few and (found < side.n / 2 or bool(two_valued(side, name)))


def far_from_normal(sides: Sequence[Moments], name: str) -> bool:
    """Return whether the t of a difference is far from normal: few events, or amounts far apart.

    All is asked of both arms together, so that it does not hang on which arm the large amounts fell to: a
    holdout that happens to have none would look as if it were fine. Few are fewer than `FEW` events expected
    in an arm. Skewed is a difference whose skewness, in which that of equal arms cancels, is that of the
    mean of fewer than `THIN` rare events. Where third moments are not known, an arm needs so many events.
    """
    whole = sides[0] + sides[1]
    if any(_flat(side, name) for side in sides):
        return True
    share = min(side.n for side in sides) / whole.n
    skew = whole.skewness(name)
    bar = FEW if not math.isnan(skew) or two_valued(whole, name) or whole.may_be_negative(name) else THIN
    if thin(whole, name, share, bar):
        return True
    uneven_arms = abs(1 / sides[0].n ** 2 - 1 / sides[1].n ** 2) / (1 / sides[0].n + 1 / sides[1].n) ** 1.5
    return bool(abs(skew) * uneven_arms > 1 / math.sqrt(THIN))


def effective_clusters(side: Moments) -> float:
    """Return as good as how many clusters of one size an arm has: ``(sum n)^2 / sum n^2``."""
    place = side.at(SIZE)
    mean = float(side.mean[place])
    return side.n * mean**2 / (mean**2 + float(side.cross[place, place]) / side.n)


def uneven(sides: Sequence[Moments]) -> bool:
    """Return whether clusters are so few and of so many sizes that their t is far from normal."""
    if SIZE not in sides[0].names:
        return False
    whole = sides[0] + sides[1]
    found, fewest = effective_clusters(whole), min(side.n for side in sides)
    return found * fewest / whole.n < FEW_CLUSTERS and found < 0.9 * whole.n
