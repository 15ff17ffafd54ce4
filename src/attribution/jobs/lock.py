"""One run at a time on a folder: a lock that the system releases when its process ends, however it ends."""

from __future__ import annotations

import datetime as dt
import errno
import logging
import os
import shlex
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from attribution._checks import duration_us
from attribution._lock import is_still, take
from attribution.engines.increments.state_store import holder_of
from attribution.errors import InUseError, OutputError
from attribution.jobs.job import Job

logger = logging.getLogger(__name__)

LOCK = ".attribution.lock"
_POLL = 0.2  # seconds between two looks at a lock that is waited for


@contextmanager
def only_run(job: Job, folder: Path, wait: str | dt.timedelta | None) -> Iterator[None]:
    """Hold the lock of an output folder; see to it that the folder of increments is free too.

    The lock file is removed at the end. One that a killed process left is taken over: the system released
    its lock.

    Parameters
    ----------
    job
        Its increments are looked at before anything is read; their own lock is taken when they are opened.
    folder
        An existing folder.
    wait
        How long to wait for another run to end; None for not at all.

    Raises
    ------
    InUseError
        If another run is at work, and still is after `wait`.
    OutputError
        If the lock cannot be written.
    """
    patience = 0.0 if wait is None else duration_us(wait, "wait", allow_zero=True) / 1e6
    until = time.monotonic() + patience
    lock = _acquire(folder, until)
    try:
        if job.increments is not None:
            _await_increments(Path(job.increments.folder).expanduser(), until)
        yield
    finally:
        _release(folder / LOCK, lock)


@contextmanager
def if_free(folder: Path) -> Iterator[bool]:
    """Hold the lock of a folder if nobody else does; yield whether that is so."""
    lock = _try(folder / LOCK)
    if isinstance(lock, str):
        yield False
        return
    try:
        yield True
    finally:
        _release(folder / LOCK, lock)


def _acquire(folder: Path, until: float) -> IO[Any]:
    told = False
    while True:
        try:
            lock = _try(folder / LOCK)
        except OSError as error:
            msg = f"cannot lock the output folder {str(folder)!r}: {error.strerror or error}"
            hint = "choose a folder on a local disk"
            if error.errno in {errno.ELOOP, errno.EEXIST}:
                hint = (
                    f"ls -l {shlex.quote(str(folder / LOCK))} shows what it is; remove it if nobody needs it"
                )
            raise OutputError(msg, column="output.folder", hint=hint) from error
        if not isinstance(lock, str):
            return lock
        told = _patient(folder, lock, until, told=told)


def _await_increments(folder: Path, until: float) -> None:
    told = False
    while (holder := holder_of(folder)) is not None:
        told = _patient(folder, holder, until, told=told)


def _patient(folder: Path, holder: str, until: float, *, told: bool) -> bool:
    """Sleep a moment, or raise if the time is over; say once that there is something to wait for."""
    left = until - time.monotonic()
    if left <= 0:
        msg = f"another run is at work on {str(folder)!r} ({holder})"
        why = "two runs at once would write over each other; nothing was read or written"
        raise InUseError(
            msg, why=why, hint="run again later, or wait for it: --wait 10min, run(job, wait='10min')"
        )
    if not told:
        logger.warning("waiting up to %.0f s for another run on %s (%s)", left, folder, holder)
    time.sleep(min(_POLL, left))
    return True


def _try(path: Path) -> IO[Any] | str:
    """Lock a file; return who holds it instead where somebody does."""
    since = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    held = take(path, f"process {os.getpid()} on {socket.gethostname()} since {since}")
    if isinstance(held, str):
        return held
    if held.left:
        logger.warning("took over the lock of %s: that run was killed before its end", held.left)
    return held.file


def _release(path: Path, lock: IO[Any]) -> None:
    """Remove a lock while it is held, so that nobody takes a file that is about to go."""
    with suppress(OSError):
        lock.truncate(0)
    with suppress(OSError):
        if is_still(path, lock):
            path.unlink()
    with suppress(OSError):
        lock.close()
    with suppress(OSError):
        if sys.platform == "win32":  # where an open file cannot be removed
            path.unlink()
