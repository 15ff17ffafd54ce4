"""GeoPlan: a planned geo test in numbers, in words and as pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from attribution._checks import one_of
from attribution._display import Display
from attribution._typing import Floats, Ints
from attribution.diagnostics import CheckResults
from attribution.errors import ExperimentError
from attribution.experiments.geo import geo_plan_text, plan_checks, plan_plot
from attribution.experiments.geo.aa_tests import Simulated
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.history_windows import Windows
from attribution.experiments.geo.method import GeoMethod
from attribution.experiments.geo.panel import Panel, known_geos
from attribution.experiments.geo.panel_times import read_time
from attribution.experiments.geo.plan_request import PlanRequest
from attribution.experiments.geo.planned_cost import PlannedCost
from attribution.experiments.geo.search import Searched
from attribution.experiments.shared.lift import Estimate

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes


@dataclass(frozen=True, eq=False)
class Assigned:
    """Who is treated, and what simulated tests found.

    Attributes
    ----------
    arms, strata
        int64, shape (n,): 0 control, 1 and so on the cells, -1 left out; block of each geo, -1 without.
    how
        How pairs or blocks were made.
    analysis
        How the test will be analysed.
    simulated, aa_tests, searched
        What simulated tests found, those of nothing, and the candidates of a search.
    """

    arms: Ints
    strata: Ints | None
    how: str
    analysis: GeoRequest
    simulated: Simulated
    aa_tests: Simulated
    searched: Searched | None = None


@dataclass(frozen=True, eq=False, repr=False)
class GeoPlan(Display):
    """A geo test before it is run.

    Attributes
    ----------
    kind, choose
        ``"heavy_up"``, ``"go_dark"`` or ``"holdback"``; ``"pairs"``, ``"strata"`` or ``"search"``.
    periods, cooldown
        Periods of treatment, and those after it whose outcome counts still.
    treated
        Names of the treated geos; a mapping of cells to names where there are several.
    control
        Names of the control geos.
    left_out
        Geos that take no part, though they are in the panel.
    strata
        Pair or block of each geo; None where nothing was random.
    method
        What analyses the test, with its options.
    buffer, holidays
        Geos (`left_out` among them) and times that the analysis leaves out.
    outcome, step
        The outcome's name, and what a period is.
    alpha, target_power
        Level of each cell's comparison, and the power that the MDE refers to.
    size
        Share of simulated tests of nothing that found something, with its binomial interval.
    mde_lift
        Smallest effect found with the target power, as a share of the outcome, without sign; inf where
        none is. Of a search: on windows that did not choose.
    mde_lift_chosen
        The same on the windows that chose, which flatter the winner; None without a search.
    windows
        Where the test was tried out.
    simulated
        What the simulated tests found.
    planned_cost, planned_cost_of_one
        Planned cost of the test, and of one cell.
    change
        What treatment does to spend, as a share; missing where no spend is usual, or known.
    how
        How pairs or blocks were made.
    checks
        What to know before anything is spent.
    searched
        Candidates of a search; None without.
    panel
        The history.
    """

    kind: str
    choose: str
    periods: int
    cooldown: int
    treated: tuple[str, ...] | Mapping[str, tuple[str, ...]]
    control: tuple[str, ...]
    left_out: tuple[str, ...]
    strata: Mapping[str, str] | None
    method: GeoMethod
    buffer: tuple[str, ...]
    holidays: Any
    outcome: str
    step: str
    alpha: float
    target_power: float
    size: Estimate
    mde_lift: float
    mde_lift_chosen: float | None
    windows: Windows
    simulated: Simulated
    planned_cost: PlannedCost
    planned_cost_of_one: PlannedCost
    change: float
    how: str
    checks: CheckResults
    searched: Searched | None
    panel: Panel

    @classmethod
    def make(
        cls,
        *,
        request: PlanRequest,
        panel: Panel,
        windows: Windows,
        outcome: str,
        assigned: Assigned,
        planned_cost: PlannedCost,
        planned_cost_of_one: PlannedCost,
        change: float,
    ) -> GeoPlan:
        """Return the plan of a drawn or found assignment.

        Parameters
        ----------
        request
            What was asked.
        panel, windows, outcome
            The history.
        assigned
            Who is treated, and what simulated tests found.
        planned_cost, planned_cost_of_one, change
            As the attributes.
        """
        arms, strata, options = assigned.arms, assigned.strata, request.options
        names = np.array(panel.geos, dtype=object)
        cells = {cell: tuple(names[arms == 1 + number]) for number, cell in enumerate(request.cells)}
        left_out = tuple(names[arms < 0])
        buffer = known_geos(options.buffer, "buffer", options.buffer)
        held = None
        if strata is not None:
            width = len(str(int(strata.max()) + 1))
            held = {
                str(geo): f"{int(code) + 1:0{width}d}"
                for geo, code in zip(names, strata, strict=True)
                if code >= 0
            }
        searched = assigned.searched
        chosen = None if searched is None else searched.chosen[searched.winner]
        size = assigned.aa_tests.size()
        return cls(
            kind=request.kind,
            choose=request.choice.name,
            periods=request.periods,
            cooldown=options.cooldown,
            treated=cells if len(cells) > 1 else cells[request.cells[0]],
            control=tuple(names[arms == 0]),
            left_out=left_out,
            strata=held,
            method=assigned.analysis.method,
            buffer=(*buffer, *left_out),
            holidays=options.holidays,
            outcome=outcome,
            step=panel.step,
            alpha=request.level,
            target_power=request.power,
            size=size,
            mde_lift=assigned.simulated.mde(request.power),
            mde_lift_chosen=None if chosen is None else chosen.mde(request.power),
            windows=windows,
            simulated=assigned.simulated,
            planned_cost=planned_cost,
            planned_cost_of_one=planned_cost_of_one,
            change=change,
            how=assigned.how,
            checks=plan_checks.check(
                size=size,
                n_nothings=len(assigned.aa_tests.alarms),
                alpha=request.level,
                windows=windows,
                step=panel.step,
                simulated=assigned.simulated,
                chosen=chosen,
                power=request.power,
                share=1.0 / len(cells),
            ),
            searched=searched,
            panel=panel,
        )

    @property
    def cells(self) -> dict[str, tuple[str, ...]]:
        """Treated geos of each cell; ``"treatment"`` where there is one."""
        return dict(self.treated) if isinstance(self.treated, Mapping) else {"treatment": self.treated}

    @property
    def sign(self) -> int:
        """Direction of the effect on the outcome."""
        return -1 if self.kind == "go_dark" else 1

    @property
    def n_test(self) -> int:
        """Periods whose outcome counts."""
        return self.windows.n_test

    def since(self, times: Any, start: Any) -> Any:
        """Return the first time that the analysis uses, so that it sees as much as the simulated tests saw.

        Parameters
        ----------
        times
            Times of the panel to analyse, in order.
        start
            First time of the treatment.
        """
        place = int(np.searchsorted(times, read_time(start, "start", times))) - self.windows.n_pre
        return times[max(place, 0)]

    @property
    def mde(self) -> float:
        """Smallest effect found with the target power, per treated geo and period, without sign."""
        size = len(next(iter(self.cells.values())))
        return self.mde_lift * self.planned_cost_of_one.sales / (size * self.n_test)

    @property
    def iroas_told(self) -> float:
        """Smallest iROAS told from none, and distance told from break-even, with the target power."""
        return self.planned_cost_of_one.iroas(self.mde_lift)

    def power(self, lift: float) -> float:
        """Return the chance to find an effect.

        Parameters
        ----------
        lift
            As a share of the outcome: 0.05 for 5%; its sign is that of the kind of test.
        """
        return float(self.simulated.power([lift])[0])

    def curve(self, lifts: Any = None) -> pd.DataFrame:
        """Return power against the size of the effect.

        Parameters
        ----------
        lifts
            Effects as shares of the outcome, without sign; by default 41 up to two and a half times the MDE.

        Returns
        -------
        pandas.DataFrame
            Columns ``lift``, ``power``, ``incremental`` (outcome in the whole test), ``iroas`` where the cost
            is known, and ``power_chosen`` of a search: on the windows that chose.

        Raises
        ------
        ExperimentError
            If a lift is no number.
        """
        import pandas as pd

        at = self._grid() if lifts is None else np.abs(np.atleast_1d(np.asarray(lifts, np.float64)))
        if not np.isfinite(at).all():
            msg = "lifts must be numbers"
            raise ExperimentError(msg, column="lifts", hint="plan.curve([0.02, 0.05, 0.1])")
        columns: dict[str, Floats] = {
            "lift": self.sign * at,
            "power": self.simulated.power(at),
            "incremental": self.sign * at * self.planned_cost_of_one.sales,
        }
        if math.isfinite(self.planned_cost_of_one.cost):
            columns["iroas"] = np.array([self.planned_cost_of_one.iroas(lift) for lift in at.tolist()])
        if self.searched is not None:
            columns["power_chosen"] = self.searched.chosen[self.searched.winner].power(at)
        return pd.DataFrame(columns)

    def _grid(self) -> Floats:
        top = self.mde_lift
        if not math.isfinite(top) or top <= 0:
            known = self.simulated.needed[np.isfinite(self.simulated.needed)]
            top = float(known.max()) if len(known) and known.max() > 0 else 0.2
        most = 2.5 * top if self.sign > 0 else min(2.5 * top, 1.0)
        return np.linspace(0.0, most, 41)

    def to_frame(self) -> pd.DataFrame:
        """Return a row a geo.

        Returns
        -------
        pandas.DataFrame
            Columns ``geo``, ``arm`` (a cell, ``"holdout"`` or ``"left out"``), ``stratum`` where geos were
            drawn at random, ``mean`` (outcome a period, at the end of the history), ``share`` (of all
            geos'), and ``spend`` a period where known.
        """
        import pandas as pd

        recent = self.windows.n_pre
        mean = self.panel.outcome[:, -recent:].mean(axis=1)
        arm = dict.fromkeys(self.control, "holdout") | dict.fromkeys(self.left_out, "left out")
        arm |= {geo: cell for cell, geos in self.cells.items() for geo in geos}
        columns: dict[str, Any] = {"geo": list(self.panel.geos), "arm": [arm[geo] for geo in self.panel.geos]}
        if self.strata is not None:
            columns["stratum"] = [self.strata.get(geo) for geo in self.panel.geos]
        columns["mean"] = mean
        columns["share"] = mean / mean.sum() if mean.sum() else np.nan
        if self.panel.cost is not None:
            columns["spend"] = self.panel.cost[:, -recent:].mean(axis=1)
        return pd.DataFrame(columns)

    def candidates(self) -> pd.DataFrame:
        """Return the sets that a search compared, the most predictable first.

        Returns
        -------
        pandas.DataFrame
            Columns ``geos``, ``error`` (how far off they are predicted on the windows that choose, as a
            share of the outcome: root mean square a period), ``share`` (of the outcome),
            ``mde_lift_chosen`` and ``mde_lift`` of the few that were simulated, on the windows that chose
            and on those that did not, and ``chosen``.

        Raises
        ------
        ExperimentError
            If there was no search.
        """
        import pandas as pd

        if self.searched is None:
            msg = f"choose={self.choose!r} drew geos at random and compared no candidates"
            raise ExperimentError(msg, column="choose", hint="plan_geo(..., choose='search')")
        found = self.searched
        names = np.array(self.panel.geos, dtype=object)
        mean = self.panel.outcome[:, -self.windows.n_pre :].mean(axis=1)
        places = range(len(found.sets))
        missing = math.nan

        def mde(simulated: Mapping[int, Simulated]) -> list[float]:
            return [
                simulated[place].mde(self.target_power) if place in simulated else missing for place in places
            ]

        return pd.DataFrame(
            {
                "geos": [", ".join(row) for row in names[found.sets]],
                "error": found.error,
                "share": mean[found.sets].sum(axis=1) / mean.sum(),
                "mde_lift_chosen": mde(found.chosen),
                "mde_lift": mde(found.judged),
                "chosen": np.arange(len(found.sets)) == found.winner,
            }
        )

    def plot(self, kind: Literal["history", "power"] = "history", *, ax: Axes | None = None) -> Axes:
        """Draw the plan.

        Parameters
        ----------
        kind
            ``"history"``: treated and control geos over time, and what the smallest detectable effect
            would look like. ``"power"``: the chance to find an effect against its size.
        ax
            A matplotlib Axes to draw on; a new figure by default.

        Returns
        -------
        Axes
            The axes drawn on.

        Raises
        ------
        ExperimentError
            If `kind` is unknown.
        """
        one_of(kind, "kind", ("history", "power"), error=ExperimentError)
        return plan_plot.history(self, ax) if kind == "history" else plan_plot.power(self, ax)

    def summary(self) -> str:
        """Return the plan in words.

        Returns
        -------
        str
            What to do in which geos, how long, what it can see, how often it cries wolf, what it costs.
        """
        return "\n".join([self._title(), *self._notes()])

    def _title(self) -> str:
        return geo_plan_text.title(self)

    def _notes(self) -> tuple[str, ...]:
        return tuple(geo_plan_text.sentences(self))
