"""marketing-attribution-models 2.x, from the two tables to its five heuristics.

It takes one table of touches in which a flag marks the touch that converted, so the conversions are first
put onto the last touch before them (Polars, `join_asof`). It knows no lookback window.
"""

from __future__ import annotations

from typing import Any

import polars as pl
from benchmarks.contender import Amounts, Answer
from mam import MAM

_NAMES = {
    "first_touch": "run_first_click",
    "last_touch": "run_last_click",
    "linear": "run_linear",
    "position_based": "run_position_based",
    "time_decay": "run_time_decay",
}


def _flagged(folder: str, *, converters: bool) -> pl.DataFrame:
    touches = pl.scan_parquet(f"{folder}/touches.parquet")
    conversions = pl.scan_parquet(f"{folder}/conversions.parquet").select("user_id", "time").sort("time")
    if converters:
        touches = touches.join(conversions, on="user_id", how="semi")
    touches = touches.sort("time").with_row_index("row")
    last = conversions.join_asof(
        touches.select("user_id", "time", "row"), on="time", by="user_id", check_sortedness=False
    )
    converted = pl.col("row").is_in(last.select("row").drop_nulls().unique().collect()["row"].implode())
    return touches.with_columns(conversion=converted).drop("row").collect()


def heuristics(folder: str) -> Answer:
    """The whole log, as its pages tell."""
    return _heuristics(_flagged(folder, converters=False))


def heuristics_of_converters(folder: str) -> Answer:
    """Only the touches of users who convert, picked out beforehand; enough for heuristics."""
    return _heuristics(_flagged(folder, converters=True))


def _heuristics(touches: pl.DataFrame) -> Answer:
    model = MAM(
        touches,
        format_type="session",
        channels_colname="channel",
        journey_with_conv_colname="conversion",
        datetime_colname="time",
        user_id_colname="user_id",
        create_journey_id_based_on_conversion=True,
    )
    found: dict[str, Any] = {rule: getattr(model, method)() for rule, method in _NAMES.items()}
    return Answer({rule: _credit(result.to_polars()) for rule, result in found.items()})


def _credit(frame: pl.DataFrame) -> dict[str, Amounts]:
    return {str(channel): (float(credit), None) for channel, credit in frame.iter_rows()}
