"""What a report needs of the journeys of a log, tallied on any engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Unpack

from attribution._checks import whole
from attribution._migration import tells_places
from attribution.engines.choose import engine_of
from attribution.engines.shared.engine import Engine, Tasks
from attribution.errors import LESS_MEMORY, CreditError, JourneyError, enough_memory
from attribution.eventlog.eventlog import EventLog
from attribution.journeys.journeys import Journeys
from attribution.journeys.options import JourneyKeywords, JourneyOptions, journey_options
from attribution.models.cells import checked_by
from attribution.reporting.contents import SECTIONS, check_sections
from attribution.reporting.needs import Asked, JourneyTallies


@tells_places(JourneyError)
@enough_memory(LESS_MEMORY)
def tally_journeys(
    log: EventLog,
    *,
    by: str | Sequence[str] = "channel",
    sections: Sequence[str] | None = None,
    top_paths: int = 20,
    engine: str | Engine = "auto",
    progress: bool | None = None,
    options: JourneyOptions | None = None,
    **keywords: Unpack[JourneyKeywords],
) -> JourneyTallies:
    """Tally what a report needs of the journeys of a log, on any engine: they need not fit into memory.

    Parameters
    ----------
    log
        From `read_log`. Of journeys that are built already, `report` takes the journeys themselves.
    by
        What the credit of the report is broken down by, as in `attribute`.
    sections, top_paths
        As in `report`: only what these sections need is tallied. ``synergy`` must be asked for by name.
    engine, progress
        As in `attribute`.
    options
        How journeys are built, as one value; non-converting ones are built in any case.
    **keywords
        Or its fields by name: ``lookback``, ``goal``, ``after_conversion``, ``session_gap``, ``max_touches``,
        ``drop_censored``, ``timezone``, ``week_start``, ``period``, ``currency`` and ``rates``.
        What is None has its default, such as ``"30D"`` for the lookback (``"unlimited"`` sets no limit).

    Returns
    -------
    JourneyTallies
        What `report` takes as ``journeys``.

    Raises
    ------
    JourneyError
        If an option makes no sense, or it is given something else than a log.
    CreditError
        If a section is unknown.

    Examples
    --------
    >>> import attribution as at
    >>> sample = at.load_sample("retailer")
    >>> log = at.read_log(sample.touches, sample.conversions)
    >>> credit = at.attribute(log, "linear", goal="purchase", engine="stream")
    >>> journeys = at.tally_journeys(log, goal="purchase", engine="stream")
    >>> names = [section.name for section in at.report(credit, journeys=journeys).sections]
    >>> {"journey_map", "time_to_convert", "customers", "paths"} <= set(names)
    True
    """
    if not isinstance(log, EventLog):
        msg = f"tally_journeys takes a log, not {type(log).__name__}"
        built = isinstance(log, Journeys)
        hint = "at.report(credit, journeys=journeys)" if built else "at.read_log(touches, conversions)"
        raise JourneyError(msg, column="log", hint=hint)
    whole(top_paths, "top_paths", least=0, error=CreditError)
    names = check_sections(sections)
    settings = replace(journey_options(options, keywords, none_is_usual=True), nulls=True)
    chosen = engine_of(engine, log)
    asked = Asked(
        checked_by(by),
        () if sections is None else names,
        top_paths,
        dims_of(log),
        settings=settings.describe(),
    )
    with chosen.open(log, settings, progress=progress) as run:
        return JourneyTallies(asked, run(tasks_of(names, asked)))


def tasks_of(sections: Iterable[str], asked: Asked) -> Tasks:
    """Return what to tally over journeys for some sections."""
    needs = (need for name in sections for need in SECTIONS[name].needs if need.tasks is not None)
    found: dict[str, Any] = {}
    for need in needs:
        assert need.tasks is not None
        found |= need.tasks(asked)
    return found


def dims_of(log: EventLog) -> tuple[str, ...]:
    """Return the names of the dimensions that the tables of a log have beside the channel."""
    tables = (log.touch_table, log.conversion_table)
    dims: Mapping[str, str] = {
        name: name for table in tables for name in dict((*table.dims, *table.conversion_dims))
    }
    return tuple(dims)
