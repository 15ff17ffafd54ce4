"""Follows a printed fix: what it says is done to the call that failed, and the call is made again."""

from __future__ import annotations

import ast
import contextlib
import copy
import dataclasses
import inspect
import shutil
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

import attribution as at
from attribution import _fixes as fixes
from attribution.diagnostics import CheckResult, CheckResults
from attribution.errors import AttributionError
from tests.fixes.conserve import LostError, changed_table, kept_journeys, kept_rows, same_log
from tests.fixes.inventory import reaching
from tests.fixes.watch import RESULT, Call, Watch, evaluated, executed, watched

Make = Callable[[Path], Any]
MOST_STEPS = 4
REACHED: set[tuple[str, int]] = set()
_FOLDERS = tempfile.TemporaryDirectory()


@dataclass(frozen=True)
class Ran:
    """One printed fix that was followed.

    `outcome` is ``"works"``, ``"next fault"``, ``"words"`` (no code), ``"form"`` (a code with a blank), or
    what went wrong: ``"same fault"``, ``"crash"``, ``"lost"``, ``"moved"``, ``"nothing to do it to"``.
    """

    row: str
    hint: str
    part: str
    outcome: str
    detail: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.outcome in {"works", "next fault", "words", "form"}


class NoPlaceError(Exception):
    """The fix names nothing that the call has."""


