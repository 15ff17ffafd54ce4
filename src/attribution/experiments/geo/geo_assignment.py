"""Who was treated, when, and who is left to compare with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from attribution._typing import Bools, Floats, Ints
from attribution.errors import ExperimentError
from attribution.experiments.geo.panel import Panel, known_geos
from attribution.experiments.geo.panel_times import last_day, named_by_end, read_time, shown
from attribution.experiments.shared.experiment_rows import label_of

FEWEST_BEFORE = 8  # periods: fewer tell neither a fit nor its errors


@dataclass(frozen=True, eq=False)
class GeoTest:
    """A panel from its first period before the test to the last whose outcome counts.

    Attributes
    ----------
    panel
        Outcomes of the treated and the control geos; others are left out.
    treated
        bool, shape (n,).
    n_pre
        Periods before the test.
    n_cooldown
        Periods at the end, after the treatment, whose outcome counts still.
    strata
        int64, shape (n,): code of the stratum that each geo was assigned in; None without strata.
    outcome
        The outcome's name.
    """

    panel: Panel
    treated: Bools
    n_pre: int
    n_cooldown: int
    strata: Ints | None
    outcome: str

    @property
    def n_test(self) -> int:
        """Periods whose outcome counts."""
        return len(self.panel.times) - self.n_pre

    @property
    def n_treated(self) -> int:
        """Treated geos."""
        return int(self.treated.sum())

    @property
    def target(self) -> Floats:
        """Mean outcome of the treated geos, shape (T,)."""
        mean: Floats = self.panel.outcome[self.treated].mean(axis=0)
        return mean

    @property
    def donors(self) -> Floats:
        """Outcomes of the control geos, shape (J, T)."""
        return self.panel.outcome[~self.treated]

    @property
    def actual(self) -> float:
        """Total outcome of the treated geos in the window."""
        return float(self.panel.outcome[self.treated, self.n_pre :].sum())

    @property
    def controls(self) -> tuple[str, ...]:
        """Names of the control geos."""
        return tuple(name for name, one in zip(self.panel.geos, self.treated, strict=True) if not one)

    @property
    def treated_geos(self) -> tuple[str, ...]:
        """Names of the treated geos."""
        return tuple(name for name, one in zip(self.panel.geos, self.treated, strict=True) if one)

    def earlier(self, n_pre: int, n_test: int) -> GeoTest:
        """Return a test of nothing: the same geos, as if treated after `n_pre` periods."""
        return replace(self, panel=self.panel.between(0, n_pre + n_test), n_pre=n_pre, n_cooldown=0)

    def without(self, place: int) -> GeoTest:
        """Return the test without one geo, by its row."""
        kept = np.arange(len(self.panel.geos)) != place
        panel = self.panel
        smaller = Panel(
            tuple(name for name, stays in zip(panel.geos, kept, strict=True) if stays),
            panel.times,
            panel.outcome[kept],
            None if panel.cost is None else panel.cost[kept],
        )
        strata = None if self.strata is None else self.strata[kept]
        return replace(self, panel=smaller, treated=self.treated[kept], strata=strata)


def lay_out(
    panel: Panel,
    treated: Any,
    *,
    start: Any,
    end: Any,
    cooldown: int,
    strata: Mapping[str, str] | None,
    aside: Iterable[str],
    outcome: str,
) -> GeoTest:
    """Return the test, or refuse.

    Parameters
    ----------
    panel
        All geos and times.
    treated
        Names of the treated geos.
    start, end
        First and last time of the treatment.
    cooldown
        Periods after `end` whose outcome counts still.
    strata
        Stratum of each geo; None without.
    aside
        Geos that are in another cell.
    outcome
        The outcome's name.

    Raises
    ------
    ExperimentError
        If the times do not lie in the panel, too little came before, or an arm is empty.
    """
    names = known_geos(treated, "treated", panel.geos)
    begin, last = _place(panel, start, "start", after=False), _place(panel, end, "end", after=True)
    if last <= begin and read_time(start, "start", panel.times) <= read_time(end, "end", panel.times):
        msg = f"every {panel.step} from start={shown(start)!r} to end={shown(end)!r} is left out as a holiday"
        raise ExperimentError(msg, column="holidays", hint="holidays=(), or fewer of them")
    if last <= begin:
        msg = f"end={shown(end)!r} is before start={shown(start)!r}"
        raise ExperimentError(msg, column="end", hint="the last day of the treatment, itself included")
    stop = last + cooldown
    if stop > len(panel.times):
        after = len(panel.times) - last
        msg = f"cooldown={cooldown}, but the panel has only {after} {panel.step}s after the test"
        raise ExperimentError(msg, column="cooldown", hint=f"cooldown={after}, or wait for the rest")
    before = begin
    if before < FEWEST_BEFORE:
        msg = f"only {before} {panel.step}s lie before the test; at least {FEWEST_BEFORE} are needed"
        why = "what would have happened is learnt from the time before"
        raise ExperimentError(
            msg, column="start", why=why, hint="a panel that begins earlier; ten times the test is good"
        )
    others = set(aside) - set(names)
    kept = np.array([name not in others for name in panel.geos])
    rows = np.flatnonzero(kept)
    geos = tuple(panel.geos[row] for row in rows)
    mask = np.isin(np.array(geos, dtype=object), np.array(names, dtype=object))
    if not mask.any() or mask.all():
        which = "no geo is treated" if not mask.any() else "all geos are treated, and none is left to compare"
        raise ExperimentError(which, column="treated", hint='treated=["chicago", "portland"]')
    cut = panel.between(0, stop)
    held = Panel(
        geos, cut.times, cut.outcome[rows], None if cut.cost is None else cut.cost[rows], panel.notes
    )
    return GeoTest(held, mask, before, cooldown, _codes(strata, geos, mask), outcome)


def _place(panel: Panel, time: Any, name: str, *, after: bool) -> int:
    times = panel.times
    if time is None:
        msg = f"{name}= is missing"
        which = "last" if after else "first"
        hint = f"{name}={shown(times[-1])!r} for one: the {which} {panel.step} of the treatment"
        raise ExperimentError(msg, column=name, hint=hint)
    moment = read_time(time, name, times)
    # A test may begin or end on a day that is left out, at the panel's edge too.
    left_out = len(panel.aside) > 0 and moment in panel.aside
    if not left_out and not times[0] <= moment <= last_day(times):
        msg = f"{name}={shown(moment)!r} is outside the panel"
        hint = f"a time from {shown(times[0])} to {shown(times[-1])}"
        raise ExperimentError(msg, column=name, hint=hint)
    if not left_out and times.dtype.kind == "M" and panel.step != "day":
        _refuse_within(panel, moment, name, after=after)
    return int(np.searchsorted(times, moment, side="right" if after else "left"))


def _refuse_within(panel: Panel, moment: Any, name: str, *, after: bool) -> None:
    """Refuse a start or an end within a week, month, quarter or year.

    A test may end on the name of its last period, or on its last day: the day before the next one's name.
    """
    times = panel.times
    if moment in times or (after and (moment + 1 in times or moment == last_day(times))):
        return
    ends = named_by_end(times)
    place = int(np.searchsorted(times, moment))  # of the name that follows
    near = [shown(one) for one in times[max(place - 1, 0) : place + 1]]
    label = near[-1] if ends and place < len(times) else shown(times[max(place - 1, 0)])
    msg = f"{name}={shown(moment)!r} is none of the panel's {panel.step}s, such as {' and '.join(near)}"
    day = "last" if ends else "first"
    if after:
        why = f"a {panel.step} of which the treatment had a part would count as a whole, or not at all"
        what = f"the whole {panel.step}, days without treatment included; or a panel of days"
    else:
        why = f"a {panel.step} that the treatment began in would count as before it"
        what = f"the {panel.step} that it began in"
    hint = f"{name}={label!r}, {what}, where {panel.step}s bear the name of their {day} day as here"
    raise ExperimentError(msg, column=name, why=why, hint=hint)


def _codes(strata: Mapping[str, str] | None, geos: tuple[str, ...], treated: Bools) -> Ints | None:
    if strata is None:
        return None
    labels = {label_of(geo): label_of(stratum) for geo, stratum in strata.items()}
    missing = [geo for geo in geos if geo not in labels]
    if missing:
        msg = f"strata has no entry for the geo {missing[0]!r}"
        why = "a geo without a stratum cannot be compared within one"
        hint = f"buffer={missing[:3]!r} to leave such geos out"
        raise ExperimentError(msg, column="strata", count=len(missing), why=why, hint=hint)
    _, codes = np.unique(
        np.array([labels[geo] for geo in geos], dtype=object).astype(str), return_inverse=True
    )
    some = np.bincount(codes, treated)
    lone = np.flatnonzero((some == 0) | (some == np.bincount(codes)))
    if len(lone):
        inside = [geo for geo, code in zip(geos, codes, strict=True) if code == lone[0]]
        msg = f"the stratum of {', '.join(inside[:4])} has geos of one arm only"
        hint = f"add {inside!r} to buffer= to leave it out as well"
        raise ExperimentError(msg, column="strata", count=len(lone), hint=hint)
    return codes.astype(np.int64)


def cells_of(treated: Any, known: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the treated geos of each cell; a plain list is one cell.

    Raises
    ------
    ExperimentError
        If there are none, or a geo is in two cells.
    """
    names = list(known)
    if treated is None or (not isinstance(treated, str) and not isinstance(treated, Iterable)):
        msg = f"treated={treated!r} names no geos"
        raise ExperimentError(msg, column="treated", hint='treated=["chicago", "portland"]')
    if not isinstance(treated, Mapping):
        return {"treatment": known_geos(treated, "treated", names)}
    cells = {str(cell): known_geos(geos, "treated", names) for cell, geos in treated.items()}
    if "holdout" in cells:
        msg = "a cell is called 'holdout', as the control geos are"
        hint = "the geos of a cell are treated; control geos are all others"
        raise ExperimentError(msg, column="treated", hint=hint)
    every = [geo for geos in cells.values() for geo in geos]
    twice = sorted({geo for geo in every if every.count(geo) > 1})
    if twice:
        msg = f"the geo {twice[0]!r} is in two cells"
        raise ExperimentError(msg, column="treated", count=len(twice), hint="one cell for each geo")
    if not every:
        msg = "treated has no geos"
        raise ExperimentError(
            msg, column="treated", hint='treated={"search": ["chicago"], "video": ["reno"]}'
        )
    return cells


