"""The rows that are settled: counted, so that one which comes too late, or goes, is noticed."""

from __future__ import annotations

import datetime as dt
import logging
import shlex
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from attribution.engines.increments.state_store import State
from attribution.errors import EngineError
from attribution.eventlog.recent import DAY, RecentLog, RecentRows
from attribution.tables.far_times import YEAR_2000

logger = logging.getLogger(__name__)

_DAY_2000 = YEAR_2000 // DAY


def refuse_rewritten(folder: Path, state: State, recent: RecentLog, late_by: str | dt.timedelta) -> None:
    """Refuse a log whose settled rows are not as many as they were.

    A log that begins later than it did, because old rows are no longer handed in, is fine: of the day on
    which it begins now some rows may be missing, of later days none.

    Parameters
    ----------
    folder
        Of the increments, for the message.
    state
        What was saved.
    recent
        What was read now.
    late_by
        For the message.

    Raises
    ------
    EngineError
        If there are more or fewer; it names the first file that differs.
    """
    anew = f"rm -r {shlex.quote(str(folder))}, and run on the whole log"
    until = f"{np.datetime64(state.boundary, 'us').astype('datetime64[s]')} UTC"
    for table, source in recent.sources.items():
        known = state.rows.get(table, {})
        days = {int(day): count for day, count in state.days.get(table, {}).items()}
        gone, late = _differences(source, days)
        if gone:
            count = sum(lost for _, lost in gone)
            some = "at least " if any(day.exact is False for day, _ in gone) else ""
            what = f"{some}{count:,} rows before {until} are gone ({_told(gone)})"
            msg = f"{table}: {what} that were there when it was settled{_differing(source, known)}"
            why = "they are counted in the saved tallies, and would not be in a run on the whole log"
            raise EngineError(msg, column=table, count=count, why=why, hint=anew)
        if late:
            count = sum(more for _, more in late)
            what = f"{count:,} rows before {until} were not there ({_told(late)})"
            msg = f"{table}: {what} when that time was settled{_differing(source, known)}"
            why = f"increments were told that rows come at most {late_by} late, and would pass these over"
            hint = f"{anew} with a larger late_by"
            raise EngineError(msg, column=table, count=count, why=why, hint=hint)
        early = sum(count for (_, last), count in source.older_days.items() if last < _DAY_2000)
        if early > sum(count for day, count in days.items() if day < _DAY_2000):
            logger.warning("%s: %d rows left out, their times cannot be meant: before 2000", table, early)
        if source.older.total() < sum(days.values()):
            logger.info(
                "%s: the log begins later than it did; its older rows are in the saved tallies", table
            )


class _Days(NamedTuple):
    """Days that are compared together: one, or those of row groups that were not read."""

    first: int
    last: int
    exact: bool = True  # False for the day on which the log begins now, of which some rows may be missing


def _differences(
    source: RecentRows, known: Mapping[int, int]
) -> tuple[list[tuple[_Days, int]], list[tuple[_Days, int]]]:
    """Return where settled rows are gone, and where there are more, day by day, with how many.

    Days before the one on which the table begins now are left out, because old rows may go.
    """
    begins = _begins(source, known)
    later = begins > min((day for day in known if day >= _DAY_2000), default=begins)
    gone, late = [], []
    for first, last in _together({*((day, day) for day in known), *source.older_days}):
        now = sum(count for (low, _), count in source.older_days.items() if first <= low <= last)
        before = sum(count for day, count in known.items() if first <= day <= last)
        if last < begins:
            continue
        begin = later and first <= begins
        least = sum(count for day, count in known.items() if begins < day <= last) + 1 if begin else before
        place = _Days(first, last, exact=not begin)
        if now < least:
            gone.append((place, least - now))
        elif now > before:
            late.append((place, now - before))
    return gone, late


def _together(spans: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join spans of days that overlap.

    Examples
    --------
    >>> _together([(1, 1), (5, 7), (2, 2), (6, 9)])
    [(1, 1), (2, 2), (5, 9)]
    """
    found: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def _told(places: Sequence[tuple[_Days, int]]) -> str:
    """Say of which days, the first three of them."""
    parts = []
    for days, count in places[:3]:
        first, last = (str(np.datetime64(day, "D")) for day in (days.first, days.last))
        parts.append(f"{count:,} of {first}" if first == last else f"{count:,} of {first} to {last}")
    more = f" and {len(places) - 3:,} more days" if len(places) > 3 else ""
    return ", ".join(parts) + more


def _begins(source: RecentRows, days: Mapping[int, int]) -> int:
    """Return the day on which a table begins now; where no row is settled, one after all settled days."""
    if source.first is not None and source.older.total():
        return source.first // DAY
    return max(days, default=0) + 1


def _differing(source: RecentRows, known: Mapping[str, int]) -> str:
    """Name the first file whose settled rows are not as many as they were."""
    for path in map(str, source.files):
        if source.older[path] != known.get(path, 0):
            return f", in {path!r} (among others, perhaps)" if len(source.files) > 1 else f", in {path!r}"
    return ""


def rows_before(state: State | None, recent: RecentLog, boundary: int) -> dict[str, dict[str, int]]:
    """Return how many rows are settled at the new boundary, by table and file."""
    found = {}
    for table, source in recent.sources.items():
        known = {} if state is None else state.rows.get(table, {})
        # Where all settled rows were seen again, files may have been written anew under other names.
        seen_again = source.older.total() == sum(known.values())
        counts = Counter(source.older if seen_again else known)
        for place, days in source.days.items():
            counts[place] += sum(count for day, count in days.items() if day < boundary // DAY)
        found[table] = {place: count for place, count in counts.items() if count}
    return found


def days_before(state: State | None, recent: RecentLog, boundary: int) -> dict[str, dict[str, int]]:
    """Return how many rows are settled at the new boundary, by table and day, with those gone since."""
    found = {}
    for table, source in recent.sources.items():
        counts = Counter({} if state is None else state.days.get(table, {}))
        for days in source.days.values():
            counts.update({str(day): count for day, count in days.items() if day < boundary // DAY})
        found[table] = dict(sorted(counts.items(), key=lambda entry: int(entry[0])))
    return found


def dropped_before(known: Mapping[str, int], recent: RecentLog, boundary: int | None) -> dict[str, int]:
    """Return the rows that could not be used, by reason: of the settled rows, or with None of the whole log.

    A row without a readable time is never settled: every run meets it again.
    """
    counts = Counter(known)
    for faults in recent.faults.values():
        for (name, day), count in faults.days.items():
            if boundary is None or day < boundary // DAY:
                counts[name] += count
        if boundary is None:
            counts.update(faults.undated)
    return {name: count for name, count in counts.items() if count}
