"""Curves over a numeric axis, with the lines that matter marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from attribution._draw.canvas import (
    GREY,
    INK,
    PALETTE,
    finish,
    label_text,
    new_axes,
    place_legend,
    value_axis,
)
from attribution._typing import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def curves(
    x: Floats,
    lines: Sequence[Floats],
    *,
    names: Sequence[str],
    title: str,
    axes: tuple[str, str],
    ticks: tuple[Callable[[float], str], Callable[[float], str]],
    across: tuple[float, str] | None = None,
    upright: tuple[float, str] | None = None,
    bottom: float | None = 0.0,
    ax: Axes | None = None,
) -> Axes:
    """Draw lines over numbers.

    Parameters
    ----------
    x
        float64, shape (n,), increasing.
    lines
        One array of shape (n,) per curve.
    names
        One per curve, for the legend; a single curve gets none.
    title
        Heading.
    axes, ticks
        Names of the two axes and how to write their numbers.
    across, upright
        A level of y and a place on x to mark by a line, each with its words.
    bottom
        Lower end of the y axis.
    ax
        What to draw on; a new figure by default.
    """
    ax = ax if ax is not None else new_axes(4.2)
    handles = []
    for position, line in enumerate(lines):
        style = ("-", "--", ":", "-.")[position % 4]
        color = PALETTE[position % len(PALETTE)]
        handles += ax.plot(x, line, color=color, linestyle=style, linewidth=1.8)
    ax.set_xlim(float(x[0]), float(x[-1]))
    if bottom is not None:
        ax.set_ylim(bottom=bottom)
    if across is not None:
        ax.axhline(across[0], color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        ax.annotate(
            label_text(across[1], 48), (1.0, across[0]), xycoords=("axes fraction", "data"), xytext=(-4, 4),
            textcoords="offset points", ha="right", fontsize=8, color=INK, parse_math=False,
        )  # fmt: skip
    if upright is not None:
        ax.axvline(upright[0], color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        left = upright[0] > (float(x[0]) + float(x[-1])) / 2
        ax.annotate(
            label_text(upright[1], 48), (upright[0], 0.03), xycoords=("data", "axes fraction"),
            xytext=(-5 if left else 5, 0), textcoords="offset points", ha="right" if left else "left",
            fontsize=8, color=INK, parse_math=False,
        )  # fmt: skip
    if len(names) > 1:
        place_legend(ax, handles, names)
    finish(ax, title, grid="both")
    for each, text, tick in zip((ax.xaxis, ax.yaxis), axes, ticks, strict=True):
        value_axis(each, tick)
        each.set_label_text(text, fontsize=9, color=INK, parse_math=False)
    return ax
