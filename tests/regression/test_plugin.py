"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import attribution

pytest_plugins = ["pytester"]

PLUGIN = "attribution.regression.plugin"
TEST = """
import attribution as at

def test_credit(credit_baseline):
    journeys = at.read_paths({"path": ["ad > email", "email"], "conversions": [%d, 1], "nulls": [9, 4]})
    credit = at.attribute(journeys, ["linear", "markov"])
    checks = credit_baseline(credit, "weekly", journeys=journeys)
    assert checks["channels"].passed
"""


def run(pytester, conversions, *options):
    pytester.makepyfile(test_credit=TEST % conversions)
    return pytester.runpytest_subprocess("-p", PLUGIN, "-p", "no:cacheprovider", *options)


def test_a_baseline_is_written_kept_and_updated(pytester):
    result = run(pytester, 2)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*there is no *weekly.json*", "*Fix: pytest --update-baseline*"])
    result.stdout.no_fnmatch_line("*attribution check RESULT*")
    result.stdout.no_fnmatch_line("*During handling*")
    run(pytester, 2, "--update-baseline").assert_outcomes(passed=1)
    assert (pytester.path / "baselines" / "weekly.json").is_file()
    run(pytester, 2).assert_outcomes(passed=1)
    result = run(pytester, 4)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*weekly.json: *->*", "failed *credit?linear?*", "ok *channels *", "*checks, * failed"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    run(pytester, 4, "--update-baseline").assert_outcomes(passed=1)
    run(pytester, 4).assert_outcomes(passed=1)


def test_the_plugin_imports_nothing_but_pytest():
    script = (
        f"import pytest, sys; before = set(sys.modules); import {PLUGIN}; print(*set(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {
        "attribution", "attribution.reporting", "attribution.regression", PLUGIN,
    }  # fmt: skip


def test_a_project_that_has_the_option_already_keeps_its_own(pytester):
    pytester.makeconftest(
        "def pytest_addoption(parser):\n"
        "    parser.addoption('--update-baseline', action='store_const', const=7)\n"
    )
    pytester.makepyfile(
        "def test_it(request):\n    assert request.config.getoption('--update-baseline') == 7\n"
    )
    result = pytester.runpytest_subprocess("-p", PLUGIN, "-p", "no:cacheprovider", "--update-baseline")
    result.assert_outcomes(passed=1)


@pytest.fixture(autouse=True)
def _path(monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # others take a second to load, in each pytest
    monkeypatch.setenv("PYTHONPATH", str(Path(attribution.__file__).parents[1]))
