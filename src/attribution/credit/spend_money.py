"""The currency of spend against that of the credit: one, or a breakdown by it, or rates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from attribution.credit.credit import Credit
from attribution.credit.spend_table import SpendTable
from attribution.errors import CreditError
from attribution.journeys.currency import distinct, is_currency, refuse_contradiction, same_currency


def in_one_currency(credit: Credit, table: SpendTable, currency: str) -> tuple[SpendTable, str]:
    """Return the spend fit to stand beside the credit, and the currency to show.

    Raises
    ------
    CreditError
        If costs are in several currencies, or in another than the values, and the credit is not broken
        down by currency; or if `currency` contradicts either.
    """
    dims = [name for name in credit.by if is_currency(name)]
    values = str(credit.settings.get("currency", ""))
    if dims:
        if currency and len(distinct(credit.keys[credit.by.index(dims[0])].tolist())) > 1:
            msg = f"currency={currency!r}, and the credit is by {dims[0]!r}"
            raise CreditError(msg, column="currency", hint="leave currency= out: every row tells its own")
        if dims[0] not in table.keys and table.currency:
            named = np.full(len(table.cost), table.currency, dtype=object)
            table = replace(table, keys={**table.keys, dims[0]: named})
        return table, currency
    if table.currencies is not None:
        found = distinct(entry or "" for entry in table.currencies.tolist())
        msg = f"costs are in several currencies: {', '.join(found[:5])}"
        hint = (
            'at.attribute(..., by=("channel", "currency")).with_spend(spend), or with_spend(..., rates={...})'
        )
        raise CreditError(msg, column=table.names["currency"], why="their sum would mean nothing", hint=hint)
    if table.currency and values and not same_currency(table.currency, values):
        msg = f"costs are in {table.currency}, and the values of the conversions in {values}"
        hint = (
            f'with_spend(spend, rates={{"{table.currency}": ...}}), what one {table.currency} is in {values}'
        )
        raise CreditError(
            msg,
            column=table.names.get("currency", table.names["cost"]),
            why="ROAS would mix the two",
            hint=hint,
        )
    refuse_contradiction(currency, table.currency, what="costs are")
    refuse_contradiction(currency, values, what="values are")
    return table, currency or table.currency or credit.currency


def shown_by_data(credit: Credit, table: SpendTable) -> str:
    """Return the currency that the data name, of the values or else of the costs; ``""`` if none."""
    return str(credit.settings.get("currency", "")) or table.currency
