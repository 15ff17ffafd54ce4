"""Queries: what is no query, drivers without Arrow, databases that answer with an error."""

from __future__ import annotations

import sqlite3

import duckdb
import pandas as pd
import pyarrow as pa

import attribution as at


class Shy:
    """A connection that does not say of which database it is."""

    def cursor(self) -> Shy:
        """Return itself."""
        return self

    def execute(self, text: str) -> None:
        """Take a query."""

    def fetch_record_batch(self) -> pa.RecordBatchReader:
        """Hand out columns of two names that are one to some databases."""
        return pa.table({"channel": ["a"], "Channel": ["b"]}).to_reader()


class Growing:
    """A database whose table has a row more each time."""

    rows = 0

    def __call__(self) -> duckdb.DuckDBPyConnection:
        """Connect."""
        self.rows += 1
        connection = duckdb.connect()
        frame = pd.DataFrame({"user_id": ["a", "b", "c"][: self.rows], "channel": "email"})
        frame["time"] = pd.Timestamp("2026-03-01")
        connection.register("t", frame)
        return connection


def twice(log: at.EventLog) -> None:
    """Read a log two times."""
    log.load(cache=False)
    log.load(cache=False)


def lite() -> sqlite3.Connection:
    """Connect to a database whose driver knows no Arrow."""
    return sqlite3.connect(":memory:")


SOLD = "SELECT 'a' AS user_id, TIMESTAMP '2026-03-02' AS time"
ROWS = (
    "at.Query('shop.db', 'SELECT 1')",
    "at.Query(lite, ' ; ')",
    "at.Query(lite, 'SELECT 1', dialect='postgre')",
    "at.read_log(at.Query(lite, 'SELECT 1'))",
    "at.read_log(at.Query(Shy, 'SELECT 1', hashed='user_id'))",
    "at.read_log(at.Query(duckdb.connect, 'SELECT 1 AS user_id', hashed='user'))",
    "at.read_log(at.Query(duckdb.connect, 'SELECT * FROM nowhere'))",
    "at.read_log(at.Query(Shy, 'SELECT 1'))",
    "twice(at.read_log(at.Query(Growing(), 'SELECT * FROM t'), at.Query(duckdb.connect, SOLD)))",
)
