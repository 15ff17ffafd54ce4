"""Increments: each run reads only what is new, and the numbers are those of the whole log.

A boundary B divides the log: a beginning of a period, at least `late_by` before the newest row. Rows before B
are settled: nothing may be added to them any more. What they came to is saved in a folder:

* the tallies of each period of conversions before B, and of the non-converting journeys that nothing can
  change;
* the rows before B of which journeys may still be built (`carry` says which, and why these are enough).

A run reads the rows from B on, builds journeys of them and of the carried rows, leaves out the conversions
before B, and adds the saved tallies. Then B moves: the periods up to the new B are saved, each in a file that
is never changed again. Late rows fall after B, where nothing is saved yet: they reopen their periods because
these were never closed.

What is saved depends on the rows before B alone, not on the runs that led there: whatever the steps, and
whatever is corrected after B, the answer is that of one run on the whole log.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._checks import duration_us, one_of
from attribution._migration import tells_options
from attribution._typing import Bools, Ints
from attribution.credit.periods import PERIODS, period_codes, period_days
from attribution.engines.increments.converters import Converters, read_converters, write_converters
from attribution.engines.increments.increment_settings import (
    asks_who_returns,
    refuse_others,
    refuse_second_pass,
    settings_of,
)
from attribution.engines.increments.open_touches import (
    Closed,
    closed,
    final_stretches,
    left_over,
    together,
    used_labels,
)
from attribution.engines.increments.open_touches_store import read_open_touches, write_events, write_touches
from attribution.engines.increments.settled_rows import (
    days_before,
    dropped_before,
    refuse_rewritten,
    rows_before,
)
from attribution.engines.increments.state_store import State, StateStore, Stored
from attribution.engines.increments.tally_store import read_tallies, write_tallies
from attribution.engines.shared.engine import Run, Tasks
from attribution.engines.shared.state_key import seal_from
from attribution.errors import EngineError
from attribution.eventlog.load import Loader
from attribution.eventlog.recent import DAY, RecentLog, read_recent
from attribution.journeys.build import build_part, check_goal
from attribution.journeys.journeys import Journeys
from attribution.journeys.options import JourneyOptions
from attribution.journeys.period import in_period
from attribution.kernels.ragged import run_starts
from attribution.tables.columns import Dimension, LogColumns

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog

logger = logging.getLogger(__name__)
Tallies = dict[str, Any]


@dataclass(frozen=True)
class Increment:
    """What one run with increments did.

    Attributes
    ----------
    read
        Rows read by table; those that the statistics of a Parquet file ruled out are not among them.
    carried
        Touches that came from the run before.
    kept
        Touches that the next run gets; as before, where nothing was settled.
    settled
        The periods that were closed, and had anything in them.
    boundary
        All rows before it are settled; microseconds since 1970 in UTC, None where none is.
    dropped
        Rows of the whole log that could not be used, by reason.
    """

    read: Mapping[str, int]
    carried: int
    kept: int
    settled: tuple[str, ...]
    boundary: int | None
    dropped: Mapping[str, int]


@tells_options(EngineError)
@dataclass(frozen=True)
class Increments:
    """Read only what is new: tallies of settled periods are kept in a folder, and added.

    The numbers are those of the whole log. Every run may be handed the whole log (Parquet files are skipped
    by their statistics where all of their rows are settled), or only its rows since `late_by` before the
    newest row of the run before.

    Parameters
    ----------
    folder
        Where tallies and carried rows are kept: a folder for itself, made if it is not there. Other settings
        or models need another folder.
    period
        ``"day"``, ``"week"`` or ``"month"`` (UTC): of how many conversions the tallies are kept together.
    late_by
        How late a row may come: how much older than the newest row that a run has seen. ``"0D"`` for never.
        Rows that come later are refused, not passed over.
    key
        What users are kept under, 64 hexadecimal digits, where several machines work on copies of one state.
        By default the environment variable ``ATTRIBUTION_KEY``, or else a random key that the first run
        leaves in a file beside the folder (``state.key``, for its owner alone). No number depends on it.

    Raises
    ------
    EngineError
        While it runs: if the folder holds tallies of other settings, is damaged or in use, its key is lost
        or another, or if rows came too late.
    ModelError
        While it runs: if a breakdown needs to read all journeys again.

    Examples
    --------
    >>> import tempfile
    >>> import attribution as at
    >>> touches = {"user_id": [1, 2], "time": ["2026-03-01", "2026-03-08"], "channel": ["email", "search"]}
    >>> orders = {"user_id": [1], "time": ["2026-03-02"]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     engine = at.Increments(f"{folder}/state", late_by="2D")
    ...     _ = at.attribute(at.read_log(touches, orders), "linear", engine=engine)
    ...     later = {"user_id": [2], "time": ["2026-03-09"]}
    ...     credit = at.attribute(at.read_log({name: column[1:] for name, column in touches.items()}, later),
    ...                           "linear", engine=engine)
    >>> credit.to_frame()[["channel", "conversions"]]
      channel  conversions
    0   email          1.0
    1  search          1.0
    """

    folder: str | os.PathLike[str]
    period: str = "day"
    late_by: str | dt.timedelta = "3D"
    key: str | None = field(default=None, repr=False, compare=False)
    _runs: list[Increment] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Validate."""
        one_of(self.period, "period", PERIODS, error=EngineError)
        duration_us(self.late_by, "late_by", error=EngineError, allow_zero=True)
        if not isinstance(self.folder, str | os.PathLike) or not os.fspath(self.folder):
            msg = f"folder={self.folder!r} is no path of a folder"
            raise EngineError(msg, column="folder", hint='at.Increments("state/")')
        if self.key is not None:
            seal_from(self.key, "key=")

    @property
    def last(self) -> Increment | None:
        """What the last run of this engine did, None before the first."""
        return self._runs[-1] if self._runs else None

    @contextmanager
    def open(self, log: EventLog, settings: JourneyOptions, *, progress: bool | None = None) -> Iterator[Run]:
        """Lock the folder, and return how to tally the whole log.

        Parameters
        ----------
        log
            The whole log, or its rows since the boundary.
        settings
            How journeys are built.
        progress
            Whether to show a bar while rows are read; by default only in a terminal or notebook.

        Yields
        ------
        Run
            From tasks to tallies; it saves what is settled when it is called.

        Raises
        ------
        EngineError
            If the folder is in use or cannot be written to, or users are told apart by 128 bits.
        """
        loader = log.loader(progress)
        if loader.check_users:
            msg = "increments tell users apart by 64 bits of hash, and this log asks for 128"
            why = "who shares a hash with whom is known only when all users are read at once"
            raise EngineError(
                msg, column="hash_bits", why=why, hint='read_log(..., hash_bits=64), or engine="stream"'
            )
        with StateStore.opened(Path(self.folder).expanduser(), self.key) as ledger:

            def run(tasks: Tasks) -> Tallies:
                refuse_second_pass(tasks)
                wanted = settings_of(log, settings, tasks, self.period)
                state = ledger.load()
                if state is not None:
                    refuse_others(ledger.folder, state.settings, wanted)
                state, recent = self._read(loader, ledger.folder, state)
                step = _Step(self, ledger, settings, state, recent)
                tallies, done = step.run(tasks, wanted, who_returns=asks_who_returns(log, tasks))
                if done.boundary is None:
                    ledger.clear()
                self._runs[:] = [done]
                return tallies

            yield run

    def _read(self, loader: Loader, folder: Path, state: State | None) -> tuple[State | None, RecentLog]:
        """Return the state to go on from, and the rows that it does not know."""
        del folder
        if state is None:
            return None, read_recent(loader, None, {})
        return state, read_recent(loader, state.boundary, state.clocks)


class _Step:
    """One run: from the saved state and the recent rows to the tallies of the whole log and a new state."""

    def __init__(
        self,
        engine: Increments,
        ledger: StateStore,
        settings: JourneyOptions,
        state: State | None,
        recent: RecentLog,
    ) -> None:
        self.engine = engine
        self.ledger = ledger
        self.settings = settings
        self.state = state
        self.recent = recent
        if state is not None:
            refuse_rewritten(ledger.folder, state, recent, engine.late_by)
        self.carried = 0
        self.columns = self._columns()
        self.boundary = self._boundary()

    def run(self, tasks: Tasks, wanted: Mapping[str, str], *, who_returns: bool) -> tuple[Tallies, Increment]:
        """Return the tallies of the whole log, and what was done; save what is settled now."""
        began = perf_counter()
        goal = self.columns.conversions.goal
        check_goal(None if goal is None else goal.labels, self.settings.goal)
        journeys = build_part(self.columns, self.settings, whole=True)
        known = self._converters() if who_returns else None
        if known is not None:
            assert journeys.user is not None
            first = (known + Converters.of(journeys)).first_of(journeys.user)
            journeys = replace(journeys, first_conversion=first)
        counted = in_period(journeys, self.settings.ends, self.settings.timezone)
        if self.state is not None:
            assert journeys.conversion_time is not None
            counted &= ~journeys.converted | (journeys.conversion_time >= self.state.boundary)
        total = None if self.state is None or self.state.total is None else self._total(self.state)
        settled: dict[str, Tallies] = {}
        kept = self.carried
        if self.boundary is None:
            rest = journeys.take(counted)
        else:
            window = self._settled_window(self.boundary)
            until = closed(journeys, self.settings, self.boundary, window[1])
            final = counted & self._final(journeys, until, self.boundary)
            settled = self._settle(journeys, final, tasks, self.boundary)
            rest = journeys.take(counted & ~final)
            total = _sum(([] if total is None else [total]) + [*settled.values()])
            if total is None:
                total = _tally(journeys.between(0, 0), tasks)
            if known is not None:
                known += Converters.of(journeys, self.boundary)
            kept = self._save(until, settled, total, wanted, self.boundary, known)
        open_ = _tally(rest, tasks)
        done = Increment(
            read={name: source.rows_read for name, source in self.recent.sources.items()},
            carried=self.carried,
            kept=kept,
            settled=tuple(settled),
            boundary=self.boundary if self.boundary is not None else self._old_boundary,
            dropped=self._dropped(None),
        )
        logger.info("increment: %s, %.2f s after reading", done, perf_counter() - began)
        answer = open_ if total is None else _sum([total, open_])
        assert answer is not None
        return answer, done

    @property
    def _old_boundary(self) -> int | None:
        return None if self.state is None else self.state.boundary

    def _converters(self) -> Converters:
        """Return who converted before the old boundary."""
        if self.state is None:
            return Converters.none()
        assert self.state.converters is not None
        return self.ledger.read(self.state.converters, read_converters)

    def _columns(self) -> LogColumns:
        """Return the carried and the recent rows as one log, with the first and last time of the whole."""
        recent = self.recent.columns
        state = self.state
        if state is None:
            return recent
        assert state.touches is not None and state.events is not None  # noqa: PT018
        events = state.events
        carry = self.ledger.read(
            state.touches,
            lambda touches: self.ledger.read(
                events, lambda path: read_open_touches(touches, path, len(state.channels))
            ),
        )
        self.carried = len(carry.touches)
        columns = together(carry, recent, channels=state.channels, goals=state.goals or ())
        times = [state.first, state.last, *(time for time in (recent.start, recent.end) if time is not None)]
        return replace(columns, start=min(times), end=max(times))

    def _boundary(self) -> int | None:
        """Return the new boundary, or None where nothing more is settled.

        A clock that is wrong, or a test event of next year, must not settle what is yet to come: the newest
        row counts for no more than the present.
        """
        first, last = self.columns.start, self.columns.end
        if first is None or last is None:
            return None
        late_by = duration_us(self.engine.late_by, "late_by", allow_zero=True)
        newest = min(last, time.time_ns() // 1_000) - late_by
        boundary = _beginning(newest, self.engine.period)
        old = first if self.state is None else self.state.boundary
        return boundary if boundary > old else None

    def _final(self, journeys: Journeys, until: Closed, boundary: int) -> Bools:
        assert journeys.conversion_time is not None
        closed_now = journeys.converted & (journeys.conversion_time < boundary)
        return closed_now | final_stretches(journeys, until)

    def _settle(self, journeys: Journeys, final: Bools, tasks: Tasks, boundary: int) -> dict[str, Tallies]:
        """Return the tallies of each newly settled period; they know nothing of what is not settled."""
        assert journeys.conversion_time is not None and journeys.time is not None  # noqa: PT018
        which = np.flatnonzero(final)
        at = journeys.conversion_time[which]
        stretch = ~journeys.converted[which]
        # A stretch has no conversion: it goes with its first touch, or if that period is closed, the next.
        at[stretch] = journeys.time[journeys.offsets[which[stretch]]]
        at = np.clip(at, self._old_boundary, boundary - 1) if self.state is not None else at
        codes, labels = period_codes(at, self.engine.period)
        order = np.argsort(codes, kind="stable")  # by user inside each period
        channels, place = self._settled_channels(boundary)
        sorted_ = journeys.take(which[order])
        settled = replace(
            sorted_,
            channels=channels,
            channel=place.astype(sorted_.channel.dtype)[sorted_.channel],
            window=self._settled_window(boundary),
        )
        bounds = [*np.flatnonzero(run_starts(codes[order])).tolist(), len(order)]
        return {
            label: _tally(settled.between(low, high), tasks)
            for label, low, high in zip(labels, bounds, bounds[1:], strict=False)
        }

    def _settled_channels(self, boundary: int) -> tuple[tuple[str, ...], Ints]:
        """Return the channels of the settled rows, and where each channel of the log is among them."""
        columns, state = self.columns, self.state
        channel = Dimension("channel", columns.channels, columns.touches.channel)
        known = () if state is None else state.channels
        names = used_labels(channel, columns.touches.time < boundary, known)
        code = {name: place for place, name in enumerate(names)}
        return names, np.array([code.get(name, -1) for name in columns.channels], np.int64)

    def _settled_window(self, boundary: int) -> tuple[int, int]:
        """Return the first and last time of the settled rows."""
        columns, state = self.columns, self.state
        known = [] if state is None else [state.first, state.last]
        for times in (columns.touches.time, columns.conversions.time):
            early = times[times < boundary]
            known += [int(early.min()), int(early.max())] if len(early) else []
        return min(known), max(known)

    def _total(self, state: State) -> Tallies:
        """Return the tallies of all settled periods: their saved sum, or if that is damaged, summed anew."""
        assert state.total is not None
        try:
            return self.ledger.read(state.total, read_tallies)
        except EngineError as error:
            logger.warning("%s; its %d periods are added up again", error.problem, len(state.periods))
            parts = [self.ledger.read(stored, read_tallies) for stored in state.periods.values()]
            found = _sum(parts)
            if found is None:
                raise
            return found

    def _save(
        self,
        until: Closed,
        settled: Mapping[str, Tallies],
        total: Tallies,
        wanted: Mapping[str, str],
        boundary: int,
        converters: Converters | None,
    ) -> int:
        """Save the state at the new boundary; return how many touches are carried."""
        columns, ledger, state = self.columns, self.ledger, self.state
        channels, place = self._settled_channels(boundary)
        carry = left_over(columns, until, self.settings, boundary)
        touches = replace(carry.touches, channel=place.astype(np.int32)[carry.touches.channel])
        goal = columns.conversions.goal
        goals = None
        if goal is not None:
            known = () if state is None or state.goals is None else state.goals
            goals = used_labels(goal, columns.conversions.time < boundary, known)
        window = self._settled_window(boundary)
        files: dict[str, Stored] = {
            label: ledger.write(f"period-{label}", lambda path, tallies=tallies: write_tallies(path, tallies))  # type: ignore[misc]
            for label, tallies in settled.items()
        }
        new = State(
            settings=dict(wanted),
            boundary=boundary,
            first=window[0],
            last=window[1],
            clocks=self.recent.clocks,
            channels=channels,
            goals=goals,
            rows=rows_before(state, self.recent, boundary),
            days=days_before(state, self.recent, boundary),
            dropped=self._dropped(boundary),
            periods={**({} if state is None else state.periods), **files},
            total=ledger.write("total", lambda path: write_tallies(path, total)),
            touches=ledger.write("touches", lambda path: write_touches(path, touches)),
            events=ledger.write("events", lambda path: write_events(path, carry.events)),
            converters=None
            if converters is None
            else ledger.write("converters", lambda path: write_converters(path, converters)),
        )
        ledger.commit(new)
        return len(touches)

    def _dropped(self, boundary: int | None) -> dict[str, int]:
        known = {} if self.state is None else self.state.dropped
        return dropped_before(known, self.recent, boundary)


def _beginning(instant: int, period: str) -> int:
    """Return when the period of an instant begins."""
    _, labels = period_codes(np.array([instant]), period)
    first, _ = period_days(labels, period)
    return int(first[0]) * DAY


def _tally(journeys: Journeys, tasks: Tasks) -> Tallies:
    return {name: task(journeys) for name, task in tasks.items()}


def _sum(parts: list[Tallies]) -> Tallies | None:
    """Add up, one after the other: the same periods in the same order give the same sums."""
    if not parts:
        return None
    return {name: reduce(add, (part[name] for part in parts)) for name in parts[0]}
