"""Where the Spark engine finds a table's rows: in a DataFrame, in files, or on the driver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow.parquet as pq

from attribution.engines.spark.spark_split import BLOCKS_DDL, Splitter
from attribution.tables.files import File, FilesSource
from attribution.tables.parquet import ParquetFile
from attribution.tables.sources import Source
from attribution.tables.spark_frames import SparkSource, in_utc
from attribution.tables.unreadable import reading

_TASK_BYTES = 1 << 27  # of a file, that one task reads
Share = list[tuple[int, tuple[int, ...] | None]]  # number of a file, and which of its row groups


def blocks_of(session: Any, source: Source, splitter: Splitter) -> Any:
    """Return the DataFrame of a table's blocks and facts; nothing is read yet.

    Parameters
    ----------
    session
        The Spark session.
    source
        The table.
    splitter
        Turns rows into blocks.
    """
    columns = splitter.table.columns
    if isinstance(source, SparkSource):

        def from_frame(batches: Iterator[Any]) -> Iterator[Any]:
            return splitter(in_utc(batch, columns) for batch in batches)

        return source.selected(columns).mapInArrow(from_frame, BLOCKS_DDL)
    labels = [name for name in splitter.table.labels if name in columns]
    if isinstance(source, FilesSource):
        shares = shares_of(source)

        def from_files(batches: Iterator[Any]) -> Iterator[Any]:
            numbers = [number for batch in batches for number in batch.column(0).to_pylist()]
            return splitter(
                batch for number in numbers for batch in read_share(source, shares[number], columns, labels)
            )

        return session.range(0, len(shares), 1, len(shares)).mapInArrow(from_files, BLOCKS_DDL)
    rows = [
        (part, block)
        for batch in splitter(source.batches(columns, labels=labels))
        for part, block in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    ]
    return session.createDataFrame(rows, BLOCKS_DDL)


def shares_of(source: FilesSource) -> list[Share]:
    """Return what each task reads: several small files, a file, or row groups of a large Parquet file."""
    shares: list[Share] = []
    room = 0
    for number, (file, _) in enumerate(source.members):
        size = file.path.stat().st_size if file.path.exists() else 0
        groups = _groups(file, size)
        if groups:
            shares += [[(number, group)] for group in groups]
            room = 0
        elif size <= room:
            shares[-1].append((number, None))
            room -= size
        else:
            shares.append([(number, None)])
            room = _TASK_BYTES - size
    return shares


def _groups(file: File, size: int) -> list[tuple[int, ...]]:
    """Return the row groups of a large Parquet file, in shares; none for what one task reads."""
    if size <= _TASK_BYTES or not isinstance(file, ParquetFile):
        return []
    with reading(file.path, "the log"), pq.ParquetFile(file.path) as opened:
        n = opened.metadata.num_row_groups
    each = max(1, n * _TASK_BYTES // size)
    return [tuple(range(start, min(start + each, n))) for start in range(0, n, each)]


def read_share(
    source: FilesSource, share: Share, columns: Sequence[str], labels: Sequence[str]
) -> Iterator[Any]:
    """Yield the batches of a task's share of the files."""
    for number, groups in share:
        one = FilesSource([source.members[number]], source.table)
        for _, batch in one.parts(columns, labels, partial(_read, groups=groups)):
            yield batch


def _read(
    file: File, columns: Sequence[str], labels: Sequence[str], groups: tuple[int, ...] | None
) -> Iterator[Any]:
    if groups is None or not isinstance(file, ParquetFile):
        return file.batches(columns, labels)
    return file.batches(columns, labels, groups)
