"""The oracle: what is between the first call and the last may repair, and may lose or move nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from attribution.errors import AttributionError
from tests.fixes.watch import Watch

MEASURES = ("value", "revenue", "amount", "cost", "spend", "conversions", "sales", "converted")


class LostError(Exception):
    """A fix lost rows or sums without saying how many."""


def counts_in(text: str) -> set[int]:
    """Return the whole numbers that a text tells."""
    return {int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*", text)}


def sums(table: Any) -> dict[str, float]:
    """Return the sum of each measure that holds numbers only."""
    found = {}
    for name in getattr(table, "columns", []):
        if str(name).lower() in MEASURES:
            with np.errstate(all="ignore"):
                numbers = pd.to_numeric(pd.Series(table[name]), errors="coerce")
            if len(numbers) and numbers.notna().all() and np.isfinite(numbers.astype(float)).all():
                found[str(name)] = float(numbers.sum())
    return found


def changed_table(name: str, before: Any, after: Any, error: AttributionError) -> None:
    """Refuse a change of a table that loses rows or sums, and does not say how many.

    Raises
    ------
    LostError
        If it does.
    """
    from tests.fixes.follow import as_frame

    try:
        old = as_frame(before)
    except (TypeError, ValueError):
        return
    if not isinstance(after, pd.DataFrame):
        if not isinstance(after, Mapping):
            return
        after = as_frame(after)
    told = counts_in(str(error))
    gone = len(old) - len(after)
    if gone and gone not in told:
        msg = f"{name}: {gone} of {len(old)} rows are gone, and the message does not say so"
        raise LostError(msg)
    if gone:
        return
    had, has = sums(old), sums(after)
    for column in had.keys() & has.keys():
        if not np.isclose(had[column], has[column], rtol=1e-9):
            msg = f"{name}: {column} added up to {had[column]:g} and adds up to {has[column]:g}"
            raise LostError(msg)
    for column in after.columns:
        if column in old.columns:
            nulls = int(pd.Series(after[column]).isna().sum()) - int(pd.Series(old[column]).isna().sum())
            if nulls > 0 and nulls not in told:
                msg = f"{name}: {nulls} entries of {column} became null"
                raise LostError(msg)


def kept_rows(watch: Watch, outcome: str, error: AttributionError) -> tuple[str, str]:
    """Compare what was read with the tables that went in: every row is there, or was told to be left out."""
    from tests.fixes.follow import as_frame

    for call in watch.calls:
        if call.name != "read_log":
            continue
        try:
            tables = [as_frame(call.arguments[name]) for name in ("touches", "conversions")]
        except (KeyError, TypeError, ValueError):
            continue
        log = call.function(**call.arguments).load()
        told = counts_in(str(error))
        for table, rows in zip(tables, (len(log.touches), len(log.conversions)), strict=True):
            gone = len(table) - rows
            if gone and gone not in told:
                return "lost", f"{gone} of {len(table)} rows are gone after reading, and nothing says so"
    return outcome, ""
