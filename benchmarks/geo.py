"""How long geo tests take: fits, placebos, a design search, a structural time series.

python -m benchmarks.geo            # a minute or two; a table in Markdown
python -m benchmarks.geo --quick    # a tenth of the search

CPU seconds of this process, and in the last column what the same work would cost if every fit were one
`scipy.optimize.nnls` of the same shape and nothing else: the floor below which no synthetic control goes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from benchmarks.machine import machine
from scipy import optimize

import attribution as at
from attribution.datasets import simulate_geo
from attribution.experiments.panels.bsts import bsts
from attribution.experiments.panels.placebo import draw_sets, placebo_test, placebos, studentise
from attribution.experiments.panels.synthetic_control import synthetic_control
from attribution.experiments.panels.synthetic_did import synthetic_did


def cpu(work: Callable[[], object], times: int = 1) -> float:
    """Return CPU seconds of one call, the least of three rounds of `times` calls."""
    rounds = []
    for _ in range(3 if times > 1 else 1):
        start = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - start) / times)
    return min(rounds)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the candidates of the search")
    asked = parser.parse_args()
    data = simulate_geo(41, days=105, seed=3, holidays=False)
    sales = data.panel["sales"].to_numpy().reshape(41, 105)
    target, donors = sales[0], sales[1:]

    def fit(series, others, n_pre):
        return synthetic_control(series, others, n_pre).counterfactual

    def one_nnls():
        centred = donors[:, :90] - donors[:, :90].mean(axis=1, keepdims=True)
        return optimize.nnls(centred.T, target[:90] - target[:90].mean())

    def placebo():
        sets = draw_sets(40, 2, 500, np.random.default_rng(0))
        return placebo_test(studentise(target, donors, 90, fit), placebos(donors, sets, 90, fit))

    floor = cpu(one_nnls, 200)
    rows = [
        ("one nnls, 40 geos x 90 days", floor, 1),
        (
            "synthetic control, unit fixed effects, 40 geos x 90 days",
            cpu(lambda: fit(target, donors, 90), 200),
            1,
        ),
        (
            "synthetic difference in differences, the same",
            cpu(lambda: synthetic_did(target, donors, 90), 100),
            2,
        ),
        ("500 placebos, studentised", cpu(placebo), 1000),
    ]
    rng = np.random.default_rng(1)
    rows.append(
        (
            "structural time series, 100 days, 10 donors, 1,000 draws kept",
            cpu(lambda: bsts(sales[0, :100], sales[1:11, :100], 85, draws=1000, rng=rng)),
            0,
        )
    )
    candidates = 100 if asked.quick else 1000
    history = simulate_geo(40, days=180, seed=4, holidays=False)

    def search():
        return at.plan_geo(
            history.panel, periods=14, choose="search", candidates=candidates, windows=50, progress=False
        )

    rows.append(
        (
            f"design search, {candidates:,} candidates x 50 windows, the best re-scored",
            cpu(search),
            candidates * 50,
        )
    )
    facts = machine()
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    print("\n| work | CPU | x its nnls alone |\n|---|---:|---:|")
    for name, seconds, fits in rows:
        shown = f"{1000 * seconds:.2f} ms" if seconds < 0.1 else f"{seconds:.2f} s"
        print(f"| {name} | {shown} | {f'{seconds / fits / floor:.1f}' if fits else ''} |")


if __name__ == "__main__":
    main()
