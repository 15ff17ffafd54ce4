"""Progress bars: shown in a terminal or a notebook once a second has passed, silent elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, TypeVar

Item = TypeVar("Item")


def bar(items: Iterable[Item], what: str, progress: bool | None, total: int | None = None) -> Iterable[Item]:
    """Return `items` behind a progress bar, where one is to be shown."""
    if not _shown(progress):
        return items
    shown: Iterable[Item] = _tqdm()(items, desc=what, total=total, **_manners(progress))
    return shown


def counter(total: int | None, what: str, progress: bool | None, unit: str = "row") -> Any:
    """Return a bar over `total` rows, or other units, with `update` and `close`; None where none is shown."""
    if not _shown(progress):
        return None
    return _tqdm()(total=total, desc=what, unit=unit, unit_scale=True, **_manners(progress))


def _shown(progress: bool | None) -> bool:
    if progress is not None:
        return progress
    return sys.stderr.isatty() or _in_notebook()


def _in_notebook() -> bool:
    # The module alone tells nothing: PySpark imports it wherever it is installed.
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return "ipykernel" in sys.modules and shell is not None


def _tqdm() -> Any:
    import warnings

    with warnings.catch_warnings():
        # A notebook without ipywidgets gets a bar of text.
        warnings.filterwarnings("ignore", message="IProgress not found")
        from tqdm.auto import tqdm
    return tqdm


def _manners(progress: bool | None) -> dict[str, Any]:
    # One that was asked for is shown at once and stays.
    return {"delay": 0.0 if progress else 1.0, "leave": bool(progress)}
