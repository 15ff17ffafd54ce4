"""What differs between databases: how a name is quoted, how 64 bits of hash are made of a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Dialect:
    """The words of one database.

    Attributes
    ----------
    quote
        What stands around a name; inside of one it is doubled, or, a backtick, escaped.
    hashed
        Expression of a 64-bit integer of the text ``{}``.
    text
        The type of texts.
    """

    quote: str
    hashed: str
    text: str

    def name(self, column: str) -> str:
        """Return a column's name as a query writes it.

        Examples
        --------
        >>> DIALECTS["postgres"].name('the "id" of'), DIALECTS["bigquery"].name("user_id")
        ('"the ""id"" of"', '`user_id`')
        """
        inside = column.replace(self.quote, self.quote * 2)
        return f"{self.quote}{inside}{self.quote}"

    def hash_of(self, column: str) -> str:
        """Return the expression of a column's hash, under the column's own name; what is missing stays so.

        Examples
        --------
        >>> DIALECTS["bigquery"].hash_of("id")
        'CASE WHEN `id` IS NULL THEN NULL ELSE FARM_FINGERPRINT(CAST(`id` AS STRING)) END AS `id`'
        """
        name = self.name(column)
        made = self.hashed.format(f"CAST({name} AS {self.text})")
        return f"CASE WHEN {name} IS NULL THEN NULL ELSE {made} END AS {name}"


DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "postgres": Dialect('"', "hashtextextended({}, 0)", "text"),
        # unsigned, and so the first bit is left to the sign
        "duckdb": Dialect('"', "CAST(hash({}) >> 1 AS BIGINT)", "VARCHAR"),
        "bigquery": Dialect("`", "FARM_FINGERPRINT({})", "STRING"),
        "snowflake": Dialect('"', "HASH({})", "VARCHAR"),
        "databricks": Dialect("`", "xxhash64({})", "STRING"),
    }
)
"""The hashes are those of the vendors' documentation; Postgres and DuckDB run in the tests."""

_MODULES = {
    "duckdb": "duckdb",
    "_duckdb": "duckdb",
    "snowflake": "snowflake",
    "adbc_driver_snowflake": "snowflake",
    "adbc_driver_bigquery": "bigquery",
    "google": "bigquery",
    "databricks": "databricks",
    "adbc_driver_postgresql": "postgres",
    "psycopg": "postgres",
    "psycopg2": "postgres",
}


def dialect_of(connection: Any) -> str | None:
    """Return the name of a connection's dialect, None where neither its class nor what it says tells."""
    info = getattr(connection, "adbc_get_info", None)
    vendor = str(info().get("vendor_name", "")).lower() if info is not None else ""
    for name in DIALECTS:
        if vendor.startswith(name):
            return name
    return _MODULES.get(type(connection).__module__.partition(".")[0])
