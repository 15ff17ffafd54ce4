"""Maximum likelihood of a few positive parameters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attribution._typing import Floats

_BOUND = 12.0  # of the logarithms: beyond it a limiting model is reached, such as one rate for all
_ROUNDS = 5000
_CLOSE = 1e-9


def fit_positive(loss: Callable[[Floats], float], n_parameters: int) -> tuple[Floats, float]:
    """Return positive parameters at which a negative log-likelihood is least, and that least value.

    Quasi-Newton steps lead near to it and a simplex finds it to about nine digits: numeric gradients alone
    stop at five. The parameters lie between exp(-12) and exp(12), so times and amounts should be in units of
    their mean.

    Parameters
    ----------
    loss
        Of the logarithms of the parameters, shape (n_parameters,).
    n_parameters
        How many; the search starts with all at 1.
    """
    from scipy.optimize import minimize

    bounds = [(-_BOUND, _BOUND)] * n_parameters
    near = minimize(loss, np.zeros(n_parameters), method="L-BFGS-B", bounds=bounds)
    best = minimize(
        loss,
        near.x,
        method="Nelder-Mead",
        bounds=bounds,
        options={"xatol": _CLOSE, "fatol": _CLOSE, "maxiter": _ROUNDS},
    )
    return np.exp(best.x), float(best.fun)
