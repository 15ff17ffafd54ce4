"""This library, from a data frame of paths."""

from __future__ import annotations

from typing import Any

import pandas as pd
import scipy.sparse  # noqa: F401 - a first call imports it; imports are not in the clock

import attribution as at

# Names load their modules when they are first used; imports are not in the clock of anybody.
_LOADED = (at.attribute, at.read_paths, at.Markov, at.Shapley)
RULES = ("first_touch", "last_touch", "linear", "u_shaped")


def _credit(folder: str, table: str, clock: Any, models: dict[str, Any]) -> dict[str, dict[str, float]]:
    with clock("load"):
        frame = pd.read_csv(f"{folder}/{table}")
    with clock("parse"):
        journeys = at.read_paths(frame)
    with clock("solve"):
        credit = at.attribute(journeys, models)
    channels = credit.keys[0].tolist()
    return {
        label: dict(zip(channels, conversions.tolist(), strict=True))
        for label, conversions in zip(credit.models, credit.conversions, strict=True)
    }


def rules(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    return _credit(folder, table, clock, {name: name for name in RULES})


def markov1(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    return _credit(folder, table, clock, {"markov": at.Markov()})


def markov1_journey(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    return _credit(folder, table, clock, {"markov": at.Markov(allocation="journey")})


def markov2(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    return _credit(folder, table, clock, {"markov": at.Markov(order=2)})


def markov4(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    return _credit(folder, table, clock, {"markov": at.Markov(order=4)})


def shapley(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    return _credit(folder, table, clock, {"shapley": at.Shapley()})


def shapley_within(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    return _credit(folder, table, clock, {"shapley": at.Shapley("within_set_rate")})


def shapley_ordered(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    return _credit(folder, table, clock, {"shapley": at.Shapley(ordered=True)})
