"""Dirt on request: what real logs suffer from, in numbers that are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from attribution._checks import fraction, whole
from attribution._typing import Ints
from attribution.datasets.calendar import DAY
from attribution.datasets.conversions import PURCHASE, ConversionRows
from attribution.datasets.sampling import Source
from attribution.datasets.touches import NULL, SPELLINGS, TouchRows, concatenate
from attribution.errors import DatasetError, unknown_name

MISSING_DAYS = "missing_days"
DEFAULT_DIRT: Mapping[str, float] = {
    "exact_duplicates": 0.005,
    "null_users": 0.001,
    "null_times": 0.0005,
    "null_channels": 0.001,
    "channel_spelling": 0.01,
    "late_rows": 0.005,
    "future_times": 0.0005,
    "epoch_times": 0.0005,
    MISSING_DAYS: 2,
    "duplicate_orders": 0.01,
    "negative_values": 0.01,
    "missing_values": 0.01,
    "outlier_values": 0.002,
}
"""Kinds of dirt with the amounts that ``dirt=True`` gives: shares of rows, and days for missing days."""

_TOUCH_KINDS = (
    "exact_duplicates", "null_users", "null_times", "null_channels",
    "channel_spelling", "late_rows", "future_times", "epoch_times",
)  # fmt: skip
_PURCHASE_KINDS = ("duplicate_orders", "negative_values", "missing_values", "outlier_values")
_CENTURY = 36_525 * DAY
_LATE_DAYS = (10, 40)
_OUTLIER = 1_000.0


@dataclass(frozen=True, slots=True)
class Soiled:
    """A log with dirt: `counts` says how many rows (for missing days: days) each kind hit."""

    touches: TouchRows
    conversions: ConversionRows
    counts: dict[str, int]


def read_dirt(dirt: object) -> dict[str, float]:
    """Check the `dirt` argument of `simulate` and return the amount of each kind that was asked for."""
    if dirt is None or dirt is False:
        return {}
    if dirt is True:
        return dict(DEFAULT_DIRT)
    if not isinstance(dirt, Mapping):
        msg = f"dirt={dirt!r} is neither True nor a mapping"
        raise DatasetError(msg, column="dirt", hint='dirt={"exact_duplicates": 0.01}')
    amounts: dict[str, float] = {}
    for kind, amount in dirt.items():
        if kind not in DEFAULT_DIRT:
            raise DatasetError(unknown_name("kind of dirt", kind, DEFAULT_DIRT), column="dirt")
        name = f"dirt[{kind!r}]"
        if kind == MISSING_DAYS:
            amounts[kind] = whole(amount, name, least=0, error=DatasetError)
        else:
            amounts[kind] = fraction(amount, name, error=DatasetError)
    for kinds, rows in ((_TOUCH_KINDS, "touches"), (_PURCHASE_KINDS, "purchases")):
        total = sum(amounts.get(kind, 0.0) for kind in kinds)
        if total > 1:
            msg = f"dirt would hit {total:.0%} of the {rows}"
            raise DatasetError(msg, column="dirt", why="each row takes one kind of dirt", hint="ask for less")
    return amounts


def soil(
    source: Source,
    touches: TouchRows,
    conversions: ConversionRows,
    amounts: Mapping[str, float],
    *,
    days: int,
    epoch: int,
) -> Soiled:
    """Soil a clean log.

    Parameters
    ----------
    source
        The random numbers.
    touches, conversions
        The clean log.
    amounts
        As `read_dirt` returns them.
    days
        The log's length.
    epoch
        1970-01-01 in seconds since the log's start.

    Returns
    -------
    Soiled
        Every row takes one kind at most, so the counts are exact.
    """
    counts: dict[str, int] = {}
    if MISSING_DAYS in amounts:
        touches, counts[MISSING_DAYS] = _drop_days(source, touches, int(amounts[MISSING_DAYS]), days)
    rows = _share_out(source, "touches", np.arange(len(touches)), _TOUCH_KINDS, amounts)
    counts |= {kind: len(hit) for kind, hit in rows.items()}
    touches = _soil_touches(source, touches, rows, epoch)
    purchases = np.flatnonzero(conversions.goal == PURCHASE)
    rows = _share_out(source, "conversions", purchases, _PURCHASE_KINDS, amounts)
    counts |= {kind: len(hit) for kind, hit in rows.items()}
    return Soiled(touches, _soil_conversions(conversions, rows), counts)


def _drop_days(source: Source, touches: TouchRows, missing: int, days: int) -> tuple[TouchRows, int]:
    inner = np.arange(1, days - 1)
    if missing > len(inner):
        msg = f"{missing} missing days do not fit between the first and the last of {days}"
        raise DatasetError(msg, column="dirt", hint=f"at most {len(inner)}")
    chosen = inner[np.argsort(source.uniform("dirt.days", len(inner)), kind="stable")[:missing]]
    return touches.take(~np.isin(touches.time // DAY, chosen)), missing


def _share_out(
    source: Source, table: str, rows: Ints, kinds: tuple[str, ...], amounts: Mapping[str, float]
) -> dict[str, Ints]:
    """Choose disjoint random rows for each kind that was asked for."""
    shuffled = rows[np.argsort(source.uniform(f"dirt.{table}", len(rows)), kind="stable")]
    chosen, begin = {}, 0
    for kind in kinds:
        if kind in amounts:
            end = min(begin + round(amounts[kind] * len(rows)), len(rows))
            chosen[kind] = shuffled[begin:end]
            begin = end
    return chosen


def _soil_touches(source: Source, touches: TouchRows, rows: Mapping[str, Ints], epoch: int) -> TouchRows:
    none = np.empty(0, dtype=np.int64)
    user, time, channel = touches.user.copy(), touches.time.copy(), touches.channel.copy()
    spelling, reported = touches.spelling.copy(), touches.reported.copy()
    user[rows.get("null_users", none)] = NULL
    time[rows.get("null_times", none)] = NULL
    channel[rows.get("null_channels", none)] = NULL
    misspelt = rows.get("channel_spelling", none)
    spelling[misspelt] = 1 + np.arange(len(misspelt)) % (len(SPELLINGS) - 1)
    late = rows.get("late_rows", none)
    least, most = _LATE_DAYS
    wait = source.uniform("dirt.late", len(late)) * (most - least + 1)
    reported[late] = touches.time[late] // DAY + least + wait.astype(np.int64)
    time[rows.get("future_times", none)] += _CENTURY
    unset = rows.get("epoch_times", none)
    time[unset] = epoch + touches.time[unset] % DAY
    soiled = replace(touches, user=user, time=time, channel=channel, spelling=spelling, reported=reported)
    return concatenate([soiled, touches.take(rows.get("exact_duplicates", none))]).sorted_by_time()


def _soil_conversions(conversions: ConversionRows, rows: Mapping[str, Ints]) -> ConversionRows:
    none = np.empty(0, dtype=np.int64)
    value = conversions.value.copy()
    value[rows.get("negative_values", none)] *= -1
    value[rows.get("missing_values", none)] = np.nan
    value[rows.get("outlier_values", none)] *= _OUTLIER
    again = rows.get("duplicate_orders", none)
    soiled = replace(conversions, value=value)
    twice = soiled.take(np.concatenate([np.arange(len(soiled)), again]))
    time = twice.time.copy()
    time[len(soiled) :] += 1  # the confirmation page was loaded twice
    return replace(twice, time=time).sorted_by_time()
