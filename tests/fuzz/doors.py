"""The doors, each with a table that it takes, the answer to it, and the law that every answer obeys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

import attribution as at
from tests.credit.tables import cells

DAYS = [dt.datetime(2026, 3, day) for day in range(1, 9)]  # noqa: DTZ001 - as tables have them
TOUCHES = pa.table(
    {
        "user_id": [1, 1, 2, 2, 3, 4, 5, 5],
        "time": pa.array(DAYS, pa.timestamp("us")),
        "channel": ["email", "search", "email", "display", "search", "email", "search", "display"],
    }
)
ORDERS = pa.table(
    {
        "user_id": [1, 2, 5, 9],
        "time": pa.array([DAYS[6], DAYS[6], DAYS[7] + dt.timedelta(1), DAYS[7]], pa.timestamp("us")),
        "value": [10.0, 20.0, 40.0, 80.0],
    }
)
ARMS = ["treatment", "holdout"] * 20
USERS = pa.table(
    {
        "user_id": list(range(40)),
        "arm": ARMS,
        "revenue": [float(place % 7) + (arm == "treatment") * (place % 3) for place, arm in enumerate(ARMS)],
    }
)
N_GEOS, N_DAYS = 6, 12
PANEL = pa.table(
    {
        "geo": [f"g{geo}" for geo in range(N_GEOS) for _ in range(N_DAYS)],
        "date": pa.array(
            [dt.datetime(2026, 1, 1 + day) for _ in range(N_GEOS) for day in range(N_DAYS)],  # noqa: DTZ001
            pa.timestamp("us"),
        ),
        "sales": [
            100.0 + 7 * geo + (day * 5 + geo * 3) % 11 + 20 * (geo < 3 and day >= 9)
            for geo in range(N_GEOS)
            for day in range(N_DAYS)
        ],
    }
)
PATHS = pa.table(
    {"path": ["email > search", "search", "email"], "conversions": [3, 2, 0], "nulls": [5, 9, 4]}
)
SPEND = pa.table({"channel": ["email", "search", "display"], "cost": [10.0, 20.0, 31.0]})
RATES = pa.table({"currency": ["USD", "GBP"], "rate": [0.5, 1.25]})
LOG = at.read_log(TOUCHES, ORDERS)
CREDIT = cells(("channel",), {("email",): (3.0, 9.0), ("search",): (4.0, 5.0)})


def credited(log: at.EventLog) -> list[float]:
    """Credit and unattributed conversions are those of the log, under each model."""
    credit = at.attribute(log, ["linear", "last_touch"])
    conversions = log.load().conversions
    n, value = len(conversions.user), np.asarray(conversions.value, dtype=float)
    np.testing.assert_allclose(credit.conversions.sum(axis=1), n, rtol=1e-9)
    if np.abs(value).sum() < 1e300:
        np.testing.assert_allclose(
            credit.value.sum(axis=1), value.sum(), rtol=1e-9, atol=1e-9 * np.abs(value).sum()
        )
    frame = credit.to_frame().sort_values(["model", "channel"])
    return [*frame["conversions"], *frame["value"].fillna(0.0)]


def touches(data: Any) -> list[float]:
    return credited(at.read_log(data, ORDERS))


def conversions(data: Any) -> list[float]:
    return credited(at.read_log(TOUCHES, data))


def paths(data: Any) -> list[float]:
    journeys = at.read_paths(data)
    credit = at.attribute(journeys, "linear")
    np.testing.assert_allclose(credit.conversions.sum(), journeys.weight[journeys.converted].sum(), rtol=1e-9)
    return list(credit.to_frame().sort_values("channel")["conversions"])


def spend(data: Any) -> list[float]:
    frame = CREDIT.with_spend(data).to_frame().sort_values("channel")
    cost = frame["cost"].to_numpy(dtype=float)
    assert (cost[~np.isnan(cost)] >= 0).all()
    if isinstance(data, pa.Table):  # none of the money that was given is lost
        given = [float(cell) for cell in data["cost"].to_pylist()]
        np.testing.assert_allclose(np.nansum(cost), sum(given), rtol=1e-9)
    return list(np.nan_to_num(cost))


def rates(data: Any) -> list[float]:
    orders = {"user_id": [1, 2], "time": [DAYS[0]] * 2, "value": [10.0, 8.0], "currency": ["USD", "GBP"]}
    seen = {"user_id": [1, 2], "time": [DAYS[0]] * 2, "channel": ["a", "b"]}
    credit = at.attribute(at.read_log(seen, orders), "linear", rates=data, currency="EUR")
    return list(credit.to_frame()["value"])


def holdout(data: Any) -> list[float]:
    lift = at.analyze_holdout(data, outcome="revenue")
    assert not lift.absolute.low > lift.absolute.high
    return [lift.absolute.value, lift.absolute.low, lift.p_value]


def assigned(data: Any) -> list[float]:
    """Every user has an arm, and the arm is a matter of the id alone."""
    arms = at.assign_holdout(data, share=0.3, salt="fuzz")
    frame = arms.to_frame()
    assert frame["arm"].notna().all()
    assert sum(arms.counts().values()) == len(frame)
    return [float(arm == "holdout") for arm in frame["arm"]]


def outcomes(data: Any) -> list[float]:
    """Orders of users that are in the table, and nobody else's."""
    frame = at.outcomes(LOG, data, start="2026-03-01", end="2026-04-01")
    known = frame["user_id"].isin([1, 2, 5, 9]).sum()
    assert frame["conversions"].sum() <= max(known, 0)
    return list(frame["value"])


def geo(data: Any) -> list[float]:
    lift = at.analyze_geo(
        data,
        treated=["g0", "g1", "g2"],
        start="2026-01-10",
        end="2026-01-12",
        method=at.DiD(inference="pooled"),
    )
    return [lift.absolute.value, lift.p_value]


@dataclass(frozen=True)
class Door:
    """A function that takes a table.

    Attributes
    ----------
    ask
        From a table to numbers; raises AssertionError where they break a law.
    table
        One that is right.
    kinds
        What its columns are, in order: "int", "text", "time" or "number".
    answer
        What its numbers are, by hand, where they are so simple.
    """

    ask: Callable[[Any], list[float]]
    table: pa.Table
    kinds: Sequence[str]
    answer: Sequence[float] | None = None


DOORS = {
    "touches": Door(touches, TOUCHES, ("int", "time", "text")),
    "conversions": Door(conversions, ORDERS, ("int", "time", "number")),
    "paths": Door(paths, PATHS, ("text", "int", "int"), (1.5, 3.5)),
    "spend": Door(spend, SPEND, ("text", "number"), (31.0, 10.0, 20.0)),
    "rates": Door(rates, RATES, ("text", "number"), (5.0, 10.0)),
    "holdout": Door(holdout, USERS, ("int", "text", "number")),
    "assign": Door(assigned, USERS, ("id", "text", "number")),
    "outcomes": Door(outcomes, USERS.select(["user_id", "arm"]), ("id", "text")),
    "geo": Door(geo, PANEL, ("text", "time", "number")),
}
