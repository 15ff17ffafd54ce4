"""The Spark engine on a real cluster of two executors: the numbers of memory, whatever goes wrong."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import attribution as at
from attribution.datasets import simulate
from attribution.engines.shared.sealing import Scramble
from attribution.engines.spark.spark_split import Keep
from attribution.engines.spark.spark_tally import Total
from attribution.errors import EngineError, JourneyError, LogError, ModelError
from attribution.eventlog.eventlog import EventLog
from attribution.journeys.options import JourneyOptions
from attribution.tables.spark_errors import cause
from tests.engines import cluster as clusters
from tests.engines.conftest import SCHEMA
from tests.engines.same import assert_same
from tests.engines.test_stream import RULES, every_model

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(clusters.missing() is not None, reason=str(clusters.missing())),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
EVERYONE = JourneyOptions(goal="purchase")
ROOT = Path(__file__).parents[2]


def frames(session: Any, folder: Path, **options: Any) -> EventLog:
    """Return the log in a folder as DataFrames."""
    tables = [session.read.parquet(str(folder / f"{name}.parquet")) for name in ("touches", "conversions")]
    return at.read_log(*tables, SCHEMA, **{"invalid": "drop", "missing_value": 0.0, **options})


@pytest.mark.full
def test_the_cluster_is_one(cluster: clusters.Cluster):
    # Two executors in processes of their own; said here, so that a run on less is seen.
    assert cluster.master == clusters.CLUSTER
    assert cluster.connect is not None


@pytest.mark.parametrize(
    ("rows", "partitions"),
    [
        pytest.param("files", 1, marks=pytest.mark.full),
        ("classic", 3),
        pytest.param("connect", 8, marks=pytest.mark.full),
    ],
)
def test_every_model_gives_what_memory_gives(
    log: EventLog, dirty: Path, cluster: clusters.Cluster, rows: str, partitions: int
):
    models, options = every_model(), {"goal": "purchase", "progress": False}
    expected = at.attribute(log, models, **options, engine="memory")
    session = cluster.classic if rows == "files" else getattr(cluster, rows)
    there = log if rows == "files" else frames(session, dirty)
    assert_same(at.attribute(there, models, **options, engine=at.Spark(session, partitions)), expected)


@pytest.mark.parametrize(
    "partitions", [pytest.param(1, marks=pytest.mark.full), 3, pytest.param(8, marks=pytest.mark.full)]
)
def test_replicates_are_the_same(log: EventLog, dirty: Path, cluster: clusters.Cluster, partitions: int):
    options = {"models": ["linear", "markov"], "bootstrap": 20, "rng": 5, "goal": "purchase"}
    expected = at.attribute(log, **options, by=("device", "month"), engine="memory")
    engine = at.Spark(cluster.classic, partitions)
    assert_same(
        at.attribute(frames(cluster.classic, dirty), **options, by=("device", "month"), engine=engine),
        expected,
    )


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(
            {"by": ("campaign",), "goal": "purchase", "after_conversion": "overlap"}, marks=pytest.mark.full
        ),
        pytest.param(
            {"goal": "purchase", "period": ("2025-02-03", "2025-03-15"), "timezone": "America/New_York"},
            marks=pytest.mark.full,
        ),
        {"goal": ("lead", "purchase"), "drop_censored": True, "session_gap": "30min", "max_touches": 3},
        pytest.param(
            {"goal": "purchase", "models": [at.WShaped(), at.FullPath(), at.UShaped(milestone="lead")]},
            marks=pytest.mark.full,
        ),
    ],
    ids=str,
)
def test_every_option_holds(log: EventLog, cluster: clusters.Cluster, options: dict[str, Any]):
    options = {"models": [*RULES, at.Markov(order=2), "shapley"], **options}
    expected = at.attribute(log, **options, engine="memory")
    # Twenty tallies are merged on the cluster, in a round of their own, before they come here.
    assert_same(at.attribute(log, **options, engine=at.Spark(cluster.classic, 20)), expected)


@pytest.mark.parametrize("session", ["classic", "connect"], indirect=True)
def test_rules_alone_leave_out_users_who_never_convert(
    log: EventLog, session: Any, dirty: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    expected = at.attribute(log, RULES, engine="memory")
    everyone = len(log.load().touches)
    assert_same(at.attribute(frames(session, dirty), RULES, engine=at.Spark(session)), expected)
    cut = [record.args[0] for record in caplog.records if record.message.startswith("cut ")]
    assert cut[0] == 0
    assert 0 < cut[1] < everyone


@pytest.mark.full
def test_users_are_told_apart_by_128_bits_and_channels_are_grouped(dirty: Path, session: Any):
    options = {"invalid": "drop", "missing_value": 0.0, "hash_bits": 128}
    rules = [("paid", "re:search|social|display"), ("owned", "email")]
    here = at.read_log(dirty / "touches.parquet", dirty / "conversions.parquet", SCHEMA, **options)
    here, there = (log.group_channels(rules) for log in (here, frames(session, dirty, **options)))
    expected = at.attribute(here, ["linear", "markov"], engine="memory")
    assert_same(at.attribute(there, ["linear", "markov"], engine=at.Spark(session, 3)), expected)
    assert there.grouping is not None
    assert there.grouping.unmatched == here.grouping.unmatched


@pytest.mark.full
def test_one_table_and_tables_of_this_process_and_text_files(cluster: clusters.Cluster, tmp_path: Path):
    session, data = cluster.classic, simulate(400, seed=2, days=90)
    touches = data.touches.select(["user_id", "time", "channel"])
    bought = pa.array(np.random.default_rng(1).random(len(touches)) < 0.1)
    table = touches.append_column("bought", bought)
    schema = at.LogSchema(conversion="bought")
    expected = at.attribute(at.read_log(table, schema=schema), ["linear", "markov"], engine="memory")
    pq.write_table(table, tmp_path / "log.parquet")
    frame = session.read.parquet(str(tmp_path / "log.parquet"))
    for there in (frame, table):
        log = at.read_log(there, schema=schema)
        assert_same(at.attribute(log, ["linear", "markov"], engine=at.Spark(session, 2)), expected)
    (tmp_path / "touches" / "site=eu").mkdir(parents=True)
    pyarrow.csv.write_csv(touches, tmp_path / "touches" / "site=eu" / "a.csv")
    log = at.read_log(tmp_path / "touches", data.conversions, at.LogSchema(dims=("site",)))
    expected = at.attribute(log, "linear", by="site", engine="memory")
    assert_same(at.attribute(log, "linear", by="site", engine=at.Spark(session, 2)), expected)


def test_other_engines_read_dataframes_too(log: EventLog, dirty: Path, session: Any):
    expected = at.attribute(log, ["linear", "markov"], engine="memory")
    assert_same(at.attribute(frames(session, dirty), ["linear", "markov"], engine="memory"), expected)


def test_paths_are_the_same(log: EventLog, cluster: clusters.Cluster):
    expected = at.path_counts(log, top=50, goal="purchase", engine="memory")
    found = at.path_counts(log, top=50, goal="purchase", engine=at.Spark(cluster.classic, 3))
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.full
def test_the_time_zone_of_the_session_changes_nothing(log: EventLog, dirty: Path, session: Any):
    expected = at.attribute(log, "time_decay", by="day", engine="memory")
    before = session.conf.get("spark.sql.session.timeZone")
    session.conf.set("spark.sql.session.timeZone", "America/New_York")  # all other tests: UTC
    try:
        there = frames(session, dirty)
        assert_same(at.attribute(there, "time_decay", by="day", engine=at.Spark(session, 2)), expected)
        assert there.load().start == log.load().start
    finally:
        session.conf.set("spark.sql.session.timeZone", before)


def test_naive_times_are_utc_and_do_not_mix_with_aware_ones(cluster: clusters.Cluster):
    session = cluster.classic
    touches = session.sql(
        "SELECT 1 AS user_id, TIMESTAMP_NTZ'2026-03-01 12:00:00' AS time, 'email' AS channel"
    )
    orders = session.sql("SELECT 1 AS user_id, TIMESTAMP_NTZ'2026-03-01 12:00:00' AS time")
    credit = at.attribute(at.read_log(touches, orders), "linear", engine=at.Spark(session))
    assert credit.conversions.tolist() == [[1.0]]
    noon = int(dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC).timestamp() * 1_000_000)
    assert credit.window == (noon, noon)
    aware = session.sql("SELECT 1 AS user_id, TIMESTAMP'2026-03-01 12:00:00' AS time")
    with pytest.raises(LogError, match="times are not on one clock"):
        at.read_log(touches, aware)
    # As text, the clock is known only when the rows are read: on the workers.
    texts = session.sql("SELECT 1 AS user_id, '2026-03-01T12:00:00Z' AS time")
    with pytest.raises(LogError, match="times are not on one clock"):
        at.attribute(at.read_log(touches, texts), "linear", engine=at.Spark(session))


def test_rows_that_cannot_be_used_are_counted_over_all_partitions(dirty: Path, session: Any):
    here = at.read_log(dirty / "touches.parquet", dirty / "conversions.parquet", SCHEMA, missing_value=0.0)
    with pytest.raises(LogError) as expected:
        here.load()
    with pytest.raises(LogError) as found:
        at.attribute(
            frames(session, dirty, invalid="raise"), "linear", lookback="7D", engine=at.Spark(session)
        )
    assert (found.value.column, found.value.count) == (expected.value.column, expected.value.count)
    assert found.value.rows == ()  # rows have no numbers on a cluster
    assert found.value.hint == expected.value.hint


def test_dropped_rows_are_told(
    log: EventLog, dirty: Path, cluster: clusters.Cluster, caplog: pytest.LogCaptureFixture
):
    log.load()
    expected = sorted(record.message for record in caplog.records if "rows dropped" in record.message)
    caplog.clear()
    at.attribute(frames(cluster.classic, dirty), "markov", engine=at.Spark(cluster.classic))
    assert sorted(record.message for record in caplog.records if "rows dropped" in record.message) == expected
    assert expected


@pytest.mark.full
def test_a_bot_does_not_sink_it(cluster: clusters.Cluster, tmp_path: Path):
    # One user with a million touches among fifty thousand with two each; users are never grouped in Spark.
    rng, n = np.random.default_rng(3), 1_100_000
    user = np.append(np.zeros(1_000_000, np.int64), rng.integers(1, 50_000, 100_000))
    table = {"user_id": user, "time": rng.integers(0, 90 * 86_400, n), "channel": rng.integers(0, 9, n)}
    pq.write_table(pa.table(table), tmp_path / "touches.parquet", row_group_size=1 << 18)
    orders = {"user_id": np.arange(5_000), "time": rng.integers(0, 90 * 86_400, 5_000)}
    frame = cluster.classic.read.parquet(str(tmp_path / "touches.parquet"))
    schema = at.LogSchema(time_unit="s")
    expected = at.attribute(at.read_log(tmp_path / "touches.parquet", orders, schema), ["linear", "markov"])
    log = at.read_log(frame, orders, schema)
    assert_same(at.attribute(log, ["linear", "markov"], engine=at.Spark(cluster.classic)), expected)


def test_tables_go_by_their_names(log: EventLog, dirty: Path, session: Any):
    for name in ("touches", "conversions"):
        session.read.parquet(str(dirty / f"{name}.parquet")).createOrReplaceTempView(name)
    engine = at.Spark(session)
    named = engine.read_log(
        "touches", "conversions", SCHEMA, invalid="drop", drop_limit=1.0, missing_value=0.0
    )
    assert_same(at.attribute(named, RULES, engine=engine), at.attribute(log, RULES, engine="memory"))
    with pytest.raises(EngineError, match=r"looking for the table 'touchs'.*(?s:.*)listTables"):
        engine.read_log("touchs")
    with pytest.raises(LogError, match="'channle'"):
        engine.read_log("touches", "conversions", {"channel": "channle"})


def test_a_log_without_rows(cluster: clusters.Cluster):
    session = cluster.classic
    empty = session.createDataFrame([], "user_id long, time timestamp, channel string, bought boolean")
    there = at.read_log(empty, schema={"conversion": "bought"})
    here = at.read_log(empty.toArrow(), schema={"conversion": "bought"})
    found = at.attribute(there, ["linear", "markov"], engine=at.Spark(session))
    assert_same(found, at.attribute(here, ["linear", "markov"], engine="memory"))


@pytest.mark.parametrize("empty", [{"touches"}, {"conversions"}, {"touches", "conversions"}])
def test_an_empty_day_is_a_day(log: EventLog, dirty: Path, session: Any, empty: set[str]):
    tables = [session.read.parquet(str(dirty / f"{name}.parquet")) for name in ("touches", "conversions")]
    held = [log.touches, log.conversions]
    for place, name in enumerate(("touches", "conversions")):
        if name in empty:
            tables[place] = tables[place].where("1 = 0")
            held[place] = pq.read_table(dirty / f"{name}.parquet").slice(0, 0)
    options = {"invalid": "drop", "missing_value": 0.0}
    models = ["linear", "markov", "shapley"]
    engine = at.Spark(session)
    for goal in (None, "purchase"):
        try:
            expected = at.attribute(at.read_log(*held, SCHEMA, **options), models, goal=goal)
        except JourneyError as error:
            with pytest.raises(JourneyError, match=re.escape(error.problem)):
                at.attribute(at.read_log(*tables, SCHEMA, **options), models, goal=goal, engine=engine)
            continue
        found = at.attribute(at.read_log(*tables, SCHEMA, **options), models, goal=goal, engine=engine)
        assert_same(found, expected)


def test_errors_of_ours_reach_the_user_as_they_are(cluster: clusters.Cluster, log: EventLog, dirty: Path):
    def refuse(journeys: at.Journeys) -> int:
        raise ModelError(f"cannot tally {journeys.channels[0]}", hint="leave it out")

    with at.Spark(cluster.classic, 3).open(log, EVERYONE) as run:
        with pytest.raises(ModelError, match=r"cannot tally (?s:.*)To do: leave it out"):
            run({"refuse": refuse})
        assert sum(run({"n": len}).values()) == len(at.build_journeys(log, goal="purchase"))
    with pytest.raises(JourneyError, match="there is no goal 'purchas'; did you mean 'purchase'"):
        at.attribute(log, "linear", goal="purchas", engine=at.Spark(cluster.classic))
    assert cluster.classic.sparkContext._jsc.getPersistentRDDs().size() == 0


@pytest.mark.full
def test_other_errors_are_told_by_their_cause(session: Any, log: EventLog):
    def fail(journeys: at.Journeys) -> int:
        raise ZeroDivisionError("by nothing")

    with (
        at.Spark(session, 1).open(log, EVERYONE) as run,
        pytest.raises(EngineError, match="Spark failed while tallying users: ZeroDivisionError: by nothing"),
    ):
        run({"fail": fail})


@pytest.mark.full
def test_a_task_that_fails_twice_and_a_lost_executor_change_nothing(
    cluster: clusters.Cluster, log: EventLog, tmp_path: Path
):
    def fail_twice(journeys: at.Journeys) -> int:
        from pyspark import TaskContext

        if TaskContext.get().attemptNumber() < 2:
            raise ValueError("not yet")
        return len(journeys)

    lost = tmp_path / "lost"  # a stage that is tried again counts attempts anew; the file is there once

    def lose_executor(journeys: at.Journeys) -> int:
        daemon = os.getppid()
        executor = int(Path(f"/proc/{daemon}/stat").read_text().rpartition(")")[2].split()[1])
        if b"CoarseGrainedExecutorBackend" in Path(f"/proc/{executor}/cmdline").read_bytes():
            with contextlib.suppress(FileExistsError):
                lost.touch(exist_ok=False)
                os.kill(executor, signal.SIGKILL)
        return len(journeys)

    expected = len(at.build_journeys(log, goal="purchase"))
    with at.Spark(cluster.classic, 3).open(log, EVERYONE) as run:
        assert run({"n": fail_twice}) == {"n": expected}
        if cluster.master.startswith("local-cluster"):  # in local mode the executor is the driver
            assert run({"n": lose_executor}) == {"n": expected}
            assert lost.exists()
            assert run({"n": len}) == {"n": expected}


def test_what_cannot_be_a_session_or_a_frame_is_refused(
    cluster: clusters.Cluster, log: EventLog, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(EngineError, match="is no Spark session"):
        at.Spark("local[2]")
    with pytest.raises(EngineError, match="partitions"):
        at.Spark(cluster.classic, partitions=0)
    nested = cluster.classic.sql(
        "SELECT struct(1 AS a) AS user_id, current_timestamp() AS time, 'x' AS channel"
    )
    with pytest.raises(LogError, match=r"'user_id' is of type struct"):
        at.read_log(nested, nested)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(EngineError, match=r'pip install "attribution-analytics\[spark\]"'):
        at.attribute(log, "linear", engine=at.Spark())


@pytest.mark.full
def test_the_page_on_spark_runs(cluster: clusters.Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    page = (ROOT / "docs" / "spark.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```py\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    sample = ROOT / "data" / "samples" / "retailer"
    for name, table in (("web_touches", "touches"), ("shop_orders", "conversions")):
        cluster.classic.read.parquet(str(sample / f"{table}.parquet")).createOrReplaceTempView(name)
    namespace: dict[str, Any] = {"session": cluster.classic}
    for block in blocks:
        exec(compile(block, "docs/spark.md", "exec"), namespace)
    assert len(blocks) == 2


def test_the_filter_of_converting_users_never_says_a_false_no():
    # By its definition: the top 24 bits of the keyed hash, here of a thousand users among a million.
    users = np.random.default_rng(5).integers(0, 2**64, 1_000_000, dtype=np.uint64)
    key = Scramble.new()
    prefix = key.on(users.copy()) >> np.uint64(40)
    table = np.zeros(1 << 24, np.bool_)
    table[prefix[:1000]] = True
    kept = Keep(np.packbits(table), key)(users)
    assert np.array_equal(kept, table[prefix])
    assert kept[:1000].all()


@pytest.mark.parametrize(
    ("report", "found"),
    [
        (
            "An error occurred while calling o7.collect.\n: org.SparkException: Job aborted\n\tat org.x",
            "Job aborted",
        ),
        ("Job aborted\nTraceback (most recent call last):\n  File\nKeyError: 3\n\n\tat org", "KeyError: 3"),
        ("", "no reason given"),
    ],
)
def test_the_cause_is_found_in_a_report(report: str, found: str):
    # Reports as Spark 4.0 and 4.3 word them.
    assert cause(report).endswith(found)


def test_a_total_is_the_sum_of_what_came():
    total = Total()
    for number in range(1, 38):
        total.add(number)
    assert total.finish() == 37 * 38 // 2  # Gauss
