"""Texts that are no times, values or flags: of which kind they are, so that the right fix can be told.

A fix is for the whole column. So the kind is found out of a whole batch, good entries too: one value with a
decimal comma says how all of them are to be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from attribution._typing import Bools
from attribution.tables.arrays import booleans
from attribution.tables.faults import Screen

_AMOUNT = r"^[\s\pZ]*[^\d.,+\-]{0,5}[+\-]?[^\d.,+\-]{0,5}"
_END = r"[^\d.,+\-]{0,5}$"
_GROUP = r"[\s\pZ'\x{2019}]"
_POINT = (
    rf"{_AMOUNT}(?:\d{{1,3}}(?:{_GROUP}\d{{3}})+|\d{{1,3}}(?:,\d{{3}})+|\d+)\.\d+{_END}"
    rf"|{_AMOUNT}\d{{1,3}}(?:,\d{{3}}){{2,}}{_END}"
)
_THREE_DECIMALS = rf"{_AMOUNT}\d{{1,3}}\.\d{{3}}{_END}"
_COMMA = (
    rf"{_AMOUNT}(?:\d{{1,3}}(?:{_GROUP}\d{{3}})+|\d{{1,3}}(?:\.\d{{3}})+|\d+),\d+{_END}"
    rf"|{_AMOUNT}\d{{1,3}}(?:\.\d{{3}}){{2,}}{_END}"
)
_ONE_COMMA = rf"{_AMOUNT}[1-9]\d{{0,2}},\d{{3}}{_END}"
_GROUPS_ALONE = rf"{_AMOUNT}\d{{1,3}}(?:,\d{{3}}){{2,}}{_END}|{_AMOUNT}\d{{1,3}}(?:\.\d{{3}}){{2,}}{_END}"
_EXPONENT = r"\d[eE][+-]?\d"
_SCALE = r"(?:[kKmMbB]|[mb]n|mio|Mio|mrd|Mrd|tsd|Tsd|cr|lakh)\.?"
_OTHERWISE = (  # signs that change a number, and that stripping would take away
    r"[()%\x{2030}\x{2212}\x{2010}-\x{2015}]|\d[\s\pZ]*-[\s\pZ\p{Sc}]*$"
    rf"|\d[\s\pZ]*{_SCALE}[\s\pZ\p{{Sc}}]*$"
)
_WHOLE = rf"{_AMOUNT}(?:\d{{1,3}}(?:{_GROUP}\d{{3}})+|\d+){_END}"

_DAY_MONTH = r"^\s*(\d{1,2})[./-](\d{1,2})[./-]\d{4}(?:[ T,]|$)"
_BEYOND_TWELVE = r"(?:1[3-9]|2\d|3[01])"
_TIMES = (
    ("time_s", r"^\s*[1-3]?\d{9}\s*$"),
    ("time_ms", r"^\s*[1-3]?\d{12}\s*$"),
    ("time_us", r"^\s*[1-3]?\d{15}\s*$"),
    ("time_ns", r"^\s*[1-3]?\d{18}\s*$"),
    ("time_point", r"^\s*[1-3]?(?:\d{9}|\d{12}|\d{15}|\d{18})\.0*\s*$"),
    (
        "time_loose",
        (
            r"^\s*\d{4}-\d{1,2}-\d{1,2}[T ]\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?"
            r"\s*(?:UTC|Z|[+-]\d{2}:?\d{2})?\s*$"
        ),
    ),
    ("time_fraction", r"^\s*[1-3]?\d{9}\.\d+\s*$"),
)


_NOTHING = r"(?i)^\s*(?:nan|nat|none|null|n/a|na|<na>)?\s*$"


def _fits(text: Any, pattern: str) -> Bools:
    return booleans(pc.match_substring_regex(text, pattern).fill_null(False))


def reject_values(text: Any, bad: Bools, column: str, screen: Screen) -> None:
    """Reject values that are no numbers, and tell decimal commas, currency signs and junk apart.

    Parameters
    ----------
    text
        The whole batch, an Arrow array of large strings.
    bad
        Its entries that are no numbers.
    column
        The column's name.
    screen
        Where faults are kept.
    """
    one_comma, three = _fits(text, _ONE_COMMA), _fits(text, _THREE_DECIMALS)
    comma = _fits(text, _COMMA) & ~one_comma
    point = _fits(text, _POINT) & ~three
    unclear = one_comma | three | _fits(text, _GROUPS_ALONE)
    amounts = comma | point | one_comma | three | _fits(text, _WHOLE)
    if comma.any() and point.any():
        reason = "value_text" if unclear.any() else "value_mixed"
    elif comma.any():
        reason = "value_comma"
    elif one_comma.any() and not point.any():
        reason = "value_ambiguous"
    else:
        reason = "value_point"
    if _fits(text, _EXPONENT).any() or _fits(text, _OTHERWISE).any():
        reason = "value_text"  # stripping letters and signs would make another number of it
    elif _several_currencies(text):
        reason = "value_currencies"
    screen.reject(reason, column, bad & amounts)
    screen.reject("value_text", column, bad & ~amounts)


def _several_currencies(text: Any) -> bool:
    """Whether amounts bear different signs or codes of currencies."""
    found = pc.unique(pc.replace_substring_regex(text, r"[^\p{Sc}\p{L}]", "").cast(pa.large_binary()))
    signs = [sign.decode("utf-8", "replace") for sign in found.to_pylist() if sign]  # need not be UTF-8
    known = {_CODES.get(sign, sign.upper()) for sign in signs}
    return len(known) > 1 and all(len(name) == 3 or name in _CODES.values() for name in known)


_CODES = {"€": "EUR", "$": "USD", "US$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "kr": "SEK", "Kr": "SEK"}


def reject_times(text: Any, bad: Bools, column: str, screen: Screen) -> None:
    """Reject times that are no ISO 8601, and as `reject_values` does: by their order, or as numbers."""
    screen.reject("null_time", column, bad & _fits(text, _NOTHING))
    bad = bad & ~_fits(text, _NOTHING)
    for reason, found in _time_kinds(text, bad):
        if 2 * np.count_nonzero(found) > np.count_nonzero(bad):  # else the column is a medley
            screen.reject(reason, column, found)
    screen.reject("time_text", column, bad)


def _time_kinds(text: Any, bad: Bools) -> Iterator[tuple[str, Bools]]:
    """Yield kinds of texts that are no ISO 8601, each with the bad entries that are of it."""
    for reason, pattern in _TIMES:
        yield reason, bad & _fits(text, pattern)
    day_first = bool(_fits(text, rf"^\s*{_BEYOND_TWELVE}[./-]\d{{1,2}}[./-]\d{{4}}").any())
    month_first = bool(_fits(text, rf"^\s*\d{{1,2}}[./-]{_BEYOND_TWELVE}[./-]\d{{4}}").any())
    if not (day_first or month_first):  # dots stand between day, month and year in that order only
        day_first = bool(_fits(text, r"^\s*\d{1,2}\.\d{1,2}\.\d{4}").any())
    known = {
        (True, False): "time_day_first",
        (False, True): "time_month_first",
        (True, True): "time_both_ways",
    }
    yield known.get((day_first, month_first), "time_ambiguous"), bad & _fits(text, _DAY_MONTH)


def flag_reason(texts: Any) -> str:
    """Return what texts are that say neither yes nor no: names of events, or ids that seldom come again."""
    many = len(texts) >= 3 and len(pc.unique(texts)) > len(texts) / 2
    ids = many or _fits(texts, r"\d").all()
    return "flag_ids" if ids else "flag_text"
