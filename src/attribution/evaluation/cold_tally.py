"""ColdTally: additive counts of touches out of the blue, of quiet time beside them, and of what followed."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from attribution._typing import Bools, Floats, Hashes, Ints
from attribution.journeys.each_touch import first_of_instant
from attribution.journeys.journeys import Journeys
from attribution.kernels.hashing import uniforms
from attribution.kernels.ragged import run_starts
from attribution.stats.sums import sums_by

GROUPS = 256  # of users, by their hash: what the bootstrap draws
MOST_CHANNELS = 40
DAY = 86_400_000_000
FOLLOWED = 14 * DAY  # an own touch so long before makes a touch one that follows
_BOUGHT = 60 * DAY  # a stratum: who bought so lately
_PERIOD = 61 * DAY  # a stratum: when
_POINTS = 8  # moments of each user at which quiet time is looked at
_PLACEBOS = 2  # one placebo touch for so many cold touches of media
_MOST_OWN, _MOST_PAID = 3.0, 2.0  # touches of a channel that count in a stretch
_TICK = 1_000  # microseconds: times are compared in milliseconds, so that users and times fit one integer


@dataclass(frozen=True, eq=False)
class ColdTally:
    """What cold starts are estimated from; tallies of disjoint users add.

    Q lengths of quiet, G groups of users, C channels and the placebo (the last), S strata, P terms.

    Attributes
    ----------
    channels
        Of the log.
    window
        First and last instant of the log, microseconds; None where nothing was tallied.
    users, conversions : float64, shape (G,)
        In the log.
    touches : float64, shape (Q, G, C + 1, 3)
        All touches; those late enough in the log that quiet before them can be told; of these, those with an
        own touch in the 14 days before.
    moments : float64, shape (Q, G, 2)
        Moments of users at random, late enough; of these, those with an own touch before.
    unseen : float64, shape (Q, G, 2)
        Own touches without an own touch before; of these, the cold ones.
    quiet : float64, shape (Q, G, S, 2)
        Quiet moments, and conversions after them.
    cold : float64, shape (Q, G, C + 1, S, 2)
        Cold touches, and conversions after them.
    gram : float64, shape (Q, G, P, P)
        Of stretches with an own touch: products of their terms (1; own channels; media and placebo; media
        that started the stretch).
    moment : float64, shape (Q, G, P)
        Terms of the stretches that converted.
    helped : float64, shape (Q, G, C + 1)
        Touches of media in stretches that they did not start.
    """

    channels: tuple[str, ...]
    window: tuple[int, int] | None
    users: Floats
    conversions: Floats
    touches: Floats
    moments: Floats
    unseen: Floats
    quiet: Floats
    cold: Floats
    gram: Floats
    moment: Floats
    helped: Floats

    def __add__(self, other: ColdTally) -> ColdTally:
        if self.window is None or other.window is None:
            return other if self.window is None else self
        sums = {
            field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)[2:]
        }
        return ColdTally(self.channels, self.window, **sums)


@dataclass(frozen=True)
class ColdTask:
    """From the journeys of some users, every touch in one of them, to their tally.

    Attributes
    ----------
    quiet
        Lengths without a touch, microseconds, that make the next touch cold.
    horizon
        How long after a touch conversions count, microseconds.
    own
        Channels that users come by of themselves.
    """

    quiet: tuple[int, ...]
    horizon: int
    own: tuple[str, ...]

    def __call__(self, journeys: Journeys) -> ColdTally:
        """Count the journeys of these users."""
        channels = journeys.channels
        if journeys.window is None or len(channels) > MOST_CHANNELS:  # the second is refused by who asks
            return ColdTally(channels, journeys.window, *(np.zeros(0) for _ in range(10)))
        log = UserLog.of(journeys, self.own)
        looks = [_look(log, quiet, self.horizon) for quiet in self.quiet]
        users = np.bincount(log.group, minlength=GROUPS).astype(np.float64)
        bought = np.bincount(log.group[log.conversion_user], minlength=GROUPS).astype(np.float64)
        return ColdTally(
            channels, journeys.window, users, bought, *(np.stack(part) for part in zip(*looks, strict=True))
        )


@dataclass(frozen=True, eq=False)
class UserLog:
    """Touches and conversions of some users, by user and time; times in milliseconds of the log.

    Attributes
    ----------
    length
        Of the log.
    span
        Times of one user lie within so much: ``user * span + time`` orders both.
    n_channels
        Channels, the placebo not among them; its code is this number.
    own : bool, shape (C,)
        Channels that users come by of themselves.
    hashes, group
        Of each user, shape (U,).
    user, time, channel, key
        Of each touch, shape (N,).
    conversion_user, conversion_key
        Of each conversion, shape (K,).
    """

    length: int
    span: int
    n_channels: int
    own: Bools
    hashes: Hashes
    group: Ints
    user: Ints
    time: Ints
    channel: Ints
    key: Ints
    conversion_user: Ints
    conversion_key: Ints

    @classmethod
    def of(cls, journeys: Journeys, own: tuple[str, ...]) -> UserLog:
        """Put the touches of journeys in order of user and time."""
        assert journeys.user is not None
        assert journeys.time is not None
        assert journeys.conversion_time is not None
        assert journeys.window is not None
        start, end = journeys.window
        length = (end - start) // _TICK
        span = length + 2
        hashes, owner = np.unique(journeys.user, return_inverse=True)
        instant = (journeys.conversion_time - start) // _TICK
        bought = journeys.converted
        keep = np.repeat(first_of_instant(journeys), journeys.lengths)
        user = np.repeat(owner, journeys.lengths)[keep]
        time = (journeys.time[keep] - start) // _TICK
        channel = journeys.channel[keep].astype(np.int64)
        key = user * span + time
        order = np.lexsort([channel, key])
        conversion_key = owner[bought] * span + instant[bought]
        sequence = np.argsort(conversion_key, kind="stable")
        return cls(
            length=length,
            span=span,
            n_channels=len(journeys.channels),
            own=np.isin(np.array(journeys.channels, dtype=object), own),
            hashes=hashes,
            group=(hashes % np.uint64(GROUPS)).astype(np.int64),
            user=user[order],
            time=time[order],
            channel=channel[order],
            key=key[order],
            conversion_user=owner[bought][sequence],
            conversion_key=conversion_key[sequence],
        )

    def count(self, keys: Ints, user: Ints, time: Ints, length: int) -> Ints:
        """Count the keys of each user in ``[time - length, time)``."""
        first = user * self.span
        last = np.searchsorted(keys, first + time)
        return last - np.searchsorted(keys, first + np.maximum(time - length, 0))

    def followed_by(self, user: Ints, time: Ints, horizon: int) -> Ints:
        """Count the conversions of each user in ``(time, time + horizon]``, within the log."""
        first = user * self.span
        until = np.minimum(time + horizon, self.length)
        last = np.searchsorted(self.conversion_key, first + until, side="right")
        return last - np.searchsorted(self.conversion_key, first + time, side="right")

    def strata(self, user: Ints, time: Ints) -> Ints:
        """Return which stratum a moment is in: by when it is, and whether the user bought lately."""
        bought = self.count(self.conversion_key, user, time, _BOUGHT // _TICK) > 0
        return 2 * (time // (_PERIOD // _TICK)) + bought

    @property
    def n_strata(self) -> int:
        """Strata of the whole log."""
        return 2 * (self.length // (_PERIOD // _TICK) + 1)


_Parts = tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats, Floats]


def _look(log: UserLog, quiet_us: int, horizon_us: int) -> _Parts:
    """Count one log by one length of quiet."""
    quiet, horizon, followed = quiet_us // _TICK, horizon_us // _TICK, FOLLOWED // _TICK
    begin = max(quiet, followed)
    own_key = log.key[log.own[log.channel]]
    n = log.n_channels + 1
    placebo_user, placebo_time = placebos(log, quiet)
    user = np.concatenate([log.user, placebo_user])
    time = np.concatenate([log.time, placebo_time])
    channel = np.concatenate([log.channel, np.full(len(placebo_user), log.n_channels)])
    group = log.group[user]
    late = time >= begin
    before = late & (log.count(own_key, user, time, followed) > 0)
    cold = late & (log.count(log.key, user, time, quiet) == 0)
    cell = group * n + channel
    touches = _table((GROUPS, n), cell, cell[late], cell[before])
    mine = np.append(log.own, False)[channel] & late & ~before
    unseen = _table((GROUPS,), group[mine], group[mine & cold])
    after = log.followed_by(user[cold], time[cold], horizon)
    place = cell[cold] * log.n_strata + log.strata(user[cold], time[cold])
    starts = _table((GROUPS, n, log.n_strata), place, weighted=(place, after))
    at_user, at_time = moments(log, begin)
    seen = log.count(own_key, at_user, at_time, followed) > 0
    still = log.count(log.key, at_user, at_time, quiet) == 0
    chance = _table((GROUPS,), log.group[at_user], log.group[at_user[seen]])
    at_user, at_time = at_user[still], at_time[still]
    place = log.group[at_user] * log.n_strata + log.strata(at_user, at_time)
    idle = _table((GROUPS, log.n_strata), place, weighted=(place, log.followed_by(at_user, at_time, horizon)))
    return (
        touches,
        chance,
        unseen,
        idle,
        starts,
        *_stretches(log, quiet, horizon, begin, placebo_user, placebo_time),
    )


def _stretches(
    log: UserLog, quiet: int, horizon: int, begin: int, placebo_user: Ints, placebo_time: Ints
) -> tuple[Floats, Floats, Floats]:
    """Sum products of the terms of stretches that hold an own touch, by group of users."""
    n_own, n_media = int(log.own.sum()), int((~log.own).sum())
    n_terms = 1 + n_own + 2 * n_media + 1
    gram = np.zeros((GROUPS, n_terms, n_terms))
    moment, helped = np.zeros((GROUPS, n_terms)), np.zeros((GROUPS, log.n_channels + 1))
    if not len(log.key):
        return gram, moment, helped
    new = run_starts(log.user)
    same = ~new[1:]
    between = np.searchsorted(log.conversion_key, log.key[1:]) - np.searchsorted(
        log.conversion_key, log.key[:-1]
    )
    new[1:] |= same & ((np.diff(log.time) > quiet) | (between > 0))
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(log.key)) - 1
    stretch = np.cumsum(new) - 1
    # A conversion at the very instant of the last touch ends the stretch too.
    closed = log.followed_by(log.user[last], log.time[last] - 1, horizon) > 0
    n = log.n_channels + 1
    seen = np.searchsorted(log.key, placebo_user * log.span + placebo_time, side="right") - 1
    place = stretch[np.maximum(seen, 0)]
    inside = (seen >= 0) & (placebo_user * log.span + placebo_time <= log.key[last[place]])
    inside &= log.user[np.maximum(seen, 0)] == placebo_user
    code = np.concatenate([stretch * n + log.channel, place[inside] * n + log.n_channels])
    chosen = np.zeros(len(first), np.bool_)
    chosen[stretch[log.own[log.channel]]] = True
    chosen &= log.time[first] >= begin
    kept = np.flatnonzero(chosen)
    order = kept[np.argsort(log.group[log.user[first[kept]]], kind="stable")]
    row = np.full(len(first), -1)
    row[order] = np.arange(len(order))
    code = code[chosen[code // n]]
    row_of, channel_of = row[code // n], code % n
    by_row = np.argsort(row_of, kind="stable")
    row_of, channel_of = row_of[by_row], channel_of[by_row]
    group = log.group[log.user[first[order]]]
    ends = np.searchsorted(group, np.arange(GROUPS + 1))
    pairs = np.searchsorted(row_of, ends)
    started = log.channel[first[order]]
    media = np.append(np.flatnonzero(~log.own), log.n_channels)
    position = np.full(n, -1)
    position[media[:-1]] = np.arange(n_media)
    for number in range(GROUPS):  # groups of users, as many in a small log as in a large one
        low, high = ends[number], ends[number + 1]
        if low == high:
            continue
        some = slice(pairs[number], pairs[number + 1])
        counts = np.bincount((row_of[some] - low) * n + channel_of[some], minlength=(high - low) * n)
        counts = counts.reshape(high - low, n).astype(np.float64)
        own = np.minimum(counts[:, :-1][:, log.own], _MOST_OWN)
        paid = np.minimum(counts[:, media], _MOST_PAID)
        by_media = np.flatnonzero(position[started[low:high]] >= 0)
        starter = np.zeros((high - low, n_media))
        starter[by_media, position[started[low:high]][by_media]] = 1
        terms = np.hstack([np.ones((high - low, 1)), own, paid, starter])
        gram[number] = terms.T @ terms
        moment[number] = closed[order[low:high]] @ terms
        helped[number, media] = paid.sum(axis=0)
        helped[number, media[:-1]] -= (paid[:, :-1] * starter).sum(axis=0)
    return gram, moment, helped


def _table(shape: tuple[int, ...], *cells: Ints, weighted: tuple[Ints, Ints] | None = None) -> Floats:
    """Count cells, each in a column of its own at the end, and sum amounts in a last one."""
    size = int(np.prod(shape))
    columns: list[Floats] = [sums_by(cell, None, size) for cell in cells]
    if weighted is not None:
        columns.append(sums_by(weighted[0], weighted[1], size))
    return np.stack(columns, axis=-1).reshape(*shape, len(columns))


def moments(log: UserLog, begin: int) -> tuple[Ints, Ints]:
    """Return a moment of every user in each eighth of the log from `begin` on, drawn by the user's hash."""
    user = np.repeat(np.arange(len(log.hashes)), _POINTS)
    number = np.tile(np.arange(_POINTS), len(log.hashes))
    part = (number + uniforms(log.hashes[user], number, 1)) / _POINTS
    return user, begin + (part * (log.length - begin)).astype(np.int64)


def placebos(log: UserLog, quiet: int) -> tuple[Ints, Ints]:
    """Return touches that nobody made, at any time, of the users of every second cold touch of media."""
    cold = log.count(log.key, log.user, log.time, quiet) == 0
    media = np.flatnonzero(~log.own[log.channel] & cold)
    user = log.user[media]
    number = np.arange(len(media)) - np.flatnonzero(run_starts(user))[np.cumsum(run_starts(user)) - 1]
    drawn = uniforms(log.hashes[user], number, 2) < 1 / _PLACEBOS
    user, number = user[drawn], number[drawn]
    return user, (uniforms(log.hashes[user], number, 3) * (log.length + 1)).astype(np.int64)
