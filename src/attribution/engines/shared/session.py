"""Several questions to one reading of a log: an engine that is open already, and tallies beside others."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from attribution.engines.shared.engine import Run, Tasks

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog
    from attribution.journeys.options import JourneyOptions

BESIDE = "\0beside "
"""What the names of tasks beside others begin with: no label of a model does."""


@dataclass(frozen=True)
class Session:
    """Hand out what another engine's `open` gave.

    Attributes
    ----------
    run
        From ``engine.open(log, settings)``, still open; the log and the settings are those of that call.
    """

    run: Run

    def open(
        self, log: EventLog, settings: JourneyOptions, *, progress: bool | None = None
    ) -> AbstractContextManager[Run]:
        """Return the run; closing it closes nothing.

        Parameters
        ----------
        log, settings, progress
            Those of the engine that is open.
        """
        del log, settings, progress
        return nullcontext(self.run)


@dataclass(frozen=True, eq=False)
class Beside:
    """A run that tallies something of its own beside what it is first asked for, in the same pass.

    Attributes
    ----------
    run
        The run.
    tasks
        What is tallied besides, by name.
    tallies
        Their tallies, once the run was asked for anything.
    """

    run: Run
    tasks: Tasks
    tallies: dict[str, Any] = field(default_factory=dict, init=False)

    def __call__(self, tasks: Tasks) -> dict[str, Any]:
        """Return the tallies that are asked for."""
        if self.tallies or not self.tasks:
            return self.run(tasks)
        found = self.run({**tasks, **{f"{BESIDE}{name}": task for name, task in self.tasks.items()}})
        self.tallies.update({name: found.pop(f"{BESIDE}{name}") for name in self.tasks})
        return found