class Follow:
    """A part of a hint, to be applied to the calls of the code that failed."""

    def __init__(self, part: fixes.Part, failed: Call | None, at_call: int, error: AttributionError) -> None:
        self.part, self.failed, self.at_call, self.error = part, failed, at_call, error
        self.seen = -1
        self.done = 0

    def __call__(self, call: Call) -> None:
        self.seen += 1
        getattr(self, f"_{self.part.kind}")(call)

    def _is_failed(self, call: Call) -> bool:
        return self.seen == self.at_call

    # ------------------------------------------------------------------------------------- keywords
    def _keywords(self, call: Call) -> None:
        words = self.part.keywords
        if self._is_failed(call):
            mine = {name for name in words if takes(call, name)}
        else:  # an argument of an earlier call, which the failing one does not have
            failed = self.failed
            mine = {name for name in words if takes(call, name) and failed and not takes(failed, name)}
        for name in mine:
            put(call, name, evaluated(words[name], call.scope | call.arguments))
            self.done += 1

    # ------------------------------------------------------------------------------------- calls
    def _call(self, call: Call) -> None:
        node = self.part.node
        assert isinstance(node, ast.Call)
        inner, after = node, None
        while isinstance(inner.func, ast.Attribute) and isinstance(inner.func.value, ast.Call):
            inner = inner.func.value
        if inner is not node and any(map(is_dots, inner.args)):  # a call of before, then what is done with it
            last = ast.unparse(node).replace(ast.unparse(inner), RESULT, 1)
            node, after = inner, ast.parse(last, mode="eval").body
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        own = call.name.rsplit(".", 1)[-1]
        if name == "LogSchema" and "schema" in parameters(call):
            call.arguments["schema"] = schema_with(call, node)
            self.done += 1
        elif name == own and any(map(is_dots, node.args)):
            if self._is_failed(call) or not self.failed or self.failed.name.rsplit(".", 1)[-1] != name:
                self._positions(call, node)
                for word, value in ((one.arg, one.value) for one in node.keywords if one.arg):
                    if word == "schema" and isinstance(value, ast.Call):
                        call.arguments["schema"] = schema_with(call, value)
                    else:
                        put(call, word, evaluated(value, call.scope | call.arguments))
                call.after = after
                self.done += 1
        elif root(node) in call.arguments and root(node) != "self" and self._table(call, node):
            self.done += 1
        elif self._is_failed(call) and not self.done and not any(map(is_dots, node.args)):
            self._instead(call, node, own)

    def _positions(self, call: Call, node: ast.Call) -> None:
        """Put what stands before the dots in the first places of the call."""
        own = [name for name in parameters(call) if name != "self"]
        for name, value in zip(own, node.args, strict=False):
            if is_dots(value):
                return
            call.arguments[name] = evaluated(value, call.scope | call.arguments)

    def _table(self, call: Call, node: ast.Call) -> bool:
        """Put what is made of a table in its place; return whether it is one."""
        name = root(node)
        try:
            before = as_frame(call.arguments[name])
        except (TypeError, ValueError):
            return False
        value = evaluated(node, {**call.scope, **call.arguments, name: before})
        if isinstance(value, pd.Series):
            value = before.assign(**{str(value.name): value})
        if not isinstance(value, pd.DataFrame):
            return False
        changed_table(name, before, value, self.error)
        call.arguments[name] = value
        return True

    def _instead(self, call: Call, node: ast.Call, own: str) -> None:
        if self.part.function == own:
            call.instead = node
            self.done += 1
            return
        self.done += 1
        value = evaluated(node, call.scope | call.arguments)
        if value is None or isinstance(value, Path):  # something was written, and the call is made again
            return
        if isinstance(value, at.Journeys):
            kept_journeys(call.scope.get("log"), value)
        for name, argument in call.arguments.items():
            if type(argument) is type(value) and not isinstance(value, str):
                call.arguments[name] = value
                return
        if "models" in parameters(call) and hasattr(value, "tally"):
            call.arguments["models"] = value
        else:
            call.instead = node

    # ------------------------------------------------------------------------------------- statements
    def _statement(self, call: Call) -> None:
        node = self.part.node
        assert isinstance(node, ast.Module)
        targets = {root(target) for one in node.body for target in getattr(one, "targets", [])}
        mine = [name for name in targets if name in call.arguments]
        if not mine:
            self._another_way(call, node)
            return
        before = {name: call.arguments[name] for name in mine}
        scope: dict[str, Any] = dict(call.scope | call.arguments)
        for name, value in scope.items():
            if name in targets or (name in {"touches", "conversions", "spend", "users", "panel"}):
                with suppress(TypeError, ValueError):
                    scope[name] = as_frame(value)
        used = {
            one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)
        }
        scope = executed(node, scope)
        for name in mine:
            if name in used:  # else it is read anew, from a file that was read wrongly before
                changed_table(name, before[name], scope[name], self.error)
            call.arguments[name] = scope[name]
        self.done += 1

    def _another_way(self, call: Call, node: ast.Module) -> None:
        """Do lines that end in the call that failed, made in another way."""
        last = node.body[-1]
        if (
            not self._is_failed(call)
            or not isinstance(last, ast.Expr)
            or not isinstance(last.value, ast.Call)
        ):
            return
        if getattr(last.value.func, "attr", "") == call.name.rsplit(".", 1)[-1]:
            lines = ast.Module(node.body[:-1], [])
            call.scope |= executed(lines, {**call.scope, **call.arguments})
            call.instead = last.value
            self.done += 1

    # ------------------------------------------------------------------------------------- the other doors
    def _toml(self, call: Call) -> None:
        if call.name == "load_config":
            from tests.fixes.toml import merged

            path = Path(call.arguments["path"])
            path.write_text(
                merged(path.read_text(encoding="utf-8"), self.part.text, self.error.column), encoding="utf-8"
            )
            self.done += 1
        elif not self.part.text.startswith(("[", "{")):  # as Python: a path for a table
            try:
                module = ast.parse(self.part.text)
            except SyntaxError:  # it is TOML only
                return
            name = root(module.body[0].targets[0]) if isinstance(module.body[0], ast.Assign) else ""
            if name in call.arguments:
                call.arguments[name] = executed(module, call.scope)[name]
                self.done += 1

    def _shell(self, call: Call) -> None:
        self.done += 1

    def _words(self, call: Call) -> None:
        self.done += 1


