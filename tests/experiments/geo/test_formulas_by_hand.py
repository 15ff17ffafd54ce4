"""Formulas and thresholds of geo tests by hand: errors of spend, odd days, windows, rows of zeros, plans."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks.coverage_panels import REQUEST

from attribution import SyntheticControl
from attribution.errors import ExperimentError
from attribution.experiments.geo import planning
from attribution.experiments.geo.aa_tests import Simulated, tried_out
from attribution.experiments.geo.data_checks import odd_days
from attribution.experiments.geo.designs import pair_up, strata_by_size
from attribution.experiments.geo.effect_estimate import EffectEstimate
from attribution.experiments.geo.geo_assignment import GeoTest
from attribution.experiments.geo.geo_checks import fit_before, spend_moved
from attribution.experiments.geo.geo_lift import _detectable
from attribution.experiments.geo.history_windows import Windows, windows_of
from attribution.experiments.geo.incremental_cost import spent
from attribution.experiments.geo.panel import Panel
from attribution.experiments.geo.plan_checks import false_alarms, flattered, history
from attribution.experiments.geo.search import errors
from attribution.experiments.geo.zero_runs import log_chance
from attribution.experiments.panels.did import contrast, log_changes
from attribution.experiments.shared.lift import Estimate

PRE, DAYS = 10, 14
TIMES = np.arange("2026-01-01", "2026-01-15", dtype="datetime64[D]")


def a_test(sales, spend=None, treated=2):
    names = tuple(f"g{n}" for n in range(len(sales)))
    return GeoTest(Panel(names, TIMES, sales, spend), np.arange(len(sales)) < treated, PRE, 0, None, "sales")


def by_windows(before, after):
    """Spend that is even within the time before, and within the test: totals of so much in each."""
    return np.hstack([np.repeat(before[:, None], PRE, 1), np.repeat(after[:, None], DAYS - PRE, 1)])


def even(n):
    return np.full((n, DAYS), 100.0)


def test_the_error_of_spend_by_a_ratio_is_cochrans_and_each_treated_geos_own():
    """Cochran (1977), eq. 6.13, without finite correction: v(R) = s_d^2 / (n xbar^2), once more; besides,
    each treated geo about the ratio, in proportion to its size, as control geos are."""
    before = np.array([30.0, 50.0, 20.0, 40.0, 60.0, 25.0])
    after = np.array([90.0, 140.0, 22.0, 43.0, 57.0, 30.0])
    found = spent(a_test(even(6), by_windows(before, after)), REQUEST)
    x, y, usual = 4 * before[2:], 4 * after[2:], 4 * before[:2]
    ratio = y.mean() / x.mean()
    assert found.total == pytest.approx(4 * (90 + 140) - usual.sum() * ratio)
    squares = (y - ratio * x).var() * 4 / 3 + (y - ratio * x).mean() ** 2
    of_the_ratio = squares / (4 * x.mean() ** 2)
    of_a_geo = 4 * squares / (x**2).sum()
    assert found.error == pytest.approx(
        math.sqrt(usual.sum() ** 2 * of_the_ratio + (usual**2).sum() * of_a_geo)
    )
    assert found.shared == 0.0  # sales never vary, so that there is nothing to share


def test_the_error_of_spend_by_a_difference_is_that_of_two_means():
    """Nobody spent before: the variance of a sum of k new geos about k means of n, s^2 (k + k^2 / n)."""
    after = np.array([90.0, 140.0, 22.0, 43.0, 57.0, 30.0])
    found = spent(a_test(even(6), by_windows(np.zeros(6), after)), REQUEST)
    own = 4 * after[2:]
    assert found.total == pytest.approx(4 * (90 + 140) - 2 * own.mean())
    assert found.error == pytest.approx(own.std(ddof=1) * math.sqrt(2 + 2**2 / 4))


@pytest.mark.parametrize("usual", [0.0, 0.5, 1.0])
def test_spend_of_the_treated_alone_is_known_only_where_they_spent_nothing_before(usual):
    """A unit a day is a usual spend as any other; with no control geo's spend it has an error or is known."""
    before = np.array([usual, 0.0, 0.0, 0.0, 0.0, 0.0]) / 4
    found = spent(a_test(even(6), by_windows(before, np.array([50.0, 50, 0, 0, 0, 0]))), REQUEST)
    assert found.total == pytest.approx(4 * 100 - usual)
    assert found.how.startswith("all spend") is (usual == 0.0)


