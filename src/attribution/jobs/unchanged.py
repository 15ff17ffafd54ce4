"""Whether a run would make again what is there already: the same inputs, settings and versions."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attribution.errors import AttributionError
from attribution.jobs.history import own_manifest
from attribution.jobs.inputs import input_files, open_log
from attribution.jobs.job import Job
from attribution.jobs.manifest import Fingerprint, fingerprints, input_facts, versions

logger = logging.getLogger(__name__)

_APART = ("date", "path")  # what may differ: the day by itself, and how the file was named


def unchanged(job: Job) -> Mapping[str, Any] | None:
    """Return the manifest in the job's output folder if running again would change nothing, else None.

    The day itself does not matter, only what it is used for: a folder, a file, a title. A run whose checks
    failed is made again, so that it fails again. The outputs must still be what the run wrote.

    Parameters
    ----------
    job
        What would be run.

    Returns
    -------
    mapping or None
        The manifest of the run that stands.

    Raises
    ------
    AttributionError
        If an input cannot be opened.
    """
    folder = Path(job.output.folder)
    facts = own_manifest(job, folder)
    reason = "there is no earlier run" if facts is None else _difference(job, folder, facts)
    if reason:
        logger.info("not skipped: %s", reason)
        return None
    return facts


def _difference(job: Job, folder: Path, facts: Mapping[str, Any]) -> str:
    """Say what differs, the cheap things first; empty if nothing does."""
    if facts.get("failed"):
        return f"checks failed the last time: {', '.join(facts['failed'])}"
    if any(facts.get(name) != value for name, value in versions().items()):
        return "it was made with other versions"
    if _settings(facts.get("config", {})) != _settings(json.loads(json.dumps(job.to_dict(), default=str))):
        return "the settings differ"
    if job.log.query is not None:
        return "only reading a query tells whether its rows are other ones"
    log = open_log(job)
    if _names(input_files(job, log, hashed=False)) != [
        (entry["path"], entry["bytes"]) for entry in facts["inputs"]
    ]:
        return "there are other input files, or of other sizes"
    if input_facts(input_files(job, log)) != facts["inputs"]:
        return "the content of the input files differs"
    try:
        there = fingerprints([folder / entry["path"] for entry in facts["outputs"]])
    except AttributionError:
        return "an output is missing"
    same = [file.sha256 for file in there] == [entry["sha256"] for entry in facts["outputs"]]
    return "" if same else "an output was changed"


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name not in _APART}


def _names(files: list[Fingerprint]) -> list[tuple[str, int]]:
    return [(str(file.path), file.size) for file in files]
