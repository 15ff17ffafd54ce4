"""Few events, skewed money, clusters of many sizes: a test that holds its level, or none; signs of a lift."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import attribution as at
from attribution.experiments.holdout.moments import Moments
from attribution.stats.rerandomised import Bulk, rerandomised

PATHS = {
    "plain": {},
    "lin": {"covariate": "x"},
    "cuped": {"covariate": "x", "adjust": "cuped"},
    "cluster": {"cluster": "c"},
    "cluster, cuped": {"cluster": "c", "covariate": "x", "adjust": "cuped"},
    "ratio": {"denominator": "one"},
    "ratio, lin": {"denominator": "one", "covariate": "x"},
    "ratio, cluster": {"denominator": "one", "cluster": "c"},
    "pooled": {"variance": "pooled"},
    "sequential": {"sequential": 40_000},
    "sequential, lin": {"sequential": 40_000, "covariate": "x"},
    "exposed": {"exposed": "seen"},
    "ghost ads": {"exposed": "would", "design": "ghost_ads"},
    "money": {"outcome": "revenue"},
    "money, lin": {"outcome": "revenue", "covariate": "x"},
    "money, cuped": {"outcome": "revenue", "covariate": "x", "adjust": "cuped"},
    "money, cluster": {"outcome": "revenue", "cluster": "c"},
    "money, ratio": {"outcome": "revenue", "denominator": "one"},
    "money, pooled": {"outcome": "revenue", "variance": "pooled"},
    "money, sequential": {"outcome": "revenue", "sequential": 40_000},
    "money, capped": {"outcome": "revenue", "winsorise": 0.9999},
}


def nine_buyers(n_1: int = 18_000, n_0: int = 2_000) -> dict[str, np.ndarray]:
    """Nine buyers among the treated, none in the holdout: Fisher's exact p is .61."""
    rng = np.random.default_rng(0)
    n = n_1 + n_0
    y = (np.arange(n) < 9).astype(float)
    return {
        "arm": np.repeat(["treatment", "holdout"], [n_1, n_0]),
        "converted": y,
        "revenue": y * rng.lognormal(3.0, 1.5, n),
        "x": rng.normal(size=n),
        "c": np.arange(n),
        "one": np.ones(n),
        "seen": (np.arange(n) < n_1) & (np.arange(n) % 2 == 0),
        "would": np.arange(n) % 2 == 0,
    }


@pytest.mark.parametrize("path", PATHS)
def test_nine_buyers_against_none_show_no_effect_on_any_path(path):
    lift = at.analyze_holdout(nine_buyers(), value="revenue" if "ratio" not in path else None, **PATHS[path])
    assert lift.verdict != "effect"
    assert lift.p_value > 0.3  # Fisher's .61, the score test's .32
    assert lift.absolute.holds(0.0)
    assert lift.relative.holds(0.0)
    for one in lift.estimates.values():
        assert not math.isnan(one.low)
        assert not math.isnan(one.high)
        assert one.holds(0.0) or one is lift.cost_per_incremental
    check = lift.checks["few_events"]
    assert check.text
    assert (check.passed is False) == (lift.verdict == "blocked" or "no effect can be shown" in check.text)
    if "lin" in path or "cuped" in path:
        assert "not used" in " ".join(lift.details["notes"]) or lift.verdict == "blocked"


def test_several_outcomes_segments_and_arms_are_each_as_alone():
    users = nine_buyers() | {"region": np.where(np.arange(20_000) % 2, "north", "south")}
    lifts = at.analyze_holdout(users, outcome=["converted", "revenue"], segment="region")
    assert {lift.verdict for lift in lifts.lifts.values()} == {"no effect shown"}
    for lift in lifts.lifts.values():
        assert lift.segments is not None
        assert all(part.verdict != "effect" for part in lift.segments.lifts.values())
    users["arm"] = np.where(users["region"] == "north", "email", users["arm"])
    arms = at.analyze_holdout(users, outcome="revenue", treatment=["treatment", "email"])
    assert all(lift.verdict != "effect" for lift in arms.lifts.values())


def test_sums_alone_tell_nothing_of_few_amounts_and_say_so():
    users = nine_buyers()
    arms = {
        arm: Moments.of(("revenue",), users["revenue"][users["arm"] == arm][:, None])
        for arm in ("treatment", "holdout")
    }
    lift = at.analyze_holdout(arms, outcome="revenue")
    assert (lift.verdict, lift.p_value) == ("blocked", 1.0)
    assert "Verdict: none" in lift.summary()
    assert "one row a user" in lift.checks["few_events"].fix


@pytest.mark.parametrize("n_1", [3, 4, 5])
@pytest.mark.parametrize("kind", ["money", "ratio"])
def test_the_reference_is_that_of_all_assignments(n_1, kind):
    # Brute force: every choice of the treated among ten units, Welch's t by hand.
    rng = np.random.default_rng(n_1)
    y = rng.lognormal(0.0, 2.0, 10)
    x = np.ones(10) if kind == "money" else rng.uniform(1.0, 3.0, 10)
    ratio = y.sum() / x.sum()
    d = y - ratio * x
    exact = []
    for chosen in itertools.combinations(range(10), n_1):
        inside = np.isin(np.arange(10), chosen)
        parts = []
        for arm in (inside, ~inside):
            r = d[arm].sum() / x[arm].sum()
            own = d[arm] - r * x[arm]
            parts.append((r, (own**2).sum() / (arm.sum() - 1) / arm.sum() / x[arm].mean() ** 2))
        exact.append((parts[0][0] - parts[1][0]) / math.sqrt(parts[0][1] + parts[1][1]))
    found = rerandomised(np.stack([d, x]), Bulk(0, np.zeros(2), np.zeros((2, 2))), (n_1, 10 - n_1))
    for share in (0.02, 0.1, 0.5, 0.9, 0.98):
        edge = float(np.quantile(exact, share, method="inverted_cdf"))
        told = found.beyond(edge, above=False)
        assert told == pytest.approx(np.mean(np.asarray(exact) <= edge + 1e-9), abs=0.03)  # 4,999 draws


