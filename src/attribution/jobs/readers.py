"""Readers of keys that are more than text and numbers: columns, paths, goals, checks."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from attribution._checks import WEEKDAYS
from attribution.errors import JourneyError, unknown_name
from attribution.jobs import toml
from attribution.jobs.placeholders import time_zone
from attribution.jobs.toml import Reader, mistake
from attribution.journeys.options import AFTER_CONVERSION
from attribution.journeys.period import Ends, period_of

Texts: TypeAlias = tuple[str, ...]

AUDIT_CHECKS = (
    *("null_keys", "unreadable_entries", "no_touch", "mixed_clocks", "times_out_of_range", "times_in_future"),
    *("missing_days", "log_stops", "exact_duplicates", "ties", "sequence_order", "channel_spelling"),
    *("label_spelling", "blank_channels", "busy_users", "channels_unmatched", "conversion_rate"),
    *("conversions_without_touch", "conversions_before_first_touch", "duplicate_orders", "values_missing"),
    *("values_negative", "value_outliers", "guest_ids", "value_currencies", "left_out"),
    *("identifiers_unmatched", "identified_by_channel", "shared_identifiers", "conflicting_anchors"),
    *("largest_person", "links_after_log", "placeholders"),
)
"""What `EventLog.audit` checks, without importing it."""


def paths(base: Path) -> Reader[Texts]:
    """Return a reader of paths that makes them absolute; only the part that the file gives may be a glob."""

    def read(value: Any, where: str) -> Texts:
        found = toml.texts(value, where)
        for entry in found:
            if "\0" in entry:
                hint = f'{toml.key_of(where)} = "...", without a zero byte'
                raise mistake(where, f"{entry!r} is not a path", hint=hint)
        return tuple(
            str(Path(glob.escape(str(base))) / entry) if glob.has_magic(entry) else str(base / entry)
            for entry in found
        )

    return read


def one_path(inputs: Reader[Texts]) -> Reader[str]:
    """Return a reader of one path."""

    def read(value: Any, where: str) -> str:
        return inputs(toml.text(value, where), where)[0]

    return read


def two_parts(value: Any, where: str) -> tuple[float, float]:
    """Read two numbers from 0 to 1, the lower first."""
    numbers = value if isinstance(value, list) else []
    good = [
        part
        for part in numbers
        if isinstance(part, int | float) and not isinstance(part, bool) and 0 <= part <= 1
    ]
    if len(good) != 2 or len(numbers) != 2 or good[0] > good[1]:
        hint = f"{toml.key_of(where)} = [0.5, 1.0]"
        raise mistake(where, f"{value!r} is no list of two numbers from 0 to 1, the lower first", hint=hint)
    return float(good[0]), float(good[1])


def column(value: Any, where: str) -> str | Texts:
    """Read a column's name; the empty one means "no such column", a list is (touches, conversions)."""
    if isinstance(value, list):
        return toml.texts(value, where)
    return "" if value == "" else toml.text(value, where)


def period(value: Any, where: str) -> Ends:
    """Read a period: its name, or its first and its last day, of which an empty one is no limit."""
    ends = [None if end == "" else end for end in value] if isinstance(value, list) else value
    try:
        return period_of(ends)
    except JourneyError as error:
        hint = f'{toml.key_of(where)} = ["2026-03-01", "2026-03-31"]'
        raise mistake(where, error.problem, hint=hint) from None


def pattern(value: Any, where: str) -> str:
    """Read a pattern; the empty one fits what is empty."""
    return "" if value == "" else toml.text(value, where)


def lookback(value: Any, where: str) -> str | None:
    """Read a lookback window, which may be unlimited."""
    return None if value == "unlimited" else toml.duration(value, where)


def goal(value: Any, where: str) -> str | Texts:
    """Read a goal or several."""
    return toml.distinct_texts(value, where) if isinstance(value, list) else toml.text(value, where)


def hash_bits(value: Any, where: str) -> int:
    """Read how many bits tell users apart."""
    if toml.whole(1)(value, where) not in (64, 128):
        raise mistake(where, f"must be 64 or 128, not {value}", hint="hash_bits = 128")
    return int(value)


def fail_on(value: Any, where: str) -> Texts:
    """Read the checks whose failure fails a run."""
    if value == "nothing":
        return ()
    known = ("any", *AUDIT_CHECKS)
    for name in (names := toml.distinct_texts(value, where)):
        if name not in known:
            raise mistake(where, unknown_name("check", name, known))
    return names


def sampling(value: Any, where: str) -> float | bool:
    """Read a number of standard errors, or whether there are any."""
    return value if isinstance(value, bool) else toml.not_negative(value, where)


def level(value: Any, where: str) -> float:
    """Read the level of a test."""
    found = toml.not_negative(value, where)
    if found >= 1:
        raise mistake(where, f"must be below 1, not {value}", hint=f"{toml.key_of(where)} = 0.0005")
    return found


JOURNEYS: Mapping[str, Reader[Any]] = {
    "lookback": lookback,
    "goal": goal,
    "after_conversion": toml.choice(*AFTER_CONVERSION),
    "drop_censored": toml.flag,
    "session_gap": toml.duration,
    "max_touches": toml.whole(1),
    "nulls": toml.flag,
    "period": period,
    "timezone": time_zone,
    "week_start": toml.choice(*WEEKDAYS),
    "currency": toml.text,
    "rates": toml.text,  # a path
}
"""Those of section ``[journeys]``, whose settings are public and know no readers."""
