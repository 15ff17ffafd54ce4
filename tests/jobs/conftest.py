"""One small log for all tests of scheduled runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from attribution.datasets import simulate
from tests.pictures import leave_out_pictures

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
    leave_out_pictures(monkeypatch)


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
