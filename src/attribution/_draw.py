"""Primitives of drawing on plain arrays: the only module that knows matplotlib.

Figures are made without pyplot, so that nothing global changes and nothing stays open; no style or
rcParams are set. Only in a notebook is the figure handed to pyplot, which is what shows it there.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._typing import Floats

if TYPE_CHECKING:
    # Named again for modules that may not import matplotlib themselves.
    from matplotlib.axes import Axes as Axes  # noqa: PLC0414
    from matplotlib.figure import Figure as Figure  # noqa: PLC0414
    from matplotlib.figure import SubFigure

# Okabe and Ito's colours and two of Paul Tol's, then each the one that is farthest (CIELAB) from all before
# it in the worst of normal, protanopic and deuteranopic sight, with contrast 2 or more against white.
PALETTE = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#882255", "#332288", "#334400"),
    *("#BBBB66", "#8888FF", "#BB2233", "#663377", "#DDAAAA", "#447744", "#AA8844", "#2255BB", "#336677"),
    *("#663333", "#CC6666", "#885500", "#AAAACC", "#6688DD", "#88BB77", "#993399", "#DDAA44", "#BB3388"),
    *("#7788BB", "#FF88EE", "#779922", "#995566", "#880000", "#665522", "#00CCAA", "#886699", "#004444"),
    *("#661177", "#DD8888", "#663399", "#55AA55", "#772222", "#7766CC", "#446644", "#CC77CC", "#8899FF"),
    *("#AA6633", "#770066", "#CC9966", "#FF88CC", "#990066", "#00AAAA", "#DD8833", "#FF6699", "#EE7755"),
    *("#CC3355", "#AA55BB", "#DD5577", "#555599", "#445577", "#55AA88"),
)
GREY = "#8A8A8A"
_INK = "#333333"
_GRID = "#DDDDDD"
_BESIDE = ((6, -3, "left"), (-6, -3, "right"), (0, 6, "center"), (0, -12, "center"))  # of a point, in points
_MARKERS = "os^DvP<X>phd*"
_WIDTH = 8.0  # inches
_LONGEST = 32  # characters of a label


def channel_colors(names: Iterable[str], order: Sequence[str] = ()) -> dict[str, str]:
    """Return one colour per channel, the same for the same `order` whatever is drawn.

    Parameters
    ----------
    names
        The channels to draw.
    order
        All channels in the order in which they get their colours; `names`, sorted, by default. What is not
        in it, such as ``"(unattributed)"``, is grey.

    Examples
    --------
    >>> channel_colors(["search"], order=("email", "search"))
    {'search': '#E69F00'}
    """
    wanted = list(dict.fromkeys(names))
    rank = {name: position for position, name in enumerate(order or sorted(wanted))}
    return {name: PALETTE[rank[name] % len(PALETTE)] if name in rank else GREY for name in wanted}


# No characters at all, and those that turn the rest of the line round.
_UNDRAWABLE = "\ufffe\uffff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def label_text(name: str, longest: int = _LONGEST) -> str:
    r"""Return `name` fit for a plot: in one line, without characters that no SVG may hold, not too long.

    Examples
    --------
    >>> label_text("paid\nsearch"), label_text("a" * 40, longest=8)
    ('paid search', 'aaaaaaa…')
    """
    kept = "".join(
        " " if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} or letter in _UNDRAWABLE else letter
        for letter in name
    )
    kept = " ".join(kept.split()) or "(empty)"
    return kept if len(kept) <= longest else kept[: longest - 1].rstrip() + "…"


def in_notebook() -> bool:
    """Return whether this runs in a notebook's kernel, which shows the figures that pyplot holds."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def new_axes(height: float, width: float = _WIDTH, *, shown: bool = True) -> Axes:
    """Return the Axes of a new figure, sizes in inches; one that is not `shown` stays out of notebooks."""
    size = (width, max(height, 2.0))
    if shown and in_notebook():
        from matplotlib import pyplot as plt

        return plt.figure(figsize=size, layout="constrained").add_subplot()
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained").add_subplot()


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
            color=_INK,
            parse_math=False,
        )
    if len(series) > 1:
        _legend(ax, series, few=few)
    ax.set_yticks(places)
    ax.set_yticklabels([label_text(label) for label in labels], fontsize=8, parse_math=False)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    _finish(ax, title, grid="x")
    _value_axis(ax.xaxis, tick)
    ax.set_xlabel(axis, fontsize=9, color=_INK, parse_math=False)
    if np.nanmin(values if spans is None else np.stack([values, spans[0]]), initial=0.0) < 0:
        ax.axvline(0.0, color=_INK, linewidth=0.8)
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
            _span_lines(ax, places + offset, spans[0][position], spans[1][position], _INK)
            beyond = np.fmax(spans[1][position] - line, 0.0)
        if texts and len(values) == 1:
            _bar_texts(ax, drawn, texts, np.nan_to_num(beyond))
            ax.margins(x=0.12)


