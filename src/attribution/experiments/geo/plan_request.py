"""What was asked of a geo plan, checked as far as that goes without the data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from attribution._checks import fraction, one_of, whole
from attribution.errors import ExperimentError
from attribution.experiments.geo.history import FEWEST_WINDOWS
from attribution.experiments.geo.methods import method_of
from attribution.experiments.geo.outlay import KINDS
from attribution.experiments.geo.request import GeoRequest

CHOICES = ("pairs", "strata", "search")


@dataclass(frozen=True)
class PlanRequest:
    """The arguments of `plan_geo` beside the panel's, which documents them; `analysis` has the method's."""

    periods: int
    kind: str
    choose: str
    n_treated: int | None
    cells: tuple[str, ...]
    change: Any
    budget: float | None
    power: float
    windows: int
    candidates: int
    rng: Any
    analysis: GeoRequest

    @property
    def sign(self) -> int:
        """Direction of the effect."""
        return -1 if self.kind == "go_dark" else 1

    @property
    def n_test(self) -> int:
        """Periods whose outcome counts."""
        return self.periods + self.analysis.cooldown

    @classmethod
    def read(
        cls,
        *,
        periods: Any,
        kind: Any,
        choose: Any,
        n_treated: Any,
        cells: Any,
        change: Any,
        budget: Any,
        power: Any,
        windows: Any,
        candidates: Any,
        rng: Any,
        method: Any,
        cost: Any,
        value: Any,
        cooldown: Any,
        alpha: Any,
        progress: bool | None,
    ) -> PlanRequest:
        """Check the arguments.

        Raises
        ------
        ExperimentError
            If one makes no sense, or two do not go together.
        """
        one_of(kind, "kind", KINDS, error=ExperimentError)
        one_of(choose, "choose", CHOICES, error=ExperimentError)
        names = _cells(cells)
        if choose == "search" and len(names) > 1:
            msg = "a search finds one set of geos, and there are several cells"
            raise ExperimentError(msg, column="cells", hint="choose='pairs', groups of one geo for each cell")
        chosen = method_of(method, random=choose != "search")
        if chosen.pairs and (choose != "pairs" or len(names) > 1):
            msg = f"method={chosen.name!r} compares pairs"
            raise ExperimentError(msg, column="method", hint="choose='pairs', with one cell")
        if cost is not None and not isinstance(cost, str):
            msg = f"cost={cost!r} is not a column"
            why = "a plan learns from the spend of the past; what may be spent in all is the budget"
            hint = 'cost="spend", or budget=120_000.0'
            raise ExperimentError(msg, column="cost", why=why, hint=hint)
        share = fraction(power, "power", error=ExperimentError)
        if not 0 < share < 1:
            msg = f"power={power!r} must lie between 0 and 1"
            raise ExperimentError(msg, column="power", hint="power=0.8")
        analysis = GeoRequest.read(
            chosen,
            cost=cost,
            value=value,
            cooldown=cooldown,
            alpha=alpha,
            progress=progress,
        )
        return cls(
            periods=whole(periods, "periods", error=ExperimentError),
            kind=kind,
            choose=choose,
            n_treated=None if n_treated is None else whole(n_treated, "n_treated", error=ExperimentError),
            cells=names,
            change=change,
            budget=_budget(budget),
            power=share,
            windows=whole(windows, "windows", least=FEWEST_WINDOWS, error=ExperimentError),
            candidates=whole(candidates, "candidates", error=ExperimentError),
            rng=rng,
            analysis=analysis,
        )


def _cells(cells: Any) -> tuple[str, ...]:
    if isinstance(cells, Iterable) and not isinstance(cells, str):
        names = tuple(str(name) for name in cells)
        if not names or len(set(names)) < len(names) or "holdout" in names:
            msg = f"cells={cells!r} are not distinct names"
            hint = 'cells=("search", "video"); the control geos are the "holdout"'
            raise ExperimentError(msg, column="cells", hint=hint)
        return names
    count = whole(cells, "cells", error=ExperimentError)
    return ("treatment",) if count == 1 else tuple(f"cell {number}" for number in range(1, count + 1))


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
