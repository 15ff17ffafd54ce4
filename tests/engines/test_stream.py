"""The stream engine: the numbers of the memory engine, in little memory, and nothing left on the disk."""

from __future__ import annotations

import errno
import logging
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import attribution as at
from attribution.datasets import simulate
from attribution.engines.shared.engine import Merger
from attribution.engines.stream import budget, scratch, spill, stream
from attribution.errors import EngineError, JourneyError, LogError
from attribution.eventlog.eventlog import EventLog
from attribution.models.registry import MODELS
from tests.engines.conftest import SCHEMA
from tests.engines.same import assert_same

RULES = ["first_touch", "last_touch", "linear", "time_decay", "u_shaped"]


def every_model() -> dict[str, object]:
    """Return each registered model, and variants that tally other things."""
    models: dict[str, object] = {name: name for name in MODELS if name not in ("custom_rule", "w_shaped")}
    models |= {
        "w_shaped": at.WShaped(middle="midpoint"),
        "markov_2": at.Markov(order=2),
        "markov_3_journey": at.Markov(order=3, allocation="journey"),
        "shapley_rate": at.Shapley("subset_rate"),
        "shapley_within": at.Shapley("within_set_rate"),
        "shapley_ordered": at.Shapley(ordered=True),
        "linear_per_channel": at.Linear(per="channel"),
    }
    return models


@pytest.mark.parametrize("buckets", [1, 7, 64])
def test_every_model_gives_what_memory_gives(log: EventLog, buckets: int, tmp_path: Path):
    models, options = every_model(), {"goal": "purchase", "progress": False}
    expected = at.attribute(log, models, **options, engine="memory")
    found = at.attribute(log, models, **options, engine=at.Stream(buckets=buckets, folder=tmp_path))
    assert_same(found, expected)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("buckets", [1, 7, 64])
def test_replicates_are_the_same(log: EventLog, buckets: int):
    options = {"models": [*RULES, "markov", "shapley"], "bootstrap": 20, "rng": 5, "goal": "purchase"}
    expected = at.attribute(log, **options, engine="memory")
    assert_same(at.attribute(log, **options, engine=at.Stream(buckets=buckets)), expected)


@pytest.mark.parametrize(
    "options",
    [
        {"by": ("device", "month")},
        {"by": ("campaign",), "goal": "purchase", "after_conversion": "overlap"},
        {"goal": ("lead", "purchase"), "drop_censored": True},
        {"session_gap": "30min", "max_touches": 3, "lookback": "7D"},
        {"lookback": "unlimited"},
        {
            "goal": "purchase",
            "by": ("customer", "day"),
            "period": ("2025-02-03", "2025-03-15"),
            "timezone": "America/New_York",
        },
    ],
    ids=str,
)
def test_every_option_holds(log: EventLog, options: dict[str, object]):
    models = [*RULES, at.Markov(order=2), "shapley"]
    expected = at.attribute(log, models, **options, engine="memory")
    assert_same(at.attribute(log, models, **options, engine=at.Stream(buckets=5)), expected)


