"""What the channels caused: the same world, with the same random numbers, a channel switched off.

A mission's purchase hazard is its base plus what its touches add; it ends in a purchase when the hazard
exceeds the mission's own exponential threshold. So P(purchase | touches) = 1 - exp(-hazard), and P(user
buys at least once) = 1 - exp(-sum of the hazards of the user's missions): expectations over the
thresholds are exact, without simulating again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from attribution._typing import Bools, Floats, Ints
from attribution.datasets import retailer as r
from attribution.datasets.world import World

_MOST = 2 * r.MOST_TOUCHES * len(r.STREAMS)
PHI = (1.0 - r.SATURATION ** np.arange(_MOST)) / (1.0 - r.SATURATION)
"""Effect of n touches of one channel in a mission, in units of the first touch's effect."""

Off = Mapping[int, Bools]
"""Per channel code, over some rows: for whom it is off. Channels that are not in it are on."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Effects of one channel; see docs/simulation.md for the definitions."""

    conversions: int
    value: float
    expected_conversions: float
    expected_value: float
    effect_conversions: float
    effect_converted: float
    effect_value: float


def hazard(world: World, off: Off, rows: Ints | None = None) -> Floats:
    """Purchase hazard of missions when the channels in `off` are off.

    Parameters
    ----------
    world
        The world.
    off
        Masks over `rows`.
    rows
        Positions of missions; None for all.

    Returns
    -------
    Floats
        Shape of `rows`; 0 where the mission would not have begun.
    """
    missions = world.missions
    every = slice(None) if rows is None else rows
    user = missions.user[every]
    segment = world.users.segment[user]
    touches = missions.touches[:, every]
    total = np.zeros((len(r.CHANNELS), len(user)), dtype=np.int64)
    for stream, facts in enumerate(r.STREAMS):
        channel = r.STREAM_CHANNEL[stream]
        kept, moved = reroute(stream, off)
        total[channel] += touches[stream] if kept is None else np.where(kept, touches[stream], 0)
        if moved is not None:
            total[r.CHANNEL_CODE[facts.fallback]] += np.where(moved, touches[stream], 0)
    result = missions.base[every].copy()
    for channel in range(len(r.CHANNELS)):
        result += world.effect[channel][segment] * PHI[total[channel]]
    origin = missions.origin[every]
    for stream in range(len(r.STREAMS)):
        without = off.get(r.STREAM_CHANNEL[stream])
        if r.STREAMS[stream].sparks and without is not None:
            result[(origin == stream) & without] = 0.0
    return result


def reroute(stream: int, off: Off) -> tuple[Bools | None, Bools | None]:
    """Tell where touches of a stream stay, and where they come through its fallback.

    Returns
    -------
    tuple
        Masks over the rows of `off`, or None: for the first "everywhere", for the second "nowhere".
    """
    without = off.get(r.STREAM_CHANNEL[stream])
    if without is None:
        return None, None
    fallback = r.STREAMS[stream].fallback
    if not fallback:
        return ~without, None
    blocked = off.get(r.CHANNEL_CODE[fallback])
    return ~without, without if blocked is None else without & ~blocked


def measure(world: World, withheld: Off) -> tuple[Floats, Bools, list[Effects]]:
    """Purchases of the world as it is, and every channel's effects on them.

    Parameters
    ----------
    world
        The world.
    withheld
        Masks over users: who is kept from which channel.

    Returns
    -------
    strength
        Each mission's hazard, shape (m,).
    bought
        Which missions end in a purchase inside the log, shape (m,).
    effects
        One a channel, in the order of `CHANNELS`.
    """
    missions = world.missions
    of_mission = {channel: mask[missions.user] for channel, mask in withheld.items()}
    inside = missions.decision < world.calendar.end
    actual = hazard(world, of_mission)
    bought = inside & (actual > missions.threshold)
    per_user = np.asarray(
        np.bincount(missions.user[inside], actual[inside], minlength=world.users.n), dtype=np.float64
    )
    effects = [
        _effects(world, of_mission, channel, actual, per_user, inside) for channel in range(len(r.CHANNELS))
    ]
    return actual, bought, effects


def _touched(world: World, channel: int, of_mission: Off) -> Bools:
    """Missions in which switching the channel changes something."""
    streams = [
        stream
        for stream, code in enumerate(r.STREAM_CHANNEL)
        if code == channel or (r.STREAMS[stream].fallback == r.CHANNEL_NAMES[channel] and code in of_mission)
    ]
    return np.asarray((world.missions.touches[streams] > 0).any(axis=0))


def _effects(
    world: World,
    of_mission: Off,
    channel: int,
    actual: Floats,
    per_user: Floats,
    inside: Bools,
) -> Effects:
    missions, n = world.missions, world.users.n
    rows = np.flatnonzero(inside & _touched(world, channel, of_mission))
    off = {code: mask[rows] for code, mask in of_mission.items()}
    mine = off.pop(channel, np.zeros(len(rows), dtype=np.bool_))
    on = hazard(world, off, rows)
    none = hazard(world, off | {channel: np.ones(len(rows), dtype=np.bool_)}, rows)
    threshold = missions.threshold[rows]
    realised = ~mine * ((on > threshold).astype(np.int64) - (none > threshold))
    gain = np.exp(-none) - np.exp(-on)
    user = missions.user[rows]
    with_it = per_user + np.bincount(user, on - actual[rows], minlength=n)
    without = per_user + np.bincount(user, none - actual[rows], minlength=n)
    return Effects(
        conversions=int(realised.sum()),
        value=float(realised @ missions.value[rows]),
        expected_conversions=float(gain[~mine].sum()),
        expected_value=float((gain * missions.mean_value[rows])[~mine].sum()),
        effect_conversions=float(gain.sum() / n),
        effect_converted=float((np.exp(-without) - np.exp(-with_it)).mean()),
        effect_value=float(gain @ missions.mean_value[rows] / n),
    )
