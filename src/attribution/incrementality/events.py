"""How many events an arm's variance rests on, and whether they are too few for a normal curve."""

from __future__ import annotations

import math
from collections.abc import Sequence

from attribution.incrementality.moments import Moments
from attribution.incrementality.tally import SIZE

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
    if not side.n or not spread > 0:
        return 0.0
    top = two_valued(side, name)
    if top:
        return round(min(mean / top, 1.0 - mean / top) * side.n)
    if not side.may_be_negative(name):
        return side.n * mean**2 / (mean**2 + spread / side.n)
    skew = side.skewness(name)
    return side.n / skew**2 if abs(skew) > 1 else float(side.n)


def two_valued(side: Moments, name: str) -> float:
    """Return the one value that a metric has besides 0; 0 where it has several, or none."""
    if side.is_binary(name):
        return 1.0
    place = side.at(name)
    low, top, mean = float(side.low[place]), float(side.high[place]), float(side.mean[place])
    squares = float(side.cross[place, place]) / side.n + mean**2
    return top if low == 0.0 and abs(squares - top * mean) <= 1e-9 * squares else 0.0


def thin(side: Moments, name: str) -> bool:
    """Return whether an arm has so few events of a metric that its variance is not known."""
    found = events(side, name)
    known = two_valued(side, name) or side.may_be_negative(name) or not math.isnan(side.skewness(name))
    return found < (FEW if known else THIN) and (found < side.n / 2 or bool(two_valued(side, name)))


def skewed(sides: Sequence[Moments], name: str) -> bool:
    """Return whether the difference of two arms' means is so skewed that its t is far from normal.

    The skewness of the difference, in which equal arms' skewnesses cancel, is that of the mean of `THIN` rare
    events or more. Where third moments are not known, arms with as few events are taken to be skewed.
    """
    third = variance = 0.0
    for sign, side in zip((1.0, -1.0), sides, strict=True):
        place = side.at(name)
        third += sign * float(side.third[place]) / side.n**3
        variance += float(side.cross[place, place]) / side.n**2
    if not variance > 0:
        return True
    return bool(abs(third) > variance**1.5 / math.sqrt(THIN))


def effective_clusters(side: Moments) -> float:
    """Return as good as how many clusters of one size an arm has: ``(sum n)^2 / sum n^2``."""
    place = side.at(SIZE)
    mean = float(side.mean[place])
    return side.n * mean**2 / (mean**2 + float(side.cross[place, place]) / side.n)


def uneven(side: Moments) -> bool:
    """Return whether an arm's clusters are few and of so many sizes that their t is far from normal."""
    if SIZE not in side.names:
        return False
    found = effective_clusters(side)
    return found < FEW_CLUSTERS and found < 0.9 * side.n


def shown(count: float) -> str:
    """Return a number of events for people.

    Examples
    --------
    >>> shown(9.0), shown(2.345)
    ('9', '2.3')
    """
    return f"{count:,.0f}" if math.isclose(count, round(count), abs_tol=0.05) else f"{count:,.1f}"
