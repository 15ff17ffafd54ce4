"""An arm as the estimators see it: means, and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from attribution._typing import Floats
from attribution.errors import ExperimentError
from attribution.experiments.holdout.moments import Moments
from attribution.experiments.holdout.tally import SIZE


@dataclass(frozen=True, eq=False)
class Arm:
    """Means of an arm's metrics and their covariance.

    Attributes
    ----------
    names
        The metrics, k of them.
    n
        Users.
    units
        Independent units: users, or clusters.
    df
        Degrees of freedom of the variances.
    mean
        Per user, float64, shape (k,).
    cov
        Covariance of the means, float64, shape (k, k).
    """

    names: tuple[str, ...]
    n: int
    units: int
    df: float
    mean: Floats
    cov: Floats

    @classmethod
    def of(cls, moments: Moments) -> Arm:
        """Return the arm of moments of users (Neyman 1923), or of clusters.

        Totals of clusters become means per user: ratios of totals to sizes, with the delta method over
        clusters (Deng, Knoblich & Lu 2018). Where clusters are of one size, these are the means of the
        clusters' means, and the test is Welch's on them.
        """
        n = moments.n
        cov = moments.covariance / n
        if SIZE not in moments.names:
            return cls(moments.names, n, n, n - 1.0, moments.mean, cov)
        size = moments.mean[-1]
        mean = moments.mean[:-1] / size
        slope = np.column_stack([np.eye(len(mean)), -mean]) / size
        users = round(float(size) * n)
        return cls(moments.names[:-1], users, n, n - 1.0, mean, slope @ cov @ slope.T)

    def at(self, name: str) -> int:
        """Return the position of a metric."""
        return self.names.index(name)

    def under(self, roles: Mapping[str, str]) -> Arm:
        """Return the arm with some metrics under other names, as `Moments.under`."""
        places = [self.at(name) for name in roles.values()]
        return replace(self, names=tuple(roles), mean=self.mean[places], cov=self.cov[np.ix_(places, places)])

    def adjusted(self, slopes: Floats, covariates: tuple[str, ...], center: Floats) -> Arm:
        """Return the arm with ``y - slopes (x - center)`` for every metric y.

        Parameters
        ----------
        slopes
            float64, shape (k, n_covariates).
        covariates
            Their names.
        center
            float64, shape (n_covariates,).
        """
        change = np.eye(len(self.names))
        change[:, [self.at(name) for name in covariates]] -= slopes
        return replace(self, mean=change @ self.mean + slopes @ center, cov=change @ self.cov @ change.T)

    def over(self, numerator: str, denominator: str) -> tuple[Arm, Floats]:
        """Return the arm with `numerator` replaced by its ratio to `denominator`, and the ratio's slopes.

        Raises
        ------
        ExperimentError
            If the denominator's mean is zero.
        """
        y, x = self.at(numerator), self.at(denominator)
        refuse_denominator(float(self.mean[x]))
        ratio = self.mean[y] / self.mean[x]
        slope = np.zeros(len(self.names))
        slope[y], slope[x] = 1 / self.mean[x], -ratio / self.mean[x]
        change = np.eye(len(self.names))
        change[y] = slope
        mean = self.mean.copy()
        mean[y] = ratio
        return replace(self, mean=mean, cov=change @ self.cov @ change.T), slope


def refuse_denominator(mean: float) -> None:
    """Refuse a denominator that is nothing, or less, on average.

    Raises
    ------
    ExperimentError
        If it is.
    """
    if not mean > 0:
        msg = f"the mean of the denominator is {mean:g}, so that there is no ratio"
        raise ExperimentError(msg, column="denominator", hint="the denominator must be positive on average")


@dataclass(frozen=True, eq=False)
class Pair:
    """The treated arm and the holdout.

    Attributes
    ----------
    treated, control
        The arms, adjusted where that was asked for.
    shared
        Variance of the outcome's mean that both arms share through the covariates' mean. It cancels in the
        difference; the lift needs it.
    free
        Degrees of freedom of the one variance that both arms have; None where each has its own.
    """

    treated: Arm
    control: Arm
    shared: float = 0.0
    free: float | None = None

    @classmethod
    def of(cls, treated: Moments, control: Moments, *, pooled: bool = False) -> Pair:
        """Return the arms of moments, each with its own variance, or both with that of all units."""
        arms = Arm.of(treated), Arm.of(control)
        if not pooled:
            return cls(*arms)
        free = treated.n + control.n - 2
        cov = (treated.cross + control.cross) / free
        one, other = (replace(arm, cov=cov / arm.n) for arm in arms)
        return cls(one, other, free=float(free))

    def difference(self, name: str) -> tuple[float, float]:
        """Return the difference of a metric's means and its variance."""
        place = self.treated.at(name)
        gap = self.treated.mean[place] - self.control.mean[place]
        return float(gap), float(self.treated.cov[place, place] + self.control.cov[place, place])

    def covariance(self, one: str, other: str) -> float:
        """Return the covariance of two metrics' differences."""
        a, b = self.treated.at(one), self.treated.at(other)
        return float(self.treated.cov[a, b] + self.control.cov[a, b])


