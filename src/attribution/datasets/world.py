"""The latent world: users, their shopping missions, and every touch that could happen.

Nothing here depends on what is switched off: holdouts and counterfactuals are read off one world.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Bools, Floats, Ints
from attribution.datasets import retailer as r
from attribution.datasets.calendar import Calendar
from attribution.datasets.sampling import Source, pick
from attribution.datasets.worlds import RETAILER, Process

YEAR = 365.0


@dataclass(frozen=True, slots=True)
class Users:
    """Columns over users, each of shape (n,).

    Attributes
    ----------
    segment, region
        Positions in `SEGMENTS` and `REGIONS`.
    propensity, media
        Factors of mean 1 on the user's missions and intent, and on advertising met.
    reach
        Whom each channel can touch, (channels, n).
    owns, logs_in
        Which online devices a user has, and on which of them the user ever logs in, (devices, n).
    tablet
        The user whose tablet is used: oneself, or a neighbour.
    """

    segment: Ints
    region: Ints
    propensity: Floats
    media: Floats
    reach: Bools
    owns: Bools
    logs_in: Bools
    tablet: Ints

    @property
    def n(self) -> int:
        """How many users."""
        return len(self.segment)


@dataclass(frozen=True, slots=True)
class Missions:
    """Columns over shopping missions, each of shape (m,); `touches` is (streams, m).

    Attributes
    ----------
    user
        Position of the user.
    origin
        The stream whose touch started the mission, -1 for missions of one's own.
    start, decision
        Seconds since the log's start.
    base
        Purchase hazard without any touch.
    threshold
        Standard exponential: the mission ends in a purchase when its hazard exceeds this.
    value, mean_value
        The order's value if there is one, and its expectation.
    touches
        How often each stream would touch the user in the mission, int8.
    referrer
        The mission of somebody else that the user has heard of, decided before this one starts; -1: none.
        Nobody's referrer has one.
    """

    user: Ints
    origin: Ints
    start: Ints
    decision: Ints
    base: Floats
    threshold: Floats
    value: Floats
    mean_value: Floats
    touches: NDArray[np.int8]
    referrer: Ints


@dataclass(frozen=True, slots=True)
class World:
    """Everything that could happen, before anything is switched off.

    `ambient_user` and `ambient_time` hold, per stream, the touches outside missions. `effect` is the
    hazard of a first touch, (channels, segments); `process` holds the constants of the world.
    """

    source: Source
    calendar: Calendar
    users: Users
    missions: Missions
    ambient_user: tuple[Ints, ...]
    ambient_time: tuple[Ints, ...]
    effect: Floats
    process: Process


def make_world(
    source: Source,
    calendar: Calendar,
    n_users: int,
    effects: Mapping[str, float],
    process: Process = RETAILER,
) -> World:
    """Draw the world of `n_users` users; `effects` multiplies the channels' causal effects."""
    scale = np.array([effects.get(name, 1.0) * process.effects.get(name, 1.0) for name in r.CHANNEL_NAMES])
    users = _users(source, process, n_users)
    missions = _missions(source, calendar, process, users, scale)
    ambient = [_ambient(source, calendar, process, users, stream) for stream in range(len(r.STREAMS))]
    return World(
        source=source,
        calendar=calendar,
        users=users,
        missions=missions,
        ambient_user=tuple(user for user, _ in ambient),
        ambient_time=tuple(time for _, time in ambient),
        effect=np.array([channel.effect for channel in r.CHANNELS]) * scale[:, None],
        process=process,
    )


def stream_name(stream: int) -> str:
    """Name a stream for the random numbers: its channel and its place among the channel's streams."""
    channel = r.STREAM_CHANNEL[stream]
    return f"{r.CHANNEL_NAMES[channel]}.{r.STREAM_CHANNEL[:stream].count(channel)}"


def _users(source: Source, process: Process, n: int) -> Users:
    segment = (source.uniform("users.segment", n) < process.returning).astype(np.int64)
    reach = np.ones((len(r.CHANNELS), n), dtype=np.bool_)
    for code, channel in enumerate(r.CHANNELS):
        if min(channel.reach) < 1:
            reach[code] = source.uniform(f"users.reach.{channel.name}", n) < np.array(channel.reach)[segment]
    owns = np.stack([source.uniform(f"users.owns.{d}", n) < share for d, share in enumerate(r.DEVICE_OWNED)])
    logs_in = np.stack([source.uniform(f"users.logs_in.{d}", n) for d in range(len(owns))])
    everyone = np.arange(n)
    follows = owns[r.TABLET] & (source.uniform("users.tablet", n) < r.SHARED_TABLETS)
    tablet = np.where(follows, np.minimum(everyone + 1, n - 1), everyone)
    owns[r.TABLET, tablet[follows]] = True
    propensity = source.lognormal("users.propensity", n, r.USER_SPREAD)
    media = source.lognormal("users.media", n, r.MEDIA_SPREAD)
    if process.media_follows:
        k = process.media_follows
        media = media * propensity**k / np.exp(k * (k - 1) * r.USER_SPREAD**2 / 2)
    return Users(
        segment=segment,
        region=pick(source.uniform("users.region", n), tuple(share for _, share in r.REGIONS)),
        propensity=propensity,
        media=media,
        reach=reach,
        owns=owns,
        logs_in=owns & (logs_in < np.array(r.DEVICE_LOGIN)[:, segment]),
        tablet=tablet,
    )


