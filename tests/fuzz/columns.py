"""Tables in odd types: some that mean the same, some that mean nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

Change = Callable[[Any, Random], Any]
# What Arrow 18 itself makes views of points at memory that is gone: not a case of ours.
VIEWS = () if pa.__version__.startswith("18.") else (pa.string_view(),)


def cast(kind: pa.DataType) -> Change:
    return lambda column, rng: column.cast(kind)


def as_dictionary(column: Any, rng: Random) -> Any:
    return pc.dictionary_encode(column)


def narrow_dictionary(column: Any, rng: Random) -> Any:
    coded = pc.dictionary_encode(column)
    return pa.DictionaryArray.from_arrays(coded.indices.cast(rng.choice(NARROW)), coded.dictionary)


def runs(column: Any, rng: Random) -> Any:
    return pc.run_end_encode(column)


def sliced(column: Any, rng: Random) -> Any:
    """The same values behind an offset."""
    return pa.concat_arrays([column.slice(0, 1), column]).slice(1)


def text(column: Any, rng: Random) -> Any:
    return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())


NARROW = [pa.int8(), pa.int16(), pa.int64(), pa.uint8(), pa.uint32()]
SAME: dict[str, list[Change]] = {
    "int": [
        *map(cast, (pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())),
        *map(cast, (pa.float32(), pa.float64(), pa.decimal128(12, 2), pa.decimal256(40, 3))),
        *(as_dictionary, narrow_dictionary, runs, sliced, text),
    ],
    "id": [  # the number 7 and the text "7" are two users
        *map(cast, (pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())),
        *(as_dictionary, narrow_dictionary, runs, sliced),
    ],
    "text": [
        *map(cast, (pa.large_string(), *VIEWS, pa.binary(), pa.large_binary())),
        *(as_dictionary, narrow_dictionary, runs, sliced),
    ],
    "time": [
        *(cast(pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")),
        *(cast(pa.timestamp(unit, "UTC")) for unit in ("s", "us")),
        *map(cast, (pa.date32(), pa.date64())),
        *(as_dictionary, runs, sliced, text),
    ],
    "number": [*map(cast, (pa.float64(), pa.decimal128(20, 4))), as_dictionary, runs, sliced, text],
}


def values(kind: pa.DataType, *entries: Any) -> Change:
    return lambda column, rng: pa.array([rng.choice(entries) for _ in range(len(column))], kind)


def with_nulls(column: Any, rng: Random) -> Any:
    return pa.array([value if rng.random() < 0.7 else None for value in column.to_pylist()], column.type)


def shuffled(column: Any, rng: Random) -> Any:
    return column.take(pa.array([rng.randrange(len(column)) for _ in range(len(column))]))


def not_utf8(column: Any, rng: Random) -> Any:
    raw = pa.array([rng.choice([b"\xff", b"a\x00", b"\xc3", b"ok"]) for _ in range(len(column))], pa.binary())
    return pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())


OTHER: list[Change] = [
    with_nulls,
    shuffled,
    not_utf8,
    lambda column, rng: pa.nulls(len(column)),
    lambda column, rng: pa.nulls(len(column), column.type),
    values(pa.float64(), 0.0, -1.0, float("nan"), float("inf"), 1e308, -1e308, 5e-324, 1.5),
    values(pa.float16(), np.float16(1.5), np.float16(0)),
    values(pa.int64(), -(2**63), 2**63 - 1, 0, -1, 1),
    values(pa.uint64(), 2**64 - 1, 0, 1),
    values(pa.bool_(), True, False),
    values(
        pa.string(),
        "",
        " ",
        "\x00",
        "null",
        "nan",
        "1e3",
        "1,5",
        "2026-13-45",
        "é",
        "\u202e",
        "=1+1",
        ">" * 9,
    ),
    values(pa.string(), "a > b", "yes", "no", "treatment", "holdout", "1", "0", "1.0", "2026-03-01"),
    values(pa.binary(), b"", b"\xff\xfe", b"1"),
    values(pa.binary(3), b"abc", b"\xff\xfe\xfd"),
    values(pa.date32(), dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(2026, 3, 1)),
    values(pa.timestamp("ns"), pd.Timestamp("1677-09-22"), pd.Timestamp("2262-04-11"), None),
    values(pa.timestamp("us", "Europe/Paris"), dt.datetime(2026, 3, 1, tzinfo=dt.UTC)),
    values(pa.time64("us"), dt.time(1, 2, 3)),
    values(pa.duration("s"), dt.timedelta(1), None),
    values(pa.decimal128(38, 0), Decimal(10) ** 37, Decimal(0)),
    values(pa.decimal256(76, 2), Decimal(10) ** 60, Decimal("0.01")),
    values(pa.list_(pa.int64()), [1, 2], [], None),
    values(pa.struct([("a", pa.int64())]), {"a": 1}, {"a": None}, None),
    values(pa.map_(pa.string(), pa.int64()), [("a", 1)], []),
    values(pa.list_(pa.string(), 1), ["a"], ["b"]),
    values(pa.month_day_nano_interval(), pa.MonthDayNano([1, 2, 3])),
    lambda column, rng: pa.DictionaryArray.from_arrays(
        pa.array([rng.choice([0, 1, None]) for _ in range(len(column))], pa.int32()),
        pa.array([None, "email"]),
    ),
]


def mapping(table: pa.Table, rng: Random) -> Any:
    return table.to_pydict()


def polars(table: pa.Table, rng: Random) -> Any:
    """A frame of polars; views of text, which it has anyway, crash in pyarrow 18 on their way into it."""
    plain = [pa.large_string() if pa.types.is_string_view(kind) else kind for kind in table.schema.types]
    return pl.from_arrow(table.cast(pa.schema(list(zip(table.column_names, plain, strict=True)))))


def chunks(table: pa.Table, rng: Random) -> Any:
    cut = rng.randrange(len(table) + 1)
    parts = [batch.slice(*span) for batch in table.to_batches() for span in ((0, cut), (cut,))]
    return pa.Table.from_batches(parts, table.schema)


CONTAINERS: list[Callable[[pa.Table, Random], Any]] = [
    lambda table, rng: table,
    lambda table, rng: table.to_batches()[0],
    lambda table, rng: table.to_reader(),
    lambda table, rng: table.to_pandas(),
    lambda table, rng: table.to_pandas(types_mapper=pd.ArrowDtype),
    lambda table, rng: table.to_pandas().convert_dtypes(),
    polars,
    mapping,
    chunks,
]


def drawn(table: pa.Table, kinds: dict[str, str], rng: Random) -> tuple[Any, bool]:
    """Return a table in odd types and some container, and whether it still means what it did.

    What pyarrow, pandas or polars cannot make is no case: another is drawn.
    """
    while True:
        same = rng.random() < 0.6
        arrays = [column.combine_chunks() for column in table.columns]
        try:
            for place, name in enumerate(table.column_names):
                if rng.random() < 0.4:
                    arrays[place] = rng.choice(SAME[kinds[name]])(arrays[place], rng)
            if not same:
                place = rng.randrange(len(arrays))
                arrays[place] = rng.choice(OTHER)(arrays[place], rng)
            found = pa.table(arrays, names=table.column_names)
            order = rng.sample(table.column_names, len(arrays)) if rng.random() < 0.2 else table.column_names
            return rng.choice(CONTAINERS)(found.select(order), rng), same
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
