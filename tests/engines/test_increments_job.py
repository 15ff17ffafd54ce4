"""`[increments]` in a job: day after day on a folder that grows, the credit is that of one run on all."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import attribution as at
from attribution.cli import main
from attribution.errors import ConfigError, EngineError, ModelError

JOB = """
models = ["last_touch", "linear", "markov"]

[log]
touches = "touches"
conversions = "conversions"

[journeys]
goal = "purchase"
lookback = "unlimited"

[output]
folder = {folder!r}
"""


@pytest.fixture
def data(tmp_path):
    """Return a folder to which `day(n)` adds the files of another day."""
    tables = at.datasets.simulate(400, days=40, seed=2).tables

    def day(number):
        for name in ("touches", "conversions"):
            rows = tables[name]
            first = pc.min(rows["time"]).as_py().replace(hour=0, minute=0, second=0, microsecond=0)
            begin, end = (first + pd.Timedelta(days=n) for n in number)
            time = rows["time"]
            chosen = pc.and_(
                pc.greater_equal(time, pa.scalar(begin, time.type)), pc.less(time, pa.scalar(end, time.type))
            )
            (tmp_path / name).mkdir(exist_ok=True)
            pq.write_table(rows.filter(chosen), tmp_path / name / f"{number[0]:02}.parquet")

    return day


def write(tmp_path, name, more=""):
    path = tmp_path / f"{name}.toml"
    path.write_text(JOB.format(folder=str(tmp_path / name)) + more)
    return path


def test_three_days_in_a_row_equal_the_full_run(tmp_path, data, capsys):
    more = f'\n[increments]\nfolder = "{tmp_path}/state"\nlate_by = "1D"\n'
    daily, whole = write(tmp_path, "daily", more), write(tmp_path, "whole", "\n[audit]\nenabled = false\n")
    for number in [(0, 30), (30, 31), (31, 32)]:
        data(number)
        assert main(["run", str(daily)]) == 0
        assert main(["run", str(whole)]) == 0
        ours, full = (
            pq.ParquetFile(tmp_path / name / "credit.parquet").read().to_pandas()
            for name in ("daily", "whole")
        )
        pd.testing.assert_frame_equal(ours, full, check_exact=False, rtol=1e-9)
        assert (tmp_path / "daily" / "report.html").stat().st_size > 0
    assert capsys.readouterr().err == ""
    facts = json.loads((tmp_path / "daily" / "manifest.json").read_text())
    full = json.loads((tmp_path / "whole" / "manifest.json").read_text())
    assert facts["rows"]["read"]["touches"] < full["rows"]["touches"] / 4
    assert facts["rows"]["settled_until"].endswith("T00:00:00+00:00")
    assert facts["checks"] == {}, "an audit would read the whole log"
    for name in ("channels", "attributed_conversions", "unattributed_conversions", "cells", "dropped"):
        assert facts["rows"][name] == full["rows"][name]


def test_an_audit_that_is_asked_for_is_made(tmp_path, data):
    data((0, 30))
    more = f'\n[increments]\nfolder = "{tmp_path}/state"\n[audit]\nbusy_touches = 500\n'
    result = at.run(at.load_config(write(tmp_path, "audited", more)))
    assert result.checks
    assert result.journeys is None


def test_what_increments_refuse_the_command_line_says(tmp_path, data, capsys):
    data((0, 30))
    more = f'\n[increments]\nfolder = "{tmp_path}/state"\n'
    assert main(["run", str(write(tmp_path, "first", more))]) == 0
    changed = write(tmp_path, "second", more)
    changed.write_text(changed.read_text().replace('"unlimited"', '"10D"'))
    assert main(["run", str(changed)]) == 2
    error = capsys.readouterr().err
    assert "saved with lookback = unlimited; this run has 10 days" in error
    assert "Fix:" in error
    with pytest.raises(EngineError):
        at.run(at.load_config(changed))
    changed.write_text('by = ["channel", "month"]\n' + changed.read_text())
    with pytest.raises(ModelError, match="reads all journeys again"):
        at.run(at.load_config(changed))


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("[increments]\n", "increments.folder: is missing"),
        ('[increments]\nfolder = "s"\nperiod = "year"\n', "increments.period: .*'year'"),
        ('[increments]\nfolder = "s"\nlate_by = 3\n', "increments.late_by: must be a duration"),
        ('[increments]\nfolder = "s"\nlate = "3D"\n', "increments.late: .*did you mean 'late_by'"),
    ],
)
def test_mistakes_in_the_section_are_told(tmp_path, section, problem):
    with pytest.raises(ConfigError, match=problem):
        at.load_config(write(tmp_path, "wrong", "\n" + section))
