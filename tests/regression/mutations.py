"""Deliberate regressions, each with the check that should catch it, and harmless changes, which should pass.

``python -m tests.regression.mutations`` writes the tables into docs/checks.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet

import attribution as at

PAGE = Path(__file__).parents[2] / "docs" / "checks.md"
DAY = 86_400_000_000
START = int(np.datetime64("2025-01-01", "us").astype(np.int64))
DAYS, KNOWN, GROWN = 110, 90, 104  # of the log; of the baseline of nightly checks; of the log two weeks on
MODELS = ["linear", "last_touch", {"name": "u_shaped"}, "markov"]
TOUCHES = ("user_id", "time", "channel")
CONVERSIONS = ("user_id", "time", "goal", "value")


@dataclass(frozen=True)
class World:
    """A log as two tables of plain columns; `file` is where the case may write."""

    touches: pa.Table
    conversions: pa.Table
    schema: Mapping[str, Any] = field(default_factory=dict)

    def upto(self, day: int, first: int = 0) -> World:
        """Return the rows of the days `first` to `day`, the last one excluded."""
        return replace(
            self,
            **{
                name: table.filter((times(table) < START + day * DAY) & (times(table) >= START + first * DAY))
                for name, table in (("touches", self.touches), ("conversions", self.conversions))
            },
        )

    def since(self, day: int, change: Callable[[World], World]) -> World:
        """Return the log with a change from some day on."""
        old, new = self.upto(day), change(self.upto(DAYS, day))
        return replace(
            self,
            touches=pa.concat_tables([old.touches, new.touches]),
            conversions=pa.concat_tables([old.conversions, new.conversions]),
        )


@dataclass(frozen=True)
class Case:
    """A result to check, with the journeys behind it and further arguments of `check`."""

    result: Any
    journeys: at.Journeys | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Mutation:
    """What is done to the log, to the settings or to the result."""

    what: str
    mode: str
    make: Callable[[World, Path], Case]
    caught: str = ""


@cache
def world() -> World:
    """Return the log that everything starts from."""
    data = at.datasets.simulate(9_000, days=DAYS, seed=5)
    return World(data.touches.select(TOUCHES), data.conversions.select(CONVERSIONS))


def times(table: pa.Table) -> np.ndarray:
    return table["time"].cast(pa.int64()).to_numpy()


def build(log: World, **settings: Any) -> at.Journeys:
    opened = at.read_log(log.touches, log.conversions, log.schema)
    return at.build_journeys(opened, **{"goal": "purchase"} | settings)


def credited(log: World, models: Any = MODELS, *, despite: tuple[str, ...] = (), **settings: Any) -> Case:
    journeys = build(log, **settings)
    return Case(at.attribute(journeys, models), journeys, {"despite": despite} if despite else {})


@cache
def baseline(mode: str) -> Case:
    log = world()
    return credited(log if mode == "pinned" else log.upto(KNOWN))


def credit_of(journeys: at.Journeys, **options: Any) -> Case:
    return Case(at.attribute(journeys, MODELS, **options), journeys)


def with_spend(case: Case) -> Case:
    return replace(case, result=case.result.with_spend({"email": 10}))


def with_column(table: pa.Table, name: str, column: Any) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def moved(table: pa.Table, hours: float) -> pa.Table:
    later = times(table) + int(hours * DAY / 24)
    return with_column(table, "time", pa.array(later).cast(table["time"].type))


def renamed(log: World, old: str, new: str) -> World:
    channel = log.touches["channel"]
    return replace(
        log, touches=with_column(log.touches, "channel", pc.if_else(pc.equal(channel, old), new, channel))
    )


def without_channel(log: World, name: str, part: float = 1.0) -> World:
    rows = log.touches.num_rows
    lost = (log.touches["channel"].to_numpy() == name) & (np.arange(rows) % 100 < 100 * part)
    return replace(log, touches=log.touches.filter(~lost))


def of_users(log: World, keep: Callable[[np.ndarray], np.ndarray]) -> World:
    """Return the rows of some users, chosen by the number in their id."""

    def part(table: pa.Table) -> pa.Table:
        return table.filter(
            keep(np.array([int(re.sub(r"\D", "", user)) for user in table["user_id"].to_pylist()]))
        )

    return replace(log, touches=part(log.touches), conversions=part(log.conversions))


def in_cents(log: World) -> World:
    return replace(
        log, conversions=with_column(log.conversions, "value", pc.multiply(log.conversions["value"], 100.0))
    )


def with_bots(log: World, first: int) -> World:
    rows = 9 * 900
    bots = {
        "user_id": [f"bot{number % 9}" for number in range(rows)],
        "time": pa.array(START + first * DAY + np.arange(rows) * (7 * DAY // rows)),
        "channel": ["display"] * rows,
    }
    table = pa.table({name: pa.array(values) for name, values in bots.items()})
    return replace(log, touches=pa.concat_tables([log.touches, table.cast(log.touches.schema)]))


def without_day(log: World, day: int) -> World:
    low, high = START + day * DAY, START + (day + 1) * DAY
    parts = [
        table.filter((times(table) < low) | (times(table) >= high))
        for table in (log.touches, log.conversions)
    ]
    return replace(log, touches=parts[0], conversions=parts[1])


def twice(table: pa.Table, rows: np.ndarray) -> pa.Table:
    return pa.concat_tables([table, table.filter(rows)])


def on_day(table: pa.Table, day: int) -> np.ndarray:
    return (times(table) - START) // DAY == day


def converted(journeys: at.Journeys) -> at.Journeys:
    return journeys.take(journeys.converted)


def reversed_journeys(journeys: at.Journeys) -> at.Journeys:
    lengths = journeys.lengths
    first, last = (np.repeat(end, lengths) for end in (journeys.offsets[:-1], journeys.offsets[1:] - 1))
    return replace(journeys, channel=journeys.channel[first + last - np.arange(len(journeys.channel))])


def changed(case: Case, **arrays: Callable[[np.ndarray], np.ndarray]) -> Case:
    """Return a case whose credit table was changed behind the models' back."""
    found = {name: change(getattr(case.result, name).copy()) for name, change in arrays.items()}
    return replace(case, result=replace(case.result, **found))


