"""What types a log's columns may be of: each fit for its part, users of one kind, times on one clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from attribution.errors import LogError
from attribution.eventlog.schema import LogSchema, raise_all
from attribution.language.sentence import Sentence
from attribution.tables import kinds
from attribution.tables.arrays import without_views
from attribution.tables.faults import Screen
from attribution.tables.number_columns import read_values
from attribution.tables.sources import ColumnType, Source
from attribution.tables.tables import TableColumns
from attribution.tables.unusable_rows import DROP, REASONS


def check_types(
    tables: Sequence[TableColumns], sources: Sequence[Source], schema: LogSchema, faults: list[LogError]
) -> tuple[str, bool]:
    """Check every column's type in every file.

    Returns
    -------
    tuple of str and bool
        What users are hashed as, and whether some ids are unsigned 64-bit integers and others signed ones.
    """
    users: list[ColumnType] = []
    clocks: list[ColumnType] = []
    for table, source in zip(tables, sources, strict=True):
        users += _accepted(source, table.user, kinds.user_kind, "user", faults)
        clocks += _accepted(source, table.time, kinds.time_kind, "time", faults)
        for name in table.labels:
            _accepted(source, name, kinds.label_kind, "label", faults)
        if table.order is not None:
            _accepted(source, table.order, kinds.user_kind, "order", faults)
        for column, kind, role in (
            (table.value, kinds.number_kind, "value"),
            (table.sequence, _whole_kind, "sequence"),
            (table.conversion, kinds.flag_kind, "conversion"),
        ):
            if column is not None:
                _accepted(source, column, kind, role, faults)
    _check_clocks(clocks, [table.time for table in tables], sources, schema, faults)
    signs = {entry.text or pat.is_signed_integer(kinds.plain(entry.type)) for entry in users}
    wide = any(pat.is_uint64(kinds.plain(entry.type)) for entry in users)
    return _agreed_users(users, [table.user for table in tables], faults), wide and True in signs


def check_labels(source: Source, columns: Iterable[str]) -> None:
    """Raise LogError unless every column holds text, or what can be taken as text, and is there once."""
    faults: list[LogError] = []
    for name in columns:
        if name in source.repeated:
            faults.append(repeated_column(source, name))
        else:
            _accepted(source, name, kinds.label_kind, "label", faults)
    raise_all(faults)


def repeated_column(source: Source, name: str) -> LogError:
    """Return the error of a column name that occurs twice."""
    msg = f"{source.table} has more than one column called {name!r}"
    return LogError(msg, column=name, hint="rename one of them, or leave it out")


def _whole_kind(kind: Any) -> str | None:
    return kinds.number_kind(kind) if kinds.number_kind(kind) in ("integer", "null") else None


_WANTED = {
    "user": "user ids: integers, text, bytes or UUIDs",
    "time": "times: timestamps, dates, integers with a unit, or ISO 8601 text",
    "label": "labels: text; whole numbers and booleans are taken as text",
    "order": "order ids: integers, text or bytes",
    "value": "numbers",
    "sequence": "whole numbers",
    "conversion": "yes or no: boolean, 0/1, or true/false text",
}
_IDS = "a float cannot hold every whole number: ids beyond 2**53 would merge"
_WHY_NO_FLOATS = {
    "user": _IDS,
    "order": _IDS,
    "time": "seconds as floats cannot be told from milliseconds, and lose microseconds",
    "label": "1.0 and 1 would be two labels",
    "sequence": "touches of one instant are ordered by it",
}
_HINTS = {
    "user": '@ = @.astype("Int64")',
    "time": '@ = pandas.to_datetime(@, unit="s")  # or "ms", "us"',
    "label": '@ = @.astype("string")',
    "order": '@ = @.astype("Int64")',
    "value": "@ = pandas.to_numeric(@)",
    "sequence": '@ = @.rank(method="dense").astype("Int64")',
    "conversion": '@ = @.astype("string").isin(["purchase"])',
}


def _accepted(
    source: Source, column: str, kind: Callable[[Any], str | None], role: str, faults: list[LogError]
) -> tuple[ColumnType, ...]:
    """Return the types of a column that fit its part; report the others."""
    try:
        found = source.types(column)
    except LogError as fault:
        faults.append(fault)
        return ()
    for entry in found:
        if not entry.text and kind(entry.type) is None:
            place = "" if entry.where == source.table else f" in {entry.where!r}"
            msg = f"{source.table}: {column!r} is of type {entry.type}{place}; {role} takes {_WANTED[role]}"
            why = _WHY_NO_FLOATS.get(role) if kinds.number_kind(entry.type) == "float" else None
            hint = _cure(source, column, entry.type, role)
            faults.append(LogError(msg, column=column, why=why, hint=hint))
            return ()
    return found


def _cure(source: Source, column: str, kind: Any, role: str) -> str:
    """Return the line that makes a column fit its part."""
    kind = kinds.plain(kind)
    there = f'{source.table}["{column}"]'
    if pat.is_struct(kind):
        return _struct_cure(there, kind, role)
    if pat.is_list(kind) or pat.is_large_list(kind):
        return _list_cure(source.table, column, kind.value_type, role)
    hint = _HINTS[role]
    if role == "label" and kinds.number_kind(kind) == "float":
        hint = '@ = @.astype("string").str.replace(r"\\.0$", "", regex=True)'
    elif role == "value" and pat.is_boolean(kind):
        hint = '@ = @.astype("float64")'
    elif role == "time" and pat.is_duration(kind):
        hint = "add them to the time that they count from: a duration is no time"
    elif role == "time" and "period" in str(kind):
        hint = "@ = @.dt.to_timestamp()"
    elif role == "value" and kinds.is_text(kind):
        hint = value_cure(source, column) or '@ = pandas.to_numeric(@.astype("float64"))'
        hint = hint.removesuffix(f"; {DROP} leaves those rows out")  # the whole column is refused
    elif role == "time" and kinds.number_kind(kind) == "float":
        unit = _counted(source, column)
        if unit is not None:
            hint = f"@ = pandas.to_datetime(@, {unit})"
    return hint.replace("@", there)


def _counted(source: Source, column: str) -> str | None:
    """Return what numbers of a time count, by their size; None where nothing tells or they cannot be read."""
    if source.one_shot:
        return None
    try:
        first = next(iter(source.batches([column])), None)
        numbers = np.zeros(0) if first is None else np.asarray(first.column(0).to_pandas(), np.float64)
    except (LogError, TypeError, ValueError):
        return None
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None
    with np.errstate(over="ignore"):  # what no clock counts needs no middle
        size = float(np.median(np.abs(numbers)))
    found = [how for low, high, how in _COUNTS if low <= size < high]
    return found[0] if found else None


_COUNTS = (
    (20_000, 80_000, 'unit="D", origin="1899-12-30"'),  # days, as spreadsheets count them
    (19_000_101, 21_001_232, 'format="%Y%m%d"'),
    (1e8, 1e10, 'unit="s"'),
    (1e11, 1e13, 'unit="ms"'),
    (1e14, 1e16, 'unit="us"'),
    (1e17, 1e19, 'unit="ns"'),
)


def _struct_cure(there: str, kind: Any, role: str) -> str:
    """Return the line that takes one field of each entry."""
    known = [kind.field(place).name for place in range(kind.num_fields)]
    if not known:
        return "leave the empty column out"
    part = next((name for name in _FIELDS.get(role, ()) if name in known), known[0])
    others = f"  # or {', '.join(name for name in known if name != part)}" if len(known) > 1 else ""
    return f'{there} = {there}.str["{part}"]{others}'


def _list_cure(table: str, column: str, entry: Any, role: str) -> str:
    """Return the line that takes one entry of each list, or makes a row of each."""
    there = f'{table}["{column}"]'
    names = [entry.field(place).name for place in range(entry.num_fields)] if pat.is_struct(entry) else []
    if not {"key", "value"} <= set(names):
        return f'{table} = {table}.explode("{column}", ignore_index=True)  # a row for each entry of a list'
    # What Google Analytics exports: key and value, and of the value one field by type.
    typed = pat.is_struct(entry.field("value").type)
    first = 'next((it for it in one["value"].values() if it is not None), None)' if typed else 'one["value"]'
    key = {"value": "value", "label": "source"}.get(role, "...")
    taken = f'[next(({first} for one in row if one["key"] == "{key}"), None) for row in {there}]'
    return f"{there} = {taken}  # or another of the keys"


_FIELDS = {
    "label": ("manual_source", "source", "name"),
    "value": ("purchase_revenue", "revenue", "value"),
    "order": ("transaction_id", "order_id", "id"),
}


def value_cure(source: Source, column: str) -> str | None:
    """Return the line that reads texts as numbers, by the first that are none; None if read only once."""
    if source.one_shot:
        return None
    missing = 0
    for batch in source.batches([column]):
        screen = Screen(batch.num_rows)
        table = TableColumns(table=source.table, user=column, time=column, value=column, missing_value=0.0)
        read_values(without_views(batch).column(0), table, screen)
        told = [fault for fault in screen.faults if fault.reason != "value_infinite"]  # which is a number
        faults = sorted(told, key=lambda fault: -len(fault.rows))
        if faults:
            return REASONS[faults[0].reason].hint
        texts = without_views(batch).column(0).cast(pa.large_string())
        missing += pc.sum(pc.match_substring_regex(texts, "(?i)nan")).as_py() or 0
    note = f"  # {missing:,} of them NaN: missing values then" if missing else ""
    return f'@ = pandas.to_numeric(@.astype("float64")){note}'


def _agreed_users(users: Sequence[ColumnType], names: Sequence[str], faults: list[LogError]) -> str:
    """Return the one kind that all users are of; text of CSV goes with whatever the others are."""
    by_kind: dict[str, str] = {}
    for entry in users:
        found = kinds.user_kind(entry.type)
        if not entry.text and found not in (None, "null"):
            by_kind.setdefault(str(found), entry.where)
    text = next((entry.where for entry in users if entry.text), None)
    if text is not None and "integer" not in by_kind:
        by_kind.setdefault("string", text)
    if len(by_kind) > 1:
        places = ", ".join(f"{kind} in {where}" for kind, where in by_kind.items())
        column = names[0]
        casts = {"integer", "string"} == set(by_kind)
        hint = (
            f'touches["{column}"] = touches["{column}"].astype("string"); '
            f'conversions["{names[-1]}"] = conversions["{names[-1]}"].astype("string")'
            if casts
            else "write both as text"
        )
        msg = f"user ids are not of one kind: {places}"
        faults.append(
            LogError(msg, column=column, why='the number 7 and the text "7" would be two users', hint=hint)
        )
    return next(iter(by_kind), "string")


def _check_clocks(
    clocks: Sequence[ColumnType],
    names: Sequence[str],
    sources: Sequence[Source],
    schema: LogSchema,
    faults: list[LogError],
) -> None:
    integer = [entry for entry in clocks if kinds.time_kind(entry.type) == "integer"]
    if integer and schema.time_unit is None:
        msg = f"times of {integer[0].where} are integers, and nothing says what they count"
        place = next((n for n, source in enumerate(sources) if integer[0] in source.types(names[n])), 0)
        hint = _unit_cure(place, sources, names)
        why = "a wrong unit is wrong by a factor of a thousand"
        faults.append(LogError(msg, column=names[place], why=why, hint=hint))
    typed = any(not entry.text and kinds.time_kind(entry.type) in ("timestamp", "date") for entry in clocks)
    if (
        schema.time_unit is not None
        and clocks
        and typed
        and not integer
        and not any(entry.text for entry in clocks)
    ):
        msg = f"time_unit={schema.time_unit!r} is for integers, and {names[0]!r} is of type {clocks[0].type}"
        faults.append(LogError(msg, column=names[0], hint="leave time_unit out"))
    zones: dict[str, str] = {}
    for entry in clocks:
        zone = None if entry.text else kinds.zone_of(entry.type)
        if zone is not None:
            zones.setdefault(zone, entry.where)
    if len(zones) > 1:
        faults.append(clock_clash(zones, dict(zip(("touches", "conversions"), names, strict=False))))


def _unit_cure(place: int, sources: Sequence[Source], names: Sequence[str]) -> str:
    """Return what says what integers count: a unit, or a line where that is right for one table only."""
    counted = [_counted(source, name) or "" for source, name in zip(sources, names, strict=False)]
    found = counted[place]
    there = f'{sources[place].table}["{names[place]}"]'
    if found.startswith("format="):
        return f"{there} = pandas.to_datetime({there}.astype(str), {found})"
    if "origin=" in found or (found and {*counted} - {found, ""}):
        return f"{there} = pandas.to_datetime({there}, {found})"
    return f"LogSchema(time_{found})" if found else 'LogSchema(time_unit="s")  # or "ms", "us", "ns"'


def clock_clash(zones: dict[str, str], columns: Mapping[str, str]) -> LogError:
    """Return the error of times on several clocks: {zone: where it was seen}, {table: its time column}."""
    places = tuple(
        Sentence("mixed_clocks.place", zone=_clock(zone), where=where) for zone, where in zones.items()
    )
    return LogError(
        Sentence("mixed_clocks", places=places),
        column=next(iter(columns.values())),
        why="touches and conversions would be hours apart from where they were",
        hint="; ".join(
            f'{table}["{name}"] = pandas.to_datetime({table}["{name}"], format="mixed", utc=True)'
            for table, name in columns.items()
        )
        + "  # where no offset means UTC",
    )


def _clock(zone: str) -> Sentence:
    """Return what a table's times bear: no zone, offsets, or the zone of that name."""
    return Sentence(f"clock.{zone}") if zone in {"naive", "offsets"} else Sentence("clock.zone", zone=zone)
