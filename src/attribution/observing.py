"""outcomes: what the log says of every assigned user, those of whom it says nothing included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._checks import name_list
from attribution._typing import Bools, Floats, Hashes, Ints
from attribution.engines.choose import engine_of
from attribution.engines.increments.increments import Increments
from attribution.engines.shared.engine import Engine
from attribution.errors import (
    LESS_MEMORY,
    EngineError,
    ExperimentError,
    JourneyError,
    enough_memory,
    unknown_name,
)
from attribution.eventlog.currency import is_currency
from attribution.eventlog.eventlog import EventLog
from attribution.experiments.shared.experiment_rows import Rows
from attribution.experiments.shared.units import hash_units
from attribution.journeys.journeys import Journeys
from attribution.journeys.options import JourneyOptions
from attribution.stats.sums import sums_by
from attribution.tables.arrays import decoded

if TYPE_CHECKING:
    import pandas as pd

_SEEN = "seen"
_CALL = 'at.outcomes(at.read_log(touches, conversions), arms, start="2026-03-01", end="2026-04-01")'


@enough_memory(LESS_MEMORY)
def outcomes(
    log: EventLog,
    assignment: Any,
    *,
    start: Any,
    end: Any,
    before: Any = None,
    goal: str | Sequence[str] | None = None,
    exposed: str | Sequence[str] | None = None,
    user: str = "user_id",
    currency: str = "",
    rates: Any = None,
    engine: str | Engine = "auto",
    progress: bool | None = None,
) -> pd.DataFrame:
    """Return the users of a holdout test: a row for every assigned user, zeros where nothing is known.

    The usual inner join of orders and arms keeps only buyers, and answers another question than the test
    asked. Here the assignment decides who is in the table, and the log what is in it. Conversions of users
    who were not assigned are left out.

    Parameters
    ----------
    log
        From `read_log`.
    assignment
        From `assign_holdout`, or any table with a column of ids and one of arms; its columns are kept. Users
        without an arm are not in the test and are left out. It is held in memory, as is what is returned.
    start, end
        The window of the outcome: from `start` on, before `end`. Instants without a zone are UTC.
    before
        Length of a window that ends at `start`, such as ``"28D"``, or its start: its conversions and value
        are covariates that no treatment can have moved, and a placebo outcome.
    goal
        Which goals count; all by default.
    exposed
        Channel, or channels, whose touches within the window mark a user as exposed.
    user
        Column of the ids in the assignment.
    currency, rates
        What values are in, and what turns several currencies into it, as in `build_journeys`.
    engine
        Where the log is read, as in `attribute`: ``"memory"``, ``"stream"`` for logs larger than memory,
        ``at.Spark(session)``, which leaves its rows on the cluster; ``"auto"`` chooses. The table is the
        same on all. Increments keep no users, and are refused.
    progress
        Whether to show a bar while the log is read; by default only in a terminal or notebook.

    Returns
    -------
    pandas.DataFrame
        The assignment's columns, ``converted`` (0 or 1), ``conversions``, ``value``; with `before` also
        ``conversions_before`` and ``value_before``; with `exposed` also ``exposed`` (0 or 1).

    Raises
    ------
    ExperimentError
        If the window is empty or outside the log, a goal, channel or column is unknown, ids of log and
        assignment are of different kinds, a user stands in the assignment twice, or values are in several
        currencies.
    EngineError
        If the engine is none, keeps no users, or fails.

    Examples
    --------
    >>> import attribution as at
    >>> touches = {"user_id": [1, 2], "time": ["2026-03-02"] * 2, "channel": ["email", "email"]}
    >>> orders = {"user_id": [1], "time": ["2026-03-03"], "value": [30.0]}
    >>> arms = {"user_id": [1, 2, 3], "arm": ["treatment", "treatment", "holdout"]}
    >>> log = at.read_log(touches, orders)
    >>> at.outcomes(log, arms, start="2026-03-01", end="2026-04-01")[["arm", "converted", "value"]]
             arm  converted  value
    0  treatment          1   30.0
    1  treatment          0    0.0
    2    holdout          0    0.0
    """
    import pandas as pd

    if not isinstance(log, EventLog):
        msg = f"outcomes takes a log, not {type(log).__name__}"
        raise ExperimentError(msg, column="log", hint=_CALL)
    chosen = _engine(engine, log)
    if log.hash_bits != 64:
        msg = "the log tells users apart by a second hash, which an assignment does not have"
        raise ExperimentError(msg, column="log", hint="at.read_log(touches, conversions), of 64 bits")
    first, last = _instant(start, "start"), _instant(end, "end")
    if not first < last:
        msg = f"the window from {start!r} to {end!r} is empty"
        raise ExperimentError(msg, column="end", hint="end= is the first instant after the window")
    windows = [(first, last)] + ([] if before is None else [(_earlier(before, first), first)])
    frame = _assigned(assignment, user)
    hashes = hash_units(frame[user], user)
    if log.identity is not None:  # who was assigned by one identifier acts by others too
        hashes = log.identity.people.persons(hashes, np.full(len(hashes), np.iinfo(np.int64).max))
    order = np.argsort(hashes, kind="stable")
    _refuse_twice(frame, user, hashes[order], order)
    _refuse_other_kind(frame, user, log.touch_table.users)
    channels = None if exposed is None else name_list(exposed, "exposed", error=ExperimentError)
    settings = JourneyOptions(
        lookback="unlimited", goal=goal, currency=currency, rates=rates, nulls=channels is not None
    ).with_rates()
    try:
        with chosen.open(log, settings, progress=progress) as run:
            seen: Seen = run({_SEEN: _Look(hashes[order], tuple(windows), channels)})[_SEEN]
    except JourneyError as error:  # a goal that is misspelt
        raise ExperimentError(error.problem, column=error.column, hint=error.hint) from error
    _refuse_unknown(seen, goal, channels)
    if seen.window is not None:
        _refuse_outside(first, last, *seen.window)
    rows = order[seen.place]
    for position, name in enumerate(("", "_before")[: len(windows)]):
        number = sums_by(rows, seen.sums[2 * position], len(frame)).astype(np.int64)
        if not name:
            frame["converted"] = (number > 0).astype(np.int64)
        frame[f"conversions{name}"] = number
        frame[f"value{name}"] = sums_by(rows, seen.sums[2 * position + 1], len(frame))
    if channels is not None:
        frame["exposed"] = (sums_by(rows, seen.sums[-1], len(frame)) > 0).astype(np.int64)
    return pd.DataFrame(frame)


@dataclass(frozen=True, eq=False)
class Seen:
    """What some of a log's users did in the windows; those of other users add.

    Attributes
    ----------
    place
        Positions of users among the assigned, each once.
    sums
        Conversions and value of each window, then touches that expose; shape (2 or 4, then 1 more; users).
    window
        First and last instant of the whole log.
    channels, goals
        All of the log's.
    currencies
        Of the values that were summed.
    """

    place: Ints
    sums: Floats
    window: tuple[int, int] | None
    channels: tuple[str, ...]
    goals: tuple[str, ...]
    currencies: frozenset[str]

    def __add__(self, other: Seen) -> Seen:
        return Seen(
            np.concatenate([self.place, other.place]),
            np.hstack([self.sums, other.sums]),
            self.window or other.window,
            self.channels or other.channels,
            self.goals or other.goals,
            self.currencies | other.currencies,
        )


@dataclass(frozen=True, eq=False)
class _Look:
    """From the journeys of some users to what is told of those who were assigned.

    Attributes
    ----------
    known
        Hashes of the assigned, sorted.
    windows
        First instant of each, and the first after it.
    exposed
        Channels that expose, or None.
    """

    known: Hashes
    windows: tuple[tuple[int, int], ...]
    exposed: tuple[str, ...] | None

    def __call__(self, journeys: Journeys) -> Seen:
        """Sum up by user. Every touch stands in one journey: that of the next conversion, or of none."""
        assert journeys.user is not None
        assert journeys.conversion_time is not None
        place, assigned = self._places(journeys.user)
        found, row = np.unique(place[assigned], return_inverse=True)
        at = np.full(len(place), -1)
        at[assigned] = row
        sums, paid = [], np.zeros(len(place), np.bool_)
        for low, high in self.windows:
            when = journeys.conversion_time
            inside = assigned & journeys.converted & (when >= low) & (when < high)
            paid |= inside & (journeys.value != 0)
            sums += [
                sums_by(at[inside], None, len(found)),
                sums_by(at[inside], journeys.value[inside], len(found)),
            ]
        if self.exposed is not None:
            sums.append(sums_by(at[self._exposing(journeys, assigned)], None, len(found)))
        dims = {dim.name: dim for dim in journeys.journey_dims}
        return Seen(
            found,
            np.vstack(sums),
            journeys.window,
            journeys.channels,
            dims["goal"].labels if "goal" in dims else (),
            _currencies(journeys, paid),
        )

    def _places(self, users: Hashes) -> tuple[Ints, Bools]:
        if not len(self.known):
            return np.zeros(len(users), np.int64), np.zeros(len(users), np.bool_)
        place = np.minimum(np.searchsorted(self.known, users), len(self.known) - 1)
        return place, self.known[place] == users

    def _exposing(self, journeys: Journeys, assigned: Bools) -> Ints:
        """Return the journey of each touch that exposes an assigned user in the first window."""
        assert self.exposed is not None
        assert journeys.time is not None
        codes = [journeys.channels.index(name) for name in self.exposed if name in journeys.channels]
        low, high = self.windows[0]
        inside = np.isin(journeys.channel, codes) & (journeys.time >= low) & (journeys.time < high)
        owner = np.repeat(np.arange(len(journeys)), journeys.lengths)[inside]
        return owner[assigned[owner]]


def _currencies(journeys: Journeys, paid: Bools) -> frozenset[str]:
    if "rates" in journeys.settings:
        return frozenset()
    codes = [
        (dim.labels, np.unique(dim.codes[paid])) for dim in journeys.journey_dims if is_currency(dim.name)
    ]
    return frozenset(labels[code] for labels, found in codes for code in found.tolist() if code >= 0)


def _engine(engine: str | Engine, log: EventLog) -> Engine:
    chosen = engine_of(engine, log)
    if isinstance(chosen, Increments):
        msg = "increments keep sums of settled periods, not users, so that nobody's outcome is in them"
        hint = 'engine="stream" reads the whole log, whatever its size'
        raise EngineError(msg, column="engine", hint=hint)
    return chosen


def _refuse_twice(frame: Any, user: str, known: Hashes, order: Ints) -> None:
    """Refuse users who stand in the assignment twice, and tell whether in several arms."""
    same = np.flatnonzero(known[1:] == known[:-1])
    if not len(same):
        return
    twice = len(np.unique(known[same]))
    once = f"assignment = assignment.drop_duplicates({user!r})"
    msg = f"{twice:,} users stand in the assignment more than once"
    if "arm" not in frame:
        raise ExperimentError(msg, column=user, count=twice, hint=once)
    arms = frame["arm"].to_numpy()[order]
    crossed = np.unique(known[same[arms[same] != arms[same + 1]]])
    if not len(crossed):
        raise ExperimentError(msg, column=user, count=twice, hint=once)
    msg = f"{msg}, {len(crossed):,} of them in several arms"
    why = "who was both treated and withheld belongs to neither arm"
    hint = "leave these users out of all arms, and check the sample ratio again"
    raise ExperimentError(msg, column=user, count=twice, why=why, hint=hint)


def _refuse_other_kind(frame: Any, user: str, kind: str) -> None:
    if not len(frame) or (kind == "integer") == (frame[user].dtype.kind in "iu"):
        return
    msg = f"the log's users are of kind {kind}, those of the assignment {frame[user].dtype}"
    wanted = "int64" if kind == "integer" else "str"
    why = "7 and '7' are different ids, so that nobody would be found"
    hint = f"assignment[{user!r}] = assignment[{user!r}].astype({wanted!r})"
    raise ExperimentError(msg, column=user, why=why, hint=hint)


def _refuse_unknown(seen: Seen, goal: str | Sequence[str] | None, channels: tuple[str, ...] | None) -> None:
    """Refuse a goal or a channel that the log does not have, and values that have no sum."""
    for name in () if goal is None else name_list(goal, "goal", error=ExperimentError):
        if name not in seen.goals:
            raise ExperimentError(unknown_name("goal", name, seen.goals), column="goal")
    for name in channels or ():
        if name not in seen.channels:
            raise ExperimentError(unknown_name("channel", name, seen.channels), column="exposed")
    if len(seen.currencies) > 1:
        known = sorted(seen.currencies)
        msg = f"the values are in several currencies: {', '.join(known[:5])}"
        hint = f"at.outcomes(..., currency={known[0]!r}, rates={{{known[1]!r}: 1.1}}), at your rates"
        why = "the sum of their values would mean nothing"
        raise ExperimentError(msg, column="currency", why=why, hint=hint)


def _assigned(assignment: Any, user: str) -> Any:
    """Return the assignment as a frame of its own, without those who have no arm."""
    import pyarrow as pa

    table = Rows(assignment, "assignment")
    table.need(user, "user")
    names = list(table.names)
    batches = list(table.batches(names))
    if not batches:
        msg = "the assignment has no rows"
        raise ExperimentError(msg, column="assignment", hint="one row a user, with its arm")
    try:
        read = pa.Table.from_batches(batches)
        frame = pa.table({name: decoded(read[name]) for name in read.column_names}).to_pandas()
    except MemoryError:
        raise
    except (pa.ArrowException, ValueError) as error:
        msg = f"the assignment cannot be made a frame of pandas: {str(error).splitlines()[0]}"
        hint = f"assignment = assignment[[{user!r}, 'arm']]  # the columns that are needed"
        raise ExperimentError(msg, column="assignment", hint=hint) from error
    if "arm" in frame:
        frame = frame[frame["arm"].notna()].reset_index(drop=True)
        frame["arm"] = frame["arm"].astype(object)
    taken = [name for name in ("converted", "conversions", "value", "exposed") if name in frame]
    if taken:
        msg = f"the assignment has a column {taken[0]!r} already, which comes from the log"
        raise ExperimentError(msg, column=taken[0], hint=f"assignment = assignment.drop(columns={taken!r})")
    return frame


def _instant(value: Any, name: str) -> int:
    """Return microseconds since 1970 in UTC."""
    import pandas as pd

    try:
        stamp = pd.Timestamp(value)
    except (TypeError, ValueError) as error:
        msg = f"{name}={value!r} is no instant"
        raise ExperimentError(msg, column=name, hint=f"{name}='2026-03-01'") from error
    if pd.isna(stamp):
        msg = f"{name}={value!r} is no instant"
        raise ExperimentError(msg, column=name, hint=f"{name}='2026-03-01'")
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return int(stamp.value) // 1000


def _earlier(before: Any, first: int) -> int:
    """Return where the window before the test begins: a length back from its start, or an instant."""
    import pandas as pd

    try:
        length = pd.Timedelta(before)
    except (TypeError, ValueError):
        begins = _instant(before, "before")
    else:
        begins = first - int(length.value) // 1000
    if not begins < first:
        msg = f"before={before!r} does not lie before the test"
        raise ExperimentError(msg, column="before", hint="before='28D'")
    return begins


def _refuse_outside(first: int, last: int, start: int, end: int) -> None:
    if last <= start or first > end:
        shown = [str(np.datetime64(time, "us").astype("datetime64[D]")) for time in (start, end)]
        msg = f"the log has rows from {shown[0]} to {shown[1]}, and none in the window"
        why = "a table of zeros would say that nobody bought"
        raise ExperimentError(msg, column="start", why=why, hint=f"start={shown[0]!r}")
