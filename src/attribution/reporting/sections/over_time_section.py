"""The section of credit over calendar periods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attribution.credit.periods import PERIODS
from attribution.credit.table import fold
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block
from attribution.reporting.figures import over_time
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    from attribution.credit.credit import Credit


def through_time(words: Language, credit: Credit) -> tuple[Block, ...]:
    """Return the credit over the calendar periods that it is broken down by, for the first model."""
    periods = [name for name in credit.by[1:] if name in PERIODS]
    return tuple(figure for name in periods for figure in over_time(words, fold(credit, ("channel", name))))


SECTION = SectionRecipe("over_time", lambda m: through_time(m.words, m.credit))
