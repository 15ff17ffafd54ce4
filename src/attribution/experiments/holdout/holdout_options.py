"""What belongs together of a holdout's analysis: columns of the users, the metric, what makes it valid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, TypedDict

from attribution._checks import flag, name_list, one_of, single_name
from attribution._migration import tells_options
from attribution.diagnostics import CheckResult
from attribution.errors import ExperimentError
from attribution.experiments.holdout.blocking_checks import known_despite
from attribution.experiments.shared.cost_argument import between
from attribution.experiments.shared.experiment_rows import label_of


class UserColumnsKeywords(TypedDict, total=False):
    """The fields of `UserColumns`, as keywords."""

    assigned: str
    unit: str | None
    count: str | None
    cluster: str | None
    segment: str | None


@tells_options(ExperimentError)
@dataclass(frozen=True)
class UserColumns:
    """Columns of a table of users, for `analyze_holdout`: whole, or its fields as keywords.

    Attributes
    ----------
    assigned
        Column of the arms, as assigned, whatever happened afterwards.
    unit
        Column of the users' ids, which must not repeat; ``"user_id"`` where there is such a column.
    count
        Column of how many users a row stands for.
    cluster
        Column of what was assigned together, such as households. Sums over each are then the data.
    segment
        Column to break the result down by; each segment is tested within the family.

    Raises
    ------
    ExperimentError
        If a column is not one name.

    Examples
    --------
    >>> import attribution as at
    >>> at.UserColumns(assigned="group", segment="country").segment
    'country'
    """

    assigned: str = "arm"
    unit: str | None = None
    count: str | None = None
    cluster: str | None = None
    segment: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is not one name."""
        single_name(self.assigned, "assigned", error=ExperimentError, hint='assigned="arm"')
        for name in ("unit", "count", "cluster", "segment"):
            single_name(getattr(self, name), name, error=ExperimentError, optional=True)


class MetricKeywords(TypedDict, total=False):
    """The fields of `MetricOptions`, as keywords."""

    denominator: str | None
    covariate: str | Sequence[str] | None
    adjust: Literal["lin", "cuped"]
    variance: Literal["welch", "pooled"]
    winsorise: float | None
    two_part: bool


@tells_options(ExperimentError)
@dataclass(frozen=True)
class MetricOptions:
    """How an outcome is measured and compared, for `analyze_holdout`: whole, or its fields as keywords.

    Attributes
    ----------
    denominator
        Column to divide by: the outcome is then total outcome over total denominator, such as revenue per
        session, with the delta method (Deng, Knoblich & Lu 2018).
    covariate
        Column, or columns, known *before* assignment, to make the interval shorter.
    adjust
        ``"lin"``: each arm's own regression with HC2 errors (Lin 2013). ``"cuped"``: one slope (Deng et al.
        2013).
    variance
        ``"welch"``: each arm has its own. ``"pooled"``: Student's test, ordinary least squares on the arm, to
        compare with results that were made so. It is wrong where arms differ both in size and in variance.
    winsorise
        Quantile, such as 0.999, of all outcomes together at which they are capped. That is another estimand,
        and the result says so.
    two_part
        Whether to split the outcome into how many have any and how much those have.

    Raises
    ------
    ExperimentError
        If an option makes no sense.

    Examples
    --------
    >>> import attribution as at
    >>> at.MetricOptions(covariate="revenue_before", adjust="cuped").covariate
    ('revenue_before',)
    """

    denominator: str | None = None
    covariate: str | Sequence[str] | None = None
    adjust: Literal["lin", "cuped"] = "lin"
    variance: Literal["welch", "pooled"] = "welch"
    winsorise: float | None = None
    two_part: bool = False

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        single_name(self.denominator, "denominator", error=ExperimentError, optional=True)
        one_of(self.adjust, "adjust", ("lin", "cuped"), error=ExperimentError)
        one_of(self.variance, "variance", ("welch", "pooled"), error=ExperimentError)
        names = None
        if self.covariate is not None:
            names = name_list(self.covariate, "covariate", error=ExperimentError)
        object.__setattr__(self, "covariate", names)
        if self.winsorise is not None:
            capped = between(self.winsorise, "winsorise", 0.5, 1.0, "winsorise=0.999, a quantile")
            object.__setattr__(self, "winsorise", capped)
        flag(self.two_part, "two_part", error=ExperimentError)
        if self.adjust != "lin" and not names:
            msg = f"adjust={self.adjust!r} has no effect without a covariate to adjust for"
            raise ExperimentError(msg, column="adjust", hint='adjust="lin", or covariate="value_before"')


