"""Increments: whatever the steps and whatever comes late, the numbers are those of one run on all."""

from __future__ import annotations

import errno
import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.datasets import simulate
from attribution.engines.increments.state_store import StateStore, Stored
from attribution.engines.increments.tally_store import read_tallies
from attribution.errors import EngineError, JourneyError, ModelError
from attribution.models.registry import MODELS as REGISTERED
from tests.engines.same import assert_same
from tests.laws.worlds import CHANNELS, DAY, GOALS, logs

RULES = {
    "first": "first_touch",
    "linear": "linear",
    "decay": "time_decay",
    "full": at.FullPath(),
    "sets": at.Shapley(),
}
LEARNT = {"markov": at.Markov(), "markov 2": at.Markov(order=2), "rate": at.Shapley("subset_rate")}
START = int(np.datetime64("2026-01-01", "us").astype(np.int64))
EVERY = [
    *("last_touch", "last_non_direct", "linear", "time_decay", "u_shaped", "j_shaped", "inverse_j"),
    {"name": "position_based", "first": 0.3, "last": 0.3},
    *("w_shaped", "full_path", "markov"),
    at.Shapley("within_set_rate"),
]
OPTIONS = [
    {},
    {"after_conversion": "overlap"},
    {"lookback": "unlimited"},
    {"lookback": "3D", "after_conversion": "overlap"},
    {"lookback": "5D", "drop_censored": True},
    {"lookback": "5D", "drop_censored": True, "after_conversion": "overlap"},
    {"lookback": "10D", "session_gap": "30h", "max_touches": 2},
    {"lookback": "5D", "period": ("1970-01-05", "1970-01-20")},
    {"lookback": "5D", "drop_censored": True, "after_conversion": "overlap", "period": ("1970-01-09", None)},
    {"lookback": "2D", "timezone": "Europe/Dublin", "period": ("1971-10-20", None)},
    {"lookback": "2D", "timezone": "Europe/Dublin", "after_conversion": "overlap", "drop_censored": True},
    {"lookback": "0D", "session_gap": "24h", "after_conversion": "overlap"},
]


KINDS = {"user": pa.int64(), "time": pa.timestamp("us"), "sequence": pa.int64(), "value": pa.float64()}


def table(rows, names):
    """Return records as an Arrow table; times are microseconds."""
    columns = [pa.array([getattr(row, name) for row in rows], KINDS.get(name, pa.string())) for name in names]
    return pa.table(columns, names=["user_id", *names[1:]])


def log_of(touches, conversions):
    touched = table(touches, ["user", "time", "sequence", "channel", "campaign"])
    bought = table(conversions, ["user", "time", "value", "goal"])
    return at.read_log(touched, bought, {"dims": "campaign"})


def same_or_same_error(log, models, engine, **options):
    """Compare with the memory engine, also where it refuses, as for a rate nobody converts at."""
    try:
        expected = at.attribute(log, models, engine="memory", **options)
    except (ModelError, JourneyError) as error:
        with pytest.raises(type(error)):
            at.attribute(log, models, engine=engine, **options)
        return None
    credit = at.attribute(log, models, engine=engine, **options)
    assert_same(credit, expected)
    return credit


