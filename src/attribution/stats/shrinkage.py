"""Partial pooling of noisy effects: the normal-normal hierarchy, with its spread integrated out on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from attribution._typing import Bools, Floats

_POINTS = 60
_NEGLIGIBLE = 1e-5  # probability of the unlikeliest points together
ODD = (0.05, 2.0)


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is known of every effect: a mixture of normals.

    Given the spread tau and which effects are odd, effect c is ``base_c + slope_c * m + noise_c``: m the
    common mean, the noises independent. So every weighted sum of effects is a mixture of normals too, and
    needs no draws.

    Attributes
    ----------
    weights
        Posterior probability of each point: a tau and a set of odd effects; shape (k,).
    tau
        Of each point, shape (k,).
    mean, variance
        Of the common mean given tau, shape (k,).
    base, slope, noise
        Per grid point and effect, shape (k, n); `noise` is a variance.
    """

    weights: Floats
    tau: Floats
    mean: Floats
    variance: Floats
    base: Floats
    slope: Floats
    noise: Floats

    def parts(self, factors: Floats) -> tuple[Floats, Floats]:
        """Return mean and variance, given each tau, of the sum of ``factors * effects``; shape (k,) each."""
        slope = self.slope @ factors
        return self.base @ factors + slope * self.mean, self.noise @ factors**2 + slope**2 * self.variance

    def moments(self, factors: Floats) -> tuple[float, float]:
        """Return mean and standard deviation of the sum of ``factors * effects``."""
        mean, variance = self.parts(factors)
        centre = float(self.weights @ mean)
        return centre, float(np.sqrt(self.weights @ (variance + (mean - centre) ** 2)))

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
        from scipy.optimize import brentq

        mean, variance = self.parts(factors)
        sd = np.sqrt(variance + extra)
        if not sd.max() > 0:
            return np.full(len(levels), float(self.weights @ mean))
        centre = float(self.weights @ mean)
        width = math.sqrt(float(self.weights @ (sd**2 + (mean - centre) ** 2)))

        def miss(x: float, level: float) -> float:
            return self._below(x, mean, sd) - level

        out = []
        for level in levels.tolist():
            # Chebyshev: no quantile is farther from the mean than this.
            reach = width * math.sqrt(1 / min(level, 1 - level)) * 1.01
            out.append(brentq(miss, centre - reach, centre + reach, args=(level,), xtol=1e-7 * width))
        return np.array(out)

    def below(self, factors: Floats, value: float) -> float:
        """Return the probability that the sum of ``factors * effects`` is below `value`."""
        mean, variance = self.parts(factors)
        return self._below(value, mean, np.sqrt(variance))

    def _below(self, value: float, mean: Floats, sd: Floats) -> float:
        from scipy.special import ndtr

        return float(self.weights @ ndtr((value - mean) / np.maximum(sd, 1e-300)))


def pool(
    estimates: Floats,
    errors: Floats,
    *,
    prior: tuple[float, float],
    spread: float,
    odd: tuple[float, float] = ODD,
) -> Posterior:
    """Pool estimates of the effects of several groups, some without an estimate.

    ``effect_c ~ N(m, tau^2)``, ``estimate_c ~ N(effect_c, error_c^2)``, ``m ~ N(prior)``,
    ``tau ~ half-normal(spread)``; Gelman et al. (2013), Bayesian Data Analysis, section 5.4. m is integrated
    in closed form and tau on 60 points of equal prior probability.

    One group that is unlike all others would drag the others after it. So each group with an estimate may be
    an odd one, ``effect_c ~ N(m, tau^2 + width^2)``, of which up to three are looked for.

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

    Examples
    --------
    >>> import numpy as np
    >>> posterior = pool(np.array([0.2, np.nan]), np.array([0.1, np.nan]), prior=(0.7, 0.5), spread=0.3)
    >>> mean, sd = posterior.moments(np.array([1.0, 0.0]))
    >>> 0.2 < mean < 0.3 and sd < 0.1
    True
    """
    from scipy.special import ndtri

    share, width = odd
    tested = np.flatnonzero(np.isfinite(estimates))
    spreads = spread * ndtri(0.5 + (np.arange(_POINTS) + 0.5) / (2 * _POINTS))
    sets = _odd_sets(len(tested)) if share > 0 else np.zeros((1, len(tested)), dtype=np.bool_)
    tau = np.tile(spreads, len(sets))
    odds = np.repeat(sets, _POINTS, axis=0)
    e, v = estimates[tested], errors[tested] ** 2
    own = tau[:, None] ** 2 + odds * width**2
    total = own + v  # (k, tested)
    m0, v0 = prior[0], prior[1] ** 2
    precision = 1 / v0 + (1 / total).sum(axis=1)
    mean = (m0 / v0 + (e / total).sum(axis=1)) / precision
    # p(e | tau) = p(e | m, tau) p(m) / p(m | e, tau), at the posterior mean of m.
    log_weight = (
        -0.5 * (np.log(total) + (e - mean[:, None]) ** 2 / total).sum(axis=1)
        - 0.5 * (mean - m0) ** 2 / v0
        - 0.5 * np.log(precision)
    )
    if share > 0:
        log_weight += odds.sum(axis=1) * np.log(share / (1 - share))
    weights = np.exp(log_weight - log_weight.max())
    weights /= weights.sum()
    order = np.argsort(weights)
    likely = np.sort(order[np.cumsum(weights[order]) > _NEGLIGIBLE])
    weights, tau, mean, precision = weights[likely], tau[likely], mean[likely], precision[likely]
    kept = own[likely] / total[likely]
    shape = (len(tau), len(estimates))
    base, slope, noise = np.zeros(shape), np.ones(shape), np.repeat(tau[:, None] ** 2, shape[1], axis=1)
    base[:, tested], slope[:, tested], noise[:, tested] = kept * e, 1 - kept, kept * v
    return Posterior(weights / weights.sum(), tau, mean, 1 / precision, base, slope, noise)


def _odd_sets(n: int) -> Bools:
    """Return every set of at most three (of more than a dozen, two) odd ones among n; shape (sets, n)."""
    most = 3 if n <= 12 else 2
    sets = [chosen for size in range(min(most, n) + 1) for chosen in combinations(range(n), size)]
    out = np.zeros((len(sets), n), dtype=np.bool_)
    for row, chosen in enumerate(sets):
        out[row, list(chosen)] = True
    return out
