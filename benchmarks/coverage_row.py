"""A figure of a simulation and the band it must lie in."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure of a number of simulations and the band it must lie in."""

    name: str
    value: float
    band: tuple[float, float]
    sims: int
    rate: bool = True

    def passes(self, *, quick: bool) -> bool:
        """Return whether the figure lies in its band, widened by three standard errors in a quick run."""
        middle = min(max(self.value, 0.5 / self.sims), 1 - 0.5 / self.sims) if self.rate else 0.5
        edge = min(max(sum(self.band) / 2, 0.01), 0.99)
        spread = max(middle * (1 - middle), edge * (1 - edge)) if self.rate else 0.01
        slack = 3 * math.sqrt(spread / self.sims) if quick else 0.0
        return self.band[0] - slack <= self.value <= self.band[1] + slack
