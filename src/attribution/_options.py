"""Options that belong together are one value, which functions take whole or as keywords."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any, NoReturn, TypeVar

from attribution._fixes import parts_of
from attribution.errors import AttributionError

T = TypeVar("T")


def taken(
    kind: type[T], whole: T | None, argument: str, keywords: dict[str, Any], error: type[AttributionError]
) -> T:
    """Return options that were given whole or as keywords, and take the latter out of `keywords`.

    Parameters
    ----------
    kind
        The class of the options.
    whole
        The options as one value; None where they are given as keywords, or not at all.
    argument
        The name of the argument that takes them whole.
    keywords
        What a function was given by name beside its own arguments; None is as if it were left out.
    error
        The class to raise.

    Raises
    ------
    AttributionError
        Of class `error`, if `whole` is something else, or there are keywords beside it.
    """
    names = [entry.name for entry in fields(kind)]  # type: ignore[arg-type]
    own = {name: keywords.pop(name) for name in names if name in keywords}
    own = {name: value for name, value in own.items() if value is not None}
    if whole is None:
        return kind(**own)
    if not isinstance(whole, kind):
        msg = f"{argument}={whole!r} is no at.{kind.__name__}"
        told: Any = whole if isinstance(whole, Mapping) and set(whole) <= set(names) else {}
        said = ", ".join(f"{name}={value!r}" for name, value in told.items())
        raise error(msg, column=argument, hint=f"{argument}=at.{kind.__name__}({said})")
    if own:
        refuse_beside(argument, whole, own, error)
    return whole


def refuse_beside(
    argument: str,
    whole: object,
    keywords: Mapping[str, object],
    error: type[AttributionError],
    *,
    by_name: Collection[str] = (),
) -> NoReturn:
    """Refuse options that are given by name beside a value that holds them.

    Parameters
    ----------
    argument, whole
        The name of the argument, and the value.
    keywords
        Its options that were given by name, at least one.
    error
        The class to raise.
    by_name
        What the function takes by name, where None by name is no way to leave an option out: the line that
        fixes it then gives all by name.

    Raises
    ------
    AttributionError
        Of class `error`, always, with the value that holds all of it, where that can be written as code.
    """
    kind: Any = type(whole)
    usual = {entry.name: entry.default for entry in fields(kind)}
    merged = {name: getattr(whole, name) for name in usual} | dict(keywords)
    merged = {name: value for name, value in merged.items() if name in keywords or value is not usual[name]}
    hint = f"say {' and '.join(keywords)} where the at.{kind.__name__} is made, and only there"
    if all(map(_written, merged.values())) and (not by_name or set(merged) <= set(by_name)):
        said = ", ".join(f"{name}={value!r}" for name, value in merged.items())
        nones = ", ".join(f"{name}=None" for name in keywords)
        hint = f"{argument}=None, {said}" if by_name else f"{argument}=at.{kind.__name__}({said}), {nones}"
    first = next(iter(keywords))
    msg = f"{first}= stands beside {argument}=, which says it too"
    raise error(msg, column=first, hint=hint)


def within(argument: str, kind: type, options: Mapping[str, object], hint: str) -> str:
    """Return a fix of an option of a value as a fix of the argument that the value is.

    Parameters
    ----------
    argument, kind, options
        The argument, and what it was given: a class and its options.
    hint
        The fix of the option.

    Examples
    --------
    >>> class BSTS: ...
    >>> within("method", BSTS, {"draws": 3, "rng": 1}, "draws=100")
    'method=at.BSTS(draws=100, rng=1)'
    """
    found = ""
    for part in parts_of(hint):
        text = part.text
        if part.kind == "keywords":
            mended = dict(options) | {name: ast.literal_eval(value) for name, value in part.keywords.items()}
            said = ", ".join(f"{name}={value!r}" for name, value in mended.items())
            text = f"{argument}=at.{kind.__name__}({said})"
        found += f"{part.before}{text}{part.note}"
    return found


def _written(value: object) -> bool:
    """Return whether a value is code when it is shown, as tables and generators are not."""
    try:
        ast.literal_eval(repr(value))
    except (ValueError, SyntaxError):
        return False
    return True
