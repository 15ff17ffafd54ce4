"""Replicates of a credit table: its credit on resampled users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from attribution._typing import Bools, Floats, Ints
from attribution.credit.attachments import Groups


@dataclass(frozen=True, eq=False)
class Replicates:
    """Credit of a number of samples, with the sums that shares refer to.

    Attributes
    ----------
    conversions, value : float64, shape (R, n_models, n_cells)
        Credit of each sample.
    whole_conversions, whole_value : float64, shape (R, n_models)
        Attributed conversions and value of the whole table, also after `Credit.select`.
    """

    conversions: Floats
    value: Floats
    whole_conversions: Floats
    whole_value: Floats

    @classmethod
    def of(cls, conversions: Floats, value: Floats, attributed: Bools) -> Replicates:
        """Sum up the attributed cells of each sample."""
        return cls(
            conversions, value, conversions[:, :, attributed].sum(axis=2), value[:, :, attributed].sum(axis=2)
        )

    def rows(self, models: Sequence[int]) -> Replicates:
        """Return the samples of some models, by position."""
        chosen = list(models)
        return Replicates(
            self.conversions[:, chosen],
            self.value[:, chosen],
            self.whole_conversions[:, chosen],
            self.whole_value[:, chosen],
        )

    def take(self, cells: Ints) -> Replicates:
        """Return the samples of some cells, by position; cell -1 holds zeros."""

        def pick(values: Floats) -> Floats:
            # One more cell, which -1 finds from the end.
            return np.pad(values, ((0, 0), (0, 0), (0, 1)))[:, :, cells]

        return replace(self, conversions=pick(self.conversions), value=pick(self.value))

    def fold(self, groups: Groups) -> Replicates:
        """Return the samples with cells summed."""
        membership = np.zeros((len(groups.of), groups.n))
        membership[np.arange(len(groups.of)), groups.of] = 1.0
        return replace(self, conversions=self.conversions @ membership, value=self.value @ membership)


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Credit of R resamples of the users, and of the log without one bucket of users at a time.

    Attributes
    ----------
    samples : Replicates
        Credit of each resample.
    jackknife : Replicates
        Credit without each of the buckets; for the acceleration of BCa intervals.
    resample : str
        ``"bucket"`` or ``"user"``.
    """

    samples: Replicates
    jackknife: Replicates
    resample: str = "bucket"

    def __len__(self) -> int:
        """Return the number of resamples."""
        return len(self.samples.conversions)

    def rows(self, models: Sequence[int]) -> Bootstrap:
        """Return the replicates of some models, by position."""
        return replace(self, samples=self.samples.rows(models), jackknife=self.jackknife.rows(models))

    def take(self, cells: Ints) -> Bootstrap:
        """Return the replicates of some cells, by position; cell -1 holds zeros."""
        return replace(self, samples=self.samples.take(cells), jackknife=self.jackknife.take(cells))

    def fold(self, groups: Groups) -> Bootstrap:
        """Return the replicates with cells summed."""
        return replace(self, samples=self.samples.fold(groups), jackknife=self.jackknife.fold(groups))
