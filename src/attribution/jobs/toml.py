"""TOML read key by key: each value is checked, every mistake is collected, what nobody asked for is one."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from attribution._checks import duration_us
from attribution._fixes import said
from attribution.errors import ConfigError, nearest, unknown_name

T = TypeVar("T")
Reader: TypeAlias = Callable[[Any, str], T]
"""Takes a TOML value and its key path; returns what the settings hold, or raises ConfigError."""

_KINDS = {bool: "true or false", str: "text", int: "a whole number", float: "a number", list: "a list"}
_DEEPEST = 50  # levels of tables and lists; a job has five


def parse(path: Path) -> dict[str, Any]:
    """Read a TOML file, telling what is wrong with it and where."""
    try:
        return _shallow(tomllib.loads(path.read_bytes().decode("utf-8-sig")))
    except tomllib.TOMLDecodeError as error:
        msg = f"{path} is not valid TOML: {error}"
        raise ConfigError(msg, hint='text goes in quotes, as in lookback = "30D"') from None
    except UnicodeDecodeError as error:
        msg = f"{path} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#x}"
        raise ConfigError(msg, hint="save the file as UTF-8") from None
    except OSError as error:
        msg = f"cannot read the configuration {path}: {error.strerror or error}"
        names: list[str] = []
        with suppress(OSError):
            names = [entry.name for entry in path.parent.iterdir() if entry.suffix == ".toml"]
        found = nearest(path.name, names) if path.name not in names else None
        hint = f"did you mean {str(path.parent / found)!r}?" if found else None
        raise ConfigError(msg, hint=hint) from None
    except RecursionError:
        msg = f"{path} nests tables or lists too deeply to be read"
        raise ConfigError(msg, hint="a job is flat: [section] lines with keys below them") from None
    except ValueError as error:
        msg = f"cannot read the configuration {str(path)!r}: {error}"
        raise ConfigError(msg) from None


def _shallow(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values; RecursionError if they nest deeper than those who walk through them can go."""
    level: list[Any] = [values]
    for _ in range(_DEEPEST):
        level = [
            entry
            for value in level
            for entry in (value.values() if isinstance(value, dict) else value)
            if isinstance(entry, dict | list)
        ]
        if not level:
            return values
    raise RecursionError


def mistake(where: str, problem: str, *, hint: str | None = None) -> ConfigError:
    """Return an error whose message begins with the key path, which is also its `column`."""
    error = ConfigError(f"{where}: {problem}", hint=hint)
    error.column = where
    return error


def key_of(where: str) -> str:
    """Return the key that a key path ends in, without the place in a list."""
    return where.rsplit(".", 1)[-1].split("[", 1)[0]


def wrong_type(value: Any, where: str, wanted: str, hint: str | None = None) -> ConfigError:
    """Return the error for a value of the wrong type."""
    kind = "a table" if isinstance(value, dict) else _KINDS.get(type(value), type(value).__name__)
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return mistake(where, f"must be {wanted}, not {kind} ({shown})", hint=hint)


def one_error(name: str, mistakes: Sequence[ConfigError]) -> ConfigError:
    """Return one error that tells all `mistakes` made in the file called `name`."""
    first = mistakes[0]
    if len(mistakes) == 1:
        error = ConfigError(f"{name}: {first.problem}", hint=first.hint)
    else:
        lines = [
            f"\n  {number}. {entry.problem}"
            + "".join(f"\n     {line}" for line in (said(entry.hint) if entry.hint else []))
            for number, entry in enumerate(mistakes, 1)
        ]
        error = ConfigError(f"{name} has {len(mistakes)} mistakes:{''.join(lines)}")
    error.column = first.column
    return error


class Table:
    """A TOML table that is read key by key.

    Parameters
    ----------
    values
        The table.
    where
        Its key path; empty for the whole file.
    mistakes
        Where mistakes are collected, shared by all tables of a file.
    homes
        Which section each known key belongs to, to tell a misplaced key from a misspelt one.
    """

    def __init__(
        self, values: Mapping[str, Any], where: str, mistakes: list[ConfigError], homes: Mapping[str, str]
    ) -> None:
        self.values = values
        self.where = where
        self.mistakes = mistakes
        self.homes = homes
        self.asked: list[str] = []

    def at(self, key: str) -> str:
        """Return the key path of `key`."""
        return f"{self.where}.{key}" if self.where else key

    def take(self, key: str, read: Reader[T], default: T) -> T:
        """Return the value of `key` as `read` understands it; `default` where there is none."""
        self.asked.append(key)
        if key not in self.values:
            return default
        try:
            return read(self.values[key], self.at(key))
        except ConfigError as error:
            self.mistakes.append(error)
        return default

    def section(self, key: str) -> Table | None:
        """Return the table under `key`, None where there is none."""
        values = self.take(key, table, None)
        return None if values is None else Table(values, self.at(key), self.mistakes, self.homes)

    def require(self, key: str, hint: str) -> None:
        """Note a mistake if `key` is missing."""
        if key not in self.values:
            self.mistakes.append(mistake(self.at(key), "is missing", hint=hint))

    def finish(self) -> None:
        """Note a mistake for every key that nothing asked for."""
        for key in self.values:
            if key in self.asked:
                continue
            home = self.homes.get(key, self.where)
            hint = None
            if home != self.where:
                hint = f"{key} belongs in [{home}]" if home else f"{key} goes above the first [section]"
                if nearest(key, self.asked):  # a slip, more likely than a key in the wrong place
                    hint = f"if it is no slip: {hint}"
            self.mistakes.append(mistake(self.at(key), unknown_name("key", key, self.asked), hint=hint))


