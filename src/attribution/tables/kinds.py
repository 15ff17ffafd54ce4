"""What each Arrow type can be used for: the checks that need no data, only the tables' metadata."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.types as pat

# pyarrow ships no type stubs; a DataType is Any to the type checker.


def plain(kind: Any) -> Any:
    """Return the type of the values: of a dictionary's labels, of a UUID's bytes."""
    if pat.is_dictionary(kind):
        return plain(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.uuid":
        return kind.storage_type
    if pat.is_run_end_encoded(kind):
        return plain(kind.value_type)
    return kind


def is_text(kind: Any) -> bool:
    """Whether values of this type are UTF-8 strings."""
    return bool(pat.is_string(kind) or pat.is_large_string(kind) or pat.is_string_view(kind))


def is_bytes(kind: Any) -> bool:
    """Whether values of this type are bytes."""
    return bool(
        pat.is_binary(kind)
        or pat.is_large_binary(kind)
        or pat.is_fixed_size_binary(kind)
        or pat.is_binary_view(kind)
    )


def user_kind(kind: Any) -> str | None:
    """Return ``"integer"``, ``"string"``, ``"binary"``, ``"null"``, or None for what cannot be a user id."""
    kind = plain(kind)
    if pat.is_integer(kind):
        return "integer"
    if is_text(kind):
        return "string"
    if is_bytes(kind):
        return "binary"
    return "null" if pat.is_null(kind) else None


def time_kind(kind: Any) -> str | None:
    """Return ``"timestamp"``, ``"date"``, ``"integer"``, ``"text"``, ``"null"``, or None for no time."""
    kind = plain(kind)
    if pat.is_timestamp(kind):
        return "timestamp"
    if pat.is_date(kind):
        return "date"
    if pat.is_integer(kind):
        return "integer"
    if is_text(kind):
        return "text"
    return "null" if pat.is_null(kind) else None


def label_kind(kind: Any) -> str | None:
    """Return ``"text"``, ``"integer"``, ``"boolean"``, ``"null"``, or None for what makes no label."""
    kind = plain(kind)
    if is_text(kind) or is_bytes(kind):
        return "text"
    if pat.is_integer(kind):
        return "integer"
    if pat.is_boolean(kind):
        return "boolean"
    return "null" if pat.is_null(kind) else None


def number_kind(kind: Any) -> str | None:
    """Return ``"integer"``, ``"float"``, ``"decimal"``, ``"null"``, or None for no number."""
    kind = plain(kind)
    if pat.is_integer(kind):
        return "integer"
    if pat.is_floating(kind):
        return "float"
    if pat.is_decimal(kind):
        return "decimal"
    return "null" if pat.is_null(kind) else None


def flag_kind(kind: Any) -> str | None:
    """Return ``"boolean"``, ``"number"``, ``"text"``, ``"null"``, or None for what is no yes or no."""
    kind = plain(kind)
    if pat.is_boolean(kind):
        return "boolean"
    if pat.is_integer(kind) or pat.is_floating(kind):
        return "number"
    if is_text(kind):
        return "text"
    return "null" if pat.is_null(kind) else None


def zone_of(kind: Any) -> str | None:
    """Return a timestamp type's zone, ``"naive"`` for none, or None for a type that cannot tell."""
    kind = plain(kind)
    if pat.is_date(kind):
        return "naive"
    if not pat.is_timestamp(kind):
        return None
    if kind.tz is None:
        return "naive"
    return "UTC" if kind.tz in _UTC else str(kind.tz)


_UTC = frozenset({"UTC", "utc", "Etc/UTC", "+00:00", "Z", "GMT", "Etc/GMT", "Zulu", "UCT", "Etc/Zulu"})
