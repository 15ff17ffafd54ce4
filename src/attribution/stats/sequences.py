"""Confidence sequences: intervals that stay valid however often one looks."""

from __future__ import annotations

from typing import Any

import numpy as np

from attribution._typing import Floats


def mixture_scale(planned: float, alpha: float) -> float:
    """Return the r at which the sequence is about narrowest at `planned` units (Waudby-Smith et al. 2021).

    ``r = sqrt((-2 log alpha + log(-2 log alpha + 1)) / planned)``.

    Examples
    --------
    >>> round(mixture_scale(10_000, 0.05), 5)
    0.02816
    """
    deep = -2.0 * np.log(alpha)
    return float(np.sqrt((deep + np.log(deep + 1.0)) / planned))


def sequence_critical(n: Any, r: float, alpha: float) -> Floats:
    """Return what to multiply a standard error by, at `n` units, for an interval valid at all n together.

    The asymptotic confidence sequence with a normal mixture (Robbins 1970; Howard et al. 2021;
    Waudby-Smith et al. 2021, theorem 2.2): ``sqrt(2 (n r^2 + 1) / (n r^2) log(sqrt(n r^2 + 1) / alpha))``.

    Parameters
    ----------
    n
        Units seen so far, of all arms.
    r
        From `mixture_scale`; it must be set before the data are seen.
    alpha
        Probability of ever missing the true value.

    Examples
    --------
    >>> float(sequence_critical(10_000, mixture_scale(10_000, 0.05), 0.05).round(3))
    3.035
    """
    k = np.asarray(n, np.float64) * r**2
    critical: Floats = np.sqrt(2.0 * (k + 1.0) / k * (0.5 * np.log1p(k) - np.log(alpha)))
    return critical


def sequence_p_value(z: Any, n: Any, r: float) -> Floats:
    """Return the p-value that may be read at any time: the smallest alpha whose sequence leaves out zero.

    ``min(1, sqrt(k + 1) exp(-z^2 k / (2 (k + 1))))`` with ``k = n r^2``: that is `sequence_critical` solved
    for alpha.

    Parameters
    ----------
    z
        Estimate over its standard error.
    n, r
        As in `sequence_critical`.
    """
    k = np.asarray(n, np.float64) * r**2
    p: Floats = np.minimum(1.0, np.exp(0.5 * np.log1p(k) - np.asarray(z) ** 2 * k / (2.0 * (k + 1.0))))
    return p
