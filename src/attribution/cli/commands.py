"""Every command of the command line, in the order of its help."""

from __future__ import annotations

from attribution.cli import audit, check, forget, run, simulate
from attribution.cli.parsers import Command

COMMANDS: tuple[Command, ...] = (run, check, audit, forget, simulate)
