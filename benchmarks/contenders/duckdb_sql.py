"""DuckDB: ASOF joins and window functions, three ways to collect the journeys of all users.

A touch belongs to the next conversion of its user (`reset`), which is an ASOF join; it counts if that
conversion is at most 30 days away. A stretch that no conversion claims ends at the next conversion that
claims something, so that one more ASOF join numbers the stretches of the users who convert; the touches
of everybody else are one stretch a user. Channels are an ENUM, string ids are hashed to 64 bits: both are
faster than without. No user of the log has two touches at one instant, so time alone orders them.
"""

from __future__ import annotations

from typing import Any

import duckdb
from benchmarks.contender import RULES, Answer, Credit, Paths, credit_of

_POSITION = """CASE WHEN n = 1 THEN 1.0
    WHEN n = 2 THEN CASE WHEN i = 1 THEN {first} ELSE {last} END / ({first} + {last})
    WHEN i = 1 THEN {first} WHEN i = n THEN {last} ELSE (1 - {first} - {last}) / (n - 2) END"""
_WEIGHTS = {
    "first_touch": "(i = 1)::DOUBLE",
    "last_touch": "(i = n)::DOUBLE",
    "last_non_direct": "(i = coalesce(last_non_direct, n))::DOUBLE",
    "linear": "1.0 / n",
    "time_decay": "decay / decays",
    "position_based": _POSITION.format(first="0.4::DOUBLE", last="0.4::DOUBLE"),
    "u_shaped": _POSITION.format(first="0.4::DOUBLE", last="0.4::DOUBLE"),
    "j_shaped": _POSITION.format(first="0.2::DOUBLE", last="0.6::DOUBLE"),
    "inverse_j": _POSITION.format(first="0.6::DOUBLE", last="0.2::DOUBLE"),
    "w_shaped": """CASE
    WHEN n > 4 AND i NOT IN (1, (n + 1) // 2, n // 2 + 1, n) THEN 0.1 / (n - 4 + n % 2)
    ELSE (0.3 * (i = 1)::INT + 0.15 * (i = (n + 1) // 2)::INT + 0.15 * (i = n // 2 + 1)::INT
        + 0.3 * (i = n)::INT) / CASE WHEN n > 4 THEN 1.0 ELSE 0.9 END END::DOUBLE""",
}
_CLAIMED = """CREATE TEMP TABLE claimed AS
SELECT journey, channel, touches.time, converted_at, value
FROM (FROM touches SEMI JOIN conversions USING (user_id)) touches
ASOF JOIN conversions ON touches.user_id = conversions.user_id AND touches.time <= converted_at
WHERE converted_at - touches.time <= INTERVAL 30 DAY"""
_PLACED = """CREATE TEMP TABLE placed AS
SELECT channel, value, decay,
    row_number() OVER (PARTITION BY journey ORDER BY time) AS i,
    count(*) OVER (PARTITION BY journey) AS n,
    sum(decay) OVER (PARTITION BY journey) AS decays,
    max(CASE WHEN channel <> 'direct' THEN rank END) OVER (PARTITION BY journey) AS last_non_direct
FROM (SELECT *,
    pow(2.0, (epoch_us(time) - epoch_us(converted_at)) / (7 * 86400e6)) AS decay,
    row_number() OVER (PARTITION BY journey ORDER BY time) AS rank
FROM claimed)"""
_OF_CONVERTERS = """SELECT user_id, journey, claimed, {collect}
FROM (SELECT touches.user_id, touches.time, channel, journey,
        coalesce(converted_at - touches.time <= INTERVAL 30 DAY, false) AS claimed
    FROM (FROM touches SEMI JOIN conversions USING (user_id)) touches
    ASOF LEFT JOIN (FROM conversions SEMI JOIN claimed USING (journey)) claiming
    ON touches.user_id = claiming.user_id AND touches.time <= converted_at
    ORDER BY touches.user_id, touches.time)
GROUP BY ALL"""
_OF_OTHERS = "SELECT user_id, NULL, false, {collect} FROM {rows} GROUP BY user_id"
_OTHERS = "(FROM touches ANTI JOIN conversions USING (user_id))"


