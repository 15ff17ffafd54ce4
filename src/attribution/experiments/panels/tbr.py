"""Time-based regression: the treated total on the control total before the test, carried into it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from attribution._typing import Floats
from attribution.errors import ExperimentError
from attribution.experiments.panels.serial import (
    ar1,
    correlations,
    durbin_watson,
    effective_df,
    noise_variance,
)

_FLAT = 1e-12  # relative: a control series that varies by less is rounding


@dataclass(frozen=True, eq=False, slots=True)
class Tbr:
    """A time-based regression.

    Attributes
    ----------
    intercept, slope
        Of the treated series on the control series before the test.
    sigma, df
        Standard deviation of the residuals before the test, and their degrees of freedom.
    counterfactual
        What the treated series would have been, shape (T,).
    residuals
        Before the test, shape (n_pre,).
    phi
        Autocorrelation of the noise, corrected for bias, not below 0.
    durbin_watson
        Of the residuals before the test.
    df_corrected
        Degrees of freedom that such a correlation leaves.
    cumulative
        Effect from the start of the test up to each period of it, shape (T1,).
    se_cumulative_published, se_cumulative_corrected
        Scales of Student's t for `cumulative`, shape (T1,): as published, where noise is independent from
        period to period, and with the serial correlation `phi`.
    weights
        The effect of the whole window as a sum over the noise of all periods, shape (T,).
    """

    intercept: float
    slope: float
    sigma: float
    df: int
    counterfactual: Floats
    residuals: Floats
    phi: float
    durbin_watson: float
    df_corrected: float
    cumulative: Floats
    se_cumulative_published: Floats
    se_cumulative_corrected: Floats
    weights: Floats

    @property
    def total(self) -> float:
        """The effect of the whole window."""
        return float(self.cumulative[-1])

    @property
    def se_published(self) -> float:
        """Scale of the published posterior of `total`; its degrees of freedom are `df`."""
        return float(self.se_cumulative_published[-1])

    @property
    def se_corrected(self) -> float:
        """Scale with serial correlation; its degrees of freedom are `df_corrected`."""
        return float(self.se_cumulative_corrected[-1])


def tbr(target: Floats, control: Floats, n_pre: int) -> Tbr:
    """Fit a time-based regression (Kerman, Wang & Vaver 2017).

    Least squares of the treated series on the control series over the periods before the test. The effect is
    what the treated series exceeds the prediction by, summed over the test; it is a combination ``a'u`` of
    the noise of all periods, with 1 for each period of the test and ``-X (X'X)^-1 x`` before it, where x is
    the sum of the design over the test. As published (eq. 5) the noise is independent, so that the posterior
    of the effect is Student's t with T0 - 2 degrees of freedom and squared scale ``s^2 a'a``. Sales are not
    independent from day to day, and that posterior is then far too narrow: with 42 + 28 periods its 95%
    interval covers 80% at an autocorrelation of .4 and 49% at .8. Corrected, the noise is AR(1): the squared
    scale is ``s^2 a' R a``, with `ar1`, `noise_variance` and `effective_df` of the residuals. Without
    correlation the two agree.

    Parameters
    ----------
    target
        float64, shape (T,): total of the treated geos.
    control
        float64, shape (T,): total of the control geos. One that is constant throughout, such as a cost of
        zero, leaves the intercept alone.
    n_pre
        Periods before the test, at least 4.

    Raises
    ------
    ExperimentError
        With too few periods, or a control series that is constant before the test and varies in it.

    Examples
    --------
    >>> import numpy as np
    >>> control = np.array([10.0, 12.0, 11.0, 13.0, 12.0, 11.0])
    >>> fit = tbr(np.array([21.0, 25.0, 22.0, 28.0, 30.0, 26.0]), control, 4)
    >>> round(fit.slope, 6), round(fit.total, 6)
    (2.4, 8.0)
    """
    if n_pre < 4 or n_pre >= len(target):
        msg = f"{n_pre} of {len(target)} periods lie before the test"
        raise ExperimentError(
            msg,
            why="the regression has two coefficients, and the rest is to say how far it errs",
            hint="start the panel earlier: at least 4 periods before the test, better 30 or more",
        )
    centre = control[:n_pre].mean()
    spread = float(np.sqrt(((control[:n_pre] - centre) ** 2).mean()))
    columns = [np.ones(len(target))]
    if spread > _FLAT * np.abs(control).max():
        columns.append((control - centre) / spread)
    elif np.ptp(control) > _FLAT * np.abs(control).max():
        msg = "the control series is constant before the test and varies in it"
        raise ExperimentError(
            msg,
            why="how the treated series follows the control series cannot be learnt before the test",
            hint="use control geos whose series vary before the test",
        )
    design = np.column_stack(columns)
    before = design[:n_pre]
    scaled = np.linalg.solve(before.T @ before, before.T @ target[:n_pre])
    counterfactual = design @ scaled
    gaps = target - counterfactual
    residuals = gaps[:n_pre]
    df = n_pre - design.shape[1]
    variance = float(residuals @ residuals) / df
    n_test = len(target) - n_pre
    sums = design[n_pre:].cumsum(axis=0)
    weights = np.hstack(
        [-sums @ np.linalg.solve(before.T @ before, before.T), np.tri(n_test)]
    )  # (T1, T): each cumulative effect as a combination of the noise
    phi = max(ar1(residuals, before), 0.0)
    held = weights @ correlations(len(target), phi)
    slope = float(scaled[1] / spread) if len(scaled) > 1 else 0.0
    return Tbr(
        intercept=float(scaled[0] - slope * centre),
        slope=slope,
        sigma=math.sqrt(variance),
        df=df,
        counterfactual=counterfactual,
        residuals=residuals,
        phi=phi,
        durbin_watson=durbin_watson(residuals),
        df_corrected=effective_df(n_pre, phi, design.shape[1]),
        cumulative=gaps[n_pre:].cumsum(),
        se_cumulative_published=np.sqrt(variance * (weights**2).sum(axis=1)),
        se_cumulative_corrected=np.sqrt(
            noise_variance(residuals, before, phi) * (held * weights).sum(axis=1)
        ),
        weights=weights[-1],
    )


def tbr_covariance(response: Tbr, cost: Tbr, *, corrected: bool = True) -> float:
    """Return the covariance of the total effects on two series of the same geos and periods.

    It is what an interval of their ratio, the iROAS, needs where cost is predicted as well (Kerman, Wang &
    Vaver 2017, section on iROAS). The correlation is that of the residuals before the test times the overlap
    of the two combinations of noise; the scales are the published or the corrected ones, so that it never
    exceeds what the two variances allow.

    Parameters
    ----------
    response, cost
        From `tbr`, on the same periods.
    corrected
        Whether for `se_corrected` or `se_published`.

    Examples
    --------
    >>> import numpy as np
    >>> control = np.array([10.0, 12.0, 11.0, 13.0, 12.0, 11.0])
    >>> fit = tbr(np.array([21.0, 25.0, 22.0, 28.0, 30.0, 26.0]), control, 4)
    >>> bool(np.isclose(tbr_covariance(fit, fit), fit.se_corrected**2))
    True
    """
    a, b = response, cost
    norms = [float(x @ x) * float(y @ y) for x, y in ((a.residuals, b.residuals), (a.weights, b.weights))]
    if not all(norms):
        return 0.0
    together = float(a.residuals @ b.residuals) * float(a.weights @ b.weights) / math.sqrt(math.prod(norms))
    if corrected:
        return together * a.se_corrected * b.se_corrected
    return together * a.se_published * b.se_published
