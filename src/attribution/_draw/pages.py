"""A drawing made fit for a page: in another language, or for a narrow screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attribution._draw.canvas import INK, label_text, value_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHORT = 18  # characters of a label on a narrow drawing
_SMALLEST = 7.5  # points of a letter
_MOST_TICKS = 4
_MOST_WRITTEN = 9  # columns of a heat map up to which a cell has room for its number
_AND = " + "  # between the two channels of a pair


def translate(ax: Axes, word: Callable[[str], str], *, numeric_dates: bool = False) -> None:
    """Write the texts of a drawing anew: labels of axes and places, ticks, legend, texts beside marks.

    Parameters
    ----------
    ax
        What was drawn on.
    word
        Returns the text to write for a text.
    numeric_dates
        Whether to write dates in digits: names of months are those of one language.
    """
    from matplotlib.dates import ConciseDateFormatter
    from matplotlib.ticker import FixedLocator, FuncFormatter

    for axis in (ax.xaxis, ax.yaxis):
        axis.set_label_text(word(axis.get_label_text()))
        formatter: Any = axis.get_major_formatter()
        if isinstance(axis.get_major_locator(), FixedLocator):
            _relabel(axis, [word(text.get_text()) for text in axis.get_ticklabels()])
        elif isinstance(formatter, FuncFormatter):
            value_axis(axis, lambda value, write=formatter.func: word(write(value, None)))  # type: ignore[misc]
        elif numeric_dates and isinstance(formatter, ConciseDateFormatter):
            formatter.show_offset = False
            formatter.formats = ["%Y", "%m/%Y", "%d/%m", "%H:%M", "%H:%M", "%S.%f"]
            formatter.zero_formats = ["", "%Y", "%m/%Y", "%d/%m", "%H:%M", "%H:%M"]
    legend = ax.get_legend()
    for text in [*ax.texts, *(legend.get_texts() if legend is not None else ())]:
        text.set_text(word(text.get_text()))


def narrow(ax: Axes) -> None:
    """Make a drawing fit for a narrow screen: the legend below, short labels, few ticks.

    Parameters
    ----------
    ax
        What was drawn on, on a narrow figure.
    """
    from matplotlib.collections import QuadMesh
    from matplotlib.dates import ConciseDateFormatter
    from matplotlib.text import Text
    from matplotlib.ticker import FixedLocator, MaxNLocator

    for axis in (ax.xaxis, ax.yaxis):
        formatter: Any = axis.get_major_formatter()
        if isinstance(axis.get_major_locator(), FixedLocator):
            labels = [_short(text.get_text()) for text in axis.get_ticklabels()]
            every = -(-len(labels) // _MOST_TICKS) if axis is ax.xaxis and not ax.collections else 1
            _relabel(axis, labels, every)
        elif isinstance(formatter, ConciseDateFormatter):
            _few_dates(axis, formatter)
        else:
            axis.set_major_locator(MaxNLocator(_MOST_TICKS))
    _legend_below(ax)
    for text in ax.figure.findobj(Text):
        text.set_fontsize(max(text.get_fontsize(), _SMALLEST))
    if any(isinstance(drawn, QuadMesh) for drawn in ax.collections) and len(ax.get_xticks()) > _MOST_WRITTEN:
        for text in list(ax.texts):
            if len(text.get_text()) > 1:  # a sign has room in any cell
                text.remove()


def _short(text: str) -> str:
    one, _, other = text.partition(_AND)
    if len(text) <= _SHORT or not other:
        return label_text(text, _SHORT)
    return f"{label_text(one, _SHORT)} +\n{label_text(other, _SHORT)}"


def _relabel(axis: Any, labels: list[str], every: int = 1) -> None:
    axis.set_ticks(axis.get_ticklocs()[::every], labels=labels[::every], parse_math=False)


def _few_dates(axis: Any, formatter: Any) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator: Any = AutoDateLocator(minticks=2, maxticks=_MOST_TICKS)  # type: ignore[no-untyped-call]
    few: Any = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
    for part in ("formats", "zero_formats", "offset_formats", "show_offset"):
        setattr(few, part, getattr(formatter, part))
    axis.set_major_locator(locator)
    axis.set_major_formatter(few)


def _legend_below(ax: Axes) -> None:
    legend = ax.get_legend()
    if legend is None:
        return
    handles: list[Any] = list(legend.legend_handles)
    names = [label_text(t.get_text(), 26) for t in legend.get_texts()]
    legend.remove()
    columns = 2 if max(map(len, names)) <= _SHORT else 1
    below = ax.figure.legend(
        handles,
        [" " * len(name) for name in names],
        loc="outside lower left",
        ncols=columns,
        fontsize=8,
        frameon=False,
    )
    # matplotlib leaves out names that begin with an underscore; so the names are put in afterwards.
    for text, name in zip(below.get_texts(), names, strict=True):
        text.set_parse_math(False)
        text.set_text(name)
        text.set_color(INK)
