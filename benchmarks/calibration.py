"""Does calibrated credit keep what experiments said, and come nearer to what channels caused?

    python -m benchmarks.calibration                # all parts, 20 minutes of one processor
    python -m benchmarks.calibration --quick        # fewer worlds
    python -m benchmarks.calibration --part drawn   # or 20000, 100000: the simulated retailers of that size

docs/calibration.md records a run.

Coverage of 95% intervals and root mean squared error, with known truth:

1. Drawn worlds: effects by five laws, experiments with an error of so many conversions.
2. Simulated retailers of 20,000 and 100,000 users with real holdouts, read by `analyze_holdout`.

Exits with 1 when a row leaves its band, which is widened by three standard errors of the worlds.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.calibration_worlds import LAWS, World, drawn, retailers
from benchmarks.coverage_row import Row

import attribution as at

Z = 1.959963984540054
TESTS = (1, 2, 3, 6)
# Standard error of a test of 20,000 and 100,000 users, of all conversions; as in the simulated retailer.
ERRORS = {20_000: 0.058, 100_000: 0.026}


@dataclass(frozen=True)
class Score:
    """What one calibration of one world got right."""

    model: str
    tests: int
    tested: tuple[int, int]  # intervals that cover, of how many
    untested: tuple[int, int]
    alone: tuple[int, int]  # the tests' own intervals, in the same draws
    verdict: tuple[int, int]  # tests whose interval leaves out 0, and calibrated it does not
    squares: dict[str, float]  # squared errors of tested channels: calibrated, test alone, credit
    elsewhere: dict[str, float]  # of untested ones
    baseline: float  # part of the calibrations whose interval covers it
    bounded: bool


def score(world: World, model: str, tests: int, first: int = 0) -> Score:
    """Calibrate by some of a world's tests, and compare with its truth."""
    lifts = dict(list(world.lifts.items())[first : first + tests])
    frame = at.calibrate(world.credits[model], lifts).to_frame()
    base, rows = frame.iloc[-1], frame.iloc[:-1]
    truth = rows["channel"].map(world.truth).fillna(0.0).to_numpy()
    covers = ((rows["incremental_ci_low"] <= truth) & (truth <= rows["incremental_ci_high"])).to_numpy()
    known = rows["tested"].to_numpy()
    alone = ((rows["test_ci_low"] <= 0) & (rows["test_ci_high"] >= 0)).to_numpy()
    right = ((rows["test_ci_low"] <= truth) & (truth <= rows["test_ci_high"])).to_numpy()
    both = ((rows["incremental_ci_low"] <= 0) & (rows["incremental_ci_high"] >= 0)).to_numpy()
    effect = known & ~alone
    columns = {"calibrated": "incremental", "test alone": "test", "credit": "attributed"}
    off = {name: (rows[column].to_numpy() - truth) ** 2 for name, column in columns.items()}
    ends = [base["incremental_ci_low"], base["incremental"], base["incremental_ci_high"]]
    return Score(
        model,
        tests,
        (int(covers[known].sum()), int(known.sum())),
        (int(covers[~known].sum()), int((~known).sum())),
        (int(right[known].sum()), int(known.sum())),
        (int((effect & both).sum()), int(effect.sum())),
        {name: float(line[known].sum()) for name, line in off.items()},
        {name: float(line[~known].sum()) for name, line in off.items() if name != "test alone"},
        float(ends[0] <= world.nothing <= ends[2]),
        bool(0 <= ends[0] <= ends[1] <= ends[2] <= frame["incremental"].sum() * (1 + 1e-9)),
    )


def in_turn(world: World, model: str, tests: int) -> Score:
    """Calibrate by the first so many tests, by the next ones, and so on; every test counts once.

    The order of tests is chance. So every row is about the same tests, and a row of one test each has no
    more noise than one of all together: the first of 80 worlds covered .887, and all of them .938.
    """
    turns = [score(world, model, tests, first) for first in range(0, len(world.lifts) - tests + 1, tests)]

    def total(which: str) -> tuple[int, int]:
        hits, n = np.sum([getattr(one, which) for one in turns], axis=0).tolist()
        return hits, n

    return Score(
        model,
        tests,
        total("tested"),
        total("untested"),
        total("alone"),
        total("verdict"),
        {name: sum(one.squares[name] for one in turns) for name in turns[0].squares},
        {name: sum(one.elsewhere[name] for one in turns) for name in turns[0].elsewhere},
        float(np.mean([one.baseline for one in turns])),
        all(one.bounded for one in turns),
    )


def rate(scores: Sequence[Score], which: str) -> tuple[float, float]:
    """Return a rate over all worlds, and its standard error with each world as one draw."""
    pairs = np.array([getattr(one, which) for one in scores], dtype=np.float64)
    hits, n = pairs.sum(axis=0)
    if not n:
        return math.nan, math.nan
    value = hits / n
    residual = pairs[:, 0] - value * pairs[:, 1]
    # No miss at all in few worlds is no proof of none: not less than the error of that many single draws.
    return float(value), max(float(np.sqrt((residual**2).sum()) / n), math.sqrt(0.05 * 0.95 / n))


