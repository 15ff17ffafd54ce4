"""Currencies: whether two names mean one, and what a table of money is in."""

from __future__ import annotations

from collections.abc import Iterable

from attribution._known_columns import KNOWN_COLUMNS, plain
from attribution.errors import CreditError

_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP", "JMD"})
# What a symbol or word may stand for. "kr" and "$" are several currencies' own: they contradict none of them.
_MEANINGS = {
    "€": frozenset({"EUR"}),
    "euro": frozenset({"EUR"}),
    "euros": frozenset({"EUR"}),
    "£": frozenset({"GBP", "EGP"}),
    "pounds": frozenset({"GBP"}),
    "$": _DOLLARS,
    "dollars": _DOLLARS,
    "us$": frozenset({"USD"}),
    "ca$": frozenset({"CAD"}),
    "c$": frozenset({"CAD"}),
    "a$": frozenset({"AUD"}),
    "au$": frozenset({"AUD"}),
    "nz$": frozenset({"NZD"}),
    "hk$": frozenset({"HKD"}),
    "s$": frozenset({"SGD"}),
    "r$": frozenset({"BRL"}),
    "¥": frozenset({"JPY", "CNY"}),
    "円": frozenset({"JPY"}),
    "元": frozenset({"CNY"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "kr.": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "fr": frozenset({"CHF"}),
    "fr.": frozenset({"CHF"}),
    "sfr.": frozenset({"CHF"}),
    "zł": frozenset({"PLN"}),
    "₹": frozenset({"INR"}),
    "₽": frozenset({"RUB"}),
    "₩": frozenset({"KRW"}),
    "₺": frozenset({"TRY"}),
    "₪": frozenset({"ILS"}),
    "₴": frozenset({"UAH"}),
    "kč": frozenset({"CZK"}),
    "ft": frozenset({"HUF"}),
}


def same_currency(one: str, other: str) -> bool:
    """Return whether two names may mean one currency.

    Examples
    --------
    >>> same_currency("€", "EUR"), same_currency("kr", "SEK"), same_currency("EUR", "SEK")
    (True, True, False)
    """
    first, second = _meaning(one), _meaning(other)
    return bool(first & second)


def _meaning(name: str) -> frozenset[str]:
    text = name.strip().casefold()
    return _MEANINGS.get(text, frozenset({text.upper()}))


def is_currency(dimension: str) -> bool:
    """Return whether a dimension is a currency, by its name.

    Examples
    --------
    >>> is_currency("currency"), is_currency("conversion_currency"), is_currency("country")
    (True, True, False)
    """
    return plain(dimension.removeprefix("conversion_")) in {plain(name) for name in KNOWN_COLUMNS["currency"]}


def code(name: str) -> str:
    """Return a currency's name as rates know it: without blanks, in capitals, symbols of one currency as it.

    Examples
    --------
    >>> code(" eur "), code("€"), code("$")
    ('EUR', 'EUR', '$')
    """
    meaning = _meaning(name)
    return next(iter(meaning)) if len(meaning) == 1 else name.strip().upper()


def refuse_contradiction(shown: str, known: str, *, what: str = "the data are") -> None:
    """Raise CreditError if money is to be shown in another currency than it is in.

    Parameters
    ----------
    shown
        What is asked for; ``""`` for nothing.
    known
        What the data say; ``""`` for nothing.
    what
        How the message begins to tell of the data.
    """
    if shown and known and not same_currency(shown, known):
        msg = f"currency={shown!r} contradicts the data: {what} in {known}"
        why = "amounts would bear a name that is not theirs, as if they had been converted"
        raise CreditError(
            msg, column="currency", why=why, hint=f"currency={known!r}, or rates={{{known!r}: ...}}"
        )


def distinct(names: Iterable[str]) -> list[str]:
    """Return the currencies among names, each once, sorted; what says nothing is left out.

    Examples
    --------
    >>> distinct(["EUR", "eur ", "SEK", ""])
    ['EUR', 'SEK']
    """
    return sorted({code(name) for name in names if name.strip()})
