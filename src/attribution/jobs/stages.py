"""Stages of a run: how long each takes, and which one a log message comes from."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter

CURRENT: ContextVar[str | None] = ContextVar("attribution_stage", default=None)
"""The stage at work."""


@dataclass
class Stages:
    """Times each stage and says at INFO when it is done."""

    logger: logging.Logger
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Time the block."""
        began = perf_counter()
        before = CURRENT.set(name)
        try:
            yield
            self.seconds[name] = round(perf_counter() - began, 4)
            extra = {"fields": {"seconds": self.seconds[name]}}
            self.logger.info("%s: done in %.2f s", name, self.seconds[name], extra=extra)
        finally:
            CURRENT.reset(before)
