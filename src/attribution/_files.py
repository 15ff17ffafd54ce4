"""Write files so that a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from attribution.errors import OutputError


@contextmanager
def atomic_write(
    path: str | os.PathLike[str], *, text: bool = False, private: bool = False
) -> Iterator[IO[Any]]:
    """Open a file that takes the place of `path` only when it is complete.

    What is written goes to a hidden file in the same folder, which is synced to disk and renamed over `path`
    when the block ends. When the block raises, the hidden file is removed and `path` stays as it was. A
    symbolic link stays a link, and its target is replaced; an existing file keeps its permissions. A device
    or a pipe cannot be replaced and is written to directly.

    Parameters
    ----------
    path
        Where the file shall be.
    text
        Whether to yield a text file (UTF-8, line ends as written) instead of a binary one.
    private
        Whether the file is for its owner alone, whatever the umask and whatever its permissions were.

    Yields
    ------
    IO
        The file to write to.

    Raises
    ------
    OutputError
        If the file cannot be written: no such folder, no permission, disk full, `path` is a folder.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> with atomic_write(folder / "report.html", text=True) as file:
    ...     _ = file.write("<h1>Credit</h1>")
    >>> [entry.name for entry in folder.iterdir()]
    ['report.html']
    """
    try:
        target = Path(os.path.realpath(os.fspath(path)))
    except (TypeError, ValueError) as error:
        msg = f"{path!r} is no path of a file ({error})"
        raise OutputError(msg, hint="credit.to_csv('credit.csv')") from error
    if not os.fspath(path):
        msg = "the path is empty"
        raise OutputError(msg, hint="give the name of a file")
    if target.is_dir():
        msg = f"{os.fspath(path)} is a folder"
        raise OutputError(msg, hint="give the name of a file in it")
    try:
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            with _open(target, os.O_WRONLY, text) as file:
                yield file
            return
        hidden = target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.tmp")
        try:
            with _open(
                hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, text, 0o600 if private else 0o666
            ) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if private or mode is not None:
                hidden.chmod(0o600 if private or mode is None else stat.S_IMODE(mode))
            hidden.replace(target)
        except BaseException:
            with suppress(OSError):
                hidden.unlink(missing_ok=True)
            raise
    except OutputError:
        raise
    except OSError as error:
        raise _refused(path, target, error) from error


def _open(path: Path, flags: int, text: bool, mode: int = 0o666) -> IO[Any]:
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), mode)
    return open(descriptor, "w", encoding="utf-8", newline="") if text else open(descriptor, "wb")  # noqa: PTH123


def _refused(path: str | os.PathLike[str], target: Path, error: OSError) -> OutputError:
    hint = None
    if not target.parent.is_dir():
        hint = f"mkdir -p {str(target.parent)!r}"
    elif isinstance(error, PermissionError):
        hint = f"choose a folder that you may write to, or change the permissions of {str(target.parent)!r}"
    elif error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        hint = "make room, or write to another disk"
    return OutputError(
        f"cannot write {os.fspath(path)}: {error.strerror or error}",
        why="nothing was written, and a file that was there before is unchanged",
        hint=hint,
    )
