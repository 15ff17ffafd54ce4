"""The currency of spend against that of the credit: one, or a breakdown by it, or rates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from attribution.credit.spend_spread import by_day
from attribution.credit.spend_table import SpendTable
from attribution.credit.table import CreditTable
from attribution.credit.value_currency import refuse_several
from attribution.errors import CreditError, JourneyError, LogError, raised_as
from attribution.eventlog.currency import distinct, is_currency, refuse_contradiction, same_currency
from attribution.journeys.rates import rates_of
from attribution.language.sentence import Sentence


@dataclass(frozen=True)
class Money:
    """How the amounts of a joined table are to be: see `Credit.with_spend`."""

    currency: str
    decimals: int | None
    rates: Any


def in_one_currency(credit: CreditTable, table: SpendTable, money: Money, notes: list[str]) -> SpendTable:
    """Return the spend fit to stand beside the credit.

    Raises
    ------
    CreditError
        If costs are in several currencies, or in another than the values, and neither rates nor a breakdown
        by currency tell them apart; or if the currency that is asked for contradicts either.
    """
    dims = [name for name in credit.by if is_currency(name)]
    values = str(credit.settings.get("currency", ""))
    if money.rates is not None:
        return _converted(table, money, values, notes)
    if dims:
        refuse_several(money.currency, distinct(credit.keys[credit.by.index(dims[0])].tolist()))
        if dims[0] not in table.keys and table.currency:
            named = np.full(len(table.cost), table.currency, dtype=object)
            table = replace(table, keys={**table.keys, dims[0]: named})
        return replace(table, currency="", currencies=None)
    column = table.names.get("currency", table.names["cost"])
    why = "a ratio of the two would mean nothing"
    if table.currencies is not None:
        found = distinct(entry or "" for entry in table.currencies.tolist())
        msg = f"costs are in several currencies: {', '.join(found[:5])}"
        rates = ", ".join(f'"{name}": ...' for name in found if not same_currency(name, values))
        hint = (
            f'credit.with_spend(spend, rates={{{rates}}}), or at.attribute(..., by=("channel", "currency"))'
        )
        raise CreditError(msg, column=column, why="their sum would mean nothing", hint=hint)
    if table.currency and values and not same_currency(table.currency, values):
        msg = f"costs are in {table.currency}, and the values of the conversions in {values}"
        hint = f'credit.with_spend(spend, rates={{"{table.currency}": ...}})'
        hint += f", what one {table.currency} is in {values}"
        raise CreditError(msg, column=column, why=why, hint=hint)
    refuse_contradiction(money.currency, table.currency, what="costs are")
    refuse_contradiction(money.currency, values, what="values are")
    return table


def _converted(table: SpendTable, money: Money, values: str, notes: list[str]) -> SpendTable:
    """Return the spend in the currency of the values."""
    refuse_contradiction(money.currency, values, what="values are")
    with raised_as(CreditError, JourneyError, LogError):
        rates = rates_of(money.rates, values or money.currency)
        if rates.dated:
            table = by_day(table)
        currencies = table.currencies
        if currencies is None:
            currencies = np.full(len(table.cost), table.currency or None, dtype=object)
        day = None if table.calendar is None else table.calendar.first
        cost = rates.applied(table.cost, currencies, day, what="costs")
    notes.append(Sentence("spend.rates", rates=repr(rates)))
    amounts = {**table.amounts, "cost": cost}
    return replace(table, amounts=amounts, currency=values or rates.to, currencies=None)
