"""The command line: one module a command, and `main`, which runs one and returns its exit code."""

from attribution.cli.shell import main

__all__ = ["main"]
