"""What belongs together of a holdout's plan: how it is run, and what its units cost and earn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypedDict

from attribution._checks import fraction, one_of
from attribution._migration import tells_options
from attribution.errors import ExperimentError, unknown_name
from attribution.experiments.holdout.plan_numbers import above, number
from attribution.experiments.holdout.power import design_effect

HOLDOUT = "holdout"


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
        If a name is none, a number is impossible, or an option does nothing for want of another.

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
        """Refuse what makes no sense."""
        one_of(self.multiplicity, "multiplicity", ("holm", "bonferroni", "none"), error=ExperimentError)
        one_of(self.design, "design", ("itt", "psa", "ghost_ads"), error=ExperimentError)
        if self.daily_units is None:
            self._idle("outcome_days", "without daily_units there is no duration", "daily_units=10_000")
        else:
            above(self.daily_units, "daily_units")
        above(self.outcome_days, "outcome_days", zero=True)
        above(self.exposure, "exposure", most=1.0)
        if not -1 < number(self.rho, "rho") < 1:
            msg = f"rho={self.rho!r} is no correlation that leaves anything to explain"
            hint = "rho=0.5  # rho**2 is the R2 of a regression on the covariate"
            raise ExperimentError(msg, column="rho", hint=hint)
        self._check_clusters()
        _ = self.shares  # or it refuses

    @property
    def shares(self) -> dict[str, float]:
        """Share of each arm, the holdout among them."""
        return _shares(self.share, self.arms)

    @property
    def design_effect(self) -> float:
        """By how much clusters inflate the variance."""
        return design_effect(float(self.cluster_size), float(self.cluster_cv), float(self.icc))

    def _check_clusters(self) -> None:
        size = above(self.cluster_size, "cluster_size")
        above(self.cluster_cv, "cluster_cv", zero=True)
        alike = fraction(self.icc, "icc", error=ExperimentError)
        if size < 1:
            msg = f"cluster_size={self.cluster_size!r} is less than a unit"
            raise ExperimentError(msg, column="cluster_size", hint="cluster_size=2.4 units per household")
        if size > 1 and not alike:
            msg = "clusters are assigned, and icc (how alike their units are) is 0"
            why = "units of a household behave alike; counted one by one they make the test look too sure"
            raise ExperimentError(msg, column="icc", why=why, hint="icc=0.2, from past data")
        if size == 1:
            for name in ("icc", "cluster_cv"):
                self._idle(name, "cluster_size is 1: each unit is assigned by itself", "cluster_size=2.4")

    def _idle(self, name: str, why: str, needed: str) -> None:
        """Refuse an option that does nothing for want of another."""
        value = number(getattr(self, name), name)
        if value:
            msg = f"{name}={getattr(self, name)!r} has no effect here: {why}"
            raise ExperimentError(msg, column=name, hint=f"{needed}, or {name}=0.0")


def _shares(share: float | None, arms: Mapping[str, float] | None) -> dict[str, float]:
    if arms is None:
        held = above(0.5 if share is None else share, "share")
        if held >= 1:
            hint = f"share={held / 100:g}" if 1 <= held < 100 else "share=0.1"
            msg = f"share={share!r} leaves the treatment empty"
            raise ExperimentError(msg, column="share", hint=hint)
        return {HOLDOUT: held, "treatment": 1 - held}
    if share is not None:
        msg = "arms has the share of the holdout, and so has share"
        raise ExperimentError(msg, column="share", hint="leave share out")
    if isinstance(arms, Mapping) and len(arms) < 2:
        msg = f"arms={dict(arms)!r} names fewer than two arms"
        raise ExperimentError(msg, column="arms", hint='arms={"holdout": 0.2, "treatment": 0.8}')
    if not isinstance(arms, Mapping) or HOLDOUT not in arms:
        problem = f"arms={arms!r} has no shares"
        if isinstance(arms, Mapping):
            problem = unknown_name("arm", HOLDOUT, arms)
        raise ExperimentError(problem, column="arms", hint='arms={"holdout": 0.2, "email": 0.4, "sms": 0.4}')
    shares = {str(arm): above(value, f"arms[{arm!r}]") for arm, value in arms.items()}
    if abs(sum(shares.values()) - 1) > 1e-6:
        msg = f"the shares of the arms sum to {sum(shares.values()):.6g}, not 1"
        raise ExperimentError(msg, column="arms", hint="shares of all units, such as 0.2, 0.4 and 0.4")
    return shares


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
        If the currency is none, or a number is impossible.

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
        """Refuse what makes no sense."""
        above(self.profit_margin, "profit_margin", most=1.0)
        for name in ("cost_per_exposed", "value"):
            if getattr(self, name) is not None:
                above(getattr(self, name), name)
        if self.value is not None and self.cost_per_exposed is None:
            msg = "value without cost_per_exposed makes no iROAS"
            hint = "cost_per_exposed=0.14, the spend per exposed unit"
            raise ExperimentError(msg, column="cost_per_exposed", hint=hint)
        if not isinstance(self.currency, str):
            msg = f"currency={self.currency!r} must be a symbol or code"
            raise ExperimentError(msg, column="currency", hint='currency="EUR"')
