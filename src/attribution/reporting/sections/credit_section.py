"""The section of credit by model: conversions, value and shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attribution.credit.table import measure
from attribution.journeys.journeys import UNATTRIBUTED
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Table, Text, make_table
from attribution.reporting.credit_columns import MAX_CHANNELS, left_out, model_columns, ranked
from attribution.reporting.figures import bars
from attribution.reporting.formats import label
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    from attribution.credit.credit import Credit


def credit_by_model(words: Language, credit: Credit) -> tuple[Block, ...]:
    """Return the figure and the tables of credited conversions and value."""
    if not len(credit.keys[0]):
        return (Text((words("credit.nothing"),)),)
    blocks: list[Block] = [*bars(words, credit)]
    blocks.append(_by_model(words, credit, "conversions", "credit", "count"))
    if credit.has_value:
        blocks.append(_by_model(words, credit, "value", "credit_value", "money", folded=True))
    blocks.append(_by_model(words, credit, "share", "credit_share", "share", folded=True))
    return tuple(blocks)


def _by_model(
    words: Language, credit: Credit, name: str, table: str, kind: str, *, folded: bool = False
) -> Table:
    """Return a table with a line a channel and a column a model; sums below where they make sense."""
    import pandas as pd

    order = ranked(credit)
    shown = order[:MAX_CHANNELS]
    rows = measure(credit, name)
    labels = credit.keys[0][shown].tolist()
    lines = [*rows[:, shown].T]
    marks = [""] * len(shown)
    if kind != "share":
        lost = np.flatnonzero(~credit.attributed)
        if len(lost):
            labels.append(UNATTRIBUTED)
            lines.append(rows[:, lost].sum(axis=1))
            marks.append("aside")
        labels.append(words("all_conversions" if name == "conversions" else "all_value"))
        lines.append(rows.sum(axis=1))
        marks.append("total")
    models = model_columns(credit)
    frame = pd.DataFrame(np.array(lines).reshape(len(lines), len(models)), columns=list(models))
    frame.insert(0, "channel", pd.Series(labels, dtype=object))
    return make_table(
        words,
        table,
        words(f"credit.{name}"),
        frame,
        {"channel": (words("channel"), "name")}
        | {key: (label(title, words), kind) for key, title in models.items()},
        bars=tuple(models) if kind == "share" else (),
        alike=tuple(models),
        currency=credit.currency,
        decimals=credit.decimals,
        marks=tuple(marks),
        note=left_out(words, len(order), len(shown)),
        folded=folded,
    )


SECTION = SectionRecipe("credit", lambda m: credit_by_model(m.words, m.channels))
