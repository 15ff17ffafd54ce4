"""Times, channels and values that no one would wish for: an error that teaches, or the right credit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import attribution as at
from tests.hurt import UNATTRIBUTED, WHOLE, Hurt, bad_text, check, credited, each, objects, orders, touches

UTC = dt.UTC
NOON = dt.datetime.fromisoformat("2026-03-01T12:00:00")

TIMES = {
    "year 1": Hurt(
        lambda p: credited(touches(time=[dt.datetime.fromisoformat("0001-01-01"), NOON, NOON])),
        ("1678 to 2262",),
        "time",
        (0,),
    ),
    "year 9999": Hurt(
        lambda p: credited(touches(time=["9999-12-31", "2026-03-01", "2026-03-01"])),
        ("1678 to 2262", "drop"),
        "time",
        (0,),
    ),
    "seconds beyond microseconds": Hurt(
        lambda p: credited(touches(time=pa.array([2**62, 0, 0], pa.timestamp("s")))),
        ("1678 to 2262",),
        "time",
        (0,),
    ),
    "the last nanosecond": Hurt(
        lambda p: credited(touches(time=pa.array([2**63 - 1] * 3, pa.timestamp("ns")))), answer=UNATTRIBUTED
    ),
    "milliseconds called seconds": Hurt(
        lambda p: credited(touches(time=[1_772_366_400_000] * 3), orders(time=[0, 0]), {"time_unit": "s"}),
        ("1678 to 2262", "time_unit"),
        "time",
        (0, 1, 2),
    ),
    "integers without a unit": Hurt(
        lambda p: credited(touches(time=[1, 2, 3])), ("nothing says", 'time_unit="s"'), "time"
    ),
    "floats": Hurt(lambda p: credited(touches(time=[1.5, 2.5, 3.5])), ("double", "to_datetime"), "time"),
    "NaT": Hurt(lambda p: credited(touches(time=[NOON, pd.NaT, NOON])), ("NaT", "drop"), "time", (1,)),
    "all null, and dropped": Hurt(
        lambda p: credited(touches(time=[None] * 3), read={"invalid": "drop", "drop_limit": 1.0}),
        answer=UNATTRIBUTED,
    ),
    "two zones": Hurt(
        lambda p: credited(
            touches(time=pa.array([0] * 3, pa.timestamp("s", "Europe/Paris"))),
            orders(time=pa.array([0, 0], pa.timestamp("s", "UTC"))),
        ),
        ("zone Europe/Paris in touches", "utc=True"),
        "time",
    ),
    "naive and aware objects": Hurt(
        lambda p: credited(touches(time=[NOON.replace(tzinfo=UTC), NOON, NOON.replace(tzinfo=UTC)])),
        ("2 datetime with a zone, 1 datetime", "utc=True"),
        "time",
        (1,),
    ),
    "dates and datetimes": Hurt(
        lambda p: credited(touches(time=[NOON.date(), NOON, NOON])),
        ("dates with datetimes", "to_datetime"),
        "time",
        (0,),
    ),
    "naive text against offsets": Hurt(
        lambda p: credited(touches(time=["2026-03-01T00:00:00+01:00"] * 3)),
        ("not on one clock", "utc=True"),
        "time",
    ),
    "offsets that change in the night": Hurt(  # 02:30 is there twice: summer time ends, 25 October, Paris
        lambda p: credited(
            touches(
                user_id=[1, 1, 1],
                time=["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T03:00:00+01:00"],
            ),
            orders(user_id=[1], time=["2026-10-25T02:40:00+02:00"], value=[8.0]),
        ),
        answer={"email": (1.0, 8.0)},
    ),
    "not ISO": Hurt(
        lambda p: credited(touches(time=["03/01/2026"] * 3)), ("ISO 8601", "to_datetime"), "time", (0, 1, 2)
    ),
    "one that is no day": Hurt(
        lambda p: credited(touches(time=["2026-02-30", "2026-03-01", "2026-03-02"])),
        ("ISO 8601",),
        "time",
        (0,),
    ),
    "text that is no UTF-8": Hurt(
        lambda p: credited(touches(time=bad_text(b"\xff", b"2026-03-01", b"x"))), ("UTF-8", "text"), "time"
    ),
    "months of numpy": Hurt(
        lambda p: credited(touches(time=np.array(["2026-03"] * 3, "M8[M]"))), answer=WHOLE
    ),
    "periods of pandas": Hurt(
        lambda p: credited(pd.DataFrame(touches(time=pd.period_range("2026-01", periods=3, freq="M")))),
        ("period", "to_timestamp()"),
        "time",
    ),
}

CHANNELS = {
    "null": Hurt(
        lambda p: credited(touches(channel=["a", None, "b"])), ("channels are null", "drop"), "channel", (1,)
    ),
    "all null, and dropped": Hurt(
        lambda p: credited(touches(channel=[None] * 3), read={"invalid": "drop", "drop_limit": 1.0}),
        answer=UNATTRIBUTED,
    ),
    "reserved": Hurt(
        lambda p: credited(touches(channel=["a", "(unattributed)", "b"])),
        ("kept for conversions", "rename"),
        "channel",
        (1,),
    ),
    "floats": Hurt(lambda p: credited(touches(channel=[1.0, 2.0, 3.0])), ("double", "string"), "channel"),
    "numbers": Hurt(
        lambda p: credited(touches(channel=[7, 10, 7])), answer={"10": (0.5, 5.0), "7": (1.5, 25.0)}
    ),
    "no UTF-8": Hurt(
        lambda p: credited(touches(channel=[b"\xff", b"a", b"b"])), ("UTF-8", "text"), "channel"
    ),
    "half a character": Hurt(
        lambda p: credited(pd.DataFrame({**touches(), "channel": objects(["\ud800", "a", "b"])})),
        ("surrogates",),
        "channel",
        (0,),
    ),
    "markup, quotes, separators, emoji, nothing": Hurt(
        lambda p: credited(
            touches(user_id=[1] * 6, time=["2026-03-01"] * 6, channel=["<b>", '"', " > ", "🚀", "", "a\0b"]),
            orders(value=[6.0, 0.0]),
        ),
        answer={
            **dict.fromkeys(["", '"', " > ", "<b>", "a\0b", "🚀"], (round(1 / 6, 12), 1.0)),
            "(unattributed)": (1.0, 0.0),
        },
    ),
    "ten thousand": Hurt(
        lambda p: len(
            credited(
                {
                    "user_id": np.arange(10_000),
                    "time": ["2026-03-01"] * 10_000,
                    "channel": [f"c{i}" for i in range(10_000)],
                },
                {"user_id": np.arange(10_000), "time": ["2026-03-02"] * 10_000},
            )
        ),
        answer=10_000,
    ),
    "sequence numbers as categories": Hurt(  # by number 3, 1, 2: the second touch opens
        lambda p: credited(
            pd.DataFrame(
                touches(
                    user_id=[1] * 3, time=["2026-03-01"] * 3, channel=["a", "b", "c"], sequence=[30, 10, 20]
                )
            ).astype({"sequence": "category"}),
            models="first_touch",
            right=orders(user_id=[1], time=["2026-03-02"], value=[1.0]),
        ),
        answer={"b": (1.0, 1.0)},
    ),
    "sequence of floats": Hurt(
        lambda p: credited(touches(sequence=[1.5, 2.0, 3.0])), ("whole numbers", "Int64"), "sequence"
    ),
    "null sequence": Hurt(
        lambda p: credited(touches(sequence=[1, None, 3])), ("sequence numbers are null",), "sequence", (1,)
    ),
}

VALUES = {
    "missing": Hurt(
        lambda p: credited(right=orders(value=[1.0, None])), ("missing", "missing_value=0.0"), "value", (1,)
    ),
    "missing, told what it counts": Hurt(
        lambda p: credited(right=orders(value=[10.0, None]), read={"missing_value": np.int64(20)}),
        answer=WHOLE,
    ),
    "infinite": Hurt(
        lambda p: credited(right=orders(value=[1.0, -np.inf])), ("infinite", "drop"), "value", (1,)
    ),
    "infinite decimals": Hurt(
        lambda p: credited(
            right=pd.DataFrame({**orders(), "value": objects([Decimal(1), Decimal("Infinity")])})
        ),
        ("Decimal",),
        "value",
    ),
    "too large together": Hurt(
        lambda p: credited(right=orders(value=[1e308, 1e308])), ("1e+308", "unit"), "value"
    ),
    "currency signs": Hurt(
        lambda p: credited(right=orders(value=["$10", "€20"])), ("string", "currency into"), "value"
    ),
    "complex": Hurt(lambda p: credited(right=orders(value=np.array([1j, 2j]))), ("complex",), "value"),
    "decimals": Hurt(lambda p: credited(right=orders(value=[Decimal(10), Decimal("20.00")])), answer=WHOLE),
    "booleans": Hurt(
        lambda p: credited(right=orders(value=[True, False])), ("bool", 'astype("float64")'), "value"
    ),
    "none at all": Hurt(
        lambda p: credited(right=orders(user_id=[1], time=["2026-03-04"], value=[0.0])),
        answer={"email": (0.5, 0.0), "search": (0.5, 0.0)},
    ),
    "a count for a flag": Hurt(
        lambda p: at.read_log(touches(bought=[0, 1, 2]), schema={"conversion": "bought"}).load(),
        ("neither 0 nor 1", "one row"),
        "bought",
        (2,),
    ),
    "a flag that is no UTF-8": Hurt(
        lambda p: at.read_log(
            touches(bought=bad_text(b"\xff", b"1", b"0")), schema={"conversion": "bought"}
        ).load(),
        ("UTF-8",),
        "bought",
    ),
}

TABLES = {"times": TIMES, "channels": CHANNELS, "values": VALUES}


@pytest.mark.parametrize("case", each(TABLES))
def test_a_bad_entry_gives_a_lesson_or_the_right_credit(case, tmp_path):
    check(case, tmp_path)