def leak(table: np.ndarray) -> np.ndarray:
    table[0] *= 0.999
    return table


def swap(table: np.ndarray) -> np.ndarray:
    order = np.argsort(table[0, :-1])
    table[0, [order[-1], order[-3]]] = table[0, [order[-3], order[-1]]]
    return table


def noise(table: np.ndarray) -> np.ndarray:
    return table * (1 + 1e-12 * np.random.default_rng(0).standard_normal(table.shape))


def cut_table(case: Case, path: Path) -> Case:
    """Write a baseline, and lose a line of its table."""
    written = at.save_baseline(case.result, path / "cut.json", journeys=case.journeys)
    lines = written.read_text(encoding="utf-8").splitlines(keepends=True)
    lost = next(place for place, line in enumerate(lines) if '"linear", "channel": "email"' in line)
    written.write_text("".join(lines[:lost] + lines[lost + 1 :]), encoding="utf-8")
    return Case(written)


def relabelled(models: Any, **other: Any) -> dict[str, Any]:
    """Return the models by label, some of them others under the same label."""
    return {(each if isinstance(each, str) else each["name"]): each for each in models} | other


def strange_ids(log: World) -> World:
    ids = log.conversions["user_id"]
    rows = np.arange(len(ids)) % 3 == 0
    return replace(
        log,
        conversions=with_column(
            log.conversions,
            "user_id",
            pc.if_else(pa.array(rows), pc.binary_join_element_wise("x", ids, ""), ids),
        ),
    )


def leads_are_purchases(log: World) -> World:
    goal = log.conversions["goal"]
    return replace(
        log,
        conversions=with_column(
            log.conversions, "goal", pc.if_else(pc.equal(goal, "lead"), "purchase", goal)
        ),
    )


HEAVIER = relabelled(MODELS, u_shaped=at.PositionBased(first=0.404, last=0.4))

