"""A temporary folder that goes at success, error, ctrl-C and SIGTERM, and after SIGKILL by the next run."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any

from attribution.errors import EngineError

try:
    import fcntl
except ImportError:  # Windows: folders of dead processes are then told by their age
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)

PREFIX = "attribution-spill-"
_LOCK = "lock"
_UNLOCKED_AGE = 24 * 3600.0  # seconds after which a folder that nobody ever locked is stale


@contextmanager
def scratch_folder(parent: str | os.PathLike[str] | None = None) -> Iterator[Path]:
    """Make a folder in `parent` (the system's temporary folder by default) that goes when the block ends.

    Folders of earlier processes that were killed before they could clean up are removed first: each holds
    a lock that dies with its process.

    Raises
    ------
    EngineError
        If there is no such folder, or nothing may be written there.
    """
    place = Path(tempfile.gettempdir() if parent is None else parent)
    reclaim(place)
    folder = place / f"{PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        folder.mkdir(mode=0o700)
        lock = _take_lock(folder)
    except OSError as error:
        msg = f"cannot make a folder for what does not fit into memory in {str(place)!r}: {error.strerror}"
        raise EngineError(msg, hint='at.Stream(folder="/a/disk/with/room")') from error
    try:
        with _ends_on_sigterm():
            yield folder
    finally:
        lock.close()
        shutil.rmtree(folder, ignore_errors=True)


def reclaim(place: Path) -> list[Path]:
    """Remove the folders that dead processes left in `place`; return them."""
    removed = []
    with suppress(OSError):
        for folder in place.glob(f"{PREFIX}*"):
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


@contextmanager
def _ends_on_sigterm() -> Iterator[None]:
    """Let SIGTERM raise SystemExit, so that `finally` runs; a handler of the application's own stays."""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        del frame
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
