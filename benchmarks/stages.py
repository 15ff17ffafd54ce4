"""Where the time of the stream engine goes, stage by stage, against what the hardware could do.

    python -m benchmarks.stages [--touches 10_000_000] [--data FOLDER]

One process, from two Parquet files to credit of ten rules, Markov of order 2 and channel sets. Functions of
the library are timed from outside by CPU seconds of all threads (Arrow decodes on several); a stage does not
count what it calls of another stage. The bounds are measured in the same run: reading the same columns with
pyarrow alone, sorting as many 64-bit integers, and copying as many bytes as are spilled.
"""

from __future__ import annotations

import argparse
import functools
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import numpy as np
import pyarrow.parquet as pq
from benchmarks import touch_log

STAGES: dict[str, list[tuple[str, str]]] = {
    "decode Parquet": [("attribution.tables.parquet:ParquetFile", "batches")],
    "hash users": [("attribution.tables.decode", "hash_array")],
    "times and channels to numbers": [
        ("attribution.eventlog.load", "decode_touches"),
        ("attribution.eventlog.load", "decode_conversions"),
    ],
    "cut into buckets": [("attribution.engines.stream.spill:BucketWriter", "_flush")],
    "compress and write": [("attribution.engines.stream.spill:BucketWriter", "_write")],
    "read back": [("attribution.engines.stream.spill:Spilled", "read")],
    "sort by user and time": [("attribution.journeys.build", "order_by_user_and_time")],
    "windows and stretches": [
        ("attribution.journeys.build", "conversion_windows"),
        ("attribution.journeys.build", "unclaimed_stretches"),
    ],
    "lay out journeys": [("attribution.journeys.build", "_assemble")],
    "rules and activity": [
        ("attribution.models.rules", "tally_touch_weights"),
        ("attribution.models.tasks", "tally_activity"),
    ],
    "Markov, order 2": [("attribution.models.markov", "tally_grams")],
    "channel sets": [("attribution.models.shapley", "tally_sets")],
    "merge tallies": [("attribution.engines.shared.engine:Merger", "add")],
}


class Clock:
    """CPU seconds by stage; a stage stops while another one runs inside it."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._running: list[str] = []
        self._since = time.process_time()

    def enter(self, stage: str) -> None:
        self._charge()
        self._running.append(stage)

    def leave(self) -> None:
        self._charge()
        self._running.pop()

    def _charge(self) -> None:
        now = time.process_time()
        if self._running:
            self.spent[self._running[-1]] += now - self._since  # type: ignore[assignment]
        self._since = now


def timed(clock: Clock, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, or the generator function, with its time charged to a stage."""

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        clock.enter(stage)
        try:
            result = function(*args, **options)
        finally:
            clock.leave()
        return each(result) if isinstance(result, Iterator) else result

    def each(items: Iterator[Any]) -> Iterator[Any]:
        while True:
            clock.enter(stage)
            try:
                item = next(items)
            except StopIteration:
                return
            finally:
                clock.leave()
            yield item

    return call


def watch(clock: Clock) -> None:
    """Put a clock around the functions of every stage."""
    from importlib import import_module

    for stage, places in STAGES.items():
        for place, name in places:
            module, _, kind = place.partition(":")
            owner: Any = import_module(module)
            owner = getattr(owner, kind) if kind else owner
            setattr(owner, name, timed(clock, stage, getattr(owner, name)))


def cpu(work: Callable[[], Any]) -> float:
    """Return the CPU seconds of all threads that some work takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def bounds(folder: Path, n: int, spilled: int) -> dict[str, float]:
    """Measure what any program of this kind must do at least."""

    def read() -> None:
        for name in ("touches", "conversions"):
            for _ in pq.ParquetFile(folder / f"{name}.parquet").iter_batches(1 << 17):
                pass

    numbers = np.random.default_rng(0).integers(0, 2**63, n)
    data = np.ones(spilled, np.uint8)
    return {
        "read the columns with pyarrow": cpu(read),
        "sort as many 64-bit integers": cpu(numbers.sort),
        "copy as many bytes as are spilled": cpu(data.copy),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--touches", type=int, default=10_000_000)
    parser.add_argument("--data", type=Path, help="where the log is, or goes")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.data or Path(scratch) / "log"
        if not (folder / "conversions.parquet").exists():
            touch_log.write_large(given.touches, folder, "integer")
        limits = bounds(folder, given.touches, 15 * given.touches)
        clock = Clock()
        watch(clock)
        from benchmarks.contenders.engines import stream_alone

        total = cpu(lambda: stream_alone(str(folder)))
    bound = sum(limits.values())
    print(f"{'stage':34s}  CPU s  share")
    for stage in STAGES:
        print(f"{stage:34s} {clock.spent[stage]:6.2f} {clock.spent[stage] / total:6.1%}")
    rest = total - sum(clock.spent.values())
    print(f"{'solving, imports, all else':34s} {rest:6.2f} {rest / total:6.1%}")
    print(f"{'in all':34s} {total:6.2f}        {total / bound:.1f} times the bound")
    for name, seconds in limits.items():
        print(f"{'bound: ' + name:42s} {seconds:6.2f}")


if __name__ == "__main__":
    main()
