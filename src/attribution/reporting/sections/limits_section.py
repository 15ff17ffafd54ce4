"""The section of what the report cannot tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Points
from attribution.reporting.experiments_found import LIFTS, Found
from attribution.reporting.formats import listing, span
from attribution.reporting.recipe import SectionRecipe
from attribution.reporting.sections.calibration_section import CALIBRATION

if TYPE_CHECKING:
    from attribution.calibration.calibration import Calibration
    from attribution.credit.credit import Credit


def limits(words: Language, credit: Credit, tested: Iterable[str]) -> tuple[Block, ...]:
    """Return what the report cannot tell, given what it has."""
    known = list(tested)
    keys = ["untested", "experiments"] if known else ["cause"]
    lookback = credit.settings.get("lookback")
    keys += ["unlogged", *(["windows"] if lookback is not None and lookback != "unlimited" else [])]
    keys.append("chance" if credit.bootstrap is None else "sampling")
    keys += ["margin"] if credit.cost is not None else []
    values = {"tested": listing(known, 6, words), "lookback": span(lookback, words)}
    return (Points(tuple((words(f"limits.{key}"), words(f"limits.{key}.text", **values)) for key in keys)),)


def tested_channels(found: Sequence[Found], calibration: Calibration | None) -> tuple[str, ...]:
    """Return the channels that an experiment of the report is about."""
    names = [one.channel for one in found]
    names += [one.channel for one in calibration.tested] if calibration is not None else []
    return tuple(dict.fromkeys(names))


SECTION = SectionRecipe(
    "limits",
    lambda m: limits(m.words, m.credit, tested_channels(m.of(LIFTS) or (), m.of(CALIBRATION))),
    needs=(LIFTS, CALIBRATION),
)
