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
    folder = place / f"{prefix}{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        with _take_lock(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def reclaim(place: Path, prefix: str) -> list[Path]:
    """Remove the folders that dead processes left in `place`; return them."""
    removed = []
    with suppress(OSError):
        for folder in place.glob(f"{prefix}*"):
            if folder.is_dir() and _is_stale(folder):
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder)
                logger.warning("removed %s, left behind by a process that was killed", folder)
    return removed


def _take_lock(folder: Path) -> IO[Any]:
    """Lock a file, and only then give it its name, so that nobody sees it unlocked."""
    lock = (folder / f".{_LOCK}").open("w")
    if fcntl is not None:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    (folder / f".{_LOCK}").rename(folder / _LOCK)
    return lock


def _is_stale(folder: Path) -> bool:
    """Return whether the process that made the folder is gone."""
    try:
        if fcntl is None or not (folder / _LOCK).exists():
            return time.time() - folder.stat().st_mtime > _UNLOCKED_AGE
        with (folder / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # its process lives, or it is somebody else's
        return False
    return True
