"""What a later increment needs of the rows that are settled: the touches that are not yet accounted for.

All rows before the boundary B are final. Take a user's touches in order, and among those that a conversion
before B claims the last one at u ("the user is closed until u"). Nothing that may still come, at or after B,
changes what became of the touches up to u:

* under ``"reset"`` they are spent for every conversion at or after B, because the conversion that claimed the
  last of them came before B and not before them;
* under ``"overlap"`` u is chosen among the touches before B - lookback, which no such conversion reaches;
* a stretch of unclaimed touches before u ends at a claimed touch, so no later touch makes it longer;
* with ``drop_censored`` u is chosen among the touches one lookback before the log's end, so that each such
  stretch is old enough to count, and stays so.

So stretches before u are tallied for good, and the touches after u are carried. Being claimed depends on
times only, so touches at one instant are on one side of u. Beside the touches go the user's rows of the
conversion table from the first carried touch on: each that claims a carried touch, or is a milestone of a
journey to come, is among them. Built again together with the rows from B on, the carried touches give the
same windows and the same stretches as the whole log, save for the conversions before B themselves, which are
tallied already and left out.

Without non-converting journeys there are no stretches: the touches that a conversion at or after B can reach
are all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from attribution._typing import Bools, Hashes, Ints
from attribution.journeys.journeys import Journeys
from attribution.journeys.options import JourneyOptions
from attribution.kernels.ragged import run_starts, search_segments
from attribution.kernels.sorting import order_by_user_and_time
from attribution.tables.columns import ConversionColumns, Dimension, LogColumns, TouchColumns
from attribution.tables.labels import code_type

_EVER = np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class OpenTouches:
    """Rows before the boundary that a later increment builds journeys of.

    Attributes
    ----------
    touches
        The touches, by user and time.
    events
        Rows of the conversion table: user, time and goal; their values are counted already.
    """

    touches: TouchColumns
    events: ConversionColumns


@dataclass(frozen=True, eq=False)
class Closed:
    """Until when users are closed: ``until`` (microseconds) for each of ``user`` (sorted), shapes (u,)."""

    user: Hashes
    until: Ints

    def of(self, user: Hashes) -> Ints:
        """Return until when each of these users is closed, the least int64 for never."""
        if not len(self.user):
            return np.full(len(user), _EVER)
        place = np.minimum(np.searchsorted(self.user, user), len(self.user) - 1)
        return np.where(self.user[place] == user, self.until[place], _EVER)


def closed(journeys: Journeys, settings: JourneyOptions, boundary: int, last: int) -> Closed:
    """Return until when each user is closed, by the conversions before `boundary`; see the module.

    `last` is the time of the last row before `boundary`: the log ends no earlier.
    """
    assert journeys.time is not None and journeys.user is not None  # noqa: PT018
    assert journeys.conversion_time is not None
    reset = settings.after_conversion == "reset"
    earlier = journeys.converted & (journeys.conversion_time < boundary)
    if not settings.nulls:
        which = np.flatnonzero(earlier & reset)
        return _latest(journeys.user[which], journeys.conversion_time[which])
    which = np.flatnonzero(earlier & (journeys.lengths > 0))
    low, end = journeys.offsets[which], journeys.offsets[which + 1]
    limit = None
    if not reset:
        limit = boundary - settings.longest_lookback_us - 1
    elif settings.drop_censored:
        limit = last - settings.longest_lookback_us
    if limit is not None:
        end = search_segments(journeys.time, low, end, np.full(len(which), limit), "right")
    within = end > low
    return _latest(journeys.user[which[within]], journeys.time[end[within] - 1])


def _latest(user: Hashes, time: Ints) -> Closed:
    """Return the latest time of each user; users come sorted."""
    starts = np.flatnonzero(run_starts(user))
    return Closed(user[starts], np.maximum.reduceat(time, starts) if len(starts) else time)


def left_over(columns: LogColumns, until: Closed, settings: JourneyOptions, boundary: int) -> OpenTouches:
    """Return what must be carried of `columns`, all rows that are not closed, beyond `boundary`."""
    touches, events = columns.touches, columns.conversions
    early = np.flatnonzero(touches.time < boundary)
    kept = touches.time[early] > until.of(touches.user[early])
    if not settings.nulls:
        kept &= touches.time[early] >= boundary - settings.longest_lookback_us
    early = early[kept]
    order, user, time = order_by_user_and_time(touches.user[early], touches.time[early])
    starts = np.flatnonzero(run_starts(user))
    early_events = np.flatnonzero(events.time < boundary)
    # The first carried touch of a user is at `time[starts]`; an event before it belongs to nothing to come.
    since = _first_of(user[starts], time[starts], events.user[early_events])
    kept_events = early_events[events.time[early_events] >= since]
    return OpenTouches(touches.take(early[order]), events.take(kept_events))


def _first_of(users: Hashes, first: Ints, user: Hashes) -> Ints:
    """Return the first time of each asked user; the greatest int64 for those without one."""
    never = np.iinfo(np.int64).max
    if not len(users):
        return np.full(len(user), never)
    place = np.minimum(np.searchsorted(users, user), len(users) - 1)
    return np.where(users[place] == user, first[place], never)


def used_labels(dimension: Dimension, which: Bools, known: Sequence[str] = ()) -> tuple[str, ...]:
    """Return, sorted, the labels that some of the rows use, and those that are `known` already."""
    codes = dimension.codes[which]
    used = np.bincount(codes[codes >= 0], minlength=len(dimension.labels))
    return tuple(sorted({*known, *(dimension.labels[code] for code in np.flatnonzero(used).tolist())}))


def together(
    carry: OpenTouches, recent: LogColumns, *, channels: Sequence[str], goals: Sequence[str]
) -> LogColumns:
    """Return one log of the carried and the recent rows.

    Parameters
    ----------
    carry
        Of the increment before.
    recent
        The rows from the boundary on.
    channels, goals
        Of the settled rows; the carried touches' codes are positions in `channels`.
    """
    labels, ours, theirs = _union(channels, recent.channels)
    mine, new = carry.touches, recent.touches
    events, conversions = carry.events, recent.conversions
    kind = code_type(len(labels))
    touches = TouchColumns(
        np.concatenate([mine.user, new.user]),
        np.concatenate([mine.time, new.time]),
        np.concatenate([ours.astype(kind)[mine.channel], theirs.astype(kind)[new.channel]]),
        None
        if mine.sequence is None or new.sequence is None
        else np.concatenate([mine.sequence, new.sequence]),
        tuple(_joined(one, two) for one, two in zip(mine.dims, new.dims, strict=True)),
    )
    n = len(events)
    goal = (
        None
        if events.goal is None or conversions.goal is None
        else _joined(events.goal, conversions.goal, goals)
    )
    return replace(
        recent,
        channels=labels,
        touches=touches,
        conversions=ConversionColumns(
            np.concatenate([events.user, conversions.user]),
            np.concatenate([events.time, conversions.time]),
            np.concatenate([np.zeros(n), conversions.value]),
            goal,
            None
            if conversions.order is None
            else np.concatenate([np.zeros(n, np.uint64), conversions.order]),
            tuple(
                replace(dim, codes=np.concatenate([np.full(n, -1, dim.codes.dtype), dim.codes]))
                for dim in conversions.dims
            ),
        ),
    )


def _union(one: Sequence[str], two: Sequence[str]) -> tuple[tuple[str, ...], Ints, Ints]:
    """Return the sorted union of labels, and where those of each are in it, -1 at the end for code -1."""
    labels = tuple(sorted({*one, *two}))
    place = {label: code for code, label in enumerate(labels)}
    ours, theirs = (np.array([*(place[name] for name in names), -1], np.int64) for names in (one, two))
    return labels, ours, theirs


def _joined(one: Dimension, two: Dimension, more: Sequence[str] = ()) -> Dimension:
    known = (*one.labels, *(label for label in more if label not in one.labels))
    labels, ours, theirs = _union(known, two.labels)
    # Code -1 is read from the end of each table.
    codes = np.concatenate([ours[one.codes], theirs[two.codes]]).astype(two.codes.dtype)
    return Dimension(two.name, labels, codes)


def final_stretches(journeys: Journeys, until: Closed) -> Bools:
    """Mark the non-converting journeys that nothing can change any more, shape (J,)."""
    assert journeys.time is not None and journeys.user is not None  # noqa: PT018
    stretch = np.flatnonzero(~journeys.converted)
    final = np.zeros(len(journeys), np.bool_)
    final[stretch] = journeys.time[journeys.offsets[stretch]] < until.of(journeys.user[stretch])
    return final
