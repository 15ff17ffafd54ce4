"""Coverage and error rates of the holdout analysis, in worlds whose true effects are known.

python -m benchmarks.coverage --quick     # fewer simulations: errors counted against the exact binomial
python -m benchmarks.coverage             # all of them, minutes; docs/validation.md records a run
python -m benchmarks.coverage --rows cace # only the rows whose name holds a word

A quick run prints, of each row that guards, how many errors it accepts, the chance that it accepts a row that
errs as often as it says, and the chance that it fails one that errs twice as often.

Exits with 1 when a row leaves its band, or has too few draws to find twice its errors.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
from benchmarks import coverage_geo, coverage_panels, geo_zoo
from benchmarks.calibration import coverage_rows
from benchmarks.coverage_row import Row
from benchmarks.coverage_worlds import worlds

import attribution as at
from attribution.experiments.holdout.moments import Moments
from attribution.experiments.holdout.sample_ratio import sample_ratio
from attribution.stats.multiplicity import adjust
from attribution.stats.ratio_intervals import (
    not_negative,
    ratio_set,
    ratio_variance,
    t_critical,
    t_p_value,
    welch_df,
)
from attribution.stats.sequences import mixture_scale, sequence_critical

Z = 1.959963984540054
BUYERS, SHAPE, BASKET = 0.0058, 1.183, 116.0  # cv 17.8 and skewness 26, as the spend of Hillstrom's customers


def revenue(rng, n, buyers, sims):
    """Draw mean and squared standard error of heavy-tailed revenue in arms of n users."""
    counts = rng.binomial(n, buyers, sims)
    spent = rng.gamma(SHAPE, BASKET / SHAPE, int(counts.sum()))
    owner = np.repeat(np.arange(sims), counts)
    sums, squares = np.bincount(owner, spent, sims), np.bincount(owner, spent**2, sims)
    mean = sums / n
    return mean, (squares - n * mean**2) / (n - 1) / n


def welch_and_fieller(rng, sims) -> Iterator[Row]:
    for n in (2_000, 5_000, 20_000, 100_000):
        uplift = 1.2
        m_t, v_t = revenue(rng, n, BUYERS * uplift, sims)
        m_c, v_c = revenue(rng, n, BUYERS, sims)
        gap, v = m_t - m_c, v_t + v_c
        keep = v > 0
        critical = t_critical(welch_df(v_t, n - 1, v_c, n - 1), 0.05)
        half = critical * np.sqrt(v)
        truth = BUYERS * (uplift - 1) * BASKET
        lift = not_negative(ratio_set(m_t, m_c, v_t, v_c, 0.0, critical))
        if n > 2_000:
            covered = (np.abs(gap - truth) <= half)[keep].mean()
            yield Row(f"Welch difference, revenue, {n:,} an arm", covered, (0.935, 0.960), sims, level=0.05)
        band = (0.94, 0.96) if n > 2_000 else (0.94, 1.0)
        covered = lift.contains(uplift)[keep].mean()
        yield Row(f"Fieller lift, revenue, {n:,} an arm", covered, band, sims, level=0.05)
        rejects = t_p_value(gap / np.sqrt(v), welch_df(v_t, n - 1, v_c, n - 1)) <= 0.05
        agrees = (rejects == ~lift.contains(1.0))[keep].mean()
        yield Row(f"one verdict of test and lift, {n:,} an arm", agrees, (0.999, 1.0), sims, level=0.0)


def cuped_and_lin(rng, sims) -> Iterator[Row]:
    rho = math.sqrt(0.53)
    for n, runs in ((200, sims), (1_000, sims), (10_000, sims)):
        for adjust_by in ("cuped", "lin"):
            hits, factors = 0, []
            for _ in range(runs):
                x = rng.normal(size=(2, n))
                y = rho * x + math.sqrt(1 - rho**2) * rng.normal(size=(2, n))
                y[0] += 0.1
                arms = {
                    arm: Moments.of(("y", "x"), np.column_stack([y[place], x[place]]))
                    for place, arm in enumerate(("treatment", "holdout"))
                }
                lift = at.analyze_holdout(
                    arms, outcome="y", covariate="x", adjust=adjust_by, despite=("covariate_balance",)
                )
                hits += lift.absolute.holds(0.1)
                factors.append(lift.details["variance_factor"])
            yield Row(f"{adjust_by}, {n:,} an arm", hits / runs, (0.94, 0.96), runs, level=0.05)
            name = f"{adjust_by}, variance factor, 1 - rho^2 = {1 - rho**2:.2f}, {n:,} an arm"
            yield Row(name, float(np.mean(factors)), (0.45, 0.49), runs, rate=False)


def compliers(rng, sims) -> Iterator[Row]:
    effect, base, base_exposed = 0.02, 0.04, 0.08
    for n, share, crossed in (
        (20_000, 0.1, 0.0),
        (100_000, 0.3, 0.0),
        (50_000, 0.5, 0.0),
        (100_000, 0.3, 0.05),
    ):
        # Compliers, always exposed, never exposed.
        kinds = np.array([share, crossed, 1 - share - crossed])
        rates = {
            1: np.array([base_exposed + effect, base_exposed, base]),
            0: np.array([base_exposed, base_exposed, base]),
        }
        m = {}
        for arm in (1, 0):
            groups = rng.multinomial(n, kinds, sims)
            events = rng.binomial(groups, rates[arm])
            exposed = groups[:, 1] + (groups[:, 0] if arm else 0)
            both = events[:, 1] + (events[:, 0] if arm else 0)
            m[arm] = tuple(part / n for part in (events.sum(axis=1), exposed, both))
            m[arm] += (groups[:, 0], events[:, 0])
        (y_t, d_t, yd_t, g_t, e_t), (y_c, d_c, yd_c, g_c, e_c) = m[1], m[0]
        v_y = (y_t * (1 - y_t) + y_c * (1 - y_c)) / (n - 1)
        v_d = (d_t * (1 - d_t) + d_c * (1 - d_c)) / (n - 1)
        c = (yd_t - y_t * d_t + yd_c - y_c * d_c) / (n - 1)
        itt, took = y_t - y_c, d_t - d_c
        kind = "two-sided" if crossed else "one-sided"
        covered = ratio_set(itt, took, v_y, v_d, c, Z).contains(effect).mean()
        yield Row(
            f"CACE, Anderson-Rubin, {kind}, {share:.0%} compliers, {n:,} an arm",
            covered,
            (0.945, 0.955),
            sims,
            level=0.05,
        )
        half = Z * np.sqrt(ratio_variance(itt, took, v_y, v_d, c))
        covered = (np.abs(itt / took - effect) <= half).mean()
        yield Row(
            f"CACE, delta method, {kind}, {share:.0%} compliers, {n:,} an arm",
            covered,
            (0.945, 0.955),
            sims,
            level=0.05,
        )
        if not crossed:
            p_t, p_c = e_t / g_t, e_c / g_c
            v_t, v_c = p_t * (1 - p_t) / (g_t - 1), p_c * (1 - p_c) / (g_c - 1)
            half = t_critical(welch_df(v_t, g_t - 1, v_c, g_c - 1), 0.05) * np.sqrt(v_t + v_c)
            covered = (np.abs(p_t - p_c - effect) <= half).mean()
            name = f"ghost-ad ATT, {share:.0%} exposed, {n:,} an arm"
            yield Row(name, covered, (0.945, 0.955), sims, level=0.05)


def iroas(rng, sims) -> Iterator[Row]:
    for t in (2.0, 3.0, 5.0, 10.0, 20.0):
        truth, c = 1.5, 0.3
        noise = rng.normal(size=(2, sims))
        cost = t + noise[0]
        value = truth * t + 2.0 * (c * noise[0] + math.sqrt(1 - c**2) * noise[1])
        found = ratio_set(value, cost, 4.0, 1.0, 2.0 * c, Z)
        name = f"iROAS, Fieller, cost t = {t:g} ({(found.kind != 0).mean():.0%} unbounded)"
        yield Row(name, found.contains(truth).mean(), (0.948, 0.952), sims, level=0.05)


def peeking(rng, sims) -> Iterator[Row]:
    looks, step = 100, 500
    sums, squares = [], []
    for _ in range(2):
        counts = rng.binomial(step, BUYERS, (sims, looks))
        spent = rng.gamma(SHAPE, BASKET / SHAPE, int(counts.sum()))
        owner = np.repeat(np.arange(sims * looks), counts.ravel())
        for held, amounts in ((sums, spent), (squares, spent**2)):
            held.append(np.bincount(owner, amounts, sims * looks).reshape(sims, looks).cumsum(axis=1))
    n = step * np.arange(1, looks + 1)
    means = [part / n for part in sums]
    variance = sum((q - n * m**2) / (n - 1) / n for q, m in zip(squares, means, strict=True))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.nan_to_num((means[0] - means[1]) / np.sqrt(variance))
    scale = mixture_scale(2 * n[-1], 0.05)
    false = (np.abs(z) > sequence_critical(2 * n, scale, 0.05)).any(axis=1).mean()
    yield Row("confidence sequence, false positives over 100 looks", false, (0.0, 0.05), sims, level=0.05)
    naive = (np.abs(z) > Z).any(axis=1).mean()
    yield Row("for comparison: fixed interval over 100 looks", naive, (0.0, 1.0), sims)


def ratios(rng, sims) -> Iterator[Row]:
    shares, n = {"treatment": 0.5, "holdout": 0.5}, 100_000
    for name, p, limit, level in (
        ("false alarms at .001", 0.5, (0.0, 0.002), 0.001),
        ("power at 51/49", 0.51, (0.99, 1.0), 0.01),
    ):
        treated, times = np.unique(rng.binomial(n, p, sims), return_counts=True)
        failed = sum(
            many * (sample_ratio({"treatment": count, "holdout": n - count}, shares).passed is False)
            for count, many in zip(treated.tolist(), times.tolist(), strict=True)
        )
        yield Row(f"sample ratio, {name}, {n:,} users", failed / sims, limit, sims, level=level)


def families(rng, sims) -> Iterator[Row]:
    shift = np.array([3.0] * 3 + [0.0] * 7)
    p_values = t_p_value(rng.normal(size=(sims, 10)) + shift, math.inf)
    for correction, name in (
        ("holm", "familywise error, Holm"),
        ("fdr_bh", "false discoveries, Benjamini-Hochberg"),
    ):
        wrong, share = 0, 0.0
        for line in p_values:
            levels = adjust(line, 0.05, correction)[1]
            shown = line <= levels
            wrong += bool(shown[3:].any())
            share += shown[3:].sum() / max(shown.sum(), 1)
        yield Row(
            f"{name}, 10 channels",
            (wrong if correction == "holm" else share) / sims,
            (0.0, 0.05),
            sims,
            level=0.05,
        )


def scored(rng, sims) -> Iterator[Row]:
    for n, p in ((2_000, 0.0015), (500, 0.004)):
        arms, hits, agrees = ("treatment", "holdout"), 0, 0
        for events in rng.binomial(n, [2 * p, p], (sims, 2)).tolist():
            if not sum(events):
                hits, agrees = hits + 1, agrees + 1  # refused: nothing to analyse
                continue
            cells = {
                "arm": [arm for arm in arms for _ in range(2)],
                "y": [1, 0, 1, 0],
                "n": [events[0], n - events[0], events[1], n - events[1]],
            }
            lift = at.analyze_holdout(cells, outcome="y", count="n")
            hits += lift.absolute.holds(p)
            effect = lift.p_value <= 0.05
            agrees += (lift.absolute.holds(0.0) != effect) and (lift.relative.holds(0.0) != effect)
        name = f"{n * p:g} events, {n:,} an arm"
        yield Row(f"score interval, {name}", hits / sims, (0.93, 0.985), sims, level=0.05)
        yield Row(f"one verdict of the score test, {name}", agrees / sims, (0.999, 1.0), sims, level=0.0)


def power(rng, sims) -> Iterator[Row]:
    n, d = 39_245, 0.02  # closed form: 80% at d = .02
    v = rng.chisquare(n - 1, (2, sims)) / (n - 1) / n
    gap = d + rng.normal(size=sims) * math.sqrt(2 / n)
    p = t_p_value(gap / np.sqrt(v.sum(axis=0)), welch_df(v[0], n - 1, v[1], n - 1))
    yield Row("power claimed .80, d = .02, 39,245 an arm", (p <= 0.05).mean(), (0.79, 0.81), sims, level=0.20)


PARTS: dict[str, tuple[Callable[..., Iterator[Row]], int]] = {
    "revenue": (welch_and_fieller, 4_000),
    "covariate": (cuped_and_lin, 4_000),
    "cace": (compliers, 20_000),
    "iroas": (iroas, 200_000),
    "sequence": (peeking, 4_000),
    "sample_ratio": (ratios, 20_000),
    "families": (families, 20_000),
    "score": (scored, 4_000),
    "power": (power, 20_000),
    "worlds": (worlds, 4_000),
    **coverage_geo.PARTS,
    **coverage_panels.PARTS,
    "geo_zoo": (geo_zoo.rows, 2_000),
    "calibrate": (coverage_rows, 6_000),
}
# Of the others a tenth. Each row that guards finds twice its errors in three runs of four (see `Row.power`).
# 0: too slow for that; `make validate` has them.
QUICK = {
    "calibrate": 1_500,
    "worlds": 0,
    "bsts": 0,
    "nothing": 0,
    "sample_ratio": 20_000,
    "trimmed_match": 400,
    "geo_permutation": 400,
    "one_treated": 400,
    "geo_zoo": 400,
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer simulations")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", default="", help=f"a word of: {', '.join(PARTS)}")
    asked = parser.parse_args(arguments)
    parts = {name: part for name, part in PARTS.items() if asked.rows in name}
    if not parts:
        parser.error(f"no part is named like {asked.rows!r}; there are {', '.join(PARTS)}")
    print(f"{datetime.now(UTC):%Y-%m-%d}, seed {asked.seed}{', quick' if asked.quick else ''}\n")
    more = " errors accepted | right accepted | twice as many found |" if asked.quick else ""
    print(
        f"| target | seen | band | simulations |{more} |\n|---|---:|---:|---:|{'---:|' * 3 * bool(more)}---|"
    )
    missed = 0
    for name, (part, sims) in parts.items():
        if asked.quick and QUICK.get(name) == 0:
            continue
        start = time.process_time()
        rng = np.random.default_rng([asked.seed, list(PARTS).index(name)])
        for row in part(rng, QUICK.get(name, sims // 10) if asked.quick else sims):
            missed += not row.passes(quick=asked.quick) or (asked.quick and row.weak)
            print(row.line(quick=asked.quick), flush=True)
        print(f"{name}: {time.process_time() - start:.0f} CPU seconds", file=sys.stderr)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
