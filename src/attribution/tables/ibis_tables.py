"""Tables of Ibis: their columns are known without a query, and only those that are needed are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attribution.errors import LogError
from attribution.tables.sources import BATCH_ROWS, Source, named_types, without_runs
from attribution.tables.unreadable import first_line


def is_ibis_table(data: Any) -> bool:
    """Return whether `data` is a table expression of Ibis."""
    of_ibis = any(kind.__module__.partition(".")[0] == "ibis" for kind in type(data).__mro__)
    return of_ibis and hasattr(data, "to_pyarrow_batches") and hasattr(data, "schema")


class IbisSource(Source):
    """A table expression of Ibis. Each reading runs its query for the columns that are asked for."""

    def __init__(self, data: Any, table: str) -> None:
        self.table = table
        self._data = data
        self._rows_seen: int | None = None
        self.columns, self.repeated = named_types(data.schema().to_pyarrow())

    def batches(self, columns: Sequence[str], *, labels: Sequence[str] = ()) -> Iterator[Any]:
        """Yield the batches of the columns."""
        del labels
        rows = 0
        try:
            for batch in self._data.select(*columns).to_pyarrow_batches(chunk_size=BATCH_ROWS):
                rows += batch.num_rows
                yield without_runs(batch.select(list(columns)))
        except MemoryError:
            raise
        except Exception as error:  # whatever a database may raise
            msg = f"{self.table}: Ibis did not hand out the rows ({first_line(error)})"
            raise LogError(msg, hint="to_pyarrow() of it tells more") from error
        self._rows_seen = rows if self._rows_seen is None else self._rows_seen
        if rows != self._rows_seen:
            msg = f"{self.table}: Ibis gave {self._rows_seen:,} rows at first, then {rows:,}"
            raise LogError(msg, hint=f"{self.table} = {self.table}.to_pyarrow()  # once, before")

    def describe(self) -> str:
        """Say what this is."""
        return "a table of Ibis"
