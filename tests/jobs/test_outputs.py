"""What becomes of outputs: the same again, skipped, or removed when old; never anybody else's."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest

from attribution import cli
from attribution.jobs.config import load_config
from attribution.jobs.history import dates_of, previous_run
from attribution.jobs.lock import if_free
from attribution.jobs.pipeline import run
from attribution.jobs.retention import prune, stale_folders
from attribution.jobs.unchanged import unchanged

OUTPUTS = ["credit.csv", "credit.parquet", "manifest.json", "report.html"]
DAYS = [f"2026-11-{day:02}" for day in range(1, 7)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def dated(job_file, tmp_path):
    """Folders of six days, copies of one run; the job keeps three."""
    config = job_file(more="keep = 3")
    made = tmp_path / "out" / DAYS[0]
    run(load_config(config, date=DAYS[0]))
    for day in DAYS[1:]:
        shutil.copytree(made, tmp_path / "out" / day)
    return config


def test_old_folders_go_and_the_newest_stay(dated, tmp_path):
    run(load_config(dated, date="2026-11-07"))
    assert names(tmp_path / "out") == ["2026-11-05", "2026-11-06", "2026-11-07"]


def test_a_missed_night_made_up_for_keeps_its_folder(dated, tmp_path):
    run(load_config(dated, date="2026-10-15"))
    assert names(tmp_path / "out") == ["2026-10-15", "2026-11-05", "2026-11-06"]


def test_what_is_not_ours_stays(dated, tmp_path, caplog):
    out = tmp_path / "out"
    (out / "2026-11-01" / "note.txt").write_text("ask Kim")
    (out / "2026-11-02" / "report.html").write_text("with my remarks")
    (out / "2026-11-03" / "manifest.json").write_text("{}")
    facts = json.loads((out / "2026-11-04" / "manifest.json").read_text())
    (out / "2026-11-04" / "manifest.json").write_text(json.dumps(facts | {"job": "/another.toml"}))
    (out / "2025-01-01").mkdir()
    (out / "2024-01-01").symlink_to(out / "2026-11-06")
    shutil.copytree(out / "2026-11-06", out / "2026-11-06-backup")
    with caplog.at_level(logging.WARNING):
        run(load_config(dated, date="2026-11-07"))
    assert names(out) == [
        "2024-01-01", "2025-01-01", "2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04",
        "2026-11-05", "2026-11-06", "2026-11-06-backup", "2026-11-07",
    ]  # fmt: skip
    # 1 and 2 are this job's: its five folders are 1, 2, 5, 6 and 7.
    assert names(out / "2026-11-01") == ["note.txt"]
    assert names(out / "2026-11-02") == ["report.html"]
    assert names(out / "2026-11-03") == names(out / "2026-11-04") == OUTPUTS
    said = [record for record in caplog.records if record.name == "attribution.jobs.retention"]
    assert len(said) == 3  # two folders, and the file that was changed


def test_a_folder_at_work_is_left_alone(dated, tmp_path):
    job = load_config(dated, date="2026-11-07")
    with if_free(tmp_path / "out" / DAYS[0]):
        assert prune(job) == [tmp_path / "out" / day for day in DAYS[1:4]]
    assert names(tmp_path / "out" / DAYS[0]) == OUTPUTS


def test_a_removal_that_was_cut_short_is_finished(dated, tmp_path):
    (tmp_path / "out" / DAYS[0] / "credit.csv").unlink()
    assert prune(load_config(dated, date="2026-11-07"))[0] == tmp_path / "out" / DAYS[0]
    assert not (tmp_path / "out" / DAYS[0]).exists()


def test_months_above_go_when_they_are_empty(job_file, tmp_path):
    config = job_file("out/{month}/{today}", more="keep = 1")
    run(load_config(config, date="2026-10-31"))
    run(load_config(config, date="2026-11-01"))
    assert names(tmp_path / "out") == ["2026-11"]


def test_a_failed_run_removes_nothing(dated, tmp_path):
    (tmp_path / "data" / "touches.parquet").unlink()
    assert cli.main(["run", str(dated), "--date", "2026-11-07"]) == 2
    assert names(tmp_path / "out") == DAYS


def test_without_keep_everything_stays(job_file):
    assert stale_folders(load_config(job_file(), date="2026-11-07")) == []


@pytest.mark.parametrize(
    ("pattern", "folder", "dates"),
    [
        ("out/{today}", "out/2026-11-21", ("2026-11-21",)),
        ("out/{today}", "./out/2026-11-21/", ("2026-11-21",)),
        ("out/{week}-{{x}}", "out/2026-W47-{x}", ("2026-W47",)),
        ("out.{year}", "out.2026", ("2026",)),
        ("out.{year}", "outx2026", None),
        ("out/{today}", "out/2026-11-21-old", None),
        ("out", "out", None),
    ],
)
def test_dates_in_names(pattern, folder, dates):
    assert dates_of(pattern, folder) == dates


def test_the_run_before_is_the_latest_of_an_earlier_date(dated, tmp_path):
    assert previous_run(load_config(dated, date="2026-11-04"))[0] == tmp_path / "out" / "2026-11-03"
    assert previous_run(load_config(dated, date="2026-11-01")) is None


def test_nothing_new_is_skipped(job_file, tmp_path, caplog):
    config = job_file("out")
    job = load_config(config, date="2026-11-21")
    assert unchanged(job) is None
    run(job)
    assert unchanged(job) is not None
    assert unchanged(load_config(config, date="2026-11-22")) is not None  # the day alone is no change
    before = (tmp_path / "out" / "manifest.json").read_bytes()
    with caplog.at_level(logging.INFO, logger="attribution"):
        assert cli.main(["run", str(config), "--if-changed", "-v"]) == 0
    assert "skipped: nothing changed" in caplog.text
    assert (tmp_path / "out" / "manifest.json").read_bytes() == before


CHANGES = {
    "an input's content": (lambda data, out: flip(data / "spare.csv", b"5", b"6"), "content of the input"),
    "an input's size": (lambda data, out: flip(data / "spare.csv", b"5", b"56"), "other sizes"),
    "an output": (lambda data, out: (out / "report.html").write_text("x"), "output was changed"),
    "no output": (lambda data, out: (out / "credit.csv").unlink(), "output is missing"),
    "no manifest": (lambda data, out: (out / "manifest.json").unlink(), "no earlier run"),
    "a version": (lambda data, out: edit(out, python="2.7"), "other versions"),
    "failed checks": (lambda data, out: edit(out, failed=["ties"]), "checks failed the last time: ties"),
    "settings": (lambda data, out: edit(out, config={}), "settings differ"),
}


def flip(path: Path, old: bytes, new: bytes) -> None:
    path.write_bytes(path.read_bytes().replace(old, new))


def edit(out: Path, **facts: object) -> None:
    path = out / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    (folder / "data").mkdir()
    (folder / "data" / "touches.csv").write_text(
        "user_id,time,channel\n1,2026-01-01,email\n2,2026-01-01,ad\n"
    )
    (folder / "data" / "spare.csv").write_text("user_id,time,value\n1,2026-01-02,5\n2,2026-01-02,1\n")
    config = folder / "data" / "job.toml"
    config.write_text(
        'models = "linear"\n[log]\ntouches = "touches.csv"\nconversions = "spare.csv"\n'
        f'[output]\nfolder = "{folder}/out"\n'
    )
    run(load_config(config))
    return folder


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_a_change(made, caplog, name):
    change, said = CHANGES[name]
    keep = made.parent / f"{made.name}-kept"
    shutil.copytree(made, keep)
    try:
        job = load_config(made / "data" / "job.toml")
        assert unchanged(job) is not None
        change(made / "data", made / "out")
        with caplog.at_level(logging.INFO):
            assert unchanged(job) is None
        assert said in caplog.text
    finally:
        shutil.rmtree(made)
        keep.rename(made)
