"""Hazards that add up over touches: the most likely heights or exponentials, from grouped waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution._typing import Bools, Floats, Ints
from attribution.stats.sums import sums_by

_ROUNDS = 300
_CLOSE = 1e-9  # of the events: what the gradient may be
_EM_ROUNDS = 60
_LOWEST = -46.0  # log of a height that counts as zero


@dataclass(frozen=True, eq=False)
class Events:
    """What happened: events by the cells that were active, and the time that was spent in each cell.

    Attributes
    ----------
    active : scipy.sparse.csr_array, shape (n, n_groups * n_bins)
        How often each cell was active in each kind of event; cells are ``group * n_bins + bin``.
    spent : float64, shape (n_groups, n_bins)
        Time in each cell.
    lower, upper : float64, shape (n_bins,)
        Ends of the bins.
    """

    active: Any
    spent: Floats
    lower: Floats
    upper: Floats


def start(events: Events, counts: Floats, kernel: str) -> Floats:
    """Return first parameters: heights by expectation-maximisation, and the exponentials nearest to them.

    Parameters
    ----------
    events
        The design.
    counts
        Events of each kind, shape (n,).
    kernel
        ``"free"`` or ``"exponential"``.
    """
    shape = events.spent.shape
    spent = events.spent.reshape(-1)
    met = events.active.T @ counts
    heights = np.where(met > 0, counts.sum() / max(spent.sum(), 1e-300), 0.0)
    for _ in range(_EM_ROUNDS):
        whole = events.active @ heights
        part = np.divide(counts, whole, out=np.zeros_like(whole), where=whole > 0)
        heights = heights * (events.active.T @ part) / np.maximum(spent, 1e-300)
    logs: Floats = np.maximum(np.log(np.maximum(heights, 1e-300)), _LOWEST)
    if kernel == "free":
        return logs
    held = (heights * spent).reshape(shape)
    low, high = _slowness(events)
    grid = np.linspace(low, high, 80)
    logs = _log_exponential(events, grid)  # (grid, bins)
    scale = np.exp(logs) @ events.spent.T  # (grid, groups)
    total = held.sum(axis=1)
    fit = logs @ held.T - total * np.log(np.maximum(scale, 1e-300))
    best = fit.argmax(axis=0)
    strength = total / np.maximum(scale[best, np.arange(len(total))], 1e-300)
    rate = grid[best]
    # A hazard so steep that it is nothing at the lags of some event would have no likelihood.
    rate = np.minimum(rate, np.log(300.0 / max(events.lower[-1], 1e-3)))
    return np.concatenate([np.maximum(np.log(np.maximum(strength, 1e-300)), _LOWEST), np.maximum(rate, low)])


def fit(events: Events, counts: Floats, kernel: str, first: Floats) -> Floats:
    """Return the parameters of the greatest likelihood near `first`.

    The log-likelihood is ``sum of counts * log(active @ heights) - sum of spent * heights``. Newton's method
    on the logs of the parameters, damped (Levenberg 1944) where a full step would lose.

    Parameters
    ----------
    events
        The design.
    counts
        Events of each kind, shape (n,); those of kinds without any are left out.
    kernel
        ``"free"``: log heights, shape (n_groups * n_bins,). ``"exponential"``: log strengths, then log
        rates, shape (2 * n_groups,).
    first
        Where to begin.

    Returns
    -------
    Floats
        Shape of `first`.
    """
    happened = np.flatnonzero(counts > 0)
    if not len(happened):
        return np.full_like(first, _LOWEST)
    active, counts = events.active[happened], counts[happened]
    some = Events(active, events.spent, events.lower, events.upper)
    n_scales = len(first)
    lowest, highest = np.full(len(first), _LOWEST), np.full(len(first), np.inf)
    if kernel == "exponential":
        n_scales = len(events.spent)
        lowest[n_scales:], highest[n_scales:] = _slowness(events)

    def look(at: Floats) -> float:
        values = heights(events, at, kernel)
        whole = active @ values
        if not (whole > 0).all():
            return -np.inf
        return float(counts @ np.log(whole) - events.spent.reshape(-1) @ values)

    # What has no event stays at nothing; what is nothing at the start may be something after all.
    met = (active.T @ counts).reshape(events.spent.shape)
    met = met.reshape(-1) if kernel == "free" else met.any(axis=1)
    least = np.log(1e-3 * counts.sum() / events.spent.sum())
    if kernel == "exponential":
        least += np.log(events.upper[-1])
    begin = first.copy()
    begin[:n_scales] = np.where(met > 0, np.maximum(first[:n_scales], least), _LOWEST)
    climb = _Climb(look, lambda at: _slopes(some, counts, at, kernel), lowest, highest, n_scales, least)
    return climb.run(begin, float(counts.sum()), np.flatnonzero(met > 0))


def heights(events: Events, at: Floats, kernel: str) -> Floats:
    """Return the hazard of one active touch in each cell, shape (n_groups * n_bins,)."""
    if kernel == "free":
        return np.where(at > _LOWEST, np.exp(at), 0.0)
    n = len(events.spent)
    strength = np.where(at[:n] > _LOWEST, np.exp(at[:n]), 0.0)
    values: Floats = (strength[:, None] * np.exp(_log_exponential(events, at[n:]))).reshape(-1)
    return values


@dataclass(eq=False)
class _Climb:
    """A damped Newton search over logs, in which scales that want to vanish are set aside at nothing."""

    look: Callable[[Floats], float]
    slopes: Callable[[Floats], tuple[Floats, Floats, Floats]]
    lowest: Floats
    highest: Floats
    n_scales: int
    """The first so many parameters are logs of scales; the others are logs of rates."""
    least: float
    """Log of a scale so small that it may be nothing."""

    def run(self, at: Floats, size: float, alive: Ints) -> Floats:
        """Return the parameters of the greatest likelihood near `at`; `size` is the number of events."""
        at = np.clip(at, self.lowest, self.highest)
        here, damping = self.look(at), 1e-6 * size
        returned = np.zeros(len(at), np.bool_)
        for _ in range(_ROUNDS):
            gradient, curvature, pull = self.slopes(at)
            aside = np.flatnonzero(self._vanishing(at, gradient) & ~returned)
            if len(aside):
                there = at.copy()
                there[aside] = _LOWEST
                reached = self.look(there)
                if reached > here - 1e-6 * size:
                    at, here = there, reached
                    continue
            held = (at <= self.lowest) & (gradient <= 0) | (at >= self.highest) & (gradient >= 0)
            free = np.flatnonzero(~held)
            if not len(free) or np.abs(gradient[free]).max() <= _CLOSE * size:
                back = alive[(at[alive] <= _LOWEST) & (pull[alive] > 0) & ~returned[alive]]
                if not len(back):
                    # One more step squares what is left of the error.
                    return self._step(at, here, gradient, curvature, free, 0.0, size)[0] if len(free) else at
                returned[back] = True  # set aside too early
                at[back] = self.least - 3.0
                here = self.look(at)
                continue
            there, reached, damping = self._step(at, here, gradient, curvature, free, damping, size)
            if np.abs(there - at).max() < 1e-13:
                break
            at, here = there, reached
        return at

    def _vanishing(self, at: Floats, gradient: Floats) -> Bools:
        """Mark scales that are small, shrink, and are not nothing yet."""
        small = (at > _LOWEST) & (at < self.least - 0.5) & (gradient < 0)
        small[self.n_scales :] = False
        return small

    def _step(
        self,
        at: Floats,
        here: float,
        gradient: Floats,
        curvature: Floats,
        free: Ints,
        damping: float,
        size: float,
    ) -> tuple[Floats, float, float]:
        inner, slope = curvature[np.ix_(free, free)], gradient[free]
        values: Floats | None = None
        vectors = inner
        while True:
            step = None
            if values is None:
                try:
                    step = _solved(inner + damping * np.eye(len(free)), slope)
                except np.linalg.LinAlgError:  # not concave here: turn the directions that curve upwards
                    values, vectors = np.linalg.eigh(inner)
            if step is None:
                assert values is not None
                step = vectors @ ((vectors.T @ slope) / (np.abs(values) + max(damping, 1e-9 * size)))
            step /= max(1.0, np.abs(step).max() / 3.0)
            there = at.copy()
            there[free] = np.clip(at[free] + step, self.lowest[free], self.highest[free])
            reached = self.look(there)
            if reached >= here - 1e-13 * abs(here):
                return there, reached, damping / 100.0
            damping = 10.0 * max(damping, 1e-9 * size)
            if damping > 1e9 * size:
                return at, here, damping


def _solved(matrix: Floats, right: Floats) -> Floats:
    """Solve a positive definite system; LinAlgError if it is not one."""
    from scipy.linalg import cho_factor, cho_solve

    found: Floats = cho_solve(cho_factor(matrix), right)
    return found


def _slopes(events: Events, counts: Floats, at: Floats, kernel: str) -> tuple[Floats, Floats, Floats]:
    """Return the gradient, second derivatives with the sign turned, and the gradient by the scales."""
    from scipy import sparse

    values = heights(events, at, kernel)
    whole = events.active @ values
    pull = events.active.T @ (counts / whole) - events.spent.reshape(-1)
    weight = np.sqrt(counts) / whole
    n, bins = events.spent.shape
    if kernel == "free":
        gradient = pull * values
        scaled = sparse.diags_array(weight) @ events.active @ sparse.diags_array(values)
        return gradient, (scaled.T @ scaled).toarray() - np.diag(gradient), pull
    first, second = _rate_slopes(events, at[n:], values.reshape(n, bins))
    cells, group = np.arange(n * bins), np.repeat(np.arange(n), bins)
    turned = np.zeros((n * bins, 2 * n))
    turned[cells, group], turned[cells, n + group] = values, first
    gradient = turned.T @ pull
    own = np.zeros((2 * n, 2 * n))
    of_group = np.arange(n)
    own[of_group, of_group] = gradient[:n]
    own[of_group, n + of_group] = own[n + of_group, of_group] = gradient[n:]
    own[n + of_group, n + of_group] = sums_by(group, pull * second, n)
    mixed = (events.active @ turned) * weight[:, None]
    density = np.exp(_log_exponential(events, at[n:])).reshape(-1)
    by_scale = np.concatenate([sums_by(group, pull * density, n), np.zeros(n)])
    return gradient, mixed.T @ mixed - own, by_scale


def _rate_slopes(events: Events, log_rates: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return first and second derivatives of the heights by the log of the rates, flat."""
    rate = np.exp(log_rates)[:, None]
    low, high = events.lower, events.upper
    width = high - low
    gap = rate * width
    # With g = (exp(-wa) - exp(-wb)) / (b - a): d log g / d log w and its derivative, by d = w (b - a).
    down = np.where(gap > 1e-6, gap / np.maximum(np.expm1(np.minimum(gap, 700.0)), 1e-300), 1.0 - gap / 2)
    first = down - rate * low
    bend = down * (1.0 - down - gap)  # d down / d log w
    second = bend - rate * low
    slope = values * first
    return slope.reshape(-1), (values * (first**2 + second)).reshape(-1)


def _log_exponential(events: Events, log_rates: Floats) -> Floats:
    """Return the log of the mean of an exponential density over each bin, shape (len(log_rates), n_bins)."""
    rate = np.exp(log_rates)[:, None]
    width = events.upper - events.lower
    logs: Floats = np.log(-np.expm1(-rate * width)) - np.log(width) - rate * events.lower
    return logs


def _slowness(events: Events) -> tuple[float, float]:
    """Return the least and the greatest log rate that the bins can tell."""
    return float(np.log(1e-3 / events.upper[-1])), float(np.log(20.0 / events.upper[0]))
