"""The section of where journeys go: a Sankey diagram and the largest flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attribution.journeys.flows import (
    CONVERSION,
    LATER,
    NO_CONVERSION,
    OTHER,
    Flows,
    FlowTask,
    draw_flows,
    solve_flows,
)
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Figure, make_table
from attribution.reporting.figures import NARROW, make_figure
from attribution.reporting.formats import fit, label
from attribution.reporting.needs import Need
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    from attribution._draw import Axes

MAX_FLOWS = 15


def journey_map(words: Language, flows: Flows | None) -> tuple[Block, ...]:
    """Return where converting journeys go, from touch to touch: a Sankey diagram and its largest flows."""
    if flows is None or not flows.conversions.any():
        return ()
    largest = flows.largest(MAX_FLOWS)
    frame = flows.to_frame().iloc[:0]
    if largest:
        import pandas as pd

        frame = pd.DataFrame(
            {
                "step": flows.step[largest],
                "source": [_named(words, flows.source[place]) for place in largest],
                "target": [_named(words, flows.target[place]) for place in largest],
                "conversions": flows.conversions[largest],
                "nulls": flows.nulls[largest],
            }
        )
    kinds = {
        "step": (words("journey_map.step"), "count"),
        "source": (words("journey_map.source"), "name"),
        "target": (words("journey_map.target"), "name"),
        "conversions": (words("conversions"), "count"),
    }
    if flows.nulls.any():
        kinds["nulls"] = (words("paths.nulls"), "count")
    table = make_table(
        words,
        "journey_map",
        words("journey_map.caption", n=len(frame)),
        frame,
        kinds,
        bars=("conversions",),
        folded=True,
    )
    return (_flow_figure(words, flows), table)


def _flow_figure(words: Language, flows: Flows) -> Figure:
    style = fit("count", flows.conversions.tolist(), words=words)
    parts = [
        words(
            "journey_map.part",
            source=_named(words, flows.source[place]),
            target=_named(words, flows.target[place]),
            step=int(flows.step[place]),
            amount=style.write(float(flows.conversions[place])),
        )
        for place in flows.largest(5)
    ]
    first = flows.step == 1
    title = words("journey_map.figure")
    alt = words(
        "journey_map.alt",
        title=title,
        conversions=words("n_conversions", n=float(flows.conversions[first].sum())),
        parts=words("semicolon").join(parts),
    )
    names = {name: words(name) for name in (LATER, CONVERSION, NO_CONVERSION, OTHER)}

    def plot(ax: Axes) -> Axes:
        # On a phone there is room for the labels of few columns.
        narrow = ax.figure.figure.get_size_inches()[0] <= NARROW
        shown = flows.first(min(2, flows.steps)) if narrow else flows
        titles = [words("journey_map.touch", n=step) for step in range(1, shown.steps + 1)]
        return draw_flows(shown, shown.conversions, titles, title, ax, names, style.write)

    note = words("journey_map.note", n=flows.steps)
    return make_figure(words, "figure-flows", title, alt, plot, size=(8.4, 5.0), narrow_height=4.4, note=note)


def _named(words: Language, name: str) -> str:
    return words(name) if name in (LATER, CONVERSION, NO_CONVERSION, OTHER) else label(name, words)


_STEPS, _CHANNELS = 4, 6  # as of `Journeys.flows`
_FLOWS: Need[Flows] = Need(
    "flows",
    lambda: Flows,
    "at.report(credit, flows=journeys.flows())",
    tasks=lambda _: {"flows": FlowTask(_STEPS)},
    solve=lambda tallies, _: solve_flows(tallies["flows"], _CHANNELS),
)
SECTION = SectionRecipe("journey_map", lambda m: journey_map(m.words, m.of(_FLOWS)), needs=(_FLOWS,))
