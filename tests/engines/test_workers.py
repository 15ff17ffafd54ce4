"""Worker processes and signals: answers, errors, deaths, ctrl-C, SIGTERM and SIGKILL."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from attribution.engines.stream import scratch
from attribution.engines.stream.workers import Workers, sendable
from attribution.errors import EngineError, LogError

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def mapped(function: object, jobs: list[object], n: int = 2) -> dict[int, object]:
    with Workers(pickle.dumps(function), n) as workers:
        return dict(workers.map(jobs))


def test_answers_come_with_the_number_of_their_job():
    assert mapped(abs, [-3, -1, 4, -1, 5]) == {0: 3, 1: 1, 2: 4, 3: 1, 4: 5}


def test_an_error_of_a_job_reaches_the_caller():
    with pytest.raises(EngineError, match="a worker process failed: ValueError: invalid literal"):
        mapped(int, ["1", "x"])


def test_an_error_of_ours_keeps_its_facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)  # workers import nothing from the working directory, this module included
    with pytest.raises(LogError, match="3 users are null") as caught:
        mapped(partial(_raised, LogError("3 users are null", column="u", rows=[4])), [1])
    assert caught.value.column == "u"
    assert caught.value.rows == (4,)


def _raised(error: Exception, _: object) -> None:
    raise error


@posix
def test_a_worker_that_the_system_kills_is_told_as_a_lack_of_memory():
    with pytest.raises(EngineError, match=r"ran out of memory.*killed") as caught:
        mapped(signal.raise_signal, [signal.SIGKILL], n=1)
    assert "at.Stream(memory=" in str(caught.value)


@posix
def test_a_worker_that_crashes_is_told():
    with pytest.raises(EngineError, match="died: signal SIGSEGV"):
        mapped(signal.raise_signal, [signal.SIGSEGV], n=1)


def test_what_a_job_prints_disturbs_nothing(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # by which it would be heard at once anyhow
    assert mapped(print, ["hello"], n=1) == {0: None}
    assert "hello" in capfd.readouterr().err


def test_functions_of_main_stay_here():
    assert sendable(abs) is not None
    assert sendable(lambda x: x) is None


SLEEPING = """
import sys, pickle, time
from attribution.engines.stream.scratch import scratch_folder
from attribution.engines.stream.workers import Workers
with scratch_folder(sys.argv[1]) as folder, Workers(pickle.dumps(time.sleep), 2) as workers:
    print("ready", *(process.pid for process in workers._processes), flush=True)
    list(workers.map([60, 60]))
"""


@posix
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_is_heard_at_once_and_leaves_nothing(sent: signal.Signals, tmp_path: Path):
    with _sleeping(tmp_path) as process:
        children = _ready(process)
        assert len(list(tmp_path.iterdir())) == 1
        process.send_signal(sent)
        process.wait(30)  # the jobs alone take 60
    assert process.returncode in (-sent, 128 + sent, 1)
    assert not list(tmp_path.iterdir())
    assert not any(map(_alive, children))


@posix
def test_what_a_killed_process_left_goes_with_the_next(tmp_path: Path):
    with _sleeping(tmp_path) as process:
        _ready(process)
        process.kill()
        process.wait(30)
    assert len(list(tmp_path.iterdir())) == 1
    with scratch.scratch_folder(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def _sleeping(folder: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", SLEEPING, str(folder)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )


def _ready(process: subprocess.Popen[str]) -> list[int]:
    """Wait until its workers work, and return them."""
    assert process.stdout is not None
    word, *children = process.stdout.readline().split()
    assert word == "ready"
    return [int(child) for child in children]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


HERE = """
import pickle, sys
from attribution.engines.stream.workers import Workers, sendable
sys.path.insert(0, sys.argv[1])
from shop import twice
print(sendable(twice), sendable([abs, twice]))
with Workers(sendable(abs), 1) as workers:
    print(dict(workers.map([-3])))
"""


@pytest.mark.parametrize("entry", ["", ".", "cwd"])
def test_a_worker_imports_nothing_from_the_working_directory(tmp_path: Path, entry: str):
    for name in ("pickle", "queue", "attribution", "numpy", "typing", "sitecustomize", "bottleneck"):
        (tmp_path / f"{name}.py").write_text("open('executed', 'w').close()\nraise SystemExit(7)\n")
    (tmp_path / "shop.py").write_text("def twice(x):\n    return 2 * x\n")
    environment = {**os.environ, "PYTHONPATH": str(Path(scratch.__file__).parents[3])}
    command = [sys.executable, "-P", "-c", HERE, entry.replace("cwd", str(tmp_path))]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "None None\n{0: 3}\n", (
        done.stderr
    )  # what is defined there is tallied without workers
    assert not (tmp_path / "executed").exists()
