"""The library's log on stderr, for people or for a machine."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
from collections.abc import Iterator
from typing import Any

from attribution.jobs.stages import CURRENT

_PEOPLE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


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
