"""The same job at 10^6, 10^7 and 10^8 touches: engines of this library, and DuckDB, in one run.

    python -m benchmarks.scale                                 # up to 10^8 touches; a quarter of an hour
    python -m benchmarks.scale --touches 1_000_000 --quick     # a minute
    python -m benchmarks.scale --data FOLDER                   # keep the logs, and use them again

The job: journeys of all users, ten rules, Markov of order 2 and Shapley's channel sets. DuckDB, in its
cheapest form whose order it promises, does the journeys and the rules alone, which flatters it. Every
contender is a process of its own, from the two Parquet files to the answer. Memory is the sum over all of
its processes, looked at twenty times a second; what processes share counts once in each. The Spark engine
has a page of its own: `python -m benchmarks.scale_spark`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.journeys import difference
from benchmarks.machine import machine
from benchmarks.measure import Cost, Entry, ProcessError, run

MEMORY, STREAM, ALONE, DUCKDB = "memory", "stream, 2 GB", "stream, 1 GB, one process", "DuckDB, no models"
CONTENDERS = {
    MEMORY: Entry("engines", "memory"),
    STREAM: Entry("engines", "stream"),
    ALONE: Entry("engines", "stream_alone"),
    DUCKDB: Entry("duckdb_sql", "everyone_packed"),
}
LIMIT = 1200.0  # CPU seconds
GENERATOR = "the generator"


@dataclass(frozen=True)
class Measured:
    """What a contender took, with the peak over all of its processes together."""

    cost: Cost
    together_mb: float


@contextmanager
def watching() -> Iterator[Callable[[], float]]:
    """Yield what returns the most megabytes that the children of this process held together so far."""
    import psutil

    me, stop, peak = psutil.Process(), threading.Event(), [0.0]

    def watch() -> None:
        while not stop.is_set():
            held = 0
            for child in me.children(recursive=True):
                try:
                    held += child.memory_info().rss
                except psutil.Error:  # it has ended
                    continue
            peak[0] = max(peak[0], held / 1e6)
            time.sleep(0.05)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: peak[0]
    finally:
        stop.set()
        thread.join()


def measured(command: list[str]) -> Measured:
    """Run a command and return what it took."""
    with watching() as peak:
        cost = run(command, cpu_limit=LIMIT)
        return Measured(cost, peak())


def generated(folder: Path, n: int, ids: str) -> Measured | None:
    """Write the log unless it is there; return what that took."""
    if (folder / "conversions.parquet").exists():
        return None
    command = [sys.executable, "-m", "benchmarks.touch_log", str(folder.parent), "--large"]
    return measured([*command, "--touches", str(n), "--ids", ids])


def race(folder: Path, names: list[str], repeats: int) -> dict[str, Measured]:
    """Measure each contender, best of the repeats; those whose credit is not ours are left out."""
    ours = CONTENDERS[STREAM].answer(folder)
    found: dict[str, Measured] = {}
    for name in names:
        entry = CONTENDERS[name]
        try:
            wrong = difference(ours, entry.answer(folder) | {"journeys": None}, 1e-9)
            if wrong is not None:
                print(f"  {name} is left out: {wrong}", flush=True)
                continue
            runs = [measured([*entry.command, str(folder)]) for _ in range(repeats)]
        except ProcessError as error:
            print(f"  {name} did not finish: {error}", flush=True)
            continue
        found[name] = min(runs, key=lambda each: each.cost.cpu)
        _print(name, found[name])
    return found


def _print(name: str, each: Measured) -> None:
    cost = each.cost
    print(f"  {name:28s} {cost.cpu:8.1f} CPU s {cost.wall:8.1f} s {each.together_mb:8.0f} MB", flush=True)


def verdicts(results: dict[int, dict[str, Measured]]) -> list[str]:
    """Say what became of the aims."""
    found = []
    largest = max(results)
    at_most = results[largest]
    if largest >= 10**8 and STREAM in at_most:
        found.append(_verdict("stream at 10^8, CPU seconds", at_most[STREAM].cost.cpu, 60))
        found.append(_verdict("stream at 10^8, GB over all processes", at_most[STREAM].together_mb / 1e3, 2))
    smaller = results.get(largest // 10, {})
    if STREAM in at_most and STREAM in smaller:
        ratio = at_most[STREAM].cost.cpu / smaller[STREAM].cost.cpu / 10
        found.append(_verdict(f"CPU per touch at {largest:,} / at {largest // 10:,}", ratio, 1.3))
    for n, contenders in results.items():
        if {DUCKDB, STREAM} <= set(contenders):
            ratio = contenders[DUCKDB].cost.cpu / contenders[STREAM].cost.cpu
            met = "met   " if ratio >= 4 else "missed"
            found.append(f"{met} DuckDB / stream, CPU, {n:,} touches: {ratio:.2f} (aim: at least 4)")
    return found


def _verdict(text: str, value: float, aim: float) -> str:
    return f"{'met   ' if value <= aim else 'missed'} {text}: {value:.2f} (aim: at most {aim:g})"


def table(results: dict[int, dict[str, Measured]]) -> str:
    """Return a Markdown table."""
    lines = [
        "| touches | contender | CPU s | wall s | peak MB, all processes | CPU µs a touch | CPU / stream |",
        "|---:|---|---:|---:|---:|---:|---:|",
    ]
    for n, contenders in results.items():
        base = contenders.get(STREAM)
        for name, each in contenders.items():
            ratio = "" if base is None else f"{each.cost.cpu / base.cost.cpu:.2f}"
            figures = f"{each.cost.cpu:.1f} | {each.cost.wall:.1f} | {each.together_mb:.0f}"
            lines.append(f"| {n:,} | {name} | {figures} | {each.cost.cpu / n * 1e6:.2f} | {ratio} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--touches", type=int, nargs="+", default=[10**6, 10**7, 10**8])
    parser.add_argument("--ids", choices=["integer", "string"], default="integer")
    parser.add_argument("--only", nargs="+", choices=list(CONTENDERS), default=list(CONTENDERS))
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="leave DuckDB out")
    parser.add_argument("--data", type=Path, help="where the logs are, or go")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    given = parser.parse_args()
    names = [name for name in given.only if not (given.quick and name == DUCKDB)]
    about = machine()
    print(about, flush=True)
    results: dict[int, dict[str, Measured]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for n in given.touches:
            place = (given.data or Path(scratch)) / f"{n}" / given.ids
            print(f"{n:,} touches, {given.ids} ids", flush=True)
            made = generated(place, n, given.ids)
            if made is not None:
                _print(GENERATOR, made)
            chosen = [name for name in names if not (name == MEMORY and n > 2 * 10**7)]
            results[n] = race(place, chosen, given.repeats)
    print(table(results))
    print("\n".join(verdicts(results)))
    if given.out is not None:
        plain: dict[str, Any] = {
            str(n): {name: asdict(each) for name, each in found.items()} for n, found in results.items()
        }
        given.out.write_text(json.dumps({"machine": about, "ids": given.ids, "results": plain}, indent=2))


if __name__ == "__main__":
    main()
