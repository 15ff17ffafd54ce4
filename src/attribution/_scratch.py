"""A folder for the time of a block, which a killed process leaves behind and the next one removes."""

from __future__ import annotations

import errno
import logging
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from attribution._lock import is_free, take

logger = logging.getLogger(__name__)

_LOCK = "lock"
_YOUNG, _OLD = "new-", "old-"  # before its lock is taken, and once it is about to go
_TRIES = 10
_UNLOCKED_AGE = 24 * 3600.0  # seconds after which a folder that nobody ever locked is stale


@contextmanager
def locked_folder(place: Path, prefix: str) -> Iterator[Path]:
    """Make a folder in `place`, and remove it when the block ends, however it ends.

    Folders of that prefix whose process is gone are removed first: each holds a lock that dies with its
    process. What goes wrong raises OSError.

    Parameters
    ----------
    place
        An existing folder.
    prefix
        How the new folder's name begins; nothing else in `place` may begin like this.
    """
    reclaim(place, prefix)
    folder, lock = _born(place, prefix)
    try:
        with lock:
            yield folder
    finally:
        _remove(folder, place, prefix)


def reclaim(place: Path, prefix: str) -> list[Path]:
    """Remove the folders that dead processes left in `place`; return them."""
    removed = []
    with suppress(OSError):
        for folder in place.glob(f"{prefix}*"):
            if folder.is_dir() and not folder.is_symlink() and _is_stale(folder, prefix):
                _remove(folder, place, prefix)
                removed.append(folder)
                logger.warning("removed %s, left behind by a process that was killed", folder)
    return removed


def _born(place: Path, prefix: str) -> tuple[Path, IO[Any]]:
    """Make a folder that holds its lock from the moment on that it bears its name.

    Before that it bears a name under which anybody may remove it: then the next one is made.
    """
    for left in reversed(range(_TRIES)):
        token = f"{os.getpid()}-{secrets.token_hex(4)}"
        young = place / f"{prefix}{_YOUNG}{token}"
        young.mkdir(mode=0o700)
        lock: IO[Any] | None = None
        try:
            held = take(young / _LOCK, f"process {os.getpid()}", mode=0o600)
            if isinstance(held, str):  # by whoever is about to remove it
                raise BlockingIOError(errno.EWOULDBLOCK, held)
            lock = held.file
            if sys.platform == "win32":  # where a folder with an open file in it keeps its name
                return young, lock
            return young.rename(place / f"{prefix}{token}"), lock
        except OSError as error:
            if lock is not None:
                lock.close()
            if left and isinstance(error, FileNotFoundError | BlockingIOError):
                continue
            shutil.rmtree(young, ignore_errors=True)
            raise
    raise AssertionError  # the last try returns or raises


def _remove(folder: Path, place: Path, prefix: str) -> None:
    """Remove a folder; whoever is killed on the way leaves it under a name that the next process removes."""
    gone = place / f"{prefix}{_OLD}{secrets.token_hex(6)}"
    try:
        folder.rename(gone)
    except OSError:  # Windows, while a file in it is open
        gone = folder
    shutil.rmtree(gone, ignore_errors=True)


def _is_stale(folder: Path, prefix: str) -> bool:
    """Return whether the process that made the folder is gone, or was about to remove it."""
    name = folder.name.removeprefix(prefix)
    if name.startswith(_OLD):
        return True
    lock = folder / _LOCK
    if lock.exists():
        return is_free(lock)
    try:
        return name.startswith(_YOUNG) or time.time() - folder.stat().st_mtime > _UNLOCKED_AGE
    except OSError:
        return False
