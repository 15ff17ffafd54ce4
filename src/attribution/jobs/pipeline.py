"""The whole flow once: a `Job` in, files and a `Result` out."""

from __future__ import annotations

import html
import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution._display import Display
from attribution._files import atomic_write
from attribution._scratch import locked_folder
from attribution.diagnostics import CheckResults
from attribution.errors import ConfigError, NoConversionsError, OutputError, unknown_name
from attribution.jobs.check_section import against_baseline, baseline_file
from attribution.jobs.doors import at_door, checks_at, toml_of
from attribution.jobs.experiments import Tests, advised, calibrated, known_channels, lifts_of
from attribution.jobs.history import previous_run
from attribution.jobs.inputs import input_files, open_log, spend_files, spend_of
from attribution.jobs.job import AuditSettings, Job, ReportSettings
from attribution.jobs.lock import only_run
from attribution.jobs.manifest import fingerprints, manifest_of, refuse_changed, shown
from attribution.jobs.retention import prune
from attribution.jobs.stages import Stages
from attribution.jobs.summary import headline, summary_line

if TYPE_CHECKING:
    import pandas as pd

    from attribution.credit.credit import Credit
    from attribution.eventlog.eventlog import EventLog
    from attribution.journeys.journeys import Journeys
    from attribution.reporting.html import Report

logger = logging.getLogger(__name__)

_THRESHOLDS = ("busy_touches", "outlier_deviations", "most_without_touch")
_UNLIMITED = "36500D"  # longer than any log, where an audit wants a number
_DRAFT = ".writing-"


@dataclass(frozen=True, eq=False, repr=False)
class Result(Display):
    """What a run made.

    Attributes
    ----------
    job
        What was asked for.
    credit
        Credit by model, with spend where the job names it.
    journeys
        The journeys behind it; None with ``[increments]``, which build only those that are new.
    checks
        What the audit of the log found; empty where the job asks for none.
    report
        What ``report.html`` shows.
    outputs
        The files written, by name.
    manifest
        What ``manifest.json`` holds: inputs with sizes and hashes, versions, settings, counts, durations.
    previous
        The manifest of the run before, in this folder or of an earlier date; None if there is none.
    regression
        How it compares with a baseline (``[check]``); empty where the job asks for none.
    """

    job: Job
    credit: Credit
    journeys: Journeys | None
    checks: CheckResults
    report: Report
    outputs: Mapping[str, Path]
    manifest: Mapping[str, Any]
    previous: Mapping[str, Any] | None = field(default=None)
    regression: CheckResults = field(default_factory=CheckResults)

    @property
    def failed(self) -> CheckResults:
        """The failed checks for which the job asks the run to fail (``[audit] fail_on``, ``[check]``)."""
        wanted = () if self.job.audit is None else self.job.audit.fail_on
        audit = (check for check in self.checks.failed if "any" in wanted or check.name in wanted)
        fails = self.job.check is not None and self.job.check.fail
        return CheckResults([*audit, *(self.regression.failed if fails else ())])

    def summary(self) -> str:
        """Return the run in one line of at most 300 characters, fit for a chat message.

        It tells the day, conversions and value, the channel with the most credit under the first model with
        its change since the run before, the failed checks, and where the report lies.
        """
        before = None if self.previous is None else self.previous.get("headline")
        failed = [check.name for check in self.failed]
        page = str(self.outputs["report.html"])
        findings = len(self.checks.failed)
        return summary_line(self.job, self.manifest["headline"], before, failed, page, findings)

    def to_frame(self) -> pd.DataFrame:
        """Return the credit table; see `Credit.to_frame`."""
        return self.credit.to_frame()

    def _repr_text(self) -> str:
        return f"{self._title()}\n{self.credit}"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self._title())}</p>{self.credit._repr_html_()}"

    def _title(self) -> str:
        return f"Result of {self.job.path}, written to {self.job.output.folder}"


