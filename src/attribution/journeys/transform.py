"""Journeys to journeys: collapse repeated touches, keep the last few."""

from __future__ import annotations

import numpy as np

from attribution._typing import Bools
from attribution.errors import JourneyError
from attribution.journeys.journeys import Journeys
from attribution.kernels.ragged import offsets_of


def collapse_repeats(journeys: Journeys, session_gap: int) -> Journeys:
    """Collapse consecutive touches of one channel into the first of them.

    Parameters
    ----------
    journeys
        Must know the times of touches.
    session_gap
        Microseconds. A touch is collapsed into the one before it in its journey when both are of one
        channel and no further apart than this; a run of such touches collapses into its first.

    Raises
    ------
    JourneyError
        If the journeys have no times.
    """
    if journeys.time is None:
        msg = "session_gap needs the times of touches, and these journeys came from a path table"
        raise JourneyError(msg, hint="session_gap=None")
    kept = np.ones(len(journeys.channel), np.bool_)
    kept[1:] = journeys.channel[1:] != journeys.channel[:-1]
    kept[1:] |= np.diff(journeys.time) > session_gap
    starts = journeys.offsets[:-1]
    kept[starts[starts < len(kept)]] = True
    return keep(journeys, kept)


def keep_last(journeys: Journeys, n: int) -> Journeys:
    """Keep the last `n` touches of every journey."""
    lengths = journeys.lengths
    from_end = np.repeat(journeys.offsets[1:], lengths) - np.arange(len(journeys.channel))
    return keep(journeys, from_end <= n)


def keep(journeys: Journeys, kept: Bools) -> Journeys:
    """Return the journeys with some of their touches; one that loses all of them stays, without any.

    Parameters
    ----------
    journeys
        N touches.
    kept
        Which of them to keep, shape (N,).
    """
    if bool(kept.all()):
        return journeys
    before = offsets_of(kept.astype(np.int64))
    return journeys._with_touches(np.flatnonzero(kept), before[journeys.offsets])  # noqa: SLF001
