"""Zeros of small geos are chance, late feeds are not: by the rate of the geo itself."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from benchmarks.zero_runs import SOUND, poisson

from attribution.experiments.geo.zero_runs import log_chance, zero_runs

DAYS, PRE, GEOS = 91, 70, 12


@pytest.mark.parametrize("what", SOUND)
def test_sound_panels_of_small_geos_alarm_less_than_once_in_a_hundred(what):
    """400 panels of 12 geos: 9 alarms and more have a probability of 2% where the rate is 1%."""
    rng = np.random.default_rng(3)
    assert sum(len(zero_runs(SOUND[what](rng, GEOS, DAYS), PRE)) > 0 for _ in range(400)) <= 8


ENDS = {
    "start of the history": lambda n: slice(0, n),
    "end of the history": lambda n: slice(PRE - n, PRE),
    "start of the window": lambda n: slice(PRE, PRE + n),
    "end of the window": lambda n: slice(DAYS - n, DAYS),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(("mean", "days"), [(2, 7), (3, 5), (5, 3), (8, 2), (50, 1)])
def test_a_feed_that_is_late_is_found_at_every_end(end, mean, days):
    """100 panels; the least days that a geo of so many a day needs, and a power of 80%."""
    rng = np.random.default_rng(4)
    found = 0
    for _ in range(100):
        counts = poisson(mean)(rng, GEOS, DAYS)
        counts[6, ENDS[end](days)] = 0
        found += any(row[0] == 6 for row in zero_runs(counts, PRE).tolist())
    assert found >= 80


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e12])
def test_money_in_any_unit_has_the_same_stretches(scale):
    rng = np.random.default_rng(5)
    sales = rng.lognormal(0, 0.2, (GEOS, DAYS))
    sales[2, -1] = sales[5, :3] = sales[7, 30:33] = 0
    assert zero_runs(scale * sales, PRE).tolist() == [[2, 90, 90], [5, 0, 2], [7, 30, 32]]


def test_a_geo_that_never_sells_has_no_stretch_that_stands_out():
    assert not len(zero_runs(np.zeros((3, DAYS)), PRE))


@pytest.mark.parametrize(("length", "elsewhere"), [(1, 0), (2, 0), (3, 2), (6, 1)])
def test_where_size_tells_nothing_the_chance_is_that_of_the_places(length, elsewhere):
    """Counted: of all sets of periods with an outcome, those that leave the last ones out."""
    sales = np.ones(11)
    sales[1] = 1e6
    sales[[2, 5][:elsewhere]] = sales[11 - length :] = 0
    some = int((sales != 0).sum())
    sets = list(itertools.combinations(range(11), some))
    left = sum(max(one) < 11 - length for one in sets) / len(sets)
    assert math.exp(log_chance(sales[None], np.array([length]))[0]) == pytest.approx(left)


def test_a_steady_rate_is_that_of_a_poisson_two_errors_too_low():
    """Of many periods the bound goes to exp(-mean), the chance of none in a Poisson count."""
    counts = np.random.default_rng(6).poisson(30.0, (1, 400_000)).astype(float)
    counts[0, -1] = 0
    assert log_chance(counts, np.array([1]))[0] == pytest.approx(-30, rel=0.02)
