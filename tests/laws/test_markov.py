"""Laws of the Markov model: absorption, removal by brute force, merging, loops, null players."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import attribution as at
from attribution.models import chain as chain_module
from attribution.models.markov import Markov

ORDERS = st.integers(1, 5)


@st.composite
def path_tables(draw, channels="abcd", max_rows=12, max_length=6):
    path = st.lists(st.sampled_from(channels), min_size=1, max_size=max_length)
    row = st.tuples(path, st.integers(0, 5), st.integers(0, 5), st.sampled_from([0.0, 1.0, 7.5]))
    rows = draw(st.lists(row, min_size=1, max_size=max_rows))
    return {
        "path": [" > ".join(path) for path, *_ in rows],
        "conversions": [n for _, n, _, _ in rows],
        "nulls": [n for _, _, n, _ in rows],
        "value": [n * each for _, n, _, each in rows],
    }


def brute_force(table, order):
    """Removal effects by walking the chain as a dictionary, one linear system per channel."""
    counts, value = {}, {}
    for text, conversions, nulls, worth in zip(*table.values(), strict=True):
        path = tuple(text.split(" > "))
        state = ("",) * order
        for channel in path:
            following = (*state[1:], channel)
            counts.setdefault(state, {}).setdefault(following, 0)
            counts[state][following] += conversions + nulls
            state = following
        for end, n in (("C", conversions), ("N", nulls)):
            counts.setdefault(state, {}).setdefault(end, 0)
            counts[state][end] += n
        value[state] = value.get(state, 0.0) + worth
    states = [s for s in counts if s != ("",) * order and sum(counts[s].values())]
    place = {s: i for i, s in enumerate(states)}
    start = counts[("",) * order]

    def expected(removed, reward):
        matrix, right = np.eye(len(states)), np.zeros(len(states))
        for s in states:
            if s[-1] == removed:
                continue
            total = sum(counts[s].values())
            for following, n in counts[s].items():
                if following in place and following[-1] != removed:
                    matrix[place[s], place[following]] -= n / total
            right[place[s]] = reward(s) / total
        solved = np.linalg.solve(matrix, right)
        n_start = sum(start.values())
        return sum(
            n / n_start * solved[place[s]] for s, n in start.items() if s in place and s[-1] != removed
        )

    effects = []
    for reward in (lambda s: counts[s].get("C", 0), lambda s: value.get(s, 0.0)):
        whole = expected(None, reward)
        effects.append({c: 1 - expected(c, reward) / whole if whole else 0.0 for c in "abcd"})
    return effects


def used(table):
    """Leave out rows that stand for no journey at all."""
    assume(sum(table["conversions"]) > 0)
    kept = [i for i in range(len(table["path"])) if table["conversions"][i] + table["nulls"][i]]
    return {name: [column[i] for i in kept] for name, column in table.items()}


@given(path_tables(), ORDERS, st.sampled_from(["dense", "swept"]))
def test_removal_effects_equal_brute_force(table, order, solver):
    table = used(table)
    journeys = at.read_paths(table)
    limit = chain_module.DENSE_STATES
    chain_module.DENSE_STATES = limit if solver == "dense" else 0
    try:
        solution = Markov(order=order).solve(Markov(order=order).tally(journeys)).details["markov"]
    finally:
        chain_module.DENSE_STATES = limit
    for got, wanted in zip(
        (solution.effect_conversions, solution.effect_value), brute_force(table, order), strict=True
    ):
        mine = dict(zip(solution.channels, got, strict=True))
        assert mine == pytest.approx({c: wanted[c] for c in mine}, abs=1e-12)


@given(path_tables(), ORDERS)
def test_absorption_from_start_is_the_conversion_rate(table, order):
    journeys = at.read_paths(used(table))
    solution = Markov(order=order).solve(Markov(order=order).tally(journeys)).details["markov"]
    assert solution.conversion_probability == pytest.approx(journeys.conversion_rate, abs=1e-12)
    value = sum(table["value"]) / journeys.weights.sum()
    assert solution.expected_value == pytest.approx(value, abs=1e-9)


@given(path_tables(), ORDERS, st.sampled_from(["channel", "journey"]))
def test_credit_is_conserved(table, order, allocation):
    table = used(table)
    journeys = at.read_paths(
        {name: [*column, end] for (name, column), end in zip(table.items(), ["", 3, 0, 9.0], strict=True)}
    )
    credit = at.attribute(journeys, Markov(order=order, allocation=allocation))
    assert credit.conversions.sum() == pytest.approx(sum(table["conversions"]) + 3, rel=1e-12)
    assert credit.value.sum() == pytest.approx(sum(table["value"]) + 9.0, rel=1e-12)
    assert credit.conversions[0][-1] == 3.0


@given(path_tables(), path_tables(channels="cdef"), ORDERS)
def test_merge_of_tallies_is_the_tally_of_the_union(one, two, order):
    one, two = used(one), used(two)
    model = Markov(order=order)
    merged = model.tally(at.read_paths(one)) + model.tally(at.read_paths(two))
    union = model.tally(at.read_paths({name: [*one[name], *two[name]] for name in one}))
    rows = [
        {
            (tuple(labels[c] for labels, c in zip(t.labels, row, strict=True))): tuple(sums)
            for row, sums in zip(t.codes, t.sums, strict=True)
        }
        for t in (merged, union)
    ]
    assert rows[0].keys() == rows[1].keys()
    for key, (count, value) in rows[0].items():
        assert count == rows[1][key][0]  # counts exactly
        assert value == pytest.approx(rows[1][key][1], rel=1e-9)


@given(path_tables())
def test_self_loops_collapsed_or_not_give_the_same_order_1_credit(table):
    table = used(table)

    def collapsed(text):
        path = text.split(" > ")
        return " > ".join(c for i, c in enumerate(path) if i == 0 or c != path[i - 1])

    loops = at.attribute(at.read_paths(table), Markov())
    none = at.attribute(at.read_paths(table | {"path": [collapsed(p) for p in table["path"]]}), Markov())
    np.testing.assert_allclose(loops.conversions, none.conversions, atol=1e-11)
    np.testing.assert_allclose(loops.value, none.value, atol=1e-10)


@given(path_tables(), st.permutations("abcd"), ORDERS)
def test_permutation_of_channels_permutes_credit(table, names, order):
    table = used(table)
    rename = dict(zip("abcd", names, strict=True))
    renamed = table | {"path": [" > ".join(rename[c] for c in p.split(" > ")) for p in table["path"]]}
    model = Markov(order=order)
    a, b = (at.attribute(at.read_paths(t), model) for t in (table, renamed))
    before = {rename[c]: n for c, n in zip(a.keys[0], a.conversions[0], strict=True)}
    assert before == pytest.approx(dict(zip(b.keys[0], b.conversions[0], strict=True)), abs=1e-11)


@given(path_tables(channels="abc"), ORDERS)
def test_a_channel_that_only_ends_journeys_without_conversion_gets_nothing(table, order):
    """Before other channels it would get credit: the chain then walks through it to their conversions."""
    table = used(table)
    extra = {"path": "a > b > z > z", "conversions": 0, "nulls": 4, "value": 0.0}
    table = {name: [*column, extra[name]] for name, column in table.items()}
    credit = at.attribute(at.read_paths(table), Markov(order=order))
    assert credit.conversions[0][list(credit.keys[0]).index("z")] == pytest.approx(0.0, abs=1e-12)
    assert credit.value[0][list(credit.keys[0]).index("z")] == pytest.approx(0.0, abs=1e-12)


EDGE = {
    "one channel": ({"path": ["a", "a > a"], "conversions": [1, 2], "nulls": [3, 0]}, {"a": 3.0}),
    "channels that only occur alone": (
        {"path": ["a", "b"], "conversions": [3, 1], "nulls": [7, 9]}, {"a": 3.0, "b": 1.0}
    ),
    "a channel that never converts": (
        {"path": ["a", "b"], "conversions": [2, 0], "nulls": [0, 5]}, {"a": 2.0, "b": 0.0}
    ),
    "no conversions": ({"path": ["a > b"], "conversions": [0], "nulls": [5]}, {"a": 0.0, "b": 0.0}),
    "no nulls": ({"path": ["a > b"], "conversions": [5]}, {"a": 2.5, "b": 2.5}),
    "loops": ({"path": ["a > b > a > b"], "conversions": [4], "nulls": [4]}, {"a": 2.0, "b": 2.0}),
    "two islands": (
        {"path": ["a > b", "c > d"], "conversions": [1, 1], "nulls": [0, 1]},
        {"a": 0.5, "b": 0.5, "c": 0.5, "d": 0.5},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDGE)
@pytest.mark.parametrize("order", [1, 2, 5])
@pytest.mark.filterwarnings("error")
def test_edges(name, order):
    table, wanted = EDGE[name]
    credit = at.attribute(at.read_paths(table), Markov(order=order))
    assert dict(zip(credit.keys[0], credit.conversions[0], strict=True)) == pytest.approx(wanted, abs=1e-12)
