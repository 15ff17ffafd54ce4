"""Laws of holdout analysis: one verdict, merging, swapping, scaling."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import attribution as at
from attribution.experiments.holdout.moments import Moments

KINDS = st.sampled_from(["binary", "rare", "count", "revenue", "signed"])
SEEDS = st.integers(0, 2**32 - 1)


def users(kind: str, seed: int, n: int = 60) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    arm = np.where(rng.random(n) < rng.uniform(0.3, 0.7), "treatment", "holdout")
    arm[:6], arm[6:12] = "treatment", "holdout"
    shift = rng.choice([0.0, 0.0, 0.1, 0.3, 2.0]) * (arm == "treatment")
    y = {
        "binary": lambda: rng.random(n) < np.minimum(0.4 + shift, 1.0),
        "rare": lambda: rng.random(n) < np.minimum(0.03 + shift, 1.0),
        "count": lambda: rng.poisson(0.3 + shift),
        "revenue": lambda: (rng.random(n) < 0.3 + shift / 4) * rng.lognormal(2.0, 1.0, n),
        "signed": lambda: rng.normal(0.2 + shift, 1.0),
    }[kind]()
    past = rng.normal(size=n)
    exposed = (arm == "treatment") & (rng.random(n) < 0.5)
    cost = 1.0 * exposed + rng.normal(0.0, 0.4, n)
    return {
        "arm": arm,
        "y": y.astype(float) + 0.0 * past,
        "past": past,
        "exposed": exposed,
        "would": np.arange(n) % 3 > 0,
        "cost": cost,
        "z": 1.0 + past**2,
        "house": 2 * (np.arange(n) // rng.integers(1, 4)) + (arm == "treatment"),
    }


def analyzed(table: dict[str, np.ndarray], **options: object) -> at.Lift:
    assume(np.ptp(table["y"]) > 0)
    arms = (table["y"][table["arm"] == arm] for arm in ("treatment", "holdout"))
    assume(any(np.ptp(part) > 0 for part in arms))
    return at.analyze_holdout(table, outcome="y", despite=("covariate_balance",), **options)


OPTIONS = st.sampled_from(
    [
        {},
        {"alpha": 0.2},
        {"covariate": "past", "adjust": "lin"},
        {"covariate": "past", "adjust": "cuped"},
        {"sequential": 60},
        {"denominator": "z"},
        {"exposed": "exposed"},
        {"cluster": "house"},
        {"cluster": "house", "covariate": "past", "adjust": "cuped"},
        {"cluster": "house", "denominator": "z"},
        {"denominator": "z", "covariate": "past"},
        {"variance": "pooled"},
        {"exposed": "would", "design": "ghost_ads"},
    ]
)


@given(KINDS, SEEDS, OPTIONS)
def test_p_value_difference_and_lift_give_one_verdict(kind, seed, options):
    lift = analyzed(users(kind, seed), **options)
    effect = lift.p_value <= lift.alpha
    none = "few_events" in lift.details["blocked"]
    assert lift.verdict == ("effect" if effect else "blocked" if none else "no effect shown")
    assert lift.absolute.holds(0.0) != effect
    assert lift.relative.holds(0.0) != effect
    assert not any(math.isnan(end) for one in lift.estimates.values() for end in (one.low, one.high))
    if lift.incremental is not None:
        assert lift.incremental.holds(0.0) != effect
    if lift.cace is not None:
        assert lift.cace.holds(0.0) != effect
    text = lift.summary()
    assert ("Verdict: effect" in text) == effect


@given(KINDS, SEEDS, OPTIONS)
def test_sets_hold_their_estimates(kind, seed, options):
    lift = analyzed(users(kind, seed), **options, cost="cost") if "denominator" not in options else None
    assume(lift is not None)
    for name, estimate in lift.estimates.items():
        if math.isfinite(estimate.value) and not math.isnan(estimate.low):
            slack = 1e-9 * max(1.0, abs(estimate.value))
            assert estimate.low - slack <= estimate.value <= estimate.high + slack, name
            if estimate.gap is not None:
                assert not estimate.gap[0] + slack < estimate.value < estimate.gap[1] - slack


@given(KINDS, SEEDS, OPTIONS)
def test_swapping_the_arms_negates_the_difference(kind, seed, options):
    table = users(kind, seed)
    there = analyzed(table, **options)
    back = analyzed(table, treatment="holdout", holdout="treatment", **options)
    size = abs(there.absolute.high - there.absolute.low)
    assert back.absolute.value == pytest.approx(-there.absolute.value, abs=1e-9 * size)
    assert back.absolute.low == pytest.approx(-there.absolute.high, abs=1e-9 * size)
    assert back.p_value == pytest.approx(there.p_value, rel=1e-6)


@given(KINDS, SEEDS, OPTIONS, st.sampled_from([1e-4, 0.01, 100.0, 1e7]))
def test_the_lift_does_not_depend_on_the_unit_of_the_outcome(kind, seed, options, factor):
    table = users(kind, seed)
    plain = analyzed(table, **options)
    assume("score" not in plain.method and plain.verdict != "blocked")  # counts have no unit
    scaled = analyzed({**table, "y": table["y"] * factor}, **options)
    assert scaled.absolute.low == pytest.approx(plain.absolute.low * factor, rel=1e-8, abs=1e-12 * factor)
    for end in ("value", "low", "high"):
        expected = getattr(plain.relative, end)
        assert getattr(scaled.relative, end) == pytest.approx(expected, rel=1e-6, abs=1e-9, nan_ok=True)
    assert scaled.p_value == pytest.approx(plain.p_value, rel=1e-6)


@given(SEEDS, st.lists(st.integers(0, 40), max_size=4))
def test_merged_moments_are_those_of_the_whole(seed, cuts):
    rng = np.random.default_rng(seed)
    rows = rng.lognormal(0, 1, (40, 3)) + 1e4
    parts = np.split(rows, sorted(cuts))
    merged = Moments.none(("a", "b", "c"))
    for part in parts:
        merged = merged + Moments.of(("a", "b", "c"), part)
    whole = Moments.of(("a", "b", "c"), rows)
    assert merged.n == whole.n
    for field in ("mean", "cross", "third", "low", "high"):
        np.testing.assert_allclose(getattr(merged, field), getattr(whole, field), rtol=1e-9, atol=1e-7)
    counts = rng.integers(0, 4, 40).astype(float)
    repeated = Moments.of(("a", "b", "c"), np.repeat(rows, counts.astype(int), axis=0))
    weighted = Moments.of(("a", "b", "c"), rows, counts)
    np.testing.assert_allclose(weighted.cross, repeated.cross, rtol=1e-9, atol=1e-7)
    np.testing.assert_allclose(weighted.third, repeated.third, rtol=1e-9, atol=1e-6)


@given(KINDS, SEEDS)
def test_rows_moments_and_sums_give_the_same_lift(kind, seed):
    table = users(kind, seed)
    by_rows = analyzed(table)
    sides = {arm: table["y"][table["arm"] == arm] for arm in ("treatment", "holdout")}
    by_moments = at.analyze_holdout(
        {arm: Moments.of(("y",), y[:, None]) for arm, y in sides.items()}, outcome="y"
    )
    by_sums = at.analyze_holdout(
        {
            arm: Moments.of_sums(("y",), len(y), np.array([y.sum()]), np.array([[y @ y]]))
            for arm, y in sides.items()
        },
        outcome="y",
    )
    for other in (by_moments, by_sums):
        if other.verdict == "blocked":  # too few events for a t, and no rows to assign anew
            assert "assigning the same units anew" in by_rows.checks["few_events"].text
            assert (other.p_value, other.absolute.low) == (1.0, -math.inf)
            continue
        if "anew" in by_rows.method or "other assignments" in by_rows.method:
            assert other is by_sums  # which do not tell how skewed the rows are
            continue
        assert other.p_value == pytest.approx(by_rows.p_value, rel=1e-6)
        assert other.absolute.low == pytest.approx(by_rows.absolute.low, rel=1e-8, abs=1e-10)
