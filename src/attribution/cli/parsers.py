"""The parser of the command line; a new command is a module with `add`, and a name in commands.py."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Protocol

from attribution import __version__
from attribution.cli.codes import HELP

_DESCRIPTION = "From a touch log to credit, ROAS, ROI and CPA per channel."
_EXAMPLES = """\
examples:
  attribution run weekly.toml
  attribution run weekly.toml --date 2026-11-21 --dry-run
  attribution run data/samples/retailer/demo.toml
"""


class AddCommand(Protocol):
    """Adds a command and returns its parser, which must set the default `command`."""

    def __call__(self, name: str, what: str, about: str, examples: str) -> argparse.ArgumentParser:
        """Add a command of that name; `what` is its line in the list of commands."""
        ...


class Command(Protocol):
    """A module of a command."""

    def add(self, command: AddCommand) -> None:
        """Add the command to the parser."""
        ...


def parser_of(modules: Iterable[Command]) -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    shape = argparse.RawDescriptionHelpFormatter
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("-v", "--verbose", action="store_true", help="log each stage to stderr")
    common.add_argument("--debug", action="store_true", help="log everything and show tracebacks")
    parser = argparse.ArgumentParser(
        prog="attribution", description=_DESCRIPTION, epilog=f"{_EXAMPLES}\n{HELP}", formatter_class=shape
    )
    parser.add_argument("--version", action="version", version=f"attribution-analytics {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, what: str, about: str, examples: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=what,
            description=about,
            epilog=f"{examples}\n{HELP}",
            formatter_class=shape,
            parents=[common],
        )

    for module in modules:
        module.add(command)
    return parser
