"""Models side by side: shares, ranks, and how much of the conversions they credit differently."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from attribution import _draw
from attribution._checks import one_of
from attribution._display import Display
from attribution._typing import Floats, Ints
from attribution.credit.table import CreditTable, fold, measure
from attribution.credit.uncertainty import shift_bounds
from attribution.errors import CreditError, unknown_name
from attribution.language.sentence import Sentence

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes

_MOST_DRAWN = 40  # channels


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Display):
    """The channels' shares under several models, and how far the models are from each other.

    Attributes
    ----------
    models
        Labels of the models.
    channels
        The channels, the most credited by `base` first.
    base
        The model that the others are compared with.
    shares : float64, shape (n_models, n_channels)
        Shares of attributed conversions.
    palette
        Channels in the order in which plots give them colours; by default those compared, sorted.
    shift_low, shift_high : float64, shape (n_models, n_channels), or None
        Intervals of the shares less those under `base`, where the credit has a bootstrap.
    """

    models: tuple[str, ...]
    channels: tuple[str, ...]
    base: str
    shares: Floats
    palette: tuple[str, ...] = ()
    shift_low: Floats | None = None
    shift_high: Floats | None = None

    @property
    def ranks(self) -> Ints:
        """Rank of each channel under each model, 1 has most credit, ties share the best; int64."""
        # Each channel comes after those that have strictly more.
        more = self.shares[:, None, :] > self.shares[:, :, None]
        ranks: Ints = 1 + more.sum(axis=2)
        return ranks

    def to_frame(self) -> pd.DataFrame:
        """Return one row a model and channel.

        Returns
        -------
        pandas.DataFrame
            Columns ``model``, ``channel``, ``share``, ``rank``, ``share_shift`` (share less that under
            `base`) and ``rank_shift`` (places gained against `base`; negative where lost); with a bootstrap
            also ``shift_ci_low`` and ``shift_ci_high``, the interval of the shift.
        """
        import pandas as pd

        ranks, base = self.ranks, self.models.index(self.base)
        n_models, n = self.shares.shape
        frame = pd.DataFrame(
            {
                "model": np.repeat(np.array(self.models, dtype=object), n),
                "channel": np.tile(np.array(self.channels, dtype=object), n_models),
                "share": self.shares.ravel(),
                "rank": ranks.ravel(),
                "share_shift": (self.shares - self.shares[base]).ravel(),
                "rank_shift": (ranks[base] - ranks).ravel(),
            }
        )
        if self.shift_low is not None and self.shift_high is not None:
            frame["shift_ci_low"] = self.shift_low.ravel()
            frame["shift_ci_high"] = self.shift_high.ravel()
        return frame

    def disagreement(self) -> pd.DataFrame:
        """Return how far each pair of models is apart, the farthest first.

        Returns
        -------
        pandas.DataFrame
            Columns ``first``, ``second``, ``disagreement``: half the sum of the absolute differences of
            shares (total variation), which is the part of the conversions that would have to move from one
            channel to another to get from one model to the other; and ``channel`` with ``difference``:
            where their shares differ most, and by how much (first less second).
        """
        import pandas as pd

        rows = []
        for a, b in combinations(range(len(self.models)), 2):
            gap = self.shares[a] - self.shares[b]
            most = int(np.argmax(np.abs(gap))) if len(gap) else -1
            rows.append(
                {
                    "first": self.models[a],
                    "second": self.models[b],
                    "disagreement": float(np.abs(gap).sum() / 2),
                    "channel": self.channels[most] if len(gap) else "",
                    "difference": float(gap[most]) if len(gap) else 0.0,
                }
            )
        frame = pd.DataFrame(rows, columns=["first", "second", "disagreement", "channel", "difference"])
        return frame.sort_values("disagreement", ascending=False, kind="stable", ignore_index=True)

    def plot(
        self, kind: Literal["places", "shares", "disagreement"] = "places", ax: Axes | None = None
    ) -> Axes:
        """Draw the models side by side; channels have the colours that they have in `Credit.plot`.

        Parameters
        ----------
        kind
            ``"places"``: a line a channel through its places under the models, with its shares; channels
            with equal shares stand in the order of the base. ``"shares"``: the shares as a heat map, a column
            a model. ``"disagreement"``: a heat map of `disagreement`, model against model.
        ax
            A matplotlib Axes to draw on. By default a new figure of fitting size, which notebooks show.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on; ``ax.figure.savefig("models.png")`` saves it.

        Raises
        ------
        CreditError
            If the kind is unknown; the message names the nearest.
        """
        one_of(kind, "kind", ("places", "shares", "disagreement"), error=CreditError)
        if kind == "disagreement":
            return self._plot_disagreement(ax)
        shown = self.channels[:_MOST_DRAWN]
        cut = f" (first {len(shown)} of {len(self.channels):,})" if len(shown) < len(self.channels) else ""
        if kind == "shares":
            return _draw.heat_map(
                shown,
                self.models,
                self.shares[:, : len(shown)].T,
                title=f"Share of credit by channel and model{cut}",
                axes=("", "percent of attributed conversions"),
                text=lambda share: f"{100 * share:.1f}",
                ax=ax,
            )
        # Stable: channels with equal shares stay in the order of the base.
        order = np.argsort(-self.shares, axis=1, kind="stable")
        standing = 1 + np.argsort(order, axis=1, kind="stable")[:, : len(shown)]
        standing = 1 + np.argsort(np.argsort(standing, axis=1, kind="stable"), axis=1, kind="stable")
        colors = _draw.channel_colors(shown, self.palette or tuple(sorted(self.channels)))
        return _draw.places(
            self.models,
            shown,
            standing,
            [colors[channel] for channel in shown],
            texts=[[f"{share:.1%}" for share in line] for line in self.shares[:, : len(shown)].tolist()],
            title=f"Places of channels by share of credit{cut}",
            axis="most credited on top; numbers are shares of attributed conversions",
            ax=ax,
        )

    def _plot_disagreement(self, ax: Axes | None) -> Axes:
        apart = np.abs(self.shares[:, None, :] - self.shares[None, :, :]).sum(axis=2) / 2
        return _draw.heat_map(
            self.models,
            self.models,
            apart,
            title="How far models are apart",
            axes=("", "percent of conversions credited to different channels"),
            text=lambda part: "" if part == 0.0 else f"{100 * part:.0f}",
            ax=ax,
        )

    def summary(self) -> str:
        """Return in words where the models agree and where they do not."""
        pairs = self.disagreement().to_dict("records")
        if not pairs or not self.channels:
            return self._title() + "."
        lines = [self._title() + "."]
        chosen = [("compare.farthest", pairs[0])] + ([("compare.nearest", pairs[-1])] if pairs[1:] else [])
        for key, pair in chosen:
            moved = "compare.more" if pair["difference"] > 0 else "compare.less"
            told = {name: pair[name] for name in ("first", "second", "channel")}
            told |= {"apart": pair["disagreement"]}
            lines.append(Sentence(key, **told, moved=Sentence(moved, n=100 * abs(pair["difference"]))))
        ranks = self.ranks
        places = zip(self.channels, ranks.T, strict=True)
        steady = [channel for channel, rank in places if len(set(rank.tolist())) == 1]
        if steady:
            lines.append(Sentence("compare.steady", channels=tuple(steady)))
        lines.append(Sentence("compare.bookkeeping"))
        return "\n".join(lines)

    def _title(self) -> str:
        sizes = {"channels": len(self.channels), "models": len(self.models)}
        return Sentence("compare.title", **sizes, base=self.base)

    def _shown(self, *, wide: bool) -> pd.DataFrame:
        del wide
        import pandas as pd

        columns: dict[str, Any] = {"channel": np.array(self.channels, dtype=object)}
        base = self.models.index(self.base)
        for model, line, rank in zip(self.models, self.shares, self.ranks, strict=True):
            moved = self.ranks[base] - rank
            columns[model] = [
                f"{share:.1%}" + (f" ({shift:+d})" if shift else "")
                for share, shift in zip(line.tolist(), moved.tolist(), strict=True)
            ]
        return pd.DataFrame(columns)

    def _notes(self) -> tuple[str, ...]:
        return (Sentence("compare.brackets"), *self.summary().split("\n")[1:-1])


def compare_models(
    credit: CreditTable, base: str | None, level: float = 0.95, correction: str | None = None
) -> Comparison:
    """Set the models of a credit side by side; see `Credit.compare`."""
    if len(credit.models) < 2:
        msg = f"there is nothing to compare: this credit has one model, {', '.join(credit.models)}"
        raise CreditError(msg, hint='at.attribute(journeys, ["last_touch", "linear", "markov"]).compare()')
    if base is not None and base not in credit.models:
        raise CreditError(unknown_name("model", base, credit.models), column="base")
    base = credit.models[0] if base is None else base
    table = fold(credit, ("channel",))
    inside = np.flatnonzero(table.attributed)
    shares = np.nan_to_num(measure(table, "share")[:, inside])
    order = np.argsort(-shares[credit.models.index(base)], kind="stable")
    low, high = shift_bounds(table, credit.models.index(base), inside[order], level, correction)
    return Comparison(
        models=credit.models,
        channels=tuple(table.keys[0][inside[order]].tolist()),
        base=base,
        shares=shares[:, order],
        palette=credit.palette,
        shift_low=low,
        shift_high=high,
    )