def table(value: Any, where: str) -> Mapping[str, Any] | None:
    """Read a table."""
    if not isinstance(value, dict):
        raise wrong_type(value, where, "a table", hint=f"[{where}]")
    return value


def text(value: Any, where: str) -> str:
    """Read text that says something."""
    if not isinstance(value, str):
        raise wrong_type(value, where, "text")
    if not value.strip():
        raise mistake(where, "is empty", hint="leave the key out where it does not apply")
    return value


def texts(value: Any, where: str) -> tuple[str, ...]:
    """Read one text or a list of them."""
    if isinstance(value, str):
        return (text(value, where),)
    if not isinstance(value, list):
        raise wrong_type(value, where, "text or a list of texts")
    if not value:
        raise mistake(where, "is an empty list", hint="leave the key out where it does not apply")
    return tuple(text(entry, f"{where}[{position}]") for position, entry in enumerate(value))


def distinct_texts(value: Any, where: str) -> tuple[str, ...]:
    """Read one text or a list of different ones."""
    found = texts(value, where)
    for position, entry in enumerate(found):
        if entry in found[:position]:
            raise mistake(where, f"{entry!r} appears twice")
    return found


def flag(value: Any, where: str) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise wrong_type(value, where, "true or false", hint=f"{where.rsplit('.', 1)[-1]} = true")
    return value


def number(value: Any, where: str) -> float:
    """Read a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(value, where, "a number")
    if not math.isfinite(value):
        raise mistake(where, f"must be a finite number, not {value}")
    return float(value)


def whole(least: int) -> Reader[int]:
    """Return a reader of whole numbers of at least `least`."""

    def read(value: Any, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(value, where, "a whole number")
        if value < least:
            raise mistake(where, f"must be at least {least}, not {value}", hint=f"{key_of(where)} = {least}")
        return value

    return read


def choice(*allowed: str) -> Reader[str]:
    """Return a reader of one of the `allowed` texts."""

    def read(value: Any, where: str) -> str:
        if not isinstance(value, str):
            raise wrong_type(value, where, " or ".join(map(repr, allowed)))
        if value not in allowed:
            raise mistake(where, unknown_name("choice", value, allowed))
        return value

    return read


def positive(value: Any, where: str) -> float:
    """Read a number above zero."""
    found = number(value, where)
    if found <= 0:
        raise mistake(where, f"must be more than zero, not {value}", hint=f"{key_of(where)} = 1")
    return found


def not_negative(value: Any, where: str) -> float:
    """Read a number of zero or more."""
    found = number(value, where)
    if found < 0:
        raise mistake(where, f"must be zero or more, not {value}", hint=f"{key_of(where)} = 0")
    return found


def flatten(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return nested settings that have a value as (key path, value)."""
    rows: list[tuple[str, Any]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            rows += flatten(value, f"{prefix}{key}.")
        elif value is not None:
            rows.append((f"{prefix}{key}", value))
    return rows


def duration(value: Any, where: str, *, allow_zero: bool = False) -> str:
    """Read a duration with its unit, such as ``"30D"``; it is returned as it was written."""
    if not isinstance(value, str):
        hint = f'{where.rsplit(".", 1)[-1]} = "30D" (units: us, ms, s, min, h, D, W)'
        raise wrong_type(value, where, "a duration with its unit", hint)
    try:
        duration_us(value, "it", allow_zero=allow_zero)
    except ConfigError as error:
        hint = (error.hint or "").replace("it=", f"{where.rsplit('.', 1)[-1]} = ", 1)
        raise mistake(where, error.problem.removeprefix("it="), hint=hint) from None
    return value


def late_by(value: Any, where: str) -> str:
    """Read a duration that may be zero."""
    return duration(value, where, allow_zero=True)