def parameters(call: Call) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of what is called."""
    return inspect.signature(call.function).parameters


def takes(call: Call, name: str) -> bool:
    """Whether the call has that argument, as its own or among its further ones."""
    own = parameters(call)
    return name in own or any(one.kind is one.VAR_KEYWORD for one in own.values())


def put(call: Call, name: str, value: Any) -> None:
    """Give the call an argument."""
    own = parameters(call)
    if name in own:
        call.arguments[name] = value
        return
    more = next(one.name for one in own.values() if one.kind is one.VAR_KEYWORD)
    call.arguments[more] = {**call.arguments.get(more, {}), name: value}


def schema_with(call: Call, node: ast.Call) -> at.LogSchema:
    """Return the schema of the call with the arguments that a printed one names."""
    given = call.arguments.get("schema")
    now: dict[str, Any] = {}
    if isinstance(given, Mapping):
        now = dict(given)
    elif dataclasses.is_dataclass(given):
        now = {one.name: getattr(given, one.name) for one in dataclasses.fields(given)}
    words = {word.arg: evaluated(word.value, call.scope) for word in node.keywords if word.arg}
    return at.LogSchema(**{**now, **words})


def is_dots(node: ast.expr) -> bool:
    """Whether it is the ellipsis."""
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def root(node: ast.AST) -> str:
    """Return the name that an expression begins with."""
    while not isinstance(node, ast.Name):
        following = getattr(node, "value", None) or getattr(node, "func", None)
        if not isinstance(following, ast.AST):
            return ""
        node = following
    return node.id


def as_frame(value: Any) -> pd.DataFrame:
    """Return a table of any kind as what printed lines speak of: a pandas frame of its own."""
    if isinstance(value, pd.DataFrame):
        return value.copy()
    if isinstance(value, pa.Table):
        return value.to_pandas()
    if isinstance(value, str | Path):
        path = Path(value)
        if path.is_file():
            if path.suffix == ".parquet":
                return pd.read_parquet(path)
            return pd.read_csv(path, sep=None, engine="python")  # whatever parts its columns
        raise TypeError(value)
    if isinstance(value, list) and value and all(isinstance(one, str | Path) for one in value):
        return pd.concat([as_frame(one) for one in value], ignore_index=True)
    if hasattr(value, "to_pandas"):
        return value.to_pandas()
    if isinstance(value, Mapping) and all(map(_is_column, value.values())):
        with suppress(UnicodeEncodeError):
            return pd.DataFrame(dict(value))
        return pd.DataFrame(dict(value), dtype=object)  # half a character is no string of pandas
    raise TypeError(type(value))


def _is_column(value: Any) -> bool:
    return isinstance(value, Sequence | np.ndarray | pa.Array | pa.ChunkedArray) or hasattr(value, "dtype")


def has_blank(part: fixes.Part) -> bool:
    """Whether a code has a blank for the user to fill in, beyond "the arguments as they were"."""
    if part.kind == "toml" or part.node is None:
        return '"..."' in part.text
    if part.function == "Estimate":
        return True
    calls = [node for node in ast.walk(part.node) if isinstance(node, ast.Call)]
    fine = {id(arg) for call in calls for arg in call.args if is_dots(arg)}
    blanks = [
        node
        for node in ast.walk(part.node)
        if isinstance(node, ast.Constant) and node.value in (Ellipsis, "...") and id(node) not in fine
    ]
    return bool(blanks)


def tried(
    make: Make, follows: list[Follow], also: tuple[Any, ...]
) -> tuple[BaseException | None, Watch, Any]:
    """Do it once, with the fixes; return what came of it."""
    for follow in follows:
        follow.seen, follow.done = -1, 0
    folder = Path(_FOLDERS.name) / "row"  # always the same: a fix may name a file in it
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with (
        contextlib.chdir(folder),
        watched(*follows, also=also) as watch,
        reaching(REACHED),
    ):
        try:
            return None, watch, make(folder)
        except Exception as error:  # noqa: BLE001 - it is what we look at
            return error, watch, None


def fault_of(error: BaseException) -> tuple[str, str]:
    """Return what tells one fault from another."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].name}" if frames else "", str(error)


