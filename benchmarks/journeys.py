"""From a log of touches to credit and journeys: this library, the floor, DuckDB, Polars, pandas, the peers.

    python -m benchmarks.journeys                              # 10 million touches; half an hour
    python -m benchmarks.journeys --touches 1_000_000 --repeats 3
    python -m benchmarks.journeys --jobs converters everyone --only attribution polars

A log is generated in a temporary folder. Every contender does its whole job in a process of its own, from
the two Parquet files to the answer; contenders take turns, and the median of the repeats counts. First each
answer is compared with ours: a contender whose credit or journeys differ is not measured. README.md beside
this file tells what the jobs are and what came out.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.aims import Aim, aims, peer_aims, table
from benchmarks.field import CONVERTERS, EVERYONE, FLOOR, PEERS, WITH_TIMES, Contender, field
from benchmarks.machine import machine
from benchmarks.measure import Cost, ProcessError, run

Job = Sequence[Contender]
Credit = Mapping[str, Mapping[str, Sequence[float | None]]]


def difference(ours: Mapping[str, Any], theirs: Mapping[str, Any], tolerance: float) -> str | None:
    """Return in what an answer differs from ours, or None.

    Credit of every rule that the other has is compared for every channel; journeys by their digest.
    """
    for rule, channels in theirs["credit"].items():
        mine = ours["credit"][rule]
        for channel in {*mine, *channels} - ({"(unattributed)"} - {*channels}):
            zero = (0.0, 0.0)
            for measure, expected, found in zip(
                ("conversions", "value"), mine.get(channel, zero), channels.get(channel, zero), strict=True
            ):
                if found is not None and not math.isclose(expected, found, rel_tol=tolerance, abs_tol=1e-9):
                    return f"{rule}, {channel}: {found!r} {measure} instead of {expected!r}"
    if theirs["journeys"] is not None and theirs["journeys"] != ours["journeys"]:
        return f"journeys {theirs['journeys']} instead of {ours['journeys']}"
    return None


def valid(job: Job, folder: Path, versions: dict[str, str]) -> list[Contender]:
    """Return those of a job whose answers are ours, and note the versions they ran on."""
    ours = job[0].entry.answer(folder)
    kept = [job[0]]
    for contender in job[1:]:
        try:
            answer = contender.entry.answer(folder)
        except ProcessError as error:
            say(f"failed {contender.name}: {error}")
            continue
        wrong = difference(ours, answer, contender.tolerance)
        if wrong is None:
            kept.append(contender)
        else:
            say(f"wrong {contender.name}: {wrong}")
        versions.update(answer["versions"])
    versions.update(ours["versions"])
    return kept


def measure(jobs: Mapping[str, Job], folder: Path, repeats: int) -> dict[str, dict[str, list[Cost]]]:
    """Return what each contender's process cost, each time; contenders take turns."""
    costs: dict[str, dict[str, list[Cost]]] = {job: {} for job in jobs}
    for turn in range(repeats):
        for job, contenders in jobs.items():
            for contender in contenders:
                cost = contender.entry.cost(folder)
                costs[job].setdefault(contender.name, []).append(cost)
                say(f"  {turn + 1}/{repeats} {job:<22} {contender.name:<38} {cost.cpu:7.2f} s CPU")
    return costs


def generate(folder: Path, touches: int, ids: Iterable[str]) -> None:
    """Write the logs in a process of its own, so that its memory is not ours."""
    say(f"generating {touches:,} touches")
    command = [sys.executable, "-m", "benchmarks.touch_log", str(folder), "--touches", str(touches)]
    run([*command, "--ids", *ids])


def contest(
    jobs: Mapping[str, Job], folder: Path, repeats: int, versions: dict[str, str]
) -> dict[str, dict[str, list[Cost]]]:
    """Check, then measure, what can run."""
    able: dict[str, Job] = {}
    for job, contenders in jobs.items():
        say(f"comparing answers: {job}")
        able[job] = contenders if job == FLOOR else valid(contenders, folder, versions)
    return measure(able, folder, repeats)


