"""Flows: where journeys go from touch to touch, to a conversion or to none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from attribution import _draw
from attribution._checks import one_of, whole
from attribution._display import Display, format_number
from attribution._typing import Floats, Ints
from attribution.errors import JourneyError
from attribution.journeys.journeys import Journeys
from attribution.kernels.ragged import run_starts
from attribution.stats.sums import sums_by

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes

LATER, CONVERSION, NO_CONVERSION, OTHER = "(later touches)", "(conversion)", "(no conversion)", "(other)"
MEASURES = ("conversions", "journeys", "value")


@dataclass(frozen=True, eq=False)
class FlowTally:
    """Moves by step, with sums that add up over disjoint sets of users.

    Attributes
    ----------
    steps : int
        Touches that are told apart.
    channels : tuple of str
        Channel names, sorted.
    codes : int64, shape (n, 3)
        Step, from, to. Channels by their position in `channels`; n is later touches, n + 1 a conversion,
        n + 2 none.
    sums : float64, shape (n, 3)
        Conversions, journeys that did not convert, value of the conversions.
    """

    steps: int
    channels: tuple[str, ...]
    codes: Ints
    sums: Floats

    def __add__(self, other: FlowTally) -> FlowTally:
        """Merge the tallies of disjoint sets of users, by the names of the channels."""
        channels = tuple(sorted({*self.channels, *other.channels}))
        parts = [_renamed(tally, channels) for tally in (self, other)]
        sums = np.concatenate([self.sums, other.sums])
        return _summed(self.steps, channels, np.concatenate(parts), sums)


@dataclass(frozen=True)
class FlowTask:
    """Tally flows; what an engine maps over journeys.

    Attributes
    ----------
    steps
        Touches that are told apart.
    """

    steps: int

    def __call__(self, journeys: Journeys) -> FlowTally:
        """Return the moves of the journeys that hold a touch."""
        return tally_flows(journeys, self.steps)


def tally_flows(journeys: Journeys, steps: int) -> FlowTally:
    """Count the moves from each touch to what comes next, for the first `steps` touches of each journey.

    Consecutive touches of one channel are one. Journeys without a touch are left out.
    """
    n = len(journeys.channels)
    filled = np.flatnonzero(journeys.lengths > 0)
    starts, ends = journeys.offsets[filled], journeys.offsets[filled + 1]
    moved = run_starts(journeys.channel) if len(journeys.channel) else np.zeros(0, np.bool_)
    moved[starts] = True
    before = np.concatenate([[0], np.cumsum(moved)])
    first, lengths = before[starts], before[ends] - before[starts]
    channel = journeys.channel[moved].astype(np.int64)
    won = journeys.converted[filled]
    outcome = np.where(won, n + 1, n + 2)
    weights = journeys.weights_of(filled)
    amounts = (np.where(won, weights, 0.0), np.where(won, 0.0, weights), journeys.value[filled])
    codes, sums = [], []
    for step in range(steps + 1):  # a handful; each is one pass over the journeys that come so far
        if not len(first):
            break
        on = lengths > step + 1
        source = channel[first] if step < steps else np.full(len(first), n)
        following = channel[np.minimum(first + 1, len(channel) - 1)] if step < steps - 1 else n
        target = np.where(on & (step < steps), following, outcome)
        part = _by_key(steps, journeys.channels, (step * (n + 3) + source) * (n + 3) + target, amounts)
        codes.append(part.codes)
        sums.append(part.sums)
        first, lengths, outcome = first[on] + 1, lengths[on], outcome[on]
        amounts = (amounts[0][on], amounts[1][on], amounts[2][on])
    empty = (np.empty((0, 3), np.int64), np.empty((0, 3)))
    return FlowTally(
        steps, journeys.channels, np.concatenate([empty[0], *codes]), np.concatenate([empty[1], *sums])
    )


def _renamed(tally: FlowTally, channels: tuple[str, ...], names: Sequence[str] | None = None) -> Ints:
    """Return the codes of a tally under other channels; `names` gives each channel's new name."""
    place = {name: code for code, name in enumerate(channels)}
    n = len(channels)
    codes = np.array([*(place[name] for name in names or tally.channels), n, n + 1, n + 2], np.int64)
    return np.column_stack([tally.codes[:, 0], codes[tally.codes[:, 1]], codes[tally.codes[:, 2]]])


def _summed(steps: int, channels: tuple[str, ...], codes: Ints, sums: Floats) -> FlowTally:
    """Add up the rows with equal codes."""
    size = len(channels) + 3
    key = (codes[:, 0] * size + codes[:, 1]) * size + codes[:, 2]
    return _by_key(steps, channels, key, tuple(sums.T))


