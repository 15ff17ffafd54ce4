"""What an engine promises: map tallies over partitions of users, and merge them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, Self

from attribution.journeys.journeys import Journeys
from attribution.journeys.options import JourneyOptions

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog


class Tally(Protocol):
    """Anything that adds up over disjoint sets of users."""

    def __add__(self, other: Self) -> Self: ...


Task = Callable[[Journeys], Any]
Tasks = Mapping[str, Task]
Run = Callable[[Tasks], dict[str, Any]]
"""From tasks to each task's tally over the journeys of all users."""


class Engine(Protocol):
    """Where journeys are built and tallied. It knows no model, and no model knows it."""

    def open(
        self, log: EventLog, settings: JourneyOptions, *, progress: bool | None = None
    ) -> AbstractContextManager[Run]:
        """Return a context whose value maps tasks over all users of `log` and merges their tallies.

        It may be called several times while the context is open: some models map once more with what
        they have solved. What the engine keeps for that, on disk or on a cluster, goes when it closes.
        """
        ...
