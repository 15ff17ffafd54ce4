"""Bad input: each kind is an error that names column, rows and remedy, or has a right answer."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from attribution.errors import AttributionError, LogError
from attribution.eventlog.read import read_log
from attribution.eventlog.schema import LogSchema
from tests.eventlog.tables import T0, UTC, conversion_table, times, touch_table


class Bad(NamedTuple):
    """A log that cannot be read, and what its error must say."""

    make: Callable[[Path], Any]
    column: str | None
    words: tuple[str, ...]
    rows: tuple[int, ...] = ()
    count: int | None = None
    hint: str = ""


def touches(**columns: Any) -> pa.Table:
    """Return the usual touches with some columns replaced, added, or (None) left out."""
    table = touch_table()
    for name, values in columns.items():
        if name in table.column_names:
            table = table.drop_columns(name)
        if values is not None:
            table = table.append_column(name, values if isinstance(values, pa.Array) else pa.array(values))
    return table


def orders(**columns: Any) -> pa.Table:
    table = conversion_table()
    for name, values in columns.items():
        if name in table.column_names:
            table = table.drop_columns(name)
        if values is not None:
            table = table.append_column(name, values if isinstance(values, pa.Array) else pa.array(values))
    return table


def load(left: Any = None, right: Any = None, schema: Any = None, **options: Any) -> Any:
    return read_log(
        touch_table() if left is None else left,
        conversion_table() if right is None else right,
        schema,
        **options,
    ).load()


def frame(**columns: Any) -> pd.DataFrame:
    table = touch_table().to_pandas()
    for name, values in columns.items():
        table[name] = pd.Series(values, dtype=object)
    return table


def repeated_names() -> pa.Table:
    return pa.Table.from_arrays(
        [pa.array([1]), pa.array([2]), times(1), pa.array(["a"])], ["user_id", "user_id", "time", "channel"]
    )


def truncated(path: Path, keep: float = 0.5) -> Path:
    pq.write_table(
        pa.table({**{n: touch_table()[n] for n in touch_table().column_names}}), path / "whole.parquet"
    )
    data = (path / "whole.parquet").read_bytes()
    (path / "cut.parquet").write_bytes(data[: int(len(data) * keep)])
    return path / "cut.parquet"


def corrupt_page(path: Path) -> Path:
    """Return a Parquet file whose footer is fine and whose data is not."""
    big = pa.table({"user_id": np.arange(5000), "time": times(5000), "channel": ["a", "b"] * 2500})
    pq.write_table(big, path / "t.parquet", compression="zstd", write_page_checksum=True)
    data = bytearray((path / "t.parquet").read_bytes())
    data[100:2000] = b"\x00" * 1900
    (path / "t.parquet").write_bytes(bytes(data))
    return path / "t.parquet"


def write(path: Path, name: str, content: bytes) -> Path:
    (path / name).write_bytes(content)
    return path / name


def second_file_lacks(path: Path) -> list[Path]:
    pq.write_table(touch_table(), path / "1.parquet")
    pq.write_table(
        touch_table().rename_columns(["user_id", "time", "chanel", "campaign", "sequence"]),
        path / "2.parquet",
    )
    return [path / "1.parquet", path / "2.parquet"]


def second_file_of_other_users(path: Path) -> list[Path]:
    pq.write_table(touch_table(), path / "1.parquet")
    pq.write_table(touches(user_id=[1, 2, 3, 4, 5]), path / "2.parquet")
    return [path / "1.parquet", path / "2.parquet"]


def second_file_naive(path: Path) -> list[Path]:
    pq.write_table(touch_table(), path / "1.parquet")
    pq.write_table(touches(time=times(5, None)), path / "2.parquet")
    return [path / "1.parquet", path / "2.parquet"]


class NoStream:
    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise RuntimeError("the connection is closed")


ISO = ["2026-03-01T12:00:00Z"] * 5
NAIVE = ["2026-03-01 12:00"] * 5
UTC_TIMES = [T0] * 5

BAD: dict[str, Bad] = {
    # columns
    "no user column": Bad(
        lambda p: load(touches(user_id=None)),
        "user_id",
        ("touches has no user column", "'channel'"),
        hint="LogSchema(user=",
    ),
    "no channel column": Bad(
        lambda p: load(touches(channel=None)), "channel", ("no channel column",), hint="LogSchema(channel="
    ),
    "misspelt column": Bad(
        lambda p: load(schema=LogSchema(channel="chanel")),
        "chanel",
        ("did you mean 'channel'",),
        hint="'channel'",
    ),
    "misspelt dimension": Bad(
        lambda p: load(schema={"dims": ("campain",)}),
        "campain",
        ("did you mean 'campaign'",),
        hint="'campaign'",
    ),
    "two aliases": Bad(
        lambda p: load(touches(user_id=None, visitor_id=[1] * 5, uid=[1] * 5)),
        "visitor_id",
        ("'visitor_id' and 'uid'", "which"),
        hint="LogSchema(user=('visitor_id', 'user_id'))",  # the orders have no visitor_id
    ),
    "two optional aliases": Bad(
        lambda p: load(right=orders(value=None, revenue=[1.0] * 3, amount=[1.0] * 3)),
        "revenue",
        ("'revenue' and 'amount'",),
        hint='value="" for none',
    ),
    "several faults at once": Bad(
        lambda p: load(touches(user_id=None, channel=None), orders(time=None)),
        "user_id",
        ("3 places", "no user column", "no channel column", "conversions has no time column"),
    ),
    "repeated column name": Bad(
        lambda p: load(repeated_names()), "user_id", ("more than one column",), hint="rename"
    ),
    "repeated name in pandas": Bad(
        lambda p: load(repeated_names().to_pandas()), "user_id", ("more than one column",), hint="rename"
    ),
    "no conversions": Bad(
        lambda p: read_log(touch_table()),
        None,
        ("has no conversions",),
        hint="read_log(touches, conversions)",
    ),
    "conversion flag and table": Bad(
        lambda p: load(schema={"conversion": "campaign"}), "campaign", ("table of them too",)
    ),
    "misspelt flag": Bad(
        lambda p: read_log(touches(bought=[True] * 5), schema={"conversion": "bougt"}),
        "bougt",
        ("did you mean 'bought'",),
    ),
    "unknown schema field": Bad(lambda p: load(schema={"usr": "x"}), "usr", ("did you mean 'user'",)),
    "schema of a wrong type": Bad(
        lambda p: load(schema=["user"]), "schema", ("neither a LogSchema nor a mapping",)
    ),
    "schema field of a wrong type": Bad(
        lambda p: LogSchema(user=5), "user", ("must be a column name",), hint="LogSchema(user="
    ),
    "dims of a wrong type": Bad(lambda p: LogSchema(dims=5), "dims", ("sequence of column names",)),
    "dims twice": Bad(lambda p: LogSchema(dims=("a", "a")), "dims", ("more than once",)),
    "dims is the user": Bad(lambda p: LogSchema(user="u", dims=("u",)), "dims", ("already the user",)),
    "unknown unit": Bad(lambda p: LogSchema(time_unit="sec"), "time_unit", ("no time_unit 'sec'",)),
    "flag of a wrong type": Bad(
        lambda p: LogSchema(conversion_is_touch=1), "conversion_is_touch", ("True or False",)
    ),
    "invalid misspelt": Bad(lambda p: load(invalid="dropp"), "invalid", ("did you mean 'drop'",)),
    "missing_value no number": Bad(lambda p: load(missing_value=float("nan")), "missing_value", ("finite",)),
    # users
    "float users": Bad(
        lambda p: load(touches(user_id=[1.0, 2, 3, 4, 5])),
        "user_id",
        ("type double", "2**53"),
        hint='"Int64"',
    ),
    "users with NaN from pandas": Bad(
        lambda p: load(touches(user_id=pa.array([1.0, None, 3, 4, 5]))),
        "user_id",
        ("double",),
        hint='"Int64"',
    ),
    "nested users": Bad(lambda p: load(touches(user_id=[[1]] * 5)), "user_id", ("list<",)),
    "boolean users": Bad(lambda p: load(touches(user_id=[True] * 5)), "user_id", ("bool",)),
    "users of two kinds": Bad(
        lambda p: load(touches(user_id=[1, 2, 3, 4, 5])),
        "user_id",
        ("integer in touches", "string in conversions"),
        hint="astype",
    ),
    "binary against text": Bad(
        lambda p: load(touches(user_id=[b"a"] * 5)), "user_id", ("binary in touches",)
    ),
    "null users": Bad(
        lambda p: load(touches(user_id=["a", None, "b", None, "c"])),
        "user_id",
        ("users are null",),
        (1, 3),
        2,
        'invalid="drop"',
    ),
    "users of mixed types in pandas": Bad(
        lambda p: load(frame(user_id=["a", 1, "b", 2, "c"])),
        "user_id",
        ("not of one type", "3 str, 2 int"),
        (1, 3),
        2,
        'astype("string")',
    ),
    "users beyond 64 bits": Bad(
        lambda p: load(frame(user_id=[2**70, 1, 2, 3, 4])), "user_id", ("type int cannot be read",)
    ),
    "csv ids that are no numbers": Bad(
        lambda p: load(
            write(p, "t.csv", b"user_id,time,channel\n1,2026-03-01,a\nx7,2026-03-01,a\n"),
            pa.table({"user_id": [1], "time": ["2026-03-02"]}),
        ),
        "user_id",
        ("no whole numbers",),
        (1,),
        1,
    ),
    # times
    "float times": Bad(lambda p: load(touches(time=[1.7e9] * 5)), "time", ("double",), hint="to_datetime"),
    "integers without a unit": Bad(
        lambda p: load(touches(time=[1] * 5)), "time", ("nothing says what they count",), hint='time_unit="s"'
    ),
    "unit without integers": Bad(
        lambda p: load(schema={"time_unit": "s"}), "time", ("is for integers",), hint="leave time_unit out"
    ),
    "wrong unit": Bad(
        lambda p: load(touches(time=[1_772_366_400_000_000] * 5), schema={"time_unit": "s"}),
        "time",
        ("1678 to 2262",),
        (0, 1, 2, 3, 4),
        5,
        "time_unit",
    ),
    "uint64 beyond int64": Bad(
        lambda p: load(touches(time=pa.array([2**63] * 5, pa.uint64())), schema={"time_unit": "us"}),
        "time",
        ("1678 to 2262",),
        count=5,
    ),
    "year 9999": Bad(
        lambda p: load(touches(time=[dt.datetime(9999, 12, 31, tzinfo=UTC), *UTC_TIMES[1:]])),
        "time",
        ("1678 to 2262",),
        (0,),
        1,
    ),
    "date of year 1": Bad(
        lambda p: load(touches(time=[dt.date(1, 1, 1)] * 5), orders(time=[dt.date(2026, 3, 2)] * 3)),
        "time",
        ("1678 to 2262",),
        count=5,
    ),
    "text of year 1": Bad(
        lambda p: load(touches(time=["0001-01-01", *NAIVE[1:]]), orders(time=NAIVE[:3])),
        "time",
        ("1678 to 2262",),
        (0,),
        1,
    ),
    "NaT": Bad(
        lambda p: load(frame(time=[pd.NaT, *UTC_TIMES[1:]])), "time", ("NaT",), (0,), 1, 'invalid="drop"'
    ),
    "naive touches, aware conversions": Bad(
        lambda p: load(touches(time=times(5, None))),
        "time",
        ("not on one clock", "no zone in touches", "zone UTC in conversions"),
        hint="utc=True",
    ),
    "dates against aware times": Bad(
        lambda p: load(touches(time=[dt.date(2026, 3, 1)] * 5)), "time", ("not on one clock",)
    ),
    "zones differ": Bad(
        lambda p: load(touches(time=times(5, "Europe/Berlin"))), "time", ("zone Europe/Berlin in touches",)
    ),
    "naive text, aware conversions": Bad(lambda p: load(touches(time=NAIVE)), "time", ("not on one clock",)),
    "naive and aware text": Bad(
        lambda p: load(touches(time=ISO[:3] + NAIVE[:2])), "time", ("no offset",), (3, 4), 2, "offset"
    ),
    "unreadable text": Bad(
        lambda p: load(touches(time=[*ISO[:2], "yesterday", "01/02/2026", "2026-02-30T00:00Z"])),
        "time",
        ("ISO 8601",),
        (2, 3, 4),
        3,
        "to_datetime",
    ),
    "naive and aware objects in pandas": Bad(
        lambda p: load(frame(time=[T0.replace(tzinfo=None), *UTC_TIMES[1:]])), "time", ("naive with aware",)
    ),
    "dates and datetimes in pandas": Bad(
        lambda p: load(frame(time=[T0.date(), *UTC_TIMES[1:]])), "time", ("dates with datetimes",)
    ),
    "durations": Bad(
        lambda p: load(touches(time=pa.array([1] * 5, pa.duration("s")))), "time", ("duration",)
    ),
    # channels, sequence, dims
    "null channels": Bad(
        lambda p: load(touches(channel=["a", None, "b", "c", "d"])),
        "channel",
        ("channels are null",),
        (1,),
        1,
        "invalid=",
    ),
    "reserved channel": Bad(
        lambda p: load(touches(channel=["a", "(unattributed)", "b", "c", "d"]), invalid="drop"),
        "channel",
        ("(unattributed)",),
        (1,),
        1,
        "rename",
    ),
    "float channels": Bad(lambda p: load(touches(channel=[1.5] * 5)), "channel", ("double",)),
    "channels of mixed types": Bad(
        lambda p: load(frame(channel=["a", 1.5, "b", "c", "d"])), "channel", ("not of one type",), (1,), 1
    ),
    "channels that are no text": Bad(
        lambda p: load(touches(channel=pa.array([b"\xff\xfe"] * 5))), "channel", ("UTF-8",)
    ),
    "float sequence": Bad(lambda p: load(touches(sequence=[1.5] * 5)), "sequence", ("whole numbers",)),
    "null sequence": Bad(
        lambda p: load(touches(sequence=pa.array([1, None, 2, 3, 4]))),
        "sequence",
        ("sequence numbers are null",),
        (1,),
        1,
    ),
    "nested dimension": Bad(
        lambda p: load(touches(campaign=[{"a": 1}] * 5), schema={"dims": ("campaign",)}),
        "campaign",
        ("struct",),
    ),
    # values and flags
    "missing values": Bad(
        lambda p: load(right=orders(value=[1.0, None, float("nan")])),
        "value",
        ("values are missing",),
        (1, 2),
        2,
        "missing_value=0.0",
    ),
    "missing values, dropping": Bad(
        lambda p: load(right=orders(value=[1.0, None, 2.0]), invalid="drop"),
        "value",
        ("values are missing",),
        (1,),
        1,
        "missing_value",
    ),
    "infinite values": Bad(
        lambda p: load(right=orders(value=[1.0, float("inf"), -float("inf")])),
        "value",
        ("infinite",),
        (1, 2),
        2,
    ),
    "values as text": Bad(
        lambda p: load(right=orders(value=["1", "2", "3"])), "value", ("string", "numbers"), hint="to_numeric"
    ),
    "values as booleans": Bad(lambda p: load(right=orders(value=[True] * 3)), "value", ("bool",)),
    "csv values that are no numbers": Bad(
        lambda p: load(
            touches(time=NAIVE),
            write(
                p,
                "c.csv",
                b'user_id,time,value\nann,2026-03-02,"1,50"\nann,2026-03-02,$3\nann,2026-03-02,4\n',
            ),
        ),
        "value",
        ("not numbers",),
        (0, 1),
        2,
        "decimal point",
    ),
    "count as flag": Bad(
        lambda p: load_one(flag=[0, 1, 2, 1, 3]),
        "flag",
        ("neither 0 nor 1",),
        (2, 4),
        2,
        "one row a conversion",
    ),
    "text as flag": Bad(
        lambda p: load_one(flag=["yes", "no", "maybe", "", None]), "flag", ("neither 0 nor 1",), (2,), 1
    ),
    "dates as flag": Bad(lambda p: load_one(flag=[dt.date(2026, 1, 1)] * 5), "flag", ("yes or no",)),
    "conversion without channel": Bad(
        lambda p: load_one(flag=[True] * 5, channel=["a", None, "a", "a", "a"]),
        "channel",
        ("channels are null",),
        (1,),
        1,
        "conversion_is_touch=False",
    ),
    # files and objects
    "missing file": Bad(
        lambda p: load(truncated(p).with_name("whol.parquet")),
        None,
        ("no file", "whol.parquet"),
        hint="whole.parquet",
    ),
    "missing folder": Bad(lambda p: load(p / "nowhere" / "t.parquet"), None, ("no file",)),
    "glob without match": Bad(lambda p: load(str(p / "*.parquet")), None, ("no file matches",)),
    "glob in a missing folder": Bad(
        lambda p: load(str(p / "x" / "*.parquet")), None, ("no file matches",), hint="no folder"
    ),
    "empty folder": Bad(load, None, ("holds no Parquet",)),
    "empty list": Bad(lambda p: load([]), None, ("list of files is empty",)),
    "truncated Parquet": Bad(lambda p: load(truncated(p)), None, ("cut.parquet", "cannot be read")),
    "Parquet cut to nothing": Bad(lambda p: load(truncated(p, 0)), None, ("cut.parquet", "empty")),
    "Parquet of other content": Bad(
        lambda p: load(write(p, "t.parquet", b"hello world")), None, ("t.parquet", "cannot be read")
    ),
    "Parquet damaged inside": Bad(
        lambda p: load(corrupt_page(p), pa.table({"user_id": [1], "time": times(1)})),
        None,
        ("t.parquet", "cannot be read"),
    ),
    "truncated Arrow": Bad(
        lambda p: load(write(p, "t.arrow", b"ARROW1\x00\x00")), None, ("t.arrow", "cannot be read")
    ),
    "Feather version 1": Bad(
        lambda p: load(write(p, "t.feather", b"FEA1\x00\x00\x00\x00")), None, ("version 1",)
    ),
    "empty CSV": Bad(lambda p: load(write(p, "t.csv", b"")), None, ("no header",)),
    "ragged CSV": Bad(
        lambda p: load(write(p, "t.csv", b"user_id,time,channel\n1,2\n")),
        None,
        ("t.csv", "cannot be read"),
    ),
    "CSV of another encoding": Bad(
        lambda p: load(write(p, "t.csv", "user_id,time,channel\nä,2026-03-01,x\n".encode("latin-1"))),
        None,
        ("t.csv", "UTF8"),
    ),
    "unknown ending": Bad(
        lambda p: load(write(p, "t.xlsx", b"PK\x03\x04")), None, ("no known format",), hint=".parquet"
    ),
    "a file named twice": Bad(
        lambda p: load([truncated(p).with_name("whole.parquet"), str(p / "*ole.parquet")]),
        None,
        ("more than once",),
    ),
    "a folder of two formats": Bad(
        lambda p: load((truncated(p), write(p, "t.csv", b"a,b\n1,2\n"))[0].parent),
        None,
        ("holds CSV and Parquet",),
        hint="*.parquet",
    ),
    "an address": Bad(lambda p: load("s3://bucket/t.parquet"), None, ("no path of this machine",)),
    "a lazy frame": Bad(
        lambda p: load(pl.from_arrow(touch_table()).lazy()), None, ("'LazyFrame'",), hint="collect()"
    ),
    "a sequence beyond 64 bits": Bad(
        lambda p: load(touches(sequence=pa.array([2**63, 1, 2, 3, 4], pa.uint64()))),
        "sequence",
        ("whole numbers",),
        (0,),
        1,
    ),
    "second file lacks a column": Bad(
        lambda p: load(second_file_lacks(p)), "channel", ("2.parquet", "did you mean 'chanel'")
    ),
    "second file has other users": Bad(
        lambda p: load(second_file_of_other_users(p)), "user_id", ("not of one kind", "2.parquet")
    ),
    "second file is naive": Bad(
        lambda p: load(second_file_naive(p)), "time", ("not on one clock", "2.parquet")
    ),
    "a number for a table": Bad(lambda p: load(5), None, ("'int'", "neither a path nor a table")),
    "columns of different length": Bad(
        lambda p: load({"user_id": [1, 2], "time": ["2026-03-01"], "channel": ["a"]}),
        None,
        ("differ in length",),
    ),
    "a column of mixed types in a mapping": Bad(
        lambda p: load({"user_id": [1, "a"], "time": NAIVE[:2], "channel": ["a", "b"]}),
        "user_id",
        ("one type",),
    ),
    "a broken stream": Bad(lambda p: load(NoStream()), None, ("connection is closed",)),
}


def load_one(**columns: Any) -> Any:
    return read_log(touches(**columns), schema={"conversion": "flag"}).load()


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_apart(name, tmp_path):
    bad = BAD[name]
    with pytest.raises(LogError) as caught:
        bad.make(tmp_path)
    error = caught.value
    assert isinstance(error, AttributionError)
    assert error.column == bad.column
    for word in bad.words:
        assert word in str(error)
    if bad.rows:
        assert error.rows == bad.rows
    if bad.count is not None:
        assert error.count == bad.count
    assert bad.hint in (error.hint or "")
    assert str(error).count("Traceback") == 0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is forbidden to the superuser")
def test_no_permission(tmp_path):
    pq.write_table(touch_table(), tmp_path / "t.parquet")
    (tmp_path / "t.parquet").chmod(0)
    with pytest.raises(LogError, match="no permission"):
        load(tmp_path / "t.parquet")


def test_no_permission_is_told_whoever_asks(tmp_path, monkeypatch):
    pq.write_table(touch_table(), tmp_path / "t.parquet")

    def refuse(self, *args, **options):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(LogError, match="no permission to read") as caught:
        load(tmp_path / "t.parquet")
    assert "chmod" in caught.value.hint


RIGHT: dict[str, tuple[Callable[[], Any], Callable[[Any], bool]]] = {
    "empty touches": (
        lambda: load(touch_table().slice(0, 0)),
        lambda log: len(log.touches) == 0 and log.channels == (),
    ),
    "empty tables": (
        lambda: load(touch_table().slice(0, 0), conversion_table().slice(0, 0)),
        lambda log: (len(log.touches), len(log.conversions), log.start, log.end) == (0, 0, None, None),
    ),
    "empty pandas frames": (
        lambda: load(
            pd.DataFrame(columns=["user_id", "time", "channel"]), pd.DataFrame(columns=["user_id", "time"])
        ),
        lambda log: len(log.touches) == 0,
    ),
    "one row": (lambda: load(touch_table().slice(0, 1)), lambda log: log.channels == ("email",)),
    "nullable integers": (
        lambda: load(
            touch_table().to_pandas().assign(user_id=pd.array([1, 2, 3, 4, 5], "Int64")),
            orders(user_id=[1, 2, 3]),
        ),
        lambda log: log.users == "integer",
    ),
    "markup, quotes and emoji": (
        lambda: load(touches(channel=["<b>x</b>", 'a"b', "a > b", "🚀", "=1+1"])),
        lambda log: log.channels == ("<b>x</b>", "=1+1", "a > b", 'a"b', "🚀"),
    ),
    "an empty channel": (
        lambda: load(touches(channel=["", "a", "a", "a", "a"])),
        lambda log: log.channels == ("", "a"),
    ),
    "numbers as channels": (
        lambda: load(touches(channel=[7, 10, 7, 7, 7])),
        lambda log: log.channels == ("10", "7"),
    ),
    "booleans as dimension": (
        lambda: load(touches(campaign=[True, None, False, True, True]), schema={"dims": "campaign"}),
        lambda log: log.touches.dims[0].labels == ("false", "true") and log.touches.dims[0].codes[1] == -1,
    ),
    "a decimal value": (
        lambda: load(right=orders(value=pa.array([1, 2, 3]).cast(pa.decimal128(22, 2)))),
        lambda log: log.conversions.value.tolist() == [1, 2, 3],
    ),
    "a missing value that is told": (
        lambda: load(right=orders(value=[1.0, None, float("nan")]), missing_value=7),
        lambda log: log.conversions.value.tolist() == [1, 7, 7],
    ),
    "no value column": (
        lambda: load(right=orders(value=None)),
        lambda log: not log.has_value and log.conversions.value.tolist() == [0, 0, 0],
    ),
    "unneeded columns of odd types": (
        lambda: load(
            touch_table().to_pandas().assign(junk=pd.Series([1, "a", None, b"x", 2.5], dtype=object))
        ),
        lambda log: len(log.touches) == 5,
    ),
    "unneeded columns of one name": (
        lambda: load(
            pa.Table.from_arrays(
                [*touch_table().columns, pa.array([1] * 5), pa.array([2] * 5)],
                [*touch_table().column_names, "x", "x"],
            )
        ),
        lambda log: len(log.touches) == 5,
    ),
    "labels that never occur": (
        lambda: load(
            touches(
                channel=pa.DictionaryArray.from_arrays(pa.array([0, 1, 0, 1, 0]), pa.array(["b", "a", "zzz"]))
            )
        ),
        lambda log: log.channels == ("a", "b"),
    ),
    "labels twice in a dictionary": (
        lambda: load(
            touches(
                channel=pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 1, 0]), pa.array(["b", "a", "b"]))
            )
        ),
        lambda log: log.channels == ("a", "b") and log.touches.channel.tolist() == [1, 0, 1, 0, 1],
    ),
    "infinite values dropped": (
        lambda: load(right=orders(value=[1.0, float("inf"), 2.0]), invalid="drop", drop_limit=1.0),
        lambda log: (
            log.conversions.value.tolist() == [1, 2] and log.dropped == {"conversions.value_infinite": 1}
        ),
    ),
    "nulls in a dictionary": (
        lambda: load(
            touches(channel=pa.DictionaryArray.from_arrays(pa.array([0, 1, 0, 0, 0]), pa.array(["b", None]))),
            invalid="drop",
            drop_limit=1.0,
        ),
        lambda log: log.dropped == {"touches.null_channel": 1} and log.channels == ("b",),
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_odd_input_with_a_right_answer(name):
    make, right = RIGHT[name]
    assert right(make())


def test_ten_thousand_channels_and_more_than_fit_16_bits(tmp_path):
    names = [f"channel {number:05d}" for number in range(40_000)]
    table = pa.table({"user_id": np.arange(40_000), "time": times(40_000), "channel": names[::-1]})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=3_000)
    loaded = read_log(tmp_path, pa.table({"user_id": [1], "time": times(1)})).load()
    assert loaded.channels == tuple(names)
    assert loaded.touches.channel.dtype == np.int32
    assert loaded.touches.channel.tolist() == list(range(40_000))[::-1]


def test_dropping_counts_every_row_once_and_warns(caplog):
    table = touches(user_id=["a", None, None, "d", "e"], channel=["x", None, "x", None, "x"])
    loaded = load(table, invalid="drop", drop_limit=1.0)
    assert loaded.dropped == {"touches.null_user": 2, "touches.null_channel": 1}
    assert len(loaded.touches) == 2
    assert len(caplog.records) == 2
    assert "2 rows dropped" in caplog.text


def test_rows_are_counted_over_batches_and_files(tmp_path):
    for name in "ab":
        pq.write_table(
            touches(user_id=["a", None, "b", "c", None]), tmp_path / f"{name}.parquet", row_group_size=2
        )
    with pytest.raises(LogError) as caught:
        load(tmp_path)
    assert caught.value.rows == (1, 4, 6, 9)
    assert caught.value.count == 4


def test_other_faults_are_told_too():
    with pytest.raises(LogError, match="besides, touches: channels are null in 1 of column 'channel'"):
        load(touches(user_id=["a", None, "b", "c", "d"], channel=["a", "a", None, "a", "a"]))
