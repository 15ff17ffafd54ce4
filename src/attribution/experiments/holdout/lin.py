"""Regression adjustment with the arms' own slopes (Lin 2013), its variance robust (HC2)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from attribution._typing import Floats
from attribution.experiments.holdout.arm import Arm, Pair, slopes_of
from attribution.experiments.holdout.moments import Moments, total
from attribution.experiments.holdout.tally import Group

_ALONE = 1e-10
Key = TypeVar("Key")


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

        Parameters
        ----------
        numbers
            float64, shape (k, n_rows).
        counts
            How many users each row stands for, or None for one each.
        """
        n, p = self.moments.n, len(self.places)
        x = np.ones((p + 1, numbers.shape[1]))
        x[:p] = numbers[self.places] - self.moments.mean[self.places, None]
        leverage = np.einsum("in,in->n", self.inverse @ x[:p], x[:p])
        weight = (self.inverse @ self.step) @ x[:p] + 1 / n
        # Who alone determines a slope has a leverage of one and no residual.
        weight /= np.sqrt(np.maximum((1 - 1 / n) - leverage, _ALONE))
        if counts is not None:
            weight *= np.sqrt(counts)
        residual = np.column_stack([self.slopes, self.moments.mean]) @ x
        np.subtract(numbers, residual, out=residual)
        residual *= weight
        part: Floats = residual @ residual.T
        return part

    def arm(self, cov: Floats) -> Arm:
        """Return the arm with adjusted means."""
        n = self.moments.n
        mean = self.moments.mean + self.slopes @ self.step
        return Arm(self.moments.names, n, n, n - 1.0 - len(self.places), mean, cov)


@dataclass(frozen=True, eq=False)
class Regressions:
    """Both arms' regressions.

    Attributes
    ----------
    fits
        Of the treated arm and of the holdout.
    covs
        Covariances of their adjusted means, float64, shape (k, k) each.
    whole
        Moments of both arms together.
    """

    fits: tuple[Fit, Fit]
    covs: tuple[Floats, Floats]
    whole: Moments

    def pair(self, roles: Mapping[str, str]) -> Pair:
        """Return the adjusted arms with their metrics under the names of `roles`, as `Moments.under`."""
        treated, control = (fit.arm(cov).under(roles) for fit, cov in zip(self.fits, self.covs, strict=True))
        outcome, places = self.whole.at(roles["outcome"]), self.fits[0].places
        slope = (self.fits[0].slopes[outcome] + self.fits[1].slopes[outcome]) / 2
        shared = slope @ self.whole.covariance[np.ix_(places, places)] @ slope / self.whole.n
        return Pair(treated, control, float(shared))


Comparison = tuple[Collection[Group], Collection[Group]]  # the groups of the treated arm and of the holdout
Jobs = Sequence[tuple[Collection[Group], Fit]]


def lin(
    groups: Mapping[Group, Moments],
    comparisons: Mapping[Key, Comparison],
    covariates: tuple[str, ...],
    robust: Callable[[Jobs], list[Floats]] | None,
) -> dict[Key, Regressions]:
    """Return the arms of every comparison, adjusted each by its own regression.

    The difference and its variance equal those of the ordinary least squares regression of the outcome on
    arm, centered covariates and their products, ``OLS(...).fit(cov_type="HC2")``.

    Parameters
    ----------
    groups
        Moments of every group.
    comparisons
        Which groups make up the two arms.
    covariates
        Names of the covariates' metrics.
    robust
        Sums up `Fit.robust` over the rows, for all fits at once, as `robust_sums`; None takes equal variances
        within an arm.
    """
    found: dict[Key, tuple[tuple[Fit, Fit], Moments]] = {}
    for key, comparison in comparisons.items():
        sides = [total(groups[group] for group in chosen) for chosen in comparison]
        whole = sides[0] + sides[1]
        center = whole.mean[[whole.at(name) for name in covariates]]
        treated, control = (Fit.of(side, covariates, center) for side in sides)
        found[key] = ((treated, control), whole)
    jobs = [job for key in found for job in zip(comparisons[key], found[key][0], strict=True)]
    covs = [fit.plain() for _, fit in jobs] if robust is None else robust(jobs)
    return {
        key: Regressions(fits, (covs[2 * place], covs[2 * place + 1]), whole)
        for place, (key, (fits, whole)) in enumerate(found.items())
    }


def robust_sums(parts: Iterable[tuple[Group, Floats, Floats | None]], jobs: Jobs) -> list[Floats]:
    """Return the HC2 covariances of all fits, in one pass.

    Parameters
    ----------
    parts
        Rows: their group, numbers of shape (metrics, rows), and counts.
    jobs
        Each fit with the groups that it was made of.
    """
    covs = [np.zeros_like(fit.moments.cross) for _, fit in jobs]
    for group, numbers, counts in parts:
        for (chosen, fit), cov in zip(jobs, covs, strict=True):
            if group in chosen:
                cov += fit.robust(numbers, counts)
    return covs
