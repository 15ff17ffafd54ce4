"""The section [check]: a result against a baseline or the run before, while both are at hand."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from attribution.diagnostics import CheckResult, CheckResults
from attribution.errors import BaselineError
from attribution.jobs.job import Job
from attribution.regression.compare import check
from attribution.regression.store import is_broken

logger = logging.getLogger(__name__)

PREVIOUS = "previous"


def baseline_file(job: Job) -> list[Path]:
    """Return the file that a job is compared with, if it names one; of a folder, its manifest.

    Raises
    ------
    BaselineError
        If it is not there.
    """
    if job.check is None or job.check.baseline == PREVIOUS:
        return []
    path = Path(job.check.baseline)
    path = path / "manifest.json" if path.is_dir() else path
    if not path.is_file():
        msg = f"there is no baseline at {str(path)!r}"
        command = f"attribution check {job.output.folder} --baseline {path} --update-baseline"
        hint = f"run once without [check], then: {command}"
        raise BaselineError(msg, column="check.baseline", hint=hint)
    return [path]


def against_baseline(job: Job, result: Any, before: tuple[Path, Mapping[str, Any]] | None) -> CheckResults:
    """Compare a result as its job asks.

    A baseline of other settings is a failed check, not an error: the outputs are written, and so the next
    run has something to be compared with.

    Parameters
    ----------
    job
        Its section ``[check]`` says with what and how.
    result
        The result of `run`, not yet written.
    before
        The run before: its folder and manifest.

    Returns
    -------
    CheckResults
        The failed ones first; empty where the job asks for none.
    """
    if job.check is None:
        return CheckResults()
    options = asdict(job.check)
    baseline, _ = options.pop("baseline"), options.pop("fail")
    if baseline == PREVIOUS:
        if before is None:
            text = "not checked: there is no earlier run to compare with"
            logger.info("%s", text)
            return CheckResults([CheckResult("baseline", None, text)])
        baseline = before[0]
        with suppress(OSError):
            if is_broken(*before):
                text = f"not checked: the run before was killed while it moved its files to {baseline}"
                logger.warning("%s; this run writes all of them again", text)
                return CheckResults([CheckResult("baseline", None, text)])
    try:
        return check(result, baseline, **options)
    except BaselineError as error:
        fix = error.hint or f"attribution check {job.output.folder} --baseline {baseline} --update-baseline"
        text = f"cannot be compared with {baseline}: {error.problem}"
        return CheckResults([CheckResult("baseline", False, text, 1, fix=fix)])
