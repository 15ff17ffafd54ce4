"""Shifted beta-geometric: how long customers stay whose contract is renewed period by period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution._typing import Floats
from attribution.stats.maximum_likelihood import fit_positive


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """A fitted shifted beta-geometric model.

    At each renewal a customer leaves with a probability of their own, which is beta (`alpha`, `beta`) over
    customers: those who leave easily leave first, so that retention rises with age. Source: Fader & Hardie
    (2007), Journal of Interactive Marketing 21(1).

    Attributes
    ----------
    alpha, beta
        The parameters.
    log_likelihood
        At its maximum.
    """

    alpha: float
    beta: float
    log_likelihood: float

    def survival(self, periods: Floats) -> Floats:
        """Return the part of customers who have renewed that often.

        Parameters
        ----------
        periods
            Renewals, from 0 on, any shape.
        """
        from scipy.special import betaln

        start = betaln(self.alpha, self.beta)
        return np.asarray(np.exp(betaln(self.alpha, self.beta + periods) - start))

    def retention(self, periods: Floats) -> Floats:
        """Return the part that renews at a period of those who are there before it.

        Parameters
        ----------
        periods
            Which renewal, from 1 on, any shape.
        """
        return (self.beta + periods - 1) / (self.alpha + self.beta + periods - 1)

    def residual_lifetime(self, discount: float, renewals: int) -> float:
        """Return the payments to come of a customer, discounted to the renewal that is next (DERL).

        The customer has renewed `renewals` times and stands just before the next renewal, whose payment
        counts whole. The paper's n is `renewals` + 1. Source: Fader & Hardie (2010), Marketing Science 29(1).

        Parameters
        ----------
        discount
            Rate per period, above 0: 0.1 for 10 percent.
        renewals
            Renewals so far.
        """
        from scipy.special import hyp2f1

        past = self.beta + renewals
        both = self.alpha + past
        return float(past / both * hyp2f1(1.0, past + 1, both + 1, 1 / (1 + discount)))


def fit_shifted_beta_geometric(lost: Floats, active: Floats) -> ShiftedBetaGeometric:
    """Fit the shifted beta-geometric model by maximum likelihood.

    Both counts add up over cohorts and over sets of customers.

    Parameters
    ----------
    lost
        Customers who left at renewal 1, 2, ... n; shape (n,).
    active
        Customers still there who have renewed 0, 1, ... n times; shape (n + 1,).
    """
    from scipy.special import betaln

    renewals = np.arange(len(active), dtype=np.float64)

    def loss(logs: Floats) -> float:
        alpha, beta = np.exp(logs)
        leaving = betaln(alpha + 1, beta + renewals[:-1])
        staying = betaln(alpha, beta + renewals)
        total = lost.sum() + active.sum()
        return -float(lost @ leaving + active @ staying - total * betaln(alpha, beta))

    best, least = fit_positive(loss, 2)
    alpha, beta = best.tolist()
    return ShiftedBetaGeometric(alpha, beta, float(-least))
