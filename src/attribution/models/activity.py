"""What channels did in converting journeys, whatever the model: touched, assisted, opened, closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Ints
from attribution.credit.attachments import Activity
from attribution.eventlog.currency import is_currency
from attribution.journeys.claimed import claimed_touches
from attribution.journeys.journeys import Journeys
from attribution.kernels.ragged import run_starts
from attribution.models.cells import CellTally, cells_of
from attribution.stats.sums import sums_by


@dataclass(frozen=True, eq=False)
class ActivityTally:
    """Additive counts per cell, with what every result says of its journeys.

    Attributes
    ----------
    cells : CellTally
        With the sums touched, opened, closed, touches.
    window : (int, int) or None
        First and last instant of the log, microseconds.
    settings : mapping
        How the journeys were built; the same for all tallies that are merged.
    channels : tuple of str
        All channels of the log, sorted; plots colour channels by them.
    lost : float
        Unattributed conversions.
    currencies : tuple of str
        Those of the values, where the log tells them and no rates turned them into one; ``""`` where a
        conversion with a value names none.
    """

    cells: CellTally
    window: tuple[int, int] | None
    settings: Mapping[str, object]
    channels: tuple[str, ...]
    lost: float = 0.0
    currencies: tuple[str, ...] = ()

    def __add__(self, other: ActivityTally) -> ActivityTally:
        """Merge the tallies of disjoint sets of users."""
        windows = [window for window in (self.window, other.window) if window is not None]
        window = (min(low for low, _ in windows), max(high for _, high in windows)) if windows else None
        channels = tuple(sorted({*self.channels, *other.channels}))
        lost = self.lost + other.lost
        currencies = tuple(sorted({*self.currencies, *other.currencies}))
        return ActivityTally(self.cells + other.cells, window, self.settings, channels, lost, currencies)


def tally_activity(journeys: Journeys, by: Sequence[str] = ("channel",)) -> ActivityTally:
    """Count, per cell, the conversions it touched, opened and closed, and its touches in them."""
    cells = cells_of(journeys, by)
    claimed = claimed_touches(journeys)
    n = len(cells.codes)
    conversions = claimed.conversions[claimed.journey]
    once, journey = _distinct_pairs(cells.touch, claimed.journey, n)
    first, last = claimed.offsets[:-1], claimed.offsets[1:] - 1
    sums = np.stack(
        [
            sums_by(once, claimed.conversions[journey], n),
            sums_by(cells.touch[first], claimed.conversions, n),
            sums_by(cells.touch[last], claimed.conversions, n),
            sums_by(cells.touch, conversions, n),
        ],
        axis=1,
    ).astype(np.float64)
    tally = CellTally(cells.by, cells.labels, cells.codes, sums)
    return ActivityTally(
        tally,
        journeys.window,
        journeys.settings,
        journeys.channels,
        journeys.n_unattributed,
        _currencies(journeys),
    )


def _currencies(journeys: Journeys) -> tuple[str, ...]:
    """Return the currencies of the values, sorted."""
    if journeys.settings.get("has_value") is False or "rates" in journeys.settings:
        return ()
    dim = next((dim for dim in journeys.journey_dims if is_currency(dim.name)), None)
    if dim is None:
        return ()
    found = np.unique(dim.codes[journeys.converted & (journeys.value != 0)])
    return tuple(sorted(dim.labels[code] if code >= 0 else "" for code in found.tolist()))


def _distinct_pairs(cell: Ints, journey: Ints, n: int) -> tuple[Ints, Ints]:
    """Return each (cell, journey) once: touches of one cell in one journey count as one; journeys ascend.

    One sort of a number a pair; `numpy.unique` with positions takes three times as long.
    """
    bits = max(n - 1, 1).bit_length()
    narrow = (int(journey[-1]) + 1 if len(journey) else 0) << bits < 1 << 31
    kind = np.int32 if narrow else np.int64
    pair: NDArray[np.signedinteger[Any]] = journey.astype(kind)
    pair <<= bits
    pair |= cell.astype(kind)
    pair.sort()
    pair = pair[run_starts(pair)]
    return (pair & ((1 << bits) - 1)).astype(np.int64), (pair >> bits).astype(np.int64)


def solve_activity(tally: ActivityTally) -> Activity:
    """Turn counts into Activity, cells in the order of `CellTally.keys`."""
    _, order = tally.cells.keys()
    touched, opened, closed, touches = tally.cells.sums[order].T
    mean_touches = np.full(len(order), np.nan)
    np.divide(touches, touched, out=mean_touches, where=touched > 0)
    return Activity(
        touched=touched,
        assisted=touched - closed,
        opened=opened,
        closed=closed,
        mean_touches=mean_touches,
    )
