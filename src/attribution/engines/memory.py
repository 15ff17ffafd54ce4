"""The memory engine: all users in one partition, in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attribution.engines.base import Tally, Tasks
from attribution.journeys.build import JourneySettings, build_from_columns

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog


@dataclass(frozen=True)
class Memory:
    """Load the log, build all journeys at once, and tally them."""

    def run(
        self, log: EventLog, settings: JourneySettings, tasks: Tasks, *, progress: bool | None = None
    ) -> dict[str, Tally]:
        """Return each task's tally over all users of `log`."""
        columns = log.load(converters_only=not settings.nulls, progress=progress)
        journeys = build_from_columns(columns, settings)
        return {name: task(journeys) for name, task in tasks.items()}
