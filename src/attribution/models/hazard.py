"""AdditiveHazard: credit by the share of a touch in the hazard of conversion (Zhang, Wei & Ren 2014)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar

import numpy as np

from attribution._checks import duration_us, one_of
from attribution._migration import tells_options
from attribution._typing import Bools, Floats, Ints
from attribution.credit.credit import Credit
from attribution.errors import ModelError
from attribution.journeys.claimed import claimed_touches
from attribution.journeys.journeys import Journeys
from attribution.kernels.ragged import segment_sums
from attribution.models.allocation import nothing_learnt
from attribution.models.breakdown import Breakdown
from attribution.models.cells import CellTally, cells_of
from attribution.models.hazard_solution import HazardSolution
from attribution.models.model import Model, tally_touch_weights
from attribution.models.set_models import (
    credit_by_channel,
    refuse_without_nulls,
    with_unattributed,
)
from attribution.models.time_lags import DAY, SECOND, TimeLagTally, claimed_lags, tally_time_lags
from attribution.stats.additive_hazards import Events, fit, heights, start
from attribution.stats.homogeneity import hazards_differ

BINS = ("1h", "6h", "1D", "2D", "3D", "5D", "7D", "10D", "14D", "21D", "30D", "60D", "90D", "365D")


@tells_options(ModelError)
@dataclass(frozen=True)
class AdditiveHazard(Model[TimeLagTally]):
    """Credit by each touch's share of the hazard of conversion at the instant of the conversion.

    Zhang, Wei & Ren (2014), "Multi-touch attribution in online advertising with survival theory", ICDM.
    Every touch i, at time t(i) on channel c, adds to its user's hazard of conversion:

        ``hazard(t) = sum over touches i before t of beta(c) * omega(c) * exp(-omega(c) * (t - t(i)))``.

    ``beta(c)`` is how many conversions one touch brings in the long run, ``1 / omega(c)`` its mean lag. Both
    are those of the greatest likelihood: the sum over conversions of ``log hazard(T)`` less the integral of
    the hazard over the time that users were observed. Touches of journeys that did not convert were observed
    for one lookback, or until the log ends: a journey that may still convert counts as not yet converted. A
    conversion is divided over its touches in proportion to their terms in ``hazard(T)``.

    Ages of touches count by bins, and inside a bin the hazard is its mean over the bin: what is needed then
    is the time that touches spent in each bin, and conversions by the bins of their touches. Both are counts
    that add up over users, so the model is fitted from one pass, by Newton's method, and gives the same on
    any partitioning. Finer bins come closer to the exact ages. ``kernel="free"`` gives each channel a height
    of its own for each bin, in place of the exponential.

    All conversions with a touch come from touches, none by itself: the published model has no baseline. So a
    channel of people who would have come anyway has a strong hazard. Touches add; they do not wear each other
    off, nor help each other. As a weak prior, one more touch of each channel waits in vain through every bin
    that any touch reached, which keeps heights finite where a channel's touches all convert at once. Several
    conversions of one user at one instant count the wait before them as often.

    A replicate of a bootstrap begins at the solution of all users: some 15 ms with 1,300 conversions on 13
    channels, and ten times that with free heights.

    Parameters
    ----------
    kernel
        ``"exponential"``, as published, or ``"free"``.
    bins
        Upper ends of the bins of time since a touch, ascending durations such as ``"12h"`` or ``"3D"``. Older
        touches count as in the last bin.

    Raises
    ------
    ModelError
        If a parameter makes no sense; if the journeys have no times, were built without those that did not
        convert, or with ``after_conversion="overlap"``, by which a touch waits once for each conversion.

    Examples
    --------
    >>> import attribution as at
    >>> sample = at.load_sample("retailer")
    >>> journeys = at.build_journeys(at.read_log(sample.touches, sample.conversions), goal="purchase")
    >>> credit = at.attribute(journeys, at.AdditiveHazard())
    >>> found = credit.details["additive_hazard"].to_frame().set_index("channel")
    >>> bool(found.loc["paid_search", "mean_lag_days"] < found.loc["email", "mean_lag_days"])
    True
    """

    name: ClassVar[str] = "additive_hazard"
    kernel: str = "exponential"
    bins: tuple[str, ...] = BINS

    def __post_init__(self) -> None:
        """Validate."""
        one_of(self.kernel, "kernel", ["exponential", "free"], error=ModelError)
        if isinstance(self.bins, str) or not isinstance(self.bins, Sequence) or not self.bins:
            msg = f"bins={self.bins!r} is not a list of durations"
            raise ModelError(msg, column="bins", hint='bins=("1D", "3D", "7D", "30D")')
        object.__setattr__(self, "bins", tuple(self.bins))
        if self.edges[0] < 1 or any(later <= one for one, later in pairwise(self.edges)):
            msg = f"bins={self.bins!r} do not ascend by seconds or more"
            raise ModelError(msg, column="bins", hint='bins=("1D", "3D", "7D", "30D")')

    @property
    def edges(self) -> tuple[int, ...]:
        """Upper ends of the bins, whole seconds."""
        return tuple(duration_us(end, "bins", error=ModelError) // SECOND for end in self.bins)

    @property
    def needs_nulls(self) -> bool:
        """Whether the hazard is learnt from touches that waited in vain: it is."""
        return True

    def check(self, journeys: Journeys) -> None:
        """Raise ModelError if the journeys lack times or waits, or count waits more than once."""
        if len(journeys) and (journeys.time is None or journeys.conversion_time is None):
            msg = f"{self.name} needs the times of touches, and these journeys came from a path table"
            raise ModelError(msg, hint="at.build_journeys(log) knows times")
        refuse_without_nulls(self.name, journeys)
        if journeys.settings.get("after_conversion") == "overlap":
            msg = f"{self.name} needs touches that wait for one conversion, and these wait for every one"
            raise ModelError(msg, hint='after_conversion="reset"')

    def tally(
        self,
        journeys: Journeys,
        by: Sequence[str] = ("channel",),  # noqa: ARG002 - breakdowns come from `allocate`
    ) -> TimeLagTally:
        """Count conversions by the ages of their touches, and the time that all touches waited."""
        self.check(journeys)
        return tally_time_lags(journeys, self.edges)

    def solve(self, tally: TimeLagTally) -> Credit:
        """Fit the hazard, and divide each conversion by it.

        Returns
        -------
        Credit
            With a `HazardSolution` in ``details["additive_hazard"]``.
        """
        waits = _TimeLags(tally)
        counts = tally.sums[waits.rows, 0]
        events = waits.events(tally.sums)
        parameters = fit(events, counts, self.kernel, start(events, counts, self.kernel))
        hazard = heights(events, parameters, self.kernel)
        sums = waits.divided(hazard, tally.sums)
        shape = events.spent.shape
        strength, rate = self._told(parameters, hazard.reshape(shape), waits)
        solution = HazardSolution(
            channels=tally.channels,
            kernel=self.kernel,
            strength=strength,
            rate=rate,
            lower=waits.lower,
            upper=waits.upper,
            hazard=hazard.reshape(shape),
            waited=tally.seconds / DAY,
            credit=sums,
            parameters=parameters,
        )
        lost = waits.unattributed(tally.sums[None])
        credit = credit_by_channel(self.name, tally.channels, with_unattributed(sums[None], lost)[0])
        settings = {"models": {self.name: repr(self)}}
        return credit.with_provenance(settings=settings, details={self.name: solution})

    def solve_many(self, tally: TimeLagTally, sums: Floats) -> tuple[Floats, Floats]:
        """Solve many tallies of the same rows, each from the solution of `tally`; cells as in `solve`."""
        waits = _TimeLags(tally)
        solution: HazardSolution = self.solve(tally).details[self.name]  # type: ignore[assignment]
        found = []
        for each in sums:
            events = waits.events(each)
            parameters = fit(events, each[waits.rows, 0], self.kernel, solution.parameters)
            found.append(waits.divided(heights(events, parameters, self.kernel), each))
        credit = with_unattributed(
            np.array(found).reshape(len(sums), len(tally.channels), 2), waits.unattributed(sums)
        )
        return credit[:, :, 0], credit[:, :, 1]

    def learnt(self, tally: TimeLagTally) -> tuple[str, ...]:
        """Say so where touches of one age convert alike, whatever their channel."""
        waits = _TimeLags(tally)
        p_value = hazards_differ(waits.events(tally.sums), tally.sums[waits.rows, 0])
        return nothing_learnt(self.name, p_value, "channel")

    def needs_allocation(self, by: Sequence[str]) -> bool:
        """Whether journeys must be read again: for breakdowns."""
        return tuple(by) != ("channel",)

    def allocate(self, journeys: Journeys, solved: Credit, by: Sequence[str]) -> CellTally:
        """Divide each conversion over its touches in proportion to their hazards."""
        solution: HazardSolution = solved.details[self.name]  # type: ignore[assignment]
        claimed = claimed_touches(journeys)
        known = {name: place for place, name in enumerate(solution.channels)}
        place = np.array([known[name] for name in journeys.channels], np.int64)
        _, of_bin = claimed_lags(journeys, self.edges)
        hazard = solution.hazard[place[claimed.channel], of_bin]
        held = segment_sums(hazard, claimed.offsets)[claimed.journey]
        shares = np.divide(hazard, held, out=1.0 / claimed.length, where=held > 0)
        return tally_touch_weights(journeys, cells_of(journeys, by), shares)

    def breakdown(self, solved: Credit, allocated: CellTally) -> Breakdown:
        """Return the cells as every journey is divided."""
        return Breakdown.split(solved, allocated, fixed=False)

    def _told(self, parameters: Floats, hazard: Floats, waits: _TimeLags) -> tuple[Floats, Floats]:
        """Return strength and rate of each channel; the rate is NaN where there is none."""
        n = len(hazard)
        if self.kernel == "free":
            return hazard @ ((waits.upper - waits.lower) * waits.reached), np.full(n, np.nan)
        strength = np.where(hazard.any(axis=1), np.exp(parameters[:n]), 0.0)
        return strength, np.where(strength > 0, np.exp(parameters[n:]), np.nan)


class _TimeLags:
    """A tally laid out for fitting: rows with events as a sparse matrix over cells."""

    def __init__(self, tally: TimeLagTally) -> None:
        from scipy import sparse

        self.tally = tally
        self.rows: Ints = np.flatnonzero((tally.sizes > 0) & (tally.sums[:, :2] != 0).any(axis=1))
        self.upper = np.array(tally.edges, np.float64) / DAY
        self.lower = np.append(0.0, self.upper[:-1])
        sizes = tally.sizes[self.rows]
        members = tally.members[np.repeat(tally.offsets[self.rows], sizes) + _within(sizes)]
        self.reached: Bools = np.asarray(tally.seconds.any(axis=0))
        self.reached[members % len(tally.edges)] = True  # also where a touch was just about to wait
        shape = (len(self.rows), len(tally.channels) * len(tally.edges))
        offsets = np.append(0, np.cumsum(sizes))
        self.active = sparse.csr_array((np.ones(len(members)), members, offsets), shape=shape)
        self.active.sum_duplicates()

    def events(self, sums: Floats) -> Events:
        """Return the design for these sums, with one more touch of each channel that waits in vain."""
        seconds = replace(self.tally, sums=sums).seconds
        prior = (self.upper - self.lower) * self.reached
        return Events(self.active, seconds / DAY + prior, self.lower, self.upper)

    def divided(self, hazard: Floats, sums: Floats) -> Floats:
        """Return credited conversions and value by channel, shape (n_channels, 2)."""
        n = len(self.tally.channels)
        whole = self.active @ hazard
        credit = np.zeros((n, 2))
        for measure in range(2):
            amount = sums[self.rows, measure]
            part = np.divide(amount, whole, out=np.zeros_like(amount), where=whole > 0)
            credit[:, measure] = ((self.active.T @ part) * hazard).reshape(n, len(self.upper)).sum(axis=1)
        return credit

    def unattributed(self, sums: Floats) -> Floats | None:
        """Return unattributed conversions and value of each of the sums, shape (R, 2), or None."""
        empty = np.flatnonzero(self.tally.sizes == 0)
        return sums[:, empty, :2].sum(axis=1) if len(empty) else None


def _within(sizes: Ints) -> Ints:
    """Count from 0 inside each of segments of these sizes."""
    ends = np.cumsum(sizes)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - sizes, sizes)
