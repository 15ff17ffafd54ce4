"""Least squares over the simplex: weights that are not negative and sum to one."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from attribution._typing import Floats


def simplex_weights(target: Floats, donors: Floats, *, penalty: float = 0.0) -> Floats:
    """Return the weights of the mix of donors that comes nearest to the target.

    Minimises ``||target - w @ donors||^2 + penalty ||w||^2`` over ``w >= 0``, ``sum(w) = 1``
    (Abadie, Diamond & Hainmueller 2010). As the weights sum to one, the gap is the mix of the donors' own
    gaps, ``w @ (target - donors)``, so the problem is to find the point of a convex hull that is nearest to
    the origin (Wolfe 1976). Non-negative least squares of 1 on those gaps and a row of ones,
    ``min ||u @ gaps||^2 + c^2 (sum(u) - 1)^2`` over ``u >= 0``, has its minimum along the same ray whatever
    c is, so ``w = u / sum(u)`` is exact; no heavy weight has to stand for the constraint.

    Where the target lies inside the hull of the donors, as it often does with more donors than periods,
    several mixes fit alike and one of them is returned; a small penalty picks the most even one.

    Parameters
    ----------
    target
        Shape (T,).
    donors
        Shape (J, T), J >= 1.
    penalty
        What a sum of squared weights of one costs, in squared units of the target.

    Returns
    -------
    Floats
        Shape (J,).

    Examples
    --------
    >>> import numpy as np
    >>> donors = np.array([[0.0, 0.0, 1.0], [4.0, 0.0, 1.0], [0.0, 4.0, 1.0]])
    >>> simplex_weights(np.array([1.0, 2.0, 1.0]), donors).round(6).tolist()
    [0.25, 0.25, 0.5]
    """
    gaps = donors - target
    size = float(np.abs(gaps).max(initial=0.0))
    if size == 0.0:  # every donor equals the target
        return np.full(len(donors), 1.0 / len(donors))
    gaps /= size
    penalty /= size**2
    # On the scale of the gaps, so that neither part drowns the other.
    anchor = np.sqrt(np.einsum("jt,jt->", gaps, gaps) / len(gaps) + penalty)
    parts = [gaps.T, np.full((1, len(gaps)), anchor)]
    if penalty > 0.0:
        parts.append(np.sqrt(penalty) * np.eye(len(gaps)))
    rows = np.concatenate(parts)
    goal = np.zeros(len(rows))
    goal[gaps.shape[1]] = anchor
    found, _ = optimize.nnls(rows, goal, maxiter=30 * len(gaps))
    weights: Floats = found / found.sum()
    return weights
