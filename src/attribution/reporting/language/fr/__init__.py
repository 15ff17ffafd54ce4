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
    "percent": "{}\u202f%",
    "before_unit": "\u202f",
    "symbol_first": False,
    "singular_below": 2.0,
    "first_day": "1er",
}
UNBROKEN = {f" {mark}": f"\u202f{mark}" for mark in ":;?!"}  # a line must not begin with the mark
