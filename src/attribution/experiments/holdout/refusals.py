"""Experiments that cannot be read: arms that are not there or too small, numbers that say nothing."""

from __future__ import annotations

from dataclasses import replace

from attribution.diagnostics import CheckResult
from attribution.errors import ExperimentError, nearest
from attribution.experiments.holdout.blocking_checks import COVARIATE, counts_of
from attribution.experiments.holdout.holdout_request import Request
from attribution.experiments.holdout.metrics import roles
from attribution.experiments.holdout.moments import total
from attribution.experiments.holdout.tally import SIZE, Tallied
from attribution.experiments.holdout.users import Users
from attribution.language.sentence import Sentence

LARGEST = 1e200  # sum of squares: beyond, products of two are not finite
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
    if not whole.cross.max() < LARGEST:
        msg = "some numbers are so large that products of their squares are not finite"
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


def without_empty(tallied: Tallied, request: Request) -> tuple[Request, list[CheckResult]]:
    """Return the request without those further outcomes that are 0 for everybody, and a check for each.

    Raises
    ------
    ExperimentError
        If it is the first, which the verdict is about, and others are not.
    """
    found = []
    groups = [part for key, part in tallied.groups.items() if key[0] in request.arms]
    for outcome in request.outcomes:
        one = total(part.under(roles(replace(request, outcome=outcome))) for part in groups)
        place = one.at("outcome")
        if one.mean[place] == 0 and one.cross[place, place] == 0:
            found.append(outcome)
    kept = tuple(outcome for outcome in request.outcomes if outcome not in found)
    if not kept:
        return request, []  # refused by itself
    if request.outcome in found:
        msg = "the outcome is 0 for everybody"
        why = "the verdict is about the first outcome; the others are tested beside it"
        hint = f"outcome={list(kept)!r}, or check the join that brought it to the users"
        raise ExperimentError(msg, column=request.outcome, why=why, hint=hint)
    checks = [
        CheckResult(
            f"no_{outcome}",
            False,
            Sentence("outcome_is_zero", outcome=outcome),
            fix=Sentence("fix.join"),
        )
        for outcome in found
    ]
    return replace(request, outcomes=kept), checks


def cap_of(users: Users, outcome: str, share: float) -> float:
    """Return where an outcome is capped.

    Raises
    ------
    ExperimentError
        If so few have any outcome that the cap would be 0, which would make everybody's 0.
    """
    cap = users.quantile(outcome, share)
    if cap > 0:
        return cap
    enough = [one for one in (0.9999, 0.99999) if one > share and users.quantile(outcome, one) > 0]
    if cap == 0 and users.quantile(outcome, 1.0) > 0:
        msg = f"winsorise={share:g} caps the outcome at 0: fewer than {100 * (1 - share):.3g}% have any"
        hint = f"winsorise={enough[0]:g}" if enough else "two_part=True instead of winsorise="
        raise ExperimentError(msg, column=outcome, hint=hint)
    return cap
