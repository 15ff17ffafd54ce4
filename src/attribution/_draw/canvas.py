"""What every plot shares: colours of channels, labels, a new figure, axes and legend."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes  # noqa: PLC0414

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
INK = "#333333"
GRID = "#DDDDDD"
MARKERS = "os^DvP<X>phd*"
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

    Of a long name the middle is left out: campaigns of one family begin alike and end differently.

    Examples
    --------
    >>> label_text("paid\nsearch"), label_text("a" * 40, longest=8)
    ('paid search', 'aaaa…aaa')
    """
    kept = "".join(
        " " if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} or letter in _UNDRAWABLE else letter
        for letter in name
    )
    kept = " ".join(kept.split()) or "(empty)"
    if len(kept) <= longest:
        return kept
    end = (longest - 1) // 2
    return kept[: longest - 1 - end].rstrip() + "…" + kept[-end:].lstrip()


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


def place_legend(ax: Axes, handles: Sequence[Any], names: Sequence[str]) -> None:
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
        text.set_color(INK)


def value_axis(axis: Any, tick: Callable[[float], str]) -> None:
    from matplotlib.ticker import FuncFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    axis.set_tick_params(labelsize=8)


def finish(ax: Axes, title: str, *, grid: str) -> None:
    ax.set_title(title, loc="left", fontsize=11, color=INK, parse_math=False)
    ax.grid(visible=True, axis=grid, color=GRID, linewidth=0.7)  # type: ignore[arg-type]
    ax.set_axisbelow(True)
    for side in ("top", "right", "left" if grid == "x" else "right"):
        ax.spines[side].set_visible(False)


def bare(ax: Axes, title: str, axis: str) -> None:
    """Take away the frame and the marks of ticks; write the heading and what is across."""
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    ax.set_xlabel(axis, fontsize=9, color=INK, parse_math=False)
    ax.set_title(title, loc="left", fontsize=11, color=INK, parse_math=False)
