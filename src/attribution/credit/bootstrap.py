"""Replicates of a credit table, and the intervals that they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from attribution._checks import one_of
from attribution._typing import Bools, Floats, Ints
from attribution.errors import CreditError
from attribution.stats.resampling import bca_interval, percentile_interval

if TYPE_CHECKING:
    from attribution.credit.credit import Credit

METHODS = ("percentile", "bca")


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

    def cells(self, cells: Ints) -> Replicates:
        """Return the samples of some cells, by position; cell -1 holds zeros."""

        def pick(values: Floats) -> Floats:
            return np.where(cells < 0, 0.0, values[:, :, cells])

        return replace(self, conversions=pick(self.conversions), value=pick(self.value))

    def folded(self, cell: Ints, n: int) -> Replicates:
        """Return the samples with cells summed: cell i becomes a part of ``cell[i]``."""

        def total(values: Floats) -> Floats:
            out = np.zeros((*values.shape[:2], n))
            np.add.at(out, (slice(None), slice(None), cell), values)
            return out

        return replace(self, conversions=total(self.conversions), value=total(self.value))


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

    def cells(self, cells: Ints) -> Bootstrap:
        """Return the replicates of some cells, by position; cell -1 holds zeros."""
        return replace(self, samples=self.samples.cells(cells), jackknife=self.jackknife.cells(cells))

    def folded(self, cell: Ints, n: int) -> Bootstrap:
        """Return the replicates with cells summed."""
        return replace(self, samples=self.samples.folded(cell, n), jackknife=self.jackknife.folded(cell, n))


def replicated(credit: Credit, measure: str, *, jackknife: bool = False) -> Floats:
    """Return a measure of every replicate, float64, shape (R, n_models, n_cells).

    Raises
    ------
    CreditError
        If the credit was made without a bootstrap, or the measure is unknown.
    """
    from attribution.credit.table import measure as measured

    known = credit.bootstrap
    if known is None:
        msg = "this credit has no replicates, and so no intervals"
        raise CreditError(msg, hint="at.attribute(journeys, models, bootstrap=500, rng=1)")
    samples = known.jackknife if jackknife else known.samples
    whole, n = credit.sums(), len(samples.conversions)
    layers = []
    for model in range(len(credit.models)):
        # To the table's arithmetic each sample is one more model over the same cells.
        rows = replace(
            credit,
            models=tuple(map(str, range(n))),
            conversions=samples.conversions[:, model],
            value=samples.value[:, model],
            whole=replace(
                whole,
                conversions=samples.whole_conversions[:, model],
                value=samples.whole_value[:, model],
                unattributed_conversions=np.zeros(n),
                unattributed_value=np.zeros(n),
            ),
            bootstrap=None,
        )
        layers.append(measured(rows, measure))
    return np.stack(layers, axis=1)


def interval(credit: Credit, measure: str, level: float, method: str) -> tuple[Floats, Floats]:
    """Return the interval of a measure of every cell under every model, shape (n_models, n_cells)."""
    from attribution.credit.table import measure as measured

    one_of(method, "method", METHODS, error=CreditError)
    if not 0 < level < 1:
        msg = f"level={level!r} is not between 0 and 1"
        raise CreditError(msg, hint="level=0.95")
    values = replicated(credit, measure)
    if method == "percentile":
        return percentile_interval(values, level)
    left_out = replicated(credit, measure, jackknife=True)
    return bca_interval(measured(credit, measure), values, left_out, level)
