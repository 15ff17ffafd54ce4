"""What was asked of a geo test, checked as far as that goes without the data."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

from attribution._checks import whole
from attribution.errors import ExperimentError
from attribution.experiments.geo.method import GeoMethod
from attribution.experiments.shared.cost_argument import Cost, between, cost_of


def one_name(column: Any, argument: str, function: str) -> None:
    """Refuse what is not the name of one column.

    Raises
    ------
    ExperimentError
        With one call for each where there are several.
    """
    if isinstance(column, str):
        return
    several = list(column) if isinstance(column, list | tuple) else []
    msg = f"{argument}={column!r} is not the name of a column"
    if several and all(isinstance(name, str) for name in several):
        msg = f"{argument}={column!r}, and {function} takes one column"
        each = f"{{name: {function}(panel, {argument}=name, ...) for name in {several!r}}}"
        raise ExperimentError(msg, column=argument, hint=f"{argument}={several[0]!r}; for all, {each}")
    raise ExperimentError(msg, column=argument, hint=f'{argument}="sales"')


@dataclass(frozen=True)
class GeoRequest:
    """The arguments of `analyze_geo` beside the panel's, which documents them."""

    method: GeoMethod
    cost_column: str | None
    cost: Cost | None
    value: float
    cooldown: int
    alpha: float
    progress: bool | None
    share: float = 1.0  # of the caller's level that this test has, beside others

    @classmethod
    def read(
        cls,
        method: GeoMethod,
        *,
        cost: Any,
        value: Any,
        cooldown: Any,
        alpha: Any,
        progress: bool | None,
    ) -> GeoRequest:
        """Check the arguments.

        Raises
        ------
        ExperimentError
            If one makes no sense, or two do not go together.
        """
        column, fixed = cost_of(cost)
        if cost is None and method.needs_cost:
            msg = f"method={method.name!r} estimates an iROAS, so it needs the cost"
            hint = 'cost="cost", the column of what was spent in each geo and period'
            raise ExperimentError(msg, column="cost", hint=hint)
        if column is None and method.needs_cost == "column":
            msg = f"method={method.name!r} needs the cost of each geo, not only the total"
            raise ExperimentError(msg, column="cost", hint='cost="cost", a column of the panel')
        worth = isinstance(value, Real) and not isinstance(value, bool)
        if not worth or not 0 < float(value) < float("inf"):
            msg = f"value={value!r} must be what a unit of the outcome is worth, above 0"
            raise ExperimentError(msg, column="value", hint="value=1.0 where the outcome is money")
        return cls(
            method=method,
            cost_column=column,
            cost=fixed,
            value=float(value),
            cooldown=whole(cooldown, "cooldown", least=0, error=ExperimentError),
            alpha=between(alpha, "alpha", 0.0, 0.5, "alpha=0.05 for 95% intervals"),
            progress=progress,
        )
