"""Logs that no one would wish for: each gives an error that teaches, or exactly the right credit."""

from __future__ import annotations

import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import attribution as at
from tests.hurt import (
    LOST,
    UNATTRIBUTED,
    WHOLE,
    Hurt,
    bad_text,
    check,
    credited,
    each,
    objects,
    orders,
    touches,
)


def reads_uuids():
    """Whether this version of Arrow makes a column of Python's UUIDs."""
    try:
        pa.array([uuid.UUID(int=1)])
    except pa.ArrowInvalid:
        return False
    return True


def stream(failure=None):
    """Return a reader that gives the touches, and then fails."""
    table = pa.table(touches())

    def batches():
        yield from table.to_batches()
        if failure is not None:
            raise failure

    return pa.RecordBatchReader.from_batches(table.schema, batches())


def read_twice(folder):
    reader = stream()
    at.read_log(reader, orders()).load()
    at.read_log(reader, orders()).load()


def reader_for_both(folder):
    reader = stream()
    at.attribute(at.read_log(reader, reader, {"value": ""}), "linear")


COLUMNS = {
    "missing": Hurt(
        lambda p: credited(touches(channel=None)), ("no channel column", "LogSchema(channel="), "channel"
    ),
    "misspelt": Hurt(
        lambda p: credited(schema={"channel": "chanel"}), ("did you mean 'channel'?",), "chanel"
    ),
    "of another case": Hurt(
        lambda p: credited(touches(user_id=None, User_ID=[1, 1, 2])),
        answer=WHOLE,
    ),
    "twice": Hurt(
        lambda p: credited(
            pa.Table.from_arrays(
                [pa.array([1]), pa.array([1]), pa.array(["2026-03-01"]), pa.array(["a"])],
                ["user_id", "user_id", "time", "channel"],
            )
        ),
        ("more than one column", "rename"),
        "user_id",
    ),
    "of two levels": Hurt(
        lambda p: credited(
            pd.DataFrame(touches()).pipe(
                lambda t: t.set_axis(pd.MultiIndex.from_product([["a"], t.columns]), axis=1)
            )
        ),
        ("3 places", "no user column"),
        "user_id",
    ),
    "an index": Hurt(lambda p: credited(pd.DataFrame(touches()).set_index("user_id")), answer=WHOLE),
    "of unequal length": Hurt(lambda p: credited(touches(user_id=[1])), ("differ in length",)),
    "a text for a column": Hurt(
        lambda p: credited(touches(channel="abc")), ("'channel' are a str", "list"), "channel"
    ),
    "a set for a column": Hurt(
        lambda p: credited(touches(user_id={1, 2, 3})), ("are a set", "list"), "user_id"
    ),
    "a matrix for a column": Hurt(
        lambda p: credited(touches(user_id=np.zeros((3, 2)))), ("1-dimensional",), "user_id"
    ),
    "none, no rows": Hurt(lambda p: credited({}), ("no user column",), "user_id"),
    "a series for a table": Hurt(lambda p: credited(pd.Series([1, 2])), ("touches",), None),
    "a number for a table": Hurt(lambda p: credited(5), ("neither a path nor a table", "touches ="), None),
    "a list of rows": Hurt(lambda p: credited([{"user_id": 1}]), ("neither a path nor a table",)),
    "uneven chunks": Hurt(
        lambda p: credited(
            pa.table({**touches(), "user_id": pa.chunked_array([[1], [], [1, 2]], pa.int64())})
        ),
        answer=WHOLE,
    ),
    "no chunks": Hurt(
        lambda p: credited(
            pa.table(
                {
                    name: pa.chunked_array([], kind)
                    for name, kind in (
                        ("user_id", pa.int64()),
                        ("time", pa.string()),
                        ("channel", pa.string()),
                    )
                }
            )
        ),
        answer=UNATTRIBUTED,
    ),
    "a slice with an offset": Hurt(
        lambda p: credited(pa.concat_tables([pa.table(touches())] * 2).slice(3)), answer=WHOLE
    ),
    "dictionaries that differ": Hurt(
        lambda p: credited(
            pa.table(
                {
                    **touches(),
                    "channel": pa.chunked_array(
                        [
                            pa.array(["email", "search"]).dictionary_encode(),
                            pa.array(["email"]).dictionary_encode(),
                        ]
                    ),
                }
            )
        ),
        answer=WHOLE,
    ),
    "views of text, as polars has them": Hurt(
        lambda p: credited(pl.DataFrame(touches()), pl.DataFrame(orders())), answer=WHOLE
    ),
    "sparse": Hurt(
        lambda p: credited(pd.DataFrame(touches()).astype({"user_id": pd.SparseDtype("int64", 0)})),
        answer=WHOLE,
    ),
    "a stream that fails": Hurt(
        lambda p: credited(stream(KeyError("connection"))), ("'connection'", "pyarrow.Table")
    ),
    "a stream read twice": Hurt(read_twice, ("read once, and has been", "read_all()")),
    "one stream for both tables": Hurt(reader_for_both, ("read once, and has been", "read_all()")),
    "a touch on every day of 600 years": Hurt(
        lambda p: sum(
            n
            for n, _ in credited(
                {
                    "user_id": np.zeros(200_000, int),
                    "time": pa.array(np.arange(200_000) - 100_000, pa.int32()).cast(pa.date32()),
                    "channel": ["a"] * 200_000,
                },
                orders(user_id=[0, 0]),
                lookback="1D",
            ).values()
        ),
        answer=2.0,
    ),
}

