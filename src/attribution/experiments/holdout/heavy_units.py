"""The units that decide an experiment's error: buyers among many who do not buy, whales, big clusters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from attribution._typing import Floats
from attribution.experiments.holdout.moments import Moments, total
from attribution.experiments.holdout.tally import Group, Reader, cluster_rows

MOST = 2_000  # units of a group that are kept one by one


@dataclass(frozen=True, eq=False)
class Scale:
    """By what a unit's distance is measured: mean and standard deviation of every metric over all units."""

    mean: Floats
    spread: Floats

    @classmethod
    def of(cls, groups: Mapping[Group, Moments]) -> Scale:
        """Return the scale of all groups together."""
        whole = total(groups.values())
        spread = np.sqrt(np.maximum(np.diag(whole.cross), 0.0) / whole.n)
        return cls(whole.mean, np.where(spread > 0, spread, np.inf))

    def farthest(self, numbers: Floats) -> Floats:
        """Return the units farthest from the mean, `MOST` at most, of shape (k, n)."""
        if numbers.shape[1] <= MOST:
            return numbers
        away = np.abs((numbers - self.mean[:, None]) / self.spread[:, None]).max(axis=0)
        return numbers[:, np.argpartition(-away, MOST - 1)[:MOST]]


Far = dict[Group, Floats]


def far_units(reader: Reader, scale: Scale) -> Far:
    """Return, by group, the numbers of the units that are farthest from the mean, shape (k, n).

    Of clusters their totals, with the size last, as in the moments.
    """
    if reader.spec.cluster is not None:
        chunks = list(reader.chunks())
        if not chunks:
            return {}
        found = cluster_rows(chunks)
        rows = ((code, found.totals[places].T) for code, places in found.by_code())
        return {reader.group(code): scale.farthest(numbers) for code, numbers in rows}
    kept: Far = {}
    for group, numbers, counts in reader.parts():
        own = numbers if counts is None else _repeated(numbers, counts)
        kept[group] = scale.farthest(own if group not in kept else np.hstack([kept[group], own]))
    return kept


def merged_far(parts: Iterable[Far], scale: Scale) -> Far:
    """Return what `far_units` finds in all parts together."""
    kept: Far = {}
    for part in parts:
        for group, numbers in part.items():
            kept[group] = scale.farthest(numbers if group not in kept else np.hstack([kept[group], numbers]))
    return kept


def _repeated(numbers: Floats, counts: Floats) -> Floats:
    """Return a column for each unit, of one kind `MOST` at most: that many decide no error by themselves."""
    return np.repeat(numbers, np.minimum(counts, MOST).astype(np.int64), axis=1)
