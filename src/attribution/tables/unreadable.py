"""What a file that cannot be read becomes: a LogError that names it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from attribution.errors import FEWER_COLUMNS, LESS_MEMORY, EngineError, LogError

_DOORS = {
    "conversions": "read_log(touches, {})",
    "users": "at.analyze_holdout({})",
    "panel": "at.analyze_geo({})",
    "paths": "at.read_paths({})",
    "spend": "credit.with_spend({})",
    "rates": "rates={}",
    "assignment": "at.outcomes(log, {})",
}


def door(table: str, argument: str = "...") -> str:
    """Return the call through which a table comes in, as the line that fixes something writes it.

    Examples
    --------
    >>> door("touches", "'a.parquet'"), door("panel", "'b.csv'")
    ("read_log('a.parquet')", "at.analyze_geo('b.csv')")
    """
    return _DOORS.get(table, "read_log({})").replace("{}", argument)


@contextmanager
def reading(path: Path, table: str) -> Iterator[None]:
    """Turn what goes wrong while `path` is read into a LogError."""
    try:
        yield
    except (LogError, EngineError):
        raise
    except FileNotFoundError as error:
        raise missing(path, table) from error
    except PermissionError as error:
        msg = f"{table}: no permission to read {str(path)!r}"
        raise LogError(msg, hint=f"chmod +r '{path}'") from error
    except MemoryError as error:
        msg = f"{table}: memory ran out while {str(path)!r} was read ({first_line(error)})"
        why = "it holds more than fits, or is damaged and claims to"
        raise EngineError(msg, why=why, hint=less_memory(table)) from error
    except UnicodeDecodeError as error:
        name = "UTF-16" if "16" in error.encoding else "UTF-8"
        raise not_utf8(path, table, f"{error.reason} at byte {error.start:,}", name) from error
    except (pa.ArrowException, OSError, ValueError, csv.Error) as error:
        if "invalid UTF8" in str(error) and "CSV" in str(error):
            raise not_utf8(path, table, first_line(error)) from error
        raise unreadable(path, table, first_line(error)) from error


def less_memory(table: str) -> str:
    """Return the setting with which a table needs less memory; what is no log has none."""
    return LESS_MEMORY if table in {"touches", "conversions"} else FEWER_COLUMNS


def missing(path: Path, table: str) -> LogError:
    """Return the error of a path that is not there; it names the nearest one that is."""
    from attribution.errors import nearest

    names: list[str] = []
    with suppress(OSError):
        names = [entry.name for entry in path.parent.iterdir()]
    if path.name in names:
        hint = f"it is a link to {str(path.readlink())!r}, which is not there" if path.is_symlink() else None
    else:
        found = nearest(path.name, names)
        hint = door(table, repr(str(path.parent / found))) if found else _folder(path.parent, names)
    return LogError(f"{table}: there is no file {str(path)!r}", hint=hint)


def _folder(folder: Path, names: list[str]) -> str:
    """Say what is in the folder where a file was looked for."""
    if not folder.is_dir():
        return f"there is no folder {str(folder)!r}"
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    listed = ", ".join(map(repr, sorted(names)[:5])) or "nothing"
    return f"check the name; the folder {str(folder.absolute())!r} holds {listed}{more}"


def unreadable(path: Path, table: str, reason: str) -> LogError:
    """Return the error of a file whose content is not what it should be."""
    msg = f"{table}: {str(path)!r} cannot be read: it is damaged, cut short or of another format ({reason})"
    return LogError(msg, hint="write the file again, or leave it out of the list")


def not_utf8(path: Path, table: str, reason: str, name: str = "UTF-8") -> LogError:
    """Return the error of a file of text in another encoding."""
    msg = f"{table}: {str(path)!r} is not {name} ({reason})"
    if name != "UTF-8":  # it says what it is, and is not
        hint = "write the file again: it is damaged, or was cut short"
    else:
        hint = f"{_read_by_pandas(path, table, 'cp1252')}, or the encoding that it was written in"
    return LogError(msg, why="its names would be read wrong", hint=hint)


def no_text(path: Path, table: str) -> LogError:
    """Return the error of a file in which every other byte is zero, or that is no text at all."""
    msg = f"{table}: {str(path)!r} is no text, or UTF-16 without the mark that says so"
    with path.open("rb") as file:
        head = file.read(4096)
    low, high = head[1::2], head[::2]
    if head.startswith(b"\x1f\x8b"):
        hint = f"call it {path.name + '.gz'!r}: it is compressed, and its name does not say so"
    elif low.count(0) > len(low) // 2:
        hint = _read_by_pandas(path, table, "utf-16-le")
    elif high.count(0) > len(high) // 2:
        hint = _read_by_pandas(path, table, "utf-16-be")
    else:
        hint = "write the file again as text, or as Parquet"
    return LogError(msg, hint=hint)


def _read_by_pandas(path: Path, table: str, encoding: str) -> str:
    """Return the line that reads a file of text in another encoding, whatever parts its columns."""
    read = f'pandas.read_csv({str(path)!r}, encoding="{encoding}", sep=None, engine="python", dtype=str)'
    return f"{table} = {read}" if table.isidentifier() and table != "paths" else f"table = {read}"


def refuse_changed(path: Path, table: str, known: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """Raise LogError if a file's columns are no longer those that it was opened with."""
    if dict(known) != dict(found):
        msg = f"{table}: {str(path)!r} has other columns than when the log was opened"
        why = "what was checked then need not hold now"
        again = door(table).partition("(")[0]
        raise LogError(msg, why=why, hint=f"write inputs under another name and rename them; {again} again")


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, at most 200 characters."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]
