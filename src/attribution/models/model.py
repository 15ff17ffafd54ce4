"""What a model is: tally, merge, solve; and how touch weights are summed per cell."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar, cast

import numpy as np

from attribution._typing import Floats
from attribution.credit.attachments import Provenance
from attribution.credit.credit import Credit
from attribution.errors import ModelError
from attribution.journeys.claimed import claimed_touches
from attribution.journeys.journeys import Journeys
from attribution.models.breakdown import Breakdown
from attribution.models.cells import CellTally, JourneyCells
from attribution.models.channel_sets import SetTally
from attribution.stats.sums import sums_by


class Tally(Protocol):
    """What adds up over disjoint sets of users."""

    @property
    def sums(self) -> Floats:
        """The additive numbers, a row an entry of the table."""

    def __add__(self, other: Self) -> Self: ...


AnyTally = TypeVar("AnyTally")


class Model(ABC, Generic[AnyTally]):
    """An attribution model: a frozen value that turns journeys into a tally and a tally into Credit.

    Tallies of disjoint sets of users add up (``+``) to the tally of their union, so that the same model
    serves one partition in memory, many on disk, a cluster, a daily increment and a bootstrap.
    """

    name: ClassVar[str]

    @property
    def needs_nulls(self) -> bool:
        """Whether the model learns from non-converting journeys."""
        return False

    @abstractmethod
    def tally(self, journeys: Journeys, by: Sequence[str] = ("channel",)) -> AnyTally:
        """Reduce journeys to an additive table."""

    @abstractmethod
    def solve(self, tally: AnyTally) -> Credit:
        """Turn a tally into Credit."""

    def check(self, journeys: Journeys) -> None:
        """Raise ModelError if the journeys lack what the model needs."""

    def solve_many(self, tally: AnyTally, sums: Floats) -> tuple[Floats, Floats]:
        """Solve many tallies that differ only in their sums, as a bootstrap does.

        Parameters
        ----------
        tally
            Gives the rows.
        sums
            Shape (R, n_rows, k).

        Returns
        -------
        conversions, value : float64, shape (R, n_cells)
            Credit of each, cells in the order of `solve`.
        """
        solved = [self.solve(replace(cast("Any", tally), sums=each)) for each in sums]
        return (
            np.array([credit.conversions[0] for credit in solved]),
            np.array([credit.value[0] for credit in solved]),
        )

    def resolved(self, tally: AnyTally, sums: Floats) -> Iterator[Credit]:
        """Yield the Credit by channel of many tallies that differ only in their sums, solved all at once.

        Its details are those of the whole: a model whose breakdowns read them solves one by one.
        """
        whole = self.solve(tally)
        for conversions, value in zip(*self.solve_many(tally, sums), strict=True):
            yield replace(whole, conversions=conversions[None], value=value[None])

    def learnt(self, tally: AnyTally) -> tuple[str, ...]:  # noqa: ARG002 - a rule learns nothing by design
        """Return what a reader must know of what there was to learn; asked once, not for every resample."""
        return ()

    def needs_allocation(self, by: Sequence[str]) -> bool:  # noqa: ARG002 - rules split touch by touch
        """Whether a breakdown by these dimensions needs the solution: then `allocate` maps once more."""
        return False

    def allocate(self, journeys: Journeys, solved: Credit, by: Sequence[str]) -> CellTally | SetTally:
        """Split conversions over their touches by the solved model; tallies merge like all others."""
        msg = f"{self.name} has no second pass over {len(journeys):,} journeys by {tuple(by)} from {solved}"
        raise ModelError(msg)

    def breakdown(self, solved: Credit, allocated: Any) -> Breakdown:
        """Return the cells of a breakdown: channels as solved, labels of conversions as counted."""
        return Breakdown.raked(solved, allocated)

    def refilled(self, breakdown: Breakdown, solved: Credit, sums: Floats) -> Floats:
        """Fill the cells of a breakdown for a resample of the users, shape (n_cells, 2).

        Parameters
        ----------
        breakdown
            That of all users.
        solved
            The resample, solved.
        sums
            What it allocates, in the rows of the allocation of all users.
        """
        return breakdown.replicate(solved, sums)

    def spread(self, solved: Credit, allocated: Any) -> Credit:
        """Return Credit by cell, with what the solution and the breakdown have to say."""
        found = self.breakdown(solved, allocated)
        checks, notes = found.told(self.name)
        return solve_cells(self.name, found.cells).with_provenance(
            settings=solved.settings,
            details=solved.details,
            notes=(*solved.notes, *notes),
            checks=checks,
        )


def solve_cells(label: str, tally: CellTally, settings: Mapping[str, object] | None = None) -> Credit:
    """Return the Credit of one model whose tally holds credited conversions and value per cell."""
    keys, order = tally.keys()
    return Credit(
        models=(label,),
        by=tally.by,
        keys=keys,
        conversions=tally.sums[order, 0][None, :],
        value=tally.sums[order, 1][None, :],
        provenance=Provenance(settings=dict(settings or {})),
    )


def tally_touch_weights(journeys: Journeys, cells: JourneyCells, weights: Floats) -> CellTally:
    """Sum touch weights times conversions and times value, per cell.

    Parameters
    ----------
    journeys
        The journeys that the weights belong to.
    cells
        Their cells.
    weights
        Each claimed touch's share of its conversion, shape (M,); shares of a journey sum to 1.
    """
    claimed = claimed_touches(journeys)
    n = len(cells.codes)
    amounts = (claimed.conversions, claimed.value)
    lost = (journeys.weights_of(cells.lost), journeys.value[cells.lost])
    sums = np.empty((n, len(amounts)))
    for measure, (amount, unattributed) in enumerate(zip(amounts, lost, strict=True)):
        sums[:, measure] = sums_by(cells.touch, weights * amount[claimed.journey], n)
        sums[:, measure] += sums_by(cells.unattributed, unattributed, n)
    return CellTally(cells.by, cells.labels, cells.codes, sums, of_touches=cells.of_touches)
