"""A table of costs, checked: channels, amounts, and the days that they are about."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Bools, Floats
from attribution.credit.spend_calendar import Calendar, read_calendar
from attribution.credit.spend_source import Spend, decoded, first_line, is_text, open_spend
from attribution.errors import CreditError, nearest
from attribution.journeys.journeys import NONE, UNATTRIBUTED

_OTHER_NAMES = {
    "channel": ("source", "medium", "media"),
    "cost": ("spend", "amount spent", "costs", "ad spend", "amount"),
}


@dataclass(frozen=True, eq=False)
class SpendTable:
    """A checked table of costs; arrays have shape (n,).

    Attributes
    ----------
    keys
        Object arrays of labels: ``"channel"``, and those of the wanted dimensions that the table has.
    cost
        float64, finite, not negative.
    calendar
        The days, or None.
    currency
        The one entry of the column ``currency``, or ``""``.
    columns
        Names of all columns.
    """

    keys: Mapping[str, NDArray[np.object_]]
    cost: Floats
    calendar: Calendar | None
    currency: str
    columns: tuple[str, ...]

    def take(self, rows: Bools) -> SpendTable:
        """Return the rows where `rows` is true."""
        return SpendTable(
            {name: key[rows] for name, key in self.keys.items()},
            self.cost[rows],
            None if self.calendar is None else self.calendar.take(rows),
            self.currency,
            self.columns,
        )


def read_spend(spend: Spend, dimensions: Iterable[str] = ()) -> SpendTable:
    """Read and check a table of costs.

    Parameters
    ----------
    spend
        A mapping ``{channel: cost}``, a path, or an object with ``__arrow_c_stream__``.
    dimensions
        Names of further columns to read as labels where the table has them. Columns that are not wanted
        only tell rows apart.

    Raises
    ------
    CreditError
        If the table cannot be read, or any of its rows has no right reading.

    Examples
    --------
    >>> read_spend({"email": 10, "search": 2.5}).cost.tolist()
    [10.0, 2.5]
    """
    wanted = tuple(dimensions)
    table = open_spend(spend, wanted)
    names = tuple(table.column_names)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        msg = f"the spend has the column {repeated[0]!r} {names.count(repeated[0])} times"
        raise CreditError(msg, column=repeated[0], hint="give every column a name of its own")
    _require_columns(names)
    keys = {name: _labels(table, name) for name in ("channel", *wanted) if name in names}
    reserved = np.flatnonzero(keys["channel"] == UNATTRIBUTED)
    if len(reserved):
        msg = f"{UNATTRIBUTED!r} is no channel: nothing can be spent on it"
        hint = "rename it, or leave the row out"
        raise CreditError(msg, column="channel", rows=reserved.tolist(), hint=hint)
    cost = _cost(decoded(table.column("cost")))
    calendar = read_calendar(table, wanted)
    _refuse_duplicates(table, keys, calendar)
    return SpendTable(keys, cost, calendar, _currency(table), names)


def plain(name: str) -> str:
    """Return `name` without what people vary by accident: case, space, hyphens and the like.

    Examples
    --------
    >>> plain("E-Mail "), plain("C++")
    ('email', 'c++')
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\s_./\-]+", "", text) or text


def _require_columns(names: tuple[str, ...]) -> None:
    faults, renames = [], []
    for wanted in (name for name in ("channel", "cost") if name not in names):
        alike = {plain(entry) for entry in (wanted, *_OTHER_NAMES[wanted])}
        guess = next((name for name in names if plain(name) in alike), None) or nearest(wanted, names)
        faults.append(f"no column {wanted!r}" + (f" (but {guess!r})" if guess else ""))
        renames += [f"{guess!r}: {wanted!r}"] if guess else []
    if not faults:
        return
    hint = f"spend = spend.rename(columns={{{', '.join(renames)}}})" if renames else "columns: channel, cost"
    if len(names) == 1 and ";" in names[0]:
        hint = 'the file is separated by ";": pandas.read_csv(path, sep=";")'
    listed = ", ".join(repr(name) for name in names[:20])
    msg = f"the spend has {' and '.join(faults)}; it has {listed or 'no columns'}"
    raise CreditError(msg, column="channel" if "'channel'" in faults[0] else "cost", hint=hint)


