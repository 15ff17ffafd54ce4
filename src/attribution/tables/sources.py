"""Where the rows of a table come from: one small interface, and the choice of what implements it.

A source tells its columns without reading rows, and hands out batches of the columns it is asked for,
as often as it is asked (a one-shot stream: once, unless it was told to keep what it gives).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from attribution.errors import LogError
from attribution.tables.objects import to_arrow

BATCH_ROWS = 1 << 17


class ColumnType(NamedTuple):
    """The type a column has in one place (a file, or the object itself).

    Attributes
    ----------
    where
        The place, for messages.
    type
        The Arrow type.
    text
        Whether the format knows no types (CSV), so that numbers and times are read out of text.
    """

    where: str
    type: Any
    text: bool = False


class Source(ABC):
    """A table that can be read batch by batch.

    Attributes
    ----------
    table
        ``"touches"``, ``"users"``, ``"panel"``: what messages call it.
    columns
        Arrow type by column name, in the order of the table.
    repeated
        Names that more than one column bears; such a column cannot be asked for.
    n_rows
        The number of rows, or None where only reading would tell.
    files
        The files it reads, none for an object in memory.
    one_shot
        Whether its rows can be read only once, unless `keep` was called before.
    """

    table: str
    columns: Mapping[str, Any]
    repeated: frozenset[str] = frozenset()
    n_rows: int | None = None
    files: tuple[Path, ...] = ()
    one_shot: bool = False

    @abstractmethod
    def batches(self, columns: Sequence[str], *, labels: Sequence[str] = ()) -> Iterator[Any]:
        """Yield record batches of `columns`, in that order.

        Parameters
        ----------
        columns
            Column names.
        labels
            Those of them that hold few distinct texts, best handed over dictionary-encoded.
        """

    @abstractmethod
    def describe(self) -> str:
        """Say in a few words what this is."""

    def types(self, column: str) -> tuple[ColumnType, ...]:
        """Return every type that the column has, with one place where it has it."""
        return (ColumnType(self.table, self.columns[column]),)

    def keep(self, columns: Sequence[str]) -> None:
        """See to it that `columns` can be read again and again; only one-shot streams need to act."""
        del columns


class TableSource(Source):
    """A pyarrow Table or RecordBatch."""

    def __init__(self, data: Any, table: str) -> None:
        self.table = table
        self._data = pa.Table.from_batches([data]) if isinstance(data, pa.RecordBatch) else data
        self.columns, self.repeated = named_types(self._data.schema)
        self.n_rows = int(self._data.num_rows)

    def batches(self, columns: Sequence[str], *, labels: Sequence[str] = ()) -> Iterator[Any]:
        """Yield slices of the table; nothing is copied."""
        del labels
        for batch in self._data.select(list(columns)).to_batches(max_chunksize=BATCH_ROWS):
            yield without_runs(batch)

    def describe(self) -> str:
        """Say what this is."""
        return f"an Arrow table of {self.n_rows:,} rows"


def named_types(schema: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the types of an Arrow schema by name, and the names that occur twice; runs are their values."""
    columns: dict[str, Any] = {}
    repeated: set[str] = set()
    for field in schema:
        if field.name in columns:
            repeated.add(field.name)
        columns.setdefault(field.name, field.type.value_type if _is_runs(field.type) else field.type)
    return columns, frozenset(repeated)


class _Types(Mapping[str, Any]):
    """Arrow types of a frame's columns, found out when asked for: objects must be converted for that."""

    def __init__(self, source: PandasSource) -> None:
        self._source = source

    def __getitem__(self, name: str) -> Any:
        return self._source.column(name).type

    def __iter__(self) -> Iterator[str]:
        return iter(self._source.names)

    def __len__(self) -> int:
        return len(self._source.names)

    def __contains__(self, name: object) -> bool:
        return name in self._source.names


