"""Rows of a report that are sums of its other rows: counted with them, a cost counts twice or more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Bools, Floats
from attribution.language.sentence import Sentence

_WORDS = (
    *(
        "total",
        "totals",
        "subtotal",
        "sub-total",
        "grand total",
        "overall",
        "gesamt",
        "gesamtsumme",
        "gesamtergebnis",
    ),
    *(
        "summe",
        "zwischensumme",
        "insgesamt",
        "sous-total",
        "total général",
        "totaux",
        "totale",
        "totali",
        "totales",
    ),
    *("suma", "somme", "somma", "soma", "totaal", "razem", "итого", "всего", "合計", "总计"),
)
_NOUNS = (
    r"accounts?|campaigns?|ad groups?|ads?|keywords?|search|display|spend|cost|costs|all|general|filtered \w+"
)
_TOTAL = re.compile(
    rf"\s*(?:{'|'.join(map(re.escape, _WORDS))})\s*"
    rf"(?:[:\uff1a\-\u2013\u2014].*|\(.*\)|(?:{_NOUNS}))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_BLANK = re.compile(r"\s*(?:-+|\u2013|\u2014|n/?a|null|none|\(not set\))?\s*", re.IGNORECASE)


def is_total(label: str) -> bool:
    """Return whether a label says that its row is a sum of others.

    Examples
    --------
    >>> [is_total(label) for label in ("Total: Account", "Gesamt", "Total Wine", "totally")]
    [True, True, False, False]
    """
    return _TOTAL.fullmatch(label) is not None


def is_blank(label: object) -> bool:
    """Return whether a cell says nothing.

    Examples
    --------
    >>> [is_blank(cell) for cell in (None, " ", "--", "n/a", "brand", 0)]
    [True, True, True, True, False, False]
    """
    return label is None or label != label or (isinstance(label, str) and _BLANK.fullmatch(label) is not None)


def totals_by_label(labels: Sequence[NDArray[np.object_]], n_rows: int) -> Bools:
    """Return the rows with a label that says total, bool, shape (n,).

    Parameters
    ----------
    labels
        Columns of text, each of n cells.
    n_rows
        How many rows there are.
    """
    found = np.zeros(n_rows, np.bool_)
    for column in labels:
        found |= _each(column, lambda cell: isinstance(cell, str) and is_total(cell))
    return found


def totals_by_sum(cost: Floats, labels: Sequence[NDArray[np.object_]]) -> Bools:
    """Return the rows that say less than the others and cost as much as the others together.

    A row is looked at if a cell of it is blank that is filled in all rows that are not looked at. It is a
    total if its cost is that of the rest, or of those of the rest that agree with every cell that it fills.

    Parameters
    ----------
    cost
        float64, shape (n,), NaN where it is not known.
    labels
        Object arrays of shape (n,): what the rows are about.

    Examples
    --------
    >>> import numpy as np
    >>> day = np.array(["2026-09-01", "2026-09-02", None], dtype=object)
    >>> totals_by_sum(np.array([1234.56, 60.0, 1294.56]), [day]).tolist()
    [False, False, True]
    """
    found = np.zeros(len(cost), np.bool_)
    if not labels or len(cost) < 3:
        return found
    blank = np.stack([_each(column, is_blank) for column in labels])
    usual = blank.mean(axis=1) < 0.5  # columns that say something in most rows
    blank, filled = blank[usual], [column for column, kept in zip(labels, usual, strict=True) if kept]
    looked_at = blank.any(axis=0)
    rest = ~looked_at & np.isfinite(cost)
    for row in np.flatnonzero(looked_at & np.isfinite(cost) & (cost != 0)).tolist():
        same = rest.copy()
        if _equal(cost[row], cost[same]):
            found[row] = True
            continue
        for column, empty in zip(filled, blank[:, row].tolist(), strict=True):
            if not empty:
                same &= np.asarray(column == column[row], dtype=np.bool_)
        found[row] = _equal(cost[row], cost[same])
    return found


def _equal(amount: float, parts: Floats) -> bool:
    return bool(np.count_nonzero(parts) > 1) and bool(np.isclose(amount, parts.sum(), rtol=1e-9, atol=0.005))


def suspected_total(cost: Floats) -> int | None:
    """Return the row that costs as much as all others together where that is hardly chance, or None.

    Examples
    --------
    >>> import numpy as np
    >>> suspected_total(np.array([10.25, 3.1, 4.05, 3.1])), suspected_total(np.array([3.0, 1.0, 2.0]))
    (0, None)
    """
    if len(cost) < 4 or np.count_nonzero(cost) < 4:
        return None
    row = int(np.argmax(cost))
    return row if _equal(float(cost[row]), np.delete(cost, row)) else None


def told(rows: Bools, cost: Floats, labels: Sequence[NDArray[np.object_]]) -> str:
    """Return the note on rows that were left out."""
    where = np.flatnonzero(rows)
    shown = [
        next((cell for cell in row if isinstance(cell, str) and is_total(cell)), "")
        for row in zip(*(column[where] for column in labels), strict=True)
    ]
    named = ", ".join(repr(str(cell).strip()) for cell in dict.fromkeys(shown) if cell)
    amount = float(np.nansum(cost[where]))
    return Sentence("spend.totals", n=len(where), named=f" ({named})" if named else "", amount=amount)


def _each(column: NDArray[np.object_], holds: Any) -> Bools:
    """Apply a predicate once to each distinct cell."""
    import pandas as pd

    codes, cells = pd.factorize(column, use_na_sentinel=False)
    return np.array([bool(holds(cell)) for cell in cells], dtype=np.bool_)[codes]
