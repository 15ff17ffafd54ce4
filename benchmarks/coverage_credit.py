"""How often the intervals of credit hold the population value; docs/validation.md records the full run.

python -m benchmarks.coverage_credit --quick     # 100 logs of 2,000 and of 20,000 users, under a minute
python -m benchmarks.coverage_credit --full      # 1,000 logs of each, some minutes
python -m benchmarks.coverage_credit --models every --users 2000 --logs 400    # all models and allocations
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime

import attribution as at
from attribution.evaluation.coverage import coverage

SOME = ("first_touch", "linear", "markov")
EVERY = (
    *("first_touch", "last_touch", "linear", "u_shaped", at.WShaped(middle="midpoint")),
    *(at.Markov(), at.Markov(2), at.Markov(allocation="journey"), at.Markov(2, allocation="journey")),
    *(at.Shapley(), at.Shapley("subset_rate"), at.Shapley("within_set_rate")),
    *(at.Probabilistic(), at.BaggedLogistic(), at.BaggedLogistic(1, 1, 1)),
)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="100 logs (the default)")
    size.add_argument("--full", action="store_true", help="1,000 logs")
    parser.add_argument("--logs", type=int, help="any number")
    parser.add_argument("--users", type=int, nargs="*", default=[2_000, 20_000])
    parser.add_argument("--models", choices=["some", "every"], default="some")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--method", default="percentile", choices=["percentile", "bca"])
    asked = parser.parse_args()
    logs = asked.logs or (1_000 if asked.full else 100)
    models = {repr(model): model for model in EVERY} if asked.models == "every" else SOME
    print(f"{datetime.now(UTC):%Y-%m-%d}, seed {asked.seed}, {asked.method}, {logs:,} logs, 500 resamples")
    for n_users in asked.users:
        cpu = time.process_time()
        found = coverage(n_users, logs=logs, models=models, seed=asked.seed, method=asked.method)
        print(f"\n{n_users:,} users ({time.process_time() - cpu:.0f} CPU seconds)")
        print(found.by_model().round(3).to_string(index=False))
        print(found.to_frame().round(5).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
