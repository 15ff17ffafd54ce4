"""Who stands where in several rankings: a line an entry, a column a ranking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from attribution._draw.canvas import INK, bare, label_text, new_axes
from attribution._typing import Ints

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def places(
    rankings: Sequence[str],
    names: Sequence[str],
    standing: Ints,
    colors: Sequence[str],
    *,
    texts: Sequence[Sequence[str]],
    title: str,
    axis: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw how places change from one ranking to the next, the first place on top.

    Parameters
    ----------
    rankings
        Labels of the columns.
    names, colors
        One per entry.
    standing
        int64, shape (n_rankings, n_entries): the place of each entry, from 1, each held by one entry.
    texts
        What to write on each place, of the same shape.
    title, axis
        Heading, and what the places are.
    ax
        What to draw on; a new figure by default.
    """
    longest = max((len(label_text(name)) for name in names), default=0)
    column = max([0.95, *(0.075 * len(label_text(name)) + 0.15 for name in rankings)])
    if ax is None:
        ax = new_axes(1.0 + 0.27 * len(names), max(5.0, 0.9 + 0.15 * longest + column * len(rankings)))
    across = np.arange(len(rankings), dtype=np.float64)
    for entry, (line, color) in enumerate(zip(standing.T, colors, strict=True)):
        moves = bool((line != line[0]).any())
        ax.plot(across, line, color=color, linewidth=2.2 if moves else 1.2, solid_capstyle="round", zorder=2)
        for place, (at, row) in enumerate(zip(across.tolist(), line.tolist(), strict=True)):
            ax.text(
                at,
                row,
                texts[place][entry],
                ha="center",
                va="center",
                fontsize=7,
                color=INK,
                parse_math=False,
                zorder=3,
                bbox={"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": color, "linewidth": 1},
            )
    if len(rankings):
        _name(ax, 0.0, names, standing[0], "right", -18)
        _name(ax, float(across[-1]), names, standing[-1], "left", 18)
    ax.set_xticks(across)
    ax.set_xticklabels([label_text(name) for name in rankings], fontsize=8, parse_math=False)
    ax.xaxis.tick_top()
    ax.set_yticks([])
    beside = 0.3 + 0.075 * longest / column
    ax.set_xlim(-beside, max(len(rankings) - 1, 0) + beside)
    ax.set_ylim(len(names) + 0.6, 0.4)
    bare(ax, title, axis)
    return ax


def _name(ax: Axes, at: float, names: Sequence[str], rows: Ints, side: str, shift: int) -> None:
    """Write the names beside their first or last places."""
    for name, row in zip(names, rows.tolist(), strict=True):
        ax.annotate(
            label_text(name),
            (at, float(row)),
            xytext=(shift, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            fontsize=8,
            color=INK,
            parse_math=False,
        )
