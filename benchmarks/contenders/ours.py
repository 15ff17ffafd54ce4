"""This library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.contender import RULES, Answer, Credit, Paths

import attribution as at

MODELS: list[Any] = [name if name != "w_shaped" else {"name": name, "middle": "midpoint"} for name in RULES]


def _log(folder: str) -> Any:
    return at.read_log(Path(folder) / "touches.parquet", Path(folder) / "conversions.parquet")


def _credit(credit: Any) -> Credit:
    channels = credit.keys[0].tolist()
    return {
        model: dict(zip(channels, zip(conversions.tolist(), value.tolist(), strict=True), strict=True))
        for model, conversions, value in zip(credit.models, credit.conversions, credit.value, strict=True)
    }


def converters(folder: str) -> Answer:
    """All rules; only the users who convert are kept."""
    return Answer(_credit(at.attribute(_log(folder), MODELS)))


def everyone(folder: str) -> Answer:
    """Journeys of all users, and all rules."""
    journeys = at.build_journeys(_log(folder))
    credit = at.attribute(journeys, MODELS)

    def paths() -> Paths:
        touched = journeys.take(journeys.lengths > 0)
        return Paths(list(touched.channels), touched.channel, touched.offsets, touched.converted)

    return Answer(_credit(credit), paths)


def unlimited(folder: str) -> Answer:
    """All rules without a lookback window, as the peers have none."""
    return Answer(_credit(at.attribute(_log(folder), MODELS, lookback="100000D")))
