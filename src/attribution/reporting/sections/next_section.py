"""What to do next: keep, cut or test, each only where an experiment or the lack of one says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from attribution.calibration.next_test import not_considered
from attribution.credit.table import measure
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Points, Text
from attribution.reporting.experiments_found import LIFTS, Found, counts_style
from attribution.reporting.formats import Style, fit, label, listing
from attribution.reporting.recipe import SectionRecipe
from attribution.reporting.sections.answer_section import credited, is_vague
from attribution.reporting.sections.audit_section import CHECKS
from attribution.reporting.sections.calibration_section import CALIBRATION

if TYPE_CHECKING:
    from attribution.calibration.calibration import Calibration
    from attribution.credit.credit import Credit
    from attribution.diagnostics import CheckResult


def next_steps(
    words: Language,
    credit: Credit,
    found: Sequence[Found],
    calibration: Calibration | None,
    checks: Sequence[CheckResult] | None,
) -> tuple[Block, ...]:
    """Return what the evidence of a report carries, channel by channel, and the next test."""
    if not credit.attributed.any():
        return ()
    told = []
    failed = [check.name for check in checks or () if check.passed is False]
    if failed:
        told.append(("next.data", words("next.data.text", names=listing(failed, words=words))))
    told += [step for one in found for step in _of_test(words, credit, one)]
    told += _test_next(words, credit, found, calibration)
    blocks: list[Block] = [Points(tuple((words(key), sentence) for key, sentence in told))] if told else []
    if not [one for one in found if one.verdict != "blocked"]:
        blocks.append(Text((words("next.no_test"),), "note"))
    return tuple(blocks)


def _of_test(words: Language, credit: Credit, one: Found) -> list[tuple[str, str]]:
    """Return what a test says to do: keep, cut, hold or test again."""
    channel = label(one.channel, words)
    if one.verdict == "blocked":
        return [("next.test", words("next.blocked", channel=channel))]
    iroas = one.lift.iroas if one.lift is not None else None
    if one.verdict == "effect" and iroas is not None and np.isfinite(iroas.value):
        style = Style("money", 2, credit.currency, words)
        low, high = style.write(max(0.0, iroas.low)), style.write(max(0.0, iroas.high))
        unit = Style("money", 0, credit.currency, words).write(1)
        if iroas.low > 1:
            return [("next.keep", words("next.returned", channel=channel, unit=unit, low=low, high=high))]
        if iroas.high < 1:
            return [("next.cut", words("next.lost", channel=channel, unit=unit, high=high))]
        return [("next.test", words("next.break_even", channel=channel, unit=unit, low=low, high=high))]
    effect = one.incremental
    if one.verdict == "effect":
        if effect is not None and effect.value < 0:
            return [("next.cut", words("next.harm", channel=channel))]
        vague = effect is not None and is_vague(effect)
        return [("next.keep", words("next.effect.vague" if vague else "next.effect", channel=channel))]
    least = float(measure(credit, "conversions")[:, credit.keys[0] == one.channel].sum(axis=1).min())
    if effect is not None and effect.high < least:
        high = counts_style(words, [effect]).write(max(0.0, effect.high))
        beside = credited(words, credit, one.channel)
        return [("next.hold", words("next.overstated", channel=channel, high=high, credited=beside))]
    return [("next.test", words("next.longer", channel=channel))]


def _test_next(
    words: Language, credit: Credit, found: Sequence[Found], calibration: Calibration | None
) -> list[tuple[str, str]]:
    """Return which channel to test of those without a test: where the calibration or the spend says most."""
    tested = {one.channel for one in found}
    if calibration is not None:
        ranked = calibration.next_test()
        ranked = ranked[ranked["not_considered"] == ""]
        if len(ranked) and ranked["channel"].iloc[0] not in tested:
            channel = label(ranked["channel"].iloc[0], words)
            return [("next.test", words("next.stake", channel=channel))]
    inside = credit.attributed
    names = tuple(credit.keys[0][inside].tolist())
    cost = None if credit.cost is None else np.nan_to_num(credit.cost[inside])
    why = not_considered(names, cost, None)
    places = [place for place, name in enumerate(names) if not why[place] and name not in tested]
    if not places:
        return []
    if cost is not None and cost.any():
        first = max(places, key=lambda place: float(cost[place]))
        style = fit(
            "money", [float(cost[first])], currency=credit.currency, decimals=credit.decimals, words=words
        )
        spent = style.write(float(cost[first]))
        return [("next.test", words("next.spend", channel=label(names[first], words), cost=spent))]
    most = credit.conversions[:, inside].max(axis=0)
    first = max(places, key=lambda place: float(most[place]))
    return [("next.test", words("next.credit", channel=label(names[first], words)))]


SECTION = SectionRecipe(
    "next",
    lambda m: next_steps(m.words, m.channels, m.of(LIFTS) or (), m.of(CALIBRATION), m.of(CHECKS)),
    needs=(LIFTS, CALIBRATION, CHECKS),
)
