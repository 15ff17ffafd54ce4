"""``attribution check``: its options, and what it does with them."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

DESCRIPTION = """\
Compare a result with a baseline: credit, shares and places of channels, conservation, the log, the Markov
chain. RESULT is the folder that `attribution run` wrote, or a baseline; BASE is a baseline (.json, .parquet)
or such a folder. Exit code 1: a check failed, and stderr names the worst offender.
"""
EXAMPLES = """\
examples:
  attribution check out --baseline baseline.json --update-baseline     make a baseline, or accept a change
  attribution check out --baseline baseline.json                       the same data: all numbers the same
  attribution check out --baseline baseline.json --nightly             the data grew: rates within noise
  attribution check out --baseline baseline.json --junit checks.xml --json checks.json
"""


@dataclass(frozen=True)
class Outcome:
    """What to print, on which side, and the exit code."""

    text: str
    complaint: str
    passed: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``attribution check`` to a parser."""
    parser.add_argument("result", metavar="RESULT", help="folder of a run, or a baseline")
    parser.add_argument("--baseline", metavar="BASE", required=True, help="what it is compared with")
    parser.add_argument("--nightly", action="store_true", help="the data grew: compare rates, within noise")
    limits = parser.add_argument_group("tolerances", "By default those of the mode; see docs/checks.md.")
    for name, what in (
        ("rtol", "part of a number that credit and volumes may differ by"),
        ("atol", "conversions or units of money that credit may differ by"),
        ("share-points", "percentage points that shares may differ by"),
        ("ranks", "places that a channel may move"),
        ("drift", "largest PSI of a distribution, and part of the steps of the chain that may go elsewhere"),
        ("history", "part by which a day that both logs hold may differ"),
        ("alpha", "how often each check of single new days may fail by chance"),
    ):
        limits.add_argument(f"--{name}", type=float, metavar="X", help=what)
    limits.add_argument(
        "--sampling",
        type=float,
        nargs="?",
        const=True,
        metavar="Z",
        help="let differences of Z standard errors pass besides (4)",
    )
    parser.add_argument(
        "--despite",
        metavar="SETTING",
        action="append",
        default=[],
        help="compare although this setting differs",
    )
    parser.add_argument("--junit", metavar="FILE", help="write the checks as JUnit XML")
    parser.add_argument("--json", metavar="FILE", help="write the checks as JSON")
    parser.add_argument(
        "--update-baseline", action="store_true", help="write the result to BASE, whatever changed"
    )


def run_check(options: argparse.Namespace, width: int) -> Outcome:
    """Compare, and write what was asked for."""
    from attribution.diagnostics import CheckResults
    from attribution.errors import BaselineError
    from attribution.regression import check_text
    from attribution.regression.compare import check
    from attribution.regression.credit_drift import conservation
    from attribution.regression.store import as_baseline, save_baseline

    result = as_baseline(options.result)
    wanted = {
        name: getattr(options, name)
        for name in ("rtol", "atol", "share_points", "ranks", "drift", "history", "alpha", "sampling")
    }
    mode = "nightly" if options.nightly else "pinned"
    note = ""
    try:
        checks = check(result, options.baseline, mode=mode, despite=options.despite, **wanted)  # type: ignore[arg-type]
    except BaselineError as error:
        if not options.update_baseline:
            raise
        note = f"not compared: {error.problem}\n"
        checks = CheckResults(found.check for found in conservation(result))
    for write, path in ((check_text.write_junit, options.junit), (check_text.write_json, options.json)):
        if path is not None:
            write(checks, path)
    shown = note + check_text.table(checks, width)
    if options.update_baseline:
        lost = CheckResults(each for each in checks.failed if each.name.startswith("conservation"))
        if lost:
            return Outcome(shown, f"not taken as a baseline: {check_text.worst(lost)}", passed=False)
        written = save_baseline(result, Path(options.baseline))
        return Outcome(f"{shown}\nwrote {written}", "", passed=True)
    complaint = check_text.worst(checks)
    if complaint and len(checks.failed) > 1:
        complaint += f" (worst of {len(checks.failed)} failed checks)"
    return Outcome(shown, complaint, passed=checks.passed)
