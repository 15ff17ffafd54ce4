"""Law: interval, lift and p-value say the same on every path, side, margin and level, and no end is NaN."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.sizes import sizes

import attribution as at
from attribution.errors import ExperimentError
from attribution.stats.proportions import score_test, sparse_score_test

OUTCOMES = ("converted", "revenue", "profit", "visits", "flat")
ADJUSTED: dict[str, dict[str, Any]] = {
    "plain": {},
    "lin": {"covariate": "x"},
    "cuped": {"covariate": ["x", "z"], "adjust": "cuped"},
    "clusters": {"cluster": "c"},
    "clusters, cuped": {"cluster": "c", "covariate": "x"},
    "ratio": {"denominator": "one"},
    "ratio, lin": {"denominator": "one", "covariate": "x"},
    "pooled": {"variance": "pooled"},
    "exposed, money": {"exposed": "seen", "value": "revenue", "cost": 40.0},
    "cost by user": {"value": "revenue", "cost": "x_cost"},
    "ghosts": {"exposed": "would", "design": "ghost_ads"},
    "capped": {"winsorise": 0.95},
    "segments": {"segment": "half"},
    "sequence": {"sequential": 200},
}
SIDES = ("two-sided", "larger", "smaller")


def users(seed: int, events: tuple[int, int], n: tuple[int, int]) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    whole = sum(n)
    y = np.concatenate([np.arange(units) < some for units, some in zip(n, events, strict=True)]).astype(float)
    money = y * rng.lognormal(3.0, 1.5, whole)
    treated = np.arange(whole) < n[0]
    return {
        "arm": np.where(treated, "treatment", "holdout"),
        "converted": y,
        "revenue": money,
        "profit": money - 5.0 * (rng.random(whole) < 0.3),
        "visits": rng.poisson(0.2, whole) * 1.0,
        "flat": np.round(10.0 + y, 1),
        "x": rng.normal(size=whole),
        "z": rng.gamma(1.0, 1.0, whole),
        "x_cost": rng.gamma(1.0, 1.0, whole) * treated,
        "c": np.where(treated, np.arange(whole) // 2, 10_000 + np.arange(whole) // 2),
        "one": rng.integers(1, 4, whole).astype(float),
        "seen": treated & (rng.random(whole) < 0.5),
        "would": rng.random(whole) < 0.6,
        "half": np.where(np.arange(whole) % 2, "a", "b"),
    }


def said(lift: at.Lift) -> None:
    """Assert that a lift says one thing."""
    margin, side = lift.details["margin"], lift.details["alternative"]
    null = {"smaller": margin}.get(side, -margin)
    rejected = lift.p_value <= lift.alpha
    if not math.isclose(lift.p_value, lift.alpha, rel_tol=1e-9):
        assert lift.absolute.holds(null) != rejected
        if not margin:
            assert lift.relative.holds(0.0) != rejected
    assert 0.0 <= lift.p_value <= 1.0
    for name, one in lift.estimates.items():
        assert not math.isnan(one.low), name
        assert not math.isnan(one.high), name
        assert one.low <= one.high, name
    if side == "larger":
        assert lift.absolute.high == math.inf
    if side == "smaller":
        assert lift.absolute.low == -math.inf
    words = {True: {"effect", "no worse"}, False: {"no effect shown", "not shown", "blocked"}}
    assert lift.verdict in words[rejected] or lift.verdict == "blocked"
    lift.summary()
    repr(lift)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(0, 14), st.integers(0, 14),
    st.sampled_from([(120, 40), (90, 90), (300, 12)]),
    st.sampled_from(OUTCOMES), st.sampled_from(sorted(ADJUSTED)), st.sampled_from(SIDES),
    st.sampled_from([0.0, 0.01, 0.5]), st.sampled_from([0.01, 0.05, 0.2]),
)  # fmt: skip
def test_interval_lift_and_p_value_say_one_thing(seed, treated, held, n, outcome, path, side, margin, alpha):
    options = {"outcome": outcome, "alternative": side, "alpha": alpha, **ADJUSTED[path]}
    if side != "two-sided":
        assume("sequential" not in options)
        options["margin"] = margin
    table = users(seed, (min(treated, n[0]), min(held, n[1])), n)
    try:
        lift = at.analyze_holdout(table, despite=("covariate_balance", "exposure_ratio"), **options)
    except ExperimentError:  # what cannot be read is refused in words, never by half
        return
    said(lift)
    for part in {} if lift.segments is None else lift.segments.lifts.values():
        said(part)


@pytest.mark.parametrize("share", [0.02, 0.05, 0.15, 0.2, 0.5])
@pytest.mark.parametrize("expected", [0.1, 0.3, 1.0, 3.0])
def test_a_score_test_of_next_to_no_events_holds_its_level(share, expected):
    """All tables of the arms' events under no effect, weighed by their exact probability."""
    from scipy import stats

    n = 2_000
    small = round(n * share)
    size = loose = 0.0
    for events in range(1, 40):
        weight = stats.binom.pmf(events, n, min(expected / small, 0.02))
        if weight < 1e-5:
            continue
        for held in range(min(events, 12) + 1):
            chance = weight * stats.hypergeom.pmf(held, n, small, events)
            if chance < 1e-6:
                continue
            cells = (events - held, n - small, held, small)
            found = sparse_score_test(*cells, 0.05)
            size += chance * (found.p_value <= 0.05)
            loose += chance * (score_test(*cells, 0.05).p_value <= 0.05)
            leaves = not found.difference[0] <= 0.0 <= found.difference[1]
            assert leaves == (found.p_value <= 0.05)
            assert (not found.ratio[0] <= 1.0 <= found.ratio[1]) == leaves
    assert size <= 0.052
    if (share, expected) == (0.2, 0.3):
        assert loose > 0.08  # what it was


@sizes(few=(100, 0.12, 0.066), full=(400, 0.06, 0.033))
def test_the_power_of_a_plan_of_non_inferiority_is_that_of_its_analysis(size):
    """A loss of half a point is still none: planned as an effect of that size, one-sided."""
    plan = at.plan_holdout(baseline=0.05, effect=0.005, alternative="larger")
    n = plan.n_per_arm["treatment"]
    rng = np.random.default_rng(8)
    options = {"count": "n", "alternative": "larger", "margin": 0.005}
    found = {}
    draws, of_power, of_level = size
    for truth in (0.05, 0.045):
        verdicts = []
        for treated, held in rng.binomial(n, (truth, 0.05), (draws, 2)).tolist():
            cells = {"arm": ["treatment"] * 2 + ["holdout"] * 2, "converted": [1, 0] * 2}
            cells["n"] = [treated, n - treated, held, n - held]
            verdicts.append(at.analyze_holdout(cells, **options).verdict)
        found[truth] = verdicts.count("no worse") / draws
    # Three standard errors of so many draws; at the margin it is the level.
    assert found[0.05] == pytest.approx(0.8, abs=of_power)
    assert found[0.045] <= 0.05 + of_level
