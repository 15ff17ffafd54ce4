"""BudgetAdvice: per channel whether its spend pays, how sure that is, and what a test would be worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution import _draw
from attribution._display import Display
from attribution._typing import Bools, Floats
from attribution.errors import ExperimentError
from attribution.language.sentence import Sentence

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes

UNPRODUCTIVE, PRODUCTIVE, UNKNOWN = "unproductive", "productive at the average", "unknown: test"
LIMIT = 0.2
_COLORS = {UNPRODUCTIVE: _draw.PALETTE[1], PRODUCTIVE: _draw.PALETTE[2], UNKNOWN: _draw.GREY}


@dataclass(frozen=True, eq=False, repr=False)
class BudgetAdvice(Display):
    """Whether each channel's spend pays on average, and what to do.

    Verdicts: ``"unproductive"`` where even the upper end of the interval does not pay the spend,
    ``"productive at the average"`` where the lower end does, ``"unknown: test"`` for all others and for
    every channel without a test of its own.

    Attributes
    ----------
    channels
        The channels, shape n.
    cost
        Spend, shape (n,).
    incremental, low, high
        What the spend caused, with its interval, in `unit`; shape (n,).
    tested
        Which channels have an experiment of their own, shape (n,).
    worth
        What a unit of it brings before the cost of media: the margin, or the money of a conversion.
    unit
        ``"value"`` or ``"conversions"``.
    elasticity
        Between what and what elasticities lie.
    stated
        Whether that was stated, or is only that returns diminish.
    alpha
        Of the intervals: 0.05 for 95%.
    currency
        Of the money, empty where it is not known.
    """

    channels: tuple[str, ...]
    cost: Floats
    incremental: Floats
    low: Floats
    high: Floats
    tested: Bools
    worth: float
    unit: str
    elasticity: tuple[float, float]
    stated: bool
    alpha: float
    currency: str = ""

    @property
    def net(self) -> tuple[Floats, Floats, Floats]:
        """Profit after the spend, with its interval, in money; shape (n,) each."""
        return tuple(self.worth * ends - self.cost for ends in (self.incremental, self.low, self.high))  # type: ignore[return-value]

    @property
    def error(self) -> Floats:
        """The standard deviation of the net profit, shape (n,)."""
        from scipy.stats import norm

        found: Floats = self.worth * (self.high - self.low) / (2 * norm.isf(self.alpha / 2))
        return found

    @property
    def verdicts(self) -> tuple[str, ...]:
        """What is known of each channel."""
        _, low, high = self.net
        known = self.tested & (self.cost > 0)
        return tuple(
            np.where(known & (high < 0), UNPRODUCTIVE, np.where(known & (low > 0), PRODUCTIVE, UNKNOWN))
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row a channel with spend, the largest saving first.

        Returns
        -------
        pandas.DataFrame
            ``channel``; ``cost``; ``incremental`` (in `unit`) and ``iroas`` or, of conversions,
            ``cost_per_incremental``, with ``_ci_low`` and ``_ci_high``; ``break_even``, the return on spend
            (or the cost of a conversion) from which on it pays; ``p_profitable``, the probability that it
            pays; ``tested``; ``verdict``; ``saving``, what stopping the channel would have saved, with its
            interval (below 0: what it would have cost); ``evpi``, what knowing the effect would be worth.
        """
        import pandas as pd
        from scipy.stats import norm

        net, low, high = self.net
        error = self.error
        z = np.divide(net, error, out=np.full(len(net), np.inf), where=error > 0)
        evpi = np.where(np.isfinite(z), error * (norm.pdf(z) - np.abs(z) * norm.sf(np.abs(z))), 0.0)
        columns: dict[str, Any] = {"channel": list(self.channels), "cost": self.cost}
        ends = {"": self.incremental, "_ci_low": self.low, "_ci_high": self.high}
        columns |= {f"incremental{suffix}": values for suffix, values in ends.items()}
        paid = np.where(self.cost > 0, self.cost, np.nan)
        if self.unit == "value":
            columns |= {f"iroas{suffix}": values / paid for suffix, values in ends.items()}
            columns["break_even"] = 1 / self.worth
        else:
            turned = {"": self.incremental, "_ci_low": self.high, "_ci_high": self.low}
            for suffix, values in turned.items():
                each = np.divide(paid, values, out=np.full(len(paid), np.inf), where=values > 0)
                columns[f"cost_per_incremental{suffix}"] = np.where(np.isnan(paid), np.nan, each)
            columns["break_even"] = self.worth
        columns |= {
            "p_profitable": norm.cdf(z),
            "tested": self.tested,
            "verdict": list(self.verdicts),
            "saving": -net,
            "saving_ci_low": -high,
            "saving_ci_high": -low,
            "evpi": evpi,
        }
        frame = pd.DataFrame(columns)
        frame = frame[frame["cost"] > 0]
        return frame.sort_values("saving", ascending=False, kind="stable", ignore_index=True)

    def moves(self, limit: float = LIMIT) -> pd.DataFrame:
        """Return shifts of spend from channels tested unproductive to channels tested productive.

        Parameters
        ----------
        limit
            The part of a channel's spend that may be moved away or added, at most 0.2: farther from what was
            spent, no test has seen what happens.

        Returns
        -------
        pandas.DataFrame
            ``source``, ``target``, ``amount``; ``gain`` in money with ``gain_ci_low`` and ``gain_ci_high``,
            over the intervals of both channels and of the elasticity. What is taken away is what is given.

        Raises
        ------
        ExperimentError
            If `limit` is none of these.
        """
        import pandas as pd

        if isinstance(limit, bool) or not isinstance(limit, Real) or not 0 < limit <= LIMIT:
            msg = f"limit={limit!r}: moves go no farther than {LIMIT:.0%} of what was spent"
            why = "beyond what was spent nobody has seen what happens, and allocators promise it all the same"
            raise ExperimentError(
                msg, column="limit", why=why, hint=f"limit={LIMIT}, and a test at the new level"
            )
        verdicts = np.array(self.verdicts)
        rate = [
            ends / np.where(self.cost > 0, self.cost, np.nan)
            for ends in (self.incremental, self.low, self.high)
        ]
        order = np.argsort(np.nan_to_num(rate[0]), kind="stable")
        sources = [place for place in order if verdicts[place] == UNPRODUCTIVE]
        targets = [place for place in order[::-1] if verdicts[place] == PRODUCTIVE]
        room = limit * self.cost
        rows = []
        for source in sources:
            for target in targets:
                amount = float(min(room[source], room[target]))
                if amount <= 0:
                    continue
                room[source] -= amount
                room[target] -= amount
                rows.append(self._move(source, target, amount, rate))
        columns = ("source", "target", "amount", "gain", "gain_ci_low", "gain_ci_high")
        return pd.DataFrame(rows, columns=list(columns))

    def _move(self, source: int, target: int, amount: float, rate: list[Floats]) -> tuple[Any, ...]:
        """Return one shift: at the middle of the elasticity, and at the ends of all that is not known."""
        least, most = self.elasticity
        middle = (least + most) / 2
        value, low, high = (ends[[source, target]] * self.worth * amount for ends in rate)
        gain = middle * (value[1] - value[0])
        worst = min(least * low[1], most * low[1]) - max(least * high[0], most * high[0])
        best = max(least * high[1], most * high[1]) - min(least * low[0], most * low[0])
        return self.channels[source], self.channels[target], amount, float(gain), float(worst), float(best)

    def optimum(self) -> pd.DataFrame:
        """Return how the spend of tested channels pays best, within a fifth of what was spent on each.

        A channel's effect grows as ``spend ** e`` from what its test found, e the middle of the stated
        elasticity; their total spend stays as it is. What is not told: when in the year to spend it, and
        what more spend does to the price of media.

        Returns
        -------
        pandas.DataFrame
            ``channel``, ``cost``, ``proposed``, ``change``; tested channels only.

        Raises
        ------
        ExperimentError
            If no elasticity was stated, or fewer than two channels were tested.
        """
        import pandas as pd

        if not self.stated:
            msg = "an optimum needs to know how returns diminish, and no elasticity was stated"
            why = "an average says nothing of the next euro; a log's history moves with the season"
            hint = "elasticity=(0.5, 1.0), from a test that spent more in some regions (at.plan_geo)"
            raise ExperimentError(msg, column="elasticity", why=why, hint=hint)
        rows = np.flatnonzero(self.tested & (self.cost > 0))
        if len(rows) < 2:
            msg = f"{len(rows)} channels with spend were tested, and an optimum needs two"
            raise ExperimentError(msg, column="calibrated", hint="calibrated.next_test() says which to test")
        cost = self.cost[rows]
        e = min(sum(self.elasticity) / 2, 0.999)
        # At an optimum all marginal profits are equal: spend = cost (average e / marginal) ** (1 / (1 - e)).
        average = np.maximum(self.worth * self.incremental[rows] / cost, 1e-12)

        def spend(marginal: float) -> Floats:
            factor = np.exp(np.clip(np.log(average * e / marginal) / (1 - e), -50, 50))
            return np.asarray(cost * np.clip(factor, 1 - LIMIT, 1 + LIMIT))

        low, high = 1e-15, float(average.max()) * 1e6
        for _ in range(200):
            middle = np.sqrt(low * high)
            low, high = (middle, high) if spend(middle).sum() > cost.sum() else (low, middle)
        proposed = spend(high)
        # Where returns hardly diminish the total jumps; what is left goes to those who have room, alike.
        room = cost * (1 + LIMIT) - proposed
        left = cost.sum() - proposed.sum()
        proposed = proposed + (room * left / room.sum() if room.sum() > 0 else 0)
        return pd.DataFrame(
            {
                "channel": [self.channels[row] for row in rows],
                "cost": cost,
                "proposed": proposed,
                "change": proposed / cost - 1,
            }
        )

    def summary(self) -> str:
        """Return a line a verdict, and what follows from it.

        Returns
        -------
        str
            In words; nothing is printed.
        """
        return "\n".join([str(self._title()), *map(str, self._notes())])

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw what each channel's spend brought after its cost, with intervals, coloured by verdict.

        Parameters
        ----------
        ax
            A matplotlib Axes to draw on; a new figure by default.

        Returns
        -------
        Axes
            The axes drawn on.
        """
        frame = self.to_frame().iloc[::-1]
        money = f", {self.currency}" if self.currency else ""
        return _draw.intervals(
            [f"{row.channel} ({row.verdict})" for row in frame.itertuples()],
            -frame["saving"].to_numpy(),
            -frame["saving_ci_high"].to_numpy(),
            -frame["saving_ci_low"].to_numpy(),
            [_COLORS[verdict] for verdict in frame["verdict"]],
            title=f"What spend brought after its cost ({100 * (1 - self.alpha):g}% intervals)",
            axis=f"incremental profit less spend{money}",
            tick=lambda value: f"{value:,.10g}",
            ax=ax,
        )

    def sentences(self) -> tuple[Sentence, ...]:
        """Return what the verdicts say, a sentence each, in the language of whoever asks.

        Returns
        -------
        tuple of Sentence
            Unproductive channels with what they would save, productive ones, what to test first, what holds.
        """
        from attribution.language.numbers import Money

        frame = self.to_frame()
        told: list[Sentence] = []

        def money(amount: float) -> Money:
            return Money(amount, self.currency)

        for row in frame[frame["verdict"] == UNPRODUCTIVE].to_dict("records"):
            names = {"cost": "cost", "saving": "saving", "low": "saving_ci_low", "high": "saving_ci_high"}
            amounts = {name: money(float(row[column])) for name, column in names.items()}
            told.append(Sentence("budget.unproductive", channel=row["channel"], **amounts))
        paying = frame[frame["verdict"] == PRODUCTIVE]["channel"].tolist()
        if paying:
            told.append(Sentence("budget.productive", channels=paying))
        unknown = frame[frame["verdict"] == UNKNOWN].sort_values("evpi", ascending=False, kind="stable")
        if len(unknown):
            first = unknown.iloc[0]
            told.append(
                Sentence(
                    "budget.unknown",
                    n=len(unknown),
                    channel=first["channel"],
                    evpi=money(float(first["evpi"])),
                    cost=money(float(unknown["cost"].sum())),
                )
            )
        if not told:
            told.append(Sentence("budget.none"))
        return (*told, Sentence("budget.stated" if self.stated else "budget.diminishing"))

    def _title(self) -> str:
        counts = [self.verdicts.count(verdict) for verdict in (UNPRODUCTIVE, PRODUCTIVE)]
        return Sentence(
            "budget.title", unproductive=counts[0], productive=counts[1], n=int((self.cost > 0).sum())
        )

    def _notes(self) -> tuple[str, ...]:
        return self.sentences()

    def _shown(self, *, wide: bool) -> pd.DataFrame:
        frame = self.to_frame()
        if wide:
            return frame
        return frame[
            [
                "channel",
                "cost",
                "verdict",
                "saving",
                "saving_ci_low",
                "saving_ci_high",
                "p_profitable",
                "evpi",
            ]
        ]

    def _formats(self) -> Mapping[str, Callable[[Any], str]]:
        return {"p_profitable": lambda value: f"{value:.0%}"}
