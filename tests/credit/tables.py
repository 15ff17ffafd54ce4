"""Small credits whose numbers can be checked by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from attribution.credit.attachments import Activity, Look, Provenance
from attribution.credit.credit import Credit

DAY = 86_400_000_000


def labels(*names: str) -> np.ndarray[Any, np.dtype[np.object_]]:
    return np.array(names, dtype=object)


def instant(day: str) -> int:
    return int(np.datetime64(day, "us").astype(np.int64))


def told(**given: Any) -> dict[str, Any]:
    """The options of a credit, with what belongs to its provenance and its look in these."""
    made = {name: given.pop(name) for name in ("settings", "window", "details", "notes") if name in given}
    look = {name: given.pop(name) for name in ("currency", "decimals", "palette") if name in given}
    return {**given, "provenance": Provenance(**made), "look": Look(**look)}


def two_models(**changes: Any) -> Credit:
    """10 conversions worth 1,000: 8 attributed (4/3/1 and 6/2/0), 2 unattributed worth 100."""
    fields: dict[str, Any] = {
        "models": ("linear", "last_touch"),
        "by": ("channel",),
        "keys": (labels("display", "email", "search", "(unattributed)"),),
        "conversions": np.array([[4.0, 3.0, 1.0, 2.0], [6.0, 2.0, 0.0, 2.0]]),
        "value": np.array([[450.0, 360.0, 90.0, 100.0], [540.0, 360.0, 0.0, 100.0]]),
        "settings": {"lookback": "30D"},
    }
    return Credit(**told(**{**fields, **changes}))


def with_activity() -> Credit:
    activity = Activity(
        touched=np.array([6.0, 5.0, 2.0, 0.0]),
        assisted=np.array([2.0, 3.0, 2.0, 0.0]),
        opened=np.array([5.0, 2.0, 1.0, 0.0]),
        closed=np.array([4.0, 2.0, 0.0, 0.0]),
        mean_touches=np.array([1.5, 1.0, 1.0, np.nan]),
    )
    return two_models(activity=activity)


def cells(by: Sequence[str], rows: Mapping[tuple[str, ...], tuple[float, float]], **changes: Any) -> Credit:
    """A credit of one model: (conversions, value) by labels."""
    columns = list(zip(*rows, strict=True))
    amounts = np.array(list(rows.values()), dtype=np.float64)
    return Credit(
        models=("linear",),
        by=tuple(by),
        keys=tuple(labels(*column) for column in columns),
        conversions=amounts[None, :, 0],
        value=amounts[None, :, 1],
        **told(**changes),
    )


def by_month(**changes: Any) -> Credit:
    return cells(
        ("channel", "month"),
        {
            ("display", "2026-01"): (2.0, 100.0),
            ("display", "2026-02"): (1.0, 50.0),
            ("email", "2026-01"): (3.0, 150.0),
            ("(unattributed)", "2026-02"): (1.0, 70.0),
        },
        **changes,
    )
