"""Partial pooling of noisy effects: the normal-normal hierarchy, its spreads integrated out on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from attribution._typing import Bools, Floats

_POINTS = 60
_POINTS_OF_TWO = 10  # a dimension, where two spreads are summed over
_NEGLIGIBLE = 1e-5  # probability of the unlikeliest points together
ODD = (0.05, 2.0)


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is known of every effect: a mixture of normals.

    Given the spreads and which effects are odd, effect c is ``base_c + slope_c * m + noise_c``: m the common
    mean, the noises independent. So every weighted sum of effects is a mixture of normals too, and needs no
    draws.

    Attributes
    ----------
    weights
        Posterior probability of each point: spreads and a set of odd effects; shape (k,).
    tau, apart
        The spreads of each point, shape (k,).
    mean, variance
        Of the common mean given the point, shape (k,).
    base, slope, noise
        Per grid point and effect, shape (k, n); `noise` is a variance.
    own
        How much of each effect's mean is its own estimate: what the mean moves by when the estimate does,
        spreads and odd ones held; shape (n,), 0 where there is none.
    """

    weights: Floats
    tau: Floats
    apart: Floats
    mean: Floats
    variance: Floats
    base: Floats
    slope: Floats
    noise: Floats
    own: Floats

    def parts(self, factors: Floats) -> tuple[Floats, Floats]:
        """Return mean and variance of the sum of ``factors * effects`` at each point; shape (k,) each."""
        slope = self.slope @ factors
        return self.base @ factors + slope * self.mean, self.noise @ factors**2 + slope**2 * self.variance

    def shared(self, factors: Floats, others: Floats) -> Floats:
        """Return the covariance, given each point, of two weighted sums of effects; shape (k,)."""
        shared: Floats = (
            self.noise @ (factors * others) + (self.slope @ factors) * (self.slope @ others) * self.variance
        )
        return shared

    def moments(self, factors: Floats) -> tuple[float, float]:
        """Return mean and standard deviation of the sum of ``factors * effects``."""
        mean, variance = self.parts(factors)
        return mixture_moments(self.weights, mean, variance)

    def quantiles(self, factors: Floats, levels: Floats, *, extra: float = 0.0) -> Floats:
        """Return quantiles of the sum of ``factors * effects``, plus independent noise of variance `extra`.

        Parameters
        ----------
        factors
            Shape (n,).
        levels
            Probabilities, shape (m,).
        extra
            Variance to add, as for the next estimate of an effect.
        """
        mean, variance = self.parts(factors)
        return mixture_quantiles(self.weights, mean, variance + extra, levels)

    def below(self, factors: Floats, value: float) -> float:
        """Return the probability that the sum of ``factors * effects`` is below `value`."""
        mean, variance = self.parts(factors)
        return _below(value, self.weights, mean, np.sqrt(variance))


def mixture_moments(weights: Floats, mean: Floats, variance: Floats) -> tuple[float, float]:
    """Return mean and standard deviation of a mixture of normals."""
    centre = float(weights @ mean)
    return centre, float(np.sqrt(weights @ (variance + (mean - centre) ** 2)))


def mixture_quantiles(weights: Floats, mean: Floats, variance: Floats, levels: Floats) -> Floats:
    """Return quantiles of a mixture of normals.

    Parameters
    ----------
    weights, mean, variance
        Of its parts, shape (k,) each.
    levels
        Probabilities, shape (m,).
    """
    from scipy.optimize import brentq

    sd = np.sqrt(variance)
    centre, width = mixture_moments(weights, mean, variance)
    if not width > 0:
        return np.full(len(levels), centre)

    def miss(x: float, level: float) -> float:
        return _below(x, weights, mean, sd) - level

    out = []
    for level in levels.tolist():
        # Chebyshev: no quantile is farther from the mean than this.
        reach = width * math.sqrt(1 / min(level, 1 - level)) * 1.01
        out.append(brentq(miss, centre - reach, centre + reach, args=(level,), xtol=1e-7 * width))
    return np.array(out)


def _below(value: float, weights: Floats, mean: Floats, sd: Floats) -> float:
    from scipy.special import ndtr

    return float(weights @ ndtr((value - mean) / np.maximum(sd, 1e-300)))


