"""French."""

from __future__ import annotations

from typing import Any

HABITS: dict[str, Any] = {
    "months": (
        *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre"),
        *("octobre", "novembre", "décembre"),
    ),
    "point": ",",
    "group": "\u202f",
    "minus": "\N{MINUS SIGN}",
    "percent": "{}\u202f%",
    "before_unit": "\u202f",
    "symbol_first": False,
    "singular_below": 2.0,
    "first_day": "1er",
}
# No line begins with a mark.
UNBROKEN = {f" {mark}": f"\u202f{mark}" for mark in ":;?!%»"} | {"« ": "«\u202f"}