@st.composite
def growing(draw):
    """Return (touches, conversions), each with the day it arrives, at most `late` days after its time."""
    touches, conversions = draw(logs(goals=GOALS))
    late = draw(st.integers(0, 4))
    days = st.integers(0, late)
    return (
        [(row, row.time // DAY + draw(days)) for row in touches],
        [(row, row.time // DAY + draw(days)) for row in conversions],
        late,
    )


def check_every_step(folder, models, options, world, step, period):
    touches, conversions, late = world
    engine = at.Increments(folder, period=period, late_by=f"{late}D")
    last = max((day for _, day in (*touches, *conversions)), default=0)
    for today in range(min(step, 10), last + step + 1, max(step, last // 3)):
        known = [[row for row, day in rows if day <= today] for rows in (touches, conversions)]
        same_or_same_error(log_of(*known), models, engine, goal="purchase", **options)


STEPS, SPANS = st.sampled_from([1, 7, 30]), st.sampled_from(["day", "week", "month"])


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(map(str, options.values())))
@settings(max_examples=5)
@given(world=growing(), step=STEPS, period=SPANS)
def test_every_step_equals_the_full_run(tmp_path_factory, options, world, step, period):
    check_every_step(tmp_path_factory.mktemp("state"), RULES | LEARNT, options, world, step, period)


@settings(max_examples=15)
@given(world=growing(), step=STEPS, period=SPANS, options=st.sampled_from(OPTIONS))
def test_every_step_without_the_journeys_that_did_not_convert(tmp_path_factory, options, world, step, period):
    check_every_step(tmp_path_factory.mktemp("state"), RULES, options, world, step, period)


@settings(max_examples=15)
@given(world=growing(), step=STEPS, period=SPANS, options=st.sampled_from(OPTIONS))
def test_every_step_knows_who_converted_before(tmp_path_factory, options, world, step, period):
    options = {**options, "by": ("channel", "customer")}
    rules = {name: model for name, model in RULES.items() if name != "sets"}
    check_every_step(tmp_path_factory.mktemp("state"), rules, options, world, step, period)


@pytest.fixture(scope="module")
def dirty():
    """Return a dirty simulated log, and when each of its rows arrives: up to 2.9 days late."""
    data = at.datasets.simulate(700, days=70, seed=5, dirt=True, bots=1).tables
    rng = np.random.default_rng(8)
    found = []
    for name in ("touches", "conversions"):
        rows = data[name]
        times = rows["time"].cast(pa.timestamp("us")).cast(pa.int64()).to_pandas()
        arrives = times.fillna(times.min()).to_numpy(np.int64)
        lag = np.where(rng.random(len(arrives)) < 0.3, rng.random(len(arrives)) * 2.9 * DAY, 0.0)
        found.append((rows, arrives + lag.astype(np.int64)))
    return found


def dirty_log(dirty, until):
    touches, conversions = (rows.filter(pa.array(arrives < until)) for rows, arrives in dirty)
    return at.read_log(
        touches, conversions, {"dims": "campaign"}, invalid="drop", drop_limit=1.0, missing_value=0.0
    )


@pytest.mark.parametrize(
    ("step", "options"),
    [
        (1, {"goal": "purchase"}),
        (
            7,
            {
                "goal": "purchase",
                "after_conversion": "overlap",
                "lookback": "14D",
                "by": ("channel", "month"),
            },
        ),
        (7, {"goal": ("purchase",), "drop_censored": True, "by": ("channel", "campaign")}),
        (25, {"goal": "purchase", "session_gap": "30min", "max_touches": 5}),
    ],
)
def test_a_dirty_log_that_grows_with_its_bootstrap_and_its_dropped_rows(tmp_path, dirty, step, options):
    models = EVERY[:-2] if "by" in options else EVERY
    engine = at.Increments(tmp_path / "state")
    drawn = {"bootstrap": 3, "rng": 3, "buckets": 8}
    arrives = np.concatenate([arrives for _, arrives in dirty])
    first, last = np.quantile(arrives, [0.02, 0.98])  # some clocks are wrong by years
    ends = np.arange(first + 30 * DAY, last + step * DAY, step * DAY)
    for end in [*(ends if step > 1 else ends[-3:]), arrives.max() + 1]:
        log = dirty_log(dirty, end)
        credit = at.attribute(log, models, engine=engine, **drawn, **options)
        assert_same(credit, at.attribute(log, models, engine="memory", **drawn, **options))
        assert engine.last.dropped == log.load(converters_only=False).dropped
    assert engine.last.boundary is not None


def example(days=30, users=40, seed=0):
    """Return touches and conversions of some weeks, in order of time, as Arrow tables."""
    rng = np.random.default_rng(seed)
    n = users * days
    when = np.sort(rng.integers(0, days * DAY, n)) + START
    touches = pa.table(
        {
            "user_id": rng.integers(0, users, n),
            "time": pa.array(when).cast(pa.timestamp("us")),
            "channel": pa.array(rng.choice(CHANNELS, n)),
        }
    )
    bought = np.sort(rng.integers(0, days * DAY, n // 10)) + START
    conversions = pa.table(
        {
            "user_id": rng.integers(0, users, n // 10),
            "time": pa.array(bought).cast(pa.timestamp("us")),
            "value": rng.integers(1, 9, n // 10).astype(float),
        }
    )
    return touches, conversions


def until(rows, day):
    end = START + day * DAY
    return rows.filter(pa.array(rows["time"].cast(pa.int64()).to_numpy() < end))


def since(rows, day):
    begin = START + day * DAY
    return rows.filter(pa.array(rows["time"].cast(pa.int64()).to_numpy() >= begin))


MODELS = ["linear", "markov"]


def credited(rows, engine, models=MODELS, **options):
    return at.attribute(at.read_log(*rows), models, engine=engine, **options)


def test_only_the_new_rows_need_be_handed_in(tmp_path):
    touches, conversions = example()
    engine = at.Increments(tmp_path, late_by="2D")
    for day in (10, 11, 20, 29):
        credited((until(touches, day), until(conversions, day)), engine)
    recent = engine.last.boundary
    rows = [rows.filter(pa.array(rows["time"].cast(pa.int64()).to_numpy() >= recent)) for rows in example()]
    assert_same(credited(rows, engine), credited((touches, conversions), "memory"))
    assert_same(credited((touches, conversions), engine), credited((touches, conversions), "memory"))


def test_twice_the_same_log_gives_the_same_bytes(tmp_path):
    rows = [until(rows, 20) for rows in example()]
    engine = at.Increments(tmp_path)
    first = credited(rows, engine, bootstrap=3, rng=1)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    second = credited(rows, at.Increments(tmp_path), bootstrap=3, rng=1)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before
    np.testing.assert_array_equal(first.conversions, second.conversions)
    np.testing.assert_array_equal(first.value, second.value)
    np.testing.assert_array_equal(first.bootstrap.samples.value, second.bootstrap.samples.value)


def test_the_periods_add_up_to_their_sum_and_stay_as_they_are(tmp_path):
    touches, conversions = example()
    engine = at.Increments(tmp_path, period="week")
    written = {}
    for day in (15, 22, 29):
        credited((until(touches, day), until(conversions, day)), engine)
        files = {path: path.read_bytes() for path in (tmp_path / "periods").iterdir()}
        assert written.items() <= files.items()
        written = files
    state = json.loads((tmp_path / "manifest.json").read_text())
    assert list(state["periods"]) == ["2026-W01", "2026-W02", "2026-W03", "2026-W04"]
    with StateStore.opened(tmp_path) as ledger:
        parts = [ledger.read(Stored(**file), read_tallies)["linear"] for file in state["periods"].values()]
        total = ledger.read(Stored(**state["total"]), read_tallies)["linear"]
    np.testing.assert_allclose(sum(part.sums.sum(axis=0) for part in parts), total.sums.sum(axis=0))
    settled = state["boundary"]
    n = int((conversions["time"].cast(pa.int64()).to_numpy() < settled).sum())
    assert total.sums[:, 0].sum() == pytest.approx(n)


def test_row_groups_that_are_settled_are_not_read(tmp_path):
    touches, conversions = example()
    engine = at.Increments(tmp_path / "state", late_by="1D")
    paths = [tmp_path / "touches.parquet", tmp_path / "conversions.parquet"]
    for day in (10, 20, 30):
        for path, rows in zip(paths, (touches, conversions), strict=True):
            pq.write_table(until(rows, day), path, row_group_size=50)
        assert_same(credited(paths, engine), credited(paths, "memory"))
        if day > 10:
            assert engine.last.read["touches"] < 13 * 40  # of 20 * 40 rows, and then 30 * 40
    for path in paths:  # text has no statistics that tell times: all is read, and the numbers are the same
        rows = pq.read_table(path)
        pq.write_table(rows.set_column(1, "time", rows["time"].cast(pa.string())), path)
    assert_same(credited(paths, engine), credited(paths, "memory"))
    assert engine.last.read["touches"] == 30 * 40


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_statistics_are_understood_in_every_unit(tmp_path, unit):
    touches, conversions = example(days=12)
    engine = at.Increments(tmp_path / "state", late_by="0D")
    paths = []
    for name, rows in (("touches", touches), ("conversions", conversions)):
        kind = pa.timestamp(unit, "UTC" if unit == "us" else None)
        times = rows["time"].cast(pa.int64()).cast(pa.timestamp("us")).cast(kind, safe=False)
        if unit == "s":
            times = times.cast(pa.int64())
        paths.append(tmp_path / f"{name}.parquet")
        pq.write_table(rows.set_column(1, "time", times), paths[-1], row_group_size=30)
    for _ in range(2):
        schema = {"time_unit": "s"} if unit == "s" else None
        log = at.read_log(*paths, schema)
        assert_same(at.attribute(log, MODELS, engine=engine), at.attribute(log, MODELS, engine="memory"))
    assert engine.last.read["touches"] < 3 * 40


def test_a_row_that_comes_too_late_is_refused_and_its_file_named(tmp_path):
    touches, conversions = example()
    folder = tmp_path / "touches"
    folder.mkdir()
    pq.write_table(until(touches, 25), folder / "a.parquet")
    engine = at.Increments(tmp_path / "state", late_by="2D")
    credited((folder, conversions.slice(0, 0).append_column("x", pa.array([], pa.int8())).drop("x")), engine)
    pq.write_table(until(touches, 3).slice(0, 2), folder / "b.parquet")
    with pytest.raises(EngineError, match=r"2 rows before 2026-01-23T00:00:00 UTC .*b\.parquet") as caught:
        credited((folder, conversions.slice(0, 0)), engine)
    assert caught.value.count == 2
    assert "larger late_by" in caught.value.hint


def test_rows_that_vanish_are_refused_but_a_log_may_begin_later(tmp_path):
    touches, conversions = example()
    engine = at.Increments(tmp_path, late_by="2D")
    full = credited((touches, conversions), engine)
    assert_same(credited((since(touches, 9), since(conversions, 9)), engine), full)
    fewer = pa.concat_tables([touches.slice(0, 10), touches.slice(12)])
    with pytest.raises(EngineError, match=r"2 rows before .* are gone"):
        credited((fewer, conversions), engine)


def without(rows, first, last):
    return pa.concat_tables([until(rows, first), since(rows, last)])


HOSTILE = {
    "fewer rows of mid-year than the day has on which the log begins": (
        lambda touches, conversions: (without(since(touches, 5), 12, 12.2), conversions),
        r"touches: \d+ rows before .* are gone \(\d+ of 2026-01-13\)",
    ),
    "as many new rows of another day as are gone": (
        lambda touches, conversions: (
            pa.concat_tables([without(touches, 12, 12.2), until(since(touches, 15), 15.2)]),
            conversions,
        ),
        r"touches: \d+ rows before .* are gone \(\d+ of 2026-01-13\)",
    ),
    "a touch of a new user besides": (
        lambda touches, conversions: (
            pa.concat_tables(
                [
                    without(since(touches, 5), 12, 13),
                    since(touches, 20).slice(0, 1).set_column(0, "user_id", pa.array([987])),
                ]
            ),
            conversions,
        ),
        r"touches: \d+ rows before .* are gone \(\d+ of 2026-01-13\)",
    ),
    "retention on the conversions alone": (
        lambda touches, conversions: (touches, without(since(conversions, 5), 12, 13)),
        r"conversions: \d+ rows before .* are gone \(\d+ of 2026-01-13\)",
    ),
    "two days": (
        lambda touches, conversions: (without(without(since(touches, 5), 12, 13), 18, 19), conversions),
        r"\(\d+ of 2026-01-13, \d+ of 2026-01-19\)",
    ),
    "a row older than all": (
        lambda touches, conversions: (
            pa.concat_tables(
                [
                    touches,
                    touches.slice(0, 1).set_column(
                        1, "time", pa.array([START - DAY]).cast(pa.timestamp("us"))
                    ),
                ]
            ),
            conversions,
        ),
        r"touches: 1 rows before .* were not there \(1 of 2025-12-31\)",
    ),
}


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("form", ["tables", "row groups", "two files"])
def test_settled_rows_that_go_are_told_by_day_and_count(tmp_path, hostile, form):
    change, told = HOSTILE[hostile]
    rows = example()
    engine = at.Increments(tmp_path / "state", late_by="2D")
    credited(written(rows, tmp_path / "before", form), engine)
    state = (tmp_path / "state" / "manifest.json").read_bytes()
    with pytest.raises(EngineError, match=told):
        credited(written(change(*rows), tmp_path / "after", form), engine)
    assert (tmp_path / "state" / "manifest.json").read_bytes() == state


def written(rows, folder, form):
    """Return tables as they are, as Parquet files of a row group a day, or each in two files."""
    if form == "tables":
        return rows
    places = []
    for name, table in zip(("touches", "conversions"), rows, strict=True):
        place = folder / name
        place.mkdir(parents=True)
        half = np.arange(len(table)) % 2 == 0
        parts = (
            [table] if form == "row groups" else [table.filter(pa.array(half)), table.filter(pa.array(~half))]
        )
        for number, part in enumerate(parts):
            with pq.ParquetWriter(place / f"{number}.parquet", part.schema) as file:
                days = part["time"].cast(pa.int64()).to_numpy() // DAY
                for day in np.unique(days):
                    file.write_table(part.filter(pa.array(days == day)))
        places.append(place)
    return places


def test_one_of_two_files_that_goes_is_told(tmp_path):
    touches, conversions = example()
    places = written((touches, conversions), tmp_path, "two files")
    engine = at.Increments(tmp_path / "state", late_by="2D")
    full = credited(places, engine)
    assert_same(credited(places, engine), full)
    (places[0] / "1.parquet").unlink()
    with pytest.raises(EngineError, match=r"touches: [\d,]+ rows before .* are gone .* and \d+ more days"):
        credited(places, engine)


@pytest.mark.parametrize("begins", [0, 3, 9.5])
@pytest.mark.parametrize("gone", [(12, 13), (20, 21), (10, 27)])
def test_a_log_that_begins_later_hides_no_other_row_that_vanished(tmp_path, begins, gone):
    touches, conversions = example()
    engine = at.Increments(tmp_path, late_by="2D")
    full = credited((touches, conversions), engine)
    later = since(touches, begins)
    assert_same(credited((later, conversions), engine), full)  # retention, alone, is fine
    hole = pa.concat_tables([until(later, gone[0]), since(later, gone[1])])
    lost = len(later) - len(hole)
    with pytest.raises(EngineError, match=r"touches: .* rows before .* are gone") as caught:
        credited((hole, conversions), engine)
    first_day = len(since(until(touches, int(begins) + 1), int(begins))) if begins else 0
    assert lost - first_day <= caught.value.count <= lost  # of the day that it begins on, some may be missing
    assert_same(credited((later, conversions), engine), full)
    more = pa.concat_tables([later, until(since(touches, 15), 16).slice(0, 40)])
    more = more if begins != 9.5 else pa.concat_tables([more, until(since(touches, 16), 18)])
    with pytest.raises(EngineError, match="were not there"):
        credited((more, conversions), engine)
    one = touches.slice(len(until(touches, 25)), 1)
    assert_same(credited((since(touches, 26), conversions), engine), full)
    with pytest.raises(EngineError, match="are gone"):
        credited((pa.concat_tables([touches.slice(0, 1), one, since(touches, 26)]), conversions), engine)


def test_rows_corrected_within_late_by_leave_no_trace(tmp_path):
    touches, conversions = example()
    wrong = touches.slice(len(touches) - 5).set_column(2, "channel", pa.array(["typo"] * 5))
    engine = at.Increments(tmp_path)
    credited((pa.concat_tables([until(touches, 28), wrong]), conversions), engine)
    assert_same(credited((touches, conversions), engine), credited((touches, conversions), "memory"))


def test_a_time_in_the_future_settles_nothing(tmp_path, monkeypatch):
    touches, conversions = example()
    future = touches.slice(0, 1).set_column(1, "time", pa.array([2**52]).cast(pa.timestamp("us")))
    engine = at.Increments(tmp_path)
    for day in (10, 20):
        rows = pa.concat_tables([until(touches, day), future]), until(conversions, day)
        now = START + day * DAY
        monkeypatch.setattr(time, "time_ns", lambda now=now: now * 1000)
        assert_same(credited(rows, engine), credited(rows, "memory"))
        assert engine.last.boundary == now - 4 * DAY  # three days before the newest row of the others


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"lookback": "60D"}, "lookback = 30 days, 0:00:00; this run has 60 days"),
        ({"after_conversion": "overlap"}, "after_conversion = reset; this run has overlap"),
        ({"max_touches": 3}, "max_touches = None; this run has 3"),
        ({"models": ["linear"]}, r"'markov' = Markov\(.*\), which this run lacks"),
        ({"models": ["linear", at.Markov(order=2)]}, r"'markov' = Markov\(.*; this run has Markov\(order=2"),
        ({"models": ["linear", "markov", "last_touch"]}, "were saved without model 'last_touch'"),
        ({"bootstrap": 9}, "buckets of the bootstrap = None; this run has 256"),
    ],
)
def test_tallies_of_other_settings_are_refused_by_name(tmp_path, change, name):
    rows = example()
    credited(rows, at.Increments(tmp_path))
    with pytest.raises(EngineError, match=name):
        credited(rows, at.Increments(tmp_path), **change)
    with pytest.raises(EngineError, match="period = day; this run has week"):
        credited(rows, at.Increments(tmp_path, period="week"))


def test_tallies_of_another_version_are_refused(tmp_path):
    credited(example(), at.Increments(tmp_path))
    manifest = tmp_path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 3', '"format": 99'))
    with pytest.raises(EngineError, match=r"format 99 .*this is .*format 3"):
        credited(example(), at.Increments(tmp_path))


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("manifest.json", "cut"),
        ("manifest.json", "bits"),
        ("touches.*.sealed", "cut"),
        ("touches.*.sealed", "gone"),
        ("events.*.sealed", "bits"),
    ],
)
def test_a_damaged_state_is_refused_with_the_remedy(tmp_path, name, damage):
    credited(example(), at.Increments(tmp_path))
    (path,) = tmp_path.glob(name)
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "bits":
        path.write_bytes(content.replace(content[40:44], b"\xff\xfe\0{", 1))
    else:
        path.unlink()
    with pytest.raises(EngineError) as caught:
        credited(example(), at.Increments(tmp_path))
    assert "rm -r" in caught.value.hint


def test_without_its_manifest_a_folder_starts_anew(tmp_path, caplog):
    credited(example(), at.Increments(tmp_path))
    assert "without their manifest.json" not in caplog.text
    (tmp_path / "manifest.json").unlink()
    assert_same(credited(example(), at.Increments(tmp_path)), credited(example(), "memory"))
    assert "without their manifest.json" in caplog.text


def test_a_damaged_sum_is_added_up_again(tmp_path, caplog):
    credited(example(), at.Increments(tmp_path))
    (path,) = tmp_path.glob("total.*.sealed")
    path.write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        assert_same(credited(example(), at.Increments(tmp_path)), credited(example(), "memory"))
    assert "added up again" in caplog.text


@pytest.mark.parametrize("room", [0, 1, 2])
def test_what_a_full_disk_stops_leaves_nothing_behind(tmp_path, monkeypatch, room):
    from attribution.engines.increments import state_store

    def full(descriptor):
        nonlocal room
        room -= 1
        if room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return fsync(descriptor)

    fsync = state_store.os.fsync
    monkeypatch.setattr(state_store.os, "fsync", full)
    with pytest.raises(EngineError, match="No space left") as first:
        credited(example(), at.Increments(tmp_path))
    assert "nothing was saved, and nothing is left" in str(first.value)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["lock", "periods"]
    monkeypatch.undo()
    part = [until(table, 20) for table in example()]
    assert_same(credited(part, at.Increments(tmp_path)), credited(part, "memory"))
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(state_store.os, "fsync", full)
    room = 0
    with pytest.raises(EngineError, match="state of the run before is unchanged"):
        credited(example(), at.Increments(tmp_path))
    assert sorted(tmp_path.rglob("*")) == before
    monkeypatch.undo()
    assert_same(credited(example(), at.Increments(tmp_path)), credited(example(), "memory"))


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "touches.parquet").write_bytes(b"mine")
    with pytest.raises(EngineError, match=r"touches\.parquet"):
        credited(example(), at.Increments(tmp_path))
    assert (tmp_path / "touches.parquet").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["touches.parquet"]


def test_two_runs_at_once_are_refused_and_a_dead_one_is_not_waited_for(tmp_path):
    with (
        StateStore.opened(tmp_path),
        pytest.raises(EngineError, match=f"in use by process {os.getpid()}"),
    ):
        credited(example(), at.Increments(tmp_path))
    (tmp_path / "lock").write_text("process 1\n")
    credited(example(), at.Increments(tmp_path))


def test_breakdowns_that_need_all_journeys_again_are_refused_before_any_work(tmp_path):
    log = at.read_log(*example())
    for engine in (at.Increments(tmp_path), at.Increments(tmp_path)):
        with pytest.raises(ModelError, match="'markov' by channel, month reads all journeys again"):
            at.attribute(log, ["linear", "markov"], by="month", engine=engine)
    with pytest.raises(ModelError, match="allocation='journey'") as refused:
        at.attribute(log, at.Markov(allocation="journey"), engine=at.Increments(tmp_path))
    assert 'by="channel"' not in str(refused.value)
    with pytest.raises(EngineError, match="tallies of models"):
        at.path_counts(log, engine=at.Increments(tmp_path))
    assert not (tmp_path / "manifest.json").exists()


def test_what_no_later_run_can_recognise_is_refused(tmp_path):
    touches, conversions = example(days=2)
    text = touches.set_column(0, "user_id", touches["user_id"].cast(pa.string()))
    buyers = conversions.set_column(0, "user_id", conversions["user_id"].cast(pa.string()))
    with pytest.raises(EngineError, match="128"):
        at.attribute(at.read_log(text, buyers, hash_bits=128), "linear", engine=at.Increments(tmp_path))
    whole = at.read_log(touches, conversions, hash_bits=128)  # integers are their own hash
    at.attribute(whole, "linear", engine=at.Increments(tmp_path))


@pytest.mark.parametrize("wrong", [{"period": "year"}, {"late_by": 3}, {"late_by": "-1D"}, {"folder": ""}])
def test_wrong_arguments_are_refused(tmp_path, wrong):
    with pytest.raises(EngineError):
        at.Increments(**{"folder": tmp_path, **wrong})


def test_an_empty_log_settles_nothing(tmp_path):
    rows = [rows.slice(0, 0) for rows in example()]
    engine = at.Increments(tmp_path)
    assert_same(credited(rows, engine), credited(rows, "memory"))
    assert engine.last.boundary is None
    assert_same(credited(example(), engine), credited(example(), "memory"))


def test_a_log_in_one_table(tmp_path):
    touches, _ = example()
    events = touches.append_column("bought", pa.array(np.arange(len(touches)) % 9 == 0))
    engine = at.Increments(tmp_path)
    for day in (10, 20, 30):
        log = at.read_log(until(events, day), schema={"conversion": "bought"})
        assert_same(at.attribute(log, MODELS, engine=engine), at.attribute(log, MODELS, engine="memory"))


def test_grouped_channels_and_their_rules(tmp_path):
    rows = example()
    rules = [("paid", "re:ad|search")]
    engine = at.Increments(tmp_path)
    for day in (15, 30):
        log = at.read_log(*(until(each, day) for each in rows)).group_channels(rules)
        assert_same(at.attribute(log, MODELS, engine=engine), at.attribute(log, MODELS, engine="memory"))
    with pytest.raises(EngineError, match=r"channels\.rules\[0\]"):
        at.attribute(at.read_log(*rows).group_channels([("Paid", "re:ad|search")]), MODELS, engine=engine)


RUN = """
import sys
import attribution as at
folder, touches, conversions = sys.argv[1:]
print("ready", flush=True)
at.attribute(at.read_log(touches, conversions), ["linear", "markov"], engine=at.Increments(folder))
"""


def test_killed_at_any_moment_the_next_run_is_right(tmp_path):
    touches, conversions = example(days=60, users=60)
    paths = [tmp_path / "touches.parquet", tmp_path / "conversions.parquet"]
    state = tmp_path / "state"
    rng = np.random.default_rng(2)
    whole = 0.0
    for attempt in range(8):
        for path, rows in zip(paths, (touches, conversions), strict=True):
            pq.write_table(until(rows, 10 + 6 * attempt), path)
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(RUN), str(state), *map(str, paths)],
            env={**os.environ, "PYTHONPATH": str(Path(at.__file__).parents[1])},
            stdout=subprocess.PIPE,
        )
        process.stdout.readline()
        began = time.monotonic()
        if attempt == 0:
            process.wait()
            whole = time.monotonic() - began
        else:
            time.sleep(rng.random() * whole * 1.2)
            process.send_signal(signal.SIGKILL)
            process.wait()
        process.stdout.close()
    assert_same(credited(paths, at.Increments(state)), credited(paths, "memory"))
    named = json.loads((state / "manifest.json").read_text())
    stored = [*named["periods"].values(), named["total"], named["touches"], named["events"]]
    expected = {file["file"] for file in stored} | {"manifest.json", "lock"}
    assert {str(path.relative_to(state)) for path in state.rglob("*") if path.is_file()} == expected


@pytest.mark.parametrize(("step", "first"), [(1, 57), (7, 46), (30, 30)])
def test_every_model_grows_in_steps_of_days(step, first, tmp_path):
    """Every registered model, the learned ones too, on a log that grows by 1, 7 and 30 days."""
    data = simulate(500, seed=4, days=60)
    models = {name: name for name in REGISTERED if name not in ("custom_rule", "w_shaped")}
    engine = at.Increments(tmp_path / "state")
    for day in range(first, 61, step):
        moment = np.datetime64("2025-01-01", "us") + np.timedelta64(day, "D")
        known = [
            each.filter(pc.less(each["time"], instant(moment))) for each in (data.touches, data.conversions)
        ]
        found = at.attribute(at.read_log(*known), models, goal="purchase", engine=engine)
    assert_same(found, at.attribute(at.read_log(*known), models, goal="purchase", engine="memory"))


def instant(moment):
    """Return a numpy time as the Arrow scalar that columns of UTC times compare with."""
    return pa.scalar(int(moment.astype(np.int64)), pa.int64()).cast(pa.timestamp("us", "UTC"))
