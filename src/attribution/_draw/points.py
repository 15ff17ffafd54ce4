"""Named points against the line on which both measures are equal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from attribution._draw.canvas import GREY, INK, finish, label_text, new_axes, value_axis
from attribution._typing import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BESIDE = ((6, -3, "left"), (-6, -3, "right"), (0, 6, "center"), (0, -12, "center"))  # of a point, in points


def scatter(
    x: Floats,
    y: Floats,
    colors: Sequence[str],
    *,
    names: Sequence[str],
    title: str,
    axes: tuple[str, str],
    tick: Callable[[float], str],
    ax: Axes | None = None,
) -> Axes:
    """Draw named points against the line on which both measures are equal.

    Names are written where they do not cover each other, those of the points farthest out first.

    Parameters
    ----------
    x, y
        float64, shape (n,), without missing values.
    colors, names
        One per point.
    title, tick
        As in `bars`.
    axes
        Names of the two axes, with their unit.
    ax
        What to draw on; a new figure by default.
    """
    ax = ax if ax is not None else new_axes(6.0, width=7.0)
    top = float(max(x.max(initial=0.0), y.max(initial=0.0))) * 1.12 or 1.0
    low = min(0.0, float(y.min(initial=0.0)) * 1.12)
    ax.plot([0.0, top], [0.0, top], color=GREY, linewidth=0.9, linestyle="--", zorder=1)
    ax.scatter(x, y, s=46, c=list(colors), edgecolors="white", linewidths=0.6, zorder=3)
    ax.set_xlim(-0.02 * top, top)
    ax.set_ylim(low - 0.02 * top, top)
    finish(ax, title, grid="both")
    _name_points(ax, x, y, names)
    for each, text in zip((ax.xaxis, ax.yaxis), axes, strict=True):
        value_axis(each, tick)
        each.set_label_text(text, fontsize=9, color=INK, parse_math=False)
    return ax


def _name_points(ax: Axes, x: Floats, y: Floats, names: Sequence[str]) -> None:
    points = ax.transData.transform(np.column_stack([x, y])) * 72 / ax.figure.dpi
    frame = ax.get_window_extent()
    leftmost, rightmost = frame.x0 * 72 / ax.figure.dpi, frame.x1 * 72 / ax.figure.dpi
    taken = [(px - 4.0, py - 4.0, px + 4.0, py + 4.0) for px, py in points]
    for place in np.argsort(-np.maximum(x, y), kind="stable").tolist():
        text = label_text(names[place], 24)
        wide, (px, py) = 5.0 * len(text), points[place]
        for dx, dy, side in _BESIDE:
            left = px + dx - wide * {"left": 0.0, "center": 0.5, "right": 1.0}[side]
            box = (left, py + dy - 1, left + wide, py + dy + 8)
            if left < leftmost or left + wide > rightmost:
                continue
            if not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
                taken.append(box)
                ax.annotate(
                    text,
                    (float(x[place]), float(y[place])),
                    xytext=(dx, dy),
                    textcoords="offset points",
                    ha=side,
                    fontsize=8,
                    color=INK,
                    parse_math=False,
                )
                break
