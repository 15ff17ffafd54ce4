"""Section ``[log.query]``: rows of a database in place of files, by an address that the environment knows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from attribution.errors import LogError
from attribution.jobs import toml
from attribution.jobs.job import QuerySettings
from attribution.jobs.readers import Texts
from attribution.jobs.section import taken
from attribution.jobs.toml import Reader, Table, mistake

if TYPE_CHECKING:
    from attribution.tables.queries import Query

_FILES = ("touches", "conversions", "twins", "export")
_EXAMPLE = 'connection = "WAREHOUSE"  # after: export WAREHOUSE=postgresql://...'


def query_of(log: Table, inputs: Reader[Texts]) -> QuerySettings | None:
    """Read the section, if there is one, and refuse what files are asked for beside it."""
    table = log.section("query")
    if table is None:
        return None
    for key in _FILES:
        if key in log.values:
            log.mistakes.append(mistake(log.at(key), "is of files, and [log.query] reads none"))
    settings = QuerySettings(**taken(QuerySettings, table, inputs, connection=variable))
    table.finish()
    return settings


def variable(value: Any, where: str) -> str:
    """Return the name of a variable; an address is refused, because the manifest says what is in the file."""
    name = toml.text(value, where)
    if not name.isidentifier():
        what = "an address" if "://" in name else "no name of a variable"
        problem = f"is {what}; it names the variable of the environment that holds the address"
        raise mistake(where, problem + ", so that no password stands in a file", hint=_EXAMPLE)
    return name


def queries(settings: QuerySettings) -> tuple[Query, Query | None]:
    """Return the touches and the conversions, None for a log in one table.

    Raises
    ------
    LogError
        If the variable is not set, its address is of no known kind, or the driver is not installed.
    """
    from attribution.tables.queries import Query

    connect = _connect(settings.connection)
    touches = Query(connect, settings.touches, hashed=settings.hashed)
    if not settings.conversions:
        return touches, None
    return touches, Query(connect, settings.conversions, hashed=settings.hashed)


def _connect(name: str) -> Callable[[], Any]:
    address = os.environ.get(name, "")
    scheme, _, rest = address.partition("://")
    where = "log.query.connection"
    if not address:
        msg = f"the variable {name} is not set, which [log.query] names as the one that holds the address"
        raise LogError(msg, column=where, hint=f"export {name}=postgresql://user:password@host/database")
    if scheme not in _DRIVERS or not rest:
        kinds = ", ".join(f"{kind}://" for kind in _DRIVERS)
        msg = f"the address in {name} begins with none of {kinds}"
        raise LogError(msg, column=where, hint=f"export {name}=postgresql://user:password@host/database")
    module, connect = _DRIVERS[scheme]
    package = module.partition(".")[0]
    if find_spec(package) is None:
        msg = f"the address in {name} is of {scheme}, and its driver is not installed"
        raise LogError(msg, column=where, hint=f"pip install {package.replace('_', '-')}")
    return lambda: connect(import_module(module), address)


def _without_scheme(driver: Any, address: str) -> Any:
    return driver.connect(address.partition("://")[2])


_DRIVERS: Mapping[str, tuple[str, Callable[[Any, str], Any]]] = {
    "postgresql": ("adbc_driver_postgresql.dbapi", lambda driver, address: driver.connect(address)),
    "snowflake": ("adbc_driver_snowflake.dbapi", _without_scheme),
    "duckdb": (
        "duckdb",
        lambda driver, address: driver.connect(address.partition("://")[2], read_only=True),
    ),
}
