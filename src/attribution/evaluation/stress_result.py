"""Stress: what models make of conversions whose cause is known, and of touches that cause nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution import _draw
from attribution._checks import one_of
from attribution._display import Display
from attribution._typing import Floats
from attribution.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes

CAVEAT = (
    "Spiked touches are picked at random, so this does not tell whether touches go to people who would buy "
    "anyway: only experiments do. It shows what a model does with a cause that is known."
)


@dataclass(frozen=True, repr=False, eq=False)
class Stress(Display):
    """What M models make, in D draws, of conversions that C channels caused and of P kinds of placebos.

    Attributes
    ----------
    models : tuple of str
        Their labels.
    spiked : tuple of str
        The channels whose touches were made to cause conversions.
    gainers : tuple of str
        All K channels of the log, which may gain from that.
    gains : float64, shape (D, M, C, K)
        Change of the credit of each channel for each conversion that was added.
    placebos : tuple of str
        Kinds of touches that cause nothing.
    phantom : float64, shape (D, M, P)
        Credit of a placebo touch over the credit of a touch of the log.
    level : float
        Of the intervals.
    settings : mapping
        What was asked for, and how journeys were built.
    """

    models: tuple[str, ...]
    spiked: tuple[str, ...]
    gainers: tuple[str, ...]
    gains: Floats
    placebos: tuple[str, ...]
    phantom: Floats
    level: float
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def recovery(self) -> Floats:
        """What each spiked channel gets of the conversions that it caused, shape (D, M, C); 1 is right."""
        own = np.array([self.gainers.index(name) for name in self.spiked], np.int64)
        recovered: Floats = self.gains[:, :, np.arange(len(own)), own]
        return recovered

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each model and test.

        Returns
        -------
        pandas.DataFrame
            Columns ``model``, ``test`` (``"spike-in"`` or ``"placebo"``), ``of`` (the channel that caused, or
            the kind of placebo), ``result`` (mean over draws of the recovery, 1 being right; or of the
            phantom credit, 0 being right), ``ci_low``, ``ci_high`` (of that mean, by Student's t over draws),
            ``most_to`` (the other channel that gained most from a spike-in) and ``most`` (how much for each
            conversion added).
        """
        import pandas as pd

        results = np.concatenate([self.recovery, self.phantom], axis=-1)
        low, high = _interval(results, self.level)
        tests = ["spike-in"] * len(self.spiked) + ["placebo"] * len(self.placebos)
        others = self.gains.mean(axis=0)
        for place, name in enumerate(self.spiked):
            others[:, place, self.gainers.index(name)] = -np.inf
        alone = len(self.gainers) == 1
        rows = []
        for number, model in enumerate(self.models):
            for place, of in enumerate((*self.spiked, *self.placebos)):
                leaks = place < len(self.spiked) and not alone
                most = int(np.argmax(others[number, place])) if leaks else -1
                rows.append(
                    (
                        model,
                        tests[place],
                        of,
                        results[:, number, place].mean(),
                        low[number, place],
                        high[number, place],
                        self.gainers[most] if leaks else None,
                        others[number, place, most] if leaks else np.nan,
                    )
                )
        names = ["model", "test", "of", "result", "ci_low", "ci_high", "most_to", "most"]
        return pd.DataFrame(rows, columns=names)

    def leaks(self) -> pd.DataFrame:
        """Return who gains from what a channel caused.

        Returns
        -------
        pandas.DataFrame
            Columns ``model``, ``spiked``, ``channel``, ``gain`` (credit for each conversion added, mean over
            draws), ``ci_low``, ``ci_high``; a row for each model, spiked channel and channel of the log.
        """
        import pandas as pd

        low, high = _interval(self.gains, self.level)
        index = pd.MultiIndex.from_product(
            [self.models, self.spiked, self.gainers], names=["model", "spiked", "channel"]
        )
        columns = {"gain": self.gains.mean(axis=0).ravel(), "ci_low": low.ravel(), "ci_high": high.ravel()}
        return pd.DataFrame(columns, index=index).reset_index()

    def summary(self) -> str:
        """Return in words what each model does with causes that are known."""
        lines = []
        recovery, phantom = self.recovery.mean(axis=0), self.phantom.mean(axis=0)
        for number, model in enumerate(self.models):
            parts = []
            if self.spiked:
                worst = int(np.argmax(np.abs(recovery[number] - 1)))
                parts.append(
                    f"of conversions that a channel caused it gets {recovery[number].mean():.2f} on average, "
                    f"{self.spiked[worst]} {recovery[number, worst]:.2f}"
                )
            parts += [
                f"a {kind} placebo touch gets {phantom[number, place]:.2f} of what a touch gets"
                for place, kind in enumerate(self.placebos)
            ]
            lines.append(f"{model}: {'; '.join(parts)}.")
        return "\n".join([*lines, CAVEAT])

    def plot(self, kind: str = "spike-in", ax: Axes | None = None) -> Axes:
        """Draw models by tests as shades, with the numbers.

        Parameters
        ----------
        kind
            ``"spike-in"``: what spiked channels get of what they caused, 1 being right; ``"placebo"``: what
            touches that cause nothing get, 0 being right.
        ax
            What to draw on; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ModelError
            If `kind` is unknown, or was not asked for.
        """
        one_of(kind, "kind", ("spike-in", "placebo"), error=ModelError)
        values, names = (self.recovery, self.spiked) if kind == "spike-in" else (self.phantom, self.placebos)
        if not names:
            msg = f"there was no {kind} in this stress test"
            other = "placebo" if kind == "spike-in" else "spike-in"
            raise ModelError(msg, column="kind", hint=f'kind="{other}"')
        titles = {
            "spike-in": "Credit for each conversion that a channel is known to have caused (1 is right)",
            "placebo": "Credit of a touch that causes nothing, over that of a touch (0 is right)",
        }
        return _draw.heat_map(
            list(self.models),
            list(names),
            values.mean(axis=0),
            title=titles[kind],
            axes=("", ""),
            text=lambda value: f"{value:.2f}",
            ax=ax,
        )

    def _title(self) -> str:
        return f"Stress of {len(self.models):,} models by causes that are known, {len(self.gains):,} draws"

    def _notes(self) -> tuple[str, ...]:
        return (CAVEAT,)

    def _formats(self) -> Mapping[str, Callable[[Any], str]]:
        return dict.fromkeys(("result", "ci_low", "ci_high", "most"), lambda value: f"{value:.2f}")


def _interval(draws: Floats, level: float) -> tuple[Floats, Floats]:
    """Return Student's interval of the mean over the first axis; missing for a single draw."""
    from scipy.special import stdtrit

    n, mean = len(draws), draws.mean(axis=0)
    if n < 2:
        return np.full(mean.shape, np.nan), np.full(mean.shape, np.nan)
    reach = stdtrit(n - 1, (1 + level) / 2) * draws.std(axis=0, ddof=1) / np.sqrt(n)
    return mean - reach, mean + reach
