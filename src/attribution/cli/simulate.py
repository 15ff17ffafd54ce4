"""``attribution simulate``: write a simulated log."""

from __future__ import annotations

import argparse

from attribution.cli.codes import DONE
from attribution.cli.parsers import AddCommand

_ABOUT = """\
Write a simulated retailer's log into a folder: touches, conversions, spend, users, identities, and the true
effect of every channel (truth.parquet). The same options give the same files.
"""
_EXAMPLES = """\
examples:
  attribution simulate sim
  attribution simulate sim --users 100000 --days 90 --seed 7
  attribution simulate sim --holdout email=0.2 --dirt --bots 5
"""


def add(command: AddCommand) -> None:
    """Add the command to the parser."""
    simulate = command("simulate", "write a simulated log", _ABOUT, _EXAMPLES)
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


def _share(text: str) -> tuple[str, float]:
    name, mark, share = text.rpartition("=")
    try:
        if mark and name:
            return name, float(share)
    except ValueError:
        pass
    msg = f"{text!r} is not CHANNEL=SHARE, such as email=0.2"
    raise argparse.ArgumentTypeError(msg)
