"""Ordered Shapley: the closed form of the additive game, told by position in the journey."""

from __future__ import annotations

import numpy as np

from attribution._typing import Floats
from attribution.journeys.claimed import claimed_touches
from attribution.journeys.journeys import UNATTRIBUTED, Journeys
from attribution.models.cells import CellTally, JourneyCells, distinct_rows
from attribution.models.model import tally_touch_weights
from attribution.models.rules import Linear
from attribution.models.shapley_solution import PositionCredit, ShapleySolution
from attribution.stats.sums import sums_by

_NOWHERE = "0"  # the position of what nothing touched


def tally_positions(journeys: Journeys) -> CellTally:
    """Split conversions equally over distinct channels, and each part over the channel's touches.

    Returns
    -------
    CellTally
        By ``"channel"`` and ``"position"``, positions counted from 1; unattributed conversions have 0.
    """
    claimed = claimed_touches(journeys)
    lost = np.flatnonzero(journeys.converted & (journeys.lengths == 0))
    channels = (*journeys.channels, UNATTRIBUTED)
    positions = (_NOWHERE, *map(str, range(1, int(claimed.lengths.max(initial=0)) + 1)))
    columns = [
        np.concatenate([claimed.channel, np.full(len(lost), len(channels) - 1)]),
        np.concatenate([claimed.position + 1, np.zeros(len(lost), np.int64)]),
    ]
    codes, number = distinct_rows(columns, [len(channels), len(positions)])
    cells = JourneyCells(
        by=("channel", "position"),
        labels=(channels, positions),
        codes=codes,
        touch=number[: len(claimed.index)],
        unattributed=number[len(claimed.index) :],
        lost=lost,
    )
    return tally_touch_weights(journeys, cells, Linear(per="channel").weights(claimed))


def solve_positions(tally: CellTally) -> tuple[ShapleySolution, Floats | None]:
    """Return values by channel and by position, and the unattributed conversions and value, if any."""
    names, labels = tally.labels
    channels = tuple(sorted(name for name in names if name != UNATTRIBUTED))
    place = {name: code for code, name in enumerate(channels)} | {UNATTRIBUTED: -1}
    channel = np.array([place[name] for name in names], np.int64)[tally.codes[:, 0]]
    position = np.array([int(label) for label in labels], np.int64)[tally.codes[:, 1]]
    held = channel >= 0
    channel, position, sums = channel[held], position[held], tally.sums[held]
    columns = [sums_by(channel, column, len(channels)) for column in sums.T]
    values = np.stack(columns, axis=1).astype(np.float64)
    solution = ShapleySolution(
        game="subset_conversions",
        channels=channels,
        players=len(np.unique(channel)),
        shapley=values,
        standard_errors=np.full_like(values, np.nan),
        credit=values,
        by_position=PositionCredit(channels, channel, position, sums),
    )
    return solution, None if held.all() else tally.sums[~held].sum(axis=0)
