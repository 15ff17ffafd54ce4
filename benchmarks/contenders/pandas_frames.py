"""pandas: `merge_asof`, sorts, and journeys cut where the sorted key changes; no Python per user.

The formulation is that of `duckdb_sql`. `groupby(...).agg(list)` in its place takes ten times as long.
No user of the log has two touches at one instant, so time alone orders them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.contender import RULES, Answer, Credit, Paths, credit_of

_30_DAYS = pd.Timedelta(days=30)


def _position(i: Any, n: Any, first: float, last: float) -> Any:
    ends = np.where(i == 0, first, last)
    middle = (1 - first - last) / np.maximum(n - 2, 1)
    more = np.where((i == 0) | (i == n - 1), ends, middle)
    return np.where(n == 1, 1.0, np.where(n == 2, ends / (first + last), more))


def _w_shaped(i: Any, n: Any) -> Any:
    roles = 0.3 * (i == 0) + 0.15 * (i == (n - 1) // 2) + 0.15 * (i == n // 2) + 0.3 * (i == n - 1)
    rest = 0.1 / np.maximum(n - 4 + n % 2, 1)
    return np.where(n <= 4, roles / 0.9, np.where(roles > 0, roles, rest))


class _Log:
    """The two tables, and what each conversion claims."""

    def __init__(self, folder: str) -> None:
        self.touches = pq.read_table(
            f"{folder}/touches.parquet", columns=["user_id", "time", "channel"], read_dictionary=["channel"]
        ).to_pandas(split_blocks=True, self_destruct=True)
        conversions = pd.read_parquet(f"{folder}/conversions.parquet").rename(
            columns={"time": "converted_at"}
        )
        self.conversions = conversions.sort_values("converted_at", ignore_index=True)
        self.conversions["journey"] = np.arange(len(conversions))
        self.converts = self.touches["user_id"].isin(conversions["user_id"])
        self.of_converters = self.touches[self.converts].sort_values("time", kind="stable")
        self.claimed = self.next_conversion(self.conversions, tolerance=_30_DAYS).dropna(subset=["journey"])

    def next_conversion(
        self, conversions: pd.DataFrame, tolerance: pd.Timedelta | None = None
    ) -> pd.DataFrame:
        """Return the touches of converters with the next of these conversions, or nulls."""
        return pd.merge_asof(
            self.of_converters,
            conversions,
            left_on="time",
            right_on="converted_at",
            by="user_id",
            direction="forward",
            tolerance=tolerance,
        )

    def credit(self) -> Credit:
        """Return all rules."""
        touches = self.claimed
        of_journey = touches.groupby("journey", sort=False)
        i = of_journey.cumcount().to_numpy()
        n = of_journey["time"].transform("size").to_numpy()
        decay = 2.0 ** ((touches["time"] - touches["converted_at"]).dt.total_seconds() / (7 * 86400))
        rank = pd.Series(np.where(touches["channel"] == "direct", -1, i), touches.index)
        non_direct = rank.groupby(touches["journey"], sort=False).transform("max").to_numpy()
        weights = {
            "first_touch": (i == 0).astype(float),
            "last_touch": (i == n - 1).astype(float),
            "last_non_direct": (i == np.where(non_direct < 0, n - 1, non_direct)).astype(float),
            "linear": 1 / n,
            "time_decay": decay / decay.groupby(touches["journey"], sort=False).transform("sum"),
            "position_based": _position(i, n, 0.4, 0.4),
            "u_shaped": _position(i, n, 0.4, 0.4),
            "j_shaped": _position(i, n, 0.2, 0.6),
            "inverse_j": _position(i, n, 0.6, 0.2),
            "w_shaped": _w_shaped(i, n),
        }
        frame = pd.DataFrame({f"{rule}_conversions": weights[rule] for rule in RULES}, touches.index)
        for rule in RULES:
            frame[f"{rule}_value"] = frame[f"{rule}_conversions"] * touches["value"]
        sums = frame.groupby(touches["channel"], observed=True).sum()
        columns = [f"{rule}_{measure}" for rule in RULES for measure in ("conversions", "value")]
        lost = self.conversions[~self.conversions["journey"].isin(touches["journey"])]
        rows = list(sums[columns].itertuples(name=None))
        return credit_of(rows, (float(len(lost)), float(lost["value"].sum())))


def converters(folder: str) -> Answer:
    """All rules, users who convert only."""
    return Answer(_Log(folder).credit())


def everyone(folder: str) -> Answer:
    """All rules, and the list of channels of every journey."""
    return _everyone(folder, times=False)


def everyone_with_times(folder: str) -> Answer:
    """All rules, and the lists of channels and of times of every journey."""
    return _everyone(folder, times=True)


def _everyone(folder: str, *, times: bool) -> Answer:
    log = _Log(folder)
    credit = log.credit()
    claiming = log.conversions[log.conversions["journey"].isin(log.claimed["journey"])]
    few = log.next_conversion(claiming)
    few["claimed"] = few["converted_at"] - few["time"] <= _30_DAYS
    few["journey"] = few["journey"].fillna(-1).astype(np.int64)
    few = few.sort_values(["user_id", "time"])
    changes = (
        few[["user_id", "journey", "claimed"]].ne(few[["user_id", "journey", "claimed"]].shift()).any(axis=1)
    )
    few_first = np.flatnonzero(changes)

    many = log.touches[~log.converts].sort_values("time", kind="stable")
    log.touches = log.of_converters = None
    user = many["user_id"]
    number = user if pd.api.types.is_integer_dtype(user) else pd.Series(pd.factorize(user)[0], user.index)
    order = np.argsort(number.to_numpy(), kind="stable")
    number = number.to_numpy()[order]
    many_first = np.flatnonzero(np.append(True, number[1:] != number[:-1]))

    channel = pd.concat([few["channel"], many["channel"].iloc[order]])
    offsets = np.concatenate([few_first, len(few) + many_first, [len(channel)]]).astype(np.int32)
    codes = pa.DictionaryArray.from_arrays(channel.cat.codes.to_numpy(), channel.cat.categories.tolist())
    columns = {
        "converted": np.append(few["claimed"].to_numpy()[few_first], np.zeros(len(many_first), bool)),
        "path": pa.ListArray.from_arrays(pa.array(offsets), codes),
    }
    if times:
        time = np.concatenate([few["time"].to_numpy(), many["time"].to_numpy()[order]])
        columns["time"] = pa.ListArray.from_arrays(pa.array(offsets), pa.array(time))
    return Answer(credit, partial(_paths, pa.table(columns)))


def _paths(journeys: pa.Table) -> Paths:
    path = journeys["path"].combine_chunks()
    codes = path.flatten()
    return Paths(
        codes.dictionary.to_pylist(),
        codes.indices.to_numpy(),
        path.offsets.to_numpy(),
        journeys["converted"].to_numpy(),
    )
