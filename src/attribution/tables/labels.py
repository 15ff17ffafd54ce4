"""Text columns as codes: a dictionary a batch, put together over the batches, sorted at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat
from numpy.typing import NDArray

from attribution._typing import Bools, Codes
from attribution.tables import kinds
from attribution.tables.arrays import null_mask, numbers, positions, strings, unwrap

JOINER = "\x1f"  # between the parts of a label made of several columns
_TABLE_SIZE = 1 << 20


class Coded(NamedTuple):
    """A batch's text column: codes into its own labels.

    Attributes
    ----------
    codes
        Integers, shape (n,); ``len(labels)`` stands for null.
    labels
        Arrow string array; may hold a label twice, unused labels, and null.
    """

    codes: NDArray[Any]
    labels: Any

    def take(self, rows: NDArray[Any] | None) -> Coded:
        """Return some rows; None for all."""
        return self if rows is None else Coded(self.codes[rows], self.labels)

    def used(self) -> Bools:
        """Return which labels occur, shape (len(labels),)."""
        seen = np.zeros(len(self.labels) + 1, np.bool_)
        seen[self.codes] = True
        return seen[:-1]

    def nulls(self) -> Bools | None:
        """Return which rows have no label, or None if all have one."""
        without = np.zeros(len(self.labels) + 1, np.bool_)
        without[-1] = True
        nulls = null_mask(self.labels)
        if nulls is not None:
            without[:-1] = nulls
        elif not len(self.codes) or int(self.codes.max()) < len(self.labels):
            return None
        found: Bools = without[self.codes]
        return found if found.any() else None


def encode(array: Any) -> Coded:
    """Encode an Arrow array of text, whole numbers or booleans.

    Examples
    --------
    >>> import pyarrow as pa
    >>> coded = encode(pa.array(["email", None, "email"]))
    >>> coded.codes.tolist(), coded.labels.to_pylist()
    ([0, 1, 0], ['email'])
    """
    array = unwrap(array)
    if pat.is_null(array.type):
        return Coded(np.zeros(len(array), np.int32), pa.nulls(0, pa.string()))
    if not pat.is_dictionary(array.type):
        if kinds.is_text(array.type):
            array = array.cast(pa.large_string()) if pat.is_string_view(array.type) else array
        array = pc.dictionary_encode(array)
    indices = array.indices
    codes = numbers(indices)
    nulls = null_mask(indices)
    if nulls is not None:
        codes = codes.astype(np.int32)
        codes[nulls] = len(array.dictionary)
    if len(codes) and not 0 <= int(codes.min()) <= int(codes.max()) <= len(array.dictionary):
        msg = "a code stands for no label"  # a damaged file; older Arrow hands it on
        raise pa.ArrowInvalid(msg)
    return Coded(codes, _as_text(array.dictionary))


def _as_text(values: Any) -> Any:
    """Return labels as strings; bytes that are no UTF-8 raise pyarrow.ArrowInvalid."""
    values = unwrap(values)
    if pat.is_string(values.type):
        return values
    if pat.is_fixed_size_binary(values.type) or pat.is_binary_view(values.type):
        values = values.cast(pa.binary())
    return values.cast(pa.string())


def combine(columns: Sequence[Coded]) -> Coded:
    """Make one label of several columns, such as source and medium; a null part counts as empty text.

    Examples
    --------
    >>> import pyarrow as pa
    >>> source, medium = encode(pa.array(["google", "google"])), encode(pa.array(["cpc", None]))
    >>> [label.split(JOINER) for label in combine([source, medium]).labels.to_pylist()]
    [['google', 'cpc'], ['google', '']]
    """
    first, *others = map(_without_joiner, columns)
    return reduce(_combine_two, others, first) if others else Coded(first.codes, _with_empty(first.labels))


def _without_joiner(column: Coded) -> Coded:
    return Coded(column.codes, pc.replace_substring(column.labels, JOINER, " "))


def _combine_two(left: Coded, right: Coded) -> Coded:
    size = len(right.labels) + 1
    key = left.codes.astype(np.int64) * size + right.codes.astype(np.int64)
    cells = (len(left.labels) + 1) * size
    if cells <= _TABLE_SIZE:
        seen = np.zeros(cells, np.bool_)
        seen[key] = True
        distinct = np.flatnonzero(seen)
        lookup = np.zeros(cells, np.int32)
        lookup[distinct] = np.arange(len(distinct), dtype=np.int32)
        codes: NDArray[Any] = lookup[key]
    else:
        distinct, codes = np.unique(key, return_inverse=True)
    parts = [
        _with_empty(labels).take(positions(rows))
        for labels, rows in ((left.labels, distinct // size), (right.labels, distinct % size))
    ]
    return Coded(codes, pc.binary_join_element_wise(*parts, JOINER))


def _with_empty(labels: Any) -> Any:
    """Return labels with empty text for null, and one more for the code of null."""
    return pa.concat_arrays([labels.fill_null(""), strings([""])])


class LabelIndex:
    """Give each distinct label of a table one code, in the order of arrival, then in sorted order."""

    def __init__(self) -> None:
        self.labels: Any = pa.nulls(0, pa.string())
        self._seen = np.zeros(0, np.bool_)
        self._last: tuple[Any, NDArray[np.int32]] | None = None

    def lookup(self, labels: Any) -> NDArray[np.int32]:
        """Return the table's code of each of a batch's labels, and -1 (null) as the last entry."""
        if self._last is not None and self._last[0].equals(labels):
            return self._last[1]
        present = labels.drop_null()
        fresh = present.filter(pc.invert(pc.is_in(present, value_set=self.labels)))
        if len(fresh):
            self.labels = pa.concat_arrays([self.labels, pc.unique(fresh)])
            self._seen = np.append(self._seen, np.zeros(len(self.labels) - len(self._seen), np.bool_))
        codes = pc.index_in(labels, value_set=self.labels)
        found = np.append(numbers(codes), np.int32(-1))
        nulls = null_mask(codes)
        if nulls is not None:
            found[:-1][nulls] = -1
        self._last = (labels, found)
        return found

    def mark(self, coded: Coded, codes: NDArray[np.int32]) -> None:
        """Note which labels of a batch occur in the log; `codes` is what `lookup` returned for them."""
        known = codes[:-1] >= 0
        if not self._seen[codes[:-1][known]].all():
            self._seen[codes[:-1][known & coded.used()]] = True

    def sorted(self) -> tuple[list[str], NDArray[np.int32]]:
        """Return the labels that occur, sorted by code point, and the new code of each old code.

        The last entry of the new codes is -1, so that -1 stays -1; labels that never occur become -1.
        """
        names = self.labels.to_pylist()
        occurring = sorted((names[code], int(code)) for code in np.flatnonzero(self._seen))
        renumber = np.full(len(names) + 1, -1, np.int32)
        for position, (_, code) in enumerate(occurring):
            renumber[code] = position
        return [name for name, _ in occurring], renumber


def final_labels(
    index: LabelIndex, rename: Callable[[list[str]], list[str]] | None = None
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the labels that occur, sorted by code point, and the new code of each old code.

    Parameters
    ----------
    index
        The labels of a whole table.
    rename
        Turns labels into others, and may merge some; None keeps them.
    """
    labels, renumber = index.sorted()
    if rename is not None:
        names = rename(labels)
        labels = sorted(set(names))
        position = {name: code for code, name in enumerate(labels)}
        merged = np.array([*(position[name] for name in names), -1], np.int32)
        renumber = merged[renumber]
    return tuple(labels), renumber


def code_type(n_labels: int) -> type[np.int16 | np.int32]:
    """Return the narrowest signed type for so many codes."""
    return np.int16 if n_labels <= np.iinfo(np.int16).max else np.int32


def recode(codes: Codes, renumber: NDArray[np.int32], *, block: int = 1 << 18) -> None:
    """Replace every code by its new one, in place, block by block."""
    narrow = renumber.astype(codes.dtype)
    for start in range(0, len(codes), block):
        part = codes[start : start + block]
        part[:] = narrow[part]
