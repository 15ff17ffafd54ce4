"""Names and arguments that are called otherwise now: what says so when one is used (docs/migration.md)."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from attribution.errors import AttributionError, unknown_name

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
Fix = Callable[[Mapping[str, object]], str]


class RemovedNameError(AttributionError, AttributeError):
    """An attribute or a method of a result has another name now."""


class RemovedImportError(AttributionError, ImportError):
    """A public name that is imported has another name now."""


@dataclass(frozen=True)
class Renamed:
    """One name that was, and what is written instead.

    Attributes
    ----------
    where
        The function or the class that it belonged to; ``"at"`` for a public name.
    old
        The name or the argument.
    new
        The name or the argument that takes its place, of a method with its parentheses; or code, in which
        ``{}`` stands for the value that was given: ``"method=at.SyntheticControl(placebos={})"``.
    why
        What was wrong with the old one.
    kind
        ``"name"``, or ``"argument"`` of a function.
    """

    where: str
    old: str
    new: str
    why: str = ""
    kind: str = "argument"

    def row(self) -> str:
        """Return the row of docs/migration.md."""
        old = f"{self.where}({self.old}=)" if self.kind == "argument" else f"{self.where}.{self.old}"
        new = self.new.replace("{}", "...")
        if self.kind == "argument" and "=" not in new:
            new = f"{self.where}({new}=)"
        elif self.kind == "name":
            old, new = old + ("()" if new.endswith("()") else ""), f"{self.where}.{new}"
        return f"| `{old}` | `{new}` | {self.why} |"


RENAMED: tuple[Renamed, ...] = (
    Renamed(
        "Credit",
        "probability_best",
        "could_be_first()",
        "leaders of a stated 77% were the best in 57% of logs; the set that holds the best is right in 95%",
        kind="name",
    ),
    Renamed("Calibration", "posterior", "pooled", "effects are pooled, where factors were", kind="name"),
    Renamed(
        "plan_holdout",
        "cost",
        "cost_per_exposed",
        "cost= of analyze_holdout is what the whole treatment cost, and cost_per_exposed= is the same there",
    ),
    Renamed(
        "plan_holdout",
        "margin",
        "profit_margin",
        "margin= of analyze_holdout is the loss that is still taken for none",
    ),
)
_OUTLAY = "what a test is going to cost, in the words of a budget"
_METHOD = "options of a method stand in it: beside another method they were accepted and had no effect"
RENAMED += (
    tuple(
        Renamed(where, old, f"method=at.{kind}({old}={{}})", _METHOD)
        for where in ("analyze_geo", "plan_geo")
        for old, kind in (
            ("inference", "SyntheticControl"),
            ("fixed_effects", "SyntheticControl"),
            ("ridge", "AugmentedSyntheticControl"),
            ("placebos", "SyntheticControl"),
        )
    )
    + tuple(
        Renamed("analyze_geo", old, f"method=at.{kind}({old}={{}})", _METHOD)
        for old, kind in (
            ("match_levels", "SyntheticControl"),
            ("draws", "BSTS"),
            ("rng", "SyntheticControl"),
        )
    )
    + (
        Renamed("GeoPlan", "inference", "method", _METHOD, kind="name"),
        Renamed("GeoPlan", "outlay", "planned_cost", _OUTLAY, kind="name"),
        Renamed("GeoPlan", "outlay_of_one", "planned_cost_of_one", _OUTLAY, kind="name"),
        Renamed("GeoPlan", "trim", "method", _METHOD, kind="name"),
    )
)
_BY_NAME = {(entry.where, entry.old): entry for entry in RENAMED}


def removed_name(where: str, name: str) -> RemovedNameError | None:
    """Return the error for a name that was, or None where there never was one.

    Examples
    --------
    >>> print(removed_name("Credit", "probability_best"))
    Credit has no probability_best; it is could_be_first now.
      Why it matters: leaders of a stated 77% were the best in 57% of logs; ...
      Fix: credit.could_be_first()
    >>> removed_name("Credit", "probability_worst")
    """
    entry = _BY_NAME.get((where, name))
    if entry is None or entry.kind != "name":
        return None
    msg = f"{where} has no {name}; it is {entry.new.removesuffix('()')} now"
    line = f"{where if where == 'at' else where.lower()}.{entry.new}"
    hint = line if line.endswith("()") else f"{name} = {line}"
    return RemovedNameError(msg, why=entry.why or None, hint=hint)


def removed_argument(
    where: str, name: str, given: Mapping[str, object], error: type[AttributionError], fix: Fix | None = None
) -> AttributionError | None:
    """Return the error for an argument that was, or None where there never was one.

    Parameters
    ----------
    where, name
        The function and the argument.
    given
        All arguments that the function was called with by name.
    error
        The kind of error.
    fix
        Makes the line that fixes it of `given`, where several old arguments become one new one.

    Examples
    --------
    >>> print(removed_argument("plan_holdout", "margin", {"margin": 0.4}, AttributionError))
    plan_holdout has no margin=; it is profit_margin= here (column 'margin').
      Why it matters: margin= of analyze_holdout is the loss that is still taken for none
      Fix: profit_margin=0.4, margin=None
    """
    entry = _BY_NAME.get((where, name))
    if entry is None or entry.kind != "argument":
        return None
    code = "=" in entry.new
    line = entry.new.replace("{}", repr(given[name])) if code else f"{entry.new}={given[name]!r}"
    hint = fix(given) if fix is not None else f"{line}, {name}=None"
    msg = f"{where} has no {name}=; it is {entry.new.replace('{}', '...')}{'' if code else '='} here"
    return error(msg, column=name, why=entry.why or None, hint=hint)


def tells_renamed(
    error: type[AttributionError],
    fix: Fix | None = None,
    inside: Collection[str] = (),
    owner: str | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function say what an argument that it had is called now, and which one a misspelt name means.

    An old argument that is None is passed over, as if it were not there: so a printed fix can take it away.

    Parameters
    ----------
    error
        The kind of error that it raises.
    fix
        As of `removed_argument`.
    inside
        Options of a value that an argument takes, and that are none of the function's: `fix` says where.
    owner
        The class that the function makes values of; by default as its name says.

    Examples
    --------
    >>> @tells_renamed(AttributionError)
    ... def plan_holdout(*, profit_margin=1.0):
    ...     return profit_margin
    >>> plan_holdout(profit_margin=0.4, margin=None)
    0.4
    >>> plan_holdout(profit_margn=0.4)
    Traceback (most recent call last):
    attribution.errors.AttributionError: there is no argument 'profit_margn'; did you mean ...
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        parameters = inspect.signature(function).parameters.values()
        known = [entry.name for entry in parameters if entry.kind is not entry.VAR_KEYWORD]
        made = owner or _owner(function)
        placed = tells_places(error, made)(function)
        what = "argument" if made is None else f"option of {made}"

        @functools.cache
        def every() -> list[str]:
            """Return the parameters, with the keywords that belong to values of options."""
            if made is not None:
                return [name for name in known[1:] if not name.startswith("_")]
            hints = typing.get_type_hints(function, include_extras=True)
            packed = [hint for hint in hints.values() if typing.get_origin(hint) is typing.Unpack]
            return [*known, *(key for kind in packed for key in typing.get_args(kind)[0].__annotations__)]

        @functools.wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            for name in [name for name in kwargs if name not in known]:
                told = removed_argument(function.__qualname__, name, kwargs, error, fix)
                if told is None and name in every():
                    continue
                if told is None and fix is not None and name in inside:
                    msg = f"{name}= is no argument of {function.__qualname__}: it is an option of one"
                    told = error(msg, column=name, hint=fix(kwargs))
                if told is None:
                    raise error(unknown_name(what, name, every()), column=name)
                if kwargs.pop(name) is not None:
                    raise told
            return placed(*args, **kwargs)

        return called

    return decorate


def tells_places(
    error: type[AttributionError], owner: str | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function say which of its arguments have a place, and which were not given and must be.

    Parameters
    ----------
    error
        The kind of error that it raises.
    owner
        The class that the function makes values of; by default as its name says.

    Examples
    --------
    >>> @tells_places(AttributionError)
    ... def attribute(source, models, *, lookback="30D"):
    ...     return models
    >>> attribute("log", "linear", "7D")
    Traceback (most recent call last):
    attribution.errors.AttributionError: attribute takes only source, models by place, and was given 3 ...
    >>> attribute("log")
    Traceback (most recent call last):
    attribution.errors.AttributionError: attribute needs models, and was not given it ...
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        parameters = inspect.signature(function).parameters.values()
        made = owner or _owner(function)
        plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        needed = [entry.name for entry in parameters if entry.kind in plain and entry.default is entry.empty]
        by_place = [entry.name for entry in parameters if entry.kind is entry.POSITIONAL_OR_KEYWORD]

        @functools.wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            if len(args) > len(by_place):
                skipped = made is not None  # self
                raise _too_many(made or function.__qualname__, by_place[skipped:], len(args) - skipped, error)
            absent = [name for name in needed if name not in kwargs and name not in by_place[: len(args)]]
            if absent:
                raise _too_few(made or function.__qualname__, absent, error)
            return function(*args, **kwargs)

        return called

    return decorate


def tells_options(error: type[AttributionError]) -> Callable[[type[T]], type[T]]:
    """Let a class of options say which one a misspelt name means, as functions do by `tells_renamed`.

    Parameters
    ----------
    error
        The kind of error that it raises.

    Examples
    --------
    >>> @tells_options(AttributionError)
    ... @dataclass(frozen=True)
    ... class Search:
    ...     windows: int = 50
    >>> Search(window=20)
    Traceback (most recent call last):
    attribution.errors.AttributionError: there is no option of at.Search 'window'; did you mean 'windows'? ...
    """

    def decorate(kind: type[T]) -> type[T]:
        init = tells_renamed(error, owner=f"at.{kind.__name__}")(kind.__init__)
        kind.__init__ = init  # type: ignore[method-assign]
        return kind

    return decorate


def _owner(function: Callable[..., object]) -> str | None:
    """Return the class that a function makes values of, or None where it is no such function."""
    parts = function.__qualname__.split(".")
    return f"at.{parts[-2]}" if parts[-1] == "__init__" else None


def _too_few(where: str, absent: list[str], error: type[AttributionError]) -> AttributionError:
    said = " and ".join([", ".join(absent[:-1]), absent[-1]] if len(absent) > 1 else absent)
    msg = f"{where} needs {said}, and was not given {'them' if len(absent) > 1 else 'it'}"
    return error(msg, column=absent[0], hint=", ".join(f"{name}=..." for name in absent))


def _too_many(where: str, by_place: list[str], given: int, error: type[AttributionError]) -> AttributionError:
    first = f"only {', '.join(by_place)} by place" if by_place else "nothing by place"
    msg = f"{where} takes {first}, and was given {given} value{'s' * (given > 1)} without a name"
    return error(f"{msg}; give the others by name")
