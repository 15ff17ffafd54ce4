"""Journeys from the aggregated path tables that other tools use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from attribution._typing import Bools, Codes, Floats, Ints
from attribution.errors import FEWER_COLUMNS, JourneyError, enough_memory, unknown_name
from attribution.eventlog.schema import spelt
from attribution.journeys.journeys import UNATTRIBUTED, Journeys, lay_out
from attribution.journeys.paths import checked_separator
from attribution.kernels.ragged import offsets_of
from attribution.tables.arrays import booleans, refuse_bad_text, without_views
from attribution.tables.faults import Screen
from attribution.tables.kinds import flag_kind, is_text
from attribution.tables.number_columns import read_flags, read_values
from attribution.tables.sources import Source, open_source
from attribution.tables.tables import TableColumns
from attribution.tables.unusable_rows import REASONS

USUAL_SEPARATOR = " > "
_COUNTS = ("occurrences", "count", "n", "journeys", "paths", "frequency", "total")
_USUAL = {
    "conversions": ("conversions", "total_conversions", "conversion", "converted", "conv"),
    "nulls": ("nulls", "total_null", "total_nulls", "null", "non_conversions"),
    "value": ("value", "total_conversion_value", "conversion_value", "revenue"),
}


@enough_memory(FEWER_COLUMNS)
def read_paths(
    table: object,
    path: str = "path",
    conversions: str | None = None,
    value: str | None = None,
    nulls: str | None = None,
    *,
    separator: str | None = None,
) -> Journeys:
    """Read a table of paths with counts, the form in which other attribution tools keep journeys.

    Parameters
    ----------
    table
        A path of a Parquet, CSV, Feather or Arrow file, a mapping of columns, or any object with the
        Arrow C stream interface (pandas, polars, pyarrow, DuckDB).
    path
        The column of paths such as ``"email > search"``. Blanks around channels go. An empty
        path holds conversions that nothing touched (unattributed).
    conversions
        The column that counts the path's conversions, whole or fractional. Where another column says yes
        or no (``conversion``, ``converted``), it counts the journeys of the row, which convert where that
        column says so. By default the first of
        ``conversions``, ``total_conversions``, ``conversion``, ``converted``, ``conv`` that is there.
    value
        The column with the value of all the row's conversions; by default ``value``,
        ``total_conversion_value``, ``conversion_value`` or ``revenue``, and 0 if there is none.
    nulls
        The column that counts the journeys of that path that did not convert; by default ``nulls``,
        ``total_null``, ``null`` or ``non_conversions``, and 0 if there is none.
    separator
        What stands between channels, blanks and all: ``" > "`` leaves ``"Men>Shoes"`` one channel. By default
        ``>``, with blanks around it or not; where some paths have them, one without is part of a name. A
        separator inside a channel's name is written with a backslash before it, as `Journeys.path_counts`
        does.

    Returns
    -------
    Journeys
        Up to two for each row (its converting and its non-converting ones), with weights; times and
        users are unknown, so `TimeDecay`, calendar periods and bootstraps over users refuse them.

    Raises
    ------
    JourneyError
        If a column is missing or misspelt, a count negative or missing, a value stands beside no
        conversions, or the separator is written otherwise in the paths.

    Examples
    --------
    >>> import attribution as at
    >>> table = {"path": ["a > b", "b"], "conversions": [3, 1], "value": [60.0, 10.0], "nulls": [5, 9]}
    >>> at.attribute(at.read_paths(table), "first_touch").to_frame()[["channel", "conversions", "value"]]
      channel  conversions  value
    0       a          3.0   60.0
    1       b          1.0   10.0
    """
    if separator is not None:
        checked_separator(separator)
    source = open_source(table, "paths")
    names = _column_names(source, path, conversions, value, nulls)
    columns = _columns(source, tuple(dict.fromkeys(names.values())))
    channels, codes, offsets = _parsed(columns[path], path, separator)
    n_rows = len(offsets) - 1
    n_converted = _counts(columns, names["conversions"], n_rows)
    n_null = _counts(columns, names.get("nulls"), n_rows)
    if "flag" in names:
        yes = _flags(columns, names["flag"])
        n_converted, n_null = np.where(yes, n_converted, 0.0), n_null + np.where(yes, 0.0, n_converted)
    total_value = _counts(columns, names.get("value"), n_rows, negative=True)
    _refuse_impossible(np.diff(offsets), n_converted, n_null, total_value, names)

    rows = np.concatenate([np.flatnonzero(n_converted > 0), np.flatnonzero(n_null > 0)])
    converted = np.arange(len(rows)) < np.count_nonzero(n_converted > 0)
    pick, new_offsets = lay_out(offsets[rows], offsets[rows + 1])
    return Journeys(
        channels=channels,
        offsets=new_offsets,
        channel=codes[pick],
        converted=converted,
        value=np.where(converted, total_value[rows], 0.0),
        weight=np.where(converted, n_converted[rows], n_null[rows]),
        settings={"source": "path table"} | ({} if "value" in names else {"has_value": False}),
    )


def _column_names(
    source: Source, path: str, conversions: str | None, value: str | None, nulls: str | None
) -> dict[str, str]:
    """Return which column plays which role; `nulls` and `value` may have none."""
    known = list(source.columns)
    names = {}
    asked = {"path": path, "conversions": conversions, "value": value, "nulls": nulls}
    for role, name in asked.items():
        if name is not None:
            if name not in known:
                raise JourneyError(unknown_name("column", name, known), column=role)
            names[role] = name
            continue
        usual = [column for entry in _USUAL[role] for column in spelt(entry, known)]
        if usual:
            names[role] = usual[0]
    if "conversions" not in names:
        msg = f"no column counts conversions; the table has {', '.join(map(repr, known))}"
        raise JourneyError(msg, hint='at.read_paths(table, conversions="...")')
    _find_flag(source, names, asked=conversions)
    for name in names.values():
        if name in source.repeated:
            msg = f"the table has more than one column called {name!r}"
            raise JourneyError(msg, column=name, hint="rename one of them, or leave it out")
    return names


def _find_flag(source: Source, names: dict[str, str], *, asked: str | None) -> None:
    """Note the column that says of each row whether it converted, where another one counts journeys."""
    known = list(source.columns)
    usual = [column for entry in _USUAL["conversions"] for column in spelt(entry, known)]
    counts = [column for entry in _COUNTS for column in spelt(entry, known)]
    for column in usual:
        if column in source.repeated or column == asked or not _says_yes_or_no(source, column):
            continue
        count = asked or next((name for name in counts if name not in names.values()), None)
        if count is not None:
            names |= {"flag": column, "conversions": count}
            return


def _says_yes_or_no(source: Source, column: str) -> bool:
    """Return whether a column is boolean, or holds nothing but yes and no."""
    kinds = {flag_kind(entry.type) for entry in source.types(column)}
    if kinds <= {"boolean"}:
        return True
    if source.one_shot or None in kinds:
        return False
    rows = 0
    for batch in map(without_views, source.batches([column])):
        if read_flags(batch, column)[1]:
            return False
        rows += batch.num_rows
    return rows > 0


def _flags(columns: Mapping[str, list[Any]], name: str) -> Bools:
    parts = [read_flags(pa.record_batch([array], names=[name]), name)[0] for array in columns[name]]
    return np.concatenate([np.zeros(0, np.bool_), *parts])


def _columns(source: Source, names: Sequence[str]) -> dict[str, list[Any]]:
    """Return the columns' arrays, one a batch; files need not agree on their types."""
    for name in names:
        source.types(name)  # raises where a file lacks the column
    batches = [without_views(batch) for batch in source.batches(names)]
    return {name: [batch.column(place) for batch in batches] for place, name in enumerate(names)}


