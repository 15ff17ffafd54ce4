"""Interactions of many pairs, in rates or in log odds, from counts by set of marks and by cluster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from attribution._typing import Bools, Floats, Ints
from attribution.stats.indicators import IndicatorDesign, expit, fit_indicators
from attribution.stats.sums import sums_by

Scale = Literal["odds", "rate"]

_ENTRIES = 1 << 22  # of a matrix held at once
_FLAT = 1e-9  # of a pair's units: what is left of it beside the other columns is rounding


@dataclass(frozen=True, eq=False)
class Counts:
    """How often units with a set of marks were seen, and how often with success, by cluster.

    Attributes
    ----------
    inside : bool, shape (n_sets, n_marks)
        Which marks each set holds.
    row, cluster : int64, shape (m,)
        The set, and the cluster, that each line of counts belongs to.
    units, successes : float64, shape (m,)
        Units and, among them, successes.
    clustered : bool
        Whether clusters are known; without them units are taken as independent.
    held : bool, shape (n_sets, k), optional
        Further marks that are held fixed and are in no pair.
    stratum : int64, shape (n_sets,), optional
        A class of each set that is held fixed, whatever the level of each is.
    trend : float64, shape (n_sets,), optional
        What the strength of all marks may change with, in a straight line, and beside it with itself; see
        `pair_interactions`.
    """

    inside: Bools
    row: Ints
    cluster: Ints
    units: Floats
    successes: Floats
    clustered: bool = True
    held: Bools | None = None
    stratum: Ints | None = None
    trend: Floats | None = None

    @cached_property
    def n_clusters(self) -> int:
        """Clusters that hold a unit."""
        return len(np.unique(self.cluster[self.units > 0]))


@dataclass(frozen=True, eq=False)
class Interactions:
    """Interaction contrasts of P pairs of marks.

    Attributes
    ----------
    units, successes : float64, shape (P, 4)
        Of the units with both marks, the first only, the second only, and neither.
    contrast, error : float64, shape (P,)
        The contrast, of rates or of log odds, and its standard error; NaN where the data hold none.
    freedom : float
        Degrees of freedom of the t distribution that belongs to them; infinite without clusters.
    """

    units: Floats
    successes: Floats
    contrast: Floats
    error: Floats
    freedom: float


def pair_interactions(
    counts: Counts, pairs: Ints, *, scale: Scale = "rate", adjust: bool = True, wanted: Bools | None = None
) -> Interactions:
    """Estimate the interaction contrast of each pair of marks, with its cluster-robust standard error.

    With ``adjust=False``: ``g(p11) - g(p10) - g(p01) + g(p00)`` of the rates in the four cells of a pair,
    with g the identity (``scale="rate"``) or the logit (``"odds"``). With ``adjust=True``: the coefficient of
    the product of the two marks beside a constant, all marks, ``held`` and the strata, by least squares on
    units or by logistic regression; with two marks and nothing held that is the same contrast.

    With a ``trend``, two more columns stand beside it: with s the part of the fit without interaction that
    comes from the marks, s times the trend and s squared. They take up what bends all marks alike and is no
    pair's own (Tukey 1949, One degree of freedom for non-additivity).

    Variances come from the sums of the efficient scores in each cluster (Liang & Zeger 1986), times
    ``G / (G - 1)`` for G clusters. Without clusters each unit is one (White 1980).

    Parameters
    ----------
    counts
        The data.
    pairs
        int64, shape (P, 2): columns of ``counts.inside``.
    scale
        ``"rate"`` or ``"odds"``.
    adjust
        Whether to hold the other marks fixed.
    wanted
        Which pairs to estimate, shape (P,); all by default. The others have no contrast.

    Examples
    --------
    >>> inside = np.array([[False, False], [True, False], [False, True], [True, True]])
    >>> sets, one = np.arange(4), np.zeros(4, np.int64)
    >>> counts = Counts(inside, sets, one, np.full(4, 100.0), np.array([1.0, 3.0, 4.0, 9.0]), clustered=False)
    >>> pair_interactions(counts, np.array([[0, 1]])).contrast.round(4).tolist()
    [0.03]
    """
    units, successes = cell_counts(counts, pairs)
    contrast, error = np.full((2, len(pairs)), np.nan)
    chosen = np.arange(len(pairs)) if wanted is None else np.flatnonzero(wanted)
    if scale == "odds":  # neither none nor all of a cell, or there are no odds
        chosen = chosen[((successes > 0) & (successes < units))[chosen].all(axis=1)]
    if len(chosen):
        if not adjust:
            estimate: Any = _plain
        else:
            estimate = _linear if scale == "rate" else _logistic
        contrast[chosen], error[chosen] = estimate(counts, pairs[chosen], scale)
    freedom = float(counts.n_clusters - 1) if counts.clustered else np.inf
    return Interactions(units, successes, contrast, error, freedom)


def cell_counts(counts: Counts, pairs: Ints) -> tuple[Floats, Floats]:
    """Return units and successes of each pair with both marks, the first only, the second only, neither."""
    marks = counts.inside.astype(np.float64)
    found = []
    for of in (counts.units, counts.successes):
        weight = sums_by(counts.row, of, len(marks))
        together = marks.T @ (weight[:, None] * marks)
        both = together[pairs[:, 0], pairs[:, 1]]
        first, second = (together[pairs[:, side], pairs[:, side]] - both for side in (0, 1))
        found.append(np.stack([both, first, second, weight.sum() - both - first - second], axis=1))
    return found[0], found[1]


def _chunks(n_sets: int, pairs: Ints) -> list[Ints]:
    step = max(1, _ENTRIES // max(1, n_sets))
    return [pairs[first : first + step] for first in range(0, len(pairs), step)]


def _totals(counts: Counts) -> tuple[Floats, Floats]:
    n_sets = len(counts.inside)
    units, successes = (sums_by(counts.row, of, n_sets) for of in (counts.units, counts.successes))
    return units.astype(np.float64), successes.astype(np.float64)


def _product(counts: Counts, pairs: Ints) -> Floats:
    return (counts.inside[:, pairs[:, 0]] & counts.inside[:, pairs[:, 1]]).astype(np.float64)


def _linear(counts: Counts, pairs: Ints, scale: Scale) -> tuple[Floats, Floats]:
    """Estimate by least squares: the product's residual on the other columns (Frisch & Waugh 1933)."""
    del scale
    units, successes = _totals(counts)
    design, marks = _design(counts)
    inverse = design.inverse(units)
    fitted = inverse @ design.gather(successes)
    if counts.trend is not None:
        design = _bent(design, fitted * marks, units, counts.trend)
        inverse = design.inverse(units)
        fitted = inverse @ design.gather(successes)
    rate = design.score(fitted)
    parts = []
    for some in _chunks(len(units), pairs):
        product = _product(counts, some)
        left = product - design.score(inverse @ design.gather(units[:, None] * product))
        squared = left * left
        size = units @ squared
        with np.errstate(divide="ignore", invalid="ignore"):
            contrast = np.where(size > _FLAT * (units @ product), (left.T @ successes) / size, np.nan)
        if counts.clustered:
            over = _by_cluster(counts, counts.successes - counts.units * rate[counts.row])
            scores = over @ left - contrast * (_by_cluster(counts, counts.units) @ squared)
            variance = _inflated(counts) * (scores * scores).sum(axis=0)
        else:
            last = rate[:, None] + contrast * left
            spread = successes[:, None] * (1 - last) ** 2 + (units - successes)[:, None] * last**2
            variance = (squared * spread).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts.append((contrast, np.sqrt(variance) / size))
    contrast, error = (np.concatenate(part) for part in zip(*parts, strict=True))
    return contrast, error


