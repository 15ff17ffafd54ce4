"""What was asked of a geo plan, checked as far as that goes without the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from attribution._checks import one_of, whole
from attribution.errors import ExperimentError
from attribution.experiments.geo.choices import Choice, GeoSearch
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.methods import method_of
from attribution.experiments.geo.panel_options import PanelOptions
from attribution.experiments.geo.planned_cost import KINDS
from attribution.experiments.shared.significance import Significance


@dataclass(frozen=True)
class PlanRequest:
    """The arguments of `plan_geo` beside the panel's, which documents them; `analysis` has the method's."""

    periods: int
    kind: str
    choice: Choice
    options: PanelOptions
    change: Any
    budget: float | None
    power: float
    rng: Any
    analysis: GeoRequest

    @property
    def cells(self) -> tuple[str, ...]:
        """Names of the cells."""
        return self.choice.names

    @property
    def level(self) -> float:
        """Level of each cell's comparison: the first step of Holm's procedure."""
        return self.analysis.alpha / len(self.cells)

    @property
    def sign(self) -> int:
        """Direction of the effect."""
        return -1 if self.kind == "go_dark" else 1

    @property
    def n_test(self) -> int:
        """Periods whose outcome counts."""
        return self.periods + self.analysis.cooldown

    def simulated(self) -> GeoRequest:
        """Return the analysis of the simulated tests: each cell's, with a method as fast as it can be."""
        method = self.analysis.method.simulated()
        return replace(self.analysis, method=method, alpha=self.level, progress=False)

    def streams(self) -> tuple[np.random.Generator, np.random.Generator]:
        """Return what decides who is treated, and what simulates."""
        one, other = np.random.default_rng(self.rng).spawn(2)
        return one, other

    @classmethod
    def read(
        cls,
        *,
        periods: Any,
        kind: Any,
        choice: Choice,
        options: PanelOptions,
        significance: Significance,
        change: Any,
        budget: Any,
        rng: Any,
        method: Any,
        cost: Any,
        value: Any,
        progress: bool | None,
    ) -> PlanRequest:
        """Check the arguments.

        Raises
        ------
        ExperimentError
            If one makes no sense, or two do not go together.
        """
        one_of(kind, "kind", KINDS, error=ExperimentError)
        significance.only(("alpha",), "cells share the level by Holm's first step, and both directions count")
        searching = isinstance(choice, GeoSearch)
        chosen = method_of(method, random=not searching)
        if chosen.pairs and (choice.name != "pairs" or len(choice.names) > 1):
            msg = f"method={chosen.name!r} compares pairs"
            raise ExperimentError(msg, column="method", hint="choose='pairs', with one cell")
        if cost is not None and not isinstance(cost, str):
            msg = f"cost={cost!r} is not a column"
            why = "a plan learns from the spend of the past; what may be spent in all is the budget"
            hint = 'cost="spend", or budget=120_000.0'
            raise ExperimentError(msg, column="cost", why=why, hint=hint)
        try:
            np.random.default_rng(rng)
        except (TypeError, ValueError) as error:
            msg = f"rng={rng!r} makes no random numbers"
            raise ExperimentError(msg, column="rng", hint="rng=7") from error
        analysis = GeoRequest.read(
            chosen,
            cost=cost,
            value=value,
            cooldown=options.cooldown,
            alpha=significance.alpha,
            progress=progress,
        )
        return cls(
            periods=whole(periods, "periods", error=ExperimentError),
            kind=kind,
            choice=choice,
            options=options,
            change=change,
            budget=_budget(budget),
            power=significance.power,
            rng=rng,
            analysis=analysis,
        )


def _budget(budget: Any) -> float | None:
    if budget is None:
        return None
    try:
        amount = float(budget)
    except (TypeError, ValueError):
        amount = float("nan")
    if isinstance(budget, bool | str) or not 0 < amount < float("inf"):
        msg = f"budget={budget!r} is no amount above 0"
        raise ExperimentError(msg, column="budget", hint="budget=120_000.0, without sign where spend is cut")
    return amount