@pytest.mark.parametrize("times", [2.9, 3.1])
def test_spend_moved_where_it_is_three_errors_from_nothing(times):
    """The threshold: 3 standard errors."""
    spend = by_windows(np.full(6, 20.0), np.array([60.0, 60, 20, 20, 20, 20]))
    told = SimpleNamespace(total=100.0, error=100.0 / times)
    assert spend_moved(a_test(even(6), spend), told).passed is (times > 3)


@pytest.mark.parametrize(
    ("controls", "times", "passed"), [(4, 2.1, False), (4, 1.9, True), (6, 2.1, True), (6, 2.5, False)]
)
def test_an_odd_day_is_twice_the_usual_and_a_fiftieth_of_the_arm(controls, times, passed):
    """By hand: all sell 100 on ten days but one, 100 x: log x > log 2, and 100 (x - 1) more than 2% of
    1000 k + 100 (x - 1): 2.7% and 2.2% with 4 control geos, 1.8% and 2.4% with 6."""
    sales = even(2 + controls)
    sales[3, 4] = 100 * times
    assert odd_days(a_test(sales)).passed is passed


@pytest.mark.parametrize(("part", "passed"), [(0.95, False), (1.05, True)])
def test_an_odd_day_is_eight_robust_deviations_off(part, passed):
    """A geo swings by e^s and e^-s in turn, so that its robust deviation is 1.4826 s; e^1.2 is odd from there
    on where 8 * 1.4826 s is below 1.2."""
    sales = even(6)
    swing = part * 1.2 / (8 * 1.4826)
    sales[3] = 100 * np.exp(swing * np.resize([1.0, -1.0], DAYS))
    sales[3, 4] = 100 * math.exp(1.2)
    assert odd_days(a_test(sales)).passed is passed


@pytest.mark.parametrize(("n_times", "n_test", "count"), [(120, 28, 10), (60, 20, 999), (61, 20, 999)])
def test_windows_are_counted_side_by_side_and_halve_what_there_is(n_times, n_test, count):
    """By counting: tests of n_test days from the first window's to the last's."""
    found = windows_of(n_times, n_test, count, "day")
    covered = set()
    for start in found.every.tolist():
        covered |= {start + found.n_pre, start + found.n_pre + n_test - 1}
    assert found.without_overlap == pytest.approx((max(covered) - min(covered) + 1) / n_test)
    assert found.until == max(found.older) + found.n_pre + n_test
    if not found.apart:
        assert np.array_equal(found.every, np.arange(n_times - n_test - found.n_pre + 1))
        assert 0 <= len(found.newer) - len(found.older) <= 1


def test_a_row_of_zeros_in_steady_sales_by_hand():
    """20 days of 9 and 11 in turn, and one of 0. Mean 10, variance 20 / 19: 95 events a day, two standard
    errors of sqrt((2 + 1 / 95) / 20) less, and none of them on one day of 21: (20 / 21)^events."""
    sales = np.append(np.tile([9.0, 11.0], 10), 0.0)[None]
    events = 20 * 95 / (1 + 2 * math.sqrt((2 + 1 / 95) / 20))
    assert log_chance(sales, np.array([1]))[0] == pytest.approx(events * math.log(20 / 21))
    assert log_chance(1e6 * sales, np.array([1]))[0] == pytest.approx(events * math.log(20 / 21))


def test_a_row_of_zeros_in_few_events_heeds_what_a_rate_below_one_adds():
    """40 days, every fourth a sale, with 20 of 0 among them: the rate is .25^2 / (.1875 * 40 / 39) and the
    second term of its error, 1 / (m rate), counts; that by days, C(40, 10) / C(60, 10), is the larger."""
    sales = np.append(np.tile([0.0, 0.0, 0.0, 1.0], 10), np.zeros(20))[None]
    rate = 0.25**2 / (0.1875 * 40 / 39)
    events = 40 * rate / (1 + 2 * math.sqrt((2 + 1 / rate) / 40))
    by_days = math.log(math.comb(40, 10) / math.comb(60, 10))
    assert log_chance(sales, np.array([20]))[0] == pytest.approx(min(by_days, events * math.log(40 / 60)))


