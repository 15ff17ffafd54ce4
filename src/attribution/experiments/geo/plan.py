"""Plan a geo test: `plan_geo`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np

from attribution._progress import bar
from attribution._typing import Floats, Ints
from attribution.errors import FEWER_COLUMNS, ExperimentError, enough_memory
from attribution.experiments.geo.designs import Blocks, blocks_of, groups_by_size, pair_up, strata_by_size
from attribution.experiments.geo.did import ROUNDING
from attribution.experiments.geo.geo_plan import GeoPlan
from attribution.experiments.geo.history import Windows, windows_of
from attribution.experiments.geo.methods import Method
from attribution.experiments.geo.outlay import change_of, outlay, per_geo
from attribution.experiments.geo.panel import Panel, known_geos
from attribution.experiments.geo.plan_request import PlanRequest
from attribution.experiments.geo.plan_search import best_set
from attribution.experiments.geo.request import one_name
from attribution.experiments.geo.simulate import (
    Simulated,
    compared,
    together,
    tried_out,
    window_changes,
    window_test,
)

DRAWS = 200  # assignments in each window, where one takes no time
SLOW = 100  # simulated tests in all, where each takes a fit
SLOWEST = 30  # where each takes many
FEWEST_BLOCKS = 2


@enough_memory(FEWER_COLUMNS)
def plan_geo(
    panel: Any,
    *,
    periods: int,
    geo: str = "geo",
    time: str = "date",
    outcome: str = "sales",
    kind: Literal["heavy_up", "go_dark", "holdback"] = "heavy_up",
    choose: Literal["pairs", "strata", "search"] = "pairs",
    n_treated: int | None = None,
    cells: Any = 1,
    include: Any = (),
    exclude: Any = (),
    method: Method = "auto",
    cost: str | None = None,
    change: float | None = None,
    budget: float | None = None,
    value: float = 1.0,
    cooldown: int = 0,
    holidays: Any = (),
    buffer: Any = (),
    missing: Literal["refuse", "zero", "drop"] = "refuse",
    power: float = 0.8,
    alpha: float = 0.05,
    windows: int = 50,
    candidates: int = 1000,
    rng: Any = 0,
    progress: bool | None = None,
) -> GeoPlan:
    """Plan a test of whole regions: who is treated, what it can see, and how often it cries wolf.

    The test is tried out on the advertiser's own history, with the method and the inference that will
    analyse it: on windows of the past, in which nothing was done, effects are put in and looked for. Power,
    smallest detectable effect (MDE) and false alarms are what came out.

    Parameters
    ----------
    panel
        The history, a row for each geo and period, as `analyze_geo` takes it.
    periods
        How long the treatment will last, in periods of the panel (days, weeks).
    geo, time, outcome
        Columns: name of the geo; day (or week, month, or a whole number); outcome, such as sales.
    kind
        ``"heavy_up"``: more spend in the treated geos. ``"go_dark"``: none there, so that the outcome falls.
        ``"holdback"``: something new everywhere but in the control geos.
    choose
        ``"pairs"``: geos alike in pairs (groups, where there are several cells), one of each drawn at random.
        ``"strata"``: blocks of geos of like size, in each some drawn at random. ``"search"``: the set of
        geos that the others predict best, among random and greedy candidates; nothing is random then, so
        that the analysis rests on the fit alone.
    n_treated
        Treated geos, in each cell. By default half of them in pairs, a quarter in strata (three quarters for
        ``"holdback"``), a fifth in a search (at least two).
    cells
        How many treatments, or their names: each is compared with the control geos, at ``alpha / cells``, the
        first step of Holm's procedure.
    include, exclude
        Geos that must, and that must not be treated. `include` is for a search; a random design leaves
        excluded geos out altogether, a search keeps them as control.
    method
        As in `analyze_geo`, a value with its options or a name; ``"auto"`` is ``"did"`` for pairs and strata,
        ``"synthetic_control"`` for a search.
    cost
        Column of past spend, which tells what the test costs.
    change
        What the treatment does to spend: 1.0 doubles it (default of ``"heavy_up"``), -1.0 ends it (of
        ``"go_dark"``).
    budget
        Most that the test may cost, or save, over all treated geos; without `cost` it is what the test costs,
        and no share of a spend that nobody knows.
    value
        What a unit of the outcome is worth, for iROAS; 1 where the outcome is money.
    cooldown
        Periods after the treatment whose outcome counts still. Effects are averages over all that counts.
    holidays, buffer, missing
        As in `analyze_geo`: times and geos to leave out, and what to do about missing rows.
    power, alpha
        Wished chance to find an effect, and level of the test.
    windows
        Windows of the history to try the test out on.
    candidates
        Random sets of geos that a search compares.
    rng
        Seed or generator; decides who is treated. The same seed gives the same plan.
    progress
        Whether to show a progress bar; by default in terminals and notebooks.

    Returns
    -------
    GeoPlan
        Treated and control geos, power, MDE and false alarms; ``analyze_geo(panel, plan=plan, start=...,
        end=...)`` analyses the test as planned.

    Raises
    ------
    ExperimentError
        If a column or geo is misspelt (the message names the nearest), there are too few geos or too little
        history, or the budget pays for nothing.

    Examples
    --------
    >>> import attribution as at
    >>> history = at.datasets.simulate_geo(30, days=120, seed=7)
    >>> plan = at.plan_geo(history.panel, periods=28, cost="spend", holidays=history.holidays)
    >>> len(plan.treated), len(plan.control), plan.method
    (15, 15, DiD(inference=None, rng=0))
    >>> 0.005 < plan.mde_lift < 0.1
    True
    """
    request = PlanRequest.read(
        periods=periods,
        kind=kind,
        choose=choose,
        n_treated=n_treated,
        cells=cells,
        change=change,
        budget=budget,
        power=power,
        windows=windows,
        candidates=candidates,
        rng=rng,
        method=method,
        cost=cost,
        value=value,
        cooldown=cooldown,
        alpha=alpha,
        progress=progress,
    )
    one_name(geo, "geo", "plan_geo")
    one_name(time, "time", "plan_geo")
    one_name(outcome, "outcome", "plan_geo")
    read = Panel.read(
        panel,
        geo=geo,
        time=time,
        outcome=outcome,
        cost=cost,
        holidays=holidays,
        buffer=buffer,
        missing=missing,
        needed=[include] if isinstance(include, str) else include,
    )
    wanted, barred = _wishes(read, include, exclude, request)
    laid = windows_of(len(read.times), request.n_test, request.windows, read.step)
    budgeted = request.budget is not None
    moved = change_of(request.kind, request.change, has_cost=read.cost is not None, budgeted=budgeted)
    assigning, simulating = _streams(rng)
    common = {
        "request": request,
        "panel": read,
        "windows": laid,
        "outcome": outcome,
        "buffer": known_geos(buffer, "buffer", buffer if not isinstance(buffer, str) else [buffer]),
        "holidays": holidays,
    }
    prices = per_geo(read, moved, request.periods, laid.n_pre)
    if request.choose == "search":
        searched, fixed = best_set(read, laid, request, wanted, barred, prices, moved, simulating)
        arms = np.zeros(len(read.geos), np.int64)
        arms[searched.sets[searched.winner]] = 1
        found, strata = searched.judged[searched.winner], None
        common |= {"searched": searched, "analysis": fixed, "how": "", "nothings": searched.nothings}
    else:
        design = partial(_blocks, request=request, barred=barred, prices=prices)
        blocks = design(read.outcome[:, -laid.n_pre :])
        found = _simulate(read, laid, request, design, moved, outcome, simulating)
        arms, strata = blocks.draw(1, assigning)[0], blocks.codes
        common |= {"searched": None, "analysis": request.analysis, "how": blocks.how, "nothings": found}
    spent = outlay(
        read,
        np.flatnonzero(arms > 0),
        change=moved,
        periods=request.periods,
        n_test=request.n_test,
        recent=laid.n_pre,
        budget=request.budget,
        value=request.analysis.value,
    )
    one = outlay(
        read,
        np.flatnonzero(arms == 1),
        change=moved,
        periods=request.periods,
        n_test=request.n_test,
        recent=laid.n_pre,
        budget=None if request.budget is None else request.budget / len(request.cells),
        value=request.analysis.value,
    )
    return GeoPlan.make(
        arms=arms, strata=strata, simulated=found, outlay=spent, outlay_of_one=one, change=moved, **common
    )


def _streams(rng: Any) -> tuple[np.random.Generator, np.random.Generator]:
    try:
        one, other = np.random.default_rng(rng).spawn(2)
    except (TypeError, ValueError) as error:
        msg = f"rng={rng!r} makes no random numbers"
        raise ExperimentError(msg, column="rng", hint="rng=7") from error
    return one, other


def _wishes(panel: Panel, include: Any, exclude: Any, request: PlanRequest) -> tuple[Ints, Ints]:
    """Return the rows that must and that must not be treated."""
    wanted = known_geos(include, "include", panel.geos)
    barred = known_geos(exclude, "exclude", panel.geos)
    both = sorted(set(wanted) & set(barred))
    if both:
        msg = f"the geo {both[0]!r} must be treated, and must not be"
        raise ExperimentError(msg, column="include", count=len(both), hint="take it out of one of the two")
    if wanted and request.choose != "search":
        msg = f"include= names {wanted[0]!r}, and choose={request.choose!r} lets chance decide"
        why = "a geo that is treated for sure cannot be compared as if chance had treated it"
        hint = "choose='search', or leave include out"
        raise ExperimentError(msg, column="include", why=why, hint=hint)
    return panel.places(wanted), panel.places(barred)


def _blocks(past: Floats, *, request: PlanRequest, barred: Ints, prices: Floats | None) -> Blocks:
    """Return pairs or strata by the time before a test, that the budget pays for whatever chance decides."""
    n, cells = len(past), len(request.cells)
    rows = np.setdiff1d(np.arange(n), barred)
    size = past.mean(axis=1)
    group = cells + 1
    most = len(rows) // group
    wanted = request.n_treated
    if request.choose == "strata" and wanted is None:
        quarter = max(len(rows) // 4, FEWEST_BLOCKS)
        wanted = most if cells > 1 else len(rows) - quarter if request.kind == "holdback" else quarter
    least = FEWEST_BLOCKS * group
    if len(rows) < least:
        msg = f"{len(rows)} geos are too few: {cells} treated and a control geo, at least twice, take {least}"
        hint = "smaller regions (cities rather than states); or choose='search', which treats as few as one"
        raise ExperimentError(msg, column="geo", hint=hint)
    if request.choose == "strata":
        assert wanted is not None
        if cells * wanted > len(rows) - FEWEST_BLOCKS or wanted < FEWEST_BLOCKS:
            _refuse_count(wanted, FEWEST_BLOCKS, (len(rows) - FEWEST_BLOCKS) // cells, len(rows))
        blocks = strata_by_size(size, rows, wanted, cells)
    else:
        if wanted is not None and not FEWEST_BLOCKS <= wanted <= most:
            _refuse_count(wanted, FEWEST_BLOCKS, most, len(rows))
        if cells == 1:
            groups, how = pair_up(past, rows, max(request.n_test // 4, 1))
        else:
            groups, how = groups_by_size(size, rows, group), f"{group} neighbours by size each"
        # Pairs of like size come first where not all are needed.
        groups.sort(key=lambda each: float(np.ptp(np.log(np.maximum(size[each], 1e-300)))))
        groups = groups[:wanted]
        blocks = blocks_of(groups, n, np.ones(len(groups), np.int64), cells, how)
    return _affordable(blocks, request, prices)


def _refuse_count(wanted: int, least: int, most: int, there: int) -> None:
    msg = f"n_treated={wanted} of {there} geos cannot be drawn and compared"
    hint = f"n_treated from {least} to {most}"
    raise ExperimentError(msg, column="n_treated", hint=hint)


def _affordable(blocks: Blocks, request: PlanRequest, prices: Floats | None) -> Blocks:
    if prices is None or request.budget is None:
        return blocks
    worst = blocks.dearest(prices)
    order = np.argsort(worst, kind="stable")
    kept = np.zeros(len(worst), np.bool_)
    kept[order[np.cumsum(worst[order]) <= request.budget]] = True
    if int(kept.sum()) < FEWEST_BLOCKS:
        least = float(worst[order[:FEWEST_BLOCKS]].sum())
        msg = (
            f"the budget of {request.budget:,.6g} pays for fewer than two "
            f"{'pairs' if request.choose == 'pairs' else 'blocks'}: the cheapest two may cost {least:,.6g}"
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
    method = request.analysis.method.simulated()
    level = request.analysis.alpha / len(request.cells)
    analysis = replace(request.analysis, method=method, alpha=level, progress=False)
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
