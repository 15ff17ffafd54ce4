"""Regressions on grouped counts whose columns are mostly indicators: sparse ones, and a few dense."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from attribution._typing import Bools, Floats, Ints

_ROUNDS, _CLOSE = 50, 1e-6  # the error after a last step so small is of the order of its square


@dataclass(frozen=True, eq=False)
class IndicatorDesign:
    """The columns of a regression.

    Attributes
    ----------
    ones : scipy.sparse.csr_array, shape (n, p)
        Indicators.
    dense : float64, shape (n, d)
        The columns after them.
    """

    ones: Any
    dense: Floats

    @classmethod
    def of(cls, marks: Bools, stratum: Ints | None = None) -> IndicatorDesign:
        """Return indicators as they stand, and one for each stratum but the first.

        Examples
        --------
        >>> marks = np.array([[True, False], [True, True]])
        >>> IndicatorDesign.of(marks, np.array([7, 9])).ones.toarray().tolist()
        [[1.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
        """
        from scipy import sparse

        ones = sparse.csr_array(marks.astype(np.float64))
        if stratum is not None:
            known, place = np.unique(stratum, return_inverse=True)
            row = np.flatnonzero(place.reshape(-1) > 0)
            column = place.reshape(-1)[row] - 1
            shape = (len(stratum), len(known) - 1)
            levels = sparse.csr_array((np.ones(len(row)), (row, column)), shape=shape)
            ones = sparse.hstack([ones, levels], format="csr")
        return cls(ones, np.zeros((len(marks), 0)))

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.ones.shape[1] + self.dense.shape[1])

    def with_columns(self, columns: Floats) -> IndicatorDesign:
        """Return the design with more columns, shape (n, k), at its end."""
        return replace(self, dense=np.column_stack([self.dense, columns]))

    def score(self, slopes: Floats) -> Floats:
        """Return the design times slopes, shape (p,) or (p, k)."""
        sparse = self.ones.shape[1]
        score: Floats = self.ones @ slopes[:sparse] + self.dense @ slopes[sparse:]
        return score

    def gather(self, values: Floats) -> Floats:
        """Return the transposed design times values, shape (n,) or (n, k)."""
        return np.concatenate([self.ones.T @ values, self.dense.T @ values])

    def inverse(self, weight: Floats) -> Floats:
        """Return the (pseudo-)inverse of the weighted cross-products of the columns."""
        weighted = self.ones.copy()
        weighted.data = self.ones.data * np.repeat(weight, np.diff(self.ones.indptr))
        beside = self.ones.T @ (weight[:, None] * self.dense)
        corner = self.dense.T @ (weight[:, None] * self.dense)
        information = np.block([[(self.ones.T @ weighted).toarray(), beside], [beside.T, corner]])
        return np.asarray(np.linalg.pinv(information, rcond=1e-12, hermitian=True), np.float64)


def fit_indicators(design: IndicatorDesign, units: Floats, successes: Floats, start: Floats) -> Floats:
    """Return the slopes of a logistic regression on grouped counts, by Newton's method.

    Parameters
    ----------
    design
        Rows are groups of units that are alike.
    units, successes
        Of each group, shape (n,).
    start
        Slopes to begin with, shape (width,).
    """
    slopes: Floats = start
    best = -np.inf
    step: Floats = np.zeros(len(start))
    for _ in range(_ROUNDS):
        score = design.score(slopes)
        likelihood = float(successes @ score - units @ np.logaddexp(0.0, score))
        if likelihood < best - 1e-9 * abs(best):
            step *= 0.5  # half the way back
            slopes = np.subtract(slopes, step)
            continue
        gained = likelihood - best
        best = likelihood
        rate = expit(score)
        inverse = design.inverse(units * rate * (1 - rate))
        step = inverse @ design.gather(successes - units * rate)
        slopes = np.add(slopes, step)
        # A slope without bound, of a mark that never goes with success, gains less and less.
        if np.abs(step).max() < _CLOSE or gained < 1e-12 * abs(best):
            break
    return slopes


def expit(score: Floats) -> Floats:
    """Return the rates of log odds."""
    from scipy.special import expit as rate_of

    rate: Floats = rate_of(score)
    return rate
