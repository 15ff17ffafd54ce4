"""The sections made of a Credit: by model, money, what channels did, breakdown, unattributed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Floats
from attribution.credit.periods import PERIODS
from attribution.credit.table import ACTIVITY, fold, measure, ratio
from attribution.journeys.journeys import UNATTRIBUTED
from attribution.models.activity import solve_activity, tally_activity
from attribution.reporting.blocks import Block, Table, Text, make_table
from attribution.reporting.figures import bars, over_time, spend_against_credit
from attribution.reporting.formats import amount_of, label, listing

if TYPE_CHECKING:
    from attribution.credit.credit import Credit
    from attribution.journeys.journeys import Journeys

MAX_CHANNELS = 60
MAX_CELLS = 40
TOTAL = "All channels"

_WHY_UNATTRIBUTED = (
    "A conversion without an eligible touch is counted here and given to no channel. Usual reasons: a "
    "lookback shorter than the time people take to decide, touches that were not logged, touches logged "
    "under another user id, and, under after_conversion = reset, repeat purchases that needed no new touch."
)


def ranked(credit: Credit) -> NDArray[np.intp]:
    """Return the attributed cells, those most credited by the first model first, as plots order them."""
    inside = np.flatnonzero(credit.attributed)
    return inside[np.argsort(-credit.conversions[0, inside], kind="stable")]


def credit_by_model(credit: Credit) -> tuple[Block, ...]:
    """Return the figure and the tables of credited conversions and value."""
    if not len(credit.keys[0]):
        return (Text(("The log names no channel.",)),)
    blocks: list[Block] = [*bars(credit)]
    blocks.append(
        _by_model(credit, "conversions", "credit", "Conversions credited to each channel, by model", "count")
    )
    if credit.has_value:
        caption = "Value credited to each channel, by model"
        blocks.append(_by_model(credit, "value", "credit_value", caption, "money", folded=True))
    caption = "Share of attributed conversions, by model"
    blocks.append(_by_model(credit, "share", "credit_share", caption, "share", folded=True))
    return tuple(blocks)


def _by_model(
    credit: Credit, name: str, table: str, caption: str, kind: str, *, folded: bool = False
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
        labels.append("All conversions" if name == "conversions" else "All value")
        lines.append(rows.sum(axis=1))
        marks.append("total")
    models = _model_columns(credit)
    frame = pd.DataFrame(np.array(lines).reshape(len(lines), len(models)), columns=list(models))
    frame.insert(0, "channel", pd.Series(labels, dtype=object))
    return make_table(
        table,
        caption,
        frame,
        {"channel": ("Channel", "name")} | {key: (title, kind) for key, title in models.items()},
        bars=tuple(models) if kind == "share" else (),
        alike=tuple(models),
        currency=credit.currency,
        decimals=credit.decimals,
        marks=tuple(marks),
        note=_left_out(len(order), len(shown)),
        folded=folded,
    )


def _model_columns(credit: Credit) -> dict[str, str]:
    """Return a column name for each model: its label, numbered where it would clash with another column."""
    columns: dict[str, str] = {}
    for model in credit.models:
        taken = {"channel", "cost", "cost_share", "flag", *columns}
        columns[model if model not in taken else f"{model} ({len(columns) + 1})"] = model
    return columns


def _left_out(n: int, shown: int, what: str = "channel") -> str:
    more = n - shown
    if not more:
        return ""
    are = "are" if more > 1 else "is"
    return f"{amount_of(more, what)} with less credit {are} not shown; the totals count them."


def money(credit: Credit) -> tuple[Block, ...]:
    """Return spend beside credit: ROAS and CPA by model, and every measure of each model."""
    if credit.cost is None:
        return ()
    blocks: list[Block] = [*spend_against_credit(credit)]
    if credit.has_value:
        caption = "Spend and ROAS (credited value per unit of spend), by model"
        blocks.append(_return_by_model(credit, "roas", "roas", caption, "ratio"))
    caption = "Spend and CPA (spend per credited conversion), by model"
    blocks.append(_return_by_model(credit, "cpa", "cpa", caption, "money", folded=credit.has_value))
    blocks += [_money_of(credit, position) for position in range(len(credit.models))]
    blocks += [Text((sentence,), "note") for sentence in _one_sided(credit)]
    return tuple(blocks)


def _return_by_model(
    credit: Credit, name: str, table: str, caption: str, kind: str, *, folded: bool = False
) -> Table:
    import pandas as pd

    order = _by_cost(credit)
    shown = order[:MAX_CHANNELS]
    sums = credit.sums()
    cost = measure(credit, "cost")[0]
    whole = np.array([sums.cost])
    total = ratio(sums.value, whole) if name == "roas" else ratio(whole, sums.conversions)
    models = _model_columns(credit)
    frame = pd.DataFrame(np.vstack([measure(credit, name)[:, shown].T, total]), columns=list(models))
    frame.insert(0, "channel", pd.Series([*credit.keys[0][shown].tolist(), TOTAL], dtype=object))
    frame.insert(1, "cost", [*cost[shown], sums.cost])
    frame.insert(
        2, "cost_share", [*measure(credit, "cost_share")[0, shown], 1.0 if sums.cost > 0 else np.nan]
    )
    kinds = {
        "channel": ("Channel", "name"),
        "cost": ("Spend", "money"),
        "cost_share": ("Share of spend", "share"),
    }
    return make_table(
        table,
        caption,
        frame,
        kinds | {key: (title, kind) for key, title in models.items()},
        alike=tuple(models),
        currency=credit.currency,
        decimals=credit.decimals,
        marks=("",) * len(shown) + ("total",),
        note=(
            "The last line sets all attributed value and conversions, also those of channels without spend, "
            "against all spend. A dash: no spend to divide by, or nothing credited. "
        )
        + _left_out(len(order), len(shown)),
        folded=folded,
    )


def _by_cost(credit: Credit) -> NDArray[np.intp]:
    """Return the attributed cells, the most expensive first, then by credit."""
    order = ranked(credit)
    cost = np.nan_to_num(measure(credit, "cost")[0, order], nan=-1.0)
    return order[np.argsort(-cost, kind="stable")]


def _money_of(credit: Credit, position: int) -> Table:
    """Return every measure of money of one model."""
    import pandas as pd

    order = _by_cost(credit)
    shown = order[:MAX_CHANNELS]
    kinds = {
        "cost": ("Spend", "money"),
        "conversions": ("Conversions", "count"),
        "value": ("Value", "money"),
        "roas": ("ROAS", "ratio"),
        "roi": ("ROI", "share"),
        "cpa": ("CPA", "money"),
        "cost_share": ("Share of spend", "share"),
        "share": ("Share of conversions", "share"),
        "value_share": ("Share of value", "share"),
    }
    if not credit.has_value:
        kinds = {
            key: kind for key, kind in kinds.items() if key not in {"value", "roas", "roi", "value_share"}
        }
    columns: dict[str, Any] = {"channel": credit.keys[0][shown]}
    columns |= {name: measure(credit, name)[position, shown] for name in kinds}
    return make_table(
        f"money_{position + 1}",
        f"Spend, credit and return under {label(credit.models[position])}",
        pd.DataFrame(columns),
        {"channel": ("Channel", "name")} | kinds,
        currency=credit.currency,
        decimals=credit.decimals,
        note=_left_out(len(order), len(shown)),
        folded=True,
    )


def _one_sided(credit: Credit) -> list[str]:
    inside = credit.attributed
    cost = measure(credit, "cost")[0]
    credited = (measure(credit, "conversions") != 0).any(axis=0)
    names = credit.keys[0]
    sides = {
        "Credited, but without any spend: ": inside & credited & np.isnan(cost),
        "Spend, but no credit under any model: ": inside & ~credited & (cost > 0),
        "Spend of zero: ": inside & (cost == 0),
    }
    return [f"{lead}{listing(names[which].tolist(), 20)}." for lead, which in sides.items() if which.any()]


def activity(credit: Credit, journeys: Journeys | None) -> tuple[Block, ...]:
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
    columns |= {name: getattr(counts, name)[shown] for name in ACTIVITY}
    kinds = {
        "channel": ("Channel", "name"),
        "touched": ("Touched", "count"),
        "assisted": ("Assisted", "count"),
        "opened": ("Opened", "count"),
        "closed": ("Closed", "count"),
        "mean_touches": ("Mean touches", "number"),
    }
    table = make_table(
        "roles",
        "Conversions that each channel touched, assisted (touched, but not last), opened and closed",
        pd.DataFrame(columns),
        kinds,
        bars=("touched",),
        note=(
            "These counts are the same under every model. They do not add up to the conversions: one "
            "conversion may be touched by several channels. " + _left_out(len(order), len(shown))
        ),
    )
    return (table,)


def breakdown(credit: Credit) -> tuple[Block, ...]:
    """Return the credit by its finer dimensions, for the first model, and over time where it has periods."""
    import pandas as pd

    finer = credit.by[1:]
    if not finer:
        return ()
    blocks: list[Block] = []
    blocks += [
        block
        for period in finer
        if period in PERIODS
        for block in over_time(fold(credit, ("channel", period)))
    ]
    order = ranked(credit)
    shown = order[:MAX_CELLS]
    frame = pd.DataFrame({name: key[shown] for name, key in zip(credit.by, credit.keys, strict=True)})
    models = _model_columns(credit)
    for row, key in enumerate(models):
        frame[f"conversions under {key}"] = credit.conversions[row, shown]
    titles = {name: (name.replace("_", " ").capitalize(), "name") for name in credit.by}
    kinds = {f"conversions under {key}": (title, "count") for key, title in models.items()}
    more = len(order) - len(shown)
    table = make_table(
        "breakdown",
        f"Credited conversions by {listing(credit.by)}, largest first",
        frame,
        titles | kinds,
        alike=tuple(kinds),
        note=f"{more:,} smaller lines are not shown; credit.to_frame() has all of them." if more else "",
    )
    return (*blocks, table)


def unattributed(credit: Credit) -> tuple[Block, ...]:
    """Return what no channel was credited with, under each model."""
    totals = credit.totals()
    if not credit.has_value:
        totals = totals[totals["measure"] == "conversions"]
    sums = credit.sums()
    if not (sums.unattributed_conversions > 0).any():
        return (Text(("None: every conversion had at least one eligible touch.",)),)
    text = Text((_WHY_UNATTRIBUTED,))
    if len(credit.models) > 1 and _same_rows(sums.unattributed_conversions, sums.unattributed_value):
        totals = totals[totals["model"] == credit.models[0]].assign(model="every model")
    tables = []
    for name, kind in (("conversions", "count"), ("value", "money")):
        part = totals[totals["measure"] == name].reset_index(drop=True)
        if part.empty:
            continue
        part["share"] = part["unattributed"] / part["total"].where(part["total"] != 0)
        kinds = {
            "model": ("Model", "name"),
            "attributed": ("Attributed", kind),
            "unattributed": ("Unattributed", kind),
            "total": ("Total", kind),
            "share": ("Unattributed share", "share"),
        }
        tables.append(
            make_table(
                f"unattributed_{name}",
                f"Attributed and unattributed {name}",
                part,
                kinds,
                currency=credit.currency,
                decimals=credit.decimals,
            )
        )
    return (text, *tables)


def _same_rows(*lines: Floats) -> bool:
    return all(np.allclose(line, line[0], rtol=1e-9, atol=1e-9) for line in lines)
