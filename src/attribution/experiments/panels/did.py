"""Difference in differences of logarithms, one number a geo, and permutations of its assignment."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from attribution._typing import Bools, Floats, Ints
from attribution.experiments.panels.serial import (
    ar1,
    correlations,
    durbin_watson,
    effective_df,
    noise_variance,
)
from attribution.stats.ratio_intervals import t_critical, t_p_value, welch_df
from attribution.stats.sums import sums_by

MOST_ENUMERATED = 20_000
_TIE = 1e-9  # relative: permutations that are equal but for rounding count as equal


def log_changes(outcome: Floats, n_pre: int) -> Floats:
    """Return ``log mean after - log mean before`` of each geo.

    Parameters
    ----------
    outcome
        float64, shape (n, T); the means before and after must be positive.
    n_pre
        Periods before the test.
    """
    changes: Floats = np.log(outcome[:, n_pre:].mean(axis=1)) - np.log(outcome[:, :n_pre].mean(axis=1))
    return changes


@dataclass(frozen=True, slots=True)
class Contrast:
    """A difference between treated and control geos.

    Attributes
    ----------
    value, se, df
        Estimate, standard error, degrees of freedom.
    """

    value: float
    se: float
    df: float

    def interval(self, alpha: float) -> tuple[float, float]:
        """Return Student's interval."""
        half = float(t_critical(self.df, alpha)) * self.se
        return self.value - half, self.value + half

    def p_value(self) -> float:
        """Return the two-sided p-value of no difference."""
        return float(t_p_value(self.value / self.se, self.df)) if self.se > 0 else math.nan


def contrast(changes: Floats, treated: Bools, strata: Ints | None = None) -> Contrast:
    """Return treated less control.

    Without strata this is Welch's (1947) comparison of two means. With strata it is the coefficient of the
    treatment in least squares with an effect of each stratum; where all strata are pairs that is the paired
    t-test, exactly.

    Parameters
    ----------
    changes
        float64, shape (n,).
    treated
        bool, shape (n,).
    strata
        int64, shape (n,), codes from 0; each stratum needs a treated and a control geo.

    Examples
    --------
    >>> import numpy as np
    >>> d = np.array([0.30, 0.10, 0.25, 0.15])
    >>> pairs = contrast(d, np.array([True, False, True, False]), np.array([0, 0, 1, 1]))
    >>> round(pairs.value, 3), round(pairs.se, 3), pairs.df
    (0.15, 0.05, 1.0)
    """
    masks = treated[None, :]
    value, variance = _contrasts(changes, masks, strata)
    return Contrast(float(value[0]), math.sqrt(float(variance[0])), _df(changes, treated, strata))


def _df(changes: Floats, treated: Bools, strata: Ints | None) -> float:
    if strata is not None:
        return float(len(changes) - len(np.unique(strata)) - 1)
    a, b = changes[treated], changes[~treated]
    v_a, v_b = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    return float(welch_df(v_a, len(a) - 1, v_b, len(b) - 1))


def _contrasts(changes: Floats, masks: Bools, strata: Ints | None) -> tuple[Floats, Floats]:
    """Return the contrast and its variance for each assignment; masks (m, n), results (m,)."""
    chosen = masks.astype(np.float64)
    if strata is None:
        centred = changes - changes.mean()
        n_t = chosen.sum(axis=1)
        n_c = chosen.shape[1] - n_t
        s_t, q_t = chosen @ centred, chosen @ centred**2
        s_c, q_c = centred.sum() - s_t, (centred**2).sum() - q_t
        with np.errstate(divide="ignore", invalid="ignore"):
            v_t = (q_t - s_t**2 / n_t) / (n_t - 1) / n_t
            v_c = (q_c - s_c**2 / n_c) / (n_c - 1) / n_c
        return s_t / n_t - s_c / n_c, np.maximum(v_t + v_c, 0.0)
    sizes = np.bincount(strata)
    within = changes - (sums_by(strata, changes) / sizes)[strata]
    indicator = np.zeros((len(sizes), len(strata)))
    indicator[strata, np.arange(len(strata))] = 1.0 / sizes[strata]
    design = chosen - (chosen @ indicator.T)[:, strata]
    square = (design**2).sum(axis=1)
    value = design @ within / square
    left = np.maximum((within**2).sum() - value**2 * square, 0.0)
    variance: Floats = left / (len(changes) - len(sizes) - 1) / square
    return value, variance


def assignments(
    treated: Bools, strata: Ints | None, count: int, rng: np.random.Generator
) -> tuple[Bools, bool]:
    """Return assignments drawn as the actual one was: as many treated in all, or in each stratum.

    Returns
    -------
    masks : bool, shape (m, n)
        All assignments, the actual one among them, where there are at most `count`; else `count` random ones.
    every : bool
        Whether they are all there are.
    """
    groups = np.zeros(len(treated), np.int64) if strata is None else strata
    blocks = [np.flatnonzero(groups == group) for group in range(int(groups.max()) + 1)]
    takes = [int(treated[block].sum()) for block in blocks]
    ways = math.prod(math.comb(len(block), take) for block, take in zip(blocks, takes, strict=True))
    if ways <= min(count, MOST_ENUMERATED):
        return _every(len(treated), blocks, takes), True
    masks = np.zeros((count, len(treated)), np.bool_)
    for block, take in zip(blocks, takes, strict=True):
        # The `take` smallest of random keys: a random subset for each row at once.
        keys = rng.random((count, len(block)))
        picked = np.argpartition(keys, take - 1, axis=1)[:, :take] if 0 < take < len(block) else None
        if picked is not None:
            masks[np.arange(count)[:, None], block[picked]] = True
        elif take:
            masks[:, block] = True
    return masks, False


