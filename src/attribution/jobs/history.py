"""Earlier runs of a job, as their manifests tell them: one folder, or one a day."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

from attribution.jobs.job import Job
from attribution.jobs.placeholders import SHAPES

MANIFEST = "manifest.json"
_FORMAT = 1


@dataclass(frozen=True, order=True)
class DatedRun:
    """A folder that a run of this job wrote, and the dates in its name, which sort in the order of time."""

    dates: tuple[str, ...]
    folder: Path


def identity(job: Job) -> str:
    """Return what makes two runs runs of one job: the configuration file, links resolved."""
    return os.path.realpath(job.path)


def read_manifest(folder: Path) -> Mapping[str, Any] | None:
    """Return the manifest of a run in a folder, or None if there is none that can be understood."""
    try:
        facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    understood = isinstance(facts, dict) and facts.get("format") == _FORMAT and "outputs" in facts
    return facts if understood else None


def own_manifest(job: Job, folder: Path) -> Mapping[str, Any] | None:
    """Return the manifest of a run of this very job in a folder, or None."""
    facts = read_manifest(folder)
    return facts if facts is not None and facts.get("job") == identity(job) else None


def dated_runs(job: Job) -> list[DatedRun]:
    """Return the folders of this job's runs by date, oldest first; none where its folder has no date."""
    if not job.output.pattern:
        return []
    return sorted(run for run in _matches(job.output.pattern) if own_manifest(job, run.folder) is not None)


def previous_run(job: Job) -> tuple[Path, Mapping[str, Any]] | None:
    """Return the run before this one: of an earlier date, or what its folder holds now."""
    folder = Path(job.output.folder)
    if job.output.pattern:
        mine = dates_of(job.output.pattern, str(folder))
        earlier = [run.folder for run in dated_runs(job) if mine is not None and run.dates < mine]
        if not earlier:
            return None
        folder = earlier[-1]
    facts = own_manifest(job, folder)
    return None if facts is None else (folder, facts)


def dates_of(pattern: str, folder: str) -> tuple[str, ...] | None:
    """Return the dates in a folder's name, or None if it is not of that pattern.

    Examples
    --------
    >>> dates_of("out/{month}/{today}", "out/2026-11/2026-11-21")
    ('2026-11', '2026-11-21')
    """
    expression, names = _expression(str(Path(pattern)))
    found = re.fullmatch(expression, str(Path(folder)))
    return found.groups() if found is not None and names else None


def _expression(text: str) -> tuple[str, list[str]]:
    parts: list[str] = []
    names: list[str] = []
    for literal, name, _, _ in Formatter().parse(text):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(f"({SHAPES[name]})")
            names.append(name)
    return "".join(parts), names


def _matches(pattern: str) -> Iterator[DatedRun]:
    """Walk down the folders that a pattern may mean; links are not followed."""
    parts = Path(pattern).parts
    found: list[tuple[tuple[str, ...], Path]] = [((), Path())]
    for part in parts:
        expression, names = _expression(part)
        below: list[tuple[tuple[str, ...], Path]] = []
        for dates, folder in found:
            if not names:
                below.append((dates, folder / part.replace("{{", "{").replace("}}", "}")))
                continue
            for entry in _folders(folder):
                match = re.fullmatch(expression, entry.name)
                if match is not None:
                    below.append((dates + match.groups(), folder / entry.name))
        found = below
    for dates, folder in found:
        yield DatedRun(dates, folder)


def _folders(folder: Path) -> list[Path]:
    try:
        return [entry for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink()]
    except OSError:
        return []
