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
import glob
import os
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

from attribution._checks import WEEKDAYS
from attribution.errors import AttributionError, ConfigError, unknown_name
from attribution.jobs import toml
from attribution.jobs.doors import HOMES, toml_of
from attribution.jobs.export_section import export_of
from attribution.jobs.job import (
    AUDIT_CHECKS,
    CHANNEL,
    EXPORT_CHECKS,
    GROUPING_CHECKS,
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
    Texts,
)
from attribution.jobs.job_keys import NO_EXPERIMENTS, calibration_of, experiments_of, models_of
from attribution.jobs.placeholders import day_of, expand, filled, pattern_of, time_zone
from attribution.jobs.spend_section import spend_of_section
from attribution.jobs.toml import Reader, Table, mistake, wrong_type
from attribution.journeys.options import JourneyOptions
from attribution.language.catalogue import LANGUAGES

T = TypeVar("T")
NONE: Texts = ()
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
    inputs = _paths(path.absolute().parent)
    top.require("models", 'models = ["last_touch", "linear"], above the first [section]')
    no_models: tuple[ModelSettings, ...] = ()
    models = top.take("models", models_of(top.mistakes), no_models)
    by = top.take("by", toml.distinct_texts, CHANNEL)
    experiments = (
        *top.take("holdouts", experiments_of("holdout", inputs, top.mistakes), NO_EXPERIMENTS),
        *top.take("geo_tests", experiments_of("geo", inputs, top.mistakes), NO_EXPERIMENTS),
    )
    top.require("log", '[log]\n       touches = "touches.parquet"')
    increments = _increments(top.section("increments"))
    log = _log(top.section("log"), inputs)
    exported = log.export is not None
    job = Job(
        path=str(path),
        log=log,
        models=models,
        by=by,
        audit=_audit(top.section("audit"), grouped="channels" in top.values or exported, exported=exported),
        channels=_channels(top.section("channels")),
        journeys=_journeys(top.section("journeys"), inputs),
        engine=_engine(top.section("engine")),
        increments=increments,
        spend=spend_of_section(top.section("spend"), inputs),
        report=_report(top.section("report"), inputs),
        output=_output(top.section("output"), pattern),
        check=_check(top.section("check"), inputs),
        schedule=_schedule(top.section("schedule")),
        bootstrap=top.take("bootstrap", toml.whole(1), None),
        rng=top.take("rng", toml.whole(0), 0),
        experiments=experiments,
        calibration=calibration_of(
            top.section("calibration"), [model.label for model in models], experiments
        ),
    )
    if increments is not None and job.engine.name != "auto":
        problem = f"{job.engine.name!r} is not needed: [increments] read little, and hold that in memory"
        top.mistakes.append(mistake("engine.name", problem, hint="leave [engine] out"))
    top.finish()
    return job


def _log(table: Table | None, inputs: Reader[Texts]) -> LogSettings:
    if table is None:
        return LogSettings(())
    table.require("touches", 'touches = "touches.parquet"')
    settings = LogSettings(
        touches=table.take("touches", inputs, NONE),
        conversions=table.take("conversions", inputs, NONE),
        schema=_schema(table.section("schema")),
        invalid=table.take("invalid", toml.choice("raise", "drop"), "raise"),
        drop_limit=table.take("drop_limit", toml.not_negative, None),
        missing_value=table.take("missing_value", toml.number, None),
        hash_bits=table.take("hash_bits", _hash_bits, 64),
        twins=table.take("twins", toml.choice("refuse", "skip", "count"), "refuse"),
        export=export_of(table),
    )
    table.finish()
    return settings


def _audit(table: Table | None, *, grouped: bool, exported: bool) -> AuditSettings | None:
    if table is None:
        return None
    settings = AuditSettings(
        enabled=table.take("enabled", toml.flag, True),
        fail_on=table.take("fail_on", _fail_on, NONE),
        busy_touches=table.take("busy_touches", toml.whole(1), None),
        outlier_deviations=table.take("outlier_deviations", toml.positive, None),
        most_without_touch=table.take("most_without_touch", toml.positive, None),
    )
    if settings.fail_on and not settings.enabled:
        problem = "nothing can fail while audit.enabled is false"
        table.mistakes.append(mistake(table.at("fail_on"), problem, hint="enabled = true"))
    missing: tuple[tuple[Texts, str, str], ...] = (
        () if grouped else ((GROUPING_CHECKS, "a channel grouping", "[channels]"),)
    )
    missing += () if exported else ((EXPORT_CHECKS, "an export", '[log] export = "ga4"'),)
    for checks, what, hint in missing:
        for name in (name for name in settings.fail_on if name in checks):
            problem = f"{name!r} is a check of {what}, and there is none"
            table.mistakes.append(mistake(table.at("fail_on"), problem, hint=hint))
    table.finish()
    return settings


