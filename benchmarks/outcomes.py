"""What `at.outcomes` costs on logs of 10^6 and 10^7 touches: CPU seconds, and peak memory of the process.

    python -m benchmarks.outcomes                       # both sizes, in memory and streamed
    python -m benchmarks.outcomes --touches 1000000     # one size

Users of `benchmarks.touch_log`, a quarter as many as touches, with 32-digit ids; all are assigned, a tenth
withheld. Every measurement is a process of its own, from the Parquet files to the table; "assignment" only
reads the table of arms, which is what the others hold besides. docs/holdouts.md records a run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import touch_log
from benchmarks.measure import run

WAYS = ("assignment", "memory", "stream")


def prepare(touches: int, folder: Path) -> None:
    """Write the log and the assignment of its users."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    import attribution as at

    touch_log.write(touch_log.simulate(touches), folder, "string")
    ids = pq.read_table(folder / "touches.parquet", columns=["user_id"])["user_id"].unique()
    arms = at.assign_holdout(pa.table({"user_id": ids}), share=0.1, salt="benchmark")
    pq.write_table(pa.table(arms), folder / "arms.parquet")


def measured(folder: Path, way: str) -> None:
    """Do it: called in a process of its own."""
    import pandas as pd

    import attribution as at

    arms = pd.read_parquet(folder / "arms.parquet")
    if way == "assignment":
        return
    log = at.read_log(folder / "touches.parquet", folder / "conversions.parquet")
    engine = at.Stream(memory="1GB") if way == "stream" else way
    window = {"start": "2026-02-15", "end": "2026-03-15", "before": "28D"}
    users = at.outcomes(log, arms, **window, exposed="display", engine=engine)
    assert len(users) == len(arms)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--touches", type=int, nargs="*", default=[1_000_000, 10_000_000])
    parser.add_argument("--prepare", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.prepare:
        prepare(int(asked.prepare[0]), Path(asked.prepare[1]))
        return
    if asked.measure:
        measured(Path(asked.measure[0]), asked.measure[1])
        return
    for touches in asked.touches:
        with tempfile.TemporaryDirectory() as scratch:
            # Prepared elsewhere, so that what it took is not counted below.
            run([sys.executable, "-m", "benchmarks.outcomes", "--prepare", str(touches), scratch])
            for way in WAYS:
                cost = run([sys.executable, "-m", "benchmarks.outcomes", "--measure", scratch, way])
                print(f"{touches:,} touches, {way}: {cost.cpu:.1f} CPU s, {cost.peak_mb:,.0f} MB", flush=True)


if __name__ == "__main__":
    main()