def _exposure(users: Users, stream: int) -> Floats:
    """How strongly each user is in reach of a stream: 0 out of reach, else 1 or the media consumption."""
    channel = r.CHANNELS[r.STREAM_CHANNEL[stream]]
    strength = users.media if channel.media else np.ones(users.n)
    return np.where(users.reach[r.STREAM_CHANNEL[stream]], strength, 0.0)


def _missions(source: Source, calendar: Calendar, process: Process, users: Users, scale: Floats) -> Missions:
    years = calendar.days / YEAR
    own = source.poisson(
        "missions.own", users.propensity * np.array(r.MISSIONS)[users.segment] * years, r.MOST_TOUCHES
    )
    everyone = np.arange(users.n)
    user, origin, start = [np.repeat(everyone, own)], [np.full(own.sum(), -1)], []
    start.append(calendar.demand_time(source, "missions.own.start", len(user[0])))
    for stream, facts in enumerate(process.streams):
        rate = facts.sparks * scale[r.STREAM_CHANNEL[stream]] * years
        if rate == 0:
            continue
        name = f"missions.{stream_name(stream)}"
        sparked = source.poisson(name, rate * _exposure(users, stream), r.MOST_TOUCHES)
        user.append(np.repeat(everyone, sparked))
        origin.append(np.full(len(user[-1]), stream))
        start.append(calendar.media_time(source, f"{name}.start", len(user[-1])))
    return _fill(
        source,
        calendar,
        process,
        users,
        np.concatenate(user),
        np.concatenate(origin),
        np.concatenate(start),
    )


def _fill(
    source: Source,
    calendar: Calendar,
    process: Process,
    users: Users,
    user: Ints,
    origin: Ints,
    start: Ints,
) -> Missions:
    m = len(user)
    segment = users.segment[user]
    stretch = source.uniform("missions.duration", m) ** process.mission_shape
    earliest = start + r.MISSION_SHORTEST
    decision = earliest + (stretch * (process.mission_longest - r.MISSION_SHORTEST)).astype(np.int64)
    decision = calendar.by_the_clock(
        decision, source.uniform("missions.clock", m), earliest, start + process.mission_longest
    )
    intent = users.propensity[user] * source.lognormal("missions.intent", m, r.MISSION_SPREAD)
    intent = np.where(origin >= 0, r.SPARKED_INTENT, 1.0) * intent
    median = np.array(r.ORDER_VALUE)[segment]
    spread = r.ORDER_SPREAD
    touches = np.empty((len(r.STREAMS), m), dtype=np.int8)
    for stream, facts in enumerate(process.streams):
        mean = facts.rate * intent**facts.chase * _exposure(users, stream)[user]
        touches[stream] = source.poisson(
            f"touches.{stream_name(stream)}", np.minimum(mean, r.HIGHEST_MEAN), r.MOST_TOUCHES
        ) + (origin == stream)
    return Missions(
        user=user,
        origin=origin,
        start=start,
        decision=decision,
        base=np.array(r.BASE_HAZARD)[segment] * intent,
        threshold=-np.log1p(-source.uniform("missions.threshold", m)),
        value=np.round(median * np.exp(spread * source.normal("missions.value", m)), 2),
        mean_value=median * np.exp(spread**2 / 2),
        touches=touches,
        referrer=_referrers(source, process, user, start, decision),
    )


def _referrers(source: Source, process: Process, user: Ints, start: Ints, decision: Ints) -> Ints:
    """Return, for each mission, the mission of somebody else that its user has heard of, or -1.

    No user has heard of one mission twice, so a user's missions stay independent of each other.
    """
    m = len(user)
    referrer = np.full(m, -1)
    if not process.referred or not m:
        return referrer
    hears = source.uniform("missions.hears", m) < process.referred
    told = np.flatnonzero(~hears)
    told = told[np.argsort(decision[told], kind="stable")]
    earlier = np.searchsorted(decision[told], start, side="right")
    chosen = (source.uniform("missions.referrer", m) * earlier).astype(np.int64)
    hears &= earlier > 0
    referrer[hears] = told[chosen[hears]]
    referrer[hears & (user[referrer] == user)] = -1
    pairs = np.flatnonzero(referrer >= 0)
    _, first = np.unique(user[pairs] * m + referrer[pairs], return_index=True)
    again = np.ones(len(pairs), dtype=np.bool_)
    again[first] = False
    referrer[pairs[again]] = -1
    return referrer


def _ambient(
    source: Source, calendar: Calendar, process: Process, users: Users, stream: int
) -> tuple[Ints, Ints]:
    rate = process.streams[stream].ambient * calendar.days / YEAR
    if rate == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    name = f"ambient.{stream_name(stream)}"
    counts = source.poisson(name, rate * _exposure(users, stream), 30)
    user = np.repeat(np.arange(users.n), counts)
    return user, calendar.media_time(source, f"{name}.time", len(user))
