"""The stream engine: a log larger than memory, cut into buckets of users on disk, tallied one by one."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._checks import whole
from attribution._migration import tells_options
from attribution._progress import bar
from attribution._threads import processors
from attribution.engines.shared.cutting import ConversionRows, TouchRows
from attribution.engines.shared.engine import Merger, Run, Tasks
from attribution.engines.shared.sealing import Scramble
from attribution.engines.stream import budget
from attribution.engines.stream.budget import Plan, parse_bytes, shown_bytes
from attribution.engines.stream.scratch import scratch_folder
from attribution.engines.stream.spill import Bucket, BucketWriter, Labels, Spilled, split
from attribution.engines.stream.workers import Workers, sendable
from attribution.errors import EngineError
from attribution.eventlog.assemble import Span
from attribution.eventlog.load import refuse_overflow
from attribution.journeys.build import build_part, check_goal
from attribution.journeys.journeys import Journeys
from attribution.journeys.options import JourneyOptions
from attribution.tables.faults import settled

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog

logger = logging.getLogger(__name__)

_USERS, _JOURNEYS = "\0users", "\0journeys"  # tasks beside those that were asked for


@tells_options(EngineError)
@dataclass(frozen=True)
class Stream:
    """Credit a log that is larger than memory: one pass cuts it into buckets of users on disk.

    The buckets are tallied one after the other, on several processors at once, and the tallies are added
    up; the numbers are those of the memory engine. Temporary files are compressed, about 20 bytes a touch,
    and are removed at the end, after an error, at ctrl-C and at SIGTERM; the files of a process that was
    killed are removed by the next run.

    Parameters
    ----------
    memory
        How much may be resident over all processes, such as ``"2GB"`` or a number of bytes. By default half
        of what is free when the work begins. A user is never cut, so a user with more touches than a bucket
        may hold takes what it takes.
    processes
        How many buckets are tallied at once. By default as many as there are processors and memory for.
        Models that only this process knows, such as a rule defined in a notebook, are tallied in it.
    folder
        Where the temporary files go; by default the system's temporary folder.
    buckets
        How many buckets, 1 to 256; by default by the size of the log. One that turns out too large is
        split again.

    Raises
    ------
    EngineError
        If an argument makes no sense, memory or disk are too small, or a worker process dies.

    Examples
    --------
    >>> import attribution as at
    >>> sample = at.load_sample("retailer")
    >>> log = at.read_log(sample.touches, sample.conversions)
    >>> credit = at.attribute(log, ["linear", "markov"], engine=at.Stream(memory="1GB"))
    >>> credit.models
    ('linear', 'markov')
    """

    memory: str | int | None = None
    processes: int | None = None
    folder: str | os.PathLike[str] | None = None
    buckets: int | None = None

    def __post_init__(self) -> None:
        """Validate."""
        if self.memory is not None:
            parse_bytes(self.memory, "memory")
        if self.folder is not None and not isinstance(self.folder, str | os.PathLike):
            msg = f"folder={self.folder!r} is no path of a folder"
            raise EngineError(msg, column="folder", hint='folder="/tmp"')
        if self.processes is not None:
            whole(self.processes, "processes", error=EngineError)
        if self.buckets is not None and whole(self.buckets, "buckets", error=EngineError) > 256:
            msg = f"buckets={self.buckets} is more than 256"
            raise EngineError(msg, column="buckets", hint="buckets=256; too large ones are split again")

    @contextmanager
    def open(self, log: EventLog, settings: JourneyOptions, *, progress: bool | None = None) -> Iterator[Run]:
        """Cut `log` into buckets, and yield how to tally them; the files stay until the context ends.

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

        Raises
        ------
        EngineError
            If memory or disk are too small, or a worker process dies.
        """
        memory = parse_bytes(self.memory, "memory") if self.memory else budget.available_memory() // 2
        plan = budget.plan(
            memory,
            budget.touch_bytes(log),
            budget.plausible_rows(log.touches),
            self.buckets,
            self.processes or processors(),
        )
        with scratch_folder(self.folder) as folder:
            _refuse_small_disk(log, folder)
            job, buckets = _spill(log, settings, folder, plan, progress)
            yield partial(_run, job, buckets, plan.processes, progress)


@dataclass(frozen=True)
class BucketJob:
    """From a bucket to its tallies; what a worker process holds."""

    spilled: Spilled
    settings: JourneyOptions
    tasks: Tasks = field(default_factory=dict)

    def __call__(self, bucket: Bucket) -> dict[str, Any]:
        """Build the bucket's journeys and tally them."""
        journeys = build_part(self.spilled.read(bucket), self.settings)
        return {name: task(journeys) for name, task in self.tasks.items()}


