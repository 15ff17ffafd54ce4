"""The memory engine: all users in one partition, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from attribution._migration import tells_options
from attribution._threads import each, threads_of
from attribution.engines.shared.engine import Run, Tasks
from attribution.errors import EngineError
from attribution.journeys.build import build_from_columns
from attribution.journeys.journeys import Journeys
from attribution.journeys.options import JourneyOptions

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog

_AT_ONCE = 4  # tasks; each has columns of its own while it counts
_WORTH_THREADS = 1 << 18  # touches; fewer are tallied sooner than threads start


@tells_options(EngineError)
@dataclass(frozen=True)
class Memory:
    """Load the log, build all journeys at once, and tally them in this process.

    About 18 bytes a touch for the log and 100 more while journeys are built and tallied; with
    several threads, models that are tallied at the same time have their own columns at the same time.

    Parameters
    ----------
    threads
        How many threads order the touches and tally models, up to four models at once; the numbers are the
        same bits for any. By default what ``ATTRIBUTION_THREADS`` says, else one: two were no quicker where
        that was measured (docs/performance.md). Arrow, which decodes Parquet, and linear algebra have pools
        of their own.

    Raises
    ------
    EngineError
        If `threads` is no whole number of at least 1.

    Examples
    --------
    >>> import attribution as at
    >>> sample = at.load_sample("retailer")
    >>> log = at.read_log(sample.touches, sample.conversions)
    >>> at.attribute(log, "linear", engine=at.Memory()).models
    ('linear',)
    """

    threads: int | None = None

    def __post_init__(self) -> None:
        """Validate."""
        if self.threads is not None:
            threads_of(self.threads)

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
        threads = threads_of(self.threads)
        columns = log.load(converters_only=not settings.nulls, progress=progress)
        yield partial(tallied, build_from_columns(columns, settings, threads=threads), threads=threads)


def tallied(journeys: Journeys, tasks: Tasks, *, threads: int = 1) -> dict[str, Any]:
    """Return the tallies of all journeys by the names of their tasks, some tasks at once."""
    at_once = min(threads, _AT_ONCE) if len(journeys.channel) >= _WORTH_THREADS else 1
    found = each(lambda task: task(journeys), tasks.values(), at_once)
    return dict(zip(tasks, found, strict=True))
