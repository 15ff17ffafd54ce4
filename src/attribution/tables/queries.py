"""SQL as a table: a query that runs anew whenever its rows are read, on a connection of its own."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from attribution._checks import name_list, one_of
from attribution._migration import tells_options
from attribution.errors import EngineError, LogError, unknown_name
from attribution.tables.cursors import reader_of
from attribution.tables.dialects import DIALECTS, Dialect, dialect_of
from attribution.tables.sources import BATCH_ROWS, Source, named_types, without_runs
from attribution.tables.unreadable import first_line

_SECRETS = (
    (re.compile(r"(://[^:/\s@]*):[^@\s]*@"), r"\1:***@"),
    (re.compile(r"(?i)\b(password|pwd|token|secret|private_key)(\s*[=:]\s*)('[^']*'|\S+)"), r"\1\2***"),
)


@tells_options(LogError)
@dataclass(frozen=True)
class Query:
    """Rows that a database has: handed in wherever a table is, and read as often as they are needed.

    Each reading opens a connection, runs the query for the columns that are needed and no others, hands
    the rows on batch by batch, and closes cursor and connection. What columns there are is asked with a
    query that has no rows.

    Parameters
    ----------
    connect
        Opens a connection, each time it is called: of an ADBC driver (Postgres, Snowflake, BigQuery, SQLite
        and more), DuckDB, Snowflake's or Databricks' connector, turbodbc; or makes a client of BigQuery.
    sql
        One SELECT.
    dialect
        ``"postgres"``, ``"duckdb"``, ``"bigquery"``, ``"snowflake"`` or ``"databricks"``; by default what the
        connection is of. Others write names in double quotes.
    hashed
        Columns that leave the database as a 64-bit hash of their text: users whose identifiers are to stay.
        Touches and conversions are hashed alike. An identifier that can be guessed can be hashed and
        compared, so this is no anonymity.

    Raises
    ------
    LogError
        If `sql` is empty, `dialect` none of those, `connect` a connection and not what opens one; and, where
        it is read, if the database raises, hands out no Arrow, or gives other rows than the first time.

    Examples
    --------
    >>> import duckdb, tempfile, os
    >>> import attribution as at
    >>> path = os.path.join(tempfile.mkdtemp(), "shop.duckdb")
    >>> with duckdb.connect(path) as shop:
    ...     _ = shop.execute("CREATE TABLE visits (user_id TEXT, time TIMESTAMP, channel TEXT, page TEXT)")
    ...     _ = shop.execute("INSERT INTO visits VALUES ('ann', '2026-03-01', 'email', '/home')")
    ...     _ = shop.execute("CREATE TABLE orders AS SELECT 'ann' user_id, TIMESTAMP '2026-03-03' AS time")
    >>> def shop():
    ...     return duckdb.connect(path, read_only=True)
    >>> log = at.read_log(at.Query(shop, "SELECT * FROM visits"), at.Query(shop, "SELECT * FROM orders"))
    >>> at.attribute(log, "linear").to_frame()[["channel", "conversions"]].to_dict("records")
    [{'channel': 'email', 'conversions': 1.0}]
    """

    connect: Callable[[], Any]
    sql: str
    dialect: str | None = None
    hashed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not callable(self.connect):
            msg = f"connect={self.connect!r} is not a function that opens a connection"
            why = "each reading opens one of its own and closes it"
            hint = "at.Query(lambda: duckdb.connect(path), sql)"
            raise LogError(without_secrets(msg), column="connect", why=why, hint=hint)
        if not isinstance(self.sql, str) or not self.sql.strip().strip(";"):
            msg = f"sql={self.sql!r} must be a query"
            hint = 'at.Query(connect, "SELECT user_id, time, channel FROM touches")'
            raise LogError(msg, column="sql", hint=hint)
        if self.dialect is not None:
            one_of(self.dialect, "dialect", DIALECTS, error=LogError)
        object.__setattr__(self, "hashed", name_list(self.hashed, "hashed", error=LogError))

    def __repr__(self) -> str:
        rest = "" if self.dialect is None else f", dialect={self.dialect!r}"
        rest += f", hashed={self.hashed!r}" if self.hashed else ""
        name = getattr(self.connect, "__qualname__", type(self.connect).__name__)
        return f"Query({name}, {self.sql!r}{rest})"


class QuerySource(Source):
    """The rows of a query."""

    def __init__(self, query: Query, table: str) -> None:
        self.table = table
        self.query = query
        self._sql = query.sql.strip().rstrip(";")
        self._rows_seen: int | None = None
        with contextlib.ExitStack() as opened, self._asked():
            connection = self._connect(opened)
            name = query.dialect or dialect_of(connection)
            if query.hashed and name is None:
                msg = f"{table}: hashed= needs to know the database, and the connection does not tell"
                raise LogError(msg, hint='at.Query(..., dialect="postgres")')
            self._dialect = Dialect('"', "", "") if name is None else DIALECTS[name]
            schema = reader_of(connection, self._selected("*", "WHERE 1 = 0"), opened, table).schema
        columns, self.repeated = named_types(schema)
        self._check(list(columns))
        self.columns = columns | dict.fromkeys(query.hashed, pa.int64())

    def _check(self, columns: Sequence[str]) -> None:
        """Refuse columns to hash that are not there, and names that a database may take for one another."""
        for column in self.query.hashed:
            if column not in columns:
                msg = unknown_name("column", column, columns)
                msg = f"{self.table}, hashed=: {msg}"
                raise LogError(msg, column=column)
        alike = defaultdict(list)
        for column in columns:
            alike[column.casefold()].append(column)
        for names in alike.values():
            if len(names) > 1:
                both = " and ".join(map(repr, names))
                msg = f"{self.table}: columns {both} differ in upper and lower case only"
                why = "some databases take them for one, and would hand out the wrong one without a word"
                fix = f"rename one in the query: SELECT {names[1]} AS {names[1]}_2"
                raise LogError(msg, why=why, hint=fix)

    def batches(self, columns: Sequence[str], *, labels: Sequence[str] = ()) -> Iterator[Any]:
        """Yield the batches of a query for these columns."""
        del labels
        chosen = ", ".join(self._expression(name) for name in columns) or "1"
        yield from self._counted(self._selected(chosen), columns)

    def _expression(self, column: str) -> str:
        hashed = column in self.query.hashed
        return self._dialect.hash_of(column) if hashed else self._dialect.name(column)

    def _counted(self, sql: str, columns: Sequence[str]) -> Iterator[Any]:
        """Yield the batches of a query, and refuse rows that are not as many as before."""
        rows = 0
        for batch in self._read(sql, columns):
            rows += batch.num_rows
            yield batch
        if self._rows_seen not in (None, rows):
            msg = f"{self.table}: the query gave {self._rows_seen:,} rows at first, then {rows:,}"
            why = "rows came or went between two readings, and credit would mix them"
            raise LogError(msg, why=why, hint="a query that ends at a time that is past")
        self._rows_seen = rows

    def _read(self, sql: str, columns: Sequence[str]) -> Iterator[Any]:
        with contextlib.ExitStack() as opened, self._asked():
            for batch in reader_of(self._connect(opened), sql, opened, self.table):
                part = without_runs(batch).rename_columns(list(columns))
                for start in range(0, part.num_rows, BATCH_ROWS):
                    yield part.slice(start, BATCH_ROWS)

    def _connect(self, opened: contextlib.ExitStack) -> Any:
        connection = self.query.connect()
        if hasattr(connection, "close"):
            opened.callback(connection.close)
        return connection

    def _selected(self, chosen: str, rest: str = "") -> str:
        # The last line of a query may be a comment.
        return f"SELECT {chosen} FROM (\n{self._sql}\n) AS q {rest}".rstrip()  # noqa: S608 - their own query

    @contextlib.contextmanager
    def _asked(self) -> Iterator[None]:
        """Turn what a database raises into a LogError without what connects to it."""
        try:
            yield
        except (MemoryError, LogError, EngineError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a driver may raise; its own text may hold a password
            said = without_secrets(first_line(error))
            msg = f"{self.table}: the database did not hand out the rows ({said})"
            hint = "the query by itself, in the database, tells more"
            raise LogError(msg, hint=hint) from None

    def describe(self) -> str:
        """Say what this is."""
        return "a query"


def without_secrets(text: str) -> str:
    """Return a text without the passwords and tokens of addresses that stand in it.

    Examples
    --------
    >>> without_secrets("no route to postgresql://ann:pa55@db/shop, password=pa55")
    'no route to postgresql://ann:***@db/shop, password=***'
    """
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text
