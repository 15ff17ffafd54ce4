"""What an engine promises: map tallies over partitions of users, and merge them, always in the same order."""

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


class Merger:
    """Add up tallies as they arrive in any order; the additions do not depend on that order.

    Tally i is added to its neighbour in pairs, pairs to pairs, and so on, as in a tournament. At most one
    sum a round waits, beside those that arrived too early.
    """

    def __init__(self, n: int) -> None:
        self._n = n
        self._next = 0
        self._early: dict[int, Mapping[str, Any]] = {}
        self._stack: list[tuple[int, Mapping[str, Any]]] = []  # (how many were added, their sum)

    def add(self, number: int, tallies: Mapping[str, Any]) -> None:
        """Add the tallies of partition `number`."""
        self._early[number] = tallies
        while self._next in self._early:
            self._stack.append((1, self._early.pop(self._next)))
            self._next += 1
            while len(self._stack) > 1 and self._stack[-1][0] == self._stack[-2][0]:
                self._join()

    def finish(self) -> dict[str, Any]:
        """Return the sums over all partitions."""
        assert self._next == self._n, "a partition is missing"
        while len(self._stack) > 1:
            self._join()
        return dict(self._stack[0][1])

    def _join(self) -> None:
        right, left = self._stack.pop(), self._stack.pop()
        merged = {name: left[1][name] + right[1][name] for name in left[1]}
        self._stack.append((left[0] + right[0], merged))
