"""Times of an Arrow array as microseconds since 1970 in UTC."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from attribution._typing import Bools, Ints
from attribution.tables import kinds
from attribution.tables.arrays import booleans, null_mask, numbers, positions, refuse_bad_text, unwrap
from attribution.tables.faults import Screen
from attribution.tables.text_faults import reject_times

PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
# What 64-bit nanoseconds can hold, so that pandas and numpy can show every time that is let in.
EARLIEST, LATEST = -(2**63) // 1000 + 1, (2**63 - 1) // 1000
_DAY = 86_400_000_000
_ZONED = r"(?:Z|[+-]\d{2}(?::?\d{2})?)$"
# In a date alone, "-02" is the day and no offset.
_HAS_ZONE = r"\d[T ]\d{2}.*" + _ZONED
_ISO = (
    r"^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ](?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$"
)


def to_microseconds(array: Any, unit: str | None, column: str, screen: Screen) -> tuple[Ints, str | None]:
    """Read an Arrow array of timestamps, dates, integers or ISO texts as microseconds in UTC.

    Parameters
    ----------
    array
        A pyarrow Array.
    unit
        What integers count; needed for integers only.
    column
        The column's name, for faults.
    screen
        Where nulls, unreadable texts and times out of range are reported; such rows become 0.

    Returns
    -------
    tuple of Ints and str or None
        int64, shape (n,), and the clock: a zone, ``"naive"``, ``"offsets"`` for texts with offsets, or None
        where nothing tells (integers, no rows).

    Examples
    --------
    >>> import pyarrow as pa
    >>> to_microseconds(pa.array([86400]), "s", "time", Screen(1))
    (array([86400000000]), None)
    """
    array = unwrap(array)
    if pat.is_dictionary(array.type):
        array = array.dictionary_decode()
    nulls = null_mask(array)
    if nulls is not None:
        screen.reject("null_time", column, nulls)
    kind = array.type
    if array.null_count == len(array):
        return np.zeros(len(array), np.int64), None
    if kinds.is_text(kind):
        return _from_text(array, unit, column, screen)
    if pat.is_timestamp(kind):
        return _scaled(numbers(array), kind.unit, column, screen), kinds.zone_of(kind)
    if pat.is_date32(kind):
        days = numbers(array).astype(np.int64)
        return _in_range(
            days * _DAY, _outside(days, EARLIEST // _DAY, LATEST // _DAY), column, screen
        ), "naive"
    if pat.is_date64(kind):
        return _scaled(numbers(array), "ms", column, screen), "naive"
    return _from_integers(numbers(array), unit or "us", column, screen), None


def _from_integers(values: Any, unit: str, column: str, screen: Screen) -> Ints:
    if values.dtype == np.uint64:
        beyond = values > np.uint64(2**63 - 1)
        if beyond.any():
            screen.reject("time_range", column, beyond)
            values = np.where(beyond, np.uint64(0), values)
    return _scaled(values.astype(np.int64, copy=False), unit, column, screen)


def _scaled(values: Ints, unit: str, column: str, screen: Screen) -> Ints:
    """Convert counts of `unit` to microseconds; nanoseconds are rounded down."""
    if unit == "ns":
        return _floor_thousandths(values)
    factor = PER_SECOND["us"] // PER_SECOND[unit]
    outside = _outside(values, -(-EARLIEST // factor), LATEST // factor)
    return _in_range(values * factor if factor > 1 else values, outside, column, screen)


def _floor_thousandths(nanoseconds: Ints) -> Ints:
    microseconds: Ints = np.floor_divide(nanoseconds, 1000)
    return microseconds


def _outside(values: Ints, lowest: int, highest: int) -> Bools | None:
    if not len(values) or (int(values.min()) >= lowest and int(values.max()) <= highest):
        return None
    return (values < lowest) | (values > highest)


def _in_range(values: Ints, outside: Bools | None, column: str, screen: Screen) -> Ints:
    if outside is None:
        return values
    screen.reject("time_range", column, outside)
    return np.where(outside, 0, values)


def _from_text(array: Any, unit: str | None, column: str, screen: Screen) -> tuple[Ints, str | None]:
    place = pc.index(array.is_valid(), True).as_py()
    refuse_bad_text(array.slice(place, 1), column)
    first = str(array[place]).strip()
    if unit is not None and first.lstrip("-").isdigit():
        return _from_integers(parse_integers(array, "time_text", column, screen), unit, column, screen), None
    # All entries are tried like the first: a cast that fails is slow, as it words an error for every row.
    aware = re.search(_HAS_ZONE, first) is not None
    try:
        values = _checked(_parse(array, aware=aware), np.arange(len(array)), column, screen)
    except pa.ArrowInvalid:
        refuse_bad_text(array, column)
        return _from_mixed_text(array, column, screen)
    return values, "offsets" if aware else "naive"


def _from_mixed_text(array: Any, column: str, screen: Screen) -> tuple[Ints, str | None]:
    """Find out which texts have an offset, which have none, and which are no times."""
    text = pc.replace_substring_regex(pc.utf8_trim_whitespace(array.cast(pa.large_string())), r"\s*UTC$", "Z")
    zoned = booleans(pc.match_substring_regex(text, _HAS_ZONE))
    readable = booleans(pc.match_substring_regex(text, _ISO))
    given = booleans(array.is_valid())
    if (bad := given & ~readable).any():
        reject_times(text, bad, column, screen)
    out = np.zeros(len(array), np.int64)
    for aware, rows in ((True, np.flatnonzero(readable & zoned)), (False, np.flatnonzero(readable & ~zoned))):
        out[rows] = _parse_some(text.take(positions(rows)), rows, column, screen, aware=aware)
    naive = readable & ~zoned
    if zoned.any() and naive.any():
        screen.reject("time_zone", column, naive)
    return out, "offsets" if zoned.any() else ("naive" if naive.any() else None)


def _parse(text: Any, *, aware: bool) -> Ints:
    """Parse ISO texts, all with an offset or all without; raise ArrowInvalid where one cannot be read."""
    zone = "UTC" if aware else None
    try:
        parsed = pc.cast(text, pa.timestamp("us", zone))
    except pa.ArrowInvalid:
        nanoseconds = pc.cast(text, pa.timestamp("ns", zone))
        return _floor_thousandths(numbers(nanoseconds))
    return numbers(parsed)


def _parse_some(text: Any, rows: Any, column: str, screen: Screen, *, aware: bool) -> Ints:
    """Parse what can be parsed, halving the texts until those that cannot be stand alone."""
    try:
        return _checked(_parse(text, aware=aware), rows, column, screen)
    except pa.ArrowInvalid:
        if len(text) == 1:
            screen.reject("time_text", column, _mask(screen.n, rows))
            return np.zeros(1, np.int64)
    half = len(text) // 2
    parts = ((text[:half], rows[:half]), (text[half:], rows[half:]))
    return np.concatenate([_parse_some(part, where, column, screen, aware=aware) for part, where in parts])


def _checked(values: Ints, rows: Any, column: str, screen: Screen) -> Ints:
    outside = _outside(values, EARLIEST, LATEST)
    if outside is None:
        return values
    screen.reject("time_range", column, _mask(screen.n, rows[outside]))
    return np.where(outside, 0, values)


def _mask(n: int, rows: Any) -> Bools:
    mask = np.zeros(n, np.bool_)
    mask[rows] = True
    return mask


def parse_integers(array: Any, reason: str, column: str, screen: Screen) -> Ints:
    """Read whole numbers out of text; texts that hold none are rejected and become 0.

    Examples
    --------
    >>> import pyarrow as pa
    >>> parse_integers(pa.array(["7", "-2"]), "sequence_text", "sequence", Screen(2)).tolist()
    [7, -2]
    """
    if not kinds.is_text(array.type):
        values = numbers(array)
        if values.dtype == np.uint64 and (beyond := values > np.uint64(2**63 - 1)).any():
            screen.reject(reason, column, beyond)
        return values.astype(np.int64, copy=False)
    try:
        if not pc.any(pc.match_substring(array, "x", ignore_case=True)).as_py():  # pyarrow would read 0x10
            return numbers(array.cast(pa.int64()))
    except pa.ArrowInvalid:
        pass  # spaces, signs and trailing zeros, or no number at all
    refuse_bad_text(array, column)
    text = pc.replace_substring_regex(array.cast(pa.large_string()), r"^\s*\+?|(?:\.0*)?\s*$", "")
    fits = pc.match_substring_regex(text, r"^-?0*\d{1,18}$")
    longest = pc.and_(pc.match_substring_regex(text, r"^\d{19}$"), pc.less_equal(text, str(2**63 - 1)))
    whole = pc.or_(fits, longest).fill_null(False)
    bad = ~booleans(whole) & booleans(text.is_valid())
    if bad.any():
        screen.reject(reason, column, bad)
    return numbers(pc.if_else(whole, text, "0").cast(pa.int64()))