def _channels(table: Table | None) -> ChannelSettings | None:
    if table is None:
        return None
    settings = ChannelSettings(
        rules=table.take("rules", _rules(table.mistakes), None),
        source=table.take("source", toml.text, None),
        medium=table.take("medium", toml.text, None),
        campaign=table.take("campaign", toml.text, None),
        unmatched=table.take("unmatched", toml.text, None),
        own_domains=table.take("own_domains", toml.distinct_texts, None),
    )
    table.finish()
    return settings


def _journeys(table: Table | None, inputs: Reader[Texts]) -> JourneyOptions:
    if table is None:
        return JourneyOptions()
    usual = JourneyOptions()
    settings: dict[str, Any] = {
        "lookback": table.take("lookback", _lookback, usual.lookback),
        "goal": table.take("goal", _goal, usual.goal),
        "after_conversion": table.take(
            "after_conversion", toml.choice("reset", "overlap"), usual.after_conversion
        ),
        "drop_censored": table.take("drop_censored", toml.flag, usual.drop_censored),
        "session_gap": table.take("session_gap", toml.duration, usual.session_gap),
        "max_touches": table.take("max_touches", toml.whole(1), usual.max_touches),
        "nulls": table.take("nulls", toml.flag, usual.nulls),
        "week_start": table.take("week_start", toml.choice(*WEEKDAYS), usual.week_start),
        "currency": table.take("currency", toml.text, usual.currency),
        "rates": table.take("rates", _one_path(inputs), None),
    }
    table.finish()
    return _try(lambda: JourneyOptions(**settings), table.where, table.mistakes) or usual


def _report(table: Table | None, inputs: Reader[Texts]) -> ReportSettings:
    if table is None:
        return ReportSettings()
    logo = table.take("logo", inputs, NONE)
    sections = table.take("sections", toml.distinct_texts, NONE)
    if sections:
        from attribution.reporting.contents import SECTIONS
    for position, name in enumerate(sections):
        if name not in SECTIONS:
            where = f"{table.at('sections')}[{position}]"
            table.mistakes.append(mistake(where, unknown_name("section", name, SECTIONS)))
    settings = ReportSettings(
        title=table.take("title", toml.text, ReportSettings.title),
        currency=table.take("currency", toml.text, ""),
        decimals=table.take("decimals", toml.whole(0), None),
        top_paths=table.take("top_paths", toml.whole(0), ReportSettings.top_paths),
        sections=sections,
        logo=logo[0] if logo else None,
        language=table.take("language", toml.choice(*LANGUAGES), ReportSettings.language),
    )
    table.finish()
    return settings


def _engine(table: Table | None) -> EngineSettings:
    if table is None:
        return EngineSettings()
    name = table.take("name", toml.choice("auto", "memory", "stream"), "auto")
    given: dict[str, Any] = {
        "memory": table.take("memory", toml.text, None),
        "processes": table.take("processes", toml.whole(1), None),
        "folder": table.take("folder", toml.text, None),
    }
    for key, value in given.items():
        if value is not None and name != "stream":
            problem = f"has no effect on the engine {name!r}"
            table.mistakes.append(mistake(table.at(key), problem, hint='name = "stream"'))
    table.finish()
    if name == "stream":
        from attribution.engines.stream.stream import Stream

        _try(lambda: Stream(**given), table.where, table.mistakes)
    return EngineSettings(name, **given)


def _increments(table: Table | None) -> IncrementSettings | None:
    if table is None:
        return None
    table.require("folder", 'folder = "state"')
    settings = IncrementSettings(
        folder=table.take("folder", toml.text, ""),
        period=table.take("period", toml.choice("day", "week", "month"), "day"),
        late_by=table.take("late_by", toml.late_by, "3D"),
    )
    if "key" in table.values:
        table.asked.append("key")
        problem = "does not stand in a file: settings are kept with every result, and a key must not be"
        hint = "leave it out; the environment variable ATTRIBUTION_KEY holds it, or a file beside the folder"
        table.mistakes.append(mistake(table.at("key"), problem, hint=hint))
    table.finish()
    return settings


def _output(table: Table | None, pattern: str) -> OutputSettings:
    if table is None:
        return OutputSettings()
    folder = table.take("folder", toml.text, OutputSettings.folder)
    keep = table.take("keep", toml.whole(1), None)
    if keep is not None and not pattern:
        problem = f"has no effect: every run writes to the one folder {folder!r}"
        table.mistakes.append(mistake(table.at("keep"), problem, hint='folder = "out/{today}"'))
    allow_empty = table.take("allow_empty", toml.flag, False)
    table.finish()
    return OutputSettings(folder, keep, pattern, allow_empty)


