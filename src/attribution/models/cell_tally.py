"""Sums per cell that add up over disjoint sets of users: the tally that most models share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Floats, Ints
from attribution.errors import ModelError
from attribution.journeys.journeys import UNATTRIBUTED
from attribution.models.cells import Cells, distinct_rows
from attribution.stats.grouping import sums_by


@dataclass(frozen=True, eq=False)
class CellTally(Cells):
    """Sums per cell that add up over disjoint sets of users.

    Attributes
    ----------
    sums : float64, shape (n_cells, k)
        What is summed; a rule sums credited conversions and value.
    """

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
            return replace(self, sums=self.sums + other.sums)
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
        return replace(self, labels=tuple(labels), codes=codes, sums=sums)

    def by_name(self) -> Self:
        """Return the same cells in the same order, with each dimension's labels sorted."""
        labels = tuple(tuple(sorted(names)) for names in self.labels)
        codes = np.empty_like(self.codes)
        for position, (names, ordered) in enumerate(zip(self.labels, labels, strict=True)):
            place = {label: code for code, label in enumerate(ordered)}
            codes[:, position] = np.array([place[label] for label in names], np.int64)[
                self.codes[:, position]
            ]
        return replace(self, labels=labels, codes=codes)

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
