"""Rows of a query as Arrow batches, from whatever a database's driver hands out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from attribution.errors import LogError

_ROWS = 1 << 17

# What to connect by where a driver makes a Python object of each value.
_ARROW = {
    "psycopg": "adbc_driver_postgresql.dbapi.connect",
    "psycopg2": "adbc_driver_postgresql.dbapi.connect",
    "sqlite3": "adbc_driver_sqlite.dbapi.connect",
}


def reader_of(connection: Any, sql: str, opened: contextlib.ExitStack, table: str) -> Any:
    """Run a query and return what reads its rows: a schema, and batches.

    Parameters
    ----------
    connection
        Of ADBC, DuckDB, Snowflake, Databricks or turbodbc; or a client of BigQuery.
    sql
        The query.
    opened
        What is to be closed when the rows have been read, or will not be.
    table
        What messages call the table.

    Raises
    ------
    LogError
        If the driver hands out no Arrow.
    """
    if not hasattr(connection, "cursor") and hasattr(connection, "query"):
        return _Parts(_bigquery(connection, sql))
    if type(connection).__module__.partition(".")[0] in ("duckdb", "_duckdb"):
        return pa.RecordBatchReader.from_stream(connection.sql(sql))
    cursor: Any = connection.cursor() if hasattr(connection, "cursor") else None
    if hasattr(cursor, "close"):
        opened.callback(cursor.close)
    fetch = next((_FETCH[name] for name in _FETCH if hasattr(cursor, name)), None)
    if fetch is None:
        raise _no_arrow(connection, table)
    cursor.execute(sql)
    return fetch(cursor)


class _Parts:
    """Arrow tables or batches that come one after the other, read as one stream."""

    def __init__(self, parts: Iterator[Any]) -> None:
        self._first = next(parts, None)
        self._rest = parts

    @property
    def schema(self) -> Any:
        """The schema of the first part; None where there is none, and so no row."""
        return None if self._first is None else self._first.schema

    def __iter__(self) -> Iterator[Any]:
        part, self._first = self._first, None
        while part is not None:
            yield from part.to_batches() if isinstance(part, pa.Table) else [part]
            part = next(self._rest, None)


def _bigquery(client: Any, sql: str) -> Iterator[Any]:
    """Yield the batches of a query; where there is none, a table without rows, for its schema."""
    parts = iter(client.query(sql).result().to_arrow_iterable())
    first = next(parts, None)
    if first is None:
        yield client.query(sql).result().to_arrow()
        return
    yield first
    yield from parts


def _until_empty(cursor: Any) -> Iterator[Any]:
    """Yield what `fetchmany_arrow` gives; the first part even where it has no rows, for its schema."""
    part = cursor.fetchmany_arrow(_ROWS)
    yield part
    while part.num_rows:
        part = cursor.fetchmany_arrow(_ROWS)
        yield part


def _snowflake(cursor: Any) -> Iterator[Any]:
    """Yield what `fetch_arrow_batches` gives; nothing is not even a schema, which the other call has."""
    parts = cursor.fetch_arrow_batches()
    first = next(parts, None)
    if first is None:
        yield cursor.fetch_arrow_all(force_return_table=True)
        return
    yield first
    yield from parts


_FETCH: dict[str, Callable[[Any], Any]] = {
    "fetch_record_batch": lambda cursor: cursor.fetch_record_batch(),  # ADBC
    "fetch_arrow_batches": lambda cursor: _Parts(_snowflake(cursor)),  # Snowflake's own
    "fetchmany_arrow": lambda cursor: _Parts(_until_empty(cursor)),  # Databricks'
    "fetcharrowbatches": lambda cursor: _Parts(cursor.fetcharrowbatches()),  # turbodbc
}


def _no_arrow(connection: Any, table: str) -> LogError:
    name = type(connection).__module__.partition(".")[0]
    kind = f"{name}.{type(connection).__name__}"
    msg = f"{table}: connect() returned a {kind}, which does not hand out Arrow"
    why = "row by row as Python objects, ten million touches would take minutes and gigabytes"
    call = _ARROW.get(name, "a driver of ADBC")
    return LogError(msg, why=why, hint=f"connect with {call}, which hands out Arrow")
