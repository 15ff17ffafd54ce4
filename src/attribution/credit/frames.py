"""The tables made of a credit: one row a model and cell, and the totals."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution.credit.credit_intervals import interval
from attribution.credit.measures import ACTIVITY, MEASURES
from attribution.credit.table import CreditTable, measure

if TYPE_CHECKING:
    import pandas as pd


def row_flags(credit: CreditTable) -> list[str]:
    """Return the flag of every model and cell, models outermost.

    A cell with a cost and without credit under one model is flagged there, although others credit it.
    """
    flags = np.array(credit.flags, dtype=object)
    barren = (credit.conversions == 0) & (credit.value == 0) & credit.attributed
    table = np.broadcast_to(flags, credit.conversions.shape)
    return [str(flag) for flag in np.where((table == "") & barren, "no credit", table).ravel()]


def credit_frame(credit: CreditTable, sure: Collection[str] | None = None) -> pd.DataFrame:
    """Return one row a model and cell, with intervals of the measures in `sure`; see `Credit.to_frame`."""
    import pandas as pd

    models, cells = credit.conversions.shape
    columns: dict[str, Any] = {"model": np.repeat(np.array(credit.models, dtype=object), cells)}
    for name, key in zip(credit.by, credit.keys, strict=True):
        columns[name] = np.tile(key, models)
    for name, one in MEASURES.items():
        if "activity" in one.needs or ("spend" in one.needs and credit.spent is None):
            continue
        columns[name] = measure(credit, name).ravel()
        if credit.bootstrap is not None and one.credited and (sure is None or name in sure):
            low, high = interval(credit, name)
            columns |= {f"{name}_ci_low": low.ravel(), f"{name}_ci_high": high.ravel()}
    if credit.spent is not None:
        columns["flag"] = row_flags(credit)
    if credit.activity is not None:
        for name in ACTIVITY:
            columns[name] = measure(credit, name).ravel()
    return pd.DataFrame(columns)


def totals_frame(credit: CreditTable) -> pd.DataFrame:
    """Return attributed, unattributed and total per model and measure; see `Credit.totals`."""
    import pandas as pd

    whole = credit.sums()
    empty = np.nan if not credit.has_value else 0.0
    attributed = np.column_stack([whole.conversions, whole.value + empty]).ravel()
    unattributed = np.column_stack([whole.unattributed_conversions, whole.unattributed_value + empty]).ravel()
    return pd.DataFrame(
        {
            "model": [model for model in credit.models for _ in range(2)],
            "measure": ["conversions", "value"] * len(credit.models),
            "attributed": attributed,
            "unattributed": unattributed,
            "total": attributed + unattributed,
        }
    )
