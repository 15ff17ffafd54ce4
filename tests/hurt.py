"""What a row of the tables of bad input is, and what must hold for every one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pytest

import attribution as at


class Hurt(NamedTuple):
    """One kind of bad input: what to do, and what must come of it.

    Attributes
    ----------
    make
        Takes an empty folder, does what a user would do.
    says
        Words that the error must hold: the problem, and the remedy. Empty where an answer must come.
    column, rows
        What the error must name.
    answer
        What must come where it is no error.
    """

    make: Callable[[Path], Any]
    says: tuple[str, ...] = ()
    column: str | None = None
    rows: tuple[int, ...] = ()
    answer: Any = None


def touches(**columns: Any) -> dict[str, Any]:
    """Return three touches of two users; a column given as None is left out."""
    usual = {
        "user_id": [1, 1, 2],
        "time": ["2026-03-01", "2026-03-02", "2026-03-03"],
        "channel": ["email", "search", "email"],
    }
    return {name: values for name, values in {**usual, **columns}.items() if values is not None}


def orders(**columns: Any) -> dict[str, Any]:
    """Return the two users' conversions, worth 10 and 20."""
    usual = {"user_id": [1, 2], "time": ["2026-03-04", "2026-03-05"], "value": [10.0, 20.0]}
    return {name: values for name, values in {**usual, **columns}.items() if values is not None}


# What the linear model makes of the two, undamaged: user 1 touched email and search, user 2 email.
WHOLE = {"email": (1.5, 25.0), "search": (0.5, 5.0)}
LOST = (2.0, 30.0)
UNATTRIBUTED = {"(unattributed)": LOST}


def objects(values: list[Any]) -> pd.Series:
    """Return a pandas column of Python objects."""
    return pd.Series(values, dtype=object)


def bad_text(*values: bytes) -> pa.Array:
    """Return text that is no UTF-8, as files of other writers may hold."""
    return pa.array(list(values), pa.binary()).view(pa.string())


def credited(
    left: Any = None,
    right: Any = None,
    schema: Any = None,
    *,
    models: Any = "linear",
    read: Mapping[str, Any] | None = None,
    **options: Any,
) -> dict[Any, tuple[float, float]]:
    """Return {channel: (conversions, value)}, from tables to the credit's frame; keys longer with ``by``."""
    log = at.read_log(
        touches() if left is None else left, orders() if right is None else right, schema, **read or {}
    )
    credit = at.attribute(log, models, **options)
    frame = credit.to_frame()
    keys = [
        key[0] if len(key) == 1 else key for key in zip(*(frame[name] for name in credit.by), strict=True)
    ]
    amounts = zip(frame["conversions"].round(12), frame["value"].round(11), strict=True)
    return {key: tuple(amount) for key, amount in zip(keys, amounts, strict=True) if any(amount)}


def each(tables: Mapping[str, Mapping[str, Hurt]]) -> list[Any]:
    """Return every row of the tables as a parameter of a test."""
    return [
        pytest.param(case, id=f"{table}: {name}")
        for table, cases in tables.items()
        for name, case in cases.items()
    ]


def check(case: Hurt, folder: Path) -> None:
    """Assert that a row gives what it must, and leaves no half-written file behind."""
    before = {path for path in folder.rglob("*") if path.is_file()}
    if case.says:
        with pytest.raises(at.AttributionError) as caught:
            case.make(folder)
        text = str(caught.value)
        for word in case.says:
            assert word in text, text
        if case.column is not None:
            assert caught.value.column == case.column, text
        if case.rows:
            assert caught.value.rows == case.rows, text
        assert any(word in text for word in ("Fix: ", "To do: ", "Known: ")), f"no remedy: {text}"
    else:
        assert case.make(folder) == case.answer
    left = {path for path in folder.rglob("*") if path.is_file()} - before
    assert not [path for path in left if path.suffix == ".tmp" or ".writing-" in str(path)]
