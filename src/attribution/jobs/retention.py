"""Old dated folders of a job go when a new run is complete: ours alone, and never the newest."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

from attribution.errors import LogError
from attribution.jobs.history import MANIFEST, dated_runs, dates_of, own_manifest
from attribution.jobs.job import Job
from attribution.jobs.lock import if_free
from attribution.jobs.manifest import fingerprints

logger = logging.getLogger(__name__)


def stale_folders(job: Job) -> list[Path]:
    """Return the folders that `prune` would remove once the job's own folder is written.

    Parameters
    ----------
    job
        Where it keeps 30 folders, its own counts as one of them, whatever its date.

    Returns
    -------
    list of Path
        Oldest first.
    """
    keep, folder = job.output.keep, Path(job.output.folder)
    if keep is None or dates_of(job.output.pattern, str(folder)) is None:
        return []
    others = [run.folder for run in dated_runs(job) if run.folder != folder]
    return others[: max(len(others) - (keep - 1), 0)]


def prune(job: Job) -> list[Path]:
    """Remove what old runs of this job wrote, and their folders where nothing else is in them.

    A file that is not what the run wrote (its hash differs), or that the run did not write, stays, with
    its folder. A folder on which a run is at work stays too. What cannot be removed is told in the log and
    fails nothing: the new outputs are there.
    """
    removed = []
    for folder in stale_folders(job):
        try:
            with if_free(folder) as free:
                done = free and _remove_outputs(job, folder)
            if done:
                removed.append(folder)
                _remove_folder(job, folder)
        except OSError as error:
            logger.warning("cannot remove %s: %s", folder, error.strerror or error)
    if removed:
        logger.info(
            "keep = %d: removed %s", job.output.keep, ", ".join(map(str, removed)),
            extra={"fields": {"removed": [str(folder) for folder in removed]}},
        )  # fmt: skip
    return removed


def _remove_outputs(job: Job, folder: Path) -> bool:
    """Remove the files that the manifest names, and it last, so that a run that is cut short is resumed."""
    facts = own_manifest(job, folder)
    if facts is None:
        return False
    for entry in facts["outputs"]:
        path = folder / Path(str(entry["path"])).name
        if not path.is_file():
            continue
        with suppress(LogError):  # it cannot be read: then it is not known to be ours
            if fingerprints([path])[0].sha256 == entry["sha256"]:
                path.unlink()
                continue
        logger.warning("%s was changed since its run, and stays", path)
    (folder / MANIFEST).unlink()
    return True


def _remove_folder(job: Job, folder: Path) -> None:
    """Remove a folder if it is empty, and those above it that its pattern dates."""
    try:
        folder.rmdir()
    except OSError:
        logger.warning("%s stays: it holds files that no run of this job wrote", folder)
        return
    above = Path(job.output.pattern)
    with suppress(OSError):
        while "{" in (above := above.parent).name:
            folder = folder.parent
            folder.rmdir()
