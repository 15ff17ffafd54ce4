"""AdditiveHazard: known strengths and lags of simulated users, brute-force likelihood, laws, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

import attribution as at
from attribution.errors import ModelError
from attribution.journeys.journeys import Journeys
from attribution.kernels.hashing import hash_integers
from attribution.models.registry import resolve
from attribution.models.time_lags import lookback_us, tally_time_lags
from attribution.stats.additive_hazards import Events, _log_exponential, _rate_slopes

DAY = 86_400_000_000
FINE = tuple(f"{hours}h" for hours in (1, 2, 4, 8, 12, 18, 24, 36, 48, 72, 96, 120, 168, 240, 336, 480, 720))


def simulated(n, strength, mean_lag, seed, days=30.0, most=4):
    """Return journeys of users whose touches bring conversions as the model says: the first one ends them.

    A touch on channel c brings a conversion with probability ``1 - exp(-strength)``, after a lag with the
    hazard ``strength / mean_lag * exp(-lag / mean_lag)``; users are watched for some days, and journeys end
    with their first conversion.
    """
    rng = np.random.default_rng(seed)
    channels = tuple(f"c{i}" for i in range(len(strength)))
    count = rng.integers(1, most + 1, n)
    owner = np.repeat(np.arange(n), count)
    time = rng.uniform(0, days, len(owner))
    channel = rng.integers(0, len(channels), len(owner))
    order = np.lexsort([time, owner])
    time, channel = time[order], channel[order]
    # Hazards that add up: the first of independent conversions, each from one touch.
    need = rng.exponential(size=len(owner)) / np.asarray(strength)[channel]
    with np.errstate(invalid="ignore", divide="ignore"):
        lag = np.where(need < 1, -np.log1p(-np.minimum(need, 1)) * np.asarray(mean_lag)[channel], np.inf)
    first = np.minimum.reduceat(time + lag, np.append(0, np.cumsum(count))[:-1])
    converted = first < days
    kept = time <= np.where(converted, first, np.inf)[owner]
    lengths = np.bincount(owner[kept], minlength=n)
    return Journeys(
        channels=channels,
        offsets=np.append(0, np.cumsum(lengths)),
        channel=channel[kept].astype(np.int16),
        converted=converted,
        value=np.where(converted, 10.0, 0.0),
        time=(time[kept] * DAY).astype(np.int64),
        user=np.sort(hash_integers(np.arange(n))),
        conversion_time=np.where(converted, np.minimum(first, days) * DAY, np.iinfo(np.int64).min).astype(
            np.int64
        ),
        settings={"lookback": "unlimited", "after_conversion": "reset"},
        window=(0, int(days * DAY)),
    )


def exact_likelihood(journeys, parameters):
    """Return the log-likelihood of exact ages, touch by touch, without bins."""
    n = len(journeys.channels)
    strength, rate = np.exp(parameters[:n]), np.exp(parameters[n:])
    total = 0.0
    for j in range(len(journeys)):
        touches = slice(journeys.offsets[j], journeys.offsets[j + 1])
        channel = journeys.channel[touches]
        end = journeys.conversion_time[j] if journeys.converted[j] else journeys.window[1]
        age = (end - journeys.time[touches]) / DAY
        total -= (strength[channel] * -np.expm1(-rate[channel] * age)).sum()
        if journeys.converted[j]:
            total += np.log((strength[channel] * rate[channel] * np.exp(-rate[channel] * age)).sum())
    return total


def test_the_strengths_and_lags_of_simulated_users_are_found():
    """Known truth; at 40,000 users some 0.005 and 3 % of error are left."""
    strength, mean_lag = np.array([0.30, 0.10, 0.04, 0.15]), np.array([0.5, 3.0, 1.5, 6.0])
    journeys = simulated(40_000, strength, mean_lag, 1)
    solution = at.attribute(journeys, at.AdditiveHazard(bins=FINE)).details["additive_hazard"]
    assert solution.strength == pytest.approx(strength, rel=0.06)
    assert solution.mean_lag == pytest.approx(mean_lag, rel=0.12)
    free = at.attribute(journeys, at.AdditiveHazard("free", bins=FINE)).details["additive_hazard"]
    middle = (solution.lower + solution.upper) / 2
    for channel in (0, 1, 3):
        truth = strength[channel] / mean_lag[channel] * np.exp(-middle / mean_lag[channel])
        # Where k conversions are due in d days of waiting, the standard error is about sqrt(k) / d.
        known = solution.waited[channel] > 2_000
        error = np.sqrt(truth[known] / solution.waited[channel, known])
        assert known.sum() >= 5
        assert (np.abs(free.hazard[channel, known] - truth[known]) < 5 * error + 0.1 * truth[known]).all()


def test_parameters_are_those_of_the_greatest_likelihood_of_exact_ages():
    """Against scipy on the likelihood without bins; hourly bins are fine beside lags of days."""
    journeys = simulated(400, [0.8, 0.5], [3.0, 6.0], 7)
    hourly = tuple(f"{hours}h" for hours in range(4, 724, 4))
    solution = at.attribute(journeys, at.AdditiveHazard(bins=hourly)).details["additive_hazard"]
    best = minimize(lambda at_: -exact_likelihood(journeys, at_), solution.parameters, method="Nelder-Mead")
    assert solution.parameters == pytest.approx(best.x, abs=0.05)
    assert exact_likelihood(journeys, solution.parameters) == pytest.approx(-best.fun, abs=0.05)


def test_credit_is_the_share_of_the_hazard_touch_by_touch():
    journeys = simulated(500, [0.6, 0.3, 0.2], [1.0, 4.0, 2.0], 2)
    credit = at.attribute(journeys, "additive_hazard")
    solution = credit.details["additive_hazard"]
    edges = np.array(at.AdditiveHazard().edges)
    wanted = np.zeros(3)
    for j in np.flatnonzero(journeys.converted):
        touches = slice(journeys.offsets[j], journeys.offsets[j + 1])
        channel = journeys.channel[touches]
        lag = (journeys.conversion_time[j] - journeys.time[touches]) // 1_000_000
        terms = solution.hazard[channel, np.searchsorted(edges, lag, side="right")]
        np.add.at(wanted, channel, terms / terms.sum())
    assert credit.conversions[0] == pytest.approx(wanted, rel=1e-9)
    assert credit.value[0] == pytest.approx(10 * wanted, rel=1e-9)
    assert credit.conversions.sum() == pytest.approx(journeys.n_conversions, rel=1e-12)


def test_waited_time_is_that_of_the_touches():
    journeys = simulated(300, [0.6, 0.3], [1.0, 4.0], 3)
    edges = at.AdditiveHazard().edges
    tally = tally_time_lags(journeys, edges)
    end = np.where(journeys.converted, journeys.conversion_time, journeys.window[1])
    lag = (np.repeat(end, journeys.lengths) - journeys.time) // 1_000_000
    lower = np.append(0, edges[:-1])
    spent = np.clip(lag[:, None] - lower, 0, np.array(edges) - lower)
    wanted = np.stack([spent[journeys.channel == code].sum(axis=0) for code in range(2)])
    assert np.array_equal(tally.seconds, wanted)
    assert tally.sums[:, 0].sum() == journeys.n_conversions


@pytest.mark.parametrize("kernel", ["exponential", "free"])
def test_any_partitioning_gives_the_very_same(kernel):
    journeys = simulated(600, [0.6, 0.3, 0.1], [1.0, 4.0, 2.0], 4)
    model = at.AdditiveHazard(kernel)
    whole = model.tally(journeys)
    part = np.random.default_rng(0).integers(0, 4, len(journeys))
    merged = None
    for number in range(4):
        tally = model.tally(journeys.take(part == number))
        merged = tally if merged is None else merged + tally
    for name in ("offsets", "members", "sums"):
        assert np.array_equal(getattr(merged, name), getattr(whole, name))
    assert np.array_equal(model.solve(merged).conversions, model.solve(whole).conversions)


def test_tallies_with_different_channels_merge_by_name():
    journeys = simulated(200, [0.6, 0.3, 0.2], [1.0, 4.0, 2.0], 5)
    model = at.AdditiveHazard()
    single = journeys.lengths == 1
    lone = journeys.channel[journeys.offsets[:-1][single]]
    some = journeys.take(np.flatnonzero(single)[lone == 2])
    renamed = replace(some, channels=("c2",), channel=np.zeros_like(some.channel))
    rest = np.ones(len(journeys), bool)
    rest[np.flatnonzero(single)[lone == 2]] = False
    merged = model.tally(journeys.take(rest)) + model.tally(renamed)
    assert np.array_equal(merged.seconds, model.tally(journeys).seconds)
    assert model.solve(merged).conversions == pytest.approx(model.solve(model.tally(journeys)).conversions)
    with pytest.raises(ModelError, match="cannot be merged"):
        _ = merged + at.AdditiveHazard(bins=("1D", "30D")).tally(journeys)


@pytest.mark.parametrize("kernel", ["exponential", "free"])
def test_permuting_channels_permutes_credit(kernel):
    journeys = simulated(500, [0.6, 0.3, 0.1], [1.0, 4.0, 2.0], 6)
    new = np.array([2, 0, 1], np.int16)
    other = replace(journeys, channel=new[journeys.channel])
    here, there = (at.attribute(each, at.AdditiveHazard(kernel)) for each in (journeys, other))
    assert there.conversions[0, new] == pytest.approx(here.conversions[0], rel=1e-6)


@pytest.mark.parametrize("kernel", ["exponential", "free"])
def test_replicates_that_begin_at_the_solution_end_where_others_do(kernel):
    journeys = simulated(800, [0.6, 0.3, 0.1, 0.02], [1.0, 4.0, 2.0, 3.0], 8)
    model = at.AdditiveHazard(kernel)
    tally = model.tally(journeys)
    parts = [model.tally(journeys.take(np.arange(len(journeys)) % 8 == k)) for k in range(8)]
    weights = np.random.default_rng(1).multinomial(8, np.full(8, 1 / 8), 6)
    empty = replace(tally, sums=np.zeros_like(tally.sums))
    rows = np.stack([(empty + part).sums for part in parts])
    sums = np.einsum("rk,knm->rnm", weights, rows)
    conversions, value = model.solve_many(tally, sums)
    for row, each in enumerate(sums):
        alone = model.solve(replace(tally, sums=each))
        assert conversions[row] == pytest.approx(alone.conversions[0], rel=1e-4, abs=1e-4)
        assert value[row] == pytest.approx(alone.value[0], rel=1e-4, abs=1e-3)


def test_a_channel_of_no_conversion_gets_nothing():
    journeys = simulated(500, [0.6, 0.3, 0.4], [1.0, 4.0, 2.0], 9)
    met = np.zeros(len(journeys), bool)
    met[np.repeat(np.arange(len(journeys)), journeys.lengths)[journeys.channel == 2]] = True
    rest = journeys.take(~(met & journeys.converted))
    credit = at.attribute(rest, "additive_hazard")
    assert credit.conversions[0, 2] == 0.0
    assert credit.details["additive_hazard"].strength[2] == 0.0
    assert credit.conversions.sum() == rest.n_conversions


@pytest.mark.parametrize("kernel", ["exponential", "free"])
def test_hard_journeys(kernel):
    model = at.AdditiveHazard(kernel)
    log = at.read_log(
        {"user_id": [1, 1, 2, 3], "time": ["2026-01-01", "2026-01-02", "2026-01-02", "2026-01-03"],
         "channel": ["a", "a", "a", "b"]},
        {"user_id": [1, 2, 9], "time": ["2026-01-02", "2026-01-02", "2026-01-04"], "value": [5.0, 2.0, 1.0]},
    )  # fmt: skip
    credit = at.attribute(log, model)  # conversions at the instant of a touch, one without a touch
    assert credit.to_frame().set_index("channel")["conversions"].to_dict() == pytest.approx(
        {"a": 2.0, "b": 0.0, "(unattributed)": 1.0}
    )
    touches = {"user_id": [1, 2], "time": ["2026-01-01", "2026-01-02"], "channel": ["a", "b"]}
    none = at.read_log(touches, {"user_id": [], "time": [], "value": []})
    assert not at.attribute(none, model).conversions.any()
    every = at.read_log(touches, {"user_id": [1, 2], "time": ["2026-01-03"] * 2, "value": [1.0, 2.0]})
    assert at.attribute(every, model).conversions[0] == pytest.approx([1.0, 1.0])


def test_what_it_lacks_is_said():
    with pytest.raises(ModelError, match="path table"):
        at.attribute(at.read_paths({"path": ["a"], "conversions": [1], "nulls": [2]}), "additive_hazard")
    journeys = simulated(50, [0.6], [1.0], 0)
    for settings, told in (
        ({"after_conversion": "overlap"}, "reset"),
        ({"nulls": False}, "nulls=True"),
    ):
        with pytest.raises(ModelError, match=told):
            at.attribute(replace(journeys, settings=settings), "additive_hazard")
    with pytest.raises(ModelError, match="how long"):
        at.attribute(replace(journeys, window=None), "additive_hazard")


@pytest.mark.parametrize(
    "options", [{"kernel": "weibull"}, {"bins": ()}, {"bins": ("3D", "1D")}, {"bins": "1D"}]
)
def test_parameters_without_sense_are_refused(options):
    with pytest.raises(ModelError, match=next(iter(options))):
        at.AdditiveHazard(**options)


def test_the_lookback_is_read_however_it_was_given():
    journeys = simulated(5, [0.6], [1.0], 0)
    for said in ("30D", "30 days, 0:00:00", "30 days 00:00:00", "720h"):
        assert lookback_us(replace(journeys, settings={"lookback": said})) == 30 * DAY


def test_it_is_known_by_name_and_shows_curves():
    assert resolve({"name": "additive hazard", "kernel": "free", "bins": ["1D", "7D"]}) == at.AdditiveHazard(
        "free", ("1D", "7D")
    )
    journeys = simulated(400, [0.6, 0.3], [1.0, 4.0], 3)
    solution = at.attribute(journeys, at.AdditiveHazard("free", ("1D", "7D"))).details["additive_hazard"]
    assert solution.curve()["to_days"].tolist() == [1.0, 7.0] * 2
    assert "free in time" in repr(solution)


def test_slopes_by_the_rate_are_those_of_small_steps():
    """Central differences of the mean density over bins, whose slopes Newton's method takes."""
    lower, upper = np.array([0.0, 0.2, 1.0, 5.0]), np.array([0.2, 1.0, 5.0, 30.0])
    events = Events(None, np.ones((2, 4)), lower, upper)
    at_rates, step = np.log([0.05, 1.7]), 1e-4

    def heights(log_rates):
        return np.exp(_log_exponential(events, log_rates))

    first, second = _rate_slopes(events, at_rates, heights(at_rates))
    more, less, here = heights(at_rates + step), heights(at_rates - step), heights(at_rates)
    np.testing.assert_allclose(first, ((more - less) / (2 * step)).ravel(), rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(second, ((more - 2 * here + less) / step**2).ravel(), rtol=1e-4, atol=1e-6)
    mean = (np.exp(-1.7 * lower) - np.exp(-1.7 * upper)) / (upper - lower)
    np.testing.assert_allclose(here[1], mean, rtol=1e-12)
