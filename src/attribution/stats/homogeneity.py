"""Whether conversion depends on channels at all: score tests on counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from attribution._typing import Floats, Ints

_FEWEST = 20  # successes, and failures: with fewer nothing could be shown either way


def rates_differ(successes: Floats, totals: Floats) -> float | None:
    """Return the p-value of Pearson's test that all groups have one rate; None where it cannot be asked.

    Parameters
    ----------
    successes, totals
        Of each group, shape (k,).

    Examples
    --------
    >>> import numpy as np
    >>> round(rates_differ(np.array([30.0, 50.0]), np.array([100.0, 100.0])), 6)
    0.003892
    """
    filled = totals > 0
    successes, totals = successes[filled], totals[filled]
    whole, won = totals.sum(), successes.sum()
    if len(totals) < 2 or min(won, whole - won) < _FEWEST:
        return None
    expected = totals * won / whole
    statistic = ((successes - expected) ** 2 / expected).sum() * whole / (whole - won)
    return _upper_tail(float(statistic), len(totals) - 1)


def marks_matter(inside: Any, strata: Ints, successes: Floats, totals: Floats) -> float | None:
    """Return the p-value of the score test that no mark moves the rate inside strata.

    Sets of marks have successes and totals. Under the null a stratum has one rate, whatever its sets hold:
    the successes of each mark less what its strata lead to expect, over their hypergeometric covariance
    (Cochran-Mantel-Haenszel, for marks that go together).

    Parameters
    ----------
    inside
        Sparse matrix, shape (k, p): 1 where a mark is in a set.
    strata
        Stratum of each set, whole numbers, shape (k,).
    successes, totals
        Of each set, shape (k,).

    Returns
    -------
    float or None
        None where there are too few successes or failures, or marks do not vary.
    """
    if min(successes.sum(), (totals - successes).sum()) < _FEWEST:
        return None
    score, spread = np.zeros(inside.shape[1]), np.zeros((inside.shape[1], inside.shape[1]))
    for stratum in np.unique(strata):
        of = np.flatnonzero((strata == stratum) & (totals > 0))
        part, n, won = inside[of], totals[of], successes[of]
        whole = n.sum()
        if whole <= 1:
            continue
        rate, held = won.sum() / whole, part.T @ n
        score += part.T @ won - rate * held
        within = (part.T @ part.multiply(n[:, None]).tocsr()).toarray() - np.outer(held, held) / whole
        spread += rate * (1.0 - rate) * whole / (whole - 1.0) * within
    sizes, axes = np.linalg.eigh(spread)
    kept = sizes > 1e-9 * max(float(sizes.max(initial=0.0)), 1e-300)
    if not kept.any():
        return None
    along = axes[:, kept].T @ score
    return _upper_tail(float((along**2 / sizes[kept]).sum()), int(kept.sum()))


def _upper_tail(statistic: float, df: int) -> float:
    from scipy import special

    return float(special.chdtrc(df, statistic))