def _by_key(steps: int, channels: tuple[str, ...], key: Ints, columns: Sequence[Floats]) -> FlowTally:
    """Add up columns of sums with equal codes, which come as one number each."""
    size = len(channels) + 3
    if (steps + 1) * size * size <= 4 * len(key) + 65_536:
        present = np.zeros((steps + 1) * size * size, np.bool_)
        present[key] = True
        distinct, place = np.flatnonzero(present), (np.cumsum(present) - 1)[key]
    else:
        distinct, place = np.unique(key, return_inverse=True)
        place = place.reshape(-1)
    total = np.stack([sums_by(place, column, len(distinct)) for column in columns], axis=1)
    rest, target = np.divmod(distinct, size)
    step, source = np.divmod(rest, size)
    return FlowTally(steps, channels, np.stack([step, source, target], axis=1), total.astype(np.float64))


@dataclass(frozen=True, repr=False, eq=False)
class Flows(Display):
    """Where journeys go: from each touch to the next, to a conversion or to none.

    Attributes
    ----------
    steps : int
        Touches of a journey that are told apart; what comes after them is ``"(later touches)"``.
    step : int64, shape (n,)
        Which touch a flow starts from: 1 is the first. Flows from later touches have ``steps + 1``.
    source, target : tuple of str, length n
        Channel that it starts from, and where it goes: a channel, ``"(other)"`` (all channels that are not
        shown by name), ``"(later touches)"``, ``"(conversion)"`` or ``"(no conversion)"``.
    conversions, nulls, value : float64, shape (n,)
        Converting journeys that take it, those that do not convert, and the value of the conversions.
    """

    steps: int
    step: Ints
    source: tuple[str, ...]
    target: tuple[str, ...]
    conversions: Floats
    nulls: Floats
    value: Floats
    palette: tuple[str, ...] = field(default=(), repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return a row a flow: step, source, target, conversions, nulls, value; largest first in a step."""
        import pandas as pd

        columns = {
            "step": self.step,
            "source": np.array(self.source, dtype=object),
            "target": np.array(self.target, dtype=object),
            "conversions": self.conversions,
            "nulls": self.nulls,
            "value": self.value,
        }
        frame = pd.DataFrame(columns)
        return frame.sort_values(
            ["step", "conversions", "nulls", "source", "target"],
            ascending=[True, False, False, True, True],
            ignore_index=True,
        )

    def of(self, measure: str) -> Floats:
        """Return how large each flow is, float64, shape (n,).

        Parameters
        ----------
        measure
            ``"conversions"``, ``"journeys"`` (converting or not) or ``"value"``.
        """
        one_of(measure, "measure", MEASURES, error=JourneyError)
        if measure == "journeys":
            return self.conversions + self.nulls
        return self.value if measure == "value" else self.conversions

    def summary(self) -> str:
        """Return in words how many journeys the flows hold and which are the largest."""
        first = self.step == 1
        total, converted = self.of("journeys")[first].sum(), self.conversions[first].sum()
        text = f"{total:,.0f} journeys, {converted:,.0f} converting, over their first {self.steps} touches"
        said = [
            f"{self.source[place]} to {self.target[place]} at touch {self.step[place]} "
            f"({self.conversions[place]:,.0f})"
            for place in self.largest(3)
        ]
        return text + (f"; the largest flows of those that convert: {'; '.join(said)}" if said else "")

    def first(self, steps: int) -> Flows:
        """Return the flows of fewer touches: what comes after them becomes later touches.

        Parameters
        ----------
        steps
            Touches to tell apart, no more than are told apart here.

        Returns
        -------
        Flows

        Raises
        ------
        JourneyError
            If there are not so many.
        """
        if whole(steps, "steps", error=JourneyError) >= self.steps:
            if steps == self.steps:
                return self
            msg = f"steps={steps} is more than the {self.steps} that are told apart"
            raise JourneyError(msg, column="steps", hint=f"journeys.flows(steps={steps})")
        kept = np.flatnonzero(self.step <= steps)
        outcomes = (CONVERSION, NO_CONVERSION)
        target = [self.target[place] for place in kept.tolist()]
        on = (self.step[kept] == steps) & np.array([name not in outcomes for name in target], np.bool_)
        amounts = np.stack([self.conversions, self.nulls, self.value], axis=1)[kept]
        later = amounts[on].sum(axis=0)
        rows: dict[tuple[int, str, str], Floats] = {}
        for place, amount in zip(kept[~on].tolist(), amounts[~on], strict=True):
            rows[int(self.step[place]), self.source[place], self.target[place]] = amount
        for place, amount in zip(kept[on].tolist(), amounts[on], strict=True):
            key = (steps, self.source[place], LATER)
            rows[key] = rows.get(key, 0.0) + amount
        if on.any():
            rows |= {
                (steps + 1, LATER, CONVERSION): later * np.array([1.0, 0.0, 1.0]),
                (steps + 1, LATER, NO_CONVERSION): later * np.array([0.0, 1.0, 0.0]),
            }
        sums = np.array(list(rows.values()))
        step, source, names = (tuple(part) for part in zip(*rows, strict=True))
        return Flows(steps, np.array(step), source, names, sums[:, 0], sums[:, 1], sums[:, 2], self.palette)

    def largest(self, n: int) -> list[int]:
        """Return the positions of the largest flows between channels with a name, by conversions.

        Parameters
        ----------
        n
            How many at most.
        """
        unnamed = {LATER, OTHER}
        order = np.argsort(-self.conversions, kind="stable").tolist()
        named = (place for place in order if not {self.source[place], self.target[place]} & unnamed)
        return [place for place in named if self.conversions[place] > 0][:n]

    def plot(self, measure: str = "conversions", ax: Axes | None = None) -> Axes:
        """Draw the flows as a Sankey diagram: touches from left to right, widths by `measure`.

        Parameters
        ----------
        measure
            ``"conversions"`` draws converting journeys only, ``"journeys"`` all, ``"value"`` what conversions
            are worth.
        ax
            What to draw on; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        JourneyError
            If the measure is unknown.
        """
        size = self.of(measure)
        titles = [f"touch {step}" for step in range(1, self.steps + 1)]
        return draw_flows(self, size, titles, f"{measure.capitalize()}, touch by touch", ax)

    def _title(self) -> str:
        return f"Flows of journeys: {self.summary()}"


def draw_flows(
    flows: Flows,
    size: Floats,
    titles: Sequence[str],
    title: str,
    ax: Axes | None = None,
    names: dict[str, str] | None = None,
    tick: Callable[[float], str] = format_number,
) -> Axes:
    """Draw flows under given titles; `names` writes channels and outcomes otherwise, `tick` their sizes."""
    drawn = np.flatnonzero(size > 0)
    step = flows.step[drawn] - 1
    source = [flows.source[place] for place in drawn.tolist()]
    target = [flows.target[place] for place in drawn.tolist()]
    colors = _draw.channel_colors({*source, *target}, flows.palette)
    colors |= {CONVERSION: "#333333", NO_CONVERSION: "#C4C4C4"}
    return _draw.flows(
        step,
        source,
        target,
        size[drawn],
        colors=colors,
        first=(CONVERSION,),
        last=(LATER, OTHER, NO_CONVERSION),
        columns=titles,
        title=title,
        tick=tick,
        names=names or {},
        ax=ax,
    )


def solve_flows(tally: FlowTally, top: int | None) -> Flows:
    """Return the flows of a tally; all but the `top` channels are folded into one."""
    if top is not None:
        whole(top, "top", error=JourneyError)
    palette = tally.channels
    if top is not None and top < len(tally.channels):
        touched = sums_by(
            tally.codes[:, 1], tally.sums[:, 0] + 1e-9 * tally.sums[:, 1], len(tally.channels) + 3
        )[: len(tally.channels)]
        kept = set(np.argsort(-touched, kind="stable")[:top].tolist())
        names = [name if code in kept else OTHER for code, name in enumerate(tally.channels)]
        channels = tuple(sorted(set(names)))
        tally = _summed(tally.steps, channels, _renamed(tally, channels, names), tally.sums)
    labels = np.array([*tally.channels, LATER, CONVERSION, NO_CONVERSION], dtype=object)
    conversions, nulls, value = tally.sums.T
    return Flows(
        tally.steps,
        tally.codes[:, 0] + 1,
        tuple(labels[tally.codes[:, 1]].tolist()),
        tuple(labels[tally.codes[:, 2]].tolist()),
        conversions,
        nulls,
        value,
        palette,
    )


def flows_of(journeys: Journeys, steps: int, top: int | None) -> Flows:
    """Return the flows of journeys; see `Journeys.flows`."""
    return solve_flows(tally_flows(journeys, whole(steps, "steps", error=JourneyError)), top)
