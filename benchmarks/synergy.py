"""How often synergy finds what is there, and what is not: worlds without and with an interaction.

    python -m benchmarks.synergy [--draws 1000] [--quick]

Users of 1 to about 6 journeys; the channels of a journey are correlated within it and over the journeys of
a user, and some users convert more often than others. Five channels raise the odds (or the rate) of a
conversion each by its own amount; one pair may add to that. Printed: how often a pair without interaction is
rejected at 5%, how often any of them is after Holm's correction, and how often the planted pair is found.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import numpy as np
from scipy import special, stats

from attribution.stats.interactions import Counts, pair_interactions
from attribution.stats.multiplicity import adjust

N, BUCKETS = 5, 256
SETS = ((np.arange(2**N)[:, None] >> np.arange(N)) & 1).astype(bool)
PAIRS = np.stack(np.triu_indices(N, 1), axis=1)
SLOPES = {"odds": np.array([0.6, 0.3, 0.0, 0.9, 0.4]), "rate": np.array([0.02, 0.01, 0.0, 0.04, 0.02])}
PLANTED = {"odds": 0.9, "rate": 0.05}
WORLDS = [(scale, users, planted) for scale in SLOPES for users in (500, 3_000) for planted in (False, True)]


def draw(rng: np.random.Generator, scale: str, n_users: int, planted: float) -> Counts:
    """Draw the journeys of `n_users` and count them by bucket and set of channels."""
    user = np.repeat(np.arange(n_users), rng.poisson(1.5, n_users) + 1)
    bucket = rng.integers(0, BUCKETS, n_users)[user]
    reach = rng.normal(size=n_users)[user]
    lean = np.linspace(-0.5, 0.5, N)
    touched = rng.random((len(user), N)) < special.expit(-0.8 + 0.9 * reach[:, None] + lean)
    taste = np.tanh(rng.normal(size=n_users))[user]
    both = touched[:, 0] & touched[:, 1]
    if scale == "odds":
        rate = special.expit(-3.2 + touched @ SLOPES[scale] + planted * both) * (1 + 0.6 * taste)
    else:
        rate = 0.03 + touched @ SLOPES[scale] + planted * both + 0.02 * taste
    converts = rng.random(len(user)) < rate
    key = (bucket * len(SETS) + touched @ (1 << np.arange(N)))[touched.any(axis=1)]
    journeys = np.bincount(key)
    conversions = np.bincount(key, converts[touched.any(axis=1)])
    live = np.flatnonzero(journeys)
    return Counts(SETS, live % len(SETS), live // len(SETS), journeys[live].astype(float), conversions[live])


def world(scale: str, n_users: int, planted: bool, draws: int) -> str:
    """Return a line of the table."""
    began = time.process_time()
    size = PLANTED[scale] if planted else 0.0
    first, others, any_ = [], [], []
    for number in range(draws):
        counts = draw(np.random.default_rng([11, n_users, number]), scale, n_users, size)
        found = pair_interactions(counts, PAIRS, scale=scale)
        p_values = 2 * stats.t.sf(np.abs(found.contrast / found.error), found.freedom)
        adjusted, _ = adjust(p_values, 0.05, "holm")
        first.append(adjusted[0] <= 0.05)
        others.append(np.mean(p_values[1:] <= 0.05))
        any_.append((adjusted[1:] if planted else adjusted).min() <= 0.05)
    what = f"{np.mean(first):.0%}" if planted else ""
    each = (time.process_time() - began) / draws
    return (
        f"| {scale} | {n_users:,} | {'yes' if planted else 'no'} | {np.mean(others):.1%} "
        f"| {np.mean(any_):.1%} | {what} | {1000 * each:.0f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="50 draws")
    options = parser.parse_args()
    draws = 50 if options.quick else options.draws
    print(f"{draws:,} draws of each world\n")
    print("| scale | users | planted | others rejected | any, after Holm | planted found | CPU ms |")
    print("|---|---|---|---|---|---|---|")
    for each in WORLDS:
        print(world(*each, draws), flush=True)


if __name__ == "__main__":
    main()
