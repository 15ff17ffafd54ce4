"""The first screen: the numbers that matter, what is known and how surely, credit beside cause and spend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from attribution.credit.measures import ratio
from attribution.credit.table import measure
from attribution.credit.uncertainty import candidates
from attribution.language.catalogue import Language
from attribution.reporting.answer_figures import credit_beside_cause, return_beside_spend
from attribution.reporting.blocks import Block, Fact, Facts, Points
from attribution.reporting.experiments_found import LIFTS, Found, counts_style, in_words, outcome_of
from attribution.reporting.formats import Style, fit, label, listing
from attribution.reporting.recipe import SectionRecipe
from attribution.reporting.sections.findings_section import firsts, shares_of

if TYPE_CHECKING:
    from attribution.credit.credit import Credit
    from attribution.experiments.shared.lift import Estimate

MOST_TESTS = 4


def answer(words: Language, credit: Credit, found: Sequence[Found]) -> tuple[Block, ...]:
    """Return totals, findings and two figures of a credit by channel, none of one model alone."""
    told = [*_credit(words, credit), *tests(words, credit, found[:MOST_TESTS]), *_returns(words, credit)]
    told.append(_untested(words, credit, found))
    if credit.bootstrap is None:
        told.append(words("answer.chance"))
    points = Points(tuple(("", sentence) for sentence in told if sentence))
    figures = (*credit_beside_cause(words, credit, found), *return_beside_spend(words, credit))
    return (_totals(words, credit), points, *figures)


def _totals(words: Language, credit: Credit) -> Facts:
    """Return what no model changes: conversions, their value, what was spent and what it came back as."""
    sums = credit.sums()
    attributed, lost = float(sums.conversions[0]), float(sums.unattributed_conversions[0])
    share = Style("share", 1, words=words)
    total = attributed + lost
    part = words("answer.attributed", share=share.write(attributed / total)) if total else ""
    facts = [Fact(words("conversions"), words.count(total), total, part)]
    if credit.has_value:
        value = float(sums.value[0] + sums.unattributed_value[0])
        facts.append(Fact(words("value"), _money(words, credit, value), value))
    if credit.cost is not None:
        facts.append(Fact(words("findings.spend"), _money(words, credit, sums.cost), sums.cost))
        if credit.has_value:
            roas = float(ratio(sums.value[:1], np.array([sums.cost]))[0])
            written = Style("ratio", 2, words=words).write(roas)
            facts.append(Fact(words("measure.roas"), written, roas, words("findings.roas")))
        else:
            cpa = float(ratio(np.array([sums.cost]), sums.conversions[:1])[0])
            facts.append(Fact(words("measure.cpa"), _money(words, credit, cpa), cpa, words("findings.cpa")))
    return Facts(tuple(facts))


def _money(words: Language, credit: Credit, amount: float) -> str:
    return fit("money", [amount], currency=credit.currency, decimals=credit.decimals, words=words).write(
        amount
    )


def _credit(words: Language, credit: Credit) -> list[str]:
    """Return who leads where all models agree, else who leads under which; and where they differ most."""
    shares, channels = shares_of(words, credit)
    if not channels or not np.isfinite(shares).all():
        return [words("findings.empty")] if not credit.sums().conversions.any() else []
    share = Style("share", 1, words=words)
    leaders = firsts(credit)
    many = len(credit.models) > 1
    if set(leaders) == {leaders[0]} and len(leaders[0]) == 1:
        row = shares[:, leaders[0][0]]
        told = [
            words(
                "answer.lead" if many else "answer.lead.one",
                channel=channels[leaders[0][0]],
                models=words.count(len(credit.models)) if many else label(credit.models[0], words),
                extent=_extent(words, share, row),
            )
        ]
    else:
        groups: dict[tuple[int, ...], list[str]] = {}
        for model, first in zip(credit.models, leaders, strict=True):
            groups.setdefault(first, []).append(label(model, words))
        parts = [
            words(
                "answer.no_lead.part" if len(first) == 1 else "answer.no_lead.open",
                channels=listing([channels[one] for one in first], 4, words),
                models=words.join(models),
            )
            for first, models in list(groups.items())[:4]
        ]
        told = [words("answer.no_lead", parts=words("semicolon").join(parts))]
    spread = shares.max(axis=0) - shares.min(axis=0)
    widest = int(spread.argmax())
    if many and spread[widest] >= 0.0005:
        extent = _extent(words, share, shares[:, widest])
        told.append(words("answer.differ", channel=channels[widest], extent=extent))
    elif many:
        told.append(words("findings.agree"))
    return told


def _extent(words: Language, style: Style, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    low, high = style.write(float(values.min())), style.write(float(values.max()))
    return low if low == high else words("range", low=low, high=high)


def credited(words: Language, credit: Credit, channel: str) -> str:
    """Return what the models credit a channel with, from the least to the most."""
    line = measure(credit, "conversions")[:, credit.keys[0] == channel].sum(axis=1)
    return _extent(words, fit("count", line.tolist(), words=words), line)


def is_vague(estimate: Estimate) -> bool:
    """Whether an interval is wider than its number: then the number is not known."""
    return not estimate.high - estimate.low <= abs(estimate.value)


def tests(words: Language, credit: Credit, found: Sequence[Found]) -> list[str]:
    """Return each experiment in a sentence, with its certainty and what all models credit beside it."""
    return [_test(words, credit, one) for one in found]


def _test(words: Language, credit: Credit, one: Found) -> str:
    channel = label(one.channel, words)
    if one.verdict == "blocked":
        assert one.lift is not None
        failed = listing([check.name for check in one.lift.checks if check.passed is False], words=words)
        return words("incremental.blocked", channel=channel, checks=failed)
    level = Style("share", 0, words=words).write(one.level)
    if one.incremental is None:
        assert one.lift is not None
        value, low, high = in_words(one.lift.relative, Style("share", 1, words=words))
        key = "answer.relative.effect" if one.verdict == "effect" else "answer.relative.unknown"
        outcome = label(one.lift.outcome, words)
        return words(key, channel=channel, outcome=outcome, value=value, low=low, high=high, level=level)
    effect = one.incremental
    style = counts_style(words, [effect])
    beside = {"outcome": outcome_of(words, one), "level": level}
    beside["credited"] = credited(words, credit, one.channel)
    if one.verdict == "effect" and effect.value < 0:
        low, high = style.write(max(0.0, -effect.high)), style.write(-effect.low)
        return words("answer.test.loss", channel=channel, low=low, high=high, **beside)
    low, high = style.write(max(0.0, effect.low)), style.write(max(0.0, effect.high))
    if one.verdict != "effect":
        return words("answer.test.unknown", channel=channel, low=low, high=high, **beside)
    if is_vague(effect):
        return words("answer.test.vague", channel=channel, low=low, high=high, **beside)
    value = style.write(effect.value)
    return words("answer.test.effect", channel=channel, value=value, low=low, high=high, **beside)


def _returns(words: Language, credit: Credit) -> list[str]:
    """Return which channel returns most where all models agree, and which return less than they cost."""
    if credit.cost is None or not credit.has_value:
        return []
    inside = credit.attributed
    roas = measure(credit, "roas")[:, inside]
    channels = [label(name, words) for name in credit.keys[0][inside]]
    known = np.isfinite(roas).all(axis=0)
    if known.sum() < 2:
        return []
    best = {int(np.nanargmax(np.where(known, row, np.nan))) for row in roas}
    apart = all(candidates(credit, "roas", model, lowest=False) == 1 for model in credit.models)
    told = [words("answer.no_best")]
    if len(best) == 1 and apart:
        one = best.pop()
        extent = _extent(words, Style("ratio", 2, words=words), roas[:, one])
        told = [words("answer.best", channel=channels[one], extent=extent)]
    below = [channels[place] for place in np.flatnonzero(known & (roas < 1).all(axis=0)).tolist()]
    if below:
        told.append(words("answer.below", channels=listing(below, words=words)))
    return told


def _untested(words: Language, credit: Credit, found: Sequence[Found]) -> str:
    """Return of how many channels no experiment says what they caused."""
    tested = {one.channel for one in found if one.verdict != "blocked"}
    names = set(credit.keys[0][credit.attributed].tolist())
    rest = len(names - tested)
    return words("answer.untested", n=rest, channels=words.count(len(names))) if rest else ""


SECTION = SectionRecipe("answer", lambda m: answer(m.words, m.channels, m.of(LIFTS) or ()), needs=(LIFTS,))
