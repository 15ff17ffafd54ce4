"""One run at a time: who comes second is told so, waits, or takes over from the dead."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

import attribution
from attribution import _lock as locking
from attribution import cli
from attribution.engines.increments.state_store import StateStore
from attribution.errors import ConfigError, EngineError, InUseError, OutputError
from attribution.jobs.config import load_config
from attribution.jobs.job import IncrementSettings
from attribution.jobs.lock import LOCK, if_free, only_run
from attribution.jobs.pipeline import run

HOLD = """
import sys, time
from pathlib import Path
from attribution.jobs.lock import if_free
with if_free(Path(sys.argv[1])) as free:
    print(free, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def job(job_file):
    return load_config(job_file(), date="2026-11-21")


def hold(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(attribution.__file__).parents[1])},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_the_second_is_told_who_the_first_is_and_the_dead_are_followed(tmp_path, job, caplog):
    process = hold(tmp_path)
    try:
        with pytest.raises(InUseError, match=f"process {process.pid} on "), only_run(job, tmp_path, None):
            pass
        with if_free(tmp_path) as free:
            assert not free
    finally:
        kill(process)
    assert (tmp_path / LOCK).exists()
    with caplog.at_level(logging.WARNING), only_run(job, tmp_path, None):
        assert (tmp_path / LOCK).exists()
    assert not (tmp_path / LOCK).exists()
    assert f"took over the lock of process {process.pid}" in caplog.text
    caplog.clear()
    with only_run(job, tmp_path, None):
        pass
    assert caplog.text == ""


def test_waiting_ends_with_the_other_run(tmp_path, job, caplog):
    process = hold(tmp_path)
    timer = threading.Timer(0.5, kill, [process])
    timer.start()
    with caplog.at_level(logging.WARNING), only_run(job, tmp_path, "60s"):
        pass
    timer.join()
    assert caplog.text.count("waiting up to 60 s for another run") == 1


def test_patience_has_an_end(tmp_path, job):
    with if_free(tmp_path) as free:
        assert free
        with pytest.raises(InUseError, match="--wait"), only_run(job, tmp_path, "50ms"):
            pass


@pytest.mark.parametrize("wait", ["soon", "10", 10, "-1s"])
def test_what_is_no_time_to_wait_is_refused(tmp_path, job, wait):
    with pytest.raises(ConfigError, match="wait"), only_run(job, tmp_path, wait):
        pass
    assert not (tmp_path / LOCK).exists()


def test_many_at_once_are_never_two(tmp_path, job):
    inside, most, done = [0], [0], []

    def worker() -> None:
        with only_run(job, tmp_path, "60s"):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.002)
            inside[0] -= 1
            done.append(1)

    threads = [threading.Thread(target=worker) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most[0], len(done)) == (1, 6)
    assert not (tmp_path / LOCK).exists()


def test_increments_in_use_are_seen_before_anything_is_read(tmp_path, job, monkeypatch):
    monkeypatch.setattr("attribution.jobs.pipeline.open_log", lambda _: pytest.fail("read too early"))
    job = replace(job, increments=IncrementSettings(str(tmp_path / "state")))
    with StateStore.opened(tmp_path / "state"), pytest.raises(InUseError, match="process"):
        run(job)
    assert not Path(job.output.folder).exists()


def test_the_command_exits_with_4_and_writes_nothing(tmp_path, job_file, capsys):
    config = job_file("out")
    (tmp_path / "out").mkdir()
    with if_free(tmp_path / "out"):
        assert cli.main(["run", str(config)]) == 4
    shown = capsys.readouterr()
    assert shown.err.startswith("attribution: busy: another run is at work")
    assert list((tmp_path / "out").iterdir()) == []
    assert cli.main(["run", str(config), "--wait", "soon"]) == 2


def test_a_disk_without_locks_is_refused(tmp_path, job, monkeypatch):
    def none(_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(locking, "lock", none)
    with pytest.raises(OutputError, match="No locks available"), only_run(job, tmp_path, None):
        pass


VICTIMS = {
    "a link to a file": lambda path, victim: path.symlink_to(victim),
    "a link to nothing": lambda path, victim: path.symlink_to(victim.with_name("nothing")),
    "a second name of a file": lambda path, victim: path.hardlink_to(victim),
    "a file of somebody": lambda path, victim: path.write_bytes(victim.read_bytes()),
    "a folder": lambda path, victim: path.mkdir(),
    "a pipe": lambda path, victim: os.mkfifo(path),
}


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes as POSIX knows them")
@pytest.mark.parametrize("made", VICTIMS.values(), ids=VICTIMS)
def test_what_is_no_lock_of_ours_is_left_as_it_is(tmp_path, job, made, caplog):
    victim = tmp_path / "victim.txt"
    victim.write_text("TOP SECRET PAYROLL\n")
    for folder, name in ((tmp_path / "out", LOCK), (tmp_path / "state", "lock")):
        folder.mkdir()
        made(folder / name, victim)
    with pytest.raises(OutputError, match="lock") as refused, only_run(job, tmp_path / "out", None):
        pass
    with pytest.raises(EngineError, match="lock") as foreign, StateStore.opened(tmp_path / "state"):
        pass
    assert victim.read_text() == "TOP SECRET PAYROLL\n"
    assert not (tmp_path / "nothing").exists()
    assert os.path.lexists(tmp_path / "out" / LOCK)
    assert "SECRET" not in f"{refused.value}{foreign.value}{caplog.text}"


def test_a_lock_that_changed_hands_is_not_removed(tmp_path):
    with if_free(tmp_path) as free:
        assert free
        (tmp_path / LOCK).unlink()
        (tmp_path / LOCK).write_text("process 1 on another machine\n")
    assert (tmp_path / LOCK).read_text() == "process 1 on another machine\n"
