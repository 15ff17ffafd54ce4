"""One door, many cases, in a process of its own: ``python -m tests.fuzz.child DOOR CASES [SEED] [FIRST]``.

A case is drawn from ``"SEED/DOOR/NUMBER"``, so that one that fails is run again by its number. The number is
written down before the case begins: a crash of the process leaves it there.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import attribution as at
from tests.fuzz import columns, configuration, damage
from tests.fuzz.doors import DOORS, Door

SEED = 15
_SECONDS = 20  # of processor within which a case must end
_WAITING = 300  # seconds by the clock, for one that waits; a busy machine is no fault
_MEMORY = 8 << 30


class Hung(BaseException):
    """A case that did not end."""


def stop(*_: object) -> None:
    raise Hung


def cases_of(door: Door, folder: Path) -> Callable[[random.Random], bool]:
    """Return what runs one case, and tells whether there was an answer."""
    answer = door.ask(door.table)
    if door.answer is not None:
        np.testing.assert_allclose(answer, door.answer)
    files = damage.files(door.table)
    kinds = dict(zip(door.table.column_names, door.kinds, strict=True))

    def run(rng: random.Random) -> bool:
        data: Any
        if rng.random() < 0.5:
            data, same = columns.drawn(door.table, kinds, rng)
        else:
            ending, whole = rng.choice(files)
            data, same = folder / f"t.{ending}", False
            data.write_bytes(damage.damaged(whole, rng))
        found = door.ask(data)
        if same:
            np.testing.assert_allclose(found, answer, rtol=1e-5)  # some went through float32
        return True

    return run


def configured(folder: Path) -> Callable[[random.Random], bool]:
    def run(rng: random.Random) -> bool:
        path = folder / "job.toml"
        path.write_bytes(configuration.drawn(rng))
        configuration.loaded(path)
        return True

    return run


def main(name: str, cases: int, seed: int = SEED, first: int = 0, at_file: str = os.devnull) -> int:
    """Run the cases; print how many gave answers, and every fault."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGPROF, stop)
    warnings.simplefilter("error")
    answers, faults = 0, []
    mark = os.open(at_file, os.O_WRONLY | os.O_CREAT, 0o600)
    with tempfile.TemporaryDirectory() as folder:
        run = configured(Path(folder)) if name == "toml" else cases_of(DOORS[name], Path(folder))
        for number in range(first, first + cases):
            os.pwrite(mark, b"%12d" % number, 0)
            signal.setitimer(signal.ITIMER_PROF, _SECONDS)
            signal.alarm(_WAITING)
            try:
                answers += run(random.Random(f"{seed}/{name}/{number}"))
            except at.AttributionError as error:
                if not str(error).strip():
                    faults.append((number, "an error without words"))
            except BaseException:  # noqa: BLE001 - a panic of another library is one, and a fault
                faults.append((number, traceback.format_exc(limit=-4)))
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
                signal.alarm(0)
            if len(faults) > 20:
                break
    found = {"door": name, "seed": seed, "cases": cases, "answers": answers, "faults": faults}
    sys.stdout.write(f"{json.dumps(found)}\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:5]), *sys.argv[5:6]))
