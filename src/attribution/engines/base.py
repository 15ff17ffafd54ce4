"""What an engine promises: map tallies over partitions of users, and merge them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, Self

from attribution.journeys.build import JourneySettings
from attribution.journeys.journeys import Journeys

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog


class Tally(Protocol):
    """Anything that adds up over disjoint sets of users."""

    def __add__(self, other: Self) -> Self: ...


Tasks = Mapping[str, Callable[[Journeys], Tally]]


class Engine(Protocol):
    """Where journeys are built and tallied."""

    def run(
        self, log: EventLog, settings: JourneySettings, tasks: Tasks, *, progress: bool | None = None
    ) -> dict[str, Tally]:
        """Build the journeys of every user of `log` and return each task's tally over all of them."""
