"""Analyse a geo test: `analyze_geo`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Unpack

import numpy as np

from attribution._migration import tells_renamed
from attribution._options import taken
from attribution.diagnostics import CheckResult, CheckResults
from attribution.errors import FEWER_COLUMNS, ExperimentError, enough_memory
from attribution.experiments.geo.geo_assignment import GeoTest, cells_of, lay_out, strata_of
from attribution.experiments.geo.geo_checks import check
from attribution.experiments.geo.geo_labels import several_names
from attribution.experiments.geo.geo_lift import compose
from attribution.experiments.geo.geo_plan import GeoPlan
from attribution.experiments.geo.geo_request import GeoRequest, one_name
from attribution.experiments.geo.incremental_cost import spent
from attribution.experiments.geo.methods import OPTIONS, Method, as_method, method_of
from attribution.experiments.geo.panel import Panel
from attribution.experiments.geo.panel_options import PanelKeywords, PanelOptions
from attribution.experiments.geo.window import Window
from attribution.experiments.shared.experiment_rows import label_of
from attribution.experiments.shared.lift import Lift, Lifts
from attribution.experiments.shared.significance import Significance, SignificanceKeywords, refuse_power
from attribution.stats.multiplicity import Correction, adjust


class GeoKeywords(PanelKeywords, SignificanceKeywords, total=False):
    """What `analyze_geo` takes by name beside its own arguments."""


_CHECKED = 199  # placebos of the checks, at most


@tells_renamed(ExperimentError, as_method, OPTIONS)
@enough_memory(FEWER_COLUMNS)
def analyze_geo(
    panel: Any,
    *,
    outcome: str = "sales",
    treated: Any = None,
    start: Any = None,
    end: Any = None,
    cost: str | float | tuple[float, float] | None = None,
    value: float = 1.0,
    method: Method = "auto",
    strata: Any = None,
    plan: GeoPlan | None = None,
    progress: bool | None = None,
    checks: Sequence[CheckResult] = (),
    options: PanelOptions | None = None,
    significance: Significance | None = None,
    **keywords: Unpack[GeoKeywords],
) -> Lift | Lifts:
    """Tell what a treatment of whole regions caused.

    Difference, lift and incremental outcome are images of one another under one test, so that p-value and
    intervals never contradict one another.

    Parameters
    ----------
    panel
        A row for each geo and period: a path to Parquet, CSV or Arrow files, a pandas, polars or pyarrow
        table, a mapping of columns.
    outcome
        Column of the outcome, such as sales.
    treated
        The treated geos, or, where several treatments ran at once, a mapping of cell names to their geos.
    start, end
        First and last time of the treatment, both included.
    cost
        Column of spend, or the incremental cost in all, or that and its standard error. For iROAS and cost
        per incremental outcome.
    value
        What a unit of the outcome is worth, for iROAS; 1 where the outcome is money.
    method
        A method with its options, such as ``at.SyntheticControl(inference="conformal")``, or its name for all
        defaults. ``"did"``, `DiD`: log change a geo, treated against control; for geos assigned at random.
        ``"synthetic_control"``, `SyntheticControl`: control geos weighted so that they move as the treated
        did before. ``"augmented_synthetic_control"``, `AugmentedSyntheticControl`: the same, corrected by a
        ridge regression. ``"synthetic_did"``, `SyntheticDiD`: periods are weighted as well. ``"tbr"``, `TBR`:
        time-based regression of the treated total on the control total. ``"bsts"``, `BSTS`: structural time
        series. ``"gbr"``, `GBR`: geo-based regression on the change of spend. ``"trimmed_match"``,
        `TrimmedMatch`: for pairs with heavy tails, of the test alone. ``"auto"``: ``"did"`` where `strata` or
        `plan` tell of a random assignment, else ``"synthetic_control"``.
    strata
        In which groups geos were assigned at random: a list of pairs or groups of geos, or a mapping of geos
        to labels. `TrimmedMatch` needs pairs.
    plan
        A plan by `plan_geo`: treated geos, strata, method, cooldown, holidays and how much of the
        time before the test to use come from it, unless given; its buffer is left out beside `buffer`.
    progress
        Whether to show a progress bar; by default in terminals and notebooks.
    checks
        Results of further checks to show.
    options
        How the panel is read, and which of its geos and times count, as one value.
    significance
        Level, and correction for several cells, as one value.
    **keywords
        Their fields one by one: ``geo``, ``time``, ``since``, ``cooldown``, ``holidays``, ``buffer`` and
        ``missing`` of `PanelOptions`; ``alpha`` and ``correction`` of `Significance`.

    Returns
    -------
    Lift
        With `path` (actual and counterfactual over time) and `weights`. `Lifts` where `treated` has cells.

    Raises
    ------
    ExperimentError
        If a column or geo is misspelt (the message names the nearest), times are missing, doubled or outside
        the panel, an arm is empty, or too little is left to judge by.

    Examples
    --------
    >>> import numpy as np
    >>> import attribution as at
    >>> rng = np.random.default_rng(7)
    >>> geos = [f"city {n:02d}" for n in range(20)]
    >>> level, season = rng.lognormal(7, 0.5, (20, 1)), 1 + 0.2 * np.sin(np.arange(70) * 2 * np.pi / 7)
    >>> sales = level * season * rng.lognormal(0, 0.05, (20, 70))
    >>> sales[:8, 56:] *= 1.10  # what the campaign adds in eight cities, in the last two weeks
    >>> panel = {
    ...     "geo": np.repeat(geos, 70),
    ...     "date": np.tile(np.arange("2026-03-01", "2026-05-10", dtype="datetime64[D]"), 20),
    ...     "sales": sales.ravel(),
    ... }
    >>> lift = at.analyze_geo(panel, treated=geos[:8], start="2026-04-26", end="2026-05-09", method="did")
    >>> lift.verdict, round(lift.relative.value, 3), round(lift.relative.low, 3), round(lift.relative.high, 3)
    ('effect', 0.1..., 0.0..., 0.1...)
    """
    given: dict[str, Any] = dict(keywords)
    read = taken(PanelOptions, options, "options", given, ExperimentError)
    one_name(outcome, "outcome", "analyze_geo")
    refuse_power(given)
    test = taken(Significance, significance, "significance", given, ExperimentError)
    test.only(
        ("alpha", "correction"), "every inference of a geo test holds both directions against one another"
    )
    if plan is not None:
        if not isinstance(plan, GeoPlan):
            msg = f"plan is of type {type(plan).__name__}, and is made by plan_geo"
            raise ExperimentError(msg, column="plan", hint="plan=None")
        treated = _without(plan.treated, read.buffer) if treated is None else treated
        strata = plan.strata if strata is None else strata
        named = isinstance(method, str) and method in ("auto", plan.method.name)
        method = plan.method if named else method
        read = read.of_plan(plan)
        if read.since is None and start is not None:
            read = replace(read, since=partial(plan.since, start=start))
    request = GeoRequest.read(
        method_of(method, random=strata is not None),
        cost=cost,
        value=value,
        cooldown=read.cooldown,
        alpha=test.alpha,
        progress=progress,
    )
    _refuse_checks(checks)
    tests = _laid_out(panel, treated, start, end, strata, read, request, outcome)
    lifts = {cell: _lift(one, request, checks, cell) for cell, one in tests.items()}
    if not isinstance(treated, Mapping):
        return lifts["treatment"]
    return _several(lifts, tests, request, checks, test.correction)


def _laid_out(
    panel: Any,
    treated: Any,
    start: Any,
    end: Any,
    strata: Any,
    options: PanelOptions,
    request: GeoRequest,
    outcome: str,
) -> dict[str, GeoTest]:
    """Return the panel as a test of each cell."""
    if isinstance(treated, Mapping):
        treated = {cell: several_names(geos) for cell, geos in treated.items()}
    elif treated is not None:
        treated = several_names(treated)
    flat = list(treated.values()) if isinstance(treated, Mapping) else [treated or ()]
    _refuse_both(flat, options.buffer)
    read = Panel.read(
        panel,
        geo=options.geo,
        time=options.time,
        outcome=outcome,
        cost=request.cost_column,
        holidays=options.holidays,
        buffer=options.buffer,
        missing=options.missing,
        needed=[label_of(one) for part in flat for one in part],
        window=Window(options.since, start, end, options.cooldown),
    )
    cells = cells_of(treated, read.geos)
    groups = strata_of(strata, (*read.geos, *map(label_of, options.buffer)))
    if len(cells) > 1 and request.cost is not None:
        msg = f"cost={request.cost.total!r} is one total, and there are {len(cells)} cells"
        raise ExperimentError(msg, column="cost", hint='cost="cost", a column of the panel, tells them apart')
    everyone = [name for names in cells.values() for name in names]
    return {
        cell: lay_out(
            read,
            names,
            start=start,
            end=end,
            cooldown=options.cooldown,
            strata=groups,
            aside=everyone,
            outcome=outcome,
        )
        for cell, names in cells.items()
    }


def _refuse_checks(checks: Any) -> None:
    if not all(isinstance(one, CheckResult) for one in several_names(checks)):
        msg = f"checks={checks!r} holds what is no CheckResult"
        hint = 'checks=[CheckResult("prices", True, "no geo changed its prices")]'
        raise ExperimentError(msg, column="checks", hint=hint)


def _refuse_both(cells: Iterable[Any], buffer: Any) -> None:
    gone = {label_of(geo) for geo in several_names(buffer)}
    both = sorted(gone & {label_of(geo) for part in cells for geo in several_names(part)})
    if both:
        msg = f"the geo {both[0]!r} is treated, and buffer= leaves it out"
        hint = "take it out of one of the two"
        raise ExperimentError(msg, column="buffer", count=len(both), hint=hint)


def _without(treated: Any, buffer: Any) -> Any:
    """Return the planned treated geos less those that the caller leaves out."""
    gone = {label_of(geo) for geo in several_names(buffer)}
    if isinstance(treated, Mapping):
        return {cell: _without(geos, buffer) for cell, geos in treated.items()}
    return tuple(geo for geo in treated if label_of(geo) not in gone)


def _several(
    lifts: dict[str, Lift],
    tests: dict[str, GeoTest],
    request: GeoRequest,
    checks: Sequence[CheckResult],
    correction: Correction,
) -> Lifts:
    """Return the cells, each at the level at which the joint procedure tested it."""
    p_values = np.array([lift.p_value for lift in lifts.values()])
    adjusted, levels = adjust(p_values, request.alpha, correction)
    at_levels = {
        cell: lift
        if level == request.alpha
        else _lift(
            tests[cell],
            replace(request, alpha=float(level), share=float(level) / request.alpha),
            checks,
            cell,
        )
        for (cell, lift), level in zip(lifts.items(), levels, strict=True)
    }
    return Lifts("cell", at_levels, dict(zip(lifts, adjusted.tolist(), strict=True)), correction)


def _lift(test: GeoTest, request: GeoRequest, given: Sequence[CheckResult], cell: str) -> Lift:
    fitted = request.method.fit(test, request)
    money = spent(test, request)
    if money is not None and "cost_change" in fitted.details:
        total, how = fitted.details["cost_change"]
        money = replace(money, total=total, how=how)
    quiet = replace(request, progress=False, method=request.method.fewer(_CHECKED))
    found = CheckResults([*check(test, fitted, money, quiet), *given])
    return compose(test, fitted, request, money, found, cell=cell)
