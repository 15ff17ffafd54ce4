"""A schema meets the tables: real column names and checked types, before any row is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from attribution.errors import LogError, nearest, unknown_name
from attribution.eventlog import kinds
from attribution.eventlog.schema import LogSchema, find_column, raise_all
from attribution.eventlog.sources import ColumnType, Source

_LABELS = "text; whole numbers and booleans are taken as text"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumns:
    """The columns of one table, by the part they play; what `decode` needs to know of a log.

    Attributes
    ----------
    table
        ``"touches"`` or ``"conversions"``.
    user, time
        Column names.
    users
        ``"integer"``, ``"string"`` or ``"binary"``: what the ids of both tables are hashed as.
    time_unit
        What integer times count, or None.
    channel
        The column of the channel, or the columns that channel grouping makes it of; empty for
        conversions.
    sequence, conversion, value, goal, order
        Column names or None. `conversion` marks the conversions of a log in one table.
    conversion_is_touch
        Whether rows that `conversion` marks are touches too.
    dims
        (dimension, column) of the touches' dimensions.
    conversion_dims
        (dimension, column) of the conversions' dimensions.
    missing_value
        What a missing value counts as, or None if it may not be missing.
    """

    table: str
    user: str
    time: str
    users: str = "string"
    time_unit: str | None = None
    channel: tuple[str, ...] = ()
    sequence: str | None = None
    conversion: str | None = None
    conversion_is_touch: bool = True
    value: str | None = None
    goal: str | None = None
    order: str | None = None
    dims: tuple[tuple[str, str], ...] = ()
    conversion_dims: tuple[tuple[str, str], ...] = ()
    missing_value: float | None = None

    @property
    def touch_columns(self) -> tuple[str, ...]:
        """The columns that touches need, each once."""
        flag = () if self.conversion_is_touch else (self.conversion,)
        return _distinct(self.user, self.time, *self.channel, self.sequence, *flag, *dict(self.dims).values())

    @property
    def conversion_columns(self) -> tuple[str, ...]:
        """The columns that conversions need, each once."""
        own = (self.conversion, self.value, self.goal, self.order)
        return _distinct(self.user, self.time, *own, *dict(self.conversion_dims).values())

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are needed, each once."""
        conversions = self.conversion_columns if self.holds_conversions else ()
        touches = self.touch_columns if self.holds_touches else ()
        return _distinct(*touches, *conversions)

    @property
    def labels(self) -> tuple[str, ...]:
        """Those of the columns that hold few distinct texts."""
        own = (*self.channel, self.goal, *dict(self.dims).values(), *dict(self.conversion_dims).values())
        return tuple(name for name in _distinct(*own) if name not in (self.user, self.time, self.order))

    @property
    def holds_touches(self) -> bool:
        """Whether the table has touches."""
        return bool(self.channel)

    @property
    def holds_conversions(self) -> bool:
        """Whether the table has conversions."""
        return self.table == "conversions" or self.conversion is not None


def _distinct(*names: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name is not None))


def resolve(
    schema: LogSchema, touches: Source, conversions: Source | None, missing_value: float | None
) -> tuple[TableColumns, TableColumns | None]:
    """Find the columns of both tables and check their types.

    Raises
    ------
    LogError
        For all faults at once: columns that are missing, ambiguous or repeated, and types that cannot
        play their part.
    """
    faults: list[LogError] = []
    shared = frozenset(touches.columns)
    if conversions is None:
        found = [_find_columns(schema, touches, faults, shared, touch=True, conversion=True)]
    else:
        if schema.conversion:
            msg = f"conversion={schema.conversion!r} marks conversions among the touches, but they have a table too"
            faults.append(
                LogError(msg, column=schema.conversion, hint="name it, or hand in conversions, not both")
            )
        found = [
            _find_columns(schema, touches, faults, shared, touch=True, conversion=False),
            _find_columns(schema, conversions, faults, shared, touch=False, conversion=True),
        ]
    sources = [touches] if conversions is None else [touches, conversions]
    faults += _dims_nowhere(schema, sources)
    raise_all(faults)
    tables = [replace(table, missing_value=missing_value) for table in found if table is not None]
    users = _check_types(tables, sources, schema, faults)
    raise_all(faults)
    tables = [replace(table, users=users) for table in tables]
    return tables[0], tables[1] if len(tables) > 1 else None