def cuped(treated: Arm, control: Arm, slopes: Floats, covariates: tuple[str, ...]) -> Pair:
    """Return the arms with the covariates' chance differences taken out (Deng et al. 2013).

    Parameters
    ----------
    treated, control
        The arms.
    slopes
        Of every metric on the covariates, the same for both arms, shape (k, n_covariates).
    covariates
        Their names.
    """
    center = _center(treated, control, covariates)
    return Pair(
        treated.adjusted(slopes, covariates, center),
        control.adjusted(slopes, covariates, center),
        _shared(treated, control, slopes, covariates),
    )


def pooled_slopes(moments: Moments, covariates: tuple[str, ...]) -> Floats:
    """Return ``cov(y, x) / var(x)`` of every metric over the units of `moments`; zero for the covariates."""
    return slopes_of(moments.cross, moments.names, covariates)


def best_slopes(treated: Arm, control: Arm, covariates: tuple[str, ...]) -> Floats:
    """Return the slopes that make the differences surest; those of clusters."""
    return slopes_of(treated.cov + control.cov, treated.names, covariates)


def slopes_of(cross: Floats, names: tuple[str, ...], covariates: tuple[str, ...]) -> Floats:
    """Return the slopes of every metric on the covariates; zero for the covariates themselves."""
    places = [names.index(name) for name in covariates]
    scale = np.sqrt(np.diag(cross)[places])
    if (scale <= 0).any():
        msg = "a covariate is constant among the users of an arm, so that it explains nothing there"
        raise ExperimentError(msg, column="covariate", hint='adjust="cuped", or without that covariate')
    inner = cross[np.ix_(places, places)] / np.outer(scale, scale)
    if np.linalg.cond(inner) > 1e12:
        msg = "the covariates say the same: one is a linear function of the others"
        raise ExperimentError(msg, column="covariate", hint="leave one of them out")
    slopes: Floats = np.linalg.solve(inner, cross[places] / scale[:, None]).T / scale
    slopes[places] = 0.0
    return slopes


def _center(treated: Arm, control: Arm, covariates: tuple[str, ...]) -> Floats:
    places = [treated.at(name) for name in covariates]
    whole = treated.n + control.n
    center: Floats = (treated.n * treated.mean[places] + control.n * control.mean[places]) / whole
    return center


def _shared(treated: Arm, control: Arm, slopes: Floats, covariates: tuple[str, ...]) -> float:
    places = [treated.at(name) for name in covariates]
    whole, chosen = treated.n + control.n, np.ix_(places, places)
    spread = (treated.n / whole) ** 2 * treated.cov[chosen] + (control.n / whole) ** 2 * control.cov[chosen]
    slope = slopes[treated.at("outcome")]
    return float(slope @ spread @ slope)
