"""The command line: ``attribution run``, ``attribution audit``, ``attribution simulate``."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import shutil
import signal
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attribution import __version__
from attribution.errors import AttributionError

if TYPE_CHECKING:
    from attribution.diagnostics import CheckResults
    from attribution.pipeline import Result

DONE, FAILED, REFUSED, INTERNAL = 0, 1, 2, 3
INTERRUPTED, TERMINATED = 130, 143

_CODES = """\
exit codes:
  0  done
  1  a check failed
  2  usage or bad input: the message on stderr names the remedy
  3  an error in this program; --debug shows where
"""
_DESCRIPTION = "From a touch log to credit, ROAS, ROI and CPA per channel."
_RUN = """\
Do what a configuration file says: read the log, audit it, build journeys, credit them under each model,
set credit against spend, and write credit.parquet, credit.csv, report.html and manifest.json.

Inputs named in the file are relative to the file; the output folder is relative to the working directory.
Exit code 1: a check named in [audit] fail_on failed; the files are written all the same.
"""
_RUN_EXAMPLES = """\
examples:
  attribution run weekly.toml
  attribution run weekly.toml --output out/week-14 --verbose
  attribution run data/samples/retailer/demo.toml

the least configuration file:
  models = ["last_touch", "linear", {name = "time_decay", half_life = "7D"}]

  [log]
  touches = "touches.parquet"
  conversions = "conversions.parquet"
"""
_AUDIT = """\
Check a log for what would make credit wrong: duplicates, null keys, times out of range, ties,
conversions without a touch, bots, gaps, and more. Exit code 1: a check failed.
"""
_AUDIT_EXAMPLES = """\
examples:
  attribution audit touches.parquet --conversions conversions.parquet
  attribution audit 'touches/*.parquet' --conversions orders.csv --user visitor --time clicked_at,bought_at
  attribution audit events.parquet --conversion is_order --value revenue --dims campaign,device
"""
_SIMULATE = """\
Write a simulated retailer's log into a folder: touches, conversions, spend, users, identities, and the true
effect of every channel (truth.parquet). The same options give the same files.
"""
_SIMULATE_EXAMPLES = """\
examples:
  attribution simulate sim
  attribution simulate sim --users 100000 --days 90 --seed 7
  attribution simulate sim --holdout email=0.2 --dirt --bots 5
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    argv
        The arguments; those of the process by default.
    """
    if sys.stdout is None:  # closed before the start, as with ``>&-``
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 (for as long as we run)
    options = _parser().parse_args(argv)
    with contextlib.suppress(
        AttributeError, ValueError
    ):  # a terminal that cannot write a name shows its code
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        with _logging(options), _terminable():
            code: int = options.command(options)
            sys.stdout.flush()
    except AttributionError as error:
        return _refused(f"attribution: error: {error}", REFUSED, options)
    except BrokenPipeError:  # nobody reads any more, as with ``| head``
        _close_output()
        return DONE
    except OSError as error:
        _close_output()
        return _refused(f"attribution: error: {error.strerror or error}", REFUSED, options)
    except KeyboardInterrupt as stop:
        print("attribution: stopped; nothing half-written was left behind", file=sys.stderr)
        return TERMINATED if stop.args == (signal.SIGTERM,) else INTERRUPTED
    except MemoryError:
        return _refused("attribution: error: not enough memory for this log", REFUSED, options)
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback unless it is asked for
        text = f"attribution: internal error: {type(error).__name__}: {error}"
        return _refused(f"{text}\n  Fix: --debug shows where it happened", INTERNAL, options)
    return code


def _close_output() -> None:
    """Send what is still to be printed nowhere, so that the interpreter does not fail on it at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refused(text: str, code: int, options: argparse.Namespace) -> int:
    if options.debug:
        import traceback

        traceback.print_exc()
    print(text, file=sys.stderr)
    return code


