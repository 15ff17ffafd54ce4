"""The report of a job has the same sections with the same numbers, wherever its journeys are tallied."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

import attribution as at

MODELS = {"rules": '["last_touch", "linear"]', "markov": '["linear", "markov"]'}
SECTIONS = (
    *("findings", "credit", "over_time", "activity", "breakdown", "journey_map", "time_to_convert", "paths"),
    *("synergy", "customers", "unattributed", "limits"),
)
JOB = """
models = {models}
by = {by}
[log]
touches = "touches"
conversions = "conversions"
[journeys]
goal = "purchase"
lookback = "14D"
{journeys}
[report]
sections = {sections}
[output]
folder = "{folder}"
{more}
"""
STATE = '[increments]\nfolder = "{folder}/state"\nlate_by = "2D"\nperiod = "week"'


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """Return a folder whose files hold three parts of a log, one after the other."""
    folder = tmp_path_factory.mktemp("days")
    tables = at.datasets.simulate(900, days=60, seed=3).tables
    first = tables["touches"]["time"].to_pandas().min().normalize()
    for name in ("touches", "conversions"):
        (folder / name).mkdir()
        since = (tables[name]["time"].to_pandas() - first).dt.days
        for part, (begin, end) in enumerate([(0, 40), (40, 50), (50, 99)]):
            rows = tables[name].filter(((since >= begin) & (since < end)).to_numpy())
            pq.write_table(rows, folder / f"{name}-{part}.parquet")
    return folder


def deliver(days, part):
    for name in ("touches", "conversions"):
        for file in (days / name).glob("*"):
            if part == 0:
                file.unlink()
        (days / f"{name}-{part}.parquet").rename(days / name / f"{part}.parquet")


def put_back(days):
    for name in ("touches", "conversions"):
        for file in (days / name).glob("*"):
            file.rename(days / f"{name}-{file.name}")


def run(days, name, more="", journeys="", sections=SECTIONS, models="rules", by=("channel",)):
    path = days / f"{name}.toml"
    text = JOB.format(
        models=MODELS[models],
        by=json.dumps(by),
        journeys=journeys,
        sections=json.dumps(sections),
        folder=days / name,
        more=more,
    )
    path.write_text(text)
    return at.run(at.load_config(path))


def assert_same_report(found, expected):
    assert [section.name for section in found.sections] == [section.name for section in expected.sections]
    assert found.tables.keys() == expected.tables.keys()
    for name, frame in expected.tables.items():
        pd.testing.assert_frame_equal(found.tables[name], frame, check_exact=False, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("models", "by"), [("rules", ("channel", "month")), ("markov", ("channel",))], ids=["rules", "markov"]
)
def test_a_report_is_the_same_from_memory_from_disk_and_from_increments(days, tmp_path, models, by):
    job = {"models": models, "by": by}
    try:
        for part in range(3):
            deliver(days, part)
            shown = ("findings",) if part == 1 else SECTIONS  # hidden for a night, and tallied all the same
            nightly = run(days, "nightly", STATE.format(folder=tmp_path), sections=shown, **job)
        assert nightly.manifest["rows"]["settled_until"] is not None
        assert nightly.manifest["rows"]["read"]["touches"] < 3000
        memory = run(days, "memory", "[audit]\nenabled = false", **job)
        assert {"journey_map", "time_to_convert", "paths", "synergy", "activity", "customers"} <= {
            section.name for section in memory.report.sections
        }
        assert_same_report(nightly.report, memory.report)
        disk = run(days, "disk", '[engine]\nname = "stream"\nprocesses = 1', **job)
        assert_same_report(disk.report, memory.report)
    finally:
        put_back(days)


def test_a_state_begun_without_what_the_report_needs_goes_on_and_says_so(days, tmp_path, caplog):
    state = STATE.format(folder=tmp_path)
    try:
        deliver(days, 0)
        run(days, "old", state, sections=("findings", "credit"))
        deliver(days, 1)
        caplog.clear()
        later = run(days, "old", state)
        assert [section.name for section in later.report.sections if section.name == "journey_map"] == []
        (told,) = [record.getMessage() for record in caplog.records if "begun without" in record.getMessage()]
        assert "activity by customer, days, flows, paths, touches, traits" in told
        whole = run(days, "whole", "[audit]\nenabled = false")
        pd.testing.assert_frame_equal(later.to_frame(), whole.to_frame(), rtol=1e-9)
    finally:
        put_back(days)


def test_without_non_converting_journeys_the_report_is_that_of_memory_too(days, tmp_path):
    small, sections = "nulls = false", [name for name in SECTIONS if name != "synergy"]
    try:
        for part in range(2):
            deliver(days, part)
            nightly = run(days, "small", STATE.format(folder=tmp_path), small, sections)
        assert_same_report(
            nightly.report, run(days, "whole", "[audit]\nenabled = false", small, sections).report
        )
        assert (
            "nulls" not in nightly.report.tables["top_paths"]
            or not nightly.report.tables["top_paths"]["nulls"].any()
        )
    finally:
        put_back(days)