def _labels(table: Any, name: str) -> NDArray[np.object_]:
    import pyarrow as pa

    column = decoded(table.column(name))
    kind = column.type
    if not len(column):  # an empty table has no types worth the name
        return np.zeros(0, dtype=object)
    if not (is_text(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)):
        msg = f"labels are {kind}, not text"
        raise CreditError(msg, column=name, hint=f'spend["{name}"] = spend["{name}"].astype(str)')
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        msg = f"labels are not UTF-8 text: {first_line(error)}"
        raise CreditError(msg, column=name, hint="write the table again as UTF-8") from error
    labels = np.array(column.cast(pa.string()).to_numpy(), dtype=object)
    null = np.asarray(column.is_null().to_numpy(), dtype=np.bool_)
    if name == "channel" and null.any():
        msg = "a cost has no channel"
        why = "its money would be missing from every channel"
        hint = 'spend["channel"] = spend["channel"].fillna("other")'
        raise CreditError(msg, column=name, rows=np.flatnonzero(null).tolist(), why=why, hint=hint)
    labels[null] = NONE
    return labels


def _cost(column: Any) -> Floats:
    import pyarrow as pa

    if not len(column):
        return np.zeros(0)
    kind = column.type
    if is_text(kind):
        raise _costs_are_text(column)
    numeric = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null)
    if not any(is_numeric(kind) for is_numeric in numeric):
        msg = f"costs are {kind}, not numbers"
        raise CreditError(msg, column="cost", hint='spend["cost"] = pandas.to_numeric(spend["cost"])')
    cost = np.array(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    for what, wrong, hint in (
        ("missing", np.isnan(cost), 'spend = spend.dropna(subset=["cost"]), or 0 where nothing was spent'),
        ("infinite", np.isinf(cost), "give the amount that was spent"),
        ("negative", cost < 0, "net a refund against the cost that it belongs to"),
    ):
        rows = np.flatnonzero(wrong)
        if len(rows):
            msg = f"a cost is {what}" + (f": {cost[rows[0]]:,.15g}" if what == "negative" else "")
            why = "ROAS, ROI and CPA would be wrong"
            raise CreditError(msg, column="cost", rows=rows.tolist(), why=why, hint=hint)
    with np.errstate(over="ignore"):
        total = cost.sum()
    if not np.isfinite(total):
        msg = f"the costs, up to {cost.max():g}, add up to more than a float can hold"
        raise CreditError(msg, column="cost", hint="write them in the unit of the log's values")
    return cost


def _costs_are_text(column: Any) -> CreditError:
    import pyarrow.compute as pc

    number = pc.match_substring_regex(column, r"^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$")
    rows = np.flatnonzero(~np.asarray(number.fill_null(True).to_numpy(), dtype=np.bool_)).tolist()
    example = f", such as {str(column[rows[0]].as_py())[:40]!r}" if rows else ""
    hint = 'spend["cost"] = pandas.to_numeric(spend["cost"])'
    hint += ", without currency signs and thousands separators" if rows else ""
    return CreditError(f"costs are text, not numbers{example}", column="cost", rows=rows, hint=hint)


def _currency(table: Any) -> str:
    if "currency" not in table.column_names:
        return ""
    found = sorted(str(entry) for entry in table.column("currency").unique().to_pylist() if entry is not None)
    if len(found) > 1:
        msg = f"costs are in several currencies: {', '.join(found[:5])}"
        hint = "convert them to the currency of the log's values, and leave the column out"
        raise CreditError(msg, column="currency", why="their sum would mean nothing", hint=hint)
    return found[0] if found else ""


def _refuse_duplicates(
    table: Any, keys: Mapping[str, NDArray[np.object_]], calendar: Calendar | None
) -> None:
    import pandas as pd
    import pyarrow as pa

    frame = pd.DataFrame(dict(keys))
    if calendar is not None:
        frame[calendar.column] = calendar.first
    for name in table.column_names:
        if name not in frame.columns and name != "cost" and not pa.types.is_nested(table.column(name).type):
            frame[name] = table.column(name).to_pandas()
    rows = np.flatnonzero(frame.duplicated().to_numpy()).tolist()
    if rows:
        names = list(frame.columns)
        seen = ", ".join(f"{name} {str(table.column(name)[rows[0]].as_py())!r}" for name in names)
        msg = f"the spend has more than one row for {seen}"
        why = "the same cost counted twice would halve the ROAS"
        hint = f'if all are right: spend.groupby({names}, as_index=False)["cost"].sum()'
        raise CreditError(msg, column=", ".join(names), rows=rows, why=why, hint=hint)
