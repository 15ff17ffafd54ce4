"""What a whole process costs: CPU seconds of all its threads, wall seconds, peak memory.

The operating system keeps the account (`wait4`), so nothing that a contender does escapes it: imports,
threads, the work itself. This module imports the standard library only: on Linux a child's peak memory
starts from its parent's.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Cost:
    """What a process took."""

    cpu: float
    wall: float
    peak_mb: float

    @classmethod
    def median(cls, costs: Sequence[Cost]) -> Cost:
        """Return the median of each figure by itself."""
        columns = zip(*(asdict(cost).values() for cost in costs), strict=True)
        return cls(*(statistics.median(column) for column in columns))


class ProcessError(RuntimeError):
    """A contender ended with an error; the message is the end of what it wrote."""


class StoppedError(ProcessError):
    """A contender used up the CPU seconds that it was given."""


def run(command: Sequence[str], cpu_limit: float | None = None) -> Cost:
    """Run a command from the root of the repository and return what it cost.

    Raises
    ------
    StoppedError
        If it used more CPU seconds than `cpu_limit`, which is looked at twenty times a second. (A limit of
        the operating system's own would make the process's clock coarse.)
    ProcessError
        If it ended with an error.
    """
    path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=said)
        spent = None if cpu_limit is None else _watch(process.pid, cpu_limit)
        if spent is not None:
            process.kill()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if spent is not None:
            msg = f"stopped after {spent:.0f} CPU s"
            raise StoppedError(msg)
        if process.returncode:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            raise ProcessError("\n".join(lines[-4:]) or f"exit code {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * _MAXRSS_UNIT / 1e6)


def _watch(pid: int, cpu_limit: float) -> float | None:
    """Wait until a process has ended, or return its CPU seconds when they are more than allowed."""
    clock = (~pid << 3) | 2  # Linux: the CPU clock of another process; elsewhere wall seconds count
    began = time.perf_counter()
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        try:
            spent = time.clock_gettime(clock)
        except OSError:
            spent = time.perf_counter() - began
        if spent > cpu_limit:
            return spent
        time.sleep(0.05)
    return None


@dataclass(frozen=True)
class Entry:
    """A contender at a job: a function of a module of `benchmarks.contenders`."""

    module: str
    function: str
    python: str = sys.executable

    def cost(self, folder: Path) -> Cost:
        """Do the job on the log in `folder`, throw the answer away, and return the cost."""
        return run([*self.command, str(folder)])

    def answer(self, folder: Path) -> dict[str, Any]:
        """Do the job on the log in `folder` and return its answer as plain data, with versions."""
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "answer.json"
            run([*self.command, str(folder), "--answer", str(path)])
            answer: dict[str, Any] = json.loads(path.read_text())
            return answer

    @property
    def command(self) -> list[str]:
        return [self.python, "-m", "benchmarks.contender", self.module, self.function]


def missing(python: str, package: str) -> bool:
    """Return whether that Python lacks a package."""
    probe = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({package!r}) is None)"
    return subprocess.run([python, "-c", probe], cwd=ROOT, check=False).returncode != 0
