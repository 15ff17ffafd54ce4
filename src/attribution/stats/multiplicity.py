"""Many tests at once: adjusted p-values, and the level at which each test was made."""

from __future__ import annotations

from typing import Literal

import numpy as np

from attribution._typing import Floats

Correction = Literal["holm", "fdr_bh", "none"]


def adjust(p_values: Floats, alpha: float, correction: Correction) -> tuple[Floats, Floats]:
    """Return adjusted p-values and a level for each interval.

    Equal to `statsmodels.stats.multitest.multipletests`, which does the second correction here; for the first
    it runs the garbage collector at each call, a tenth of a second in a large process.

    An interval at that level leaves out zero exactly when the corrected procedure rejects. Holm (1979): the
    level of the step at which a hypothesis was rejected or the procedure stopped. Benjamini & Hochberg
    (1995): ``R alpha / m`` for R rejections, which also keeps the rate of false coverage among the rejected
    at `alpha` (Benjamini & Yekutieli 2005).

    Parameters
    ----------
    p_values
        float64, shape (m,).
    alpha
        Level of the whole.
    correction
        ``"holm"``, ``"fdr_bh"`` or ``"none"``.

    Examples
    --------
    >>> adjusted, levels = adjust(np.array([0.01, 0.04, 0.03]), 0.05, "holm")
    >>> adjusted.round(3).tolist(), levels.round(4).tolist()
    ([0.03, 0.06, 0.06], [0.0167, 0.025, 0.025])
    """
    m = len(p_values)
    if correction == "none" or m == 0:
        return p_values, np.full(m, alpha)
    if correction == "fdr_bh":
        from statsmodels.stats.multitest import multipletests

        rejected, adjusted, _, _ = multipletests(p_values, alpha=alpha, method="fdr_bh")
        return adjusted, np.full(m, max(int(rejected.sum()), 1) * alpha / m)
    order = np.argsort(p_values, kind="stable")
    steps = m - np.arange(m)
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * steps), 1.0)
    stops = np.flatnonzero(p_values[order] > alpha / steps)
    count = int(stops[0]) if len(stops) else m
    levels = np.full(m, alpha / max(m - count, 1))
    levels[order[:count]] = alpha / steps[:count]
    return adjusted, levels
