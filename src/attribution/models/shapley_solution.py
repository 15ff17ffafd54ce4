"""What a Shapley model found: values, standard errors and shares by channel, and by position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._display import Display
from attribution._typing import Floats, Ints
from attribution.credit.explain import Solution
from attribution.language.sentence import Sentence

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class PositionCredit(Display):
    """Credit by channel and position in the journey.

    Attributes
    ----------
    channels : tuple of str
        Channel names, sorted.
    channel : int64, shape (n,)
        Channel of each row, as a position in `channels`.
    position : int64, shape (n,)
        Place of the touch in its journey; the first touch is 1.
    credit : float64, shape (n, 2)
        Conversions and value.
    """

    channels: tuple[str, ...]
    channel: Ints
    position: Ints
    credit: Floats

    def to_frame(self) -> pd.DataFrame:
        """Return one row a channel and position.

        Returns
        -------
        pandas.DataFrame
            Columns ``channel``, ``position`` (from 1), ``conversions``, ``value`` and ``share`` (of all
            attributed conversions), sorted by channel and position.
        """
        import pandas as pd

        order = np.lexsort([self.position, self.channel])
        conversions, value = self.credit[order].T
        columns: dict[str, Any] = {
            "channel": np.array(self.channels, dtype=object)[self.channel[order]],
            "position": self.position[order],
            "conversions": conversions,
            "value": value,
            "share": _shares(conversions),
        }
        return pd.DataFrame(columns)

    def _title(self) -> str:
        return "Shapley credit by channel and position in the journey"


@dataclass(frozen=True, eq=False, repr=False)
class ShapleySolution(Solution, Display):
    """The solution of a game between channels.

    Attributes
    ----------
    game : str
        Which game was played.
    channels : tuple of str
        Channel names, sorted.
    players : int
        Channels that occur in a journey, and so play.
    shapley : float64, shape (n_channels, 2)
        Shapley values of the game on conversions and of the game on value, in the game's own unit:
        conversions and value, or their rates a journey. Channels that do not play have 0.
    standard_errors : float64, shape (n_channels, 2)
        Standard errors of `shapley`; NaN where they are exact.
    credit : float64, shape (n_channels, 2)
        Shapley values scaled to the attributed conversions and value.
    orders : int
        How many orders of the channels were sampled; 0 where the values are exact.
    by_position : PositionCredit or None
        Credit by position, of ordered models.
    """

    game: str
    channels: tuple[str, ...]
    players: int
    shapley: Floats
    standard_errors: Floats
    credit: Floats
    orders: int = 0
    by_position: PositionCredit | None = None

    @property
    def negative(self) -> tuple[str, ...]:
        """Channels of negative worth, in conversions, the most negative first."""
        worth = self.shapley[:, 0]
        below = np.flatnonzero(worth < -1e-12 * np.abs(worth).sum())
        return tuple(self.channels[place] for place in below[np.argsort(worth[below], kind="stable")])

    def to_frame(self) -> pd.DataFrame:
        """Return one row a channel.

        Returns
        -------
        pandas.DataFrame
            Columns ``channel``, ``shapley`` (in the game's own unit), ``standard_error`` (missing where
            exact) and ``share`` (of their sum), then the same for the game played on value:
            ``value_shapley``, ``value_standard_error`` and ``value_share``.
        """
        import pandas as pd

        columns: dict[str, Any] = {"channel": np.array(self.channels, dtype=object)}
        for measure, prefix in enumerate(("", "value_")):
            columns[f"{prefix}shapley"] = self.shapley[:, measure]
            columns[f"{prefix}standard_error"] = self.standard_errors[:, measure]
            columns[f"{prefix}share"] = _shares(self.credit[:, measure])
        return pd.DataFrame(columns)

    def _says(self, channel: str, place: int) -> Sentence:  # noqa: ARG002
        return Sentence("shapley.effect", value=float(self.shapley[place, 0]))

    def _title(self) -> str:
        how = f"sampled over {self.orders:,} orders" if self.orders else "exact"
        return f"Shapley values of the game {self.game!r} between {self.players:,} channels, {how}"


def _shares(credit: Floats) -> Floats:
    """Return credit over its sum; NaN where there is none."""
    total = credit.sum()
    return credit / total if total else np.full_like(credit, np.nan)
