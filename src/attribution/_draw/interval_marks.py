"""Points with intervals, one below the other, against a line of no effect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from attribution._draw.canvas import INK, finish, label_text, new_axes, value_axis
from attribution._typing import Floats

_BELOW = 0.24

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def intervals(
    labels: Sequence[str],
    values: Floats,
    low: Floats,
    high: Floats,
    colors: Sequence[str],
    *,
    title: str,
    axis: str,
    tick: Callable[[float], str],
    beside: tuple[Floats, Floats, Floats] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw estimates with their intervals; an end without bound is an arrow at the border.

    Parameters
    ----------
    labels, colors
        One per estimate, first label on top.
    values, low, high
        float64, shape (n,); missing values have no point, infinite ends an arrow.
    title, axis, tick
        As in `bars`.
    beside
        Other estimates of the same, their low and high ends, drawn thin and hollow below; missing where there
        is none.
    ax
        What to draw on; a new figure by default.
    """
    ax = ax if ax is not None else new_axes(1.3 + 0.4 * len(labels))
    known = np.concatenate(
        [part[np.isfinite(part)] for part in (values, low, high, *(beside or ()))] + [np.zeros(1)]
    )
    reach = float(known.max() - known.min()) or 1.0
    left, right = float(known.min()) - 0.08 * reach, float(known.max()) + 0.08 * reach
    for place, (value, start, end, color) in enumerate(zip(values, low, high, colors, strict=True)):
        if not np.isnan(start):
            ax.hlines(place, max(start, left), min(end, right), colors=color, linewidth=2)
            for edge, bound, marker in ((left, start, "<"), (right, end, ">")):
                if np.isinf(bound):
                    ax.plot([edge], [place], marker=marker, color=color, markersize=7, clip_on=False)
        if np.isfinite(value):
            ax.plot([value], [place], marker="o", color=color, markersize=7)
    for place, (value, start, end) in enumerate(zip(*beside, strict=True) if beside is not None else ()):
        if np.isfinite(value):
            ax.hlines(place + _BELOW, start, end, colors=INK, linewidth=0.8)
            ax.plot([value], [place + _BELOW], marker="o", color=INK, markersize=4, markerfacecolor="white")
    ax.axvline(0.0, color=INK, linewidth=0.8, linestyle="--")
    ax.set_xlim(left, right)
    ax.set_yticks(np.arange(len(labels)))
    ax.set_yticklabels([label_text(label) for label in labels], fontsize=8, parse_math=False)
    ax.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    finish(ax, title, grid="x")
    value_axis(ax.xaxis, tick)
    ax.set_xlabel(axis, fontsize=9, color=INK, parse_math=False)
    return ax
