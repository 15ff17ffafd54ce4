"""What a run was made of: inputs with sizes and hashes, versions, settings, counts."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution import __version__
from attribution.diagnostics import CheckResults
from attribution.errors import LogError
from attribution.jobs.job import Job
from attribution.models.log_profile import settings_of, steps_of_credit

if TYPE_CHECKING:
    from attribution.credit.credit import Credit

_LIBRARIES = ("numpy", "pandas", "pyarrow", "scipy", "matplotlib", "jinja2")


@dataclass(frozen=True)
class Fingerprint:
    """A file as it was: `sha256` is None where hashing would mean reading too much."""

    path: Path
    size: int
    changed: int
    sha256: str | None


def fingerprints(paths: list[Path], *, hashed: bool = True) -> list[Fingerprint]:
    """Return sizes and times of files, and the hash of their bytes unless that means reading too much."""
    found = []
    for path in dict.fromkeys(paths):
        try:
            status = path.stat()
            digest = None
            if hashed:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            msg = f"cannot read {path}: {error.strerror or error}"
            raise LogError(msg) from error
        found.append(Fingerprint(path, status.st_size, status.st_mtime_ns, digest))
    return found


def refuse_changed(files: list[Fingerprint]) -> None:
    """Raise LogError if a file is not what it was when its fingerprint was taken."""
    for file in files:
        try:
            status = file.path.stat()
            same = (status.st_size, status.st_mtime_ns) == (file.size, file.changed)
        except OSError:
            same = False
        if not same:
            msg = f"{file.path} changed while it was read"
            why = "a part of the numbers would come from the old file and a part from the new"
            raise LogError(
                msg, why=why, hint="write inputs under another name and rename them, then run again"
            )


def manifest_of(
    job: Job,
    rows: Mapping[str, Any],
    credit: Credit,
    checks: CheckResults,
    files: list[Fingerprint],
    profile: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the facts of a run that depend on nothing but its inputs and the installed versions."""
    sums = credit.sums()
    return {
        "format": 1,
        "job": os.path.realpath(job.path),
        **versions(),
        "inputs": input_facts(files),
        "rows": {
            **rows,
            "channels": len(credit.palette),
            "attributed_conversions": float(sums.conversions[0]),
            "unattributed_conversions": float(sums.unattributed_conversions[0]),
            "cells": len(credit.keys[0]),
        },
        "checks": {check.name: check.status for check in checks},
        "profile": {
            "settings": settings_of(credit.settings, credit.by),
            "window": None if credit.window is None else [_iso(instant) for instant in credit.window],
            "log": None,
            "transitions": steps_of_credit(credit),
            **(profile or {}),
        },
        "config": job.to_dict(),
    }


def versions() -> dict[str, Any]:
    """Return the versions that the numbers of a run may depend on."""
    return {
        "library": {"attribution-analytics": __version__},
        "python": platform.python_version(),
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
    }


def input_facts(files: list[Fingerprint]) -> list[dict[str, Any]]:
    """Return what a manifest says of input files; of one that is not hashed, when it was changed (ns)."""
    return [
        {"path": str(file.path), "bytes": file.size, "sha256": file.sha256}
        | ({"changed": file.changed} if file.sha256 is None else {})
        for file in files
    ]


def shown(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the report shows of a manifest: nothing that differs from one machine to the next."""
    config = {
        section: settings
        for section, settings in manifest["config"].items()
        if section not in {"path", "log", "spend", "output", "increments", "check", "schedule", "date"}
    }
    return {
        "library": manifest["library"],
        "inputs": {
            Path(file["path"]).name: file["sha256"] or f"{file['bytes']:,} bytes"
            for file in manifest["inputs"]
        },
        "rows": manifest["rows"],
        **config,
    }


def _iso(instant_us: int) -> str:
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=int(instant_us))).isoformat()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
