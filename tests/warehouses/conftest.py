"""A Postgres on a socket of its own, where there is one; the tests that need it are skipped elsewhere.

Where ``WAREHOUSE_TESTS`` is "required", as in CI once Postgres is there, they fail instead.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import attribution as at

REQUIRED = os.environ.get("WAREHOUSE_TESTS") == "required"


def absent(reason):
    if REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


def tool(name):
    """Return a program of Postgres; Debian keeps them out of the path."""
    found = shutil.which(name) or next(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), None)
    return found if found is not None else absent(f"there is no {name} (apt-get install postgresql)")


def run(*command):
    # Postgres does not start as the superuser.
    other = {"user": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.run(command, check=True, capture_output=True, cwd="/", **other)


@pytest.fixture(scope="session")
def postgres():
    """Return a function that connects to a Postgres that holds the sample's tables."""
    if importlib.util.find_spec("adbc_driver_postgresql") is None:
        absent("adbc-driver-postgresql is not installed (dependency group warehouses)")
    import adbc_driver_postgresql.dbapi as adbc

    initdb, pg_ctl = tool("initdb"), tool("pg_ctl")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        data = f"{folder}/data"
        run(initdb, "-D", data, "-U", "ann", "--auth=trust", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run(pg_ctl, "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start")
        try:
            uri = f"postgresql:///postgres?host={folder}&user=ann"
            sample = at.load_sample("retailer")
            with adbc.connect(uri) as connection, connection.cursor() as cursor:
                cursor.adbc_ingest("touches", sample.touches)
                cursor.adbc_ingest("orders", sample.conversions)
                connection.commit()
            yield lambda: adbc.connect(uri)
        finally:
            run(pg_ctl, "-D", data, "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def duck(tmp_path_factory):
    """Return a function that connects to a DuckDB that holds the sample's tables."""
    path = str(tmp_path_factory.mktemp("duck") / "shop.duckdb")
    sample = at.load_sample("retailer")
    with duckdb.connect(path) as shop:
        for name, rows in (("touches", sample.touches), ("orders", sample.conversions)):
            shop.register("rows", rows if isinstance(rows, pa.Table) else pa.table(rows))
            shop.execute(f"CREATE TABLE {name} AS FROM rows")
            shop.unregister("rows")
    return lambda: duckdb.connect(path, read_only=True)
