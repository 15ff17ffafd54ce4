"""Write tables as Parquet and CSV: in full or not at all, and inert in a spreadsheet."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from attribution._files import atomic_write

if TYPE_CHECKING:
    import pandas as pd

# What makes a spreadsheet run a cell, with the full-width forms that some of them accept.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def inert(text: str) -> str:
    """Return `text` as a spreadsheet shows it without running it.

    Examples
    --------
    >>> inert("=HYPERLINK(1)"), inert("email")
    ("'=HYPERLINK(1)", 'email')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_parquet(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write `frame` without its index as Parquet; missing numbers become null.

    Raises
    ------
    OutputError
        If the file cannot be written; what was there before is unchanged.
    """
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_pandas(frame, preserve_index=False)
    with atomic_write(path) as file:
        parquet.write_table(table, file)


def write_csv(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write `frame` without its index as CSV: UTF-8, a header, text in quotes, missing values empty.

    Text that begins like a formula gets a leading apostrophe, in cells and in the header; numbers are
    written as they are, in full precision.

    Raises
    ------
    OutputError
        If the file cannot be written; what was there before is unchanged.
    """
    import pyarrow as pa
    from pyarrow import csv

    safe = frame.map(_cell).rename(columns=lambda name: inert(str(name)))
    table = pa.Table.from_pandas(safe, preserve_index=False)
    with atomic_write(path) as file:
        csv.write_csv(table, file)


def _cell(value: Any) -> Any:
    return inert(value) if isinstance(value, str) else value
