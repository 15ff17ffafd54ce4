"""Analyse a user-level holdout: `analyze_holdout`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, overload

from attribution._checks import one_of
from attribution.diagnostics import CheckResult
from attribution.errors import FEWER_COLUMNS, ExperimentError, enough_memory
from attribution.experiments.holdout.experiment import Experiment
from attribution.experiments.holdout.request import Request
from attribution.experiments.shared.lift import Lift, Lifts
from attribution.stats.multiplicity import Correction

Design = Literal["itt", "psa", "ghost_ads"]
Alternative = Literal["two-sided", "larger", "smaller"]
SIDES = ("two-sided", "larger", "smaller")


@overload
def analyze_holdout(
    users: Any,
    *,
    assigned: str = ...,
    outcome: str = ...,
    treatment: str | float = ...,
    holdout: str | float = ...,
    design: Design = ...,
    exposed: str | None = ...,
    denominator: str | None = ...,
    value: str | None = ...,
    cost: str | float | tuple[float, float] | None = ...,
    cost_per_exposed: float | None = ...,
    covariate: str | Sequence[str] | None = ...,
    adjust: Literal["lin", "cuped"] = ...,
    variance: Literal["welch", "pooled"] = ...,
    cluster: str | None = ...,
    segment: str | None = ...,
    correction: Correction = ...,
    unit: str | None = ...,
    count: str | None = ...,
    shares: Mapping[str, float] | None = ...,
    alpha: float = ...,
    winsorise: float | None = ...,
    two_part: bool = ...,
    sequential: int | None = ...,
    alternative: Alternative = ...,
    margin: float = ...,
    assignment: Any = ...,
    placebo: str | Sequence[str] | None = ...,
    checks: Sequence[CheckResult] = ...,
    despite: Sequence[str] = ...,
) -> Lift: ...


@overload
def analyze_holdout(
    users: Any,
    *,
    assigned: str = ...,
    outcome: str = ...,
    treatment: list[str] | tuple[str, ...],
    holdout: str | float = ...,
    design: Design = ...,
    exposed: str | None = ...,
    denominator: str | None = ...,
    value: str | None = ...,
    cost: str | float | tuple[float, float] | None = ...,
    cost_per_exposed: float | None = ...,
    covariate: str | Sequence[str] | None = ...,
    adjust: Literal["lin", "cuped"] = ...,
    variance: Literal["welch", "pooled"] = ...,
    cluster: str | None = ...,
    segment: str | None = ...,
    correction: Correction = ...,
    unit: str | None = ...,
    count: str | None = ...,
    shares: Mapping[str, float] | None = ...,
    alpha: float = ...,
    winsorise: float | None = ...,
    two_part: bool = ...,
    sequential: int | None = ...,
    alternative: Alternative = ...,
    margin: float = ...,
    assignment: Any = ...,
    placebo: str | Sequence[str] | None = ...,
    checks: Sequence[CheckResult] = ...,
    despite: Sequence[str] = ...,
) -> Lifts: ...


@overload
def analyze_holdout(
    users: Any,
    *,
    assigned: str = ...,
    outcome: list[str] | tuple[str, ...],
    treatment: str | float = ...,
    holdout: str | float = ...,
    design: Design = ...,
    exposed: str | None = ...,
    denominator: str | None = ...,
    value: str | None = ...,
    cost: str | float | tuple[float, float] | None = ...,
    cost_per_exposed: float | None = ...,
    covariate: str | Sequence[str] | None = ...,
    adjust: Literal["lin", "cuped"] = ...,
    variance: Literal["welch", "pooled"] = ...,
    cluster: str | None = ...,
    segment: str | None = ...,
    correction: Correction = ...,
    unit: str | None = ...,
    count: str | None = ...,
    shares: Mapping[str, float] | None = ...,
    alpha: float = ...,
    winsorise: float | None = ...,
    two_part: bool = ...,
    sequential: int | None = ...,
    alternative: Alternative = ...,
    margin: float = ...,
    assignment: Any = ...,
    placebo: str | Sequence[str] | None = ...,
    checks: Sequence[CheckResult] = ...,
    despite: Sequence[str] = ...,
) -> Lifts: ...


@enough_memory(FEWER_COLUMNS)
def analyze_holdout(
    users: Any,
    *,
    assigned: str = "arm",
    outcome: str | list[str] | tuple[str, ...] = "converted",
    treatment: str | float | list[str] | tuple[str, ...] = "treatment",
    holdout: str | float = "holdout",
    design: Design = "itt",
    exposed: str | None = None,
    denominator: str | None = None,
    value: str | None = None,
    cost: str | float | tuple[float, float] | None = None,
    cost_per_exposed: float | None = None,
    covariate: str | Sequence[str] | None = None,
    adjust: Literal["lin", "cuped"] = "lin",
    variance: Literal["welch", "pooled"] = "welch",
    cluster: str | None = None,
    segment: str | None = None,
    correction: Correction = "holm",
    unit: str | None = None,
    count: str | None = None,
    shares: Mapping[str, float] | None = None,
    alpha: float = 0.05,
    winsorise: float | None = None,
    two_part: bool = False,
    sequential: int | None = None,
    alternative: Alternative = "two-sided",
    margin: float = 0.0,
    assignment: Any = None,
    placebo: str | Sequence[str] | None = None,
    checks: Sequence[CheckResult] = (),
    despite: Sequence[str] = (),
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
    assigned
        Column of the arms, as assigned, whatever happened afterwards.
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
    denominator
        Column to divide by: the outcome is then total outcome over total denominator, such as revenue per
        session, with the delta method (Deng, Knoblich & Lu 2018).
    value
        Column of money earned, for incremental value and iROAS. It may be the outcome's.
    cost
        What the treatment cost: a total, a total with its standard error, or a column where it differs
        between users.
    cost_per_exposed
        Instead of `cost`, and as in `plan_holdout`: the spend per exposed user. With ``"itt"`` it is the
        column `cost` of that amount for everybody in `exposed`, so that iROAS is `value` per exposed
        complier over it; in the other designs each treated user that is compared costs as much.
    covariate
        Column, or columns, known *before* assignment, to make the interval shorter.
    adjust
        ``"lin"``: each arm's own regression with HC2 errors (Lin 2013). ``"cuped"``: one slope (Deng et al.
        2013).
    variance
        ``"welch"``: each arm has its own. ``"pooled"``: Student's test, ordinary least squares on the arm, to
        compare with results that were made so. It is wrong where arms differ both in size and in variance.
    cluster
        Column of what was assigned together, such as households. Sums over each are then the data.
    segment
        Column to break the result down by; each segment is tested within the family.
    correction
        For segments, for arms, and for all outcomes but the first: ``"holm"``, ``"fdr_bh"`` (Benjamini &
        Hochberg 1995) or ``"none"``.
    unit
        Column of the users' ids, which must not repeat; ``"user_id"`` where there is such a column.
    count
        Column of how many users a row stands for.
    shares
        Planned share of each arm, such as ``{"treatment": 0.9, "holdout": 0.1}``, for the sample-ratio check.
    alpha
        Level: 0.05 gives 95% intervals.
    winsorise
        Quantile, such as 0.999, of all outcomes together at which they are capped. That is another estimand,
        and the result says so.
    two_part
        Whether to split the outcome into how many have any and how much those have.
    sequential
        Planned number of users of a test that is looked at again and again: a confidence sequence, valid at
        every look, takes the place of the interval (Waudby-Smith et al. 2021).
    alternative
        What counts as an effect, as in `plan_holdout`: ``"larger"``, or ``"smaller"`` for what the treatment
        shall lower, test one side at `alpha`, and intervals have one end.
    margin
        Of a test of non-inferiority, the largest difference in the unwanted direction that is still taken
        for none, such as 0.002 for 0.2 points, together with ``alternative="larger"``: the p-value is that
        of a loss as large. Plan it as an effect of that size.
    assignment
        Who was assigned: the table of `assign_holdout`, any table with a column of arms, or numbers of users
        by arm. The check ``assigned_users`` fails where the table has far fewer users; the verdict is blocked
        where more of one arm are missing. Without `shares` the sample ratio is held against it.
    placebo
        Column, or columns, of an outcome from before the test, such as ``"value_before"``: the check
        ``placebo`` fails where the treatment seems to have had an effect on it (below .01, Holm-adjusted).
    checks
        Results of further checks, such as `aa_holdout`, to show and heed.
    despite
        Failed checks to read the result in spite of, such as ``("sample_ratio",)``.

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
    request = Request.read(
        assigned=assigned,
        outcome=outcome,
        treatment=treatment,
        holdout=holdout,
        design=one_of(design, "design", ("itt", "psa", "ghost_ads"), error=ExperimentError),
        exposed=exposed,
        denominator=denominator,
        value=value,
        cost=cost,
        cost_per_exposed=cost_per_exposed,
        covariate=covariate,
        adjust=one_of(adjust, "adjust", ("lin", "cuped"), error=ExperimentError),
        variance=one_of(variance, "variance", ("welch", "pooled"), error=ExperimentError),
        cluster=cluster,
        segment=segment,
        correction=one_of(correction, "correction", ("holm", "fdr_bh", "none"), error=ExperimentError),
        unit=unit,
        count=count,
        shares=shares,
        alpha=alpha,
        winsorise=winsorise,
        two_part=two_part,
        sequential=sequential,
        alternative=one_of(alternative, "alternative", SIDES, error=ExperimentError),
        margin=margin,
        despite=despite,
        placebo=placebo,
        assignment=assignment,
    )
    experiment = Experiment.read(users, request, checks)
    if isinstance(treatment, list | tuple):
        return experiment.arms()
    if isinstance(outcome, list | tuple):
        return experiment.outcomes()
    return experiment.lift(request.treatments[0])
