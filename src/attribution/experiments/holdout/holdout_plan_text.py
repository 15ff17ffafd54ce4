"""A planned holdout test in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from attribution._display import format_number

if TYPE_CHECKING:
    from attribution.experiments.holdout.holdout_plan import HoldoutPlan

_FEW_CLUSTERS = 40  # per arm: below, cluster-robust intervals are too narrow (Cameron & Miller 2015)

_IMPLAUSIBLE = 2.0  # lift from which a plan asks whether percent were meant


def change(plan: HoldoutPlan, effect: float) -> str:
    """Return a difference as a lift, or as it is where the baseline is 0."""
    base = abs(plan.pilot.baseline)
    return f"lift {_percent(effect / base)}" if base else f"effect {effect:+.4g}"


def _percent(value: float) -> str:
    return f"{100 * value:+,.0f}%" if abs(value) >= 10 else f"{100 * value:+.3g}%"


def wanted(plan: HoldoutPlan) -> str:
    """Return what the smallest effect that is found is called."""
    return "loss" if plan.design.loss else "gain"


def curve_name(plan: HoldoutPlan, effect: float) -> str:
    """Return an effect as a name in a legend: the change in the compared units, and its iROAS if known."""
    money = "" if plan.money is None else f", iROAS {plan.money.iroas(effect):.3g}"
    return change(plan, effect * plan.design.dilution) + money


def sentences(plan: HoldoutPlan) -> list[str]:
    """Return what the test finds, how long it takes, and what that is in money."""
    out = [*_found(plan)]
    if plan.days is not None:
        wait = f", {plan.outcome_days:g} of them for the last outcomes" if plan.outcome_days else ""
        out.append(f"At {plan.daily_units:,.0f} units a day it takes {plan.days:,.0f} days{wait}.")
    if plan.comparisons > 1:
        shared = f"each planned at {100 * plan.design.alpha:.3g}% (first step of {plan.multiplicity.title()})"
        if plan.multiplicity == "none":
            shared = "each at the full error rate"
        out.append(
            f"{plan.comparisons} arms are compared with the holdout, {shared}; "
            f"the size is that of {plan.compared}."
        )
    return out + _money(plan)


def _found(plan: HoldoutPlan) -> list[str]:
    wished = f"{100 * plan.target_power:g}% power"
    out = []
    if plan.effect is not None:
        sides = plan.design.side if plan.design.two_sided else f"one-sided, {plan.design.side}"
        out.append(
            f"It finds a change {_change(plan, plan.effect)} with {100 * plan.power:.1f}% "
            f"power at {100 * plan.alpha:g}% ({sides}); {wished} needs {plan.n_required or 0:,} units."
        )
    if math.isfinite(plan.mde):
        out.append(f"The smallest {wanted(plan)} it finds with {wished} is one {_change(plan, plan.mde)}.")
    else:
        out.append(f"No possible {wanted(plan)} is found with {wished}.")
    return out


def _change(plan: HoldoutPlan, effect: float) -> str:
    """Return an effect on an exposed unit, and what it makes of the units that are compared."""
    base, moved = plan.pilot.baseline, effect * plan.design.dilution
    levels = f"({_level(plan, base)} to {_level(plan, base + moved)})"
    whose = "an exposed unit" if plan.design.used < 1 else "a unit"
    if plan.design.dilution == 1:
        return f"of {change(plan, effect)} for {whose} {levels}"
    # The baseline is of all units: where the exposed stand is not known, so no level is named for them.
    each = f"{100 * effect:+.3g} points" if plan.design.proportion else f"{effect:+.4g}"
    share = f" ({_percent(effect / abs(base))} of the baseline)" if base else ""
    return f"of {each} for an exposed unit{share}, so {change(plan, moved)} over all units {levels}"


def _level(plan: HoldoutPlan, value: float) -> str:
    return f"{100 * value:.3g}%" if plan.design.proportion else format_number(value)


def _money(plan: HoldoutPlan) -> list[str]:
    money = plan.money
    if money is None or plan.iroas_told is None or plan.iroas_error is None:
        return []
    known = (
        f"Break-even is an iROAS of {money.break_even:.3g}. The iROAS is known to a standard error of "
        f"{plan.iroas_error:.3g}, so only one at least {plan.iroas_told:.3g} away is told from break-even."
    )
    out = [known]
    if plan.effect is not None and plan.n_from_break_even is not None:
        needed, planned = plan.n_from_break_even, f"{money.iroas(plan.effect):.3g}"
        if math.isfinite(needed):
            out.append(
                f"To tell the planned iROAS of {planned} from break-even takes {math.ceil(needed):,} units."
            )
        else:
            out.append(f"The planned iROAS of {planned} is break-even itself: the test tells it from 0.")
    return out


def cautions(plan: HoldoutPlan) -> tuple[str, ...]:
    """Return what a reader of the plan must beware of."""
    out = []
    if plan.lift is not None and plan.lift >= _IMPLAUSIBLE and plan.exposure == 1:
        out.append(f"A lift of {_percent(plan.lift)} is hardly ever seen; ten percent is lift=0.1.")
    smallest = min(plan.n_per_arm.values())
    if plan.pilot.normal_from > smallest * plan.design.used:
        out.append(
            f"The outcome is skewed ({plan.pilot.skew:.1f}): intervals hold their level from about "
            f"{plan.pilot.normal_from:,.0f} units an arm (Kohavi et al. 2014); winsorise, or plan for more."
        )
    if plan.pilot.estimand:
        out.append(f"Estimand: {plan.pilot.estimand}.")
    if plan.kind == "itt" and plan.exposure < 0.5:
        out.append(
            f"Only {100 * plan.exposure:.3g}% are exposed, so all others add noise; with would-be exposure "
            f"logged (ghost ads) about {plan.n * plan.exposure:,.0f} units would do, or more where the "
            "exposed buy more often than the rest."
        )
    if plan.clusters is not None and plan.clusters * min(plan.shares.values()) < _FEW_CLUSTERS:
        out.append(
            f"The smallest arm has fewer than {_FEW_CLUSTERS} clusters: analyse cluster means, or permute."
        )
    if plan.daily_units is not None and (plan.days or 0) % 7:
        out.append("Run whole weeks: behaviour differs by weekday.")
    return tuple(out)
