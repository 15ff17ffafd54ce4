"""How fast worlds are simulated, and whether holdouts in them measure the stated truth.

python benchmarks/simulation.py            # 100 worlds, a minute
python benchmarks/simulation.py --full     # the figures of docs/simulation.md
"""

from __future__ import annotations

import argparse
import math
import time

import numpy as np

from attribution.datasets import simulate

OUTCOMES = {"converted": "effect_converted", "purchases": "effect_conversions", "value": "effect_value"}
FIRST_SEED = 10_000


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="1,000 worlds instead of 100")
    parser.add_argument("--channel", default="email")
    asked = parser.parse_args()
    speed()
    coverage(asked.channel, 1_000 if asked.full else 100)


def speed():
    simulate(1_000)
    print(f"{'users':>9}{'touches':>12}{'wall s':>9}{'CPU s':>9}")
    for n in (2_000, 20_000, 200_000):
        wall, cpu = time.perf_counter(), time.process_time()
        data = simulate(n, seed=1)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"{n:>9,}{data.touches.num_rows:>12,}{wall:>9.2f}{cpu:>9.2f}")


def coverage(channel, worlds):
    covered = dict.fromkeys([*OUTCOMES, "on the exposed"], 0)
    scores = []
    for seed in range(FIRST_SEED, FIRST_SEED + worlds):
        data = simulate(10_000, seed=seed, holdout={channel: 0.5}, days=180)
        truth = next(row for row in data.truth.to_pylist() if row["channel"] == channel)
        treated = np.array(data.users[f"arm_{channel}"].to_pylist()) == "treatment"
        for outcome, effect in OUTCOMES.items():
            score = z(data.users[outcome].to_numpy().astype(float), treated, truth[effect])
            covered[outcome] += abs(score) < 1.959964
            if outcome == "converted":
                scores.append(score)
        # Anderson-Rubin: the outcome less the stated effect on the exposed does not differ between the arms.
        exposed = data.users[f"exposed_{channel}"].to_numpy()
        rest = data.users["converted"].to_numpy() - exposed * truth["effect_converted"] / truth["reach"]
        covered["on the exposed"] += abs(z(rest, treated, 0.0)) < 1.959964
    print(f"\n95% intervals around the stated effect of {channel}, {worlds:,} worlds of 10,000 users:")
    for name, count in covered.items():
        print(f"  {name:<16}{count / worlds:>8.1%} (Monte Carlo se {math.sqrt(0.0475 / worlds):.1%})")
    print(f"  z of converted: mean {np.mean(scores):+.3f}, sd {np.std(scores, ddof=1):.3f}")


def z(outcome, treated, effect):
    one, other = outcome[treated], outcome[~treated]
    error = math.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    return (one.mean() - other.mean() - effect) / error


if __name__ == "__main__":
    main()
