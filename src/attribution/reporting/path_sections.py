"""The section of the most frequent paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, make_table
from attribution.reporting.formats import clean, shorten

if TYPE_CHECKING:
    import pandas as pd

    from attribution.credit.credit import Credit
    from attribution.journeys.journeys import Journeys


def top_paths(
    words: Language, credit: Credit, journeys: Journeys | None, paths: pd.DataFrame | None, top: int
) -> tuple[Block, ...]:
    """Return the `top` paths that converted most often, from journeys or from what `path_counts` returned."""
    if paths is None and journeys is not None and top:
        paths = journeys.path_counts(top=top)
    if paths is None or not top:
        return ()
    frame = paths.head(top)
    if frame.empty:
        return ()
    kinds = {
        "path": (words("paths.path"), "text"),
        "touches": (words("paths.touches"), "count"),
        "conversions": (words("conversions"), "count"),
    }
    if frame["nulls"].any():
        kinds |= {"nulls": (words("paths.nulls"), "count"), "conversion_rate": (words("paths.rate"), "share")}
    if credit.has_value:
        kinds["value"] = (words("value"), "money")
    if frame["median_days"].notna().any():
        kinds["median_days"] = (words("paths.days"), "number")
    table = make_table(
        words,
        "top_paths",
        words("paths.caption", n=len(frame)),
        frame.assign(path=[shorten(clean(path), 160) for path in frame["path"]]),
        kinds,
        bars=("conversions",),
        currency=credit.currency,
        decimals=credit.decimals,
        note=words("paths.note"),
    )
    return (table,)
