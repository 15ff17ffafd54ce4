"""Amounts of money as people write them: thousands apart, a decimal comma, a dash for none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from attribution._typing import Floats

PLAIN = r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*"
_NOTHING = re.compile(r"\s*(?:-+|\u2013|\u2014)?\s*")
_SPACES = " \u00a0\u202f\u2009'"  # between groups of digits
WITH_POINT = re.compile(r"[+-]?\d{1,3}(?:,\d{3})*(?:\.\d+)?|[+-]?\d+(?:\.\d+)?")
WITH_COMMA = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})*(?:,\d+)?|[+-]?\d+(?:,\d+)?")
UNDECIDED = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")


def amounts(column: Any) -> Floats:
    """Return the amounts that text says, NaN where that is not certain; what says nothing is 0.

    Ask `may_be_thousands` first where a wrong reading would count.

    Examples
    --------
    >>> import pyarrow as pa
    >>> amounts(pa.array(["1,172.45", "165.10", "--", "x"])).tolist()
    [1172.45, 165.1, 0.0, nan]
    >>> amounts(pa.array(["1.5e3", "2"])).tolist(), amounts(pa.array(["1.200,5", "1,200.5"])).tolist()
    ([1500.0, 2.0], [1200.5, nan])
    """
    cells = [bare(cell) for cell in column.to_pylist()]
    if all(re.fullmatch(PLAIN, cell) for cell in cells if cell):
        return np.array([_number(cell) for cell in cells])
    point = all(WITH_POINT.fullmatch(cell) for cell in cells if cell.lstrip("+-")[:1].isdigit())
    form, thousands, decimal = (WITH_POINT, ",", ".") if point else (WITH_COMMA, ".", ",")
    found = [
        cell.replace(thousands, "").replace(decimal, ".") if form.fullmatch(cell) else cell and "?"
        for cell in cells
    ]
    return np.array([_number(cell) for cell in found])


def may_be_thousands(cells: Iterable[str | None]) -> bool:
    """Return whether amounts such as 1.172 may be more than a thousand: no cell tells what the point is.

    Examples
    --------
    >>> may_be_thousands(["1.172", "2.500", "12"]), may_be_thousands(["1.172", "2.5"])
    (True, False)
    """
    found = [cell for cell in map(bare, cells) if cell]
    marked = [cell for cell in found if not cell.lstrip("+-").isdigit()]
    return (
        bool(marked)
        and all(UNDECIDED.fullmatch(cell) for cell in marked)
        and all(cell[:2] != "0." for cell in found)
    )


def _number(text: str) -> float:
    if not text:
        return 0.0
    return float(text) if re.fullmatch(PLAIN, text) else float("nan")


def is_nothing(cell: str) -> bool:
    """Return whether a cell says that there is no amount: blank, or a dash."""
    return _NOTHING.fullmatch(cell) is not None


def bare(cell: str | None) -> str:
    """Return an amount without blanks between its digits; nothing where a dash says none."""
    text = "" if cell is None or is_nothing(cell) else cell
    return text.translate(dict.fromkeys(map(ord, _SPACES)))
