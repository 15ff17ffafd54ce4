"""Progress bars: shown in a terminal or a notebook, silent elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")


def shows_progress(progress: bool | None) -> bool:
    """Whether to show a bar: as told, or by default where somebody is there to see it."""
    if progress is not None:
        return progress
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def bar(items: Iterable[Item], what: str, progress: bool | None) -> Iterable[Item]:
    """Return `items` behind a progress bar, where one is to be shown."""
    if not shows_progress(progress):
        return items
    from tqdm.auto import tqdm

    shown: Iterable[Item] = tqdm(items, desc=what, leave=False)
    return shown
