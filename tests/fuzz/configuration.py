"""Jobs in TOML with lines, values and bytes that are wrong."""

from __future__ import annotations

from pathlib import Path
from random import Random

import attribution as at
from tests.fuzz.damage import damaged

JOB = """
models = ["last_touch", {name = "time_decay", half_life = "7D"}, "markov"]
by = ["channel", "month"]
bootstrap = 100

[log]
touches = "touches.parquet"
conversions = ["orders-{yesterday}.csv", "old/*.csv"]
drop_limit = 0.1

[log.schema]
user = "uid"
dims = ["campaign"]

[audit]
fail_on = ["null_keys", "ties"]
busy_touches = 500

[[channels.rules]]
channel = "Ads"
medium = "re:cpc|ppc"

[journeys]
lookback = "30D"
goal = "purchase"
rates = "rates.csv"
currency = "EUR"

[spend]
path = "spend.csv"
outside = "keep"

[report]
title = "Week {week}"
sections = ["findings", "credit"]

[output]
folder = "out/{today}"
keep = 3

[check]
baseline = "previous"
mode = "nightly"

[[holdouts]]
channel = "email"
users = "users.parquet"

[calibration]
model = "last_touch"
"""
LINES = JOB.splitlines()
VALUES = [
    *(
        "true",
        "-1",
        "0",
        "1e999",
        "nan",
        "inf",
        '""',
        '"x"',
        "[]",
        "{}",
        '[""]',
        "[[1]]",
        "2026-03-01",
        "0x7f",
    ),
    *(
        "{a = {b = 1}}",
        '"{today"',
        '"{nothing}"',
        '"${NOBODY}"',
        "12:00:00",
        "9" * 25,
        "'''x'''",
        '"\\u0000"',
    ),
    *("[" * 3000, "[" * 900 + "]" * 900, "{a=" * 2000, '"' + "x" * 5000 + '"', "[1, 'a', true]", "_1", "1_0"),
]


def drawn(rng: Random) -> bytes:
    """Return a configuration with a mistake or none."""
    lines = list(LINES)
    place = rng.randrange(len(lines))
    match rng.randrange(7):
        case 0:
            return damaged(JOB.encode(), rng)
        case 1:
            lines.pop(place)
        case 2:
            lines.insert(rng.randrange(len(lines)), lines[place])
        case 3:
            lines[place] = rng.choice(LINES)
        case 4:
            lines.insert(
                place, rng.choice(["[" + "a." * 3000 + "a]", "a." * 500 + "a = 1", "[x]", "é = 1", "="])
            )
        case _:
            name, equals, _ = lines[place].partition("=")
            lines[place] = f"{name}={rng.choice(VALUES)}" if equals else lines[place]
    return "\n".join(lines).encode()


def loaded(path: Path) -> None:
    """A job, or a ConfigError; a job that is loaded is one."""
    job = at.load_config(path, date="2026-03-05")
    assert job.models
    assert job.log.touches
