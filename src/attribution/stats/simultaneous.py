"""Many intervals that hold together, ranks and the set of the best, from the replicates of a bootstrap."""

from __future__ import annotations

import numpy as np

from attribution._typing import Bools, Floats, Ints

_FLAT = 1e-12  # of the largest amount: a spread so small is rounding
_ENTRIES = 1 << 21  # of differences held at once
_MOST_PAIRED = 300  # beyond, ranks come from the intervals of the amounts instead of those of all pairs


def t_values(estimate: Floats, samples: Floats) -> tuple[Floats, Floats]:
    """Return standard errors, shape (...), and how many of them each sample lies off, shape (R, ...).

    What does not vary lies off nothing, and what has no number in some sample neither; its error is NaN.
    """
    usable = np.isfinite(samples).all(axis=0) & np.isfinite(estimate)
    level = np.where(usable, samples, 0.0)
    error = level.std(axis=0, ddof=1)
    moving = usable & (error > _FLAT * np.abs(level).max(initial=0.0))
    off = np.abs(level - np.where(usable, estimate, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        values: Floats = np.where(moving, off / error, 0.0)
    return np.where(usable, np.where(moving, error, 0.0), np.nan), values


def reach_of(peak: Floats, level: float, freedom: float) -> Floats:
    """Return how many standard errors intervals reach so that all of them hold together (max-t).

    The quantile of the largest of all t values over the samples, one standard error of its own probability
    farther out, since the samples are few (.96 instead of .95 of 500); and carried from the normal to the t
    distribution, since standard errors from groups of users are themselves uncertain (Romano & Wolf 2005,
    Exact and approximate stepdown methods; Mogstad, Romano, Shaikh & Wilhelm 2024, Inference for ranks).

    Parameters
    ----------
    peak
        The largest t value of each sample, shape (R, ...).
    level
        Probability that all hold.
    freedom
        Groups of users less one; infinite for single users.

    Examples
    --------
    >>> from scipy import special
    >>> peak = np.abs(special.ndtri((np.arange(2_000) + 0.5) / 2_000))
    >>> float(reach_of(peak, 0.95, np.inf).round(2)), float(reach_of(peak, 0.95, 20.0).round(2))
    (2.0, 2.13)
    """
    from scipy import special

    guarded = min(1.0, level + np.sqrt(level * (1.0 - level) / len(peak)))
    quantile = np.quantile(peak, guarded, axis=0)
    reach = quantile if np.isinf(freedom) else -special.stdtrit(freedom, special.ndtr(-quantile))
    return np.asarray(reach, np.float64)


def bounds_together(
    estimate: Floats, samples: Floats, level: float, freedom: float, left_out: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return intervals that hold all at once with probability `level`, shape (n,); NaN where there is none.

    Parameters
    ----------
    estimate, samples
        Shapes (n,) and (R, n).
    left_out
        Estimates without one group of users each, shape (G, n): with them intervals are longer on the side on
        which the standard error grows (the acceleration of Efron & Tibshirani 1993, eq. 14.15).
    """
    error, values = t_values(estimate, samples)
    reach = reach_of(values.max(axis=1, initial=0.0), level, freedom)
    skewed: Floats = np.zeros_like(estimate)
    if left_out is not None:
        spread = left_out.mean(axis=0) - left_out
        with np.errstate(divide="ignore", invalid="ignore"):
            skewed = np.nan_to_num((spread**3).sum(axis=0) / (6.0 * ((spread**2).sum(axis=0)) ** 1.5))
        skewed = np.clip(skewed, -0.5 / max(float(reach), 1.0), 0.5 / max(float(reach), 1.0))
    low = estimate - error * reach / (1.0 + skewed * reach)
    high = estimate + error * reach / (1.0 - skewed * reach)
    with np.errstate(invalid="ignore"):
        floor = np.where((samples >= 0).all(axis=0) & (estimate >= 0), 0.0, -np.inf)
    return np.maximum(low, floor), high


def surely_ordered(estimate: Floats, samples: Floats, level: float, freedom: float) -> tuple[Ints, Ints]:
    """Return how many amounts are surely above each, and how many surely below, int64, shape (n,).

    All of these statements hold together with probability `level`, so that place ``1 + above`` to
    ``n - below`` holds the true place of every amount (Mogstad, Romano, Shaikh & Wilhelm 2024).

    Examples
    --------
    >>> samples = np.array([[9.0, 2.0, 1.0], [10.0, 1.0, 2.0], [11.0, 3.0, 1.0], [10.0, 2.0, 3.0]])
    >>> above, below = surely_ordered(samples.mean(axis=0), samples, 0.95, np.inf)
    >>> above.tolist(), below.tolist()
    ([0, 1, 1], [2, 0, 0])
    """
    n = len(estimate)
    if n > _MOST_PAIRED:
        low, high = bounds_together(estimate, samples, level, freedom)
        low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
        above = n - np.searchsorted(np.sort(low), high, side="right")
        return above.astype(np.int64), np.searchsorted(np.sort(high), low, side="left").astype(np.int64)
    one, other = np.triu_indices(n, 1)
    peak, error = peak_of_pairs(estimate, samples)
    reach = reach_of(peak, level, freedom)
    gap = estimate[one] - estimate[other]
    with np.errstate(invalid="ignore"):
        sure = np.abs(gap) > error * reach + _rounding(estimate)  # never where the error is NaN
    winner, loser = np.where(gap > 0, one, other)[sure], np.where(gap > 0, other, one)[sure]
    return np.bincount(loser, minlength=n), np.bincount(winner, minlength=n)


def peak_of_pairs(estimate: Floats, samples: Floats) -> tuple[Floats, Floats]:
    """Return the largest t value of all pairs in each sample, and the standard error of each pair.

    Parameters
    ----------
    estimate, samples
        Shapes (n,) and (R, n).

    Returns
    -------
    peak : float64, shape (R,)
        0 where there is no pair.
    error : float64, shape (n (n - 1) / 2,)
        In the order of ``numpy.triu_indices(n, 1)``.
    """
    one, other = np.triu_indices(len(estimate), 1)
    peak, error = np.zeros(len(samples)), np.empty(len(one))
    step = max(1, _ENTRIES // max(1, len(samples)))
    for first in range(0, len(one), step):
        some = slice(first, first + step)
        error[some], values = t_values(
            estimate[one[some]] - estimate[other[some]], samples[:, one[some]] - samples[:, other[some]]
        )
        peak = np.maximum(peak, values.max(axis=1, initial=0.0))
    return peak, error


def could_be_first(estimate: Floats, samples: Floats, level: float, freedom: float) -> Bools:
    """Return which amounts may be the largest: the set holds the one that is with probability `level`.

    An amount is out when another is above it by more than the largest of its gaps to all others reaches by
    chance (Hsu 1984, Constrained simultaneous confidence intervals for multiple comparisons with the best).

    Examples
    --------
    >>> samples = np.array([[9.0, 2.0, 1.0], [10.0, 1.0, 2.0], [11.0, 3.0, 1.0], [10.0, 2.0, 3.0]])
    >>> could_be_first(samples.mean(axis=0), samples, 0.95, np.inf).tolist()
    [True, False, False]
    """
    n = len(estimate)
    inside: Bools = np.ones(n, np.bool_)
    for one in range(n if n > 1 else 0):
        gap, drawn = np.delete(estimate, one) - estimate[one], np.delete(samples, one, 1) - samples[:, [one]]
        error, values = t_values(gap, drawn)
        one_sided = np.where(drawn > gap, values, 0.0).max(axis=1)
        reach = reach_of(one_sided, level, freedom)
        known = np.isfinite(error)
        inside[one] = not (gap[known] > error[known] * reach + _rounding(estimate)).any()
    return inside


def _rounding(estimate: Floats) -> float:
    """Return a gap so small that it is none."""
    return _FLAT * float(np.abs(estimate[np.isfinite(estimate)]).max(initial=0.0))
