"""Gamma-gamma: what a purchase of a customer is worth, from the few that were seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution._typing import Floats
from attribution.stats.maximum_likelihood import fit_positive


@dataclass(frozen=True)
class GammaGamma:
    """A fitted gamma-gamma model of the value of purchases.

    Values of a customer's purchases are gamma (shape `p`) with a rate that is gamma (shape `q`, rate `v`)
    over customers, whatever their number: a model for customers whose frequency and value are unrelated.
    Source: Fader & Hardie (2013), brucehardie.com/notes/025.

    Attributes
    ----------
    p, q, v
        The parameters; `v` in the unit of the values.
    log_likelihood
        At its maximum.
    """

    p: float
    q: float
    v: float
    log_likelihood: float

    @property
    def mean(self) -> float:
        """Mean value of a purchase over customers; infinite where `q` is at most 1."""
        return self.v * self.p / (self.q - 1) if self.q > 1 else float("inf")

    def expected(self, frequency: Floats, value: Floats) -> Floats:
        """Return the value expected of a purchase of each customer, between their mean and that of all.

        Parameters
        ----------
        frequency
            Purchases that were seen, shape (n,); 0 gives the mean of all.
        value
            Their mean value, shape (n,); counts for nothing where `frequency` is 0.
        """
        seen = np.where(frequency > 0, frequency * value, 0.0)
        below = self.p * frequency + self.q - 1
        return np.where(below > 0, self.p * (self.v + seen) / np.where(below > 0, below, 1.0), np.inf)


def fit_gamma_gamma(frequency: Floats, value: Floats, customers: Floats | None = None) -> GammaGamma:
    """Fit gamma-gamma by maximum likelihood.

    Parameters
    ----------
    frequency
        Purchases of customers, at least 1, shape (n,).
    value
        Their mean value, positive, shape (n,).
    customers
        How many customers are so, shape (n,); 1 by default.
    """
    from scipy.special import gammaln

    n = np.ones(len(frequency)) if customers is None else customers
    unit = float(np.average(value, weights=n * frequency))
    x, m = frequency.astype(np.float64), value / unit

    def loss(logs: Floats) -> float:
        p, q, v = np.exp(logs)
        shapes = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * logs[2]
        spread = (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(x * m + v)
        return -float(n @ (shapes + spread))

    best, least = fit_positive(loss, 3)
    p, q, v = best.tolist()
    return GammaGamma(p, q, v * unit, float(-least - n.sum() * np.log(unit)))


def frequency_value_correlation(frequency: Floats, value: Floats, customers: Floats | None = None) -> float:
    """Return the correlation of frequency and mean value over customers; 0 where one of them is constant.

    Parameters
    ----------
    frequency, value, customers
        As in `fit_gamma_gamma`.
    """
    n = np.ones(len(frequency)) if customers is None else customers
    x = frequency - np.average(frequency, weights=n)
    m = value - np.average(value, weights=n)
    size = np.sqrt((n @ x**2) * (n @ m**2))
    return float(n @ (x * m) / size) if size > 0 else 0.0
