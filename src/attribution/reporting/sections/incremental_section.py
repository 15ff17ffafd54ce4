"""The section of what experiments found, beside the credit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from attribution import _draw
from attribution.credit.table import measure
from attribution.experiments.shared.lift import Estimate
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Figure, Text, make_table
from attribution.reporting.experiments_found import LIFTS, Found, counts_style, in_words, unusual_ratio
from attribution.reporting.figures import MAX_DRAWN, listed, make_figure
from attribution.reporting.formats import label
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    from attribution._draw import Axes
    from attribution.credit.credit import Credit


def incremental(words: Language, credit: Credit, found: Sequence[Found]) -> tuple[Block, ...]:
    """Return credited and incremental conversions side by side, for the tested channels."""
    import pandas as pd

    if not found:
        return ()
    rows = []
    for one in found:
        empty = Estimate(math.nan, math.nan, math.nan)
        read = one.verdict != "blocked"  # what must not be read is not shown
        caused = (one.incremental if read else None) or empty
        iroas = (one.lift.iroas if read and one.lift is not None else None) or empty
        rows.append(
            {
                "channel": one.channel,
                **{
                    f"credited_{row + 1}": float(
                        measure(credit, "conversions")[row, credit.keys[0] == one.channel].sum()
                    )
                    for row in range(len(credit.models))
                },
                "incremental": caused.value,
                "low": caused.low,
                "high": caused.high,
                "iroas": iroas.value,
                "iroas_low": iroas.low,
                "iroas_high": iroas.high,
                "verdict": words(f"verdict.{one.verdict}"),
            }
        )
    frame = pd.DataFrame(rows)
    credited = {
        f"credited_{row + 1}": (words("incremental.credited", model=label(model, words)), "count")
        for row, model in enumerate(credit.models)
    }
    kinds = {
        "channel": (words("channel"), "name"),
        "incremental": (words("incremental.caused"), "count"),
        "low": (words("incremental.low"), "count"),
        "high": (words("incremental.high"), "count"),
        "verdict": (words("incremental.verdict"), "text"),
        **credited,
    }
    if frame["iroas"].notna().any():
        kinds |= {
            "iroas": (words("incremental.iroas"), "ratio"),
            "iroas_low": (words("incremental.low"), "ratio"),
            "iroas_high": (words("incremental.high"), "ratio"),
        }
    table = make_table(
        words,
        "incremental",
        words("incremental.caption"),
        frame[list(kinds)],
        kinds,
        alike=("incremental", "low", "high", *credited),
        note=words("incremental.note"),
    )
    looked = tuple(line for one in found for line in unusual_ratio(words, one))
    return (Text((words("incremental.text"), *looked)), *_beside(words, credit, found), table)


def _beside(words: Language, credit: Credit, found: Sequence[Found]) -> tuple[Figure, ...]:
    shown = [
        (one.channel, one.incremental, one.verdict, one.credited)
        for one in found
        if one.incremental is not None and one.verdict != "blocked"
    ][:MAX_DRAWN]
    if not shown:
        return ()
    style = counts_style(words, [estimate for _, estimate, _, _ in shown])
    title, model = words("incremental.figure"), label(credit.models[0], words)
    parts = []
    for channel, estimate, _, credited in shown[:5]:
        value, low, high = in_words(estimate, style)
        parts.append(
            words(
                "incremental.figure.part",
                channel=label(channel, words),
                caused=value,
                low=low,
                high=high,
                credited=style.write(credited),
            )
        )

    def plot(ax: Axes) -> Axes:
        ends = np.array([[one.value, one.low, one.high] for _, one, _, _ in shown]).reshape(-1, 3)
        _draw.intervals(
            [label(channel, words) for channel, *_ in shown],
            ends[:, 0],
            ends[:, 1],
            ends[:, 2],
            [_draw.PALETTE[0] if verdict == "effect" else _draw.GREY for _, _, verdict, _ in shown],
            title="",
            axis=words("incremental.axis"),
            tick=lambda value: f"{value:,.10g}",
            ax=ax,
        )
        credited = np.array([one[3] for one in shown])
        finite = np.concatenate([ends[np.isfinite(ends)], credited, np.zeros(1)])
        reach = float(finite.max() - finite.min()) or 1.0
        ax.set_xlim(finite.min() - 0.08 * reach, finite.max() + 0.08 * reach)
        ax.scatter(credited, np.arange(len(credited)), 46, facecolors="none", edgecolors="#333333", zorder=3)
        return ax

    figure = make_figure(
        words,
        "figure-incremental",
        title,
        words("incremental.figure.alt", title=title, parts=listed(words, parts, len(shown))),
        plot,
        size=(6.0, 1.2 + 0.36 * len(shown)),
        note=words("incremental.figure.note", model=model),
    )
    return (figure,)


SECTION = SectionRecipe(
    "incremental", lambda m: incremental(m.words, m.channels, m.of(LIFTS) or ()), needs=(LIFTS,)
)
