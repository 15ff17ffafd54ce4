"""False alarms of holdout tests with few events: outcome x adjustment x events expected x split.

python -m benchmarks.coverage_few                 # 1,000 draws a cell, half an hour
python -m benchmarks.coverage_few --draws 100     # a look
python -m benchmarks.coverage_few --outcome money # one outcome of binary, money, ratio

Exits with 1 when a cell that carries verdicts rejects more than 7% of true nulls at 5%.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

import attribution as at
from attribution.stats import rerandomised

OUTCOMES = ("binary", "money", "ratio")
ADJUSTMENTS = {
    "none": {},
    "Lin": {"covariate": "x"},
    "CUPED": {"covariate": "x", "adjust": "cuped"},
    "clusters": {"cluster": "c"},
}
EXPECTED = (1, 3, 5, 10, 20, 100)
SPLITS = (0.5, 0.1)
HOLDOUT = {1: 200, 3: 200, 5: 200, 10: 300, 20: 400, 100: 1_000}  # users of the smaller arm
MOST = 0.07


def users(rng: np.random.Generator, outcome: str, expected: int, split: float) -> dict[str, np.ndarray]:
    """Draw users of whom nobody is moved: amounts are lognormal with sigma 1.5, households hold 1 to 3."""
    n = round(HOLDOUT[expected] / split)
    house = np.repeat(np.arange(n), rng.integers(1, 4, n))[:n]
    held = rng.random(n) < split
    # Whole households are assigned, so that clusters are what they say; without them a user is one.
    of_house = rng.permutation(n) < round(split * n)
    size = np.bincount(house, minlength=n)
    rate = expected / HOLDOUT[expected]
    past = rng.normal(size=n)
    buys = rng.random(n) < rate * np.exp(0.5 * past - 0.125)
    sessions = 1.0 + rng.poisson(2.0, n)
    y = buys * (rng.lognormal(3.0, 1.5, n) if outcome == "money" else 1.0)
    return {
        "user": np.where(held, "holdout", "treatment"),
        "house": np.where(of_house[house], "holdout", "treatment"),
        "y": y.astype(float),
        "x": past,
        "c": house,
        "s": sessions,
        "size": size[house],
    }


def cell(
    rng: np.random.Generator, outcome: str, adjustment: str, expected: int, split: float, draws: int
) -> tuple[int, int, int]:
    """Return how many draws give a verdict, find an effect, and could not have."""
    told = found = unable = 0
    options = dict(ADJUSTMENTS[adjustment])
    if outcome == "ratio":
        options["denominator"] = "s"
    for _ in range(draws):
        table = users(rng, outcome, expected, split)
        if not table["y"].any():
            continue  # refused: nothing to analyse
        arm = "house" if "cluster" in options else "user"
        lift = at.analyze_holdout(table, assigned=arm, outcome="y", despite=("covariate_balance",), **options)
        if lift.verdict == "blocked":
            continue
        told += 1
        found += lift.verdict == "effect"
        unable += any(check.name == "few_events" for check in lift.checks.failed)
    return told, found, unable


def cells(seed: int, draws: int, only: str) -> Iterator[tuple[str, str, int, float, tuple[int, int, int]]]:
    """Yield every cell with its counts."""
    for position, outcome in enumerate(OUTCOMES):
        if only not in outcome:
            continue
        for place, adjustment in enumerate(ADJUSTMENTS):
            for split in SPLITS:
                for expected in EXPECTED:
                    rng = np.random.default_rng([seed, position, place, expected, round(100 * split)])
                    counts = cell(rng, outcome, adjustment, expected, split, draws)
                    yield outcome, adjustment, expected, split, counts


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=1_000, help="of a cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--outcome", default="", choices=["", *OUTCOMES])
    # The level holds with any number of assignments; with fewer they are drawn sooner.
    rerandomised.MOST_DRAWS = rerandomised.FEWEST_DRAWS
    asked = parser.parse_args(arguments)
    start = time.process_time()
    print(f"{datetime.now(UTC):%Y-%m-%d}, seed {asked.seed}, {asked.draws:,} draws a cell\n")
    heads = " | ".join(f"{expected:g}" for expected in EXPECTED)
    print(f"| outcome | adjustment | split | {heads} |\n|---|---|---|{'---:|' * len(EXPECTED)}")
    line: list[str] = []
    high = silent = unable = 0
    for outcome, adjustment, expected, split, (told, found, never) in cells(
        asked.seed, asked.draws, asked.outcome
    ):
        line.append(f"{found / told:.3f}" if told else "none")
        high += told > 0 and found / told > MOST
        silent += not told
        unable += never > told / 2
        if expected == EXPECTED[-1]:
            shares = f"{100 - 100 * split:.0f}/{100 * split:.0f}"
            print(f"| {outcome} | {adjustment} | {shares} | {' | '.join(line)} |", flush=True)
            line = []
    print(f"\n{high} cells above {MOST:.0%}, {silent} without a verdict;", end=" ")
    print(f"in {unable} more than half of the draws could show nothing")
    print(f"{time.process_time() - start:.0f} CPU seconds", file=sys.stderr)
    sys.exit(1 if high else 0)


if __name__ == "__main__":
    main()
