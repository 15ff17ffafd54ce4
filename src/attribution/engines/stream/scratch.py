"""The folder of a run's temporary files: it goes at success, error, ctrl-C and SIGTERM."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from attribution._scratch import locked_folder
from attribution.errors import EngineError

PREFIX = "attribution-spill-"


@contextmanager
def scratch_folder(parent: str | os.PathLike[str] | None = None) -> Iterator[Path]:
    """Make a folder in `parent` (the system's temporary folder by default) that goes when the block ends.

    What a process left that was killed by SIGKILL is removed first.

    Raises
    ------
    EngineError
        If there is no such folder, or nothing may be written there.
    """
    place = Path(tempfile.gettempdir() if parent is None else parent)
    with ExitStack() as stack:
        stack.enter_context(_ends_on_sigterm())
        try:
            folder = stack.enter_context(locked_folder(place, PREFIX))
        except OSError as error:
            what = f"cannot make a folder for what does not fit into memory in {str(place)!r}"
            msg = f"{what}: {error.strerror}"
            raise EngineError(
                msg, hint='engine=at.Stream(folder="..."), a folder that exists, on a disk with room'
            ) from error
        yield folder


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