def medians(costs: Mapping[str, Mapping[str, Sequence[Cost]]]) -> dict[str, dict[str, Cost]]:
    """Return the median cost of each contender at each job."""
    return {job: {name: Cost.median(c) for name, c in of_job.items()} for job, of_job in costs.items()}


def say(text: str) -> None:
    """Tell on the error stream what is going on."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    given = arguments()
    chosen = runnable(field(given.peers_python), given.jobs, given.only)
    versions: dict[str, str] = {}
    record: dict[str, Any] = {"machine": machine(), "repeats": given.repeats, "runs": {}}
    reached: list[Aim] = []

    with tempfile.TemporaryDirectory(prefix="attribution-bench-", dir=given.folder) as scratch:
        big = {job: contenders for job, contenders in chosen.items() if job != PEERS}
        if any(job != FLOOR for job in big):
            generate(Path(scratch), given.touches, given.ids)
            for ids in given.ids:
                say(f"{ids} ids")
                costs = contest(big, Path(scratch) / ids, given.repeats, versions)
                reached += aims(ids, medians(costs))
                show(f"{given.touches:,} touches, {ids} ids", costs, record)
        if PEERS in chosen:
            generate(Path(scratch) / "peers", given.peers_touches, ["integer"])
            costs = contest(
                {PEERS: chosen[PEERS]}, Path(scratch) / "peers" / "integer", given.repeats, versions
            )
            reached += peer_aims(medians(costs)[PEERS])
            show(f"{given.peers_touches:,} touches, peers", costs, record)

    print("\n".join(map(str, reached)))
    libraries = [
        "numpy",
        "pyarrow",
        "pandas",
        "polars",
        "duckdb",
        "marketing_attribution_models",
        "ChannelAttribution",
    ]
    record["versions"] = {name: versions[name] for name in libraries if name in versions}
    record["aims"] = [asdict(aim) | {"met": aim.met} for aim in reached]
    print(record["machine"], record["versions"])
    if given.out is not None:
        given.out.write_text(json.dumps(record, indent=1) + "\n")


def show(title: str, costs: Mapping[str, Mapping[str, Sequence[Cost]]], record: dict[str, Any]) -> None:
    """Print the table of one log and put every single cost on record."""
    print(f"\n### {title}\n\n{table(medians(costs))}\n", flush=True)
    record["runs"][title] = {
        job: {name: [asdict(cost) for cost in runs] for name, runs in of_job.items()}
        for job, of_job in costs.items()
    }


def runnable(
    jobs: Mapping[str, Job], wanted: Sequence[str], only: Sequence[str] | None
) -> dict[str, list[Contender]]:
    """Return the wanted jobs with the contenders that are installed; the floor always comes along."""
    told: set[str] = set()
    chosen: dict[str, list[Contender]] = {}
    for job, contenders in jobs.items():
        if job not in {FLOOR, *wanted}:
            continue
        able = []
        for position, contender in enumerate(contenders):
            if position and only is not None and not contender.name.startswith(tuple(only)):
                continue
            lacking = contender.skipped()
            if lacking is None:
                able.append(contender)
            elif lacking not in told:
                told.add(lacking)
                say(lacking)
        chosen[job] = able
    return chosen


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--touches", type=int, default=10_000_000, help="rows of the log")
    parser.add_argument("--peers-touches", type=int, default=1_000_000, help="rows of the log for the peers")
    parser.add_argument("--ids", choices=["integer", "string"], nargs="+", default=["integer", "string"])
    jobs = [CONVERTERS, EVERYONE, WITH_TIMES, PEERS]
    parser.add_argument("--jobs", choices=jobs, nargs="+", default=jobs)
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help="contenders beside ours whose names start so"
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--peers-python", default=sys.executable, help="a Python that has the peers installed"
    )
    parser.add_argument("--folder", type=Path, help="where to put the temporary folder")
    parser.add_argument("--out", type=Path, help="write every figure to this JSON file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
