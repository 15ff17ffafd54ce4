"""How often the A/A check (`aa_holdout`) fails where all is well, and how often it finds what is broken.

    python -m benchmarks.coverage_aa               # 25 tables of users a row
    python -m benchmarks.coverage_aa --tables 5    # a look

Given a table of users, the false alarms among its random splits are binomial, with the size that the analysis
has on that table. So the check fails where all is well by the binomial's own chance, and more often where a
table's size is above the level. docs/validation.md records a run.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from scipy.stats import binom

import attribution as at

DRAWS, LEVEL, FAILS = 400, 0.05, 0.01


def users_of(rng: np.random.Generator, n: int = 1_000) -> dict[str, np.ndarray]:
    """Return a table: conversions, money of one user in ten, a past, homes of two and of four."""
    past = rng.normal(size=n)
    pairs, fours = np.arange(n) // 2, np.arange(n) // 4
    shared = rng.normal(size=n)
    return {
        "converted": (rng.random(n) < 0.05 * np.exp(0.5 * past - 0.125)).astype(float),
        "revenue": (rng.random(n) < 0.1) * rng.lognormal(3.0, 1.5, n),
        "past": past,
        "pairs": pairs,
        "fours": fours,
        "alike": shared[pairs],  # members of a pair do the same
        "like": np.sqrt(0.5) * shared[pairs] + np.sqrt(0.5) * rng.normal(size=n),  # correlation .5
        "of_four": shared[fours],
    }


ROWS: dict[str, dict[str, Any]] = {
    "conversions": {"outcome": "converted"},
    "conversions, a tenth withheld, covariate": {"outcome": "converted", "share": 0.1, "covariate": "past"},
    "money": {"outcome": "revenue"},
    "pairs assigned and analysed": {"outcome": "alike", "cluster": "pairs"},
    "pairs assigned, users analysed, correlation .5": {"outcome": "like", "split_by": "pairs"},
    "pairs assigned, users analysed, correlation 1": {"outcome": "alike", "split_by": "pairs"},
    "homes of four assigned, users analysed": {"outcome": "of_four", "split_by": "fours"},
}


def least() -> int:
    """Return from how many false alarms of 400 on the check fails."""
    return next(k for k in range(DRAWS) if binom.sf(k - 1, DRAWS, LEVEL) < FAILS)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tables", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(f"fails from {least()} of {DRAWS} on; by the true size of the analysis:")
    print(
        ", ".join(f"{s:.1%}: {binom.sf(least() - 1, DRAWS, s):.3f}" for s in (0.05, 0.06, 0.075, 0.1, 0.15))
    )
    print("\n| analysis | size | smallest and largest of a table | check fails |\n|---|---:|---:|---:|")
    for place, (name, options) in enumerate(ROWS.items()):
        began, rates, failed = time.process_time(), [], 0
        for number in range(asked.tables):
            rng = np.random.default_rng([asked.seed, place, number])
            check = at.aa_holdout(users_of(rng), draws=DRAWS, rng=rng, **options)
            rates.append(check.rows[0]["rate"])
            failed += check.passed is False
        spread = f"{100 * min(rates):.1f}% to {100 * max(rates):.1f}%"
        print(f"| {name} | {100 * np.mean(rates):.1f}% | {spread} | {failed} of {asked.tables} |", flush=True)
        between = np.var(rates, ddof=1) - np.mean(rates) * (1 - np.mean(rates)) / DRAWS
        seconds = time.process_time() - began
        print(f"  variance between tables {between:.6f}, {seconds:.0f} CPU seconds", flush=True)


if __name__ == "__main__":
    main()
