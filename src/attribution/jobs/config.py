"""A TOML file becomes a frozen `Job`; everything in it is checked before any data is read.

The file's keys are the arguments of the functions that they reach, under the same names and with the
same meaning: ``[log]`` is `read_log`, ``[log.schema]`` is `LogSchema`, ``[channels]`` is
`EventLog.group_channels`, ``[journeys]`` is `build_journeys`, ``models`` and ``by`` are `attribute`,
``[spend]`` is `Credit.with_spend`, ``[report]`` is `report`, ``[engine]`` is `Stream`, ``[increments]`` is
`Increments`.

Paths of inputs are relative to the folder of the configuration file, so that a job can be run from anywhere;
the folders that a run writes to are relative to the working directory, so that it never writes beside its
inputs by accident. Absolute paths stay as they are.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

from attribution.errors import AttributionError, ConfigError, unknown_name
from attribution.jobs import toml
from attribution.jobs.doors import HOMES, toml_of
from attribution.jobs.export_section import export_of
from attribution.jobs.identity_section import identity_of
from attribution.jobs.job import (
    CHANNEL,
    EXPORT_CHECKS,
    GROUPING_CHECKS,
    IDENTITY_CHECKS,
    AuditSettings,
    ChannelSettings,
    CheckSettings,
    EngineSettings,
    IncrementSettings,
    Job,
    LogSettings,
    ModelSettings,
    OutputSettings,
    ReportSettings,
    ScheduleSettings,
)
from attribution.jobs.job_keys import NO_EXPERIMENTS, budget_of, calibration_of, experiments_of, models_of
from attribution.jobs.placeholders import day_of, expand, filled, pattern_of, time_zone
from attribution.jobs.query_section import query_of
from attribution.jobs.readers import JOURNEYS, Texts, column, one_path, paths, pattern
from attribution.jobs.section import taken
from attribution.jobs.spend_section import spend_of_section
from attribution.jobs.toml import Reader, Table, mistake, wrong_type
from attribution.journeys.options import JourneyOptions

S = TypeVar("S")
T = TypeVar("T")
PREVIOUS = "previous"


def load_config(path: str | Path, *, date: str | dt.date | None = None) -> Job:
    r"""Read a configuration file and check all of it.

    Its texts may hold placeholders: ``{today}``, ``{yesterday}``, ``{week}`` (ISO, ``2026-W47``),
    ``{month}``, ``{last_month}`` and the like for the day of the run, ``${NAME}`` for a variable of the
    environment.

    Parameters
    ----------
    path
        A TOML file.
    date
        The day that the run is for, such as ``"2026-11-21"``: a missed night is run later with its own day.
        Today by default, in the time zone of the section ``[schedule]`` (UTC).

    Returns
    -------
    Job
        Frozen; `run(job)` does it.

    Raises
    ------
    ConfigError
        If the file cannot be read, is no TOML, or holds anything that `run` would not understand: every
        unknown key or placeholder (with the nearest known one), variable that is not set, wrong type and
        wrong value, in one message. The
        attribute `column` holds the key path of the first mistake, such as ``journeys.lookback``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = pathlib.Path(folder.name) / "weekly.toml"
    >>> _ = file.write_text('models = ["last_touch", {name = "time_decay", half_life = "7D"}]\n'
    ...                     '[log]\ntouches = "touches.parquet"\n[journeys]\nlookback = "14D"\n')
    >>> job = load_config(file)
    >>> job.journeys.lookback, [model.label for model in job.models]
    ('14D', ['last_touch', 'time_decay'])
    >>> _ = file.write_text(file.read_text().replace("lookback", "lokback"))
    >>> load_config(file)
    Traceback (most recent call last):
    attribution.errors.ConfigError: weekly.toml: journeys.lokback: there is no key 'lokback'; did you mean ...
    >>> folder.cleanup()
    """
    try:
        path = Path(path)
    except TypeError as error:
        msg = f"{path!r} is no path of a configuration file"
        raise ConfigError(msg, hint='at.load_config("weekly.toml")') from error
    values = toml.parse(path)
    mistakes: list[ConfigError] = []
    day = day_of(date, _zone(values))
    pattern = _dated_folder(values)
    job = _job(Table(expand(values, day, os.environ, mistakes), "", mistakes, HOMES), path, pattern)
    job = replace(job, date=day.isoformat())
    if mistakes:
        raise toml.one_error(path.name, mistakes)
    return job


def _zone(values: Mapping[str, Any]) -> str:
    """Return the time zone of a file not yet checked; what is wrong is told when its section is read."""
    try:
        return time_zone(filled(values["schedule"]["timezone"], os.environ, str, ""), "")
    except (LookupError, TypeError, ConfigError):
        return ScheduleSettings.timezone


def _dated_folder(values: Mapping[str, Any]) -> str:
    """Return the name of the output folder with its dates left open, of a file not yet checked."""
    try:
        return pattern_of(values["output"]["folder"], os.environ)
    except (LookupError, TypeError, ConfigError):
        return ""


def _job(top: Table, path: Path, pattern: str) -> Job:
    inputs = paths(path.absolute().parent)
    top.require("models", 'models = ["last_touch", "linear"], above the first [section]')
    no_models: tuple[ModelSettings, ...] = ()
    models = top.take("models", models_of(top.mistakes), no_models)
    by = top.take("by", toml.distinct_texts, CHANNEL)
    experiments = (
        *top.take("holdouts", experiments_of("holdout", inputs, top.mistakes), NO_EXPERIMENTS),
        *top.take("geo_tests", experiments_of("geo", inputs, top.mistakes), NO_EXPERIMENTS),
    )
    top.require("log", '[log]\n       touches = "touches.parquet"')
    increments = _increments(top.section("increments"), inputs)
    log = _log(top.section("log"), inputs, top.mistakes)
    exported = log.export is not None
    rules = _rules(top.mistakes)
    job = Job(
        path=str(path),
        log=log,
        models=models,
        by=by,
        audit=_audit(
            top.section("audit"),
            inputs,
            grouped="channels" in top.values or exported,
            exported=exported,
            stitched="identity" in top.values,
        ),
        channels=_section(ChannelSettings, top.section("channels"), inputs, rules=rules),
        journeys=_journeys(top.section("journeys"), inputs),
        engine=_engine(top.section("engine"), inputs),
        increments=increments,
        spend=spend_of_section(top.section("spend"), inputs),
        report=_report(top.section("report"), inputs, top.mistakes),
        output=_output(top.section("output"), inputs, pattern),
        check=_check(top.section("check"), inputs),
        schedule=_section(ScheduleSettings, top.section("schedule"), inputs) or ScheduleSettings(),
        bootstrap=top.take("bootstrap", toml.whole(1), None),
        rng=top.take("rng", toml.whole(0), 0),
        experiments=experiments,
        calibration=calibration_of(
            top.section("calibration"), [model.label for model in models], experiments
        ),
        identity=identity_of(top.section("identity"), inputs),
        budget=budget_of(
            top.section("budget"),
            inputs,
            calibrated="calibration" in top.values,
            spent="spend" in top.values,
        ),
    )
    if increments is not None and job.engine.name != "auto":
        problem = f"{job.engine.name!r} is not needed: [increments] read little, and hold that in memory"
        top.mistakes.append(mistake("engine.name", problem, hint="leave [engine] out"))
    top.finish()
    return job


def _section(kind: type[S], table: Table | None, inputs: Reader[Texts], **readers: Reader[Any]) -> S | None:
    """Return the settings of a section, None where there is none; what is wrong with it is noted."""
    if table is None:
        return None
    values = taken(kind, table, inputs, **readers)
    table.finish()
    return kind(**values)


def _log(table: Table | None, inputs: Reader[Texts], mistakes: list[ConfigError]) -> LogSettings:
    def schema(value: Any, where: str) -> Mapping[str, Any]:
        return _schema(Table(toml.table(value, where) or {}, where, mistakes, HOMES))

    if table is None:
        return LogSettings(())
    if "query" not in table.values:
        table.require("touches", 'touches = "touches.parquet"')
    settings = LogSettings(
        **taken(LogSettings, table, inputs, schema=schema),
        export=export_of(table, inputs),
        query=query_of(table, inputs),
    )
    table.finish()
    return settings


def _audit(
    table: Table | None, inputs: Reader[Texts], *, grouped: bool, exported: bool, stitched: bool
) -> AuditSettings | None:
    if table is None:
        return None
    settings = AuditSettings(**taken(AuditSettings, table, inputs))
    if settings.fail_on and not settings.enabled:
        problem = "nothing can fail while audit.enabled is false"
        table.mistakes.append(mistake(table.at("fail_on"), problem, hint="enabled = true"))
    missing: tuple[tuple[Texts, str, str], ...] = (
        () if grouped else ((GROUPING_CHECKS, "a channel grouping", "[channels]"),)
    )
    missing += () if exported else ((EXPORT_CHECKS, "an export", '[log] export = "ga4"'),)
    hint = '[identity]\n       tables = "logins.parquet"'
    missing += () if stitched else ((IDENTITY_CHECKS, "stitched users", hint),)
    for checks, what, hint in missing:
        for name in (name for name in settings.fail_on if name in checks):
            problem = f"{name!r} is a check of {what}, and there is none"
            table.mistakes.append(mistake(table.at("fail_on"), problem, hint=hint))
    table.finish()
    return settings


def _journeys(table: Table | None, inputs: Reader[Texts]) -> JourneyOptions:
    usual = JourneyOptions()
    if table is None:
        return usual
    readers = {**JOURNEYS, "rates": one_path(inputs)}
    settings: dict[str, Any] = {
        name: table.take(name, read, getattr(usual, name)) for name, read in readers.items()
    }
    table.finish()
    return _try(lambda: JourneyOptions(**settings), table.where, table.mistakes) or usual


def _report(table: Table | None, inputs: Reader[Texts], mistakes: list[ConfigError]) -> ReportSettings:
    def sections(value: Any, where: str) -> Texts:
        from attribution.reporting.contents import SECTIONS

        names = toml.distinct_texts(value, where)
        wrong = [(position, name) for position, name in enumerate(names) if name not in SECTIONS]
        for position, name in wrong:
            mistakes.append(mistake(f"{where}[{position}]", unknown_name("section", name, SECTIONS)))
        return names

    def logo(value: Any, where: str) -> str:
        return inputs(value, where)[0]

    return _section(ReportSettings, table, inputs, sections=sections, logo=logo) or ReportSettings()


def _engine(table: Table | None, inputs: Reader[Texts]) -> EngineSettings:
    if table is None:
        return EngineSettings()
    settings = taken(EngineSettings, table, inputs)
    name, given = settings["name"], {key: value for key, value in settings.items() if key != "name"}
    for key, value in given.items():
        if value is not None and name != "stream":
            problem = f"has no effect on the engine {name!r}"
            table.mistakes.append(mistake(table.at(key), problem, hint='name = "stream"'))
    table.finish()
    if name == "stream":
        from attribution.engines.stream.stream import Stream

        _try(lambda: Stream(**given), table.where, table.mistakes)
    return EngineSettings(**settings)


def _increments(table: Table | None, inputs: Reader[Texts]) -> IncrementSettings | None:
    if table is None:
        return None
    settings = taken(IncrementSettings, table, inputs)
    if "key" in table.values:
        table.asked.append("key")
        problem = "does not stand in a file: settings are kept with every result, and a key must not be"
        hint = "leave it out; the environment variable ATTRIBUTION_KEY holds it, or a file beside the folder"
        table.mistakes.append(mistake(table.at("key"), problem, hint=hint))
    table.finish()
    return IncrementSettings(**settings)


def _output(table: Table | None, inputs: Reader[Texts], pattern: str) -> OutputSettings:
    if table is None:
        return OutputSettings()
    settings = OutputSettings(**taken(OutputSettings, table, inputs), pattern=pattern)
    if settings.keep is not None and not pattern:
        problem = f"has no effect: every run writes to the one folder {settings.folder!r}"
        table.mistakes.append(mistake(table.at("keep"), problem, hint='folder = "out/{today}"'))
    table.finish()
    return settings


def _check(table: Table | None, inputs: Reader[Texts]) -> CheckSettings | None:
    def baseline(value: Any, where: str) -> str:
        found = toml.text(value, where)
        return found if found == PREVIOUS else inputs(found, where)[0]

    return _section(CheckSettings, table, inputs, baseline=baseline)


def _try(make: Callable[[], T], where: str, mistakes: list[ConfigError]) -> T | None:
    """Return what `make` makes; note a mistake at `where` if it refuses."""
    try:
        return make()
    except AttributionError as error:
        section = f"[{where.split('[', maxsplit=1)[0]}]" if "[" in where else where
        hint = error.hint and toml_of(error.hint, section=section)
        mistakes.append(mistake(where, error.problem, hint=hint))
    return None


def _schema(table: Table) -> Mapping[str, Any]:
    from attribution.eventlog.schema import LogSchema

    readers: dict[str, Reader[Any]] = {"dims": toml.distinct_texts, "conversion_is_touch": toml.flag}
    values = {
        entry.name: table.take(entry.name, readers.get(entry.name, column), None)
        for entry in fields(LogSchema)
    }
    table.finish()
    values = {key: value for key, value in values.items() if value is not None}
    _try(lambda: LogSchema(**values), table.where, table.mistakes)
    return values


def _rules(mistakes: list[ConfigError]) -> Reader[tuple[Mapping[str, str], ...] | None]:
    from attribution.eventlog.channels import ChannelRule

    def read(value: Any, where: str) -> tuple[Mapping[str, str], ...] | None:
        if value == "default":
            return None
        if not isinstance(value, list) or not value:
            raise wrong_type(value, where, '"default" or a list of rules', hint=f"[[{where}]]")
        for position, rule in enumerate(value):
            here = f"{where}[{position}]"
            table = Table(toml.table(rule, here) or {}, here, mistakes, {})
            table.require("channel", 'channel = "Paid search"')
            kept = {entry.name: table.take(entry.name, pattern, None) for entry in fields(ChannelRule)}
            table.finish()
            if kept["channel"] is not None:
                given = {key: pattern for key, pattern in kept.items() if pattern is not None}
                _try(lambda given=given: ChannelRule(**given), here, mistakes)  # type: ignore[misc]
        return tuple(value)

    return read
