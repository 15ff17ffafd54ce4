"""Journeys split by effects of channels, counted so that a resample of the users splits them anew.

How a journey is split depends on nothing but the effects and on how many of its touches lie in each cell of
a breakdown: its mix. So conversions are counted by mix, and other effects give other cells without journeys.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution._typing import Floats
from attribution.credit.credit import Credit
from attribution.journeys.claimed import claimed_touches
from attribution.journeys.journeys import UNATTRIBUTED, Journeys
from attribution.kernels.ragged import offsets_of, segment_sums
from attribution.language.sentence import Sentence
from attribution.models.breakdown import Breakdown
from attribution.models.cells import CellTally, cells_of, distinct_rows
from attribution.models.channel_sets import SetTally, group_sets


def shares_by_effect(journeys: Journeys, channels: tuple[str, ...], effects: Floats) -> Floats:
    """Return each claimed touch's share of its conversion, by the size of its channel's effect.

    The sign of an effect is left out: within a channel it is the same for all touches, so that it changes
    nothing once cells are scaled to the channel's credit, while effects of both signs could cancel.

    Parameters
    ----------
    journeys
        The journeys.
    channels
        What the effects belong to; channels of the journeys that are not among them have none.
    effects
        Shape (n_channels,).

    Returns
    -------
    Floats
        Shape (M,); shares of a journey sum to 1 and are equal where none of its channels has an effect.
    """
    claimed = claimed_touches(journeys)
    size = dict(zip(channels, np.abs(effects).tolist(), strict=True))
    of_touch = np.array([size.get(name, 0.0) for name in journeys.channels], np.float64)[claimed.channel]
    whole = segment_sums(of_touch, claimed.offsets)[claimed.journey]
    shares = 1.0 / claimed.length
    np.divide(of_touch, whole, out=shares, where=whole > 0)
    return shares


def nothing_learnt(model: str, p_value: float | None, what: str) -> tuple[str, ...]:
    """Return the note that a model has learnt nothing, where a test at 5% does not tell.

    Parameters
    ----------
    model
        Its name.
    p_value
        Of the test; None where there is too little to test.
    what
        What does not tell converting journeys from others: ``"sets"``, ``"channel"`` or ``"last"``.
    """
    if p_value is None or p_value <= 0.05:
        return ()
    return (Sentence("model.learnt_nothing", model=model, what=Sentence(f"learnt.{what}"), p=p_value),)


Effects = tuple[dict[str, float], dict[str, float]]
"""Of each channel, on conversions and on value."""


def tally_mixes(journeys: Journeys, by: Sequence[str]) -> SetTally:
    """Count conversions and their value by how many touches of the journey lie in each cell.

    Parameters
    ----------
    journeys
        Disjoint sets of users may be tallied apart and merged with ``+``.
    by
        Dimensions of the cells, ``"channel"`` first.

    Returns
    -------
    SetTally
        Its members are cells with a number of touches, written as JSON; one more name, in no set, says what
        the dimensions are. An unattributed conversion has one touch in the cell for it.
    """
    cells, claimed = cells_of(journeys, by), claimed_touches(journeys)
    n, places = len(claimed.which), max(1, len(cells.codes))
    journey = np.concatenate([claimed.journey, n + np.arange(len(cells.lost))])
    key = journey * places + np.concatenate([cells.touch, cells.unattributed])
    found, times = np.unique(key, return_counts=True)
    owner, cell = np.divmod(found, places)
    members, number = distinct_rows([cell, times], [places, int(times.max(initial=0)) + 1])
    names = [json.dumps([*_labels(cells, place), count]) for place, count in members.tolist()]
    header = json.dumps({"by": cells.by, "of_touches": cells.of_touches})
    ordered = sorted([header, *names])
    rank = {name: place for place, name in enumerate(ordered)}
    code = np.array([rank[name] for name in names], np.int64)
    lost = journeys.weights_of(cells.lost)
    sums = np.zeros((n + len(lost), 3))
    sums[:, 0] = np.concatenate([claimed.conversions, lost])
    sums[:, 1] = np.concatenate([claimed.value, journeys.value[cells.lost]])
    return group_sets(tuple(ordered), code[number], offsets_of(np.bincount(owner, minlength=len(sums))), sums)


def _labels(cells: Any, place: int) -> list[str]:
    return [names[code] for names, code in zip(cells.labels, cells.codes[place].tolist(), strict=True)]


@dataclass(frozen=True, eq=False)
class MixBreakdown(Breakdown):
    """A breakdown whose journeys are split anew by the effects of each resample.

    Attributes
    ----------
    channels : tuple of str
        The channel of each cell.
    touches : scipy.sparse.csr_array, shape (n_mixes, n_cells)
        Touches of each mix in each cell.
    """

    channels: tuple[str, ...] = ()
    touches: Any = None

    @classmethod
    def of(cls, solved: Credit, mixes: SetTally, effects: Effects) -> MixBreakdown:
        """Split the conversions of every mix."""
        from scipy import sparse

        read = [json.loads(name) for name in mixes.channels]
        header = next(entry for entry in read if isinstance(entry, dict))
        by = tuple(header["by"])
        known = {tuple(entry[:-1]): 0 for entry in read if isinstance(entry, list)}
        known = {cell: place for place, cell in enumerate(sorted(known))}
        labels = [tuple(sorted({cell[position] for cell in known})) for position in range(len(by))]
        codes = np.array(
            [[names.index(part) for names, part in zip(labels, cell, strict=True)] for cell in known],
            np.int64,
        ).reshape(len(known), len(by))
        place = np.array([known[tuple(e[:-1])] if isinstance(e, list) else -1 for e in read], np.int64)
        times = np.array([e[-1] if isinstance(e, list) else 0 for e in read], np.float64)
        shape = (len(mixes.sizes), len(known))
        touches = sparse.csr_array((times[mixes.members], place[mixes.members], mixes.offsets), shape=shape)
        channels = tuple(cell[0] for cell in known)
        sums = _split(touches, channels, effects, mixes.sums)
        cells = CellTally(by, tuple(labels), codes, sums, of_touches=tuple(header["of_touches"]))
        found = Breakdown.split(solved, cells, fixed=True)
        return cls(
            found.cells, found.margins, found.fits, found.counted, found.moved, True, channels, touches
        )

    def refill(self, effects: Effects, sums: Floats) -> Floats:
        """Return the cells of a resample, by its effects and its conversions of each mix; (n_cells, 2)."""
        return _split(self.touches, self.channels, effects, sums)


def _split(touches: Any, channels: Sequence[str], effects: Effects, sums: Floats) -> Floats:
    """Split each mix over its touches by the size of the effects, or equally where there is none."""
    filled = np.zeros((touches.shape[1], 2))
    for measure, effect in enumerate(effects):
        size = np.array([1.0 if name == UNATTRIBUTED else abs(effect.get(name, 0.0)) for name in channels])
        held, amount = touches @ size, sums[:, measure]
        by_size = np.divide(amount, held, out=np.zeros_like(amount), where=held > 0)
        equally = np.where(held > 0, 0.0, amount / np.maximum(touches.sum(axis=1), 1.0))
        filled[:, measure] = size * (touches.T @ by_size) + touches.T @ equally
    return filled
