"""What is written here although statsmodels has it: how far the two differ, and what each costs.

``python -m benchmarks.written_here``; the figures stand in docs/decisions/0013. Seed 1.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from attribution._typing import Floats
from attribution.stats.homogeneity import rates_differ
from attribution.stats.logistic import fit_logistic
from attribution.stats.multiplicity import adjust
from attribution.stats.proportions import score_test

IMPORT = """
import time, {before}
start = time.process_time()
import {module}
print(time.process_time() - start)
"""


def seconds(work: Callable[[], object]) -> float:
    """Return the least CPU time of a call, of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def import_seconds(module: str, before: str = "numpy, pandas, scipy.stats") -> float:
    """Return the least CPU time of an import in a new process that has the others, of three."""
    code = IMPORT.format(module=module, before=before)
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, check=True) for _ in range(3)]
    return min(float(run.stdout) for run in runs)


def main() -> None:
    """Print a line a case: largest difference, time here, time there."""
    import statsmodels.api as sm
    from statsmodels.stats.multitest import multipletests
    from statsmodels.stats.proportion import proportions_chisquare, test_proportions_2indep

    for module in ("statsmodels.stats.multitest", "statsmodels.stats.proportion", "statsmodels.api"):
        print(f"import {module}: {import_seconds(module):.2f} s after pandas and scipy.stats", flush=True)
    rng = np.random.default_rng(1)
    filler = [{"row": [number]} for number in range(1_000_000)]  # a process that holds something

    p_values = rng.uniform(size=200)
    report(
        "Holm, 200 tests",
        lambda: adjust(p_values, 0.05, "holm")[0],
        lambda: multipletests(p_values, 0.05, "holm")[1],
    )
    wins, units = rng.binomial(400, 0.1, 13).astype(np.float64), np.full(13, 400.0)
    report(
        "Pearson's test of 13 rates",
        lambda: rates_differ(wins, units),
        lambda: proportions_chisquare(wins, units)[1],
    )
    two = (120, 1_000, 90, 1_000)
    report(
        "score test of two proportions",
        lambda: score_test(*two, 0.05).p_value,
        lambda: test_proportions_2indep(*two, method="score")[1],
    )
    design = rng.integers(0, 2, (500, 13)).astype(np.float64)
    totals = rng.integers(1, 50, (100, 500)).astype(np.float64)  # of 100 resamples
    successes = rng.binomial(totals.astype(np.int64), 0.1).astype(np.float64)
    columns = sm.add_constant(design)

    def slopes(won: Floats, whole: Floats) -> Floats:
        model = sm.GLM(np.column_stack([won, whole - won]), columns, family=sm.families.Binomial())
        return model.fit(tol=1e-12).params[1:]

    report(
        "logistic regression, 100 resamples",
        lambda: fit_logistic(design, successes, totals),
        lambda: np.array([slopes(won, whole) for won, whole in zip(successes, totals, strict=True)]),
    )
    del filler


def report(name: str, here: Callable[[], object], there: Callable[[], object]) -> None:
    """Print one case."""
    ours, theirs = (np.asarray(work(), dtype=np.float64) for work in (here, there))
    times = [1e3 * seconds(work) for work in (here, there)]
    apart = float(np.abs(ours - theirs).max())
    print(f"{name}: differ by {apart:.0e}; {times[0]:.2f} ms here, {times[1]:.2f} ms there", flush=True)


if __name__ == "__main__":
    main()
