"""Every form in which a log may come gives the same log."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from attribution.errors import LogError
from attribution.eventlog.read import read_log
from attribution.tables.keys import hash_array
from tests.eventlog.tables import (
    HOUR,
    T0_US,
    conversion_table,
    same_log,
    touch_rows,
    touch_table,
    well_formed,
)

SCHEMA = {"dims": ("campaign",)}


def parquet(table: pa.Table, path: Path) -> str:
    pq.write_table(table, path / "t.parquet", compression="zstd")
    return str(path / "t.parquet")


def parquet_small_groups(table: pa.Table, path: Path) -> Path:
    pq.write_table(table, path / "t.parquet", row_group_size=2, use_dictionary=False)
    return path / "t.parquet"


def parquet_folder(table: pa.Table, path: Path) -> Path:
    (path / "_delta_log").mkdir()
    (path / "_delta_log" / "x.parquet").write_bytes(b"no data")
    (path / "_SUCCESS").touch()
    (path / "README.txt").write_text("no data")
    (path / ".hidden.parquet").write_bytes(b"no data")
    for number in range(table.num_rows):
        pq.write_table(table.slice(number, 1), path / f"part-{number}.parquet")
    return path


def parquet_glob(table: pa.Table, path: Path) -> str:
    parquet_folder(table, path)
    return str(path / "part-*.parquet")


def parquet_recursive_glob(table: pa.Table, path: Path) -> str:
    (path / "a" / "b").mkdir(parents=True)
    parquet(table, path / "a" / "b")
    (path / "_delta_log").mkdir()
    (path / "_delta_log" / "x.parquet").write_bytes(b"no data")
    return str(path / "**" / "*.parquet")


def mixed_list(table: pa.Table, path: Path) -> list[str]:
    for name in "abc":
        (path / name).mkdir()
    return [
        parquet(table.slice(0, 2), path / "a"),
        str(feather_file(table.slice(2, 1), path / "b")),
        str(csv(table.slice(3), path / "c")),
    ]


def hive(table: pa.Table, path: Path) -> Path:
    key = table.column_names[2]
    for label in dict.fromkeys(table[key].to_pylist()):
        folder = path / f"{key}={label}"
        folder.mkdir()
        part = table.filter(pa.array([value == label for value in table[key].to_pylist()]))
        pq.write_table(part.drop_columns(key), folder / "part.parquet")
    return path


def csv(table: pa.Table, path: Path) -> Path:
    pacsv.write_csv(table, path / "t.csv")
    return path / "t.csv"


def csv_gz(table: pa.Table, path: Path) -> Path:
    (path / "t.csv.gz").write_bytes(gzip.compress(csv(table, path).read_bytes()))
    return path / "t.csv.gz"


def semicolons(table: pa.Table, path: Path) -> Path:
    text = csv(table, path).read_text()
    (path / "t.tsv").write_text("\ufeff" + text.replace(",", ";"))
    return path / "t.tsv"


def ipc_file(table: pa.Table, path: Path) -> Path:
    with pa.ipc.new_file(path / "t.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return path / "t.arrow"


def ipc_stream(table: pa.Table, path: Path) -> Path:
    with pa.ipc.new_stream(path / "t.arrows", table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return path / "t.arrows"


def feather_file(table: pa.Table, path: Path) -> Path:
    feather.write_feather(table, path / "t.feather", compression="lz4")
    return path / "t.feather"


def pandas_objects(table: pa.Table, path: Path) -> object:
    frame = table.to_pandas()
    for name in frame.columns:
        frame[name] = frame[name].astype(object)
    return frame


def pandas_categorical(table: pa.Table, path: Path) -> object:
    frame = table.to_pandas()
    return frame.astype({"user_id": "category", table.column_names[2]: "category"}).set_index("time")


class Capsule:
    """An object of which nothing is known but that it hands out a stream each time it is asked."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


