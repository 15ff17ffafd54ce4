"""Replicates of a credit table, and the intervals that they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from attribution._checks import one_of
from attribution._typing import Bools, Floats, Ints
from attribution.errors import CreditError, unknown_name
from attribution.stats.resampling import bca_interval, percentile_interval

if TYPE_CHECKING:
    from attribution.credit.credit import Credit

METHODS = ("percentile", "bca")
RESAMPLED = ("conversions", "value", "share", "value_share", "roas", "roi", "cpa")
"""Measures that have intervals; costs and what channels touched are taken as they are."""


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
            # One more cell, which -1 finds from the end.
            return np.pad(values, ((0, 0), (0, 0), (0, 1)))[:, :, cells]

        return replace(self, conversions=pick(self.conversions), value=pick(self.value))

    def folded(self, cell: Ints, n: int) -> Replicates:
        """Return the samples with cells summed: cell i becomes a part of ``cell[i]``."""

        def total(values: Floats) -> Floats:
            membership = np.zeros((len(cell), n))
            membership[np.arange(len(cell)), cell] = 1.0
            summed: Floats = values @ membership
            return summed

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
        If the credit was made without a bootstrap, or the measure is unknown or not resampled.
    """
    from attribution.credit.table import MEASURES
    from attribution.credit.table import measure as measured

    if measure not in MEASURES:
        raise CreditError(unknown_name("measure", measure, RESAMPLED), column="measure")
    if measure not in RESAMPLED:
        msg = f"{measure!r} is not resampled, and has no interval"
        raise CreditError(msg, column="measure", hint=f"one of {', '.join(RESAMPLED)}")
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


def interval(
    credit: Credit, measure: str, level: float = 0.95, method: str = "percentile"
) -> tuple[Floats, Floats]:
    """Return the interval of a measure of every cell under every model, shape (n_models, n_cells).

    A bound is missing where the samples set none: a channel without a conversion in some samples has no
    highest cost per conversion.
    """
    from attribution.credit.table import measure as measured

    estimate, samples = measured(credit, measure), replicated(credit, measure)
    left_out = replicated(credit, measure, jackknife=True) if method == "bca" else None
    if measure == "cpa":
        samples = np.where(np.isnan(samples) & np.isfinite(estimate), np.inf, samples)
    return bounds(estimate, samples, left_out, level, method)


def bounds(
    estimate: Floats, samples: Floats, left_out: Floats | None, level: float, method: str
) -> tuple[Floats, Floats]:
    """Return the interval of estimates of shape (...) from samples of shape (R, ...), NaN where none is.

    Parameters
    ----------
    left_out
        Estimates without one bucket each, shape (G, ...), for ``"bca"``.
    """
    one_of(method, "method", METHODS, error=CreditError)
    checked_level(level)
    if left_out is None:
        low, high = percentile_interval(samples, level)
    else:
        low, high = bca_interval(estimate, samples, left_out, level)
    return np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan)


def checked_level(level: float) -> float:
    """Return a confidence level, or raise CreditError if it is none."""
    if isinstance(level, bool) or not isinstance(level, int | float) or not 0 < level < 1:
        msg = f"level={level!r} is not between 0 and 1"
        raise CreditError(msg, column="level", hint="level=0.95")
    return float(level)


def told(credit: Credit, level: float = 0.95) -> str:
    """Return in words what the intervals of a credit come from; nothing where it has none.

    Examples
    --------
    >>> import attribution as at
    >>> sample = at.load_sample("retailer")
    >>> log = at.read_log(sample.touches, sample.conversions)
    >>> credit = at.attribute(log, "linear", goal="purchase", bootstrap=50, rng=1)
    >>> told(credit)
    '95% intervals from 50 resamples of 256 groups of users'
    """
    known = credit.bootstrap
    if known is None:
        return ""
    groups = f"{len(known.jackknife.conversions):,} groups of users"
    unit = "single users" if known.resample == "user" else groups
    return f"{100 * level:.4g}% intervals from {len(known):,} resamples of {unit}"
