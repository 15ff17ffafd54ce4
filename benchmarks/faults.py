"""Kill a run at random moments, many times, and look at what is left.

    python -m benchmarks.faults [--kills 50] [--seed 1]

Each round starts `attribution run` on the stream engine in a process of its own and sends it SIGKILL after a
random time, up to a little more than a whole run takes. Afterwards every output file is either whole or not
there: the Parquet file can be read to its end and the manifest is JSON; where the manifest stands, each file
has the hash that it names, or is the newer one of a run that was killed while it moved its files. At last
one run that nobody kills must give the numbers of a run that never saw a kill, and leave nothing behind.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

import attribution as at

ROOT = Path(__file__).resolve().parent.parent
JOB = """
models = ["first_touch", "linear", "markov", "shapley"]
[log]
touches = "touches.parquet"
conversions = "conversions.parquet"
[journeys]
goal = "purchase"
[engine]
name = "stream"
folder = "{folder}/spill"
[output]
folder = "{folder}/out"
"""


def start(job: Path) -> subprocess.Popen[bytes]:
    """Start a run in a session of its own, as a scheduler does."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "MPLBACKEND": "Agg"}
    command = [sys.executable, "-m", "attribution", "run", str(job)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def finish(job: Path) -> float:
    """Run to the end, and return how long it took."""
    began = time.perf_counter()
    process = start(job)
    _, said = process.communicate()
    assert process.returncode == 0, said.decode()
    return time.perf_counter() - began


def credit(folder: Path) -> dict[str, list[object]]:
    return pq.read_table(folder / "out" / "credit.parquet").to_pydict()


def look(folder: Path) -> str:
    """Check what a killed run left, and say in a word what that is."""
    out = folder / "out"
    files = {path.name: path for path in out.iterdir() if path.is_file()}
    if "credit.parquet" in files:
        pq.read_table(files["credit.parquet"])
    if "report.html" in files:
        assert files["report.html"].read_text().rstrip().endswith("</html>"), "half a report"
    if "manifest.json" not in files:
        return "no manifest yet"
    manifest = json.loads(files["manifest.json"].read_text())
    fresh = 0
    for each in manifest["outputs"]:
        digest = hashlib.sha256(files[each["path"]].read_bytes()).hexdigest()
        fresh += digest != each["sha256"]
    return "moved in part" if fresh else "whole"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--users", type=int, default=20_000)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        at.datasets.simulate(given.users, days=120, seed=given.seed).write(folder)
        (folder / "spill").mkdir()
        job = folder / "job.toml"
        job.write_text(JOB.format(folder=folder))
        seconds = finish(job)
        expected = credit(folder)
        for path in (folder / "out").iterdir():
            path.unlink()
        states: dict[str, int] = {}
        for _ in range(given.kills):
            process = start(job)
            time.sleep(rng.uniform(0.0, 1.1) * seconds)
            killed = process.poll() is None
            if killed:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            state = f"{'killed' if killed else 'had ended'}, {look(folder)}"
            states[state] = states.get(state, 0) + 1
        left = [path.name for path in (folder / "spill").iterdir()]
        finish(job)
        assert credit(folder) == expected, "the rerun gives other numbers"
        assert not list((folder / "spill").iterdir()), "temporary files were left"
        names = sorted(path.name for path in (folder / "out").iterdir())
        assert names == ["credit.csv", "credit.parquet", "manifest.json", "report.html"], names
        print(f"a whole run took {seconds:.1f} s; after {given.kills} runs that were to be killed:")
        for state, count in sorted(states.items()):
            print(f"  {count:3d} {state}")
        print(f"{len(left)} folders of killed runs were left at the end, and went with the next run;")
        print("its numbers are those of a run that was never killed.")


if __name__ == "__main__":
    main()
