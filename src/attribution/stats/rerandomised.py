"""Differences under other assignments of the same units: what a test rests on where no normal curve is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from attribution._typing import Bools, Floats

MOST_NUMBERS = 4_000_000  # of random ones in a reference: draws times units drawn one by one
MOST_DRAWS, FEWEST_DRAWS = 4_999, 1_999
_COARSE = 0.02  # of a difference, that the squares in an arm of what is drawn as a sum may move it by
_SEED = 20_260_331  # the same data give the same answer, on every engine


@dataclass(frozen=True, eq=False)
class Bulk:
    """Units that are not drawn one by one: how many, and sums that they are known by.

    Attributes
    ----------
    n
        How many.
    mean
        Of numerator and denominator, shape (2,).
    spread
        Their covariance matrix, shape (2, 2).
    """

    n: int
    mean: Floats
    spread: Floats


@dataclass(frozen=True, eq=False)
class Reference:
    """Studentised differences under other assignments, in order.

    Attributes
    ----------
    draws
        Shape (draws,), increasing.
    slack
        Share of a difference below which another is as far out. With few events many assignments are alike
        but for how the sums of the others are drawn: to tell them apart would be to tell rounding.

    Examples
    --------
    >>> import numpy as np
    >>> found = Reference(np.arange(-99.0, 100.0))
    >>> found.p_value(120.0), found.p_value(0.0), found.critical(0.05)
    (0.01, 1.0, (-95.0..., 95.0...))
    """

    draws: Floats
    slack: float = 1e-7

    def p_value(self, t: float) -> float:
        """Return the two-sided p-value of a studentised difference: twice that of its own side."""
        return min(1.0, 2.0 * self.beyond(t, above=t > 0))

    def beyond(self, t: float, *, above: bool) -> float:
        """Return the share of assignments that come out at least as far on a side, the real one counted."""
        slack = self.slack * max(1.0, abs(t))
        if above:
            count = len(self.draws) - int(np.searchsorted(self.draws, t - slack, "left"))
        else:
            count = int(np.searchsorted(self.draws, t + slack, "right"))
        return (1 + count) / (1 + len(self.draws))

    def critical(self, alpha: float) -> tuple[float, float]:
        """Return the ends beyond which `p_value` is at most `alpha`; infinite where nothing is.

        A one-sided test of level a has those of twice a.
        """
        kept = math.floor(alpha / 2.0 * (len(self.draws) + 1) + 1e-9)
        if kept < 1:
            return -math.inf, math.inf
        low, high = float(self.draws[kept - 1]), float(self.draws[-kept])
        return low - self.slack * max(1.0, abs(low)), high + self.slack * max(1.0, abs(high))

    @property
    def smallest(self) -> float:
        """The smallest p-value that any outcome of these units could have had."""
        return min(self.p_value(float(self.draws[0])), self.p_value(float(self.draws[-1])))


def rerandomised(far: Floats, bulk: Bulk, n: tuple[int, int], *, pooled: bool = False) -> Reference:
    """Assign the same units anew, again and again, and return the studentised difference each time.

    The difference of two ratios of means over its standard error by the delta method (Welch's t, where the
    denominator is 1). Under no effect on anybody, arms that were drawn at random make the permutation test
    exact whatever the distribution (Fisher 1935); studentised, it is right also where only the means are
    equal, in large samples (Janssen 1997; Chung & Romano 2013). The far units are drawn one by one, without
    replacement. Of the others, many and near the mean, only the sum that falls to an arm is drawn, from the
    normal curve with the mean and the variance of a draw without replacement.

    Parameters
    ----------
    far
        Numerator and denominator of units drawn one by one, float64, shape (2, m).
    bulk
        All other units of both arms.
    n
        Units of the treated arm and of the holdout.
    pooled
        Whether the standard error is that of one variance for both arms.
    """
    rng = np.random.default_rng(_SEED)
    far = far[:, np.lexsort(far[::-1])]  # not the order of the rows
    m, whole = far.shape[1], sum(n)
    draws = int(np.clip(MOST_NUMBERS // max(m, 1), FEWEST_DRAWS, MOST_DRAWS))
    small = min(n)
    inside = _chosen(rng, m, whole, small, draws)
    taken = inside.sum(axis=1)
    y, x = far
    products = np.stack([y, x, y * y, x * y, x * x])
    drawn = inside @ products.T + _share(rng, bulk, small - taken)
    total = products.sum(axis=1) + _sums(bulk)
    one, other = _arm(drawn, small), _arm(total - drawn, whole - small)
    gap = one[0] - other[0]
    if pooled:
        both = (one[1] + other[1]) / (whole - 2)
        variance = both * (one[2] + other[2])
    else:
        variance = one[1] / (small - 1) * one[2] + other[1] / (whole - small - 1) * other[2]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(gap == 0, 0.0, gap / np.sqrt(variance))
    slack = _COARSE if bulk.n and bulk.spread.any() else 1e-7
    if n[0] == n[1]:  # then who is whose makes no difference
        return Reference(np.sort(np.concatenate([t, -t])), slack)
    return Reference(np.sort(t if n[0] == small else -t), slack)


def _chosen(rng: np.random.Generator, m: int, whole: int, small: int, draws: int) -> Bools:
    """Return which of m units fall among the `small` of `whole`, shape (draws, m)."""
    if not m:
        return np.zeros((draws, 0), np.bool_)
    keys = rng.random((draws, m))
    counts = rng.hypergeometric(m, whole - m, small, draws) if whole > m else np.full(draws, small)
    ordered = np.sort(keys, axis=1)
    edge = np.where(counts > 0, ordered[np.arange(draws), np.maximum(counts - 1, 0)], -1.0)
    return np.asarray(keys <= edge[:, None], np.bool_)


def _sums(bulk: Bulk) -> Floats:
    (y, x), spread = bulk.mean, bulk.spread
    return bulk.n * np.array([y, x, y * y + spread[0, 0], x * y + spread[0, 1], x * x + spread[1, 1]])


def _share(rng: np.random.Generator, bulk: Bulk, taken: Floats) -> Floats:
    """Return what falls to an arm of the bulk's sums, shape (draws, 5)."""
    if not bulk.n:
        return np.zeros((len(taken), 5))
    sums = taken[:, None] / bulk.n * _sums(bulk)
    values, vectors = np.linalg.eigh(bulk.spread)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    left = np.sqrt(taken * (1 - taken / bulk.n))
    sums[:, :2] += left[:, None] * (rng.standard_normal((len(taken), 2)) @ root.T)
    return sums


def _arm(sums: Floats, n: int) -> tuple[Floats, Floats, Floats]:
    """Return ratio, squared residuals and what makes of them the ratio's variance, of arms of n units."""
    y, x, yy, xy, xx = sums.T
    ratio = np.divide(y, x, out=np.zeros_like(y), where=x > 0)
    squares = np.maximum(yy - 2 * ratio * xy + ratio**2 * xx, 0.0)
    # Var(sum / n) over the squared mean of the denominator: squares / (n - 1) / n * (n / x)^2.
    factor = np.divide(float(n), x**2, out=np.zeros_like(x), where=x > 0)
    return ratio, squares, factor
