"""Power of a two-arm comparison: exposure, clusters, covariates and unequal arms folded into one design."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from attribution._typing import Floats
from attribution.errors import ExperimentError

_SMALL = 1_000  # independent units below which Student's t differs from the normal in the third digit
_MOST = 1e15


@dataclass(frozen=True, slots=True)
class Design:
    """What decides how sure a comparison of one arm with the holdout is.

    Attributes
    ----------
    proportion
        Whether the outcome is 0 or 1 (pooled variance under no effect), or a mean.
    baseline
        Mean of the outcome without treatment, of the units that are analysed.
    sd
        Its standard deviation between units.
    shares
        Shares of all units that are in the holdout and in the arm compared with it.
    alpha
        Error rate of this comparison.
    two_sided
        Whether gain and loss both count as a finding.
    used
        Share of units that is analysed: below 1 where only the (would-be) exposed are.
    dilution
        Effect on an analysed unit over effect on an exposed one.
    inflation
        Factor on the variance: design effect of clusters times ``1 - rho**2``.
    cluster_size
        Mean units per independent cluster.
    loss
        Whether the one side that counts is the loss.

    Examples
    --------
    >>> design = Design(True, 0.02, 0.14, (0.5, 0.5), 0.05, True)
    >>> round(design.units(0.002, 0.8) / 2)
    80681
    """

    proportion: bool
    baseline: float
    sd: float
    shares: tuple[float, float]
    alpha: float
    two_sided: bool
    used: float = 1.0
    dilution: float = 1.0
    inflation: float = 1.0
    cluster_size: float = 1.0
    loss: bool = False

    @property
    def side(self) -> str:
        """What counts as a finding: ``"two-sided"``, ``"larger"`` or ``"smaller"``."""
        return "two-sided" if self.two_sided else "smaller" if self.loss else "larger"

    def power(self, units: Floats | float, effect: Floats | float) -> Floats:
        """Return the chance to find an effect.

        Proportions: `statsmodels.stats.proportion.power_proportions_2indep`. Means:
        `statsmodels.stats.power.NormalIndPower`, and `TTestIndPower` below 1,000 independent units.

        Parameters
        ----------
        units
            Units of all arms.
        effect
            Absolute effect on an exposed unit.
        """
        units, effect = np.broadcast_arrays(np.asarray(units, float), np.asarray(effect, float))
        side = self.side
        held, treated = self.shares
        independent = units * self.used / self.inflation
        diff = effect * self.dilution
        if self.proportion:
            from statsmodels.stats.proportion import power_proportions_2indep

            # The far tail is the same for a gain and a loss; the formula takes the near one from the sign.
            found = power_proportions_2indep(
                diff, self.baseline, independent * treated, held / treated, self.alpha, 0, side, False
            )
            return np.asarray(found, dtype=np.float64)
        from statsmodels.stats.power import NormalIndPower, TTestIndPower

        size = diff / self.sd
        normal = NormalIndPower().power(size, independent * held, self.alpha, treated / held, side)
        clusters = units * self.used * (held + treated) / self.cluster_size
        small = clusters < _SMALL
        if not small.any():
            return np.asarray(normal, dtype=np.float64)
        freedom = np.maximum(clusters - 2, 1.0)
        student = TTestIndPower().power(size, independent * held, self.alpha, treated / held, freedom, side)
        # scipy's noncentral t gives no number far out, where both are 1.
        found = np.where(small & np.isfinite(student), student, normal)
        return np.asarray(found, dtype=np.float64)

    def units(self, effect: float, power: float) -> float:
        """Return the units of all arms that find `effect` with this power; not rounded.

        Raises
        ------
        ExperimentError
            If no number of units does.
        """
        from scipy.optimize import brentq

        def miss(log_units: float) -> float:
            return float(self.power(math.exp(log_units), effect)) - power

        low = math.log(4 * max(1.0, self.inflation) / min(self.shares) / self.used)
        high = low + 1.0
        if miss(low) >= 0:
            return math.exp(low)
        while miss(high) < 0:
            high += 2.0
            if high > math.log(_MOST):
                msg = f"an effect of {effect:g} on {self.baseline:g} is too small for any test"
                raise ExperimentError(
                    msg, column="lift", hint="plan for an effect that would change a decision"
                )
        return math.exp(float(brentq(miss, low, high, xtol=1e-12, rtol=1e-14)))

    def mde(self, units: float, power: float) -> float:
        """Return the smallest gain on an exposed unit found with this power; inf where no possible one is.

        Of a test for losses the smallest loss, which is negative.
        """
        from scipy.optimize import brentq

        sign = -1.0 if self.loss else 1.0

        def miss(log_effect: float) -> float:
            return float(self.power(units, sign * math.exp(log_effect))) - power

        guess = 2.8 * self.error(units) / self.dilution
        room = self.baseline if self.loss else 1 - self.baseline
        top = room / self.dilution * (1 - 1e-9) if self.proportion else guess * 1e6
        low, high = math.log(guess * 1e-3), math.log(max(min(guess * 10, top), guess * 2e-3))
        if self.proportion and top < guess * 1e-3:
            return sign * math.inf
        while miss(high) < 0:
            if high >= math.log(top) - 1e-12:
                return sign * math.inf
            high = min(high + 1.0, math.log(top))
        return sign * math.exp(float(brentq(miss, low, high, xtol=1e-12, rtol=1e-14)))

    def error(self, units: float) -> float:
        """Return the standard error of the difference between the arms, at the baseline's variance."""
        held, treated = self.shares
        scale = self.inflation / (units * self.used)
        return self.sd * math.sqrt(scale * (1 / held + 1 / treated))


def design_effect(size: float, variation: float, correlation: float) -> float:
    """Return the factor by which clusters inflate the variance of a mean.

    ``1 + ((cv**2 + 1) * m - 1) * icc``: Eldridge, Ashby & Kerry (2006), "Sample size for cluster
    randomized trials: effect of coefficient of variation of cluster size", eq. 1; Kish's where all
    clusters have one size.

    Parameters
    ----------
    size
        Mean units per cluster, m.
    variation
        Coefficient of variation of that size.
    correlation
        Intra-cluster correlation of the outcome.

    Examples
    --------
    >>> design_effect(3, 0, 0.2)
    1.4
    """
    return 1 + ((variation**2 + 1) * size - 1) * correlation