def _bar_texts(ax: Axes, drawn: Any, texts: Sequence[str], beyond: Floats) -> None:
    """Write a text at the end of each bar, or of the line that goes `beyond` it."""
    if not beyond.any():
        ax.bar_label(drawn, labels=list(texts), padding=3, fontsize=7, color=_INK, parse_math=False)
        return
    for bar, text, more in zip(drawn, texts, beyond.tolist(), strict=True):
        ax.annotate(
            text,
            (max(bar.get_width(), 0.0) + more, bar.get_y() + bar.get_height() / 2),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=_INK,
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
    return _MARKERS[position % len(_MARKERS)], position // len(_MARKERS) % 2 == 1


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
    _place_legend(ax, handles, series)


def _place_legend(ax: Axes, handles: Sequence[Any], names: Sequence[str]) -> None:
    # matplotlib leaves out names that begin with an underscore; so the names are put in afterwards.
    longest = " " * max(len(label_text(name)) for name in names)
    legend = ax.legend(
        list(handles),
        [longest] * len(names),
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0.0,
        fontsize=8,
        frameon=False,
    )
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_parse_math(False)
        text.set_text(label_text(name))
        text.set_color(_INK)


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
            point = _MARKERS[position % len(_MARKERS)] if len(periods) <= 60 else ""
            handles += ax.plot(places, line, color=color, linestyle=style, marker=point, markersize=4)
    if names:
        # The topmost series is drawn last and named first.
        step = -1 if stacked else 1
        _place_legend(ax, handles[::step], list(names)[::step])
    every = max(1, -(-len(periods) // (12 if len(max(periods, key=len, default="")) <= 8 else 8)))
    ax.set_xticks(places[::every])
    ax.set_xticklabels([label_text(period) for period in periods[::every]], fontsize=8, parse_math=False)
    _finish(ax, title, grid="y")
    _value_axis(ax.yaxis, tick)
    ax.set_ylabel(axis, fontsize=9, color=_INK, parse_math=False)
    return ax


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
    _finish(ax, title, grid="both")
    _name_points(ax, x, y, names)
    for each, text in zip((ax.xaxis, ax.yaxis), axes, strict=True):
        _value_axis(each, tick)
        each.set_label_text(text, fontsize=9, color=_INK, parse_math=False)
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
                    color=_INK,
                    parse_math=False,
                )
                break


def _value_axis(axis: Any, tick: Callable[[float], str]) -> None:
    from matplotlib.ticker import FuncFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    axis.set_tick_params(labelsize=8)


def _finish(ax: Axes, title: str, *, grid: str) -> None:
    ax.set_title(title, loc="left", fontsize=11, color=_INK, parse_math=False)
    ax.grid(visible=True, axis=grid, color=_GRID, linewidth=0.7)  # type: ignore[arg-type]
    ax.set_axisbelow(True)
    for side in ("top", "right", "left" if grid == "x" else "right"):
        ax.spines[side].set_visible(False)


def to_svg(figure: Figure | SubFigure, name: str, alt: str = "") -> str:
    """Return a figure as an ``<svg>`` element to put into a page.

    The same figure gives the same text. Names of elements begin with `name`, so that several figures can
    stand in one page; text stays text, escaped, and can be read aloud and searched.

    Parameters
    ----------
    figure
        What to draw; ``ax.figure`` of an Axes.
    name
        A name of its own in the page, letters, digits and hyphens.
    alt
        What the figure shows, for those who do not see it.
    """
    import io
    import warnings
    from xml.etree import ElementTree as ET

    import matplotlib as mpl

    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}), warnings.catch_warnings():
        # Only the measure of a glyph is missing; the browser has fonts of its own.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        # The figure of a part of a figure is the whole one.
        figure.figure.savefig(
            buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True
        )
    root = ET.fromstring(buffer.getvalue().encode())  # noqa: S314 (written by matplotlib just now)
    for child in [child for child in root if child.tag.endswith("}metadata")]:
        root.remove(child)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        # Plain names of attributes: xlink:href is href in today's browsers.
        for key in list(element.attrib):
            value = element.attrib.pop(key)
            if key == "id":
                value = f"{name}-{value}"
            value = value.replace("url(#", f"url(#{name}-")
            if key.endswith("href") and value.startswith("#"):
                value = f"#{name}-{value[1:]}"
            element.set(key.rpartition("}")[2], value)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    root.set("role", "img")
    if alt:
        root.set("aria-label", alt)
    return ET.tostring(root, encoding="unicode")
