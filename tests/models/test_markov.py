"""Markov beyond its laws: breakdowns, the chain as frames, the choice of order, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.errors import ModelError
from attribution.models.chain_counts import number_states
from attribution.models.markov import Markov, solve_chain
from attribution.models.model import Model


def chain_log(n_users, order, seed, *, tells=True):
    """A log whose journeys are an order-1 or order-2 chain over a, b, c; who ends at c converts more."""
    rng = np.random.default_rng(seed)
    table = rng.dirichlet([0.5, 0.5, 0.5], size=9 if order == 2 else 3)
    users, steps = np.arange(n_users), []
    before = np.zeros(n_users, np.int64)
    last = np.zeros(n_users, np.int64)
    now = rng.integers(0, 3, n_users)
    alive = np.ones(n_users, bool)
    for step in range(12):
        steps.append(
            pd.DataFrame(
                {"user_id": users[alive], "channel": np.array(list("abc"))[now[alive]], "time": step}
            )
        )
        last[alive] = now[alive]
        state = before * 3 + now if order == 2 else now
        drawn = rng.random(n_users)
        following = (drawn[:, None] > np.cumsum(table[state], axis=1)).sum(axis=1).clip(0, 2)
        before, now = now, following
        alive &= rng.random(n_users) > 0.15
    touches = pd.concat(steps, ignore_index=True)
    touches["time"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(touches["time"], unit="h")
    buyers = users[rng.random(n_users) < (0.25 + 0.05 * last if tells else 0.3)]
    conversions = pd.DataFrame({"user_id": buyers, "time": pd.Timestamp("2026-01-05"), "value": 10.0})
    return at.read_log(touches, conversions)


@pytest.mark.parametrize("order", [1, 2])
def test_the_order_of_the_data_is_selected(order):
    journeys = at.build_journeys(chain_log(20_000, order, seed=4))
    table = Markov.select_order(journeys, max_order=3)
    assert table.loc[table["selected"], "order"].tolist() == [order]
    assert table["order"].tolist() == [1, 2, 3]
    assert table["auc"].between(0, 1).all()


def test_nothing_is_selected_where_states_do_not_tell_who_converts():
    """Who buys was drawn by lot: the AUC's 95% interval holds .5, but for one log of twenty or so."""
    tables = [
        Markov.select_order(at.build_journeys(chain_log(2_000, 1, seed=seed, tells=False)), max_order=1)
        for seed in range(8)
    ]
    blind = [table for table in tables if not table["selected"].any()]
    assert len(blind) >= 6
    for table in blind:
        assert table["note"].str.contains("order of channels tells nothing here").all()
        assert table.loc[0, "auc_low"] <= 0.5


def test_higher_orders_agree_with_order_1_on_order_1_data():
    """Within the order-1 bootstrap interval: on such data they estimate the same chain."""
    journeys = at.build_journeys(chain_log(30_000, 1, seed=8))
    credit = at.attribute(journeys, [Markov(order=1), Markov(order=2)], bootstrap=200, rng=1)
    samples = credit.bootstrap.samples.conversions[:, 0]
    low, high = np.quantile(samples, [0.0005, 0.9995], axis=0)
    assert (low <= credit.conversions[1]).all()
    assert (credit.conversions[1] <= high).all()


@pytest.fixture(scope="module")
def sample_log():
    sample = at.load_sample("retailer")
    return at.read_log(sample.touches, sample.conversions, schema=at.LogSchema(dims=("campaign", "region")))


@pytest.mark.parametrize("allocation", ["channel", "journey"])
def test_breakdowns_sum_to_the_channel_table(sample_log, allocation):
    journeys = at.build_journeys(sample_log, goal="purchase")
    models = {"one": Markov(allocation=allocation), "two": Markov(order=2, allocation=allocation)}
    whole = at.attribute(journeys, models).to_frame().set_index(["model", "channel"])
    finer = at.attribute(journeys, models, by=["campaign", "region", "month"]).to_frame()
    for measure in ("conversions", "value"):
        summed = finer.groupby(["model", "channel"])[measure].sum()
        for key, amount in whole[measure].items():
            assert summed[key] == pytest.approx(amount, rel=1e-9)


@pytest.mark.parametrize("model", ["markov", {"name": "shapley", "game": "subset_rate"}], ids=str)
def test_credit_of_a_channel_that_touched_no_conversion_is_not_lost_in_a_breakdown(model):
    """Users walk from z to b; those who do never convert, others convert from b: z has a removal effect."""
    touches = {
        "user_id": [1, 1, 2, 3],
        "channel": ["z", "b", "b", "b"],
        "campaign": ["x", "y", "y", "v"],
        "time": ["2026-01-01", "2026-01-02", "2026-01-01", "2026-01-03"],
    }
    conversions = {"user_id": [2, 3], "time": ["2026-01-05"] * 2, "value": [8.0, 2.0]}
    journeys = at.build_journeys(at.read_log(touches, conversions, schema=at.LogSchema(dims=("campaign",))))
    whole = at.attribute(journeys, model).to_frame().set_index("channel")
    assert whole.loc["z", "conversions"] != 0
    finer = at.attribute(journeys, [model, "linear"], by="campaign", bootstrap=20, rng=1)
    frame = finer.to_frame()
    frame = frame[frame["model"] != "linear"]
    assert frame.loc[frame["channel"] == "z", "campaign"].tolist() == ["(none)"]
    for measure in ("conversions", "value"):
        summed = frame.groupby("channel")[measure].sum()
        assert summed.to_dict() == pytest.approx(whole[measure].to_dict(), rel=1e-12)
    assert finer.bootstrap.samples.conversions.shape == (20, 2, len(finer.keys[0]))


