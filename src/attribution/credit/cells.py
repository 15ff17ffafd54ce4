"""What a credit table carries beside its credit: what cells did, and the sums of the whole."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Floats


@dataclass(frozen=True, eq=False)
class Activity:
    """What the channels did in converting journeys, the same for every model.

    Every array has shape (n_cells,), float64.

    Attributes
    ----------
    touched
        Conversions that the cell touched at least once.
    assisted
        Conversions that it touched, but not last.
    opened
        Conversions whose first touch it was.
    closed
        Conversions whose last touch it was.
    mean_touches
        Its mean number of touches in a conversion that it touched.
    """

    touched: Floats
    assisted: Floats
    opened: Floats
    closed: Floats
    mean_touches: Floats

    def take(self, cells: NDArray[np.intp]) -> Activity:
        """Return the activity of the given cells; cell -1 had none.

        Examples
        --------
        >>> import numpy as np
        >>> two = np.array([5.0, 3.0])
        >>> Activity(two, two, two, two, two).take(np.array([1, -1])).touched.tolist()
        [3.0, 0.0]
        """
        taken = {}
        for entry in fields(self):
            empty = np.nan if entry.name == "mean_touches" else 0.0
            # One more entry, which cell -1 finds from the end.
            taken[entry.name] = np.append(getattr(self, entry.name), empty)[cells]
        return Activity(**taken)


@dataclass(frozen=True, eq=False)
class Totals:
    """Sums of a whole credit table, to which shares refer.

    Attributes
    ----------
    conversions, value
        Attributed, float64, shape (n_models,).
    unattributed_conversions, unattributed_value
        Of conversions without an eligible touch, float64, shape (n_models,).
    cost
        Known spend; NaN where none is.
    channels
        How many channels the table has.
    """

    conversions: Floats
    unattributed_conversions: Floats
    value: Floats
    unattributed_value: Floats
    cost: float
    channels: int
