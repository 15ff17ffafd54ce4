"""Each touch of journeys once, although conversions at one instant look back on the same touches."""

from __future__ import annotations

import numpy as np

from attribution._typing import Bools
from attribution.journeys.journeys import Journeys


def first_of_instant(journeys: Journeys) -> Bools:
    """Return which journeys hold their touches first: conversions of a user at one instant share theirs.

    Of journeys that conversions reset, so that they share no others; shape (J,).
    """
    assert journeys.user is not None
    assert journeys.conversion_time is not None
    first = np.ones(len(journeys), np.bool_)
    bought = np.flatnonzero(journeys.converted & (journeys.lengths > 0))
    order = bought[np.lexsort([journeys.conversion_time[bought], journeys.user[bought]])]
    user, time = journeys.user[order], journeys.conversion_time[order]
    first[order[1:][(user[1:] == user[:-1]) & (time[1:] == time[:-1])]] = False
    return first
