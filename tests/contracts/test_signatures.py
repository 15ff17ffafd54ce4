"""Public functions and methods: every argument documented, in order; plots take named arguments only."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Iterator

import pytest

import attribution as at

SECTION = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}\n", re.MULTILINE)


def sections(doc: str) -> dict[str, str]:
    """Split a numpydoc docstring into its sections."""
    parts = SECTION.split(inspect.cleandoc(doc))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documented(section: str) -> list[str]:
    """Return the names that a Parameters or Attributes section documents, in order."""
    heads = re.findall(r"^(\S[^\n]*)\n(?=[ ]{4})", section, re.MULTILINE)
    return [name.strip().lstrip("*") for head in heads for name in re.split(r"\s:\s", head)[0].split(",")]


def public_values() -> dict[str, object]:
    return {name: getattr(at, name) for name in at.__all__ if name not in {"__version__", "datasets"}}


def routines() -> Iterator[tuple[str, Callable[..., object]]]:
    """Yield every public function, and every public method defined in a public class."""
    for name, value in public_values().items():
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value):
            for method, member in vars(value).items():
                routine = member.__func__ if isinstance(member, classmethod | staticmethod) else member
                # An override with its base's arguments leaves their description to the base.
                inherited = any(method in vars(base) for base in value.__mro__[1:])
                if not method.startswith("_") and inspect.isfunction(routine) and not inherited:
                    yield f"{name}.{method}", routine


ROUTINES = dict(routines())
CLASSES = {
    name: value
    for name, value in public_values().items()
    if inspect.isclass(value) and not issubclass(value, Exception)
}


def arguments(routine: Callable[..., object]) -> list[str]:
    return [name for name in inspect.signature(routine).parameters if name not in {"self", "cls"}]


@pytest.mark.parametrize("name", ROUTINES)
def test_every_argument_is_documented_in_order(name):
    routine = ROUTINES[name]
    assert routine.__doc__, f"{name} has no docstring"
    wanted = arguments(routine)
    if len(wanted) == 0:
        return
    assert documented(sections(routine.__doc__).get("Parameters", "")) == wanted


@pytest.mark.parametrize("name", ROUTINES)
def test_every_routine_says_what_it_returns(name):
    routine = ROUTINES[name]
    doc = inspect.getdoc(routine) or ""
    if inspect.signature(routine).return_annotation == "None":
        return
    said_at_once = "." in name and doc.startswith(("Return ", "Make "))
    assert said_at_once or sections(doc).keys() & {"Returns", "Yields"}


@pytest.mark.parametrize("name", [name for name in ROUTINES if "." not in name])
def test_every_function_shows_an_example(name):
    assert ">>> " in (ROUTINES[name].__doc__ or "")


@pytest.mark.parametrize("name", CLASSES)
def test_every_field_is_documented_in_order(name):
    kind = CLASSES[name]
    described = sections(kind.__doc__ or "")
    names = documented(described.get("Parameters", described.get("Attributes", "")))
    assert names == [field for field in arguments(kind) if not field.startswith("_")]


@pytest.mark.parametrize("name", [name for name in ROUTINES if name.endswith("plot")])
def test_a_plot_takes_named_arguments_and_returns_axes(name):
    parameters = inspect.signature(ROUTINES[name]).parameters
    kinds = {parameter.kind for parameter in parameters.values()}
    assert not kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
    assert parameters["ax"].default is None
    assert inspect.signature(ROUTINES[name]).return_annotation == "Axes"


@pytest.mark.parametrize("name", CLASSES)
def test_results_and_settings_cannot_be_changed(name):
    kind = CLASSES[name]
    settings = getattr(kind, "__dataclass_params__", None)
    assert settings is None or settings.frozen


MOST = 15
LONGER = {"synergy"}  # being mended
MADE_BY_THE_LIBRARY = {"Credit", "Journeys", "Lift"}  # results: nobody calls their constructors


@pytest.mark.parametrize("name", ROUTINES)
def test_no_function_takes_more_arguments_than_one_can_survey(name):
    assert name in LONGER or len(arguments(ROUTINES[name])) <= MOST


@pytest.mark.parametrize("name", CLASSES)
def test_no_value_has_more_options_than_one_can_survey(name):
    assert name in MADE_BY_THE_LIBRARY or len(arguments(CLASSES[name])) <= MOST


def keyword_names(function: Callable[..., object]) -> set[str]:
    """Return what a function takes as ``**keywords``: the fields of its option values."""
    hints = typing.get_type_hints(function, include_extras=True)
    return set(typing.get_args(hints["keywords"])[0].__annotations__)


@pytest.mark.parametrize(
    ("function", "values"),
    [
        ("analyze_geo", ("PanelOptions", "Significance")),
        ("plan_geo", ("PanelOptions", "Significance", "MatchedPairs", "Stratified", "GeoSearch")),
        ("analyze_holdout", ("UserColumns", "MetricOptions", "Validity", "Significance")),
        ("plan_holdout", ("HoldoutSetup", "UnitEconomics", "Significance")),
    ],
)
def test_options_are_taken_whole_or_by_their_fields(function, values):
    fields = {field for value in values for field in arguments(CLASSES[value])}
    assert keyword_names(ROUTINES[function]) == fields
