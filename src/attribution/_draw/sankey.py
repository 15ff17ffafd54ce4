"""A Sankey diagram: ribbons between the bars of neighbouring columns, as wide as what flows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._draw.canvas import GREY, INK, label_text, new_axes
from attribution._typing import Floats, Ints

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Bar = tuple[int, str]  # its column, its name
_GAP = 0.025  # between bars, of the height of the tallest column
_BAR = 0.045  # width of a bar, of the distance between columns
_SMALLEST = 0.022  # a bar lower than this, of the height, has no label
_LETTERS, _FEWEST, _LETTER = 16, 6, 0.075  # of a label: most, fewest, inches of one


def flows(
    step: Ints,
    source: Sequence[str],
    target: Sequence[str],
    size: Floats,
    *,
    colors: Mapping[str, str],
    first: Sequence[str] = (),
    last: Sequence[str] = (),
    columns: Sequence[str] = (),
    title: str,
    tick: Callable[[float], str],
    names: Mapping[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw flows between columns of bars.

    Parameters
    ----------
    step
        int64, shape (n,): column that each flow starts from; it ends in the next one.
    source, target
        Names of the bars, n each; a bar is a column and a name.
    size
        float64, shape (n,), positive.
    colors
        Of names; flows have the colour of where they start.
    first, last
        Names that stand on top and at the bottom of a column; the others by size.
    columns
        Headings of the first columns.
    title
        Heading.
    tick
        Writes a size.
    names
        What to write in place of some names.
    ax
        What to draw on; a new figure by default.
    """
    ax = ax if ax is not None else new_axes(5.0)
    names = names or {}
    starts = list(zip(step.tolist(), source, strict=True))
    stops = list(zip((step + 1).tolist(), target, strict=True))
    places = _places(_bars(starts, stops, size, first, last))
    ends = _ends(starts, stops, size, places)
    top = max((low + high for low, high in places.values()), default=1.0)
    for number in np.argsort(-size, kind="stable").tolist():
        color = colors.get(source[number], GREY)
        across = (starts[number][0] + _BAR, float(stops[number][0]))
        ax.add_patch(_ribbon(across, ends[number], float(size[number]), color))
    furthest = max((column for column, _ in places), default=1)
    room = float(ax.figure.figure.get_size_inches()[0]) / (furthest + 0.5)
    letters = min(_LETTERS, max(_FEWEST, int(room / _LETTER)))
    for (column, name), (low, high) in places.items():
        ax.bar(column, high, _BAR, low, align="edge", color=colors.get(name, GREY), zorder=3)
        if high < _SMALLEST * top:
            continue
        text = f"{label_text(names.get(name, name), letters)}\n{tick(high)}"
        _write(ax, text, column, low + high / 2, outermost=column == furthest)
    for column, heading in enumerate(columns[: furthest + 1]):
        ax.annotate(
            label_text(heading, letters), (column, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 2),
            textcoords="offset points", fontsize=8, color=INK, parse_math=False,
        )  # fmt: skip
    ax.set_xlim(-0.02, furthest + _BAR + 0.02)
    ax.set_ylim(top * 1.01, -0.01 * top)
    ax.set_axis_off()
    ax.set_title(title, loc="left", fontsize=11, color=INK, parse_math=False, pad=16)
    return ax


def _write(ax: Axes, text: str, column: int, middle: float, *, outermost: bool) -> None:
    """Write beside a bar: to its right, but for the last column."""
    ax.annotate(
        text,
        (column + (_BAR if not outermost else 0.0), middle),
        xytext=(-3 if outermost else 3, 0),
        textcoords="offset points",
        ha="right" if outermost else "left",
        va="center",
        fontsize=8,
        color=INK,
        parse_math=False,
        linespacing=1.0,
        zorder=4,
    )


def _bars(
    starts: Sequence[Bar], stops: Sequence[Bar], size: Floats, first: Sequence[str], last: Sequence[str]
) -> dict[Bar, float]:
    """Return the height of each bar, column by column from the top: what leaves it, or what comes in."""
    out: dict[Bar, float] = {}
    into: dict[Bar, float] = {}
    for one, other, amount in zip(starts, stops, size.tolist(), strict=True):
        out[one] = out.get(one, 0.0) + amount
        into[other] = into.get(other, 0.0) + amount
    heights = {bar: max(out.get(bar, 0.0), into.get(bar, 0.0)) for bar in {**out, **into}}

    def rank(bar: Bar) -> Any:
        column, name = bar
        place = last.index(name) + 1 if name in last else -1 if name in first else 0
        return (column, place, -heights[bar], name)

    return {bar: heights[bar] for bar in sorted(heights, key=rank)}


def _places(bars: Mapping[Bar, float]) -> dict[Bar, tuple[float, float]]:
    """Stack the bars of each column from the top down: (where it starts, how high it is)."""
    totals: dict[int, float] = {}
    for (column, _), height in bars.items():
        totals[column] = totals.get(column, 0.0) + height
    gap = _GAP * max(totals.values(), default=1.0)
    filled: dict[int, float] = {}
    places = {}
    for (column, name), height in bars.items():
        low = filled.get(column, 0.0)
        places[column, name] = (low, height)
        filled[column] = low + height + gap
    return places


def _ends(
    starts: Sequence[Bar], stops: Sequence[Bar], size: Floats, places: Mapping[Bar, tuple[float, float]]
) -> list[tuple[float, float]]:
    """Return where each flow leaves its bar and where it comes in, in the order of the bars across."""
    found = [[0.0, 0.0] for _ in starts]
    for side, own, across in ((0, starts, stops), (1, stops, starts)):
        used: dict[Bar, float] = {}
        for number in sorted(range(len(own)), key=[places[bar][0] for bar in across].__getitem__):
            bar = own[number]
            found[number][side] = places[bar][0] + used.get(bar, 0.0)
            used[bar] = used.get(bar, 0.0) + float(size[number])
    return [(one, other) for one, other in found]


def _ribbon(across: tuple[float, float], ends: tuple[float, float], wide: float, color: str) -> Any:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    (x0, x1), (y0, y1) = across, ends
    middle = (x0 + x1) / 2
    corners = [
        (x0, y0), (middle, y0), (middle, y1), (x1, y1),
        (x1, y1 + wide), (middle, y1 + wide), (middle, y0 + wide), (x0, y0 + wide), (x0, y0),
    ]  # fmt: skip
    curve = [Path.CURVE4] * 3
    moves = [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY]
    return PathPatch(Path(corners, moves), facecolor=color, alpha=0.35, linewidth=0.0)
