"""Values and conversion flags of an Arrow array, also out of text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from attribution._typing import Bools, Floats
from attribution.tables import kinds
from attribution.tables.arrays import (
    booleans,
    null_mask,
    numbers,
    positions,
    refuse_bad_text,
    strings,
    unwrap,
)
from attribution.tables.faults import Fault, Screen
from attribution.tables.tables import TableColumns
from attribution.tables.text_faults import flag_reason, reject_values


def read_values(array: Any, table: TableColumns, screen: Screen) -> Floats:
    """Read an array of numbers, or of text that holds them; bad ones are rejected by `screen`."""
    column = str(table.value)
    array = unwrap(array)
    if pat.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pat.is_null(array.type):
        values = np.full(len(array), np.nan)
    elif kinds.is_text(array.type):
        values = _values_from_text(array, column, screen)
    elif pat.is_integer(array.type):
        values = _with_nan(array)
    else:
        values = _with_nan(array.cast(pa.float64()))
    finite = np.isfinite(values)
    if finite.all():
        return values
    screen.reject("value_infinite", column, np.isinf(values))
    if table.missing_value is not None:
        values[np.isnan(values)] = table.missing_value
    else:
        screen.reject("value_missing", column, np.isnan(values))
    return values


def _with_nan(array: Any) -> Floats:
    values = numbers(array).astype(np.float64)
    nulls = null_mask(array)
    if nulls is not None:
        values[nulls] = np.nan
    return values


_NUMBER = r"^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$"
_NOT_FINITE = r"^\s*[+-]?(?i:inf|infinity|nan)\s*$"


def _values_from_text(array: Any, column: str, screen: Screen) -> Floats:
    try:
        return _with_nan(array.cast(pa.float64()))
    except pa.ArrowInvalid:
        text = array.cast(pa.large_string())
    number = pc.match_substring_regex(text, f"{_NUMBER}|{_NOT_FINITE}").fill_null(False)
    bad = ~booleans(number) & booleans(text.is_valid())
    if bad.any():
        reject_values(text, bad, column, screen)
    bare = pc.replace_substring_regex(text, r"^\s*\+?|\s*$", "")
    return _with_nan(pc.if_else(number, bare, None).cast(pa.float64()))


_YES = strings(["true", "t", "yes", "y", "1", "1.0"])
_NO = strings(["false", "f", "no", "n", "0", "0.0", ""])


def read_flags(batch: Any, column: str) -> tuple[Bools, list[Fault]]:
    """Return which rows the conversion column marks; null is no."""
    array = unwrap(batch.column(column))
    if pat.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pat.is_null(array.type):
        return np.zeros(len(array), np.bool_), []
    if pat.is_boolean(array.type):
        return booleans(array), []
    if kinds.is_text(array.type):
        refuse_bad_text(array, column)
        text = pc.utf8_lower(pc.utf8_trim_whitespace(array.cast(pa.string())))
        marked, unmarked = (booleans(pc.is_in(text, value_set=words)) for words in (_YES, _NO))
    else:
        marked, unmarked = numbers(array) == 1, numbers(array) == 0
    bad = np.flatnonzero(~marked & ~unmarked & booleans(array.is_valid()))
    if not len(bad):
        return marked, []
    reason = flag_reason(array.take(positions(bad))) if kinds.is_text(array.type) else "flag"
    return marked, [Fault(reason, column, bad)]
