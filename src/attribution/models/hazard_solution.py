"""What an additive hazard model found: the hazard that a touch of each channel brings, by time since it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attribution._display import Display
from attribution._typing import Floats
from attribution.credit.explain import Solution
from attribution.language.sentence import Sentence

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class HazardSolution(Solution, Display):
    """Hazards of conversion that touches bring, by channel and time since the touch.

    Attributes
    ----------
    channels : tuple of str
        Channel names, sorted.
    kernel : str
        ``"exponential"`` or ``"free"``.
    strength : float64, shape (n_channels,)
        Conversions that one touch brings in the long run: beta of the exponential, or the sum of heights
        times widths over the bins that any touch reached.
    rate : float64, shape (n_channels,)
        omega of the exponential, per day; NaN for free heights and channels without strength.
    lower, upper : float64, shape (n_bins,)
        Ends of the lag bins, days.
    hazard : float64, shape (n_channels, n_bins)
        Conversions a day that a touch brings while its age is in the bin.
    waited : float64, shape (n_channels, n_bins)
        Days that touches spent in the bin.
    credit : float64, shape (n_channels, 2)
        Conversions and value.
    parameters : float64
        Logs of what was estimated; where a bootstrap begins.
    """

    channels: tuple[str, ...]
    kernel: str
    strength: Floats
    rate: Floats
    lower: Floats
    upper: Floats
    hazard: Floats
    waited: Floats
    credit: Floats
    parameters: Floats

    @property
    def mean_lag(self) -> Floats:
        """Mean days from a touch to the conversion it brings, shape (n_channels,); NaN without strength."""
        if self.kernel == "exponential":
            lag: Floats = 1.0 / self.rate
            return lag
        mass = self.hazard * (self.upper - self.lower)
        middle = (self.lower + self.upper) / 2
        held = mass.sum(axis=1)
        mean = np.full(len(held), np.nan)
        np.divide(mass @ middle, held, out=mean, where=held > 0)
        return mean

    def to_frame(self) -> pd.DataFrame:
        """Return one row a channel.

        Returns
        -------
        pandas.DataFrame
            Columns ``channel``, ``conversions_per_touch`` (that one touch brings in the long run),
            ``mean_lag_days`` (from the touch to such a conversion), ``waited_days`` (that its touches were
            observed) and ``share`` (of credited conversions).
        """
        import pandas as pd

        total = self.credit[:, 0].sum()
        return pd.DataFrame(
            {
                "channel": np.array(self.channels, dtype=object),
                "conversions_per_touch": self.strength,
                "mean_lag_days": self.mean_lag,
                "waited_days": self.waited.sum(axis=1),
                "share": self.credit[:, 0] / total if total else np.nan,
            }
        )

    def curve(self) -> pd.DataFrame:
        """Return one row a channel and lag bin.

        Returns
        -------
        pandas.DataFrame
            Columns ``channel``, ``from_days``, ``to_days``, ``hazard`` (conversions a day that a touch of
            this age brings) and ``waited_days`` (what this rests on).
        """
        import pandas as pd

        n, bins = self.hazard.shape
        return pd.DataFrame(
            {
                "channel": np.repeat(np.array(self.channels, dtype=object), bins),
                "from_days": np.tile(self.lower, n),
                "to_days": np.tile(self.upper, n),
                "hazard": self.hazard.reshape(-1),
                "waited_days": self.waited.reshape(-1),
            }
        )

    def _says(self, channel: str, place: int) -> Sentence:  # noqa: ARG002
        strength, days = float(self.strength[place]), float(self.mean_lag[place])
        return Sentence("additive_hazard.effect", conversions=strength, days=days)

    def _title(self) -> str:
        n = len(self.channels)
        return f"Hazard of conversion that touches of {n:,} channels bring, {self.kernel} in time"
