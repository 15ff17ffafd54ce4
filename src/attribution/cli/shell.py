"""From arguments to an exit code: what a command raises becomes one message that says what to do."""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from attribution._signals import Terminated, terminable
from attribution.cli.codes import DONE, FAILED, IN_USE, INTERNAL, INTERRUPTED, REFUSED, TERMINATED
from attribution.cli.commands import COMMANDS
from attribution.cli.parsers import parser_of
from attribution.errors import AttributionError, InUseError, NoConversionsError
from attribution.jobs.doors import shell_of
from attribution.jobs.stages import CURRENT

logger = logging.getLogger(__name__)
_PEOPLE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    argv
        The arguments; those of the process by default.
    """
    if sys.stdout is None:  # closed before the start, as with ``>&-``
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 (for as long as we run)
    options = parser_of(COMMANDS).parse_args(argv)
    with contextlib.suppress(
        AttributeError, ValueError
    ):  # a terminal that cannot write a name shows its code
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    as_json = getattr(options, "json", False) is True
    with logged(verbose=options.verbose, debug=options.debug, as_json=as_json), terminable():
        try:
            code: int = options.command(options)
            sys.stdout.flush()
        except BrokenPipeError:  # nobody reads any more, as with ``| head``
            _close_output()
            return DONE
        except (Exception, KeyboardInterrupt, Terminated) as error:  # noqa: BLE001 - the last resort: no traceback unasked
            return _told(error, options, as_json=as_json)
    return code


def _told(error: BaseException, options: argparse.Namespace, *, as_json: bool) -> int:
    """Say what went wrong, once, and return its exit code."""
    if isinstance(error, AttributionError):
        error.say_fix(lambda hint: shell_of(hint, vars(options)))
    code, text = _meaning(error)
    if isinstance(error, OSError) and not isinstance(error, AttributionError):
        _close_output()
    if as_json:
        logger.error("%s", text, exc_info=error if options.debug else None)
        facts = {"exit": code, "error": {"kind": type(error).__name__, "message": text}}
        if isinstance(error, AttributionError):
            facts["error"] |= {"column": error.column, "hint": error.hint}  # type: ignore[operator]
        with contextlib.suppress(OSError, ValueError):
            print(json.dumps(facts), flush=True)
        return code
    if options.debug and not isinstance(error, KeyboardInterrupt | Terminated):
        import traceback

        traceback.print_exception(error)
    print(f"attribution: {text}", file=sys.stderr)
    return code


def _meaning(error: BaseException) -> tuple[int, str]:
    """Return the exit code of an error and its message."""
    if isinstance(error, KeyboardInterrupt | Terminated):
        code = TERMINATED if isinstance(error, Terminated) else INTERRUPTED
        return code, "stopped; nothing half-written was left behind"
    if isinstance(error, InUseError):
        return IN_USE, f"busy: {error}"
    if isinstance(error, NoConversionsError):
        return FAILED, f"nothing to report: {error}"
    if isinstance(error, AttributionError):
        return REFUSED, f"error: {error}"
    if isinstance(error, OSError):
        return REFUSED, f"error: {error.strerror or error}"
    if isinstance(error, MemoryError):
        return REFUSED, "error: not enough memory for this log"
    text = f"internal error: {type(error).__name__}: {error}"
    return INTERNAL, f"{text}\n  Fix: --debug shows where it happened"


def _close_output() -> None:
    """Send what is still to be printed nowhere, so that the interpreter does not fail on it at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, stage, message, fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        fields: dict[str, Any] = dict(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[1] is not None:
            fields["traceback"] = self.formatException(record.exc_info)
        line = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "stage": CURRENT.get(),
            "message": record.getMessage(),
            "fields": fields,
        }
        return json.dumps(line, ensure_ascii=True, default=str)


@contextlib.contextmanager
def logged(*, verbose: bool, debug: bool, as_json: bool) -> Iterator[None]:
    """Send the library's log to stderr for as long as the block runs."""
    logger = logging.getLogger("attribution")
    before = logger.level
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if as_json else logging.Formatter(_PEOPLE))
    logger.addHandler(handler)
    level = logging.INFO if verbose or as_json else logging.WARNING
    logger.setLevel(logging.DEBUG if debug else level)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
