"""The two figures of the first screen: credit beside cause, return beside spend, of all models at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from attribution import _draw
from attribution.credit.table import measure
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Figure
from attribution.reporting.experiments_found import Found
from attribution.reporting.figures import listed, make_figure
from attribution.reporting.formats import Style, fit, label

if TYPE_CHECKING:
    from attribution._typing import Floats
    from attribution.credit.credit import Credit

_MOST = 12


def credit_beside_cause(words: Language, credit: Credit, found: Sequence[Found]) -> tuple[Figure, ...]:
    """Draw what the models credit each channel with, from least to most, and what its test found below it."""
    rows = measure(credit, "conversions")
    tested = {
        one.channel: one.incremental
        for one in found
        if one.incremental is not None and one.verdict != "blocked"
    }
    inside = np.flatnonzero(credit.attributed & np.isfinite(rows).all(axis=0))
    if not len(inside) or not rows[:, inside].any():
        return ()
    order = inside[np.argsort(-rows[:, inside].max(axis=0), kind="stable")].tolist()
    shown = [cell for place, cell in enumerate(order) if place < _MOST or credit.keys[0][cell] in tested]
    names = [str(credit.keys[0][cell]) for cell in shown]
    ends = np.full((len(shown), 3), np.nan)
    for place, name in enumerate(names):
        if name in tested:
            ends[place] = tested[name].value, tested[name].low, tested[name].high
    key = "answer.figure.cause" if tested else "answer.figure.credit"
    note = words("answer.figure.cause.note") if tested else words("answer.figure.credit.note")
    return _figure(
        words,
        "figure-answer-credit",
        words(key),
        note,
        names,
        rows[:, shown],
        (ends[:, 0], ends[:, 1], ends[:, 2]),
        fit("count", rows[:, shown].ravel().tolist(), words=words),
        words("axis.conversions"),
    )


def return_beside_spend(words: Language, credit: Credit) -> tuple[Figure, ...]:
    """Draw each channel's share of credit, from the least to the most, above that of spend."""
    if credit.cost is None:
        return ()
    name = "value_share" if credit.has_value else "share"
    cost, rows = measure(credit, "cost_share")[0], measure(credit, name)
    known = np.flatnonzero(credit.attributed & np.isfinite(cost) & np.isfinite(rows).all(axis=0))
    if len(known) < 2:
        return ()
    shown = known[np.argsort(-cost[known], kind="stable")][:_MOST].tolist()
    beside = cost[shown]
    return _figure(
        words,
        "figure-answer-return",
        words("answer.figure.return" if credit.has_value else "answer.figure.return.credit"),
        words("answer.figure.return.note"),
        [str(credit.keys[0][cell]) for cell in shown],
        rows[:, shown],
        (beside, beside, beside),
        Style("share", 1, words=words),
        words("answer.figure.return.axis"),
    )


def _figure(
    words: Language,
    name: str,
    title: str,
    note: str,
    channels: list[str],
    rows: Floats,
    beside: tuple[Floats, Floats, Floats],
    style: Style,
    axis: str,
) -> tuple[Figure, ...]:
    """Draw rows of models, shape (n_models, n_channels), as spans, and other estimates below them."""
    low, high = rows.min(axis=0), rows.max(axis=0)
    middle = np.where(low == high, low, np.nan)
    parts = []
    for place, channel in enumerate(channels[:5]):
        least, most = style.write(float(low[place])), style.write(float(high[place]))
        extent = least if least == most else words("range", low=least, high=most)
        parts.append(words("figure.part", channel=label(channel, words), amount=extent))
    scale = 100 if style.kind == "share" else 1
    figure = make_figure(
        words,
        name,
        title,
        words("credit.figure.alt", title=title, parts=listed(words, parts, len(channels))),
        lambda ax: _draw.intervals(
            [label(channel, words) for channel in channels],
            scale * middle,
            scale * low,
            scale * high,
            [_draw.PALETTE[0]] * len(channels),
            title="",
            axis=axis,
            tick=lambda value: f"{value:,.10g}{'%' if scale == 100 else ''}",
            beside=(scale * beside[0], scale * beside[1], scale * beside[2]),
            ax=ax,
        ),
        size=(4.15, 1.1 + 0.3 * len(channels)),
        note=note,
    )
    return (figure,)
