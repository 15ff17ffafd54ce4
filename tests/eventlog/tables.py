"""Small logs with known content, and a form of loaded logs that can be compared."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa

from attribution.tables.columns import ConversionColumns, LogColumns, TouchColumns

UTC = dt.UTC
T0 = dt.datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
T0_US = 1_772_366_400_000_000
HOUR = 3_600_000_000

USERS = ["ann", "bob", "ann", "cleo", "bob"]
CHANNELS = ["email", "search", "search", "display", "email"]
CAMPAIGNS = ["spring", None, "brand", "spring", None]


def times(n: int, zone: str | None = "UTC") -> pa.Array:
    """Return n times, an hour apart, from `T0` on."""
    return pa.array([T0 + dt.timedelta(hours=hour) for hour in range(n)], pa.timestamp("us", "UTC")).cast(
        pa.timestamp("us", zone)
    )


def touch_table() -> pa.Table:
    return pa.table(
        {
            "user_id": USERS,
            "time": times(5),
            "channel": CHANNELS,
            "campaign": CAMPAIGNS,
            "sequence": pa.array([5, 4, 3, 2, 1]),
        }
    )


def conversion_table() -> pa.Table:
    return pa.table(
        {
            "user_id": ["ann", "bob", "dora"],
            "time": times(8).slice(5),
            "value": [10.0, -2.5, 0.0],
            "goal": ["purchase", "lead", "purchase"],
            "order_id": ["o1", "o2", None],
        }
    )


def touch_rows(touches: TouchColumns, channels: tuple[str, ...]) -> list[tuple[object, ...]]:
    """Return the touches as sorted rows of plain values."""
    columns = [touches.user.tolist(), touches.time.tolist(), [channels[code] for code in touches.channel]]
    if touches.sequence is not None:
        columns.append(touches.sequence.tolist())
    columns += [[str(label) for label in dim.values()] for dim in touches.dims]
    return sorted(zip(*columns, strict=True))


def conversion_rows(conversions: ConversionColumns) -> list[tuple[object, ...]]:
    """Return the conversions as sorted rows of plain values."""
    columns = [conversions.user.tolist(), conversions.time.tolist(), conversions.value.tolist()]
    if conversions.goal is not None:
        columns.append([str(label) for label in conversions.goal.values()])
    if conversions.order is not None:
        columns.append(conversions.order.tolist())
    columns += [[str(label) for label in dim.values()] for dim in conversions.dims]
    return sorted(zip(*columns, strict=True))


def same_log(left: LogColumns, right: LogColumns) -> None:
    """Assert that two loaded logs hold the same rows."""
    assert left.channels == right.channels
    assert touch_rows(left.touches, left.channels) == touch_rows(right.touches, right.channels)
    assert conversion_rows(left.conversions) == conversion_rows(right.conversions)
    assert (left.start, left.end, left.has_value, left.users) == (
        right.start,
        right.end,
        right.has_value,
        right.users,
    )
    assert left.touch_dims == right.touch_dims
    assert left.conversion_dims == right.conversion_dims


def well_formed(log: LogColumns) -> None:
    """Assert what LogColumns promises of its arrays."""
    touches, conversions = log.touches, log.conversions
    assert list(log.channels) == sorted(set(log.channels))
    assert touches.user.dtype == conversions.user.dtype == np.uint64
    assert touches.time.dtype == conversions.time.dtype == np.int64
    assert touches.channel.dtype == (np.int16 if len(log.channels) < 2**15 else np.int32)
    assert conversions.value.dtype == np.float64
    assert np.isfinite(conversions.value).all()
    assert len(touches.user) == len(touches.time) == len(touches.channel)
    assert len(conversions.user) == len(conversions.time) == len(conversions.value)
    if len(touches):
        assert touches.channel.min() >= 0
        assert touches.channel.max() < len(log.channels)
    goal = () if conversions.goal is None else (conversions.goal,)
    for dim, n in [(d, len(touches)) for d in touches.dims] + [
        (d, len(conversions)) for d in (*goal, *conversions.dims)
    ]:
        assert len(dim) == n
        assert dim.codes.dtype == np.int32
        assert list(dim.labels) == sorted(set(dim.labels))
        assert set(dim.codes.tolist()) <= {-1, *range(len(dim.labels))}
