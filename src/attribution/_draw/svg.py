"""A figure as an SVG element to put into a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Figure  # noqa: PLC0414
    from matplotlib.figure import SubFigure


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
