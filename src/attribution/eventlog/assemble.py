"""Batches put together to a log in memory: into arrays of the final size where the row count is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Hashes
from attribution.eventlog.column_types import clock_clash
from attribution.kernels.collisions import tell_apart
from attribution.tables.columns import ConversionColumns, Dimension, LogColumns, TouchColumns
from attribution.tables.far_times import Times, merged, window
from attribution.tables.faults import FaultTally
from attribution.tables.labels import Coded, LabelIndex, code_type, final_labels, recode
from attribution.tables.tables import TableColumns

if TYPE_CHECKING:
    from attribution.tables.decode import ConversionBatch, TouchBatch

_FIRST_ROWS = 1 << 16
Rename = Callable[[list[str]], list[str]]


class Growing:
    """An array that grows by appending; memory is touched only as it fills.

    Examples
    --------
    >>> import numpy as np
    >>> times = Growing(np.int64, 1)
    >>> times.append(np.array([3, 4]))
    >>> times.finish().tolist()
    [3, 4]
    """

    def __init__(self, dtype: Any, capacity: int | None) -> None:
        try:
            self._data: NDArray[Any] = np.empty(_FIRST_ROWS if capacity is None else capacity, dtype)
        except (MemoryError, ValueError):  # a damaged file may claim to have any number of rows
            self._data = np.empty(_FIRST_ROWS, dtype)
        self._n = 0

    def append(self, values: NDArray[Any]) -> None:
        """Add values at the end."""
        self._room(len(values))[:] = values

    def append_taken(self, table: NDArray[Any], rows: NDArray[Any]) -> None:
        """Add ``table[rows]``; the table is of the array's type, the rows are all in it."""
        # Without "clip", numpy gathers into a buffer of its own first.
        np.take(table, rows, out=self._room(len(rows)), mode="clip")

    def _room(self, n: int) -> NDArray[Any]:
        start, self._n = self._n, self._n + n
        if self._n > len(self._data):
            self._data.resize(max(self._n, len(self._data) * 3 // 2), refcheck=False)
        return self._data[start : self._n]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the values."""
        return self._data.dtype

    def widen(self, dtype: Any) -> None:
        """Go over to a wider type."""
        if self._data.dtype != dtype:
            wider = np.empty(len(self._data), dtype)
            wider[: self._n] = self._data[: self._n]
            self._data = wider

    def view(self) -> NDArray[Any]:
        """Return the values so far; not to be kept past the next append."""
        return self._data[: self._n]

    def finish(self) -> NDArray[Any]:
        """Return the values; the array gives back what it does not use and takes no more."""
        self._data.resize(self._n, refcheck=False)
        return self._data


class Codes:
    """A growing column of codes over growing labels."""

    def __init__(self, name: str, capacity: int | None, *, narrow: bool = False) -> None:
        self.name = name
        self.index = LabelIndex()
        self._narrow = narrow
        self._codes = Growing(np.int16 if narrow else np.int32, capacity)

    def append(self, coded: Coded, every: Coded | None = None) -> None:
        """Add a batch's codes; the labels that `every` uses count as seen, if it is given."""
        codes = self.index.lookup(coded.labels)
        self.index.mark(coded if every is None else every, codes)
        if self._narrow:
            self._codes.widen(code_type(len(self.index.labels)))
        self._codes.append_taken(codes.astype(self._codes.dtype), coded.codes)

    def finish(self, rename: Rename | None = None) -> Dimension:
        """Return labels sorted by code point, with codes to match; `rename` may merge labels."""
        labels, renumber = final_labels(self.index, rename)
        codes = self._codes.finish()
        recode(codes, renumber)
        return Dimension(self.name, labels, codes)


class Span:
    """The times of a log's rows, and the clocks that they were on."""

    def __init__(self) -> None:
        self.times = Times(None, None)
        self.rows = 0
        self.clocks: dict[str, tuple[str, str]] = {}

    def add(self, batch: TouchBatch | ConversionBatch, table: TableColumns) -> None:
        """Add a batch's times."""
        self.times = merged(self.times, batch.times)
        self.rows += batch.seen
        if batch.clock is not None:
            self.clocks.setdefault(batch.clock, (table.table, table.time))

    @property
    def first(self) -> int | None:
        """The first time of the rows that count; see `far_times.window`."""
        return window(self.times, self.rows)[0]

    @property
    def last(self) -> int | None:
        """The last time of the rows that count."""
        return window(self.times, self.rows)[1]

    def check(self) -> None:
        """Raise LogError if naive and aware times, or two zones, came together."""
        zones = set(self.clocks) - {"offsets"}
        if len(zones) > 1 or ("naive" in zones and "offsets" in self.clocks):
            places = {clock: where for clock, (where, _) in self.clocks.items()}
            known = dict(sorted(self.clocks.values(), reverse=True))
            raise clock_clash(places, known)


class TouchCollector:
    """Put decoded touches together; with `positions`, note where in the table each one stood.

    With `check`, keep the second hashes of users as well.
    """

    def __init__(
        self, table: TableColumns, capacity: int | None, *, positions: bool = False, check: bool = False
    ) -> None:
        self.table = table
        self.faults = FaultTally("touches", source=table.table, spare_user=table.spare_user)
        self.positions = Growing(np.int64, capacity) if positions else None
        self.check = Growing(np.uint64, capacity) if check else None
        self._user = Growing(np.uint64, capacity)
        self._time = Growing(np.int64, capacity)
        self._channel = Codes("channel", capacity, narrow=True)
        self._sequence = None if table.sequence is None else Growing(np.int64, capacity)
        self._dims = [Codes(name, capacity) for name, _ in table.dims]

    def add(self, batch: TouchBatch, offset: int) -> None:
        """Add a batch whose first row is row `offset` of the table."""
        self.faults.add(list(batch.faults), offset, batch.seen)
        _note(self.positions, batch, offset)
        _keep_check(self.check, batch)
        self._user.append(batch.user)
        self._time.append(batch.time)
        self._channel.append(batch.channel, batch.every_channel)
        if self._sequence is not None and batch.sequence is not None:
            self._sequence.append(batch.sequence)
        for dim, coded in zip(self._dims, batch.dims, strict=True):
            dim.append(coded)

    def finish(self, rename: Rename | None) -> tuple[tuple[str, ...], TouchColumns]:
        """Return the channels and the touches."""
        channel = self._channel.finish(rename)
        codes = channel.codes
        if codes.dtype != code_type(len(channel.labels)):
            codes = codes.astype(code_type(len(channel.labels)))
        touches = TouchColumns(
            self._user.finish(),
            self._time.finish(),
            codes,
            None if self._sequence is None else self._sequence.finish(),
            tuple(dim.finish() for dim in self._dims),
        )
        return channel.labels, touches


class ConversionCollector:
    """Put decoded conversions together; `positions` and `check` as in `TouchCollector`."""

    def __init__(
        self, table: TableColumns, capacity: int | None, *, positions: bool = False, check: bool = False
    ) -> None:
        self.table = table
        self.faults = FaultTally("conversions", source=table.table, spare_user=table.spare_user)
        self.positions = Growing(np.int64, capacity) if positions else None
        self.check = Growing(np.uint64, capacity) if check else None
        self._user = Growing(np.uint64, capacity)
        self._time = Growing(np.int64, capacity)
        self._value = None if table.value is None else Growing(np.float64, capacity)
        self._goal = None if table.goal is None else Codes("goal", capacity)
        self._order = None if table.order is None else Growing(np.uint64, capacity)
        self._dims = [Codes(name, capacity) for name, _ in table.conversion_dims]

    def add(self, batch: ConversionBatch, offset: int) -> None:
        """Add a batch whose first row is row `offset` of the table."""
        self.faults.add(list(batch.faults), offset, batch.seen)
        _note(self.positions, batch, offset)
        _keep_check(self.check, batch)
        self._user.append(batch.user)
        self._time.append(batch.time)
        if self._value is not None and batch.value is not None:
            self._value.append(batch.value)
        if self._goal is not None and batch.goal is not None:
            self._goal.append(batch.goal)
        if self._order is not None and batch.order is not None:
            self._order.append(batch.order)
        for dim, coded in zip(self._dims, batch.dims, strict=True):
            dim.append(coded)

    def users(self) -> Hashes:
        """Return the users so far; not to be kept past the next `add`."""
        return self._user.view()

    def finish(self) -> ConversionColumns:
        """Return the conversions."""
        user = self._user.finish()
        return ConversionColumns(
            user,
            self._time.finish(),
            np.zeros(len(user)) if self._value is None else self._value.finish(),
            None if self._goal is None else self._goal.finish(),
            None if self._order is None else self._order.finish(),
            tuple(dim.finish() for dim in self._dims),
        )


def _note(positions: Growing | None, batch: TouchBatch | ConversionBatch, offset: int) -> None:
    if positions is not None:
        rows = np.arange(len(batch.user)) if batch.rows is None else batch.rows
        positions.append(rows + offset)


def _keep_check(checks: Growing | None, batch: TouchBatch | ConversionBatch) -> None:
    if checks is not None and batch.check is not None:
        checks.append(batch.check)


def to_columns(
    touches: TouchCollector,
    conversions: ConversionCollector,
    span: Span,
    dropped: Mapping[str, int],
    rename: Rename | None,
) -> LogColumns:
    """Return the log that the collectors hold; they take no more.

    Users whose first hash is the same are told apart, if the collectors hold second hashes.
    """
    channels, touch_columns = touches.finish(rename)
    conversion_columns = conversions.finish()
    if touches.check is not None and conversions.check is not None:
        users = tell_apart(
            touch_columns.user, touches.check.view(), conversion_columns.user, conversions.check.view()
        )
        touch_columns = replace(touch_columns, user=users[0])
        conversion_columns = replace(conversion_columns, user=users[1])
    return LogColumns(
        channels=channels,
        touches=touch_columns,
        conversions=conversion_columns,
        start=span.first,
        end=span.last,
        has_value=conversions.table.value is not None,
        dropped=dict(dropped),
        users=touches.table.users,
    )
