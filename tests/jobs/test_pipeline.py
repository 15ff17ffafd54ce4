"""A run writes all of its outputs or none; what it writes is what it returns."""

from __future__ import annotations

import csv
import errno
import hashlib
import json
import logging
import os
import subprocess
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import attribution as at
from attribution.datasets import simulate
from attribution.errors import ConfigError, CreditError, LogError, OutputError
from attribution.jobs.config import load_config
from attribution.jobs.job import OutputSettings
from attribution.jobs.pipeline import Result, run
from attribution.language.catalogue import ENGLISH
from attribution.reporting.html import Report
from tests.jobs.written import write_job
from tests.reporting.pages import read_page

OUTPUTS = ["credit.csv", "credit.parquet", "manifest.json", "report.html"]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return simulate(1_500, seed=3, days=120).write(tmp_path_factory.mktemp("retailer"))


@pytest.fixture(scope="module")
def result(data, tmp_path_factory) -> Result:
    return run(load_config(write_job(data, tmp_path_factory.mktemp("first"))))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_files_hold_the_credit(result):
    folder = result.outputs["report.html"].parent
    assert names(folder) == OUTPUTS
    frame = result.credit.to_frame()
    stored = pq.ParquetFile(result.outputs["credit.parquet"]).read().to_pandas()
    pd.testing.assert_frame_equal(stored, frame, check_dtype=False)
    with result.outputs["credit.csv"].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["conversions"]) for row in rows] == frame["conversions"].tolist()
    assert [row["channel"] for row in rows] == frame["channel"].tolist()


def test_the_page_holds_the_credit(result):
    page = read_page(result.outputs["report.html"].read_text(encoding="utf-8"))
    frame = result.credit.to_frame().pivot_table("conversions", "channel", "model")
    shown = {row[0][0]: [exact for _, exact in row[1:]] for row in page.tables["credit"]}
    for channel in frame.index:
        name = ENGLISH.texts.get(f"name.{channel}", channel)
        assert shown[name] == [frame.loc[channel, model] for model in result.credit.models]


def test_the_flow_is_that_of_the_functions(result, data):
    log = at.read_log(data / "touches.parquet", data / "conversions.parquet")
    journeys = at.build_journeys(log, lookback="30D", goal="purchase")
    models = ["last_touch", "linear", {"name": "time_decay", "half_life": "7D"}]
    credit = at.attribute(journeys, models).with_spend(data / "spend.parquet")
    pd.testing.assert_frame_equal(result.to_frame(), credit.to_frame())


def test_the_manifest_says_what_was_read_and_made(result, data):
    manifest = json.loads(result.outputs["manifest.json"].read_text(encoding="utf-8"))
    assert manifest == result.manifest
    read = {Path(entry["path"]).name: entry for entry in manifest["inputs"]}
    for name in ("touches.parquet", "conversions.parquet", "spend.parquet"):
        content = (data / name).read_bytes()
        assert read[name]["bytes"] == len(content)
        assert read[name]["sha256"] == hashlib.sha256(content).hexdigest()
    for entry in manifest["outputs"]:
        content = result.outputs[entry["path"]].read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["rows"]["touches"] == pq.ParquetFile(data / "touches.parquet").metadata.num_rows
    counts = manifest["rows"]["attributed_conversions"] + manifest["rows"]["unattributed_conversions"]
    assert counts == result.journeys.n_conversions
    assert set(manifest["seconds"]) == {"open", "audit", "journeys", "credit", "report"}
    assert manifest["library"] == {"attribution-analytics": at.__version__}
    assert manifest["config"]["journeys"]["lookback"] == "30D"


def test_a_run_twice_gives_the_same_bytes(data, tmp_path):
    config = write_job(data, tmp_path)
    first = {name: path.read_bytes() for name, path in run(load_config(config)).outputs.items()}
    second = {name: path.read_bytes() for name, path in run(load_config(config)).outputs.items()}
    for name in ("credit.parquet", "credit.csv", "report.html"):
        assert first[name] == second[name]


def test_each_stage_is_logged_once(data, tmp_path, caplog):
    with caplog.at_level(logging.INFO, logger="attribution.jobs.pipeline"):
        run(load_config(write_job(data, tmp_path)))
    messages = [record.getMessage() for record in caplog.records]
    stages = [message.split(":")[0] for message in messages if ": done in" in message]
    assert stages == ["open", "audit", "journeys", "credit", "report", "write"]


def fail_with(error):
    def broken(*_args, **_kwargs):
        raise error

    return broken


