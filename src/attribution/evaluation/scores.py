"""How far credit is from what channels caused: level, shares, ranks, and what a budget by it would lose.

Arrays hold a channel with spend each, shape (n,): credit, truth and cost.
"""

from __future__ import annotations

import numpy as np

from attribution._typing import Floats

CUT = 0.2  # the part of the spend that is taken away


def level(credit: Floats, truth: Floats) -> float:
    """Return all credit over all that was caused; NaN where nothing was.

    Examples
    --------
    >>> import numpy as np
    >>> level(np.array([30.0, 10.0]), np.array([10.0, 10.0]))
    2.0
    """
    whole = float(truth.sum())
    return float(credit.sum()) / whole if whole else float("nan")


def share_error(credit: Floats, truth: Floats) -> float:
    """Return half the sum of absolute differences of shares, 0 to 1; negative credit counts as none.

    Examples
    --------
    >>> import numpy as np
    >>> share_error(np.array([30.0, 10.0]), np.array([10.0, 10.0]))
    0.25
    """
    given = np.maximum(credit, 0.0)
    if not given.sum() or not truth.sum():
        return float("nan")
    return float(np.abs(given / given.sum() - truth / truth.sum()).sum() / 2)


def rank(credit: Floats, truth: Floats, cost: Floats) -> float:
    """Return Spearman's correlation of credit per unit of spend with truth per unit of spend.

    ``scipy.stats.spearmanr``; NaN where one of them is the same for all channels.
    """
    from scipy.stats import spearmanr

    one, other = credit / cost, truth / cost
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(spearmanr(one, other).statistic)


def best_split(effect: Floats, cost: Floats, rho: float) -> Floats:
    """Return the split of the same total under which effects that grow as ``spend ** rho`` add up to most.

    ``(effect / cost ** rho) ** (1 / (1 - rho))``, scaled; at rho = .5 in proportion to ``effect ** 2 /
    cost``.
    """
    weight = (np.maximum(effect, 0.0) / cost**rho) ** (1 / (1 - rho))
    total = float(weight.sum())
    split: Floats = weight / total * cost.sum() if total else cost.copy()
    return split


def budget_regret(split: Floats, truth: Floats, cost: Floats, rho: float) -> float:
    """Return which part of what the best split would bring is lost by another one."""

    def brought(spend: Floats) -> float:
        return float((np.maximum(truth, 0.0) * (spend / cost) ** rho).sum())

    most = brought(best_split(truth, cost, rho))
    return 1 - brought(split) / most if most else float("nan")


def cut_regret(credit: Floats, truth: Floats, cost: Floats) -> float:
    """Return what part of the truth goes with a fifth of the spend cut by credit, beyond the least possible.

    The channels with the least credit per unit of spend go first; of the last one the part that is needed.
    """
    whole = float(truth.sum())
    if not whole:
        return float("nan")
    return (_lost(credit / cost, truth, cost) - _lost(truth / cost, truth, cost)) / whole


def _lost(order: Floats, truth: Floats, cost: Floats) -> float:
    places = np.argsort(order, kind="stable")
    ends = np.cumsum(cost[places])
    taken = np.clip(CUT * cost.sum() - (ends - cost[places]), 0.0, cost[places])
    return float((truth[places] * taken / cost[places]).sum())
