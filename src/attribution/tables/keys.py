"""Ids of users and orders: which of them are none, and what the others hash to, 64 bits each.

Everybody without an id would be one customer, with a journey made of the touches of strangers. The same
goes for numbers that went through a spreadsheet: ``1.23E+15`` stands for a million ids.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from attribution._typing import Bools, Hashes
from attribution.kernels.hashing import hash_fixed, hash_integers, hash_strings
from attribution.tables import kinds
from attribution.tables.arrays import booleans, numbers, positions, unwrap

PLACEHOLDERS = (
    "null", "none", "nil", "nan", "nat", "na", "n/a", "undefined", "unknown", "unset", "not set", "not_set",
    "not-set", "notset", "not provided", "not available", "anonymous", "guest", "empty", "missing", "false",
    "redacted", "object object",
)  # fmt: skip
"""Words that stand where an id is missing, in any case and in any brackets."""

_LONGEST = 64
# Bytes, not letters: the columns need not be UTF-8.
_BLANK = r"(?:\s|\xc2\xa0|\xe2\x80[\x80-\x8f\xa8-\xaf]|\xe3\x80\x80|\xef\xbb\xbf)"
_DASH = r"(?:[0\-._+]|\xe2\x80[\x90-\x95]|\xe2\x88\x92)"
_WORD = "|".join(word.replace("/", "/?") for word in PLACEHOLDERS)
_NO_ID = rf"^(?:{_BLANK}|[(\[<{{#\"'\\])*(?:(?i:{_WORD}|\\n)|(?:{_DASH}|{_BLANK})*)(?:{_BLANK}|[)\]>}}\"'])*$"
_CUT = r"^\s*[+-]?\d(?:\.\d+[eE]\+?|[eE]\+)\d{1,3}\s*$"


class NoIds(NamedTuple):
    """Which entries of a column are no ids.

    Attributes
    ----------
    missing
        Blank ones and placeholders; None if there are none.
    cut
        Numbers in scientific notation, whose last digits are gone; None if there are none.
    """

    missing: Bools | None
    cut: Bools | None


_NONE = NoIds(None, None)


def no_ids(array: Any) -> NoIds:
    """Find the entries of a column of text, bytes or UUIDs that are no ids; what null is means nothing.

    Numbers are ids. So is a lone ``0``, with which a numbering may begin: whether it does, only the whole
    table tells, and the audit (``guest_ids``) asks it.

    Examples
    --------
    >>> import pyarrow as pa
    >>> found = no_ids(pa.array(["ann", " ", "(not set)", "0000-0000", "1.2E+15"]))
    >>> found.missing.tolist(), found.cut.tolist()
    ([False, True, True, True, False], [False, False, False, False, True])
    """
    array = unwrap(array)
    kind = array.type
    if pat.is_dictionary(kind):
        known = no_ids(array.dictionary)
        codes = numbers(array.indices)
        return NoIds(*(mask if mask is None else mask[codes] for mask in known))
    if pat.is_fixed_size_binary(kind):
        return NoIds(_only_zeros(array), None)
    if not (kinds.is_text(kind) or kinds.is_bytes(kind)) or not len(array):
        return _NONE
    if pat.is_string_view(kind) or pat.is_binary_view(kind):
        array = array.cast(pa.large_binary())
    rows = np.flatnonzero(_suspects(array))
    if not len(rows):
        return _NONE
    some = array.take(positions(rows))
    some = some.cast(pa.large_binary()) if kinds.is_text(some.type) else some
    masks = []
    zero = booleans(pc.match_substring_regex(some, "^0$"))
    for pattern in (_NO_ID, _CUT):
        found = booleans(pc.match_substring_regex(some, pattern)) & ~zero
        mask = None
        if found.any():
            mask = np.zeros(len(array), np.bool_)
            mask[rows[found]] = True
        masks.append(mask)
    return NoIds(*masks)


def _only_zeros(array: Any) -> Bools | None:
    width = array.type.byte_width
    data = array.buffers()[1]
    if data is None or not len(array) or not width:
        return np.ones(len(array), np.bool_) if len(array) and not width else None
    start = array.offset * width
    raw = np.frombuffer(data, np.uint8)[start : start + len(array) * width]
    zeros: Bools = (raw.reshape(len(array), width) == 0).all(axis=1)
    return zeros if zeros.any() else None


def _suspects(array: Any) -> Bools:
    """Return which entries may be no ids, by length and first two bytes: most ids are cleared by these."""
    wide = pat.is_large_string(array.type) or pat.is_large_binary(array.type)
    _, offsets, data = array.buffers()
    if offsets is None:
        return np.ones(len(array), np.bool_)
    ends = np.frombuffer(offsets, np.int64 if wide else np.int32)[
        array.offset : array.offset + len(array) + 1
    ]
    lengths = np.diff(ends)
    if data is None or not len(raw := np.frombuffer(data, np.uint8)):
        return np.ones(len(array), np.bool_)
    starts: Any = ends[:-1]
    pair = np.take(raw, starts, mode="clip").astype(np.uint16) << 8
    pair |= np.take(raw, starts + 1, mode="clip") * (lengths > 1)
    kind = _PAIRS[pair]
    suspects: Bools = (lengths == 0) | (kind == _ANY_LENGTH) | ((kind == _SHORT) & (lengths <= _LONGEST))
    return suspects


_SHORT, _ANY_LENGTH = 1, 2


def _pairs() -> np.ndarray:
    """Return for each pair of first bytes whether an id may begin so that is none; 0 where it may not."""
    kind = np.zeros((256, 256), np.uint8)
    for word in PLACEHOLDERS:
        one, two = word[0], word[1]
        for first in {one, one.upper()}:
            for second in {two, two.upper(), "a", "A"} if word == "n/a" else {two, two.upper()}:
                kind[ord(first), ord(second)] = _SHORT
    zeros = [*b"0-._+", 0xE2]
    for first in zeros:
        kind[first, [0, *zeros, *b" \t)}]>\"'"]] = _SHORT
    kind[list(b"([<{#\"'\\")] = _SHORT
    kind[np.ix_(list(b"123456789"), list(b".eE"))] = _SHORT
    kind[list(b"+-")] = np.maximum(kind[list(b"+-")], _SHORT)
    kind[list(b" \t\n\r\v\f")] = _ANY_LENGTH
    kind[0xC2, 0xA0] = kind[0xE2, 0x80] = kind[0xE2, 0x88] = kind[0xE3, 0x80] = kind[0xEF, 0xBB] = _ANY_LENGTH
    return kind.ravel()


_PAIRS = _pairs()


def hash_array(array: Any, *, lane: int = 0) -> Hashes:
    """Hash every entry of an Arrow array of integers, text, bytes or UUIDs.

    Parameters
    ----------
    array
        A pyarrow Array; dictionary-encoded or not. What a null hashes to means nothing.
    lane
        Which hash: 0, or 1 for the second, independent one. Integers have the same in both: it is exact.

    Returns
    -------
    Hashes
        uint64, shape (n,). Equal ids hash alike whatever width, offset type or encoding they came in.

    Examples
    --------
    >>> import pyarrow as pa
    >>> ids = ["ann", "bob"]
    >>> bool((hash_array(pa.array(ids)) == hash_array(pa.array(ids, pa.large_string()))).all())
    True
    """
    array = unwrap(array)
    kind = array.type
    if pat.is_dictionary(kind):
        return _hash_dictionary(array, lane)
    if pat.is_integer(kind):
        return hash_integers(numbers(array))
    if pat.is_fixed_size_binary(kind):
        return _hash_fixed_binary(array, lane)
    if kinds.is_text(kind) or kinds.is_bytes(kind):
        return _hash_bytes(array, lane)
    return np.zeros(len(array), np.uint64)


def _hash_dictionary(array: Any, lane: int) -> Hashes:
    hashes = hash_array(array.dictionary, lane=lane)
    return hashes[numbers(array.indices)] if len(hashes) else np.zeros(len(array), np.uint64)


def _hash_fixed_binary(array: Any, lane: int) -> Hashes:
    width = array.type.byte_width
    data = array.buffers()[1]
    if data is None or not len(array) or not width:
        return hash_fixed(np.zeros((len(array), width), np.uint8), lane=lane)
    start = array.offset * width
    raw = np.frombuffer(data, np.uint8)[start : start + len(array) * width]
    return hash_fixed(raw.reshape(len(array), width), lane=lane)


def _hash_bytes(array: Any, lane: int) -> Hashes:
    if pat.is_string_view(array.type):
        array = array.cast(pa.large_string())
    elif pat.is_binary_view(array.type):
        array = array.cast(pa.large_binary())
    wide = pat.is_large_string(array.type) or pat.is_large_binary(array.type)
    _, offsets, data = array.buffers()
    if offsets is None or not len(array):
        return np.zeros(len(array), np.uint64)
    ends = np.frombuffer(offsets, np.int64 if wide else np.int32)[
        array.offset : array.offset + len(array) + 1
    ]
    first = int(ends[0])
    raw = np.frombuffer(data, np.uint8)[first : int(ends[-1])] if data is not None else np.empty(0, np.uint8)
    return hash_strings(ends.astype(np.int64) - first, raw, lane=lane)