class ValidityKeywords(TypedDict, total=False):
    """The fields of `Validity`, as keywords."""

    shares: Mapping[str, float] | None
    assignment: Any
    placebo: str | Sequence[str] | None
    checks: Sequence[CheckResult]
    despite: Sequence[str]


@tells_options(ExperimentError)
@dataclass(frozen=True, eq=False)
class Validity:
    """What a holdout is checked by, for `analyze_holdout`: whole, or its fields as keywords.

    Attributes
    ----------
    shares
        Planned share of each arm, such as ``{"treatment": 0.9, "holdout": 0.1}``, for the sample-ratio check.
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

    Raises
    ------
    ExperimentError
        If a name is none, a share is no number above 0, or what is given as a check is none.

    Examples
    --------
    >>> import attribution as at
    >>> at.Validity(shares={"treatment": 0.9, "holdout": 0.1}).shares["holdout"]
    0.1
    """

    shares: Mapping[str, float] | None = None
    assignment: Any = None
    placebo: str | Sequence[str] | None = None
    checks: Sequence[CheckResult] = ()
    despite: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        names: tuple[str, ...] = ()
        if self.placebo is not None:
            names = name_list(self.placebo, "placebo", error=ExperimentError)
        object.__setattr__(self, "placebo", names)
        object.__setattr__(self, "despite", name_list(self.despite, "despite", error=ExperimentError))
        known_despite(tuple(self.despite))
        object.__setattr__(self, "checks", _results(self.checks))
        if self.shares is not None:
            planned_shares(self.shares)
        if isinstance(self.assignment, str | bytes | Real | bool | type):
            msg = f"assignment={self.assignment!r} does not say who was assigned"
            hint = 'assignment={"treatment": 90_000, "holdout": 10_000}, or the table of assign_holdout'
            raise ExperimentError(msg, column="assignment", hint=hint)


def planned_shares(shares: object, arms: Sequence[str] = ()) -> dict[str, float]:
    """Return the planned share of each arm, by its label.

    Parameters
    ----------
    shares
        As given.
    arms
        The arms that it must have, where they are known.

    Raises
    ------
    ExperimentError
        If it gives none, an arm has none, or a share is no number above 0.
    """
    given = tuple(map(label_of, shares)) if isinstance(shares, Mapping) else ()
    named = arms or given or ("treatment", "holdout")
    hint = f"shares={dict.fromkeys(named, round(1 / len(named), 3))}"
    if not isinstance(shares, Mapping) or not shares:
        msg = f"shares={shares!r} must give the planned share of each arm"
        raise ExperimentError(msg, column="shares", hint=hint)
    found = {label_of(arm): share for arm, share in shares.items()}
    for arm in arms:
        if arm not in found:
            msg = f"shares has no entry for the arm {arm!r}"
            raise ExperimentError(msg, column="shares", hint=hint)
    for arm, share in found.items():
        if isinstance(share, bool) or not isinstance(share, Real) or not 0 < float(share) < float("inf"):
            msg = f"the share of {arm!r} is {share!r}"
            raise ExperimentError(msg, column="shares", hint=hint)
    return {arm: float(share) for arm, share in found.items()}


def _results(checks: object) -> Sequence[CheckResult]:
    """Return results of checks, or refuse what has none."""
    if isinstance(checks, str | bytes | Mapping | type) or not isinstance(checks, Iterable):
        msg = f"checks={checks!r} is no list of results of checks"
        raise ExperimentError(msg, column="checks", hint="checks=[at.aa_holdout(users)]")
    found = tuple(checks)
    for check in found:
        if not isinstance(check, CheckResult):
            msg = f"checks holds a {type(check).__name__}, not a CheckResult"
            hint = "checks=[...], each made by a function of attribution.experiments.holdout.holdout_checks"
            raise ExperimentError(msg, column="checks", hint=hint)
    return found
