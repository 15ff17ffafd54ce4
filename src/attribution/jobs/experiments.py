"""The experiments of a job: analysed before the long part, because their tables are small."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution.errors import ExperimentError, unknown_name
from attribution.jobs.doors import toml_of
from attribution.jobs.job import ExperimentSettings, Job

if TYPE_CHECKING:
    from attribution.calibration.calibration import Calibration
    from attribution.credit.credit import Credit
    from attribution.evaluation.budget_advice import BudgetAdvice
    from attribution.experiments.shared.lift import Lift

Tests = dict[str, list["Lift"]]


def experiment_files(job: Job) -> list[Path]:
    """Return the files of the job's experiments.

    Raises
    ------
    ExperimentError
        If one is not there.
    """
    found: list[Path] = []
    for test in job.experiments:
        path = Path(test.path)
        if not path.exists():
            table = "users" if test.kind == "holdout" else "panel"
            msg = f"there is no table of the experiment of {test.channel!r} at {path}"
            hint = "paths are relative to the configuration file"
            raise ExperimentError(msg, column=table, hint=hint)
        found += sorted(part for part in path.rglob("*") if part.is_file()) if path.is_dir() else [path]
    return found


def lifts_of(job: Job) -> Tests:
    """Analyse the job's experiments; by channel.

    Raises
    ------
    ExperimentError
        If one cannot be analysed; the message names its channel.
    """
    found: Tests = {}
    for test in job.experiments:
        try:
            lift = _analysed(test)
        except ExperimentError as error:
            msg = f"the experiment of {test.channel!r}: {error.problem}"
            section = "[holdouts]" if test.kind == "holdout" else "[geo_tests]"
            hint = error.hint and toml_of(error.hint, section=section)
            facts = {"column": error.column, "rows": error.rows, "count": error.count}
            raise ExperimentError(msg, why=error.why, hint=hint, **facts) from error  # type: ignore[arg-type]
        found.setdefault(test.channel, []).append(lift)
    return found


def _analysed(test: ExperimentSettings) -> Lift:
    from attribution.experiments.geo.analyze import analyze_geo
    from attribution.experiments.holdout.holdout import analyze_holdout
    from attribution.experiments.shared.lift import Lift

    options: dict[str, Any] = dict(test.options)
    found = (
        analyze_holdout(test.path, **options) if test.kind == "holdout" else analyze_geo(test.path, **options)
    )
    if not isinstance(found, Lift):
        msg = f"the experiment of {test.channel!r} has {len(found)} results, and a channel has one"
        hint = "one entry for each treatment, with its own channel"
        raise ExperimentError(msg, column="treatment" if test.kind == "holdout" else "treated", hint=hint)
    return found


def calibrated(job: Job, credit: Credit, lifts: Tests) -> Calibration | None:
    """Return the credit of the job's model, calibrated; None where the job does not ask for it."""
    from attribution.calibration.calibrate import calibrate

    if job.calibration is None:
        return None
    asked = job.calibration
    return calibrate(credit.select(models=asked.model), lifts, measure=asked.measure, blocked=asked.blocked)


def advised(job: Job, calibration: Calibration | None) -> BudgetAdvice | None:
    """Return what the calibration says of the spend; None where the job does not ask for it."""
    from attribution.evaluation.advising import advise_budget

    if job.budget is None or calibration is None:
        return None
    asked = job.budget
    return advise_budget(
        calibration,
        margin=asked.margin,
        per_conversion=asked.per_conversion,
        elasticity=asked.elasticity,
    )


def known_channels(credit: Credit, lifts: Tests) -> None:
    """Refuse an experiment of a channel that the log does not have.

    Raises
    ------
    ExperimentError
        With the nearest channel.
    """
    channels = sorted(set(credit.keys[0][credit.attributed].tolist()))
    for channel in lifts:
        if channel not in channels:
            raise ExperimentError(unknown_name("channel", channel, channels), column="channel")
