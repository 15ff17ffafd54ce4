"""A log of touches and conversions to measure on: arrival-ordered, zstd Parquet, the same for the same seed.

    python -m benchmarks.touch_log FOLDER [--touches 10_000_000] [--ids integer|string] [--large]

Thirty channels with Zipf popularity; 45% of touches repeat the user's previous channel; four touches a user
on average (geometric), three days apart on average (exponential), users arriving over 90 days. One user in
twenty converts, of these one in five twice and one in twenty three times; each conversion follows one of
the user's touches by two days on average. Integer ids are spread over 63 bits, string ids are 32 hexadecimal
digits of 128 random bits.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

Ints = NDArray[np.int64]

# By popularity.
CHANNELS = [
    "paid_search_brand",
    "organic_search",
    "direct",
    "paid_social",
    "email",
    "display",
    "paid_search_generic",
    "referral",
    "organic_social",
    "affiliate",
    "shopping_ads",
    "video",
    "retargeting",
    "sms",
    "push",
    "app_search_ads",
    "influencer",
    "podcast",
    "native_ads",
    "connected_tv",
    "radio",
    "direct_mail",
    "call_center",
    "store_visit",
    "partner",
    "comparison_site",
    "marketplace",
    "webinar",
    "event",
    "print",
]
DAY = 86_400_000_000
START = 1_767_225_600_000_000  # 2026-01-01, microseconds since 1970
TOUCHES_A_USER = 4
REPEAT = 0.45
CONVERTING = 0.05
ROW_GROUP = 1 << 20


@dataclass(frozen=True)
class Log:
    """The log as numbers; users are numbered from 0.

    Touches (n,) and conversions (m,) are both in order of time.
    """

    user: Ints
    time: Ints
    channel: NDArray[np.int8]
    conversion_user: Ints
    conversion_time: Ints
    value: NDArray[np.float64]
    n_users: int


def simulate(n_touches: int, seed: int = 7) -> Log:
    """Draw a log of exactly `n_touches` touches."""
    rng = np.random.default_rng(seed)
    lengths = rng.geometric(1 / TOUCHES_A_USER, n_touches // TOUCHES_A_USER + 1)
    while lengths.sum() < n_touches:
        lengths = np.append(lengths, rng.geometric(1 / TOUCHES_A_USER, n_touches // 100 + 1))
    ends = np.cumsum(lengths)
    n_users = int(np.searchsorted(ends, n_touches)) + 1
    ends = np.minimum(ends[:n_users], n_touches)
    first = np.append(0, ends[:-1])
    user = np.repeat(np.arange(n_users), ends - first)

    gap = rng.exponential(3 * DAY, n_touches)
    gap[first] = rng.random(n_users) * 90 * DAY
    elapsed = np.cumsum(gap)
    elapsed -= (elapsed[first] - gap[first])[user]
    time = START + elapsed.astype(np.int64)
    del gap, elapsed

    popularity = 1 / np.arange(1, len(CHANNELS) + 1)
    channel = rng.choice(len(CHANNELS), n_touches, p=popularity / popularity.sum()).astype(np.int8)
    drawn = rng.random(n_touches) >= REPEAT
    drawn[first] = True
    channel = channel[np.maximum.accumulate(np.where(drawn, np.arange(n_touches), 0))]

    converting = np.flatnonzero(rng.random(n_users) < CONVERTING)
    times = rng.choice([1, 2, 3], len(converting), p=[0.75, 0.2, 0.05])
    conversion_user = np.repeat(converting, times)
    after = first[conversion_user] + (
        rng.random(len(conversion_user)) * (ends - first)[conversion_user]
    ).astype(np.int64)
    conversion_time = time[after] + rng.exponential(2 * DAY, len(after)).astype(np.int64)
    value = np.round(rng.lognormal(4, 1, len(after)), 2)

    arrival = np.argsort(time, kind="stable")
    orders = np.argsort(conversion_time, kind="stable")
    return Log(
        user[arrival],
        time[arrival],
        channel[arrival],
        conversion_user[orders],
        conversion_time[orders],
        value[orders],
        n_users,
    )


def write(log: Log, folder: Path, ids: str, seed: int = 7) -> None:
    """Write ``touches.parquet`` and ``conversions.parquet``, a row group at a time."""
    _write([(log, seed)], folder, ids)


def write_large(n_touches: int, folder: Path, ids: str, part: int = 5_000_000) -> None:
    """Write a log of any size in the memory of one part: each part has users of its own, and its own seed.

    Rows are in order of arrival inside a part; the parts follow one another.
    """
    sizes = [min(part, n_touches - first) for first in range(0, n_touches, part)]
    _write(((simulate(n, seed=100 + i), 100 + i) for i, n in enumerate(sizes)), folder, ids)


def _write(logs: Iterable[tuple[Log, int]], folder: Path, ids: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[str, pq.ParquetWriter] = {}
    for log, seed in logs:
        raw = np.random.default_rng([seed, 1]).integers(0, 256, (log.n_users, 16), dtype=np.uint8)
        for name, table, n in [
            ("touches", _touches, len(log.user)),
            ("conversions", _conversions, len(log.conversion_user)),
        ]:
            for rows in _slices(n):
                block = pa.table(table(log, raw, rows, ids))
                if name not in writers:
                    path = folder / f"{name}.parquet"
                    writers[name] = pq.ParquetWriter(path, block.schema, compression="zstd")
                writers[name].write_table(block)
    for writer in writers.values():
        writer.close()


def _touches(log: Log, raw: NDArray[np.uint8], rows: slice, ids: str) -> dict[str, Any]:
    codes = pa.array(log.channel[rows])
    return {
        "user_id": _ids(raw, log.user[rows], ids),
        "time": pa.array(log.time[rows], pa.timestamp("us")),
        "channel": pa.DictionaryArray.from_arrays(codes, pa.array(CHANNELS)).cast(pa.string()),
    }


def _conversions(log: Log, raw: NDArray[np.uint8], rows: slice, ids: str) -> dict[str, Any]:
    return {
        "user_id": _ids(raw, log.conversion_user[rows], ids),
        "time": pa.array(log.conversion_time[rows], pa.timestamp("us")),
        "value": pa.array(log.value[rows]),
    }


def _ids(raw: NDArray[np.uint8], user: Ints, ids: str) -> Any:
    if ids == "integer":
        return pa.array(raw[:, :8].copy().view("<i8")[user, 0] & (2**63 - 1))
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    text = np.empty((len(user), 16, 2), np.uint8)
    text[:, :, 0] = digits[raw[user] >> 4]
    text[:, :, 1] = digits[raw[user] & 15]
    ends = np.arange(len(user) + 1, dtype=np.int32) * 32
    return pa.StringArray.from_buffers(len(user), pa.py_buffer(ends), pa.py_buffer(text))


def _slices(n: int) -> Iterator[slice]:
    return (slice(start, min(start + ROW_GROUP, n)) for start in range(0, max(n, 1), ROW_GROUP))


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a log to measure on.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--touches", type=int, default=10_000_000)
    parser.add_argument("--ids", choices=["integer", "string"], nargs="+", default=["integer", "string"])
    parser.add_argument("--large", action="store_true", help="part by part, in little memory")
    given = parser.parse_args()
    for ids in given.ids:
        if given.large:
            write_large(given.touches, given.folder / ids, ids)
        else:
            write(simulate(given.touches), given.folder / ids, ids)


if __name__ == "__main__":
    main()
