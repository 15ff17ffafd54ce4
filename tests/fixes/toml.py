"""Puts a printed line of TOML into a configuration file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from attribution._fixes import toml_value


def merged(text: str, line: str, column: str | None) -> str:
    """Return the file `text` with a printed `line` in it.

    Parameters
    ----------
    text
        The configuration.
    line
        ``[section] key = value``, or ``key = value`` for the section that `column` names.
    column
        The key path that the error names, such as ``"journeys.lookback"``.
    """
    values = tomllib.loads(text)
    found = re.match(r"^(\[{1,2}[\w.]+\]{1,2})\s+(.*)$", line, re.DOTALL)
    if found:
        new = tomllib.loads(f"{found[1]}\n{found[2]}")
    elif line.startswith("["):
        new = tomllib.loads(line)
    else:
        new = tomllib.loads(line)
        path = re.sub(r"\[\d+\]", "", column or "").split(".")[:-1]
        section = values
        for name in path:
            section = section.get(name, {})
            section = section[0] if isinstance(section, list) else section
        if isinstance(section, Mapping):
            for name in reversed(path):
                new = {name: new}
    return written(_together(values, new))


def _together(old: Any, new: Any) -> Any:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {
            **old,
            **{key: _together(old[key], value) if key in old else value for key, value in new.items()},
        }
    if isinstance(old, list) and isinstance(new, Mapping):
        return [_together(entry, new) for entry in old]
    if isinstance(old, list) and isinstance(new, list) and new and isinstance(new[0], Mapping):
        return [_together(entry, new[0]) for entry in old]
    return new


def written(values: Mapping[str, Any]) -> str:
    """Return nested values as TOML."""
    return "\n".join(f"{key} = {toml_value(value)}" for key, value in values.items()) + "\n"