def run(job: Job, *, wait: str | timedelta | None = None) -> Result:
    """Do a job: read, audit, build journeys, credit, set against spend, report, write.

    Four files are written to the job's output folder: ``credit.parquet`` and ``credit.csv`` (what
    `Credit.to_frame` returns), ``report.html``, and ``manifest.json``. They are prepared beside their places
    and renamed together at the end, the manifest last; until then the files of an earlier run stay as they
    are. The manifest holds the hash of the others. Where the job keeps a number of dated folders
    (``[output] keep``), older ones are removed at the very end.

    Parameters
    ----------
    job
        From `load_config`.
    wait
        How long to wait while another run is at work on the same output folder or the same increments, such
        as ``"10min"``; by default that is an error at once.

    Returns
    -------
    Result
        Its `failed` holds the failed checks that the job does not put up with; the files are written all
        the same, because the report tells what is wrong.

    Raises
    ------
    LogError
        If the log cannot be read, holds values that have no right reading, or changes while it is read.
    NoConversionsError
        If there is no conversion to credit and ``[output] allow_empty`` does not allow that; what an earlier
        run wrote stands.
    JourneyError, ModelError, CreditError
        If a setting does not fit the data, such as a misspelt goal.
    InUseError
        If another run is at work on the same folder.
    OutputError
        If the outputs cannot be written: no permission, disk full. Nothing is left half-written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import attribution as at
    >>> folder = tempfile.TemporaryDirectory()
    >>> dataset = at.datasets.simulate(500, days=60, seed=1)
    >>> written = dataset.write(folder.name)
    >>> config = Path(folder.name, "weekly.toml")
    >>> text = f'''
    ... models = ["last_touch", "linear"]
    ... [log]
    ... touches = "touches.parquet"
    ... conversions = "conversions.parquet"
    ... [journeys]
    ... goal = "purchase"
    ... [output]
    ... folder = "{folder.name}/out"
    ... '''
    >>> _ = config.write_text(text)
    >>> result = at.run(at.load_config(config))
    >>> sorted(path.name for path in Path(folder.name, "out").iterdir())
    ['credit.csv', 'credit.parquet', 'manifest.json', 'report.html']
    >>> folder.cleanup()
    """
    if not isinstance(job, Job):
        msg = f"run takes a Job, not {type(job).__name__}"
        raise ConfigError(msg, hint='at.run(at.load_config("weekly.toml"))')
    with at_door(toml_of), _output_folder(job) as folder, only_run(job, folder, wait):
        result = _run(job, folder)
        prune(job)
    return result


def _run(job: Job, folder: Path) -> Result:
    from attribution.credit.periods import PERIODS
    from attribution.credit.spend_table import spend_table_of
    from attribution.jobs.execution import execution_of
    from attribution.reporting.facts import ReportFacts
    from attribution.reporting.html import report

    began = datetime.now(UTC)
    stages = Stages(logger)
    with stages("open"):
        spend_files(job)
        baseline_file(job)
        log = open_log(job)
        files = input_files(job, log)
        job = replace(job, journeys=job.journeys.with_rates())
        if job.spend is not None:  # what is wrong with it is told before the long part
            spend = spend_of(job.spend)
            own = [name for name in job.by if name not in {"channel", *PERIODS}]
            spend_table_of(spend, own, timezone=job.journeys.timezone)
        work = execution_of(job, log)
    lifts: Tests = {}
    if job.experiments:
        with stages("experiments"):
            lifts = lifts_of(job)
    with stages("audit"):
        checks = _audit(job, log, in_memory=work.in_memory)
    credited = work.credited(stages)
    money = job.report.currency or credited.credit.currency
    credit = credited.credit.with_look(currency=money, decimals=job.report.decimals)
    if job.spend is not None:
        credit = credit.with_spend(
            spend,
            currency=job.report.currency,
            decimals=job.report.decimals,
            outside=job.spend.outside,
            rates=job.journeys.rates,
        )
    _refuse_empty(job, credit, credited.rows)
    known_channels(credit, lifts)
    calibration = calibrated(job, credit, lifts)
    advice = advised(job, calibration)
    manifest = manifest_of(job, credited.rows, credit, checks, files, credited.profile)
    manifest["headline"] = headline(credit)
    with stages("report"):
        facts = ReportFacts(
            journeys=credited.tallies,
            lifts=lifts or None,
            calibration=calibration,
            budget=advice,
            checks=checks or None,
            manifest=shown(manifest),
        )
        page = report(credit, facts, **_looks(job.report))
    before = previous_run(job)
    previous = None if before is None else before[1]
    result = Result(job, credit, credited.journeys, checks, page, {}, manifest, previous)
    if job.check is not None:
        with stages("check"):
            result = replace(result, regression=against_baseline(job, result, before))
    manifest["regression"] = {check.name: check.status for check in result.regression}
    manifest["failed"] = [check.name for check in result.failed]
    with stages("write"):
        refuse_changed(files)
        outputs, manifest = _write(folder, credit, page, manifest, began, stages)
    logger.info("wrote %s", ", ".join(str(path) for path in outputs.values()))
    return replace(result, outputs=outputs, manifest=manifest)


def _looks(settings: ReportSettings) -> dict[str, Any]:
    """Return the arguments of `report` that say how it looks; how money is written is the credit's."""
    looks = {**asdict(settings), "sections": settings.sections or None}
    looks["title"] = None if settings.title == ReportSettings.title else settings.title
    return {name: value for name, value in looks.items() if name not in {"currency", "decimals"}}


