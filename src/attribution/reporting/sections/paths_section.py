"""The section of the most frequent paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attribution.engines.shared.engine import Tasks
from attribution.journeys.paths import PathTask, path_frame
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, make_table
from attribution.reporting.needs import Asked, Need
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    import pandas as pd

    from attribution.credit.credit import Credit


def top_paths(words: Language, credit: Credit, paths: pd.DataFrame | None, top: int) -> tuple[Block, ...]:
    """Return the `top` paths that converted most often."""
    if paths is None or not top:
        return ()
    frame = paths.head(top)
    if frame.empty:
        return ()
    kinds = {
        "path": (words("paths.path"), "path"),
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
        frame,
        kinds,
        bars=("conversions",),
        currency=credit.currency,
        decimals=credit.decimals,
        note=words("paths.note"),
    )
    return (table,)


def _data_frames() -> Any:
    import pandas as pd

    return pd.DataFrame


def _tasks(asked: Asked) -> Tasks:
    return {"paths": PathTask()} if asked.top_paths else {}


_PATHS: Need[pd.DataFrame] = Need(
    "paths",
    _data_frames,
    "at.report(credit, paths=at.path_counts(log))",
    tasks=_tasks,
    solve=lambda tallies, asked: path_frame(tallies["paths"], top=asked.top_paths, separator=" > "),
)
SECTION = SectionRecipe(
    "paths", lambda m: top_paths(m.words, m.credit, m.of(_PATHS), m.top_paths), needs=(_PATHS,)
)
