"""The section of credit by its finer dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, make_table
from attribution.reporting.credit_columns import dimension, model_columns, ranked
from attribution.reporting.formats import label
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    from attribution.credit.credit import Credit

MAX_CELLS = 40


def breakdown(words: Language, credit: Credit) -> tuple[Block, ...]:
    """Return the credit by its finer dimensions."""
    import pandas as pd

    if not credit.by[1:]:
        return ()
    order = ranked(credit)
    shown = order[:MAX_CELLS]
    frame = pd.DataFrame({name: key[shown] for name, key in zip(credit.by, credit.keys, strict=True)})
    models = model_columns(credit)
    for row, key in enumerate(models):
        frame[f"conversions under {key}"] = credit.conversions[row, shown]
    titles = {name: (dimension(words, name), "name") for name in credit.by}
    kinds = {f"conversions under {key}": (label(title, words), "count") for key, title in models.items()}
    more = len(order) - len(shown)
    table = make_table(
        words,
        "breakdown",
        words(
            "breakdown.caption", dimensions=words.join(dimension(words, name).lower() for name in credit.by)
        ),
        frame,
        titles | kinds,
        alike=tuple(kinds),
        note=words("breakdown.more", n=more) if more else "",
    )
    return (table,)


SECTION = SectionRecipe("breakdown", lambda m: breakdown(m.words, m.credit))
