"""Which columns an analysis needs, and the part that each plays in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from attribution.errors import ExperimentError
from attribution.experiments.holdout.blocking_checks import COVARIATE
from attribution.experiments.holdout.holdout_request import Request
from attribution.experiments.holdout.moments import Moments
from attribution.experiments.holdout.placebo import placebo_request
from attribution.experiments.holdout.tally import SIZE, Group, Spec, Tallied
from attribution.experiments.shared.experiment_rows import Table, label_of

# A column is tallied once, whatever parts it plays; capped, it is another metric.
_COLUMN, _CAPPED, _ANY = "column:", "capped:", "any:"


def roles(request: Request) -> dict[str, str]:
    """Return the tallied metric by its role for the request's outcome: ``"outcome"``, ``"value"``, ..."""
    capped = request.winsorise is not None
    columns = {
        "denominator": request.denominator,
        "exposed": request.exposed,
        "value": request.value,
        "cost": request.cost_column,
    }
    found = {"outcome": (_CAPPED if capped else _COLUMN) + request.outcome}
    found |= {role: _COLUMN + name for role, name in columns.items() if name is not None}
    found |= {COVARIATE + name: COVARIATE + name for name in request.covariates}
    if request.two_part:
        found["any"] = _ANY + request.outcome
    if request.cluster is not None:
        found[SIZE] = SIZE
    return found


def needed(request: Request) -> dict[str, str]:
    """Return the columns to read, by the metric that each becomes; those of all outcomes and placebos."""
    found: dict[str, str] = {}
    asked = [replace(request, outcome=outcome) for outcome in request.outcomes]
    for one in [*asked, *(placebo_request(request, outcome) for outcome in request.placebos)]:
        for metric in roles(one).values():
            if not metric.startswith((_ANY, SIZE)):
                found[metric] = metric.partition(":")[2]
    return found


def spec_of(users: Table, request: Request) -> Spec:
    """Return what to tally.

    Raises
    ------
    ExperimentError
        If a column is not there; the message names the nearest.
    """
    need = users.need
    arguments = {
        "outcome": request.outcomes,
        "denominator": (request.denominator,),
        "exposed": (request.exposed,),
        "value": (request.value,),
        "cost": (request.cost_column,),
        "covariate": request.covariates,
        "placebo": request.placebos,
        "assigned": (request.assigned,),
        "segment": (request.segment,),
        "cluster": (request.cluster,),
        "count": (request.count,),
        "unit": (request.unit,),
    }
    for argument, columns in arguments.items():
        for column in columns:
            if column is not None:
                need(column, argument)
    unit = request.unit
    if unit is None and request.count is None and "user_id" in users.names:
        unit = need("user_id", "unit")
    source = _CAPPED if request.winsorise is not None else _COLUMN
    return Spec(
        assigned=request.assigned,
        metrics=needed(request),
        positive={_ANY + name: source + name for name in request.outcomes} if request.two_part else {},
        exposed=None if request.exposed is None else _COLUMN + request.exposed,
        segment=request.segment,
        unit=unit,
        cluster=request.cluster,
        count=request.count,
        split=request.design != "itt" and request.exposed is not None,
        again=request.regressed,
    )


def capped(spec: Spec, caps: Mapping[str, float]) -> Spec:
    """Return what to tally, with the outcomes capped; `caps` has the largest value by column."""
    return replace(spec, caps={_CAPPED + column: cap for column, cap in caps.items()})


def of_moments(users: Mapping[Any, Moments], request: Request) -> Tallied:
    """Return sufficient statistics by arm as what a pass over rows would have found.

    Raises
    ------
    ExperimentError
        If the request needs rows, or a metric is not there.
    """
    impossible = {
        "segment": request.segment,
        "cluster": request.cluster,
        "unit": request.unit,
        "count": request.count,
        "winsorise": request.winsorise,
        "two_part": request.two_part or None,
        "exposed": request.exposed if request.design != "itt" else None,
    }
    for name, asked in impossible.items():
        if asked is not None:
            said = f"design={request.design!r} with exposed" if name == "exposed" else name
            msg = f"{said}= needs rows, and only moments were given"
            left_out = 'design="itt"' if name == "exposed" else f"{name}={False if asked is True else None}"
            raise ExperimentError(msg, column="users", hint=f"{left_out}, or the rows instead of moments")
    columns = {metric: str(column) for metric, column in needed(request).items()}
    groups: dict[Group, Moments] = {
        (label_of(arm), "", 0): part.under(columns) for arm, part in users.items()
    }
    return Tallied(groups, tuple(label_of(arm) for arm in users), ())
