"""Regression adjustment with the arms' own slopes (Lin 2013), its variance robust (HC2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from attribution._typing import Floats
from attribution.incrementality.arm import Arm, Pair, slopes_of
from attribution.incrementality.moments import Moments, total
from attribution.incrementality.tally import Group, Reader, each_group


@dataclass(frozen=True, eq=False)
class Fit:
    """The regression of an arm's metrics on the covariates, read off at the mean of both arms.

    Attributes
    ----------
    moments
        Of the arm.
    slopes
        Shape (k, n_covariates).
    inverse
        Inverse of the covariates' centered cross products in the arm.
    places
        Positions of the covariates.
    step
        Mean of the covariates in both arms less that in this one.
    """

    moments: Moments
    slopes: Floats
    inverse: Floats
    places: list[int]
    step: Floats

    @classmethod
    def of(cls, moments: Moments, covariates: tuple[str, ...], center: Floats) -> Fit:
        """Fit by least squares, from moments alone."""
        places = [moments.at(name) for name in covariates]
        return cls(
            moments,
            slopes_of(moments.cross, moments.names, covariates),
            np.linalg.inv(moments.cross[np.ix_(places, places)]).astype(np.float64),
            places,
            center - moments.mean[places],
        )

    @property
    def residual(self) -> Floats:
        """Centered cross products of the residuals; those of the covariates' own columns are theirs."""
        change = np.eye(len(self.slopes))
        change[:, self.places] -= self.slopes
        return change @ self.moments.cross @ change.T

    def plain(self) -> Floats:
        """Return the covariance of the adjusted means with equal variances within the arm."""
        free = self.moments.n - 1 - len(self.places)
        return self.residual / free * (1 / self.moments.n + self.step @ self.inverse @ self.step)

    def robust(self, numbers: Floats, counts: Floats | None) -> Floats:
        """Return what some rows of the arm add to the HC2 covariance of the adjusted means.

        With weights w of the rows in the prediction at the covariates' mean, residuals e and leverages h,
        the sum of ``w^2 e e' / (1 - h)`` (MacKinnon & White 1985).
        """
        apart = np.ascontiguousarray(numbers.T) - self.moments.mean[:, None]
        x = apart[self.places]
        n = self.moments.n
        leverage = np.einsum("in,ij,jn->n", x, self.inverse, x) if len(x) > 1 else self.inverse[0] * x[0] ** 2
        weight = np.einsum("i,in->n", self.inverse @ self.step, x) + 1 / n
        weight *= weight
        weight /= (1 - 1 / n) - leverage
        if counts is not None:
            weight *= counts
        residual = apart - np.einsum("ip,pn->in", self.slopes, x)
        part: Floats = (residual * weight) @ residual.T
        return part

    def arm(self, cov: Floats) -> Arm:
        """Return the arm with adjusted means."""
        n = self.moments.n
        mean = self.moments.mean + self.slopes @ self.step
        return Arm(self.moments.names, n, n, n - 1.0 - len(self.places), mean, cov)


def lin(
    groups: Mapping[Group, Moments],
    treated: Collection[Group],
    control: Collection[Group],
    covariates: tuple[str, ...],
    reader: Reader | None,
) -> Pair:
    """Return the arms adjusted each by its own regression.

    The difference and its variance equal those of the ordinary least squares regression of the outcome on
    arm, centered covariates and their products, ``OLS(...).fit(cov_type="HC2")``.

    Parameters
    ----------
    groups
        Moments of every group.
    treated, control
        Which groups make up the two arms.
    covariates
        Names of the covariates' metrics.
    reader
        The rows, read a second time for HC2; None takes equal variances within an arm.
    """
    sides = [total(groups[group] for group in chosen) for chosen in (treated, control)]
    whole = sides[0] + sides[1]
    places = [whole.at(name) for name in covariates]
    fits = [Fit.of(side, covariates, whole.mean[places]) for side in sides]
    if reader is None:
        covs = [fit.plain() for fit in fits]
    else:
        covs = [np.zeros_like(fit.moments.cross) for fit in fits]

        def visit(group: Group, numbers: Floats, counts: Floats | None) -> None:
            for chosen, fit, cov in zip((treated, control), fits, covs, strict=True):
                if group in chosen:
                    cov += fit.robust(numbers, counts)

        each_group(reader, visit)
    outcome = whole.at("outcome")
    slope = (fits[0].slopes[outcome] + fits[1].slopes[outcome]) / 2
    shared = slope @ whole.covariance[np.ix_(places, places)] @ slope / whole.n
    return Pair(fits[0].arm(covs[0]), fits[1].arm(covs[1]), float(shared))