USERS = {
    "0 and -1": Hurt(
        lambda p: credited(touches(user_id=[0, -1, 0]), orders(user_id=[-1, 0])),
        answer={"search": (1.0, 10.0), "email": (1.0, 20.0)},
    ),
    "the largest 64-bit number": Hurt(
        lambda p: credited(touches(user_id=[2**64 - 1, 2**64 - 1, 2]), orders(user_id=[2**64 - 1, 2])),
        answer=WHOLE,
    ),
    "-1 here, the largest there": Hurt(
        lambda p: credited(touches(user_id=[-1, -1, 2]), orders(user_id=[2**64 - 1, 2])),
        ("2**63 or more", "uint64"),
        "user_id",
        (0,),
    ),
    "beyond 64 bits": Hurt(
        lambda p: credited(touches(user_id=[2**70, 1, 2])), ("type int", "string"), "user_id"
    ),
    "empty text": Hurt(
        lambda p: credited(touches(user_id=["", "", "b"]), orders(user_id=["", "b"])),
        ("users are null, blank",),
        "user_id",
        (0, 1),
    ),
    "zero bytes inside": Hurt(
        lambda p: credited(touches(user_id=["a\0", "a", "a\0\0"]), orders(user_id=["a", "a\0"])),
        answer={"search": (1.0, 10.0), "email": (1.0, 20.0)},
    ),
    "a million letters": Hurt(
        lambda p: credited(
            touches(user_id=["x" * 10**6] * 2 + ["x" * 10**6 + "y"]),
            orders(user_id=["x" * 10**6, "x" * 10**6 + "y"]),
        ),
        answer=WHOLE,
    ),
    "integers and text": Hurt(
        lambda p: credited(right=orders(user_id=["1", "2"])), ("not of one kind", "astype"), "user_id"
    ),
    "floats": Hurt(lambda p: credited(touches(user_id=[1.0, 1.0, 2.0])), ("double", '"Int64"'), "user_id"),
    "floats in categories": Hurt(
        lambda p: credited(pd.DataFrame(touches(user_id=[1.0, 1.0, 2.0])).astype({"user_id": "category"})),
        ("double",),
        "user_id",
    ),
    "integers in categories": Hurt(
        lambda p: credited(pd.DataFrame(touches()).astype({"user_id": "category"})), answer=WHOLE
    ),
    "booleans": Hurt(lambda p: credited(touches(user_id=[True, True, False])), ("bool",), "user_id"),
    "decimals": Hurt(lambda p: credited(touches(user_id=[Decimal(1)] * 3)), ("decimal",), "user_id"),
    "null": Hurt(
        lambda p: credited(touches(user_id=[1, None, 2])),
        ("users are null", 'invalid="drop"'),
        "user_id",
        (1,),
    ),
    "null, and dropped": Hurt(
        lambda p: credited(touches(user_id=[1, None, 2]), read={"invalid": "drop", "drop_limit": 1.0}),
        answer={"email": (2.0, 30.0)},
    ),
    "null in pandas' own type": Hurt(
        lambda p: credited(pd.DataFrame(touches()).assign(user_id=pd.array([1, None, 2], "Int64"))),
        ("users are null",),
        "user_id",
        (1,),
    ),
    "text and numbers mixed": Hurt(
        lambda p: credited(pd.DataFrame({**touches(), "user_id": objects(["a", 1, "b"])})),
        ("2 str, 1 int",),
        "user_id",
        (1,),
    ),
    "half a character": Hurt(
        lambda p: credited(touches(user_id=["\ud800", "a", "b"]), orders(user_id=["a", "b"])),
        ("surrogates", "replace"),
        "user_id",
        (0,),
    ),
    "text that is no UTF-8": Hurt(
        lambda p: credited(
            touches(user_id=bad_text(b"\xff", b"\xff", b"b")), orders(user_id=bad_text(b"\xff", b"b"))
        ),
        answer=WHOLE,
    ),
    "UUID objects": Hurt(
        lambda p: credited(
            touches(user_id=[uuid.UUID(int=1)] * 2 + [uuid.UUID(int=2)]),
            orders(user_id=[uuid.UUID(int=1), uuid.UUID(int=2)]),
        ),
        # Older versions of Arrow do not read them: then the lesson says how to write them.
        says=() if reads_uuids() else ("user_id", 'astype("string")'),
        answer=WHOLE if reads_uuids() else None,
    ),
    "UUIDs, no row": Hurt(
        lambda p: credited(
            right=orders(user_id=pa.array([], pa.binary(16)), time=[], value=[]),
            left=touches(user_id=[b"a" * 16] * 3),
        ),
        answer={},
    ),
    "bytes of two widths": Hurt(
        lambda p: credited(
            touches(user_id=pa.array([b"aa", b"aa", b"bb"], pa.binary(2))),
            orders(user_id=pa.array([b"aa", b"bb"], pa.large_binary())),
        ),
        answer=WHOLE,
    ),
    "one with a million touches": Hurt(
        lambda p: {
            channel: (round(n, 6), round(value, 6))
            for channel, (n, value) in credited(
                {
                    "user_id": np.zeros(10**6, int),
                    "time": np.arange(10**6),
                    "channel": np.array(["a", "b"])[np.arange(10**6) % 2],
                },
                orders(user_id=[0, 0], time=[10**6, 10**6]),
                {"time_unit": "s"},
                lookback=None,
            ).items()
        },
        answer={"a": (1.0, 15.0), "b": (1.0, 15.0)},
    ),
    "one with more touches than memory holds": Hurt(
        lambda p: credited(
            {"user_id": np.zeros(60_000, int), "time": np.arange(60_000), "channel": ["a"] * 60_000},
            {"user_id": np.zeros(60_000, int), "time": np.arange(60_000)},
            {"time_unit": "s"},
            after_conversion="overlap",
        ),
        ("1,800,030,000 touches", "after_conversion="),
    ),
}

