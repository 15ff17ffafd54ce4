"""The touches that conversions claim, laid out for rules: position, length, time before conversion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from attribution._threads import once
from attribution._typing import Bools, Codes, Floats, Ints
from attribution.journeys.journeys import Journeys
from attribution.kernels.ragged import expand


@dataclass(frozen=True, eq=False)
class ClaimedTouches:
    """Touches of converting journeys, one journey after the other.

    K converting journeys that hold a touch own M touches.

    Attributes
    ----------
    journeys
        Where they come from.
    which : int64, shape (K,)
        Positions of those journeys.
    index : int64, shape (M,)
        Positions of their touches.
    offsets : int64, shape (K + 1,)
        Touches of journey k are ``offsets[k]:offsets[k + 1]`` here.
    conversions : float64, shape (K,)
        Conversions that the journey stands for; 1 unless it comes from a path table.
    value : float64, shape (K,)
        Their value.
    """

    journeys: Journeys
    which: Ints
    index: Ints
    offsets: Ints
    conversions: Floats
    value: Floats

    @cached_property
    def lengths(self) -> Ints:
        """Touches of each journey, shape (K,)."""
        return np.diff(self.offsets)

    @cached_property
    def journey(self) -> Ints:
        """Which of the K journeys each touch belongs to, shape (M,)."""
        return np.repeat(np.arange(len(self.which)), self.lengths)

    @cached_property
    def length(self) -> Ints:
        """Touches of the journey of each touch, shape (M,)."""
        return self.lengths[self.journey]

    @cached_property
    def position(self) -> Ints:
        """Position of each touch in its journey, counted from 0, shape (M,)."""
        return np.arange(len(self.index)) - self.offsets[:-1][self.journey]

    @cached_property
    def is_first(self) -> Bools:
        """Whether a touch opens its journey, shape (M,)."""
        marks = np.zeros(len(self.index), np.bool_)
        marks[self.offsets[:-1]] = True
        return marks

    @cached_property
    def is_last(self) -> Bools:
        """Whether a touch closes its journey, shape (M,)."""
        marks = np.zeros(len(self.index), np.bool_)
        marks[self.offsets[1:] - 1] = True
        return marks

    @cached_property
    def channel(self) -> Codes:
        """Channel code of each touch, shape (M,)."""
        return self.journeys.channel[self.index]

    @cached_property
    def days_before(self) -> Floats:
        """Days from each touch to its conversion, shape (M,); NaN where times are unknown."""
        if self.journeys.time is None or self.journeys.conversion_time is None:
            return np.full(len(self.index), np.nan)
        conversion = self.journeys.conversion_time[self.which][self.journey]
        return (conversion - self.journeys.time[self.index]) / 86_400_000_000


def claimed_touches(journeys: Journeys) -> ClaimedTouches:
    """Return the claimed touches of `journeys`, computed once and kept with them."""
    return once(journeys._cache, "claimed", lambda: _claimed(journeys))  # noqa: SLF001


def _claimed(journeys: Journeys) -> ClaimedTouches:
    which = np.flatnonzero(journeys.converted & (journeys.lengths > 0))
    index, offsets = expand(journeys.offsets[which], journeys.offsets[which + 1])
    conversions = journeys.weights_of(which)
    # A twin without the cache: a cycle would keep hundreds of megabytes until the collector comes by.
    twin = replace(journeys)
    return ClaimedTouches(twin, which, index, offsets, conversions, journeys.value[which])
