"""Probabilistic: the published formula by hand, its laws, breakdowns and replicates."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.errors import ModelError
from tests.laws.test_shapley import path_tables


def by_definition(table):
    """Return {channel: [conversions, value]} by equation 3 of Shao & Li (2011), journey by journey."""
    rows = [
        (frozenset(path.split(" > ")), conversions, nulls, value)
        for path, conversions, nulls, value in zip(*table.values(), strict=True)
        if path
    ]

    @cache
    def rate(*wanted):
        some = [row for row in rows if row[0] >= set(wanted)]
        return sum(row[1] for row in some) / sum(row[1] + row[2] for row in some)

    credit = {}
    for channels, conversions, _, value in rows:
        if not conversions:
            continue
        n = len(channels)
        worth = {
            i: rate(i)
            + (sum(rate(i, j) - rate(i) - rate(j) for j in channels - {i}) / (2 * (n - 1)) if n > 1 else 0)
            for i in channels
        }
        whole = sum(worth.values())
        pairs = [rate(i, j) for i, j in itertools.combinations(channels, 2)]
        assert whole == pytest.approx(sum(pairs) / (n - 1) if n > 1 else rate(*channels))
        for i in channels:
            old = credit.get(i, (0.0, 0.0))
            share = worth[i] / whole
            credit[i] = (old[0] + share * conversions, old[1] + share * value)
    return credit


@given(path_tables())
def test_credit_is_that_of_the_published_formula(table):
    credit = at.attribute(at.read_paths(table), "probabilistic")
    wanted = by_definition(table)
    frame = credit.to_frame()
    for name, conversions, value in zip(frame["channel"], frame["conversions"], frame["value"], strict=True):
        if name != "(unattributed)":
            assert (conversions, value) == pytest.approx(wanted.get(name, (0.0, 0.0)), rel=1e-9, abs=1e-9)


@settings(max_examples=30)
@given(path_tables(channels="abcd"), st.permutations("abcd"))
def test_permuting_channels_permutes_credit(table, order):
    renamed = dict(zip("abcd", order, strict=True))
    other = table | {"path": ["".join(renamed.get(c, c) for c in path) for path in table["path"]]}
    here, there = (at.attribute(at.read_paths(each), "probabilistic") for each in (table, other))
    wanted = dict(zip(here.keys[0], here.conversions[0], strict=True))
    got = dict(zip(there.keys[0], there.conversions[0], strict=True))
    assert got == pytest.approx({renamed.get(name, name): credit for name, credit in wanted.items()})


def test_a_negative_part_is_kept_and_said():
    # Journeys of b alone convert well, those with a hardly: by hand C(a) = (.1/2 + (.1 - .55)/2) < 0.
    table = {"path": ["b", "a > b", "a"], "conversions": [9, 1, 1], "nulls": [1, 9, 9]}
    credit = at.attribute(at.read_paths(table), "probabilistic")
    lone, pair = 0.1, 0.1
    both = 10 / 20
    worth_a = lone / 2 + (pair - both) / 2
    worth_b = both / 2 + (pair - lone) / 2
    assert credit.conversions[0] == pytest.approx(
        [1 + worth_a / (worth_a + worth_b), 9 + worth_b / (worth_a + worth_b)]
    )
    assert credit.conversions[0].sum() == pytest.approx(11)
    assert credit.notes == ("probabilistic: partners convert better without them, with negative credit: a",)


def test_without_failures_the_split_is_equal_and_said():
    credit = at.attribute(at.read_paths({"path": ["a > b > a", "b"], "conversions": [4, 1]}), "probabilistic")
    assert credit.conversions[0].tolist() == pytest.approx([2.0, 3.0])
    assert "no journey failed to convert" in credit.notes[0]


def test_details_tell_rates_of_channels_and_pairs():
    table = {"path": ["a", "b", "a > b", "c"], "conversions": [1, 0, 9, 0], "nulls": [9, 10, 11, 3]}
    solution = at.attribute(at.read_paths(table), "probabilistic").details["probabilistic"]
    frame = solution.to_frame().set_index("channel")
    assert frame["journeys"].tolist() == [30.0, 30.0, 3.0]
    assert frame["conversion_rate"].tolist() == pytest.approx([10 / 30, 9 / 30, 0.0])
    assert frame.loc["c", "share"] == 0.0
    (pair,) = solution.pairs().to_dict("records")
    assert pair == pytest.approx(
        {"channel": "a", "other": "b", "journeys": 20.0, "conversion_rate": 0.45, "beyond": 0.45 - 19 / 30}
    )
    assert "Conversion rates" in repr(solution)


def test_journeys_built_without_failures_are_refused():
    sample = at.load_sample("retailer")
    log = at.read_log(sample.touches, sample.conversions)
    with pytest.raises(ModelError, match="nulls=True"):
        at.attribute(at.build_journeys(log, goal="purchase", nulls=False), "probabilistic")


def test_two_hundred_channels():
    rng = np.random.default_rng(0)
    paths = [" > ".join(f"c{i:03d}" for i in rng.integers(0, 200, rng.integers(1, 6))) for _ in range(300)]
    table = {"path": paths, "conversions": rng.integers(0, 3, 300), "nulls": rng.integers(0, 3, 300)}
    table["value"] = 2.0 * table["conversions"]
    credit = at.attribute(at.read_paths(table), "probabilistic")
    wanted = by_definition({name: list(column) for name, column in table.items()} | {"path": paths})
    found = dict(zip(credit.keys[0], credit.conversions[0], strict=True))
    assert found == pytest.approx({name: wanted.get(name, (0.0,))[0] for name in found}, abs=1e-9)
