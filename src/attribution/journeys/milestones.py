"""Where in a journey its milestones fall: the touch that created the lead, the opportunity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from attribution._typing import Hashes, Ints
from attribution.journeys.journeys import Journeys
from attribution.kernels.ragged import search_segments
from attribution.kernels.sorting import order_by_user_and_time
from attribution.kernels.windows import Spans


def milestone_positions(journeys: Journeys, events: Mapping[str, tuple[Hashes, Ints]]) -> dict[str, Ints]:
    """Find, for each converting journey and each kind of event, the touch that led to the milestone.

    A journey's milestone is the user's earliest event of that kind between the journey's first touch
    and its conversion, both included. Its touch is the last touch of the journey at or before it.

    Parameters
    ----------
    journeys
        With times and users.
    events
        For each name the events' (user hash, time), in any order, shapes (e,).

    Returns
    -------
    dict of str to int64, shape (J,)
        The position of the touch in its journey, counted from 0; -1 where there is no milestone.
    """
    assert journeys.time is not None and journeys.user is not None  # noqa: PT018
    assert journeys.conversion_time is not None
    claimed = np.flatnonzero(journeys.converted & (journeys.lengths > 0))
    low, high = journeys.offsets[claimed], journeys.offsets[claimed + 1]
    first_time, last_time = journeys.time[low], journeys.conversion_time[claimed]
    positions = {}
    for name, (event_user, event_time) in events.items():
        _, event_user, event_time = order_by_user_and_time(event_user, event_time)
        _, begin, end = Spans.of(event_user).find(journeys.user[claimed])
        event = search_segments(event_time, begin, end, first_time, "left")
        found = event < end
        found[found] = event_time[event[found]] <= last_time[found]
        touch = search_segments(journeys.time, low[found], high[found], event_time[event[found]], "right")
        position = np.full(len(journeys), -1, np.int64)
        position[claimed[found]] = touch - 1 - low[found]
        positions[name] = position
    return positions
