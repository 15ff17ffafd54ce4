"""The sections made of a Credit: by model, what channels did, over time, breakdown, unattributed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Floats
from attribution.credit.periods import PERIODS
from attribution.credit.table import ACTIVITY, fold, measure
from attribution.journeys.journeys import UNATTRIBUTED
from attribution.language.catalogue import Language
from attribution.models.activity import solve_activity, tally_activity
from attribution.reporting.blocks import Block, Table, Text, make_table
from attribution.reporting.figures import bars, over_time
from attribution.reporting.formats import label

if TYPE_CHECKING:
    from attribution.credit.credit import Credit
    from attribution.journeys.journeys import Journeys

MAX_CHANNELS = 60
MAX_CELLS = 40


def ranked(credit: Credit) -> NDArray[np.intp]:
    """Return the attributed cells, those most credited by the first model first, as plots order them."""
    inside = np.flatnonzero(credit.attributed)
    return inside[np.argsort(-credit.conversions[0, inside], kind="stable")]


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
        {"channel": (words("channel"), "name")} | {key: (title, kind) for key, title in models.items()},
        bars=tuple(models) if kind == "share" else (),
        alike=tuple(models),
        currency=credit.currency,
        decimals=credit.decimals,
        marks=tuple(marks),
        note=left_out(words, len(order), len(shown)),
        folded=folded,
    )


def model_columns(credit: Credit) -> dict[str, str]:
    """Return a column name for each model: its label, numbered where it would clash with another column."""
    columns: dict[str, str] = {}
    for model in credit.models:
        taken = {"channel", "cost", "cost_share", "flag", *columns}
        columns[model if model not in taken else f"{model} ({len(columns) + 1})"] = model
    return columns


def left_out(words: Language, n: int, shown: int) -> str:
    """Return how many of `n` channels are not shown; nothing where all are."""
    return words("left_out", n=n - shown) if n > shown else ""


def activity(words: Language, credit: Credit, journeys: Journeys | None) -> tuple[Block, ...]:
    """Return what each channel did in converting journeys, whatever the model.

    Counts of a breakdown cannot be summed, so they are taken from the journeys anew.
    """
    import pandas as pd

    if credit.by == ("channel",):
        names, counts = credit.keys[0], credit.activity
    elif journeys is not None:
        tally = tally_activity(journeys)
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
        kinds[name] = (words(f"roles.{name}"), "count")
    table = make_table(
        words,
        "roles",
        words("roles.caption"),
        pd.DataFrame(columns),
        kinds,
        bars=("touched",),
        note=f"{words('roles.note')} {left_out(words, len(order), len(shown))}".rstrip(),
    )
    return (table,)


def through_time(words: Language, credit: Credit) -> tuple[Block, ...]:
    """Return the credit over the calendar periods that it is broken down by, for the first model."""
    periods = [name for name in credit.by[1:] if name in PERIODS]
    return tuple(figure for name in periods for figure in over_time(words, fold(credit, ("channel", name))))


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
    kinds = {f"conversions under {key}": (title, "count") for key, title in models.items()}
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


def dimension(words: Language, name: str) -> str:
    """Return the heading of a dimension: that of the catalogue, or its own name."""
    key = "channel" if name == "channel" else f"by.{name}"
    return words(key) if key in words.texts else label(name).replace("_", " ").capitalize()


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
