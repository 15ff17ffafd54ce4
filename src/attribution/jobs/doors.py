"""A fix in the language of the door at which its reader stands: Python, a configuration file, the shell.

Errors and findings print Python, since that is what makes them. Who reads the error of a job writes TOML, and
has none of the variables. Names are the same on both sides (a key of a file is the argument that it reaches),
so that a line is translated by its meaning: it is parsed, and its arguments become the keys that they are.
What changes a table has no key: it is said to belong before the run.
"""

from __future__ import annotations

import ast
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeAlias

from attribution._fixes import Part, parts_of, toml_value
from attribution.diagnostics import CheckResults
from attribution.errors import AttributionError
from attribution.jobs.job import (
    AuditSettings,
    BudgetSettings,
    CalibrationSettings,
    ChannelSettings,
    CheckSettings,
    EngineSettings,
    IdentitySettings,
    IncrementSettings,
    LogSettings,
    OutputSettings,
    ReportSettings,
    ScheduleSettings,
    SpendSettings,
)
from attribution.jobs.readers import JOURNEYS
from attribution.jobs.section import keys_of
from attribution.journeys.options import JourneyOptions

Door: TypeAlias = Callable[[str], str]
"""Takes a hint, returns it as one who stands at that door would write it."""

SECTIONS: Mapping[str, type] = {
    "log": LogSettings,
    "audit": AuditSettings,
    "channels": ChannelSettings,
    "journeys": JourneyOptions,
    "engine": EngineSettings,
    "increments": IncrementSettings,
    "spend": SpendSettings,
    "report": ReportSettings,
    "output": OutputSettings,
    "check": CheckSettings,
    "schedule": ScheduleSettings,
    "calibration": CalibrationSettings,
    "budget": BudgetSettings,
    "identity": IdentitySettings,
}
_ABOVE = ("models", "by", "bootstrap", "rng", "holdouts", "geo_tests")
HOMES: Mapping[str, str] = dict.fromkeys(_ABOVE, "") | {
    name: section
    for section, kind in SECTIONS.items()
    for name in (JOURNEYS if kind is JourneyOptions else keys_of(kind))
}
_ENGINES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "Increments": ("increments", {}),
    "Stream": ("engine", {"name": "stream"}),
}
_RENAMED = {"n_users": "users"}  # arguments that are an option of another name
_NO_KEY = "in Python, before the run: "


def toml_of(hint: str, *, section: str = "", model: str = "") -> str:
    """Return a hint as a configuration file has it.

    Parameters
    ----------
    hint
        What an error prints.
    section
        The table that all arguments belong to, such as ``"[holdouts]"``; by default each has its own.
    model
        The model whose parameters they are.

    Examples
    --------
    >>> toml_of('at.read_log(..., invalid="drop")')
    '[log] invalid = "drop"'
    >>> toml_of("read_log('in/touches.parquet')")
    '[log] touches = "in/touches.parquet"'
    >>> toml_of("at.Markov(order=1), or lookback='7D'")
    'models = [{name = "markov", order = 1}], or [journeys] lookback = "7D"'
    >>> toml_of("engine=at.Increments('state-2')")
    '[increments] folder = "state-2"'
    >>> toml_of("method=at.BSTS(draws=2000)", section="[geo_tests]")
    '[[geo_tests]] method = {name = "bsts", draws = 2000}'
    >>> toml_of('touches["user_id"] = touches["user_id"].astype("string")')
    'in Python, before the run: touches["user_id"] = touches["user_id"].astype("string")'
    """
    return "".join(f"{part.before}{_toml_part(part, section, model)}{part.note}" for part in parts_of(hint))


def _toml_part(part: Part, section: str, model: str) -> str:
    if part.kind not in {"keywords", "call", "statement"}:
        return part.text
    if part.kind != "statement":
        try:
            lines = _lines(part, section, model)
        except (TypeError, ValueError, KeyError):
            lines = []
        if lines:
            return "\n       ".join(lines)
    return f"{_NO_KEY}{part.text}"


def _lines(part: Part, section: str, model: str) -> list[str]:
    """Return the lines that do what a call with these arguments would do; none if none can."""
    from attribution.models.registry import MODELS

    if isinstance(engine := part.keywords.get("engine"), ast.Call):
        return _of_section(*_engine_of(engine))
    given = {name: _literal(value) for name, value in part.keywords.items() if name != "schema"}
    if any(value is not None for value in given.values()):  # a key without a value is one left out
        given = {name: value for name, value in given.items() if value is not None}
    name = next((name for name, kind in MODELS.items() if kind.__name__ == part.function), model)
    if name and part.function in {"", MODELS[name].__name__}:
        return [f"models = [{toml_value({'name': name, **given})}]"]
    if part.function == "save_baseline" and isinstance(part.node, ast.Call) and part.node.args:
        path = shlex.quote(str(_literal(part.node.args[-1])))
        return [f"attribution check FOLDER --baseline {path} --update-baseline"]
    if part.function == "LogSchema":
        return _of_section("log.schema", given)
    if part.function == "group_channels":
        return _of_section("channels", given or {"rules": "default"})
    if section:
        return _of_section(section, given)
    if part.function == "attribute":
        given |= _models_of(part)
    given = _tables_of(part) | given
    found: dict[str, dict[str, Any]] = {}
    for key, value in given.items():
        found.setdefault(HOMES[key], {})[key] = value
    lines = [line for home, values in found.items() for line in _of_section(home, values)]
    schema = part.keywords.get("schema")
    if isinstance(schema, ast.Call):
        lines += _of_section(
            "log.schema", {one.arg: _literal(one.value) for one in schema.keywords if one.arg}
        )
    return lines


