"""What a planned test costs, and what that makes of its smallest detectable effect."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real

from attribution._typing import Floats, Ints
from attribution.errors import ExperimentError
from attribution.experiments.geo.panel import Panel

KINDS = {"heavy_up": 1.0, "go_dark": -1.0, "holdback": None}  # what happens to spend, as a share


@dataclass(frozen=True, slots=True)
class PlannedCost:
    """Planned cost of a test.

    Attributes
    ----------
    cost
        Spend of all treated geos in the test less what it would be; negative where spend is cut. Missing
        where it is not known.
    usual
        Their usual spend in as long a time; missing where it is not known.
    sales
        Their usual outcome in the window.
    value
        What a unit of the outcome is worth.
    """

    cost: float
    usual: float
    sales: float
    value: float

    def iroas(self, lift: float) -> float:
        """Return the iROAS of an effect, of the same sign as the cost."""
        known = math.isfinite(self.cost) and self.cost != 0
        return abs(lift) * self.sales * self.value / abs(self.cost) if known else math.nan


def change_of(kind: str, change: float | None, *, has_cost: bool, budgeted: bool) -> float:
    """Return what the treatment does to spend, as a share; missing where only the amount is known.

    Raises
    ------
    ExperimentError
        If it contradicts the kind of test.
    """
    usual = KINDS[kind]
    if change is None:
        amount_only = kind == "heavy_up" and budgeted and not has_cost
        return math.nan if usual is None or amount_only else usual
    number = float(change) if isinstance(change, Real) and not isinstance(change, bool) else math.nan
    if not math.isfinite(number) or number < -1 or number == 0:
        msg = f"change={change!r} is no change of spend"
        hint = "change=1.0 doubles the spend, change=-1.0 ends it"
        raise ExperimentError(msg, column="change", hint=hint)
    if (kind == "go_dark") == (number > 0):
        msg = f"change={number:g} does not go with kind={kind!r}"
        hint = "change=-1.0" if kind == "go_dark" else "change=1.0, or kind='go_dark'"
        raise ExperimentError(msg, column="change", hint=hint)
    if not has_cost:
        msg = "change is a share of the usual spend, which is not known"
        raise ExperimentError(msg, column="change", hint='cost="spend", the column of what is usually spent')
    return number


def per_geo(panel: Panel, change: float, periods: int, recent: int) -> Floats | None:
    """Return what each geo would cost if treated, without sign, shape (n,); None where it is not known."""
    if panel.cost is None or not math.isfinite(change):
        return None
    spend: Floats = panel.cost[:, -recent:].mean(axis=1) * periods * abs(change)
    return spend


def planned_cost(
    panel: Panel,
    treated: Ints,
    *,
    change: float,
    periods: int,
    n_test: int,
    recent: int,
    budget: float | None,
    value: float,
) -> PlannedCost:
    """Return the planned cost: from the spend of the last `recent` periods, else the budget.

    Parameters
    ----------
    panel
        The history.
    treated
        Rows of the treated geos.
    change
        Of spend, as a share; missing where no spend is usual.
    periods, n_test
        Periods of the treatment, and those whose outcome counts.
    recent
        Periods at the end of the history that tell what is usual.
    budget
        What may be spent.
    value
        What a unit of the outcome is worth.
    """
    sales = float(panel.outcome[treated, -recent:].mean(axis=1).sum()) * n_test
    usual = math.nan
    if panel.cost is not None:
        usual = float(panel.cost[treated, -recent:].mean(axis=1).sum()) * periods
    cost = usual * change
    if not math.isfinite(cost):
        cost = math.nan if budget is None else math.copysign(budget, change if math.isfinite(change) else 1.0)
    return PlannedCost(cost, usual, sales, value)
