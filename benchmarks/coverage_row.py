"""A figure of a simulation and the band it must lie in."""

from __future__ import annotations

import math
from dataclasses import dataclass

_RARE = 1e-3


@dataclass(frozen=True)
class Row:
    """A figure of a number of simulations and the band it must lie in.

    Attributes
    ----------
    name, value, band, sims
        What was simulated, what was seen, where it must lie, and of how many simulations.
    rate
        Whether the figure is a share of the simulations.
    level
        Nominal share of errors of a test of nothing, or of intervals that miss; None without. A quick run
        then fails where so many errors are rarer than 1 in 1,000 by the binomial, instead of widening the
        band: of 400 draws at 5% from 36 errors on, which a test that errs twice as often has in 77% of runs.
    """

    name: str
    value: float
    band: tuple[float, float]
    sims: int
    rate: bool = True
    level: float | None = None

    def passes(self, *, quick: bool) -> bool:
        """Return whether the figure lies in its band; a quick run allows for what chance explains."""
        if quick and self.level is not None:
            from scipy import stats

            share = self.value if self.value < 0.5 else 1.0 - self.value
            errors = round(share * self.sims)
            return bool(stats.binom.sf(errors - 1, self.sims, self.level) >= _RARE)
        middle = min(max(self.value, 0.5 / self.sims), 1 - 0.5 / self.sims) if self.rate else 0.5
        edge = min(max(sum(self.band) / 2, 0.01), 0.99)
        spread = max(middle * (1 - middle), edge * (1 - edge)) if self.rate else 0.01
        slack = 3 * math.sqrt(spread / self.sims) if quick else 0.0
        return self.band[0] - slack <= self.value <= self.band[1] + slack
