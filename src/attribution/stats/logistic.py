"""Logistic regression on grouped counts, many at once on one design."""

from __future__ import annotations

import numpy as np

from attribution._typing import Bools, Floats

_ROUNDS = 100
_CLOSE = 1e-10  # the last step of Newton's method; the error after it is of the order of its square
_RANK = 1e-10  # eigenvalues below this fraction of the largest are taken for zero
_LEAST_PART = 1e-12  # a smaller part of the outcomes is rounding, and says nothing
_TABLE = 1 << 23  # numbers in a table of products of columns


def fit_logistic(design: Floats, successes: Floats, totals: Floats) -> Floats:
    """Return slopes of logistic regressions with an intercept that share their rows and columns.

    Newton's method with halved steps. Regressions without successes, or without failures, have slopes 0.
    Where columns cannot be told apart (one repeats another, or some add up to a constant), the slopes are the
    shortest vector among the best; a column that does not vary has slope 0. A row may not hold successes
    alone, nor failures alone, if slopes are to be finite for sure.

    Parameters
    ----------
    design
        Columns without the intercept, shape (n, p).
    successes, totals
        Trials of each row, shape (R, n); a total may be 0.

    Returns
    -------
    Floats
        Shape (R, p).

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([[0.0], [1.0]])
    >>> slope = fit_logistic(one, np.array([[1.0, 3.0]]), np.array([[2.0, 4.0]]))
    >>> np.exp(slope).round(6).tolist()  # odds of 3 against odds of 1
    [[3.0]]
    """
    from scipy.special import expit

    n, p = design.shape
    whole = totals.sum(axis=1)
    good, least = successes.sum(axis=1), _LEAST_PART * whole  # mixed outcomes are never exactly none or all
    usable = (whole > 0) & (good > least) & (whole - good > least)
    slopes = np.zeros((len(totals), p))
    if not usable.any() or not p:
        return slopes
    successes, totals, whole = successes[usable], totals[usable], whole[usable]
    full = np.column_stack([np.ones(n), design])
    products = (
        (full[:, :, None] * full[:, None, :]).reshape(n, -1)
        if len(totals) > 1 and n * (p + 1) ** 2 <= _TABLE
        else None
    )
    # Columns are centred, so that the intercept has no part in what cannot be told apart.
    centred = np.broadcast_to(np.eye(p + 1), (len(totals), p + 1, p + 1)).copy()
    centred[:, 0, 1:] = -(totals @ design) / whole[:, None]
    rate = successes.sum(axis=1) / whole
    found = np.zeros((len(totals), p + 1))
    found[:, 0] = np.log(rate / (1 - rate))
    step, best = np.zeros_like(found), np.full(len(totals), -np.inf)
    turned = np.swapaxes(centred, 1, 2)
    null = None  # what no data can tell; the same for all weights
    for _ in range(_ROUNDS):
        score = found @ full.T
        likelihood = (successes * score - totals * np.logaddexp(0.0, score)).sum(axis=1)
        worse = likelihood < best - 1e-9 * np.abs(best)
        chance = expit(score)
        gradient = turned @ ((successes - totals * chance) @ full)[:, :, None]
        information = turned @ _information(full, products, totals * chance * (1.0 - chance)) @ centred
        if null is None:
            null = _null_space(information)
        system = _regular(information + null, worse)
        newton = (centred @ np.linalg.solve(system, gradient - null @ gradient))[:, :, 0]
        newton = np.where(worse[:, None], -0.5 * step, newton)  # half the way back
        step = np.where(worse[:, None], 0.5 * step, newton)
        best = np.where(worse, best, likelihood)
        found += newton
        if np.abs(newton).max() < _CLOSE:
            break
    slopes[usable] = found[:, 1:]
    return slopes


def _regular(system: Floats, unused: Bools) -> Floats:
    """Return matrices that can be solved: a step too far may leave no information at all.

    The steps of those in `unused` are halved instead. To the others a trace of the identity is added, which
    changes a step by its 10^-12th part, and not where steps end.
    """
    unit = np.eye(system.shape[1])
    size = np.trace(system, axis1=1, axis2=2)
    regular: Floats = system + (1e-12 * size / len(unit))[:, None, None] * unit
    regular[unused | ~(size > 0.0)] = unit
    return regular


def _null_space(information: Floats) -> Floats:
    """Return the projection on the directions without information, scaled like the rest, shape (R, p, p)."""
    values, vectors = np.linalg.eigh(information)
    empty = values <= _RANK * values[:, -1:]
    kept = vectors * empty[:, None, :]
    projection: Floats = kept @ np.swapaxes(vectors, 1, 2)
    return projection


def _information(full: Floats, products: Floats | None, weights: Floats) -> Floats:
    """Return X'WX for each row of weights, shape (R, p, p)."""
    p = full.shape[1]
    if products is not None:
        table: Floats = weights @ products
        return table.reshape(len(weights), p, p)
    return np.stack([full.T @ (each[:, None] * full) for each in weights])
