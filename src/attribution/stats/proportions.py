"""Two proportions with few events: the score test and both intervals that belong to it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

_EDGE = 1e-12
_FAR = 1e12
_SPARSE = 0.5  # events expected in the smaller group


class ScoreTest(NamedTuple):
    """A p-value, and the intervals of difference and ratio that it agrees with."""

    p_value: float
    difference: tuple[float, float]
    ratio: tuple[float, float]


def score_test(
    count_a: float, n_a: float, count_b: float, n_b: float, alpha: float, *, null: float = 0.0
) -> ScoreTest:
    """Test two proportions by the score statistic and invert it (Miettinen & Nurminen 1985).

    Under equality the constrained estimates of difference and ratio are the same, and so is the statistic:
    p-value, interval of the difference and interval of the ratio agree. The p-value and, where it finds
    one, each interval equal those of statsmodels' ``proportion`` module with ``method="score"``; its search
    fails where a proportion is 0 or 1, which is where few events are met.

    Parameters
    ----------
    count_a, n_a
        Events and units of the first group.
    count_b, n_b
        Of the second; the ratio is the first over the second.
    alpha
        Level.
    null
        The difference that the p-value tests (Farrington & Manning 1990 where it is not zero).

    Examples
    --------
    >>> found = score_test(5, 1000, 0, 1000, 0.05)
    >>> round(found.p_value, 4), round(found.difference[0], 4), round(found.ratio[0], 2), found.ratio[1]
    (0.0252, 0.0012, 1.3, inf)
    """
    from scipy import stats

    counts = (count_a, n_a, count_b, n_b)
    bound = float(stats.norm.isf(alpha / 2.0)) ** 2
    difference, ratio = count_a / n_a - count_b / n_b, _ratio(*counts)

    def by_difference(value: float) -> float:
        return _difference_statistic(*counts, value) - bound

    def by_ratio(log: float) -> float:
        return _ratio_statistic(*counts, math.exp(log)) - bound

    whole, center = math.log(_FAR), math.log(min(max(ratio, 1.0 / _FAR), _FAR))
    return ScoreTest(
        float(stats.chi2.sf(_difference_statistic(*counts, null), 1)),
        (
            _end(by_difference, difference, -1.0 + _EDGE, -1.0),
            _end(by_difference, difference, 1.0 - _EDGE, 1.0),
        ),
        (
            0.0 if count_a == 0 else math.exp(_end(by_ratio, center, -whole, -math.inf)),
            math.inf if count_b == 0 else math.exp(_end(by_ratio, center, whole, math.inf)),
        ),
    )


def sparse_score_test(
    count_a: int, n_a: int, count_b: int, n_b: int, alpha: float, *, null: float = 0.0
) -> ScoreTest:
    """Test two proportions by the score statistic, and where next to no events are expected exactly as well.

    Where fewer than half an event is expected in the smaller group, one event in it is a "significant"
    score: 9% of true nulls are rejected at 5% with .3 events expected in a fifth of the units. There the
    p-value is that of Fisher's test too (twice the smaller tail), whichever is larger, and the intervals are
    those of the level at which the score test says the same. At 5% no more than 5% are then rejected in
    groups of 2% to 50% with .1 to 8 events expected (added up over all tables, tests/stats).

    Parameters
    ----------
    count_a, n_a, count_b, n_b, alpha, null
        As in `score_test`; a difference that is not zero has no exact test here.

    Examples
    --------
    >>> two_of_three = score_test(1, 380, 2, 20, 0.05), sparse_score_test(1, 380, 2, 20, 0.05)
    >>> [round(one.p_value, 5) for one in two_of_three]
    [0.0, 0.01385]
    """
    from scipy import stats

    found = score_test(count_a, n_a, count_b, n_b, alpha, null=null)
    events, units = count_a + count_b, n_a + n_b
    if null or events * min(n_a, n_b) >= _SPARSE * units:
        return found
    exact = stats.hypergeom(units, n_b, events)
    p_value = min(1.0, 2.0 * float(min(exact.cdf(count_b), exact.sf(count_b - 1))))
    if p_value <= found.p_value:
        return found
    same = max(alpha * found.p_value / p_value, 1e-300)
    return score_test(count_a, n_a, count_b, n_b, same)._replace(p_value=p_value)


def _ratio(count_a: float, n_a: float, count_b: float, n_b: float) -> float:
    return math.inf if count_b == 0 else count_a * n_b / (count_b * n_a)


def _end(excess: Callable[[float], float], inside: float, outermost: float, otherwise: float) -> float:
    """Return where the test begins to reject between `inside` and `outermost`, or `otherwise`."""
    from scipy.optimize import brentq

    if abs(inside - outermost) < _EDGE or excess(outermost) <= 0:
        return otherwise
    return float(brentq(excess, inside, outermost, xtol=1e-14, rtol=1e-13))


def _scaled(gap: float, variance: float, n: float) -> float:
    variance *= n / (n - 1)
    if variance <= 0:
        return 0.0 if abs(gap) < _EDGE else math.inf
    return gap**2 / variance


def _difference_statistic(count_a: float, n_a: float, count_b: float, n_b: float, delta: float) -> float:
    """Return the score statistic of ``p_a - p_b = delta``: the root of a cubic is the constrained p_b."""
    n, count = n_a + n_b, count_a + count_b
    square = ((n_a + 2 * n_b) * delta - n - count) / n
    slope = ((n_b * delta - n - 2 * count_b) * delta + count) / n
    last = count_b * delta * (1 - delta) / n
    q = square**3 / 27 - slope * square / 6 + last / 2
    p = math.copysign(math.sqrt(max(square**2 / 9 - slope / 3, 0.0)), q)
    turn = 0.0 if p == 0 else min(max(q / p**3, -1.0), 1.0)
    p_b = min(max(2 * p * math.cos((math.pi + math.acos(turn)) / 3) - square / 3, 0.0), 1.0)
    p_a = min(max(p_b + delta, 0.0), 1.0)
    variance = p_a * (1 - p_a) / n_a + p_b * (1 - p_b) / n_b
    return _scaled(count_a / n_a - count_b / n_b - delta, variance, n)


def _ratio_statistic(count_a: float, n_a: float, count_b: float, n_b: float, ratio: float) -> float:
    """Return the score statistic of ``p_a = ratio p_b``: the root of a quadratic is the constrained p_b."""
    n = n_a + n_b
    linear = n_a * ratio + count_a + n_b + count_b * ratio
    root = math.sqrt(max(linear**2 - 4 * n * ratio * (count_a + count_b), 0.0))
    p_b = min(2 * (count_a + count_b) / (linear + root), 1.0)
    p_a = min(ratio * p_b, 1.0)
    variance = p_a * (1 - p_a) / n_a + ratio**2 * p_b * (1 - p_b) / n_b
    return _scaled(count_a / n_a - ratio * count_b / n_b, variance, n)
