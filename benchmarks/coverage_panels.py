"""Error rates of geo tests: in worlds whose effect is known, and on a real panel where nothing happened.

The rows are part of `python -m benchmarks.coverage`. Run by itself, this prints how often the p-values of
this library and of others reject where nothing happened:

python -m benchmarks.coverage_panels            # minutes
python -m benchmarks.coverage_panels --quick

The real panel is GeoLift's pre-test data (40 cities, 90 days), which is no part of this project: it is read
from ../shared/reference where that folder is there; its rows are left out, with a word, where it is not.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from benchmarks.coverage_row import Row

from attribution.datasets import simulate_geo
from attribution.errors import ExperimentError
from attribution.experiments.geo.did import PERMUTATIONS, DiD
from attribution.experiments.geo.geo_assignment import GeoTest
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.panel import Panel
from attribution.experiments.geo.synthetic import SyntheticControl, SyntheticDiD
from attribution.experiments.geo.tbr import TBR
from attribution.experiments.panels.did import Permutation, assignments, log_changes
from attribution.experiments.panels.synthetic_control import synthetic_control

GEOLIFT = Path(__file__).parents[2] / "shared" / "reference" / "geolift" / "GeoLift_PreTest.parquet"
REQUEST = GeoRequest(DiD(), None, None, value=1.0, cooldown=0, alpha=0.05, progress=False)
DEFAULTS = {
    "synthetic_control placebo": SyntheticControl(),
    "synthetic_control conformal": SyntheticControl(inference="conformal"),
    "synthetic_did placebo": SyntheticDiD(),
    "did": DiD(),
    "did welch": DiD(inference="welch"),
    "tbr autocorrelation": TBR(),
}


def a_test(outcome, treated, n_pre):
    """Make a test of an array of outcomes, shape (n, T)."""
    n, periods = outcome.shape
    start = np.datetime64("2026-01-01")
    panel = Panel(tuple(f"g{k:03d}" for k in range(n)), start + np.arange(periods), outcome, None)
    return GeoTest(panel, treated, n_pre, 0, None, "sales")


def ar1(rng, shape, phi, sd):
    """Draw stationary AR(1) noise along the last axis."""
    from scipy.signal import lfilter

    steps = rng.normal(0.0, sd * np.sqrt(1 - phi**2), shape)
    steps[..., 0] = rng.normal(0.0, sd, shape[:-1])
    return lfilter([1.0], [1.0, -phi], steps, axis=-1)


def geos(rng, n, periods, *, phi=0.5, sd=0.08, drift=0.03):
    """Draw panels of geos: lognormal levels, a common season, AR(1) noise, and a change of each geo's own."""
    season = 1 + 0.2 * np.sin(2 * np.pi * np.arange(periods) / 7)
    level = rng.lognormal(7.0, 0.8, (n, 1))
    late = (np.arange(periods) >= periods * 2 // 3)[None, :] * rng.normal(0.0, drift, (n, 1))
    return level * season * np.exp(ar1(rng, (n, periods), phi, sd) + late)


def did(rng, count) -> Iterator[Row]:
    """Rows of difference in differences with geos drawn at random."""
    for n, k in ((20, 4), (20, 10), (40, 8), (100, 50)):
        inside = 0
        for _ in range(count):
            outcome = geos(rng, n, 84)
            treated = np.zeros(n, np.bool_)
            treated[rng.permutation(n)[:k]] = True
            outcome[treated, 56:] *= 1.1
            found = REQUEST.method.read(a_test(outcome, treated, 56), REQUEST)
            inside += found.low <= np.log(1.1) <= found.high
        band = (0.93, 0.96) if k == 4 else (0.94, 0.96)
        yield Row(f"geo did welch coverage, {k} of {n} geos", inside / count, band, count, level=0.05)


def permutation(rng, count) -> Iterator[Row]:
    """Rows of the permutation test that replays the assignment."""
    for n, k in ((20, 4), (40, 8), (100, 50)):
        rejected = 0
        for _ in range(count):
            outcome = geos(rng, n, 84)
            treated = np.zeros(n, np.bool_)
            treated[rng.permutation(n)[:k]] = True
            masks, every = assignments(treated, None, PERMUTATIONS, rng)
            changes = log_changes(outcome, 56)
            rejected += Permutation(changes, treated, None, masks, every).p_value() <= 0.05
        yield Row(
            f"geo did permutation size, {k} of {n} geos", rejected / count, (0.035, 0.065), count, level=0.05
        )


SCENARIOS = {
    "A1 alike, 10 controls": {"controls": 10, "outside": False, "sd": 0.05},
    "A2 outside the hull, 10 controls": {"controls": 10, "outside": True, "sd": 0.05},
    "A3 noisy, 20 controls": {"controls": 20, "outside": False, "sd": 0.10},
    "A4 outside and noisy, 20 controls": {"controls": 20, "outside": True, "sd": 0.10},
}


def one_treated(rng, controls, *, outside, sd):
    """Draw one treated geo and its controls: a shared trend, weekly season, lognormal levels, AR(1) noise."""
    days = np.arange(90 + 28)
    shared = np.exp(0.001 * days + ar1(rng, (1, len(days)), 0.8, 0.05)) * (
        1 + 0.15 * np.sin(2 * np.pi * days / 7)
    )
    level = rng.lognormal(7.0, 0.5, (controls + 1, 1))
    if outside:
        level[0] = 1.6 * level[1:].max()
    return level * shared * np.exp(ar1(rng, (controls + 1, len(days)), 0.4, sd))


def recast(rng, count) -> Iterator[Row]:
    """Rows of one treated geo of 11 to 21, effect 7.5%, in four scenarios after a study by Recast."""
    method = DiD(inference="autocorrelation")
    for name, setting in SCENARIOS.items():
        treated = np.arange(setting["controls"] + 1) == 0
        inside = rejected = 0
        lifts = []
        for _ in range(count):
            outcome = one_treated(rng, **setting)
            rejected += method.read(a_test(outcome, treated, 90), REQUEST).p_value <= 0.05
            outcome[0, 90:] *= 1.075
            found = method.read(a_test(outcome, treated, 90), REQUEST)
            inside += found.low <= np.log(1.075) <= found.high
            lifts.append(np.expm1(found.value))
        yield Row(f"recast {name}: coverage", inside / count, (0.93, 0.97), count, level=0.06)
        yield Row(f"recast {name}: false positives", rejected / count, (0.03, 0.07), count, level=0.06)
        bias = abs(float(np.mean(lifts)) - 0.075)
        yield Row(f"recast {name}: bias of the lift", bias, (0.0, 0.01), count, rate=False)


def windows(rng, count, k):
    """Yield tests of nothing on GeoLift's pre-test panel: k of 40 cities, 60 days before, 15 days of test."""
    if not GEOLIFT.is_file():
        print(f"  rows of real data left out: there is no {GEOLIFT.name} in the reference folder", flush=True)
        return
    panel = Panel.read(str(GEOLIFT), geo="location", time="date", outcome="Y")
    for _ in range(count):
        first = int(rng.integers(0, len(panel.times) - 75 + 1))
        treated = np.zeros(len(panel.geos), np.bool_)
        treated[rng.permutation(len(panel.geos))[:k]] = True
        yield a_test(panel.outcome[:, first : first + 75], treated, 60)


def worlds(rng, count, k):
    """Yield tests of nothing in simulated worlds, a fresh one each: k of 40 geos, 60 days and 15."""
    for _ in range(count):
        data = simulate_geo(40, days=75, seed=int(rng.integers(2**31)), holidays=False)
        sales = data.panel["sales"].to_numpy().reshape(40, 75)
        treated = np.zeros(40, np.bool_)
        treated[rng.permutation(40)[:k]] = True
        yield a_test(sales, treated, 60)


def nothing_happened(rng, count) -> Iterator[Row]:
    """Rows of how often the shipped defaults reject where there was no treatment."""
    names = ["synthetic_control placebo", "did"]
    placebos = 200 if count > 100 else 50
    for where, draw in (("GeoLift_PreTest", windows), ("simulate_geo", worlds)):
        if where == "GeoLift_PreTest" and not GEOLIFT.is_file():
            list(draw(rng, 1, 2))
            continue
        tests = list(draw(rng, count, 2))
        for name in names:
            p = p_values(tests, DEFAULTS[name].fewer(placebos))
            for level, band in ((0.05, (0.03, 0.08)), (0.10, (0.07, 0.13))):
                share, label = float(np.mean(p <= level)), f"a/a {where}, {name}, at {level}"
                yield Row(label, share, band, len(p), level=band[1])


def p_values(tests, method):
    """Return the p-values of tests; those that the method refuses are left out."""
    found = []
    for number, test in enumerate(tests):
        try:
            found.append(
                (replace(method, rng=number) if hasattr(method, "rng") else method)
                .read(test, REQUEST)
                .p_value
            )
        except ExperimentError:
            continue
    return np.array(found)


# What other tools do, for comparison only.
def naive_gaps(test):
    """Student's t of the gaps in the window, as if days were independent (pysyncon's standard error)."""
    from scipy import stats

    gaps = test.target - synthetic_control(test.target, test.donors, test.n_pre).counterfactual
    return float(stats.ttest_1samp(gaps[test.n_pre :], 0.0).pvalue)


def iid_conformal(test, rng, statistic):
    """Conformal inference that shuffles single days (GeoLift's default)."""
    fit = synthetic_control(test.target, test.donors, len(test.target))
    gaps = test.target - fit.counterfactual
    length = len(gaps) - test.n_pre
    shuffled = rng.permuted(np.tile(gaps, (999, 1)), axis=1)[:, :length]
    measure = (
        (lambda part: np.abs(part).sum(axis=-1))
        if statistic == "sum_of_abs"
        else (lambda part: np.abs(part.sum(axis=-1)))
    )
    return float((1 + np.sum(measure(shuffled) >= measure(gaps[test.n_pre :]))) / 1000)


def panel_ols(test):
    """Two-way fixed effects of the log outcome with errors taken for independent."""
    from scipy import stats

    logs = np.log(test.panel.outcome)
    window = np.arange(logs.shape[1]) >= test.n_pre
    design = test.treated[:, None] * window[None, :] * 1.0

    def within(values):
        return values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()

    x, y = within(design).ravel(), within(logs).ravel()
    slope = x @ y / (x @ x)
    df = logs.size - sum(logs.shape)
    se = np.sqrt(((y - slope * x) ** 2).sum() / df / (x @ x))
    return float(2 * stats.t.sf(abs(slope / se), df))


def table(rng, count) -> None:
    """Print how often each p-value is at most 5% and 10% where nothing happened."""
    placebos = 200 if count > 100 else 50
    naive: dict[str, Callable] = {
        "t on synthetic-control gaps": naive_gaps,
        "panel least squares, independent errors": panel_ols,
        "conformal, single days shuffled, sum of |gap|": lambda test: iid_conformal(test, rng, "sum_of_abs"),
        "conformal, single days shuffled, |sum|": lambda test: iid_conformal(test, rng, "abs_of_sum"),
        "tbr as published": lambda test: TBR(inference="published").read(test, REQUEST).p_value,
    }
    for where, draw in (("GeoLift_PreTest", windows), ("simulate_geo", worlds)):
        for k in (2, 4):
            tests = list(draw(rng, count, k))
            if not tests:
                continue
            print(f"\n{where}, {k} of 40 geos, {len(tests)} draws: share of p at most 5% and 10%")
            for name, method in DEFAULTS.items():
                p = p_values(tests, method.fewer(placebos))
                print(f"  {name:<48} {np.mean(p <= 0.05):6.3f} {np.mean(p <= 0.10):6.3f}  (n={len(p)})")
            for name, p_of in naive.items():
                p = np.array([p_of(test) for test in tests])
                print(f"  {name:<48} {np.mean(p <= 0.05):6.3f} {np.mean(p <= 0.10):6.3f}", flush=True)


PARTS: dict[str, tuple[Callable[..., Iterator[Row]], int]] = {
    "geo_did": (did, 4_000),
    "geo_permutation": (permutation, 800),
    "one_treated": (recast, 2_000),
    "nothing": (nothing_happened, 600),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few draws")
    parser.add_argument("--draws", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    table(np.random.default_rng([asked.seed, 99]), 40 if asked.quick else asked.draws)


if __name__ == "__main__":
    main()
