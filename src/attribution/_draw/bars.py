"""Horizontal bars, or marks where there are many series, with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._draw.canvas import (
    GREY,
    INK,
    MARKERS,
    finish,
    label_text,
    new_axes,
    place_legend,
    value_axis,
)
from attribution._typing import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def bars(
    labels: Sequence[str],
    values: Floats,
    colors: Sequence[str],
    *,
    series: Sequence[str],
    title: str,
    axis: str,
    tick: Callable[[float], str],
    texts: Sequence[str] = (),
    missing: Sequence[str] = (),
    spans: tuple[Floats, Floats] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw horizontal bars, first label on top: a bar a label and series, or marks where there are many.

    Parameters
    ----------
    labels, colors
        One per group.
    values
        float64, shape (n_series, n_groups); missing ones are left out.
    series
        Names of the series, for the legend, which is drawn where there are several.
    title, axis
        Heading, and name of the value axis with its unit.
    tick
        Writes a value of the axis.
    texts
        What to write at the end of each bar of a single series; nothing by default.
    missing
        Per group, what to write where every series lacks a value; nothing by default.
    spans
        Lower and upper bounds of the values, each of their shape, drawn as lines; missing ones are left out.
    ax
        What to draw on; a new figure by default.
    """
    dense = len(labels) > 20
    few = len(series) == 1 or (len(series) <= 3 and not dense)
    row = 0.24 if dense else 0.16 + 0.14 * len(series) if few else 0.34
    row += 0.0 if spans is None or few else 0.1 * len(series)
    ax = ax if ax is not None else new_axes(1.1 + row * len(labels))
    places = np.arange(len(labels), dtype=np.float64)
    if few:
        _bar_groups(ax, places, values, colors, texts, spans)
    elif spans is None:
        _mark_groups(ax, places, values, colors)
    else:
        _mark_spans(ax, places, values, colors, spans)
    for place in np.flatnonzero(np.isnan(values).all(axis=0)).tolist() if len(missing) else ():
        ax.annotate(
            missing[place],
            (0.0, float(place)),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=INK,
            parse_math=False,
        )
    if len(series) > 1:
        _legend(ax, series, few=few)
    ax.set_yticks(places)
    ax.set_yticklabels([label_text(label) for label in labels], fontsize=8, parse_math=False)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    finish(ax, title, grid="x")
    value_axis(ax.xaxis, tick)
    ax.set_xlabel(axis, fontsize=9, color=INK, parse_math=False)
    if np.nanmin(values if spans is None else np.stack([values, spans[0]]), initial=0.0) < 0:
        ax.axvline(0.0, color=INK, linewidth=0.8)
    return ax


def _bar_groups(
    ax: Axes,
    places: Floats,
    values: Floats,
    colors: Sequence[str],
    texts: Sequence[str],
    spans: tuple[Floats, Floats] | None,
) -> None:
    thickness = 0.8 / max(len(values), 1)
    for position, line in enumerate(values):
        offset = (position - (len(values) - 1) / 2) * thickness
        drawn = ax.barh(
            places + offset,
            np.nan_to_num(line, nan=0.0),
            height=thickness * 0.94,
            color=[_tint(color, position, len(values)) for color in colors],
        )
        beyond = np.zeros(len(line))
        if spans is not None:
            _span_lines(ax, places + offset, spans[0][position], spans[1][position], INK)
            beyond = np.fmax(spans[1][position] - line, 0.0)
        if texts and len(values) == 1:
            _bar_texts(ax, drawn, texts, np.nan_to_num(beyond))
            ax.margins(x=0.12)


def _bar_texts(ax: Axes, drawn: Any, texts: Sequence[str], beyond: Floats) -> None:
    """Write a text at the end of each bar, or of the line that goes `beyond` it."""
    if not beyond.any():
        ax.bar_label(drawn, labels=list(texts), padding=3, fontsize=7, color=INK, parse_math=False)
        return
    for bar, text, more in zip(drawn, texts, beyond.tolist(), strict=True):
        ax.annotate(
            text,
            (max(bar.get_width(), 0.0) + more, bar.get_y() + bar.get_height() / 2),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=INK,
            parse_math=False,
        )


def _span_lines(ax: Axes, places: Floats, low: Floats, high: Floats, color: Any) -> None:
    """Draw a line from `low` to `high` at each place, with a stroke at either end."""
    known = np.isfinite(low) & np.isfinite(high)
    shades = color if isinstance(color, str) else [color[place] for place in np.flatnonzero(known).tolist()]
    ax.hlines(places[known], low[known], high[known], colors=shades, linewidth=1, zorder=2.5)
    for end in (low, high):
        ax.scatter(end[known], places[known], 16, marker="|", c=shades, linewidths=1, zorder=2.5)


def _mark_spans(
    ax: Axes, places: Floats, values: Floats, colors: Sequence[str], spans: tuple[Floats, Floats]
) -> None:
    """Draw a mark a series with its span, one below the other within the group."""
    step = 0.7 / len(values)
    for position, line in enumerate(values):
        where = places + (position - (len(values) - 1) / 2) * step
        _span_lines(ax, where, spans[0][position], spans[1][position], list(colors))
        _marks(ax, line, where, colors, position)


def _mark_groups(ax: Axes, places: Floats, values: Floats, colors: Sequence[str]) -> None:
    shown = np.flatnonzero(~np.isnan(values).all(axis=0))
    low, high = np.nanmin(values[:, shown], axis=0), np.nanmax(values[:, shown], axis=0)
    ax.hlines(places[shown], low, high, colors=[colors[place] for place in shown.tolist()], linewidth=1)
    for position, line in enumerate(values):
        _marks(ax, line, places, colors, position)


def _marks(ax: Axes, line: Floats, places: Floats, colors: Sequence[str], position: int) -> None:
    marker, hollow = _marker(position)
    inside: Any = "none" if hollow else list(colors)
    edge: Any = list(colors) if hollow else "white"
    width = 1.0 if hollow else 0.5
    ax.scatter(
        line, places, 42, marker=marker, facecolors=inside, edgecolors=edge, linewidths=width, zorder=3
    )


def _marker(position: int) -> tuple[str, bool]:
    return MARKERS[position % len(MARKERS)], position // len(MARKERS) % 2 == 1


def _tint(color: str, position: int, count: int) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(color)
    white = 0.7 * position / max(count, 1)
    return red + (1 - red) * white, green + (1 - green) * white, blue + (1 - blue) * white


def _legend(ax: Axes, series: Sequence[str], *, few: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    for position in range(len(series)):
        if few:
            handles.append(Patch(color=_tint("#444444", position, len(series))))
            continue
        marker, hollow = _marker(position)
        face = "none" if hollow else GREY
        handles.append(Line2D([], [], linestyle="", marker=marker, color=GREY, markerfacecolor=face))
    place_legend(ax, handles, series)
