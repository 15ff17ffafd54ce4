"""``attribution forget``: a state of increments that never knew some people."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from attribution.cli.codes import DONE, FAILED
from attribution.cli.parsers import AddCommand
from attribution.errors import EngineError

if TYPE_CHECKING:
    from attribution.jobs.forgetting import Forgotten

_ABOUT = """\
Make the state of increments one that never knew some people: what is carried of them goes, and the tallies
are counted again from the log without their rows. That takes the job whose state it is (--job). Without it
nothing is changed: the command tells what the state holds, and what to run. No id is printed.

Exit code 1: nothing was changed, for no job was given.
"""
_EXAMPLES = """\
examples:
  attribution forget state 4711 4712 --job nightly.toml
  attribution forget state --ids erase.txt --job nightly.toml --dry-run
  psql -Atc 'select id from erasures' | attribution forget state --ids - --job nightly.toml
"""


def add(command: AddCommand) -> None:
    """Add the command to the parser."""
    forget = command("forget", "forget people in a state of increments", _ABOUT, _EXAMPLES)
    forget.add_argument("state", metavar="STATE", help="the folder of [increments]")
    forget.add_argument("names", metavar="ID", nargs="*", help="user ids, as the log has them")
    forget.add_argument("--ids", metavar="FILE", help="more of them, one a line; - reads stdin")
    forget.add_argument("--job", metavar="CONFIG.toml", help="the job whose state it is")
    forget.add_argument("--date", metavar="DAY", help="the day of its placeholders, e.g. 2026-11-21 (today)")
    forget.add_argument("--dry-run", action="store_true", help="say what would be done; the log is read")
    forget.add_argument(
        "--json", action="store_true", help="log JSON lines to stderr, print the result as JSON"
    )
    forget.set_defaults(command=_forget)


def _forget(options: argparse.Namespace) -> int:
    from attribution.jobs.config import load_config
    from attribution.jobs.forgetting import forget

    job = None if options.job is None else load_config(options.job, date=options.date)
    ids = [*options.names, *_lines(options.ids)]
    if not ids:
        hint = "name them behind the folder of the state, or give a file of them with --ids FILE"
        msg = "there are no ids"
        raise EngineError(msg, column="ids", hint=hint)
    done = forget(options.state, ids, job, dry_run=options.dry_run)
    code = FAILED if job is None else DONE
    if options.json:
        facts = {name: getattr(done, name) for name in done.__dataclass_fields__}
        print(json.dumps({"exit": code, **facts}))
    else:
        print(_text(done, options))
    return code


def _lines(place: str | None) -> list[str]:
    if place is None:
        return []
    text = sys.stdin.read() if place == "-" else Path(place).read_text(encoding="utf-8-sig")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _text(done: Forgotten, options: argparse.Namespace) -> str:
    held = ", ".join(f"{count:,} {name}" for name, count in done.carried.items())
    lines = [f"the state held {held} of {done.asked:,} ids, under a key"]
    if done.found is None:
        lines += [
            f"it holds {done.periods:,} settled periods besides, as sums over everybody",
            "whether these people are in them, only the log can tell",
            "nothing was changed; to count the sums again without them:",
            f"  attribution forget {shlex.quote(options.state)} ... --job CONFIG.toml",
        ]
        return "\n".join(lines)
    rows = ", ".join(f"{count:,} {name}" for name, count in done.rows.items())
    lines.append(f"{done.found:,} of them have rows in the log: {rows}")
    if done.found < done.asked:
        lines.append(
            f"{done.asked - done.found:,} have none: removed already, or written as the log has them not?"
        )
    verb = "were" if done.restated else "would be"
    lines.append(f"{done.periods:,} settled periods {verb} counted again without them")
    if done.restated and done.found:
        lines.append("take their rows out of the log as well: a run that meets them again refuses the log")
    return "\n".join(lines)
