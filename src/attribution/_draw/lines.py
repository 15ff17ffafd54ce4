"""Series over time: stacked where they add up, lines where they do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._draw.canvas import INK, MARKERS, finish, label_text, new_axes, place_legend, value_axis
from attribution._typing import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def over_time(
    periods: Sequence[str],
    values: Floats,
    colors: Sequence[str],
    *,
    names: Sequence[str],
    title: str,
    axis: str,
    tick: Callable[[float], str],
    stacked: bool,
    ax: Axes | None = None,
) -> Axes:
    """Draw series over consecutive periods, stacked where they add up and lines where they do not.

    Parameters
    ----------
    periods
        Labels of the periods, in order.
    values
        float64, shape (n_series, n_periods); missing ones interrupt a line.
    colors, names
        One per series.
    title, axis, tick
        As in `bars`.
    stacked
        Whether to stack the series, which must then be neither negative nor missing.
    ax
        What to draw on; a new figure by default.
    """
    ax = ax if ax is not None else new_axes(max(4.0, 1.2 + 0.19 * len(names)), width=9.0)
    places = np.arange(len(periods), dtype=np.float64)
    handles: list[Any] = []
    if stacked and len(periods) <= 60:
        below = np.zeros(len(periods))
        for line, color in zip(values, colors, strict=True):
            handles.append(ax.bar(places, line, width=0.86, bottom=below, color=color))
            below = below + line
    elif stacked:
        handles = list(ax.stackplot(places, values, colors=list(colors)))
    else:
        for position, (line, color) in enumerate(zip(values, colors, strict=True)):
            style = ("-", "--", ":", "-.")[position // 6 % 4]
            point = MARKERS[position % len(MARKERS)] if len(periods) <= 60 else ""
            handles += ax.plot(places, line, color=color, linestyle=style, marker=point, markersize=4)
    if names:
        # The topmost series is drawn last and named first.
        step = -1 if stacked else 1
        place_legend(ax, handles[::step], list(names)[::step])
    every = max(1, -(-len(periods) // (12 if len(max(periods, key=len, default="")) <= 8 else 8)))
    ax.set_xticks(places[::every])
    ax.set_xticklabels([label_text(period) for period in periods[::every]], fontsize=8, parse_math=False)
    finish(ax, title, grid="y")
    value_axis(ax.yaxis, tick)
    ax.set_ylabel(axis, fontsize=9, color=INK, parse_math=False)
    return ax
