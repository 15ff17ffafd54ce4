"""One small log for all tests of scheduled runs."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from pathlib import Path

import pytest

from attribution.datasets import simulate

JOB = """
models = ["last_touch", "linear"]
[log]
touches = "touches.parquet"
conversions = "conversions.parquet"
missing_value = 0
[report]
title = "Nightly"
top_paths = 0
[output]
folder = "{folder}"
{more}
"""


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch) -> None:
    # They are not what this is about, and take most of the time of a run as small as these.
    from attribution import reporting
    from attribution.reporting import figures

    def without(*arguments: object, **options: object) -> object:
        return replace(make_figure(*arguments, **options), draw=lambda _: "<svg></svg>")

    make_figure = figures.make_figure
    for _, name, _ in pkgutil.walk_packages(reporting.__path__, "attribution.reporting."):
        module = importlib.import_module(name)
        if getattr(module, "make_figure", None) is make_figure:
            monkeypatch.setattr(module, "make_figure", without)


@pytest.fixture
def job_file(tmp_path):
    simulate(200, seed=4, days=40).write(tmp_path / "data")

    def write(folder: str = "out/{today}", more: str = "", **changes: str) -> Path:
        text = JOB.format(folder=f"{tmp_path}/{folder}", more=more)
        for old, new in changes.items():
            text = text.replace(old, new)
        path = tmp_path / "data" / "nightly.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
