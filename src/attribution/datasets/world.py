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


@dataclass(frozen=True, slots=True)
class World:
    """Everything that could happen, before anything is switched off.

    `ambient_user` and `ambient_time` hold, per stream, the touches outside missions. `effect` is the
    hazard of a first touch, (channels, segments).
    """

    source: Source
    calendar: Calendar
    users: Users
    missions: Missions
    ambient_user: tuple[Ints, ...]
    ambient_time: tuple[Ints, ...]
    effect: Floats


def make_world(source: Source, calendar: Calendar, n_users: int, effects: Mapping[str, float]) -> World:
    """Draw the world of `n_users` users; `effects` multiplies the channels' causal effects."""
    scale = np.array([effects.get(name, 1.0) for name in r.CHANNEL_NAMES])
    users = _users(source, n_users)
    missions = _missions(source, calendar, users, scale)
    ambient = [_ambient(source, calendar, users, stream) for stream in range(len(r.STREAMS))]
    return World(
        source=source,
        calendar=calendar,
        users=users,
        missions=missions,
        ambient_user=tuple(user for user, _ in ambient),
        ambient_time=tuple(time for _, time in ambient),
        effect=np.array([channel.effect for channel in r.CHANNELS]) * scale[:, None],
    )


def stream_name(stream: int) -> str:
    """Name a stream for the random numbers: its channel and its place among the channel's streams."""
    channel = r.STREAM_CHANNEL[stream]
    return f"{r.CHANNEL_NAMES[channel]}.{r.STREAM_CHANNEL[:stream].count(channel)}"


def _users(source: Source, n: int) -> Users:
    segment = (source.uniform("users.segment", n) < r.RETURNING).astype(np.int64)
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
    return Users(
        segment=segment,
        region=pick(source.uniform("users.region", n), tuple(share for _, share in r.REGIONS)),
        propensity=source.lognormal("users.propensity", n, r.USER_SPREAD),
        media=source.lognormal("users.media", n, r.MEDIA_SPREAD),
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


def _missions(source: Source, calendar: Calendar, users: Users, scale: Floats) -> Missions:
    years = calendar.days / YEAR
    own = source.poisson(
        "missions.own", users.propensity * np.array(r.MISSIONS)[users.segment] * years, r.MOST_TOUCHES
    )
    everyone = np.arange(users.n)
    user, origin, start = [np.repeat(everyone, own)], [np.full(own.sum(), -1)], []
    start.append(calendar.demand_time(source, "missions.own.start", len(user[0])))
    for stream, facts in enumerate(r.STREAMS):
        rate = facts.sparks * scale[r.STREAM_CHANNEL[stream]] * years
        if rate == 0:
            continue
        name = f"missions.{stream_name(stream)}"
        sparked = source.poisson(name, rate * _exposure(users, stream), r.MOST_TOUCHES)
        user.append(np.repeat(everyone, sparked))
        origin.append(np.full(len(user[-1]), stream))
        start.append(calendar.media_time(source, f"{name}.start", len(user[-1])))
    return _fill(source, calendar, users, np.concatenate(user), np.concatenate(origin), np.concatenate(start))


def _fill(
    source: Source, calendar: Calendar, users: Users, user: Ints, origin: Ints, start: Ints
) -> Missions:
    m = len(user)
    segment = users.segment[user]
    stretch = source.uniform("missions.duration", m) ** r.MISSION_SHAPE
    earliest = start + r.MISSION_SHORTEST
    decision = earliest + (stretch * (r.MISSION_LONGEST - r.MISSION_SHORTEST)).astype(np.int64)
    decision = calendar.by_the_clock(
        decision, source.uniform("missions.clock", m), earliest, start + r.MISSION_LONGEST
    )
    intent = users.propensity[user] * source.lognormal("missions.intent", m, r.MISSION_SPREAD)
    intent = np.where(origin >= 0, r.SPARKED_INTENT, 1.0) * intent
    median = np.array(r.ORDER_VALUE)[segment]
    spread = r.ORDER_SPREAD
    touches = np.empty((len(r.STREAMS), m), dtype=np.int8)
    for stream, facts in enumerate(r.STREAMS):
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
    )


def _ambient(source: Source, calendar: Calendar, users: Users, stream: int) -> tuple[Ints, Ints]:
    rate = r.STREAMS[stream].ambient * calendar.days / YEAR
    if rate == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    name = f"ambient.{stream_name(stream)}"
    counts = source.poisson(name, rate * _exposure(users, stream), 30)
    user = np.repeat(np.arange(users.n), counts)
    return user, calendar.media_time(source, f"{name}.time", len(user))