FORMS: dict[str, Callable[[pa.Table, Path], object]] = {
    form.__name__: form
    for form in (
        parquet,
        parquet_small_groups,
        parquet_folder,
        parquet_glob,
        parquet_recursive_glob,
        mixed_list,
        csv,
        csv_gz,
        semicolons,
        ipc_file,
        ipc_stream,
        feather_file,
        pandas_objects,
        pandas_categorical,
    )
} | {
    "table": lambda table, path: table,
    "chunks": lambda table, path: pa.concat_tables([table.slice(0, 1), table.slice(1)]),
    "pandas": lambda table, path: table.to_pandas(),
    "polars": lambda table, path: pl.from_arrow(table),
    "polars_categorical": lambda table, path: pl.from_arrow(table).with_columns(
        pl.col("user_id").cast(pl.Categorical)
    ),
    "duckdb": lambda table, path: duckdb.connect().from_arrow(table),
    "reader": lambda table, path: table.to_reader(max_chunksize=2),
    "capsule": lambda table, path: Capsule(table),
    "mapping": lambda table, path: table.to_pydict(),
}


@pytest.fixture
def expected():
    return read_log(touch_table(), conversion_table(), SCHEMA).load()


def test_the_reference_is_what_the_tables_say(expected):
    well_formed(expected)
    assert expected.channels == ("display", "email", "search")
    users = dict(
        zip(
            ["ann", "bob", "cleo", "dora"],
            hash_array(pa.array(["ann", "bob", "cleo", "dora"])).tolist(),
            strict=True,
        )
    )
    assert touch_rows(expected.touches, expected.channels) == sorted(
        [
            (users["ann"], T0_US, "email", 5, "spring"),
            (users["bob"], T0_US + HOUR, "search", 4, "None"),
            (users["ann"], T0_US + 2 * HOUR, "search", 3, "brand"),
            (users["cleo"], T0_US + 3 * HOUR, "display", 2, "spring"),
            (users["bob"], T0_US + 4 * HOUR, "email", 1, "None"),
        ]
    )
    conversions = expected.conversions
    assert conversions.user.tolist() == [users["ann"], users["bob"], users["dora"]]
    assert conversions.value.tolist() == [10.0, -2.5, 0.0]
    assert conversions.goal.values().tolist() == ["purchase", "lead", "purchase"]
    assert conversions.order[2] == 0
    assert len(set(conversions.order.tolist())) == 3
    assert (expected.start, expected.end) == (T0_US, T0_US + 7 * HOUR)
    assert expected.users == "string"


@pytest.mark.parametrize("form", FORMS)
def test_touches_in_every_form(form, expected, tmp_path):
    log = read_log(FORMS[form](touch_table(), tmp_path), conversion_table(), SCHEMA)
    loaded = log.load()
    well_formed(loaded)
    same_log(loaded, expected)


@pytest.mark.parametrize("form", FORMS)
def test_conversions_in_every_form(form, expected, tmp_path):
    log = read_log(touch_table(), FORMS[form](conversion_table(), tmp_path), SCHEMA)
    same_log(log.load(), expected)


@pytest.mark.parametrize("form", ["parquet", "csv", "reader", "duckdb", "pandas", "ipc_stream"])
def test_a_log_in_one_table_in_every_form(form, tmp_path):
    table = touch_table().append_column("bought", pa.array([False, True, None, True, False]))
    schema = {"conversion": "bought", "dims": ("campaign",)}
    expected = read_log(table, schema=schema).load()
    assert len(expected.conversions) == 2
    same_log(read_log(FORMS[form](table, tmp_path), schema=schema).load(), expected)


def test_hive_partitions_become_columns(expected, tmp_path):
    log = read_log(hive(touch_table(), tmp_path), conversion_table(), SCHEMA)
    same_log(log.load(), expected)
    assert len(log.files) == 3


def test_hive_partitions_unquote_and_know_null(tmp_path):
    base = touch_table().drop_columns("campaign")
    for folder in ("campaign=a%2Fb", "campaign=__HIVE_DEFAULT_PARTITION__"):
        (tmp_path / folder).mkdir()
        pq.write_table(base, tmp_path / folder / "x.parquet")
    loaded = read_log(tmp_path, conversion_table(), SCHEMA).load()
    (campaign,) = loaded.touches.dims
    assert campaign.labels == ("a/b",)
    assert sorted(campaign.codes.tolist()) == [-1] * 5 + [0] * 5


