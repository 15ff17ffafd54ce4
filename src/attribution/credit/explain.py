"""Why a channel got what it got, in words and numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._display import Display
from attribution.credit.credit_intervals import interval, told
from attribution.credit.table import CreditTable, fold, measure
from attribution.errors import CreditError, unknown_name
from attribution.language.sentence import Sentence

if TYPE_CHECKING:
    import pandas as pd

    from attribution.journeys.journeys import Journeys

_ALIKE = ("touched", "assisted", "opened", "closed", "mean_touches")
_TOP = 3


class Solution(ABC):
    """What a model found beside the credit, that says in a sentence what it tells of a channel.

    Attributes
    ----------
    channels
        The channels that it knows.
    """

    channels: tuple[str, ...]

    def says(self, channel: str) -> str:
        """Return what the model tells of a channel, in a sentence; nothing of one that it does not know.

        Parameters
        ----------
        channel
            Its name.
        """
        return self._says(channel, self.channels.index(channel)) if channel in self.channels else ""

    @abstractmethod
    def _says(self, channel: str, place: int) -> Sentence:
        """Return the sentence on the channel at a place of `channels`."""


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Display):
    """What a credit table and, where given, the journeys tell about one channel under one model.

    Attributes
    ----------
    channel, model
        What is explained.
    facts
        Numbers by name, as in `to_frame`.
    interval
        How the interval of the share was made; empty where there is none.
    told
        What the model says of the channel; empty where it says nothing.
    paths
        The most frequent converting paths with the channel and without it, or None where no journeys were
        given: columns ``with_channel``, ``path``, ``conversions``, ``nulls``, ``conversion_rate``.
    """

    channel: str
    model: str
    facts: Mapping[str, float]
    interval: str = ""
    told: str = ""
    paths: pd.DataFrame | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return one row a number.

        Returns
        -------
        pandas.DataFrame
            Columns ``fact`` and ``value``: ``conversions``, ``share``, ``rank``, ``channels`` (how many there
            are) and ``attributed`` (conversions of all channels); ``share_ci_low`` and ``share_ci_high``
            where there is a bootstrap; ``touched``, ``assisted``, ``opened``, ``closed``, ``mean_touches``
            where they are known; what the model tells of the channel, such as ``removal_effect`` or
            ``shapley``; with journeys, ``journeys_with`` and ``journeys_without``, and where some of them did
            not convert ``rate_with`` and ``rate_without``.
        """
        import pandas as pd

        return pd.DataFrame({"fact": list(self.facts), "value": list(self.facts.values())})

    def summary(self) -> str:
        """Return the explanation in plain words, with the numbers of `to_frame`."""
        parts = [*self._credit(), *self._positions(), self.told, *self._rates(), *self._examples()]
        return "\n".join([*(part for part in parts if part), Sentence("explain.bookkeeping")])

    def _credit(self) -> list[str]:
        facts = self.facts
        told = {
            "channel": self.channel,
            "number": facts["conversions"],
            "attributed": Sentence("explain.attributed", n=facts["attributed"]),
            "model": self.model,
        }
        if not np.isfinite(facts["share"]):
            return [Sentence("explain.credit", **told)]
        place = {name: facts[name] for name in ("share", "rank", "channels")}
        parts = [Sentence("explain.credit_place", **told, **place)]
        if self.interval and np.isfinite(facts["share_ci_low"]):
            ends = {"low": facts["share_ci_low"], "high": facts["share_ci_high"]}
            parts.append(Sentence("explain.sure", **ends, interval=self.interval))
        return [Sentence("spaced", parts=tuple(parts))]

    def _positions(self) -> list[str]:
        facts = self.facts
        if "touched" not in facts:
            return []
        touched, whole = facts["touched"], facts["attributed"]
        if not touched:
            return [Sentence("explain.absent", channel=self.channel)]
        told = {name: facts[name] for name in ("opened", "closed", "assisted")}
        told |= {"touches": facts["mean_touches"]}
        conversions = Sentence("summary.conversions", n=touched)
        if not whole:
            return [Sentence("explain.way", conversions=conversions, **told)]
        return [Sentence("explain.way_of_all", conversions=conversions, part=touched / whole, **told)]

    def _rates(self) -> list[str]:
        facts = self.facts
        if "rate_with" not in facts:
            return []
        sides: list[Sentence] = []
        for side in ("with", "without"):
            if facts[f"journeys_{side}"]:
                key = f"explain.rate_then_{side}" if sides else f"explain.rate_{side}"
                journeys = Sentence("n_journeys", n=facts[f"journeys_{side}"])
                sides.append(Sentence(key, journeys=journeys, rate=facts[f"rate_{side}"]))
        return [Sentence("explain.rates", sides=tuple(sides))]

    def _examples(self) -> list[str]:
        if self.paths is None or not len(self.paths):
            return []
        lines: list[str] = []
        for inside, key in ((True, "explain.paths_with"), (False, "explain.paths_without")):
            shown = self.paths[(self.paths["with_channel"] == inside) & (self.paths["conversions"] > 0)]
            rows = shown.head(_TOP).to_dict("records")
            if rows:
                lines.append(Sentence(key, paths=tuple(map(self._path, rows))))
        return lines

    def _path(self, row: Mapping[Any, Any]) -> Sentence:
        path, number = row["path"], row["conversions"]
        if "rate_with" not in self.facts:
            return Sentence("explain.path", path=path, number=number)
        return Sentence("explain.path_rate", path=path, number=number, rate=row["conversion_rate"])

    def _title(self) -> str:
        return Sentence("explain.title", channel=self.channel, model=self.model)

    def _repr_text(self) -> str:
        return self.summary()

    def _notes(self) -> tuple[str, ...]:
        return tuple(self.summary().split("\n"))


