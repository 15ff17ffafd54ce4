"""A folder for the time of a block, which a killed process leaves behind and the next one removes."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

try:
    import fcntl
except ImportError:  # Windows: folders of dead processes are then told by their age
    fcntl = None  # type: ignore[assignment]

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
            lock = (young / _LOCK).open("w")
            if fcntl is not None:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
    try:
        if name.startswith(_YOUNG) and not (folder / _LOCK).exists():
            return fcntl is not None
        if fcntl is None or not (folder / _LOCK).exists():
            return time.time() - folder.stat().st_mtime > _UNLOCKED_AGE
        with (folder / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # its process lives, or it is somebody else's
        return False
    return True
