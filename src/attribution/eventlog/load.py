"""From sources to a log in memory: one pass over each table, or only over what converters need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import pyarrow as pa

from attribution._progress import counter
from attribution._typing import Bools, Hashes
from attribution.errors import LogError
from attribution.eventlog.assemble import ConversionCollector, Rename, Span, TouchCollector, to_columns
from attribution.kernels.membership import HashFilter
from attribution.tables.arrays import without_views
from attribution.tables.columns import LogColumns
from attribution.tables.decode import ConversionBatch, TouchBatch, decode_conversions, decode_touches
from attribution.tables.far_times import within
from attribution.tables.faults import DROP_LIMIT, settled
from attribution.tables.sources import Source
from attribution.tables.tables import TableColumns

Batch_contra = TypeVar("Batch_contra", contravariant=True)


class Collects(Protocol[Batch_contra]):
    """What takes decoded batches, each with the position of its first row."""

    def add(self, batch: Batch_contra, offset: int) -> None:
        """Add a batch."""


class CollectsUsers(Collects[ConversionBatch], Protocol):
    """What takes conversions, and knows whose they are."""

    def users(self) -> Hashes:
        """Return the users so far."""


@dataclass(frozen=True, slots=True)
class Loader:
    """What a load needs to know.

    Attributes
    ----------
    touches, conversions
        The sources; `conversions` is None for a log in one table.
    touch_table, conversion_table
        Their columns.
    invalid
        ``"raise"`` or ``"drop"``.
    rename
        Turns raw channel labels into channels, or None.
    progress
        Whether to show a bar.
    hash_bits
        64, or 128 to tell users apart by a second hash.
    drop_limit
        The share of a table's rows that ``"drop"`` may leave out.
    """

    touches: Source
    conversions: Source | None
    touch_table: TableColumns
    conversion_table: TableColumns
    invalid: str = "raise"
    rename: Rename | None = None
    progress: bool | None = None
    hash_bits: int = 64
    drop_limit: float = DROP_LIMIT

    def load(self, *, converters_only: bool) -> LogColumns:
        """Read the log.

        Raises
        ------
        LogError
            If a file cannot be read, or rows cannot be used and may not be dropped.
        """
        touches, conversions, span = self.collect(converters_only=converters_only)
        dropped = settled((touches.faults, conversions.faults), self.invalid, self.drop_limit)
        span.check()
        log = within(to_columns(touches, conversions, span, dropped, self.rename))
        with np.errstate(over="ignore"):
            size = np.abs(log.conversions.value)
            refuse_overflow(float(size.sum()), self.conversion_table, float(size.max(initial=0.0)))
        # Arrow keeps what it decoded for the next batch; there is none, and sorting is about to need it.
        pa.default_memory_pool().release_unused()
        return log

    def collect(
        self, *, converters_only: bool = False, positions: bool = False
    ) -> tuple[TouchCollector, ConversionCollector, Span]:
        """Read the log and leave it to the caller what becomes of faults."""
        one_table = self.conversions is None
        source = self.touches if self.conversions is None else self.conversions
        options = {"positions": positions, "check": self.check_users}
        touches = TouchCollector(self.touch_table, self.touches.n_rows, **options)
        conversions = ConversionCollector(
            self.conversion_table, None if one_table else source.n_rows, **options
        )
        span = Span()
        self.read_into(touches, conversions, span, converters_only=converters_only)
        return touches, conversions, span

    def read_into(
        self, touches: Collects[TouchBatch], conversions: CollectsUsers, span: Span, *, converters_only: bool
    ) -> None:
        """Read the log, batch by batch, into whatever takes batches."""
        source = self.touches if self.conversions is None else self.conversions
        if self.conversions is None and not converters_only:
            self._read_both(touches, conversions, span)
        else:
            self._read_conversions(source, conversions, span)
            keep = HashFilter(conversions.users()).keep if converters_only else None
            self._read_touches(touches, span, keep)

    @property
    def check_users(self) -> bool:
        """Whether a second hash says more than the first: that of an integer is the integer itself."""
        return self.hash_bits > 64 and self.touch_table.users != "integer"

    def _read_both(self, touches: Collects[TouchBatch], conversions: CollectsUsers, span: Span) -> None:
        table = self.touch_table
        for batch, offset in self._batches(self.touches, table.columns, table.labels):
            touch_batch = decode_touches(batch, table, check=self.check_users)
            touches.add(touch_batch, offset)
            span.add(touch_batch, table)
            conversion_batch = decode_conversions(batch, table, check=self.check_users)
            conversions.add(conversion_batch, offset)
            span.add(conversion_batch, table)

    def _read_conversions(self, source: Source, conversions: CollectsUsers, span: Span) -> None:
        table = self.conversion_table
        for batch, offset in self._batches(source, table.conversion_columns, table.labels):
            decoded = decode_conversions(batch, table, check=self.check_users)
            conversions.add(decoded, offset)
            span.add(decoded, table)

    def _read_touches(
        self, touches: Collects[TouchBatch], span: Span, keep: Callable[[Hashes], Bools] | None
    ) -> None:
        table = self.touch_table
        for batch, offset in self._batches(self.touches, table.touch_columns, table.labels):
            decoded = decode_touches(batch, table, keep, check=self.check_users)
            touches.add(decoded, offset)
            span.add(decoded, table)

    def _batches(
        self, source: Source, columns: Sequence[str], labels: Sequence[str]
    ) -> Iterator[tuple[Any, int]]:
        """Yield batches with the position of their first row."""
        offset = 0
        bar = counter(source.n_rows, f"reading {source.table}", self.progress)
        for batch in source.batches(columns, labels=[name for name in labels if name in columns]):
            yield without_views(batch), offset
            offset += batch.num_rows
            if bar is not None:
                bar.update(batch.num_rows)
        if bar is not None:
            bar.close()


def refuse_overflow(total: float, table: TableColumns, largest: float | None = None) -> None:
    """Raise LogError if the values, `total` without their signs, add up to more than a float can hold."""
    if not np.isfinite(total):
        size = "" if largest is None else f", up to {largest:g},"
        msg = f"conversions: the values{size} add up to more than a float can hold"
        why = "their sum would be infinite, and so would be all credit"
        raise LogError(msg, column=table.value, why=why, hint="write the values in the unit of your money")
