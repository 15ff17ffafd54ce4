"""Whether conversion depends on channels at all: score tests on counts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from attribution._typing import Floats, Ints
from attribution.stats.additive_hazards import Events, fit, heights, start

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
    return _chi_squared(score, spread)


def hazards_differ(events: Events, counts: Floats) -> float | None:
    """Return the p-value of the score test that active touches of all groups have one hazard at each age.

    Under the null the heights of a bin are those of all groups together. Scores of the groups are their parts
    of the events less what their waits lead to expect; their covariance is the sum over events of the
    squared parts, less what the fitted heights take up.

    Parameters
    ----------
    events
        The design; see `attribution.stats.additive_hazards`.
    counts
        Events of each kind, shape (n,).

    Returns
    -------
    float or None
        None where there are too few events, or one group alone.
    """
    from scipy import sparse

    n, bins = events.spent.shape
    if n < 2 or counts.sum() < _FEWEST:
        return None
    cells = np.arange(n * bins)
    ones = np.ones(n * bins)
    by_group = sparse.csr_array((ones, (cells, cells // bins)), shape=(n * bins, n))
    by_bin = sparse.csr_array((ones, (cells, cells % bins)), shape=(n * bins, bins))
    pooled = Events(
        (events.active @ by_bin).tocsr(), events.spent.sum(axis=0)[None], events.lower, events.upper
    )
    one = heights(pooled, fit(pooled, counts, "free", start(pooled, counts, "free")), "free")
    whole = pooled.active @ one
    happened = np.flatnonzero((counts > 0) & (whole > 0))
    parts = events.active[happened].multiply((counts[happened] / whole[happened])[:, None])
    weight = sparse.diags_array(1.0 / np.sqrt(counts[happened]))
    shares = (parts @ sparse.diags_array(np.tile(one, n))).tocsr()
    group, bin_ = weight @ shares @ by_group, (weight @ shares @ by_bin).toarray()
    seen, due = np.asarray((shares @ by_group).sum(axis=0)), events.spent @ one
    # As much as is due to a group, not as much as it got: else groups that got little would seem certain.
    scale = np.sqrt(np.divide(due, seen, out=np.zeros_like(due), where=seen > 0))
    crossed = np.where(seen[:, None] > 0, scale[:, None] * (group.T @ bin_), events.spent * one)
    inner = scale[:, None] * (group.T @ group).toarray() * scale + np.diag(np.where(seen > 0, 0.0, due))
    held = crossed @ np.linalg.pinv(bin_.T @ bin_, hermitian=True) @ crossed.T
    return _chi_squared(seen - due, inner - held)


def _chi_squared(score: Floats, spread: Floats) -> float | None:
    """Return the p-value of scores with this covariance, which need not be of full rank."""
    sizes, axes = np.linalg.eigh(spread)
    kept = sizes > 1e-9 * max(float(sizes.max(initial=0.0)), 1e-300)
    if not kept.any():
        return None
    along = axes[:, kept].T @ score
    return _upper_tail(float((along**2 / sizes[kept]).sum()), int(kept.sum()))


def _upper_tail(statistic: float, df: int) -> float:
    """Return the upper tail of chi-squared, by the finite series for whole degrees of freedom.

    ``Q(a + 1, x) = Q(a, x) + x**a exp(-x) / Gamma(a + 1)``, with a = df / 2, x = statistic / 2; all terms are
    positive. Loading scipy.special for this one number would take longer than a Markov chain of a million
    touches.
    """
    x = max(statistic, 0.0) / 2.0
    if x == 0.0:
        return 1.0
    odd = df % 2
    a = np.arange(df // 2) + odd / 2.0
    logs = a * math.log(x) - x - np.array([math.lgamma(each + 1.0) for each in a.tolist()])
    return min(1.0, (math.erfc(math.sqrt(x)) if odd else 0.0) + float(np.exp(logs).sum()))
