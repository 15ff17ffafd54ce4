"""What a report has: its sections in their order, and the facts that may be given to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from attribution.errors import CreditError, unknown_name
from attribution.reporting.sections import (
    activity_section,
    answer_section,
    audit_section,
    breakdown_section,
    budget_section,
    calibration_section,
    credit_section,
    customers_section,
    findings_section,
    holdouts_section,
    incremental_section,
    journey_map_section,
    limits_section,
    money_section,
    next_section,
    over_time_section,
    paths_section,
    settings_section,
    sure_section,
    synergy_section,
    time_to_convert_section,
    unattributed_section,
)

if TYPE_CHECKING:
    import pandas as pd

    from attribution.calibration.calibrate import Outcome
    from attribution.calibration.calibration import Calibration
    from attribution.diagnostics import CheckResult
    from attribution.evaluation.budget_advice import BudgetAdvice
    from attribution.evaluation.synergy_result import Synergy
    from attribution.journeys.flows import Flows
    from attribution.journeys.journeys import Journeys
    from attribution.journeys.lags import Lags
    from attribution.reporting.needs import JourneyTallies

# In the order in which a reader asks: the answer, what to do, credited,
# incremental, cost, how sure; then all the rest.
_SECTIONS = (
    answer_section,
    next_section,
    findings_section,
    credit_section,
    incremental_section,
    calibration_section,
    budget_section,
    money_section,
    sure_section,
    over_time_section,
    activity_section,
    customers_section,
    breakdown_section,
    journey_map_section,
    time_to_convert_section,
    paths_section,
    synergy_section,
    holdouts_section,
    unattributed_section,
    audit_section,
    limits_section,
    settings_section,
)
SECTIONS = {module.SECTION.name: module.SECTION for module in _SECTIONS}


# What a preset shows, and which of it is folded: closed on a screen, and left out on paper.
_BRIEF = ("answer", "next", "credit", "incremental", "money", "limits", "settings")
PRESETS: Mapping[str, tuple[str, ...]] = {"full": tuple(SECTIONS), "brief": _BRIEF}
FOLDED: Mapping[str, frozenset[str]] = {"full": frozenset(), "brief": frozenset(_BRIEF[2:])}


class FactKeywords(TypedDict, total=False):
    """The facts that `report` may be given beside the credit; None is as if one were left out."""

    journeys: Journeys | JourneyTallies | None
    lifts: Mapping[str, Outcome | Sequence[Outcome]] | None
    calibration: Calibration | None
    budget: BudgetAdvice | None
    checks: Sequence[CheckResult] | None
    synergy: Synergy | None
    paths: pd.DataFrame | None
    flows: Flows | None
    lags: Sequence[Lags] | None
    manifest: Mapping[str, Any] | None


def check_sections(names: object, preset: object = "full") -> tuple[str, ...]:
    """Return the names of sections that were asked for, in order; those of the preset for None.

    Raises
    ------
    CreditError
        If a name is unknown or stands twice, which the message says with the nearest; if there is no such
        preset, or sections are named beside another than the full one.
    """
    if not isinstance(preset, str) or preset not in PRESETS:
        raise CreditError(unknown_name("preset =", preset, PRESETS), column="preset", hint='preset="brief"')
    if names is None:
        return PRESETS[preset]
    if preset != "full":
        msg = f"sections= and preset={preset!r} both say what the report shows"
        raise CreditError(msg, column="preset", hint='preset="full"')
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
