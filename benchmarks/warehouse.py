"""What a query costs beside the same rows in a file: seven rules and Markov of order 2, streamed.

    python -m benchmarks.warehouse [--touches 1_000_000] [--postgres ADDRESS]

DuckDB's file and, at its address, a Postgres are filled with the log of `benchmarks.touch_log`, string ids.
Each way is a process of its own, three times, in turn; the table holds medians. "read only" fetches the same
query's batches and does nothing with them; "converters only" asks for rules alone. Exits with 1 where the
credit of one way differs from that of Parquet.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from benchmarks.measure import Cost, run
from benchmarks.touch_log import simulate, write

TOUCHES = "SELECT user_id, time, channel FROM touches"
ORDERS = "SELECT user_id, time, value FROM orders"
MODELS = ["first_touch", "last_touch", "last_non_direct", "linear", "time_decay", "u_shaped", "j_shaped"]
WAYS = ("parquet", "read only", "query", "query, hashed", "query, converters only")


def one(way: str, place: str, folder: Path) -> str:
    """Do one way of reading in this process; return a sum over its credit, and the bytes that came."""
    import attribution as at
    from attribution.tables.queries import QuerySource

    def connect():
        if place == "duckdb":
            import duckdb

            return duckdb.connect(str(folder / "log.duckdb"), read_only=True)
        import adbc_driver_postgresql.dbapi as driver

        return driver.connect(place)

    moved = 0
    batches = QuerySource.batches

    def counted(self, columns, *, labels=()):
        nonlocal moved
        for batch in batches(self, columns, labels=labels):
            moved += batch.nbytes
            yield batch

    QuerySource.batches = counted
    touches, orders = folder / "touches.parquet", folder / "conversions.parquet"
    if way != "parquet":
        hashed = "user_id" if "hashed" in way else ()
        text = TOUCHES
        if "converters" in way:
            text += " WHERE user_id IN (SELECT user_id FROM orders)"
        touches, orders = at.Query(connect, text, hashed=hashed), at.Query(connect, ORDERS, hashed=hashed)
    if way == "read only":
        for query, columns in (
            (touches, ["user_id", "time", "channel"]),
            (orders, ["user_id", "time", "value"]),
        ):
            for _ in QuerySource(query, "touches").batches(columns):
                pass
        return f"0 {moved}"
    models = MODELS if "converters" in way else [*MODELS, at.Markov(2)]
    credit = at.attribute(
        at.read_log(touches, orders), models, lookback="30D", engine="stream", progress=False
    )
    squares = credit.to_frame().query("model == 'linear'")["conversions"].pow(2).sum()
    return f"{squares:.3f} {moved}"


def filled(folder: Path, n_touches: int, postgres: str | None) -> list[str]:
    """Write the log, fill the databases with it, and return where they are."""
    import duckdb

    write(simulate(n_touches), folder, "string")
    with duckdb.connect(str(folder / "log.duckdb")) as connection:
        for name, file in (("touches", "touches"), ("orders", "conversions")):
            connection.execute(f"CREATE TABLE {name} AS FROM '{folder / file}.parquet'")
    if postgres is None:
        return ["duckdb"]
    import adbc_driver_postgresql.dbapi as driver
    import pyarrow.parquet as pq

    with driver.connect(postgres) as connection, connection.cursor() as cursor:
        for name, file in (("touches", "touches"), ("orders", "conversions")):
            cursor.adbc_ingest(name, pq.read_table(folder / f"{file}.parquet"), mode="replace")
        connection.commit()
    return ["duckdb", postgres]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--touches", type=int, default=1_000_000)
    parser.add_argument("--postgres")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        way, place, folder = asked.one
        asked.out.write_text(one(way, place, Path(folder)))
        return
    wrong = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("| rows of | way | CPU s | wall s | MB that came |\n|---|---|---:|---:|---:|")
        for place in filled(folder, asked.touches, asked.postgres):
            costs: dict[str, list[Cost]] = defaultdict(list)
            said: dict[str, list[str]] = {}
            for way in WAYS * 3:
                command = [sys.executable, "-m", "benchmarks.warehouse", "--one", way, place, name]
                with tempfile.NamedTemporaryFile() as out:
                    costs[way].append(run([*command, "--out", out.name]))
                    said[way] = Path(out.name).read_text().split()
            for way in WAYS:
                cost, (total, moved) = Cost.median(costs[way]), said[way]
                shown = "DuckDB" if place == "duckdb" else "Postgres"
                print(
                    f"| {shown} | {way} | {cost.cpu:.1f} | {cost.wall:.1f} | {cost.peak_mb:,.0f} |", end=" "
                )
                print(f"{int(moved) / 1e6:,.0f} |")
                wrong |= way != "read only" and total != said["parquet"][0]
    sys.exit(int(wrong))


if __name__ == "__main__":
    main()
