"""Geo-based regression: one row a geo, outcome after on outcome before and on the change of cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from attribution._typing import Bools, Floats
from attribution.errors import ExperimentError

_FLAT = 1e-12


@dataclass(frozen=True, eq=False, slots=True)
class Gbr:
    """A geo-based regression.

    Attributes
    ----------
    iroas, se, df
        Incremental outcome per unit of cost, its standard error, and degrees of freedom of Student's t.
    intercept, slope
        Of the outcome in the test on the outcome before it.
    cost, incremental
        Sum of the change of cost over the geos used, and `iroas` times that.
    used
        Geos with a positive outcome before the test, bool, shape (N,); the others have no weight.
    """

    iroas: float
    se: float
    df: int
    intercept: float
    slope: float
    incremental: float
    cost: float
    used: Bools


def gbr(pre: Floats, test: Floats, delta_cost: Floats) -> Gbr:
    """Fit a geo-based regression (Vaver & Koehler 2011, eq. 1).

    ``test = b0 + b1 pre + b2 delta_cost``, by least squares with weights ``1 / pre^2``; b2 is the iROAS. It
    takes the change of cost for known.

    Parameters
    ----------
    pre, test
        Outcome of each geo before and in the test, float64, shape (N,).
    delta_cost
        Cost in the test less what it would have been, float64, shape (N,); 0 for control geos. Where cost was
        not zero before the test, from `cost_change`.

    Raises
    ------
    ExperimentError
        With fewer than 4 geos with an outcome before the test, or columns that cannot be told apart.

    Examples
    --------
    >>> import numpy as np
    >>> pre, cost = np.array([10.0, 20.0, 30.0, 40.0, 50.0]), np.array([1.0, 0.0, 2.0, 0.0, 4.0])
    >>> round(gbr(pre, 1 + 1.1 * pre + 3 * cost, cost).iroas, 6)
    3.0
    """
    used = pre > 0
    count = int(used.sum())
    if count < 4:
        msg = f"{count} geos have an outcome before the test"
        raise ExperimentError(
            msg,
            why="the regression weighs each geo by its outcome before the test, and has three coefficients",
            hint="use at least 4 such geos, better 20 or more",
        )
    weight = 1.0 / pre[used]
    root = np.column_stack([weight, np.ones(count), delta_cost[used] * weight])
    found, variance, df = _least_squares(root, test[used] * weight)
    cost = float(delta_cost[used].sum())
    iroas = float(found[2])
    return Gbr(
        iroas=iroas,
        se=math.sqrt(variance[2]),
        df=df,
        intercept=float(found[0]),
        slope=float(found[1]),
        incremental=iroas * cost,
        cost=cost,
        used=used,
    )


def _least_squares(design: Floats, outcome: Floats) -> tuple[Floats, Floats, int]:
    size = np.sqrt((design**2).sum(axis=0))
    if not size.all() or np.linalg.matrix_rank(design / size) < design.shape[1]:
        msg = "the change of cost cannot be told apart from the outcome before the test"
        raise ExperimentError(
            msg,
            why="no iROAS can be estimated",
            hint="use geos in both arms, and a cost that changed",
        )
    basis, triangle = np.linalg.qr(design / size)
    found = np.linalg.solve(triangle, basis.T @ outcome)
    left = outcome - design / size @ found
    df = len(outcome) - design.shape[1]
    spread = float(left @ left) / df * (np.linalg.inv(triangle) ** 2).sum(axis=1)
    return found / size, spread / size**2, df


def cost_change(pre: Floats, test: Floats, treated: Bools) -> Floats:
    """Return the cost of each geo in the test less what it would have been.

    For treated geos that is predicted from their cost before the test by least squares over the control geos,
    with weights ``1 / pre^2`` (Vaver & Koehler 2011, eq. 2); control geos without cost before the test are
    left out. Where that cannot be fitted (fewer than 3 control geos, or all with the same cost, such as none)
    it is the cost before the test, as in the authors' package. Control geos have 0.

    Parameters
    ----------
    pre, test
        Cost of each geo before and in the test, float64, shape (N,). Of periods of one length; else scale
        `pre` to the length of the test.
    treated
        bool, shape (N,).

    Examples
    --------
    >>> import numpy as np
    >>> treated = np.array([True, False, False, False])
    >>> cost_change(np.array([5.0, 10.0, 20.0, 40.0]), np.array([9.0, 11.0, 21.0, 41.0]), treated).tolist()
    [3.0, 0.0, 0.0, 0.0]
    """
    expected = pre
    fit = ~treated & (pre > 0)
    if int(fit.sum()) >= 3 and np.ptp(pre[fit]) > _FLAT * pre[fit].max():
        weight = 1.0 / pre[fit] ** 2
        total = weight.sum()
        x_bar, y_bar = float(weight @ pre[fit] / total), float(weight @ test[fit] / total)
        slope = float(weight @ ((pre[fit] - x_bar) * (test[fit] - y_bar))) / float(
            weight @ (pre[fit] - x_bar) ** 2
        )
        expected = y_bar + slope * (pre - x_bar)
    change: Floats = np.where(treated, test - expected, 0.0)
    return change
