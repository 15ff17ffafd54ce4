"""BG/NBD: how often customers buy again, where nobody says when they leave."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from attribution._typing import Floats
from attribution.stats.maximum_likelihood import fit_positive
from attribution.stats.sums import sums_by

_NUDGE = 1e-6  # off the removable poles of the expectations


@dataclass(frozen=True, eq=False)
class PurchaseCells:
    """Customers counted by what BG/NBD needs to know of them; cells of disjoint customers add up.

    Attributes
    ----------
    frequency
        Purchases after the first one, shape (n,).
    recency
        Time from the first purchase to the last one, shape (n,); 0 where there is no repeat.
    age
        Time from the first purchase to the end of the observation, in the unit of `recency`; shape (n,).
    customers
        How many customers are so, shape (n,).

    Examples
    --------
    >>> import numpy as np
    >>> one = PurchaseCells.count(np.array([0, 2, 0]), np.array([0, 5, 0]), np.array([9, 9, 9]))
    >>> both = one + one
    >>> both.frequency, both.customers
    (array([0., 2.]), array([4., 2.]))
    """

    frequency: Floats
    recency: Floats
    age: Floats
    customers: Floats

    @classmethod
    def count(
        cls, frequency: Floats, recency: Floats, age: Floats, customers: Floats | None = None
    ) -> PurchaseCells:
        """Return the distinct cells, sorted, of customers in any order."""
        rows = np.stack([frequency, recency, age], axis=1).astype(np.float64)
        if customers is None:
            customers = np.ones(len(rows), np.float64)
        distinct, which = np.unique(rows, axis=0, return_inverse=True)
        counted = sums_by(which.ravel(), customers, len(distinct))
        return cls(distinct[:, 0], distinct[:, 1], distinct[:, 2], counted)

    def __add__(self, other: PurchaseCells) -> PurchaseCells:
        """Return the cells of both sets of customers."""
        return PurchaseCells.count(
            np.append(self.frequency, other.frequency),
            np.append(self.recency, other.recency),
            np.append(self.age, other.age),
            np.append(self.customers, other.customers),
        )


@dataclass(frozen=True)
class BGNBD:
    """A fitted beta-geometric / negative binomial model.

    While a customer is there, purchases are Poisson with a rate that is gamma (shape `r`, rate `alpha`) over
    customers; after each purchase they leave for good with a probability that is beta (`a`, `b`). Source:
    Fader, Hardie & Lee (2005), Marketing Science 24(2).

    Attributes
    ----------
    r, alpha, a, b
        The parameters; `alpha` in the unit of the times.
    log_likelihood
        At its maximum.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float

    @cached_property
    def _leaves(self) -> float:
        """`a`, off the poles at 1 and at 1 - b, where the expectations have limits."""
        a = self.a
        for pole in (1.0, 1.0 - self.b):
            if abs(a - pole) < _NUDGE:
                a = pole + _NUDGE
        return a

    def expected(self, time: Floats) -> Floats:
        """Return repeat purchases expected of a new customer within `time`; equation 9 of the paper.

        Parameters
        ----------
        time
            Since the first purchase, any shape.
        """
        zero = np.zeros_like(time, dtype=np.float64)
        return self._to_come(np.asarray(time, dtype=np.float64), zero, zero)

    def alive(self, frequency: Floats, recency: Floats, age: Floats) -> Floats:
        """Return the probability that customers are still there.

        Parameters
        ----------
        frequency, recency, age
            As in `PurchaseCells`, shape (n,).
        """
        odds = np.log(self.a) - np.log(self.b + np.maximum(frequency, 1) - 1)
        odds = odds + (self.r + frequency) * np.log((self.alpha + age) / (self.alpha + recency))
        return np.where(frequency > 0, np.exp(-np.logaddexp(0.0, odds)), 1.0)

    def to_come(self, time: float, frequency: Floats, recency: Floats, age: Floats) -> Floats:
        """Return purchases expected of each customer in the `time` after the observation; equation 10.

        Parameters
        ----------
        time
            Length of the time after `age`.
        frequency, recency, age
            As in `PurchaseCells`, shape (n,).
        """
        return self._to_come(np.float64(time), frequency, age) * self.alive(frequency, recency, age)

    def _to_come(self, time: Floats | np.float64, frequency: Floats, age: Floats) -> Floats:
        """Return purchases expected of customers who are there.

        The paper's hypergeometric function has parameters as large as the frequency and overflows; Euler's
        transformation leaves small ones.
        """
        from scipy.special import hyp2f1

        a, whole = self._leaves, self.alpha + age + time
        top = self._leaves + self.b + frequency - 1
        series = hyp2f1(a + self.b - 1 - self.r, a - 1, top, time / whole)
        return np.asarray(top / (a - 1) * (1 - ((self.alpha + age) / whole) ** (a - 1) * series))


def fit_bg_nbd(cells: PurchaseCells) -> BGNBD:
    """Fit BG/NBD by maximum likelihood on counted customers.

    Parameters
    ----------
    cells
        At least one repeat purchase.

    Returns
    -------
    BGNBD
        With `alpha` in the unit of the times.
    """
    from scipy.special import betaln, gammaln

    unit = float(np.average(cells.age, weights=cells.customers))
    x, n = cells.frequency, cells.customers
    recency, age = cells.recency / unit, cells.age / unit

    def loss(logs: Floats) -> float:
        r, alpha, a, b = np.exp(logs)
        bought = gammaln(r + x) - gammaln(r) + r * logs[1] + betaln(a, b + x) - betaln(a, b)
        stays = -(r + x) * np.log(alpha + age)
        leaves = logs[2] - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + recency)
        return -float(n @ (bought + np.logaddexp(stays, np.where(x > 0, leaves, -np.inf))))

    best, least = fit_positive(loss, 4)
    r, alpha, a, b = best.tolist()
    return BGNBD(r, alpha * unit, a, b, float(-least - n @ x * np.log(unit)))
