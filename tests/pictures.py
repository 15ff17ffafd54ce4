"""Reports without pictures, for tests of runs: they take most of the time of one as small as these."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from dataclasses import replace
from types import ModuleType

import pytest


def leave_out_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an empty drawing in the place of each figure of a report."""
    from attribution.reporting import figures

    def without(*arguments: object, **options: object) -> object:
        return replace(make_figure(*arguments, **options), draw=lambda _: "<svg></svg>")

    make_figure = figures.make_figure
    for module in drawing():
        monkeypatch.setattr(module, "make_figure", without)


@functools.cache
def drawing() -> tuple[ModuleType, ...]:
    """Return the modules of the report that make figures."""
    from attribution import reporting

    found = pkgutil.walk_packages(reporting.__path__, "attribution.reporting.")
    modules = (importlib.import_module(name) for _, name, _ in found)
    return tuple(module for module in modules if hasattr(module, "make_figure"))
