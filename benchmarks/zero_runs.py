"""Zeros of small geos: how often a sound panel fails the check `zeros`, and how long a late feed must be.

python -m benchmarks.zero_runs               # the table of docs/validation.md, two CPU minutes
python -m benchmarks.zero_runs --draws 100   # a look
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np

from attribution.experiments.geo.zero_runs import zero_runs

WEEK = np.array([1.4, 1.3, 1.2, 1.1, 1.0, 0.5, 0.5])
SIZES = ((12, 91, 70), (40, 91, 70), (12, 26, 20))  # geos, periods, periods before the test
LATE = (1, 2, 3, 5, 7)
Draw = Callable[[np.random.Generator, int, int], Any]


def poisson(mean: float) -> Draw:
    return lambda rng, n, periods: rng.poisson(mean, (n, periods)).astype(float)


def negative_binomial(mean: float, shape: float) -> Draw:
    return lambda rng, n, periods: rng.poisson(mean * rng.gamma(shape, 1 / shape, (n, periods))).astype(float)


def weekly(mean: float) -> Draw:
    return lambda rng, n, periods: rng.poisson(mean * WEEK[np.arange(periods) % 7], (n, periods)).astype(
        float
    )


def money(mean: float) -> Draw:
    def draw(rng: np.random.Generator, n: int, periods: int) -> Any:
        buyers = rng.poisson(mean, (n, periods))
        return np.where(buyers > 0, rng.gamma(np.maximum(buyers, 1), 50.0), 0.0)

    return draw


SOUND: dict[str, Draw] = {
    "0.3 a day": poisson(0.3),
    "1 a day": poisson(1),
    "2 a day": poisson(2),
    "3 a day": poisson(3),
    "4 a day": poisson(4),
    "5 a day": poisson(5),
    "8 a day": poisson(8),
    "2 a day, negative binomial, shape .5": negative_binomial(2, 0.5),
    "5 a day, negative binomial, shape .5": negative_binomial(5, 0.5),
    "5 a day, negative binomial, shape 1": negative_binomial(5, 1),
    "4 a day, by weekday": weekly(4),
    "money of 2 buyers a day": money(2),
    "money of 5 buyers a day": money(5),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}, seed {asked.seed}, {asked.draws:,} draws a cell\n")
    heads = [f"{n} geos, {periods} periods" for n, periods, _ in SIZES] + [
        f"{days} days late" for days in LATE
    ]
    print(f"| a geo sells | {' | '.join(heads)} |\n|---|{'---:|' * len(heads)}")
    for name, draw in SOUND.items():
        shown = []
        for n, periods, before in SIZES:
            rng = np.random.default_rng([asked.seed, n, periods])
            alarms = sum(len(zero_runs(draw(rng, n, periods), before)) > 0 for _ in range(asked.draws))
            shown.append(f"{alarms / asked.draws:.3f}")
        n, periods, before = SIZES[0]
        rng = np.random.default_rng([asked.seed, 99])
        for days in LATE:
            found = 0
            for _ in range(asked.draws // 5):
                panel = draw(rng, n, periods)
                panel[6, -days:] = 0
                found += any(row[0] == 6 for row in zero_runs(panel, before).tolist())
            shown.append(f"{found / (asked.draws // 5):.2f}")
        print(f"| {name} | {' | '.join(shown)} |", flush=True)


if __name__ == "__main__":
    main()