_WRONG = {
    "value_text": "are not numbers",
    "value_missing": "are missing",
    "value_infinite": "are infinite",
    "negative": "are negative",
}
_MENDED = {
    "value_text": "write numbers with a decimal point, without signs, words or thousands separators",
    "value_missing": "@ = pandas.to_numeric(@).fillna(0)  # if nothing was counted there",
    "value_infinite": "write the number that was counted",
    "negative": "net a correction against the count that it belongs to, or leave that path out",
}


def _counts(
    columns: Mapping[str, list[Any]], name: str | None, n_rows: int, *, negative: bool = False
) -> Floats:
    """Return a numeric column as float64, zeros where there is no such column; shape (rows,)."""
    if name is None:
        return np.zeros(n_rows)
    table = TableColumns(table="paths", user=name, time=name, value=name)
    parts = [np.zeros(0)]
    row = 0
    for array in columns[name]:
        screen = Screen(len(array))
        try:
            numbers = read_values(array, table, screen)
        except MemoryError:
            raise
        except pa.ArrowException as error:
            msg = f"the column holds {array.type}, which are not numbers"
            raise JourneyError(msg, column=name, hint="give one number a row") from error
        if not negative:
            screen.reject("negative", name, numbers < 0)
        for fault in screen.faults:
            rows = [row + int(place) for place in fault.rows]
            what, hint = _WRONG.get(fault.reason), _MENDED.get(fault.reason)
            if what is None or hint is None:  # texts that are numbers in another notation
                reason = REASONS[fault.reason]
                what, hint = reason.text.removeprefix("values "), reason.hint
            msg = f"some entries of {name!r} {what}"
            why = "a path that happened a negative or unknown number of times has no credit to give"
            hint = hint.replace("@", f'table["{name}"]')
            raise JourneyError(
                msg, column=name, rows=rows, count=len(rows), why=None if negative else why, hint=hint
            )
        parts.append(numbers)
        row += len(array)
    numbers = np.concatenate(parts)
    with np.errstate(over="ignore"):
        if not np.isfinite(np.abs(numbers).sum()):
            msg = f"the entries of {name!r} add up to more than a float can hold"
            raise JourneyError(msg, column=name, hint="write them in a larger unit")
    return numbers


