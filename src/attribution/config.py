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

import glob
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from attribution import _toml as toml
from attribution._toml import Reader, Table, mistake, wrong_type
from attribution.errors import AttributionError, ConfigError
from attribution.job import (
    CHANNEL,
    AuditSettings,
    ChannelSettings,
    EngineSettings,
    IncrementSettings,
    Job,
    LogSettings,
    ModelSettings,
    OutputSettings,
    ReportSettings,
    SpendSettings,
    Texts,
)
from attribution.journeys.build import JourneySettings

T = TypeVar("T")
NONE: Texts = ()


def load_config(path: str | Path) -> Job:
    r"""Read a configuration file and check all of it.

    Parameters
    ----------
    path
        A TOML file.

    Returns
    -------
    Job
        Frozen; `run(job)` does it.

    Raises
    ------
    ConfigError
        If the file cannot be read, is no TOML, or holds anything that `run` would not understand: every
        unknown key (with the nearest known one), wrong type and wrong value, in one message. The
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
    job = _job(Table(values, "", mistakes, _HOMES), path)
    if mistakes:
        raise toml.one_error(path.name, mistakes)
    return job


_HOMES: dict[str, str] = {"models": "", "by": ""} | {
    entry.name: section
    for section, kind in {
        "log": LogSettings,
        "audit": AuditSettings,
        "channels": ChannelSettings,
        "journeys": JourneySettings,
        "engine": EngineSettings,
        "increments": IncrementSettings,
        "spend": SpendSettings,
        "report": ReportSettings,
        "output": OutputSettings,
    }.items()
    for entry in fields(kind)
}


def _job(top: Table, path: Path) -> Job:
    inputs = _paths(path.absolute().parent)
    top.require("models", 'models = ["last_touch", "linear"], above the first [section]')
    no_models: tuple[ModelSettings, ...] = ()
    models = top.take("models", _models(top.mistakes), no_models)
    by = top.take("by", toml.distinct_texts, CHANNEL)
    top.require("log", '[log]\n       touches = "touches.parquet"')
    increments = _increments(top.section("increments"))
    job = Job(
        path=str(path),
        log=_log(top.section("log"), inputs),
        models=models,
        by=by,
        audit=_audit(top.section("audit")),
        channels=_channels(top.section("channels")),
        journeys=_journeys(top.section("journeys")),
        engine=_engine(top.section("engine")),
        increments=increments,
        spend=_spend(top.section("spend"), inputs),
        report=_report(top.section("report")),
        output=_output(top.section("output")),
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
        missing_value=table.take("missing_value", toml.number, None),
        hash_bits=table.take("hash_bits", _hash_bits, 64),
    )
    table.finish()
    return settings


def _audit(table: Table | None) -> AuditSettings | None:
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
    )
    table.finish()
    return settings


def _journeys(table: Table | None) -> JourneySettings:
    if table is None:
        return JourneySettings()
    usual = JourneySettings()
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
    }
    table.finish()
    return _try(lambda: JourneySettings(**settings), table.where, table.mistakes) or usual


def _spend(table: Table | None, inputs: Reader[Texts]) -> SpendSettings | None:
    if table is None:
        return None
    table.require("path", 'path = "spend.parquet"')
    paths = table.take("path", inputs, NONE)
    if len(paths) > 1:
        table.mistakes.append(mistake(table.at("path"), f"needs one file, got {len(paths)}"))
    outside = table.take("outside", toml.choice("drop", "keep"), "drop")
    table.finish()
    return SpendSettings(paths[0], "keep" if outside == "keep" else "drop") if paths else None


def _report(table: Table | None) -> ReportSettings:
    if table is None:
        return ReportSettings()
    settings = ReportSettings(
        title=table.take("title", toml.text, ReportSettings.title),
        currency=table.take("currency", toml.text, ""),
        decimals=table.take("decimals", toml.whole(0), None),
        top_paths=table.take("top_paths", toml.whole(0), ReportSettings.top_paths),
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
        from attribution.engines.stream import Stream

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
    table.finish()
    return settings


def _output(table: Table | None) -> OutputSettings:
    if table is None:
        return OutputSettings()
    settings = OutputSettings(folder=table.take("folder", toml.text, OutputSettings.folder))
    table.finish()
    return settings


def _paths(base: Path) -> Reader[Texts]:
    """Return a reader of paths that makes them absolute; only the part that the file gives may be a glob."""

    def read(value: Any, where: str) -> Texts:
        found = toml.texts(value, where)
        for entry in found:
            if "\0" in entry:
                raise mistake(where, f"{entry!r} is not a path")
        return tuple(
            str(Path(glob.escape(str(base))) / entry) if glob.has_magic(entry) else str(base / entry)
            for entry in found
        )

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
        mistakes.append(mistake(where, error.problem, hint=error.hint))
    return None


def _hash_bits(value: Any, where: str) -> int:
    if toml.whole(1)(value, where) not in (64, 128):
        raise mistake(where, f"must be 64 or 128, not {value}", hint="hash_bits = 128")
    return int(value)


def _fail_on(value: Any, where: str) -> Texts:
    if value == "nothing":
        return ()
    return toml.texts(value, where)


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


def _models(mistakes: list[ConfigError]) -> Reader[tuple[ModelSettings, ...]]:
    """Return a reader of models that notes what is wrong with each of them."""

    def read(value: Any, where: str) -> tuple[ModelSettings, ...]:
        entries = value if isinstance(value, list) else [value]
        if not entries:
            raise mistake(where, "is an empty list", hint='models = ["last_touch", "linear"]')
        found: list[ModelSettings] = []
        for position, entry in enumerate(entries):
            here = f"{where}[{position}]"
            try:
                model = _model(entry, here)
                if model.label in [other.label for other in found]:
                    hint = f'give one of them a label: {{name = "{model.name}", label = "..."}}'
                    raise mistake(here, f"{model.label!r} appears twice", hint=hint)
                found.append(model)
            except ConfigError as error:
                mistakes.append(error)
        return tuple(found)

    return read


def _model(entry: Any, where: str) -> ModelSettings:
    from attribution.models.registry import resolve

    example = '{name = "time_decay", half_life = "7D"}'
    if isinstance(entry, str):
        entry = {"name": entry}
    if not isinstance(entry, dict):
        raise wrong_type(entry, where, "a model's name or a table", example)
    if "name" not in entry:
        raise mistake(where, "has no name", hint=example)
    name = toml.text(entry["name"], f"{where}.name")
    params = {key: setting for key, setting in entry.items() if key not in {"name", "label"}}
    try:
        model = resolve({"name": name, **params})
    except AttributionError as error:
        raise mistake(where, error.problem, hint=error.hint) from None
    label = toml.text(entry.get("label", model.name), f"{where}.label")
    return ModelSettings(label, name, params)