def _logistic(counts: Counts, pairs: Ints, scale: Scale) -> tuple[Floats, Floats]:
    """Estimate by logistic regression, pair by pair, from where the fit without interaction ends."""
    del scale
    units, successes = _totals(counts)
    design, marks = _design(counts)
    start = fit_indicators(design, units, successes, np.zeros(design.width))
    if counts.trend is not None:
        design = _bent(design, start * marks, units, counts.trend)
        start = fit_indicators(design, units, successes, np.append(start, [0.0, 0.0]))
    contrast, error = np.full((2, len(pairs)), np.nan)
    for number, pair in enumerate(pairs):
        product = _product(counts, pair[None])
        both = design.with_columns(product)
        slopes = fit_indicators(both, units, successes, np.append(start, 0.0))
        rate = expit(both.score(slopes))
        weight = units * rate * (1 - rate)
        left = product[:, 0] - design.score(design.inverse(weight) @ design.gather(weight * product[:, 0]))
        size = float(weight @ left**2)
        if size <= _FLAT * float(weight @ product[:, 0]):
            continue
        over = counts.successes - counts.units * rate[counts.row]
        if counts.clustered:
            scores = sums_by(counts.cluster, left[counts.row] * over)
            variance = _inflated(counts) * float(scores @ scores)
        else:
            spread = successes * (1 - rate) ** 2 + (units - successes) * rate**2
            variance = float(left**2 @ spread)
        contrast[number], error[number] = slopes[-1], np.sqrt(variance) / size
    return contrast, error


