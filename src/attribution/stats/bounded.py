"""Pooled effects of which the sum is known to lie between two ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution._typing import Floats, Ints
from attribution.stats.shrinkage import Posterior, mixture_moments, mixture_quantiles

_SLICES = 6  # of the sum, each of equal probability, within a part of the mixture
_NEGLIGIBLE = 1e-3  # probability of the unlikeliest parts together


@dataclass(frozen=True, eq=False)
class Bounded:
    """A `Posterior` conditioned on the sum of all effects.

    Given a part of the mixture, the sum is a normal cut off at both ends, and every effect is a straight line
    in the sum plus independent normal noise. So it is a mixture again, over slices of the sum, without draws.

    Attributes
    ----------
    posterior
        What is known without the bounds.
    low, high
        The bounds of the sum.
    room
        Probability that the sum lies within them, before it is known that it does.
    weights
        Posterior probability of each part given that, shape (k,).
    kept
        The parts that count, among those of `posterior`; shape (k,).
    mean
        Of the sum, in each part; shape (k,).
    sums
        A sum for each slice, of that mean; shape (k, slices).
    rest
        Variance of the sum in each part that the slices lack, shape (k,).
    """

    posterior: Posterior
    low: float
    high: float
    room: float
    weights: Floats
    kept: Ints
    mean: Floats
    sums: Floats
    rest: Floats

    def moments(self, factors: Floats) -> tuple[float, float]:
        """Return mean and standard deviation of the sum of ``factors * effects``."""
        return mixture_moments(*self._parts(factors))

    def quantiles(self, factors: Floats, levels: Floats) -> Floats:
        """Return quantiles of the sum of ``factors * effects``.

        Parameters
        ----------
        factors
            Shape (n,).
        levels
            Probabilities, shape (m,).
        """
        return mixture_quantiles(*self._parts(factors), levels)

    def _parts(self, factors: Floats) -> tuple[Floats, Floats, Floats]:
        """Return weight, mean and variance of every part and slice."""
        every = np.ones(self.posterior.base.shape[1])
        mean, variance = (line[self.kept] for line in self.posterior.parts(factors))
        middle, width = (line[self.kept] for line in self.posterior.parts(every))
        slope = self.posterior.shared(factors, every)[self.kept] / width
        rest = np.maximum(variance - slope**2 * (width - self.rest), 0.0)
        n = self.sums.shape[1]
        means = mean[:, None] + slope[:, None] * (self.sums - middle[:, None])
        return np.repeat(self.weights / n, n), means.ravel(), np.repeat(rest, n)

    def total(self, levels: Floats) -> tuple[float, Floats]:
        """Return mean and quantiles of the sum of all effects, which lie within the bounds.

        Parameters
        ----------
        levels
            Probabilities, shape (m,).
        """
        from scipy.optimize import brentq

        cut = _Cut.of(self.posterior, self.low, self.high, self.kept)

        def miss(x: float, level: float) -> float:
            return float(self.weights @ cut.below(x)) - level

        found = [brentq(miss, self.low, self.high, args=(level,)) for level in levels.tolist()]
        return float(self.weights @ self.mean), np.array(found)


def within(posterior: Posterior, low: float, high: float) -> Bounded:
    """Condition pooled effects on the sum of all of them.

    Parameters
    ----------
    posterior
        What is known without.
    low, high
        The ends that the sum lies between.

    Examples
    --------
    >>> import numpy as np
    >>> from attribution.stats.shrinkage import pool
    >>> known = pool(np.array([90.0, np.nan]), np.array([1.0, np.nan]), prior=(0.0, 1.0), spread=50.0)
    >>> effects = within(known, 0.0, 100.0)
    >>> mean, (least, most) = effects.total(np.array([0.025, 0.975]))
    >>> bool(0 < least < mean < most < 100)
    True
    """
    cut = _Cut.of(posterior, low, high)
    log_weight = np.log(posterior.weights) + cut.inside
    room = float(np.exp(log_weight).sum())
    weights = np.exp(log_weight - log_weight.max())
    weights /= weights.sum()
    order = np.argsort(weights)
    kept = np.sort(order[np.cumsum(weights[order]) > _NEGLIGIBLE])
    mean, sums, rest = _Cut.of(posterior, low, high, kept).slices()
    return Bounded(posterior, low, high, room, weights[kept] / weights[kept].sum(), kept, mean, sums, rest)


@dataclass(frozen=True, eq=False)
class _Cut:
    """The sum in every part: a normal cut off at both ends, in units of its own.

    Where both ends lie above the normal's mean it is the mirror image, `sign` -1: small tails are exact in
    logarithms on one side only.
    """

    mean: Floats
    sd: Floats
    sign: Floats
    ends: Floats  # (2, k)
    tails: Floats  # logarithms of the probabilities below the ends, (2, k)
    inside: Floats  # logarithm of the probability between

    @classmethod
    def of(cls, posterior: Posterior, low: float, high: float, kept: Ints | slice = slice(None)) -> _Cut:
        from scipy.special import log_ndtr

        mean, variance = (line[kept] for line in posterior.parts(np.ones(posterior.base.shape[1])))
        sd = np.sqrt(np.maximum(variance, 1e-300))
        ends = np.stack([(low - mean) / sd, (high - mean) / sd])
        mirrored = mean < low
        ends = np.where(mirrored, -ends[::-1], ends)
        tails = log_ndtr(ends)
        return cls(mean, sd, np.where(mirrored, -1.0, 1.0), ends, tails, _log_less(tails[1], tails[0]))

    def below(self, value: float) -> Floats:
        """Return the probability that the cut normal is below a value within its ends."""
        from scipy.special import log_ndtr

        at = log_ndtr(self.sign * (value - self.mean) / self.sd)
        part = np.where(self.sign > 0, _log_less(at, self.tails[0]), _log_less(self.tails[1], at))
        found: Floats = np.exp(np.minimum(part - self.inside, 0.0))
        return found

    def slices(self) -> tuple[Floats, Floats, Floats]:
        """Return the mean, a value for each slice of equal probability, and the variance that they lack."""
        from scipy.special import ndtri_exp

        u = (np.arange(_SLICES) + 0.5) / _SLICES
        level = np.logaddexp(self.tails[0][:, None] + np.log1p(-u), self.tails[1][:, None] + np.log(u))
        places = ndtri_exp(level)
        # Density over probability at both ends; at infinite ends 0.
        density = np.exp(np.minimum(-0.5 * self.ends**2 - 0.5 * np.log(2 * np.pi) - self.inside, 700.0))
        reach = np.where(density > 0, self.ends * density, 0.0)
        middle = np.clip(density[0] - density[1], self.ends[0], self.ends[1])
        variance = 1 + reach[0] - reach[1] - middle**2
        lacks = np.clip(variance - places.var(axis=1), 0.0, 0.25 * places.var(axis=1))
        places += (middle - places.mean(axis=1))[:, None]
        sums = self.mean[:, None] + (self.sign * self.sd)[:, None] * places
        return self.mean + self.sign * self.sd * middle, sums, self.sd**2 * lacks


def _log_less(larger: Floats, smaller: Floats) -> Floats:
    """Return the logarithm of a difference, from logarithms."""
    found: Floats = larger + np.log1p(-np.exp(np.minimum(smaller - larger, -1e-15)))
    return found
