"""Logs with causes added that are known: conversions that touches caused, touches that cause nothing."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from attribution._typing import Bools, Floats, Hashes, Ints
from attribution.journeys.build import build_part
from attribution.journeys.each_touch import first_of_instant
from attribution.journeys.journeys import Journeys
from attribution.journeys.options import JourneyOptions
from attribution.kernels.hashing import uniforms
from attribution.kernels.ragged import run_starts
from attribution.models.model import Model
from attribution.tables.columns import ConversionColumns, LogColumns, TouchColumns

PLACEBO = "(placebo)"
HOUR = 3_600_000_000
_FOLLOWING = 3 * HOUR  # mean delay of a placebo after the touch that it follows
_CLOSING = 12 * HOUR  # mean time of a closing placebo before its conversion
_CLOSERS = 0.25  # of the closing placebos are put before conversions
_RECENT = 7 * 24 * HOUR  # which conversions: those with a touch so shortly before

PlaceboKind = Literal["random", "following", "closing"]


@dataclass(frozen=True)
class Spike:
    """Conversions that touches of one channel caused.

    Attributes
    ----------
    channel
        The channel.
    chance
        Of each of its touches to have caused one.
    delay
        Mean of the exponential time from touch to conversion, microseconds.
    salt
        Tells draws apart.
    """

    channel: str
    chance: float
    delay: int
    salt: int

    def __call__(self, log: LogColumns) -> tuple[LogColumns, int]:
        """Return the log with them, and how many they are."""
        touches = log.touches
        assert log.end is not None
        hashes, number = _numbered(touches)
        of_channel = touches.channel == log.channels.index(self.channel)
        picked = np.flatnonzero(of_channel & (uniforms(hashes, number, self.salt) < self.chance))
        wait = _exponential(hashes[picked], number[picked], self.salt + 1, self.delay)
        time = touches.time[picked] + wait
        inside = time <= log.end
        bought = log.conversions
        user = np.concatenate([bought.user, hashes[picked][inside]])
        added = ConversionColumns(
            user, np.concatenate([bought.time, time[inside]]), np.zeros(len(user), np.float64)
        )
        return replace(log, conversions=added), int(inside.sum())


@dataclass(frozen=True)
class Placebo:
    """Touches that cause nothing.

    Attributes
    ----------
    kind
        ``"random"``: of users as they are touched, at any time; ``"following"``: some hours after touches;
        ``"closing"``: a quarter of them some hours before conversions that follow a touch within a week, the
        others at the time of touches.
    chance
        Of each touch of the log to have one.
    closers
        Of each such conversion to have one before it.
    salt
        Tells draws apart.
    """

    kind: PlaceboKind
    chance: float
    closers: float
    salt: int

    def __call__(self, log: LogColumns) -> tuple[LogColumns, int]:
        """Return the log with them, and how many they are."""
        touches = log.touches
        assert log.start is not None
        assert log.end is not None
        user, number = _numbered(touches)
        share = self.chance * (1 - _CLOSERS) if self.kind == "closing" else self.chance
        picked = np.flatnonzero(uniforms(user, number, self.salt) < share)
        user, number, time = user[picked], number[picked], touches.time[picked]
        if self.kind == "random":
            time = log.start + (uniforms(user, number, self.salt + 1) * (log.end - log.start)).astype(
                np.int64
            )
        elif self.kind == "following":
            time = np.minimum(time + _exponential(user, number, self.salt + 1, _FOLLOWING), log.end)
        else:
            closed_user, closed_time = self._before(log)
            user = np.concatenate([user, closed_user])
            time = np.concatenate([time, np.maximum(closed_time, log.start)])
        return _with_touches(log, user, time), len(user)

    def _before(self, log: LogColumns) -> tuple[Hashes, Ints]:
        bought = log.conversions
        user, number = bought.user, _order(bought.user, bought.time)
        near = recently_touched(log) & (uniforms(user, number, self.salt + 2) < self.closers)
        user, number = user[near], number[near]
        return user, bought.time[near] - _exponential(user, number, self.salt + 3, _CLOSING)


@dataclass(frozen=True)
class AlteredTally:
    """Tallies of models over an altered log; those of disjoint users add.

    Attributes
    ----------
    tallies
        By the label of the model.
    added
        Rows that were added.
    touches
        Of each channel, float64.
    conversions
        All, and those with a touch in the week before, float64, shape (2,).
    channels
        Of the log, before.
    """

    tallies: Mapping[str, Any]
    added: int
    touches: Floats
    conversions: Floats
    channels: tuple[str, ...]

    def __add__(self, other: AlteredTally) -> AlteredTally:
        return AlteredTally(
            {label: tally + other.tallies[label] for label, tally in self.tallies.items()},
            self.added + other.added,
            self.touches + other.touches,
            self.conversions + other.conversions,
            self.channels,
        )


@dataclass(frozen=True)
class AlteredTask:
    """From the journeys of some users, every touch in one of them, to tallies of journeys of an altered log.

    Attributes
    ----------
    models
        By label.
    options
        How the altered journeys are built.
    change
        What is added; None adds nothing.
    """

    models: Mapping[str, Model[Any]]
    options: JourneyOptions
    change: Spike | Placebo | None

    def __call__(self, journeys: Journeys) -> AlteredTally:
        """Alter the rows behind the journeys, build journeys of them, and tally each model."""
        log = rows_of(journeys)
        touches = np.bincount(log.touches.channel, minlength=len(log.channels)).astype(np.float64)
        conversions = np.array([len(log.conversions), recently_touched(log).sum()], np.float64)
        altered, added = (log, 0) if self.change is None or log.end is None else self.change(log)
        built = build_part(altered, self.options)
        tallies = {label: model.tally(built) for label, model in self.models.items()}
        return AlteredTally(tallies, added, touches, conversions, log.channels)


def rows_of(journeys: Journeys) -> LogColumns:
    """Return the rows behind journeys that hold every touch: channels of touches, times of conversions."""
    assert journeys.user is not None
    assert journeys.time is not None
    assert journeys.conversion_time is not None
    keep = np.repeat(first_of_instant(journeys), journeys.lengths)
    start, end = journeys.window or (None, None)
    bought = journeys.converted
    return LogColumns(
        journeys.channels,
        TouchColumns(
            np.repeat(journeys.user, journeys.lengths)[keep], journeys.time[keep], journeys.channel[keep]
        ),
        ConversionColumns(
            journeys.user[bought], journeys.conversion_time[bought], np.zeros(int(bought.sum()))
        ),
        start,
        end,
        has_value=False,
    )


def recently_touched(log: LogColumns) -> Bools:
    """Mark the conversions whose user had a touch in the week before, shape (m,)."""
    touches, bought = log.touches, log.conversions
    order = np.lexsort([touches.time, touches.user])
    user, time = touches.user[order], touches.time[order]
    # The last touch at or before each conversion: both tables in one order, touches first at one instant.
    both = np.lexsort(
        [
            np.repeat([0, 1], [len(user), len(bought)]),
            np.concatenate([time, bought.time]),
            np.concatenate([user, bought.user]),
        ]
    )
    last = np.cumsum(both < len(user)) - 1
    is_bought = both >= len(user)
    place, number = last[is_bought], both[is_bought] - len(user)
    known = place >= 0
    touched = np.zeros(len(bought), np.bool_)
    of, at = number[known], place[known]
    touched[of] = (user[at] == bought.user[of]) & (bought.time[of] - time[at] < _RECENT)
    return touched


def _with_touches(log: LogColumns, user: Hashes, time: Ints) -> LogColumns:
    """Return the log with touches of the placebo channel, channels still sorted."""
    place = bisect(log.channels, PLACEBO)
    channels = (*log.channels[:place], PLACEBO, *log.channels[place:])
    code = log.touches.channel.astype(np.int32)
    touches = TouchColumns(
        np.concatenate([log.touches.user, user]),
        np.concatenate([log.touches.time, time]),
        np.concatenate([code + (code >= place), np.full(len(user), place, np.int32)]),
    )
    return replace(log, channels=channels, touches=touches)


def _numbered(touches: TouchColumns) -> tuple[Hashes, Ints]:
    """Return the user of each touch, and its number among the user's, whatever the order of rows."""
    return touches.user, _order(touches.user, touches.time, touches.channel)


def _order(user: Hashes, *then: Ints) -> Ints:
    """Return the place of each row among those of its user in the order of further columns."""
    order = np.lexsort([*reversed(then), user])
    first = run_starts(user[order])
    number = np.empty(len(user), np.int64)
    number[order] = np.arange(len(user)) - np.flatnonzero(first)[np.cumsum(first) - 1]
    return number


def _exponential(hashes: Hashes, number: Ints, salt: int, mean: int) -> Ints:
    """Return waiting times of a mean, microseconds, shape of `hashes`."""
    return (-np.log1p(-uniforms(hashes, number, salt)) * mean).astype(np.int64)
