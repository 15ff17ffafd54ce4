"""Geo tests as pictures: what was, what would have been, and the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attribution import _draw
from attribution._display import format_number
from attribution.experiments.shared.lift import Lift
from attribution.experiments.shared.path import GeoPath

if TYPE_CHECKING:
    from attribution._draw import Axes

PATHS = ("path", "effect", "cumulative")


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
