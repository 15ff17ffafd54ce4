"""What nightly checks catch of one bad day, and how often they fail on good ones.

    python -m benchmarks.nights [--users 8000 60000] [--nights 35] [--seed 1] [--quiet-seeds 3] [--docs]

A simulated log of 112 days grows by a day a night. Each night is compared with the night before, as
`[check] baseline = "previous"` does, once as it is and once for each thing that can go wrong with its new
day. Caught means that a check failed that passes on the same night as it is (for a rewritten file: that it
is named). Further seeds of the smaller log count false alarms alone. `--docs` writes the table into
docs/checks.md.
"""

from __future__ import annotations

import argparse
import logging
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import attribution as at
from attribution.diagnostics import CheckResults
from attribution.regression import input_drift
from attribution.regression.baseline import Baseline
from attribution.regression.day_drift import NAMES
from attribution.regression.store import as_baseline

DAY = 86_400_000_000
START = int(np.datetime64("2025-01-01", "us").astype(np.int64))
DAYS = 112
PAGE = Path(__file__).resolve().parent.parent / "docs" / "checks.md"
MARKS = re.compile(r"<!-- nights -->.*<!-- end of nights -->", re.DOTALL)
Tables = tuple[pa.Table, pa.Table]
Change = Callable[[pa.Table], pa.Table]


def times(table: pa.Table) -> Any:
    return table["time"].cast(pa.int64()).to_numpy()


def upto(tables: Tables, day: int) -> Tables:
    touches, conversions = (table.filter(pa.array(times(table) < START + day * DAY)) for table in tables)
    return touches, conversions


def same(rows: pa.Table) -> pa.Table:
    return rows


def twice(rows: pa.Table) -> pa.Table:
    return pa.concat_tables([rows, rows])


def none(rows: pa.Table) -> pa.Table:
    return rows.slice(0, 0)


