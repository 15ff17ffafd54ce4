"""Nothing hangs and nothing dies of a legitimate zero: every model and engine in every empty corner."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

import numpy as np
import pytest

import attribution as at
from attribution.errors import ModelError
from attribution.models.chain import ONE_INVERSE, Chain, removal_effects
from attribution.models.registry import MODELS
from attribution.stats.permutations import sample_subset_rates

HOUR = 3_600_000_000
START = int(np.datetime64("2026-03-01", "us").astype(np.int64))

ASKED = {
    "position_based": [at.PositionBased(first=0.4, last=0.2)],
    "custom_rule": [at.CustomRule({"c000": 2.0})],
    "w_shaped": [at.WShaped(middle="midpoint")],
    "markov": [at.Markov(), at.Markov(2), at.Markov(allocation="journey")],
    "shapley": [
        at.Shapley(),
        at.Shapley(ordered=True),
        at.Shapley("subset_rate", samples=100),
        at.Shapley("exact_rate"),
        at.Shapley("within_set_rate"),
    ],
    "bagged_logistic": [at.BaggedLogistic(bags=4)],
    "linear": [at.Linear(), at.Linear(per="channel")],
}
EVERY = [model for name, kind in MODELS.items() for model in ASKED.get(name, [kind])]


def log_of(
    users: int = 40,
    channels: int = 3,
    *,
    touches: int = 4,
    converting: float = 0.5,
    value: float | None = 2.0,
    lonely: bool = False,
    seed: int = 1,
) -> at.EventLog:
    """Return a log; `lonely` adds a channel that only journeys without a conversion touch."""
    rng = np.random.default_rng(seed)
    names = np.array([f"c{number:03}" for number in range(channels)])
    lengths = rng.integers(1, touches + 1, users)
    user = np.repeat(np.arange(users), lengths)
    position = np.arange(len(user)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    channel = names[rng.permutation(np.resize(np.arange(channels), len(user)))]
    buys = rng.permutation(users) < round(converting * users)
    if lonely:
        channel = np.where(~buys[user] & (position == 0), "only nulls", channel)
    table = {"user_id": user, "time": START + position * HOUR, "channel": channel}
    table["time"] = table["time"].astype("datetime64[us]")
    who = np.flatnonzero(buys)
    orders = {"user_id": who, "time": (START + (lengths[who] + 1) * HOUR).astype("datetime64[us]")}
    if value is not None:
        orders["value"] = np.full(len(who), value)
    if len(who):  # milestones, for the rules that need them: of the first user who converts
        orders = {name: np.concatenate([column[[0, 0]], column]) for name, column in orders.items()}
        orders["goal"] = ["lead", "opportunity", *["purchase"] * len(who)]
    return at.read_log(table, orders)


WORLDS = {
    "no value column": {"value": None},
    "all values 0": {"value": 0.0},
    "one channel": {"channels": 1},
    "one touch": {"touches": 1},
    "no non-converting journey": {"converting": 1.0},
    "no converting journey": {"converting": 0.0},
    "a channel only in nulls": {"lonely": True},
    "25 channels, no value": {"users": 60, "channels": 25, "value": None},
    "25 channels": {"users": 60, "channels": 25},
    "400 channels": {"users": 400, "channels": 400, "touches": 6},
    "400 channels, no value": {"users": 400, "channels": 400, "value": None},
}


def credited(log: at.EventLog, model: object, engine: object, **options: object) -> at.Credit | None:
    """Credit without a warning; None where the game has nothing to scale, which it says."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return at.attribute(log, {"it": model}, engine=engine, **options)
        except ModelError:
            if "exact_rate" not in repr(model):
                raise
            return None


# Solving, which takes its time with 400 channels, knows no engine: two of them, and all in full runs.
FEW = {("400 channels", "memory"), ("400 channels, no value", "increments")}
CORNERS = [
    pytest.param(world, engine, marks=pytest.mark.full if many and (world, engine) not in FEW else ())
    for world, many in ((world, world.startswith("400")) for world in WORLDS)
    for engine in ("memory", "stream", "increments")
]


@pytest.mark.parametrize(("world", "engine"), CORNERS)
def test_every_model_conserves_credit_in_every_corner(world, engine, tmp_path):
    log = log_of(**WORLDS[world])
    goal = None if world == "no converting journey" else "purchase"
    journeys = at.build_journeys(log, goal=goal)
    conversions, value = journeys.weights[journeys.converted].sum(), journeys.value.sum()
    for number, model in enumerate(EVERY):
        chosen = at.Increments(tmp_path / str(number)) if engine == "increments" else engine
        if engine == "increments" and "allocation='journey'" in repr(model):
            continue  # it reads journeys twice, which increments refuse in words
        if goal is None and model is at.FullPath:
            continue  # there are no milestones, which it says
        credit = credited(log, model, chosen, goal=goal)
        if credit is None:
            continue
        assert np.isfinite(credit.conversions).all(), model
        np.testing.assert_allclose(credit.conversions.sum(), conversions, rtol=1e-9, err_msg=repr(model))
        np.testing.assert_allclose(credit.value.sum(), value, rtol=1e-9, err_msg=repr(model))
        if isinstance(model, at.Markov):
            solved = credit.details["it"].solved
            assert solved.converged
            assert solved.sweeps < 5_000
            assert solved.error < 1e-12


