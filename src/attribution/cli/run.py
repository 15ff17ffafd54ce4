"""``attribution run``: do what a configuration file says, with somebody at the terminal or with nobody."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from attribution.cli.codes import DONE, FAILED
from attribution.cli.parsers import AddCommand
from attribution.cli.printing import print_credit
from attribution.reporting.formats import clean

if TYPE_CHECKING:
    from attribution.jobs.job import Job
    from attribution.jobs.pipeline import Result

logger = logging.getLogger(__name__)

_ABOUT = """\
Do what a configuration file says: read the log, audit it, build journeys, credit them under each model,
set credit against spend, and write credit.parquet, credit.csv, report.html and manifest.json.

Inputs named in the file are relative to the file; the output folder is relative to the working directory.
Its texts may hold {today}, {yesterday}, {week}, {month}, {last_month} ... and ${VARIABLE}.
The last line of stdout is a summary of the run. Exit code 1: a check named in [audit] fail_on failed, or
one of [check]; the files are written all the same. Or the log holds no conversion to credit: the files of an
earlier run are kept, unless [output] allow_empty = true.
"""
_EXAMPLES = """\
examples:
  attribution run weekly.toml
  attribution run weekly.toml --output out/week-14 --verbose
  attribution run weekly.toml --date 2026-11-21 --dry-run
  attribution run weekly.toml --json --if-changed --wait 10min
  attribution run data/samples/retailer/demo.toml

the least configuration file:
  models = ["last_touch", "linear", {name = "time_decay", half_life = "7D"}]

  [log]
  touches = "touches.parquet"
  conversions = "conversions.parquet"
"""


def add(command: AddCommand) -> None:
    """Add the command to the parser."""
    run = command("run", "do what a configuration file says", _ABOUT, _EXAMPLES)
    run.add_argument("config", metavar="CONFIG.toml")
    run.add_argument("--output", metavar="FOLDER", help="write here instead of [output] folder")
    run.add_argument("--date", metavar="DAY", help="the day to run for, e.g. 2026-11-21 (today)")
    run.add_argument("--dry-run", action="store_true", help="say what would be read, written and removed")
    run.add_argument(
        "--if-changed", action="store_true", help="do nothing if inputs, settings and versions are as before"
    )
    run.add_argument("--wait", metavar="TIME", help="wait so long for another run to end, e.g. 10min")
    run.add_argument("--json", action="store_true", help="log JSON lines to stderr, print the result as JSON")
    run.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    from attribution.jobs.config import load_config
    from attribution.jobs.pipeline import run
    from attribution.jobs.preview import preview
    from attribution.jobs.unchanged import unchanged

    job = load_config(options.config, date=options.date)
    if options.output is not None:  # a folder of the moment: no dated one beside which others grow old
        job = replace(job, output=replace(job.output, folder=options.output, keep=None, pattern=""))
    if options.dry_run:
        plan = preview(job)
        print(json.dumps(plan.to_dict()) if options.json else plan)
        return DONE
    if options.if_changed and (facts := unchanged(job)) is not None:
        return _skipped(job, facts, as_json=options.json)
    result = run(job, wait=options.wait) if options.wait is not None else run(job)
    return _json(result) if options.json else _told(result)


def _skipped(job: Job, facts: Any, *, as_json: bool) -> int:
    text = f"{job.date} skipped: nothing changed since the run that ended at {facts['ended']}"
    logger.info("%s", text)
    print(json.dumps({"exit": DONE, "date": job.date, "skipped": True, "summary": text}) if as_json else text)
    return DONE


def _told(result: Result) -> int:
    """Print what a run made for a person; the last line is its summary."""
    print_credit(result)
    for path in result.outputs.values():
        print(f"wrote {path}")
    print(result.summary())
    failed = result.failed
    if failed:
        names = ", ".join(check.name for check in failed)
        first = (
            f"; the worst: {clean(failed[0].text)}"
            if failed[0] in result.regression
            else " (see report.html)"
        )
        print(f"attribution: failed checks: {names}{first}", file=sys.stderr)
    return FAILED if failed else DONE


def _json(result: Result) -> int:
    """Print what a run made for a machine, in one line."""
    failed = result.failed
    for check in failed:
        logger.error("check %s failed: %s", check.name, check.text, extra={"fields": {"check": check.name}})
    code = FAILED if failed else DONE
    facts = {
        "exit": code,
        "date": result.job.date,
        "skipped": False,
        "summary": result.summary(),
        "outputs": {name: str(path) for name, path in result.outputs.items()},
        "failed": [{"check": check.name, "finding": check.text, "fix": check.fix} for check in failed],
        "rows": result.manifest["rows"],
        "seconds": result.manifest["seconds"],
    }
    print(json.dumps(facts, default=str))
    return code
