"""When things happen: seasons, weekdays, hours. Times are whole seconds since the log's start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Bools, Floats, Ints
from attribution.datasets import retailer as r
from attribution.datasets.sampling import Source

DAY = 86_400
_HOUR = 3_600
_FIRST_SECOND = 60  # room for telling simultaneous touches apart without leaving the first day


@dataclass(frozen=True, slots=True)
class Calendar:
    """The log's days and how busy each is.

    Attributes
    ----------
    first
        The first day, numpy datetime64[D]; the log covers `days` whole days in UTC.
    demand, media
        Cumulative shares of the days, shape (days + 1,), for missions of one's own and for touches.
    holiday
        Whether the seasonal campaigns run, shape (days,).
    """

    first: np.datetime64
    days: int
    demand: Floats
    media: Floats
    holiday: Bools

    @property
    def end(self) -> int:
        """Seconds from the log's start to its end."""
        return self.days * DAY

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """The log's days, datetime64[D], shape (days,)."""
        return self.first + np.arange(self.days)

    def demand_time(self, source: Source, name: str, n: int) -> Ints:
        """Draw `n` times by the season of demand and the hours of the day."""
        return self._time(source, name, n, self.demand)

    def media_time(self, source: Source, name: str, n: int) -> Ints:
        """Draw `n` times by the season of advertising and the hours of the day."""
        return self._time(source, name, n, self.media)

    def _time(self, source: Source, name: str, n: int, shares: Floats) -> Ints:
        at = np.interp(source.uniform(f"{name}.day", n), shares, np.arange(self.days + 1.0))
        day = np.minimum(at.astype(np.int64), self.days - 1)
        time = day * DAY + _clock(source.uniform(f"{name}.clock", n))
        return np.asarray(np.maximum(time, _FIRST_SECOND))

    @staticmethod
    def by_the_clock(time: Ints, u: Floats, low: Ints, high: Ints) -> Ints:
        """Move each time to an hour people keep, on its day, where that stays within [low, high]."""
        moved = time // DAY * DAY + _clock(u)
        return np.where((moved >= low) & (moved <= high), moved, time)


def make_calendar(first: np.datetime64, days: int, seasonality: float) -> Calendar:
    """Lay out `days` days from `first`; `seasonality` 0 makes all days alike, 1 is the retailer's year."""
    dates = first + np.arange(days)
    month = dates.astype("datetime64[M]").astype(np.int64) % 12
    weekday = (dates.astype(np.int64) + 3) % 7
    day = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    weight = np.array(r.MONTH)[month] * np.array(r.WEEK)[weekday]
    # The Friday after the fourth Thursday of November falls on the 23rd to the 29th.
    friday = (month == 10) & (weekday == 4) & (day >= 23) & (day <= 29)
    sale = np.convolve(friday, np.ones(4))[:days] > 0
    weight = np.where(sale, r.BLACK_FRIDAY * weight, weight) ** seasonality
    stamp = (month + 1) * 100 + day
    (first_month, first_day), (last_month, last_day) = r.HOLIDAY
    return Calendar(
        first=first,
        days=days,
        demand=_cumulative(weight),
        media=_cumulative(np.sqrt(weight)),
        holiday=(stamp >= first_month * 100 + first_day) & (stamp <= last_month * 100 + last_day),
    )


def _cumulative(weight: Floats) -> Floats:
    total = np.concatenate([[0.0], np.cumsum(weight)])
    return np.asarray(total / total[-1])


_CLOCK_SHARES = _cumulative(np.array(r.CLOCK, dtype=np.float64))


def _clock(u: Floats) -> Ints:
    seconds = np.interp(u, _CLOCK_SHARES, np.arange(len(r.CLOCK) + 1.0) * _HOUR)
    return np.asarray(np.minimum(seconds.astype(np.int64), DAY - 1))
