"""The methods of geo tests by name."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from functools import partial
from typing import Any, TypeAlias

from attribution._checks import one_of
from attribution._options import within
from attribution.errors import ExperimentError, unknown_name
from attribution.experiments.geo.bsts import BSTS
from attribution.experiments.geo.did import DiD
from attribution.experiments.geo.gbr import GBR
from attribution.experiments.geo.method import GeoMethod
from attribution.experiments.geo.synthetic import AugmentedSyntheticControl, SyntheticControl, SyntheticDiD
from attribution.experiments.geo.tbr import TBR
from attribution.experiments.geo.trimmed_match import TrimmedMatch

_KINDS: tuple[type[GeoMethod], ...] = (
    DiD,
    SyntheticControl,
    AugmentedSyntheticControl,
    SyntheticDiD,
    TBR,
    GBR,
    BSTS,
    TrimmedMatch,
)
METHODS: Mapping[str, type[GeoMethod]] = {kind.name: kind for kind in _KINDS}
OPTIONS = {entry.name for kind in _KINDS for entry in fields(kind)}
Method: TypeAlias = str | GeoMethod | Mapping[str, Any]


def method_of(method: Any, *, random: bool) -> GeoMethod:
    """Return the method that is meant: a value, its name, or a mapping with its name and options.

    Parameters
    ----------
    method
        What was asked for; ``"auto"`` by what is known of the assignment.
    random
        Whether geos were assigned at random: then they are compared as they are. The few that someone picked
        need a counterfactual of their own.

    Raises
    ------
    ExperimentError
        If the name or an option is unknown; the message names the nearest.

    Examples
    --------
    >>> method_of("auto", random=False) == method_of({"name": "synthetic_control"}, random=True)
    True
    >>> method_of({"name": "bsts", "draws": 2000}, random=False)
    BSTS(draws=2000, rng=0)
    """
    if isinstance(method, GeoMethod):
        return method
    if isinstance(method, type) and issubclass(method, GeoMethod):
        return method()
    options: dict[str, Any] = dict(method) if isinstance(method, Mapping) else {"name": method}
    name = options.pop("name", None)
    if isinstance(name, str) and name == "auto" and not options:
        return DiD() if random else SyntheticControl()
    if name is None and options:
        msg = f"method={method!r} names no method"
        found = [kind for kind in _KINDS if set(options) <= {entry.name for entry in fields(kind)}]
        hint = f"method={ {'name': found[0].name} | options!r}" if found else None
        raise ExperimentError(msg, column="method", hint=hint)
    kind = METHODS[one_of(name, "method", METHODS if options else ("auto", *METHODS), error=ExperimentError)]
    known = [entry.name for entry in fields(kind)]
    for option in options:
        if option not in known:
            raise ExperimentError(unknown_name(f"option of {kind.name}", option, known), column="method")
    try:
        return kind(**options)
    except ExperimentError as error:
        error.say_fix(partial(within, "method", kind, options))
        raise


def as_method(given: Mapping[str, object]) -> str:
    """Return the method that options of a method, which stand beside it in a call, belong into.

    Examples
    --------
    >>> as_method({"method": "did", "inference": "pooled"})
    "method=at.DiD(inference='pooled'), inference=None"
    >>> as_method({"inference": "conformal", "placebos": 99})
    "method=at.SyntheticControl(inference='conformal', placebos=99), inference=None, placebos=None"
    >>> as_method({"periods": 14, "inference": "permutation"})
    "method=at.DiD(inference='permutation'), inference=None"
    """
    planned = "periods" in given  # a plan has an rng of its own
    old = {name: value for name, value in given.items() if name in OPTIONS and value is not None}
    old = {name: value for name, value in old.items() if not (planned and name == "rng")}
    method = given.get("method", "auto")
    if isinstance(method, Mapping):
        with suppress(ExperimentError):
            method = method_of(method, random=False)
    own: dict[str, Any] = {}
    if isinstance(method, GeoMethod):
        kind = type(method)
        own = {entry.name: getattr(method, entry.name) for entry in fields(method)}
        own = {name: value for name, value in own.items() if value != getattr(kind, name)}
    else:
        kind = METHODS.get(str(method)) or _with_options(given, old)
    own |= {name: value for name, value in old.items() if name in {entry.name for entry in fields(kind)}}
    options = ", ".join(f"{name}={_written(name, value)}" for name, value in own.items())
    return ", ".join([f"method=at.{kind.__name__}({options})", *(f"{name}=None" for name in old)])


def _written(name: str, value: object) -> str:
    """Return a value as code; what has none, such as a generator, by the name that it was given under."""
    return repr(value) if value is None or isinstance(value, bool | int | float | str) else name


def _with_options(given: Mapping[str, object], old: Mapping[str, Any]) -> type[GeoMethod]:
    """Return the method that takes these options: the default's, or the first that does."""
    planned = "periods" in given and given.get("choose", "pairs") != "search"
    random = planned or given.get("strata") is not None or given.get("plan") is not None
    first = type(method_of("auto", random=random))
    tried: tuple[type[GeoMethod], ...] = (first, SyntheticControl, *_KINDS)
    takes = [kind for kind in tried if set(old) <= {entry.name for entry in fields(kind)}]
    for kind in takes:
        with suppress(ExperimentError):
            kind(**old)
            return kind
    return takes[0] if takes else first  # which says what is wrong with a value