def _run(options: argparse.Namespace) -> int:
    from attribution.config import load_config
    from attribution.pipeline import run

    job = load_config(options.config)
    if options.output is not None:
        job = replace(job, output=replace(job.output, folder=options.output))
    result = run(job)
    _print_credit(result)
    for path in result.outputs.values():
        print(f"wrote {path}")
    failed = [check.name for check in result.failed]
    if failed:
        print(f"attribution: failed checks: {', '.join(failed)} (see report.html)", file=sys.stderr)
    return FAILED if failed else DONE


def _print_credit(result: Result) -> None:
    from attribution.reporting.blocks import Table
    from attribution.reporting.formats import clean
    from attribution.reporting.text import table_text

    page = result.report
    print(f"{page.title}{f', {page.subtitle}' if page.subtitle else ''}\n")
    for section in page.sections:
        for block in section.blocks:
            if isinstance(block, Table) and block.name in {"credit", "roas"}:
                print(table_text(block, _width()), end="\n\n")
    for note in result.credit.notes:
        print(f"note: {clean(note)}")
    if result.checks.failed:
        names = ", ".join(check.name for check in result.checks.failed)
        print(f"audit: {len(result.checks.failed)} of {len(result.checks)} checks failed: {names}")


def _width() -> int:
    return shutil.get_terminal_size((110, 24)).columns if sys.stdout.isatty() else 200


def _audit(options: argparse.Namespace) -> int:
    from attribution.eventlog.read import read_log

    fields = ("user", "time", "channel", "conversion", "value", "goal", "order", "sequence", "time_unit")
    schema = {name: getattr(options, name) for name in fields if getattr(options, name) is not None}
    for name in ("user", "time"):
        if "," in schema.get(name, ""):
            schema[name] = tuple(schema[name].split(",", 1))
    schema["dims"] = tuple(name for names in options.dims for name in names.split(",") if name)
    schema["conversion_is_touch"] = not options.conversion_only
    touches = options.touches[0] if len(options.touches) == 1 else options.touches
    log = read_log(touches, options.conversions, schema)
    checks = log.audit(lookback=options.lookback)
    _print_checks(checks)
    return DONE if checks.passed else FAILED


def _shown(value: object) -> str:
    """Return a cell; text in quotes, so that space around it is seen."""
    return repr(value) if isinstance(value, str) else str(value)


def _print_checks(checks: CheckResults) -> None:
    from attribution.reporting.formats import clean, without_controls

    width = min(_width(), 110)
    longest = max((len(check.name) for check in checks), default=0)
    order = ("failed", "info", "ok")
    for check in sorted(checks, key=lambda check: order.index(check.status)):
        lead = f"{check.status:<6}  {check.name:<{longest}}  "
        print(textwrap.fill(clean(check.text), width, initial_indent=lead, subsequent_indent=" " * len(lead)))
        if check.fix and check.passed is not True:
            print(f"{' ' * len(lead)}Fix: {clean(check.fix)}")
        if check.passed is False:
            for row in check.rows:
                cells = ", ".join(f"{name}={_shown(value)}" for name, value in row.items())
                print(f"{' ' * len(lead)}e.g. {without_controls(cells)}")
    failed = len(checks.failed)
    print(f"\n{len(checks)} checks, {failed} failed")


def _simulate(options: argparse.Namespace) -> int:
    from attribution.datasets import simulate

    dataset = simulate(
        options.users,
        start=options.start,
        days=options.days,
        seed=options.seed,
        holdout=dict(options.holdout) or None,
        bots=options.bots,
        dirt=True if options.dirt else None,
    )
    folder = dataset.write(options.folder)
    for name, table in dataset.tables.items():
        print(f"{name:<12}{table.num_rows:>12,} rows")
    print(f"wrote {folder}")
    return DONE


