"""Every row of bad input: those of the tables that stand elsewhere, and those of `tests.fixes.rows`."""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import pkgutil
from collections import ChainMap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import attribution as at
from tests.fixes import rows
from tests.fixes.follow import Make
from tests.fixes.watch import surroundings
from tests.fixes.world import World

HURT = {
    "tests.test_hard_to_hurt": ("COLUMNS", "USERS", "LOGS"),
    "tests.test_hard_to_hurt_values": ("TIMES", "CHANNELS", "VALUES"),
    "tests.test_hard_to_hurt_requests": ("JOURNEYS", "MODELS", "SPEND", "PATHS", "CHANNELS", "QUESTIONS"),
    "tests.test_hard_to_hurt_files": ("TEXT", "BINARY", "PLACES"),
    "tests.test_hard_to_hurt_outputs": ("CONFIGS",),
}


class Row(NamedTuple):
    """One kind of bad input."""

    name: str
    make: Make
    also: tuple[ModuleType, ...] = ()


@functools.cache
def all_rows() -> tuple[Row, ...]:
    """Return the rows of all tables."""
    found = [*_hurt(), *_bad_input(), *_experiments(), *_own()]
    names = [row.name for row in found]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice, twice
    return tuple(found)


def _hurt() -> Iterator[Row]:
    for module_name, tables in HURT.items():
        module = importlib.import_module(module_name)
        for table in tables:
            for name, case in getattr(module, table).items():
                if case.says:
                    short = module_name.rsplit("hurt", 1)[-1].strip("_") or "logs"
                    yield Row(f"{short} {table.lower()}: {name}", case.make, (module,))


def _bad_input() -> Iterator[Row]:
    module = importlib.import_module("tests.eventlog.test_bad_input")
    for name, case in module.BAD.items():
        yield Row(f"log: {name}", case.make, (module,))


def _experiments() -> Iterator[Row]:
    holdouts = importlib.import_module("tests.experiments.holdout.test_bad_holdouts")
    for name, make, options, *_ in holdouts.CASES:
        yield Row(
            f"holdout: {name}",
            lambda folder, make=make, options=options: at.analyze_holdout(make(), **options),
        )
    plans = importlib.import_module("tests.experiments.holdout.test_bad_plans")
    for name, do, *_ in plans.CASES:
        yield Row(f"plan: {name}", lambda folder, do=do: do(), (plans,))
    geo = importlib.import_module("tests.experiments.geo.test_bad_panels")
    for place, (panel, changes, *_) in enumerate(geo.PANELS):
        yield Row(
            f"geo: {place}: {getattr(panel, '__name__', '')} {', '.join(changes)}",
            lambda folder, panel=panel, changes=changes: at.analyze_geo(
                panel() if callable(panel) else panel, **{**geo.ASKED, **changes}
            ),
        )


def _own() -> Iterator[Row]:
    for info in pkgutil.iter_modules(rows.__path__):
        module = importlib.import_module(f"tests.fixes.rows.{info.name}")
        for code in module.ROWS:
            yield Row(
                f"{info.name}: {' '.join(code.split())}", functools.partial(done, code, module), (module,)
            )


def done(code: str, module: ModuleType, folder: Path) -> Any:
    """Do what a row of code says, among the names of the documentation; return its last line's value."""
    own = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    names: Any = ChainMap({"folder": folder}, own, World(), surroundings())
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    scope = {"__builtins__": builtins}
    exec(compile(tree, "<row>", "exec"), scope, names)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), "<row>", "eval"), scope, names)
