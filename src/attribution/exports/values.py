"""Times and amounts as exports write them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from attribution._typing import Bools, Floats, Ints
from attribution.errors import LogError
from attribution.exports.export import Export
from attribution.exports.presets import EXPORTS
from attribution.tables.amounts import amounts as amounts_of_text
from attribution.tables.amounts import is_nothing, may_be_thousands

_PER_SECOND = {"s": 1_000_000, "ms": 1_000, "us": 1}
_FARTHEST = 9e18  # microseconds that 64 bits hold
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000  # days since 1900 of 1954 and 2119: how spreadsheets write times


def changed(export: Export, change: str) -> str:
    """Return the argument that reads an export with one field changed, as code.

    Examples
    --------
    >>> from attribution.exports.presets import EXPORTS
    >>> changed(EXPORTS["stripe"], 'time_unit="s"')
    'export=at.EXPORTS["stripe"].replace(time_unit="s")'
    """
    known = EXPORTS.get(export.name) == export
    return f'export={f"""at.EXPORTS["{export.name}"]""" if known else "export"}.replace({change})'


def microseconds(
    array: Any, column: str, export: Export, timezone: str | None = None, *, day_end: bool = False
) -> tuple[Ints, Bools]:
    """Return times as microseconds since 1970 in UTC, and which there are.

    Parameters
    ----------
    array
        Times, text or whole numbers (also as text).
    column
        Its name, for messages.
    export
        What it is a column of; its `time_unit` says what whole numbers count.
    timezone
        The place whose clock times without an offset, and whole numbers, are of; UTC without one.
    day_end
        Whether times are days, of which the last microsecond counts.

    Returns
    -------
    time : int64, shape (n,)
        0 where there is none.
    known : bool, shape (n,)
        Where there is one.

    Raises
    ------
    LogError
        If some are no times, or whole numbers and nothing says of what.
    """
    import pandas as pd

    if pat.is_temporal(array.type):
        local = not (pat.is_timestamp(array.type) and array.type.tz)
        stamps = pd.Series(
            pc.cast(array, pa.timestamp("us", None if local else "UTC"), safe=False).to_pandas()
        )
        stamps = stamps.dt.tz_localize("UTC") if local else stamps
        naive = np.full(len(stamps), local)
    else:
        counted = _counted(array, column, export)
        if counted is not None:
            stamps = pd.Series(pd.to_datetime(counted, unit="us", utc=True))
            naive = np.ones(len(stamps), np.bool_)
        else:
            stamps, naive = _read(array, column)
    if day_end:  # by the clock that the days are of
        stamps = stamps.dt.floor("D") + pd.Timedelta("1D") - pd.Timedelta("1us")
    if timezone is not None and naive.any():
        clock = stamps[naive].dt.tz_localize(None)
        # Of the hour that comes twice the second is meant; one that never was is the hour after.
        there = clock.dt.tz_localize(
            timezone, ambiguous=np.zeros(len(clock), np.bool_), nonexistent="shift_forward"
        )
        stamps = stamps.copy()
        stamps[naive] = there.dt.tz_convert("UTC")
    known = stamps.notna().to_numpy()
    time = (
        stamps.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    )
    time = np.where(known, time, 0)
    return time, known


def _counted(array: Any, column: str, export: Export) -> Any:
    """Return whole numbers as microseconds; None where the column is times as text."""
    if pat.is_string(array.type) or pat.is_large_string(array.type):
        texts = pc.utf8_trim_whitespace(array)
        texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, texts.type), texts)
        digits = pc.match_substring_regex(texts, r"^-?\d+(\.\d+)?$")
        if not len(texts) or texts.null_count == len(texts) or not pc.all(digits).as_py():
            return None
        array = pc.cast(texts, pa.float64())
    numbers = np.asarray(pc.cast(array, pa.float64()).to_numpy(zero_copy_only=False))
    there = numbers[np.isfinite(numbers)]
    unit = export.time_unit
    if unit is None and len(there):
        serials = bool(((there > _FIRST_SERIAL) & (there < _LAST_SERIAL)).all())
        kind = "days since 1900, as a spreadsheet writes times" if serials else "whole numbers without a unit"
        msg = f"the times in {column!r} are {kind}: {there[0]:g}"
        days = (
            f'pandas.to_datetime(data[{column!r}].astype(float), unit="D", origin="1899-12-30").astype(str)'
        )
        hint = f"data[{column!r}] = {days}" if serials else changed(export, 'time_unit="s"')
        raise LogError(msg, column=column, hint=hint)
    per = _PER_SECOND.get(unit or "us")
    counted = numbers * per if per is not None else numbers / 1_000  # ns
    far = np.flatnonzero(np.abs(np.nan_to_num(counted)) > _FARTHEST)
    if len(far):
        msg = (
            f"{len(far):,} times in {column!r} lie beyond what a clock can show, such as {numbers[far[0]]:g}"
        )
        raise LogError(msg, column=column, rows=far.tolist(), count=len(far))
    found = pa.array(np.round(np.nan_to_num(counted)).astype(np.int64), mask=~np.isfinite(numbers))
    if (
        pat.is_integer(array.type) and per is not None
    ):  # a double holds microseconds until 2255, and no further
        found = pc.multiply_checked(pc.cast(array, pa.int64()), per)
    import pandas as pd

    return found.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)


def _read(array: Any, column: str) -> tuple[Any, Bools]:
    """Return text as times in UTC, and which of them say no offset."""
    import pandas as pd

    texts = pc.utf8_trim_whitespace(pc.cast(array, pa.string()))
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, texts.type), texts)
    texts = pc.replace_substring_regex(texts, r"\s+UTC$", "Z")
    texts = pc.replace_substring_regex(texts, r"\s+([+-]\d{2}:?\d{2})$", r"\1")
    texts = pc.replace_substring_regex(texts, r"^(\d{4}-\d{2}-\d{2})[ T](\d):", r"\1 0\2:")
    offset = pc.match_substring_regex(texts, r"(Z|\d[+-]\d{2}:?\d{2})$")
    stamps = pd.to_datetime(
        pd.Series(texts.to_pandas(), dtype=object), format="ISO8601", utc=True, errors="coerce"
    )
    bad = np.flatnonzero(stamps.isna().to_numpy() & np.asarray(pc.is_valid(texts)))
    if len(bad):
        example = texts[int(bad[0])].as_py()
        msg = f"{len(bad):,} times in {column!r} cannot be read, such as {example!r}"
        either = "/" in example or "." in example
        why = (
            "day and month may be either way round" if either else "nobody can tell when these rows happened"
        )
        first = (
            f"data[{column!r}] = pandas.to_datetime(data[{column!r}], dayfirst=True).astype(str)  # or False"
        )
        raise LogError(
            msg, column=column, rows=bad.tolist(), count=len(bad), why=why, hint=first if either else None
        )
    return stamps, ~np.asarray(pc.fill_null(offset, fill_value=False))


def amounts(array: Any, column: str) -> Floats:
    """Return amounts of money, NaN where there are none; shape (n,).

    Text may have thousands separators and a decimal comma where the column tells which is which.

    Raises
    ------
    LogError
        If some are no numbers, or a comma may be either.
    """
    if not (pat.is_string(array.type) or pat.is_large_string(array.type)):
        return np.asarray(pc.cast(array, pa.float64()).to_numpy(zero_copy_only=False))
    cells = array.to_pylist()
    if any("," in cell for cell in cells if cell) and may_be_thousands(cells):
        example = next(cell for cell in cells if cell and "," in cell)
        msg = f"nothing tells whether commas in {column!r} part thousands or cents, such as {example!r}"
        hint = f'data[{column!r}] = data[{column!r}].str.replace(",", "")  # or ".", for a decimal comma'
        raise LogError(msg, column=column, hint=hint)
    found = amounts_of_text(array)
    bad = np.flatnonzero(np.isnan(found))
    if len(bad):
        msg = f"{len(bad):,} amounts in {column!r} are no numbers, such as {cells[int(bad[0])]!r}"
        raise LogError(msg, column=column, rows=bad.tolist(), count=len(bad))
    said = np.array([cell is not None and not is_nothing(cell) for cell in cells], np.bool_)
    return np.where(said, found, np.nan)
