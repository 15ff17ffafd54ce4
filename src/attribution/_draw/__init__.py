"""Primitives of drawing on plain arrays: the only package that knows matplotlib.

Figures are made without pyplot, so that nothing global changes and nothing stays open; no style or
rcParams are set. Only in a notebook is the figure handed to pyplot, which is what shows it there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attribution._draw.bars import bars
from attribution._draw.canvas import GREY, PALETTE, channel_colors, label_text, new_axes
from attribution._draw.curves import curves
from attribution._draw.grids import heat_map
from attribution._draw.interval_marks import intervals
from attribution._draw.lines import over_time
from attribution._draw.outcome_path import path
from attribution._draw.pages import narrow, translate
from attribution._draw.places import places
from attribution._draw.points import scatter
from attribution._draw.sankey import flows
from attribution._draw.svg import to_svg

if TYPE_CHECKING:
    # Named again for modules that may not import matplotlib themselves.
    from attribution._draw.canvas import Axes as Axes
    from attribution._draw.svg import Figure as Figure

__all__ = [
    "GREY",
    "PALETTE",
    "bars",
    "channel_colors",
    "curves",
    "flows",
    "heat_map",
    "intervals",
    "label_text",
    "narrow",
    "new_axes",
    "over_time",
    "path",
    "places",
    "scatter",
    "to_svg",
    "translate",
]
