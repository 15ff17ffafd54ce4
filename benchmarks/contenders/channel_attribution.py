"""ChannelAttribution 2.x, from the two tables to its three heuristics.

It takes one path string a journey ("email > search"), so the journeys are first built and joined to text:
pandas `merge_asof` to the next conversion, a sort, and pyarrow's `binary_join` of the lists, which is many
times faster than `groupby(...).agg(" > ".join)`. It knows no lookback window.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from benchmarks.contender import Answer
from ChannelAttribution import heuristic_models

_NAMES = {"first_touch": "first_touch", "last_touch": "last_touch", "linear": "linear_touch"}


def _paths(folder: str, *, converters: bool) -> pd.DataFrame:
    touches = pd.read_parquet(f"{folder}/touches.parquet")
    conversions = pd.read_parquet(f"{folder}/conversions.parquet").sort_values("time", ignore_index=True)
    if converters:
        touches = touches[touches["user_id"].isin(conversions["user_id"])]
    conversions["journey"] = np.arange(len(conversions))
    touches = touches.sort_values("time", kind="stable")
    touches = pd.merge_asof(touches, conversions, on="time", by="user_id", direction="forward")
    touches = touches.sort_values("user_id", kind="stable")
    key = touches[["user_id", "journey"]].fillna({"journey": -1})
    first = np.flatnonzero(key.ne(key.shift()).any(axis=1))
    channels = pa.array(touches["channel"], pa.string())
    lists = pa.ListArray.from_arrays(pa.array(np.append(first, len(touches)), pa.int32()), channels)
    journey = touches.iloc[first]
    return pd.DataFrame(
        {
            "path": pc.binary_join(lists, " > ").to_pandas(),
            "conversions": journey["journey"].notna().to_numpy().astype(int),
            "value": journey["value"].fillna(0.0).to_numpy(),
        }
    )


def heuristics(folder: str) -> Answer:
    """The paths of all users, as its pages tell."""
    return _heuristics(_paths(folder, converters=False))


def heuristics_of_converters(folder: str) -> Answer:
    """Only the paths that convert, picked out beforehand; enough for heuristics."""
    paths = _paths(folder, converters=True)
    return _heuristics(paths[paths["conversions"] > 0])


def _heuristics(paths: pd.DataFrame) -> Answer:
    found = heuristic_models(paths, "path", "conversions", var_value="value", sep=">", flg_pro=False)
    rows = found.set_index("channel_name")
    return Answer(
        {
            rule: {
                str(channel): (float(conversions), float(value))
                for channel, conversions, value in rows[[f"{name}_conversions", f"{name}_value"]].itertuples()
            }
            for rule, name in _NAMES.items()
        }
    )
