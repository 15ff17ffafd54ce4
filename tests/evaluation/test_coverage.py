"""The simulated process, and the intervals that must cover what it credits."""

from __future__ import annotations

import numpy as np
import pytest

import attribution as at
from attribution.credit.table import measure
from attribution.errors import CreditError
from attribution.evaluation.coverage import CHANNELS, LONGEST, Process, coverage
from tests.sizes import sizes

RULES = ["first_touch", "linear", "markov"]


def test_the_listed_paths_are_all_there_are_and_their_probabilities_sum_to_one():
    taken, converts = Process().chances
    assert taken.shape[1] == sum(len(CHANNELS) ** n for n in range(1, LONGEST + 1))
    assert taken.sum(axis=1) == pytest.approx([1, 1], abs=1e-12)
    assert (taken > 0).all()
    assert ((converts > 0) & (converts < 1)).all()


def test_a_large_log_comes_near_the_population():
    process = Process()
    log = process.draw(100_000, np.random.default_rng(3))
    population = process.population()
    assert log.conversion_rate == pytest.approx(population.conversion_rate, abs=0.004)
    drawn = at.attribute(log, RULES, bootstrap=100, rng=1)
    exact = at.attribute(population, RULES)
    for name in ("share", "value_share"):
        errors = drawn.intervals(name)["standard_error"].to_numpy().reshape(measure(exact, name).shape)
        assert (np.abs(measure(drawn, name) - measure(exact, name)) < 4.5 * errors).all()


def test_models_that_smooth_are_those_of_many_users_in_the_population():
    # With the journeys of one user, 1.4, smoothing by as many pseudo-journeys as coefficients was the model.
    shares = [
        measure(at.attribute(Process().population(users), at.BaggedLogistic(1, 1, 1)), "share")
        for users in (1.0, 1e7, 1e9)
    ]
    assert shares[1] == pytest.approx(shares[2], abs=1e-5)
    assert np.abs(shares[0] - shares[2]).max() > 3e-4


def test_conversions_are_held_against_those_of_so_many_users():
    found = coverage(2_000, logs=20, models=["linear"], measure="conversions", bootstrap=100, seed=5)
    assert found.by_model()["coverage"].iloc[0] > 0.8


def test_a_log_depends_on_its_seed_alone():
    first, again = (Process().draw(50, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first.channel, again.channel)
    assert np.array_equal(first.value, again.value)
    assert (np.diff(first.user.astype(object)) >= 0).all()


@sizes(few=(15, 0.78, 1.0, 0.7, 1.5), full=(60, 0.86, 0.995, 0.85, 1.2))
@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_intervals_cover_about_as_often_as_they_say(method, size):
    # 60 logs and 15 intervals each, the Monte Carlo error of a mean being at most 2.8 points, of 15 logs 5.6;
    # docs/validation.md records 1,000 logs.
    logs, least, most, narrow, wide = size
    found = coverage(2_000, logs=logs, bootstrap=200, method=method, seed=11)
    assert found.by_model()["coverage"].between(least, most).all()
    assert found.by_model()["se_ratio"].between(narrow, wide).all()
    frame = found.to_frame()
    assert (frame["bias"].abs() < 4 * frame["sd"] / np.sqrt(logs)).all()


def test_a_measure_that_has_no_interval_is_refused():
    with pytest.raises(CreditError, match="touched"):
        coverage(100, measure="touched")
