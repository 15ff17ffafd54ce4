"""Carried rows as Parquet files: sorted by user, so that users and times are small differences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from attribution.engines.increments.open_touches import OpenTouches
from attribution.tables.arrays import numbers
from attribution.tables.columns import ConversionColumns, Dimension, TouchColumns
from attribution.tables.labels import code_type

_KEY = b"attribution"
_ARROW = {np.dtype(np.int64): pa.int64(), np.dtype(np.int32): pa.int32(), np.dtype(np.int16): pa.int16()}


def write_touches(path: Any, touches: TouchColumns) -> None:
    """Write the touches of a carry; their channels are stored as codes."""
    columns: dict[str, NDArray[Any]] = {
        "user": touches.user.view(np.int64),
        "time": touches.time,
        "channel": touches.channel,
    }
    if touches.sequence is not None:
        columns["sequence"] = touches.sequence
    _write(path, columns, touches.dims)


def write_events(path: Any, events: ConversionColumns) -> None:
    """Write the conversions of a carry: users, times and goals."""
    columns = {"user": events.user.view(np.int64), "time": events.time}
    _write(path, columns, () if events.goal is None else (events.goal,))


def read_open_touches(touches: Any, events: Any, channels: int) -> OpenTouches:
    """Read both files; whatever is wrong with one raises one of many errors.

    Parameters
    ----------
    touches, events
        The files, as paths or open.
    channels
        How many channels there are.
    """
    columns, dims = _read(touches)
    rows, goals = _read(events)
    n = len(rows["user"])
    return OpenTouches(
        TouchColumns(
            columns["user"].view(np.uint64),
            columns["time"],
            columns["channel"].astype(code_type(channels)),
            columns.get("sequence"),
            dims,
        ),
        ConversionColumns(
            rows["user"].view(np.uint64), rows["time"], np.zeros(n), goals[0] if goals else None
        ),
    )


def _write(path: Any, columns: Mapping[str, NDArray[Any]], dims: tuple[Dimension, ...]) -> None:
    stored = {**columns, **{f"dim{place}": dim.codes for place, dim in enumerate(dims)}}
    arrays = [_array(column) for column in stored.values()]
    facts = json.dumps({"dims": [[dim.name, list(dim.labels)] for dim in dims]})
    schema = pa.schema(
        [(name, array.type) for name, array in zip(stored, arrays, strict=True)], {_KEY: facts.encode()}
    )
    packed = {name: "DELTA_BINARY_PACKED" for name in ("user", "time", "sequence") if name in stored}
    table = pa.Table.from_arrays(arrays, schema=schema)
    coded = [name for name in stored if name not in packed]
    pq.write_table(table, path, compression="zstd", use_dictionary=coded, column_encoding=packed)


def _array(column: NDArray[Any]) -> Any:
    column = np.ascontiguousarray(column)
    return pa.Array.from_buffers(_ARROW[column.dtype], len(column), [None, pa.py_buffer(column)])


def _read(path: Any) -> tuple[dict[str, NDArray[Any]], tuple[Dimension, ...]]:
    table = pq.ParquetFile(path).read()
    facts = json.loads(table.schema.metadata[_KEY])
    columns = {
        name: np.concatenate(
            [np.zeros(0, np.int32), *(numbers(chunk) for chunk in table.column(name).chunks)]
        )
        if name.startswith("dim")
        else np.concatenate(
            [numbers(chunk) for chunk in table.column(name).chunks] or [np.zeros(0, np.int64)]
        )
        for name in table.column_names
    }
    dims = tuple(
        Dimension(name, tuple(labels), columns[f"dim{place}"].astype(np.int32))
        for place, (name, labels) in enumerate(facts["dims"])
    )
    return columns, dims
