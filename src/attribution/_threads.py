"""Threads of this process: how many, and the same work for several things on them, in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import RLock
from typing import Any, TypeVar

from attribution._checks import whole
from attribution.errors import EngineError

Item = TypeVar("Item")
Result = TypeVar("Result")

VARIABLE = "ATTRIBUTION_THREADS"

_MAKING = RLock()  # what makes one thing may need another


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads_of(asked: int | None = None) -> int:
    """Return how many threads to take: what is asked, else the environment's number, else one.

    Raises
    ------
    EngineError
        If the number is none, or below 1.
    """
    if asked is not None:
        return whole(asked, "threads", error=EngineError)
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return 1
    return whole(int(text) if text.isdecimal() else text, VARIABLE, error=EngineError)


def each(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> list[Result]:
    """Return what `work` makes of each item, in the order of the items, on at most `threads` threads.

    An error of the work, or ctrl-C, ends what runs at the end of its item and starts no other item; the error
    is that of the first item that has one, whatever thread was quicker.
    """
    waiting = list(items)
    if threads <= 1 or len(waiting) <= 1:
        return [work(item) for item in waiting]
    pool = ThreadPoolExecutor(min(threads, len(waiting)), "attribution")
    try:
        futures = [pool.submit(copy_context().run, work, item) for item in waiting]
        return [future.result() for future in futures]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def once(cache: dict[Any, Any], key: Hashable, make: Callable[[], Result]) -> Result:
    """Return what is kept under `key`, made now if nothing is: by one thread, for which the others wait."""
    with _MAKING:
        if key not in cache:
            cache[key] = make()
        found: Result = cache[key]
        return found
