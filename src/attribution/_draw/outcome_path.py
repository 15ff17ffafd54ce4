"""A series over time beside what it would have been, with a band and marked spans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

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

_STYLES = ("-", (0, (4, 2)), ":", "-.")
_SHADES = ("#F1EAD2", "#EFEFEF")


def path(
    times: Any,
    series: Sequence[tuple[Floats, str]],
    *,
    band: tuple[Floats, Floats, str] | None = None,
    spans: Sequence[tuple[Any, Any, str]] = (),
    title: str,
    axis: str,
    tick: Callable[[float], str],
    zero: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw series over time.

    Parameters
    ----------
    times
        Days (``datetime64``) or numbers, shape (n,).
    series
        Values, shape (n,), and the name of each.
    band
        Lower and upper end of the last series, shape (n,), and their name; missing values have none.
    spans
        First and last time of parts to shade, and their words.
    title, axis, tick
        As in `bars`.
    zero
        Whether to mark zero.
    ax
        What to draw on; a new figure by default.
    """
    ax = ax if ax is not None else new_axes(3.8, width=9.0)
    days = times.dtype.kind == "M"
    places = times.astype("datetime64[D]").astype(object) if days else times
    handles: list[Any] = []
    names: list[str] = []
    step = (times[1] - times[0]) if len(times) > 1 else np.timedelta64(1, "D") if days else 1
    for number, (first, last, word) in enumerate(spans):
        ends = [first, last + step] if not days else [first.astype(object), (last + step).astype(object)]
        shade = ax.axvspan(ends[0], ends[1], color=_SHADES[number % len(_SHADES)], linewidth=0, zorder=0)
        handles.append(shade)
        names.append(word)
    if band is not None and np.isfinite(band[0]).any():
        color = PALETTE[1] if len(series) > 1 else PALETTE[0]
        handles.append(
            ax.fill_between(places, band[0], band[1], color=color, alpha=0.25, linewidth=0, zorder=1)
        )
        names.append(band[2])
    for number, (values, name) in enumerate(series):
        color = PALETTE[number % len(PALETTE)]
        handles += ax.plot(
            places, values, color=color, linestyle=_STYLES[number % len(_STYLES)], linewidth=1.6, zorder=2
        )
        names.append(name)
    if zero:
        ax.axhline(0.0, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    finish(ax, title, grid="y")
    value_axis(ax.yaxis, tick)
    if days:
        _date_axis(ax)
    ax.tick_params(axis="x", labelsize=8)
    ax.set_ylabel(label_text(axis, 60), fontsize=9, color=INK, parse_math=False)
    ax.margins(x=0.01)
    place_legend(ax, handles, names)
    return ax


def _date_axis(ax: Axes) -> None:
    """Write days across, as short as they can be."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    # A day bears its month, because the corner would name that of the last day alone.
    formatter = ConciseDateFormatter(  # type: ignore[no-untyped-call]
        locator,
        formats=["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%S.%f"],
        zero_formats=["", "%Y", "%d %b", "%d %b", "%H:%M", "%H:%M"],
        offset_formats=["", "%Y", "%Y", "%Y", "%d %b %Y", "%d %b %Y"],
    )
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(formatter)