def explain_channel(
    credit: CreditTable, channel: str, model: str | None, journeys: Journeys | None, top: int
) -> Explanation:
    """Explain what a channel got; see `Credit.explain`."""
    if channel not in credit.channels:
        raise CreditError(unknown_name("channel", channel, credit.channels), column="channel")
    if model is not None and model not in credit.models:
        raise CreditError(unknown_name("model", model, credit.models), column="model")
    model = credit.models[0] if model is None else model
    table = fold(credit, ("channel",))
    row, cell = table.models.index(model), table.keys[0].tolist().index(channel)
    shares = measure(table, "share")[row]
    facts: dict[str, float] = {
        "conversions": float(table.conversions[row, cell]),
        "share": float(shares[cell]),
        "rank": 1.0 + float((shares[table.attributed] > shares[cell]).sum()),
        "channels": float(table.attributed.sum()),
        "attributed": float(table.sums().conversions[row]),
    }
    if table.bootstrap is not None:
        low, high = interval(table, "share")
        facts |= {"share_ci_low": float(low[row, cell]), "share_ci_high": float(high[row, cell])}
    if table.activity is not None:
        facts |= {name: float(getattr(table.activity, name)[cell]) for name in _ALIKE}
    facts |= _details(credit.details.get(model), channel)
    paths = None
    if journeys is not None:
        paths, rates = _paths(journeys, channel, top)
        facts |= rates
    detail = credit.details.get(model)
    says = detail.says(channel) if isinstance(detail, Solution) else ""
    return Explanation(channel, model, facts, told(table), says, paths)


def _details(detail: object, channel: str) -> dict[str, float]:
    """Return what a model's own table says of a channel, such as its removal effect."""
    if not isinstance(detail, Display):
        return {}
    frame = detail.to_frame()
    if "channel" not in frame:
        return {}
    rows = frame[frame["channel"] == channel].drop(columns="channel").select_dtypes("number")
    # Shares stand in the credit already.
    found = rows.drop(columns=["share", "value_share"], errors="ignore").to_dict("records")
    return {str(name): float(number) for name, number in found[0].items()} if found else {}


def _paths(journeys: Journeys, channel: str, top: int) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the most converting paths with and without a channel, and both sides' conversion rates."""
    import pandas as pd

    if channel not in journeys.channels:
        raise CreditError(unknown_name("channel", channel, journeys.channels), column="journeys")
    # Where nothing failed to convert, such journeys were not built: no rate is known.
    has_rates = not journeys.converted.all()
    hits = np.append(0, np.cumsum(journeys.channel == journeys.channels.index(channel)))
    inside = hits[journeys.offsets[1:]] > hits[journeys.offsets[:-1]]
    touched = journeys.lengths > 0
    parts, rates = [], {}
    for side, chosen in (("with", inside), ("without", ~inside & touched)):
        some = journeys.take(chosen)
        rates[f"journeys_{side}"] = float(some.weights.sum())
        if has_rates:
            rates[f"rate_{side}"] = some.conversion_rate
        counts: Any = some.path_counts(top)
        if not has_rates:
            counts["conversion_rate"] = np.nan
        parts.append(counts.assign(with_channel=side == "with"))
    columns = ["with_channel", "path", "conversions", "nulls", "conversion_rate"]
    return pd.concat(parts, ignore_index=True)[columns], rates
