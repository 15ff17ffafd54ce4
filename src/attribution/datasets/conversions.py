"""The conversions that happen: leads, opportunities and purchases, and what the log says about them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from attribution._typing import Bools, Floats, Ints
from attribution.datasets import retailer as r
from attribution.datasets.calendar import DAY
from attribution.datasets.touches import TouchRows, devices_used
from attribution.datasets.world import World

GOALS = ("lead", "opportunity", "purchase")
PURCHASE = GOALS.index("purchase")
_LEAD_AT = (0.05, 0.50)  # share of the mission by which a lead is made
_OPPORTUNITY_AT = (0.55, 0.90)


@dataclass(frozen=True, slots=True)
class ConversionRows:
    """Columns over conversions of shape (k,): `value` float64 (NaN where missing), the rest int64.

    `time` is in seconds since the log's start, `reported` in days; `goal` and `device` are positions in
    `GOALS` and `DEVICES`; `returning` is 1 for users who bought before, also within the log.
    """

    user: Ints
    time: Ints
    goal: Ints
    value: Floats
    order: Ints
    returning: Ints
    device: Ints
    reported: Ints

    def __len__(self) -> int:
        """How many rows."""
        return len(self.user)

    def take(self, rows: Ints | Bools) -> Self:
        """Return the rows at the given positions, or under the given mask."""
        return replace(self, **{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def sorted_by_time(self) -> Self:
        """Return the rows in the order of time, then goal, then user."""
        return self.take(np.lexsort((self.user, self.goal, self.time)))


def draw_conversions(world: World, strength: Floats, bought: Bools, touches: TouchRows) -> ConversionRows:
    """Let leads, opportunities and purchases happen.

    Parameters
    ----------
    world
        The world.
    strength
        Each mission's purchase hazard, shape (m,).
    bought
        Which missions end in a purchase inside the log.
    touches
        The touches that happened: nobody becomes a lead before the mission's first touch.

    Returns
    -------
    ConversionRows
        In the order of time, order numbers ascending.
    """
    missions = world.missions
    lead_time, opportunity_time = _milestones(world, touches)
    happened = (
        (r.LEAD_EASE * strength > missions.threshold) & (lead_time < world.calendar.end),
        (r.OPPORTUNITY_EASE * strength > missions.threshold) & (opportunity_time < world.calendar.end),
        bought,
    )
    rows = [np.flatnonzero(mask) for mask in happened]
    mission = np.concatenate(rows)
    goal = np.repeat(np.arange(len(GOALS)), [len(part) for part in rows])
    time = np.concatenate(
        [at[part] for at, part in zip((lead_time, opportunity_time, missions.decision), rows, strict=True)]
    )
    user = missions.user[mission]
    first_purchase = np.full(world.users.n, np.iinfo(np.int64).max)
    np.minimum.at(first_purchase, missions.user[bought], missions.decision[bought])
    u = world.source.uniform("conversions.delay", len(missions.user))[mission]
    for_device = world.source.uniform("conversions.device", len(missions.user))[mission]
    found = ConversionRows(
        user=user,
        time=time,
        goal=goal,
        value=np.where(goal == PURCHASE, missions.value[mission], 0.0),
        order=np.zeros(len(user), dtype=np.int64),
        returning=((world.users.segment[user] == 1) | (time > first_purchase[user])).astype(np.int64),
        device=devices_used(world, user, for_device),
        reported=time // DAY + (u**3 * 3).astype(np.int64),
    ).sorted_by_time()
    return replace(found, order=np.arange(len(found)))


def _milestones(world: World, touches: TouchRows) -> tuple[Ints, Ints]:
    """Return when each mission would make a lead and an opportunity: before its decision."""
    missions, m = world.missions, len(world.missions.user)
    length = missions.decision - missions.start
    times = []
    for goal, (low, high) in zip(GOALS, (_LEAD_AT, _OPPORTUNITY_AT), strict=False):
        share = low + (high - low) * world.source.uniform(f"conversions.{goal}", m)
        times.append(missions.start + (length * share).astype(np.int64))
    first_touch = np.full(m, -1)
    inside = touches.mission >= 0
    # Touches come in the order of time, so assigning them backwards leaves each mission its first.
    first_touch[touches.mission[inside][::-1]] = touches.time[inside][::-1]
    lead = np.minimum(np.maximum(times[0], first_touch + 1), missions.decision - 2)
    opportunity = np.minimum(np.maximum(times[1], lead + 1), missions.decision - 1)
    return lead, opportunity
