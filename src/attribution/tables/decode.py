"""One batch of Arrow columns to typed columns: pure functions, so that every engine can use them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat
from numpy.typing import NDArray

from attribution._typing import Bools, Floats, Hashes, Ints
from attribution.errors import LogError
from attribution.kernels.hashing import hash_integers
from attribution.tables import kinds
from attribution.tables.arrays import booleans, null_mask, numbers, strings, unwrap
from attribution.tables.arrays import positions as positions_of
from attribution.tables.far_times import Times, times_of
from attribution.tables.faults import Fault, Screen
from attribution.tables.keys import hash_array, no_ids
from attribution.tables.labels import Coded, combine, encode
from attribution.tables.number_columns import read_flags, read_values
from attribution.tables.tables import TableColumns
from attribution.tables.times import parse_integers, to_microseconds
from attribution.tables.unreadable import first_line
from attribution.tables.unusable_rows import RESERVED_CHANNEL

Rows = NDArray[np.intp]
_RESERVED = strings([RESERVED_CHANNEL])


@dataclass(frozen=True, slots=True, eq=False)
class TouchBatch:
    """The touches of one batch.

    Attributes
    ----------
    user, time, channel, sequence, dims
        As in `TouchColumns`, with the batch's own codes.
    check
        The second hash of the user, or None if one is enough.
    every_channel
        The channels of all good rows, also of those that were filtered out.
    times
        What the times of all good rows are.
    rows
        Positions in the batch as it was read; None for all, in order.
    faults
        Rows that cannot be used; they are in none of the arrays.
    clock
        Zone, ``"naive"``, ``"offsets"``, or None.
    seen
        How many rows were looked at, good and bad, kept or not.
    """

    user: Hashes
    time: Ints
    channel: Coded
    sequence: Ints | None
    dims: tuple[Coded, ...]
    every_channel: Coded
    times: Times
    rows: Rows | None
    faults: tuple[Fault, ...]
    clock: str | None
    check: Hashes | None = None
    seen: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ConversionBatch:
    """The conversions of one batch; attributes as in `ConversionColumns` and `TouchBatch`."""

    user: Hashes
    time: Ints
    value: Floats | None
    goal: Coded | None
    order: Hashes | None
    dims: tuple[Coded, ...]
    times: Times
    rows: Rows | None
    faults: tuple[Fault, ...]
    clock: str | None
    check: Hashes | None = None
    seen: int = 0


def decode_touches(
    batch: Any,
    table: TableColumns,
    keep: Callable[[Hashes], Bools] | None = None,
    *,
    check: bool = False,
) -> TouchBatch:
    """Decode the touches of a batch.

    Parameters
    ----------
    batch
        A pyarrow RecordBatch with at least ``table.touch_columns``.
    table
        The resolved columns.
    keep
        Given user hashes, tells which rows to keep; None keeps all. Faults, `times` and
        `every_channel` are of all rows in either case.
    check
        Hash users a second time, so that `tell_apart` can tell those apart whose first hash is the same.

    Examples
    --------
    >>> import pyarrow as pa
    >>> batch = pa.record_batch({"u": [1, 1], "t": [60, 0], "c": ["email", "search"]})
    >>> table = TableColumns(table="touches", user="u", time="t", channel=("c",), time_unit="s")
    >>> decode_touches(batch, table).time.tolist()
    [60000000, 0]
    """
    positions: Rows | None = None
    flag_faults: list[Fault] = []
    if table.conversion is not None and not table.conversion_is_touch:
        flags, flag_faults = read_flags(batch, table.conversion)
        batch, positions = _only(batch, ~flags)
    screen = Screen(batch.num_rows, positions)
    user = _users(batch, table, screen)
    time, clock = to_microseconds(batch.column(table.time), table.time_unit, table.time, screen)
    user = user if table.people is None else table.people.persons(user, time)
    channel = _channel(batch, table, screen)
    if table.leave_out is not None:
        none = [*table.leave_out.leaves_out(label or "" for label in channel.labels.to_pylist()), False]
        if any(none):
            screen.reject("no_touch", table.channel[0], np.array(none, np.bool_)[channel.codes])
    sequence = _sequence(batch, table, screen)
    good = screen.good
    times = times_of(time if good is None else time[good])
    kept = good if keep is None else (keep(user) if good is None else keep(user) & good)
    rows = None if kept is None else np.flatnonzero(kept)
    return TouchBatch(
        user=_pick(user, rows),
        time=_pick(time, rows),
        channel=channel.take(rows),
        sequence=None if sequence is None else _pick(sequence, rows),
        dims=tuple(_labels(batch, name).take(rows) for _, name in table.dims),
        every_channel=channel if good is None else channel.take(good),
        times=times,
        rows=_original(rows, positions),
        faults=(*screen.faults, *flag_faults),
        clock=clock,
        check=_pick(hash_array(batch.column(table.user), lane=1), rows) if check else None,
        seen=screen.n,
    )


def decode_conversions(batch: Any, table: TableColumns, *, check: bool = False) -> ConversionBatch:
    """Decode the conversions of a batch.

    Parameters
    ----------
    batch
        A pyarrow RecordBatch with at least ``table.conversion_columns``.
    table
        The resolved columns.
    check
        As in `decode_touches`.

    Examples
    --------
    >>> import pyarrow as pa
    >>> batch = pa.record_batch({"u": ["ann"], "t": ["2026-03-01"], "v": [12.5]})
    >>> table = TableColumns(table="conversions", user="u", time="t", value="v")
    >>> decode_conversions(batch, table).value.tolist()
    [12.5]
    """
    positions: Rows | None = None
    flag_faults: list[Fault] = []
    if table.conversion is not None:
        flags, flag_faults = read_flags(batch, table.conversion)
        batch, positions = _only(batch, flags)
    screen = Screen(batch.num_rows, positions)
    user = _users(batch, table, screen)
    time, clock = to_microseconds(batch.column(table.time), table.time_unit, table.time, screen)
    user = user if table.people is None else table.people.persons(user, time)
    value = None if table.value is None else read_values(batch.column(table.value), table, screen)
    good = screen.good
    rows = None if good is None else np.flatnonzero(good)
    times = times_of(time if good is None else time[good])
    return ConversionBatch(
        user=_pick(user, rows),
        time=_pick(time, rows),
        value=None if value is None else _pick(value, rows),
        goal=None if table.goal is None else _labels(batch, table.goal).take(rows),
        order=None if table.order is None else _pick(_orders(batch.column(table.order)), rows),
        dims=tuple(_labels(batch, name).take(rows) for _, name in table.conversion_dims),
        times=times,
        rows=_original(rows, positions),
        faults=(*screen.faults, *flag_faults),
        clock=clock,
        check=_pick(hash_array(batch.column(table.user), lane=1), rows) if check else None,
        seen=screen.n,
    )


def _only(batch: Any, mask: Bools) -> tuple[Any, Rows]:
    rows = np.flatnonzero(mask)
    return (batch if len(rows) == batch.num_rows else batch.take(positions_of(rows))), rows


def _pick(values: NDArray[Any], rows: Rows | None) -> NDArray[Any]:
    return values if rows is None else values[rows]


def _original(rows: Rows | None, positions: Rows | None) -> Rows | None:
    if rows is None or positions is None:
        return positions if rows is None else rows
    return positions[rows]


def users_of(batch: Any, table: TableColumns) -> Hashes:
    """Return the user hash of each row, shape (n,); what a row without a usable id has means nothing."""
    screen = Screen(batch.num_rows)
    user = _users(batch, table, screen)
    if table.people is None:
        return user
    time, _ = to_microseconds(batch.column(table.time), table.time_unit, table.time, screen)
    return table.people.persons(user, time)


def _users(batch: Any, table: TableColumns, screen: Screen) -> Hashes:
    array = unwrap(batch.column(table.user))
    if table.people is not None:
        array = unwrap(table.people.prepared(array))
    nulls = null_mask(array)
    if nulls is not None:
        screen.reject("null_user", table.user, nulls)
    if pat.is_dictionary(array.type) and array.dictionary.null_count:
        screen.reject("null_user", table.user, booleans(array.dictionary_decode().is_null()))
    if table.users == "integer" and kinds.is_text(kinds.plain(array.type)):
        # Only CSV comes here: its ids are text until the other table says that they are numbers.
        text = array.dictionary_decode() if pat.is_dictionary(array.type) else array
        return hash_integers(parse_integers(text, "user_text", table.user, screen))
    if table.both_signs and pat.is_uint64(kinds.plain(array.type)):
        ids = numbers(array.dictionary_decode() if pat.is_dictionary(array.type) else array)
        screen.reject("user_range", table.user, ids > np.uint64(2**63 - 1))
    missing, cut = no_ids(array)
    if missing is not None:
        screen.reject("null_user", table.user, missing)
    if cut is not None:
        screen.reject("user_cut", table.user, cut)
    return hash_array(array)


def _channel(batch: Any, table: TableColumns, screen: Screen) -> Coded:
    name, *others = table.channel
    channel = _labels(batch, name)
    reserved = booleans(pc.is_in(channel.labels, value_set=_RESERVED))
    if reserved.any():
        screen.reject("reserved_channel", name, np.append(reserved, False)[channel.codes])
    if others or table.grouped:
        return combine([channel, *(_labels(batch, other) for other in others)])
    nulls = channel.nulls()
    if nulls is not None:
        screen.reject("null_channel", name, nulls)
    return channel


def _labels(batch: Any, column: str) -> Coded:
    try:
        coded = encode(batch.column(column))
        coded.labels.validate(full=True)
    except pa.ArrowInvalid as error:
        msg = f"labels cannot be read as UTF-8 text ({first_line(error)})"
        raise LogError(msg, column=column, hint="write the table again with that column as text") from error
    return coded


def _sequence(batch: Any, table: TableColumns, screen: Screen) -> Ints | None:
    if table.sequence is None:
        return None
    array = unwrap(batch.column(table.sequence))
    if pat.is_dictionary(array.type):
        array = array.dictionary_decode()
    nulls = null_mask(array)
    if nulls is not None:
        screen.reject("null_sequence", table.sequence, nulls)
    if pat.is_null(array.type):
        return np.zeros(len(array), np.int64)
    return parse_integers(array, "sequence_text", table.sequence, screen)


def _orders(array: Any) -> Hashes:
    if pat.is_dictionary(array.type):
        array = array.dictionary_decode()
    hashes = hash_array(array)
    missing, _ = no_ids(array)
    for mask in (null_mask(array), missing):
        if mask is not None:
            hashes[mask] = 0
    return hashes
