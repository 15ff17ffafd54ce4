"""Checks before reading a test: false alarms at their level, power, and what they say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln

from attribution.errors import ExperimentError
from attribution.experiments.holdout import holdout_checks
from attribution.experiments.holdout.sample_ratio import sequential_p_values

SHARES = {"treatment": 0.9, "holdout": 0.1}


def pair(rng, n, share=0.5):
    """Return counts of two arms, binomial."""
    holdout = int(rng.binomial(n, share))
    return {"treatment": n - holdout, "holdout": holdout}


def test_sample_ratio_is_scipys_chi_square():
    check = holdout_checks.sample_ratio({"treatment": 90_400, "holdout": 9_600}, SHARES)
    p = stats.chisquare([90_400, 9_600], [90_000, 10_000]).pvalue
    assert f"p = {p:.2g}" in check.text
    assert check.passed is False
    assert check.fix
    assert check.rows[1] == {"arm": "holdout", "n": 9_600, "share": 0.096, "planned": pytest.approx(0.1)}


def test_sample_ratio_false_alarms_and_power():
    # Research table: false alarm at .001 at most .002; power at 51/49 of 100,000 at least .99.
    rng = np.random.default_rng(1)
    held = rng.binomial(100_000, 0.1, 4_000)
    p = stats.chisquare(np.stack([100_000 - held, held]), np.array([[90_000], [10_000]])).pvalue
    some = [
        holdout_checks.sample_ratio({"treatment": 100_000 - h, "holdout": h}, SHARES).passed
        for h in held[:300].tolist()
    ]
    assert [p_ < 0.001 for p_ in p[:300]] == [passed is False for passed in some]
    assert (p < 0.001).mean() <= 0.002
    skewed = [holdout_checks.sample_ratio(pair(rng, 100_000, 0.49)).passed is False for _ in range(300)]
    assert np.mean(skewed) >= 0.99


def test_a_warning_lies_between_the_two_thresholds():
    # z = 2.9 for a half: p = .0037.
    off = round(2.9 * math.sqrt(10_000) / 2)
    assert holdout_checks.sample_ratio({"a": 5_000 + off, "b": 5_000 - off}).passed is None


def test_a_bad_day_is_found_where_the_total_balances():
    days = {f"day {d}": {"treatment": 5_000, "holdout": 5_000} for d in range(20)}
    days["day 3"] = {"treatment": 5_500, "holdout": 4_500}
    days["day 7"] = {"treatment": 4_500, "holdout": 5_500}
    total = {arm: sum(day[arm] for day in days.values()) for arm in ("treatment", "holdout")}
    assert holdout_checks.sample_ratio(total).passed is True
    check = holdout_checks.sample_ratio_by(days)
    assert check.passed is False
    assert check.count == 2
    assert {row["day"] for row in check.rows[:2]} == {"day 3", "day 7"}


def test_sample_ratio_by_keeps_its_level_with_many_and_with_thin_labels():
    rng = np.random.default_rng(2)
    alarms = [
        holdout_checks.sample_ratio_by(
            {d: pair(rng, int(n), 0.1) for d, n in enumerate(rng.integers(5, 400, 25))},
            SHARES,
            alpha=0.05,
            warn=0.05,
        ).passed
        is False
        for _ in range(600)
    ]
    assert np.mean(alarms) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 600)


def test_sequential_p_value_is_the_ratio_of_beta_functions():
    # Two arms: Lindon & Malek's Bayes factor is B(a + s, b + n - s) / (B(a, b) p^s q^(n - s)).
    seen = np.array([[60, 40], [130, 70]])
    a, b = 50.0, 50.0
    log_factor = (
        betaln(a + seen[:, 0], b + seen[:, 1]) - betaln(a, b) - 100 * np.array([1, 2]) * math.log(0.5)
    )
    want = np.minimum(1, np.exp(-log_factor))
    np.testing.assert_allclose(
        sequential_p_values(seen, np.array([0.5, 0.5]), 100.0), np.minimum.accumulate(want)
    )


def test_sequential_check_holds_its_level_at_every_look_and_finds_a_mismatch():
    # Ville's inequality: P(ever below alpha) <= alpha. The fixed test, peeked at, does not keep it.
    rng = np.random.default_rng(3)
    looks, worlds = 100, 2_000
    held = np.cumsum(rng.binomial(500, 0.5, (worlds, looks)), axis=1)
    total = 500 * np.arange(1, looks + 1)
    ever = [
        sequential_p_values(np.stack([h, total - h], axis=1), np.array([0.5, 0.5]))[-1] < 0.05
        for h in held[:800]
    ]
    fixed = (np.abs(held - total / 2) / np.sqrt(total / 4) > 1.96).any(axis=1)
    assert np.mean(ever) <= 0.05
    assert fixed.mean() > 0.3
    counts = [pair(rng, 5_000, 0.48) for _ in range(30)]
    check = holdout_checks.sample_ratio_sequential(counts)
    assert check.passed is False
    assert check.rows[0]["look"] < 30


def moments(rows):
    return {arm: len(x) for arm, x in rows.items()}, *(
        {arm: f(x) for arm, x in rows.items()}
        for f in (lambda x: x.mean(0), lambda x: np.cov(x, rowvar=False))
    )


def test_joint_balance_is_the_f_test_of_the_arm_on_the_covariates():
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    rows = {"holdout": rng.normal(size=(80, 3)), "treatment": rng.normal(0.15, 1, (120, 3))}
    check = holdout_checks.covariate_balance(*moments(rows), ["a", "b", "c"], alpha=0.9999)
    x = np.vstack(list(rows.values()))
    want = sm.OLS(np.repeat([0.0, 1.0], [80, 120]), sm.add_constant(x)).fit().f_pvalue
    assert f"joint p = {want:.2g}" in check.text


def test_balance_false_alarms_power_and_repeated_covariates():
    rng = np.random.default_rng(5)

    def failed(shift):
        past = rng.lognormal(size=(2_000, 1))
        past[1_000:] += shift
        x = np.hstack([past, rng.normal(size=(2_000, 2)), 2 * past, np.ones((2_000, 1))])
        rows = {"holdout": x[:1_000], "treatment": x[1_000:]}
        return holdout_checks.covariate_balance(*moments(rows), list("abcde"), alpha=0.05).passed is False

    assert np.mean([failed(0) for _ in range(400)]) == pytest.approx(0.05, abs=0.033)
    assert np.mean([failed(0.5) for _ in range(50)]) > 0.95


def test_a_large_difference_that_chance_explains_only_informs():
    rng = np.random.default_rng(6)
    rows = {"holdout": rng.normal(size=(30, 2)), "treatment": rng.normal(size=(30, 2))}
    rows["treatment"][:, 0] += 0.2
    assert holdout_checks.covariate_balance(*moments(rows), ["a", "b"]).passed is None


def test_pre_period_is_holm():
    from statsmodels.stats.multitest import multipletests

    p = {"a": 0.001, "b": 0.004, "c": 0.0049, "d": 0.3}
    check = holdout_checks.pre_period(p, estimates=dict.fromkeys(p, 1.0))
    assert check.count == int(multipletests(list(p.values()), 0.01, "holm")[0].sum())
    assert holdout_checks.pre_period({"a": 0.02, "b": 0.9}).passed is True
    assert holdout_checks.pre_period({}).passed is None


def test_placebo_size_band():
    assert holdout_checks.placebo_size(14, 200).passed is True
    assert holdout_checks.placebo_size(25, 200).passed is False
    assert holdout_checks.placebo_size(0, 0).passed is None


def test_contamination():
    n = {"treatment": 900, "holdout": 1_000}
    assert holdout_checks.contamination({"treatment": 300}, n).passed is True
    assert holdout_checks.contamination({"treatment": 300, "holdout": 5}, n).passed is None
    assert "hides 30%" in holdout_checks.contamination({"treatment": 300, "holdout": 100}, n).text
    assert "contrasts nothing" in holdout_checks.contamination({"treatment": 30, "holdout": 100}, n).text
    with pytest.raises(ExperimentError, match="did you mean 'holdout'"):
        holdout_checks.contamination({}, n, holdout="hold-out")


def test_exposure_ratio_level_and_power():
    rng = np.random.default_rng(7)
    n = {"treatment": 45_000, "holdout": 5_000}

    def failed(gap):
        seen = {"treatment": int(rng.binomial(45_000, 0.3)), "holdout": int(rng.binomial(5_000, 0.3 - gap))}
        return holdout_checks.exposure_ratio(seen, n, alpha=0.05, warn=0.05).passed is False

    assert np.mean([failed(0) for _ in range(500)]) == pytest.approx(0.05, abs=0.03)
    assert np.mean([failed(0.04) for _ in range(100)]) > 0.99
    assert holdout_checks.exposure_ratio({"treatment": 45_000, "holdout": 5_000}, n).passed is None


@pytest.mark.parametrize(
    ("counts", "shares", "words"),
    [
        ({"treatment": 5}, None, "two arms"),
        ({"treatment": 5, "holdot": 5}, SHARES, "did you mean 'holdout'"),
        ({"treatment": 5, "holdout": -1}, SHARES, "no number of units"),
        ({"treatment": 0, "holdout": 0}, SHARES, "no arm holds a unit"),
        ({"a": 1, "b": 1}, {"a": 1.0, "b": 0.0}, "above 0"),
    ],
)
def test_bad_counts_are_refused(counts, shares, words):
    with pytest.raises(ExperimentError, match=words):
        holdout_checks.sample_ratio(counts, shares)


def test_checks_carry_the_numbers_that_they_were_judged_by():
    """scipy's own tests give statistic and p-value; text is for people."""
    arms = {"treatment": 50_000, "holdout": 48_900}
    check, known = holdout_checks.sample_ratio(arms), stats.chisquare(list(arms.values()))
    assert (check.statistic, check.p_value) == pytest.approx((known.statistic, known.pvalue))
    exposed = {"treatment": 900, "holdout": 1_000}
    check = holdout_checks.exposure_ratio(exposed, arms)
    found = stats.chi2_contingency([[900, 49_100], [1_000, 47_900]], correction=False)
    assert (check.statistic, check.p_value) == pytest.approx((found.statistic, found.pvalue))
    check = holdout_checks.placebo_size(66, 200)
    assert check.statistic == pytest.approx(0.33)
    assert check.p_value < 1e-9
    assert holdout_checks.sample_ratio_by({}, None, by="day").p_value is None