def _design(counts: Counts) -> tuple[IndicatorDesign, Floats]:
    """Return a constant, marks, held marks and strata as columns, and which of them are marks."""
    blocks = [np.ones((len(counts.inside), 1), np.bool_), counts.inside]
    if counts.held is not None:
        blocks.append(counts.held)
    n_marks = sum(block.shape[1] for block in blocks) - 1
    design = IndicatorDesign.of(np.concatenate(blocks, axis=1), counts.stratum)
    marks = np.zeros(design.width)
    marks[1 : 1 + n_marks] = 1.0
    return design, marks


def _bent(design: IndicatorDesign, slopes: Floats, units: Floats, trend: Floats) -> IndicatorDesign:
    """Return the design with the two columns that take up what bends all marks alike."""
    score = design.score(slopes)
    score, trend = (each - np.average(each, weights=units) for each in (score, trend))
    return design.with_columns(np.stack([score * trend, score * score], axis=1))


def _plain(counts: Counts, pairs: Ints, scale: Scale) -> tuple[Floats, Floats]:
    """Estimate from the four cells alone; variances by the delta method."""
    from scipy.special import logit

    units, successes = cell_counts(counts, pairs)
    signs = np.array([1.0, -1.0, -1.0, 1.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = successes / units
        slope = 1.0 / (rates * (1 - rates)) if scale == "odds" else np.ones_like(rates)
        contrast = (logit(rates) if scale == "odds" else rates) @ signs
        if not counts.clustered:
            return contrast, np.sqrt((slope**2 * rates * (1 - rates) / units).sum(axis=1))
        by_cluster = [_by_cluster(counts, of) for of in (counts.successes, counts.units)]
        variance = []
        for some, place in zip(
            _chunks(len(counts.inside), pairs),
            _chunks(len(counts.inside), np.arange(len(pairs))),
            strict=True,
        ):
            first, second = counts.inside[:, some[:, 0]], counts.inside[:, some[:, 1]]
            scores: Any = 0.0
            for number, cell in enumerate(
                (first & second, first & ~second, ~first & second, ~(first | second))
            ):
                good, all_ = (matrix @ cell.astype(np.float64) for matrix in by_cluster)
                rate, size = rates[place, number], units[place, number]
                scores = scores + signs[number] * slope[place, number] * (good - rate * all_) / size
            variance.append((scores * scores).sum(axis=0))
        return contrast, np.sqrt(_inflated(counts) * np.concatenate(variance))


def _by_cluster(counts: Counts, values: Floats) -> Any:
    """Return the values as a sparse matrix, clusters by sets."""
    from scipy import sparse

    shape = (int(counts.cluster.max(initial=0)) + 1, len(counts.inside))
    return sparse.csr_array((values, (counts.cluster, counts.row)), shape=shape)


def _inflated(counts: Counts) -> float:
    n = counts.n_clusters
    return n / (n - 1) if n > 1 else np.nan
