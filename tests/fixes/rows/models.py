"""Models, journeys and path tables."""

from __future__ import annotations

import functools

import attribution as at
from tests.fixes.world import quietly

PATHS = {"path": ["email > search", "email"], "conversions": [3, 1], "nulls": [5, 9]}


def _simulated() -> tuple[object, object]:
    made = at.datasets.simulate(1500, days=60, seed=1)
    return made.touches, made.conversions


@functools.cache
def big_log() -> at.EventLog:
    """Return a log that is large enough for tests of pairs."""
    with quietly():
        return at.read_log(*_simulated())


@functools.cache
def big() -> at.Journeys:
    """Return its journeys."""
    with quietly():
        return at.build_journeys(big_log(), goal="purchase")


@functools.cache
def log_of_many_channels() -> at.EventLog:
    """Return a log of fifty channels."""
    with quietly():
        days = [f"2026-{1 + day // 25:02d}-{1 + day % 25:02d}" for day in range(200)]
        names = [f"channel {number % 50}" for number in range(200)]
        touches = {"user_id": list(range(200)), "time": days, "channel": names}
        return at.read_log(touches, {"user_id": [1], "time": ["2026-03-01"]})


ROWS = (
    "at.attribute(log, at.Shapley('exact_rate'))",
    "at.Markov(order=9)",
    "at.Markov(order=0)",
    "at.Markov.select_order(journeys, max_order=9)",
    "at.Markov.select_order(at.read_paths(PATHS))",
    "at.Markov.select_order(journeys, folds=5)",
    'at.attribute(journeys, {"name": "custom_rule"})',
    'at.attribute(journeys, {"name": "custom"})',
    "at.CustomRule(5)",
    'at.AdditiveHazard(bins="1D")',
    'at.AdditiveHazard(bins=("7D", "1D"))',
    "at.attribute(at.read_paths(PATHS), at.AdditiveHazard())",
    'at.attribute(log, at.AdditiveHazard(), after_conversion="overlap")',
    "at.attribute(at.build_journeys(log, nulls=False), at.AdditiveHazard())",
    'at.attribute(at.build_journeys(log, nulls=False), "markov")',
    'at.attribute(at.build_journeys(log, nulls=False), "probabilistic")',
    'at.attribute(at.build_journeys(log, nulls=False), at.Shapley("set_rate"))',
    'at.attribute(at.build_journeys(log, nulls=False), at.Shapley("within_set_rate"))',
    'at.Shapley("rate")',
    'at.Shapley("within_set_rate", ordered=True)',
    "at.BaggedLogistic(journeys=0)",
    "at.BaggedLogistic(channels=0)",
    "at.attribute(at.read_paths(PATHS), 'linear', bootstrap=5)",
    "at.attribute(journeys, 'linear', bootstrap=5, buckets=100)",
    "at.attribute(journeys, 'linear', bootstrap=5, buckets=10**6)",
    "at.attribute(log, 'linear', engine='fast')",
    "at.attribute(journeys, 'linear', engine=at.Stream())",
    "at.attribute(journeys, ['linear', 'linear'])",
    "at.attribute(touches, 'linear')",
    "at.attribute(at.read_paths({'path': ['(start) > a'], 'conversions': [1]}), 'markov')",
    "at.attribute(at.read_paths({'path': ['(null) > a'], 'conversions': [1]}), 'markov')",
    "at.attribute(at.read_paths(PATHS), 'linear', by=('channel', 'customer'))",
    "at.read_paths(PATHS).time_to_convert()",
    "at.read_paths({'path': ['a'], 'n': [1]})",
    "at.read_paths(PATHS, conversions='conversion')",
    "at.read_paths({'path': ['a', 'b'], 'conversions': [1, -1]})",
    "at.read_paths({'path': ['a', 'b'], 'conversions': ['1', 'x']})",
    "at.read_paths({'path': ['a', None], 'conversions': [1, 1]})",
    "at.read_paths({'path': ['a', 'b'], 'conversions': [0, 1], 'value': [5.0, 1.0]})",
    "at.read_paths({'path': ['a', 'b'], 'conversions': [1, 1], 'value': [5.0, None]})",
    "at.read_paths(PATHS, separator='')",
    "at.read_paths(5)",
    "journeys.flows(steps=3).first(9)",
    "at.build_journeys(log, goal='purchase')",
    "at.build_journeys(log, lookback='30')",
    "at.build_journeys(log, lookback=30)",
    "at.build_journeys(log, lookback='-3D')",
    "at.build_journeys(touches)",
    "at.synergy(big(), alpha=5)",
    "at.synergy(big(), buckets=100)",
    "at.synergy(big(), buckets=2**20)",
    "at.synergy(big(), lookback='7D')",
    "at.synergy(at.build_journeys(big_log(), nulls=False))",
    "at.synergy(touches)",
    "at.synergy(big(), channels=['email'])",
    "at.observe_incremental(touches)",
    "at.observe_incremental(big_log(), goal='purchase')",
    "at.observe_incremental(big_log(), own='nobody')",
    "at.observe_incremental(log, own=('email', 'search', 'social'))",
    "at.observe_incremental(big_log(), own='direct', bootstrap=5)",
    "at.observe_incremental(big_log(), own='direct', level=1)",
    "at.observe_incremental(big_log(), own='direct', rng='x')",
    "at.observe_incremental(big_log(), own='direct', horizon='1h')",
    "at.observe_incremental(big_log(), own='direct', engine=at.Increments('state'))",
    "at.observe_incremental(log_of_many_channels(), own='channel 1')",
    "at.stress(journeys, 'linear')",
    "at.stress(log, 'linear', spike='e-mail')",
    "at.stress(log, 'linear', placebo='at random')",
    "at.stress(log, 'linear', share=1)",
    "at.stress(log, 'linear', period='2026-03')",
    "at.stress(log, 'linear', level=0)",
    "at.stress(log, 'linear', engine=at.Increments('state'))",
    "at.stress(log, 'linear', spike=()).plot('spike-in')",
    "at.Increments('')",
    "at.Increments(5)",
    "at.attribute(log, 'markov', by=('channel', 'campaign'), engine=at.Increments('state'))",
    "at.attribute(log, 'linear', engine=at.Increments('state', late_by='x'))",
    (
        "at.attribute(log, 'linear', engine=at.Increments('state'))\n"
        "at.attribute(log, 'last_touch', engine=at.Increments('state'))"
    ),
    "at.Stream(memory='lots')",
    "at.Stream(memory=True)",
    "at.Stream(buckets=1000)",
    "at.Stream(processes=0)",
    "at.attribute(log, 'linear', engine=at.Stream(memory='1MB'))",
    "at.attribute(log, 'linear', engine=at.Stream(folder='no/such'))",
)
