"""One contender, one model, one process: ``python -m benchmarks.model_contender MODULE JOB FOLDER FILE GB``.

A contender module has a function a job, ``job(folder, table, clock) -> {label: {channel: conversions}}``. It
puts its work under ``clock("load")`` (the file into a data frame), ``clock("parse")`` (path strings into what
the library's own call takes) and ``clock("solve")`` (that call). Thirteen small paths come first, so that
imports and first calls are over when the clock starts; their answer is kept too. Work of under a second is
repeated and the medians count. GB is how much memory there is to be had.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import statistics
import sys
import time
import warnings
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import distributions
from pathlib import Path


class Clock:
    """CPU seconds of this process, all threads, by phase."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    @contextlib.contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.spent[phase] = self.spent.get(phase, 0.0) + time.process_time() - began


def main(module: str, job: str, folder: str, out: str, memory_gb: str) -> None:
    memory = int(float(memory_gb) * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    warnings.simplefilter("ignore")
    run = getattr(import_module(f"benchmarks.contenders.{module}"), job)
    clocks: list[dict[str, float]] = []
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):  # some peers print
        small = run(folder, "thirteen.csv", Clock())
        while sum(sum(spent.values()) for spent in clocks) < 1.0 and len(clocks) < 9:
            clock = Clock()
            answer = run(folder, "paths.csv", clock)
            clocks.append(clock.spent)
    found = {
        "answer": answer,
        "thirteen": small,
        "clock": {phase: statistics.median(spent[phase] for spent in clocks) for phase in clocks[0]},
        "versions": {d.metadata["Name"]: d.version for d in distributions()},
    }
    Path(out).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
