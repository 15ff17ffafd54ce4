"""Analyse a user-level holdout: `analyze_holdout`."""

from __future__ import annotations

from typing import Any, Literal, Unpack, overload

from attribution._migration import tells_renamed
from attribution._options import taken
from attribution.errors import FEWER_COLUMNS, ExperimentError, enough_memory
from attribution.experiments.holdout.experiment import Experiment
from attribution.experiments.holdout.holdout_options import (
    MetricKeywords,
    MetricOptions,
    UserColumns,
    UserColumnsKeywords,
    Validity,
    ValidityKeywords,
)
from attribution.experiments.holdout.holdout_request import Request
from attribution.experiments.shared.lift import Lift, Lifts
from attribution.experiments.shared.significance import Significance, SignificanceKeywords, refuse_power

Design = Literal["itt", "psa", "ghost_ads"]
Several = list[str] | tuple[str, ...]


class OptionKeywords(
    UserColumnsKeywords, MetricKeywords, ValidityKeywords, SignificanceKeywords, total=False
):
    """What `analyze_holdout` takes by name beside its own arguments."""


class HoldoutKeywords(OptionKeywords, total=False):
    """All but what decides between one lift and several."""

    holdout: str | float
    design: Design
    exposed: str | None
    value: str | None
    cost: str | float | tuple[float, float] | None
    cost_per_exposed: float | None
    columns: UserColumns | None
    metric: MetricOptions | None
    validity: Validity | None
    significance: Significance | None


@overload
def analyze_holdout(
    users: Any,
    *,
    outcome: str = ...,
    treatment: str | float = ...,
    **keywords: Unpack[HoldoutKeywords],
) -> Lift: ...


@overload
def analyze_holdout(
    users: Any, *, outcome: str = ..., treatment: Several, **keywords: Unpack[HoldoutKeywords]
) -> Lifts: ...


@overload
def analyze_holdout(
    users: Any, *, outcome: Several, treatment: str | float = ..., **keywords: Unpack[HoldoutKeywords]
) -> Lifts: ...


@tells_renamed(ExperimentError)
@enough_memory(FEWER_COLUMNS)
def analyze_holdout(
    users: Any,
    *,
    outcome: str | Several = "converted",
    treatment: str | float | Several = "treatment",
    holdout: str | float = "holdout",
    design: Design = "itt",
    exposed: str | None = None,
    value: str | None = None,
    cost: str | float | tuple[float, float] | None = None,
    cost_per_exposed: float | None = None,
    columns: UserColumns | None = None,
    metric: MetricOptions | None = None,
    validity: Validity | None = None,
    significance: Significance | None = None,
    **keywords: Unpack[OptionKeywords],
) -> Lift | Lifts:
    """Tell what a treatment caused, from a randomised holdout of users.

    The difference is Welch's (Neyman 1923; Welch 1947), the lift's interval Fieller's (1954) from the same
    test, so that p-value, difference and lift never contradict one another. A binary outcome with fewer than
    ten events in an arm gets the score test and its two intervals (Miettinen & Nurminen 1985).

    Parameters
    ----------
    users
        One row a user: a path to Parquet, CSV or Arrow files, a pandas, polars or pyarrow table, a mapping of
        columns, anything with ``__arrow_c_stream__``, a Spark DataFrame (which stays on its cluster). Or
        sufficient statistics: rows that stand for `count` users each; or a mapping of arms to
        `attribution.experiments.holdout.moments.Moments`.
    outcome
        Column of the outcome: 0 or 1, a count, revenue. Several are read in the same pass and give `Lifts`:
        the first is the primary one, tested by itself at `alpha`; the others are a family.
    treatment, holdout
        Labels of the arms. Several treatments give `Lifts`, one for each.
    design
        ``"itt"``: everybody in the arm counts, exposed or not. ``"psa"``: `exposed` marks who saw the ad or,
        in the holdout, the placebo. ``"ghost_ads"``: `exposed` marks who saw the ad or, in the holdout, would
        have. In these two only the exposed are compared; without `exposed` all rows are.
    exposed
        Column of exposure, 0 or 1. With ``"itt"`` it gives the effect per exposed complier.
    value
        Column of money earned, for incremental value and iROAS. It may be the outcome's.
    cost
        What the treatment cost: a total, a total with its standard error, or a column where it differs
        between users.
    cost_per_exposed
        Instead of `cost`, and as in `plan_holdout`: the spend per exposed user. With ``"itt"`` it is the
        column `cost` of that amount for everybody in `exposed`, so that iROAS is `value` per exposed
        complier over it; in the other designs each treated user that is compared costs as much.
    columns
        The other columns of the table, as one value.
    metric
        How the outcome is measured and compared, as one value.
    validity
        What the test is checked by, as one value.
    significance
        Level, sides, margin and corrections, as one value; its correction is for segments, for arms, and for
        all outcomes but the first.
    **keywords
        Their fields one by one: ``assigned``, ``unit``, ``count``, ``cluster`` and ``segment`` of
        `UserColumns`; ``denominator``, ``covariate``, ``adjust``, ``variance``, ``winsorise`` and
        ``two_part`` of `MetricOptions`; ``shares``, ``assignment``, ``placebo``, ``checks`` and ``despite``
        of `Validity`; ``alpha``, ``correction``, ``alternative``, ``margin`` and ``sequential`` of
        `Significance`.

    Returns
    -------
    Lift
        Or `Lifts`, where `treatment` or `outcome` is a list or tuple.

    Raises
    ------
    ExperimentError
        If a column or arm is misspelt (the message names the nearest), an arm is empty, a value is missing or
        infinite, an outcome is zero throughout, a covariate is constant or differs between the arms as none
        measured before assignment would, or a user stands in two rows.

    Examples
    --------
    Counts of a conversion test, a row for each cell:

    >>> import attribution as at
    >>> cells = {
    ...     "arm": ["treatment", "treatment", "holdout", "holdout"],
    ...     "converted": [1, 0, 1, 0],
    ...     "n": [1_200, 48_800, 1_000, 49_000],
    ... }
    >>> lift = at.analyze_holdout(cells, count="n", shares={"treatment": 0.5, "holdout": 0.5})
    >>> lift.verdict, round(lift.relative.value, 3), round(lift.relative.low, 3), round(lift.relative.high, 3)
    ('effect', 0.2, 0.105, 0.304)
    >>> round(lift.incremental.value)
    200
    """
    given: dict[str, Any] = dict(keywords)
    refuse_power(given)
    checked = taken(Validity, validity, "validity", given, ExperimentError)
    request = Request.read(
        outcome=outcome,
        treatment=treatment,
        holdout=holdout,
        design=design,
        exposed=exposed,
        value=value,
        cost=cost,
        cost_per_exposed=cost_per_exposed,
        columns=taken(UserColumns, columns, "columns", given, ExperimentError),
        metric=taken(MetricOptions, metric, "metric", given, ExperimentError),
        validity=checked,
        significance=taken(Significance, significance, "significance", given, ExperimentError),
    )
    experiment = Experiment.read(users, request, checked.checks)
    if isinstance(treatment, list | tuple):
        return experiment.arms()
    if isinstance(outcome, list | tuple):
        return experiment.outcomes()
    return experiment.lift(request.treatments[0])
