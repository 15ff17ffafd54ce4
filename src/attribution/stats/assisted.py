"""Confidence intervals of one estimate that lean on what is known of others, and cover whatever they say."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from attribution._typing import Floats, Ints

_EDGE = 0.1  # least part of alpha in either tail
_STEPS = 401


def assisted_interval(
    estimate: float, error: float, *, mean: float, sd: float, alpha: float = 0.05
) -> tuple[float, float]:
    """Return the interval of an estimate, assisted by a guess that does not come from it.

    A test of each value puts the part s of alpha into its lower tail and the rest into the upper one. Where s
    depends on the value, but not on the estimate, the values that are not rejected cover with ``1 - alpha``
    exactly; s is chosen so that the interval is shortest if the effect is drawn from ``N(mean, sd^2)``:
    ``z(alpha s) - z(alpha (1 - s)) = 2 error (value - mean) / sd^2`` (Pratt 1963; Yu & Hoff 2018, Adaptive
    multigroup confidence intervals with constant coverage, Biometrika 105:319-335). A wrong guess costs width
    and no coverage.

    Two bounds on s keep the estimate's own word. It lies between .1 and .9, so that no end is farther from
    the estimate than that of its 99% interval, of 95% ones. And no value of 0 or more is kept where the plain
    interval lies below 0, nor the other way round: the interval holds 0 exactly where the plain one does.

    Parameters
    ----------
    estimate, error
        An estimate and its standard error.
    mean, sd
        The guess; the latter above 0.
    alpha
        0.05 for 95%.

    Examples
    --------
    >>> low, high = assisted_interval(100.0, 20.0, mean=80.0, sd=30.0)
    >>> 60.8 < low < 67.2 and 130 < high < 139.2  # the plain one is 60.8 to 139.2
    True
    """
    from scipy.special import ndtr, ndtri

    s, gap = _tilts(alpha)
    reach = -float(ndtri(alpha * _EDGE)) * error * 1.01
    values = np.sort(np.r_[np.linspace(estimate - reach, estimate + reach, _STEPS), 0.0])
    lower = np.interp(2 * (values - mean) * (error / sd) / sd, gap, s)
    # An estimate at the edge of the plain test of 0 is at least as far out for values beyond.
    least = np.maximum(ndtr(ndtri(alpha / 2) - np.abs(values) / error) / alpha, _EDGE)
    lower = np.where(values >= 0, np.maximum(lower, least), lower)
    lower = np.where(values <= 0, np.minimum(lower, 1 - least), lower)
    first = values + error * ndtri(alpha * lower)
    last = values - error * ndtri(alpha * (1 - lower))
    # How far the estimate lies inside of what each value expects, to find the ends between the steps.
    inside = np.minimum(estimate - first, last - estimate)
    held: Ints = np.flatnonzero(inside >= 0).astype(np.int64)
    return _end(values, inside, int(held[0]), -1), _end(values, inside, int(held[-1]), 1)


@lru_cache(maxsize=8)
def _tilts(alpha: float) -> tuple[Floats, Floats]:
    """Return parts of alpha, and how far the guess must be for each to be best."""
    from scipy.special import ndtri

    s = np.linspace(_EDGE, 1 - _EDGE, 801)
    return s, ndtri(alpha * s) - ndtri(alpha * (1 - s))


def _end(values: Floats, inside: Floats, place: int, step: int) -> float:
    """Return where `inside` crosses 0, next to the last value that is held; at 0, where s jumps, that one."""
    at, beyond = float(values[place]), place + step
    if at == 0.0 or not 0 <= beyond < len(values) or values[beyond] == 0.0:
        return at
    part = float(inside[place] / (inside[place] - inside[beyond]))
    return at + part * float(values[beyond] - at)
