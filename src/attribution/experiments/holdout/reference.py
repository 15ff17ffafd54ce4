"""What a lift's test rests on where events are few: the same units under other assignments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attribution._typing import Bools, Codes, Floats
from attribution.experiments.holdout.arm import Arm, best_slopes, pooled_slopes
from attribution.experiments.holdout.moments import Moments
from attribution.experiments.holdout.tally import SIZE
from attribution.stats.rerandomised import Bulk, Reference, rerandomised

_ALL = 200  # units drawn one by one whatever they are
_MOST = 1_000
_FAR = 3.0  # standard deviations from which a denominator is big
_NOTHING = 1e-12  # of a sum of squares: rounding


def reference(
    sides: Sequence[Moments],
    far: Floats,
    numerator: str,
    *,
    denominator: bool = False,
    covariates: tuple[str, ...] = (),
    pooled: bool = False,
) -> Reference:
    """Return the studentised differences of a metric under other assignments of the same units.

    Parameters
    ----------
    sides
        Moments of the treated arm and of the holdout, of users or of clusters.
    far
        Numbers of those units that are farthest from the mean, shape (k, m).
    numerator
        The metric.
    denominator
        Whether it is divided by the metric ``"denominator"``.
    covariates
        Those that the difference is adjusted for: their part is taken out first, by one slope.
    pooled
        Whether both arms share a variance.
    """
    whole = sides[0] + sides[1]
    names = whole.names
    weights = np.zeros(len(names))
    weights[names.index(numerator)] = 1.0
    if covariates:
        weights += _adjusted(sides, numerator, covariates)
    divisor = "denominator" if denominator else SIZE if SIZE in names else None
    mean, cross = whole.mean, whole.cross / whole.n
    x = np.zeros(len(names))
    if divisor is not None:
        x[names.index(divisor)] = 1.0
    constant = 0.0 if divisor is not None else 1.0
    level = float(weights @ mean) / (float(x @ mean) + constant)
    y = weights - level * x  # of mean zero, so that large numbers lose no digits
    shift = -level * constant
    both = np.stack([y, x])
    centre = both @ mean + np.array([shift, constant])
    drawn = both @ far + np.array([[shift], [constant]])
    some = far[names.index(numerator)] != 0
    drawn = drawn[:, _apart(drawn, centre, both @ cross @ both.T, some)]
    return rerandomised(
        drawn,
        _rest(whole.n, centre, both @ cross @ both.T, drawn),
        (sides[0].n, sides[1].n),
        pooled=pooled,
    )


def _adjusted(sides: Sequence[Moments], numerator: str, covariates: tuple[str, ...]) -> Floats:
    """Return what is added to the numerator's weights to take out what the covariates explain."""
    names = sides[0].names
    weights = np.zeros(len(names))
    places = [names.index(name) for name in covariates]
    if SIZE not in names:
        weights[places] = -pooled_slopes(sides[0] + sides[1], covariates)[names.index(numerator)]
        return weights
    treated, control = (Arm.of(side) for side in sides)
    slopes = best_slopes(treated, control, covariates)[treated.at(numerator)]
    weights[places] = -slopes
    whole = sides[0] + sides[1]
    weights[names.index(SIZE)] = float(slopes @ whole.mean[places]) / float(whole.mean[names.index(SIZE)])
    return weights


def _apart(drawn: Floats, centre: Floats, spread: Floats, some: Bools) -> Codes:
    """Return the positions of the units to draw one by one: those with an event, and big denominators.

    The sum of the others is near a normal one: without an event they differ in denominator and covariates
    only; where more than `_MOST` have one, they are the many that lie nearest to the mean.
    """
    if drawn.shape[1] <= _ALL:
        return np.arange(drawn.shape[1])
    scale = np.sqrt(np.maximum(np.diag(spread), 0.0))
    scale = np.where(scale > _NOTHING * np.abs(centre), scale, np.inf)
    away = np.abs((drawn - centre[:, None]) / scale[:, None])
    chosen = np.flatnonzero(some | (away[1] > _FAR))
    if len(chosen) <= _MOST:
        return chosen
    return chosen[np.argpartition(-away.max(axis=0)[chosen], _MOST - 1)[:_MOST]]


def _rest(n: int, centre: Floats, spread: Floats, drawn: Floats) -> Bulk:
    """Return the units that are not drawn one by one: all less those that are."""
    left = n - drawn.shape[1]
    if left <= 0:
        return Bulk(0, np.zeros(2), np.zeros((2, 2)))
    off = drawn - centre[:, None]
    step = -off.sum(axis=1) / left
    squares = n * spread
    found = squares - off @ off.T
    found = np.where(np.abs(found) > _NOTHING * np.abs(squares), found, 0.0)
    return Bulk(left, centre + step, found / left - np.outer(step, step))
