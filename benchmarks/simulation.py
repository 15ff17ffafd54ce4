"""How fast worlds are simulated. What holdouts in them measure: `benchmarks.coverage --rows worlds`.

python benchmarks/simulation.py
"""

from __future__ import annotations

import time

from attribution.datasets import simulate


def main():
    simulate(1_000)
    print(f"{'users':>9}{'touches':>12}{'wall s':>9}{'CPU s':>9}")
    for n in (2_000, 20_000, 200_000):
        wall, cpu = time.perf_counter(), time.process_time()
        data = simulate(n, seed=1)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"{n:>9,}{data.touches.num_rows:>12,}{wall:>9.2f}{cpu:>9.2f}")


if __name__ == "__main__":
    main()