LOGS = {
    "empty touches": Hurt(lambda p: credited({name: [] for name in touches()}), answer=UNATTRIBUTED),
    "empty conversions": Hurt(lambda p: credited(right={name: [] for name in orders()}), answer={}),
    "empty tables": Hurt(
        lambda p: credited(
            {name: [] for name in touches()},
            {name: [] for name in orders()},
            models=["markov", "shapley", "u_shaped"],
        ),
        answer={},
    ),
    "one row": Hurt(
        lambda p: credited({name: values[:1] for name, values in touches().items()}),
        answer={"email": (1.0, 10.0), "(unattributed)": (1.0, 20.0)},
    ),
    "no user converts": Hurt(lambda p: credited(right=orders(user_id=[8, 9])), answer=UNATTRIBUTED),
    "every touch converts": Hurt(
        lambda p: credited(touches(), {**touches(channel=None), "value": [1.0, 2.0, 3.0]}),
        answer={"email": (2.0, 4.0), "search": (1.0, 2.0)},
    ),
    "conversions before the first touch": Hurt(
        lambda p: credited(right=orders(time=["2026-02-01"] * 2)), answer=UNATTRIBUTED
    ),
    "two conversions at one instant": Hurt(
        lambda p: credited(right=orders(user_id=[2, 2], time=["2026-03-05"] * 2)), answer={"email": LOST}
    ),
    "one order id twice": Hurt(lambda p: credited(right=orders(order_id=["a", "a"])), answer=WHOLE),
    "lookback zero": Hurt(
        lambda p: credited(right=orders(time=["2026-03-02", "2026-03-05"]), lookback="0D"),
        answer={"search": (1.0, 10.0), "(unattributed)": (1.0, 20.0)},
    ),
    "no conversions": Hurt(
        lambda p: at.read_log(touches()), ("has no conversions", "read_log(touches, conversions)")
    ),
}

TABLES = {"columns": COLUMNS, "users": USERS, "logs": LOGS}


@pytest.mark.parametrize("case", each(TABLES))
def test_a_bad_log_gives_a_lesson_or_the_right_credit(case, tmp_path):
    check(case, tmp_path)


def test_the_undamaged_log_gives_what_the_tables_compare_with():
    assert credited() == WHOLE
