"""What goes wrong on a cluster, in words: the cause, not the stack of the Java machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from attribution.errors import AttributionError, EngineError

_SMALLER = "run it again; more and so smaller partitions: at.Spark(session, partitions=1000)"
_INSTALL = 'pip install "attribution-analytics[spark]"'
_PYTHON = re.compile(r"^(?:[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Warning)\b.*)$", re.MULTILINE)
_NOTHING_SAID = ("at ", "An error occurred while calling ")
_LOST = ("ExecutorLostFailure", "Lost task", "exited unexpectedly", "Connection reset", "MetadataFetchFailed")


@contextmanager
def spark_errors(what: str, smaller: str = _SMALLER) -> Iterator[None]:
    """Turn what Spark raises while it does `what` into an EngineError; errors of our own pass through.

    Parameters
    ----------
    what
        What is being done, for the message.
    smaller
        How to do it in smaller pieces, for the hint where that may help.
    """
    try:
        yield
    except AttributionError:
        raise
    except Exception as error:  # of any kind: PySpark's, py4j's, gRPC's
        raise _in_words(error, what, smaller) from error


def _in_words(error: Exception, what: str, smaller: str) -> EngineError:
    text = str(error)
    if "No module named 'attribution'" in text or 'No module named "attribution"' in text:
        msg = f"Spark failed while {what}: its workers do not have this library"
        hint = (
            "install it on the workers, or session.addArtifacts('attribution_analytics-....whl', pyfile=True)"
        )
        return EngineError(msg, why="the workers run the same code as this process", hint=hint)
    if "TABLE_OR_VIEW_NOT_FOUND" in text:
        msg = f"Spark failed while {what}: {cause(text)}"
        return EngineError(
            msg, hint='session.catalog.listTables() names them; for files at.read_log("folder")'
        )
    hint = smaller
    memory = any(word in text for word in ("OutOfMemory", "MemoryError", "exit code 137", "Killed"))
    why = "a worker ran out of memory" if memory else None
    if not memory and not any(word in text for word in _LOST):
        hint = "the exception that caused this one has Spark's whole report"
    return EngineError(f"Spark failed while {what}: {cause(text)}", why=why, hint=hint)


def cause(text: str) -> str:
    """Return the line of Spark's report that says what happened, at most 300 characters.

    Examples
    --------
    >>> cause('''Job aborted due to stage failure:
    ... Traceback (most recent call last):
    ...   File "task.py", line 3, in task
    ... ValueError: no such thing
    ... at org.apache.spark.api.python.BasePythonRunner''')
    'ValueError: no such thing'
    """
    _, found, trace = text.rpartition("Traceback (most recent call last):")
    lines = _PYTHON.findall(trace) if found else []
    plain = (line.strip().removeprefix(": ") for line in text.splitlines())
    first = next((line for line in plain if line and not line.startswith(_NOTHING_SAID)), "no reason given")
    return (lines[0] if lines else first)[:300]


def no_spark() -> EngineError:
    """Return the error of an environment without PySpark."""
    msg = "at.Spark needs PySpark, which is not installed"
    return EngineError(msg, why="it is an extra of this library", hint=_INSTALL)
