"""Spark DataFrames as a source: columns and types without a job, rows only when another engine asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.types as pat

from attribution.errors import LogError
from attribution.tables.sources import BATCH_ROWS, Source
from attribution.tables.unreadable import first_line

# Spark hands timestamps out in the time zone of its session; the instant is the same in UTC.
_TYPES = {
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "timestamp_ntz": pa.timestamp("us"),
    "void": pa.string(),  # without a value in any row: text serves as well as any type
}


def is_spark_frame(data: Any) -> bool:
    """Return whether `data` is a Spark DataFrame, classic or of Spark Connect."""
    of_spark = any(kind.__module__.partition(".")[0] == "pyspark" for kind in type(data).__mro__)
    return of_spark and hasattr(data, "mapInArrow")


class SparkSource(Source):
    """A Spark DataFrame. The Spark engine reads it where it lies; others collect the columns they need."""

    def __init__(self, data: Any, table: str) -> None:
        self.table = table
        self.frame = data
        try:
            fields = list(data.schema.fields)
        except Exception as error:  # Spark Connect looks at the query only now
            msg = f"{table}: Spark cannot make that DataFrame ({first_line(error)})"
            raise LogError(msg, hint="DataFrame.show() of it tells more") from error
        names = [str(field.name) for field in fields]
        self.repeated = frozenset(name for name in names if names.count(name) > 1)
        self.columns = {
            name: arrow_type(field.dataType.simpleString())
            for name, field in reversed(list(zip(names, fields, strict=True)))
        }
        self.columns = {name: self.columns[name] for name in dict.fromkeys(names)}

    def selected(self, columns: Sequence[str]) -> Any:
        """Return the DataFrame of these columns, named by their positions: ``c0``, ``c1``, ..."""
        names = [
            f"CAST({quoted(name)} AS string) AS c{position}"
            if self.frame.schema[name].dataType.simpleString() == "void"
            else f"{quoted(name)} AS c{position}"
            for position, name in enumerate(columns)
        ]
        return self.frame.selectExpr(*names)

    def batches(self, columns: Sequence[str], *, labels: Sequence[str] = ()) -> Iterator[Any]:
        """Collect the columns, and yield slices of them."""
        del labels
        try:
            table = self.selected(columns).toArrow()
        except Exception as error:  # whatever a cluster may raise
            msg = f"{self.table}: Spark did not hand out the rows ({first_line(error)})"
            raise LogError(msg, hint="engine=at.Spark(session) leaves them on the cluster") from error
        for batch in table.to_batches(max_chunksize=BATCH_ROWS):
            yield in_utc(batch, columns)

    def describe(self) -> str:
        """Say what this is."""
        return "a Spark DataFrame"


def arrow_type(name: str) -> Any:
    """Return the Arrow type of a Spark type, by the name that Spark gives it.

    Examples
    --------
    >>> arrow_type("bigint"), arrow_type("decimal(10,2)")
    (DataType(int64), Decimal128Type(decimal128(10, 2)))
    """
    plain = name.partition("(")[0].partition(" ")[0]
    if plain == "decimal":
        precision, scale = map(int, re.findall(r"\d+", name))
        return pa.decimal128(precision, scale)
    if plain in ("char", "varchar"):
        return pa.string()
    return _TYPES.get(plain, pa.struct([]))  # of no use to a log, as a struct is


def in_utc(batch: Any, columns: Sequence[str]) -> Any:
    """Return a batch from Spark under the columns' own names, with zoned times in UTC."""
    arrays = [
        array.cast(pa.timestamp("us", "UTC")) if pat.is_timestamp(array.type) and array.type.tz else array
        for array in batch.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def quoted(name: str) -> str:
    """Return a column name as Spark's SQL wants it.

    Examples
    --------
    >>> print(quoted("utm.source"))
    `utm.source`
    """
    return "`" + name.replace("`", "``") + "`"
