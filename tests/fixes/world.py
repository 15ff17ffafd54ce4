"""What printed lines call by name: undamaged tables, a log, credit, a lift."""

from __future__ import annotations

import functools
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

import attribution as at

BUILDING: list[str] = []
"""Holds an entry while something is made."""


@contextmanager
def quietly() -> Iterator[None]:
    """Make something whose calls are no calls of a row."""
    BUILDING.append("")
    try:
        yield
    finally:
        BUILDING.pop()


_DAYS = pd.date_range("2026-01-01", "2026-02-28")
_GEOS = [f"geo {number:02d}" for number in range(12)]


def _touches() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "user_id": [1, 1, 2, 3, 3, 4, 5],
            "time": [f"2026-03-0{day}" for day in (1, 2, 3, 1, 2, 2, 3)],
            "channel": ["email", "search", "email", "search", "social", "email", "social"],
            "campaign": ["a", "b", "a", "b", "b", "a", "a"],
            "device": ["phone", "desk"] * 3 + ["desk"],
        }
    )


def _conversions() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "user_id": [1, 2, 3],
            "time": ["2026-03-04", "2026-03-05", "2026-03-04"],
            "value": [10.0, 20.0, 5.0],
        }
    )


def _users() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    n = 400
    return pd.DataFrame(
        {
            "user_id": np.arange(n),
            "arm": np.where(np.arange(n) % 2, "treatment", "holdout"),
            "converted": rng.random(n) < 0.3,
            "revenue": rng.gamma(1.0, 10.0, n),
            "past": rng.gamma(1.0, 10.0, n),
            "sessions": rng.poisson(3.0, n),
        }
    )


def _panel() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    sales = rng.lognormal(6, 0.3, (12, 1)) * rng.lognormal(0, 0.05, (12, len(_DAYS)))
    return pd.DataFrame(
        {
            "geo": np.repeat(_GEOS, len(_DAYS)),
            "date": np.tile(_DAYS, 12),
            "sales": sales.ravel(),
            "cost": np.ones(sales.size),
        }
    )


_MAKE: dict[str, Any] = {
    "touches": _touches,
    "conversions": _conversions,
    "users": _users,
    "panel": _panel,
    "arms": lambda: _users()[["user_id", "arm"]],
    "assignment": lambda: _users()[["user_id", "arm"]],
    "spend": lambda: pd.DataFrame({"channel": ["email", "search", "social"], "cost": [5.0, 10.0, 1.0]}),
    "table": lambda: pd.DataFrame(
        {"path": ["email > search", "email"], "conversions": [3, 1], "nulls": [5, 9]}
    ),
    "models": lambda: ["last_touch", "linear"],
    "schema": lambda: None,
    "lookback": lambda: "30D",
    "log": lambda: at.read_log(_touches(), _conversions(), {"dims": ("campaign", "device")}),
    "journeys": lambda: at.build_journeys(_MAKE["log"]()),
    "credit": lambda: at.attribute(_MAKE["journeys"](), ["last_touch", "linear"]),
    "lift": lambda: at.analyze_holdout(_users()),
    "lifts": lambda: {"email": at.Estimate(2.0, 0.5, 3.5)},
    "plan": lambda: at.plan_holdout(baseline=0.02, lift=0.1),
    "report": lambda: at.report(_MAKE["credit"]()),
}


@functools.cache
def _made(name: str) -> Any:
    """Make it once: nothing changes it. What that calls is no call of the row."""
    with quietly():
        return _MAKE[name]()


class World(MutableMapping[str, Any]):
    """The names of the documentation, each made when it is first asked for."""

    def __init__(self) -> None:
        self._put: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """Return a table of its own, or what is made once."""
        if name in self._put:
            return self._put[name]
        if name not in _MAKE:
            raise KeyError(name)
        made = _made(name)
        return made.copy() if isinstance(made, pd.DataFrame) else made

    def __setitem__(self, name: str, value: Any) -> None:
        """Take a value."""
        self._put[name] = value

    def __delitem__(self, name: str) -> None:
        """Forget a value."""
        del self._put[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter({**_MAKE, **self._put})

    def __len__(self) -> int:
        """Return how many names there are."""
        return len({**_MAKE, **self._put})
