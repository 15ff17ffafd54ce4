"""A planned geo test in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attribution._display import format_number

if TYPE_CHECKING:
    from attribution.experiments.geo.geo_plan import GeoPlan

_KINDS = {"heavy_up": "heavy-up", "go_dark": "go-dark", "holdback": "holdback"}
_NAMED = 8


def title(plan: GeoPlan) -> str:
    """Return the plan in a line."""
    counts = ", ".join(f"{len(geos)} {cell}" for cell, geos in plan.cells.items())
    counts = counts if len(plan.cells) > 1 else f"{len(next(iter(plan.cells.values())))} treated"
    return (
        f"Geo plan, {_KINDS[plan.kind]} by {plan.choose}: {counts} and {len(plan.control)} control geos, "
        f"{_count(plan.periods, plan.step)}"
    )


def sentences(plan: GeoPlan) -> list[str]:
    """Return what to do, what the test can see, how often it cries wolf, and what it costs."""
    out = [*_orders(plan), _chance(plan), *_found(plan), *_money(plan)]
    for check in plan.checks:
        if check.name == "false_alarms" or check.passed is not True:
            fix = f" What helps: {check.fix}." if check.fix else ""
            word = "Failed: " if check.passed is False else ""
            out.append(f"{word}{check.text[0].upper()}{check.text[1:]}.{fix}")
    return out + _analysis(plan)


def _orders(plan: GeoPlan) -> list[str]:
    change = plan.change
    known = math.isfinite(change)
    more = format_number(plan.planned_cost_of_one.cost)
    what = {
        "heavy_up": f"Spend {100 * change:g}% more" if known else f"Spend {more} more",
        "go_dark": "Stop the advertising" if change <= -1 or not known else f"Spend {-100 * change:g}% less",
        "holdback": "Advertise",
    }[plan.kind]
    out = []
    for cell, geos in plan.cells.items():
        label = f" ({cell})" if len(plan.cells) > 1 else ""
        out.append(f"{what}{label} for {_count(plan.periods, plan.step)} in {_some(geos)}.")
    others = "Advertise in none of" if plan.kind == "holdback" else "Change nothing in"
    out.append(f"{others} the {len(plan.control)} control geos: {_some(plan.control)}.")
    if plan.left_out:
        out.append(f"Left out: {_some(plan.left_out)}.")
    return out


def _chance(plan: GeoPlan) -> str:
    if plan.strata is None:
        held = "Nothing was drawn at random: the others predict these geos well"
        return f"{held}, and the analysis rests on that lasting."
    word = "pairs" if plan.choose == "pairs" and len(plan.cells) == 1 else "groups"
    word = word if plan.choose == "pairs" else "blocks"
    count = len(set(plan.strata.values()))
    return f"Chance chose within {count} {word} ({plan.how})."


def _found(plan: GeoPlan) -> list[str]:
    word = "fall" if plan.sign < 0 else "rise"
    counted = _count(plan.n_test, plan.step)
    told = f"{len(plan.simulated.alarms):,} simulated tests on the history"
    with_power = f"with {100 * plan.target_power:g}% power at the {100 * plan.alpha:.3g}% level"
    each = "In each cell it" if len(plan.cells) > 1 else "It"
    if math.isfinite(plan.mde_lift):
        total = format_number(plan.mde_lift * plan.planned_cost_of_one.sales)
        size = f"by {100 * plan.mde_lift:.2g}% over {counted} (in all {total})"
        out = [f"{each} finds a {word} of {plan.outcome} {size} {with_power}, by {told}."]
    else:
        out = [f"{each} finds no {word} of {plan.outcome} {with_power}, by {told}."]
    if plan.mde_lift_chosen is not None:
        flat = f"{100 * plan.mde_lift_chosen:.2g}%" if math.isfinite(plan.mde_lift_chosen) else "none"
        out.append(f"That is on windows that did not choose these geos; on those that did it was {flat}.")
    if plan.cooldown:
        after = _count(plan.cooldown, plan.step)
        out.append(f"The {after} after the treatment count; effects are averages over all {counted}.")
    return out


def _money(plan: GeoPlan) -> list[str]:
    spent = plan.planned_cost
    if not math.isfinite(spent.cost):
        return []
    usual = f", where {format_number(spent.usual)} is usual" if math.isfinite(spent.usual) else ""
    word = "saves" if spent.cost < 0 else "costs"
    out = [f"It {word} {format_number(abs(spent.cost))} in all{usual}."]
    if math.isfinite(plan.iroas_told) and plan.iroas_told > 0:
        told = plan.iroas_told
        each = "each cell" if len(plan.cells) > 1 else "it"
        out.append(
            f"With the same power {each} tells an iROAS of {told:.3g} from none, and from break-even (1) one "
            f"that is {told:.3g} away."
        )
    return out


def _analysis(plan: GeoPlan) -> list[str]:
    before = f"{_count(plan.windows.n_pre, plan.step)} before the test, as in the simulated tests"
    call = "analyze_geo(panel, plan=plan, start=..., end=...)"
    return [f"Analyse with {call}: method {plan.method.code()}, on the {before}."]


def _count(number: int, step: str) -> str:
    return f"{number} {step}{'s' if number != 1 else ''}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
