"""A run told before it is done: what it would read, about how long it would take, what it would write."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from attribution._display import Display
from attribution.engines.stream.budget import (
    available_memory,
    parse_bytes,
    plausible_rows,
    shown_bytes,
    touch_bytes,
)
from attribution.errors import OutputError
from attribution.jobs.check_section import baseline_file
from attribution.jobs.execution import execution_of
from attribution.jobs.experiments import experiment_files
from attribution.jobs.history import MANIFEST
from attribution.jobs.inputs import open_log, spend_files
from attribution.jobs.job import Job
from attribution.jobs.retention import stale_folders

if TYPE_CHECKING:
    import pandas as pd

    from attribution.tables.sources import Source

OUTPUTS = ("credit.parquet", "credit.csv", "report.html", MANIFEST)
# From docs/scale.md, measured on Parquet: 44 to 62 CPU seconds for 10^8 touches, and some for the start; an
# audit and a report of a small log add about as much again.
_START, _FAST, _SLOW = 2.0, 4.4e-7, 1.5e-6
_PROCESS = 130 << 20
_SAMPLE = 1 << 16


@dataclass(frozen=True)
class Table:
    """One input: its files, their bytes, and its rows as far as they are known without reading it."""

    name: str
    files: int
    bytes: int
    rows: int | None
    estimated: bool


@dataclass(frozen=True, repr=False)
class Preview(Display):
    """What a run would do.

    Attributes
    ----------
    job
        The job.
    tables
        What it would read.
    engine
        ``"memory"``, ``"stream"`` or ``"increments"``.
    memory
        Bytes at the peak, estimated; None where the rows are not known.
    seconds
        CPU seconds, estimated, (low, high); None where the rows are not known.
    writes
        Files that it would write; those that are there would be replaced.
    removes
        Old folders that it would then remove.
    """

    job: Job
    tables: tuple[Table, ...]
    engine: str
    memory: int | None
    seconds: tuple[float, float] | None
    writes: tuple[Path, ...]
    removes: tuple[Path, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as the command prints them with ``--json``."""
        return {
            "date": self.job.date,
            "reads": [asdict(table) for table in self.tables],
            "engine": self.engine,
            "estimated_memory_bytes": self.memory,
            "estimated_cpu_seconds": None if self.seconds is None else list(self.seconds),
            "writes": [str(path) for path in self.writes],
            "removes": [str(path) for path in self.removes],
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row an input."""
        import pandas as pd

        return pd.DataFrame([asdict(table) for table in self.tables])

    def _repr_text(self) -> str:
        lines = [f"{self.job.path} for {self.job.date}: a dry run, no rows are read and nothing is written"]
        lines += [f"reads    {_table_text(table)}" for table in self.tables]
        if self.engine == "increments":
            lines.append("         at most: what is settled is not read again")
        memory = "unknown" if self.memory is None else f"about {shown_bytes(self.memory)}"
        free = shown_bytes(available_memory())
        lines.append(f"engine   {self.engine}; estimated memory {memory} of {free} free")
        if self.seconds is None:
            lines.append("time     unknown: the number of rows is not known before the files are read")
        else:
            low, high = self.seconds
            lines.append(
                f"time     estimated {low:.0f} to {high:.0f} CPU seconds (docs/scale.md); CSV takes longer"
            )
        for path in self.writes:
            lines.append(f"writes   {path}{' (replaces it)' if path.exists() else ''}")
        lines += [f"removes  {path}" for path in self.removes]
        return "\n".join(lines)


def preview(job: Job) -> Preview:
    """Return what `run` would do, without doing it.

    Files are listed and their metadata read; of a text file the first 64 kB, to estimate its rows. Files
    with the same bytes are not looked for.

    Raises
    ------
    AttributionError
        If an input is missing or of the wrong kind, or the outputs could not be written.
    """
    _refuse_unwritable(Path(job.output.folder))
    spend = spend_files(job)
    baseline_file(job)
    log = open_log(replace(job, log=replace(job.log, twins="count")))  # to find twins is to read them
    sources = [log.touches] + ([] if log.conversions is None else [log.conversions])
    tables = [_table(source) for source in sources]
    tables += [_whole("spend", [path]) for path in spend]
    tests = experiment_files(job)
    tables += [_whole("experiments", tests)] if tests else []
    engine, limit = _engine(job, execution_of(job, log))
    rows = plausible_rows(log.touches) or tables[0].rows
    memory = seconds = None
    if rows is not None:
        memory = _PROCESS + rows * touch_bytes(log)
        low = _START + rows * _FAST
        seconds = (round(low, 1), round(2 * _START + rows * _SLOW, 1))
    if limit is not None:
        memory = limit if memory is None else min(memory, limit)
    writes = tuple(Path(job.output.folder) / name for name in OUTPUTS)
    return Preview(job, tuple(tables), engine, memory, seconds, writes, tuple(stale_folders(job)))


def _engine(job: Job, work: Any) -> tuple[str, int | None]:
    """Return the engine's name and the memory that it would keep to."""
    if job.increments is not None:
        return "increments", None
    if work.in_memory:
        return "memory", None
    given = getattr(work.engine, "memory", None)
    limit = available_memory() // 2 if given is None else parse_bytes(given, "memory")
    return type(work.engine).__name__.lower(), limit


def _whole(name: str, files: Sequence[Path]) -> Table:
    """Return a table that is read whole whatever its rows."""
    return Table(name, len(files), sum(file.stat().st_size for file in files), None, estimated=False)


def _table(source: Source) -> Table:
    sizes = [file.stat().st_size for file in source.files]
    rows, estimated = source.n_rows, False
    if rows is None:
        rows, estimated = _estimated_rows(source, sum(sizes)), True
    return Table(source.table, len(sizes), sum(sizes), rows, estimated and rows is not None)


def _estimated_rows(source: Source, size: int) -> int | None:
    """Return about how many rows text files hold, by the length of the first lines; None if compressed."""
    seen = lines = 0
    for file in source.files[:20]:
        try:
            with file.open("rb") as raw, pa.input_stream(file) as stream:
                head = stream.read(_SAMPLE)
                if head[:64] != raw.read(64)[: len(head)]:
                    return None
        except (OSError, pa.ArrowException):
            return None
        seen, lines = seen + len(head), lines + head.count(b"\n")
    return int(size * lines / seen) if lines else None


def _table_text(table: Table) -> str:
    files = f"{table.files:,} file{'s' if table.files != 1 else ''}, {shown_bytes(table.bytes)}"
    rows = "rows unknown" if table.rows is None else f"{table.rows:,} rows"
    if table.name in {"spend", "experiments"}:
        return f"{table.name}: {files}"
    return f"{table.name}: {files}, {'about ' if table.estimated else ''}{rows}"


def _refuse_unwritable(folder: Path) -> None:
    """Find out whether a folder could be written to, without making it."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        msg = f"the output folder {str(folder)!r} could not be written: {str(place)!r} may not be written to"
        raise OutputError(msg, column="output.folder", hint='[output] folder = "..."')
