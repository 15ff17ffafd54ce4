"""Columns of files that know no types (CSV): what their text says, batch by batch."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from attribution.tables.arrays import strings

# What R, spreadsheets and databases write where there is no number; a column of text keeps these words.
_MISSING = strings(["", "NA", "N/A", "#N/A", "n/a", "NULL", "null", "None", "NaN", "nan", "<NA>"])
_BOOLEANS = {"true": True, "false": False}
_STEPS = ("whole", "number", "truth", "time", "text")


def inferred(array: Any, kind: str | None, *, times: bool = True) -> tuple[Any, str | None]:
    """Return a column of text as numbers, booleans or times if all of it is such; else as it is.

    Parameters
    ----------
    array
        Text, plain or as a dictionary, which is decoded only where it holds numbers.
    kind
        What earlier batches of the column held; None for the first. A column that turns out to hold more
        than they did (fractions, then text) keeps going as that.
    times
        Whether ISO dates and times are read as such.

    Returns
    -------
    tuple of array and str or None
        The column, and what it holds so far ("whole", "number", "truth", "time" or "text"), None where
        nothing tells.

    Examples
    --------
    >>> import pyarrow as pa
    >>> found, kind = inferred(pa.array(["1", " 2", "NA"]), None)
    >>> found.to_pylist(), kind
    ([1, 2, None], 'whole')
    >>> inferred(pa.array(["0.5"]), kind)[1], inferred(pa.array(["north"]), None)[1]
    ('number', 'text')
    """
    coded = pat.is_dictionary(array.type)
    words = array.dictionary if coded else array
    if kind == "text":
        return array, kind
    trimmed = pc.utf8_trim_whitespace(words)
    given = pc.if_else(pc.is_in(trimmed, value_set=_MISSING), None, trimmed)
    if given.null_count == len(given):
        return (pa.nulls(len(array), pa.float64()), kind)
    for step in _STEPS[_STEPS.index(kind) if kind else 0 : -1]:
        if (kind == "truth" and step != kind) or (step == "time" and not times):
            continue
        try:
            values = _cast(given, step)
        except pa.ArrowInvalid:
            continue
        return (values.take(array.indices) if coded else values), step
    return array, "text"


def _cast(text: Any, step: str) -> Any:
    if step == "whole":
        return text.cast(pa.int64())
    if step == "number":
        return text.cast(pa.float64())
    if step == "time":
        return text.cast(pa.timestamp("us"))
    lowered = pc.utf8_lower(text)
    known = pc.is_in(lowered, value_set=strings(list(_BOOLEANS)))
    if not pc.all(pc.if_else(text.is_valid(), known, True)).as_py():
        msg = "not all of it is true or false"
        raise pa.ArrowInvalid(msg)
    return pc.equal(lowered, "true")
