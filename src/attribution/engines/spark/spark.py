"""The Spark engine: the log stays on the cluster, and only tallies come to the driver."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from attribution._checks import whole
from attribution._migration import tells_options
from attribution._signals import terminable
from attribution.engines.shared.engine import Run, Tasks
from attribution.engines.shared.sealing import Scramble
from attribution.engines.spark.spark_input import blocks_of
from attribution.engines.spark.spark_progress import progress_of
from attribution.engines.spark.spark_split import BLOCKS_DDL, Facts, Splitter, merge_facts, total_facts
from attribution.engines.spark.spark_tally import (
    FAILED,
    TALLIES_DDL,
    Places,
    Tallier,
    Total,
    merge_tallies,
    tallies_of,
)
from attribution.engines.stream.budget import shown_bytes
from attribution.engines.stream.spill import Labels, Spilled, no_labels
from attribution.errors import EngineError
from attribution.eventlog.load import refuse_overflow
from attribution.journeys.build import build_part, check_goal
from attribution.journeys.options import JourneyOptions
from attribution.tables.faults import FaultTally, settled
from attribution.tables.spark_errors import no_spark, spark_errors
from attribution.tables.spark_frames import SparkSource

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog
    from attribution.tables.sources import Source
    from attribution.tables.tables import TableColumns

logger = logging.getLogger(__name__)

_PARTITION_ROWS = 1 << 19
_FEWEST_BITS, _MOST_BITS = 9, 15
_FAN_IN = 16
_MOST_IDENTIFIERS = 5_000_000


@tells_options(EngineError)
@dataclass(frozen=True)
class Spark:
    """Credit a log on a Spark cluster: rows stay there, and only tallies come to this process.

    Each task decodes its share of the rows and cuts it into parts of users; Spark brings the blocks of a
    part together, the journeys of its users are built and tallied there by the same code as in memory, and
    the tallies are merged in rounds of sixteen. Works with a classic session and with Spark Connect. The
    workers need this library.

    Parameters
    ----------
    session
        The Spark session. None for that of the log's DataFrames, or else the active one.
    partitions
        How many Spark partitions the users are spread over. None for one in half a million rows. A user is
        never cut, however many touches there are.

    Raises
    ------
    EngineError
        If PySpark is not installed, there is no session, or the cluster fails.

    Examples
    --------
    A session (``SparkSession.builder.getOrCreate()``) and tables of its catalog::

        engine = at.Spark(session)
        log = engine.read_log("web.touches", "shop.orders")
        credit = at.attribute(log, ["linear", "markov"], engine=engine)
    """

    session: Any = None
    partitions: int | None = None

    def __post_init__(self) -> None:
        """Validate."""
        if self.session is not None and not callable(getattr(self.session, "createDataFrame", None)):
            msg = f"session={self.session!r} is no Spark session"
            raise EngineError(msg, column="session", hint="at.Spark(SparkSession.builder.getOrCreate())")
        if self.partitions is not None:
            whole(self.partitions, "partitions", error=EngineError)

    def read_log(self, touches: Any, conversions: Any = None, schema: Any = None, **options: Any) -> EventLog:
        """Open a log as `attribution.read_log` does; a text names a table or view of the session.

        Parameters
        ----------
        touches, conversions
            The name of a table or view, such as ``"web.touches"``, or what `read_log` takes.
        schema, **options
            As for `read_log`.

        Returns
        -------
        EventLog

        Raises
        ------
        EngineError
            If there is no such table.
        LogError
            As `read_log` does.

        Examples
        --------
        Orders from a warehouse table, touches from a DataFrame::

            log = at.Spark(session).read_log(touches, "shop.orders", schema={"user": "visitor"})
        """
        from attribution.eventlog.read import read_log

        session = self._session()
        first, second = (
            self._table(session, data) if isinstance(data, str) else data for data in (touches, conversions)
        )
        return read_log(first, second, schema, **options)

    @staticmethod
    def _table(session: Any, name: str) -> Any:
        with spark_errors(f"looking for the table {name!r}"):
            table = session.table(name)
            table.schema  # noqa: B018 - Spark Connect looks for it only now
            return table

    @contextmanager
    def open(self, log: EventLog, settings: JourneyOptions, *, progress: bool | None = None) -> Iterator[Run]:
        """Cut the log into parts of users on the cluster, and yield how to tally them; then forget the parts.

        Parameters
        ----------
        log
            The log.
        settings
            How its journeys are built.
        progress
            Whether to show a bar of Spark's tasks; by default in a terminal or notebook.

        Yields
        ------
        callable
            From tasks by name to their tallies over all users; it may be called more than once.

        Raises
        ------
        EngineError
            If there is no session, the cluster fails, or the log's identity is too large to be sent to it.
        LogError
            If rows cannot be used, or times are on several clocks.
        JourneyError
            If a goal is unknown.
        """
        _refuse_large(log)
        with terminable(), _interruptible(self._session(log)) as session:
            cut = _Cut(session, log, settings, self._part_bits(log))
            try:
                with spark_errors("reading the log"), progress_of(session, "cutting the log", progress):
                    facts = cut.facts()
                yield partial(_parts_of(cut, facts, self.partitions).run, progress=progress)
            finally:
                cut.forget()

    def _session(self, log: EventLog | None = None) -> Any:
        if self.session is not None:
            return self.session
        sources = () if log is None else (log.touches, log.conversions)
        frames = [source.frame for source in sources if isinstance(source, SparkSource)]
        if frames:
            return frames[0].sparkSession
        try:
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise no_spark() from error
        session = SparkSession.getActiveSession()
        if session is None:
            msg = "at.Spark() finds no active Spark session"
            raise EngineError(msg, column="session", hint="at.Spark(SparkSession.builder.getOrCreate())")
        return session

    def _part_bits(self, log: EventLog) -> int:
        """Return how many bits of the hash make a part: several parts a partition, so that these are even."""
        wanted = 4 * (self.partitions or (log.touches.n_rows or 0) // _PARTITION_ROWS)
        return min(max(wanted.bit_length(), _FEWEST_BITS), _MOST_BITS)


@contextmanager
def _interruptible(session: Any) -> Iterator[Any]:
    """Hand out the session; ctrl-C and SIGTERM stop what it does for us."""
    tag = f"attribution-{uuid4().hex}"
    with suppress(Exception):
        session.addTag(tag)
    try:
        yield session
    except (KeyboardInterrupt, SystemExit):
        with suppress(Exception):
            session.interruptTag(tag)
        raise
    finally:
        with suppress(Exception):
            session.removeTag(tag)


@dataclass
class _Cut:
    """The log as blocks of users, kept on the cluster.

    Attributes
    ----------
    session, log, settings
        What is cut, where, for which journeys.
    part_bits
        There are ``2**part_bits`` parts.
    kept
        The DataFrames of blocks and facts.
    key
        What hashes of ids in the blocks are under; it goes to the tasks with their code, and nowhere else.
    """

    session: Any
    log: EventLog
    settings: JourneyOptions
    part_bits: int
    kept: list[Any] = field(default_factory=list)
    key: Scramble = field(default_factory=Scramble.new)

    def facts(self) -> Facts:
        """Read the log, and return what is known of all of it; the blocks stay on the cluster."""
        log = self.log
        if log.conversions is None:
            return self._read(self._blocks(log.touches, log.touch_table))
        if self.settings.nulls:
            touches = self._blocks(log.touches, log.touch_table)
            return self._read(touches.union(self._blocks(log.conversions, log.conversion_table)))
        # Only the users who convert matter, and they are few: theirs are found first.
        conversions = self._blocks(log.conversions, log.conversion_table, want_converters=True)
        facts = self._read(conversions)
        if facts.error is not None:
            return facts
        return facts + self._read(self._blocks(log.touches, log.touch_table, keep=facts.keep(self.key)))

    def blocks(self) -> Any:
        """Return the DataFrame of all blocks."""
        first, *others = (frame.filter("part >= 0") for frame in self.kept)
        for other in others:
            first = first.union(other)
        return first

    def forget(self) -> None:
        """Let the cluster have its memory and disk back."""
        for frame in self.kept:
            with suppress(Exception):  # a session that is gone has forgotten already
                frame.unpersist()

    def _blocks(self, source: Source, table: TableColumns, **options: Any) -> Any:
        check = self.log.loader().check_users
        return blocks_of(self.session, source, Splitter(table, self.part_bits, self.key, check, **options))

    def _read(self, frame: Any) -> Facts:
        began = perf_counter()
        frame = frame.persist()
        self.kept.append(frame)
        rows = frame.filter("part < 0").repartition(1).mapInArrow(merge_facts, BLOCKS_DDL).collect()
        facts = total_facts(bytes(row["block"]) for row in rows)
        logger.info(
            "cut %d touches and %d conversions into blocks of %s in all, in %.2f s",
            *facts.rows,
            shown_bytes(facts.size),
            perf_counter() - began,
        )
        return facts


def _parts_of(cut: _Cut, facts: Facts, partitions: int | None) -> _Parts:
    """Check the facts, as a load in memory checks the log, and return how to tally; a day may be empty."""
    log, settings = cut.log, cut.settings
    if facts.error is not None:
        raise facts.error
    faults = [facts.faults.get(table, FaultTally(table)) for table in ("touches", "conversions")]
    dropped = settled(faults, log.invalid, log.drop_limit)
    facts.span.check()
    refuse_overflow(facts.total, log.conversion_table)
    rename = log.loader().rename
    places: dict[tuple[str, str], dict[str | None, int]] = {}
    labels: dict[str, dict[str, Labels]] = {"touches": {}, "conversions": {}}
    for (table, name), known in {**no_labels(log.touch_table, log.conversion_table), **facts.labels}.items():
        names = (
            rename(list(known)) if rename is not None and (table, name) == ("touches", "channel") else known
        )
        final = sorted(set(names))
        code = {label: position for position, label in enumerate(final)}
        places[table, name] = {label: code[new] for label, new in zip(known, names, strict=True)}
        same = np.append(np.arange(len(final), dtype=np.int32), np.int32(-1))
        labels[table][name] = Labels(tuple(final), same)
    spilled = Spilled(
        log.touch_table,
        log.conversion_table,
        labels["touches"],
        labels["conversions"],
        facts.span.first,
        facts.span.last,
        dropped,
        cut.key,
    )
    goals = spilled.conversion_labels.get("goal")
    check_goal(None if goals is None else goals.names, settings.goal)
    rows = sum(facts.rows)
    n = partitions or min(max(1, -(-rows // _PARTITION_ROWS)), 1 << cut.part_bits)
    return _Parts(cut, spilled, Places(places), rows, n)


@dataclass(frozen=True)
class _Parts:
    """The parts of users, ready to be tallied as often as it takes.

    Attributes
    ----------
    cut
        The blocks.
    spilled, places
        What all parts have in common.
    rows
        Touches and conversions.
    n
        Partitions.
    """

    cut: _Cut
    spilled: Spilled
    places: Places
    rows: int
    n: int

    def run(self, tasks: Tasks, progress: bool | None = None) -> dict[str, Any]:
        """Tally all users, and merge."""
        began = perf_counter()
        settings = self.cut.settings
        if not self.rows:
            journeys = build_part(self.spilled.assembled({}, {}), settings)
            return {name: task(journeys) for name, task in tasks.items()}
        tallier = Tallier(self.spilled, self.places, settings, dict(tasks), self.cut.part_bits)

        def tally(batches: Iterator[Any]) -> Iterator[Any]:
            return tallier(batches)

        with (
            spark_errors("tallying users"),
            progress_of(self.cut.session, "tallying users", progress),
        ):
            parts = _placed(self.cut.blocks(), "part", self.n, self.cut.part_bits)
            tallies = parts.sortWithinPartitions("part").mapInArrow(tally, TALLIES_DDL)
            n = self.n
            while n > _FAN_IN:
                n = -(-n // _FAN_IN)
                tallies = _placed(tallies, "origin", n, self.cut.part_bits)
                tallies = tallies.sortWithinPartitions("task", "origin", "seq")
                tallies = tallies.mapInArrow(merge_tallies, TALLIES_DDL)
            rows = sorted((row[0], row[1], row[2], bytes(row[3])) for row in tallies.collect())
        totals = [Total() for _ in tasks]
        for number, _, tally_of_some in tallies_of(rows):
            if number == FAILED:
                raise tally_of_some
            totals[number].add(tally_of_some)
        logger.info(
            "tallied %d rows in %d partitions, %s of tallies to the driver, in %.2f s",
            self.rows,
            self.n,
            shown_bytes(sum(len(row[3]) for row in rows)),
            perf_counter() - began,
        )
        return {name: total.finish() for name, total in zip(tasks, totals, strict=True)}


def _placed(frame: Any, key: str, n: int, bits: int) -> Any:
    """Spread rows over n partitions by a number below ``2**bits``: neighbours together, where Spark can."""
    if not hasattr(frame, "repartitionById"):  # before Spark 4.1
        return frame.repartition(n, key)
    place = f"CAST((CAST({key} AS bigint) * {n}) DIV {1 << bits} AS int) AS place"
    return frame.selectExpr("*", place).repartitionById(n, "place").drop("place")


def _refuse_large(log: EventLog) -> None:
    """Refuse an identity that every worker would hold whole, and that is too large for it."""
    count = 0 if log.identity is None else len(log.identity.links.node)
    if count > _MOST_IDENTIFIERS:
        msg = f"the log's identity holds {count:,} identifiers, and each worker would get them all"
        why = f"beyond {_MOST_IDENTIFIERS:,} that is memory and time for every task"
        raise EngineError(msg, why=why, hint='engine="stream"')
