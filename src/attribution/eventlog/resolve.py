"""A schema meets the tables: real column names and checked types, before any row is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from attribution._known_columns import known_column, known_columns
from attribution.errors import AttributionError, LogError, nearest, unknown_name
from attribution.eventlog.column_types import check_types, repeated_column
from attribution.eventlog.schema import LogSchema, find_column, raise_all
from attribution.tables.sources import Source
from attribution.tables.tables import TableColumns

_LOOKED_AT = 4  # batches
_REQUIRED = ("user", "time", "channel")


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
            msg = f"conversion={schema.conversion!r} marks conversions, and there is a table of them too"
            faults.append(
                LogError(msg, column=schema.conversion, hint="name it, or hand in conversions, not both")
            )
        found = [
            _find_columns(schema, touches, faults, shared, touch=True, conversion=False),
            _find_columns(schema, conversions, faults, shared, touch=False, conversion=True),
        ]
    sources = [touches] if conversions is None else [touches, conversions]
    faults += _dims_nowhere(schema, sources)
    if conversions is not None:
        _pair_hints(schema, sources, faults)
    raise_all(faults)
    tables = [replace(table, missing_value=missing_value) for table in found if table is not None]
    users, both_signs = check_types(tables, sources, schema, faults)
    raise_all(faults)
    tables = [replace(table, users=users, both_signs=both_signs) for table in tables]
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
    roles = ["user", "time", *(("channel", "sequence") if touch else ())]
    for role in (*roles, *(("value", "goal", "order", "currency") if conversion else ())):
        if role == "currency" and found["value"] is None and not schema.currency:
            continue
        required, repeats = role in _REQUIRED, partial(_repeats, source)
        found[role], fault = find_column(
            schema, role, names, source.table, required=required, repeats=repeats
        )
        faults += [] if fault is None else [fault]
    if touch and conversion:
        _find_flag(schema, source, faults)
    needed = {*found.values(), *schema.dims}
    faults += [repeated_column(source, name) for name in sorted(source.repeated) if name in needed]
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
        spare_user=known_column("user", [name for name in names if name != user]) or "",
        conversion_dims=_conversion_dims(dims, shared, found.get("currency")) if conversion else (),
    )


def _conversion_dims(
    dims: Sequence[str], shared: frozenset[str], currency: str | None
) -> tuple[tuple[str, str], ...]:
    """Return the conversions' dimensions, name and column; a currency is one, asked for or not."""
    named = tuple((f"conversion_{name}" if name in shared else name, name) for name in dims)
    return named if currency is None or currency in dims else (*named, ("currency", currency))


def _repeats(source: Source, name: str) -> bool:
    """Return whether a column holds some value more than once, as far as its first rows tell.

    Where looking would use up a stream or start a cluster's job, nothing is known and nothing suggested.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if source.one_shot or name in source.repeated or (source.n_rows is None and not source.files):
        return False
    try:
        for batch in islice(source.batches((name,)), _LOOKED_AT):
            column = batch.column(0).drop_null()
            if pc.count_distinct(column).as_py() < len(column):
                return True
    except MemoryError:
        raise
    except (AttributionError, pa.ArrowException):
        return False
    return False


def _pair_hints(schema: LogSchema, sources: Sequence[Source], faults: list[LogError]) -> None:
    """Let the fix for users and times name both tables' columns where these are called differently.

    One name for both would take what one table calls so for what is meant in the other.
    """
    for role in ("user", "time"):
        found = [
            find_column(
                schema,
                role,
                list(source.columns),
                source.table,
                required=True,
                repeats=partial(_repeats, source),
            )
            for source in sources
        ]
        wrong = [str(fault) for _, fault in found if fault is not None]
        names = [name or _suggested(role, source) for (name, _), source in zip(found, sources, strict=True)]
        if not wrong or names[0] == names[1]:
            continue
        for place, fault in enumerate(faults):
            if str(fault) in wrong and (fault.hint or "").startswith("LogSchema("):
                faults[place] = fault.with_hint(f"LogSchema({role}=({names[0]!r}, {names[1]!r}))")


def _suggested(role: str, source: Source) -> str:
    """Return the column that is known to play a role; a column of users must repeat among the touches."""
    known = known_columns(role, source.columns)
    must_repeat = role == "user" and source.table == "touches"
    return next((name for name in known if not must_repeat or _repeats(source, name)), "...")


def _find_flag(schema: LogSchema, source: Source, faults: list[LogError]) -> None:
    names = list(source.columns)
    if not schema.conversion:
        guess = known_column("conversion", names) or "..."
        msg = "the log has no conversions: no table of them, no column that marks them among the touches"
        hint = f"read_log(touches, conversions), or read_log(log, schema=LogSchema(conversion={guess!r}))"
        faults.append(LogError(msg, hint=hint))
    elif schema.conversion not in names:
        text = unknown_name(f"column in {source.table} for conversion =", schema.conversion, names)
        guess = nearest(schema.conversion, names) or "..."
        faults.append(LogError(text, column=schema.conversion, hint=f"LogSchema(conversion={guess!r})"))
    elif schema.conversion in source.repeated:
        faults.append(repeated_column(source, schema.conversion))


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
