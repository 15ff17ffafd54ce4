"""What a Markov model found: removal effects, conversion probability, and the chain as frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._display import Display
from attribution._typing import Floats
from attribution.models.grams import CONVERSION, NULL, START, Grams

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class MarkovSolution(Display):
    """The solution of an absorbing chain.

    Attributes
    ----------
    grams : Grams
        The transition counts.
    channels : tuple of str
        Channel names, sorted.
    journeys : float
        Journeys that hold a touch.
    attributed : float64, shape (2,)
        Conversions that end a journey with a touch, and their value.
    conversion_probability : float
        P(CONVERSION) from START; equals the share of journeys that convert, at every order.
    expected_value : float
        Expected value of a journey.
    effect_conversions, effect_value : float64, shape (n_channels,)
        Removal effects.
    """

    grams: Grams
    channels: tuple[str, ...]
    journeys: float
    attributed: Floats
    conversion_probability: float
    expected_value: float
    effect_conversions: Floats
    effect_value: Floats

    def to_frame(self) -> pd.DataFrame:
        """Return one row a channel: removal effect on conversions and on value."""
        import pandas as pd

        columns: dict[str, Any] = {
            "channel": self.channels,
            "removal_effect": self.effect_conversions,
            "removal_effect_value": self.effect_value,
        }
        return pd.DataFrame(columns)

    def _title(self) -> str:
        return (
            f"Removal effects; P(conversion) = {self.conversion_probability:.4g} "
            f"over {self.journeys:,.0f} journeys, {len(self.grams.states):,} states"
        )

    def state_names(self) -> list[str]:
        """Return the name of each state: its channels, oldest first."""
        names = np.array([*self.channels, START], dtype=object)
        return [" > ".join(part for part in row if part != START) for row in names[self.grams.states]]

    def state_graph(self) -> pd.DataFrame:
        """Return one row a step: from, to, count, probability, value, most frequent first."""
        import pandas as pd

        grams = self.grams
        names = np.array([*self.state_names(), NULL, CONVERSION], dtype=object)  # -2 and -1 from the end
        sources = np.array([*self.state_names(), START], dtype=object)
        total = np.bincount(grams.source + 1, grams.count)
        columns: dict[str, Any] = {
            "from": sources[grams.source],
            "to": names[grams.target],
            "count": grams.count,
            "probability": grams.count / total[grams.source + 1],
            "value": grams.value,
        }
        frame = pd.DataFrame(columns)
        return frame.sort_values(["count", "from", "to"], ascending=[False, True, True], ignore_index=True)

    def transition_matrix(self) -> pd.DataFrame:
        """Return P(next | state): a row a state and START, a column a state, CONVERSION and NULL."""
        import pandas as pd

        names = self.state_names()
        rows, columns = [START, *names], [*names, CONVERSION, NULL]
        grams = self.grams
        matrix = np.zeros((len(rows), len(columns)))
        column = np.where(grams.target >= 0, grams.target, len(names) - 1 - grams.target)
        np.add.at(matrix, (grams.source + 1, column), grams.count)
        totals = matrix.sum(axis=1, keepdims=True)
        np.divide(matrix, totals, out=matrix, where=totals > 0)
        return pd.DataFrame(matrix, index=pd.Index(rows, name="from"), columns=pd.Index(columns, name="to"))
