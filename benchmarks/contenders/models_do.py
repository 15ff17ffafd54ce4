"""do-attribution: path strings, whether they converted, weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from do_attribution import MarkovAttribution, ShapleyAttribution


def _markov(folder: str, table: str, clock: Any, order: int, strategy: str) -> dict[str, dict[str, float]]:
    with clock("load"):
        frame = pd.read_csv(f"{folder}/{table}")
        paths = frame["path"].to_numpy(object)
        conversions, nulls = frame["conversions"].to_numpy(), frame["nulls"].to_numpy()
        rows = np.concatenate([np.flatnonzero(conversions), np.flatnonzero(nulls)])
        converted = (np.arange(len(rows)) < np.count_nonzero(conversions)).astype(int)
        weights = np.where(converted == 1, conversions[rows], nulls[rows]).astype(float)
        paths = paths[rows]
    with clock("solve"):
        found = MarkovAttribution(order=order, removal_strategy=strategy).fit(paths, converted, weights)
    return {"markov": {name: share * conversions.sum() for name, share in found["attribution"].items()}}


def markov1(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    return _markov(folder, table, clock, 1, "redirect_to_null")


def markov1_fail(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    return _markov(folder, table, clock, 1, "fail")


def markov2(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    return _markov(folder, table, clock, 2, "redirect_to_null")


def shapley(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    """It takes no weights: one row a converting journey. Its game gives the others nothing."""
    with clock("load"):
        frame = pd.read_csv(f"{folder}/{table}")
        paths = np.repeat(frame["path"].to_numpy(object), frame["conversions"])
        converted = np.ones(len(paths), int)
    with clock("solve"):
        found = ShapleyAttribution().fit(paths, converted)
    return {"shapley": dict(found["shapley_values"])}
