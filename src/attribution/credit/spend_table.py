"""A table of costs, checked: channels, amounts, and the days that they are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attribution._known_columns import known_column
from attribution._typing import Bools, Floats
from attribution.credit.spend_calendar import Calendar, is_dated, read_calendar, refuse_unused_dates
from attribution.credit.spend_columns import (
    AMOUNTS,
    Calendars,
    amount_columns,
    calendar_columns,
    channel_column,
    cost_columns,
    currency_column,
    currency_in,
    dimension_column,
    one_cost_column,
)
from attribution.credit.spend_cost import read_cost
from attribution.credit.spend_file import repeated
from attribution.credit.spend_source import Spend, open_spend
from attribution.credit.spend_totals import suspected_total, told, totals_by_label, totals_by_sum
from attribution.errors import CreditError
from attribution.eventlog.currency import same_currency
from attribution.journeys.journeys import NONE, UNATTRIBUTED
from attribution.kernels.clocks import UTC
from attribution.language.sentence import Sentence
from attribution.tables.amounts import amounts as amounts_of_text
from attribution.tables.arrays import decoded
from attribution.tables.kinds import is_text
from attribution.tables.unreadable import first_line


@dataclass(frozen=True, eq=False)
class SpendTable:
    """A checked table of costs; arrays have shape (n,).

    Attributes
    ----------
    keys
        Object arrays of labels: ``"channel"``, and those of the wanted dimensions that the table has.
    amounts
        The cost and whatever else is read (see `spend_columns.AMOUNTS`), float64, finite, not negative.
    calendar
        The days, or None.
    currency
        The one currency of the table, from its column or the heading of its costs, or ``""``.
    columns
        Names of all columns.
    names
        What the table calls the columns of `keys` and `amounts`, and ``"currency"``.
    notes
        What was left out, not used, or read in another way than it may look.
    currencies
        The currency of each row where there are several, else None.
    """

    keys: Mapping[str, NDArray[np.object_]]
    amounts: Mapping[str, Floats]
    calendar: Calendar | None
    currency: str
    columns: tuple[str, ...]
    names: Mapping[str, str]
    notes: tuple[str, ...] = ()
    currencies: NDArray[np.object_] | None = None

    @property
    def cost(self) -> Floats:
        """What each row cost."""
        return self.amounts["cost"]

    def take(self, rows: Bools | NDArray[np.intp]) -> SpendTable:
        """Return some rows: positions or a mask."""
        return replace(
            self,
            keys={name: key[rows] for name, key in self.keys.items()},
            amounts={name: amount[rows] for name, amount in self.amounts.items()},
            calendar=None if self.calendar is None else self.calendar.take(rows),
            currencies=None if self.currencies is None else self.currencies[rows],
        )


def spend_table_of(
    spend: Spend, dimensions: Iterable[str] = (), week_start: str = "monday", timezone: str = UTC
) -> SpendTable:
    """Read and check a table of costs.

    Parameters
    ----------
    spend
        A mapping ``{channel: cost}``, a path, or an object with ``__arrow_c_stream__``.
    dimensions
        Names of further columns to read as labels where the table has them. Columns that are not wanted
        only tell rows apart.
    week_start
        The day on which a week begins whose label does not tell it.
    timezone
        The zone whose days they are of, which instants must be of too.

    Raises
    ------
    CreditError
        If the table cannot be read, or any of its rows has no right reading.

    Examples
    --------
    >>> spend_table_of({"email": 10, "search": 2.5}).cost.tolist()
    [10.0, 2.5]
    >>> table = {"Channel": ["search", "search", "Total"], "Day": ["2026-09-01", "2026-09-02", None],
    ...          "Cost": [10.0, 5.0, 15.0]}
    >>> spend_table_of(table).cost.tolist()
    [10.0, 5.0]
    """
    wanted = tuple(dimensions)
    table, notes = open_spend(spend, lambda header: _as_text(header, wanted))
    columns = tuple(table.column_names)
    for name in sorted({name for name in columns if columns.count(name) > 1}):
        raise repeated(name)
    names = _names(columns, wanted)
    labels = [names[role] for role in ("channel", *wanted) if role in names]
    when = _calendars(table, labels)
    table, notes = without_totals(table, names, when, notes)
    used = {*names.values(), *(() if when is None else (*when.columns, *when.others))}
    refuse_unused_dates(table, used, dated=when is not None)
    keys = {role: _labels(table, role, names[role]) for role in ("channel", *wanted) if role in names}
    reserved = np.flatnonzero(keys["channel"] == UNATTRIBUTED)
    if len(reserved):
        msg = f"{UNATTRIBUTED!r} is no channel: nothing can be spent on it"
        own = f'spend["{names["channel"]}"]'
        hint = f'{own} = {own}.replace("{UNATTRIBUTED}", "other")'
        raise CreditError(msg, column=names["channel"], rows=reserved.tolist(), hint=hint)
    amounts = {
        name: read_cost(decoded(table.column(names[name])), names[name]) for name in AMOUNTS if name in names
    }
    calendar = None if when is None else read_calendar(table, when, week_start, timezone)
    _refuse_duplicates(table, names, keys, calendar)
    currency, currencies = currency_of(table, names)
    unused = [name for name in columns if name not in used]
    if when is not None and when.columns[0].lower() not in {"date", "day", "week", "month"}:
        first, last = repr(when.columns[0]), repr(when.columns[-1])
        days = first if len(when.columns) == 1 else Sentence("range", low=first, high=last)
        notes.append(Sentence("spend.days", columns=days))
    if unused:
        left: Any = tuple(map(repr, unused[:20]))
        if len(unused) > 20:
            left = Sentence("and", first=left, last=Sentence("more", n=len(unused) - 20))
        notes.append(Sentence("spend.unused", columns=left))
    suspect = suspected_total(amounts["cost"])
    if suspect is not None:
        notes.append(Sentence("spend.suspect", label=keys["channel"][suspect], row=suspect))
    return SpendTable(keys, amounts, calendar, currency, columns, names, tuple(notes), currencies)


def _names(columns: Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
    """Return what the table calls the channel, the wanted dimensions, the amounts and the currency."""
    channel, cost = channel_column(columns), one_cost_column(columns)
    if channel is None or cost is None:
        raise _columns_missing(columns, wanted, channel, cost)
    found = {"channel": channel}
    found |= {name: column for name in wanted if (column := dimension_column(name, columns)) is not None}
    currency = currency_column(columns)
    found |= amount_columns(columns) | {"cost": cost}
    return found | ({} if currency is None else {"currency": currency})


def _columns_missing(
    columns: Sequence[str], wanted: Sequence[str], channel: str | None, cost: str | None
) -> CreditError:
    faults, renames = [], []
    for name in (name for name, found in (("channel", channel), ("cost", cost)) if found is None):
        guess = known_column(name, columns)
        faults.append(f"no column {name!r}" + (f" (but {guess!r})" if guess else ""))
        renames += [f"{guess!r}: {name!r}"] if guess else []
    needed = ", ".join(("channel", *wanted, "cost"))
    hint = f"spend = spend.rename(columns={{{', '.join(renames)}}})" if renames else f"columns: {needed}"
    if channel is None and cost is not None and not renames:
        alone = f"; {wanted[0]} alone does not tell it" if wanted else ""
        hint = f'spend = spend.assign(channel="paid_search")  # the channel that the costs are of{alone}'
    listed = ", ".join(repr(name) for name in columns[:20])
    msg = f"the spend has {' and '.join(faults)}; it has {listed or 'no columns'}"
    return CreditError(msg, column="cost" if channel is not None else "channel", hint=hint)


def _as_text(header: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return which columns of a text file stay text: labels, costs as they are written, labels of periods."""
    found = [channel_column(header), currency_column(header), *cost_columns(header)]
    found += [dimension_column(name, header) for name in wanted]
    when = calendar_columns(header)
    found += [] if when is None or when.kind in {"day", "flight"} else [*when.columns]
    return [name for name in found if name is not None]


