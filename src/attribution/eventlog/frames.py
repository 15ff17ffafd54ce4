"""pandas frames: each needed column goes to Arrow by itself, so that errors can name it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from attribution.errors import LogError
from attribution.eventlog.sources import BATCH_ROWS, Source
from attribution.eventlog.unreadable import first_line

_TIMES = frozenset({"datetime", "date", "mixed"})


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
            self._arrays[name] = self._to_arrow(series, name)
        return self._arrays[name]

    def _to_arrow(self, series: Any, name: str) -> Any:
        if series.dtype == object:
            self._check_objects(series, name)
        try:
            return pa.array(series, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError) as error:
            raise self._mixed(series, name, first_line(error)) from error

    def _check_objects(self, series: Any, name: str) -> None:
        """Refuse what pyarrow would convert in silence: datetimes cut to dates, naive taken for aware."""
        from pandas.api.types import infer_dtype

        if infer_dtype(series, skipna=True) not in _TIMES:
            return
        given = series[series.notna()]
        marks = given.map(
            lambda value: (type(value).__name__ == "date", getattr(value, "tzinfo", None) is None)
        )
        if len(set(marks)) > 1:
            raise self._mixed(series, name, "dates with datetimes, or naive with aware ones", times=True)

    def _mixed(self, series: Any, name: str, reason: str, *, times: bool = False) -> LogError:
        column = f'{self.table}["{name}"]'
        given = series[series.notna()]
        types = given.map(lambda value: type(value).__name__)
        counts = types.value_counts()
        odd = types.to_numpy() != counts.index[0] if len(counts) > 1 else slice(0)
        rows = series.notna().to_numpy().nonzero()[0][odd]
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.head(4).items())
        return LogError(
            f"{self.table}: values are not of one type ({kinds}): {reason}",
            column=name,
            rows=rows[:5],
            count=len(rows) or None,
            why="hours would be lost, or a zone made up" if times else "which are equal would be a guess",
            hint=f"{column} = pandas.to_datetime({column}, utc=True)"
            if times
            else f'{column} = {column}.astype("string")',
        )

    def batches(self, columns: Sequence[str], *, labels: Sequence[str] = ()) -> Iterator[Any]:
        """Yield slices of the columns."""
        del labels
        arrays = [self.column(name) for name in columns]
        yield from pa.Table.from_arrays(arrays, names=list(columns)).to_batches(max_chunksize=BATCH_ROWS)

    def describe(self) -> str:
        """Say what this is."""
        return f"a pandas frame of {self.n_rows:,} rows"
