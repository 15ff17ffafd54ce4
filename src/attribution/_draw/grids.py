"""A heat map: a table of numbers as shades, with the numbers in it where there is room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._draw.canvas import INK, bare, label_text, new_axes
from attribution._typing import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHADES = ("#FFFFFF", "#CFE3F1", "#7DB5DA", "#0072B2", "#003A5C")
_BELOW = ("#7A3600", "#D55E00", "#F0B58A", "#FAE3D3")  # zero
_MOST_WRITTEN = 20  # columns up to which a cell has room for its number
_CELL = 0.5, 0.29  # inches
_SMALL = 0.22  # inches


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Floats,
    *,
    title: str,
    axes: tuple[str, str],
    text: Callable[[float], str],
    ax: Axes | None = None,
) -> Axes:
    """Draw a table as shades, from white at 0 to dark blue, or orange below 0; first row on top.

    Parameters
    ----------
    rows, columns
        Labels.
    values
        float64, shape (n_rows, n_columns); missing ones stay blank.
    title
        Heading.
    axes
        Names of rows and columns.
    text
        Writes a value; an empty text leaves the cell blank. Where there are too many columns to write into
        the cells, a scale beside them is labelled by it.
    ax
        What to draw on; a new figure by default.
    """
    from matplotlib.colors import LinearSegmentedColormap

    written = len(columns) <= _MOST_WRITTEN
    wide, high = _CELL if written else (_SMALL, _SMALL)
    longest = max((len(label_text(name)) for name in rows), default=0)
    if ax is None:
        upright = max((len(label_text(name)) for name in columns), default=0)
        ax = new_axes(
            0.8 + high * len(rows) + 0.05 * upright, max(4.5, 1.0 + wide * len(columns) + 0.07 * longest)
        )
    top = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
    below = bool((values < 0).any())
    shades = LinearSegmentedColormap.from_list("attribution", (*(_BELOW if below else ()), *_SHADES))
    if values.size:
        edges = [np.arange(len(names) + 1) - 0.5 for names in (columns, rows)]
        drawn = ax.pcolormesh(
            *edges,
            np.ma.masked_invalid(values),
            cmap=shades,
            vmin=-top if below else 0.0,
            vmax=top,
            edgecolors="white",
            linewidth=0.8,
        )
    if written:
        _write(ax, values, top, text)
    elif values.size:
        _scale(ax, drawn, text)
    _label(ax, rows, columns, written=written)
    ax.set_xlim(-0.5, max(len(columns), 1) - 0.5)
    ax.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    ax.set_ylabel(axes[0], fontsize=9, color=INK, parse_math=False)
    bare(ax, title, axes[1])
    return ax


def _write(ax: Axes, values: Floats, top: float, text: Callable[[float], str]) -> None:
    """Write the numbers into their cells."""
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value) and (shown := text(float(value))):
            color = "white" if abs(value) > 0.55 * top else INK
            ax.text(column, row, shown, ha="center", va="center", fontsize=7, color=color, parse_math=False)


def _label(ax: Axes, rows: Sequence[str], columns: Sequence[str], *, written: bool) -> None:
    """Write the names of rows and columns beside the cells."""
    size = 8 if written else 7
    # Labels that fit the column need no turning.
    turn = (90 if not written else 40) if max(map(len, columns), default=0) > 7 else 0
    ax.set_xticks(np.arange(len(columns), dtype=np.float64))
    ax.set_xticklabels(
        [label_text(name) for name in columns],
        fontsize=size,
        parse_math=False,
        rotation=turn,
        ha="right" if turn == 40 else "center",
        rotation_mode="anchor" if turn == 40 else "default",
    )
    ax.set_yticks(np.arange(len(rows), dtype=np.float64))
    ax.set_yticklabels([label_text(name) for name in rows], fontsize=size, parse_math=False)


def _scale(ax: Axes, drawn: Any, text: Callable[[float], str]) -> None:
    """Draw what the shades mean, beside the map."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    scale = ax.figure.colorbar(drawn, ax=ax, shrink=0.5, aspect=25, pad=0.01)
    scale.locator = MaxNLocator(5)
    scale.formatter = FuncFormatter(lambda value, _: text(value) or "0")
    scale.outline.set_visible(False)
    scale.ax.tick_params(length=0, labelsize=7)
    scale.update_ticks()
