"""What a Markov model found: removal effects, conversion probability, and the chain as frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from attribution import _draw
from attribution._checks import one_of
from attribution._display import Display
from attribution._typing import Floats
from attribution.credit.explain import Solution
from attribution.errors import ModelError
from attribution.language.sentence import Sentence
from attribution.models.chain import ONE_INVERSE, Solved
from attribution.models.chain_counts import CONVERSION, NULL, START, ChainCounts
from attribution.stats.sums import sums_by

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes

_MOST_BARS = 60
_MOST_STATES = 40
_RARE = 0.005


@dataclass(frozen=True, eq=False, repr=False)
class MarkovSolution(Solution, Display):
    """The solution of an absorbing chain.

    Attributes
    ----------
    chains : ChainCounts
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
    solved : Solved
        In how many sweeps the chain was solved (``solved.sweeps``; none where one inverse serves all
        channels), what error is left, and whether it came to an end.
    """

    chains: ChainCounts
    channels: tuple[str, ...]
    journeys: float
    attributed: Floats
    conversion_probability: float
    expected_value: float
    effect_conversions: Floats
    effect_value: Floats
    solved: Solved = ONE_INVERSE

    def to_frame(self) -> pd.DataFrame:
        """Return one row a channel: removal effect on conversions and on value."""
        import pandas as pd

        columns: dict[str, Any] = {
            "channel": self.channels,
            "removal_effect": self.effect_conversions,
            "removal_effect_value": self.effect_value,
        }
        return pd.DataFrame(columns)

    def _says(self, channel: str, place: int) -> Sentence:
        return Sentence("markov.effect", channel=channel, effect=float(self.effect_conversions[place]))

    def _title(self) -> str:
        return (
            f"Removal effects; P(conversion) = {self.conversion_probability:.4g} "
            f"over {self.journeys:,.0f} journeys, {len(self.chains.states):,} states"
        )

    def state_names(self) -> list[str]:
        """Return the name of each state: its channels, oldest first."""
        names = np.array([*self.channels, START], dtype=object)
        return [" > ".join(part for part in row if part != START) for row in names[self.chains.states]]

    def state_graph(self) -> pd.DataFrame:
        """Return one row a step: from, to, count, probability, value, most frequent first."""
        import pandas as pd

        chains = self.chains
        names = np.array([*self.state_names(), NULL, CONVERSION], dtype=object)  # -2 and -1 from the end
        sources = np.array([*self.state_names(), START], dtype=object)
        total = sums_by(chains.source + 1, chains.count)
        columns: dict[str, Any] = {
            "from": sources[chains.source],
            "to": names[chains.target],
            "count": chains.count,
            "probability": chains.count / total[chains.source + 1],
            "value": chains.value,
        }
        frame = pd.DataFrame(columns)
        return frame.sort_values(["count", "from", "to"], ascending=[False, True, True], ignore_index=True)

    def plot(self, kind: Literal["effects", "transitions"] = "effects", ax: Axes | None = None) -> Axes:
        """Draw the removal effects, or the transition matrix.

        Parameters
        ----------
        kind
            ``"effects"``: a bar a channel, the largest removal effect first; in the colours of `Credit.plot`.
            ``"transitions"``: a heat map of P(next channel | state), the most visited first, at most 40 of
            either.
        ax
            A matplotlib Axes to draw on. By default a new figure of fitting size, which notebooks show.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on; ``ax.figure.savefig("chain.png")`` saves it.

        Raises
        ------
        ModelError
            If the kind is unknown; the message names the nearest.
        """
        one_of(kind, "kind", ("effects", "transitions"), error=ModelError)
        return self._plot_effects(ax) if kind == "effects" else self._plot_transitions(ax)

    def _plot_effects(self, ax: Axes | None) -> Axes:
        effects = self.effect_conversions
        order = np.argsort(-effects, kind="stable")
        shown = order[:_MOST_BARS]
        names = [self.channels[place] for place in shown.tolist()]
        colors = _draw.channel_colors(names, self.channels)
        cut = f" (first {len(shown)} of {len(order):,})" if len(shown) < len(order) else ""
        return _draw.bars(
            names,
            effects[None, shown],
            [colors[name] for name in names],
            series=("removal effect",),
            title=f"Removal effect by channel{cut}",
            axis="part of conversions lost if every step to the channel ended the journey",
            tick=lambda value: f"{100 * value:,.10g}%",
            texts=[f"{effect:.1%}" for effect in effects[shown].tolist()],
            ax=ax,
        )

    def _plot_transitions(self, ax: Axes | None) -> Axes:
        matrix = self.transition_matrix()
        chains, names = self.chains, self.state_names()
        inner = chains.target >= 0
        visits = sums_by(chains.target[inner], chains.count[inner], len(names))
        busiest = np.argsort(-visits, kind="stable")[:_MOST_STATES]
        rows = matrix.to_numpy()[np.append(0, busiest + 1)]
        # A step to a state is a step to its newest channel; the most visited channel comes first.
        newest = chains.states[:, -1]
        by_channel = sums_by(newest, visits, len(self.channels))
        channels = np.argsort(-by_channel, kind="stable")[:_MOST_STATES]
        steps = rows[:, : len(names)] @ (newest[:, None] == channels).astype(np.float64)
        order = chains.states.shape[1]
        cut = (
            f", the {len(busiest)} most visited of {len(names):,} states" if len(busiest) < len(names) else ""
        )
        last = "each channel" if order == 1 else f"the last {order} channels"
        return _draw.heat_map(
            [START, *(names[place] for place in busiest.tolist())],
            [*(self.channels[place] for place in channels.tolist()), CONVERSION, NULL],
            np.column_stack([steps, rows[:, len(names) :]]),
            title=f"What comes after {last}{cut}",
            axes=("after", "next step, percent of all steps from there"),
            text=lambda part: "" if part <= _RARE else f"{100 * part:.0f}",
            ax=ax,
        )

    def transition_matrix(self) -> pd.DataFrame:
        """Return P(next | state): a row a state and START, a column a state, CONVERSION and NULL."""
        import pandas as pd

        names = self.state_names()
        rows, columns = [START, *names], [*names, CONVERSION, NULL]
        chains = self.chains
        matrix = np.zeros((len(rows), len(columns)))
        column = np.where(chains.target >= 0, chains.target, len(names) - 1 - chains.target)
        np.add.at(matrix, (chains.source + 1, column), chains.count)
        totals = matrix.sum(axis=1, keepdims=True)
        np.divide(matrix, totals, out=matrix, where=totals > 0)
        return pd.DataFrame(matrix, index=pd.Index(rows, name="from"), columns=pd.Index(columns, name="to"))