def test_more_covariates_than_units_tell_nothing():
    """The F of Hotelling's T-squared has n - k - 1 degrees of freedom: of 4 units and 3 covariates none."""
    n, spread = {"a": 2, "b": 2}, {"a": np.eye(3), "b": np.eye(3)}
    means = {"a": np.zeros(3), "b": np.full(3, 50.0)}
    assert holdout_checks.covariate_balance(n, means, spread, ["x", "y", "z"]).p_value == 1.0


def test_a_covariate_that_is_one_number_in_each_arm_and_not_the_same_is_no_chance():
    counts = {"treatment": 50, "holdout": 50}
    none = np.zeros((1, 1))
    gap = {"treatment": np.array([1.0]), "holdout": np.array([2.0])}
    found = holdout_checks.covariate_balance(counts, gap, {"treatment": none, "holdout": none}, ["past"])
    assert (found.passed, found.p_value) == (False, 0.0)
    same = {"treatment": np.array([1.0]), "holdout": np.array([1.0])}
    assert holdout_checks.covariate_balance(
        counts, same, {"treatment": none, "holdout": none}, ["past"]
    ).passed


def test_labels_are_tested_by_bonferroni_and_together():
    """By hand: three chi-squares; the smallest p times three, and their sum on three degrees of freedom."""
    table = {"a": {"t": 531, "h": 469}, "b": {"t": 1_000, "h": 1_030}, "c": {"t": 300, "h": 240}}
    each = [stats.chisquare(list(counts.values())) for counts in table.values()]
    smallest = 3 * min(found.pvalue for found in each)
    together = stats.chi2.sf(sum(found.statistic for found in each), 3)
    check = holdout_checks.sample_ratio_by(table, alpha=0.07, warn=0.3)
    assert check.p_value == pytest.approx(2 * min(smallest, together))
    assert check.passed is False
    # Of the labels one has a p-value that six times over is below the level.
    assert [6 * found.pvalue < 0.07 for found in each] == [False, False, True]
    assert check.count == 1