@pytest.mark.parametrize("world", ["no value column", "one channel", "25 channels, no value", "one touch"])
def test_bootstraps_and_breakdowns_conserve_credit_in_the_corners_too(world):
    log = log_of(**WORLDS[world])
    whole = at.build_journeys(log, goal="purchase").converted.sum()
    for model in EVERY:
        credit = credited(log, model, "memory", goal="purchase", by="day", bootstrap=4, buckets=8, rng=1)
        if credit is not None:
            np.testing.assert_allclose(credit.conversions.sum(), whole, rtol=1e-9, err_msg=repr(model))


def test_subset_rate_of_21_channels_without_values_as_reported():
    # Every channel opens one of 21 journeys and closes another: all are alike, so each gets one conversion.
    names = [f"c{number:02}" for number in range(21)]
    paths = [f"{one} > {other}" for one, other in zip(names, names[1:] + names[:1], strict=True)]
    table = {"path": paths, "conversions": [1] * 21, "nulls": [1] * 21}
    credit = at.attribute(at.read_paths(table), at.Shapley("subset_rate"))
    assert credit.conversions.sum() == pytest.approx(21)
    assert np.abs(credit.conversions - 1).max() < 0.25  # sampled: five standard errors


def test_a_game_of_nothing_is_worth_nothing():
    offsets, members = np.array([0, 1, 3]), np.array([0, 0, 1])
    zeros, totals, rng = np.zeros((2, 1)), np.array([3.0, 4.0]), np.random.default_rng(0)
    found = sample_subset_rates(offsets, members, zeros, totals, 2, orders=8, tolerance=0.0, rng=rng)
    assert found.values.tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize(
    ("channels", "paths", "order", "seed"),
    # As reported: each fell into a cycle of the last bit and was swept 200,000 times a block.
    [(20, 20_000, 2, 2), (20, 20_000, 2, 4), (400, 5_000, 1, 0), (500, 20_000, 1, 0), (310, 20_000, 1, 1)],
)
def test_sweeps_end_where_steps_are_rounding(channels, paths, order, seed):
    rng = np.random.default_rng(seed)
    names = [f"c{number}" for number in range(channels)]
    texts = [" > ".join(rng.choice(names, rng.integers(1, 8))) for _ in range(paths)]
    won = (rng.random(paths) < 0.1).astype(int)
    journeys = at.read_paths({"path": texts, "conversions": won, "nulls": 1 - won})
    solution = at.attribute(journeys, at.Markov(order)).details["markov"]
    assert solution.solved.converged
    assert 0 < solution.solved.sweeps < 100 * (1 + channels // 16)
    assert solution.solved.error < 1e-12
    # The chain ends at CONVERSION as often as the journeys did, at every order.
    assert solution.conversion_probability == pytest.approx(won.mean(), rel=1e-12)


def test_a_chain_that_does_not_converge_says_so_with_the_error_left():
    # 400 states that each stay with probability 1 - 1e-7 and convert else: no sweep gets there soon. Every
    # journey converts, so that the expected reward is 1.
    n, stay = 400, 1.0 - 1e-7
    chain = Chain(
        start=np.full(n, 1.0 / n),
        source=np.arange(n),
        target=(np.arange(n) + 1) % n,
        probability=np.full(n, stay),
        convert=np.full(n, 1.0 - stay),
        newest=np.arange(n) % 2,
    )
    expected, _, solved = removal_effects(chain, chain.convert, 2)
    assert solved.sweeps <= 3 * 20_000
    if not solved.converged:
        assert abs(expected - 1.0) <= 1.01 * solved.error
    else:
        assert expected == pytest.approx(1.0, abs=1e-6)


def test_small_chains_need_no_sweeps():
    credit = at.attribute(log_of(), "markov")
    assert credit.details["markov"].solved == ONE_INVERSE


def test_weighted_counts_go_through_one_helper_that_keeps_them_floats(root: Path):
    """A weighted `numpy.bincount` of nothing is of integers, and dividing into those is an error."""
    allowed = {
        "stats/sums.py",
        "experiments/holdout/tally.py",
        "experiments/geo/designs.py",
        "experiments/geo/geo_assignment.py",
    }
    raw = []
    source = root / "src" / "attribution"
    for path in sorted(source.rglob("*.py")):
        name = path.relative_to(source).as_posix()
        if name in allowed or name.startswith("datasets/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.bincount":
                weighted = len(node.args) > 1 or any(word.arg == "weights" for word in node.keywords)
                raw += [f"{name}:{node.lineno}"] if weighted else []
    assert not raw
