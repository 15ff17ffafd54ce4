"""The rows that are settled: counted, so that one which comes too late, or goes, is noticed."""

from __future__ import annotations

import datetime as dt
import logging
import shlex
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from attribution.engines.ledger import State
from attribution.errors import EngineError
from attribution.eventlog.recent import DAY, RecentLog, RecentRows

logger = logging.getLogger(__name__)


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
        known, now = state.rows.get(table, {}), source.older.total()
        days = {int(day): count for day, count in state.days.get(table, {}).items()}
        begins = _begins(source, days)
        most = sum(count for day, count in days.items() if day >= begins)
        begins_later = begins in days and begins > min(days)
        least = most - days[begins] + 1 if begins_later else most
        when = until if most == sum(days.values()) else f"{until} and from {np.datetime64(begins, 'D')} on"
        if now > most:
            what = f"{now - most:,} rows before {when} were not there"
            msg = f"{table}: {what} when that time was settled{_differing(source, known)}"
            why = f"increments were told that rows come at most {late_by} late, and would pass these over"
            hint = f"{anew} with a larger late_by"
            raise EngineError(msg, column=table, count=now - most, why=why, hint=hint)
        if now < least:
            some = "at least " if begins_later else ""
            what = f"{some}{least - now:,} rows before {when} are gone"
            msg = f"{table}: {what} that were there when it was settled{_differing(source, known)}"
            why = "they are counted in the saved tallies, and would not be in a run on the whole log"
            raise EngineError(msg, column=table, count=least - now, why=why, hint=anew)
        if now < sum(days.values()):
            logger.info(
                "%s: the log begins later than it did; its older rows are in the saved tallies", table
            )


def _begins(source: RecentRows, days: Mapping[int, int]) -> int:
    """Return the day on which a table begins now; where no row is settled, one after all settled days."""
    if source.first is not None and source.older.total():
        return max(source.first // DAY, min(days, default=0))
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
