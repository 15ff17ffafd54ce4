"""What the errors of cost and effect have in common, held against a jackknife over control geos."""

from __future__ import annotations

import math

import numpy as np
import pytest
from benchmarks.coverage_panels import REQUEST
from scipy import stats

import attribution as at
from attribution.experiments.geo.geo_assignment import GeoTest
from attribution.experiments.geo.incremental_cost import spent
from attribution.experiments.geo.panel import Panel
from attribution.experiments.panels.did import log_changes

N, TREATED, PRE = 32, 8, 20
DAYS = np.arange("2026-01-01", "2026-01-31", dtype="datetime64[D]")
NAMES = tuple(f"g{n:02d}" for n in range(N))


def world(before, agreement=0.7):
    """32 geos whose spend and sales change together in the last ten days; treated ones get half more."""
    rng = np.random.default_rng(9)
    both = rng.multivariate_normal([0, 0], [[1, agreement], [agreement, 1]], N)
    sales = np.full((N, len(DAYS)), 100.0) * rng.lognormal(0, 0.01, (N, len(DAYS)))
    sales[:, PRE:] *= np.exp(0.05 * both[:, :1])
    spend = np.full((N, len(DAYS)), 20.0) * rng.lognormal(0, 0.2, (N, 1))
    spend[:, PRE:] *= np.exp(0.1 * both[:, 1:])
    spend[:TREATED, PRE:] *= 1.5
    spend[:, :PRE] *= before
    return sales, spend


def a_test(sales, spend, kept=slice(None)):
    rows = np.arange(N)[kept]
    return GeoTest(
        Panel(tuple(NAMES[n] for n in rows), DAYS, sales[rows], spend[rows]),
        rows < TREATED,
        PRE,
        0,
        None,
        "sales",
    )


@pytest.mark.parametrize("before", [1.0, 0.0])
@pytest.mark.parametrize("agreement", [0.95, -0.95, 0.0])
def test_cost_and_effect_share_the_error_of_the_control_geos(before, agreement):
    """The jackknife's covariance of both, control by control (Efron 1982), for ratio and difference alike."""
    sales, spend = world(before, agreement)
    found = spent(a_test(sales, spend), REQUEST)
    changes = log_changes(sales, PRE)
    pairs = []
    for out in range(TREATED, N):
        kept = np.arange(N) != out
        cost = spent(a_test(sales, spend, kept), REQUEST).total
        pairs.append((cost, -changes[np.flatnonzero(kept)[TREATED:]].mean()))
    n = N - TREATED
    off = np.array(pairs) - np.mean(pairs, axis=0)
    joint = (n - 1) / n * float(off[:, 0] @ off[:, 1])
    own = changes[TREATED:].var() / n + changes[:TREATED].var() / TREATED
    assert found.shared == pytest.approx(joint / math.sqrt(own) / found.error, rel=0.06, abs=0.01)
    assert np.sign(agreement) * found.shared > 0.05 or not agreement


def test_a_ratio_heeds_what_its_parts_share():
    """Fieller's set by its quadratic, with the covariance and without."""
    sales, spend = world(1.0, 0.95)
    table = {"geo": np.repeat(NAMES, len(DAYS)), "date": np.tile(DAYS, N)}
    table |= {"sales": sales.ravel(), "cost": spend.ravel()}
    lift = at.analyze_geo(
        table,
        treated=list(NAMES[:TREATED]),
        start=str(DAYS[PRE]),
        end=str(DAYS[-1]),
        method=at.DiD(inference="welch"),
        cost="cost",
    )
    cost, df = lift.details["cost"], lift.details["df"]
    critical, t = stats.t.isf(0.025, df), stats.t.isf(lift.p_value / 2, df)
    a, b = lift.incremental.value, cost["total"]
    s_a, s_b = abs(a / t), cost["error"]
    ends = {}
    for shared in (cost["shared"], 0.0):
        c = shared * s_a * s_b
        two = [b * b - (critical * s_b) ** 2, -2 * (a * b - critical**2 * c), a * a - (critical * s_a) ** 2]
        ends[shared] = np.sort(np.roots(two)).tolist()
    assert cost["shared"] > 0.05
    assert [lift.iroas.low, lift.iroas.high] == pytest.approx(ends[cost["shared"]], rel=1e-6)
    assert abs(ends[0.0][1] / ends[cost["shared"]][1] - 1) > 1e-3
