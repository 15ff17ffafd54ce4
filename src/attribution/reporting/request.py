"""What `report` was asked for, checked before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attribution.errors import CreditError

if TYPE_CHECKING:
    from attribution.journeys.lags import Lags


def refuse_others(given: Mapping[str, object]) -> None:
    """Raise CreditError for an argument that is not what its name says.

    Parameters
    ----------
    given
        Arguments of `report` by name.
    """
    import pandas as pd

    from attribution.calibration.calibration import Calibration
    from attribution.credit.credit import Credit
    from attribution.evaluation.synergy_result import Synergy
    from attribution.journeys.flows import Flows
    from attribution.journeys.journeys import Journeys

    for name, kind, hint in (
        ("credit", Credit, "at.report(at.attribute(log, models))"),
        ("journeys", Journeys | None, "at.report(credit, journeys=at.build_journeys(log))"),
        ("paths", pd.DataFrame | None, "at.report(credit, paths=at.path_counts(log))"),
        ("flows", Flows | None, "at.report(credit, flows=journeys.flows())"),
        ("lags", Sequence, "at.report(credit, lags=[journeys.time_to_convert()])"),
        ("lifts", Mapping | None, 'at.report(credit, lifts={"email": at.analyze_holdout(users)})'),
        ("calibration", Calibration | None, "at.report(credit, calibration=at.calibrate(credit, lifts))"),
        ("synergy", Synergy | None, "at.report(credit, synergy=at.synergy(journeys))"),
        ("checks", Sequence | None, "at.report(credit, checks=log.audit())"),
        ("manifest", Mapping | None, 'at.report(credit, manifest={"run": "weekly"})'),
        ("title", str | None, 'at.report(credit, title="Attribution, week 47")'),
    ):
        value = given[name]
        if not isinstance(value, kind):
            msg = f"{name} is of type {type(value).__name__}"
            raise CreditError(msg, column=name, hint=hint)


def by_unit(lags: Sequence[Lags]) -> tuple[Lags | None, Lags | None]:
    """Return the lags in days and those in touches.

    Raises
    ------
    CreditError
        If an entry is something else, or two are in one unit.
    """
    from attribution.journeys.lags import Lags

    found: dict[str, Lags] = {}
    for one in lags:
        if not isinstance(one, Lags) or one.unit in found:
            msg = (
                f"lags holds a {type(one).__name__}"
                if not isinstance(one, Lags)
                else "lags holds one unit twice"
            )
            hint = "lags=[journeys.time_to_convert(), journeys.touches_to_convert()]"
            raise CreditError(msg, column="lags", hint=hint)
        found[one.unit] = one
    return found.get("days"), found.get("touches")
