"""What was asked of a geo test, checked as far as that goes without the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from attribution._checks import flag, one_of, whole
from attribution.errors import ExperimentError
from attribution.experiments.geo.trimming import PUBLISHED, TrimmedMatch
from attribution.experiments.shared.money import Cost, between, cost_of

INFERENCES: Mapping[str, tuple[str, ...]] = {
    "did": ("welch", "permutation", "pooled", "autocorrelation"),
    "synthetic_control": ("placebo", "conformal"),
    "augmented_synthetic_control": ("placebo", "conformal"),
    "synthetic_did": ("placebo", "conformal"),
    "tbr": ("autocorrelation", "published"),
    "gbr": ("regression",),
    "bsts": ("posterior",),
    "trimmed_match": ("studentised", "published"),
}
PAIRED = ("trimmed_match",)
NEED_COST = ("gbr", "trimmed_match")
FEWEST_SETS = 10


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
    usual = {"geo": "geo", "time": "date"}.get(argument, "sales")
    raise ExperimentError(msg, column=argument, hint=f"{argument}={usual!r}")


@dataclass(frozen=True)
class GeoRequest:
    """The arguments of `analyze_geo` beside the panel's, which documents them."""

    method: str
    inference: str | None
    cost_column: str | None
    cost: Cost | None
    value: float
    cooldown: int
    alpha: float
    fixed_effects: bool
    ridge: float | None
    placebos: int
    draws: int
    rng: Any
    progress: bool | None
    match_levels: bool = False
    trim: TrimmedMatch = PUBLISHED
    share: float = 1.0  # of the caller's level that this test has, beside others

    @classmethod
    def read(
        cls,
        *,
        method: Any,
        inference: Any,
        cost: Any,
        value: Any,
        cooldown: Any,
        alpha: Any,
        fixed_effects: Any,
        ridge: Any,
        placebos: Any,
        draws: Any,
        rng: Any,
        progress: bool | None,
        match_levels: Any = False,
    ) -> GeoRequest:
        """Check the arguments.

        Raises
        ------
        ExperimentError
            If one makes no sense, or two do not go together.
        """
        trim = PUBLISHED
        if isinstance(method, TrimmedMatch):
            method, trim = "trimmed_match", method
        one_of(method, "method", ("auto", *INFERENCES), error=ExperimentError)
        if inference is not None:
            known = sorted({name for names in INFERENCES.values() for name in names})
            allowed = known if method == "auto" else INFERENCES[method]
            one_of(inference, "inference", allowed, error=ExperimentError)
        column, fixed = cost_of(cost)
        if cost is None and method in NEED_COST:
            msg = f"method={method!r} estimates an iROAS, so it needs the cost"
            hint = 'cost="cost", the column of what was spent in each geo and period'
            raise ExperimentError(msg, column="cost", hint=hint)
        if column is None and method == "gbr":
            msg = "method='gbr' needs the cost of each geo, not only the total"
            raise ExperimentError(msg, column="cost", hint='cost="cost", a column of the panel')
        if ridge is not None and (
            isinstance(ridge, bool) or not isinstance(ridge, Real) or not float(ridge) > 0
        ):
            msg = f"ridge={ridge!r} must be a number above 0"
            hint = "leave it out, and cross-validation chooses it"
            raise ExperimentError(msg, column="ridge", hint=hint)
        if ridge is not None and method != "augmented_synthetic_control":
            msg = "ridge= belongs to the augmented synthetic control"
            raise ExperimentError(msg, column="ridge", hint='method="augmented_synthetic_control"')
        worth = isinstance(value, Real) and not isinstance(value, bool)
        if not worth or not 0 < float(value) < float("inf"):
            msg = f"value={value!r} must be what a unit of the outcome is worth, above 0"
            raise ExperimentError(msg, column="value", hint="value=1.0 where the outcome is money")
        try:
            np.random.default_rng(rng)
        except (TypeError, ValueError) as error:
            msg = f"rng={rng!r} makes no random numbers"
            raise ExperimentError(msg, column="rng", hint="rng=7") from error
        return cls(
            method=method,
            inference=inference,
            cost_column=column,
            cost=fixed,
            value=float(value),
            cooldown=whole(cooldown, "cooldown", least=0, error=ExperimentError),
            alpha=between(alpha, "alpha", 0.0, 0.5, "alpha=0.05 for 95% intervals"),
            fixed_effects=flag(fixed_effects, "fixed_effects", error=ExperimentError),
            ridge=None if ridge is None else float(ridge),
            placebos=whole(placebos, "placebos", least=20, error=ExperimentError),
            draws=whole(draws, "draws", least=100, error=ExperimentError),
            rng=rng,
            progress=progress,
            match_levels=flag(match_levels, "match_levels", error=ExperimentError),
            trim=trim,
        )