class PandasSource(Source):
    """A pandas DataFrame; named index levels are columns too."""

    def __init__(self, data: Any, table: str) -> None:
        self.table = table
        levels = [name for name in data.index.names if name is not None]
        frame = data.reset_index(levels) if levels and not set(levels) & set(data.columns) else data
        self._frame = frame.copy(deep=False)
        labels = [str(name) for name in frame.columns]
        self._position = {name: position for position, name in reversed(list(enumerate(labels)))}
        self.names = tuple(dict.fromkeys(labels))
        self.repeated = frozenset(name for name in self.names if labels.count(name) > 1)
        self.columns = _Types(self)
        self.n_rows = len(frame)
        self._arrays: dict[str, Any] = {}

    def column(self, name: str) -> Any:
        """Return a column as an Arrow array.

        Raises
        ------
        LogError
            If its values are not of one type.
        """
        if name not in self._arrays:
            series = self._frame.iloc[:, self._position[name]]
            self._arrays[name] = to_arrow(series, name, self.table)
        return self._arrays[name]

    def batches(self, columns: Sequence[str], *, labels: Sequence[str] = ()) -> Iterator[Any]:
        """Yield slices of the columns."""
        del labels
        arrays = [self.column(name) for name in columns]
        yield from pa.Table.from_arrays(arrays, names=list(columns)).to_batches(max_chunksize=BATCH_ROWS)

    def describe(self) -> str:
        """Say what this is."""
        return f"a pandas frame of {self.n_rows:,} rows"


def without_runs(batch: Any) -> Any:
    """Return a record batch whose run-end encoded columns are plain ones."""
    if not any(map(_is_runs, batch.schema.types)):
        return batch
    arrays = [pc.run_end_decode(array) if _is_runs(array.type) else array for array in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _is_runs(kind: Any) -> bool:
    return bool(pa.types.is_run_end_encoded(kind))


def _from_columns(columns: Mapping[Any, Any], table: str) -> Any:
    """Return a mapping of column names to sequences as an Arrow table."""
    arrays = [to_arrow(values, str(name), table) for name, values in columns.items()]
    lengths = {str(name): len(array) for name, array in zip(columns, arrays, strict=True)}
    if len(set(lengths.values())) > 1:
        msg = f"{table}: its columns differ in length: {lengths}"
        hint = f"{{{', '.join(f'{name!r}: [...]' for name in list(lengths)[:5])}}}, all of one length"
        raise LogError(msg, hint=hint)
    return pa.table(arrays, names=[str(name) for name in columns])


def open_source(data: Any, table: str) -> Source:
    """Find the source that reads `data`.

    Parameters
    ----------
    data
        A path, glob, directory or list of paths; a mapping of column names to sequences; a pandas or polars
        DataFrame; a Spark DataFrame; a `Query`; a table of Ibis; a pyarrow Table, RecordBatch or
        RecordBatchReader; or any object with the Arrow C stream interface.
    table
        ``"touches"``, ``"conversions"``, ``"users"``, ``"panel"``: what messages call it.

    Raises
    ------
    LogError
        If `data` is none of these, or a file cannot be read.
    """
    from attribution.tables.files import open_files
    from attribution.tables.ibis_tables import IbisSource, is_ibis_table
    from attribution.tables.queries import Query, QuerySource
    from attribution.tables.spark_frames import SparkSource, is_spark_frame
    from attribution.tables.streams import StreamSource

    if isinstance(data, Source):
        return data
    if isinstance(data, Mapping):
        return TableSource(_from_columns(data, table), table)
    if isinstance(data, str | Path) or hasattr(data, "__fspath__"):
        return open_files([data], table)
    if isinstance(data, pa.Table | pa.RecordBatch):
        return TableSource(data, table)
    if isinstance(data, list | tuple) and all(
        isinstance(item, str) or hasattr(item, "__fspath__") for item in data
    ):
        return open_files(data, table)
    if type(data).__module__.partition(".")[0] == "pandas" and hasattr(data, "columns"):
        return PandasSource(data, table)
    if isinstance(data, Query):
        return QuerySource(data, table)
    if is_ibis_table(data):
        return IbisSource(data, table)
    if is_spark_frame(data):
        return SparkSource(data, table)
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return StreamSource(data, table)
    kind = type(data).__name__
    msg = f"{table} is of type {kind!r}, which is neither a path nor a table"
    name = "table" if table == "paths" else table  # what its argument is called
    hint = (
        f"{name} = {name}.collect()"
        if hasattr(data, "collect")
        else f"{name} = pandas.DataFrame({name})"
        if isinstance(data, list | tuple) and data and isinstance(data[0], Mapping)
        else f'{name} = "{table}.parquet"  # a path, or a table of pandas, polars or Arrow'
    )
    raise LogError(msg, hint=hint)
