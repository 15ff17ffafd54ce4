"""Placebo outcomes: what was before the test, on which the treatment can have had no effect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attribution.diagnostics import CheckResult
from attribution.experiments.holdout.balance import pre_period
from attribution.experiments.holdout.holdout_request import Request
from attribution.language.sentence import Sentence

if TYPE_CHECKING:
    from attribution.experiments.shared.lift import Lift


def placebo_request(request: Request, outcome: str) -> Request:
    """Return the request of the same test, two-sided and unadjusted, of an outcome from before it."""
    return replace(
        request,
        outcome=outcome,
        outcomes=(outcome,),
        placebos=(),
        design="itt",
        exposed=None,
        denominator=None,
        value=None,
        cost=None,
        cost_column=None,
        covariates=(),
        segment=None,
        winsorise=None,
        two_part=False,
        sequential=None,
        alternative="two-sided",
        margin=0.0,
        despite=(),
    )


def placebo_check(lifts: Sequence[tuple[str, Lift | None]]) -> CheckResult:
    """Judge the "effects" on what was before the test, Holm-adjusted; None is an outcome that says nothing.

    The statistic is the studentised difference of the smallest p-value.
    """
    told = {name: lift for name, lift in lifts if lift is not None and not lift.details["blocked"]}
    if not told:
        text = Sentence("placebo.blind", outcomes=tuple(dict.fromkeys(name for name, _ in lifts)))
        return CheckResult("placebo", None, text)
    p_values = {name: lift.p_value for name, lift in told.items()}
    check = pre_period(p_values, estimates={name: lift.absolute.value for name, lift in told.items()})
    worst = told[min(p_values, key=lambda name: p_values[name])]
    error = worst.absolute.std_error
    statistic = worst.absolute.value / error if error > 0 else math.nan
    return replace(check, name="placebo", statistic=statistic)
