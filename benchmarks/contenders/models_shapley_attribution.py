"""shapley-attribution: a list of channels for each converting journey; it knows no counts."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from shapley_attribution import OrderedShapleyAttribution, SimplifiedShapleyAttribution
from shapley_attribution.baselines import (
    FirstTouchAttribution,
    LastTouchAttribution,
    LinearAttribution,
    PositionBasedAttribution,
)


def _journeys(folder: str, table: str, clock: Any) -> list[list[str]]:
    with clock("load"), Path(folder, table).open(newline="") as file:
        rows = [(row["path"], int(row["conversions"])) for row in csv.DictReader(file)]
    with clock("parse"):
        return [path.split(" > ") for path, conversions in rows for _ in range(conversions)]


def _fitted(model: Any, journeys: list[list[str]]) -> dict[str, float]:
    model.fit(journeys)
    return {str(name): float(value) for name, value in model.attribution_.items()}


def rules(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    journeys = _journeys(folder, table, clock)
    kinds = {
        "first_touch": FirstTouchAttribution,
        "last_touch": LastTouchAttribution,
        "linear": LinearAttribution,
        "u_shaped": PositionBasedAttribution,
    }
    with clock("solve"):
        return {rule: _fitted(kind(normalize=False), journeys) for rule, kind in kinds.items()}


def shapley(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    journeys = _journeys(folder, table, clock)
    with clock("solve"):
        return {"shapley": _fitted(SimplifiedShapleyAttribution(normalize=False), journeys)}


def shapley_ordered(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    journeys = _journeys(folder, table, clock)
    with clock("solve"):
        return {"shapley": _fitted(OrderedShapleyAttribution(normalize=False), journeys)}
