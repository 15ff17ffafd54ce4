"""A planned geo test as pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from attribution import _draw
from attribution._display import format_number
from attribution._typing import Floats

if TYPE_CHECKING:
    from attribution._draw import Axes
    from attribution.experiments.geo.geo_plan import GeoPlan

_SMOOTHED = 28  # days from which on a weekly rhythm is smoothed away


def history(plan: GeoPlan, ax: Axes | None) -> Axes:
    """Draw treated and control geos over time, and the smallest detectable effect in the last window."""
    panel = plan.panel
    treated = panel.places([geo for geos in plan.cells.values() for geo in geos])
    actual = panel.outcome[treated].sum(axis=0)
    control = panel.outcome[panel.places(plan.control)].sum(axis=0)
    scaled = control * (actual.sum() / control.sum() if control.sum() else 1.0)
    weekly = plan.step == "day" and len(actual) >= _SMOOTHED
    if weekly:
        actual, scaled = _week(actual), _week(scaled)
    series = [(scaled, "control geos, rescaled"), (actual, "treated geos")]
    spans = []
    if math.isfinite(plan.mde_lift):
        moved = np.full(len(actual), np.nan)
        moved[-plan.n_test :] = actual[-plan.n_test :] * (1 + plan.sign * plan.mde_lift)
        series.append((moved, f"treated with an effect of {100 * plan.sign * plan.mde_lift:+.2g}%"))
        spans = [(panel.times[-plan.n_test], panel.times[-1], f"the last {plan.n_test} {plan.step}s")]
    return _draw.path(
        panel.times,
        series,
        spans=spans,
        title=f"{plan.outcome} before the test, and the smallest effect that the test would find",
        axis=f"{plan.outcome} a {plan.step}" + (", mean of seven" if weekly else ""),
        tick=format_number,
        ax=ax,
    )


def _week(values: Floats) -> Floats:
    """Return the mean of the seven days around each, missing at the ends: weekdays hide all else."""
    smooth = np.full(len(values), np.nan)
    smooth[3:-3] = np.convolve(values, np.full(7, 1 / 7), "valid")
    return smooth


def power(plan: GeoPlan, ax: Axes | None) -> Axes:
    """Draw the chance to find an effect against its size."""
    frame = plan.curve()
    lines = [frame["power"].to_numpy()]
    names = ["power"]
    if plan.searched is not None:
        names = ["windows that did not choose", "windows that chose"]
        lines.append(frame["power_chosen"].to_numpy())
    found = math.isfinite(plan.mde_lift)
    return _draw.curves(
        np.abs(frame["lift"].to_numpy()),
        lines,
        names=names,
        title="Chance to find an effect, by simulated tests on the history",
        axes=("fall of " + plan.outcome if plan.sign < 0 else "lift of " + plan.outcome, "power"),
        ticks=(_percent, _percent),
        across=(plan.target_power, f"{100 * plan.target_power:g}%"),
        upright=(plan.mde_lift, f"MDE {100 * plan.mde_lift:.2g}%") if found else None,
        ax=ax,
    )


def _percent(value: float) -> str:
    return f"{100 * value:.6g}%"
