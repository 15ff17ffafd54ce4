"""``attribution audit``: check a log."""

from __future__ import annotations

import argparse

from attribution.cli.codes import DONE, FAILED
from attribution.cli.parsers import AddCommand
from attribution.cli.printing import print_checks

_ABOUT = """\
Check a log for what would make credit wrong: duplicates, null keys, times out of range, ties,
conversions without a touch, bots, gaps, and more. Exit code 1: a check failed.

Ids of users and orders are shown as keyed hashes: alike where they are alike, under a key of this call, or of
ATTRIBUTION_KEY, so that they are the same the next time. --show-ids shows them as they are.
"""
_EXAMPLES = """\
examples:
  attribution audit touches.parquet --conversions conversions.parquet
  attribution audit 'touches/*.parquet' --conversions orders.csv --user visitor --time clicked_at,bought_at
  attribution audit events.parquet --conversion is_order --value revenue --dims campaign,device
"""
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


def add(command: AddCommand) -> None:
    """Add the command to the parser."""
    audit = command("audit", "check a log", _ABOUT, _EXAMPLES)
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
    audit.add_argument("--show-ids", action="store_true", help="show ids of users and orders as they are")
    audit.set_defaults(command=_audit)


def _audit(options: argparse.Namespace) -> int:
    from attribution.cli.hidden import without_ids
    from attribution.eventlog.read import read_log
    from attribution.jobs.doors import checks_at, shell_of

    fields = ("user", "time", "channel", "conversion", "value", "goal", "order", "sequence", "time_unit")
    schema = {name: getattr(options, name) for name in fields if getattr(options, name) is not None}
    for name in ("user", "time"):
        if "," in schema.get(name, ""):
            schema[name] = tuple(schema[name].split(",", 1))
    schema["dims"] = tuple(name for names in options.dims for name in names.split(",") if name)
    schema["conversion_is_touch"] = not options.conversion_only
    touches = options.touches[0] if len(options.touches) == 1 else options.touches
    log = read_log(touches, options.conversions, schema)
    checks = checks_at(lambda fix: shell_of(fix, vars(options)), log.audit(lookback=options.lookback))
    if not options.show_ids:
        tables = (log.touch_table, log.conversion_table)
        checks = without_ids(checks, {name for table in tables for name in (table.user, table.order) if name})
    print_checks(checks)
    return DONE if checks.passed else FAILED
