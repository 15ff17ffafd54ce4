"""Which rows of a panel a test uses: others are cut before anything is demanded of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution._typing import Bools
from attribution.errors import ExperimentError
from attribution.experiments.geo.panel_times import Times, last_day, read_time, shown


@dataclass(frozen=True, slots=True)
class Window:
    """From the first time that is used to the last whose outcome counts.

    Attributes
    ----------
    since
        First time to use; a function of the panel's times; or None for all.
    start, end
        First and last time of the treatment; None for all.
    cooldown
        Periods after `end` whose outcome counts still.
    """

    since: Any = None
    start: Any = None
    end: Any = None
    cooldown: int = 0

    def inside(self, times: Times, axis: Times, left_out: Times) -> Bools:
        """Return which rows are used, shape of `times`.

        Parameters
        ----------
        times
            Of the rows.
        axis
            The distinct times that are no holidays, in order.
        left_out
            Holidays.

        Raises
        ------
        ExperimentError
            If `since` is no time of the panel.
        """
        kept = np.ones(len(times), np.bool_)
        if not len(axis):
            return kept
        since = self.since(axis) if callable(self.since) else self.since
        if since is not None:
            first = read_time(since, "since", axis)
            if not axis[0] <= first <= last_day(axis) and first not in left_out:
                msg = f"since={shown(first)!r} is outside the panel"
                hint = f"since={shown(axis[0])!r}, or a later time"
                raise ExperimentError(msg, column="since", hint=hint)
            kept &= times >= first
        if self.start is not None and self.end is not None:
            last = read_time(self.end, "end", axis)
            stop = int(np.searchsorted(axis, last, side="right")) + self.cooldown
            whole = last in axis or last in left_out or last + 1 in axis  # else refused by its name later
            if whole and read_time(self.start, "start", axis) <= last <= axis[-1] and stop <= len(axis):
                kept &= times <= axis[stop - 1]
        return kept
