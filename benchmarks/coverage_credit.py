"""How often the intervals of credit hold the population value; docs/validation.md records the full run.

python -m benchmarks.coverage_credit --quick     # 100 logs of 2,000 and of 20,000 users, under a minute
python -m benchmarks.coverage_credit --full      # 1,000 logs of each, some minutes
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime

from attribution.evaluation.coverage import coverage


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="100 logs (the default)")
    size.add_argument("--full", action="store_true", help="1,000 logs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--method", default="percentile", choices=["percentile", "bca"])
    asked = parser.parse_args()
    logs = 1_000 if asked.full else 100
    print(f"{datetime.now(UTC):%Y-%m-%d}, seed {asked.seed}, {asked.method}, {logs:,} logs, 500 resamples")
    for n_users in (2_000, 20_000):
        cpu = time.process_time()
        found = coverage(n_users, logs=logs, seed=asked.seed, method=asked.method)
        print(f"\n{n_users:,} users ({time.process_time() - cpu:.0f} CPU seconds)")
        print(found.by_model().round(3).to_string(index=False))
        print(found.to_frame().round(5).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
