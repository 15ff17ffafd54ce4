"""The section on spend: ROAS and CPA by model, and every measure of each model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from attribution.credit.measures import MEASURES, Measure, ratio
from attribution.credit.table import measure
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Table, Text, make_table
from attribution.reporting.credit_columns import MAX_CHANNELS, left_out, model_columns, ranked
from attribution.reporting.figures import spend_against_credit
from attribution.reporting.formats import label, listing
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    from attribution.credit.credit import Credit

_KINDS = {"return": "share"}  # ROI in percent


def money(words: Language, credit: Credit) -> tuple[Block, ...]:
    """Return spend beside credit: ROAS and CPA by model, and every measure of each model."""
    if credit.cost is None:
        return ()
    blocks: list[Block] = [*spend_against_credit(words, credit)]
    if credit.has_value:
        blocks.append(_return_by_model(words, credit, "roas", "ratio"))
    blocks.append(_return_by_model(words, credit, "cpa", "money", folded=credit.has_value))
    blocks += [_money_of(words, credit, position) for position in range(len(credit.models))]
    blocks += [Text((sentence,), "note") for sentence in _one_sided(words, credit)]
    return tuple(blocks)


def _return_by_model(words: Language, credit: Credit, name: str, kind: str, *, folded: bool = False) -> Table:
    import pandas as pd

    order = _by_cost(credit)
    shown = order[:MAX_CHANNELS]
    sums = credit.sums()
    cost = measure(credit, "cost")[0]
    whole = np.array([sums.cost])
    total = ratio(sums.value, whole) if name == "roas" else ratio(whole, sums.conversions)
    models = model_columns(credit)
    frame = pd.DataFrame(np.vstack([measure(credit, name)[:, shown].T, total]), columns=list(models))
    frame.insert(0, "channel", pd.Series([*credit.keys[0][shown].tolist(), words("money.all")], dtype=object))
    frame.insert(1, "cost", [*cost[shown], sums.cost])
    frame.insert(
        2, "cost_share", [*measure(credit, "cost_share")[0, shown], 1.0 if sums.cost > 0 else np.nan]
    )
    kinds = {
        "channel": (words("channel"), "name"),
        "cost": (words("measure.cost"), "money"),
        "cost_share": (words("measure.cost_share"), "share"),
    }
    return make_table(
        words,
        name,
        words(f"money.{name}"),
        frame,
        kinds | {key: (label(title, words), kind) for key, title in models.items()},
        alike=tuple(models),
        currency=credit.currency,
        decimals=credit.decimals,
        marks=("",) * len(shown) + ("total",),
        note=f"{words('money.note')} {left_out(words, len(order), len(shown))}".rstrip(),
        folded=folded,
    )


def _by_cost(credit: Credit) -> NDArray[np.intp]:
    """Return the attributed cells, the most expensive first, then by credit."""
    order = ranked(credit)
    cost = np.nan_to_num(measure(credit, "cost")[0, order], nan=-1.0)
    return order[np.argsort(-cost, kind="stable")]


def _money_of(words: Language, credit: Credit, position: int) -> Table:
    """Return every measure of money of one model."""
    import pandas as pd

    order = _by_cost(credit)
    shown = order[:MAX_CHANNELS]
    kinds = {
        one.name: (words(f"measure.{one.name}"), _KINDS.get(one.unit, one.unit))
        for one in _of_money()
        if credit.has_value or "value" not in one.needs
    }
    columns: dict[str, Any] = {"channel": credit.keys[0][shown]}
    columns |= {name: measure(credit, name)[position, shown] for name in kinds}
    return make_table(
        words,
        f"money_{position + 1}",
        words("money.of", model=label(credit.models[position], words)),
        pd.DataFrame(columns),
        {"channel": (words("channel"), "name")} | kinds,
        currency=credit.currency,
        decimals=credit.decimals,
        note=left_out(words, len(order), len(shown)),
        folded=True,
    )


def _of_money() -> list[Measure]:
    """Return the measures of spend beside those of credit: amounts, ratios, shares, of spend first."""
    shown = [one for one in MEASURES.values() if "activity" not in one.needs]
    return sorted(shown, key=lambda one: (bool(one.share_of), not one.additive, "spend" not in one.needs))


def _one_sided(words: Language, credit: Credit) -> list[str]:
    inside = credit.attributed
    cost = measure(credit, "cost")[0]
    credited = (measure(credit, "conversions") != 0).any(axis=0)
    names = credit.keys[0]
    sides = {
        "money.no_spend": inside & credited & np.isnan(cost),
        "money.no_credit": inside & ~credited & (cost > 0),
        "money.zero": inside & (cost == 0),
    }
    return [
        words(key, channels=listing(names[which].tolist(), 20, words))
        for key, which in sides.items()
        if which.any()
    ]


SECTION = SectionRecipe("money", lambda m: money(m.words, m.channels))
