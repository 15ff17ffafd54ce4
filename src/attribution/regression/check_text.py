"""Checks as a table for people, as JUnit XML and as JSON for machines."""

from __future__ import annotations

import json
import math
import os
import textwrap
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from attribution._files import atomic_write
from attribution._fixes import said
from attribution.diagnostics import CheckResult, CheckResults
from attribution.reporting.formats import clean

_LEAST = 40


def table(checks: CheckResults, width: int = 110) -> str:
    """Return the checks as aligned text, failed ones first, with examples and what to do.

    Examples
    --------
    >>> print(table(CheckResults([CheckResult("channels", True, "12 channels, none vanished and none new")])))
    ok      channels  12 channels, none vanished and none new
    <BLANKLINE>
    1 check, 0 failed
    """
    longest = max((len(clean(check.name)) for check in checks), default=0)
    lines: list[str] = []
    for check in checks:
        lead = f"{check.status:<6}  {clean(check.name):<{longest}}  "
        indent = " " * len(lead)
        room = max(width, len(lead) + _LEAST)
        lines.append(textwrap.fill(clean(check.text), room, initial_indent=lead, subsequent_indent=indent))
        if check.passed is False:
            lines += [f"{indent}{example(row)}" for row in check.rows[1:]]
            lines += [f"{indent}{line}" for line in said(clean(check.fix))] if check.fix else []
    failed = len(checks.failed)
    return "\n".join([*lines, "", f"{len(checks)} check{'s' * (len(checks) != 1)}, {failed} failed"])


def example(row: Mapping[str, Any]) -> str:
    """Return a row of a check in one line."""
    return "  ".join(f"{name}={clean(_plain(value))}" for name, value in row.items())


def worst(checks: CheckResults) -> str:
    """Return the worst offender in a line; empty where nothing failed."""
    failed = checks.failed
    return f"{clean(failed[0].name)}: {clean(failed[0].text)}" if failed else ""


def write_junit(checks: CheckResults, path: str | os.PathLike[str]) -> None:
    """Write the checks as JUnit XML, which every CI system shows: a test case a check.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    facts = {
        "name": "attribution check",
        "tests": str(len(checks)),
        "failures": str(len(checks.failed)),
        "errors": "0",
        "skipped": str(sum(check.passed is None for check in checks)),
    }
    suites = ET.Element("testsuites", facts)
    suite = ET.SubElement(suites, "testsuite", facts)
    for check in checks:
        case = ET.SubElement(suite, "testcase", {"classname": "attribution.check", "name": clean(check.name)})
        if check.passed is False:
            failure = ET.SubElement(case, "failure", {"message": clean(check.text), "type": "regression"})
            failure.text = "\n".join(
                [*map(example, check.rows), *(said(clean(check.fix)) if check.fix else [])]
            )
        elif check.passed is None:
            ET.SubElement(case, "skipped", {"message": clean(check.text)})
        else:
            ET.SubElement(case, "system-out").text = clean(check.text)
    ET.indent(suites)
    with atomic_write(path, text=True) as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n')
        file.write(ET.tostring(suites, encoding="unicode") + "\n")


def write_json(checks: CheckResults, path: str | os.PathLike[str]) -> None:
    """Write the checks as JSON: ``passed``, ``worst``, and the checks with all that they have.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    document = {
        "passed": checks.passed,
        "worst": worst(checks),
        "checks": [_facts(check) for check in checks],
    }
    with atomic_write(path, text=True) as file:
        file.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")


def _facts(check: CheckResult) -> dict[str, Any]:
    return {
        "name": check.name,
        "status": check.status,
        "count": check.count,
        "text": check.text,
        "fix": check.fix,
        "rows": [
            {
                name: None if isinstance(value, float) and not math.isfinite(value) else value
                for name, value in row.items()
            }
            for row in check.rows
        ],
    }


def _plain(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
