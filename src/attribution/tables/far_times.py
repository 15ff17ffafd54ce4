"""Rows whose time cannot be meant: years before the others, or far beyond the present. Few are left out."""

from __future__ import annotations

import logging
import time as clock
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from attribution._typing import Bools, Ints
from attribution.tables.columns import LogColumns

logger = logging.getLogger(__name__)

YEAR_2000 = 946_684_800_000_000
REASON = "time_far"
_DAY = 86_400_000_000
_AHEAD = _DAY  # what the clocks of two machines and a wrong zone explain
_GAP = {"early": 365 * _DAY, "late": 31 * _DAY}  # of silence between such rows and all others
_FEWEST, _MOST = 10, 0.05  # other rows that say what is usual; part of all rows that may be left out


class Far(NamedTuple):
    """Rows of one side: how many, and the nearest and the farthest time among them."""

    rows: int
    nearest: int
    farthest: int


class Times(NamedTuple):
    """The times of some rows: first and last of those that can be meant, and the others by side."""

    first: int | None
    last: int | None
    early: Far | None = None
    late: Far | None = None


def times_of(time: Ints) -> Times:
    """Return what a batch's times are.

    Examples
    --------
    >>> times_of(np.array([YEAR_2000 + 5, YEAR_2000 + 9, 0]))
    Times(first=946684800000005, last=946684800000009, early=Far(rows=1, nearest=0, farthest=0), late=None)
    """
    if not len(time):
        return Times(None, None)
    first, last = int(time.min()), int(time.max())
    limit = clock.time_ns() // 1_000 + _AHEAD
    if first >= YEAR_2000 and last <= limit:
        return Times(first, last)
    early, late = time[time < YEAR_2000], time[time > limit]
    usual = time[(time >= YEAR_2000) & (time <= limit)]
    return Times(
        int(usual.min()) if len(usual) else None,
        int(usual.max()) if len(usual) else None,
        Far(len(early), int(early.max()), int(early.min())) if len(early) else None,
        Far(len(late), int(late.min()), int(late.max())) if len(late) else None,
    )


def merged(one: Times, two: Times) -> Times:
    """Return the times of both."""
    firsts = [side.first for side in (one, two) if side.first is not None]
    lasts = [side.last for side in (one, two) if side.last is not None]
    early = [side.early for side in (one, two) if side.early is not None]
    late = [side.late for side in (one, two) if side.late is not None]
    return Times(
        min(firsts, default=None),
        max(lasts, default=None),
        Far(sum(f.rows for f in early), max(f.nearest for f in early), min(f.farthest for f in early))
        if early
        else None,
        Far(sum(f.rows for f in late), min(f.nearest for f in late), max(f.farthest for f in late))
        if late
        else None,
    )


def window(times: Times, rows: int, known: int | None = None) -> tuple[int | None, int | None]:
    """Return the first and last time of the rows that count.

    Rows before the year 2000 and rows later than a day after the present are left out if they are few (one,
    or up to 5% of the rows, beside ten others at least) and far from all others (a year, a month): a clock
    that is not set, a test order of 2099. A log that is of another time altogether, or runs on through the
    present, is taken as it is.

    Parameters
    ----------
    times
        Of all rows.
    rows
        How many there are.
    known
        A time up to which further rows are known, that are not among these.
    """
    first, last = times.first, times.last
    enough = max(1, int(_MOST * rows))
    for side, far in (("early", times.early), ("late", times.late)):
        if far is None:
            continue
        others = rows - far.rows
        near = first if side == "early" else max((t for t in (last, known) if t is not None), default=None)
        few = far.rows <= enough and others >= _FEWEST
        if few and near is not None and abs(near - far.nearest) > _GAP[side]:
            continue
        both = [t for t in (first, last, far.nearest, far.farthest) if t is not None]
        first, last = min(both), max(both)
    return first, last


def within(columns: LogColumns) -> LogColumns:
    """Return a log without the rows outside its first and last time, which are counted in `dropped`."""
    if columns.start is None or columns.end is None:
        return columns
    dropped = Counter(columns.dropped)
    touches, conversions = columns.touches, columns.conversions
    kept = _inside(touches.time, columns)
    if kept is not None:
        dropped[f"touches.{REASON}"] += _note("touches", touches.time[~kept])
        touches = touches.take(np.flatnonzero(kept))
    kept = _inside(conversions.time, columns)
    if kept is not None:
        dropped[f"conversions.{REASON}"] += _note("conversions", conversions.time[~kept])
        conversions = conversions.take(np.flatnonzero(kept))
    if touches is columns.touches and conversions is columns.conversions:
        return columns
    return replace(columns, touches=touches, conversions=conversions, dropped=dict(dropped))


def _inside(time: Ints, columns: LogColumns) -> Bools | None:
    """Mark the rows inside the log's window; None for all."""
    assert columns.start is not None and columns.end is not None  # noqa: PT018
    if not len(time) or (int(time.min()) >= columns.start and int(time.max()) <= columns.end):
        return None
    return (time >= columns.start) & (time <= columns.end)


def _note(table: str, times: Ints) -> int:
    days = np.unique(times // _DAY)[:3].astype("datetime64[D]")
    logger.warning(
        "%s: %d rows left out, their times cannot be meant: %s", table, len(times), ", ".join(map(str, days))
    )
    return len(times)