@pytest.mark.parametrize(("share", "passed"), [(0.022, None), (0.028, True), (0.078, True), (0.084, False)])
def test_false_alarms_are_few_below_half_the_level_and_many_above_eight_fifths(share, passed):
    """The thresholds at the level of 5%: 2.5% and 8%, with so many tests that chance is out of it."""
    hits = np.arange(20_000) < share * 20_000
    size = Simulated(hits, np.ones(20_000)).size()
    assert size.value == pytest.approx(share)
    assert false_alarms(size, 20_000, 0.05).passed is passed


@pytest.mark.parametrize(("judged", "passed"), [(0.148, True), (0.152, False)])
def test_a_search_flatters_where_the_mde_is_half_as_large_again(judged, passed):
    """The threshold: 1.5."""
    assert flattered(0.1, judged).passed is passed


@pytest.mark.parametrize(
    ("n_pre", "last", "passed"),
    [(10, 9, False), (10, 11, None), (10, 39, None), (10, 41, True), (9, 41, False)],
)
def test_history_tells_how_many_tests_lie_side_by_side(n_pre, last, passed):
    """By hand: tests of 20 days, the last one `last` days after the first: 1.45, 1.55, 2.95 and 3.05 side by
    side. The thresholds are 1.5 and 3, and half of a test's time before each."""
    windows = Windows(n_pre, 20, np.array([0]), np.array([last]), True)
    assert history(windows, "day", searched=False).passed is passed


def test_alarms_keep_their_estimate_with_a_binomial_interval():
    """Clopper & Pearson by the tails of scipy.stats.binom: each end leaves 2.5%."""
    from scipy import stats

    found = Simulated(np.arange(40) < 3, np.ones(40)).size()
    assert isinstance(found, Estimate)
    assert found.value == 3 / 40
    assert stats.binom.sf(2, 40, found.low) == pytest.approx(0.025)
    assert stats.binom.cdf(3, 40, found.high) == pytest.approx(0.025)


