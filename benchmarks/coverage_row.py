"""A figure of a simulation, the band it must lie in, and what so many draws can tell."""

from __future__ import annotations

import math
from dataclasses import dataclass

RARE = 1e-3  # chance that a quick run may have of failing a row that errs as often as it says, on one side
POWER = 0.75  # least chance of a quick run to fail a row that errs twice as often


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
        Nominal share of errors: of a test of nothing, of intervals that miss, or of effects not found. Where
        a method promises 95% and documents that it keeps 92%, that is .08. 0 where no single error is
        allowed, as in what must agree; None where the figure guards nothing (a comparison, a mean).
    """

    name: str
    value: float
    band: tuple[float, float]
    sims: int
    rate: bool = True
    level: float | None = None

    @property
    def guards(self) -> bool:
        """Return whether errors are counted against a nominal share."""
        return self.rate and self.level is not None

    @property
    def fewest(self) -> int:
        """Return the fewest errors that are accepted, by the least share that the band allows for."""
        from scipy import stats

        least = min(self.band[0] if self.band[1] < 0.5 else 1.0 - self.band[1], self.level or 0.0)
        return max(int(stats.binom.ppf(RARE, self.sims, least)), 0) if least > 0 else 0

    @property
    def most(self) -> int:
        """Return the most errors that are accepted: more are rarer than `RARE` at the nominal share."""
        from scipy import stats

        return int(stats.binom.isf(RARE, self.sims, self.level)) if self.level else 0

    def accepts(self, share: float) -> float:
        """Return the chance that a row with so many errors in truth is accepted, by the binomial."""
        from scipy import stats

        return float(
            stats.binom.cdf(self.most, self.sims, share) - stats.binom.cdf(self.fewest - 1, self.sims, share)
        )

    @property
    def power(self) -> float:
        """Return the chance to fail where errors are twice the nominal share; at level 0, of 1 in 100."""
        return 1.0 - self.accepts(2 * self.level if self.level else 0.01)

    @property
    def weak(self) -> bool:
        """Return whether the row guards, with too few draws to find twice its errors."""
        return self.guards and self.power < POWER

    def passes(self, *, quick: bool) -> bool:
        """Return whether the figure lies in its band; a quick run allows for what chance explains.

        Of errors by the exact binomial, see `fewest` and `most`; of other figures three standard errors.
        """
        if quick and self.guards:
            share = self.value if self.value < 0.5 else 1.0 - self.value
            return math.isfinite(share) and self.fewest <= round(share * self.sims) <= self.most
        middle = min(max(self.value, 0.5 / self.sims), 1 - 0.5 / self.sims) if self.rate else 0.5
        edge = min(max(sum(self.band) / 2, 0.01), 0.99)
        spread = max(middle * (1 - middle), edge * (1 - edge)) if self.rate else 0.01
        slack = 3 * math.sqrt(spread / self.sims) if quick else 0.0
        return self.band[0] - slack <= self.value <= self.band[1] + slack

    def line(self, *, quick: bool) -> str:
        """Return the row of the table that is printed."""
        told = ["-"] * 3
        if quick and self.guards:
            told = [
                f"{self.fewest} to {self.most}",
                f"{self.accepts(self.level or 0.0):.4f}",
                f"{self.power:.2f}",
            ]
        state = "" if self.passes(quick=quick) else "OUTSIDE"
        state = "WEAK" if quick and self.weak else state
        band = f"{self.band[0]:g} to {self.band[1]:g}"
        cells = [self.name, f"{self.value:.4f}", band, f"{self.sims:,}", *(told if quick else ()), state]
        return f"| {' | '.join(cells)} |"