def _calendars(table: Any, labels: Sequence[str]) -> Calendars | None:
    """Return the columns that tell the time; a word such as "tag" or "from" does only where dates stand."""
    names = [name for name in table.column_names if name not in labels]
    unsure = [name for name in names if name.strip().lower() in _UNSURE and not is_dated(table, name)]
    return calendar_columns([name for name in names if name not in unsure])


_UNSURE = ("tag", "data", "dag", "dia", "from", "to", "start", "end", "stop", "fin", "ende", "mes", "inicio")


def without_totals(
    table: Any, names: Mapping[str, str], when: Calendars | None, notes: Sequence[str]
) -> tuple[Any, list[str]]:
    """Leave out the rows that are sums of others, with a note."""
    import pyarrow as pa
    import pyarrow.compute as pc

    dates = () if when is None else when.columns
    about = dict.fromkeys(
        name
        for name in table.column_names
        if name in dates or (name != names["cost"] and is_text(decoded(table.column(name)).type))
    )
    try:
        labels = [np.array(decoded(table.column(name)).to_pylist(), dtype=object) for name in about]
    except (pa.ArrowException, UnicodeDecodeError, ValueError, OverflowError):
        return table, list(notes)  # what is wrong with a column is told where it is read
    column = decoded(table.column(names["cost"]))
    numeric = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    cost = np.full(len(column), np.nan)
    if numeric:
        cost = np.array(pc.cast(column, pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    elif is_text(column.type) and len(column):
        cost = amounts_of_text(column)
    sentence = _sentences(table, names)
    if sentence.any():
        notes = [*notes, Sentence("spend.sentences", n=int(sentence.sum()))]
        table, cost = table.filter(pa.array(~sentence)), cost[~sentence]
        labels = [column[~sentence] for column in labels]
    total = totals_by_label(labels, table.num_rows)
    total |= totals_by_sum(np.where(total, np.nan, cost), labels)
    if not total.any() or total.all():
        return table, list(notes)
    return table.filter(pa.array(~total)), [*notes, told(total, cost, labels)]


def _sentences(table: Any, names: Mapping[str, str]) -> Bools:
    """Return the rows that hold nothing but one cell, such as a copyright, bool, shape (n,)."""
    rest = [name for name in table.column_names if name not in (names["channel"], names["cost"])]
    if len(rest) < 3:
        return np.zeros(table.num_rows, np.bool_)
    filled = sum(np.asarray(table.column(name).is_valid().to_numpy(), dtype=np.intp) for name in rest)
    empty = np.asarray(table.column(names["cost"]).is_null().to_numpy(), dtype=np.bool_)
    return np.asarray(empty & (filled <= 1), dtype=np.bool_)


def _labels(table: Any, role: str, name: str) -> NDArray[np.object_]:
    import pyarrow as pa

    column = decoded(table.column(name))
    kind = column.type
    if not len(column):  # an empty table has no types worth the name
        return np.zeros(0, dtype=object)
    if not (is_text(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)):
        msg = f"labels are {kind}, not text"
        raise CreditError(msg, column=name, hint=f'spend["{name}"] = spend["{name}"]{_to_text(column)}')
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        msg = f"labels are not UTF-8 text: {first_line(error)}"
        raise CreditError(msg, column=name, hint="write the table again as UTF-8") from error
    labels = np.array(column.cast(pa.string()).to_numpy(), dtype=object)
    null = np.asarray(column.is_null().to_numpy(), dtype=np.bool_)
    if role == "channel" and null.any():
        msg = "a cost has no channel"
        why = "its money would be missing from every channel"
        hint = f'spend["{name}"] = spend["{name}"].fillna("other")'
        raise CreditError(msg, column=name, rows=np.flatnonzero(null).tolist(), why=why, hint=hint)
    labels[null] = NONE
    return labels


def _to_text(column: Any) -> str:
    """Return the call that makes text of labels: of ids that a missing one has turned into floats, whole."""
    import pyarrow as pa

    if pa.types.is_floating(column.type):
        number = column.drop_null().to_numpy().astype(np.float64)
        if bool((np.isfinite(number) & (number == np.round(number)) & (np.abs(number) < 2**53)).all()):
            return '.astype("Int64").astype("string")'
    return ".astype(str)"


def currency_of(table: Any, names: Mapping[str, str]) -> tuple[str, NDArray[np.object_] | None]:
    """Return the one currency of a table, or that of each row where there are several.

    Parameters
    ----------
    table
        A pyarrow Table.
    names
        What it calls its ``"cost"`` and, where it has one, its ``"currency"``.

    Raises
    ------
    CreditError
        If the heading of the costs and the column contradict each other.
    """
    heading = currency_in(names["cost"])
    if "currency" not in names:
        return heading, None
    column = decoded(table.column(names["currency"]))
    entries = np.array(
        [None if cell is None else str(cell).strip() for cell in column.to_pylist()], dtype=object
    )
    found = sorted({entry for entry in entries.tolist() if entry})
    if not found:
        return heading, None
    if heading and not all(same_currency(heading, entry) for entry in found):
        msg = (
            f"the costs are headed {names['cost']!r}, and the column {names['currency']!r} says {found[0]!r}"
        )
        hint = f"spend = spend.drop(columns=[{names['currency']!r}])  # if the heading is right"
        raise CreditError(msg, column=names["currency"], hint=hint)
    if all(same_currency(found[0], entry) for entry in found):
        return found[0], None
    return "", entries


def _refuse_duplicates(
    table: Any, names: Mapping[str, str], keys: Mapping[str, NDArray[np.object_]], calendar: Calendar | None
) -> None:
    import pandas as pd
    import pyarrow as pa

    frame = pd.DataFrame({names[role]: key for role, key in keys.items()})
    amounts = {names[name] for name in AMOUNTS if name in names}
    if calendar is not None:
        frame[calendar.column] = calendar.first
    for name in table.column_names:
        if (
            name not in frame.columns
            and name not in amounts
            and not pa.types.is_nested(table.column(name).type)
        ):
            frame[name] = decoded(table.column(name)).to_pandas()
    rows = np.flatnonzero(frame.duplicated().to_numpy()).tolist()
    if rows:
        columns = list(frame.columns)
        seen = ", ".join(f"{name} {str(table.column(name)[rows[0]].as_py())!r}" for name in columns)
        msg = f"the spend has more than one row for {seen}"
        why = "the same cost counted twice would halve the ROAS"
        hint = (
            f'spend = spend.groupby({columns}, as_index=False, dropna=False)["{names["cost"]}"].sum()'
            "  # if all are right"
        )
        raise CreditError(msg, column=", ".join(columns), rows=rows, why=why, hint=hint)
