"""The arithmetic of credit: measures of each cell, sums over dimensions, and the tables made of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._typing import Floats
from attribution.credit.bootstrap import RESAMPLED, interval
from attribution.credit.cells import Activity
from attribution.credit.credit import Credit
from attribution.errors import CreditError, unknown_name
from attribution.eventlog.currency import is_currency
from attribution.stats.grouping import sums_by

if TYPE_CHECKING:
    import pandas as pd

MONEY = ("value", "cost", "cpa")
SHARES = ("share", "value_share", "cost_share")
_SPEND = ("cost", "roas", "roi", "cpa", "cost_share")
ACTIVITY = tuple(entry.name for entry in fields(Activity))
MEASURES = ("conversions", "value", "share", "value_share", *_SPEND, *ACTIVITY)


@dataclass(frozen=True)
class _Terms:
    conversions: Floats
    value: Floats
    cost: Floats


def ratio(top: Floats, bottom: Floats, *, positive: bool = True) -> Floats:
    """Return ``top / bottom``, NaN where `bottom` is unknown or zero, or negative unless that makes sense.

    Examples
    --------
    >>> import numpy as np
    >>> ratio(np.array([1.0, 1.0, 1.0]), np.array([4.0, 0.0, np.nan]))
    array([0.25,  nan,  nan])
    """
    top, bottom = np.broadcast_arrays(top, bottom)
    defined = (bottom > 0) if positive else (bottom != 0) & ~np.isnan(bottom)
    with np.errstate(over="ignore"):
        result: Floats = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=defined)
    return np.where(np.isinf(result), np.nan, result)


def measure(credit: Credit, name: str) -> Floats:
    """Return a measure of every cell under every model, float64, shape (n_models, n_cells).

    Raises
    ------
    CreditError
        If there is no such measure, or the credit lacks what it is made of.
    """
    if name not in MEASURES:
        raise CreditError(unknown_name("measure", name, MEASURES), column="measure")
    if name in _SPEND and credit.cost is None:
        msg = f"{name!r} needs spend, and none was joined"
        raise CreditError(msg, column="measure", hint="credit.with_spend(spend)")
    shape = credit.conversions.shape
    if name in ACTIVITY:
        if credit.activity is None:
            msg = f"{name!r} is not known for this credit"
            raise CreditError(msg, column="measure")
        activity: Floats = getattr(credit.activity, name)
        return np.broadcast_to(activity, shape)
    value = credit.value if credit.has_value else np.full(shape, np.nan)
    cost = np.full(shape, np.nan) if credit.cost is None else np.broadcast_to(credit.cost, shape)
    terms = _Terms(credit.conversions, value, cost)
    return _DIRECT[name](terms) if name in _DIRECT else _share(credit, terms, name)


def _share(credit: Credit, terms: _Terms, name: str) -> Floats:
    whole = credit.sums()
    top, bottom = {
        "share": (terms.conversions, whole.conversions[:, None]),
        "value_share": (terms.value, whole.value[:, None]),
        "cost_share": (terms.cost, np.array([[whole.cost]])),
    }[name]
    return np.where(credit.attributed, ratio(top, bottom, positive=False), np.nan)


_DIRECT: dict[str, Callable[[_Terms], Floats]] = {
    "conversions": lambda terms: terms.conversions,
    "value": lambda terms: terms.value,
    "cost": lambda terms: terms.cost,
    "roas": lambda terms: ratio(terms.value, terms.cost),
    "roi": lambda terms: ratio(terms.value - terms.cost, terms.cost),
    "cpa": lambda terms: np.where(terms.cost > 0, ratio(terms.cost, terms.conversions), np.nan),
}


def cell_flags(credit: Credit) -> tuple[str, ...]:
    """Return what is wrong with the cost of each cell, under every model; ``""`` where nothing is."""
    cost = np.full(len(credit.keys[0]), np.nan) if credit.cost is None else credit.cost
    barren = ((credit.conversions == 0) & (credit.value == 0)).all(axis=0)
    flags = np.select(
        [~credit.attributed, np.isnan(cost), barren, cost == 0],
        ["", "no spend", "no credit", "zero cost"],
        default="",
    )
    return tuple(flags.tolist())


def row_flags(credit: Credit) -> list[str]:
    """Return the flag of every model and cell, models outermost.

    A cell with a cost and without credit under one model is flagged there, although others credit it.
    """
    flags = np.array(credit.flags, dtype=object)
    barren = (credit.conversions == 0) & (credit.value == 0) & credit.attributed
    table = np.broadcast_to(flags, credit.conversions.shape)
    return [str(flag) for flag in np.where((table == "") & barren, "no credit", table).ravel()]


def credit_frame(credit: Credit, sure: Collection[str] = RESAMPLED) -> pd.DataFrame:
    """Return one row a model and cell, with intervals of the measures in `sure`; see `Credit.to_frame`."""
    import pandas as pd

    models, cells = credit.conversions.shape
    columns: dict[str, Any] = {"model": np.repeat(np.array(credit.models, dtype=object), cells)}
    for name, key in zip(credit.by, credit.keys, strict=True):
        columns[name] = np.tile(key, models)
    spend = _SPEND if credit.cost is not None else ()
    for name in ("conversions", "value", "share", "value_share", *spend):
        columns[name] = measure(credit, name).ravel()
        if credit.bootstrap is not None and name in sure and name in RESAMPLED:
            low, high = interval(credit, name)
            columns |= {f"{name}_ci_low": low.ravel(), f"{name}_ci_high": high.ravel()}
    if credit.cost is not None:
        columns["flag"] = row_flags(credit)
    if credit.activity is not None:
        for name in ACTIVITY:
            columns[name] = measure(credit, name).ravel()
    return pd.DataFrame(columns)


def totals_frame(credit: Credit) -> pd.DataFrame:
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


def fold(credit: Credit, by: tuple[str, ...]) -> Credit:
    """Sum the credit over the dimensions that are not in `by`.

    What a channel touched cannot be summed (a conversion may be touched in two campaigns), so the activity
    is dropped unless nothing is summed. The cost of a sum is that of its cells whose cost is known.
    """
    import pandas as pd

    if by == credit.by:
        return credit
    if credit.mixed and not any(is_currency(name) for name in by):
        credit = _without_money(credit)
    keys = [credit.keys[credit.by.index(name)] for name in by]
    rank = np.zeros(len(credit.keys[0]), dtype=np.int64)
    for key in keys:
        codes, labels = pd.factorize(key, sort=True)
        rank = rank * max(len(labels), 1) + codes
    # Unattributed cells stay behind all others.
    rank = np.where(credit.attributed, rank, rank + (int(rank.max(initial=0)) + 1))
    _, first, cell = np.unique(rank, return_index=True, return_inverse=True)
    cell = cell.reshape(-1)

    def total(line: Floats) -> Floats:
        return sums_by(cell, amounts=line, n=len(first))

    cost = None
    if credit.cost is not None:
        known = total(np.isfinite(credit.cost).astype(np.float64)) > 0
        cost = np.where(known, total(np.nan_to_num(credit.cost)), np.nan)
    folded = replace(
        credit,
        by=by,
        keys=tuple(key[first] for key in keys),
        conversions=_rows([total(line) for line in credit.conversions], len(first)),
        value=_rows([total(line) for line in credit.value], len(first)),
        activity=None,
        bootstrap=None if credit.bootstrap is None else credit.bootstrap.folded(cell, len(first)),
        whole=credit.sums(),
        palette=credit.palette or credit.channels,
        cost=cost,
        flags=None if cost is None else ("",) * len(first),
    )
    return folded if cost is None else replace(folded, flags=cell_flags(folded))


def _without_money(credit: Credit) -> Credit:
    """Return credit whose amounts are not known, as they are of several currencies and would be summed."""
    cost = None if credit.cost is None else np.full(credit.cost.shape, np.nan)
    return replace(credit, settings={**credit.settings, "has_value": False}, cost=cost)


def _rows(lines: list[Floats], width: int) -> Floats:
    return np.array(lines, dtype=np.float64).reshape(len(lines), width)
