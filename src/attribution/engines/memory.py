"""The memory engine: all users in one partition, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attribution._migration import tells_options
from attribution.engines.shared.base import Run, Tasks
from attribution.errors import EngineError
from attribution.journeys.build import build_from_columns
from attribution.journeys.options import JourneyOptions

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog


@tells_options(EngineError)
@dataclass(frozen=True)
class Memory:
    """Load the log, build all journeys at once, and tally them in this process.

    About 18 bytes a touch for the log and 100 more while journeys are built and tallied.

    Examples
    --------
    >>> import attribution as at
    >>> sample = at.load_sample("retailer")
    >>> log = at.read_log(sample.touches, sample.conversions)
    >>> at.attribute(log, "linear", engine=at.Memory()).models
    ('linear',)
    """

    @contextmanager
    def open(self, log: EventLog, settings: JourneyOptions, *, progress: bool | None = None) -> Iterator[Run]:
        """Build the journeys of `log`, and yield how to tally them.

        Parameters
        ----------
        log
            The log.
        settings
            How its journeys are built.
        progress
            Whether to show bars; by default in a terminal or notebook.

        Yields
        ------
        callable
            From tasks by name to their tallies over all users; it may be called more than once.
        """
        columns = log.load(converters_only=not settings.nulls, progress=progress)
        journeys = build_from_columns(columns, settings)

        def run(tasks: Tasks) -> dict[str, Any]:
            return {name: task(journeys) for name, task in tasks.items()}

        yield run
