"""A geo plan from what was asked: choose geos, try the test out on the history, and reckon what it costs."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from attribution._progress import bar
from attribution._typing import Floats, Ints
from attribution.errors import ExperimentError
from attribution.experiments.geo.aa_tests import (
    Simulated,
    compared,
    together,
    tried_out,
    window_changes,
    window_test,
)
from attribution.experiments.geo.choices import FEWEST_BLOCKS, Drawn, GeoSearch
from attribution.experiments.geo.designs import Blocks
from attribution.experiments.geo.did import ROUNDING
from attribution.experiments.geo.geo_labels import several_names
from attribution.experiments.geo.geo_plan import Assigned, GeoPlan
from attribution.experiments.geo.history_windows import Windows, windows_of
from attribution.experiments.geo.panel import Panel, known_geos
from attribution.experiments.geo.plan_request import PlanRequest
from attribution.experiments.geo.plan_search import best_set
from attribution.experiments.geo.planned_cost import PlannedCost, change_of, per_geo, planned_cost
from attribution.experiments.geo.window import Window

DRAWS = 200  # assignments in each window, where one takes no time
SLOW = 100  # simulated tests in all, where each takes a fit
SLOWEST = 30  # where each takes many


def planned(panel: Any, outcome: str, request: PlanRequest) -> GeoPlan:
    """Return the plan that was asked for.

    Parameters
    ----------
    panel
        The history, as a table.
    outcome
        Column of the outcome.
    request
        What was asked.

    Raises
    ------
    ExperimentError
        As `plan_geo`.
    """
    choice, options = request.choice, request.options
    include = choice.include if isinstance(choice, GeoSearch) else ()
    read = Panel.read(
        panel,
        geo=options.geo,
        time=options.time,
        outcome=outcome,
        cost=request.analysis.cost_column,
        holidays=options.holidays,
        buffer=options.buffer,
        missing=options.missing,
        needed=list(several_names(include)),
        window=None if options.since is None else Window(options.since),
    )
    wanted, barred = _wishes(read, include, choice.exclude)
    windows = windows_of(len(read.times), request.n_test, choice.windows, read.step)
    budgeted = request.budget is not None
    change = change_of(request.kind, request.change, has_cost=read.cost is not None, budgeted=budgeted)
    assigning, simulating = request.streams()
    prices = per_geo(read, change, request.periods, windows.n_pre)
    if isinstance(choice, Drawn):
        design = partial(_blocks, choice=choice, request=request, barred=barred, prices=prices)
        blocks = design(read.outcome[:, -windows.n_pre :])
        found = _simulate(read, windows, request, design, change, outcome, simulating)
        arms = blocks.draw(1, assigning)[0]
        assigned = Assigned(arms, blocks.codes, blocks.how, request.analysis, found, found)
    else:
        searched, analysis = best_set(read, windows, request, wanted, barred, prices, change, simulating)
        arms = np.zeros(len(read.geos), np.int64)
        arms[searched.sets[searched.winner]] = 1
        found = searched.judged[searched.winner]
        assigned = Assigned(arms, None, "", analysis, found, searched.aa_tests, searched)
    return GeoPlan.make(
        request=request,
        panel=read,
        windows=windows,
        outcome=outcome,
        assigned=assigned,
        planned_cost=_planned_cost(read, arms > 0, request, change, windows.n_pre, 1),
        planned_cost_of_one=_planned_cost(
            read, arms == 1, request, change, windows.n_pre, len(request.cells)
        ),
        change=change,
    )


def _planned_cost(
    panel: Panel, treated: Any, request: PlanRequest, change: float, recent: int, parts: int
) -> PlannedCost:
    """Return what the test costs in these geos, with one part of so many of the budget."""
    return planned_cost(
        panel,
        np.flatnonzero(treated),
        change=change,
        periods=request.periods,
        n_test=request.n_test,
        recent=recent,
        budget=None if request.budget is None else request.budget / parts,
        value=request.analysis.value,
    )


def _wishes(panel: Panel, include: Any, exclude: Any) -> tuple[Ints, Ints]:
    """Return the rows that must and that must not be treated."""
    wanted = known_geos(include, "include", panel.geos)
    barred = known_geos(exclude, "exclude", panel.geos)
    both = sorted(set(wanted) & set(barred))
    if both:
        msg = f"the geo {both[0]!r} must be treated, and must not be"
        raise ExperimentError(msg, column="include", count=len(both), hint="take it out of one of the two")
    return panel.places(wanted), panel.places(barred)


def _blocks(
    past: Floats, *, choice: Drawn, request: PlanRequest, barred: Ints, prices: Floats | None
) -> Blocks:
    """Return pairs or strata by the time before a test, that the budget pays for whatever chance decides."""
    rows = np.setdiff1d(np.arange(len(past)), barred)
    return _affordable(choice.blocks(past, rows, request.kind, request.n_test), request, prices)


def _affordable(blocks: Blocks, request: PlanRequest, prices: Floats | None) -> Blocks:
    if prices is None or request.budget is None:
        return blocks
    worst = blocks.dearest(prices)
    order = np.argsort(worst, kind="stable")
    kept = np.zeros(len(worst), np.bool_)
    kept[order[np.cumsum(worst[order]) <= request.budget]] = True
    if int(kept.sum()) < FEWEST_BLOCKS:
        least = float(worst[order[:FEWEST_BLOCKS]].sum())
        word = "pairs" if request.choice.name == "pairs" else "blocks"
        msg = (
            f"the budget of {request.budget:,.6g} pays for fewer than two {word}: the cheapest two may cost "
            f"{least:,.6g}"
        )
        hint = "a larger budget, a smaller change of spend, or fewer periods"
        raise ExperimentError(msg, column="budget", hint=hint)
    return blocks.keep(kept)


def _simulate(
    panel: Panel,
    windows: Windows,
    request: PlanRequest,
    design: Callable[[Floats], Blocks],
    change: float,
    outcome: str,
    rng: np.random.Generator,
) -> Simulated:
    """Return simulated tests: in each window, geos are grouped by the time before it, and drawn."""
    analysis = request.simulated()
    method = analysis.method
    starts, pre = windows.every, windows.n_pre
    each = [design(panel.outcome[:, start : start + pre]) for start in starts.tolist()]
    if method.by_means:
        changes = window_changes(panel, windows, starts)
        inside = np.array([blocks.codes >= 0 for blocks in each])
        lost = np.flatnonzero((inside & ~np.isfinite(changes)).any(axis=0))
        if len(lost):
            names = [panel.geos[row] for row in lost[:5]]
            msg = f"{', '.join(names)} had no {outcome} in some part of the history"
            why = "a geo without outcome for as long as a test has no logarithm"
            hint = f"buffer={names!r} to leave such geos out, or choose='search'"
            raise ExperimentError(msg, column=outcome, count=len(lost), why=why, hint=hint)
        used = np.where(inside, changes, np.nan)
        if not (np.nanmax(used, axis=1) - np.nanmin(used, axis=1) > ROUNDING).any():
            msg = "all geos changed by the same proportion, so there is nothing to measure chance by"
            raise ExperimentError(msg, column=outcome, hint="look at the panel: is it made up?")
        return together(
            compared(
                np.where(blocks.codes >= 0, change_of_geo, 0.0),
                blocks.draw(DRAWS, rng),
                blocks.codes,
                analysis.alpha,
                request.sign,
            )
            for blocks, change_of_geo in zip(each, changes, strict=True)
        )
    count = max(1, math.ceil((SLOWEST if method.refits else SLOW) / len(starts)))
    tests = (
        window_test(panel, arms, blocks.codes, start, windows)
        for blocks, start in zip(each, starts.tolist(), strict=True)
        for arms in blocks.draw(count, rng)
    )
    shown = bar(tests, "simulated tests", request.analysis.progress, total=count * len(starts))
    return tried_out(shown, analysis, request.sign, 1.0 if math.isnan(change) else change)
