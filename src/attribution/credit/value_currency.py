"""What currency the values of a credit table are in: one, told by the log, or a breakdown by it."""

from __future__ import annotations

from collections.abc import Sequence

from attribution.credit.table import Table
from attribution.errors import CreditError
from attribution.eventlog.currency import distinct, is_currency, refuse_contradiction
from attribution.language.sentence import Sentence


def in_currency(credit: Table, found: Sequence[str]) -> Table:
    """Return credit that knows the currency of its values.

    Parameters
    ----------
    credit
        With the currency in its settings that the caller names, or that rates made of the values.
    found
        The currencies that the log names, ``""`` for a value without one.

    Raises
    ------
    CreditError
        If values are in several currencies and the credit is not broken down by them, or in another than
        the caller says.
    """
    known = distinct(found)
    asked = str(credit.settings.get("currency", ""))
    if "rates" in credit.settings or not known:
        return credit.with_look(currency=asked)
    if len(known) > 1:
        if any(is_currency(name) for name in credit.by):
            refuse_several(asked, known)
            note = Sentence("note.currencies", currencies=tuple(known))
            settings = {**credit.settings, "currencies": tuple(known)}
            return credit.with_provenance(settings=settings, notes=(*credit.notes, note))
        msg = f"the conversions are in several currencies: {', '.join(known[:5])}"
        hint = 'at.attribute(..., by=("channel", "currency")), or currency="...", rates={"...": ...}'
        raise CreditError(msg, column="currency", why="the sum of their values would mean nothing", hint=hint)
    refuse_contradiction(asked, known[0], what="values are")
    notes = credit.notes
    if "" in found:
        notes = (*notes, Sentence("note.no_currency", currency=known[0]))
    named = credit.with_provenance(settings={**credit.settings, "currency": known[0]}, notes=notes)
    return named.with_look(currency=asked or known[0])


def refuse_several(asked: str, known: Sequence[str]) -> None:
    """Raise CreditError if one currency is to be shown where there are several."""
    if asked and len(known) > 1:
        msg = f"currency={asked!r} contradicts the data: values are in {', '.join(known)}"
        why = "amounts would bear a name that is not theirs"
        raise CreditError(msg, column="currency", why=why, hint='currency=""  # every row tells its own')
