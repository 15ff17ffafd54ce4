"""Actual outcome and counterfactual over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._typing import Floats

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, slots=True)
class GeoPath:
    """Totals of the treated geos over time.

    Attributes
    ----------
    times
        Days or numbers of periods, shape (T,).
    actual, counterfactual, low, high
        float64, shape (T,): what was, what would have been, and the pointwise band of the latter.
    n_pre, n_cooldown
        Periods before the test, and those at the end that follow the treatment.
    step
        What a period is.
    """

    times: Any
    actual: Floats
    counterfactual: Floats
    low: Floats
    high: Floats
    n_pre: int
    n_cooldown: int
    step: str

    def to_frame(self) -> pd.DataFrame:
        """Return a row a period."""
        import pandas as pd

        effect = self.actual - self.counterfactual
        phase = np.where(np.arange(len(effect)) < self.n_pre, "before", "test").astype(object)
        if self.n_cooldown:
            phase[-self.n_cooldown :] = "cooldown"
        days = self.times.dtype.kind == "M"
        return pd.DataFrame(
            {
                "time": self.times.astype("datetime64[s]") if days else self.times,
                "phase": phase,
                "actual": self.actual,
                "counterfactual": self.counterfactual,
                "ci_low": self.low,
                "ci_high": self.high,
                "effect": effect,
                "cumulative": np.where(
                    np.arange(len(effect)) < self.n_pre,
                    np.nan,
                    np.cumsum(np.where(phase == "before", 0.0, effect)),
                ),
            }
        )
