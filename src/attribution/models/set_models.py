"""Models that divide every conversion by its own journey: their credit, breakdowns and replicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution._typing import Floats, Ints
from attribution.credit.credit import Credit
from attribution.errors import ModelError
from attribution.journeys.claimed import claimed_touches
from attribution.journeys.journeys import UNATTRIBUTED, Journeys
from attribution.kernels.ragged import segment_sums
from attribution.models.allocation import nothing_learnt
from attribution.models.breakdown import Breakdown
from attribution.models.cells import CellTally
from attribution.models.channel_sets import SetTally, tally_sets
from attribution.models.model import Model, solve_cells
from attribution.stats.homogeneity import marks_matter


@dataclass(frozen=True, eq=False)
class SeenSets:
    """The sets of channels of a tally without the empty one, as a sparse matrix.

    Attributes
    ----------
    tally : SetTally
        What they come from.
    filled : int64, shape (k,)
        Their rows in the tally.
    sizes : int64, shape (k,)
        Channels in each.
    inside : scipy.sparse.csr_array, shape (k, n_channels)
        1 where a channel is in a set.
    """

    tally: SetTally
    filled: Ints
    sizes: Ints
    inside: Any

    @classmethod
    def of(cls, tally: SetTally) -> SeenSets:
        """Return the sets of a tally that hold a channel."""
        from scipy import sparse

        filled = np.flatnonzero(tally.sizes > 0)
        seen = tally.take(filled)
        shape = (len(filled), len(tally.channels))
        inside = sparse.csr_array((np.ones(len(seen.members)), seen.members, seen.offsets), shape=shape)
        return cls(tally, filled, seen.sizes, inside)

    @property
    def players(self) -> Ints:
        """Channels that are in a set, as positions among the tally's channels."""
        return np.unique(self.inside.indices).astype(np.int64)

    def unattributed(self, sums: Floats) -> Floats | None:
        """Return unattributed conversions and value of each of the sums, shape (R, 2), or None."""
        empty = np.flatnonzero(self.tally.sizes == 0)
        return sums[:, empty, :2].sum(axis=1) if len(empty) else None


def refuse_without_nulls(name: str, journeys: Journeys) -> None:
    """Raise ModelError if the journeys were built without those that did not convert."""
    if journeys.settings.get("nulls") is False:
        msg = f"{name} learns from journeys that did not convert, and these were built without them"
        raise ModelError(msg, hint="at.build_journeys(log, nulls=True)")


def sets_learnt(name: str, tally: SetTally) -> tuple[str, ...]:
    """Return the note that nothing was learnt, where channels do not tell among journeys of as many channels.

    Journeys that convert have fewer or more touches for other reasons, so that sets are compared with sets of
    their size.
    """
    sets = SeenSets.of(tally)
    counts = tally.sums[sets.filled]
    p_value = marks_matter(sets.inside, sets.sizes, counts[:, 0], counts[:, 0] + counts[:, 2])
    return nothing_learnt(name, p_value, "sets")


class SetModel(Model[SetTally]):
    """A model that learns from sets of channels which of them go with conversions."""

    @property
    def needs_nulls(self) -> bool:
        """Whether it needs journeys that did not convert: it does."""
        return True

    def check(self, journeys: Journeys) -> None:
        """Raise ModelError if the journeys were built without those that did not convert."""
        refuse_without_nulls(self.name, journeys)

    def tally(
        self,
        journeys: Journeys,
        by: Sequence[str] = ("channel",),  # noqa: ARG002 - breakdowns come from `allocate`
    ) -> SetTally:
        """Count journeys by their set of channels; see `tally_sets`."""
        self.check(journeys)
        return tally_sets(journeys)

    def learnt(self, tally: SetTally) -> tuple[str, ...]:
        """Say so where channels tell nothing of who converts."""
        return sets_learnt(self.name, tally)

    def needs_allocation(self, by: Sequence[str]) -> bool:
        """Whether journeys must be read again: for breakdowns."""
        return tuple(by) != ("channel",)

    def breakdown(self, solved: Credit, allocated: CellTally) -> Breakdown:
        """Return the cells as every journey is divided."""
        return Breakdown.split(solved, allocated, fixed=False)


def with_unattributed(credit: Floats, lost: Floats | None) -> Floats:
    """Append the unattributed conversions, shape (R, 2), as a last cell of credit, shape (R, cells, 2)."""
    return credit if lost is None else np.concatenate([credit, lost[:, None, :]], axis=1)


def credit_by_channel(name: str, channels: tuple[str, ...], sums: Floats) -> Credit:
    """Return Credit of channels; a row more than channels holds what is unattributed."""
    codes = np.arange(len(sums), dtype=np.int64)[:, None]
    return solve_cells(name, CellTally(("channel",), ((*channels, UNATTRIBUTED),), codes, sums))


def repeats_of(journeys: Journeys) -> Ints:
    """Return how many touches of its channel the journey of each claimed touch holds, shape (M,)."""
    claimed = claimed_touches(journeys)
    key = claimed.journey * max(1, len(journeys.channels)) + claimed.channel
    _, number, count = np.unique(key, return_inverse=True, return_counts=True)
    repeats: Ints = count[number.reshape(-1)]
    return repeats


def shares_by_weight(journeys: Journeys, channels: tuple[str, ...], weights: Floats) -> Floats:
    """Return each claimed touch's share where channels of a journey share by weight, shape (M,).

    A channel's part is split equally over its touches; where no channel of a journey has weight, its
    channels share equally.
    """
    claimed = claimed_touches(journeys)
    weight = dict(zip(channels, weights.tolist(), strict=True))
    once = 1.0 / repeats_of(journeys)
    of_touch = np.array([weight[name] for name in journeys.channels], np.float64)[claimed.channel] * once
    held = segment_sums(of_touch, claimed.offsets)[claimed.journey]
    shares = once / segment_sums(once, claimed.offsets)[claimed.journey]
    np.divide(of_touch, held, out=shares, where=held > 0)
    return shares
