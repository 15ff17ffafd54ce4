"""How much memory and disk there is, and what a log needs of them."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attribution.errors import EngineError

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog
    from attribution.tables.sources import Source

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?i?b)\s*", re.IGNORECASE)

# Measured at ten million touches with ten rules, Markov of order 2 and channel sets (docs/performance.md):
# bytes resident at the peak per touch of what is built at once, and of a process before it reads anything.
_PER_TOUCH, _PER_LABEL, _PROCESS = 170, 12, 130 << 20
_READING = 190 << 20  # decoded batches, chunks that wait for the disk, and their compression
_FEWEST_ROWS = 1 << 16
_MOST_ROWS = 3 << 19  # larger partitions fall out of the caches and gain nothing
_MOST_BUCKETS = 256
_ROWS_A_BYTE = 64
_ALONE = 1 << 20  # up to so many touches the start of another process costs more than it saves


def parse_bytes(value: str | int, name: str) -> int:
    """Read an amount of memory.

    Examples
    --------
    >>> parse_bytes("2GB", "memory"), parse_bytes("512 MiB", "memory")
    (2000000000, 536870912)
    """
    if isinstance(value, str):
        found = _SIZE.fullmatch(value)
        if found is None:
            msg = f"{name}={value!r} is no amount of memory"
            raise EngineError(msg, column=name, hint=f'{name}="2GB"')
        return int(float(found[1]) * _UNITS[found[2].upper()])
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        msg = f"{name}={value!r} is no amount of memory"
        raise EngineError(msg, column=name, hint=f'{name}="2GB"')
    return value


def shown_bytes(n: float) -> str:
    """Return an amount of bytes for a person.

    Examples
    --------
    >>> shown_bytes(1_234_567), shown_bytes(18)
    ('1.2 MB', '18 B')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if n < 1000:
            return f"{n:.3g} {unit}" if n < 100 else f"{n:.0f} {unit}"
        n /= 1000
    return f"{n:,.3g} TB" if n < 1000 else f"{n:,.0f} TB"


def available_memory() -> int:
    """Return how many bytes this process may still take, of the machine or of its container."""
    free = 1 << 32
    with suppress(OSError, ValueError, AttributeError):
        free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = 1024 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    with suppress(OSError, ValueError):  # a container's limit (cgroup v2; "max" is no number: no limit)
        group = Path("/sys/fs/cgroup")
        limit = int((group / "memory.max").read_text())
        free = min(free, limit - int((group / "memory.current").read_text()))
    return max(free, 0)


def touch_bytes(log: EventLog) -> int:
    """Return how many bytes a touch takes while journeys are built and tallied, at the peak."""
    table = log.touch_table
    return _PER_TOUCH + _PER_LABEL * len(table.dims) + (24 if table.sequence else 0)


def plausible_rows(source: Source) -> int | None:
    """Return how many rows a table says that it has, or None if that is not known, or not to be believed.

    A damaged file may claim any number; one with users and times has no more than a few rows a byte.
    """
    if source.n_rows is None or not source.files:
        return source.n_rows
    with suppress(OSError):
        if source.n_rows > _ROWS_A_BYTE * sum(file.stat().st_size for file in source.files):
            return None
    return source.n_rows


def row_bytes(log: EventLog) -> int:
    """Return how many bytes a touch takes on disk while it waits in its bucket, at most."""
    table = log.touch_table
    return 20 + 4 * len(table.dims) + (8 if table.sequence else 0) + (8 if log.hash_bits > 64 else 0)


@dataclass(frozen=True)
class Plan:
    """How a log is cut.

    Attributes
    ----------
    buckets
        Groups of users that are tallied one after the other.
    rows
        Touches that one bucket may hold before it is split again.
    processes
        How many buckets are tallied at once.
    """

    buckets: int
    rows: int
    processes: int


def plan(memory: int, per_touch: int, n_rows: int | None, buckets: int | None, processes: int) -> Plan:
    """Cut a log so that reading it, and then all processes together, stay within `memory` bytes.

    Parameters
    ----------
    memory
        Bytes for everything, the interpreters included.
    per_touch
        Bytes that a touch takes while it is tallied.
    n_rows
        How many touches there are, or None where only reading would tell.
    buckets
        How many buckets were asked for, or None.
    processes
        How many processes may work.

    Raises
    ------
    EngineError
        If that is too little to do anything.

    Examples
    --------
    >>> plan(2 * 10**9, 170, 10**8, None, 2)
    Plan(buckets=128, rows=1572864, processes=2)
    """
    if n_rows is not None and n_rows <= _ALONE:
        processes = 1
    while True:
        # One process tallies in the reading one; more of them are workers beside it.
        base = (_PROCESS + _READING) if processes == 1 else (_PROCESS + _READING // 2 + processes * _PROCESS)
        rows = min((memory - base) // (processes * per_touch), _MOST_ROWS)
        if rows >= _FEWEST_ROWS or processes == 1:
            break
        processes -= 1
    if rows < _FEWEST_ROWS:
        least = _PROCESS + _READING + _FEWEST_ROWS * per_touch
        msg = f"memory={shown_bytes(memory)} is too little to read and tally anything"
        raise EngineError(msg, column="memory", hint=f'memory="{-(-least // 10**8) * 100}MB"')
    if buckets is None:
        # A third more than the mean fits: users differ, and so do buckets.
        wanted = 64 if n_rows is None else -(-n_rows * 4 // (rows * 3))
        buckets = min(max(1 << (wanted - 1).bit_length() if wanted > 1 else 1, 1), _MOST_BUCKETS)
    return Plan(buckets, int(rows), max(1, min(processes, buckets)))
