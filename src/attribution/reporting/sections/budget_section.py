"""The section of what to do: spend that did not pay, spend that did, and what only a test would tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Text, make_table
from attribution.reporting.formats import Style
from attribution.reporting.needs import Need
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    from attribution.evaluation.budget_advice import BudgetAdvice


def budget(words: Language, advice: BudgetAdvice | None) -> tuple[Block, ...]:
    """Return what follows from the calibration and the margin, a sentence a verdict, and the channels."""
    if advice is None:
        return ()
    level = Style("share", 0, words=words).write(1 - advice.alpha)
    frame = advice.to_frame()
    shown = frame.assign(verdict=[words(f"budget.verdict.{verdict}") for verdict in frame["verdict"]])
    kinds = {
        "channel": (words("budget.channel"), "name"),
        "cost": (words("budget.cost"), "money"),
        "verdict": (words("budget.verdict"), "text"),
        "saving": (words("budget.saving"), "money"),
        "saving_ci_low": (words("incremental.low"), "money"),
        "saving_ci_high": (words("incremental.high"), "money"),
        "p_profitable": (words("budget.p_profitable"), "share"),
        "evpi": (words("budget.evpi"), "money"),
    }
    table = make_table(
        words,
        "budget",
        words("budget.caption", level=level),
        shown[list(kinds)],
        kinds,
        alike=("saving", "saving_ci_low", "saving_ci_high"),
        currency=advice.currency,
    )
    return (Text(tuple(words.say(sentence) for sentence in advice.sentences())), table)


def _kind() -> type:
    from attribution.evaluation.budget_advice import BudgetAdvice

    return BudgetAdvice


ADVICE: Need[BudgetAdvice] = Need(
    argument="budget",
    kind=_kind,
    hint="at.report(credit, budget=at.advise_budget(calibrated, margin=0.4))",
)
SECTION = SectionRecipe("budget", lambda m: budget(m.words, m.of(ADVICE)), needs=(ADVICE,))
