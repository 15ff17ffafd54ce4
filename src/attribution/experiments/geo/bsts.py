"""Bayesian structural time series of the treated total: `BSTS`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from attribution._checks import whole
from attribution._migration import tells_options
from attribution.errors import ExperimentError
from attribution.experiments.geo.effect_estimate import EffectEstimate, Fitted, Steps, agreed
from attribution.experiments.geo.geo_assignment import GeoTest
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.method import NO_SPILL, GeoMethod
from attribution.experiments.panels.bsts import bsts
from attribution.language.sentence import Sentence

_FEWEST = 100  # draws that tell a mean


@tells_options(ExperimentError)
@dataclass(frozen=True)
class BSTS(GeoMethod):
    """Bayesian structural time series: local level, spike-and-slab regression (Brodersen et al. 2015).

    Attributes
    ----------
    draws
        Draws of the posterior to keep.
    rng
        Seed or generator of the draws.

    Raises
    ------
    ExperimentError
        If there are fewer than 100 draws.

    Examples
    --------
    >>> import attribution as at
    >>> at.BSTS(draws=2000)
    BSTS(draws=2000, rng=0)
    """

    name: ClassVar[str] = "bsts"
    draws: int = 1000
    rng: int = 0

    def __post_init__(self) -> None:
        """Refuse too few draws."""
        whole(self.draws, "draws", least=_FEWEST, error=ExperimentError)
        self._check_rng()

    def lift(self, test: GeoTest, request: GeoRequest) -> float:
        """Return the effect as a share of what would have been, of as few draws as tell a mean."""
        return GeoMethod.lift(replace(self, draws=_FEWEST), test, request)

    def fit(self, test: GeoTest, request: GeoRequest) -> Fitted:
        """Return what a Bayesian structural time series makes of the test."""
        target = test.panel.outcome[test.treated].sum(axis=0)
        rng = np.random.default_rng(self.rng)
        found = bsts(target, test.donors, test.n_pre, draws=self.draws, rng=rng)
        totals = np.sort(found.effects)
        n = len(totals)
        below = int((totals <= 0).sum())
        p_value = min(1.0, 2 * (1 + min(below, n - below)) / (1 + n))
        rank = max(math.floor(request.alpha / 2 * (1 + n) + 1e-9), 1)
        value = test.actual - float(found.counterfactual[test.n_pre :].sum())
        low, high = agreed(float(totals[rank - 1]), float(totals[n - rank]), p_value, request.alpha, value)
        half = request.alpha / 2
        low_path, high_path = np.quantile(found.draws, [half, 1 - half], axis=0)
        how = f"posterior of {n:,} draws"
        error = float(totals.std(ddof=1))
        more = self.hint(draws=max(math.ceil(2 / request.alpha), _FEWEST))
        steps = Steps(2 / (1 + n), Sentence("reach.draws", count=n), more)
        reading = EffectEstimate("level", value, low, high, p_value, math.nan, math.nan, how, error, steps)
        return Fitted(
            counterfactual=found.counterfactual,
            low=low_path,
            high=high_path,
            reading=reading,
            weights=None,
            method="Bayesian structural time series, local level and spike-and-slab regression (Brodersen "
            f"et al. 2015); {how}",
            assumptions=(
                "the regression on control geos and the local level would have gone on as before",
                "the prior: few control geos matter, and the level moves slowly",
                NO_SPILL,
            ),
            details={
                "inclusion": dict(zip(test.controls, found.inclusion.tolist(), strict=True)),
                "posterior": totals,
                "effective_draws": found.effective_draws,
                "notes": (
                    Sentence("note.posterior"),
                    Sentence("note.second_look", low=0.08, high=0.52),
                ),
            },
        )
