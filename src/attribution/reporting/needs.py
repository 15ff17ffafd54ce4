"""What sections need beside the credit: given to the report, or tallied over journeys, on every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attribution.engines.shared.engine import Tasks
from attribution.errors import CreditError

if TYPE_CHECKING:
    from attribution.credit.credit import Credit
    from attribution.journeys.journeys import Journeys

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """What a report asks of journeys, and what they can tell.

    Attributes
    ----------
    by
        Dimensions of the credit that the report is about.
    sections
        Sections that were asked for by name; none where the choice is open.
    top_paths
        How many paths are listed.
    dims
        Names of the dimensions that the log has beside the channel.
    times, users
        Whether times and users are known; a path table knows neither.
    settings
        How the journeys are built.
    """

    by: tuple[str, ...] = ("channel",)
    sections: tuple[str, ...] = ()
    top_paths: int = 20
    dims: tuple[str, ...] = ()
    times: bool = True
    users: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Need(Generic[T]):
    """Something that a section needs beside the credit.

    Attributes
    ----------
    argument
        The keyword of `report` by which it is given; empty where it is only tallied.
    kind
        Returns what may be given by it, a type or a union of types.
    hint
        The line that makes it.
    members
        Refuses what a value of this type must not hold; by default it may hold anything.
    read
        From what was given and the credit by channel to what the section takes, None where it holds nothing
        of the kind; by default as it is.
    tasks
        What to tally over journeys for it, by name; none where that would tell nothing. The names are those
        under which increments keep the tallies.
    solve
        From these tallies to what the section takes.
    """

    argument: str = ""
    kind: Callable[[], Any] = lambda: object
    hint: str = ""
    members: Callable[[Any], None] | None = None
    read: Callable[[Any, Credit], T | None] | None = None
    tasks: Callable[[Asked], Tasks] | None = None
    solve: Callable[[Mapping[str, Any], Asked], T] | None = None

    def check(self, value: object) -> None:
        """Raise CreditError if a value is not what the argument's name says."""
        if value is None:
            return
        if not isinstance(value, self.kind()) or isinstance(value, str | bytes):
            msg = f"{self.argument} is of type {type(value).__name__}"
            raise CreditError(msg, column=self.argument, hint=self.hint)
        if self.members is not None:
            self.members(value)

    def given(self, value: Any, channels: Credit) -> T | None:
        """Return what a section takes of what was given; `channels` is the credit by channel."""
        return value if self.read is None else self.read(value, channels)


@dataclass(frozen=True, eq=False)
class JourneyTallies:
    """What was tallied of journeys for a report, on whichever engine; `report` takes it as ``journeys``.

    Attributes
    ----------
    asked
        What was asked of the journeys.
    tallies
        By the names of the tasks.
    """

    asked: Asked
    tallies: Mapping[str, Any] = field(repr=False)

    def for_report(self, asked: Asked) -> JourneyTallies:
        """Return the tallies as a report takes them that asks for what may be less, or something else."""
        sections = (*self.asked.sections, *asked.sections)
        known = replace(self.asked, by=asked.by, sections=sections, top_paths=asked.top_paths)
        return replace(self, asked=known)

    def of(self, need: Need[T]) -> T | None:
        """Return what a section needs; None where it was not tallied, or would tell nothing."""
        if need.tasks is None or need.solve is None:
            return None
        tasks = need.tasks(self.asked)
        if not tasks or not tasks.keys() <= self.tallies.keys():
            return None
        return need.solve({name: self.tallies[name] for name in tasks}, self.asked)


@dataclass(frozen=True, eq=False)
class JourneysAtHand:
    """Journeys in memory, tallied when a section needs it."""

    asked: Asked
    journeys: Journeys

    @classmethod
    def of_journeys(cls, journeys: Journeys, asked: Asked) -> JourneysAtHand:
        """Return journeys, with what they can tell."""
        known = replace(
            asked,
            dims=tuple(dim.name for dim in (*journeys.touch_dims, *journeys.journey_dims)),
            times=journeys.time is not None and journeys.conversion_time is not None,
            users=journeys.user is not None,
            settings=journeys.settings,
        )
        return cls(known, journeys)

    def of(self, need: Need[T]) -> T | None:
        """Return what a section needs; None where it would tell nothing."""
        tasks = {} if need.tasks is None else need.tasks(self.asked)
        tallies = {name: task(self.journeys) for name, task in tasks.items()}
        return JourneyTallies(self.asked, tallies).of(need)
