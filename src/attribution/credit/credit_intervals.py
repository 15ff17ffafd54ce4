"""Intervals of a credit's measures, from its replicates."""

from __future__ import annotations

import numpy as np

from attribution._checks import one_of
from attribution._typing import Bools, Floats
from attribution.credit.measures import MEASURES, resampled
from attribution.credit.table import CreditTable, declared
from attribution.credit.table import measure as measured
from attribution.errors import CreditError, unknown_name
from attribution.language.sentence import Sentence
from attribution.stats.resampling import bca_interval, percentile_interval

METHODS = ("percentile", "bca")
# Conversions below which a cell's intervals hold too little: benchmarks/coverage_cells.py.
FEW = 10


def replicated(credit: CreditTable, measure: str, *, jackknife: bool = False) -> Floats:
    """Return a measure of every replicate, float64, shape (R, n_models, n_cells).

    Raises
    ------
    CreditError
        If the credit was made without a bootstrap, or the measure is unknown, not resampled or
        made of spend that was not joined.
    """
    if measure not in MEASURES:
        raise CreditError(unknown_name("measure", measure, resampled()), column="measure")
    if not MEASURES[measure].credited:
        msg = f"{measure!r} is not resampled, and has no interval"
        raise CreditError(msg, column="measure", hint=f"one of {', '.join(resampled())}")
    known = credit.bootstrap
    if known is None:
        msg = "this credit has no replicates, and so no intervals"
        raise CreditError(msg, hint="at.attribute(journeys, models, bootstrap=500, rng=1)")
    samples = known.jackknife if jackknife else known.samples
    found = declared(credit, measure)(credit.terms_of(samples))
    return np.broadcast_to(found, samples.conversions.shape)


def interval(
    credit: CreditTable, measure: str, level: float = 0.95, method: str = "percentile"
) -> tuple[Floats, Floats]:
    """Return the interval of a measure of every cell under every model, shape (n_models, n_cells).

    A bound is missing where the samples set none: a channel without a conversion in some samples has no
    highest cost per conversion.
    """
    estimate, samples = measured(credit, measure), replicated(credit, measure)
    left_out = replicated(credit, measure, jackknife=True) if method == "bca" else None
    if MEASURES[measure].per:
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


def told(credit: CreditTable, level: float = 0.95) -> str:
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
    unit = Sentence("intervals.groups", count=len(known.jackknife.conversions))
    unit = Sentence("intervals.users") if known.resample == "user" else unit
    return Sentence("intervals.told", level=level, count=len(known), unit=unit)


def few(credit: CreditTable) -> Bools:
    """Return which cells hold fewer than `FEW` conversions, shape (n_models, n_cells)."""
    return np.abs(credit.conversions) < FEW


def told_few(credit: CreditTable) -> str:
    """Return in words how many cells' intervals rest on few conversions; nothing where none does."""
    inside = few(credit)[:, credit.attributed]
    if not inside.any():
        return ""
    several = len(credit.by) > 1
    cells = Sentence("intervals.cells", by=tuple(credit.by)) if several else Sentence("intervals.channels")
    key = "intervals.few_some" if len(credit.models) > 1 else "intervals.few"
    count, total = int(inside.any(axis=0).sum()), inside.shape[1]
    return Sentence(key, few=FEW, count=count, total=total, cells=cells)
