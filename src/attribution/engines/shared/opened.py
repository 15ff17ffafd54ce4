"""An engine that is open already: several questions to one reading of a log."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attribution.engines.shared.base import Run

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog
    from attribution.journeys.build import JourneySettings


@dataclass(frozen=True)
class Opened:
    """Hand out what another engine's `open` gave.

    Attributes
    ----------
    run
        From ``engine.open(log, settings)``, still open; the log and the settings are those of that call.
    """

    run: Run

    def open(
        self, log: EventLog, settings: JourneySettings, *, progress: bool | None = None
    ) -> AbstractContextManager[Run]:
        """Return the run; closing it closes nothing.

        Parameters
        ----------
        log, settings, progress
            Those of the engine that is open.
        """
        del log, settings, progress
        return nullcontext(self.run)
