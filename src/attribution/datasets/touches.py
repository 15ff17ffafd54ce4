"""The touches that happen: when in its mission each falls, and what the log says about it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from attribution._typing import Bools, Floats, Ints
from attribution.datasets import retailer as r
from attribution.datasets.calendar import DAY
from attribution.datasets.sampling import pick
from attribution.datasets.truth import Off, reroute
from attribution.datasets.world import World, stream_name

CAMPAIGNS = (
    r.NO_CAMPAIGN,
    *(
        name
        for stream in r.STREAMS
        for name in (*(name for name, _ in stream.campaigns), stream.seasonal)
        if name
    ),
)
"""Labels of the campaign codes."""
PLACES = tuple(dict.fromkeys((source, medium) for stream in r.STREAMS for source, medium, _ in stream.places))
"""Labels of the place codes: source and medium."""
OFFLINE = len(r.DEVICES) - 1
SPELLINGS = ("{}", "{} ", " {}", "upper", "capital")
NULL = np.iinfo(np.int64).min
"""A time, user or channel that is missing."""

_BOT_STREAMS = ("display", "organic_search", "direct", "affiliate")
_BOT_TOUCHES = (300, 1500)
_BOT_DAYS = 4
_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class TouchRows:
    """Columns over touches, all int64 of shape (k,).

    `time` is in seconds since the log's start, `reported` in days since then, `mission` is -1 outside
    missions, `campaign`, `place`, `device` and `spelling` are positions in `CAMPAIGNS`, `PLACES`,
    `DEVICES` and `SPELLINGS`.
    """

    user: Ints
    time: Ints
    channel: Ints
    campaign: Ints
    place: Ints
    device: Ints
    reported: Ints
    mission: Ints
    spelling: Ints

    def __len__(self) -> int:
        """How many rows."""
        return len(self.user)

    def take(self, rows: Ints | Bools) -> Self:
        """Return the rows at the given positions, or under the given mask."""
        return replace(self, **{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def sorted_by_time(self) -> Self:
        """Return the rows in the order of time, then user."""
        return self.take(np.lexsort((self.user, self.time)))


def concatenate(parts: list[TouchRows]) -> TouchRows:
    """Put touches one below the other."""
    return TouchRows(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(TouchRows)
        }
    )


@dataclass(frozen=True, slots=True)
class _Potential:
    """Touches of one stream before anything is withheld, inside the log; `dice` is (4, k)."""

    user: Ints
    time: Ints
    mission: Ints
    dice: Floats


def draw_touches(world: World, withheld: Off) -> tuple[TouchRows, Bools]:
    """Let the touches of the world happen, except the withheld ones.

    Parameters
    ----------
    world
        The world.
    withheld
        Masks over users: who is kept from which channel.

    Returns
    -------
    touches
        In the order of time; no two touches of one user share a second.
    opportunity
        Which users are touched, or would be, were the channel withheld from nobody: (channels, users).
    """
    opportunity = np.zeros((len(r.CHANNELS), world.users.n), dtype=np.bool_)
    parts = []
    for stream, facts in enumerate(r.STREAMS):
        potential = _potential(world, stream)
        channel = r.STREAM_CHANNEL[stream]
        off = {code: mask[potential.user] for code, mask in withheld.items()}
        others = {code: mask for code, mask in off.items() if code != channel}
        opportunity[channel][potential.user[_begun(world, potential.mission, others)]] = True
        begun = _begun(world, potential.mission, off)
        stay, moved = reroute(stream, off)
        parts.append(_dress(world, stream, potential, begun if stay is None else begun & stay))
        if moved is not None:
            fallback = r.main_stream(facts.fallback)
            parts.append(_dress(world, fallback, potential, begun & moved))
            opportunity[r.CHANNEL_CODE[facts.fallback]][parts[-1].user] = True
    return _tell_apart(concatenate(parts)).sorted_by_time(), opportunity


def _potential(world: World, stream: int) -> _Potential:
    missions, name = world.missions, f"touch.{stream_name(stream)}"
    counts = missions.touches[stream]
    mission = np.repeat(np.arange(len(counts)), counts)
    start, decision = missions.start[mission], missions.decision[mission]
    reach = world.source.uniform(f"{name}.position", len(mission)) ** (
        1.0 / world.process.streams[stream].lateness
    )
    time = start + ((decision - start) * reach).astype(np.int64)
    time = world.calendar.by_the_clock(
        time, world.source.uniform(f"{name}.clock", len(mission)), start, decision
    )
    first = np.diff(mission, prepend=-1) > 0
    time = np.where(first & (missions.origin[mission] == stream), start, time)

    user = np.concatenate([missions.user[mission], world.ambient_user[stream]])
    time = np.concatenate([time, world.ambient_time[stream]])
    mission = np.concatenate([mission, np.full(len(world.ambient_user[stream]), -1)])
    dice = world.source.uniform(f"{name}.dice", 4 * len(user)).reshape(4, -1)
    inside = time < world.calendar.end
    return _Potential(user[inside], time[inside], mission[inside], dice[:, inside])


def _begun(world: World, mission: Ints, off: Off) -> Bools:
    """Which touches belong to a mission that begins although the channels in `off` are off, or to none."""
    begun = np.ones(len(mission), dtype=np.bool_)
    origin = np.full(len(mission), -1)
    origin[mission >= 0] = world.missions.origin[mission[mission >= 0]]
    for stream in range(len(r.STREAMS)):
        without = off.get(r.STREAM_CHANNEL[stream])
        if world.process.streams[stream].sparks and without is not None:
            begun &= ~((origin == stream) & without)
    return begun


def _dress(world: World, stream: int, potential: _Potential, rows: Bools) -> TouchRows:
    """Give touches the campaign, place, device and reporting delay of the stream they come through."""
    facts, channel = r.STREAMS[stream], r.STREAM_CHANNEL[stream]
    user, time = potential.user[rows], potential.time[rows]
    for_campaign, for_place, for_device, for_delay = potential.dice[:, rows]
    day = time // DAY
    least, most = facts.delay
    places = np.array([PLACES.index((source, medium)) for source, medium, _ in facts.places])
    return TouchRows(
        user=user,
        time=time,
        channel=np.full(len(user), channel),
        campaign=_campaign(facts, for_campaign, world.calendar.holiday[day]),
        place=places[pick(for_place, tuple(share for _, _, share in facts.places))],
        device=np.full(len(user), OFFLINE)
        if r.CHANNELS[channel].offline
        else devices_used(world, user, for_device),
        reported=day + least + (for_delay**3 * (most - least + 1)).astype(np.int64),
        mission=potential.mission[rows],
        spelling=np.zeros(len(user), dtype=np.int64),
    )


def _campaign(facts: r.Stream, u: Floats, holiday: Bools) -> Ints:
    if not facts.campaigns:
        return np.zeros(len(u), dtype=np.int64)
    codes = np.array([CAMPAIGNS.index(name) for name, _ in facts.campaigns])
    seasonal = holiday & (u < r.HOLIDAY_SHARE) if facts.seasonal else np.zeros(len(u), dtype=np.bool_)
    rest = np.where(holiday & bool(facts.seasonal), (u - r.HOLIDAY_SHARE) / (1 - r.HOLIDAY_SHARE), u)
    always = codes[pick(rest, tuple(share for _, share in facts.campaigns))]
    return np.where(seasonal, CAMPAIGNS.index(facts.seasonal) if facts.seasonal else 0, always)


def devices_used(world: World, user: Ints, u: Floats) -> Ints:
    """Choose the online device of each touch: the one wanted if the user has it, else the mobile."""
    wanted = pick(u, r.DEVICE_USED)
    return np.where(world.users.owns[wanted, user], wanted, 0)


def recorded(world: World, touches: TouchRows) -> TouchRows:
    """Return the touches that the log holds: those of users who consent to being recorded there."""
    kept = np.ones(len(touches), dtype=np.bool_)
    for name, share in world.process.consent.items():
        agrees = world.source.uniform(f"consent.{name}", world.users.n) < share
        kept &= (touches.channel != r.CHANNEL_CODE[name]) | agrees[touches.user]
    return touches if kept.all() else touches.take(kept)


def _tell_apart(touches: TouchRows) -> TouchRows:
    """Move touches of one user in one second to the seconds before it."""
    key = touches.user << 32 | touches.time
    order = np.argsort(key, kind="stable")
    key = key[order]
    while len(same := np.flatnonzero(key[1:] == key[:-1])):
        key[same] -= 1
    time = np.empty_like(touches.time)
    time[order] = key & (2**32 - 1)
    return replace(touches, time=time)


def draw_bots(world: World, n_bots: int) -> TouchRows:
    """Hundreds of touches within a few days for each of `n_bots` users beyond the real ones."""
    least, most = _BOT_TOUCHES
    burst = world.source.uniform("bots.touches", n_bots)
    counts = least + (burst * (most - least + 1)).astype(np.int64)
    user = np.repeat(np.arange(n_bots) + world.users.n, counts)
    k = len(user)
    window = min(_BOT_DAYS * DAY, world.calendar.end)
    begin = (world.source.uniform("bots.begin", n_bots) * (world.calendar.end - window)).astype(np.int64)
    within = _HOUR + world.source.uniform("bots.time", k) * (window - _HOUR)  # room for telling touches apart
    time = np.repeat(begin, counts) + within.astype(np.int64)
    kind = pick(world.source.uniform("bots.channel", k), (0.25,) * len(_BOT_STREAMS))
    streams = [r.main_stream(name) for name in _BOT_STREAMS]
    places = np.array([PLACES.index(r.STREAMS[stream].places[0][:2]) for stream in streams])
    campaigns = np.array(
        [
            CAMPAIGNS.index(next(iter(r.STREAMS[stream].campaigns), (r.NO_CAMPAIGN, 1.0))[0])
            for stream in streams
        ]
    )
    return _tell_apart(
        TouchRows(
            user=user,
            time=time,
            channel=np.array([r.CHANNEL_CODE[name] for name in _BOT_STREAMS])[kind],
            campaign=campaigns[kind],
            place=places[kind],
            device=np.full(k, r.DEVICES.index("desktop")),
            reported=time // DAY,
            mission=np.full(k, -1),
            spelling=np.zeros(k, dtype=np.int64),
        )
    )
