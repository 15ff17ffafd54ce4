"""BaggedLogistic: the fit against statsmodels, known coefficients of simulated journeys, and hard cases."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.datasets import simulate
from attribution.errors import ModelError
from attribution.models.bagged_logistic import _dealt
from attribution.stats.logistic import fit_logistic
from tests.laws.test_shapley import path_tables

ALL = at.BaggedLogistic(bags=1, journeys=1, channels=1)


def simulated(n, coefficients, intercept, seed):
    """Return a path table of journeys whose log-odds of conversion are those of the channels they touch."""
    rng = np.random.default_rng(seed)
    names = [f"c{i}" for i in range(len(coefficients))]
    inside = rng.random((n, len(names))) < 0.35
    inside[~inside.any(axis=1), 0] = True
    chance = 1 / (1 + np.exp(-(intercept + inside @ coefficients)))
    converted = rng.random(n) < chance
    paths = [" > ".join(name for name, there in zip(names, row, strict=True) if there) for row in inside]
    return {"path": paths, "conversions": converted.astype(int), "nulls": 1 - converted}


@pytest.mark.parametrize("seed", range(4))
def test_many_fits_at_once_are_those_of_statsmodels(seed):
    import statsmodels.api as sm

    rng = np.random.default_rng(seed)
    design = (rng.random((60, 5)) < 0.4).astype(float)
    totals = rng.integers(0, 40, (3, 60)).astype(float)
    successes = rng.binomial(totals.astype(int), 0.3).astype(float)
    for row, slopes in enumerate(fit_logistic(design, successes, totals)):
        some = totals[row] > 0
        counts = np.column_stack([successes[row], totals[row] - successes[row]])[some]
        model = sm.GLM(counts, sm.add_constant(design[some]), family=sm.families.Binomial())
        assert slopes == pytest.approx(model.fit(tol=1e-14).params[1:], rel=1e-7, abs=1e-9)


def test_columns_that_cannot_be_told_apart_share_and_constant_ones_have_none():
    rng = np.random.default_rng(1)
    one = (rng.random(50) < 0.5).astype(float)
    totals = np.full((1, 50), 20.0)
    successes = rng.binomial(20, 0.2 + 0.3 * one)[None].astype(float)
    (alone,) = fit_logistic(one[:, None], successes, totals)
    (twice,) = fit_logistic(np.column_stack([one, one, np.ones(50)]), successes, totals)
    assert twice == pytest.approx([alone[0] / 2, alone[0] / 2, 0.0], abs=1e-9)
    (opposite,) = fit_logistic(np.column_stack([one, 1 - one]), successes, totals)
    assert opposite == pytest.approx([alone[0] / 2, -alone[0] / 2], abs=1e-9)


def test_regressions_without_successes_or_without_failures_have_slopes_zero():
    design = np.array([[0.0], [1.0], [1.0]])
    totals = np.array([[2.0, 3.0, 4.0], [2.0, 3.0, 4.0], [0.0, 0.0, 0.0]])
    assert (
        fit_logistic(design, np.array([[0.0] * 3, [2.0, 3.0, 4.0], [0.0] * 3]), totals).tolist()
        == [[0.0]] * 3
    )
    nearly = np.nextafter(totals[1:2], 0.0)  # mixed outcomes are whole but for rounding
    assert fit_logistic(design, nearly, totals[1:2]).tolist() == [[0.0]]


def test_a_step_that_leaves_no_information_is_taken_back():
    """Counts of fourteen sets of six channels, on which a full Newton step has chances of exactly 0 and 1."""
    sets = [0, 1, 2, 3, 4, 6, 8, 10, 12, 16, 32, 33, 34, 50]
    design = (np.array(sets)[:, None] >> np.arange(6) & 1).astype(np.float64)
    successes = np.array([68, 0, 0, 1, 5, 1, 1, 1, 1, 57, 4, 0, 1, 0]) / 56
    totals = np.array([12, 0, 0, 1, 5, 1, 1, 1, 1, 1, 4, 0, 1, 0]) * 1.25
    (slopes,) = fit_logistic(design, successes[None], totals[None])
    from scipy.optimize import brentq
    from scipy.special import expit

    intercept = brentq(lambda level: (successes - totals * expit(level + design @ slopes)).sum(), -20, 20)
    left = successes - totals * expit(
        intercept + design @ slopes
    )  # the likelihood equations: X'(y - n p) = 0
    assert np.abs(design.T @ left).max() < 1e-9


def test_a_bootstrap_where_every_journey_converts():
    users = [f"u{i}" for i in range(50)]
    touches = {"user_id": users * 2, "time": ["2026-01-05"] * 50 + ["2026-01-06"] * 50}
    touches["channel"] = ["a", "b"] * 25 + ["b", "c"] * 25
    log = at.read_log(touches, {"user_id": users, "time": ["2026-01-10"] * 50})
    credit = at.attribute(log, at.BaggedLogistic(bags=3), bootstrap=10, rng=3)
    assert credit.conversions[0].sum() == pytest.approx(50)
    assert np.isfinite(credit.to_frame()["conversions_ci_high"]).all()


def test_the_truth_of_simulated_journeys_is_found():
    """Known coefficients; 40,000 journeys leave standard errors of about 0.03."""
    truth = np.array([1.2, 0.6, 0.0, -0.8])
    solution = at.attribute(at.read_paths(simulated(40_000, truth, -2.0, 3)), ALL).details["bagged_logistic"]
    table = solution.regression()
    errors = table["standard_error"].to_numpy()[1:]
    assert (np.abs(solution.coefficients - truth) < 3.5 * errors).all()
    # Mixing with the overall rate moves next to nothing at this size.
    assert solution.coefficients == pytest.approx(table["coefficient"].to_numpy()[1:], abs=2e-3)
    bagged = at.attribute(
        at.read_paths(simulated(40_000, truth, -2.0, 3)), at.BaggedLogistic(bags=40, channels=1)
    ).details["bagged_logistic"]
    assert (np.abs(bagged.coefficients - truth) < 4 * errors).all()


def test_a_journey_is_divided_by_the_positive_coefficients():
    """By hand from the coefficients: conversions of each set in proportion, else equally."""
    truth = np.array([1.0, 0.5, -1.0, -1.5])
    table = simulated(4_000, truth, -1.0, 5)
    credit = at.attribute(at.read_paths(table), at.BaggedLogistic(bags=10))
    weights = np.maximum(credit.details["bagged_logistic"].coefficients, 0.0)
    wanted = np.zeros(4)
    for path, conversions in zip(table["path"], table["conversions"], strict=True):
        channels = [int(name[1:]) for name in path.split(" > ")]
        held = weights[channels]
        wanted[channels] += conversions * (held / held.sum() if held.sum() else 1 / len(channels))
    assert credit.conversions[0] == pytest.approx(wanted)
    assert (weights[2:] == 0).all()


def test_channels_that_always_or_never_convert_have_finite_coefficients():
    table = {"path": ["a", "b", "c", "a > c"], "conversions": [20, 0, 10, 5], "nulls": [0, 30, 20, 5]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        credit = at.attribute(at.read_paths(table), ALL)
        solution = credit.details["bagged_logistic"]
        assert np.isfinite(solution.coefficients).all()
        assert "odds_ratio" in solution.to_frame()
        solution.regression()
    assert solution.coefficients[0] > 0.5 > -0.5 > solution.coefficients[1]
    assert credit.conversions[0][1] == 0.0


def test_a_single_channel_gets_everything():
    credit = at.attribute(at.read_paths({"path": ["a"], "conversions": [3], "nulls": [5]}), "bagged_logistic")
    assert credit.conversions[0].tolist() == [3.0]


@pytest.mark.parametrize("table", [{"conversions": [0, 0], "nulls": [3, 4]}, {"conversions": [0, 0]}])
def test_without_conversions_there_is_no_credit(table):
    credit = at.attribute(at.read_paths({"path": ["a > b", "b"], **table}), "bagged_logistic")
    assert not credit.conversions.any()


def test_without_failures_the_split_is_equal_and_said():
    credit = at.attribute(
        at.read_paths({"path": ["a > b > a", "b"], "conversions": [4, 1]}), "bagged_logistic"
    )
    assert credit.conversions[0].tolist() == pytest.approx([2.0, 3.0])
    assert "nothing is learnt" in credit.notes[0]


def test_a_channel_in_no_bag_is_named():
    table = {"path": ["a", "b", "c", "d"], "conversions": [1, 2, 3, 4], "nulls": [4, 4, 4, 4]}
    credit = at.attribute(at.read_paths(table), at.BaggedLogistic(bags=1, channels=0.5))
    assert "in no bag" in credit.notes[0]
    assert credit.conversions[0].sum() == pytest.approx(10)


@given(st.integers(1, 40), st.integers(1, 60), st.floats(0.01, 1.0), st.integers(0, 5))
def test_channels_are_dealt_equally_often(n, bags, part, seed):
    drawn = _dealt(n, bags, part, seed)
    hand = min(n, max(1, round(part * n)))
    assert (drawn.sum(axis=1) == hand).all()
    times = drawn.sum(axis=0)
    assert times.max() - times.min() <= 2


@settings(max_examples=40)
@given(path_tables(channels="abcd"), st.permutations("abcd"))
def test_permuting_channels_permutes_credit_where_there_is_no_chance(table, order):
    renamed = dict(zip("abcd", order, strict=True))
    other = table | {"path": ["".join(renamed.get(c, c) for c in path) for path in table["path"]]}
    here, there = (at.attribute(at.read_paths(each), ALL) for each in (table, other))
    wanted = dict(zip(here.keys[0], here.conversions[0], strict=True))
    got = dict(zip(there.keys[0], there.conversions[0], strict=True))
    wanted = {renamed.get(name, name): credit for name, credit in wanted.items()}
    assert got == pytest.approx(wanted, rel=1e-5, abs=1e-6)


def test_the_seed_decides_and_counts_need_not_be_whole():
    table = simulated(500, np.array([1.0, 0.2, 0.4]), -1.0, 0)
    one, same, other = (
        at.attribute(at.read_paths(table), at.BaggedLogistic(10, rng=rng)).conversions for rng in (0, 0, 1)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    table["conversions"] = table["conversions"] * 0.75
    credit = at.attribute(at.read_paths(table), at.BaggedLogistic(10))
    assert credit.conversions.sum() == pytest.approx(sum(table["conversions"]))


def test_few_bags_say_what_their_draw_leaves_to_chance():
    # Brute force: the same log by twenty seeds. What is told is a prediction from one of them.
    journeys = at.read_paths(simulated(900, np.array([1.0, 0.5, 0.8, 0.6]), -1.0, 3))
    drawn = [at.attribute(journeys, at.BaggedLogistic(12, rng=seed)) for seed in range(20)]
    found = np.array([each.details["bagged_logistic"].coefficients for each in drawn])
    moved = np.median(found.std(axis=0, ddof=1) / found.mean(axis=0))
    [note] = [note for note in drawn[0].notes if "another draw of 12 bags" in note]
    told = float(re.search(r"move coefficients by (\d+)%", note)[1]) / 100
    assert moved / 1.6 < told < moved * 1.6
    for enough in (at.BaggedLogistic(), ALL):
        assert not any("draw of" in note for note in at.attribute(journeys, enough).notes)


def test_many_tallies_are_solved_like_each():
    model = at.BaggedLogistic(12)
    tally = model.tally(at.read_paths(simulated(900, np.array([1.0, -0.5, 0.4, 0.0, 0.7]), -1.0, 2)))
    weights = np.random.default_rng(4).integers(0, 4, (5, len(tally.sums), 1))
    weights[4] = 0
    conversions, value = model.solve_many(tally, tally.sums * weights)
    for row, each in enumerate(tally.sums * weights):
        credit = model.solve(replace(tally, sums=each))
        assert conversions[row] == pytest.approx(credit.conversions[0], rel=1e-8, abs=1e-8)
        assert value[row] == pytest.approx(credit.value[0], rel=1e-8, abs=1e-8)


@pytest.mark.parametrize(
    "options", [{"bags": 0}, {"journeys": 0}, {"channels": 1.5}, {"journeys": "half"}, {"rng": -1}]
)
def test_parameters_without_sense_are_refused(options):
    with pytest.raises(ModelError, match=next(iter(options))):
        at.BaggedLogistic(**options)


def test_few_conversions_over_many_sets_are_fitted():
    """A Newton step too far leaves chances of 0 and 1 alone, and with them no information."""
    data = simulate(800, seed=4, days=60)
    first = pa.scalar(dt.datetime(2025, 2, 10, tzinfo=dt.UTC), pa.timestamp("us", "UTC"))
    tables = [each.filter(pc.less(each["time"], first)) for each in (data.touches, data.conversions)]
    journeys = at.build_journeys(at.read_log(*tables), goal="purchase")
    credit = at.attribute(journeys, "bagged_logistic")
    assert credit.conversions.sum() == pytest.approx(journeys.n_conversions)
