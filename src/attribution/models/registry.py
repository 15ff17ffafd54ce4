"""Models by name: from strings, mappings and configuration files to model values."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attribution.errors import ModelError, unknown_name
from attribution.models.bagged_logistic import BaggedLogistic
from attribution.models.hazard import AdditiveHazard
from attribution.models.markov import Markov
from attribution.models.model import Model
from attribution.models.positional_rules import FullPath, InverseJ, JShaped, PositionBased, UShaped, WShaped
from attribution.models.probabilistic import Probabilistic
from attribution.models.rules import CustomRule, FirstTouch, LastNonDirect, LastTouch, Linear, TimeDecay
from attribution.models.shapley import Shapley

_KINDS: tuple[type[Model[Any]], ...] = (
    FirstTouch,
    LastTouch,
    LastNonDirect,
    Linear,
    TimeDecay,
    PositionBased,
    UShaped,
    JShaped,
    InverseJ,
    WShaped,
    FullPath,
    CustomRule,
    Markov,
    Shapley,
    BaggedLogistic,
    Probabilistic,
    AdditiveHazard,
)
MODELS: dict[str, type[Model[Any]]] = {kind.name: kind for kind in _KINDS}

ModelSpec = str | Model[Any] | type[Model[Any]] | Mapping[str, object]


def resolve(spec: ModelSpec) -> Model[Any]:
    """Return the model that `spec` describes.

    Parameters
    ----------
    spec
        A model, a model class, a name such as ``"time_decay"`` (case, blanks, ``-`` and ``_`` do not
        matter), or a mapping with ``name`` and the model's parameters.

    Raises
    ------
    ModelError
        If the name or a parameter is unknown; the message names the nearest.

    Examples
    --------
    >>> resolve("u-shaped")
    UShaped(two_touch='renormalise', milestone=None)
    >>> resolve({"name": "time_decay", "half_life": "14D"})
    TimeDecay(half_life='14D')
    """
    if isinstance(spec, Model):
        return spec
    if isinstance(spec, type) and issubclass(spec, Model):
        return _construct(spec, {})
    if isinstance(spec, str):
        return _construct(_class_named(spec), {})
    if isinstance(spec, Mapping):
        options = {str(key): value for key, value in spec.items()}
        name = options.pop("name", None)
        if not isinstance(name, str):
            msg = f"a model is described without its name: {dict(spec)!r}"
            raise ModelError(msg, hint='{"name": "time_decay", "half_life": "7D"}')
        return _construct(_class_named(name), options)
    msg = f"{spec!r} is not a model"
    raise ModelError(msg, hint='at.Linear(), or a name such as "linear"')


def _class_named(name: str) -> type[Model[Any]]:
    plain = _plain(name)
    for known, kind in MODELS.items():
        if plain in {_plain(known), _plain(kind.__name__)}:
            return kind
    raise ModelError(unknown_name("model", name, MODELS), column="models")


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _construct(kind: type[Model[Any]], options: Mapping[str, object]) -> Model[Any]:
    known = inspect.signature(kind).parameters
    for option in options:
        if option not in known:
            raise ModelError(unknown_name(f"parameter of {kind.name}", option, known), column=option)
    needed = [name for name, entry in known.items() if entry.default is entry.empty and name not in options]
    if needed:
        msg = f"{kind.name} needs {', '.join(needed)}"
        raise ModelError(msg, hint=f"at.{kind.__name__}({needed[0]}=...)")
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in options.items()})


def labelled(
    models: ModelSpec | Sequence[ModelSpec] | Mapping[str, ModelSpec],
) -> dict[str, Model[Any]]:
    """Return models by label: one, a list, or a mapping of labels to models.

    Models of a list are labelled by their name, or by their whole configuration where two share it.

    Examples
    --------
    >>> list(labelled(["linear", {"name": "time_decay"}]))
    ['linear', 'time_decay']
    """
    if isinstance(models, Mapping) and "name" not in models:
        by_label: Mapping[str, Any] = models
        resolved = {str(label): resolve(spec) for label, spec in by_label.items()}
    elif isinstance(models, str | Model | Mapping | type):
        model = resolve(models)
        resolved = {model.name: model}
    elif isinstance(models, Iterable):
        resolved = _labelled_list([resolve(spec) for spec in models])
    else:
        resolved = {"": resolve(models)}
    if not resolved:
        msg = "no model was asked for"
        raise ModelError(msg, hint='models=["last_touch", "linear"]')
    return resolved


def _labelled_list(models: Sequence[Model[Any]]) -> dict[str, Model[Any]]:
    names = [model.name for model in models]
    resolved: dict[str, Model[Any]] = {}
    for model in models:
        label = model.name if names.count(model.name) == 1 else repr(model)
        if label in resolved:
            msg = f"{label} is asked for twice"
            hint = 'once is enough; or labels of your own: {"a": model, "b": model}'
            raise ModelError(msg, column="models", hint=hint)
        resolved[label] = model
    return resolved