@pytest.mark.parametrize("unit", [1.0, 1e-4, 1e6])
def test_how_well_a_fit_follows_does_not_depend_on_the_unit(unit):
    """By hand: sales swing by 1 about 10, and the fit misses by half of it: R2 of 3 / 4, in any currency."""
    sales = unit * np.tile([9.0, 11.0], (3, DAYS // 2))
    gap = unit * 0.5 * np.resize([1.0, 1.0, -1.0, -1.0], DAYS)
    check = fit_before(a_test(sales, treated=1), SimpleNamespace(counterfactual=sales[0] - gap, details={}))
    assert check.passed
    assert "R2 0.75" in check.text


@pytest.mark.parametrize("unit", [1.0, 1e-4])
def test_pairs_that_moved_alike_are_the_same_in_any_unit(unit):
    """Geos 0 and 4, 1 and 5 and so on share their movements; neighbours by size do not."""
    rng = np.random.default_rng(3)
    moves = np.tile(np.repeat(rng.normal(0, 0.3, (4, 24)), 7, axis=1), (2, 1))
    sales = unit * np.linspace(100, 200, 8)[:, None] * np.exp(moves + rng.normal(0, 0.01, (8, 168)))
    pairs, how = pair_up(sales, np.arange(8), 7)
    assert how == "geos whose outcomes moved alike"
    assert sorted(sorted(pair.tolist()) for pair in pairs) == [[0, 4], [1, 5], [2, 6], [3, 7]]


@pytest.mark.parametrize(("spent_on", "code"), [([3], "buffer=['g3']"), ([3, 4], "buffer=['g3', 'g4']")])
def test_control_geos_that_were_newly_spent_on_are_named_to_leave_out(spent_on, code):
    before, after = np.array([20.0, 20, 0, 0, 0, 0]), np.array([60.0, 60, 0, 0, 0, 0])
    after[spent_on] = 5.0
    told = SimpleNamespace(total=320.0, error=0.0)
    check = spend_moved(a_test(even(6), by_windows(before, after)), told)
    assert check.passed is False
    assert code in str(check.fix)


@dataclass(frozen=True)
class Told:
    """A method that fits again, and finds exactly the lifts of a fifth or more, up or down."""

    refits = True

    def judged(self, test, request):
        lift = test.actual / (100.0 * test.n_treated * test.n_test) - 1
        return SimpleNamespace(p_value=0.01 if abs(lift) >= 0.2 else 0.9, value=lift, steps=None)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_smallest_effect_found_by_fits_is_where_the_p_value_crosses_the_level(sign):
    """The method is told to find a lift of .2 and no less."""
    found = tried_out([a_test(even(6))], SimpleNamespace(method=Told(), alpha=0.05), sign, 0.0)
    assert not found.alarms.any()
    assert found.needed == pytest.approx([0.2, 0.2], rel=0.05)


@pytest.mark.parametrize("n_treated", [2, 3])
def test_simulated_tests_of_a_plan_are_the_contrasts_of_every_geo_that_takes_part(n_treated):
    """Brute force: `panels.did.contrast` for each assignment drawn with the same seed, block 0 included."""
    rng = np.random.default_rng(5)
    outcome = 100 * np.exp(rng.normal(0, 0.2, (9, 30)))
    panel = Panel(tuple(f"g{n}" for n in range(9)), np.arange(30).astype("datetime64[D]"), outcome, None)
    blocks = strata_by_size(np.arange(9.0), np.arange(1, 9), n_treated, 1)
    windows = Windows(12, 8, np.array([0]), np.array([6]), False)
    request = SimpleNamespace(simulated=lambda: REQUEST, sign=1)
    found = planning._simulate(
        panel, windows, request, lambda _: blocks, math.nan, "sales", np.random.default_rng(7)
    )
    draws, alarms, needed = np.random.default_rng(7), [], []
    for start in (0, 6):
        changes = log_changes(outcome[:, start : start + 20], 12)
        for arm in blocks.draw(planning.DRAWS, draws):
            used = arm >= 0
            one = contrast(changes[used], arm[used] == 1, blocks.codes[used])
            low, high = one.interval(REQUEST.alpha)
            alarms.append(low > 0 or high < 0)
            needed.append(max(math.expm1(-low), 0.0))
    assert found.alarms.tolist() == alarms
    assert found.needed == pytest.approx(needed)


def test_the_error_of_a_candidate_is_its_mean_miss_as_a_share_of_what_it_sells():
    """By hand: geo 0 is the mean of geos 1 and 2 before the test, and 5 above it within."""
    rng = np.random.default_rng(4)
    sales = 100 + rng.normal(0, 10, (4, 40))
    sales[0] = (sales[1] + sales[2]) / 2
    sales[0, 30:] += 5
    panel = Panel(("a", "b", "c", "d"), np.arange(40).astype("datetime64[D]"), sales, None)
    windows = Windows(30, 10, np.array([0]), np.array([0]), False)
    request = replace(REQUEST, method=SyntheticControl())
    found = errors(panel, np.array([[0]]), windows, request, False)
    assert found == pytest.approx([5 / sales[0, 30:].mean()], rel=1e-3)


@pytest.mark.parametrize("scale", ["log", "level"])
def test_the_smallest_detectable_effect_is_the_critical_value_and_the_powers_quantile(scale):
    """Closed form (Bloom 1995): (t of the level + the normal's quantile of 80%) standard errors."""
    reading = EffectEstimate(scale, 0.1, 0.0, 0.2, 0.05, 0.05, 2.0, "", 0.05)
    reach = (2.0 + 0.8416212) * 0.05
    told = 1000 * math.expm1(reach) if scale == "log" else reach
    assert _detectable(reading, 1000.0, 20) == pytest.approx(told / 20)


@pytest.mark.parametrize("pairs", [1, 2])
def test_one_pair_leaves_nothing_to_measure_chance_by_and_two_do(pairs):
    """The threshold: geos less pairs less one treatment are the degrees of freedom, 0 with one pair."""
    rng = np.random.default_rng(6)
    test = a_test(100 * np.exp(rng.normal(0, 0.1, (2 * pairs, DAYS))), treated=pairs)
    test = replace(test, strata=np.tile(np.arange(pairs), 2))
    if pairs == 1:
        with pytest.raises(ExperimentError, match="one pair leaves nothing"):
            REQUEST.method.read(test, REQUEST)
    else:
        assert math.isfinite(REQUEST.method.read(test, REQUEST).p_value)