FULL = OSError(errno.ENOSPC, "No space left on device")
STOPS = {
    "disk full in the page": (Report, "to_html", FULL, OutputError),
    "disk full in the table": (at.Credit, "to_csv", FULL, OutputError),
    "disk full in fsync": (os, "fsync", FULL, OutputError),
    "read-only disk": (Path, "replace", OSError(errno.EROFS, "Read-only file system"), OutputError),
    "ctrl-C": (Report, "to_html", KeyboardInterrupt(), KeyboardInterrupt),
    "out of memory": (Report, "to_html", MemoryError(), MemoryError),
}


@pytest.mark.parametrize("name", STOPS)
def test_whatever_stops_the_writing_leaves_the_folder_as_it_was(data, tmp_path, monkeypatch, name):
    place, attribute, error, expected = STOPS[name]
    config = write_job(data, tmp_path)
    run(load_config(config))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(before) == OUTPUTS
    monkeypatch.setattr(place, attribute, fail_with(error))
    with pytest.raises(expected) as caught:
        run(load_config(config))
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    if expected is OutputError:
        assert "unchanged" in str(caught.value)


def test_a_disk_that_is_really_full(data, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        (disk / "report.html").write_text("last week's")
        with pytest.raises(OutputError, match="No space left"):
            run(load_config(write_job(data, disk)))
        assert names(disk) == ["report.html"]
        assert (disk / "report.html").read_text() == "last week's"
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def test_an_output_that_is_a_folder(data, tmp_path):
    (tmp_path / "report.html").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        run(load_config(write_job(data, tmp_path)))
    assert names(tmp_path) == ["report.html"]


@pytest.mark.parametrize("folder", ["file/out", "file"])
def test_an_impossible_output_folder_is_told_before_anything_is_read(data, tmp_path, monkeypatch, folder):
    (tmp_path / "file").write_text("")
    job = load_config(write_job(data, tmp_path / "x"))
    job = replace(job, output=OutputSettings(str(tmp_path / folder)))
    monkeypatch.setattr("attribution.jobs.pipeline.open_log", fail_with(AssertionError("read too early")))
    with pytest.raises(OutputError, match="output folder"):
        run(job)


def test_an_input_that_changes_while_it_is_read_is_refused(data, tmp_path, monkeypatch):
    audit = at.EventLog.audit

    def touched(*arguments, **options):
        os.utime(data / "conversions.parquet", ns=(1, 1))
        return audit(*arguments, **options)

    monkeypatch.setattr(at.EventLog, "audit", touched)
    with pytest.raises(LogError, match="changed while it was read"):
        run(load_config(write_job(data, tmp_path, audit=True)))
    assert names(tmp_path) == []


def test_spend_that_is_missing_or_wrong_is_told_before_the_long_part(data, tmp_path, monkeypatch):
    monkeypatch.setattr("attribution.journeys.build.build_journeys", fail_with(AssertionError("too late")))
    text = write_job(data, tmp_path).read_text()
    config = data / "wrong.toml"
    config.write_text(text.replace("spend.parquet", "spent.parquet"))
    with pytest.raises(CreditError, match=r"spent\.parquet"):
        run(load_config(config))
    (data / "costs.csv").write_text("channel,kost\nemail,3\n")
    config.write_text(text.replace("spend.parquet", "costs.csv"))
    with pytest.raises(CreditError, match="cost"):
        run(load_config(config))


def test_only_a_job_is_run(data):
    with pytest.raises(ConfigError, match="load_config"):
        run(str(data / "x.toml"))  # type: ignore[arg-type]


def test_channels_are_grouped_where_the_job_says_so(data, tmp_path):
    more = (
        '\n[channels]\nunmatched = "keep"\n\n[[channels.rules]]\nchannel = "search"\nraw = "glob:*_search"\n'
    )
    config = write_job(data, tmp_path, more=more)
    config.write_text(config.read_text().replace('[spend]\npath = "spend.parquet"', ""))
    made = run(load_config(config))
    assert "search" in made.credit.channels
    assert "paid_search" not in made.credit.channels
    assert "email" in made.credit.channels


def test_a_breakdown_by_campaign_and_month_keeps_the_totals(data, result, tmp_path):
    config = write_job(data, tmp_path)
    by = 'by = ["channel", "campaign", "month"]\n\n[log]\nschema = {dims = ["campaign"]}'
    config.write_text(config.read_text().replace("\n[log]", by))
    made = run(load_config(config))
    fine = made.to_frame().groupby(["model", "channel"])[["conversions", "value", "cost"]].sum()
    coarse = result.to_frame().groupby(["model", "channel"])[["conversions", "value", "cost"]].sum()
    pd.testing.assert_frame_equal(fine, coarse, rtol=1e-9)
    page = read_page(made.outputs["report.html"].read_text(encoding="utf-8"))
    assert "month" in page.heads["breakdown"][2].lower()


def test_without_nulls_the_credit_is_the_same(data, result, tmp_path):
    config = write_job(data, tmp_path)
    config.write_text(config.read_text().replace('goal = "purchase"', 'goal = "purchase"\nnulls = false'))
    made = run(load_config(config))
    np.testing.assert_allclose(made.credit.conversions, result.credit.conversions, rtol=1e-12)
    assert made.manifest["rows"]["journeys"] < result.manifest["rows"]["journeys"]


def test_the_audit_is_in_the_page_and_fails_the_run_on_request(data, tmp_path):
    made = run(load_config(write_job(data, tmp_path, audit=True)))
    assert len(made.checks) >= 10
    assert made.manifest["checks"] == {check.name: check.status for check in made.checks}
    page = read_page(made.outputs["report.html"].read_text(encoding="utf-8"))
    assert {row[0][0] for row in page.tables["audit"]} == {check.name for check in made.checks}
    assert made.failed == []
    some = made.checks.failed
    anything = run(load_config(write_job(data, tmp_path, audit=True, fail_on='"any"')))
    assert [check.name for check in anything.failed] == [check.name for check in some]


def test_an_unknown_check_names_the_nearest(data, tmp_path):
    with pytest.raises(ConfigError, match="null_keys"):
        run(load_config(write_job(data, tmp_path, audit=True, fail_on='["nul_keys"]')))


def test_hostile_channels_pass_through_the_whole_flow(tmp_path):
    names_ = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", 'a,"b"\n;c', "\U0001f4a9"]
    names_ += ["@x", "-1+2", "a > b"]
    touches = pd.DataFrame(
        {
            "user_id": range(len(names_)),
            "time": pd.Timestamp("2026-01-01", tz="UTC"),
            "channel": names_,
        }
    )
    conversions = touches[["user_id"]].assign(time=pd.Timestamp("2026-01-02", tz="UTC"), value=2.5)
    touches.to_parquet(tmp_path / "touches.parquet")
    conversions.to_parquet(tmp_path / "conversions.parquet")
    config = tmp_path / "job.toml"
    config.write_text(
        'models = "linear"\n[log]\ntouches = "touches.parquet"\nconversions = "conversions.parquet"\n'
        f"[audit]\nenabled = false\n[output]\nfolder = {str(tmp_path / 'out')!r}\n"
    )
    made = run(load_config(config))
    stored = pq.ParquetFile(made.outputs["credit.parquet"]).read().to_pandas()
    assert sorted(stored["channel"]) == sorted(names_)
    with made.outputs["credit.csv"].open(encoding="utf-8", newline="") as file:
        cells = [row["channel"] for row in csv.DictReader(file)]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert [cell.removeprefix("'") for cell in cells] == stored["channel"].tolist()
    page = read_page(made.outputs["report.html"].read_text(encoding="utf-8"))
    assert page.names("script") == []
    assert len(page.tables["credit"]) == len(names_) + 1


def test_a_job_from_disk_gives_the_numbers_of_one_in_memory(data, tmp_path):
    jobs = {}
    for name in ("memory", "stream"):
        out = tmp_path / name
        spill = f'folder = "{tmp_path}"' if name == "stream" else ""
        text = f"""
            models = ["linear", "markov"]
            by = ["channel", "device"]
            [log]
            touches = "touches.parquet"
            conversions = "conversions.parquet"
            [log.schema]
            dims = ["device"]
            [journeys]
            goal = "purchase"
            [engine]
            name = "{name}"
            {spill}
            [output]
            folder = "{out}"
        """
        path = data / f"{name}.toml"
        path.write_text(textwrap.dedent(text))
        jobs[name] = run(load_config(path))
    memory, stream = jobs["memory"], jobs["stream"]
    pd.testing.assert_frame_equal(stream.to_frame(), memory.to_frame(), rtol=1e-9)
    pd.testing.assert_frame_equal(stream.report.tables["top_paths"], memory.report.tables["top_paths"])
    assert stream.journeys is None
    assert stream.manifest["rows"]["journeys"] == memory.manifest["rows"]["journeys"]
    assert (len(memory.checks) > 0, len(stream.checks)) == (True, 0)  # an audit would hold the whole log
    assert sorted(path.name for path in tmp_path.iterdir()) == ["memory", "stream"]


def test_what_a_killed_run_left_beside_the_outputs_is_removed(data, tmp_path):
    left = tmp_path / ".writing-1-dead"
    left.mkdir()
    (left / "lock").touch()  # its process is gone, so nobody holds it
    (left / "credit.csv").write_text("half")
    (data / "again.toml").write_text(
        'models = "linear"\n[log]\ntouches = "touches.parquet"\nconversions = "conversions.parquet"\n'
        f'[journeys]\ngoal = "purchase"\n[output]\nfolder = "{tmp_path}"\n'
    )
    run(load_config(data / "again.toml"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "credit.csv", "credit.parquet", "manifest.json", "report.html"
    ]  # fmt: skip
