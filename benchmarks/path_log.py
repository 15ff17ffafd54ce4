"""Path tables for the model benchmarks: ``python -m benchmarks.path_log FOLDER --journeys 1000``.

A walk over channels (Zipf, geometric length, mean about 4) without immediate repeats, because
ChannelAttribution collapses them and the others do not; 18% or so convert, by a logistic of the channels on
the way. The table holds one row a distinct path with the number of its conversions and of its journeys that
did not convert: the form that all path tools take. `thirteen.csv` beside it is the small table of the tests.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

THIRTEEN = {
    "path": [
        "A", "B", "C", "A > B", "B > A", "A > C", "C > B", "A > B > C", "C > A > A > B", "B > C > D", "D",
        "A > D > A", "A > B > C > D",
    ],
    "conversions": [10, 6, 4, 12, 8, 9, 5, 14, 7, 6, 1, 3, 5],
    "nulls": [40, 54, 46, 38, 42, 31, 35, 26, 13, 14, 29, 7, 5],
}  # fmt: skip


def walks(n_journeys: int, n_channels: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (channel codes, offsets, converted) of journeys without immediate repeats."""
    rng = np.random.default_rng(seed)
    lengths = rng.geometric(0.2, n_journeys)
    starts = np.cumsum(lengths) - lengths
    popularity = 1 / np.arange(1, n_channels + 1) ** 0.9
    codes = np.searchsorted(np.cumsum(popularity / popularity.sum()), rng.random(lengths.sum()))
    codes = codes.clip(0, n_channels - 1)
    kept = np.append(True, codes[1:] != codes[:-1])
    kept[starts] = True
    journey = np.repeat(np.arange(n_journeys), lengths)[kept]
    codes = codes[kept]
    offsets = np.searchsorted(journey, np.arange(n_journeys + 1))
    worth = rng.normal(0, 0.7, n_channels)
    score = np.add.reduceat(worth[codes], offsets[:-1])
    converted = rng.random(n_journeys) < 1 / (1 + np.exp(2.2 - score))
    return codes, offsets, converted


def path_table(n_journeys: int, n_channels: int, seed: int = 1) -> pd.DataFrame:
    """Return one row a distinct path: path, conversions, nulls."""
    codes, offsets, converted = walks(n_journeys, n_channels, seed)
    names = pa.array([f"c{code:03d}" for code in range(n_channels)])
    lists = pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), names.take(pa.array(codes)))
    table = pa.table({"path": pc.binary_join(lists, " > "), "converted": converted.astype(np.int64)})
    table = table.append_column("journeys", pa.array(np.ones(n_journeys, np.int64)))
    sums = table.group_by("path").aggregate([("converted", "sum"), ("journeys", "sum")]).to_pandas()
    nulls = sums["journeys_sum"] - sums["converted_sum"]
    return pd.DataFrame({"path": sums["path"], "conversions": sums["converted_sum"], "nulls": nulls})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--journeys", type=int, default=100_000)
    parser.add_argument("--channels", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    path_table(given.journeys, given.channels, given.seed).to_csv(given.folder / "paths.csv", index=False)
    pd.DataFrame(THIRTEEN).to_csv(given.folder / "thirteen.csv", index=False)


if __name__ == "__main__":
    main()