def _find_columns(
    schema: LogSchema,
    source: Source,
    faults: list[LogError],
    shared: frozenset[str],
    *,
    touch: bool,
    conversion: bool,
) -> TableColumns | None:
    """Return the columns of one table, or None if it lacks one that it must have.

    A dimension that the touches have too (`shared`) gets another name among the conversions.
    """
    names = list(source.columns)
    found: dict[str, str | None] = {}

    def find(role: str, *, required: bool = False) -> None:
        found[role], fault = find_column(schema, role, names, source.table, required=required)
        if fault is not None:
            faults.append(fault)

    find("user", required=True)
    find("time", required=True)
    if touch:
        find("channel", required=True)
        find("sequence")
    if conversion:
        for role in ("value", "goal", "order"):
            find(role)
    if touch and conversion:
        _find_flag(schema, source, faults)
    for name in sorted({*found.values(), *schema.dims} & source.repeated - {None}, key=str):
        faults.append(_repeated(source, str(name)))
    user, time, channel = found["user"], found["time"], found.get("channel")
    if user is None or time is None or (touch and channel is None):
        return None
    dims = tuple(name for name in schema.dims if name in names)
    return TableColumns(
        table=source.table,
        user=user,
        time=time,
        time_unit=schema.time_unit,
        channel=() if channel is None else (channel,),
        sequence=found.get("sequence"),
        conversion=schema.conversion if touch and conversion else None,
        conversion_is_touch=schema.conversion_is_touch,
        value=found.get("value"),
        goal=found.get("goal"),
        order=found.get("order"),
        dims=tuple((name, name) for name in dims) if touch else (),
        conversion_dims=tuple((f"conversion_{name}" if name in shared else name, name) for name in dims)
        if conversion
        else (),
    )


def _find_flag(schema: LogSchema, source: Source, faults: list[LogError]) -> None:
    names = list(source.columns)
    if not schema.conversion:
        boolean = next(
            (name for name, kind in source.columns.items() if kinds.flag_kind(kind) == "boolean"), None
        )
        guess = nearest("conversion", names) or nearest("converted", names) or boolean or "converted"
        msg = "the log has no conversions: neither a table of them nor a column that marks them among the touches"
        hint = f"read_log(touches, conversions), or read_log(log, schema=LogSchema(conversion={guess!r}))"
        faults.append(LogError(msg, column="conversions", hint=hint))
    elif schema.conversion not in names:
        text = unknown_name(f"column in {source.table} for conversion =", schema.conversion, names)
        guess = nearest(schema.conversion, names) or "..."
        faults.append(LogError(text, column=schema.conversion, hint=f"LogSchema(conversion={guess!r})"))
    elif schema.conversion in source.repeated:
        faults.append(_repeated(source, schema.conversion))


def _dims_nowhere(schema: LogSchema, sources: Sequence[Source]) -> list[LogError]:
    known = list(dict.fromkeys(name for source in sources for name in source.columns))
    return [
        LogError(
            unknown_name("column for dims =", dim, known),
            column=dim,
            hint=f"LogSchema(dims=({nearest(dim, known) or '...'!r},))",
        )
        for dim in schema.dims
        if dim not in known
    ]


def _check_types(
    tables: Sequence[TableColumns], sources: Sequence[Source], schema: LogSchema, faults: list[LogError]
) -> str:
    """Check every column's type in every file; return what users are hashed as."""
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
    _check_clocks(clocks, [table.time for table in tables], schema, faults)
    return _agreed_users(users, [table.user for table in tables], faults)


def check_labels(source: Source, columns: Iterable[str]) -> None:
    """Raise LogError unless every column holds text, or what can be taken as text, and is there once."""
    faults: list[LogError] = []
    for name in columns:
        if name in source.repeated:
            faults.append(_repeated(source, name))
        else:
            _accepted(source, name, kinds.label_kind, "label", faults)
    raise_all(faults)