def _engine_of(engine: ast.Call) -> tuple[str, dict[str, Any]]:
    """Return the section that an engine is in a file, and its keys; a `KeyError` for one that has none."""
    section, given = _ENGINES[ast.unparse(engine.func).rpartition(".")[2]]
    named = {word.arg: _literal(word.value) for word in engine.keywords if word.arg}
    if engine.args:
        named = {"folder": _literal(engine.args[0]), **named}
    return section, {**given, **named}


def _tables_of(part: Part) -> dict[str, Any]:
    """Return the files that a call of `read_log` names, by table; not those that stand for what was given."""
    call = part.node
    if part.function != "read_log" or not isinstance(call, ast.Call):
        return {}
    given = dict(zip(("touches", "conversions"), call.args, strict=False))
    return {
        name: value.value
        for name, value in given.items()
        if isinstance(value, ast.Constant) and value.value is not ...
    }


def _models_of(part: Part) -> dict[str, Any]:
    """Return the models that a call of `attribute` names in its second place."""
    call = part.node
    if not isinstance(call, ast.Call) or len(call.args) < 2 or isinstance(call.args[1], ast.Name):
        return {}
    models = _literal(call.args[1])
    return {"models": [models] if isinstance(models, str) else models}


def _of_section(section: str, values: Mapping[str, Any]) -> list[str]:
    lines = [f"{key} = {toml_value(value)}" for key, value in values.items()]
    if not lines or not section:
        return lines
    return [f"[{section}] {lines[0]}", *lines[1:]]


def _literal(node: ast.expr) -> Any:
    """Return the value of a literal, a blank as text; of a model or a method its name and options.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    if isinstance(node, ast.Call):
        return _described(node)
    value = ast.literal_eval(node)
    if isinstance(value, list):
        return ["..." if entry is Ellipsis else entry for entry in value]
    return "..." if value is Ellipsis else value


def _described(call: ast.Call) -> dict[str, Any]:
    """Return a model or a method as a file describes it: ``{name = "bsts", draws = 2000}``."""
    from attribution.experiments.geo.methods import METHODS
    from attribution.models.registry import MODELS

    names = {kind.__name__: name for name, kind in {**MODELS, **METHODS}.items()}
    function = ast.unparse(call.func).rpartition(".")[2]
    if function not in names or call.args:
        msg = f"{ast.unparse(call)} is described by no name"
        raise ValueError(msg)
    options = {word.arg: _literal(word.value) for word in call.keywords if word.arg}
    return {"name": names[function], **options}


def shell_of(hint: str, options: Collection[str]) -> str:
    """Return a hint as the command line has it.

    Parameters
    ----------
    hint
        What an error prints.
    options
        The options that the command has, as Python names them.

    Examples
    --------
    >>> shell_of("LogSchema(user='visitor', time_unit='ms')", ["user", "time_unit"])
    '--user visitor --time-unit ms'
    >>> shell_of("read_log('a.csv', 'b.csv')", ["touches", "conversions"])
    'attribution audit a.csv --conversions b.csv'
    >>> shell_of("read_log(touches, conversions)", ["conversions"])
    '--conversions PATH'
    >>> shell_of("n_users=1, or holdout={'email': 0.4}", ["users", "holdout"])
    '--users 1, or --holdout email=0.4'
    >>> shell_of("at.read_log(..., missing_value=0.0)", ["user"])
    'in Python: at.read_log(..., missing_value=0.0)'
    """
    return "".join(f"{part.before}{_shell_part(part, options)}{part.note}" for part in parts_of(hint))


def _shell_part(part: Part, options: Collection[str]) -> str:
    if part.kind not in {"keywords", "call", "statement"}:
        return part.text
    if part.function == "save_baseline" and "update_baseline" in options:
        return "--update-baseline"
    tables = _tables_of(part)
    if "touches" in tables and {"touches", "conversions"} <= set(options):
        return " ".join(
            [
                "attribution audit",
                shlex.quote(tables.pop("touches")),
                *(_option(*table) for table in tables.items()),
            ]
        )
    words = _words(part) if part.kind != "statement" else {}
    try:
        if words and set(words) <= set(options):
            return " ".join(_option(name, _literal(value)) for name, value in words.items())
    except ValueError:
        pass
    return f"in Python: {part.text}"


def _words(part: Part) -> Mapping[str, ast.expr]:
    """Return what a call is given, by the names that the options of the command line have."""
    words = {_RENAMED.get(name, name): value for name, value in part.keywords.items()}
    schema = words.pop("schema", None)
    if isinstance(schema, ast.Call):
        words |= {word.arg: word.value for word in schema.keywords if word.arg}
    if part.function == "read_log" and isinstance(part.node, ast.Call) and len(part.node.args) > 1:
        table = part.node.args[1]
        words["conversions"] = ast.Constant("PATH") if isinstance(table, ast.Name) else table
    return words


def _option(name: str, value: Any) -> str:
    flag = f"--{name.replace('_', '-')}"
    if value is True:
        return flag
    if isinstance(value, Mapping):
        return " ".join(f"{flag} {shlex.quote(f'{key}={entry}')}" for key, entry in value.items())
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"{flag} {shlex.quote(text)}"


@contextmanager
def at_door(door: Door) -> Iterator[None]:
    """Print the fixes of the errors that the block raises as `door` has them."""
    try:
        yield
    except AttributionError as error:
        error.say_fix(door)
        raise


def checks_at(door: Door, checks: CheckResults) -> CheckResults:
    """Return checks whose fixes are in the words of a door."""
    return CheckResults(replace(check, fix=door(check.fix)) if check.fix else check for check in checks)
