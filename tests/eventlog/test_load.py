"""Loading: laws over forms and orders, users and times of every type, one table, converters only, streams."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import uuid
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.errors import LogError
from attribution.eventlog.read import read_log
from attribution.tables.decode import decode_touches
from attribution.tables.delimited import NULLS
from attribution.tables.keys import hash_array
from tests.eventlog.tables import (
    HOUR,
    T0,
    T0_US,
    UTC,
    conversion_table,
    same_log,
    times,
    touch_rows,
    touch_table,
    well_formed,
)

LABELS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=4)
EARLY, LATE = T0.replace(year=1990, tzinfo=None), T0.replace(year=2100, tzinfo=None)
INSTANTS = st.datetimes(EARLY, LATE, timezones=st.just(UTC))
TOUCHES = st.lists(
    st.tuples(
        st.text("ab", min_size=1, max_size=3),
        INSTANTS,
        LABELS.filter(lambda text: text != "(unattributed)"),
        st.none() | LABELS,
    ),
    max_size=25,
)


def as_table(rows) -> pa.Table:
    users, instants, channels, campaigns = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pa.table(
        {
            "user_id": pa.array(users, pa.string()),
            "time": pa.array(instants, pa.timestamp("us", "UTC")),
            "channel": pa.array(channels, pa.string()),
            "campaign": pa.array(campaigns, pa.string()),
        }
    )


@given(TOUCHES, st.randoms(use_true_random=False), st.integers(1, 7))
def test_neither_order_nor_encoding_nor_chunks_matter(rows, random, chunk):
    table = as_table(rows)
    orders = pa.table({"user_id": ["a", "zz"], "time": times(2), "value": [1.0, 2.0]})
    expected = read_log(table, orders, {"dims": ("campaign",)}).load()
    well_formed(expected)
    wanted = sorted(
        (
            user,
            (instant - dt.datetime(1970, 1, 1, tzinfo=UTC)) // dt.timedelta(microseconds=1),
            channel,
            str(campaign),
        )
        for user, instant, channel, campaign in rows
    )
    names = dict(
        zip(hash_array(table["user_id"].combine_chunks()).tolist(), table["user_id"].to_pylist(), strict=True)
    )
    got = sorted((names[user], *rest) for user, *rest in touch_rows(expected.touches, expected.channels))
    assert got == wanted
    shuffled = list(rows)
    random.shuffle(shuffled)
    other = as_table(shuffled)
    for name in ("user_id", "channel", "campaign"):
        kind = random.choice(
            [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
        )
        column = (
            other[name].cast(kind) if not pa.types.is_dictionary(kind) else other[name].dictionary_encode()
        )
        other = other.set_column(other.column_names.index(name), name, column)
    batches = pa.Table.from_batches(other.to_batches(max_chunksize=chunk), other.schema)
    same_log(read_log(batches, orders, {"dims": ("campaign",)}).load(), expected)


@settings(max_examples=40)
@given(TOUCHES, st.integers(1, 9))
def test_files_give_back_what_was_written(rows, group):
    table = as_table(rows)
    orders = pa.table({"user_id": ["a"], "time": times(1)})
    expected = read_log(table, orders, {"dims": ("campaign",)}).load()
    with TemporaryDirectory() as folder:
        pq.write_table(table, f"{folder}/t.parquet", row_group_size=group, compression="zstd")
        with pa.ipc.new_file(f"{folder}/t.arrow", table.schema) as writer:
            writer.write_table(table, max_chunksize=group)
        for name in ("t.parquet", "t.arrow"):
            same_log(read_log(f"{folder}/{name}", orders, {"dims": ("campaign",)}).load(), expected)
        if all(text not in (None, *NULLS) and text.isalnum() for row in rows for text in (row[2], row[3])):
            pacsv.write_csv(table, f"{folder}/t.csv")
            same_log(read_log(f"{folder}/t.csv", orders, {"dims": ("campaign",)}).load(), expected)


@pytest.mark.parametrize(
    "kind",
    [
        pa.int8(),
        pa.uint16(),
        pa.int32(),
        pa.uint32(),
        pa.int64(),
        pa.uint64(),
        pa.dictionary(pa.int8(), pa.int32()),
    ],
)
def test_integer_users_match_whatever_their_width(kind):
    users = pa.array([5, 7, 5, 100, 7], pa.int32())
    users = users.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else users.cast(kind)
    table = touch_table().set_column(0, "user_id", users)
    loaded = read_log(table, pa.table({"user_id": [5, 7, 100], "time": times(3)})).load()
    assert loaded.users == "integer"
    assert set(loaded.touches.user.tolist()) == set(loaded.conversions.user.tolist())
    assert len(set(loaded.touches.user.tolist())) == 3


def test_negative_and_huge_integers_stay_apart():
    users = pa.array([-1, 1, 2**63 - 1, -(2**63), 0])
    loaded = read_log(
        touch_table().set_column(0, "user_id", users), pa.table({"user_id": [-1], "time": times(1)})
    ).load()
    assert len(set(loaded.touches.user.tolist())) == 5


IDS = [uuid.UUID(int=number * 7919**9) for number in range(1, 6)]


@pytest.mark.parametrize("kind", ["binary", "large_binary", "fixed", "uuid", "sliced"])
def test_binary_users_match_whatever_their_type(kind):
    raw = [one.bytes for one in IDS]
    fixed = pa.array(raw, pa.binary(16))
    users = {
        "binary": pa.array(raw, pa.binary()),
        "large_binary": pa.array(raw, pa.large_binary()),
        "fixed": fixed,
        "uuid": pa.ExtensionArray.from_storage(pa.uuid(), fixed) if hasattr(pa, "uuid") else fixed,
        "sliced": pa.array([b"x" * 16, *raw], pa.binary(16)).slice(1),
    }[kind]
    loaded = read_log(
        touch_table().set_column(0, "user_id", users),
        pa.table({"user_id": pa.array(raw, pa.binary()), "time": times(5)}),
    ).load()
    assert loaded.users == "binary"
    assert loaded.touches.user.tolist() == loaded.conversions.user.tolist()


@given(st.lists(st.none() | st.text(max_size=12), min_size=1, max_size=30), st.integers(0, 5))
def test_text_hashes_by_content(texts, offset):
    plain = hash_array(pa.array(["lead"] * offset + texts, pa.string()).slice(offset))
    known = {text: value for text, value in zip(texts, plain.tolist(), strict=True) if text is not None}
    assert len(set(known.values())) == len(known)
    for kind in (pa.large_string(), pa.string_view(), pa.binary()):
        other = hash_array(pa.array(texts, pa.string()).cast(kind))
        assert all(
            value == known[text]
            for text, value in zip(texts, other.tolist(), strict=True)
            if text is not None
        )
    coded = hash_array(pa.array(texts, pa.string()).dictionary_encode())
    assert all(
        value == known[text] for text, value in zip(texts, coded.tolist(), strict=True) if text is not None
    )


EPOCH = T0_US // 1_000_000
SAME_TIMES = {
    "seconds": (pa.array([EPOCH] * 5, pa.timestamp("s", "UTC")), None),
    "milliseconds": (pa.array([EPOCH * 1000] * 5, pa.timestamp("ms", "+00:00")), None),
    "nanoseconds": (pa.array([EPOCH * 10**9 + 999] * 5, pa.timestamp("ns", "Etc/UTC")), None),
    "epoch seconds": (pa.array([EPOCH] * 5, pa.int32()), "s"),
    "epoch milliseconds": (pa.array([EPOCH * 1000] * 5), "ms"),
    "epoch nanoseconds": (pa.array([EPOCH * 10**9] * 5, pa.uint64()), "ns"),
    "text with Z": (pa.array(["2026-03-01T12:00:00Z"] * 5), None),
    "text with UTC": (pa.array(["2026-03-01 12:00:00 UTC"] * 5), None),
    "text with offsets": (
        pa.array(
            [
                "2026-03-01T13:00+01:00",
                "2026-03-01 07:00:00-0500",
                "2026-03-01T12Z",
                "2026-03-01T12:00:00.0000009+00",
                " 2026-03-01T12:00Z ",
            ]
        ),
        None,
    ),
    "text in a dictionary": (pa.array(["2026-03-01T12:00:00Z"] * 5).dictionary_encode(), None),
}


@pytest.mark.parametrize("name", SAME_TIMES)
def test_times_of_every_kind(name):
    column, unit = SAME_TIMES[name]
    table = touch_table().set_column(1, "time", column)
    orders = pa.table({"user_id": ["ann"], "time": times(1)})
    loaded = read_log(table, orders, {"time_unit": unit}).load()
    assert loaded.touches.time.tolist() == [T0_US] * 5


def test_nanoseconds_before_1970_round_down():
    table = touch_table().set_column(1, "time", pa.array([-1, -1000, -1001, 0, 999], pa.timestamp("ns")))
    loaded = read_log(table, pa.table({"user_id": ["ann"], "time": times(1, None)})).load()
    assert loaded.touches.time.tolist() == [-1, -1, -2, 0, 0]


def test_dates_are_midnights():
    table = touch_table().set_column(1, "time", pa.array([dt.date(2026, 3, 1)] * 5))
    orders = pa.table({"user_id": ["ann"], "time": pa.array(["2026-03-01 12:00:00"])})
    loaded = read_log(table, orders).load()
    assert loaded.touches.time.tolist() == [T0_US - 12 * HOUR] * 5
    assert loaded.conversions.time.tolist() == [T0_US]


def test_columns_with_other_names_in_each_table():
    left = touch_table().rename_columns(["uid", "clicked_at", "utm", "campaign", "sequence"])
    right = conversion_table().rename_columns(["customer", "bought_at", "value", "goal", "order_id"])
    schema = {"user": ("uid", "customer"), "time": ["clicked_at", "bought_at"], "channel": "utm"}
    same_log(read_log(left, right, schema).load(), read_log(touch_table(), conversion_table()).load())


def test_a_primary_name_wins_over_an_alias():
    table = touch_table().append_column("uid", pa.array([1] * 5)).append_column("date", pa.array([1.5] * 5))
    same_log(read_log(table, conversion_table()).load(), read_log(touch_table(), conversion_table()).load())


def test_dimensions_of_both_tables_get_two_names():
    orders = (
        conversion_table()
        .append_column("campaign", pa.array(["x", None, "y"]))
        .append_column("region", pa.array(["n", "s", "n"]))
    )
    loaded = read_log(touch_table(), orders, {"dims": ("campaign", "region")}).load()
    assert loaded.touch_dims == ("campaign",)
    assert loaded.conversion_dims == ("conversion_campaign", "region")
    assert loaded.conversions.dims[0].values().tolist() == ["x", None, "y"]
    assert loaded.touches.dims[0].values().tolist() == ["spring", None, "brand", "spring", None]


def one_table(flags) -> pa.Table:
    return (
        touch_table()
        .append_column("flag", flags if isinstance(flags, pa.Array) else pa.array(flags))
        .append_column("value", pa.array([None, 2.0, None, None, 5.0]))
    )


FLAGS = {
    "boolean": [False, True, None, False, True],
    "integer": [0, 1, 0, None, 1],
    "float": [0.0, 1.0, None, 0.0, 1.0],
    "text": ["no", "YES", None, "", " true "],
    "dictionary": pa.array(["0", "1", None, "false", "t"]).dictionary_encode(),
}


@pytest.mark.parametrize("kind", FLAGS)
@pytest.mark.parametrize("converters_only", [False, True])
def test_one_table_marks_its_conversions(kind, converters_only):
    log = read_log(one_table(FLAGS[kind]), schema={"conversion": "flag"})
    loaded = log.load(converters_only=converters_only)
    well_formed(loaded)
    users = hash_array(pa.array(["ann", "bob", "cleo"])).tolist()
    assert loaded.conversions.user.tolist() == [users[1], users[1]]
    assert loaded.conversions.value.tolist() == [2.0, 5.0]
    assert loaded.channels == ("display", "email", "search")
    assert (loaded.start, loaded.end) == (T0_US, T0_US + 4 * HOUR)
    assert set(loaded.touches.user.tolist()) >= {users[1]}
    if not converters_only:
        assert len(loaded.touches) == 5


def test_conversions_may_be_no_touches_and_then_need_no_channel():
    table = one_table(FLAGS["boolean"]).set_column(
        2, "channel", pa.array(["email", None, "search", "email", None])
    )
    log = read_log(table, schema={"conversion": "flag", "conversion_is_touch": False})
    for converters_only in (False, True):
        loaded = log.load(converters_only=converters_only, cache=False)
        assert loaded.channels == ("email", "search")
        assert len(loaded.conversions) == 2
    assert len(log.load().touches) == 3


def test_rows_of_one_table_are_counted_in_the_table():
    table = one_table([False, True, False, True, True]).set_column(
        5, "flag", pa.array([False, True, False, True, True])
    )
    with pytest.raises(LogError, match="values are missing") as caught:
        read_log(table, schema={"conversion": "flag"}).load()
    assert caught.value.rows == (3,)


@given(TOUCHES, st.lists(st.tuples(st.text("ab", min_size=1, max_size=3), INSTANTS), max_size=6))
def test_converters_only_keeps_what_converters_need(rows, conversions):
    users, instants = zip(*conversions, strict=True) if conversions else ((), ())
    orders = pa.table(
        {"user_id": pa.array(users, pa.string()), "time": pa.array(instants, pa.timestamp("us", "UTC"))}
    )
    log = read_log(as_table(rows), orders, {"dims": ("campaign",)})
    some, every = log.load(converters_only=True, cache=False), log.load(cache=False)
    well_formed(some)
    assert (some.channels, some.start, some.end) == (every.channels, every.start, every.end)
    wanted = set(every.conversions.user.tolist())
    rows_of = [row for row in touch_rows(every.touches, every.channels) if row[0] in wanted]
    kept = touch_rows(some.touches, some.channels)
    assert [row for row in kept if row[0] in wanted] == rows_of
    assert set(kept) <= set(touch_rows(every.touches, every.channels))


def test_loads_are_cached_and_a_full_one_serves_both(tmp_path):
    log = read_log(touch_table(), conversion_table())
    full = log.load()
    assert log.load() is full
    assert log.load(converters_only=True) is full
    other = read_log(touch_table(), conversion_table())
    assert other.load(cache=False) is not other.load()


def test_opening_reads_no_rows(tmp_path, monkeypatch):
    pq.write_table(touch_table(), tmp_path / "t.parquet")
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda *_, **__: pytest.fail("rows were read"))
    log = read_log(tmp_path / "t.parquet", conversion_table().to_reader())
    assert "not read yet" in repr(log)
    assert log.to_frame()["rows"].iloc[0] == 5


def test_a_reader_is_kept_so_that_it_can_be_read_again():
    log = read_log(touch_table().to_reader(), conversion_table().to_reader())
    first = log.load(converters_only=True)
    same_log(log.load(), read_log(touch_table(), conversion_table()).load())
    assert log.audit(now="2026-04-01")["null_keys"].passed
    assert first.channels == log.load().channels


def test_a_reader_that_was_not_kept_explains_itself():
    log = read_log(touch_table().to_reader(), conversion_table())
    log.load(cache=False)
    with pytest.raises(LogError, match="can be read once, and has been") as caught:
        log.load(cache=False)
    assert caught.value.hint == "touches = touches.read_all()"


def test_a_kept_reader_tells_which_columns_it_kept():
    log = read_log(touch_table().to_reader(), conversion_table())
    log.load()
    with pytest.raises(LogError, match=r"only .*'channel'.* were kept"):
        log.group_channels([("x", "re:.", None, None, "spring")]).load()


def test_a_stream_that_runs_dry_is_found_out():
    class Draining:
        def __init__(self):
            self.table = touch_table()

        def __arrow_c_stream__(self, requested_schema=None):
            table, self.table = self.table, self.table.slice(0, max(self.table.num_rows - 1, 0))
            return table.__arrow_c_stream__(requested_schema)

    log = read_log(Draining(), conversion_table())
    log.load(cache=False)
    with pytest.raises(LogError, match="rows at first, then"):
        log.load(cache=False)


def test_a_frame_may_change_after_it_was_handed_in():
    frame = touch_table().to_pandas()
    log = read_log(frame, conversion_table())
    frame["channel"] = "changed"
    assert log.load().channels == ("display", "email", "search")


def test_batches_decode_alone_as_a_streaming_engine_needs(tmp_path):
    pq.write_table(touch_table(), tmp_path / "t.parquet", row_group_size=2)
    log = read_log(tmp_path / "t.parquet", conversion_table())
    table = log.touch_table
    parts = [
        decode_touches(batch, table)
        for batch in log.touches.batches(table.touch_columns, labels=table.labels)
    ]
    loaded = log.load()
    assert np.concatenate([part.user for part in parts]).tolist() == loaded.touches.user.tolist()
    assert np.concatenate([part.time for part in parts]).tolist() == loaded.touches.time.tolist()
    names = [part.channel.labels[int(code)].as_py() for part in parts for code in part.channel.codes]
    assert names == ["email", "search", "search", "display", "email"]


def test_the_log_shows_itself():
    log = read_log(touch_table(), conversion_table(), {"dims": ("campaign",)})
    text = repr(log)
    assert "touches" in text
    assert "dims: campaign" in text
    log.load()
    assert "3 channels, 3 conversions, 2026-03-01T12:00:00 to 2026-03-01T19:00:00 UTC" in repr(log)
    assert "<table" in log._repr_html_()
    assert isinstance(log.to_frame(), pd.DataFrame)


def test_progress_is_shown_on_request(capsys):
    read_log(touch_table(), conversion_table()).load(progress=True)
    assert "reading touches" in capsys.readouterr().err


def test_csv_reads_the_usual_words_for_nothing_as_null(tmp_path):
    (tmp_path / "t.csv").write_text(
        "user_id,time,channel,campaign\n" + "".join(f"u,2026-03-01,NA,{n}\n" for n in NULLS)
    )
    orders = pa.table({"user_id": ["u"], "time": times(1, None)})
    loaded = read_log(tmp_path / "t.csv", orders, {"dims": "campaign"}).load()
    assert loaded.touches.dims[0].codes.tolist() == [-1] * len(NULLS)
    assert loaded.channels == ("NA",)


def test_reading_parquet_imports_no_pandas(tmp_path):
    pq.write_table(touch_table(), tmp_path / "t.parquet")
    pq.write_table(conversion_table(), tmp_path / "c.parquet")
    code = (
        "import sys; from attribution.eventlog.read import read_log\n"
        "log = read_log(sys.argv[1], sys.argv[2], {'dims': ('campaign',)})\n"
        "log.load(converters_only=True); log.load()\n"
        "assert 'pandas' not in sys.modules and 'pyarrow.dataset' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "t.parquet"), str(tmp_path / "c.parquet")], check=True
    )


def test_the_reference_time_is_what_it_says():
    assert T0.timestamp() * 1_000_000 == T0_US
