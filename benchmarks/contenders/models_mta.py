"""eeghor/mta: path tables in. No times are made up and loops are not looked for: both are slow."""

from __future__ import annotations

from typing import Any

import pandas as pd
from mta import MTA


def _mta(folder: str, table: str, clock: Any) -> tuple[MTA, float]:
    with clock("load"):
        frame = pd.read_csv(f"{folder}/{table}")
        frame = frame.rename(columns={"conversions": "total_conversions", "nulls": "total_null"})
    with clock("parse"):
        return MTA(frame, allow_loops=True, add_timepoints=False), float(frame["total_conversions"].sum())


def rules(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    model, _ = _mta(folder, table, clock)
    with clock("solve"):
        model.first_touch(normalize=False).last_touch(normalize=False)
        model.linear(share="proportional", normalize=False).position_based(normalize=False)
    names = {"first_touch": "first_touch", "last_touch": "last_touch"}
    names |= {"linear": "linear", "u_shaped": "pos_based"}
    return {rule: _plain(model.attribution[name]) for rule, name in names.items()}


def markov1(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    model, total = _mta(folder, table, clock)
    with clock("solve"):
        model.markov(normalize=False)
    effects = _plain(model.attribution["markov"])
    return {"markov": {name: total * value / sum(effects.values()) for name, value in effects.items()}}


def shapley(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    model, _ = _mta(folder, table, clock)
    with clock("solve"):
        model.shapley(normalize=False)
    return {"shapley": _plain(model.attribution["shapley"])}


def _plain(values: dict[Any, Any]) -> dict[str, float]:
    return {str(name): float(value) for name, value in values.items()}