def _parsed(arrays: Sequence[Any], name: str, separator: str | None) -> tuple[tuple[str, ...], Codes, Ints]:
    """Split paths into (channel names by code point, codes, offsets)."""
    texts = pa.concat_arrays([pa.array([], pa.large_string()), *(_as_text(array, name) for array in arrays)])
    if texts.null_count:
        rows = np.flatnonzero(texts.is_null().to_numpy(zero_copy_only=False))
        msg = "some paths are missing"
        raise JourneyError(
            msg,
            column=name,
            rows=[int(row) for row in rows[:5]],
            count=len(rows),
            hint=f'table["{name}"] = table["{name}"].fillna("")  # conversions that nothing touched',
        )
    mark = checked_separator(USUAL_SEPARATOR if separator is None else separator)
    escaped = "\\" + mark
    stand_in = None
    if pc.any(pc.match_substring(texts, escaped)).as_py():
        stand_in = _unused_letter(texts)  # for an escaped separator, while paths are split
        texts = pc.replace_substring(texts, escaped, stand_in)
    texts = pc.utf8_trim_whitespace(texts)
    lists = _split(texts, separator, name)
    lengths = np.asarray(pc.list_value_length(lists), dtype=np.int64)
    encoded = lists.flatten().dictionary_encode()
    indices = encoded.indices.to_numpy()
    empty = pc.equal(texts, "").to_numpy(zero_copy_only=False)
    if empty.any():
        indices = indices[np.repeat(~empty, lengths)]
        lengths[empty] = 0
    offsets = offsets_of(lengths)
    written = pc.utf8_trim_whitespace(encoded.dictionary)
    if stand_in is not None:
        written = pc.replace_substring(written, stand_in, mark)
    spellings = written.to_pylist()  # a channel may stand there twice, with blanks and without
    used = np.flatnonzero(np.bincount(indices, minlength=len(spellings)))
    labels = sorted({spellings[position] for position in used})
    if "" in labels:
        _refuse_blank_channels(np.array([label == "" for label in spellings])[indices], offsets, name)
    if UNATTRIBUTED in labels:
        msg = f"the channel name {UNATTRIBUTED!r} is reserved for conversions that nothing touched"
        raise JourneyError(msg, column=name, hint=_left_empty(texts, name))
    place = {label: position for position, label in enumerate(labels)}
    rank = np.array([place.get(label, -1) for label in spellings], np.int32)
    return tuple(labels), rank[indices], offsets


