"""Tallies as Parquet files: numbers as bytes, everything else as JSON, nothing that could run code.

A tally is a frozen dataclass in a module of `attribution.models` or `attribution.journeys`, made of numpy
arrays, texts, numbers, tuples, mappings and other tallies. A file has a row a task: its name, the JSON of its
structure, and one run of bytes in which the arrays lie one after the other. Every such class is read and
written without being named here.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from attribution.errors import EngineError
from attribution.tables.arrays import strings

_MODELS, _JOURNEYS = "attribution.models.", "attribution.journeys."
_KINDS = "biuf"  # booleans, integers and floats
_ALIGN = 16
_PLAIN = (str, int, float, bool, type(None))


def write_tallies(path: Any, tallies: Mapping[str, Any]) -> None:
    """Write one tally a task to a Parquet file, named or open.

    Raises
    ------
    EngineError
        If a tally holds something that cannot be stored.
    """
    structures, data = [], []
    for name, tally in tallies.items():
        encoder = _Encoder(name)
        tree = encoder.encode(tally)
        structures.append(json.dumps({"texts": encoder.texts, "tally": tree}, separators=(",", ":")))
        data.append(b"".join(encoder.data))
    table = pa.table([strings(list(tallies)), strings(structures), _binary(data)], names=_COLUMNS)
    pq.write_table(table, path, compression="zstd", use_dictionary=False)


def read_tallies(path: Any) -> dict[str, Any]:
    """Read what `write_tallies` wrote; whatever is wrong with the file raises one of many errors."""
    table = pq.ParquetFile(path).read(columns=_COLUMNS)
    names, structures = (table.column(name).to_pylist() for name in _COLUMNS[:2])
    found = {}
    for name, structure, data in zip(names, structures, table.column("data"), strict=True):
        whole = json.loads(structure)
        found[name] = _Decoder(whole["texts"], memoryview(data.as_buffer())).decode(whole["tally"])
    return found


_COLUMNS = ["task", "structure", "data"]


def _binary(parts: list[bytes]) -> Any:
    ends = np.cumsum([0, *map(len, parts)]).astype(np.int64)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(parts))]
    return pa.Array.from_buffers(pa.large_binary(), len(parts), buffers)


@dataclass
class _Encoder:
    """Take a tally apart; equal tuples of texts are kept once."""

    task: str
    texts: list[list[str]] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)
    _size: int = 0
    _numbers: dict[tuple[str, ...], int] = field(default_factory=dict)

    def encode(self, value: Any) -> Any:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, np.ndarray):
            return {"array": self._array(value)}
        if isinstance(value, tuple):
            if value and all(isinstance(entry, str) for entry in value):
                return {"texts": self._tuple(value)}
            return {"tuple": [self.encode(entry) for entry in value]}
        if isinstance(value, Mapping):
            return {"map": [[self.encode(key), self.encode(entry)] for key, entry in value.items()]}
        if isinstance(value, dt.timedelta):
            return {"days": [value.days, value.seconds, value.microseconds]}
        kind = type(value)
        home = _written_home(kind)
        if is_dataclass(value) and home:
            parts = {
                entry.name: self.encode(getattr(value, entry.name)) for entry in fields(value) if entry.init
            }
            return {"kind": f"{home}:{kind.__qualname__}", "fields": parts}
        raise self._refused(value)

    def _array(self, value: np.ndarray[Any, Any]) -> list[Any]:
        if value.dtype.kind not in _KINDS:
            raise self._refused(value)
        raw = np.ascontiguousarray(value).tobytes()
        start = self._size
        padding = -len(raw) % _ALIGN
        self.data.append(raw + b"\0" * padding)
        self._size += len(raw) + padding
        return [
            value.dtype.newbyteorder("<").str if value.dtype.itemsize > 1 else value.dtype.str,
            list(value.shape),
            start,
        ]

    def _tuple(self, value: tuple[str, ...]) -> int:
        if value not in self._numbers:
            self._numbers[value] = len(self.texts)
            self.texts.append(list(value))
        return self._numbers[value]

    def _refused(self, value: Any) -> EngineError:
        msg = f"the tally of {self.task!r} holds a {type(value).__name__}, which cannot be stored"
        why = "tallies are stored as plain numbers and texts"
        return EngineError(msg, why=why, hint='engine="stream" needs no stored tallies')


@dataclass
class _Decoder:
    """Put a tally together again."""

    texts: list[list[str]]
    data: memoryview
    _tuples: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def decode(self, tree: Any) -> Any:
        if isinstance(tree, _PLAIN):
            return tree
        (kind, body), *more = tree.items()
        if kind == "array":
            return self._array(*body)
        if kind == "texts":
            return self._tuples.setdefault(body, tuple(self.texts[body]))
        if kind == "tuple":
            return tuple(self.decode(entry) for entry in body)
        if kind == "map":
            return {self.decode(key): self.decode(entry) for key, entry in body}
        if kind == "days":
            return dt.timedelta(*body)
        return _tally_class(body)(**{name: self.decode(part) for name, part in more[0][1].items()})

    def _array(self, dtype: str, shape: list[int], start: int) -> np.ndarray[Any, Any]:
        kind = np.dtype(dtype)
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self.data, kind, count, start).reshape(shape)


def _written_home(kind: type) -> str:
    """Return the module of a tally as it is written; empty where its module holds none."""
    if kind.__module__.startswith(_MODELS):
        return kind.__module__.removeprefix(_MODELS)
    return kind.__module__.removeprefix("attribution.") if kind.__module__.startswith(_JOURNEYS) else ""


def _tally_class(name: str) -> Any:
    """Return a class of this library's tallies, and of nothing else."""
    module, _, kind = name.partition(":")
    home = f"attribution.{module}" if f"attribution.{module}".startswith(_JOURNEYS) else f"{_MODELS}{module}"
    found = getattr(import_module(home), kind, None)
    if not isinstance(found, type) or not is_dataclass(found) or found.__module__ != home:
        msg = f"{name!r} is no tally"
        raise EngineError(msg)
    return found