REGRESSIONS = [
    Mutation(
        "a channel is renamed", "pinned", lambda w, _: credited(renamed(w, "email", "e-mail")), "channels"
    ),
    Mutation(
        "a channel is merged into another",
        "pinned",
        lambda w, _: credited(renamed(w, "sms", "email")),
        "channels",
    ),
    Mutation(
        "direct traffic is dropped", "pinned", lambda w, _: credited(without_channel(w, "direct")), "channels"
    ),
    Mutation(
        "a tenth of the touches comes twice",
        "pinned",
        lambda w, _: credited(replace(w, touches=twice(w.touches, np.arange(w.touches.num_rows) % 10 == 0))),
        "log.volumes",
    ),
    Mutation(
        "purchases come twice",
        "pinned",
        lambda w, _: credited(
            replace(w, conversions=twice(w.conversions, np.ones(w.conversions.num_rows, bool)))
        ),
        "log.volumes",
    ),
    Mutation(
        "half of the users are lost",
        "pinned",
        lambda w, _: credited(of_users(w, lambda n: n % 2 == 0)),
        "log.volumes",
    ),
    Mutation(
        "leads count as purchases",
        "pinned",
        lambda w, _: credited(leads_are_purchases(w)),
        "log.conversion_rate",
    ),
    Mutation(
        "journeys without a conversion are lost",
        "pinned",
        lambda w, _: credit_of(converted(build(w))),
        "log.conversion_rate",
    ),
    Mutation(
        "the touches' clock is an hour off",
        "pinned",
        lambda w, _: credited(replace(w, touches=moved(w.touches, 1))),
        "log.hours",
    ),
    Mutation(
        "the purchases' clock is an hour off",
        "pinned",
        lambda w, _: credited(replace(w, conversions=moved(w.conversions, -1))),
        "log.conversion_hours",
    ),
    Mutation("values come in cents", "pinned", lambda w, _: credited(in_cents(w)), "log.values"),
    Mutation("a day is lost", "pinned", lambda w, _: credited(without_day(w, 40)), "log.missing_days"),
    Mutation("bots visit", "pinned", lambda w, _: credited(with_bots(w, 50)), "log.lengths"),
    Mutation(
        "a third of the purchases has ids of another form",
        "pinned",
        lambda w, _: credited(strange_ids(w)),
        "unattributed",
    ),
    Mutation(
        "the order of touches is reversed",
        "pinned",
        lambda w, _: credit_of(reversed_journeys(build(w))),
        "transitions",
    ),
    Mutation(
        "the window is halved in the settings",
        "pinned",
        lambda w, _: credited(w, lookback="15D"),
        "refused: lookback",
    ),
    Mutation(
        "the window is halved, and nobody says so",
        "pinned",
        lambda w, _: credited(w, lookback="15D", despite=("lookback",)),
        "log.lengths",
    ),
    Mutation(
        "the window is a day short, and nobody says so",
        "pinned",
        lambda w, _: credited(w, lookback="29D", despite=("lookback",)),
        "credit[linear]",
    ),
    Mutation(
        "reset becomes overlap in the settings",
        "pinned",
        lambda w, _: credited(w, after_conversion="overlap"),
        "refused: after_conversion",
    ),
    Mutation(
        "a weight changes by 1% in the settings",
        "pinned",
        lambda w, _: credited(w, HEAVIER),
        "refused: models.u_shaped",
    ),
    Mutation(
        "a weight changes by 1% in the code",
        "pinned",
        lambda w, _: credited(w, HEAVIER, despite=("models",)),
        "credit[u_shaped]",
    ),
    Mutation(
        "a model loses 0.1% of its credit",
        "pinned",
        lambda w, _: changed(credited(w), conversions=leak),
        "conservation[linear]",
    ),
    Mutation(
        "a line of the table is lost",
        "pinned",
        lambda w, path: cut_table(credited(w), path),
        "conservation[linear]",
    ),
    Mutation(
        "two channels change places",
        "pinned",
        lambda w, _: changed(credited(w), conversions=swap),
        "ranks[linear]",
    ),
    Mutation("a model is left out", "pinned", lambda w, _: credited(w, MODELS[1:]), "models"),
    Mutation(
        "a channel is renamed from now on",
        "nightly",
        lambda w, _: credited(w.since(KNOWN, lambda new: renamed(new, "email", "e-mail")).upto(GROWN)),
        "channels",
    ),
    Mutation(
        "the tag of a large channel is gone from now on",
        "nightly",
        lambda w, _: credited(w.since(KNOWN, lambda new: without_channel(new, "organic_search")).upto(GROWN)),
        "log.channel_mix",
    ),
    Mutation(
        "half of direct traffic is dropped",
        "nightly",
        lambda w, _: credited(without_channel(w, "direct", 0.5).upto(GROWN)),
        "log.direct",
    ),
    Mutation(
        "an old day is loaded twice",
        "nightly",
        lambda w, _: credited(
            replace(w, touches=twice(w.touches, (times(w.touches) - START) // DAY == 60)).upto(GROWN)
        ),
        "log.history",
    ),
    Mutation(
        "half of the new users are lost",
        "nightly",
        lambda w, _: credited(w.since(KNOWN, lambda new: of_users(new, lambda n: n % 2 == 0)).upto(GROWN)),
        "log.volumes",
    ),
    Mutation(
        "the clock is two hours off from now on",
        "nightly",
        lambda w, _: credited(
            w.since(KNOWN, lambda new: replace(new, touches=moved(new.touches, 2))).upto(GROWN)
        ),
        "log.hours",
    ),
    Mutation(
        "values come in cents from now on",
        "nightly",
        lambda w, _: credited(w.since(KNOWN, in_cents).upto(GROWN)),
        "log.values",
    ),
    Mutation(
        "a new day is lost",
        "nightly",
        lambda w, _: credited(without_day(w, 95).upto(GROWN)),
        "log.missing_days",
    ),
    Mutation(
        "bots visit from now on",
        "nightly",
        lambda w, _: credited(with_bots(w, 92).upto(GROWN)),
        "log.volumes",
    ),
    Mutation(
        "a new day's touches come twice",
        "nightly",
        lambda w, _: credited(replace(w, touches=twice(w.touches, on_day(w.touches, 95))).upto(GROWN)),
        "log.duplicates",
    ),
]


def both(log: World, change: Callable[[pa.Table], Any]) -> World:
    return replace(log, touches=change(log.touches), conversions=change(log.conversions))


def shuffled(table: pa.Table) -> pa.Table:
    return table.take(np.random.default_rng(1).permutation(table.num_rows))


def cast(table: pa.Table, name: str, kind: pa.DataType) -> pa.Table:
    return with_column(table, name, table[name].cast(kind))


def written(log: World, path: Path, write: Callable[[pa.Table, Path], object], suffix: str) -> World:
    places = []
    for name, table in (("touches", log.touches), ("conversions", log.conversions)):
        places.append(path / f"{name}.{suffix}")
        write(table, places[-1])
    return replace(log, touches=places[0], conversions=places[1])


def in_parts(log: World, path: Path) -> World:
    for part in range(7):
        rows = np.arange(part, log.touches.num_rows, 7)
        pa.parquet.write_table(log.touches.take(rows), path / f"part-{part}.parquet")
    return replace(log, touches=str(path / "part-*.parquet"))


def streamed(log: World) -> Case:
    opened = at.read_log(log.touches, log.conversions)
    engine = at.Stream(memory="1GB", processes=1)
    return Case(at.attribute(opened, MODELS, goal="purchase", lookback="30D", engine=engine))


def numbered(log: World) -> World:
    return both(log, lambda table: with_column(table, "user_id", pa.array(
        [int(re.sub(r"\D", "", user)) for user in table["user_id"].to_pylist()])))  # fmt: skip


def saved(case: Case, path: Path) -> Case:
    return Case(at.save_baseline(case.result, path, journeys=case.journeys))


def new_channel(log: World, n: int) -> World:
    rows = log.touches.slice(0, n)
    rows = with_column(rows, "channel", pa.array(["podcast"] * n))
    return replace(log, touches=pa.concat_tables([log.touches, moved(rows, 24 * 95)]))


def without_late_rows(log: World) -> World:
    """Return the log as it was before rows of its last day but one came."""
    old = (times(log.touches) - START) // DAY == KNOWN - 2
    return replace(log, touches=log.touches.filter(~old | (np.arange(log.touches.num_rows) % 4 > 0)))


HARMLESS = [
    Mutation("rows in another order", "pinned", lambda w, _: credited(both(w, shuffled))),
    Mutation(
        "columns in another order",
        "pinned",
        lambda w, _: credited(both(w, lambda t: t.select(t.column_names[::-1]))),
    ),
    Mutation(
        "a further column that nothing reads",
        "pinned",
        lambda w, _: credited(both(w, lambda t: t.append_column("note", pa.nulls(t.num_rows, pa.string())))),
    ),
    Mutation(
        "text as dictionaries",
        "pinned",
        lambda w, _: credited(
            replace(w, touches=w.touches.set_column(2, "channel", w.touches["channel"].dictionary_encode()))
        ),
    ),
    Mutation(
        "text with 64-bit offsets",
        "pinned",
        lambda w, _: credited(both(w, lambda t: cast(t, "user_id", pa.large_string()))),
    ),
    Mutation(
        "times in whole seconds",
        "pinned",
        lambda w, _: credited(both(w, lambda t: cast(t, "time", pa.timestamp("s", "UTC")))),
    ),
    Mutation(
        "times in nanoseconds",
        "pinned",
        lambda w, _: credited(both(w, lambda t: cast(t, "time", pa.timestamp("ns", "UTC")))),
    ),
    Mutation(
        "the same instants on another zone's clock",
        "pinned",
        lambda w, _: credited(both(w, lambda t: cast(t, "time", pa.timestamp("us", "Asia/Tokyo")))),
    ),
    Mutation(
        "times as numbers since 1970",
        "pinned",
        lambda w, _: credited(
            replace(both(w, lambda t: cast(t, "time", pa.int64())), schema={"time_unit": "us"})
        ),
    ),
    Mutation(
        "many small record batches",
        "pinned",
        lambda w, _: credited(both(w, lambda t: pa.Table.from_batches(t.to_batches(max_chunksize=97)))),
    ),
    Mutation("pandas frames", "pinned", lambda w, _: credited(both(w, lambda t: t.to_pandas()))),
    Mutation(
        "Parquet files",
        "pinned",
        lambda w, path: credited(written(w, path, pa.parquet.write_table, "parquet")),
    ),
    Mutation("CSV files", "pinned", lambda w, path: credited(written(w, path, pa.csv.write_csv, "csv"))),
    Mutation(
        "Arrow files", "pinned", lambda w, path: credited(written(w, path, pa.feather.write_feather, "arrow"))
    ),
    Mutation("touches in seven files", "pinned", lambda w, path: credited(in_parts(w, path))),
    Mutation(
        "users' ids are others, one for one",
        "pinned",
        lambda w, _: credited(
            both(
                w, lambda t: with_column(t, "user_id", pc.binary_join_element_wise("salt", t["user_id"], ""))
            )
        ),
    ),
    Mutation("users' ids are whole numbers", "pinned", lambda w, _: credited(numbered(w))),
    Mutation(
        "users told apart by 128 bits",
        "pinned",
        lambda w, _: credit_of(
            at.build_journeys(at.read_log(w.touches, w.conversions, hash_bits=128), goal="purchase")
        ),
    ),
    Mutation("another engine (Stream)", "pinned", lambda w, _: streamed(w)),
    Mutation("models in another order", "pinned", lambda w, _: credited(w, MODELS[::-1])),
    Mutation(
        "noise of 1e-12 from other libraries",
        "pinned",
        lambda w, _: changed(credited(w), conversions=noise, value=noise),
    ),
    Mutation("spend is joined", "pinned", lambda w, _: with_spend(credited(w))),
    Mutation("a bootstrap is made", "pinned", lambda w, _: credit_of(build(w), bootstrap=20, rng=1)),
    Mutation("the result is kept as JSON", "pinned", lambda w, path: saved(credited(w), path / "b.json")),
    Mutation(
        "the result is kept as Parquet", "pinned", lambda w, path: saved(credited(w), path / "b.parquet")
    ),
    Mutation("a new day of ordinary data", "nightly", lambda w, _: credited(w.upto(KNOWN + 1))),
    Mutation("a new week", "nightly", lambda w, _: credited(w.upto(KNOWN + 7))),
    Mutation("two new weeks", "nightly", lambda w, _: credited(w.upto(GROWN))),
    Mutation(
        "the log moves on: a week at the end, and none of its first week",
        "nightly",
        lambda w, _: credited(w.upto(KNOWN + 7, 7)),
    ),
    Mutation(
        "late rows of the last day but one",
        "nightly",
        lambda w, _: credited(without_late_rows(w).upto(KNOWN + 1)),
    ),
    Mutation(
        "a new channel is tried out, five touches",
        "nightly",
        lambda w, _: credited(new_channel(w, 5).upto(GROWN)),
    ),
    Mutation(
        "two users ask to be forgotten",
        "nightly",
        lambda w, _: credited(of_users(w, lambda n: (n != 7) & (n != 11)).upto(KNOWN + 7)),
    ),
    Mutation("nothing is new", "nightly", lambda w, _: credited(w.upto(KNOWN))),
]


def checked(case: Case, mode: str) -> Any:
    """Compare a case with the baseline of its mode."""
    base, options = baseline(mode), dict(case.options)
    if case.journeys is not None:
        options["journeys"] = case.journeys
    from attribution.regression.store import as_baseline

    return at.check(case.result, as_baseline(base.result, journeys=base.journeys), mode=mode, **options)


def tables() -> str:
    """Return both tables in Markdown."""
    caught = [f"| {each.what} | {each.mode} | `{each.caught}` |" for each in REGRESSIONS]
    spared = [f"| {each.what} | {each.mode} |" for each in HARMLESS]
    return "\n".join([
        f"{len(REGRESSIONS)} deliberate regressions, each with the check that is there for it:\n",
        "| What goes wrong | mode | caught by |", "|---|---|---|", *caught, "",
        f"{len(HARMLESS)} harmless changes, which pass with the defaults of the mode:\n",
        "| What changes | mode |", "|---|---|", *spared,
    ])  # fmt: skip


MARKS = re.compile(r"(<!-- mutations -->\n).*?(\n<!-- end of mutations -->)", re.DOTALL)

if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(MARKS.sub(lambda found: found[1] + tables() + found[2], text), encoding="utf-8")
