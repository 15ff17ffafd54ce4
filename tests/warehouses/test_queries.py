"""A query is a table: the same rows give the same numbers as from Parquet, whatever engine reads them.

What is right is the credit of the sample itself, which other tests hold against published values.
"""

from __future__ import annotations

import gc
import sqlite3

import numpy as np
import pyarrow as pa
import pytest

import attribution as at
from attribution.errors import LogError
from attribution.tables.queries import QuerySource

MODELS = ["last_touch", "linear", at.Markov(2), "shapley"]


def log_of(connect, **options):
    touches = at.Query(connect, "SELECT * FROM touches;", **options)
    orders = at.Query(connect, "SELECT user_id, time, goal, value FROM orders -- all of them", **options)
    return at.read_log(touches, orders)


@pytest.fixture(scope="module")
def expected():
    sample = at.load_sample("retailer")
    return at.attribute(at.read_log(sample.touches, sample.conversions), MODELS, goal="purchase").to_frame()


def compare(log, expected, engine="memory"):
    got = at.attribute(log, MODELS, goal="purchase", engine=engine).to_frame()
    assert got["channel"].tolist() == expected["channel"].tolist()
    np.testing.assert_allclose(got["conversions"], expected["conversions"], atol=1e-9)
    np.testing.assert_allclose(got["value"], expected["value"], rtol=1e-12)


@pytest.mark.parametrize("engine", ["memory", "stream"])
@pytest.mark.parametrize("hashed", [(), "user_id"], ids=["as it is", "hashed"])
@pytest.mark.parametrize("where", ["duck", "postgres"])
def test_a_query_gives_the_numbers_of_the_same_rows_in_a_file(where, hashed, engine, request, expected):
    compare(log_of(request.getfixturevalue(where), hashed=hashed), expected, engine)


def test_hashed_users_leave_the_database_as_numbers(duck):
    source = QuerySource(at.Query(duck, "FROM touches", hashed="user_id"), "touches")
    users = pa.concat_arrays([batch["user_id"] for batch in source.batches(["user_id"])])
    assert source.columns["user_id"] == users.type == pa.int64()
    assert len(users.unique()) == duck().sql("SELECT DISTINCT user_id FROM touches").to_arrow_table().num_rows


def test_what_is_missing_stays_missing_under_a_hash():
    import duckdb

    query = at.Query(duckdb.connect, "SELECT * FROM (VALUES ('a'), (NULL)) AS t(user_id)", hashed="user_id")
    (batch,) = QuerySource(query, "touches").batches(["user_id"])
    assert batch["user_id"].null_count == 1


class Watched:
    """A connection whose queries are written down."""

    def __init__(self, connect):
        self._connect, self.asked, self.open = connect, [], 0

    def __call__(self):
        self.open += 1
        watch, real = self, self._connect()

        class Connection:
            def sql(self, text):
                watch.asked.append(text)
                return real.sql(text)

            def close(self):
                watch.open -= 1
                real.close()

        Connection.__module__ = "duckdb"
        return Connection()


def test_columns_are_learnt_without_rows_and_only_those_needed_are_read(duck):
    watch = Watched(duck)
    log = log_of(watch)
    assert [text.endswith("WHERE 1 = 0") for text in watch.asked] == [True, True]
    at.attribute(log, "linear", goal="purchase", engine="stream")
    read = [text.partition(" FROM")[0] for text in watch.asked[2:]]
    assert read == ['SELECT "user_id", "time", "value", "goal"', 'SELECT "user_id", "time", "channel"']
    assert watch.open == 0


def test_connections_are_closed_where_reading_ends_in_an_error(duck):
    watch = Watched(duck)
    source = QuerySource(at.Query(watch, "FROM touches"), "touches")
    batches = source.batches(["user_id"])
    next(batches)
    assert watch.open == 1
    del batches
    gc.collect()
    assert watch.open == 0
    with pytest.raises(LogError):
        QuerySource(at.Query(watch, "SELECT nothing FROM nowhere"), "touches")
    assert watch.open == 0