def test_rules_alone_leave_out_users_who_never_convert(log: EventLog, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    expected = at.attribute(log, RULES, engine="memory")
    everyone = len(log.load().touches)
    assert_same(at.attribute(log, RULES, engine=at.Stream(buckets=3)), expected)
    spilled = next(record for record in caplog.records if record.message.startswith("spilled"))
    assert 0 < spilled.args[0] < everyone


def test_worker_processes_give_the_same(log: EventLog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(budget, "_ALONE", 0)
    options = {"models": [*RULES, at.Markov(order=2), "shapley"], "by": "device", "bootstrap": 5, "rng": 1}
    expected = at.attribute(log, **options, engine="memory")
    assert_same(at.attribute(log, **options, engine=at.Stream(buckets=8, processes=2)), expected)


def test_a_rule_of_this_process_is_tallied_in_it(
    log: EventLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(budget, "_ALONE", 0)
    caplog.set_level(logging.INFO)
    rule = at.CustomRule(lambda claimed: claimed.position + 1.0)
    expected = at.attribute(log, rule, engine="memory")
    assert_same(at.attribute(log, rule, engine=at.Stream(buckets=8, processes=2)), expected)
    assert "another one would not know these models" in caplog.text


def test_paths_are_the_same(log: EventLog):
    journeys = at.build_journeys(log, goal="purchase")
    found = at.path_counts(log, top=50, goal="purchase", engine=at.Stream(buckets=7))
    pd.testing.assert_frame_equal(found, journeys.path_counts(top=50))
    pd.testing.assert_frame_equal(at.path_counts(log, goal="purchase"), journeys.path_counts())


def test_paths_of_journeys_have_their_method(log: EventLog):
    with pytest.raises(JourneyError, match=r"journeys\.path_counts\(top=3\)"):
        at.path_counts(at.build_journeys(log), top=3)


@pytest.mark.parametrize("converters_only", [True, False])
def test_one_table_holds_both(converters_only: bool):
    data = simulate(400, seed=2, days=90)
    touches = data.touches.select(["user_id", "time", "channel"])
    n = len(touches)
    table = touches.append_column("bought", pa.array(np.random.default_rng(1).random(n) < 0.1))
    log = at.read_log(table, schema=at.LogSchema(conversion="bought"))
    models = RULES if converters_only else [*RULES, "markov"]
    expected = at.attribute(log, models, engine="memory")
    assert_same(at.attribute(log, models, engine=at.Stream(buckets=4)), expected)


def test_a_stream_that_can_be_read_once_is_enough():
    data = simulate(400, seed=2, days=90)
    expected = at.attribute(at.read_log(data.touches, data.conversions), ["linear", "markov"])
    readers = [table.to_reader(max_chunksize=1000) for table in (data.touches, data.conversions)]
    found = at.attribute(at.read_log(*readers), ["linear", "markov"], engine=at.Stream(buckets=4))
    assert_same(found, expected)


def test_users_are_told_apart_by_128_bits_and_channels_are_grouped(dirty: Path):
    log = at.read_log(
        dirty / "touches.parquet",
        dirty / "conversions.parquet",
        SCHEMA,
        invalid="drop",
        drop_limit=1.0,
        missing_value=0.0,
        hash_bits=128,
    ).group_channels()
    expected = at.attribute(log, ["linear", "markov"], engine="memory")
    assert_same(at.attribute(log, ["linear", "markov"], engine=at.Stream(buckets=4)), expected)


def test_a_bucket_that_is_too_large_is_split(log: EventLog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(budget, "_MOST_ROWS", 300)
    monkeypatch.setattr(budget, "_FEWEST_ROWS", 100)
    seen = []
    buckets = stream._buckets
    monkeypatch.setattr(stream, "_buckets", lambda *given: seen.append(buckets(*given)) or seen[-1])
    expected = at.attribute(log, [*RULES, "markov"], engine="memory", bootstrap=5, rng=1)
    found = at.attribute(log, [*RULES, "markov"], engine=at.Stream(buckets=2), bootstrap=5, rng=1)
    assert_same(found, expected)
    assert len(seen[0]) > 10
    # Two bots have 300 touches and more, and a user is never cut.
    sizes = sorted(bucket.rows for bucket in seen[0])
    assert sizes[-3] <= 300 < sizes[-1]


def test_an_empty_log_has_no_credit():
    empty = {"user_id": [], "time": [], "channel": []}
    table = pa.table({name: pa.array([], pa.string()) for name in empty})
    log = at.read_log(table, table.select(["user_id", "time"]))
    credit = at.attribute(log, ["linear", "markov"], engine=at.Stream(buckets=3))
    assert credit.conversions.sum() == 0


def test_rows_that_cannot_be_used_are_refused_as_in_memory(dirty: Path, tmp_path: Path):
    log = at.read_log(dirty / "touches.parquet", dirty / "conversions.parquet")
    messages = []
    for engine in ("memory", at.Stream(folder=tmp_path)):
        with pytest.raises(LogError) as caught:
            at.attribute(log, "linear", engine=engine)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert not list(tmp_path.iterdir())


def test_a_goal_that_nobody_has_is_refused(log: EventLog, tmp_path: Path):
    with pytest.raises(JourneyError, match="did you mean 'purchase'"):
        at.attribute(log, "linear", goal="purchas", engine=at.Stream(folder=tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told_and_nothing_is_left(
    log: EventLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(spill.BucketWriter, "_write", full)
    with pytest.raises(EngineError, match="no room is left on the disk") as caught:
        at.attribute(log, "linear", engine=at.Stream(folder=tmp_path))
    assert "at.Stream(folder=" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_disk_that_is_too_small_is_refused_before_reading(
    log: EventLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stream.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    monkeypatch.setattr(stream, "_spill", lambda *_: pytest.fail("it began to read"))
    with pytest.raises(EngineError, match="the temporary files need up to"):
        at.attribute(log, "linear", engine=at.Stream(folder=tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_file_cut_short_after_opening_is_a_log_error(tmp_path: Path):
    data = simulate(300, seed=4, days=60)
    pq.write_table(data.touches, tmp_path / "t.parquet", row_group_size=500)
    pq.write_table(data.conversions, tmp_path / "c.parquet")
    log = at.read_log(tmp_path / "t.parquet", tmp_path / "c.parquet")
    content = bytearray((tmp_path / "t.parquet").read_bytes())
    content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)
    (tmp_path / "t.parquet").write_bytes(content)
    place = tmp_path / "spill"
    place.mkdir()
    with pytest.raises(LogError, match=r"t\.parquet"):
        at.attribute(log, "linear", engine=at.Stream(folder=place))
    assert not list(place.iterdir())


def test_a_file_that_vanishes_is_a_log_error(tmp_path: Path):
    data = simulate(300, seed=4, days=60)
    for part in range(3):
        pq.write_table(data.touches.slice(part * 200, 200), tmp_path / f"t{part}.parquet")
    pq.write_table(data.conversions, tmp_path / "c.parquet")
    log = at.read_log([tmp_path / f"t{part}.parquet" for part in range(3)], tmp_path / "c.parquet")
    (tmp_path / "t1.parquet").unlink()
    with pytest.raises(LogError, match=r"there is no file .*t1\.parquet"):
        at.attribute(log, "markov", engine=at.Stream())


def test_temporary_files_that_are_damaged_are_told(
    log: EventLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    buckets = stream._buckets

    def damaging(*given: object) -> object:
        found = buckets(*given)
        with found[0].touches.open("r+b") as file:
            file.truncate(file.seek(0, 2) // 2)
        return found

    monkeypatch.setattr(stream, "_buckets", damaging)
    with pytest.raises(EngineError, match="cannot be read back"):
        at.attribute(log, "linear", engine=at.Stream(folder=tmp_path))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"memory": "lots"}, 'memory="2GB"'),
        ({"memory": "10MB"}, "too little"),
        ({"memory": -1}, 'memory="2GB"'),
        ({"memory": 0}, 'memory="2GB"'),
        ({"processes": 0}, "at least 1"),
        ({"buckets": 1000}, "more than 256"),
        ({"folder": "/no/such/folder"}, "cannot make a folder"),
    ],
)
def test_settings_that_cannot_be_are_refused(log: EventLog, options: dict[str, object], message: str):
    with pytest.raises(EngineError, match=message):
        at.attribute(log, "linear", engine=at.Stream(**options))


def test_an_engine_that_is_none_is_refused(log: EventLog):
    with pytest.raises(EngineError, match="did you mean 'stream'"):
        at.attribute(log, "linear", engine="steam")
    with pytest.raises(EngineError, match="cannot run models"):
        at.attribute(log, "linear", engine=3)
    with pytest.raises(EngineError, match=r"class(.|\n)*at\.Stream\(\.\.\.\)"):
        at.attribute(log, "linear", engine=at.Stream)  # type: ignore[arg-type]
    with pytest.raises(JourneyError, match="built already"):
        at.attribute(at.build_journeys(log), "linear", engine="stream")


def test_auto_takes_the_disk_when_memory_is_short(
    log: EventLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    at.attribute(log, "linear")
    assert "engine: memory" in caplog.text
    monkeypatch.setattr("attribution.engines.choose.available_memory", lambda: 1 << 20)
    at.attribute(log, "linear")
    assert "engine: stream" in caplog.text


def test_folders_of_dead_processes_are_removed_and_others_stay(tmp_path: Path):
    dead, recent, other = (
        tmp_path / name for name in (f"{scratch.PREFIX}1-a", f"{scratch.PREFIX}2-b", "mine")
    )
    for folder in (dead, recent, other):
        folder.mkdir()
    (dead / "lock").touch()  # nobody holds it
    with scratch.scratch_folder(tmp_path) as living:
        assert not dead.exists()
        assert recent.exists()  # it may be about to be locked
        with scratch.scratch_folder(tmp_path) as another:
            assert living.exists()
            assert another.exists()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([recent.name, "mine"])


@pytest.mark.parametrize("n", [1, 7, 64, 256])
def test_buckets_are_ranges_of_the_hash(n: int):
    user = np.sort(np.random.default_rng(n).integers(0, 2**64, 5000, dtype=np.uint64))
    bucket = spill.bucket_of(user, n)
    assert (np.diff(bucket.astype(int)) >= 0).all()
    # By the definition: the top eight bits, scaled to n.
    assert bucket.tolist() == [(int(each) >> 56) * n >> 8 for each in user]


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 13])
def test_merging_does_not_depend_on_the_order_of_arrival(n: int):
    rng = np.random.default_rng(n)
    tallies = [{"x": value} for value in rng.normal(size=n) * 10.0 ** rng.integers(-8, 8, n)]
    sums = set()
    for _ in range(5):
        merger = Merger(n)
        for number in rng.permutation(n).tolist():
            merger.add(number, tallies[number])
        sums.add(merger.finish()["x"])
    assert len(sums) == 1
    assert sums.pop() == pytest.approx(sum(tally["x"] for tally in tallies))


def test_plans_fit_the_memory():
    for memory in (10**9, 2 * 10**9, 8 * 10**9):
        for n_rows in (10**4, 10**7, 10**9):
            made = budget.plan(memory, 170, n_rows, None, 2)
            assert 1 <= made.buckets <= 256
            assert made.processes * made.rows * 170 + (1 + made.processes) * (100 << 20) < memory
    assert partial(budget.plan, 10**9, 170, 10**3, None)(8).processes == 1


def test_the_log_says_rows_users_seconds_and_bytes(log: EventLog, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    journeys = at.build_journeys(log)
    at.attribute(log, ["linear", "markov"], engine=at.Stream(buckets=4))
    users, n = len(set(journeys.user.tolist())), len(journeys)
    assert f"built {n} journeys of {users} users" in caplog.text
    assert f"tallied {n} journeys of {users} users in 4 buckets" in caplog.text
    assert "kB, in " in caplog.text  # what lies on the disk, and the seconds
