"""Geo-based regression of outcome on the change of spend: `GBR`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from attribution._migration import tells_options
from attribution.errors import ExperimentError
from attribution.experiments.geo.effect_estimate import EffectEstimate, Fitted
from attribution.experiments.geo.geo_assignment import GeoTest, index_path
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.method import NO_SPILL, GeoMethod
from attribution.experiments.panels.gbr import cost_change, gbr
from attribution.experiments.shared.lift import Estimate
from attribution.language.sentence import Sentence
from attribution.stats.ratio_intervals import t_critical, t_p_value


@tells_options(ExperimentError)
@dataclass(frozen=True)
class GBR(GeoMethod):
    """Geo-based regression of outcome on outcome before and change of spend (Vaver & Koehler 2011).

    It needs the cost as a column of the panel.

    Examples
    --------
    >>> import attribution as at
    >>> at.GBR()
    GBR()
    """

    name: ClassVar[str] = "gbr"
    needs_cost: ClassVar[Literal["", "total", "column"]] = "column"

    def fit(self, test: GeoTest, request: GeoRequest) -> Fitted:
        """Return what geo-based regression makes of the test."""
        outcome, cost, pre = test.panel.outcome, test.panel.cost, test.n_pre
        assert cost is not None  # GeoRequest asks for the column
        length = test.n_test / pre
        change = cost_change(cost[:, :pre].sum(axis=1) * length, cost[:, pre:].sum(axis=1), test.treated)
        found = gbr(outcome[:, :pre].sum(axis=1) * length, outcome[:, pre:].sum(axis=1), change)
        critical = float(t_critical(found.df, request.alpha))
        half = critical * found.se
        iroas = Estimate(found.iroas, found.iroas - half, found.iroas + half, std_error=found.se)
        ends = sorted((iroas.low * found.cost, iroas.high * found.cost))
        reading = EffectEstimate(
            "level",
            found.incremental,
            ends[0],
            ends[1],
            float(t_p_value(found.iroas / found.se, found.df)),
            found.se * abs(found.cost),
            critical,
            "t of weighted least squares",
            found.se * abs(found.cost),
        )
        path = index_path(test, found.incremental)
        return Fitted(
            counterfactual=path,
            low=np.full(len(path), math.nan),
            high=np.full(len(path), math.nan),
            reading=reading,
            weights=None,
            method="geo-based regression of outcome on outcome before and change of cost, weights 1 / "
            "before^2 (Vaver & Koehler 2011)",
            assumptions=(
                "geos were assigned at random",
                "the effect is proportional to the change of spend, by the same factor in each geo",
                NO_SPILL,
            ),
            details={
                "iroas": iroas,
                "cost_change": (found.cost, "change of spend, as the regression takes it"),
                "slope": found.slope,
                "df": float(found.df),
                "notes": (Sentence("note.index_path"),),
            },
        )
