"""What a summary says: differences in points, costs that can be paid, verdicts that are blocked."""

from __future__ import annotations

import pytest

import attribution as at

CELLS = {
    "arm": ["treatment", "treatment", "holdout", "holdout"],
    "converted": [1, 0, 1, 0],
    "n": [510, 9_490, 500, 9_500],
}


def test_levels_are_percent_and_differences_are_points():
    words = at.analyze_holdout(CELLS, count="n").summary()
    assert "treatment 5.1%, holdout 5%" in words
    assert "Difference: +0.1 points" in words
    # (1.960 + 0.842) sqrt((0.051 * 0.949 + 0.05 * 0.95) / 10,000) = 0.868%
    assert "shows a difference of 0.868 points with 80%" in words


def test_the_effect_per_exposed_is_in_points_too():
    users = {
        "arm": ["treatment"] * 3 + ["holdout"] * 2,
        "exposed": [1, 1, 0, 0, 0],
        "converted": [1, 0, 0, 1, 0],
        "n": [700, 4_300, 5_000, 500, 9_500],
    }
    lift = at.analyze_holdout(users, count="n", exposed="exposed")
    # 7% - 5% over the half that is exposed.
    assert lift.cace.value == pytest.approx(0.04)
    assert "(CACE): +4 points" in lift.summary()


def test_a_cost_without_bound_is_said_as_the_least_that_it_may_be():
    lift = at.analyze_holdout(CELLS, count="n", cost=1_000.0)
    found = lift.cost_per_incremental
    assert found.gap is not None
    least = 1_000.0 / lift.incremental.high  # the cost is known, so the set is that of the incremental
    assert found.gap[1] == pytest.approx(least)
    assert f"{least:.2f} or more, or none was caused)" in lift.summary()


def test_a_blocked_verdict_comes_before_the_numbers():
    words = at.analyze_holdout(CELLS, count="n", shares={"treatment": 0.9, "holdout": 0.1}).summary()
    assert words.splitlines()[1].startswith("Verdict: blocked.")
    read = at.analyze_holdout(
        CELLS, count="n", shares={"treatment": 0.9, "holdout": 0.1}, despite=("sample_ratio",)
    )
    assert "Read in spite of failed checks: sample_ratio" in read.summary()


def test_where_no_check_could_be_made_nobody_is_told_that_none_failed():
    words = at.analyze_holdout(CELLS, count="n").summary()
    assert "0 passed" not in words
    assert (
        "none has a verdict; sample_ratio not checked: the planned shares were not told (shares=)." in words
    )
    assert (
        "Checks: 1 passed, 0 failed."
        in at.analyze_holdout(CELLS, count="n", shares={"treatment": 1, "holdout": 1}).summary()
    )
