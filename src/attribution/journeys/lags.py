"""How long conversions take: days and touches from a journey's first touch to its conversion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from attribution import _draw
from attribution._checks import fraction
from attribution._display import Display, format_number
from attribution._typing import Floats, Ints
from attribution.errors import JourneyError
from attribution.journeys.journeys import Journeys
from attribution.stats.sums import sums_by

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes

DAY_US = 86_400_000_000
_DAY_ENDS = (1.0, 2.0, 3.0, 7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0)
_TOUCH_ENDS = (*range(1, 11), 15, 20, 30, 50, 100)
Unit = Literal["days", "touches"]


@dataclass(frozen=True, eq=False)
class LagTally:
    """Distinct lags and the conversions that took them; adds up over disjoint sets of users.

    Attributes
    ----------
    lag : int64, shape (n,)
        Ascending; microseconds, or touches.
    sums : float64, shape (n, 1)
        Conversions.
    """

    lag: Ints
    sums: Floats

    def __add__(self, other: LagTally) -> LagTally:
        """Merge the tallies of disjoint sets of users."""
        lags = np.concatenate([self.lag, other.lag])
        return _counted(lags, np.concatenate([self.sums[:, 0], other.sums[:, 0]]))


@dataclass(frozen=True)
class LagTask:
    """Tally lags; what an engine maps over journeys.

    Attributes
    ----------
    unit
        ``"days"`` or ``"touches"``.
    """

    unit: Unit

    def __call__(self, journeys: Journeys) -> LagTally:
        """Return the lags of the converting journeys that hold a touch."""
        return tally_lags(journeys, self.unit)


def tally_lags(journeys: Journeys, unit: Unit) -> LagTally:
    """Count the conversions by how long they took; those without a touch took no time that is known.

    Raises
    ------
    JourneyError
        If days are asked of journeys without times.
    """
    which = np.flatnonzero(journeys.converted & (journeys.lengths > 0))
    weights = journeys.weights_of(which)
    if unit == "touches":
        return _counted(journeys.lengths[which], weights)
    if journeys.time is None or journeys.conversion_time is None:
        msg = "these journeys came from a path table, which knows no times"
        raise JourneyError(msg, hint="at.build_journeys(log), or journeys.touches_to_convert()")
    return _counted(journeys.conversion_time[which] - journeys.time[journeys.offsets[which]], weights)


def _counted(lags: Ints, weights: Floats) -> LagTally:
    distinct, place = np.unique(lags, return_inverse=True)
    sums = sums_by(place.reshape(-1), weights, len(distinct))
    return LagTally(distinct.astype(np.int64), sums[:, None])


@dataclass(frozen=True, repr=False, eq=False)
class Lags(Display):
    """How long conversions took, from the first touch of their journey.

    A journey begins with the first touch inside the lookback window, so no lag is longer than the lookback.
    Conversions without a touch are not in it.

    Attributes
    ----------
    unit : str
        ``"days"`` or ``"touches"``.
    lag : float64, shape (n,)
        The distinct lags, ascending, in that unit.
    conversions : float64, shape (n,)
        Conversions that took each.
    """

    unit: Unit
    lag: Floats
    conversions: Floats

    @property
    def total(self) -> float:
        """Conversions in all."""
        return float(self.conversions.sum())

    @property
    def median(self) -> float:
        """The median lag; NaN where nothing converted."""
        return self.quantile(0.5)

    def quantile(self, q: float) -> float:
        """Return a quantile: the inverse of the distribution function, averaged where it is flat.

        Hyndman & Fan (1996), definition 2; at 0.5 it is the usual median.

        Parameters
        ----------
        q
            Between 0 and 1.

        Returns
        -------
        float
            In the unit of the lags; NaN where nothing converted.

        Examples
        --------
        >>> Lags("days", np.array([1.0, 2.0, 8.0]), np.array([1.0, 1.0, 2.0])).quantile(0.5)
        5.0
        """
        fraction(q, "q", error=JourneyError)
        cumulative = np.cumsum(self.conversions)
        if not len(cumulative) or cumulative[-1] <= 0:
            return float("nan")
        wanted = q * cumulative[-1]
        slack = 1e-9 * cumulative[-1]
        bounds = [int(np.searchsorted(cumulative, wanted + sign * slack)) for sign in (-1, 1)]
        low, high = (min(bound, len(self.lag) - 1) for bound in bounds)
        return float(self.lag[low] + self.lag[high]) / 2

    def within(self, limit: float) -> float:
        """Return the share of conversions that took at most `limit`; NaN where nothing converted.

        Parameters
        ----------
        limit
            In the unit of the lags.

        Returns
        -------
        float

        Examples
        --------
        >>> Lags("days", np.array([1.0, 2.0, 8.0]), np.array([1.0, 1.0, 2.0])).within(7)
        0.5
        """
        return float(self.conversions[self.lag <= limit].sum() / self.total) if self.total else float("nan")

    def to_frame(self) -> pd.DataFrame:
        """Return a row a class of lags: above, up_to, conversions, share, cumulative share.

        Classes end at round numbers; the first holds everything up to its end, and the last ends at the
        longest lag.
        """
        import pandas as pd

        longest = float(self.lag[-1]) if len(self.lag) else 0.0
        rounds = np.array(_DAY_ENDS if self.unit == "days" else _TOUCH_ENDS, np.float64)
        needed = int(np.searchsorted(rounds, longest)) + 1 if len(self.lag) else 0
        ends = rounds[:needed]
        if needed > len(rounds):
            ends = np.append(rounds, longest)
        place = np.searchsorted(ends, self.lag)
        counts = sums_by(place, self.conversions, len(ends))
        share = counts / self.total if self.total else counts
        columns = {
            "above": np.concatenate([[0.0], ends[:-1]])[: len(ends)],
            "up_to": ends,
            "conversions": counts,
            "share": share,
            "cumulative": np.cumsum(share),
        }
        return pd.DataFrame(columns)

    def summary(self) -> str:
        """Return median, quartiles and the shares within round limits in words."""
        if not self.total:
            return "no conversion has a touch"
        low, middle, high = (f"{self.quantile(q):,.3g}" for q in (0.25, 0.5, 0.75))
        limits: tuple[tuple[float, str], ...] = ((1, "1 day"), (7, "7 days"), (30, "30 days"))
        if self.unit == "touches":
            limits = ((1, "1 touch"), (3, "3 touches"), (10, "10 touches"))
        shares = ", ".join(f"{self.within(limit):.0%} within {words}" for limit, words in limits)
        return f"median {middle} {self.unit} to convert (quartiles {low} to {high}); {shares}"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the share of conversions that took at most so long, with the median marked.

        Parameters
        ----------
        ax
            What to draw on; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes
        """
        axes = (f"{self.unit} from the first touch", "share of conversions")
        title = f"{self.unit.capitalize()} to convert"
        middle = f"median {self.median:,.3g} {self.unit}"
        return draw_lags(self, axes, title, middle, ax)

    def _title(self) -> str:
        return f"{self.unit.capitalize()} to convert: {self.summary()}"


def draw_lags(
    lags: Lags,
    axes: tuple[str, str],
    title: str,
    middle: str,
    ax: Axes | None = None,
    *,
    share: Callable[[float], str] = "{:.0%}".format,
) -> Axes:
    """Draw the distribution function of lags under given words; cut where 99% have converted."""
    reach = lags.quantile(0.99) if lags.total else 1.0
    reach = max(reach, 1.0)
    x = np.linspace(0.0, reach, 200) if lags.unit == "days" else np.arange(0.0, np.ceil(reach) + 1)
    cumulative = np.concatenate([[0.0], np.cumsum(lags.conversions)])
    y = cumulative[np.searchsorted(lags.lag, x, side="right")] / max(lags.total, 1e-300)
    return _draw.curves(
        x,
        [y],
        names=[""],
        title=title,
        axes=axes,
        ticks=(format_number, share),
        upright=(lags.median, middle) if lags.total else None,
        ax=ax,
    )


def solve_lags(tally: LagTally, unit: Unit) -> Lags:
    """Return the lags of a tally."""
    lag = tally.lag / DAY_US if unit == "days" else tally.lag.astype(np.float64)
    return Lags(unit, lag, tally.sums[:, 0])
