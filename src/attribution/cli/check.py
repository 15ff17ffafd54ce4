"""``attribution check``: compare a result with a baseline."""

from __future__ import annotations

import argparse
import sys

from attribution.cli.codes import DONE, FAILED
from attribution.cli.parsers import AddCommand
from attribution.cli.printing import width
from attribution.regression import command as regression


def add(command: AddCommand) -> None:
    """Add the command to the parser."""
    check = command("check", "compare a result with a baseline", regression.DESCRIPTION, regression.EXAMPLES)
    regression.add_arguments(check)
    check.set_defaults(command=_check)


def _check(options: argparse.Namespace) -> int:
    found = regression.run_check(options, min(width(), 120))
    print(found.text)
    if not found.passed:
        print(f"attribution: check failed: {found.complaint}", file=sys.stderr)
    return DONE if found.passed else FAILED