def _open(folder: str) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect()
    kind = db.sql(f"SELECT typeof(user_id) FROM '{folder}/conversions.parquet' LIMIT 1").fetchall()[0][0]
    user = "hash(user_id)" if kind == "VARCHAR" else "user_id"
    db.execute(f"CREATE TYPE channel AS ENUM (SELECT DISTINCT channel FROM '{folder}/touches.parquet')")
    db.execute(f"""CREATE TEMP VIEW touches AS SELECT {user} AS user_id, time, channel::channel AS channel
        FROM '{folder}/touches.parquet'""")
    db.execute(f"""CREATE TEMP TABLE conversions AS
        SELECT {user} AS user_id, time AS converted_at, value, row_number() OVER () AS journey
        FROM '{folder}/conversions.parquet'""")
    db.execute(_CLAIMED)
    return db


def _credit(db: duckdb.DuckDBPyConnection) -> Credit:
    db.execute(_PLACED)
    weights = ", ".join(f"{_WEIGHTS[rule]} AS {rule}" for rule in RULES)
    sums = ", ".join(f"sum({rule}), sum({rule} * value)" for rule in RULES)
    credit = db.sql(
        f"SELECT channel, {sums} FROM (SELECT channel, value, {weights} FROM placed) GROUP BY channel"
    )
    lost = db.sql(
        "SELECT count(*), coalesce(sum(value), 0) FROM conversions ANTI JOIN claimed USING (journey)"
    )
    return credit_of(credit.fetchall(), lost.fetchall()[0])


def converters(folder: str) -> Answer:
    """All rules, users who convert only."""
    return Answer(_credit(_open(folder)))


def _everyone(folder: str, collect: str, rows: str, threads: int | None = None) -> Answer:
    db = _open(folder)
    credit = _credit(db)
    if threads is not None:
        db.execute(f"SET threads = {threads}")
    query = f"{_OF_CONVERTERS} UNION ALL {_OF_OTHERS}".format(collect=collect, rows=rows)
    table = db.sql(query).to_arrow_table()
    labels = [label for (label,) in db.sql("SELECT unnest(enum_range(NULL::channel))::VARCHAR").fetchall()]
    return Answer(credit, lambda: _paths(table, labels))


def everyone(folder: str) -> Answer:
    """Lists ordered inside the aggregate: the way that DuckDB promises."""
    return _everyone(folder, "list(channel ORDER BY time) AS path", _OTHERS)


def everyone_packed(folder: str) -> Answer:
    """Time and channel packed into one integer, lists of them sorted: as sure, and cheaper."""
    packed = "list_sort(list(epoch_us(time) * 256 + enum_code(channel)))"
    collect = f"list_transform({packed}, lambda k: (k & 255)::UTINYINT) AS path"
    return _everyone(folder, collect, _OTHERS)


def everyone_sorted(folder: str) -> Answer:
    """Rows sorted first and lists in the order of arrival, on one thread.

    DuckDB does not promise that order; on one thread it kept it whenever we looked.
    """
    rows = f"(SELECT user_id, channel FROM {_OTHERS} ORDER BY user_id, time)"
    return _everyone(folder, "list(channel) AS path", rows, threads=1)


def everyone_sorted_with_times(folder: str) -> Answer:
    """The same, and lists of times beside the lists of channels."""
    rows = f"(SELECT user_id, channel, time FROM {_OTHERS} ORDER BY user_id, time)"
    return _everyone(folder, "list(channel) AS path, list(time) AS times", rows, threads=1)


def _paths(table: Any, labels: list[str]) -> Paths:
    lists = table["path"].combine_chunks()
    codes = lists.values
    if hasattr(codes, "indices"):
        labels, codes = codes.dictionary.to_pylist(), codes.indices
    return Paths(labels, codes.to_numpy(), lists.offsets.to_numpy(), table["claimed"].to_numpy())
