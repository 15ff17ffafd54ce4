"""Experiments on channels, as sections tell of them: one by one, each in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attribution.calibration.evidence import Evidence
from attribution.credit.table import measure
from attribution.errors import CreditError, unknown_name
from attribution.experiments.shared.lift import Estimate, Lift
from attribution.experiments.shared.lift_text import unusual
from attribution.language.catalogue import Language
from attribution.reporting.formats import Style, fit, label, listing
from attribution.reporting.needs import Need

if TYPE_CHECKING:
    from attribution.credit.credit import Credit


@dataclass(frozen=True, eq=False)
class Found:
    """One experiment on a channel.

    Attributes
    ----------
    channel
        The channel tested.
    incremental
        Conversions caused in all treated units; None where the experiment does not tell, as geo tests, which
        count another outcome.
    lift
        The whole result; None where only an estimate was given.
    credited
        What the first model credits the channel with.
    """

    channel: str
    incremental: Estimate | None
    lift: Lift | None
    credited: float

    @property
    def level(self) -> float:
        """Confidence level of the intervals."""
        return 0.95 if self.lift is None else 1.0 - self.lift.alpha

    @property
    def verdict(self) -> str:
        """As `Lift.verdict`; of a bare estimate whether its interval leaves out zero."""
        if self.lift is not None:
            return self.lift.verdict
        assert self.incremental is not None
        return "no effect shown" if self.incremental.holds(0.0) else "effect"


_LIFTS = 'at.report(credit, lifts={"email": at.analyze_holdout(users)})'


def find(credit: Credit, lifts: Mapping[str, Any] | None) -> tuple[Found, ...]:
    """Return the experiments, channel by channel, as `calibrate` takes them.

    Raises
    ------
    CreditError
        If the credit has no such channel.
    """
    found: list[Found] = []
    for channel, entry in (lifts or {}).items():
        if channel not in credit.channels:
            raise CreditError(unknown_name("channel", channel, credit.channels), column="lifts", hint=_LIFTS)
        cells = credit.keys[0] == channel
        credited = float(measure(credit, "conversions")[0, cells].sum())
        for one in _several(entry):
            one = one.lift if isinstance(one, Evidence) else one
            if isinstance(one, Lift):
                # A geo test counts an outcome of its own, such as sales, which stands beside no credit.
                caused = None if one.design == "geo" else one.incremental
                found.append(Found(channel, caused, one, credited))
            else:
                found.append(Found(channel, one, None, credited))
    return tuple(found)


def _several(entry: Any) -> Sequence[Any]:
    return entry if isinstance(entry, Sequence) else [entry]


def _refuse_others(lifts: Mapping[str, Any]) -> None:
    """Refuse what is no result of an experiment."""
    for channel, entry in lifts.items():
        for one in _several(entry):
            if not isinstance(one, Lift | Estimate | Evidence):
                msg = f"lifts[{channel!r}] is a {type(one).__name__}, not a Lift"
                raise CreditError(msg, column="lifts", hint=_LIFTS)


def sentences(words: Language, credit: Credit, found: Iterable[Found]) -> list[str]:
    """Return each experiment in one sentence, beside what the first model credits, and what to look at."""
    model = label(credit.models[0], words) if credit.models else ""
    return [line for one in found for line in (_sentence(words, model, one), *unusual_ratio(words, one))]


def unusual_ratio(words: Language, one: Found) -> list[str]:
    """Return a sentence on arms whose shares are unusual, yet not so much that reading is forbidden."""
    if one.lift is None:
        return []
    share = Style("share", 1, words=words)
    found = []
    for check in unusual(one.lift):
        arms = listing(
            [
                words(
                    "incremental.unusual.arm",
                    arm=label(str(row["arm"]), words),
                    n=words.count(row["n"]),
                    share=share.write(row["share"]),
                    planned=share.write(row["planned"]),
                )
                for row in check.rows
                if "planned" in row
            ],
            words=words,
        )
        p_value = words.number(check.p_value or 0.0, 4)
        found.append(words("incremental.unusual", channel=label(one.channel, words), arms=arms, p=p_value))
    return found


def _sentence(words: Language, model: str, one: Found) -> str:
    channel, credited = label(one.channel, words), words.count(one.credited)
    if one.verdict == "blocked" and one.lift is not None:
        failed = listing([check.name for check in one.lift.checks if check.passed is False], words=words)
        return words("incremental.blocked", channel=channel, checks=failed)
    if one.incremental is None:
        assert one.lift is not None
        value, low, high = in_words(one.lift.relative, Style("share", 1, words=words))
        if one.lift.design == "geo":
            outcome = label(one.lift.outcome, words)
            return words("incremental.geo", channel=channel, outcome=outcome, value=value, low=low, high=high)
        return words("incremental.relative", channel=channel, value=value, low=low, high=high)
    value, low, high = in_words(one.incremental, counts_style(words, [one.incremental]))
    if one.verdict == "effect":
        return words(
            "incremental.effect",
            channel=channel,
            caused=value,
            low=low,
            high=high,
            outcome=outcome_of(words, one),
            model=model,
            credited=credited,
        )
    return words("incremental.unshown", channel=channel, low=low, high=high, model=model, credited=credited)


def outcome_of(words: Language, one: Found) -> str:
    """Return what an experiment counted."""
    return words("axis.conversions") if one.lift is None else label(one.lift.outcome, words)


def counts_style(words: Language, estimates: Iterable[Estimate]) -> Style:
    """Return the style that fits the ends of estimates of counts."""
    return fit("count", [end for one in estimates for end in (one.value, one.low, one.high)], words=words)


def in_words(estimate: Estimate, style: Style) -> tuple[str, str, str]:
    """Return an estimate and the ends of its interval, written."""
    return style.write(estimate.value), style.write(estimate.low), style.write(estimate.high)


LIFTS: Need[Sequence[Found]] = Need(
    "lifts",
    lambda: Mapping,
    _LIFTS,
    members=_refuse_others,
    read=lambda lifts, channels: find(channels, lifts),
)