def test_rows_that_come_between_two_readings_are_told(tmp_path):
    import duckdb

    path = str(tmp_path / "growing.duckdb")
    with duckdb.connect(path) as shop:
        shop.execute("CREATE TABLE t AS SELECT 1 AS user_id")
    source = QuerySource(at.Query(lambda: duckdb.connect(path), "FROM t"), "touches")
    list(source.batches(["user_id"]))
    with duckdb.connect(path) as shop:
        shop.execute("INSERT INTO t VALUES (2)")
    with pytest.raises(LogError, match="1 rows at first, then 2"):
        list(source.batches(["user_id"]))


def test_a_query_that_fails_half_way_gives_no_number(duck):
    lost = "CASE WHEN rowid > 60000 THEN error('lost ' || 'row') ELSE channel END"
    text = f"SELECT user_id, time, {lost} AS channel FROM touches"
    log = at.read_log(at.Query(duck, text), at.Query(duck, "FROM orders"))
    with pytest.raises(LogError, match=r"touches: the database did not hand out the rows .*lost row"):
        at.attribute(log, "linear", goal="purchase", engine="stream")


def test_no_password_is_told():
    def connect():
        raise OSError("cannot reach postgresql://ann:pa55word@db:5432/shop?password=pa55word")

    with pytest.raises(LogError) as told:
        at.read_log(at.Query(connect, "SELECT 1"))
    assert "db:5432" in str(told.value)
    assert "pa55word" not in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


def test_a_driver_without_arrow_is_refused():
    with pytest.raises(
        LogError, match=r"sqlite3\.Connection, which does not hand out Arrow(.|\n)*adbc_driver_sqlite"
    ):
        at.read_log(at.Query(lambda: sqlite3.connect(":memory:"), "SELECT 1 AS user_id"))


def test_names_that_differ_in_case_only_are_refused(postgres):
    with pytest.raises(LogError, match="differ in upper and lower case only"):
        at.read_log(at.Query(postgres, 'SELECT user_id, time, channel, channel AS "Channel" FROM touches'))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("postgresql://ann:pa55@db/shop", "SELECT 1"), r"connect='postgresql://ann:\*\*\*@db/shop' is not"),
        ((print, "  ; "), "sql='  ; ' must be a query"),
        ((print, "SELECT 1", "postgre"), "did you mean 'postgres'"),
    ],
)
def test_what_is_no_query_is_refused_where_it_is_made(arguments, told):
    with pytest.raises(LogError, match=told):
        at.Query(*arguments)


def test_a_column_to_hash_that_is_not_there_is_told(duck):
    with pytest.raises(LogError, match="user_id"):
        at.read_log(at.Query(duck, "FROM touches", hashed="userid"), at.Query(duck, "FROM orders"))


class Snowflake:
    """The shape of its connector: `fetch_arrow_batches` yields tables, none where there are no rows."""

    def __init__(self, rows):
        self.rows = rows

    def cursor(self):
        return self

    def execute(self, text):
        self.none = "1 = 0" in text

    def fetch_arrow_batches(self):
        return iter(()) if self.none else iter([self.rows.slice(0, 2), self.rows.slice(2)])

    def fetch_arrow_all(self, force_return_table=False):
        return self.rows.slice(0, 0) if force_return_table else None


class Databricks(Snowflake):
    """`fetchmany_arrow`, again and again, until a table has no rows."""

    fetch_arrow_batches = property()  # has no such method

    def execute(self, text):
        self.parts = [] if "1 = 0" in text else [self.rows.slice(0, 2), self.rows.slice(2)]

    def fetchmany_arrow(self, size):
        return self.parts.pop(0) if self.parts else self.rows.slice(0, 0)


class BigQuery:
    """A client: `query().result()`, whose `to_arrow_iterable` yields batches."""

    def __init__(self, rows):
        self.rows = rows

    def query(self, text):
        self.none = "1 = 0" in text
        return self

    def result(self):
        return self

    def to_arrow_iterable(self):
        return iter(() if self.none else self.rows.to_batches(max_chunksize=2))

    def to_arrow(self):
        return self.rows.slice(0, 0)


@pytest.mark.parametrize("kind", [Snowflake, Databricks, BigQuery])
def test_drivers_that_are_not_here_are_read_as_their_documentation_says(kind):
    rows = pa.table({"user_id": ["a", "b", "c"]})
    source = QuerySource(at.Query(lambda: kind(rows), "SELECT user_id FROM t"), "touches")
    assert source.columns == {"user_id": pa.string()}
    assert pa.Table.from_batches(source.batches(["user_id"])) == rows