def pool(
    estimates: Floats,
    errors: Floats,
    *,
    prior: tuple[float, float],
    spread: float,
    odd: tuple[float, float] = ODD,
    size: Floats | None = None,
    apart: float = 0.0,
) -> Posterior:
    """Pool estimates of the effects of several groups, some without an estimate.

    ``effect_c ~ N(m size_c, (tau size_c)^2 + d^2)``, ``estimate_c ~ N(effect_c, error_c^2)``,
    ``m ~ N(prior)``, ``tau ~ half-normal(spread)``, ``d ~ half-normal(apart)``; Gelman et al. (2013),
    Bayesian Data Analysis, section 5.4. m is integrated in closed form, the spreads on a grid of equal prior
    probability.

    One group that is unlike all others would drag the others after it. So each group may be an odd one, with
    ``width^2`` added to its variance. Of those with an estimate up to three are looked for; of the others the
    variance is what it is on average.

    Parameters
    ----------
    estimates
        Shape (n,), NaN where there is none.
    errors
        Their standard errors, shape (n,).
    prior
        Mean and standard deviation of m.
    spread
        Scale of tau's half-normal prior.
    odd
        Prior probability that a group is an odd one, and the width; probability 0 leaves them out.
    size
        What each effect is a multiple of, shape (n,); 1 by default.
    apart
        Scale of the half-normal prior of what effects differ by whatever their size; 0 for nothing.

    Examples
    --------
    >>> import numpy as np
    >>> posterior = pool(np.array([0.2, np.nan]), np.array([0.1, np.nan]), prior=(0.7, 0.5), spread=0.3)
    >>> mean, sd = posterior.moments(np.array([1.0, 0.0]))
    >>> 0.2 < mean < 0.3 and sd < 0.1
    True
    """
    share, width = odd
    sizes = np.ones(len(estimates)) if size is None else size
    tested = np.flatnonzero(np.isfinite(estimates))
    sets = _odd_sets(len(tested)) if share > 0 else np.zeros((1, len(tested)), dtype=np.bool_)
    taus, aparts = (np.tile(line, len(sets)) for line in _grid(spread, apart))
    odds = np.repeat(sets, len(taus) // len(sets), axis=0)
    e, v, s = estimates[tested], errors[tested] ** 2, sizes[tested]
    own = (taus[:, None] * s) ** 2 + aparts[:, None] ** 2 + odds * width**2
    total = own + v  # (k, tested)
    m0, v0 = prior[0], prior[1] ** 2
    precision = 1 / v0 + (s**2 / total).sum(axis=1)
    mean = (m0 / v0 + (s * e / total).sum(axis=1)) / precision
    # p(e | spreads) = p(e | m, spreads) p(m) / p(m | e, spreads), at the posterior mean of m.
    log_weight = (
        -0.5 * (np.log(total) + (e - mean[:, None] * s) ** 2 / total).sum(axis=1)
        - 0.5 * (mean - m0) ** 2 / v0
        - 0.5 * np.log(precision)
    )
    if share > 0:
        log_weight += odds.sum(axis=1) * np.log(share / (1 - share))
    weights = np.exp(log_weight - log_weight.max())
    weights /= weights.sum()
    order = np.argsort(weights)
    likely = np.sort(order[np.cumsum(weights[order]) > _NEGLIGIBLE])
    weights, tau, gap = weights[likely] / weights[likely].sum(), taus[likely], aparts[likely]
    mean, precision = mean[likely], precision[likely]
    kept = own[likely] / total[likely]
    shape = (len(tau), len(estimates))
    base, slope = np.zeros(shape), np.repeat(sizes[None, :], shape[0], axis=0)
    noise = (tau[:, None] * sizes) ** 2 + gap[:, None] ** 2 + share * width**2
    base[:, tested], slope[:, tested], noise[:, tested] = kept * e, (1 - kept) * s, kept * v
    of_own = np.zeros(shape[1])
    of_own[tested] = weights @ (kept + (1 - kept) * s**2 / total[likely] / precision[:, None])
    return Posterior(weights, tau, gap, mean, 1 / precision, base, slope, noise, of_own)


def _grid(spread: float, apart: float) -> tuple[Floats, Floats]:
    """Return points of equal prior probability: tau and the other spread, of one length."""
    if not apart > 0:
        taus = _half_normal(spread, _POINTS)
        return taus, np.zeros(_POINTS)
    n = _POINTS_OF_TWO
    return np.repeat(_half_normal(spread, n), n), np.tile(_half_normal(apart, n), n)


def _half_normal(scale: float, points: int) -> Floats:
    from scipy.special import ndtri

    found: Floats = scale * ndtri(0.5 + (np.arange(points) + 0.5) / (2 * points))
    return found


def _odd_sets(n: int) -> Bools:
    """Return every set of at most three odd ones among n; at most two of more than a dozen, one of many."""
    most = 3 if n <= 12 else 2 if n <= 24 else 1
    sets = [chosen for size in range(min(most, n) + 1) for chosen in combinations(range(n), size)]
    out = np.zeros((len(sets), n), dtype=np.bool_)
    for row, chosen in enumerate(sets):
        out[row, list(chosen)] = True
    return out
