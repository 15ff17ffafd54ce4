"""Who converts: new customers, or customers who converted before."""

from __future__ import annotations

import numpy as np

from attribution._typing import Bools, Ints
from attribution.errors import JourneyError
from attribution.journeys.journeys import Journeys
from attribution.kernels.ragged import run_starts

CUSTOMER = "customer"
LABELS = ("new", "returning")


def is_returning(journeys: Journeys) -> Bools:
    """Return whether the user had converted before, for each journey; shape (J,).

    A conversion is a returning customer's when the journeys hold a strictly earlier conversion of its user,
    with a touch or without; conversions of a user at one instant are alike. A journey that did not convert is
    a returning customer's when its last touch came after the user's first conversion. Conversions before the
    log began are not known: the longer the log, the fewer returning customers pass for new ones.

    Raises
    ------
    JourneyError
        If the journeys came from a path table, which knows no users.

    Examples
    --------
    >>> import attribution as at
    >>> touches = {"user_id": [1, 1, 2], "time": ["2026-01-01", "2026-01-05", "2026-01-05"],
    ...            "channel": ["email", "search", "email"]}
    >>> conversions = {"user_id": [1, 1, 2], "time": ["2026-01-03", "2026-01-06", "2026-01-07"]}
    >>> is_returning(at.build_journeys(at.read_log(touches, conversions))).sum().item()
    1
    """
    user, conversion_time = journeys.user, journeys.conversion_time
    if user is None or conversion_time is None:
        msg = f"by={CUSTOMER!r} needs users, and these journeys came from a path table"
        raise JourneyError(msg, column="by", hint="at.build_journeys(log) knows users")
    if not len(journeys):
        return np.zeros(0, np.bool_)
    return _ended(journeys, conversion_time) > first_conversions(journeys)


def first_conversions(journeys: Journeys) -> Ints:
    """Return when the user of each journey converted first, int64, shape (J,); its greatest for never."""
    user, conversion_time = journeys.user, journeys.conversion_time
    if journeys.first_conversion is not None:
        return journeys.first_conversion
    never = np.iinfo(np.int64).max
    if user is None or conversion_time is None or not len(user):
        return np.full(len(journeys), never)
    instants = np.where(journeys.converted, conversion_time, never)
    starts = np.flatnonzero(run_starts(user))
    earliest = np.minimum.reduceat(instants, starts)
    return np.repeat(earliest, np.diff(np.append(starts, len(user))))


def _ended(journeys: Journeys, conversion_time: Ints) -> Ints:
    """Return when each journey ended: at its conversion, or at its last touch."""
    ends = conversion_time.copy()
    open_ = np.flatnonzero(~journeys.converted & (journeys.lengths > 0))
    assert journeys.time is not None
    ends[open_] = journeys.time[journeys.offsets[open_ + 1] - 1]
    return ends
