"""Which touches a conversion looks back on, and which touches no conversion claims."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution._typing import Hashes, Ints
from attribution.kernels.ragged import run_starts, search_segments


@dataclass(frozen=True, slots=True)
class Spans:
    """Where each user's rows stand in arrays sorted by user.

    Attributes
    ----------
    user : uint64, shape (u,)
        Distinct hashes, increasing.
    low, high : int64, shape (u,)
        User i's rows are ``[low[i], high[i])``.
    """

    user: Hashes
    low: Ints
    high: Ints

    @classmethod
    def of(cls, user: Hashes) -> Spans:
        """Find the spans of a sorted column of hashes, shape (n,)."""
        low = np.flatnonzero(run_starts(user))
        return cls(user[low], low, np.append(low[1:], len(user)).astype(np.int64))

    def find(self, user: Hashes) -> tuple[Ints, Ints, Ints]:
        """Return (span number, low, high) of each user asked for, shapes (k,).

        A user who is not there gets an empty span at the place where his rows would stand.
        """
        number = np.searchsorted(self.user, user)
        known = number < len(self.user)
        known[known] = self.user[number[known]] == user[known]
        low = np.full(len(user), self.high[-1] if len(self.high) else 0, np.int64)
        inside = number < len(self.user)
        low[inside] = self.low[number[inside]]
        high = low.copy()
        high[known] = self.high[number[known]]
        return number, low, high


def conversion_windows(
    spans: Spans,
    touch_time: Ints,
    conversion_user: Hashes,
    conversion_time: Ints,
    lookback: int | Ints,
    *,
    reset: bool,
) -> tuple[Ints, Ints]:
    """Return, for each conversion, the touches it looks back on.

    A touch at t is eligible for a conversion at T when ``T - lookback <= t <= T`` and, with `reset`,
    when t is later than the user's previous, strictly earlier, conversion.

    Parameters
    ----------
    spans
        Of the sorted touches.
    touch_time
        Microseconds, sorted inside each user, shape (n,).
    conversion_user, conversion_time
        Sorted by (user, time), shape (m,).
    lookback
        Microseconds, for all conversions or for each, shape (m,).
    reset
        Whether a conversion spends the touches at or before it.

    Returns
    -------
    low, high : int64, shape (m,)
        Conversion k looks back on touches ``[low[k], high[k])``; empty where there is none.
    """
    _, first, last = spans.find(conversion_user)
    high = search_segments(touch_time, first, last, conversion_time, "right")
    low = search_segments(touch_time, first, last, conversion_time - lookback, "left")
    if reset:
        low = np.maximum(low, _spent(conversion_user, conversion_time, first, high))
    return low, np.maximum(low, high)


def _spent(user: Hashes, time: Ints, first: Ints, high: Ints) -> Ints:
    """Return where the touches after the previous, strictly earlier, conversion begin; shape (m,)."""
    if not len(user):
        return first
    starts = run_starts(user, time)  # one instant of one user, however many conversions it holds
    instant = np.flatnonzero(starts)
    spent = first[instant].copy()
    again = np.flatnonzero(user[instant][1:] == user[instant][:-1]) + 1
    spent[again] = high[instant][again - 1]
    limits: Ints = spent[np.cumsum(starts) - 1]
    return limits


def unclaimed_stretches(
    spans: Spans, conversion_user: Hashes, low: Ints, high: Ints
) -> tuple[Ints, Ints, Ints]:
    """Return each maximal stretch of a user's touches that no conversion claims.

    A conversion without touches claims none, so it does not cut a stretch in two.

    Parameters
    ----------
    spans
        Of the sorted touches.
    conversion_user, low, high
        The conversions' windows as `conversion_windows` gives them, shape (m,).

    Returns
    -------
    low, high : int64, shape (s,)
        First the stretches before a window, then those after the last one, each sorted.
    span : int64, shape (s,)
        Which user's they are.
    """
    claims = np.flatnonzero(high > low)
    # A window that reaches back further than an earlier one claims what that left over.
    low, high = np.minimum.accumulate(low[claims][::-1])[::-1], high[claims]
    number = np.searchsorted(spans.user, conversion_user[claims])
    before = spans.low[number]
    again = np.flatnonzero(number[1:] == number[:-1]) + 1
    before[again] = high[again - 1]
    rest = spans.low.copy()
    if len(number):
        final = np.append(number[1:] != number[:-1], True)
        rest[number[final]] = high[final]
    gaps, tails = low > before, spans.high > rest
    return (
        np.concatenate([before[gaps], rest[tails]]),
        np.concatenate([low[gaps], spans.high[tails]]),
        np.concatenate([number[gaps], np.flatnonzero(tails)]),
    )