def _parser() -> argparse.ArgumentParser:
    shape = argparse.RawDescriptionHelpFormatter
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("-v", "--verbose", action="store_true", help="log each stage to stderr")
    common.add_argument("--debug", action="store_true", help="log everything and show tracebacks")
    parser = argparse.ArgumentParser(
        prog="attribution",
        description=_DESCRIPTION,
        epilog=f"{_RUN_EXAMPLES}\n{_CODES}",
        formatter_class=shape,
    )
    parser.add_argument("--version", action="version", version=f"attribution-analytics {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, what: str, description: str, examples: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=what,
            description=description,
            epilog=f"{examples}\n{_CODES}",
            formatter_class=shape,
            parents=[common],
        )

    run = command("run", "do what a configuration file says", _RUN, _RUN_EXAMPLES)
    run.add_argument("config", metavar="CONFIG.toml")
    run.add_argument("--output", metavar="FOLDER", help="write here instead of [output] folder")
    run.set_defaults(command=_run)

    audit = command("audit", "check a log", _AUDIT, _AUDIT_EXAMPLES)
    audit.add_argument("touches", metavar="TOUCHES", nargs="+", help="files, folders or globs")
    audit.add_argument(
        "--conversions", metavar="PATH", nargs="+", help="the conversions, if they are not among the touches"
    )
    audit.add_argument("--lookback", default="30D", metavar="WINDOW", help="e.g. 30D (default) or 12h")
    names = audit.add_argument_group(
        "columns", "By default the usual names, such as user_id, time, channel, value."
    )
    for role, what in _ROLES.items():
        names.add_argument(
            f"--{role.replace('_', '-')}", metavar="COLUMN" if role != "time_unit" else "UNIT", help=what
        )
    names.add_argument("--dims", metavar="COLUMN,...", action="append", default=[], help="further columns")
    names.add_argument(
        "--conversion-only", action="store_true", help="rows marked by --conversion are not touches as well"
    )
    audit.set_defaults(command=_audit)

    simulate = command("simulate", "write a simulated log", _SIMULATE, _SIMULATE_EXAMPLES)
    simulate.add_argument("folder", metavar="FOLDER")
    simulate.add_argument("--users", type=int, default=20_000, metavar="N", help="how many users (20000)")
    simulate.add_argument("--days", type=int, default=365, metavar="N", help="length of the log (365)")
    simulate.add_argument("--start", default="2025-01-01", metavar="DATE", help="first day (2025-01-01)")
    simulate.add_argument(
        "--seed", type=int, default=0, metavar="N", help="everything random follows from it (0)"
    )
    simulate.add_argument(
        "--holdout",
        type=_share,
        action="append",
        default=[],
        metavar="CHANNEL=SHARE",
        help="withhold a channel from a random share of the users; may be repeated",
    )
    simulate.add_argument("--bots", type=int, default=0, metavar="N", help="automated visitors to add (0)")
    simulate.add_argument("--dirt", action="store_true", help="some of everything that real logs suffer from")
    simulate.set_defaults(command=_simulate)
    return parser


_ROLES = {
    "user": "who; NAME,NAME where touches and conversions differ",
    "time": "when; NAME,NAME where touches and conversions differ",
    "channel": "channel of a touch",
    "conversion": "marks conversions among the touches (one table)",
    "value": "worth of a conversion",
    "goal": "kind of a conversion",
    "order": "id of an order",
    "sequence": "orders touches of one instant",
    "time_unit": "what whole-number times count: s, ms, us or ns",
}


def _share(text: str) -> tuple[str, float]:
    name, mark, share = text.rpartition("=")
    try:
        if mark and name:
            return name, float(share)
    except ValueError:
        pass
    msg = f"{text!r} is not CHANNEL=SHARE, such as email=0.2"
    raise argparse.ArgumentTypeError(msg)


@contextlib.contextmanager
def _logging(options: argparse.Namespace) -> Iterator[None]:
    """Send the library's log to stderr for as long as the command runs."""
    logger = logging.getLogger("attribution")
    before = logger.level
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if options.debug else logging.INFO if options.verbose else logging.WARNING)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let a polite kill (SIGTERM, as of a scheduler) clean up like an interrupt."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt(signal.SIGTERM)

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
