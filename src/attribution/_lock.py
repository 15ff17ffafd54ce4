"""A locked file: the system releases it when its process ends, however it ends.

The file holds a line about its process, for others to read. Where files of other people may stand (a shared
folder, a temporary one), its name may lead elsewhere: a symbolic link is not followed, and a file that holds
anything but such a line is left as it is.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

_MARK = "process "
_ANYBODY = "another process"
_LONGEST = 200  # characters of the line that are read


class Held(NamedTuple):
    """A lock that this process holds.

    Attributes
    ----------
    file
        Open, and locked until it is closed.
    left
        What a process that was killed had written into it; empty where there was none.
    """

    file: IO[Any]
    left: str


def take(path: Path, about: str, *, mode: int = 0o666) -> Held | str:
    """Lock a file, which is made if need be, and write `about` into it.

    Parameters
    ----------
    path
        The file.
    about
        Who holds it, beginning with "process ".
    mode
        Permissions of a new file, before the umask.

    Returns
    -------
    Held or str
        The lock; or who holds it, where somebody else does.

    Raises
    ------
    OSError
        If the file cannot be made or locked, or is none of ours: a link, a folder, a file with other content.
    """
    while True:
        file = _open(path, os.O_RDWR | os.O_CREAT, mode)
        try:
            lock(file)
        except BlockingIOError:
            with file:
                return _line(file) or _ANYBODY
        except BaseException:
            file.close()
            raise
        if is_still(path, file):
            break
        file.close()  # its holder removed it between our opening and locking it
    left = _line(file)
    with suppress(OSError):  # on a full disk the lock holds without a name in it
        file.truncate(0)
        file.write(f"{about}\n")
        file.flush()
    return Held(file, left)


def holder(path: Path) -> str | None:
    """Return who holds a lock, None if nobody does; nothing is made or changed."""
    with suppress(OSError), _open(path, os.O_RDWR, 0) as file:
        try:
            lock(file)
        except BlockingIOError:
            return _line(file) or _ANYBODY
    return None


def is_free(path: Path) -> bool:
    """Return whether a lock is there and ours to judge, and nobody holds it: its process is gone."""
    try:
        with _open(path, os.O_RDWR, 0) as file:
            lock(file)
    except OSError:  # held, not there, or none of ours
        return False
    return True


def lock(file: IO[Any]) -> None:
    """Lock an open file for this process until it is closed; BlockingIOError if another holds it."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(0x7FFF)  # beyond the text, which others may then read
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_still(path: Path, file: IO[Any]) -> bool:
    """Return whether the name still leads to the open file."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(file.fileno()))
    except OSError:
        return False


def _open(path: Path, flags: int, mode: int) -> IO[Any]:
    safe = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # a pipe must not make us wait
    if path.is_symlink():  # where the system knows no O_NOFOLLOW
        raise OSError(errno.ELOOP, f"{path} is a symbolic link, which a lock does not follow")
    file = open(os.open(path, flags | safe, mode), "r+", encoding="utf-8", errors="replace")  # noqa: PTH123, SIM115
    found = os.fstat(file.fileno())
    if stat.S_ISREG(found.st_mode) and found.st_nlink <= 1 and _is_ours(file):
        return file
    file.close()
    raise OSError(errno.EEXIST, f"{path} is no lock of ours: it is left as it is")


def _is_ours(file: IO[Any]) -> bool:
    line = _line(file)
    return not line or line.startswith(_MARK)


def _line(file: IO[Any]) -> str:
    file.seek(0)
    found = str(file.read(_LONGEST)).strip()
    file.seek(0)
    return found
