"""The section of activity: what channels did in converting journeys, whatever the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attribution.credit.measures import ACTIVITY
from attribution.engines.shared.engine import Tasks
from attribution.journeys.journeys import UNATTRIBUTED
from attribution.language.catalogue import Language
from attribution.models.activity import ActivityTally, solve_activity
from attribution.models.tasks import ActivityTask
from attribution.reporting.blocks import Block, make_table
from attribution.reporting.credit_columns import MAX_CHANNELS, left_out
from attribution.reporting.needs import Asked, Need
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    from attribution.credit.credit import Credit


def activity(words: Language, credit: Credit, tally: ActivityTally | None) -> tuple[Block, ...]:
    """Return what each channel did in converting journeys, whatever the model.

    Counts of a breakdown cannot be summed, so they are taken from the journeys anew.
    """
    import pandas as pd

    if credit.by == ("channel",):
        names, counts = credit.keys[0], credit.activity
    elif tally is not None:
        names, counts = tally.cells.keys()[0][0], solve_activity(tally)
    else:
        return ()
    if counts is None:
        return ()
    order = np.argsort(-counts.touched, kind="stable")
    order = order[names[order] != UNATTRIBUTED]
    if not len(order):
        return ()
    shown = order[:MAX_CHANNELS]
    columns: dict[str, Any] = {"channel": names[shown]}
    kinds = {"channel": (words("channel"), "name")}
    for name in ACTIVITY:
        columns[name] = getattr(counts, name)[shown]
        kinds[name] = (words(f"activity.{name}"), "count")
    table = make_table(
        words,
        "activity",
        words("activity.caption"),
        pd.DataFrame(columns),
        kinds,
        bars=("touched",),
        note=f"{words('activity.note')} {left_out(words, len(order), len(shown))}".rstrip(),
    )
    return (table,)


def _tasks(asked: Asked) -> Tasks:
    # Counts of a breakdown cannot be summed: they are tallied by channel besides.
    return {} if asked.by == ("channel",) else {_TALLY: ActivityTask(("channel",))}


_TALLY = "activity by channel"
_ACTIVITY: Need[ActivityTally] = Need(tasks=_tasks, solve=lambda tallies, _: tallies[_TALLY])
SECTION = SectionRecipe(
    "activity", lambda m: activity(m.words, m.credit, m.of(_ACTIVITY)), needs=(_ACTIVITY,)
)
