"""Polars: lazy frames, `join_asof`, and `group_by`, which keeps the order of rows inside a group.

The formulation is that of `duckdb_sql`. Channels are an Enum, string ids are hashed to 64 bits: both are
faster than without. No user of the log has two touches at one instant, so time alone orders them.
"""

from __future__ import annotations

from functools import partial

import polars as pl
from benchmarks.contender import RULES, Answer, Credit, Paths, credit_of

_30_DAYS = pl.duration(days=30)
_I, _N = pl.col("i"), pl.col("n")


def _position(first: float, last: float) -> pl.Expr:
    ends = pl.when(pl.col("i") == 0).then(first).when(pl.col("i") == pl.col("n") - 1).then(last)
    return (
        pl.when(_N == 1)
        .then(1.0)
        .when(_N == 2)
        .then(ends / (first + last))
        .otherwise(ends.otherwise((1 - first - last) / (_N - 2)))
    )


def _w_shaped() -> pl.Expr:
    roles = (
        0.3 * (_I == 0).cast(pl.Float64)
        + 0.15 * (_I == (_N - 1) // 2).cast(pl.Float64)
        + 0.15 * (_I == _N // 2).cast(pl.Float64)
        + 0.3 * (_I == _N - 1).cast(pl.Float64)
    )
    return pl.when(_N <= 4).then(roles / 0.9).when(roles > 0).then(roles).otherwise(0.1 / (_N - 4 + _N % 2))


def _weights() -> dict[str, pl.Expr]:
    return {
        "first_touch": (_I == 0).cast(pl.Float64),
        "last_touch": (_I == _N - 1).cast(pl.Float64),
        "last_non_direct": (pl.col("last_non_direct").fill_null(_N - 1) == _I).cast(pl.Float64),
        "linear": 1 / _N,
        "time_decay": pl.col("decay") / pl.col("decays"),
        "position_based": _position(0.4, 0.4),
        "u_shaped": _position(0.4, 0.4),
        "j_shaped": _position(0.2, 0.6),
        "inverse_j": _position(0.6, 0.2),
        "w_shaped": _w_shaped(),
    }


class _Log:
    """The two tables, and what each conversion claims."""

    def __init__(self, folder: str) -> None:
        touches = pl.scan_parquet(f"{folder}/touches.parquet")
        conversions = pl.read_parquet(f"{folder}/conversions.parquet").rename({"time": "converted_at"})
        user = pl.col("user_id")
        if conversions.schema["user_id"] == pl.String:
            touches, conversions = touches.with_columns(user.hash()), conversions.with_columns(user.hash())
        names = touches.select(pl.col("channel").unique()).collect().to_series()
        self.touches = touches.with_columns(pl.col("channel").cast(pl.Enum(names)))
        self.conversions = conversions.sort("converted_at").with_row_index("journey")
        self.of_converters = (
            self.touches.join(self.conversions.lazy(), on="user_id", how="semi").sort("time").collect()
        )
        self.claimed = self.next_conversion(self.conversions).filter(
            pl.col("converted_at") - pl.col("time") <= _30_DAYS
        )

    def next_conversion(self, conversions: pl.DataFrame) -> pl.DataFrame:
        """Return the touches of converters with the next of these conversions, or nulls."""
        return self.of_converters.join_asof(
            conversions,
            left_on="time",
            right_on="converted_at",
            by="user_id",
            strategy="forward",
            check_sortedness=False,
            coalesce=False,
        )

    def credit(self) -> Credit:
        """Return all rules."""
        decay = (pl.col("time") - pl.col("converted_at")).dt.total_microseconds() / (7 * 86400e6)
        placed = (
            self.claimed.lazy()
            .with_columns(decay=2.0**decay)
            .with_columns(
                i=pl.int_range(pl.len(), dtype=pl.Int32).over("journey"),
                n=pl.len().cast(pl.Int32).over("journey"),
                decays=pl.col("decay").sum().over("journey"),
            )
            .with_columns(
                last_non_direct=pl.when(pl.col("channel") != "direct").then("i").max().over("journey")
            )
        )
        weights = _weights()
        sums = [
            sum_
            for rule in RULES
            for sum_ in (
                pl.col(rule).sum().alias(f"{rule}_conversions"),
                (pl.col(rule) * pl.col("value")).sum().alias(f"{rule}_value"),
            )
        ]
        rows = placed.with_columns(**weights).group_by("channel").agg(sums).collect().rows()
        lost = self.conversions.join(self.claimed, on="journey", how="anti")
        return credit_of(rows, (float(lost.height), float(lost["value"].sum())))


def converters(folder: str) -> Answer:
    """All rules, users who convert only."""
    return Answer(_Log(folder).credit())


def everyone(folder: str) -> Answer:
    """All rules, and the list of channels of every journey."""
    return _everyone(folder, ["channel"])


def everyone_with_times(folder: str) -> Answer:
    """All rules, and the lists of channels and of times of every journey."""
    return _everyone(folder, ["channel", "time"])


def _everyone(folder: str, lists: list[str]) -> Answer:
    log = _Log(folder)
    credit = log.credit()
    claiming = log.conversions.join(log.claimed, on="journey", how="semi")
    within = (pl.col("converted_at") - pl.col("time") <= _30_DAYS).fill_null(value=False)
    few = (
        log.next_conversion(claiming)
        .lazy()
        .with_columns(claimed=within)
        .group_by("user_id", "journey", "claimed")
        .agg(lists)
        .select("user_id", "journey", "claimed", *lists)
    )
    many = (
        log.touches.join(log.conversions.lazy(), on="user_id", how="anti")
        .sort("time")
        .group_by("user_id")
        .agg(lists)
        .with_columns(journey=pl.lit(None, pl.UInt32), claimed=pl.lit(value=False))
        .select("user_id", "journey", "claimed", *lists)
    )
    return Answer(credit, partial(_paths, pl.concat([few, many]).collect()))


def _paths(frame: pl.DataFrame) -> Paths:
    codes = frame["channel"].explode()
    offsets = [0, *frame["channel"].list.len().cum_sum().to_list()]
    labels = codes.dtype.categories.to_list()  # type: ignore[attr-defined]
    return Paths(labels, codes.to_physical().to_numpy(), offsets, frame["claimed"].to_numpy())
