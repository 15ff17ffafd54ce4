"""What belongs together of a holdout's plan: how it is run, and what its units cost and earn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypedDict

from attribution._checks import one_of
from attribution._migration import tells_options
from attribution.errors import ExperimentError


class SetupKeywords(TypedDict, total=False):
    """The fields of `HoldoutSetup`, as keywords."""

    share: float | None
    arms: Mapping[str, float] | None
    multiplicity: Literal["holm", "bonferroni", "none"]
    rho: float
    exposure: float
    design: Literal["itt", "psa", "ghost_ads"]
    cluster_size: float
    cluster_cv: float
    icc: float
    daily_units: float | None
    outcome_days: float


@tells_options(ExperimentError)
@dataclass(frozen=True, eq=False)
class HoldoutSetup:
    """How a holdout test is to be run, for `plan_holdout`: whole, or its fields as keywords.

    Attributes
    ----------
    share
        Share of the holdout; one half by default, which needs the fewest units.
    arms
        Shares of several arms, ``"holdout"`` among them. Each other arm is compared with the holdout; the
        plan is for the smallest.
    multiplicity
        How several comparisons share `alpha`. ``"holm"`` and ``"bonferroni"`` plan alike, with
        ``alpha / comparisons``: Holm's first step is Bonferroni's, and the later ones only help.
    rho
        Correlation of the outcome with a covariate from before the test that the analysis adjusts for:
        the variance falls by ``1 - rho**2`` (Deng et al. 2013).
    exposure
        Share of the treated that is reached. The effect on all is diluted by it: ``n / exposure**2``.
    design
        ``"itt"`` compares everyone assigned. ``"psa"`` and ``"ghost_ads"`` know who would have been exposed
        in the holdout and compare these alone: ``n / exposure`` (Johnson, Lewis & Nubbemeyer 2017).
    cluster_size, cluster_cv, icc
        Where households or shops are assigned: mean units per cluster, coefficient of variation of that, and
        intra-cluster correlation of the outcome.
    daily_units
        New units a day, all arms together, for the duration.
    outcome_days
        Days until the outcome of the last unit is known.

    Raises
    ------
    ExperimentError
        If a name is none; numbers are checked by the plan.

    Examples
    --------
    >>> import attribution as at
    >>> at.plan_holdout(baseline=0.02, lift=0.1, setup=at.HoldoutSetup(daily_units=10_000)).days
    17.0
    """

    share: float | None = None
    arms: Mapping[str, float] | None = None
    multiplicity: Literal["holm", "bonferroni", "none"] = "holm"
    rho: float = 0.0
    exposure: float = 1.0
    design: Literal["itt", "psa", "ghost_ads"] = "itt"
    cluster_size: float = 1.0
    cluster_cv: float = 0.0
    icc: float = 0.0
    daily_units: float | None = None
    outcome_days: float = 0.0

    def __post_init__(self) -> None:
        """Refuse names that are none."""
        one_of(self.multiplicity, "multiplicity", ("holm", "bonferroni", "none"), error=ExperimentError)
        one_of(self.design, "design", ("itt", "psa", "ghost_ads"), error=ExperimentError)


class EconomicsKeywords(TypedDict, total=False):
    """The fields of `UnitEconomics`, as keywords."""

    cost_per_exposed: float | None
    value: float | None
    profit_margin: float
    currency: str


@tells_options(ExperimentError)
@dataclass(frozen=True)
class UnitEconomics:
    """What units of a planned test cost and earn, for `plan_holdout`: whole, or its fields as keywords.

    Attributes
    ----------
    cost_per_exposed
        Spend per exposed unit.
    value
        Money per unit of the outcome: of a conversion; 1 where the outcome is money.
    profit_margin
        Share of the value that is left before the advertising is paid; break-even is ``1 / profit_margin``.
    currency
        How amounts are shown.

    Raises
    ------
    ExperimentError
        If the currency is none; numbers are checked by the plan.

    Examples
    --------
    >>> import attribution as at
    >>> at.UnitEconomics(cost_per_exposed=0.14, value=60).value
    60
    """

    cost_per_exposed: float | None = None
    value: float | None = None
    profit_margin: float = 1.0
    currency: str = ""

    def __post_init__(self) -> None:
        """Refuse a currency that is none; numbers are checked by the plan."""
        if not isinstance(self.currency, str):
            msg = f"currency={self.currency!r} must be a symbol or code"
            raise ExperimentError(msg, column="currency", hint='currency="EUR"')
