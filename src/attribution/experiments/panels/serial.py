"""Serial correlation of residuals: its size, tests of it, and what it does to the variance of a sum."""

from __future__ import annotations

import numpy as np

from attribution._typing import Floats

LARGEST = 0.95  # a stronger correlation cannot be told from a random walk in the length of a pre-period
_GRID = np.linspace(-LARGEST, LARGEST, 381)


def ar1(residuals: Floats, design: Floats | None = None) -> float:
    """Return the first-order autocorrelation of the noise behind residuals, corrected for its bias.

    The autocorrelation of residuals is too small, because the fit has followed a part of the noise. Around a
    mean its expectation is about ``phi - (1 + 3 phi) / T`` (Marriott & Pope 1954; Kendall 1954), and
    ``(1 + 3 r) / T`` is added. With the design of the least squares the correction is that of the design: the
    phi at which ``E(e' L e) / E(e' e)`` equals what is seen, where ``e = M u``, M projects the design away
    and u is AR(1). Regressors that move slowly, as sales of other regions do, hide more of the correlation
    than a mean does.

    Parameters
    ----------
    residuals
        float64, shape (T,), in time order, at least 3.
    design
        Regressors with the intercept, float64, shape (T, k); None for a mean.

    Returns
    -------
    float
        In [-0.95, 0.95]; 0 where all residuals are 0.

    Examples
    --------
    >>> import numpy as np
    >>> e = np.array([1.0, 0.5, -0.5, -1.0, -0.5, 0.5])
    >>> round(ar1(e), 4)  # r is 1 / 3, and (1 + 3 r) / 6 is added
    0.6667
    """
    square = float(residuals @ residuals)
    if square == 0.0:
        return 0.0
    seen = float(residuals[1:] @ residuals[:-1]) / square
    if design is None:
        return float(np.clip(seen + (1 + 3 * seen) / len(residuals), -LARGEST, LARGEST))
    n = len(residuals)
    basis = np.linalg.qr(design)[0]
    moved = np.zeros_like(basis)  # L, half the sum of the shift and its transpose, times the basis
    moved[:-1] += basis[1:] / 2
    moved[1:] += basis[:-1] / 2
    top = -2 * _lag_sums(basis, moved) + _lag_sums(basis @ (basis.T @ moved), basis)
    top[1] += n - 1
    powers = np.vander(_GRID, n, increasing=True)
    expected = powers @ top / (powers @ _projection_lags(basis))
    return float(np.interp(seen, np.maximum.accumulate(expected), _GRID))


def noise_variance(residuals: Floats, design: Floats, phi: float) -> float:
    """Return the variance of AR(1) noise from least-squares residuals: ``e'e / tr(M R)``, without bias.

    R is the correlation matrix of AR(1) noise; without correlation the divisor is T - k.

    Parameters
    ----------
    residuals
        float64, shape (T,).
    design
        float64, shape (T, k), of full rank.
    phi
        Autocorrelation.

    Examples
    --------
    >>> import numpy as np
    >>> noise_variance(np.array([1.0, -1.0, 1.0, -1.0]), np.ones((4, 1)), 0.0)  # 4 / 3
    1.3333333333333333
    """
    lags = _projection_lags(np.linalg.qr(design)[0])
    return float(residuals @ residuals) / float(phi ** np.arange(len(residuals)) @ lags)


def _projection_lags(basis: Floats) -> Floats:
    """Return the sums of the diagonals of ``I - Q Q'`` by their distance from the main one."""
    lags = -_lag_sums(basis, basis)
    lags[0] += len(basis)
    return lags


def _lag_sums(a: Floats, b: Floats) -> Floats:
    """Return the sums of the diagonals of ``a b'`` by their distance from the main one, shape (T,)."""
    middle = len(a) - 1
    sums = np.zeros(len(a))
    for left, right in zip(a.T, b.T, strict=True):
        both = np.correlate(left, right, "full")
        sums += both[middle:]
        sums[1:] += both[:middle][::-1]
    return sums


def correlations(n: int, phi: float) -> Floats:
    """Return the correlation matrix of n successive AR(1) terms, ``phi ** |i - j|``, shape (n, n)."""
    place = np.arange(n)
    matrix: Floats = (phi ** place.astype(np.float64))[np.abs(place[:, None] - place)]
    return matrix


def effective_df(n: int, phi: float, parameters: int = 0) -> float:
    """Return degrees of freedom of n AR(1) residuals: ``n (1 - phi) / (1 + phi) - parameters``, at least 1.

    A mean of n terms is as sure as one of so many independent terms (Bartlett 1946).

    Examples
    --------
    >>> round(effective_df(42, 0.5, 2), 9)
    12.0
    """
    return max(n * (1 - phi) / (1 + phi) - parameters, 1.0)


def durbin_watson(residuals: Floats) -> float:
    """Return Durbin and Watson's (1950) statistic: about 2 without serial correlation, near 0 with much.

    Missing where all residuals are 0.

    Examples
    --------
    >>> import numpy as np
    >>> durbin_watson(np.array([1.0, -1.0, 1.0, -1.0]))
    3.0
    """
    square = float(residuals @ residuals)
    return float((np.diff(residuals) ** 2).sum()) / square if square > 0 else float("nan")


def ljung_box(residuals: Floats, lags: int | None = None) -> float:
    """Return the p-value of no serial correlation up to a lag (Ljung & Box 1978).

    By `statsmodels.stats.diagnostic.acorr_ljungbox`.

    Parameters
    ----------
    residuals
        float64, shape (T,).
    lags
        None for ``min(10, T // 5)``, at least 1.
    """
    from statsmodels.stats.diagnostic import acorr_ljungbox

    most = lags if lags is not None else max(min(10, len(residuals) // 5), 1)
    return float(acorr_ljungbox(residuals, lags=[most])["lb_pvalue"].iloc[0])


def effective_draws(chain: Floats) -> float:
    """Return the independent draws that a chain is worth (Geyer 1992, initial positive sequence).

    Parameters
    ----------
    chain
        float64, shape (n,).

    Examples
    --------
    >>> import numpy as np
    >>> white = np.random.default_rng(0).normal(size=4000)
    >>> bool(effective_draws(white) > 3500), bool(effective_draws(np.repeat(white, 8)) < 4500)
    (True, True)
    """
    n = len(chain)
    centred = chain - chain.mean()
    spectrum = np.abs(np.fft.rfft(centred, 2 * n)) ** 2
    lags = np.fft.irfft(spectrum)[:n]
    if lags[0] <= 0:
        return float(n)
    lags /= lags[0]
    pairs = lags[: n // 2 * 2].reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(pairs <= 0)
    last = int(negative[0]) if len(negative) else len(pairs)
    return float(min(n / max(2 * pairs[:last].sum() - 1, 1e-3), n))
