"""Which sections a report has, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attribution.credit.table import fold
from attribution.errors import CreditError, unknown_name
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Section
from attribution.reporting.calibration_sections import calibrated, tested_channels
from attribution.reporting.credit_sections import (
    activity,
    breakdown,
    credit_by_model,
    through_time,
    unattributed,
)
from attribution.reporting.experiment_sections import (
    Found,
    holdouts,
    incremental,
)
from attribution.reporting.formats import day
from attribution.reporting.headline import headline
from attribution.reporting.journey_sections import customers, journey_map, time_to_convert
from attribution.reporting.money_sections import money
from attribution.reporting.path_sections import top_paths
from attribution.reporting.run_sections import audit, limits, settings
from attribution.reporting.sure_sections import sure
from attribution.reporting.synergy_sections import synergy_pairs

if TYPE_CHECKING:
    import pandas as pd

    from attribution.calibration.calibration import Calibration
    from attribution.credit.credit import Credit
    from attribution.diagnostics import CheckResult
    from attribution.evaluation.synergy_result import Synergy
    from attribution.journeys.flows import Flows
    from attribution.journeys.journeys import Journeys
    from attribution.journeys.lags import Lags


@dataclass(frozen=True, eq=False)
class Material:
    """What a report is made of; see `report`. `channels` is the credit by channel alone."""

    words: Language
    credit: Credit
    channels: Credit
    journeys: Journeys | None = None
    paths: pd.DataFrame | None = None
    top_paths: int = 20
    checks: Sequence[CheckResult] | None = None
    found: tuple[Found, ...] = ()
    calibration: Calibration | None = None
    synergy: Synergy | None = None
    flows: Flows | None = None
    lags: tuple[Lags | None, Lags | None] = (None, None)  # days, touches
    manifest: Mapping[str, Any] | None = None


Maker = Callable[[Material], tuple[Block, ...]]

# In the order in which a reader asks: credited, incremental, cost, how sure; then all the rest.
SECTIONS: dict[str, Maker] = {
    "findings": lambda m: headline(m.words, m.channels, m.checks, m.found, m.calibration),
    "credit": lambda m: credit_by_model(m.words, m.channels),
    "incremental": lambda m: incremental(m.words, m.channels, m.found),
    "calibration": lambda m: calibrated(m.words, m.calibration),
    "money": lambda m: money(m.words, m.channels),
    "sure": lambda m: sure(m.words, m.channels),
    "over_time": lambda m: through_time(m.words, m.credit),
    "roles": lambda m: activity(m.words, m.credit, m.journeys),
    "customers": lambda m: customers(m.words, m.credit, m.journeys),
    "breakdown": lambda m: breakdown(m.words, m.credit),
    "journey_map": lambda m: journey_map(m.words, m.journeys, m.flows),
    "time_to_convert": lambda m: time_to_convert(m.words, m.journeys, *m.lags),
    "paths": lambda m: top_paths(m.words, m.credit, m.journeys, m.paths, m.top_paths),
    "synergy": lambda m: synergy_pairs(m.words, m.synergy),
    "holdouts": lambda m: holdouts(m.words, m.found),
    "unattributed": lambda m: unattributed(m.words, m.channels),
    "audit": lambda m: audit(m.words, m.checks),
    "limits": lambda m: limits(m.words, m.credit, tested_channels(m.found, m.calibration)),
    "settings": lambda m: settings(m.words, m.credit, m.manifest),
}


def check_sections(names: object) -> tuple[str, ...]:
    """Return the names of sections that were asked for, in order; all of them for None.

    Raises
    ------
    CreditError
        If a name is unknown or stands twice; the message names the nearest.
    """
    if names is None:
        return tuple(SECTIONS)
    hint = 'sections=("findings", "credit", "money", "limits")'
    if isinstance(names, str) or not isinstance(names, Sequence) or not names:
        msg = f"sections={names!r} is no list of names of sections"
        raise CreditError(msg, column="sections", hint=hint)
    for place, name in enumerate(names):
        if name not in SECTIONS:
            raise CreditError(unknown_name("section", name, SECTIONS), column="sections", hint=hint)
        if name in names[:place]:
            msg = f"section {name!r} stands twice"
            raise CreditError(msg, column="sections", hint=hint)
    return tuple(names)


def make_sections(material: Material, names: Sequence[str]) -> tuple[Section, ...]:
    """Return the sections asked for; those that nothing is known for are left out."""
    made = [Section(name, material.words(name), SECTIONS[name](material)) for name in names]
    return tuple(section for section in made if section.blocks)


def by_channel(credit: Credit) -> Credit:
    """Return the credit by channel alone."""
    return fold(credit, ("channel",))


def period_of(words: Language, credit: Credit) -> str:
    """Return the time that the credit is about, in words; empty where it is not known."""
    if credit.window is None:
        return ""
    first, last = (day(instant, words) for instant in credit.window)
    return first if first == last else words("period", first=first, last=last)
