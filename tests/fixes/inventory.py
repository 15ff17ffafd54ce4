"""Every place in the source that makes an error, read from its syntax; and which of them were reached."""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import attribution.errors
from attribution.errors import AttributionError
from attribution.tables.unusable_rows import EPOCHS, REASONS

SOURCE = Path(attribution.errors.__file__).parent
KINDS = {
    name
    for name, kind in vars(attribution.errors).items()
    if isinstance(kind, type) and issubclass(kind, AttributionError)
}
HELPERS = {"mistake", "wrong_type", "Reason"}
Site = tuple[str, int, int]


@dataclass(frozen=True)
class Place:
    """A place that makes an error: module, function, which of those in it, and its lines."""

    module: str
    function: str
    number: int
    first: int
    last: int

    @property
    def name(self) -> str:
        """The place without its lines, which move."""
        return f"{self.module}:{self.function}"


@functools.cache
def places() -> tuple[Place, ...]:
    """Return every place that makes an error with a fix."""
    found: list[Place] = []
    for path in sorted(SOURCE.rglob("*.py")):
        module = path.relative_to(SOURCE).as_posix()
        if module in {"errors.py", "jobs/toml.py"}:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function, call in _calls(tree, ""):
            number = sum(one.module == module and one.function == function for one in found)
            found.append(Place(module, function, number, call.lineno, call.end_lineno or call.lineno))
    return tuple(found)


def _calls(node: ast.AST, inside: str) -> Iterator[tuple[str, ast.Call]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield from _calls(child, f"{inside}.{child.name}" if inside else child.name)
            continue
        if isinstance(child, ast.Call):
            name = getattr(child.func, "id", getattr(child.func, "attr", ""))
            hinted = any(word.arg == "hint" for word in child.keywords)
            if (name in KINDS or name in HELPERS or name == "error") and (hinted or name in HELPERS):
                yield inside, child
        yield from _calls(child, inside)


@contextmanager
def reaching(reached: set[tuple[str, int]]) -> Iterator[None]:
    """Note the lines of the library that stand on the stack whenever an error is made."""
    original = AttributionError.__init__

    def noted(self: AttributionError, *args: Any, **more: Any) -> None:
        original(self, *args, **more)
        frame = sys._getframe(1)
        depth = 0
        while frame is not None and depth < 5:
            path = Path(frame.f_code.co_filename)
            if SOURCE in path.parents:
                reached.add((path.relative_to(SOURCE).as_posix(), frame.f_lineno))
            frame, depth = frame.f_back, depth + 1  # type: ignore[assignment]

    AttributionError.__init__ = noted  # type: ignore[method-assign]
    try:
        yield
    finally:
        AttributionError.__init__ = original  # type: ignore[method-assign]


def unreached(reached: set[tuple[str, int]], hints: set[str]) -> list[Place]:
    """Return the places that no row has reached; `hints` are those that were printed."""
    entries = iter(reason for name, reason in REASONS.items() if name not in EPOCHS)  # which _epoch makes
    lines: dict[str, set[int]] = {}
    for module, line in reached:
        lines.setdefault(module, set()).add(line)
    found = []
    for place in places():
        if place.module == "tables/unusable_rows.py" and not place.function:  # a table, made at import
            pattern = re.escape(next(entries).hint).replace("@", ".+")
            missed = not any(re.search(pattern, hint) for hint in hints)
        else:
            missed = not any(place.first <= line <= place.last for line in lines.get(place.module, ()))
        if missed:
            found.append(place)
    return found
