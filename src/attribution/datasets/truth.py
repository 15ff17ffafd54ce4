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
    for one, other, gain in world.process.synergy:
        result += gain * ((total[r.CHANNEL_CODE[one]] > 0) & (total[r.CHANNEL_CODE[other]] > 0))
    origin = missions.origin[every]
    for stream in range(len(r.STREAMS)):
        without = off.get(r.STREAM_CHANNEL[stream])
        if world.process.streams[stream].sparks and without is not None:
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


def strengths(world: World, withheld: Off, rows: Ints | None = None) -> tuple[Floats, Floats]:
    """Hazards of missions when channels are withheld, what their users heard of others included.

    Parameters
    ----------
    world
        The world.
    withheld
        Masks over users: who is kept from which channel.
    rows
        Positions of missions; None for all.

    Returns
    -------
    realised
        Shape of `rows`: the hazard once it is known whether the other mission ended in a purchase.
    expected
        The hazard h with P(purchase) = 1 - exp(-h) before that is known; the same where nobody was heard of.
    """
    missions = world.missions
    plain = hazard(world, _of_missions(world, withheld, rows), rows)
    if not world.process.referred:
        return plain, plain
    every = np.arange(len(missions.user)) if rows is None else rows
    hears = np.flatnonzero((missions.referrer[every] >= 0) & (plain > 0))
    other = missions.referrer[every][hears]
    friend = hazard(world, _of_missions(world, withheld, other), other)
    low = plain[hears]
    high = low + (world.process.referral - 1.0) * missions.base[every][hears]
    realised, expected = plain.copy(), plain.copy()
    realised[hears] = np.where(friend > missions.threshold[other], high, low)
    expected[hears] = low - np.log1p(np.expm1(-friend) * -np.expm1(low - high))
    return realised, expected


def _of_missions(world: World, withheld: Off, rows: Ints | None) -> Off:
    user = world.missions.user if rows is None else world.missions.user[rows]
    return {channel: mask[user] for channel, mask in withheld.items()}


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
    inside = missions.decision < world.calendar.end
    actual, likely = strengths(world, withheld)
    bought = inside & (actual > missions.threshold)
    per_user = np.asarray(
        np.bincount(missions.user[inside], likely[inside], minlength=world.users.n), dtype=np.float64
    )
    here = _Here(withheld, actual, likely, per_user, inside)
    return actual, bought, [_effects(world, here, channel) for channel in range(len(r.CHANNELS))]


@dataclass(frozen=True, slots=True)
class _Here:
    """The world as it is: who is kept from what, and by mission and user what follows."""

    withheld: Off
    realised: Floats
    expected: Floats
    per_user: Floats
    inside: Bools


def _touched(world: World, channel: int, withheld: Off) -> Bools:
    """Missions in which switching the channel changes something."""
    streams = [
        stream
        for stream, code in enumerate(r.STREAM_CHANNEL)
        if code == channel or (r.STREAMS[stream].fallback == r.CHANNEL_NAMES[channel] and code in withheld)
    ]
    touched = np.asarray((world.missions.touches[streams] > 0).any(axis=0))
    referrer = world.missions.referrer
    return touched | ((referrer >= 0) & touched[referrer]) if world.process.referred else touched


def _effects(world: World, here: _Here, channel: int) -> Effects:
    missions, n = world.missions, world.users.n
    rows = np.flatnonzero(here.inside & _touched(world, channel, here.withheld))
    others = {code: mask for code, mask in here.withheld.items() if code != channel}
    _, on = strengths(world, others, rows)
    off, none = strengths(world, others | {channel: np.ones(n, dtype=np.bool_)}, rows)
    actual, likely = here.realised[rows], here.expected[rows]
    threshold = missions.threshold[rows]
    realised = (actual > threshold).astype(np.int64) - (off > threshold)
    gain = np.exp(-none) - np.exp(-on)
    caused = np.exp(-none) - np.exp(-likely)
    user = missions.user[rows]
    with_it = here.per_user + np.bincount(user, on - likely, minlength=n)
    without = here.per_user + np.bincount(user, none - likely, minlength=n)
    return Effects(
        conversions=int(realised.sum()),
        value=float(realised @ missions.value[rows]),
        expected_conversions=float(caused.sum()),
        expected_value=float((caused * missions.mean_value[rows]).sum()),
        effect_conversions=float(gain.sum() / n),
        effect_converted=float((np.exp(-without) - np.exp(-with_it)).mean()),
        effect_value=float(gain @ missions.mean_value[rows] / n),
    )