def _spill(
    log: EventLog, settings: JourneyOptions, folder: Path, plan: Plan, progress: bool | None
) -> tuple[BucketJob, list[Bucket]]:
    """Read the log once, and leave its rows in buckets."""
    began = perf_counter()
    loader = log.loader(progress)
    # The users who convert are known before the touches only if these can be read after them.
    converters_only = not settings.nulls and not (log.conversions is None and log.touches.one_shot)
    key = Scramble.new()
    writers = [BucketWriter(folder, name, plan.buckets, key) for name in ("touches", "conversions")]
    touches = TouchRows(log.touch_table, writers[0])
    conversions = ConversionRows(log.conversion_table, writers[1], keep_users=converters_only)
    span = Span()
    try:
        loader.read_into(touches, conversions, span, converters_only=converters_only)
        for writer in writers:
            writer.close()
    except BaseException:
        for writer in writers:
            writer.abandon()
        raise
    dropped = settled((touches.faults, conversions.faults), log.invalid, log.drop_limit)
    span.check()
    refuse_overflow(conversions.total, log.conversion_table, conversions.largest)
    spilled = Spilled(
        log.touch_table,
        log.conversion_table,
        {
            name: Labels.of(index, loader.rename if name == "channel" else None)
            for name, index in touches.labels.items()
        },
        {name: Labels.of(index) for name, index in conversions.labels.items()},
        span.first,
        span.last,
        dropped,
        key,
    )
    goals = spilled.conversion_labels.get("goal")
    check_goal(None if goals is None else goals.names, settings.goal)
    buckets = _buckets(writers[0], writers[1], plan, key)
    logger.info(
        "spilled %d touches and %d conversions into %d buckets, %s, in %.2f s",
        writers[0].rows.sum(),
        writers[1].rows.sum(),
        len(buckets),
        shown_bytes(sum(file.stat().st_size for file in folder.glob("*.arrows"))),
        perf_counter() - began,
    )
    return BucketJob(spilled, settings), buckets


def _buckets(touches: BucketWriter, conversions: BucketWriter, plan: Plan, key: Scramble) -> list[Bucket]:
    """Return the buckets, too large ones split."""
    found = [
        Bucket(of_touches, of_conversions, int(rows))
        for of_touches, of_conversions, rows in zip(
            touches.paths, conversions.paths, touches.rows, strict=True
        )
    ]
    parts = [part for bucket in found for part in split(bucket, plan.rows, key)]
    largest = max(part.rows for part in parts)
    if largest > 2 * plan.rows:
        logger.warning("a user, or very few, has %d touches; log.audit() shows busy_users", largest)
    return parts


def _run(
    job: BucketJob, buckets: list[Bucket], processes: int, progress: bool | None, tasks: Tasks
) -> dict[str, Any]:
    """Tally every bucket, and merge."""
    began = perf_counter()
    job = BucketJob(job.spilled, job.settings, {**tasks, _USERS: Journeys.count_users, _JOURNEYS: len})
    merger = Merger(len(buckets))
    function = sendable(job) if processes > 1 else None
    if function is None:
        if processes > 1:
            logger.info("tallying in this process: another one would not know these models")
        for number, tallies in _shown(
            ((i, job(bucket)) for i, bucket in enumerate(buckets)), buckets, progress
        ):
            merger.add(number, tallies)
    else:
        with Workers(function, min(processes, len(buckets))) as workers:
            # The largest first, so that no process is left with one of them at the end.
            order = np.argsort([-bucket.rows for bucket in buckets], kind="stable").tolist()
            answers = workers.map([buckets[i] for i in order])
            for place, tallies in _shown(answers, buckets, progress):
                merger.add(order[place], tallies)
    tallies = merger.finish()
    logger.info(
        "tallied %d journeys of %d users in %d buckets on %d processes in %.2f s",
        tallies.pop(_JOURNEYS),
        tallies.pop(_USERS),
        len(buckets),
        1 if function is None else min(processes, len(buckets)),
        perf_counter() - began,
    )
    return tallies


def _shown(
    answers: Iterable[tuple[int, Any]], buckets: list[Bucket], progress: bool | None
) -> Iterable[tuple[int, Any]]:
    return bar(answers, "tallying buckets of users", progress, total=len(buckets))


def _refuse_small_disk(log: EventLog, folder: Path) -> None:
    """Raise EngineError if the buckets may not fit on the disk, before anything is read."""
    touches = budget.plausible_rows(log.touches)
    if touches is None:
        return
    conversions = 0 if log.conversions is None else budget.plausible_rows(log.conversions) or 0
    need = (touches + 2 * conversions) * budget.row_bytes(log)
    free = shutil.disk_usage(folder).free
    if need > free:
        where = f"on the disk of {str(folder.parent)!r}"
        msg = f"the temporary files need up to {shown_bytes(need)}, and {shown_bytes(free)} are free {where}"
        raise EngineError(msg, hint='engine=at.Stream(folder="..."), on a disk with room')
