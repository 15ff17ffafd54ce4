"""Experiments that cannot be read: arms that are not there or too small, numbers that say nothing."""

from __future__ import annotations

import math

from attribution.errors import ExperimentError, nearest
from attribution.incrementality.judge import COVARIATE, counts_of
from attribution.incrementality.moments import total
from attribution.incrementality.request import Request
from attribution.incrementality.tally import SIZE, Tallied

FEWEST = 5  # users in an arm
FEWEST_CLUSTERS = 2
_COPY = 1e-9  # of the outcome's variance left, below which the covariate is the outcome in other units


def refuse_arms(tallied: Tallied, request: Request) -> None:
    """Refuse arms that are misspelt, empty, too small, or not asked about.

    Raises
    ------
    ExperimentError
        If there is one.
    """
    if not tallied.groups:
        msg = "the table of users has no rows"
        raise ExperimentError(msg, column="users", hint="one row a user, with the arm it was assigned to")
    counts = counts_of(tallied.groups, tallied.arms)
    present = [arm for arm, n in counts.items() if n]
    for arm in request.arms:
        if arm not in present:
            shown = ", ".join(f"{name!r} ({counts[name]:,})" for name in present[:10])
            side = "holdout" if arm == request.holdout else "treatment"
            others = [name for name in present if name not in request.arms]
            guess = nearest(arm, others) or (others[0] if others else None)
            hint = (
                f"{side}={guess!r}"
                if guess is not None
                else "both arms must be in the table, also users without any outcome"
            )
            if len(others) == len(present) == 2:
                # 0 and 1, False and True, A and B, control and test: the holdout comes first.
                first, second = sorted(others)
                hint = f"treatment={second!r}, holdout={first!r}, if {second!r} is the treated arm"
            msg = f"no user is in the arm {arm!r}; the column has {shown or 'none'}"
            raise ExperimentError(msg, column=request.assigned, hint=hint)
    others = [arm for arm in present if arm not in request.arms]
    if others:
        msg = f"some users are in the arm {others[0]!r}, which is neither treatment nor holdout"
        hint = f"treatment={[*request.treatments, *others]!r}, or leave these users out on purpose"
        raise ExperimentError(msg, column=request.assigned, count=counts[others[0]], hint=hint)
    fewest = FEWEST if request.cluster is None else FEWEST_CLUSTERS
    what = "users" if request.cluster is None else "clusters"
    for arm in request.arms:
        if counts[arm] < fewest:
            msg = f"the arm {arm!r} has {counts[arm]} {what}, too few to tell chance from effect"
            raise ExperimentError(
                msg,
                column=request.assigned,
                hint=f"{fewest} {what} an arm are the least; plan_holdout tells how many it takes",
            )


def refuse_numbers(tallied: Tallied, request: Request) -> None:
    """Refuse an outcome or a covariate that does not vary, is too large, or is the other.

    Raises
    ------
    ExperimentError
        If there is one.
    """
    whole = total(part for key, part in tallied.groups.items() if key[0] in request.arms)
    place = outcome = whole.at("outcome")
    if not whole.cross.max() < math.inf:
        msg = "some numbers are so large that their squares are not finite"
        hint = "find where they come from, and cap or correct them; or divide the column by a power of ten"
        raise ExperimentError(msg, column=request.outcome, hint=hint)
    if whole.cross[place, place] <= 0:
        value = whole.mean[place] if SIZE not in whole.names else whole.mean[place] / whole.mean[-1]
        msg = f"the outcome is {value:g} for everybody"
        why = "without variation there is no effect to find and no error to measure it by"
        raise ExperimentError(
            msg, column=request.outcome, why=why, hint="check the join that brought the outcomes to the users"
        )
    for name in request.covariates:
        place = whole.at(COVARIATE + name)
        if whole.cross[place, place] <= 1e-20 * max(whole.n * whole.mean[place] ** 2, 1e-300):
            msg = f"the covariate is {whole.mean[place]:g} for everybody, so that it explains nothing"
            raise ExperimentError(msg, column=name, hint=f"covariate= without {name!r}")
        both = whole.cross[outcome, place] ** 2 / (whole.cross[outcome, outcome] * whole.cross[place, place])
        if both > 1 - _COPY:
            msg = "the covariate says the same as the outcome"
            why = "adjusting an outcome for itself takes the whole effect away, and calls that certain"
            raise ExperimentError(msg, column=name, why=why, hint="a covariate from before assignment")
