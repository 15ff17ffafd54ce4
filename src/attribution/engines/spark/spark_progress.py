"""A progress bar of Spark tasks, for a classic session and for Spark Connect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

from attribution._progress import counter

_SECONDS = 0.5


@contextmanager
def progress_of(session: Any, what: str, progress: bool | None) -> Iterator[None]:
    """Show how many tasks of the stages that run are done, while the context is open."""
    shown = counter(None, what, progress, unit="task")
    if shown is None:
        yield
        return
    stop = _watch_connect(session, shown)
    if stop is None:
        stop = _watch_classic(session, shown)
    try:
        yield
    finally:
        stop()
        shown.close()


def _watch_connect(session: Any, shown: Any) -> Any:
    """Have Spark Connect tell how far it is; None for a classic session."""
    register = getattr(session, "registerProgressHandler", None)
    if register is None or not type(session).__module__.startswith("pyspark.sql.connect"):
        return None

    def handler(stages: Any, **_: Any) -> None:
        _show(shown, [(stage.num_tasks, stage.num_completed_tasks) for stage in stages or ()])

    register(handler)
    return lambda: session.removeProgressHandler(handler)


def _watch_classic(session: Any, shown: Any) -> Any:
    """Ask a classic session now and then, from a thread of its own."""
    stopped = Event()

    def watch() -> None:
        with suppress(Exception):  # a bar must not break what it shows
            tracker = session.sparkContext.statusTracker()
            while not stopped.wait(_SECONDS):
                stages = [tracker.getStageInfo(number) for number in tracker.getActiveStageIds()]
                _show(shown, [(stage.numTasks, stage.numCompletedTasks) for stage in stages if stage])

    thread = Thread(target=watch, daemon=True)
    thread.start()

    def stop() -> None:
        stopped.set()
        thread.join(2 * _SECONDS)

    return stop


def _show(shown: Any, stages: list[tuple[int, int]]) -> None:
    if stages:
        shown.total = sum(total for total, _ in stages)
        shown.n = sum(done for _, done in stages)
        shown.refresh()
