"""Fieller's set, the score test, confidence sequences and corrections against brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq, minimize_scalar

from attribution.stats.multiplicity import adjust
from attribution.stats.proportions import score_test
from attribution.stats.ratio_intervals import (
    BOUNDED,
    EMPTY,
    OUTSIDE,
    WHOLE,
    not_negative,
    ratio_set,
    t_critical,
    welch_df,
)
from attribution.stats.sequences import mixture_scale, sequence_critical, sequence_p_value


@pytest.mark.parametrize(
    ("a", "b", "v_a", "v_b", "c", "kind"),
    [
        (3.0, 2.0, 0.04, 0.01, 0.0, BOUNDED),
        (3.0, 2.0, 0.04, 0.01, 0.015, BOUNDED),
        (-3.0, 2.0, 0.04, 0.01, -0.01, BOUNDED),
        (3.0, 0.1, 0.04, 0.01, 0.0, OUTSIDE),
        (-3.0, 0.1, 0.04, 0.01, 0.0, OUTSIDE),
        (0.1, 0.1, 0.04, 0.01, 0.0, WHOLE),
        (3.0, 2.0, 0.04, 0.0, 0.0, BOUNDED),
        (3.0, 0.0, 0.04, 0.0, 0.0, EMPTY),
        (1e-9, 2e6, 1e-20, 1e8, 0.0, BOUNDED),
        (0.0, 0.0, 0.0, 0.0, 0.0, WHOLE),
    ],
)
def test_a_ratio_is_in_the_set_exactly_when_its_test_does_not_reject(a, b, v_a, v_b, c, kind):
    found = ratio_set(a, b, v_a, v_b, c, 2.0)
    assert found.kind == kind
    scale = (abs(a) + math.sqrt(v_a)) / (abs(b) + math.sqrt(v_b)) if b or v_b else 1.0
    for ratio in scale * np.concatenate([-np.geomspace(1e-3, 1e3, 301), [0.0], np.geomspace(1e-3, 1e3, 301)]):
        gap, variance = a - ratio * b, v_a - 2 * ratio * c + ratio**2 * v_b
        if abs(gap**2 - 4 * variance) > 1e-9 * (gap**2 + 4 * variance):
            assert found.contains(ratio) == (gap**2 <= 4 * variance)


@pytest.mark.parametrize("unit", [1e-120, 1e-3, 1.0, 1e120])
def test_a_set_does_not_depend_on_the_unit(unit):
    plain = ratio_set(3.0, 2.0, 0.04, 0.01, 0.015, critical=1.96)
    found = ratio_set(3 * unit, 2 * unit, 0.04 * unit**2, 0.01 * unit**2, 0.015 * unit**2, critical=1.96)
    assert found.kind == plain.kind
    ends = pytest.approx((float(plain.low), float(plain.high)))
    assert (float(found.low), float(found.high)) == ends
    cents = ratio_set(3 * unit, 2.0, 0.04 * unit**2, 0.01, 0.015 * unit, critical=1.96)
    assert (float(cents.low) / unit, float(cents.high) / unit) == ends


def test_sets_of_many_pairs_are_those_of_each():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 500))
    v_a, v_b = rng.exponential(0.2, (2, 500))
    many = ratio_set(a, b, v_a, v_b, 0.0, 2.0)
    assert set(many.kind.tolist()) == {BOUNDED, OUTSIDE, WHOLE}
    for place in range(0, 500, 50):
        one = ratio_set(a[place], b[place], v_a[place], v_b[place], 0.0, 2.0)
        assert (one.kind, one.low, one.high) == (many.kind[place], many.low[place], many.high[place])
    assert many.contains(a / b).all()


def test_means_that_cannot_be_negative_have_no_negative_ratio():
    rng = np.random.default_rng(2)
    a, b = np.abs(rng.normal(size=(2, 2000)))
    v_a, v_b = rng.exponential(0.2, (2, 2000))
    whole, part = (each(ratio_set(a, b, v_a, v_b, 0.0, 2.0)) for each in (lambda found: found, not_negative))
    for ratio in (-3.0, -0.1):
        assert not part.contains(ratio).any()
    for ratio in (0.1, 1.0, 7.0):
        assert np.array_equal(part.contains(ratio), whole.contains(ratio))


def test_welch_and_student_agree_with_scipy():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=30), rng.normal(1, 3, size=12)
    expected = stats.ttest_ind(x, y, equal_var=False)
    df = welch_df(x.var(ddof=1) / 30, 29, y.var(ddof=1) / 12, 11)
    assert df == pytest.approx(expected.df, rel=1e-12)
    assert t_critical(df, 0.05) == pytest.approx(stats.t.ppf(0.975, expected.df), rel=1e-12)
    assert t_critical(math.inf, 0.05) == pytest.approx(1.959963984540054, rel=1e-12)


@pytest.mark.parametrize("unit", [1e-150, 1e-90, 1e120, 1e150])
def test_degrees_of_freedom_do_not_depend_on_the_unit(unit):
    of_one = welch_df(2.0, 29, 0.5, 11)
    assert welch_df(2.0 * unit**2, 29, 0.5 * unit**2, 11) == pytest.approx(of_one, rel=1e-12)


def brute_score(count_a, n_a, count_b, n_b, delta):
    """Return the score statistic with the constrained likelihood maximised numerically."""

    def loss(p):
        return -(stats.binom.logpmf(count_a, n_a, p + delta) + stats.binom.logpmf(count_b, n_b, p))

    low, high = max(0.0, -delta) + 1e-12, min(1.0, 1.0 - delta) - 1e-12
    p_b = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-13}).x
    p_a, n = p_b + delta, n_a + n_b
    variance = (p_a * (1 - p_a) / n_a + p_b * (1 - p_b) / n_b) * n / (n - 1)
    return (count_a / n_a - count_b / n_b - delta) ** 2 / variance


@pytest.mark.parametrize("counts", [(7, 20, 3, 50), (3, 500, 12, 5000), (9, 10, 4, 12)])
def test_the_interval_of_the_difference_inverts_the_score_test(counts):
    # Brute force; statsmodels 0.14 and 0.15 give other ends, which change when the groups are swapped.
    found = score_test(*counts, 0.05).difference
    point = counts[0] / counts[1] - counts[2] / counts[3]
    bound = stats.norm.isf(0.025) ** 2
    for end, far in zip(found, (max(point - 0.7, -0.98), min(point + 0.7, 0.98)), strict=True):
        expected = brentq(lambda delta: brute_score(*counts, delta) - bound, far, point, xtol=1e-10)
        assert end == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("counts", [(7, 20, 3, 50), (3, 500, 12, 5000), (10, 1000, 8, 900)])
def test_the_ratio_and_p_value_are_those_of_statsmodels(counts):
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    found = score_test(*counts, 0.05)
    ratio = proportion.confint_proportions_2indep(*counts, compare="ratio", method="score")
    assert found.ratio == pytest.approx([float(end) for end in ratio], rel=1e-8)
    assert found.p_value == pytest.approx(
        proportion.test_proportions_2indep(*counts, method="score").pvalue, rel=1e-8
    )


@pytest.mark.parametrize(
    "counts", [(0, 50, 0, 60), (0, 50, 4, 60), (4, 60, 0, 50), (50, 50, 3, 60), (50, 50, 60, 60)]
)
def test_no_or_only_events_still_give_intervals(counts):
    found, swapped = score_test(*counts, 0.05), score_test(*counts[2:], *counts[:2], 0.05)
    assert found.difference == pytest.approx([-swapped.difference[1], -swapped.difference[0]], abs=1e-9)
    assert found.p_value == pytest.approx(swapped.p_value, rel=1e-9)
    assert found.ratio[0] <= found.ratio[1]


def test_score_test_and_both_intervals_never_contradict():
    for count in range(13):
        for other in range(0, 30, 3):
            found = score_test(count, 40, other, 90, 0.05)
            rejects = found.p_value <= 0.05
            assert rejects == (not found.difference[0] <= 0 <= found.difference[1])
            assert rejects == (not found.ratio[0] <= 1 <= found.ratio[1])


def test_a_sequence_is_half_as_wide_again_at_its_best_and_its_p_value_belongs_to_it():
    r = mixture_scale(10_000, 0.05)
    n = np.array([100, 1_000, 10_000, 100_000])
    critical = sequence_critical(n, r, 0.05)
    assert sequence_p_value(critical, n, r) == pytest.approx(0.05, rel=1e-9)
    assert critical[2] / 1.959964 == pytest.approx(1.55, abs=0.005)  # research: 1.55 times the fixed one


@pytest.mark.parametrize("correction", ["holm", "fdr_bh", "none"])
def test_levels_reject_exactly_what_the_correction_rejects(correction):
    rng = np.random.default_rng(4)
    for m in (1, 2, 5, 12):
        for _ in range(5):
            p_values = rng.uniform(size=m) ** 4
            adjusted, levels = adjust(p_values, 0.05, correction)
            assert np.array_equal(adjusted <= 0.05, p_values <= levels)
