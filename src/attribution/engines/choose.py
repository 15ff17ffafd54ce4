"""Which engine does the work: the one that was asked for, or by the size of the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from attribution.engines.memory import Memory
from attribution.engines.shared.engine import Engine
from attribution.engines.stream.budget import available_memory, plausible_rows, shown_bytes, touch_bytes
from attribution.engines.stream.stream import Stream
from attribution.errors import EngineError, unknown_name
from attribution.tables.spark_frames import SparkSource

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog

logger = logging.getLogger(__name__)

_NAMED: dict[str, Callable[[], Engine]] = {"memory": Memory, "stream": Stream}


def engine_of(engine: str | Engine, log: EventLog) -> Engine:
    """Return the engine that `engine` names or is; ``"auto"`` chooses by the size of `log`.

    Raises
    ------
    EngineError
        If it is no engine.
    """
    if not isinstance(engine, str):
        if isinstance(engine, type):
            msg = f"engine={engine.__name__} is a class, not an engine"
            raise EngineError(msg, column="engine", hint=f"engine=at.{engine.__name__}(...)")
        if not callable(getattr(engine, "open", None)):
            msg = f"engine={engine!r} cannot run models"
            raise EngineError(msg, column="engine", hint='engine="memory", or engine=at.Stream(memory="2GB")')
        return engine
    if engine == "auto":
        return _by_size(log)
    if engine not in _NAMED:
        raise EngineError(unknown_name("engine", engine, ["auto", *_NAMED]), column="engine")
    return _NAMED[engine]()


def _by_size(log: EventLog) -> Engine:
    """Take memory where the log is known to fit into half of what is free, or is in memory already.

    A log of Spark DataFrames stays on its cluster.
    """
    rows = plausible_rows(log.touches)
    if isinstance(log.touches, SparkSource) and not log.is_loaded:
        from attribution.engines.spark.spark import Spark

        logger.info("engine: spark (the touches are a Spark DataFrame)")
        return Spark()
    if log.is_loaded or (rows is None and not log.files):
        return Memory()
    if rows is None:  # text files: no line is shorter than this
        rows = sum(file.stat().st_size for file in log.touches.files) // _LEAST_LINE
    need, free = rows * touch_bytes(log), available_memory()
    chosen: Engine = Memory() if 2 * need <= free else Stream()
    logger.info(
        "engine: %s (%d touches need about %s in memory, %s are free)",
        type(chosen).__name__.lower(),
        rows,
        shown_bytes(need),
        shown_bytes(free),
    )
    return chosen


_LEAST_LINE = 24
