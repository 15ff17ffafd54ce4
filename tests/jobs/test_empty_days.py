"""A day on which nobody bought ends in words, on every engine, with a goal and without one."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from attribution import cli

STREAM = '[engine]\nname = "stream"\n'
INCREMENTS = '[increments]\nfolder = "{state}"\nlate_by = "2D"\n'


@pytest.fixture
def empty_day(job_file, tmp_path):
    """Return what writes a job whose conversions hold no row, or no purchase."""
    job_file()  # the log beside it
    data = tmp_path / "data"
    rows = pq.read_table(data / "conversions.parquet")

    def write(left: str, goal: str | None, more: str, *, allowed: bool) -> Path:
        kept = rows.slice(0, 0) if left == "no row" else rows.filter(pc.equal(rows["goal"], "lead"))
        assert len(kept) == 0 if left == "no row" else len(kept) > 0
        pq.write_table(kept, data / "conversions.parquet")
        more = more.format(state=tmp_path / "state")
        if goal:
            more = f'[journeys]\ngoal = "{goal}"\n{more}'
        config = job_file(folder="out", more=more)
        if allowed:
            text = config.read_text(encoding="utf-8")
            config.write_text(text.replace("[output]", "[output]\nallow_empty = true"), encoding="utf-8")
        return config

    return write


@pytest.mark.parametrize("more", ["", STREAM, INCREMENTS], ids=["memory", "stream", "increments"])
@pytest.mark.parametrize(
    ("left", "goal"), [("no row", None), ("no row", "purchase"), ("leads only", "purchase")]
)
def test_a_day_without_a_purchase_is_a_day(empty_day, tmp_path, capsys, left, goal, more):
    assert cli.main(["run", str(empty_day(left, goal, more, allowed=False))]) == 1
    told = capsys.readouterr().err
    assert "nothing was written" in told
    assert "there is no goal" not in told
    assert not (tmp_path / "out" / "report.html").exists()
    assert cli.main(["run", str(empty_day(left, goal, more, allowed=True))]) == 0
    made = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert made["headline"]["conversions"] == 0
    credit = pq.read_table(tmp_path / "out" / "credit.parquet")
    assert pc.sum(credit["conversions"]).as_py() in (0, None)
