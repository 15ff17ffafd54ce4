"""Watches the public calls that a piece of code makes, and may change one on its way in."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import functools
import inspect
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

import attribution as at
from tests.fixes.world import BUILDING, World

ALIASES = {
    "Credit": "credit",
    "EventLog": "log",
    "Journeys": "journeys",
    "Lift": "lift",
    "Report": "report",
    "BudgetAdvice": "budget",
    "Calibration": "calibration",
    "HoldoutPlan": "plan",
    "GeoPlan": "plan",
    "Dataset": "dataset",
}
RESULT = "result_of_the_call"
Change = Callable[["Call"], None]


@dataclass
class Call:
    """A public call from outside: what is called, with which arguments, in which surroundings.

    Attributes
    ----------
    name
        ``"read_log"``, ``"Credit.with_spend"`` or, for a constructor, ``"Markov"``.
    function
        What runs.
    arguments
        The arguments by name, without defaults; `function` gets these.
    scope
        Names that a line beside the call may use: its arguments, tables first.
    instead
        A syntax tree; its value is the result, and `function` is not called.
    after
        A syntax tree in which the result bears the name `RESULT`; its value takes the result's place.
    """

    name: str
    function: Callable[..., Any]
    arguments: dict[str, Any]
    scope: dict[str, Any]
    instead: ast.expr | None = None
    after: ast.expr | None = None


@dataclass
class Watch:
    """The public calls that were made, in order."""

    calls: list[Call] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    depth: int = 0

    def call(
        self, name: str, function: Callable[..., Any], args: tuple[Any, ...], more: dict[str, Any]
    ) -> Any:
        """Make a call, changed where it is one from outside."""
        if self.depth or BUILDING:
            return function(*args, **more)
        try:
            bound = inspect.signature(function).bind(*args, **more)
        except TypeError:
            return function(*args, **more)
        arguments = dict(bound.arguments)
        own = arguments.get("self")
        self.names |= {key: value for key, value in arguments.items() if key != "self"}
        if own is not None and type(own).__name__ in ALIASES:
            self.names[ALIASES[type(own).__name__]] = own
        call = Call(name, function, arguments, self.names)
        self.calls.append(call)
        for change in self.changes:
            change(call)
        if call.instead is not None:
            made = evaluated(call.instead, call.scope | arguments)
            if function.__name__ == "__init__" and not dataclasses.is_dataclass(made):
                return None  # an answer to look at, instead of the object
            if function.__name__ == "__init__":  # the object is there already: it becomes the other one
                for one in dataclasses.fields(made):
                    object.__setattr__(own, one.name, getattr(made, one.name))
                return None
            return made
        result = _made(self, call, bound.signature)
        if call.after is not None:
            result = evaluated(call.after, {**call.scope, RESULT: result})
        if type(result).__name__ in ALIASES:
            self.names[ALIASES[type(result).__name__]] = result
        return result


def _made(watch: Watch, call: Call, signature: inspect.Signature) -> Any:
    args: list[Any] = []
    more: dict[str, Any] = {}
    for name, value in call.arguments.items():
        kind = signature.parameters[name].kind if name in signature.parameters else None
        if kind is inspect.Parameter.VAR_POSITIONAL:
            args += value
        elif kind is inspect.Parameter.VAR_KEYWORD:
            more |= value
        elif kind is inspect.Parameter.POSITIONAL_ONLY or name == "self":
            args.append(value)
        else:
            more[name] = value
    watch.depth += 1
    try:
        return call.function(*args, **more)
    finally:
        watch.depth -= 1


SURROUNDINGS = {
    "at": at,
    "attribution": at,
    "np": np,
    "numpy": np,
    "pd": pd,
    "pandas": pd,
    "pa": pa,
    "pyarrow": pa,
}


def surroundings() -> dict[str, Any]:
    """Return what a printed line may use without an import: the library's names, pandas, numpy, pyarrow."""
    import pyarrow.parquet

    assert pyarrow.parquet
    return SURROUNDINGS | {name: getattr(at, name) for name in at.__all__ if name != "__version__"}


def names_of(node: ast.AST, scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names that a piece of code uses: of its surroundings, the library, the documentation."""
    known = ChainMap(dict(scope), surroundings(), World())
    used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return {"__builtins__": builtins} | {name: known[name] for name in used if name in known}


def evaluated(node: ast.expr, scope: Mapping[str, Any]) -> Any:
    """Return the value of an expression."""
    code = compile(ast.fix_missing_locations(ast.Expression(node)), "<fix>", "eval")
    return eval(code, names_of(node, scope))


def executed(module: ast.Module, scope: Mapping[str, Any]) -> dict[str, Any]:
    """Execute lines; return the names afterwards."""
    names = names_of(module, scope)
    exec(compile(ast.fix_missing_locations(module), "<fix>", "exec"), names)
    return names


def _wrapped(watch: Watch, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **more: Any) -> Any:
        return watch.call(name, function, args, more)

    return call


def _targets() -> Iterator[tuple[Any, str, str]]:
    """Yield (holder, attribute, name) for all that a user may call."""
    for name in at.__all__:
        value = getattr(at, name)
        if inspect.isclass(value) and not issubclass(value, Exception):
            yield from _methods(value)
        elif inspect.isfunction(value):
            yield at, name, name
    from attribution.calibration.calibration import Calibration
    from attribution.experiments.geo.geo_plan import GeoPlan
    from attribution.experiments.holdout.holdout_plan import HoldoutPlan
    from attribution.reporting.html import Report

    for kind in (Calibration, GeoPlan, HoldoutPlan, Report):
        yield from _methods(kind)
    for name in ("simulate", "simulate_geo", "load_sample"):
        yield at.datasets, name, name


def _methods(kind: type) -> Iterator[tuple[Any, str, str]]:
    for base in kind.__mro__:
        if not base.__module__.startswith("attribution."):
            continue
        for name, member in list(vars(base).items()):
            if isinstance(member, staticmethod) or (
                inspect.isfunction(member) and (name == "__init__" or not name.startswith("_"))
            ):
                yield base, name, kind.__name__ if name == "__init__" else f"{kind.__name__}.{name}"


@contextmanager
def watched(*changes: Change, also: tuple[Any, ...] = ()) -> Iterator[Watch]:
    """Watch the public calls that the block makes.

    Parameters
    ----------
    changes
        Each is given every call before it is made.
    also
        Modules that have imported public functions under their own names.
    """
    watch = Watch(changes=list(changes))
    before: list[tuple[Any, str, Any]] = []
    done: set[tuple[int, str]] = set()
    own = [
        (module, name, name)
        for module in also
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__.startswith("attribution.")
    ]
    for holder, attribute, name in [*_targets(), *own]:
        if (id(holder), attribute) in done:
            continue
        done.add((id(holder), attribute))
        original = vars(holder)[attribute] if attribute in vars(holder) else getattr(holder, attribute)
        wrapper: Any = _wrapped(watch, name, getattr(original, "__func__", original))
        if isinstance(original, staticmethod):
            wrapper = staticmethod(wrapper)
        before.append((holder, attribute, original))
        setattr(holder, attribute, wrapper)
    try:
        yield watch
    finally:
        for place, attribute, original in reversed(before):
            setattr(place, attribute, original)


__all__ = ["RESULT", "Call", "Change", "Watch", "evaluated", "executed", "surroundings", "watched"]