def test_files_may_differ_in_width_and_encoding(tmp_path):
    one = pa.table({"user_id": pa.array([1, 2], pa.int32()), "time": times_ms(2), "channel": ["a", "b"]})
    two = pa.table(
        {
            "channel": pa.array(["b", "a"]).dictionary_encode(),
            "extra": [1, 2],
            "user_id": pa.array([1, 3], pa.uint64()),
            "time": times_ms(2).cast(pa.timestamp("ns", "UTC")),
        }
    )
    pq.write_table(one, tmp_path / "1.parquet")
    pq.write_table(two, tmp_path / "2.parquet")
    orders = pa.table({"user_id": [1], "time": times_ms(1)})
    loaded = read_log([tmp_path / "1.parquet", tmp_path / "2.parquet"], orders).load()
    well_formed(loaded)
    assert loaded.touches.user.tolist() == hash_array(pa.array([1, 2, 1, 3])).tolist()
    assert loaded.touches.time.tolist() == [T0_US, T0_US + 1000] * 2
    assert [loaded.channels[code] for code in loaded.touches.channel] == ["a", "b", "b", "a"]


def times_ms(n: int) -> pa.Array:
    return pa.array(np.arange(n) + T0_US // 1000, pa.timestamp("ms", "UTC"))


def test_only_needed_columns_are_read(tmp_path, monkeypatch):
    table = touch_table().append_column("junk", pa.array(["x"] * 5))
    pq.write_table(table, tmp_path / "t.parquet")
    asked = []
    real = pq.ParquetFile.iter_batches

    def spy(self, *args, columns=None, **options):
        asked.append(columns)
        return real(self, *args, columns=columns, **options)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", spy)
    read_log(tmp_path / "t.parquet", conversion_table(), {"sequence": ""}).load()
    assert asked == [["user_id", "time", "channel"]]


def test_csv_text_stays_text(tmp_path):
    (tmp_path / "t.csv").write_text(
        "user_id,time,channel\n007,2026-03-01 12:00:00,1e5\n"
        '7,2026-03-01,"multi\nline, ""quoted"""\n07,2026-03-01T13,NA\n'
    )
    (tmp_path / "c.csv").write_text("user_id,time,revenue\n007,2026-03-02,12.50\n")
    loaded = read_log(tmp_path / "t.csv", tmp_path / "c.csv").load()
    assert loaded.channels == ("1e5", "NA", 'multi\nline, "quoted"')
    assert len(set(loaded.touches.user.tolist())) == 3
    assert loaded.conversions.value.tolist() == [12.5]
    assert loaded.touches.time.tolist() == [T0_US, T0_US - 12 * HOUR, T0_US + HOUR]


def test_csv_ids_are_numbers_where_the_other_table_says_so(tmp_path):
    (tmp_path / "t.csv").write_text(
        "user_id,time,channel\n9223372036854775807,2026-03-01,a\n-5,2026-03-01,a\n 12.0 ,2026-03-01,a\n"
    )
    orders = pa.table({"user_id": [9223372036854775807, -5, 12], "time": ["2026-03-02"] * 3})
    loaded = read_log(tmp_path / "t.csv", orders).load()
    assert loaded.users == "integer"
    assert loaded.touches.user.tolist() == loaded.conversions.user.tolist()


def test_csv_epochs(tmp_path):
    (tmp_path / "t.csv").write_text("user_id,time,channel\na,1772366400,x\nb, 1772366401 ,x\n")
    orders = pa.table({"user_id": ["a"], "time": pa.array([1772366402])})
    loaded = read_log(tmp_path / "t.csv", orders, {"time_unit": "s"}).load()
    assert loaded.touches.time.tolist() == [T0_US, T0_US + 1_000_000]


def test_a_folder_without_permission_is_not_passed_over(tmp_path, monkeypatch):
    parquet_folder(touch_table(), tmp_path)

    def closed(place, onerror, followlinks):
        onerror(PermissionError(13, "Permission denied", str(place)))
        return iter(())

    monkeypatch.setattr("attribution.tables.files.os.walk", closed)
    with pytest.raises(LogError, match="no permission"):
        read_log(tmp_path, conversion_table())


def test_files_are_named_for_the_manifest(tmp_path):
    log = read_log(parquet(touch_table(), tmp_path), conversion_table())
    assert [file.name for file in log.files] == ["t.parquet"]
    assert log.touches.n_rows == 5
    assert read_log(touch_table(), conversion_table()).files == ()