def test_a_bulk_of_many_small_units_is_as_they_are_one_by_one():
    rng = np.random.default_rng(5)
    small, large = rng.gamma(1.0, 1.0, 900), rng.lognormal(4.0, 1.0, 20)
    y = np.concatenate([small, large])
    y -= y.mean()
    every = rerandomised(np.stack([y, np.ones(920)]), Bulk(0, np.zeros(2), np.zeros((2, 2))), (800, 120))
    rest = y[:900]
    bulk = Bulk(900, np.array([rest.mean(), 1.0]), np.diag([rest.var(), 0.0]))
    lumped = rerandomised(np.stack([y[900:], np.ones(20)]), bulk, (800, 120))
    for share in (0.025, 0.5, 0.975):
        one, other = (float(np.quantile(each.draws, share)) for each in (every, lumped))
        assert one == pytest.approx(other, abs=0.25)


@given(
    st.integers(0, 12), st.integers(0, 12), st.sampled_from(sorted(PATHS)), st.integers(0, 2**32 - 1),
    st.sampled_from([0.05, 0.2]),
)  # fmt: skip
def test_the_lift_leaves_out_zero_exactly_where_p_is_below_the_level(treated, held, path, seed, alpha):
    assume(treated + held > 0)
    rng = np.random.default_rng(seed)
    n_1, n_0 = 120, 40
    y = np.concatenate([np.arange(n_1) < treated, np.arange(n_0) < held]).astype(float)
    users = {
        "arm": np.repeat(["treatment", "holdout"], [n_1, n_0]),
        "converted": y,
        "revenue": y * rng.lognormal(3.0, 1.5, n_1 + n_0),
        "x": rng.normal(size=n_1 + n_0),
        "c": np.concatenate([np.arange(n_1) // 2, 1_000 + np.arange(n_0) // 2]),
        "one": rng.integers(1, 4, n_1 + n_0).astype(float),
        "seen": (np.arange(n_1 + n_0) < n_1) & (np.arange(n_1 + n_0) % 2 == 0),
        "would": np.arange(n_1 + n_0) % 3 == 0,
    }
    if path == "ghost ads":
        assume(users["converted"][users["would"]].sum() > 0)
    lift = at.analyze_holdout(users, alpha=alpha, despite=("covariate_balance",), **PATHS[path])
    effect = lift.p_value <= alpha
    assert lift.absolute.holds(0.0) != effect
    assert lift.relative.holds(0.0) != effect
    for one in lift.estimates.values():
        assert not math.isnan(one.low)
        assert not math.isnan(one.high)
    if lift.details["blocked"]:
        assert not effect


def test_clusters_of_many_sizes_are_judged_by_their_effective_number():
    rng = np.random.default_rng(7)
    sizes = np.concatenate([rng.lognormal(3.0, 1.5, 100).astype(int) + 1])
    cluster = np.repeat(np.arange(100), sizes)
    users = {
        "arm": np.where(cluster % 2, "treatment", "holdout"),
        "y": rng.normal(rng.normal(10, 1, 100)[cluster], 5.0),
        "c": cluster,
    }
    lift = at.analyze_holdout(users, outcome="y", cluster="c")
    check = lift.checks["few_events"]
    held = np.bincount(cluster)[::2]
    assert check.rows[1]["clusters"] == pytest.approx(held.sum() ** 2 / (held**2).sum(), abs=0.05)
    assert "other assignments" in lift.method
    even = {**users, "arm": np.where(np.arange(len(cluster)) // 20 % 2, "treatment", "holdout")}
    even["c"] = np.arange(len(cluster)) // 20
    assert "other assignments" not in at.analyze_holdout(even, outcome="y", cluster="c").method


@pytest.mark.parametrize(("treated", "held"), [(-4.98, -10.04), (3.0, -2.0), (-1.0, 2e-3), (5.0, 0.0)])
def test_a_lift_of_a_mean_that_is_not_above_zero_is_not_told_in_per_cent(treated, held):
    rng = np.random.default_rng(1)
    noise = rng.normal(0.0, 0.5, (2, 500))
    users = {
        "arm": np.repeat(["treatment", "holdout"], 500),
        "profit": np.concatenate([treated + noise[0], held + noise[1] - noise[1].mean()]),
    }
    for options in ({}, {"sequential": 1_000}, {"variance": "pooled"}):
        lift = at.analyze_holdout(users, outcome="profit", **options)
        assert lift.verdict == "effect"
        assert (lift.absolute.value > 0) == (treated > held)
        assert math.isnan(lift.relative.value)
        assert not lift.relative.holds(0.0)
        assert not math.isnan(lift.relative.low)
        text = lift.summary()
        assert (
            "Lift: cannot be told; what would have been without the treatment is not clearly above zero"
            in text
        )
        assert "Lift: +" not in text
        assert "Lift: -" not in text


def test_a_mean_clearly_above_zero_keeps_its_lift_whatever_single_values_are():
    rng = np.random.default_rng(1)
    users = {
        "arm": np.repeat(["treatment", "holdout"], 500),
        "profit": np.concatenate([rng.normal(12, 5, 500), rng.normal(10, 5, 500)]),
    }
    lift = at.analyze_holdout(users, outcome="profit")
    assert lift.relative.value == pytest.approx(0.2, abs=0.07)
    assert lift.relative.bounded
