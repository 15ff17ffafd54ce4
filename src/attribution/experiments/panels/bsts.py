"""Bayesian structural time series: a local level and a regression on donors that picks its donors.

The posterior is drawn by a Gibbs sampler in blocks that mix well: which donors are in and their coefficients
with the level integrated out, then the whole path of the level at once, then the two variances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution._typing import Bools, Floats, Ints
from attribution.errors import ExperimentError
from attribution.experiments.panels.serial import effective_draws

# The prior of the R package CausalImpact 1.4 (Brodersen et al. 2015, section 3), in units of the standard
# deviation of the target before the test.
EXPECTED_SIZE = 3.0
LEVEL_DF = 32.0
LARGEST_LEVEL_SD = 1.0
EXPECTED_R2, NOISE_DF = 0.8, 50.0
INFORMATION, SHRINKAGE = 0.01, 0.5
_FLAT = 1e-12


@dataclass(frozen=True, eq=False, slots=True)
class Bsts:
    """Draws from the posterior of a structural time series.

    Attributes
    ----------
    counterfactual
        Posterior mean of what the target would have been, shape (T,).
    draws
        The target without the test, noise included, shape (draws, T).
    effects
        Total effect over the test, shape (draws,).
    inclusion
        Posterior probability that a donor is in the regression, shape (J,).
    coefficients
        Posterior mean of the donors' coefficients in their own units, 0 where they are out, shape (J,).
    level_sd, noise_sd
        Standard deviations of the steps of the level and of the noise, in the target's units, shape (draws,).
    effective_draws
        Independent draws that `effects` are worth.
    """

    counterfactual: Floats
    draws: Floats
    effects: Floats
    inclusion: Floats
    coefficients: Floats
    level_sd: Floats
    noise_sd: Floats
    effective_draws: float

    @property
    def total(self) -> float:
        """Posterior mean of the total effect."""
        return float(self.effects.mean())

    def interval(self, alpha: float = 0.05) -> tuple[float, float]:
        """Return the equal-tailed posterior interval of the total effect."""
        low, high = np.quantile(self.effects, [alpha / 2, 1 - alpha / 2])
        return float(low), float(high)


def bsts(
    target: Floats,
    donors: Floats,
    n_pre: int,
    *,
    draws: int = 1000,
    burn: int = 200,
    rng: np.random.Generator,
    prior_level_sd: float = 0.01,
    expected_size: float = EXPECTED_SIZE,
) -> Bsts:
    """Draw from the posterior of the model of CausalImpact (Brodersen et al. 2015, eq. 2.1 to 2.8).

    ``y_t = level_t + x_t' b + noise``, ``level_t = level_t-1 + step``, fitted to the periods before the test
    and carried forward through it. All series are standardised by those periods. Priors are those of the R
    package: the step's sd is about `prior_level_sd` with the weight of 32 observations and at most 1; the
    noise's variance is about ``1 - 0.8`` with the weight of 50; a donor is in with probability
    ``expected_size / (J + 1)``; coefficients of the donors that are in are normal with precision
    ``0.01 (0.5 X'X + 0.5 diag(X'X)) / n_pre`` over the noise's variance. The level takes the part of the
    intercept.

    Parameters
    ----------
    target
        float64, shape (T,).
    donors
        float64, shape (J, T), J at least 1. One that is constant before the test is never in.
    n_pre
        Periods before the test, at least 3.
    draws, burn
        Draws to keep, and to throw away before them.
    rng
        Source of all randomness.
    prior_level_sd
        Guess at the sd of the level's steps, over the target's sd.
    expected_size
        Donors expected in the regression.

    Raises
    ------
    ExperimentError
        With too few periods, or a target that is constant before the test.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> donors = rng.normal(100, 10, (2, 60))
    >>> target = 50 + 0.8 * donors[0] + rng.normal(0, 1, 60)
    >>> target[40:] += 10
    >>> fit = bsts(target, donors, 40, draws=200, burn=50, rng=rng)
    >>> bool(abs(fit.total - 200) < 30), bool(fit.inclusion[0] > 0.9)
    (True, True)
    """
    if n_pre < 3 or n_pre >= len(target):
        msg = f"{n_pre} of {len(target)} periods lie before the test"
        raise ExperimentError(
            msg,
            why="how the series moves is learnt from them",
            hint="start the panel earlier: at least 3 periods before the test, better 30 or more",
        )
    y, centre, scale = _standardised(target[None, :], n_pre)
    if scale[0] == 0.0:
        msg = "the treated series is constant before the test"
        raise ExperimentError(
            msg,
            why="there is nothing to learn how it moves from",
            hint="check the outcome column, and that the panel begins before the test",
        )
    x, _, x_scale = _standardised(donors, n_pre)
    usable = x_scale > 0
    sampler = _Sampler(
        y[0, :n_pre], x[usable, :n_pre].T, prior_level_sd, min(expected_size / (len(donors) + 1), 1.0), rng
    )
    kept = _run(sampler, draws, burn)
    levels = _carried(kept.levels, kept.step_sd, len(target), rng)
    states = levels + kept.coefficients @ x[usable]
    noise = rng.standard_normal(states.shape) * kept.noise_sd[:, None]
    drawn = centre[0] + scale[0] * (states + noise)
    effects = target[n_pre:].sum() - drawn[:, n_pre:].sum(axis=1)
    inclusion, coefficients = np.zeros(len(donors)), np.zeros(len(donors))
    inclusion[usable] = (kept.coefficients != 0).mean(axis=0)
    coefficients[usable] = kept.coefficients.mean(axis=0) * scale[0] / x_scale[usable]
    return Bsts(
        counterfactual=centre[0] + scale[0] * states.mean(axis=0),
        draws=drawn,
        effects=effects,
        inclusion=inclusion,
        coefficients=coefficients,
        level_sd=kept.step_sd * scale[0],
        noise_sd=kept.noise_sd * scale[0],
        effective_draws=effective_draws(effects),
    )


def _standardised(series: Floats, n_pre: int) -> tuple[Floats, Floats, Floats]:
    """Return the series less their means before the test over their sd there, the means, and the sds."""
    centre = series[:, :n_pre].mean(axis=1)
    scale = series[:, :n_pre].std(axis=1, ddof=1)
    scale[scale <= _FLAT * np.abs(series).max(axis=1)] = 0.0
    return (series - centre[:, None]) / np.where(scale > 0, scale, 1.0)[:, None], centre, scale


def _carried(levels: Floats, step_sd: Floats, n: int, rng: np.random.Generator) -> Floats:
    """Return paths of the level, shape (draws, n), the last of `levels` carried on as a random walk."""
    steps = rng.standard_normal((len(levels), n - levels.shape[1])) * step_sd[:, None]
    return np.hstack([levels, levels[:, -1:] + steps.cumsum(axis=1)])


@dataclass(frozen=True, eq=False, slots=True)
class _Kept:
    """Draws in standardised units: levels (draws, n_pre), coefficients (draws, J), two sds (draws,)."""

    levels: Floats
    coefficients: Floats
    step_sd: Floats
    noise_sd: Floats


def _run(sampler: _Sampler, draws: int, burn: int) -> _Kept:
    n, j = sampler.x.shape
    kept = _Kept(np.empty((draws, n)), np.zeros((draws, j)), np.empty(draws), np.empty(draws))
    for place in range(-burn, draws):
        sampler.draw()
        if place >= 0:
            kept.levels[place], kept.coefficients[place] = sampler.level, sampler.coefficients
            kept.step_sd[place], kept.noise_sd[place] = sampler.step_var**0.5, sampler.noise_var**0.5
    return kept


class _Sampler:
    """The state of the Gibbs sampler on standardised series: y (n,), x (n, J)."""

    def __init__(
        self, y: Floats, x: Floats, level_sd: float, inclusion: float, rng: np.random.Generator
    ) -> None:
        self.y, self.x, self.rng = y, x, rng
        self.both = np.column_stack([x, y])
        gram = x.T @ x / len(y)
        self.prior = INFORMATION * ((1 - SHRINKAGE) * gram + SHRINKAGE * np.diag(np.diag(gram)))
        with np.errstate(divide="ignore"):
            self.log_odds = float(np.log(inclusion) - np.log1p(-inclusion))
        self.level_prior = LEVEL_DF * level_sd**2
        self.included: Bools = np.zeros(x.shape[1], np.bool_)
        if inclusion >= 1.0:
            self.included[:] = True
        self.coefficients = np.zeros(x.shape[1])
        self.level = np.zeros(len(y))
        self.step_var, self.noise_var = level_sd**2, 1 - EXPECTED_R2

    def draw(self) -> None:
        """Draw all unknowns once."""
        from scipy.linalg import cho_solve_banded, cholesky_banded

        n = len(self.y)
        # Precision of the level given all else, tridiagonal; its start is N(y_1, 1), as in the R package.
        bands = np.empty((2, n))
        bands[0] = 1 / self.noise_var + 2 / self.step_var
        bands[0, 0] += 1.0 - 1 / self.step_var
        bands[0, -1] -= 1 / self.step_var
        bands[1] = -1 / self.step_var
        factor = (cholesky_banded(bands, lower=True, check_finite=False), True)
        if self.x.shape[1]:
            self._draw_regression(factor)
        free = self.y - self.x @ self.coefficients
        # A draw of N(P^-1 c, P^-1): solve P level = c + e, with e ~ N(0, P) made from independent normals.
        right = free / self.noise_var + self.rng.standard_normal(n) / self.noise_var**0.5
        right[0] += self.y[0] + self.rng.standard_normal()
        steps = self.rng.standard_normal(n - 1) / self.step_var**0.5
        right[1:] += steps
        right[:-1] -= steps
        self.level = cho_solve_banded(factor, right, check_finite=False)
        self._draw_variances(free - self.level)

    def _draw_regression(self, factor: tuple[Floats, bool]) -> None:
        """Draw which donors are in and their coefficients, with the level integrated out."""
        from scipy.linalg import cho_solve_banded

        start = np.zeros(len(self.y))
        start[0] = self.y[0]  # the mean of the level's start, in units of its precision
        smooth = cho_solve_banded(
            factor, np.column_stack([self.both / self.noise_var, start]), check_finite=False
        )
        # The level's mean belongs to the target's side; what is left has the covariance with the level in it.
        left = (self.both - smooth[:, :-1]) / self.noise_var
        left[:, -1] -= smooth[:, -1] / self.noise_var
        sums = self.x.T @ left
        precision = sums[:, :-1] + self.prior / self.noise_var
        precision = (precision + precision.T) / 2
        right = sums[:, -1]
        prior = self.prior / self.noise_var
        if np.isfinite(self.log_odds):
            self._flip(precision, right, prior)
        self.coefficients = np.zeros(len(right))
        inside = np.flatnonzero(self.included)
        if len(inside):
            lower = np.linalg.cholesky(precision[np.ix_(inside, inside)])
            mean = np.linalg.solve(lower, right[inside])
            self.coefficients[inside] = np.linalg.solve(lower.T, mean + self.rng.standard_normal(len(inside)))

    def _flip(self, precision: Floats, right: Floats, prior: Floats) -> None:
        """Draw each indicator given the others, in random order.

        The log odds of donor j depend on the others through Schur complements alone, so those of all donors
        come from one factorisation, which holds until an indicator changes.
        """
        order = self.rng.permutation(len(right))
        bars = self.rng.logistic(size=len(right))
        place = 0
        while place < len(order):
            rest = order[place:]
            wanted = self._odds(precision, right, prior)[rest] > bars[place:]
            changes = np.flatnonzero(wanted != self.included[rest])
            if not len(changes):
                return
            self.included[rest[changes[0]]] ^= True
            place += int(changes[0]) + 1

    def _odds(self, precision: Floats, right: Floats, prior: Floats) -> Floats:
        inside = np.flatnonzero(self.included)
        own_prior = _schur(prior, inside)[0]
        own, gap = _schur(precision, inside, right)
        odds: Floats = self.log_odds + 0.5 * (np.log(own_prior) - np.log(own) + gap**2 / own)
        return odds

    def _draw_variances(self, residuals: Floats) -> None:
        inside = np.flatnonzero(self.included)
        b = self.coefficients[inside]
        square = float(residuals @ residuals) + float(b @ self.prior[np.ix_(inside, inside)] @ b)
        shape = (NOISE_DF + len(residuals) + len(inside)) / 2
        self.noise_var = (NOISE_DF * (1 - EXPECTED_R2) + square) / 2 / float(self.rng.standard_gamma(shape))
        steps = np.diff(self.level)
        shape, rate = (LEVEL_DF + len(steps)) / 2, (self.level_prior + float(steps @ steps)) / 2
        limit = LARGEST_LEVEL_SD**2
        drawn = rate / float(self.rng.standard_gamma(shape))
        while drawn > limit:
            drawn = rate / float(self.rng.standard_gamma(shape))
        self.step_var = drawn


def _schur(matrix: Floats, inside: Ints, right: Floats | None = None) -> tuple[Floats, Floats]:
    """Return each column's Schur complement given the others of `inside`, and what is left of `right`."""
    own = np.diag(matrix).copy()
    gap = np.zeros(len(own)) if right is None else right.copy()
    if len(inside):
        block = np.linalg.inv(matrix[np.ix_(inside, inside)])
        cross = block @ matrix[inside]
        own -= (matrix[inside] * cross).sum(axis=0)
        inner = 1 / np.diag(block)
        own[inside] = inner
        if right is not None:
            fitted = block @ right[inside]
            gap -= matrix[:, inside] @ fitted
            gap[inside] = fitted * inner
    return own, gap
