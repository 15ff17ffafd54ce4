"""What commands print for people: tables and checks, as wide as the terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attribution.diagnostics import CheckResults
    from attribution.jobs.pipeline import Result


def print_credit(result: Result) -> None:
    """Print the tables of a run's report, its notes, and how its audit went."""
    from attribution.reporting.blocks import Table
    from attribution.reporting.formats import clean
    from attribution.reporting.table_text import table_text

    page = result.report
    print(f"{page.title}{f', {page.subtitle}' if page.subtitle else ''}\n")
    for section in page.sections:
        for block in section.blocks:
            if isinstance(block, Table) and block.name in {"credit", "roas"}:
                print(table_text(block, width()), end="\n\n")
    for note in result.credit.notes:
        print(f"note: {clean(note)}")
    if result.checks.failed:
        names = ", ".join(check.name for check in result.checks.failed)
        print(f"audit: {len(result.checks.failed)} of {len(result.checks)} checks failed: {names}")
    if result.regression:
        from attribution.regression.check_text import table

        print(f"\nagainst the baseline:\n{table(result.regression, min(width(), 120))}")


def width() -> int:
    """Return how many columns there are to print in."""
    return shutil.get_terminal_size((110, 24)).columns if sys.stdout.isatty() else 200


def _shown(value: object) -> str:
    """Return a cell; text in quotes, so that space around it is seen."""
    return repr(value) if isinstance(value, str) else str(value)


def print_checks(checks: CheckResults) -> None:
    """Print checks, the failed ones first, each with its remedy and examples."""
    from attribution._fixes import said
    from attribution.reporting.formats import clean, without_controls

    columns = min(width(), 110)
    longest = max((len(check.name) for check in checks), default=0)
    order = ("failed", "info", "ok")
    for check in sorted(checks, key=lambda check: order.index(check.status)):
        lead = f"{check.status:<6}  {check.name:<{longest}}  "
        print(
            textwrap.fill(clean(check.text), columns, initial_indent=lead, subsequent_indent=" " * len(lead))
        )
        if check.fix and check.passed is not True:
            for line in said(clean(check.fix)):
                print(f"{' ' * len(lead)}{line}")
        if check.passed is False:
            for row in check.rows:
                cells = ", ".join(f"{name}={_shown(value)}" for name, value in row.items())
                print(f"{' ' * len(lead)}e.g. {without_controls(cells)}")
    failed = len(checks.failed)
    print(f"\n{len(checks)} checks, {failed} failed")