def _refuse_empty(job: Job, credit: Credit, rows: Mapping[str, Any]) -> None:
    """Refuse to write a report of nothing over the one of yesterday."""
    if job.output.allow_empty or headline(credit)["conversions"]:
        return
    goal = "" if job.journeys.goal is None else f" with the goal {job.journeys.goal!r}"
    counted = ", ".join(f"{count:,} {name}" for name, count in rows.items() if isinstance(count, int))
    msg = f"the log holds no conversion{goal} ({counted})"
    raise NoConversionsError(
        msg,
        column="journeys.goal" if goal else "log.conversions",
        why="a report of nothing would take the place of the one that stands; nothing was written",
        hint="allow_empty=True",
    )


def _audit(job: Job, log: EventLog, *, in_memory: bool) -> CheckResults:
    """Check the log. This reads all of it into memory: where that is to be avoided, it must be asked for."""
    if job.audit is None and not in_memory:
        logger.info("no audit: it would hold the whole log in memory; an [audit] section asks for it")
        return CheckResults()
    audit = job.audit or AuditSettings()
    if not audit.enabled:
        return CheckResults()
    thresholds = {name: getattr(audit, name) for name in _THRESHOLDS if getattr(audit, name) is not None}
    checks = log.audit(lookback=job.journeys.lookback or _UNLIMITED, **thresholds)
    checks = checks_at(toml_of, checks)
    known = [check.name for check in checks]
    for name in audit.fail_on:
        if name not in known and name != "any":
            raise ConfigError(unknown_name("check", name, ["any", *known]), column="audit.fail_on")
    return checks


@contextmanager
def _output_folder(job: Job) -> Iterator[Path]:
    """Make the output folder, and find out before hours of work whether it can be written to.

    One that was made and is still empty when the block raises is removed again.
    """
    hint = '[output] folder = "..."'
    if not job.output.folder.strip():
        msg = "the name of the output folder is empty"
        raise OutputError(msg, column="output.folder", hint=hint)
    folder = Path(job.output.folder)
    try:
        made = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        msg = f"cannot make the output folder {str(folder)!r}: {getattr(error, 'strerror', None) or error}"
        raise OutputError(msg, column="output.folder", hint=hint) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        msg = f"the output folder {folder} may not be written to"
        raise OutputError(msg, column="output.folder", hint=hint)
    try:
        yield folder
    except BaseException:
        if made:
            with suppress(OSError):
                folder.rmdir()
        raise


@contextmanager
def _together(folder: Path, names: tuple[str, ...]) -> Iterator[dict[str, Path]]:
    """Yield a place to write each file to; move all of them into `folder` when every one is complete.

    Whatever stops the block (a full disk, an interrupt) leaves the folder as it was. What a killed
    process left there is removed.
    """
    try:
        with locked_folder(folder, _DRAFT) as draft:
            yield {name: draft / name for name in names}
            _refuse_folders([folder / name for name in names])
            for name in names:
                (draft / name).replace(folder / name)
    except OutputError:
        raise
    except OSError as error:
        msg = f"cannot write to {folder}: {error.strerror or error}"
        why = "nothing was written, and the files of an earlier run are unchanged"
        raise OutputError(msg, why=why, hint="make room or choose another folder, then run again") from error


def _refuse_folders(paths: list[Path]) -> None:
    for path in paths:
        if path.is_dir():
            msg = f"cannot write {path}: it is a folder"
            raise OutputError(msg, hint='[output] folder = "..."')


def _write(
    folder: Path,
    credit: Credit,
    page: Report,
    manifest: dict[str, Any],
    began: datetime,
    stages: Stages,
) -> tuple[dict[str, Path], dict[str, Any]]:
    names = ("credit.parquet", "credit.csv", "report.html", "manifest.json")
    with _together(folder, names) as place:
        credit.to_parquet(place["credit.parquet"])
        credit.to_csv(place["credit.csv"])
        page.to_html(place["report.html"])
        written = fingerprints([place[name] for name in names[:-1]])
        facts = {
            **manifest,
            "outputs": [
                {"path": file.path.name, "bytes": file.size, "sha256": file.sha256} for file in written
            ],
            "seconds": stages.seconds,
            "began": began.isoformat(timespec="seconds"),
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        text = json.dumps(facts, indent=2, ensure_ascii=False, default=str)
        with atomic_write(place["manifest.json"], text=True) as file:
            file.write(text + "\n")
    return {name: folder / name for name in names}, json.loads(text)
