"""ChannelAttribution 2.x: path strings in, heuristics and simulated Markov chains out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from ChannelAttribution import heuristic_models, markov_model


def _frame(folder: str, table: str) -> pd.DataFrame:
    frame = pd.read_csv(f"{folder}/{table}")
    return frame.astype({"path": object})


def rules(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    with clock("load"):
        frame = _frame(folder, table)
    with clock("solve"):
        found = heuristic_models(frame, "path", "conversions", sep=">", flg_pro=False)
    found = found.set_index("channel_name")
    names = {"first_touch": "first_touch", "last_touch": "last_touch", "linear": "linear_touch"}
    return {rule: found[name].to_dict() for rule, name in names.items()}


def _markov(frame: pd.DataFrame, order: int, seed: int = 0, max_step: int | None = None) -> dict[str, float]:
    found = markov_model(
        frame,
        "path",
        "conversions",
        var_null="nulls",
        order=order,
        seed=seed,
        max_step=max_step,
        sep=">",
        verbose=False,
        flg_pro=False,
    )
    return dict(zip(found["channel_name"], found["total_conversions"].tolist(), strict=True))


def markov1(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    with clock("load"):
        frame = _frame(folder, table)
    with clock("solve"):
        return {"markov": _markov(frame, 1)}


def markov2(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    with clock("load"):
        frame = _frame(folder, table)
    with clock("solve"):
        return {"markov": _markov(frame, 2)}


def seeds(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    """The simulated order-1 chain with many seeds; as many as the file `seeds.txt` says.

    Its ten repetitions use the seeds from the one given on, so that seeds must lie apart to be independent.
    The small table is done twice: with walks cut at the longest path, its default, and without.
    """
    n = int(Path(folder, "seeds.txt").read_text())
    frame = _frame(folder, table)
    with clock("solve"):
        found = {f"cut {seed}": _markov(frame, 1, 1000 * seed) for seed in range(n)}
        if table == "thirteen.csv":
            found |= {f"uncut {seed}": _markov(frame, 1, 1000 * seed, max_step=1000) for seed in range(n)}
    return found