def test_batched_chains_equal_one_after_the_other(sample_log):
    journeys = at.build_journeys(sample_log, goal="purchase")
    model = Markov()
    tally = model.tally(journeys)
    rng = np.random.default_rng(3)
    sums = tally.sums * rng.integers(0, 3, (20, len(tally.sums), 1))
    # A step that nobody took in a sample ends nothing there; a start must remain.
    together, alone = model.solve_many(tally, sums), Model.solve_many(model, tally, sums)
    for mine, wanted in zip(together, alone, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-9, atol=1e-9)


def test_frames_of_the_chain():
    table = {"path": ["a > b", "b"], "conversions": [1, 1], "nulls": [1, 3], "value": [10.0, 20.0]}
    journeys = at.read_paths(table)
    matrix = at.Markov().transition_matrix(journeys)
    assert matrix.loc["(start)"].to_dict() == pytest.approx(
        {"a": 2 / 6, "b": 4 / 6, "(conversion)": 0.0, "(null)": 0.0}
    )
    assert matrix.loc["a", "b"] == 1.0
    assert matrix.loc["b", "(conversion)"] == pytest.approx(2 / 6)
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0)
    graph = at.Markov().state_graph(journeys).set_index(["from", "to"])
    assert graph.loc[("b", "(null)"), "count"] == 4
    assert graph.loc[("b", "(conversion)"), "value"] == 30.0
    second = at.Markov(order=2).transition_matrix(journeys)
    assert set(second.index) == {"(start)", "a", "b", "a > b"}
    credit = at.attribute(journeys, "markov")
    assert "P(conversion) = 0.3333" in repr(credit.details["markov"])


def test_all_removal_effects_of_many_channels_equal_one_solve_each():
    """200 channels at order 1: one inverse against 200 linear systems, to 1e-12."""
    rng = np.random.default_rng(2)
    names = [f"c{i:03d}" for i in range(200)]
    paths = [" > ".join(rng.choice(names, rng.integers(1, 6))) for _ in range(3000)]
    journeys = at.read_paths({"path": paths, "conversions": rng.integers(0, 3, 3000), "nulls": [5] * 3000})
    solution = solve_chain(number_states(Markov().tally(journeys)))
    chains, n = solution.chains, len(solution.channels)
    outflow = np.bincount(chains.source[chains.source >= 0], chains.count[chains.source >= 0], n)
    inner = (chains.source >= 0) & (chains.target >= 0)
    moves = np.zeros((n, n))
    moves[chains.source[inner], chains.target[inner]] = chains.count[inner]
    moves /= outflow[:, None]
    start = np.zeros(n)
    begins = (chains.source < 0) & (chains.target >= 0)
    start[chains.target[begins]] = chains.count[begins] / chains.count[begins].sum()
    ends = chains.target == -1
    convert = np.bincount(chains.source[ends], chains.count[ends], n) / outflow
    whole = start @ np.linalg.solve(np.eye(n) - moves, convert)
    for channel in range(n):
        kept = np.arange(n) != channel
        rest = np.linalg.solve(np.eye(n - 1) - moves[np.ix_(kept, kept)], convert[kept])
        effect = 1 - start[kept] @ rest / whole
        assert solution.effect_conversions[channel] == pytest.approx(effect, abs=1e-12)


def test_values_that_cancel_keep_the_total():
    table = {"path": ["a", "b"], "conversions": [1, 1], "value": [5.0, -5.0], "nulls": [1, 1]}
    credit = at.attribute(at.read_paths(table), "markov")
    assert credit.value.sum() == pytest.approx(0.0, abs=1e-12)


def test_refusals(sample_log):
    with pytest.raises(ModelError, match="more than 5"):
        Markov(order=6)
    with pytest.raises(ModelError, match="at least 1"):
        Markov(order=0)
    with pytest.raises(ModelError, match="did you mean 'journey'"):
        Markov(allocation="journy")
    with pytest.raises(ModelError, match="did not convert"):
        at.attribute(at.build_journeys(sample_log, goal="purchase", nulls=False), "markov")
    paths = at.read_paths({"path": ["(start)"], "conversions": [1]})
    with pytest.raises(ModelError, match="state of every chain"):
        at.attribute(paths, "markov")
    with pytest.raises(ModelError, match="path table"):
        Markov.select_order(at.read_paths({"path": ["a"], "conversions": [1]}))
    with pytest.raises(ModelError, match="order 1, not 2"):
        Markov(order=2).solve(Markov().tally(at.read_paths({"path": ["a"], "conversions": [1]})))
    with pytest.raises(ModelError, match="counted -1"):
        Markov.tally_of_counts({"START": {"a": -1}})
    with pytest.raises(ModelError, match="no journey can step"):
        Markov.tally_of_counts({"NULL": {"a": 1}})
    with pytest.raises(ModelError, match="path table"):
        at.attribute(at.read_paths({"path": ["a"], "conversions": [1]}), "markov", bootstrap=10)


def test_a_chain_that_expects_nothing_has_no_effects():
    chain_ = solve_chain(
        number_states(Markov().tally(at.read_paths({"path": ["a"], "conversions": [0], "nulls": [3]})))
    )
    assert chain_.effect_conversions.tolist() == [0.0]
