"""A section of a configuration file, read as the annotations of the fields of its settings say."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from attribution.jobs import toml
from attribution.jobs.readers import Texts, one_path
from attribution.jobs.toml import Reader, Table


@dataclass(frozen=True)
class Required:
    """A key that its section cannot be without, and a line that has it."""

    line: str


class NotAKey:
    """A setting that no key holds, because it follows from others."""


class File:
    """A path of an input, which counts from the folder of the configuration file."""


class Files:
    """Such paths, or patterns of them."""


_BY_TYPE: Mapping[Any, Reader[Any]] = {bool: toml.flag, str: toml.text, Texts: toml.distinct_texts}


def taken(kind: type, table: Table, inputs: Reader[Texts], **readers: Reader[Any]) -> dict[str, Any]:
    """Take every key of a section.

    Its type says how a key is read (true or false, text, a list of different texts, one of several words),
    or what stands beside the type in ``Annotated``: a reader, `File`, `Files`; `Required`; `NotAKey`.

    Parameters
    ----------
    kind
        The settings.
    table
        The section, where what is missing or wrong is noted.
    inputs
        Reads paths of inputs.
    **readers
        Readers of keys that need to know more than their value.

    Returns
    -------
    dict
        What the settings are made of; where a key is missing or wrong its default, or what is empty.
    """
    keys = keys_of(kind)
    for name, (hint, _) in keys.items():
        for entry in get_args(hint):
            if isinstance(entry, Required):
                table.require(name, entry.line)
    return {
        name: table.take(name, readers.get(name) or _reader(hint, inputs), usual)
        for name, (hint, usual) in keys.items()
    }


def keys_of(kind: type) -> dict[str, tuple[Any, Any]]:
    """Return the annotation and the default of each key of a section.

    Examples
    --------
    >>> from attribution.jobs.job import OutputSettings
    >>> [(name, usual) for name, (_, usual) in keys_of(OutputSettings).items()]
    [('folder', 'out'), ('keep', None), ('allow_empty', False)]
    """
    found = {}
    hints = get_type_hints(kind, include_extras=True)
    for entry in fields(kind):
        hint, usual = hints[entry.name], entry.default
        if entry.default_factory is not MISSING:
            usual = entry.default_factory()
        elif usual is MISSING:
            usual = () if _bare(hint) == Texts else ""
        if NotAKey not in get_args(hint):
            found[entry.name] = (hint, usual)
    return found


def _reader(hint: Any, inputs: Reader[Texts]) -> Reader[Any]:
    for entry in hint.__metadata__ if get_origin(hint) is Annotated else ():
        if entry in (File, Files):
            return inputs if entry is Files else one_path(inputs)
        if callable(entry):
            reader: Reader[Any] = entry
            return reader
    bare = _bare(hint)
    return toml.choice(*get_args(bare)) if get_origin(bare) is Literal else _BY_TYPE[bare]


def _bare(hint: Any) -> Any:
    """Return a type without what stands beside it and without None."""
    bare = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if get_origin(bare) in (Union, types.UnionType):
        rest = [entry for entry in get_args(bare) if entry is not type(None)]
        return rest[0] if len(rest) == 1 else bare
    return bare
