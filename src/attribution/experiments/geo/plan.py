"""Plan a geo test: `plan_geo`."""

from __future__ import annotations

from typing import Any, Literal, Unpack

from attribution._migration import tells_renamed
from attribution._options import taken
from attribution.errors import FEWER_COLUMNS, ExperimentError, enough_memory
from attribution.experiments.geo.choices import Choice, ChoiceKeywords, choice_of
from attribution.experiments.geo.geo_plan import GeoPlan
from attribution.experiments.geo.geo_request import one_name
from attribution.experiments.geo.methods import OPTIONS, Method, as_method
from attribution.experiments.geo.panel_options import PanelKeywords, PanelOptions
from attribution.experiments.geo.plan_request import PlanRequest
from attribution.experiments.geo.planning import planned
from attribution.experiments.shared.significance import Significance, SignificanceKeywords


class PlanKeywords(PanelKeywords, ChoiceKeywords, SignificanceKeywords, total=False):
    """What `plan_geo` takes by name beside its own arguments."""


@tells_renamed(ExperimentError, as_method, OPTIONS)
@enough_memory(FEWER_COLUMNS)
def plan_geo(
    panel: Any,
    *,
    periods: int,
    outcome: str = "sales",
    kind: Literal["heavy_up", "go_dark", "holdback"] = "heavy_up",
    change: float | None = None,
    choose: Literal["pairs", "strata", "search"] | Choice = "pairs",
    method: Method = "auto",
    cost: str | None = None,
    budget: float | None = None,
    value: float = 1.0,
    rng: Any = 0,
    progress: bool | None = None,
    options: PanelOptions | None = None,
    significance: Significance | None = None,
    **keywords: Unpack[PlanKeywords],
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
    outcome
        Column of the outcome, such as sales.
    kind
        ``"heavy_up"``: more spend in the treated geos. ``"go_dark"``: none there, so that the outcome falls.
        ``"holdback"``: something new everywhere but in the control geos.
    change
        What the treatment does to spend: 1.0 doubles it (default of ``"heavy_up"``), -1.0 ends it (of
        ``"go_dark"``).
    choose
        ``"pairs"``, `MatchedPairs`: geos alike in pairs (groups, where there are several cells), one of each
        drawn at random. ``"strata"``, `Stratified`: blocks of geos of like size, in each some drawn at
        random. ``"search"``, `GeoSearch`: the set of geos that the others predict best, among random and
        greedy candidates; nothing is random then, so that the analysis rests on the fit alone.
    method
        As in `analyze_geo`, a value with its options or a name; ``"auto"`` is ``"did"`` for pairs and strata,
        ``"synthetic_control"`` for a search.
    cost
        Column of past spend, which tells what the test costs.
    budget
        Most that the test may cost, or save, over all treated geos; without `cost` it is what the test costs,
        and no share of a spend that nobody knows.
    value
        What a unit of the outcome is worth, for iROAS; 1 where the outcome is money.
    rng
        Seed or generator; decides who is treated. The same seed gives the same plan.
    progress
        Whether to show a progress bar; by default in terminals and notebooks.
    options
        How the panel is read, as one value.
    significance
        Level and power of the test, as one value: each cell is compared at ``alpha`` over their number.
    **keywords
        Their fields one by one: ``geo``, ``time``, ``since``, ``cooldown``, ``holidays``, ``buffer`` and
        ``missing`` of `PanelOptions`; ``alpha`` and ``power`` of `Significance`; beside the name of a choice
        its options, ``n_treated``, ``cells``, ``include``, ``exclude``, ``windows`` and ``candidates``.

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
    given: dict[str, Any] = dict(keywords)
    read = taken(PanelOptions, options, "options", given, ExperimentError)
    one_name(outcome, "outcome", "plan_geo")
    test = taken(Significance, significance, "significance", given, ExperimentError)
    choice = choice_of(choose, given)
    request = PlanRequest.read(
        periods=periods,
        kind=kind,
        choice=choice,
        options=read,
        significance=test,
        change=change,
        budget=budget,
        rng=rng,
        method=method,
        cost=cost,
        value=value,
        progress=progress,
    )
    return planned(panel, outcome, request)
