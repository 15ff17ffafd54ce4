"""marketing-attribution-models 2.x: grouped journeys in."""

from __future__ import annotations

from typing import Any

import polars as pl
from mam import MAM


def _mam(folder: str, table: str, clock: Any) -> MAM:
    with clock("load"):
        paths = pl.read_csv(f"{folder}/{table}")
        parts = [
            paths.filter(pl.col(column) > 0).select(
                "path", pl.col(column).alias("journeys"), pl.lit(column == "conversions").alias("converted")
            )
            for column in ("conversions", "nulls")
        ]
        grouped = pl.concat(parts)
    with clock("parse"):
        return MAM(
            grouped,
            format_type="grouped_journey",
            channels_colname="path",
            journey_with_conv_colname="converted",
            occurrences_colname="journeys",
        )


def _credit(result: Any) -> dict[str, float]:
    return {str(channel): float(credit) for channel, credit in result.to_polars().iter_rows()}


def rules(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    model = _mam(folder, table, clock)
    with clock("solve"):
        found = {
            "first_touch": model.run_first_click(),
            "last_touch": model.run_last_click(),
            "linear": model.run_linear(),
            "u_shaped": model.run_position_based(),
        }
    return {rule: _credit(result) for rule, result in found.items()}


def markov1(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    """What it returns, and the removal effects beside it, scaled as the published method does."""
    model = _mam(folder, table, clock)
    with clock("solve"):
        result = model.run_markov()
    credit = _credit(result)
    effects = result.metadata["removal_effect"]["removal_effect"]
    scaled = effects / effects.sum() * sum(credit.values())
    return {"markov": credit, "removal effects": scaled.to_dict()}


def _shapley(folder: str, table: str, clock: Any, max_size: int | None) -> dict[str, dict[str, float]]:
    model = _mam(folder, table, clock)
    with clock("solve"):
        result = model.run_shapley(max_size=max_size)
    return {"shapley": _credit(result)}


def shapley_within(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    return _shapley(folder, table, clock, 4)


def shapley_within_whole(folder: str, table: str, clock: Any) -> dict[str, dict[str, float]]:
    return _shapley(folder, table, clock, None)