def _every(n: int, blocks: list[Ints], takes: list[int]) -> Bools:
    from itertools import combinations

    masks = np.zeros((1, n), np.bool_)
    for block, take in zip(blocks, takes, strict=True):
        chosen = np.array(list(combinations(block.tolist(), take)), np.int64).reshape(-1, take)
        part = np.zeros((len(chosen), n), np.bool_)
        part[np.arange(len(chosen))[:, None], chosen] = True
        masks = (masks[:, None, :] | part[None, :, :]).reshape(-1, n)
    return masks


@dataclass(frozen=True, eq=False, slots=True)
class Permutation:
    """A permutation test of studentised differences, and the effects that it does not reject.

    The statistic is divided by its own standard error, so that the test is exact where geos would have
    changed alike and asymptotically right where their variances differ (Janssen 1997).

    Attributes
    ----------
    changes, treated, strata
        As in `contrast`.
    masks, every
        From `assignments`.
    """

    changes: Floats
    treated: Bools
    strata: Ints | None
    masks: Bools
    every: bool

    @property
    def least(self) -> float:
        """The smallest p-value there can be.

        Where as many are treated as not, in each stratum, an assignment and its mirror image have the same
        statistic, and count together.
        """
        if not self.every:
            return 1.0 / (1 + len(self.masks))
        mirrored = bool((~self.masks == self.treated).all(axis=1).any())
        return (2.0 if mirrored else 1.0) / len(self.masks)

    def p_value(self, effect: float = 0.0) -> float:
        """Return the p-value of a constant effect: the share of assignments with as large a statistic."""
        shifted = self.changes - effect * self.treated
        seen = float(self._statistics(shifted, self.treated[None, :])[0])
        drawn = self._statistics(shifted, self.masks)
        reached = int((drawn >= seen * (1 - _TIE)).sum())
        return reached / len(drawn) if self.every else (1 + reached) / (1 + len(drawn))

    def _statistics(self, changes: Floats, masks: Bools) -> Floats:
        value, variance = _contrasts(changes, masks, self.strata)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.abs(value) / np.sqrt(variance)
        statistics: Floats = np.where(np.isnan(t), 0.0, t)
        return statistics

    def interval(self, alpha: float) -> tuple[float, float]:
        """Return the effects with a p-value above `alpha`; an end that has no bound is infinite."""
        found = contrast(self.changes, self.treated, self.strata)
        return invert(self.p_value, found.value, found.se, alpha)


def invert(
    p_value: Callable[[float], float], value: float, se: float, alpha: float, *, steps: int = 40
) -> tuple[float, float]:
    """Return the ends of the effects around `value` that a test does not reject.

    Parameters
    ----------
    p_value
        Of a constant effect; falls on both sides of `value`.
    value, se
        Where to begin and how far to step.
    alpha
        Level.
    steps
        Halvings of the interval that holds an end.

    Notes
    -----
    Zero lies inside exactly where ``p_value(0) > alpha``: as p-values of finitely many permutations are
    steps, the halving could miss that by its tolerance.
    """
    unit = se if se > 0 else max(abs(value), 1.0) * 1e-6
    ends = [_end(p_value, value, side * unit, alpha, steps) for side in (-1.0, 1.0)]
    low, high = ends[0], ends[1]
    if p_value(0.0) > alpha:
        low, high = min(low, 0.0), max(high, 0.0)
    elif low <= 0.0 <= high:
        tiny = 1e-12 * unit
        low, high = (tiny, high) if value > 0 else (low, -tiny)
    return low, high


def _end(p_value: Callable[[float], float], value: float, step: float, alpha: float, steps: int) -> float:
    inside, outside = value, value + 2 * step
    for _ in range(24):
        if p_value(outside) <= alpha:
            break
        inside, outside = outside, value + 2 * (outside - value)
    else:
        return math.copysign(math.inf, step)
    for _ in range(steps):
        middle = (inside + outside) / 2
        if p_value(middle) > alpha:
            inside = middle
        else:
            outside = middle
    return inside


@dataclass(frozen=True, slots=True)
class Serial:
    """A step in a series, judged by how the series varies from period to period.

    Attributes
    ----------
    value, se, df
        Mean in the test less mean before, scale and degrees of freedom of Student's t.
    phi
        Autocorrelation of the noise, corrected for bias, not below 0.
    durbin_watson
        Of the residuals.
    """

    value: float
    se: float
    df: float
    phi: float
    durbin_watson: float


def serial_gap(gap: Floats, n_pre: int) -> Serial:
    """Return the step of a gap between treated and control series.

    Least squares of the gap on an intercept and the window, with the variance that AR(1) noise of the
    residuals' autocorrelation gives to the step.

    Parameters
    ----------
    gap
        float64, shape (T,), such as the mean log of the treated geos less that of the control geos.
    n_pre
        Periods before the test.

    Examples
    --------
    >>> import numpy as np
    >>> step = serial_gap(np.array([0.1, -0.1, 0.1, -0.1, 0.1, -0.1, 1.1, 0.9]), 6)
    >>> round(step.value, 6), step.phi
    (1.0, 0.0)
    """
    window = (np.arange(len(gap)) >= n_pre).astype(np.float64)
    design = np.column_stack([np.ones(len(gap)), window])
    found = np.linalg.solve(design.T @ design, design.T @ gap)
    residuals = gap - design @ found
    phi = max(ar1(residuals, design), 0.0)
    weights = np.linalg.solve(design.T @ design, design.T)[1]
    variance = noise_variance(residuals, design, phi) * float(weights @ correlations(len(gap), phi) @ weights)
    return Serial(
        value=float(found[1]),
        se=math.sqrt(variance),
        df=effective_df(len(gap), phi, 2),
        phi=phi,
        durbin_watson=durbin_watson(residuals),
    )