def followed(row: str, make: Make, *, also: tuple[Any, ...] = ()) -> list[Ran]:
    """Do what fails, follow each fix that it prints, and so on until it works; return all that was run."""
    error, watch, _ = tried(make, [], also)
    if not isinstance(error, AttributionError) or not error.hint:
        return []
    return _rest(row, make, error, watch, [], also)


def _rest(
    row: str, make: Make, error: AttributionError, watch: Watch, follows: list[Follow], also: tuple[Any, ...]
) -> list[Ran]:
    found: list[Ran] = []
    onward: tuple[AttributionError, Watch, list[Follow]] | None = None
    assert error.hint is not None
    for part in fixes.parts_of(error.hint):
        if part.kind in {"words", "shell"} or has_blank(part):
            outcome = "words" if part.kind == "words" else part.kind if part.kind == "shell" else "form"
            found.append(Ran(row, error.hint, part.text, "words" if outcome == "shell" else outcome))
            continue
        at_call = len(watch.calls) - 1
        follow = Follow(part, watch.calls[-1] if watch.calls else None, at_call, error)
        fresh = [copy.copy(one) for one in follows] + [follow]
        later, again, _ = tried(make, fresh, also)
        outcome, detail = judged(error, later, follow)
        if outcome == "works":
            outcome, detail = kept_rows(again, outcome, error)
        if outcome == "works" and row.startswith("truths:") and (moved := same_log(again)):
            outcome, detail = "moved", moved
        found.append(Ran(row, error.hint, part.text, outcome, detail))
        other = part.kind == "call" and follow.failed and part.function != follow.failed.name.split(".")[-1]
        if outcome == "next fault" and onward is None and isinstance(later, AttributionError) and not other:
            onward = (later, again, fresh)
    if onward is not None and onward[0].hint and len(follows) < MOST_STEPS:
        found += _rest(row, make, *onward, also)
    return found


def findings(row: str, make: Make, *, also: tuple[Any, ...] = ()) -> list[Ran]:
    """Follow the fix of every finding of an audit; return all that was run."""
    error, watch, checks = tried(make, [], also)
    if error is not None or not isinstance(checks, CheckResults):
        return []
    found: list[Ran] = []
    for check in checks:
        if not check.fix or check.passed is True:
            continue
        stands_for = AttributionError(check.text, count=check.count, hint=check.fix)
        for part in fixes.parts_of(check.fix):
            name = f"{row} / {check.name}"
            if part.kind in {"words", "shell"} or has_blank(part):
                outcome = "form" if part.kind not in {"words", "shell"} else "words"
                found.append(Ran(name, check.fix, part.text, outcome))
                continue
            follow = Follow(part, watch.calls[-1], len(watch.calls) - 1, stands_for)
            later, _, after = tried(make, [follow], also)
            found.append(Ran(name, check.fix, part.text, *_cured(check, later, after, follow)))
    return found


def _cured(check: CheckResult, later: BaseException | None, after: Any, follow: Follow) -> tuple[str, str]:
    outcome, detail = judged(AttributionError("a finding", hint=check.fix), later, follow)
    if outcome != "works" or not isinstance(after, CheckResults):
        return outcome, detail
    same = after[check.name]
    counted = check.name in {"null_keys", "unreadable_entries"}  # what was dropped is counted all the same
    if check.passed is False and same.passed is False and same.count >= check.count and not counted:
        return "same fault", same.text
    return outcome, detail


def judged(error: AttributionError, later: BaseException | None, follow: Follow) -> tuple[str, str]:
    """Say what came of a fix."""
    if isinstance(later, LostError):
        return "lost", str(later)
    if later is not None and not isinstance(later, AttributionError):
        return "crash", f"{type(later).__name__}: {later}"
    if not follow.done:
        return "nothing to do it to", ""
    if later is None:
        return "works", ""
    if fault_of(error) == fault_of(later):
        return "same fault", str(later)
    if later.problem == error.problem:
        return "same fault", str(later)
    return "next fault", str(later)
