"""Synthetic control, with unit fixed effects and with a ridge correction of what the simplex cannot fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution._typing import Floats
from attribution.experiments.panels.simplex import simplex_weights

N_RIDGES = 21
SMALLEST_RIDGE = 1e-8  # of the largest


@dataclass(frozen=True, slots=True)
class SyntheticControl:
    """A synthetic control: its weights, its counterfactual and how well it fits before the test.

    Parameters
    ----------
    weights
        Of the donors, shape (J,); they sum to one, and may be negative only with a ridge correction.
    simplex
        The weights before the ridge correction, shape (J,), none negative; `weights` where there is none.
    counterfactual
        What the target would have been, shape (T,), in its units.
    l2
        Euclidean norm of the gaps before the test.
    scaled_l2
        `l2` over that of equal weights: 0 is a perfect fit, 1 no better than the mean of the donors.
    ridge
        The penalty of the ridge correction, None without one.
    """

    weights: Floats
    simplex: Floats
    counterfactual: Floats
    l2: float
    scaled_l2: float
    ridge: float | None


def synthetic_control(
    target: Floats,
    donors: Floats,
    n_pre: int,
    *,
    fixed_effects: bool = True,
    ridge: float | None = None,
) -> SyntheticControl:
    """Fit a synthetic control on the periods before the test.

    The weights are those of `simplex_weights` (Abadie, Diamond & Hainmueller 2010). With fixed effects every
    series loses its own mean before the test first (Doudchenko & Imbens 2016; Ferman & Pinto 2021), so that
    the mix has to follow the target's movements, not its level. With a ridge, the weights are corrected
    by ``(x - w X)' (X'X + ridge I)^-1 X'``, where ``X`` are the donors before the test less their mean in
    each period and ``x`` is the target less the same (Ben-Michael, Feller & Rothstein 2021, lemma 1): this
    lets weights be negative where the target lies outside the hull of the donors, and extrapolates there.

    Parameters
    ----------
    target
        The treated series, shape (T,); the mean of the treated geos where there are several.
    donors
        Shape (J, T), J >= 1.
    n_pre
        Periods before the test, at least 1; `len(target)` fits on all.
    fixed_effects
        Whether to take each series' mean before the test out.
    ridge
        Penalty of the correction in squared units of the target; None for none. `choose_ridge`
        chooses one.

    Returns
    -------
    SyntheticControl
        The fit.

    Examples
    --------
    >>> import numpy as np
    >>> donors = np.array([[1.0, 2.0, 4.0, 3.0], [2.0, 1.0, 0.0, 1.0]])
    >>> target = donors.mean(axis=0) + np.array([7.0, 7.0, 7.0, 9.0])
    >>> fit = synthetic_control(target, donors, 3)
    >>> fit.weights.round(6).tolist()
    [0.5, 0.5]
    >>> (target - fit.counterfactual).round(6).tolist()
    [0.0, 0.0, 0.0, 2.0]
    """
    level = float(target[:n_pre].mean()) if fixed_effects else 0.0
    levels = donors[:, :n_pre].mean(axis=1) if fixed_effects else np.zeros(len(donors))
    before, others = target[:n_pre] - level, donors[:, :n_pre] - levels[:, None]
    simplex = simplex_weights(before, others)
    weights = simplex
    if ridge is not None:
        weights = simplex + _corrections(before, others, simplex, np.array([ridge]))[0]
    l2 = float(np.linalg.norm(before - weights @ others))
    even = float(np.linalg.norm(before - others.mean(axis=0)))
    return SyntheticControl(
        weights=weights,
        simplex=simplex,
        counterfactual=weights @ donors + (level - weights @ levels),
        l2=l2,
        scaled_l2=l2 / even if even > 0.0 else 0.0,
        ridge=ridge,
    )


def match_levels(target: Floats, donors: Floats, n_pre: int) -> Floats:
    """Return the donors, each multiplied to the target's mean before the test.

    Any estimator of this folder may be given these donors in place of the others. Geos of different size
    that share growth, seasons and holidays in per cent do not share them in units: a large geo moves more
    than any mix of small ones. In proportion to its own level it lies among them. For pairs of the ten
    largest of 40 real cities, without any effect, this brought the spread of a synthetic control's error from
    3.9% to 2.6%, and the draws that studentised placebos reject at 5% from 13% to 7%; for pairs of any cities
    the spread fell from 2.7% to 2.4%.

    Parameters
    ----------
    target
        Shape (T,).
    donors
        Shape (J, T). One whose mean before the test is zero stays as it is.
    n_pre
        Periods before the test, at least 1.

    Returns
    -------
    Floats
        Shape (J, T).

    Examples
    --------
    >>> import numpy as np
    >>> match_levels(np.array([10.0, 30.0, 20.0]), np.array([[1.0, 3.0, 5.0]]), 2).tolist()
    [[10.0, 30.0, 50.0]]
    """
    level = abs(float(target[:n_pre].mean()))
    levels = np.abs(donors[:, :n_pre].mean(axis=1))
    factors = np.divide(level, levels, out=np.ones_like(levels), where=levels > 0.0)
    matched: Floats = donors * factors[:, None]
    return matched


def choose_ridge(target: Floats, donors: Floats, n_pre: int, *, fixed_effects: bool = True) -> float:
    """Return the ridge penalty that predicts left-out periods about as well as any.

    Each period before the test is left out in turn, the weights are fitted on the others, fixed effects
    included, and the squared error in that period is kept. Of 21 penalties, evenly spaced in logarithm from
    the largest squared singular value of the centred donors down to 1e-8 of it, the largest one is taken
    whose mean error is within one standard error of the least (Ben-Michael, Feller & Rothstein 2021, with
    the grid and the rule of their package augsynth, in which the last period has no turn).

    Parameters
    ----------
    target, donors, n_pre, fixed_effects
        As in `synthetic_control`; `n_pre` is at least 3.

    Returns
    -------
    float
        In squared units of the target; 0 where all donors are alike, so that nothing can be corrected.

    Examples
    --------
    >>> import numpy as np
    >>> periods = np.arange(12.0)
    >>> donors = np.stack([periods, np.sin(periods), np.cos(2.0 * periods)])
    >>> outside = 1.5 * donors[0] - 0.5 * donors[1]
    >>> round(choose_ridge(outside, donors, 12), 10)  # the least of the grid: extrapolation predicts well
    1.0753e-06
    """
    before, others = target[:n_pre], donors[:, :n_pre]
    if fixed_effects:
        before, others = before - before.mean(), others - others.mean(axis=1, keepdims=True)
    largest = float(np.linalg.norm(others - others.mean(axis=0), 2)) ** 2
    if largest == 0.0:
        return 0.0
    ridges = largest * np.geomspace(1.0, SMALLEST_RIDGE, N_RIDGES)
    errors = np.stack([_left_out(before, others, period, fixed_effects, ridges) for period in range(n_pre)])
    mean = errors.mean(axis=0)
    best = int(mean.argmin())
    near = mean[best] + errors[:, best].std(ddof=1) / np.sqrt(n_pre)
    return float(ridges[mean <= near].max())


def _left_out(before: Floats, others: Floats, period: int, fixed_effects: bool, ridges: Floats) -> Floats:
    """Return the squared error of each ridge in a period that the fit did not see."""
    kept, rest = np.delete(before, period), np.delete(others, period, axis=1)
    level = kept.mean() if fixed_effects else 0.0
    levels = rest.mean(axis=1) if fixed_effects else np.zeros(len(rest))
    kept, rest = kept - level, rest - levels[:, None]
    simplex = simplex_weights(kept, rest)
    weights = simplex + _corrections(kept, rest, simplex, ridges)
    errors: Floats = (before[period] - level - weights @ (others[:, period] - levels)) ** 2
    return errors


def _corrections(before: Floats, others: Floats, simplex: Floats, ridges: Floats) -> Floats:
    """Return what each ridge adds to the simplex weights, shape (R, J).

    ``(X'X + r I)^-1 X' = X' (X X' + r I)^-1``: the eigenvalues of one (J, J) matrix serve them all.
    """
    centred = others - others.mean(axis=0)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    turned = (centred @ (before - simplex @ others)) @ vectors
    scales = np.maximum(values, 0.0) + ridges[:, None]
    shrunk = np.divide(turned, scales, out=np.zeros_like(scales), where=scales > 0.0)
    corrections: Floats = shrunk @ vectors.T
    return corrections
