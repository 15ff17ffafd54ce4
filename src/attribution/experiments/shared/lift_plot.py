"""Pictures of lifts: several as points with their intervals, and one geo test over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from attribution import _draw
from attribution._display import format_number
from attribution.errors import ExperimentError, unknown_name
from attribution.experiments.shared.geo_path import GeoPath
from attribution.experiments.shared.lift import Lift

if TYPE_CHECKING:
    from attribution._draw import Axes

PATHS = ("path", "effect", "cumulative")

_AXES = {
    "relative": "lift over the holdout",
    "absolute": "difference per unit",
    "incremental": "incremental outcome",
    "incremental_value": "incremental value",
    "cace": "effect per exposed complier",
    "att": "effect per exposed unit",
    "iroas": "incremental value per unit of cost",
    "cost_per_incremental": "cost per incremental outcome",
}


def plot_lifts(lifts: Mapping[str, Lift], measure: str, ax: Axes | None) -> Axes:
    """Draw one measure of several lifts; see `Lift.plot`."""
    known = next(iter(lifts.values())).estimates
    if measure not in known:
        raise ExperimentError(unknown_name("measure", measure, known), column="measure")
    estimates = [lift.estimates[measure] for lift in lifts.values()]
    first = next(iter(lifts.values()))
    shown = [lift.verdict == "effect" for lift in lifts.values()]
    levels = {f"{100 * (1 - lift.alpha):.4g}%" for lift in lifts.values()}
    level = levels.pop() if len(levels) == 1 else "jointly corrected"
    binary = all(lift.details.get("binary") for lift in lifts.values())
    percent = measure == "relative" or (measure == "absolute" and binary)
    outcomes = {lift.outcome for lift in lifts.values()}
    what = first.outcome if len(outcomes) == 1 else f"{len(outcomes)} outcomes"
    blocked = " - blocked by a failed check" if first.verdict == "blocked" else ""
    return _draw.intervals(
        list(lifts),
        np.array([estimate.value for estimate in estimates]),
        np.array([estimate.low for estimate in estimates]),
        np.array([estimate.high for estimate in estimates]),
        [_draw.PALETTE[0] if one else _draw.GREY for one in shown],
        title=f"{what}: {_AXES[measure]}, {level} intervals{blocked}",
        axis=_AXES[measure],
        tick=(lambda value: f"{100 * value:,.3g}%") if percent else format_number,
        ax=ax,
    )


def plot_path(lift: Lift, measure: str, ax: Axes | None) -> Axes:
    """Draw a geo test over time; see `Lift.plot`."""
    path: GeoPath = lift.details["path"]
    level = f"{100 * (1 - lift.alpha):.4g}%"
    start = path.times[path.n_pre]
    stop = path.times[len(path.times) - path.n_cooldown - 1]
    spans = [(start, stop, "test")]
    if path.n_cooldown:
        spans.append((path.times[-path.n_cooldown], path.times[-1], "cooldown"))
    known = np.isfinite(lift.relative.value)
    change = f" ({100 * lift.relative.value:+.1f}%)" if known else ""
    if measure == "path":
        return _draw.path(
            path.times,
            [(path.actual, "actual"), (path.counterfactual, "without the treatment")],
            band=(path.low, path.high, f"{level} band, pointwise"),
            spans=spans,
            title=f"{lift.outcome} of the treated geos, and what it would have been{change}",
            axis=f"{lift.outcome} a {path.step}",
            tick=format_number,
            ax=ax,
        )
    effect = path.actual - path.counterfactual
    low, high = path.actual - path.high, path.actual - path.low
    if measure == "cumulative":
        inside = np.arange(len(effect)) >= path.n_pre
        effect = np.where(inside, np.cumsum(np.where(inside, effect, 0.0)), np.nan)
        band = None
        title = f"incremental {lift.outcome} since the test began"
        axis = f"cumulative {lift.outcome}"
    else:
        band = (low, high, f"{level} band, pointwise")
        title = f"{lift.outcome} of the treated geos less what it would have been"
        axis = f"difference a {path.step}"
    return _draw.path(
        path.times,
        [(effect, "difference")],
        band=band,
        spans=spans,
        title=title,
        axis=axis,
        tick=format_number,
        zero=True,
        ax=ax,
    )
