"""Holdout tests of ten million users, beside the bare reading of their columns, and beside other tools.

    python -m benchmarks.holdouts [--users 10_000_000] [--rounds 5] [--small 1_000_000] [--data FOLDER]

Three metrics and a covariate, from one Parquet file to lifts with intervals. All in one process, warmed by a
first round on a small file, in turns; medians of CPU seconds of all threads, and of wall seconds. Answers are
compared before anything is timed. BLAS has one thread. Peak memory is that of a process that does one job.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.machine import machine
from benchmarks.measure import missing, run

METRICS, COVARIATE = ["converted", "visits", "revenue"], "past"
COLUMNS = ["arm", *METRICS, COVARIATE]
READ, READ_IDS, READ_CODED = "pyarrow reads the columns", "pyarrow, with ids", "pyarrow, arms as a dictionary"
LIN = "attribution, Lin with HC2 (default)"
LIN_IDS = "attribution, the same, ids checked"
CUPED, PLAIN = "attribution, CUPED", "attribution, no covariate"
AIM = 5.0
Jobs = Mapping[str, Callable[[Path], Any]]


def write_users(n: int, path: Path, seed: int = 5) -> None:
    """Write `n` users: id, arm, conversion, visits, revenue, and past revenue that tells about them."""
    rng = np.random.default_rng(seed)
    kinds = {"user_id": pa.int64(), "arm": pa.string(), "converted": pa.int8(), "visits": pa.int32()}
    schema = pa.schema([*kinds.items(), ("revenue", pa.float64()), (COVARIATE, pa.float64())])
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        for start in range(0, n, 1 << 20):
            size = min(1 << 20, n - start)
            treated = rng.random(size) < 0.5
            past = np.round(rng.gamma(0.7, 30.0, size), 2)
            converted = rng.random(size) < 0.03 + 0.0005 * past + 0.003 * treated
            arms = pa.DictionaryArray.from_arrays(
                pa.array(treated.astype(np.int8)), pa.array(["holdout", "treatment"])
            )
            columns = [
                rng.permutation(size) + start,
                arms.cast(pa.string()),
                converted.astype(np.int8),
                rng.poisson(2 + 0.01 * past).astype(np.int32),
                np.round(converted * rng.gamma(2.0, 20 + 0.2 * past), 2),
                past,
            ]
            file.write_table(pa.table(columns, schema=schema))


def ours(path: Path, *, ids: bool = False, **options: Any) -> Any:
    import attribution as at

    # Ids are checked where there are any.
    users = path if ids else path.with_name(f"without-{path.name}")
    return at.analyze_holdout(users, outcome=METRICS, correction="none", **options)


def without_ids(path: Path) -> None:
    """Write the file again without the ids, row group by row group."""
    file = pq.ParquetFile(path)
    with pq.ParquetWriter(
        path.with_name(f"without-{path.name}"), file.schema_arrow.remove(0), compression="zstd"
    ) as out:
        for group in range(file.num_row_groups):
            out.write_table(file.read_row_group(group, columns=COLUMNS))


def tea_tasting(table: Any, *, cuped: bool) -> Any:
    import tea_tasting as tt

    metrics = {name: tt.Mean(name, COVARIATE) if cuped else tt.Mean(name) for name in METRICS}
    return tt.Experiment(metrics, variant="arm").analyze(table, control="holdout")


def in_duckdb(path: Path, *, cuped: bool) -> Any:
    import duckdb

    with duckdb.connect() as connection:
        return tea_tasting(connection.read_parquet(str(path)), cuped=cuped)


def in_polars(path: Path, *, cuped: bool) -> Any:
    import polars as pl

    return tea_tasting(pl.scan_parquet(path), cuped=cuped)


def in_pandas(path: Path, *, cuped: bool) -> Any:
    import pandas as pd

    return tea_tasting(pd.read_parquet(path, columns=COLUMNS), cuped=cuped)


def in_statsmodels(path: Path) -> Any:
    import pandas as pd
    import statsmodels.api as sm

    users = pd.read_parquet(path, columns=COLUMNS)
    treated = (users["arm"] == "treatment").to_numpy(float)
    x = (users[COVARIATE] - users[COVARIATE].mean()).to_numpy()
    design = np.column_stack([np.ones(len(users)), treated, x, x * treated])
    fits = {name: sm.OLS(users[name].to_numpy(float), design).fit(cov_type="HC2") for name in METRICS}
    return {name: (fit.params[1], fit.bse[1]) for name, fit in fits.items()}


READS: Jobs = {
    READ: lambda path: pq.read_table(path, columns=COLUMNS),
    READ_CODED: lambda path: pq.read_table(path, columns=COLUMNS, read_dictionary=["arm"]),
    READ_IDS: lambda path: pq.read_table(path, columns=["user_id", *COLUMNS]),
}
OURS: Jobs = {
    LIN: lambda path: ours(path, covariate=COVARIATE),
    LIN_IDS: lambda path: ours(path, covariate=COVARIATE, ids=True),
    CUPED: lambda path: ours(path, covariate=COVARIATE, adjust="cuped"),
    PLAIN: ours,
}
PEERS: Jobs = {
    "tea-tasting on DuckDB, CUPED": lambda path: in_duckdb(path, cuped=True),
    "tea-tasting on DuckDB, no covariate": lambda path: in_duckdb(path, cuped=False),
    "tea-tasting on Polars, CUPED": lambda path: in_polars(path, cuped=True),
    "tea-tasting on Polars, no covariate": lambda path: in_polars(path, cuped=False),
    "tea-tasting on pandas, CUPED": lambda path: in_pandas(path, cuped=True),
}
STATSMODELS: Jobs = {"statsmodels OLS, three times, HC2": in_statsmodels}


ALL: Jobs = {**READS, **OURS, **PEERS, **STATSMODELS}


def compare(path: Path, peers: Jobs) -> None:
    """Stop where answers differ by more than 1e-8 of themselves."""
    with_cuped, plain, regressed = (OURS[job](path) for job in (CUPED, PLAIN, LIN))
    for job, work in peers.items():
        found = work(path)
        for name in METRICS:
            if job in STATSMODELS:
                expected = regressed[name].absolute.value, regressed[name].details["standard_error"]
                values = found[name]
            else:
                lift = (with_cuped if "CUPED" in job else plain)[name].absolute
                expected = lift.value, lift.low, lift.high
                theirs = found[name]
                values = theirs.effect_size, theirs.effect_size_ci_lower, theirs.effect_size_ci_upper
            if not np.allclose(values, expected, rtol=1e-8, atol=0):
                msg = f"{job}, {name}: {values}, and ours {expected}"
                raise SystemExit(msg)


def rounds(path: Path, jobs: Jobs, times: int) -> dict[str, tuple[float, float]]:
    """Do all jobs in turns and return the median CPU and wall seconds of each."""
    spent: dict[str, list[tuple[float, float]]] = {job: [] for job in jobs}
    for _ in range(times):
        for job, work in jobs.items():
            wall, cpu = time.perf_counter(), time.process_time()
            work(path)
            spent[job].append((time.process_time() - cpu, time.perf_counter() - wall))
    return {job: (median(c for c, _ in each), median(w for _, w in each)) for job, each in spent.items()}


def peak(path: Path, job: str) -> str:
    """Return the peak memory, in MB, of a process that does one job."""
    users = path.stem.removeprefix("users-")
    alone = ["--one", job, "--data", str(path.parent), "--users", users]
    return f"{run([sys.executable, '-m', 'benchmarks.holdouts', *alone]).peak_mb:.0f}"


def table(costs: Mapping[str, tuple[float, float]], peaks: Mapping[str, str]) -> None:
    floor = costs[READ]
    print("| job | CPU s | wall s | CPU / reading | wall / reading | peak MB |")
    print("|---|---:|---:|---:|---:|---:|")
    for job, (cpu, wall) in costs.items():
        ratios = f"{cpu / floor[0]:.1f} | {wall / floor[1]:.1f}"
        print(f"| {job} | {cpu:.2f} | {wall:.2f} | {ratios} | {peaks.get(job, '')} |", flush=True)


def made(folder: Path, n: int) -> Path:
    path = folder / f"users-{n}.parquet"
    if not path.with_name(f"without-{path.name}").exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_users(n, path)
        without_ids(path)
    return path


def installed(package: str, jobs: Jobs) -> Jobs:
    if missing(sys.executable, package):
        print(f"left out: {', '.join(jobs)} (pip install {package.replace('_', '-')})")
        return {}
    return jobs


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=10_000_000)
    parser.add_argument("--small", type=int, default=1_000_000, help="users beside statsmodels")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", type=Path, help="where the files are, or go")
    parser.add_argument("--one", help="do one job, and nothing else")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.data or Path(scratch)
        path = folder / f"users-{given.users}.parquet"
        if given.one:
            ALL[given.one](made(folder, given.users))
            return
        tea, stats = installed("tea_tasting", PEERS), installed("statsmodels", STATSMODELS)
        peak(
            path, READ
        )  # writes the file: a child's peak starts from its parent's memory, so that stays small
        peaks = {job: peak(path, job) for job in (*READS, *OURS, *tea)}
        small, tiny = made(folder, given.small), made(folder, 20_000)
        compare(tiny, {**tea, **stats})
        print(machine())
        for users, jobs in ((path, {**READS, **OURS, **tea}), (small, {**READS, **OURS, **stats})):
            rounds(tiny, jobs, 1)
            costs = rounds(users, jobs, given.rounds)
            print(f"\n{pq.read_metadata(users).num_rows:,} users\n")
            table(costs, peaks if users == path else {})
            ratios = {LIN: costs[LIN][0] / costs[READ][0], LIN_IDS: costs[LIN_IDS][0] / costs[READ_IDS][0]}
            for job, ratio in ratios.items():
                told = "met" if ratio < AIM else "missed"
                print(f"{told}: {job}: {ratio:.1f} times the bare reading (aim: under {AIM:g})")


if __name__ == "__main__":
    main()
