"""Coverage of the intervals of geo tests, in worlds whose true effects are known.

Rows for `benchmarks.coverage`; by themselves: python -m benchmarks.coverage_geo [--quick]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from benchmarks.coverage_row import Row

from attribution.experiments.panels.bsts import bsts
from attribution.experiments.panels.gbr import gbr
from attribution.experiments.panels.tbr import tbr
from attribution.experiments.panels.trimmed_match import trimmed_match
from attribution.stats.ratio_intervals import t_critical

PERIODS, PRE = 70, 42
# What the published interval covers where noise is AR(1): to compare with, not a promise.
PUBLISHED = {0.0: 0.95, 0.2: 0.89, 0.4: 0.80, 0.6: 0.67, 0.8: 0.49}


def ar1_noise(rng, phi, shape):
    """Draw stationary AR(1) noise along the last axis."""
    steps = rng.normal(size=shape)
    steps[..., 0] /= math.sqrt(1 - phi**2)
    for t in range(1, shape[-1]):
        steps[..., t] += phi * steps[..., t - 1]
    return steps


def regression_on_time(rng, sims) -> Iterator[Row]:
    day = np.arange(PERIODS)
    for kind in ("weekly", "drifting"):
        for phi, published in PUBLISHED.items():
            noise = ar1_noise(rng, phi, (sims, PERIODS))
            if kind == "weekly":
                controls = 100 + 5 * np.sin(2 * np.pi * day / 7) + 2 * rng.normal(size=(sims, PERIODS))
            else:
                controls = 100 + ar1_noise(rng, 0.95, (sims, PERIODS))
            fits = [tbr(x + u, x, PRE) for x, u in zip(controls, noise, strict=True)]
            for name, band, level in (
                ("published", (published - 0.05, published + 0.05), None),
                ("corrected", (0.91, 0.97), 0.08),
            ):
                total = np.array([fit.total for fit in fits])
                se = np.array([getattr(fit, f"se_{name}") for fit in fits])
                df = np.array([fit.df if name == "published" else fit.df_corrected for fit in fits])
                covered = float((np.abs(total) <= t_critical(df, 0.05) * se).mean())
                label = f"TBR {name}, {kind} control, phi {phi:g}, {PRE} + {PERIODS - PRE} periods"
                yield Row(label, covered, band, sims, level=level)


def regression_on_geos(rng, sims) -> Iterator[Row]:
    for n in (12, 40, 100):
        hits = 0
        for _ in range(sims):
            pre = rng.lognormal(8, 1, n)
            cost = np.where(np.arange(n) % 2 == 0, pre * 0.05, 0.0)
            fit = gbr(pre, 10 + 1.05 * pre + 3 * cost + pre * rng.normal(0, 0.05, n), cost)
            hits += abs(fit.iroas - 3) <= t_critical(fit.df, 0.05) * fit.se
        yield Row(f"GBR iROAS, {n} geos", hits / sims, (0.94, 0.96), sims, level=0.05)


def matched_pairs(rng, sims) -> Iterator[Row]:
    for n in (15, 30):
        for tails in ("normal", "t with 3 df"):
            hits = np.zeros(2)
            for _ in range(sims):
                cost = rng.normal(2, 1, n)
                noise = rng.normal(size=n) if tails == "normal" else rng.standard_t(3, n)
                fits = [trimmed_match(3 * cost + noise, cost, trim_rate=rate) for rate in (0.1, None)]
                hits += [fit.low <= 3 <= fit.high for fit in fits]
            for name, hit, band, level in zip(
                ("trim rate .1", "trim rate picked"),
                hits,
                ((0.94, 0.975), (0.91, 0.97)),
                (0.05, 0.08),
                strict=True,
            ):
                label = f"trimmed match, {n} pairs, {tails}, {name}"
                yield Row(label, hit / sims, band, sims, level=level)


def structural(rng, sims) -> Iterator[Row]:
    runs = max(sims // 10, 50)
    for step in (0.0, 0.1):
        hits, found = 0, []
        for _ in range(runs):
            donors = 100 + 10 * rng.normal(size=(8, 90))
            target = (
                0.6 * donors[0] + 0.4 * donors[1] + rng.normal(0, 3, 90) + rng.normal(0, step, 90).cumsum()
            )
            target[60:] += 5
            fit = bsts(target, donors, 60, draws=300, burn=50, rng=rng)
            low, high = fit.interval()
            hits += low <= 150 <= high
            found.append(bool((fit.inclusion[:2] > 0.5).all() and (fit.inclusion[2:] < 0.5).all()))
        name = f"8 donors, level steps {step:g} of noise 3"
        # Three standard errors of 200 runs around 95%.
        yield Row(f"BSTS total effect, {name}", hits / runs, (0.90, 0.995), runs, level=0.10)
        name = f"BSTS finds the two donors and no other, {name}"
        yield Row(name, float(np.mean(found)), (0.95, 1.0), runs, level=0.05)


PARTS: dict[str, tuple[Callable[..., Iterator[Row]], int]] = {
    "tbr": (regression_on_time, 4_000),
    "gbr": (regression_on_geos, 4_000),
    "trimmed_match": (matched_pairs, 2_000),
    "bsts": (structural, 2_000),
}
