"""Kill runs, at random moments and at every point where files move or go, and look at what is left.

    python -m benchmarks.faults [--kills 50] [--seed 1] [--users 4000]

Two jobs, one on the stream engine with an audit, one with increments, each forked from this process and
killed with SIGKILL:

* `--kills` times at a random moment of a run;
* once at each rename, removal of a file and removal of a folder that a run makes, after what an earlier kill
  left has been reclaimed: between the renames of the outputs, and during clean-up.

The job's two models take turns, so that files of two runs differ. After each kill the output folder is
*whole* (all hashes are those of its manifest), has *no manifest*, or is *torn*; a torn one must be called
a broken run by `attribution check`, and the night check of the next run must say so too. Then a run that
nobody kills must give the numbers of a run that never saw a kill, and leave nothing behind: no file that an
undisturbed run does not leave.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import attribution as at
from attribution.errors import BaselineError
from attribution.regression.store import read_baseline

JOB = """
models = ["{model}"]
[log]
touches = "touches.parquet"
conversions = "conversions.parquet"
[journeys]
goal = "purchase"
[report]
sections = ["findings"]
top_paths = 0
[output]
folder = "{folder}/out"
{more}
"""
MODELS = ("linear", "last_touch")
STREAM = '[engine]\nname = "stream"\nprocesses = 1\nfolder = "{folder}/spill"\n'
INCREMENTS = '[increments]\nfolder = "{folder}/state-{model}"\n'
POINTS = frozenset({"os.rename", "os.remove", "os.rmdir"})
OUTPUTS = ["credit.csv", "credit.parquet", "manifest.json", "report.html"]


@dataclass
class Bench:
    """A folder with a log, and a job for each of two models."""

    folder: Path
    kind: str
    expected: dict[str, list[Any]]
    clean: list[str]
    saved: Path | None = None
    seconds: float = 1.0

    def job(self, turn: int) -> Path:
        return self.folder / f"{MODELS[turn % 2]}.toml"

    def restore(self) -> None:
        """Put the state of the day before back, so that a run has something to settle."""
        if self.saved is not None:
            for path in self.folder.glob("state-*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            copy_states(self.saved, self.folder)


def forked(job: Path, kill_at: int | None = None, count_to: Path | None = None) -> int:
    """Start a run in a process of its own; kill it before its `kill_at`-th point, or count the points."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        said = os.open(job.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        seen = 0

        def hook(event: str, _: Any) -> None:
            nonlocal seen
            if event in POINTS:
                seen += 1
                if seen == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        if kill_at is not None or count_to is not None:
            sys.addaudithook(hook)
        at.run(at.load_config(job))
        if count_to is not None:
            points = seen
            count_to.write_text(str(points))
        code = 0
    except Exception:  # noqa: BLE001 - told, and the process ends
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def finish(job: Path) -> None:
    _, status = os.waitpid(forked(job), 0)
    assert os.waitstatus_to_exitcode(status) == 0, job.with_suffix(".log").read_text()


def credit(bench: Bench) -> list[Any]:
    table = pq.read_table(bench.folder / "out" / "credit.parquet").to_pydict()
    return [table["channel"], *(table[name] for name in ("conversions", "value"))]


def same(one: list[Any], two: list[Any]) -> bool:
    return one[0] == two[0] and all(
        np.allclose(a, b, rtol=1e-9, atol=1e-9) for a, b in zip(one[1:], two[1:], strict=True)
    )


def look(bench: Bench) -> str:
    """Say in a word what a killed run left; whatever is torn must be recognised."""
    out = bench.folder / "out"
    held = {path.name: path for path in out.iterdir() if path.is_file()}
    if "manifest.json" not in held:
        return "no manifest"
    manifest = json.loads(held["manifest.json"].read_text())
    for name in ("credit.parquet", "report.html"):
        if name in held and name.endswith(".parquet"):
            pq.read_table(held[name])
        elif name in held:
            assert held[name].read_text().rstrip().endswith("</html>"), "half a report"
    differ = [
        each["path"]
        for each in manifest["outputs"]
        if hashlib.sha256(held[each["path"]].read_bytes()).hexdigest() != each["sha256"]
    ]
    if not differ:
        read_baseline(out)
        return "whole"
    try:
        read_baseline(out)
    except BaselineError as error:
        return "torn, recognised" if "broken run" in str(error) else f"torn, called otherwise: {error}"
    return "torn, NOT RECOGNISED"


