"""The folder of a run's temporary files: it goes at success, error, ctrl-C and SIGTERM."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attribution._scratch import locked_folder
from attribution._signals import terminable
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
        stack.enter_context(terminable())
        try:
            folder = stack.enter_context(locked_folder(place, PREFIX))
        except OSError as error:
            what = f"cannot make a folder for what does not fit into memory in {str(place)!r}"
            msg = f"{what}: {error.strerror}"
            raise EngineError(
                msg, hint='engine=at.Stream(folder="..."), a folder that exists, on a disk with room'
            ) from error
        yield folder