def error(scores: Sequence[Score], which: str, *, tested: bool = True) -> float:
    """Return the root mean squared error of a channel's conversions."""
    total = sum((one.squares if tested else one.elsewhere)[which] for one in scores)
    n = sum((one.tested if tested else one.untested)[1] for one in scores)
    return math.sqrt(total / n) if n else math.nan


HEAD = (
    "| worlds | users | model | tests | tested covers | their tests alone | untested covers "
    "| error of tested: calibrated | test alone | credit | of untested: calibrated | credit "
    "| effects lost | baseline covers |"
)


def line(name: str, users: int, model: str, tests: object, scores: Sequence[Score]) -> str:
    """Return a row of the table."""
    lost, n = np.array([one.verdict for one in scores]).sum(axis=0).tolist()
    cells = [
        name,
        f"{users:,}",
        model,
        str(tests),
        *(f"{rate(scores, which)[0]:.3f}" for which in ("tested", "alone", "untested")),
        *(f"{error(scores, key):,.1f}" for key in ("calibrated", "test alone", "credit")),
        *(f"{error(scores, key, tested=False):,.1f}" for key in ("calibrated", "credit")),
        f"{lost} of {n}",
        f"{np.mean([one.baseline for one in scores]):.3f}",
    ]
    return "| " + " | ".join(cells) + " |"


def bands(name: str, scores: Sequence[Score], errors: float = 3) -> Iterator[Row]:
    """Yield what must hold of a group of worlds: bands widened by so many standard errors over worlds."""
    n = sum(one.tested[1] for one in scores)
    for which, low, high, level in (("tested", 0.93, 0.97, 0.05), ("untested", 0.90, 1.0, 0.10)):
        value, spread = rate(scores, which)
        band = (low - errors * spread, min(high + errors * spread, 1.0))
        yield Row(f"{name}: {which}", value, band, n, level=level)
    lost = np.array([one.verdict for one in scores]).sum(axis=0)
    effects = max(int(lost[1]), 1)
    yield Row(f"{name}: effects lost", float(lost[0] / effects), (0.0, 0.05), effects, level=0.05)
    bounded = float(np.mean([one.bounded for one in scores]))
    yield Row(f"{name}: baseline in bounds", bounded, (1.0, 1.0), len(scores), level=0.0)


def study(name: str, users: int, worlds: Iterable[World], tests: Sequence[int]) -> Iterator[Row]:
    """Print the table of some worlds, and yield what must hold."""
    found: dict[tuple[str, int], list[Score]] = {}
    for world in worlds:
        for model in world.credits:
            for n in tests:
                found.setdefault((model, n), []).append(in_turn(world, model, n))
    for model in dict.fromkeys(model for model, _ in found):
        for n in tests if len(tests) > 1 else ():
            print(line(name, users, model, n, found[model, n]), flush=True)
        together = [one for n in tests for one in found[model, n]]
        label = "all" if len(tests) > 1 else str(tests[0])
        print(line(name, users, model, label, together), flush=True)
        yield from bands(f"{name}, {users:,} users, {model}", together)


def drawn_rows(worlds: int, seed: int, tests: int = 5) -> Iterator[Row]:
    """Yield the rows of the drawn worlds, of all laws; every table has draws of its own."""
    for size, part in ERRORS.items():
        for place, (name, law) in enumerate(LAWS.items()):
            made = drawn(law, size / 16, part * size / 16, worlds, seed + size + place, tests)
            yield from study(name, size, made, (tests,))


def coverage_rows(rng: np.random.Generator, sims: int) -> Iterator[Row]:
    """Yield the rows for `benchmarks.coverage`: so many tests in drawn worlds of all laws, both sizes.

    Of 1,500 tests, as in a quick run, some 430 find an effect; of so many a twentieth may be lost, and twice
    as many are found in four runs of five (see `Row.power`).
    """
    tests, worlds = 3, max(sims // (3 * len(ERRORS) * len(LAWS)), 1)
    made = [
        drawn(law, size / 16, part * size / 16, worlds, int(rng.integers(1 << 30)), tests)
        for size, part in ERRORS.items()
        for law in LAWS.values()
    ]
    yield from bands("calibrate", [score(world, "drawn", tests) for line in made for world in line], 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer worlds")
    parser.add_argument("--part", choices=("drawn", "20000", "100000"), help="one part only")
    options = parser.parse_args()
    quick = options.quick
    started = time.perf_counter()
    print(HEAD)
    print("|" + "---|" * (HEAD.count("|") - 1))
    rows = list(drawn_rows(20 if quick else 100, 31)) if options.part in {None, "drawn"} else []
    # Of the scaled ones more: among their first 16 tests themselves covered .906.
    sizes = ((20_000, (5, 5) if quick else (80, 80)), (100_000, (0, 0) if quick else (16, 80)))
    for users, counts in sizes:
        if options.part not in {None, str(users)}:
            continue
        for worlds, name, law in zip(counts, ("retailer", "retailer, scaled"), (False, True), strict=True):
            made = retailers(users, worlds, 2_000, scaled=law)
            rows += study(name, users, made, TESTS) if worlds else []
    failed = [row for row in rows if not row.passes(quick=False)]
    for row in failed:
        print(f"OUT OF BAND: {row.name}: {row.value:.4f}, band {row.band[0]:.4f} to {row.band[1]:.4f}")
    print(f"{len(rows)} rows, {len(failed)} out of band, {time.perf_counter() - started:,.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(main())
