"""The names that `import attribution as at` promises: all there, typed, shadowed by nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import attribution as at

PROMISED = [
    "AdditiveHazard",
    "AttributionError",
    "AugmentedSyntheticControl",
    "BSTS",
    "BaggedLogistic",
    "BudgetAdvice",
    "ChannelRule",
    "Costs",
    "Credit",
    "CustomRule",
    "DiD",
    "EXPORTS",
    "Estimate",
    "EventLog",
    "Evaluation",
    "Evidence",
    "Export",
    "ExportConversions",
    "ExportTouches",
    "FirstTouch",
    "FullPath",
    "GBR",
    "GeoSearch",
    "HoldoutSetup",
    "Identity",
    "Increments",
    "Kind",
    "links_from_splink",
    "read_identity",
    "stitch",
    "InverseJ",
    "JShaped",
    "JourneyOptions",
    "Journeys",
    "LastNonDirect",
    "LastTouch",
    "Lift",
    "Linear",
    "LogSchema",
    "Markov",
    "MatchedPairs",
    "Memory",
    "MetricOptions",
    "PanelOptions",
    "PositionBased",
    "Probabilistic",
    "Query",
    "ReportFacts",
    "Shapley",
    "Significance",
    "Spark",
    "SpendReport",
    "Stratified",
    "Stream",
    "SyntheticControl",
    "SyntheticDiD",
    "TBR",
    "TimeDecay",
    "TrimmedMatch",
    "UShaped",
    "UnitEconomics",
    "UserColumns",
    "Validity",
    "WShaped",
    "aa_holdout",
    "advise_budget",
    "analyze_geo",
    "analyze_holdout",
    "assign_holdout",
    "attribute",
    "build_journeys",
    "calibrate",
    "check",
    "datasets",
    "driving_paths",
    "evaluate",
    "forget",
    "load_config",
    "load_sample",
    "observe_incremental",
    "outcomes",
    "path_counts",
    "plan_geo",
    "plan_holdout",
    "read_log",
    "read_paths",
    "read_export",
    "read_spend",
    "report",
    "run",
    "save_baseline",
    "stress",
    "synergy",
    "tally_journeys",
]
PACKAGE = Path(at.__file__).parent


def test_the_promised_names_are_the_public_names():
    # A name is promised for good: it is added here on purpose, and leaves only with a deprecation.
    assert sorted(at.__all__) == sorted([*PROMISED, "__version__"])
    assert dir(at) == sorted(at.__all__)


@pytest.mark.parametrize("name", PROMISED)
def test_every_public_name_loads(name):
    value = getattr(at, name)
    assert value is getattr(at, name)
    if name not in ("datasets", "EXPORTS"):
        assert value.__name__ == name
        assert value.__doc__


def test_a_misspelt_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="read_logg"):
        at.read_logg  # noqa: B018


def test_type_checkers_see_the_same_names_from_the_same_modules():
    tree = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    typed = {
        alias.asname: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == at._HOME
    others = [node for node in tree.body if not isinstance(node, ast.ImportFrom)]
    assert [ast.unparse(node) for node in others] == ["__version__: str"]


def test_no_module_bears_the_name_of_a_public_function():
    # Importing such a module would replace the lazily loaded name by the module.
    modules = {path.stem for path in PACKAGE.iterdir() if not path.name.startswith("__")}
    assert modules & set(at._HOME) <= {"datasets"}


def test_the_version_is_a_release_number_and_stands_in_the_changelog(root):
    assert re.fullmatch(r"\d+\.\d+\.\d+", at.__version__)
    assert f"[{at.__version__}]" in (root / "CHANGELOG.md").read_text(encoding="utf-8")
