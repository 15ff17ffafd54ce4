"""The tables of a report as files."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attribution._checks import one_of
from attribution.credit.table_files import write_csv, write_parquet
from attribution.errors import OutputError

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("parquet", "csv")
_MARK = "\ufeff"


def write_tables(
    tables: Mapping[str, pd.DataFrame], folder: str | os.PathLike[str], kind: str, *, bom: bool
) -> dict[str, Path]:
    """Write a file a table; see `Report.to_tables`."""
    one_of(kind, "kind", FORMATS, error=OutputError)
    if bom and kind != "csv":
        msg = "a byte order mark is for CSV only"
        raise OutputError(msg, column="bom", hint='report.to_tables("tables", "csv", bom=True)')
    try:
        home = Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".tables-", dir=home))
    except (OSError, TypeError, ValueError) as error:
        msg = f"cannot write to {folder!r}: {getattr(error, 'strerror', None) or error}"
        raise OutputError(msg, hint='report.to_tables("tables")') from error
    try:
        names = {name: f"{name}.{kind}" for name in tables}
        for name, frame in tables.items():
            _write(frame, draft / names[name], kind, bom=bom)
        for name in names.values():
            if (home / name).is_dir():
                msg = f"cannot write {home / name}: it is a folder"
                raise OutputError(msg, hint='report.to_tables("another folder")')
        for name in names.values():
            (draft / name).replace(home / name)
    except OSError as error:
        msg = f"cannot write to {home}: {error.strerror or error}"
        raise OutputError(msg, why="files that were there before are unchanged", hint="make room") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return {name: home / file for name, file in names.items()}


def _write(frame: pd.DataFrame, path: Path, kind: str, *, bom: bool) -> None:
    if kind == "parquet":
        write_parquet(frame, path)
        return
    write_csv(frame, path)
    if bom:
        path.write_bytes(_MARK.encode() + path.read_bytes())
