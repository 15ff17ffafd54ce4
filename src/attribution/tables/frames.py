"""pandas frames: each needed column goes to Arrow by itself, so that errors can name it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from attribution.tables.objects import to_arrow
from attribution.tables.sources import BATCH_ROWS, Source


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
