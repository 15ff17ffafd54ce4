"""Options that belong together are one value, which functions take whole or as keywords."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from attribution.errors import ExperimentError

T = TypeVar("T")


def taken(kind: type[T], whole: T | None, argument: str, keywords: dict[str, Any]) -> T:
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

    Raises
    ------
    ExperimentError
        If `whole` is something else, or there are keywords beside it.
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
        raise ExperimentError(msg, column=argument, hint=f"{argument}=at.{kind.__name__}({said})")
    if own:
        first = next(iter(own))
        msg = f"{first}= stands beside {argument}=, which says it too"
        both: Any = replace(whole, **own)  # type: ignore[type-var]
        without = ", ".join(f"{name}=None" for name in own)
        hint = f"{argument}=at.{both!r}, {without}"
        if not all(_written(getattr(both, name)) for name in names):
            hint = f"say {' and '.join(own)} where the at.{kind.__name__} is made, and only there"
        raise ExperimentError(msg, column=first, hint=hint)
    return whole


def _written(value: object) -> bool:
    """Return whether a value is code when it is shown, as tables and generators are not."""
    try:
        ast.literal_eval(repr(value))
    except (ValueError, SyntaxError):
        return False
    return True
