"""Readers of the keys of a job that hold models and experiments, each entry a call of a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args, get_type_hints

from attribution._fixes import toml_value
from attribution._migration import removed_argument
from attribution.errors import AttributionError, ConfigError, ExperimentError, unknown_name
from attribution.jobs import toml
from attribution.jobs.doors import toml_of
from attribution.jobs.job import BudgetSettings, CalibrationSettings, ExperimentSettings, ModelSettings
from attribution.jobs.readers import Texts
from attribution.jobs.section import taken
from attribution.jobs.toml import Reader, Table, mistake, wrong_type

Kind = Literal["holdout", "geo"]
Experiments = tuple[ExperimentSettings, ...]
NO_PATH: Texts = ("",)
NO_EXPERIMENTS: Experiments = ()
_TABLES = {"holdout": "users", "geo": "panel"}
_NOT_KEYS = {  # what no text file can give, and values whose fields are keys
    "checks", "plan", "progress", "options", "columns", "metric", "validity", "significance", "power",
}  # fmt: skip


def models_of(mistakes: list[ConfigError]) -> Reader[tuple[ModelSettings, ...]]:
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
    from attribution.models.registry import MODELS, resolve

    example = 'models = [{name = "time_decay", half_life = "7D"}]'
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
        hint = error.hint and toml_of(error.hint, model=name if name in MODELS else "")
        raise mistake(where, error.problem, hint=hint) from None
    label = toml.text(entry.get("label", model.name), f"{where}.label")
    return ModelSettings(label, name, params)


def experiments_of(kind: Kind, inputs: Reader[Texts], mistakes: list[ConfigError]) -> Reader[Experiments]:
    """Return a reader of a list of experiments that notes what is wrong with each of them.

    Parameters
    ----------
    kind
        ``"holdout"`` or ``"geo"``.
    inputs
        Reads paths.
    mistakes
        Where mistakes are collected.
    """
    table = _TABLES[kind]

    def read(value: Any, where: str) -> Experiments:
        if not isinstance(value, list):
            raise wrong_type(value, where, "a list of tables", hint=f"[[{where}]]")
        found = []
        for position, entry in enumerate(value):
            here = f"{where}[{position}]"
            keys = Table(toml.table(entry, here) or {}, here, mistakes, {})
            keys.require("channel", 'channel = "retargeting"')
            keys.require(table, f'{table} = "{table}.parquet"')
            channel = keys.take("channel", toml.text, "")
            paths = keys.take(table, inputs, NO_PATH)
            if len(paths) > 1:
                hint = f"{table} = {toml_value(paths[0])}, and an entry for each of the others"
                problem = f"needs one path, got {len(paths)}"
                keys.mistakes.append(mistake(keys.at(table), problem, hint=hint))
            options = {
                name: _frozen(entry[name]) for name in _arguments(kind) if name in entry and name != "channel"
            }
            keys.asked += [*_arguments(kind), *_told_removed(kind, entry, keys)]
            keys.finish()
            found.append(ExperimentSettings(channel, kind, paths[0], options))
        return tuple(found)

    return read


def calibration_of(
    table: Table | None, labels: Sequence[str], experiments: Sequence[ExperimentSettings]
) -> CalibrationSettings | None:
    """Return the section ``[calibration]``; note what is wrong with it.

    Parameters
    ----------
    table
        The section; None where there is none.
    labels
        Labels of the job's models.
    experiments
        The job's experiments.
    """
    if table is None:
        return None
    first = labels[0] if labels else "markov"
    table.require("model", f'model = "{first}"')
    model = table.take("model", toml.text, first)
    if labels and model not in labels:
        table.mistakes.append(mistake(table.at("model"), unknown_name("model", model, labels)))
    if not experiments:
        problem = "there is no experiment to calibrate by"
        hint = '[[holdouts]]\n       channel = "retargeting"\n       users = "holdout.parquet"'
        table.mistakes.append(mistake(table.where, problem, hint=hint))
    measure = table.take("measure", toml.choice("conversions", "value"), "conversions")
    blocked = table.take("blocked", toml.choice("refuse", "drop"), "refuse")
    table.finish()
    return CalibrationSettings(
        model,
        "value" if measure == "value" else "conversions",
        "drop" if blocked == "drop" else "refuse",
    )


def budget_of(
    table: Table | None, inputs: Reader[Texts], *, calibrated: bool, spent: bool
) -> BudgetSettings | None:
    """Return the section ``[budget]``; note what is wrong with it.

    Parameters
    ----------
    table
        The section; None where there is none.
    inputs
        Reads paths of inputs.
    calibrated, spent
        Whether the job has a calibration and a table of costs.
    """
    if table is None:
        return None
    settings = BudgetSettings(**taken(BudgetSettings, table, inputs))
    if (settings.margin is None) == (settings.per_conversion is None):
        problem = "asks for margin or per_conversion, one of them"
        table.mistakes.append(mistake(table.where, problem, hint="margin = 0.4"))
    if settings.margin is not None and settings.margin > 1:
        table.mistakes.append(
            mistake(table.at("margin"), "is a part of the value, at most 1", hint="margin = 0.4")
        )
    if not calibrated:
        hint = '[calibration]\n       model = "linear"'
        table.mistakes.append(
            mistake(table.where, "there is no [calibration] to say what spend caused", hint=hint)
        )
    if not spent:
        hint = '[spend]\n       path = "spend.parquet"'
        table.mistakes.append(mistake(table.where, "there is no [spend]", hint=hint))
    table.finish()
    return settings


def _arguments(kind: Kind) -> tuple[str, ...]:
    """Return the names of the function's arguments that a text file can give."""
    analyze: Callable[..., Any]
    if kind == "holdout":
        from attribution.experiments.holdout.holdout import analyze_holdout as analyze
    else:
        from attribution.experiments.geo.analyze import analyze_geo as analyze
    names = list(inspect.signature(analyze).parameters)[1:-1]
    keywords = get_args(get_type_hints(analyze, include_extras=True)["keywords"])[0].__annotations__
    return tuple(name for name in (*names, *keywords) if name not in _NOT_KEYS)


def _told_removed(kind: Kind, entry: Mapping[str, Any], keys: Table) -> list[str]:
    """Note a mistake for each key that is called otherwise now, and return them."""
    from attribution.experiments.geo.methods import as_method

    function = "analyze_holdout" if kind == "holdout" else "analyze_geo"
    removed = []
    for name in entry:
        told = removed_argument(function, name, entry, ExperimentError, as_method)
        if told is not None:
            hint = toml_of(told.hint or "", section=f"[{keys.where.partition('[')[0]}]")
            keys.mistakes.append(mistake(keys.at(name), told.problem, hint=hint))
            removed.append(name)
    return removed


def _frozen(value: Any) -> Any:
    """Return a value with lists as tuples: a pair of numbers is a cost with its error."""
    if isinstance(value, list):
        return tuple(_frozen(entry) for entry in value)
    return value
