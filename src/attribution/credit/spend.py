"""Join costs to credit: every unit of money that was given is in the result or in a note."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from attribution._known_columns import plain
from attribution._typing import Floats
from attribution.credit.attachments import Spent
from attribution.credit.costs import Costs
from attribution.credit.periods import PERIODS, is_period, period_codes
from attribution.credit.spend_calendar import DAY_US
from attribution.credit.spend_money import Money, in_one_currency
from attribution.credit.spend_source import Spend, reading_line
from attribution.credit.spend_spread import days_of, spread_flights, spread_over, timezone_of, week_start_of
from attribution.credit.spend_table import SpendTable, spend_table_of
from attribution.credit.table import CreditTable, Table
from attribution.errors import FEWER_COLUMNS, CreditError, enough_memory, nearest
from attribution.journeys.journeys import NONE
from attribution.language.sentence import Sentence

_MOST_COMPARED = 200  # names on each side; beyond it, looking for misspellings pair by pair takes too long


@enough_memory(FEWER_COLUMNS)
def join_spend(credit: Table, costs: Costs) -> Table:
    """Return `credit` with costs; see `Credit.with_spend`."""
    spend = costs.table
    if credit.whole is not None and credit.whole.channels != len(credit.channels):
        msg = f"this credit was narrowed to {len(credit.channels)} of {credit.whole.channels} channels"
        why = "spend on the others would look as if it had earned nothing"
        raise CreditError(msg, why=why, hint="credit.with_spend(spend).select(channels=...)")
    try:
        money = Money(costs.currency, costs.decimals, costs.rates)
        return _joined(credit, spend, money, costs.outside)
    except CreditError as error:
        fix = error.hint or ""
        begins = ("spend[", "spend = ") if isinstance(spend, Mapping) else ("spend[", "spend = ", "if ")
        anew = fix.startswith("spend = pandas.read_")  # the fix reads the file itself
        line = reading_line(spend) if fix.startswith(begins) and not anew else None
        if line is None:
            raise
        whole = f"{line}; {fix}".replace(', or spend["', f', or {line}; spend["')
        raise error.with_hint(whole) from error


def _joined(credit: Table, spend: Spend, money: Money, outside: str) -> Table:
    cells = dict(zip(credit.by, credit.keys, strict=True))
    periods = [name for name in credit.by if name in PERIODS and is_period(name, cells[name])]
    dimensions = [name for name in credit.by[1:] if name not in periods]
    week_start = week_start_of(credit)
    table = spend_table_of(spend, dimensions, week_start, timezone_of(credit))
    notes = list(table.notes)
    table = in_one_currency(credit, spread_flights(table, notes), money, notes)
    for name in credit.by[1:]:
        _refuse_coarser(credit, table, name, period=name in periods)
    for name in ("channel", *dimensions):
        _refuse_variants(name, table.names.get(name, name), table.keys[name], cells[name])
    table, more = _within_window(credit, table, outside)
    notes += more
    table = spread_over(table, periods, week_start, notes)
    keys = [
        _period_labels(name, table, week_start) if name in periods else table.keys[name] for name in credit.by
    ]
    earlier = [note for note in credit.notes if not note.startswith("spend:")]  # a new spend, new notes on it
    known = str(credit.settings.get("currency", "")) or table.currency
    joined = _join(credit, keys, table.amounts).with_provenance(
        settings={**credit.settings, "currency": known} if known else credit.settings,
        notes=(*earlier, *notes, *_doubts(credit, table)),
    )
    return joined.with_look(
        currency=money.currency or table.currency or credit.currency,
        decimals=credit.decimals if money.decimals is None else money.decimals,
    )


def _refuse_coarser(credit: CreditTable, table: SpendTable, name: str, *, period: bool) -> None:
    if name in table.keys or (period and table.calendar is not None):
        return
    wanted = "date" if period else name
    problem = f"the credit is by {name}, and the spend has no column {wanted!r}"
    rest = tuple(kept for kept in credit.by if kept != name)
    hint = f"give the spend by {name}, or at.attribute(..., by={rest!r}).with_spend(spend)"
    free = [column for column in table.columns if column not in table.names.values()]
    guess = None if period else nearest(wanted, free)  # the caller's own word, so that likeness may tell
    if guess is not None:
        problem += f"; did you mean {guess!r}?"
        hint = f'spend = spend.rename(columns={{"{guess}": "{wanted}"}})'
    raise CreditError(problem, column=wanted, why="a cost would have to be spread by guess", hint=hint)


def _refuse_variants(name: str, column: str, given: NDArray[np.object_], known: NDArray[np.object_]) -> None:
    import pandas as pd

    labels = set(pd.unique(known).tolist())
    by_plain = {_plain_label(label): label for label in sorted(labels, reverse=True)}
    unknown = sorted(set(pd.unique(given).tolist()) - labels)
    renames = {label: by_plain[_plain_label(label)] for label in unknown if _plain_label(label) in by_plain}
    if renames:
        wrong, right = next(iter(renames.items()))
        other = 'an id that was read as a number, and got ".0"'
        other = other if {wrong, right} & {f"{wrong}.0", f"{right}.0"} else "other case, space or punctuation"
        msg = f"the spend's {name} {wrong!r} is {right!r} in the credit: {other}"
        raise CreditError(
            msg,
            column=column,
            rows=np.flatnonzero(np.isin(given, list(renames))).tolist(),
            why="its cost would not meet its credit",
            hint=f'spend["{column}"] = spend["{column}"].astype("string").replace({renames!r})',
        )


def _plain_label(label: str) -> str:
    """Return a label without case, space and punctuation, and an id without the ".0" of a float."""
    return plain(re.sub(r"(?<=\d)\.0+$", "", label))


def _within_window(credit: CreditTable, table: SpendTable, outside: str) -> tuple[SpendTable, list[str]]:
    when = table.calendar
    window = days_of(credit)
    if when is None or window is None or not len(table.cost):
        return table, []
    first, last = window
    days = {"first": _date(first), "last": _date(last)}
    inside = (when.last >= first) & (when.first <= last)
    if outside == "drop" and not inside.any():
        own = f"{_date(int(when.first.min()))} to {_date(int(when.last.max()))}"
        msg = f"all spend is of days outside {_date(first)} to {_date(last)}, the days of the credit: {own}"
        hint = 'give the spend of those days, or credit.with_spend(spend, outside="keep")'
        raise CreditError(msg, column=when.column, why="every ROAS would be empty", hint=hint)
    notes: list[str] = []
    if not inside.all():
        key = "spend.left_out" if outside == "drop" else "spend.kept"
        notes.append(Sentence(key, amount=float(table.cost[~inside].sum()), **days))
    if when.period in {"week", "month"} and bool(
        (inside & ((when.first < first) | (when.last > last))).any()
    ):
        notes.append(Sentence("spend.in_part", period=Sentence(f"a_period.{when.period}"), **days))
    if int(when.first.min()) > first or int(when.last.max()) < last:
        start, end = _date(int(when.first.min())), _date(int(when.last.max()))
        notes.append(Sentence("spend.other_days", start=start, end=end, **days))
    return (table.take(inside) if outside == "drop" else table), notes


def _date(day: int) -> dt.date | str:
    """Return a day since 1970; those beyond the calendar of Python as text."""
    moment = np.datetime64(day, "D")
    found = moment.item()
    return found if isinstance(found, dt.date) else str(moment)


def _period_labels(period: str, table: SpendTable, week_start: str) -> NDArray[np.object_]:
    first = np.zeros(0, np.int64) if table.calendar is None else table.calendar.first
    codes, labels = period_codes(first * DAY_US, period, week_start)
    return np.array([*labels, ""], dtype=object)[codes]


def _join(credit: Table, keys: list[NDArray[np.object_]], amounts: Mapping[str, Floats]) -> Table:
    import pandas as pd

    names, columns = [f"key{position}" for position in range(len(keys))], list(amounts)
    given = pd.DataFrame(dict(zip(names, keys, strict=True)), dtype=object).assign(**amounts)
    given = given.groupby(names, sort=True)[columns].sum().reset_index()
    cells = pd.DataFrame(dict(zip(names, credit.keys, strict=True)), dtype=object)
    cells = cells.assign(cell=np.arange(len(cells)))
    found = given.merge(cells, on=names, how="left")["cell"].fillna(-1).to_numpy().astype(np.intp)
    new = found < 0
    places = np.append(np.arange(len(cells)), np.full(int(new.sum()), -1))
    found[new] = np.flatnonzero(places < 0)
    known = {name: np.full(len(places), np.nan) for name in columns}
    for name, line in known.items():
        line[found] = given[name].to_numpy(dtype=np.float64)
    labels = tuple(
        np.concatenate([key, given.loc[new, name].to_numpy(dtype=object)])
        for name, key in zip(names, credit.keys, strict=True)
    )
    grown = credit.placed(labels, places) if new.any() else credit
    joined = replace(grown, spent=Spent(known, ("",) * len(places)))
    if new.any():
        ranks = [pd.factorize(key, sort=True)[0] for key in reversed(joined.keys)]
        joined = joined.take(np.lexsort((*ranks, ~joined.attributed)))
    palette = (*credit.palette, *sorted(set(joined.channels) - set(credit.palette)))
    if credit.whole is not None:
        lines = {name: given[name].to_numpy(dtype=np.float64) for name in columns}
        total = {name: float(line.sum()) if len(line) else float("nan") for name, line in lines.items()}
        joined = replace(joined, whole=replace(credit.whole, spent=total, channels=len(joined.channels)))
    return joined.flagged().with_look(palette=palette)


def _doubts(credit: CreditTable, table: SpendTable) -> list[str]:
    import pandas as pd

    notes: list[str] = []
    if not credit.has_value:
        notes.append(Sentence("spend.no_value"))
    paid, credited = set(pd.unique(table.keys["channel"]).tolist()), set(credit.channels)
    if paid and credited and not paid & credited:
        notes.append(Sentence("spend.no_channel"))
    unknown, unpaid = sorted(paid - credited), sorted(credited - paid)
    for name in unknown if max(len(unknown), len(unpaid)) <= _MOST_COMPARED else ():
        alike = difflib.get_close_matches(name, unpaid, n=1, cutoff=0.8)
        if alike:
            notes.append(Sentence("spend.alike", one=name, other=alike[0]))
    if any((key == NONE).any() for name, key in table.keys.items() if name != "channel"):
        notes.append(Sentence("spend.no_label", label=NONE))
    return notes