def _repeated(source: Source, name: str) -> LogError:
    msg = f"{source.table} has more than one column called {name!r}"
    return LogError(msg, column=name, hint="rename one of them, or leave it out")


def _whole_kind(kind: Any) -> str | None:
    return kinds.number_kind(kind) if kinds.number_kind(kind) in ("integer", "null") else None


_WANTED = {
    "user": (
        "user ids: integers, text, bytes or UUIDs",
        "a float cannot hold every whole number: ids beyond 2**53 would merge",
        'touches["{column}"] = touches["{column}"].astype("Int64")',
    ),
    "time": (
        "times: timestamps, dates, integers with a unit, or ISO 8601 text",
        "seconds as floats cannot be told from milliseconds, and lose microseconds",
        'touches["{column}"] = pandas.to_datetime(touches["{column}"], unit="s")',
    ),
    "label": (
        f"labels: {_LABELS}",
        "labels are compared letter by letter",
        'table["{column}"].astype("string")',
    ),
    "order": (
        "order ids: integers, text or bytes",
        "a float cannot hold every id",
        'table["{column}"].astype("Int64")',
    ),
    "value": (
        "numbers",
        "values are added up",
        'conversions["{column}"] = pandas.to_numeric(conversions["{column}"])',
    ),
    "sequence": (
        "whole numbers",
        "touches of one instant are ordered by it",
        'touches["{column}"].astype("Int64")',
    ),
    "conversion": (
        "yes or no: boolean, 0/1, or true/false text",
        "it marks conversions",
        'log["{column}"] == "purchase"',
    ),
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
            wanted, why, fix = _WANTED[role]
            place = "" if entry.where == source.table else f" in {entry.where!r}"
            msg = f"{source.table}: {column!r} is of type {entry.type}{place}, where {role} wants {wanted}"
            faults.append(LogError(msg, column=column, why=why, hint=fix.format(column=column)))
            return ()
    return found


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
            f'conversions["{names[-1]}"].astype(touches["{column}"].dtype)' if casts else "write both as text"
        )
        msg = f"user ids are not of one kind: {places}"
        faults.append(
            LogError(msg, column=column, why='the number 7 and the text "7" would be two users', hint=hint)
        )
    return next(iter(by_kind), "string")


def _check_clocks(
    clocks: Sequence[ColumnType], names: Sequence[str], schema: LogSchema, faults: list[LogError]
) -> None:
    integer = [entry for entry in clocks if kinds.time_kind(entry.type) == "integer"]
    if integer and schema.time_unit is None:
        msg = f"times of {integer[0].where} are integers, and nothing says what they count"
        hint = 'LogSchema(time_unit="s") (or "ms", "us", "ns")'
        faults.append(
            LogError(msg, column=names[0], why="a wrong unit is wrong by a factor of a thousand", hint=hint)
        )
    typed = any(not entry.text and kinds.time_kind(entry.type) in ("timestamp", "date") for entry in clocks)
    if (
        schema.time_unit is not None
        and clocks
        and typed
        and not integer
        and not any(entry.text for entry in clocks)
    ):
        msg = f"time_unit={schema.time_unit!r} is for integer times, and {names[0]!r} is of type {clocks[0].type}"
        faults.append(LogError(msg, column=names[0], hint="leave time_unit out"))
    zones: dict[str, str] = {}
    for entry in clocks:
        zone = None if entry.text else kinds.zone_of(entry.type)
        if zone is not None:
            zones.setdefault(zone, entry.where)
    if len(zones) > 1:
        faults.append(clock_clash(zones, names[0]))


def clock_clash(zones: dict[str, str], column: str) -> LogError:
    """Return the error of times on several clocks: {zone: where it was seen}."""
    places = ", ".join(f"{_CLOCKS.get(zone, f'zone {zone}')} in {where}" for zone, where in zones.items())
    return LogError(
        f"times are not on one clock: {places}",
        column=column,
        why="touches and conversions would be hours apart from where they were",
        hint=f'pandas.to_datetime(table["{column}"], utc=True) in both tables',
    )


_CLOCKS = {"naive": "no zone", "offsets": "texts with offsets"}
