"""What was asked of a holdout, checked as far as that goes without the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from attribution._checks import name_list, one_of
from attribution.errors import ExperimentError
from attribution.experiments.holdout.everybody import assigned_counts
from attribution.experiments.holdout.holdout_options import (
    MetricOptions,
    UserColumns,
    Validity,
    planned_shares,
)
from attribution.experiments.shared.cost_argument import Cost, cost_of, cost_of_exposed
from attribution.experiments.shared.experiment_rows import label_of
from attribution.experiments.shared.significance import Significance
from attribution.stats.multiplicity import Correction


@dataclass(frozen=True)
class Request:
    """The arguments of `analyze_holdout`, which documents them; labels of arms are text here.

    `outcome` is the one that is looked at, of the `outcomes` that are read together.
    """

    assigned: str
    outcome: str
    outcomes: tuple[str, ...]
    treatments: tuple[str, ...]
    holdout: str
    design: str
    exposed: str | None
    denominator: str | None
    value: str | None
    cost_column: str | None
    cost: Cost | None
    covariates: tuple[str, ...]
    adjust: str
    variance: str
    cluster: str | None
    segment: str | None
    correction: Correction
    unit: str | None
    count: str | None
    shares: dict[str, float] | None
    alpha: float
    winsorise: float | None
    two_part: bool
    sequential: int | None
    despite: tuple[str, ...]
    alternative: str = "two-sided"
    margin: float = 0.0
    placebos: tuple[str, ...] = ()
    assignment: dict[str, int] | None = None

    @property
    def arms(self) -> tuple[str, ...]:
        """The treatments, then the holdout."""
        return (*self.treatments, self.holdout)

    @property
    def regressed(self) -> bool:
        """Whether each arm gets a regression of its own."""
        return bool(self.covariates) and self.adjust == "lin" and self.cluster is None

    @property
    def pooled(self) -> bool:
        """Whether both arms are taken to have one variance."""
        return self.variance == "pooled"

    @classmethod
    def read(
        cls,
        *,
        outcome: Any,
        treatment: Any,
        holdout: Any,
        design: Any,
        exposed: Any,
        value: Any,
        cost: Any,
        cost_per_exposed: Any,
        columns: UserColumns,
        metric: MetricOptions,
        validity: Validity,
        significance: Significance,
    ) -> Request:
        """Check the arguments.

        Raises
        ------
        ExperimentError
            If one makes no sense, or two do not go together.
        """
        several = treatment if isinstance(treatment, list | tuple) else [treatment]
        treatments, control = tuple(label_of(name) for name in several), label_of(holdout)
        if not treatments or control in treatments or len(set(treatments)) < len(treatments):
            msg = f"treatment={treatment!r} and holdout={holdout!r} must be different arms"
            raise ExperimentError(msg, column="treatment", hint='treatment="treatment", holdout="holdout"')
        column, fixed = cost_of(cost)
        if cost_per_exposed is not None:
            fixed = cost_of_exposed(cost_per_exposed, exposed, cost)
        arms = (*treatments, control)
        given = validity.assignment
        known = None if given is None else assigned_counts(given, arms, columns.assigned)
        outcomes = _outcomes(outcome)
        if len(outcomes) > 1 and isinstance(treatment, list | tuple):
            msg = "several treatments and several outcomes at once are two families of tests in one"
            hint = f"outcome={outcomes[0]!r}, treatment={list(treatments)!r}  # one outcome at a time"
            raise ExperimentError(msg, column="outcome", hint=hint)
        request = cls(
            outcome=outcomes[0],
            outcomes=outcomes,
            treatments=treatments,
            holdout=control,
            design=one_of(design, "design", ("itt", "psa", "ghost_ads"), error=ExperimentError),
            exposed=exposed,
            value=value,
            cost_column=column,
            cost=fixed,
            covariates=tuple(metric.covariate or ()),
            denominator=metric.denominator,
            adjust=metric.adjust,
            variance=metric.variance,
            winsorise=metric.winsorise,
            two_part=metric.two_part,
            assigned=columns.assigned,
            cluster=columns.cluster,
            segment=columns.segment,
            unit=columns.unit,
            count=columns.count,
            shares=_shares(known if validity.shares is None else validity.shares, arms),
            assignment=known,
            placebos=tuple(validity.placebo or ()),
            despite=tuple(validity.despite),
            alpha=significance.alpha,
            correction=significance.correction,
            alternative=significance.alternative,
            margin=significance.margin,
            sequential=significance.sequential,
        )
        request.refuse_contradictions()
        return request

    def _given(self) -> dict[str, Any]:
        """Return what was asked for beside the defaults; None is what was not."""
        return {
            "count": self.count,
            "cluster": self.cluster,
            "unit": self.unit,
            "denominator": self.denominator,
            "winsorise": self.winsorise,
            "sequential": self.sequential,
            "cost": self.cost or self.cost_column,
            "covariate": self.covariates or None,
            "two_part": self.two_part or None,
            "variance": self.variance if self.pooled else None,
            "alternative": self.alternative if self.alternative != "two-sided" else None,
        }

    def refuse_contradictions(self) -> None:
        """Refuse what does not go together.

        Raises
        ------
        ExperimentError
            If two arguments exclude one another.
        """
        given = self._given()
        if self.margin and given["alternative"] is None:
            msg = "margin= says how much worse is still no worse, and a two-sided test knows no worse"
            raise ExperimentError(msg, column="margin", hint='alternative="larger", or alternative="smaller"')
        for one, other, why in _APART:
            if given[one] is not None and given[other] is not None:
                per_head = other == "cost" and self.cost is not None and self.cost.each is not None
                name = "cost_per_exposed" if per_head else other
                msg = f"{one}= and {name}= do not go together"
                raise ExperimentError(msg, column=name, why=why, hint=f"{_without(one)}, or {_without(name)}")
        measured = {*self.outcomes, self.value, self.denominator, self.exposed, self.cost_column}
        for name in self.covariates:
            if name in measured:
                msg = f"covariate={name!r} is also what the test measures"
                why = "it is known only after assignment; adjusting for it takes part of the effect away"
                hint = "covariate=None, or a column from before assignment"
                raise ExperimentError(msg, column="covariate", why=why, hint=hint)
        for name in self.placebos:
            if name in measured:
                msg = f"placebo={name!r} is also what the test measures"
                raise ExperimentError(msg, column="placebo", hint="placebo= a column from before assignment")
        if self.denominator in self.outcomes:
            msg = f"denominator={self.denominator!r} is an outcome too, and a column over itself is 1"
            raise ExperimentError(msg, column="denominator", hint="denominator=None")
        if self.denominator is not None and self.value in self.outcomes:
            msg = "value= is the numerator of the ratio, whose incremental sum is another question"
            raise ExperimentError(msg, column="value", hint="denominator=None  # by itself")


_APART = (  # arguments that do not go together, and why
    ("count", "cluster", "rows that stand for many users have no cluster each"),
    ("count", "unit", "rows that stand for many users have no id each"),
    ("count", "winsorise", "a quantile is taken over rows of single users"),
    ("denominator", "winsorise", "a capped ratio has no plain meaning"),
    ("denominator", "cost", "a ratio has no sum to pay for"),
    ("sequential", "alternative", "a confidence sequence watches both sides"),
    ("cluster", "two_part", "the parts are shares of users"),
    ("covariate", "variance", "each arm has a regression of its own"),
    ("cluster", "variance", "sums over clusters of many sizes share no variance"),
)


def _without(name: str) -> str:
    """Return the argument as if it had been left out."""
    left_out = {"alternative": '"two-sided"', "two_part": "False", "variance": '"welch"'}
    return f"{name}={left_out.get(name)}"


def _outcomes(outcome: Any) -> tuple[str, ...]:
    if not isinstance(outcome, list | tuple):
        return (outcome,)
    outcomes = name_list(outcome, "outcome", error=ExperimentError)
    if not outcomes or len(set(outcomes)) < len(outcomes):
        msg = f"outcome={outcome!r} must name at least one column, and each once"
        raise ExperimentError(msg, column="outcome", hint='outcome=["converted", "revenue"]')
    return outcomes


def _shares(shares: Any, arms: tuple[str, ...]) -> dict[str, float] | None:
    if shares is None:
        return None
    found = planned_shares(shares, arms)
    return {arm: found[arm] for arm in arms}
