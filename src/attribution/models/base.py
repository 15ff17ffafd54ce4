"""What a model is: tally, merge, solve; and the tally of sums per cell that most of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Floats, Ints
from attribution.credit.credit import Credit
from attribution.errors import ModelError
from attribution.journeys.claimed import claimed_touches
from attribution.journeys.journeys import NONE, UNATTRIBUTED, Journeys
from attribution.models.cells import Cells, distinct_rows
from attribution.stats.grouping import sums_by


@dataclass(frozen=True, eq=False)
class CellTally:
    """Sums per cell that add up over disjoint sets of users.

    Attributes
    ----------
    by : tuple of str
        Names of the dimensions, ``"channel"`` first.
    labels : tuple of tuple of str
        For each dimension its labels.
    codes : int64, shape (n_cells, len(by))
        Each cell's labels, as positions in `labels`.
    sums : float64, shape (n_cells, k)
        What is summed; a rule sums credited conversions and value.
    """

    by: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    codes: Ints
    sums: Floats

    def __add__(self, other: Self) -> Self:
        """Merge two tallies of disjoint sets of users, by the names of their cells.

        Raises
        ------
        ModelError
            If they are broken down by different dimensions.
        """
        if self.by != other.by:
            msg = f"tallies by {self.by} and by {other.by} cannot be merged"
            raise ModelError(msg)
        if self.labels == other.labels and np.array_equal(self.codes, other.codes):
            return type(self)(self.by, self.labels, self.codes, self.sums + other.sums)
        labels, columns = [], []
        for position, (mine, theirs) in enumerate(zip(self.labels, other.labels, strict=True)):
            union = tuple(sorted({*mine, *theirs}))
            place = {label: code for code, label in enumerate(union)}
            parts = [
                np.array([place[label] for label in names], np.int64)[codes[:, position]]
                for names, codes in ((mine, self.codes), (theirs, other.codes))
            ]
            labels.append(union)
            columns.append(np.concatenate(parts))
        codes, number = distinct_rows(columns, [len(names) for names in labels])
        both = np.concatenate([self.sums, other.sums])
        sums = np.stack([sums_by(number, column, len(codes)) for column in both.T], axis=1)
        return type(self)(self.by, tuple(labels), codes, sums)

    def keys(self) -> tuple[tuple[NDArray[np.object_], ...], Ints]:
        """Return the label columns of the cells and the cells' order: by label, unattributed last."""
        columns = tuple(
            np.array(names, dtype=object)[codes]
            for names, codes in zip(self.labels, self.codes.T, strict=True)
        )
        ranks = [
            np.argsort(np.argsort(np.array(names)))[codes]
            for names, codes in zip(self.labels, self.codes.T, strict=True)
        ]
        order = np.lexsort([*ranks[::-1], columns[0] == UNATTRIBUTED])
        return tuple(column[order] for column in columns), order


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

    def needs_allocation(self, by: Sequence[str]) -> bool:  # noqa: ARG002 - rules split touch by touch
        """Whether a breakdown by these dimensions needs the solution: then `allocate` maps once more."""
        return False

    def allocate(self, journeys: Journeys, solved: Credit, by: Sequence[str]) -> CellTally:
        """Split conversions over their touches by the solved model; tallies merge like all others."""
        msg = f"{self.name} has no second pass over {len(journeys):,} journeys by {tuple(by)} from {solved}"
        raise ModelError(msg)

    def spread(self, solved: Credit, allocated: CellTally) -> Credit:
        """Return Credit by cell, in which each channel's cells sum to its solved credit."""
        return solve_cells(self.name, scaled_to_channels(allocated, solved))


def scaled_to_channels(allocated: CellTally, solved: Credit) -> CellTally:
    """Scale cells so that those of a channel sum to the channel's solved conversions and value.

    A channel that touched no conversion may have credit all the same: a chain walks through it to the
    conversions of others. It gets a cell of its own, ``"(none)"`` in every other dimension.
    """
    allocated = _with_every_channel(allocated, solved)
    channel = allocated.codes[:, 0]
    names = allocated.labels[0]
    totals = dict(zip(solved.keys[0], zip(solved.conversions[0], solved.value[0], strict=True), strict=True))
    wanted = np.array([totals.get(name, (0.0, 0.0)) for name in names], np.float64).reshape(-1, 2)
    sums = np.empty_like(allocated.sums)
    for measure in range(2):
        held = sums_by(channel, allocated.sums[:, measure], len(names))
        # Where a channel's allocated values cancel to zero, its value follows its conversions.
        source = np.where(held[channel] != 0.0, allocated.sums[:, measure], allocated.sums[:, 0])
        held = sums_by(channel, source, len(names))
        share = np.divide(source, held[channel], out=np.zeros(len(source)), where=held[channel] != 0.0)
        sums[:, measure] = share * wanted[channel, measure]
    return replace(allocated, sums=sums)


def _with_every_channel(allocated: CellTally, solved: Credit) -> CellTally:
    """Append a cell for each solved channel that has none."""
    here = {allocated.labels[0][code] for code in np.unique(allocated.codes[:, 0])}
    lacking = [name for name in solved.keys[0].tolist() if name not in here and name != UNATTRIBUTED]
    if not lacking:
        return allocated
    labels = [tuple(dict.fromkeys((*allocated.labels[0], *lacking)))]
    labels += [tuple(dict.fromkeys((*names, NONE))) for names in allocated.labels[1:]]
    rows = [[labels[0].index(name), *(names.index(NONE) for names in labels[1:])] for name in lacking]
    codes = np.concatenate([allocated.codes, np.array(rows, np.int64)])
    sums = np.concatenate([allocated.sums, np.full((len(rows), allocated.sums.shape[1]), 1.0)])
    return CellTally(allocated.by, tuple(labels), codes, sums)


def solve_cells(label: str, tally: CellTally, settings: Mapping[str, object] | None = None) -> Credit:
    """Return the Credit of one model whose tally holds credited conversions and value per cell."""
    keys, order = tally.keys()
    return Credit(
        models=(label,),
        by=tally.by,
        keys=keys,
        conversions=tally.sums[order, 0][None, :],
        value=tally.sums[order, 1][None, :],
        settings=dict(settings or {}),
    )


def tally_touch_weights(journeys: Journeys, cells: Cells, weights: Floats) -> CellTally:
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
    return CellTally(cells.by, cells.labels, cells.codes, sums)