def _check(table: Table | None, inputs: Reader[Texts]) -> CheckSettings | None:
    if table is None:
        return None
    table.require("baseline", 'baseline = "previous"')

    def baseline(value: Any, where: str) -> str:
        found = toml.text(value, where)
        return found if found == PREVIOUS else inputs(found, where)[0]

    settings: dict[str, Any] = {
        "baseline": table.take("baseline", baseline, PREVIOUS),
        "mode": table.take("mode", toml.choice("pinned", "nightly"), "nightly"),
        "fail": table.take("fail", toml.flag, True),
        "despite": table.take("despite", toml.distinct_texts, NONE),
        "sampling": table.take("sampling", _sampling, None),
    }
    for name in ("rtol", "atol", "share_points", "ranks", "drift", "history"):
        settings[name] = table.take(name, toml.not_negative, None)
    settings["alpha"] = table.take("alpha", _alpha, None)
    table.finish()
    return CheckSettings(**settings)


def _alpha(value: Any, where: str) -> float:
    found = toml.not_negative(value, where)
    if found >= 1:
        raise mistake(where, f"must be below 1, not {value}", hint=f"{toml.key_of(where)} = 0.0005")
    return found


def _schedule(table: Table | None) -> ScheduleSettings:
    if table is None:
        return ScheduleSettings()
    settings = ScheduleSettings(timezone=table.take("timezone", time_zone, ScheduleSettings.timezone))
    table.finish()
    return settings


def _paths(base: Path) -> Reader[Texts]:
    """Return a reader of paths that makes them absolute; only the part that the file gives may be a glob."""

    def read(value: Any, where: str) -> Texts:
        found = toml.texts(value, where)
        for entry in found:
            if "\0" in entry:
                hint = f'{toml.key_of(where)} = "...", without a zero byte'
                raise mistake(where, f"{entry!r} is not a path", hint=hint)
        return tuple(
            str(Path(glob.escape(str(base))) / entry) if glob.has_magic(entry) else str(base / entry)
            for entry in found
        )

    return read


def _one_path(inputs: Reader[Texts]) -> Reader[str]:
    def read(value: Any, where: str) -> str:
        return inputs(toml.text(value, where), where)[0]

    return read


def _column(value: Any, where: str) -> str | Texts:
    """Read a column's name; the empty one means "no such column", a list is (touches, conversions)."""
    if isinstance(value, list):
        return toml.texts(value, where)
    return "" if value == "" else toml.text(value, where)


def _pattern(value: Any, where: str) -> str:
    """Read a pattern; the empty one fits what is empty."""
    return "" if value == "" else toml.text(value, where)


def _lookback(value: Any, where: str) -> str | None:
    return None if value == "unlimited" else toml.duration(value, where)


def _goal(value: Any, where: str) -> str | Texts:
    return toml.distinct_texts(value, where) if isinstance(value, list) else toml.text(value, where)


def _try(make: Callable[[], T], where: str, mistakes: list[ConfigError]) -> T | None:
    """Return what `make` makes; note a mistake at `where` if it refuses."""
    try:
        return make()
    except AttributionError as error:
        section = f"[{where.split('[', maxsplit=1)[0]}]" if "[" in where else where
        hint = error.hint and toml_of(error.hint, section=section)
        mistakes.append(mistake(where, error.problem, hint=hint))
    return None


def _hash_bits(value: Any, where: str) -> int:
    if toml.whole(1)(value, where) not in (64, 128):
        raise mistake(where, f"must be 64 or 128, not {value}", hint="hash_bits = 128")
    return int(value)


def _fail_on(value: Any, where: str) -> Texts:
    if value == "nothing":
        return ()
    known = ("any", *AUDIT_CHECKS)
    for name in (names := toml.distinct_texts(value, where)):
        if name not in known:
            raise mistake(where, unknown_name("check", name, known))
    return names


def _sampling(value: Any, where: str) -> float | bool:
    return value if isinstance(value, bool) else toml.not_negative(value, where)


def _schema(table: Table | None) -> Mapping[str, Any]:
    from attribution.eventlog.schema import LogSchema

    if table is None:
        return {}
    readers: dict[str, Reader[Any]] = {"dims": toml.distinct_texts, "conversion_is_touch": toml.flag}
    values = {
        entry.name: table.take(entry.name, readers.get(entry.name, _column), None)
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
            kept = {entry.name: table.take(entry.name, _pattern, None) for entry in fields(ChannelRule)}
            table.finish()
            if kept["channel"] is not None:
                given = {key: pattern for key, pattern in kept.items() if pattern is not None}
                _try(lambda given=given: ChannelRule(**given), here, mistakes)  # type: ignore[misc]
        return tuple(value)

    return read