def afternoon(rows: pa.Table) -> pa.Table:
    return rows.filter(pa.array((times(rows) - START) % DAY >= DAY // 2))


def an_hour_later(rows: pa.Table) -> pa.Table:
    later = pa.array(times(rows) + DAY // 24).cast(rows["time"].type)
    return rows.set_column(rows.column_names.index("time"), "time", later)


def renamed(rows: pa.Table) -> pa.Table:
    channel = rows["channel"].cast(pa.string())
    name = pc.if_else(pc.equal(channel, "email"), "e-mail", channel)
    return rows.set_column(rows.column_names.index("channel"), "channel", name)


def dearer(factor: float) -> Change:
    def change(rows: pa.Table) -> pa.Table:
        return rows.set_column(rows.column_names.index("value"), "value", pc.multiply(rows["value"], factor))

    return change


# What is done to the touches and to the conversions of the new day.
BAD: dict[str, tuple[Change, Change]] = {
    "the day comes twice": (twice, twice),
    "its conversions come twice": (same, twice),
    "its conversions an hour later": (same, an_hour_later),
    "its touches an hour later": (an_hour_later, same),
    "the day is missing (seen a night later)": (none, none),
    "its morning is missing": (afternoon, afternoon),
    "email is called e-mail": (renamed, same),
    "values times 100": (same, dearer(100.0)),
    "values in kronor for euros (times 11.2)": (same, dearer(11.2)),
}


def with_day(tables: Tables, day: int, changes: tuple[Change, Change]) -> Tables:
    found = []
    for table, change in zip(tables, changes, strict=True):
        on = (times(table) - START) // DAY == day
        found.append(pa.concat_tables([table.filter(pa.array(~on)), change(table.filter(pa.array(on)))]))
    return found[0], found[1]


def look(tables: Tables) -> Baseline:
    journeys = at.build_journeys(at.read_log(*tables), goal="purchase")
    return as_baseline(at.attribute(journeys, "linear"), journeys=journeys)


def compared(new: Baseline, old: Baseline) -> set[str]:
    checks: CheckResults = at.check(new, old, mode="nightly")
    return {check.name for check in checks.failed}


def simulated(users: int, seed: int) -> Tables:
    data = at.datasets.simulate(users, days=DAYS, seed=seed)
    touches = data.touches.select(["user_id", "time", "channel"])
    return (
        touches.set_column(2, "channel", touches["channel"].cast(pa.string())),
        data.conversions.select(["user_id", "time", "goal", "value", "order_id"]),
    )


def quiet(tables: Tables, nights: int) -> tuple[dict[int, Baseline], dict[int, set[str]]]:
    """Return each night as it is, and what fails on it."""
    first = DAYS - 1 - nights
    looks = {end: look(upto(tables, end)) for end in range(first, DAYS + 1)}
    return looks, {end: compared(looks[end], looks[end - 1]) for end in range(first + 1, DAYS + 1)}


def files(end: int, rewritten: int | None = None) -> list[dict[str, Any]]:
    """Return what a manifest says of daily files up to a day, one of them perhaps written anew."""
    return [
        {"path": f"touches-{day:03}.parquet", "bytes": 1_000, "sha256": "b" if day == rewritten else "a"}
        for day in range(end)
    ]


def rewritten(end: int, rng: np.random.Generator) -> bool:
    day = int(rng.integers(0, end - 4))
    (found,) = input_drift.check(files(end - 1), files(end, day))
    (other,) = input_drift.check(files(end - 1), files(end))
    return f"touches-{day:03}.parquet" in found.check.text and other.check.passed is True


def bad_nights(tables: Tables, nights: int, seed: int) -> tuple[dict[str, str], Counter[str], Counter[str]]:
    """Return how often each bad day is caught, by which of the new checks, and false alarms by name.

    A change that changes nothing, as where a day has no purchase to double, counts neither way.
    """
    looks, usual = quiet(tables, nights)
    caught: dict[str, str] = {}
    names: Counter[str] = Counter()
    ends = range(DAYS - nights, DAYS)
    for what, changes in BAD.items():
        hits, tried = 0, 0
        for end in ends:
            late = 1 if "a night later" in what else 0
            new = look(with_day(upto(tables, end + late), end - 1, changes))
            if new.log == looks[end + late].log:
                continue
            tried += 1
            failed = compared(new, looks[end - 1]) - usual[end + late]
            hits += bool(failed)
            names.update(f"{what}: {name}" for name in failed & set(NAMES))
        caught[what] = f"{hits} of {tried}"
    rng = np.random.default_rng(seed)
    named = sum(rewritten(end, rng) for end in ends)
    caught["a settled file is written anew"] = f"{named} of {nights}"
    return caught, names, Counter(name for end in ends for name in usual[end])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, nargs="+", default=[8_000, 60_000])
    parser.add_argument("--nights", type=int, default=35)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quiet-seeds", type=int, default=3)
    parser.add_argument("--docs", action="store_true")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    columns, alarms = [], []
    for users in given.users:
        began = time.process_time()
        tables = simulated(users, given.seed)
        caught, names, false = bad_nights(tables, given.nights, given.seed)
        nights, wrong = given.nights, sum(false.values())
        found = Counter(false)
        if users == min(given.users):
            for seed in range(given.seed + 1, given.seed + 1 + given.quiet_seeds):
                _, usual = quiet(simulated(users, seed), given.nights)
                nights += len(usual)
                found.update(name for failed in usual.values() for name in failed)
            wrong = sum(found.values())
        new = sum(count for name, count in found.items() if name in NAMES)
        columns.append(caught)
        told = ", ".join(f"`{name}` {count}" for name, count in found.most_common())
        alarms.append(f"{wrong} checks in {nights:,} nights" + (f" ({told})" if wrong else ""))
        print(
            f"{users:,} users, {time.process_time() - began:.0f} CPU s; false: {alarms[-1]}, {new} new ones"
        )
        for what, count in caught.items():
            of = {name.partition(": ")[2]: n for name, n in names.items() if name.startswith(f"{what}: ")}
            print(f"  {what:45s} {count}  {of or ''}", flush=True)
    text = (
        "| One bad day; nights caught of those it changes | "
        + " | ".join(f"{users:,} users" for users in given.users)
        + " |\n"
    )
    text += "|---|" + "---:|" * len(given.users) + "\n"
    for what in columns[0]:
        text += f"| {what} | " + " | ".join(column[what] for column in columns) + " |\n"
    text += "| nothing is wrong: false alarms | " + " | ".join(alarms) + " |\n"
    print(text)
    if given.docs:
        block = f"<!-- nights -->\n{text}<!-- end of nights -->"
        PAGE.write_text(MARKS.sub(lambda _: block, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
