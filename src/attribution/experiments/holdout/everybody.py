"""Is everybody in the table who was assigned? Checks of what a join of orders and arms leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution.diagnostics import CheckResult
from attribution.errors import ExperimentError
from attribution.experiments.holdout.moments import Moments
from attribution.experiments.holdout.sample_ratio import WHY
from attribution.experiments.holdout.tally import SIZE
from attribution.experiments.shared.experiment_rows import Rows, label_of
from attribution.experiments.shared.p_value_limits import BLOCK
from attribution.language.sentence import Sentence

if TYPE_CHECKING:
    from attribution.experiments.holdout.comparison import Context

NO_ZERO = "users_without_outcome"
ASSIGNED = "assigned_users"
UNEVEN = "sample_ratio_of_assigned"
FAR_FEWER = 0.05  # of the assigned, missing from the table
LINE = 'users = at.outcomes(log, arms, start="2026-03-01", end="2026-04-01")'


def assigned_counts(assignment: Any, arms: Sequence[str], column: str) -> dict[str, int]:
    """Return how many users were assigned to each arm.

    Parameters
    ----------
    assignment
        From `assign_holdout`, counts by arm, or a table of users with their arms.
    arms
        The arms of the test.
    column
        The table's column of arms; ``"arm"`` where there is no such column.

    Raises
    ------
    ExperimentError
        If it is none of these, or knows nobody of an arm.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    hint = f"assignment={dict.fromkeys(arms, 50_000)}, or the table of assign_holdout"
    if isinstance(assignment, Mapping) and all(
        isinstance(n, Real) and not isinstance(n, bool) for n in assignment.values()
    ):
        found = {
            label_of(arm): int(n) for arm, n in assignment.items() if 0 <= n < float("inf") and n == int(n)
        }
        if len(found) < len(assignment):
            msg = f"assignment={dict(assignment)!r} must be numbers of users"
            raise ExperimentError(msg, column="assignment", hint=hint)
    else:
        table = Rows(assignment, "assignment")
        name = column if column in table.names else "arm"
        counted = pc.value_counts(table.column(table.need(name, "assignment")).cast(pa.string())).to_pylist()
        found = {label_of(row["values"]): row["counts"] for row in counted if row["values"] is not None}
    for arm in arms:
        if not found.get(arm):
            known = ", ".join(map(repr, found)) or "none"
            msg = f"the assignment knows nobody of the arm {arm!r}; its arms are {known}"
            raise ExperimentError(msg, column="assignment", hint=hint)
    return {arm: found[arm] for arm in arms}


def users_of_arm(part: Moments) -> int:
    """Return how many users an arm has, also where its units are clusters."""
    return round(part.n * float(part.mean[part.at(SIZE)])) if SIZE in part.names else part.n


def assigned_users(present: Mapping[str, int], assigned: Mapping[str, int]) -> list[CheckResult]:
    """Tell whether the table of users has all who were assigned, and lost those of either arm alike.

    Parameters
    ----------
    present
        Users of the table per arm.
    assigned
        Users assigned per arm.

    Returns
    -------
    list of CheckResult
        ``assigned_users`` fails where more than 5% are missing, or where there are users whom nobody
        assigned. Where more are missing of one arm than chance explains (Pearson's chi-square, below .001),
        there is also ``sample_ratio_of_assigned``, which fails.

    Examples
    --------
    >>> found = assigned_users({"treatment": 958, "holdout": 200}, {"treatment": 16_000, "holdout": 4_000})
    >>> [(check.name, check.passed, check.count) for check in found]
    [('assigned_users', False, 18842)]
    """
    rows = [
        {"arm": arm, "assigned": n, "in_table": present.get(arm, 0), "missing": 1 - present.get(arm, 0) / n}
        for arm, n in assigned.items()
    ]
    missing = np.array([n - present.get(arm, 0) for arm, n in assigned.items()], np.int64)
    total, lost = sum(assigned.values()), int(missing.sum())
    arms = tuple(
        Sentence("assigned_users.arm", arm=row["arm"], present=row["in_table"], assigned=row["assigned"])
        for row in rows
    )
    if (missing < 0).any():
        text = Sentence("assigned_users.more", arms=arms)
        fix = Sentence("fix.assigned_only", code=LINE)
        return [CheckResult(ASSIGNED, False, text, int(-missing[missing < 0].sum()), rows, fix)]
    if not lost:
        return [CheckResult(ASSIGNED, True, Sentence("assigned_users.ok", total=total), rows=rows)]
    few = lost <= FAR_FEWER * total
    key = "assigned_users" if few else "assigned_users.failed"
    text = Sentence(key, lost=lost, total=total, arms=arms)
    found = CheckResult(ASSIGNED, None if few else False, text, lost, rows, "" if few else LINE)
    uneven = _lost_unevenly(np.array([[present.get(arm, 0) for arm in assigned], missing.tolist()]))
    if uneven is None:
        return [found]
    p_value, statistic = uneven
    text = Sentence("assigned_users.uneven", arms=arms, p=p_value, why=WHY)
    return [
        found,
        CheckResult(UNEVEN, False, text, lost, rows, LINE).judged_by(p_value, statistic),
    ]


def _lost_unevenly(cells: Any) -> tuple[float, float] | None:
    """Return p-value and chi-square of one share lost in all arms, where it is too small for chance."""
    from scipy.stats import chi2_contingency

    if not cells.sum(axis=1).all():
        return None
    found = chi2_contingency(cells, correction=False)
    return (float(found.pvalue), float(found.statistic)) if found.pvalue < BLOCK else None


def users_without_outcome(context: Context) -> CheckResult | None:
    """Tell that no user of a table is without an outcome, as after a join of orders and arms; else None."""
    request = context.request
    known = [check for check in context.checks if check.name == ASSIGNED]
    if context.clustered or request.denominator is not None or any(check.passed for check in known):
        return None
    if not all(float(side.low[side.at("outcome")]) > 0 for side in context.sides):
        return None
    text = Sentence("users_without_outcome", outcome=request.outcome)
    return CheckResult(NO_ZERO, False, text, sum(side.n for side in context.sides), fix=LINE)
