"""Synthetic difference in differences: weights on donors and on periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution._typing import Floats
from attribution.experiments.panels.simplex import simplex_weights

_LEAST_PENALTY = 1e-6  # of the noise, for the time weights: picks one solution and changes no fit


@dataclass(frozen=True, slots=True)
class SyntheticDid:
    """A synthetic difference in differences.

    Parameters
    ----------
    unit_weights
        Of the donors, shape (J,), in the simplex.
    time_weights
        Of the periods before the test, shape (n_pre,), in the simplex.
    effect
        Mean over the test window, per period, in units of the target; NaN without a window.
    counterfactual
        What the target would have been, shape (T,), in its units.
    """

    unit_weights: Floats
    time_weights: Floats
    effect: float
    counterfactual: Floats


def synthetic_did(target: Floats, donors: Floats, n_pre: int, *, n_treated: int = 1) -> SyntheticDid:
    """Estimate a mean effect by synthetic difference in differences (Arkhangelsky et al. 2021, algorithm 1).

    The unit weights make the donors move as the target does before the test, up to a constant, and are kept
    apart by a ridge of ``zeta^2 n_pre`` with ``zeta = (n_treated T1)^(1/4) sigma``; sigma is the standard
    deviation of the donors' changes from one period to the next before the test. The time weights make the
    periods before the test look, for every donor up to a constant, like the mean of the window. The effect is
    the difference in differences with these weights. Both problems are solved exactly, where the authors'
    package stops early and drops small weights.

    Parameters
    ----------
    target
        The treated series, shape (T,): the mean of the treated geos.
    donors
        Shape (J, T), J >= 1.
    n_pre
        Periods before the test, at least 3. Where it is T there is no window to resemble: the time weights
        are equal and the ridge is that of a window of one period, as residuals under a null hypothesis need.
    n_treated
        How many geos the target is the mean of.

    Returns
    -------
    SyntheticDid
        The weights, the effect and the counterfactual.

    Examples
    --------
    >>> import numpy as np
    >>> donors = np.array([[1.0, 2.0, 4.0, 3.0, 5.0], [2.0, 1.0, 0.0, 1.0, 1.0]])
    >>> target = donors[0] + np.array([7.0, 7.0, 7.0, 7.0, 9.0])
    >>> fit = synthetic_did(target, donors, 4)
    >>> fit.unit_weights.round(2).tolist()
    [0.74, 0.26]
    >>> fit.time_weights.round(2).tolist()
    [0.0, 0.0, 1.0, 0.0]
    >>> round(fit.effect, 6)
    2.0
    """
    before = donors[:, :n_pre]
    window = target.size - n_pre
    noise = float(np.diff(before, axis=1).std(ddof=1)) if before.size > before.shape[0] + 1 else 0.0
    zeta = (n_treated * max(window, 1)) ** 0.25 * noise
    unit_weights = simplex_weights(
        target[:n_pre] - target[:n_pre].mean(),
        before - before.mean(axis=1, keepdims=True),
        penalty=zeta**2 * n_pre,
    )
    if window:
        test = donors[:, n_pre:].mean(axis=1)
        time_weights = simplex_weights(
            test - test.mean(),
            (before - before.mean(axis=0)).T,
            penalty=(_LEAST_PENALTY * noise) ** 2 * len(donors),
        )
    else:
        time_weights = np.full(n_pre, 1.0 / n_pre)
    mix = unit_weights @ donors
    counterfactual = mix + time_weights @ (target[:n_pre] - mix[:n_pre])
    effect = float((target[n_pre:] - counterfactual[n_pre:]).mean()) if window else float("nan")
    return SyntheticDid(unit_weights, time_weights, effect, counterfactual)