def files(folder: Path) -> list[str]:
    """Return what is there, without the numbers and hashes in names and without the inputs."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if name.startswith(("out", "spill", "state")):
            found.append(re.sub(r"[0-9a-f]{8,}|\d+", "#", name))
    return sorted(found)


def check_repaired(bench: Bench, turn: int) -> None:
    """Run once without a kill: the numbers are right, and nothing is left."""
    finish(bench.job(turn))
    assert look(bench) == "whole"
    assert same(credit(bench), bench.expected[MODELS[turn % 2]]), "the rerun gives other numbers"
    left = [name for name in files(bench.folder) if name not in bench.clean]
    assert not left, f"left behind: {left}"
    assert sorted(path.name for path in (bench.folder / "out").iterdir() if path.is_file()) == OUTPUTS


def log_until(folder: Path, data: Any, day: int) -> None:
    end = int(np.datetime64("2025-01-01", "us").astype(np.int64)) + day * 86_400_000_000
    for name, table in (("touches", data.touches), ("conversions", data.conversions)):
        early = table["time"].cast(pa.int64()).to_numpy() < end
        pq.write_table(table.filter(pa.array(early)), folder / f"{name}.parquet")


def copy_states(source: Path, target: Path) -> None:
    """Copy the folders of increments, and the key beside each."""
    for path in source.glob("state-*"):
        copy = shutil.copytree if path.is_dir() else shutil.copy2
        copy(path, target / path.name)


def prepare(folder: Path, kind: str, data: Any) -> Bench:
    (folder / "spill").mkdir(parents=True)
    more = STREAM if kind == "stream" else INCREMENTS
    for model in MODELS:
        extra = more.format(folder=folder, model=model)
        (folder / f"{model}.toml").write_text(JOB.format(model=model, folder=folder, more=extra))
    bench = Bench(folder, kind, {}, [])
    log_until(folder, data, 110)
    for turn in (0, 1):
        finish(bench.job(turn))
    if kind == "increments":
        bench.saved = folder.parent / f"{kind}-saved"
        bench.saved.mkdir()
        copy_states(folder, bench.saved)
    log_until(folder, data, 120)
    for turn in (0, 1):
        began = time.perf_counter()
        finish(bench.job(turn))
        bench.seconds = time.perf_counter() - began
        bench.expected[MODELS[turn]] = credit(bench)
    bench.clean = files(folder)
    return bench


def kill_at_random(bench: Bench, kills: int, rng: random.Random) -> Counter[str]:
    states: Counter[str] = Counter()
    for turn in range(kills):
        bench.restore()
        child = forked(bench.job(turn))
        time.sleep(rng.uniform(0.0, 1.05) * bench.seconds)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed = os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        states[f"{look(bench)}{'' if killed else ' (had ended)'}"] += 1
        if turn % 5 == 4:
            check_repaired(bench, turn)
    check_repaired(bench, kills)
    return states


def kill_at_every_point(bench: Bench) -> tuple[int, Counter[str]]:
    counted = bench.folder.parent / f"{bench.kind}-points"
    bench.restore()
    os.waitpid(forked(bench.job(0), count_to=counted), 0)
    points = int(counted.read_text())
    states: Counter[str] = Counter()
    for point in range(1, points + 1):
        bench.restore()
        _, status = os.waitpid(forked(bench.job(point), kill_at=point), 0)
        assert os.waitstatus_to_exitcode(status) in {-signal.SIGKILL, 0}
        states[look(bench)] += 1
        check_repaired(bench, point)  # the next one is of the other model
    return points, states


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--users", type=int, default=4_000)
    given = parser.parse_args()
    os.environ["MPLBACKEND"] = "Agg"
    logging.disable(logging.WARNING)
    rng = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as scratch:
        whole = at.datasets.simulate(given.users, days=120, seed=given.seed)
        for kind in ("stream", "increments"):
            bench = prepare(Path(scratch) / kind, kind, whole)
            states = kill_at_random(bench, given.kills, rng)
            print(f"{kind}: {given.kills} kills at random moments of {bench.seconds:.1f} s: {dict(states)}")
            points, states = kill_at_every_point(bench)
            print(f"{kind}: killed at each of {points} renames and removals: {dict(states)}", flush=True)
    print("0 torn that are not recognised, 0 leftovers after the next run; its numbers are right")


if __name__ == "__main__":
    main()
