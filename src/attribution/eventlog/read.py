"""read_log: the door through which every log comes in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

from attribution._checks import one_of
from attribution.errors import LESS_MEMORY, LogError, enough_memory
from attribution.eventlog.eventlog import EventLog
from attribution.eventlog.resolve import resolve
from attribution.eventlog.schema import LogSchema
from attribution.tables.faults import DROP_LIMIT
from attribution.tables.sources import open_source


@enough_memory(LESS_MEMORY)
def read_log(
    touches: Any,
    conversions: Any = None,
    schema: LogSchema | Mapping[str, Any] | None = None,
    *,
    invalid: str = "raise",
    drop_limit: float = DROP_LIMIT,
    missing_value: float | None = None,
    hash_bits: int = 64,
) -> EventLog:
    """Open a log of touches and conversions. Only metadata is read; `EventLog.load` reads the rows.

    Parameters
    ----------
    touches
        One row a touch: a path, glob, folder or list of paths of Parquet, CSV, Arrow IPC or Feather files
        (``key=value`` folders become columns), or a table: pandas, polars, pyarrow, a DuckDB relation, a
        Spark DataFrame, any object with the Arrow C stream interface.
    conversions
        One row a conversion, in the same forms. None if `touches` holds them too, marked by the column that
        ``schema.conversion`` names.
    schema
        Which column is which, as a `LogSchema` or a mapping of its fields; None goes by the usual names.
    invalid
        What becomes of rows without user, time or channel, and of infinite or unreadable entries:
        ``"raise"`` an error that counts them, or ``"drop"`` them, log a warning, and count them in
        `LogColumns.dropped`. A user id that is blank or a placeholder (``"null"``, ``"undefined"``,
        ``"(not set)"``, ``"n/a"``, zeros, dashes: `keys.PLACEHOLDERS`) is none.
    drop_limit
        The share of a table's rows that ``"drop"`` may leave out, 0.05 by default; where more would go, that
        is an error that tells the largest fault first. 1.0 sets no limit.
    missing_value
        What a conversion without a value counts as; None makes it an error.
    hash_bits
        How much of a hash tells users apart, 64 or 128. Integer ids are told apart exactly either way. Among
        n users with ids of text or bytes, two share 64 bits with probability n**2 / 2**65 (4e-6 for twelve
        million users, 2.7% for a billion) and count as one; they share 128 bits with n**2 / 2**129. With
        128, reading takes 8 more bytes a loaded row while it lasts (and some 50 MB to compare them), and
        about twice the time: 3.3 instead of 1.5 CPU seconds for ten million touches, 1.9 instead of 1.6
        where only converters are loaded. The loaded log is as large as before. Order ids keep 64 bits.

    Returns
    -------
    EventLog

    Raises
    ------
    LogError
        If a file is missing, unreadable or of an unknown format; if a column is missing, ambiguous, repeated
        or of the wrong type; if there are no conversions; all faults of a schema at once; if an argument
        makes no sense.

    Examples
    --------
    >>> import pyarrow as pa
    >>> touches = pa.table({
    ...     "user_id": [1, 1, 2],
    ...     "time": ["2026-03-01", "2026-03-02", "2026-03-02"],
    ...     "channel": ["email", "search", "email"],
    ... })
    >>> orders = pa.table({"user_id": [1], "time": ["2026-03-03"], "revenue": [49.9]})
    >>> columns = read_log(touches, orders).load()
    >>> columns
    LogColumns(3 touches, 1 conversions, 2 channels, users: integer)
    >>> columns.channels, columns.touches.channel.tolist(), columns.conversions.value.tolist()
    (('email', 'search'), [0, 1, 0], [49.9])

    A log in one table:

    >>> events = touches.append_column("bought", pa.array([False, True, False]))
    >>> len(read_log(events, schema={"conversion": "bought"}).load().conversions)
    1
    """
    one_of(invalid, "invalid", ("raise", "drop"), error=LogError)
    if missing_value is not None and (
        isinstance(missing_value, bool)
        or not isinstance(missing_value, Real)
        or not math.isfinite(missing_value)
    ):
        msg = f"missing_value={missing_value!r} must be a finite number"
        raise LogError(msg, column="missing_value", hint="missing_value=0.0")
    if not isinstance(hash_bits, int) or hash_bits not in (64, 128):
        msg = f"hash_bits={hash_bits!r} must be 64 or 128"
        why = "users are kept as hashes; two users who share one would count as one"
        hint = "hash_bits=64, or hash_bits=128 for text ids of a billion users"
        raise LogError(msg, column="hash_bits", why=why, hint=hint)
    known = LogSchema.of(schema)
    touch_source = open_source(touches, "touches")
    conversion_source = None if conversions is None else open_source(conversions, "conversions")
    touch_table, conversion_table = resolve(
        known, touch_source, conversion_source, None if missing_value is None else float(missing_value)
    )
    return EventLog(
        touches=touch_source,
        conversions=conversion_source,
        schema=known,
        touch_table=touch_table,
        conversion_table=conversion_table or touch_table,
        invalid=invalid,
        drop_limit=_share(drop_limit),
        hash_bits=int(hash_bits),
    )


def _share(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value <= 1:
        msg = f"drop_limit={value!r} must be a share between 0 and 1"
        raise LogError(msg, column="drop_limit", hint="drop_limit=0.05")
    return float(value)
