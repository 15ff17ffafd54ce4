"""The section of what no channel was credited with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attribution._typing import Floats
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Text, make_table
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    from attribution.credit.credit import Credit


def unattributed(words: Language, credit: Credit) -> tuple[Block, ...]:
    """Return what no channel was credited with, under each model."""
    totals = credit.totals()
    if not credit.has_value:
        totals = totals[totals["measure"] == "conversions"]
    sums = credit.sums()
    if not (sums.unattributed_conversions > 0).any():
        return (Text((words("unattributed.none"),)),)
    text = Text((words("unattributed.why"),))
    if len(credit.models) > 1 and _same_rows(sums.unattributed_conversions, sums.unattributed_value):
        totals = totals[totals["model"] == credit.models[0]].assign(model=words("unattributed.every"))
    tables = []
    for name, kind in (("conversions", "count"), ("value", "money")):
        part = totals[totals["measure"] == name].reset_index(drop=True)
        if part.empty:
            continue
        part["share"] = part["unattributed"] / part["total"].where(part["total"] != 0)
        kinds = {
            "model": (words("model"), "name"),
            "attributed": (words("unattributed.attributed"), kind),
            "unattributed": (words("unattributed.lost"), kind),
            "total": (words("unattributed.total"), kind),
            "share": (words("unattributed.share"), "share"),
        }
        tables.append(
            make_table(
                words,
                f"unattributed_{name}",
                words(f"unattributed.{name}"),
                part,
                kinds,
                currency=credit.currency,
                decimals=credit.decimals,
            )
        )
    return (text, *tables)


def _same_rows(*lines: Floats) -> bool:
    return all(np.allclose(line, line[0], rtol=1e-9, atol=1e-9) for line in lines)


SECTION = SectionRecipe("unattributed", lambda m: unattributed(m.words, m.channels))
