"""Bootstrap weights and intervals, on arrays."""

from __future__ import annotations

import numpy as np

from attribution._typing import Floats


def multinomial_weights(n_replicates: int, n_units: int, rng: np.random.Generator) -> Floats:
    """Draw how often each unit is picked when n_units are drawn with replacement.

    Returns
    -------
    Floats
        Shape (n_replicates, n_units); rows sum to n_units.
    """
    equal = np.full(n_units, 1.0 / n_units)
    return rng.multinomial(n_units, equal, size=n_replicates).astype(np.float64)


def percentile_interval(replicates: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the percentile interval over the first axis (Efron & Tibshirani 1993, eq. 13.5).

    Parameters
    ----------
    replicates
        Shape (R, ...). A cell with a missing replicate, such as a ratio without a denominator, has no
        interval.
    level
        Confidence level, such as 0.95.

    Examples
    --------
    >>> low, high = percentile_interval(np.arange(101.0), 0.9)
    >>> float(low), float(high)
    (5.0, 95.0)
    """
    tail = (1.0 - level) / 2.0
    with np.errstate(invalid="ignore"):  # replicates may be infinite
        low, high = np.quantile(replicates, [tail, 1.0 - tail], axis=0)
    return low, high


def bca_interval(
    estimate: Floats, replicates: Floats, jackknife: Floats, level: float
) -> tuple[Floats, Floats]:
    """Return the bias-corrected and accelerated interval (Efron & Tibshirani 1993, eqs. 14.9 to 14.15).

    Parameters
    ----------
    estimate
        On all the data, shape (...).
    replicates
        Shape (R, ...).
    jackknife
        Estimates that leave one unit out each, shape (G, ...).
    level
        Confidence level.

    Returns
    -------
    low, high : float64, shape (...)
        The percentile interval where the bias correction is not finite (all replicates on one side). As
        there, a cell with a missing replicate has no interval.
    """
    from scipy import special

    missing = np.isnan(replicates).any(axis=0)
    below = (replicates < estimate).mean(axis=0) + (replicates == estimate).mean(axis=0) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        bias = special.ndtri(below)
        spread = jackknife.mean(axis=0) - jackknife
        acceleration = (spread**3).sum(axis=0) / (6.0 * ((spread**2).sum(axis=0)) ** 1.5)
    usable = np.isfinite(bias) & np.isfinite(acceleration)
    bias, acceleration = np.where(usable, bias, 0.0), np.where(usable, acceleration, 0.0)
    tail = special.ndtri((1.0 - level) / 2.0)
    ordered = np.sort(replicates, axis=0)
    bounds = []
    for z in (tail, -tail):
        shifted = special.ndtr(bias + (bias + z) / (1.0 - acceleration * (bias + z)))
        bounds.append(np.where(missing, np.nan, _quantiles(ordered, shifted)))
    return bounds[0], bounds[1]


def _quantiles(ordered: Floats, probability: Floats) -> Floats:
    """Return each cell's own quantile of its sorted replicates, linearly interpolated."""
    position = probability * (len(ordered) - 1)
    lower = np.clip(np.floor(position).astype(np.int64), 0, len(ordered) - 1)
    upper = np.minimum(lower + 1, len(ordered) - 1)
    share = position - lower
    at_lower = np.take_along_axis(ordered, lower[None], axis=0)[0]
    at_upper = np.take_along_axis(ordered, upper[None], axis=0)[0]
    with np.errstate(invalid="ignore"):  # replicates may be infinite
        cells: Floats = at_lower + (at_upper - at_lower) * share
    return cells