def strata_of(strata: Any, known: Iterable[str]) -> dict[str, str] | None:
    """Return the stratum of each geo: from a mapping of geos to labels, or from a list of pairs or groups.

    Raises
    ------
    ExperimentError
        If it is neither, or a geo stands twice.
    """
    if strata is None:
        return None
    names = list(known)
    if not isinstance(strata, Mapping) and hasattr(strata, "to_dict") and hasattr(strata, "index"):
        strata = strata.to_dict()  # a pandas Series, geos in its index
    if isinstance(strata, Mapping):
        return {label_of(geo): label_of(label) for geo, label in strata.items()}
    hint = 'strata=[("chicago", "reno"), ("miami", "tulsa")], or strata={"chicago": "north", ...}'
    if isinstance(strata, str) or not isinstance(strata, Iterable):
        msg = f"strata={strata!r} is neither a list of groups of geos nor a mapping of geos to strata"
        raise ExperimentError(msg, column="strata", hint=hint)
    found: dict[str, str] = {}
    for number, group in enumerate(strata):
        for geo in known_geos(group, "strata", names):
            if geo in found:
                msg = f"the geo {geo!r} is in two strata"
                raise ExperimentError(msg, column="strata", hint=hint)
            found[geo] = str(number)
    return found


def index_path(test: GeoTest, effect: float) -> Floats:
    """Return the treated geos' total without the treatment, for methods that have no path of their own.

    The treated geos' level before the test times the control geos' mean index; in the window scaled so that
    it falls short of the actual total by the effect. Shape (T,).
    """
    outcome, pre = test.panel.outcome, test.n_pre
    level = outcome[:, :pre].mean(axis=1)
    known = ~test.treated & (level > 0)
    index = (outcome[known] / level[known, None]).mean(axis=0)
    path: Floats = level[test.treated].sum() * index
    total = float(path[pre:].sum())
    path[pre:] *= (test.actual - effect) / total if total > 0 else 1.0
    return path