def _as_text(array: Any, name: str) -> Any:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if not (is_text(array.type) or pa.types.is_null(array.type) or not len(array)):
        msg = f"paths must be text, the column holds {array.type}"
        raise JourneyError(msg, column=name, hint=_as_path(array.type, f'table["{name}"]'))
    if not len(array):
        return pa.array([], pa.large_string())
    refuse_bad_text(array, name)
    return array.cast(pa.large_string())


def _as_path(kind: Any, column: str) -> str:
    """Return the line that writes paths as text."""
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return f'{column} = {column}.astype("string")'
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        written = r'" > ".join(str(one).replace(">", r"\>") for one in path)'
        return f"{column} = [{written} for path in {column}]"
    return 'write each path as text, such as "email > search"'


def _unused_letter(texts: Any) -> str:
    """Return a letter of the private-use area that no text holds."""
    letters = map(chr, range(0xE000, 0xF900))
    return next(letter for letter in letters if not pc.any(pc.match_substring(texts, letter)).as_py())


def _split(texts: Any, separator: str | None, name: str) -> Any:
    """Split paths at a separator as it stands; where none is given, at ``>`` with the blanks that it has."""
    if separator is None:
        spaced = pc.any(pc.match_substring(texts, USUAL_SEPARATOR)).as_py()
        pattern = r"\s+>\s*|\s*>\s+" if spaced else ">"  # in a spaced table "Men>Shoes" is a name
        return pc.split_pattern_regex(texts, pattern)
    mark = separator.strip()
    odd = booleans(pc.match_substring(texts, mark))
    if odd.any() and not pc.any(pc.match_substring(texts, separator)).as_py():
        msg = f"paths hold {mark!r}, and none of them the separator {separator!r}"
        why = "their channels would be one channel with a long name"
        rows = np.flatnonzero(odd).tolist()
        hint = f"at.read_paths(table, separator={mark!r})"
        raise JourneyError(msg, column=name, rows=rows[:5], count=len(rows), why=why, hint=hint)
    return pc.split_pattern(texts, separator)


def _refuse_blank_channels(is_blank: Bools, offsets: Ints, name: str) -> None:
    blank = np.flatnonzero(is_blank)
    rows = np.unique(np.searchsorted(offsets, blank, "right") - 1)
    msg = "some paths hold an empty channel, such as 'a >  > b'"
    hint = "name every channel, and check the separator"
    raise JourneyError(msg, column=name, rows=[int(row) for row in rows[:5]], count=len(rows), hint=hint)


def _left_empty(texts: Any, name: str) -> str:
    """Return the line that leaves paths of nothing empty, and gives a touch of that name another one."""
    column, line = f'table["{name}"]', ""
    alone = pc.sum(pc.equal(pc.utf8_trim_whitespace(texts), UNATTRIBUTED)).as_py() or 0
    if alone:
        line += f'.replace("{UNATTRIBUTED}", "")'
    if alone < (pc.sum(pc.match_substring(texts, UNATTRIBUTED)).as_py() or 0):
        line += f'.str.replace("{UNATTRIBUTED}", "other", regex=False)'
    return f"{column} = {column}{line}"


def _without_nulls(path: str, nulls: str, count: int) -> str:
    """Return the line that counts no journeys of users without a touch."""
    empty = f'table["{path}"].str.strip() == ""'
    return f'table.loc[{empty}, "{nulls}"] = 0  # in {count:,} of the rows'


def _refuse_impossible(
    lengths: Ints, converted: Floats, null: Floats, value: Floats, names: dict[str, str]
) -> None:
    worthless = np.flatnonzero((converted == 0) & (value != 0))
    if len(worthless):
        msg = "some paths have a value but no conversions"
        raise JourneyError(
            msg,
            column=names.get("value"),
            rows=[int(row) for row in worthless[:5]],
            count=len(worthless),
            why="value is credited through conversions, so this value would be lost",
            hint="give the row its conversions, or a value of 0",
        )
    pathless = np.flatnonzero((lengths == 0) & (null > 0))
    if len(pathless):
        msg = "some empty paths have non-converting journeys"
        raise JourneyError(
            msg,
            column=names.get("nulls"),
            rows=[int(row) for row in pathless[:5]],
            count=len(pathless),
            why="a journey without a touch cannot tell anything about channels",
            hint=_without_nulls(names.get("path", "path"), names.get("nulls", "nulls"), len(pathless)),
        )
