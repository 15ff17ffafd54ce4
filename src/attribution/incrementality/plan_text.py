"""A planned holdout test in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from attribution._display import format_number

if TYPE_CHECKING:
    from attribution.incrementality.holdout_plan import HoldoutPlan

_FEW_CLUSTERS = 40  # per arm: below, cluster-robust intervals are too narrow (Cameron & Miller 2015)


def change(plan: HoldoutPlan, effect: float) -> str:
    """Return an effect on an exposed unit as a lift, or as a difference where the baseline is 0."""
    base = abs(plan.pilot.baseline)
    return f"lift {100 * effect / base:+.3g}%" if base else f"effect {effect:+.4g}"


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
    base = plan.pilot.baseline
    out = []
    if plan.effect is not None:
        whose = "an exposed unit" if plan.exposure < 1 else "a unit"
        sides = "two-sided" if plan.design.two_sided else "one-sided"
        out.append(
            f"It finds a change for {whose} of {change(plan, plan.effect)} "
            f"({_level(plan, base)} to {_level(plan, base + plan.effect)}) with {100 * plan.power:.1f}% "
            f"power at {100 * plan.alpha:g}% ({sides}); {wished} needs {plan.n_required or 0:,} units."
        )
    if math.isfinite(plan.mde):
        mde = f"{change(plan, plan.mde)} ({_level(plan, base + plan.mde)})"
        out.append(f"The smallest gain it finds with {wished} is {mde}.")
    else:
        out.append(f"No possible gain is found with {wished}.")
    return out


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
        needed = plan.n_from_break_even
        size = (
            f"takes {math.ceil(needed):,} units" if math.isfinite(needed) else "no number of units is enough"
        )
        out.append(f"To tell the planned iROAS of {money.iroas(plan.effect):.3g} from break-even {size}.")
    return out


def cautions(plan: HoldoutPlan) -> tuple[str, ...]:
    """Return what a reader of the plan must beware of."""
    out = []
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
            f"logged (ghost ads) about {plan.n * plan.exposure:,.0f} units would do."
        )
    if plan.clusters is not None and plan.clusters * min(plan.shares.values()) < _FEW_CLUSTERS:
        out.append(
            f"The smallest arm has fewer than {_FEW_CLUSTERS} clusters: analyse cluster means, or permute."
        )
    if plan.daily_units is not None and (plan.days or 0) % 7:
        out.append("Run whole weeks: behaviour differs by weekday.")
    return tuple(out)
