"""Numerics of games on sets, against the definition and against each other."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from attribution.stats import within_sets
from attribution.stats.coalitions import (
    arrival_weights,
    rates,
    shapley_of_sets,
    shapley_of_subset_rates,
    shapley_of_sums,
    shapley_of_table,
    subset_sums,
    superset_sums,
    table_sizes,
)
from attribution.stats.permutations import FEWEST_CIRCLES, resample_subset_rates, sample_subset_rates
from attribution.stats.within_sets import shapley_within_sets


def over_all_orders(worth, n):
    values = np.zeros(n)
    for order in itertools.permutations(range(n)):
        before = 0
        for player in order:
            values[player] += worth[before | 1 << player] - worth[before]
            before |= 1 << player
    return values / math.factorial(n)


def some_sets(n, share, seed):
    """Return ragged sets of n players, their amounts and totals, and both as tables."""
    rng = np.random.default_rng(seed)
    masks = 1 + np.flatnonzero(rng.random((1 << n) - 1) < share)
    held = [[player for player in range(n) if mask >> player & 1] for mask in masks.tolist()]
    offsets = np.cumsum([0, *map(len, held)])
    members = np.array([player for players in held for player in players], np.int32)
    amounts = rng.poisson(1.5, len(masks)).astype(float)
    totals = amounts + rng.poisson(4, len(masks)) + 1.0
    tables = np.zeros((2, 1 << n))
    tables[:, masks] = amounts, totals
    return offsets, members, amounts, totals, tables


def test_transforms_are_sums_over_subsets_and_supersets():
    table = np.random.default_rng(0).normal(size=1 << 5)
    sets = np.arange(1 << 5)
    inside = (sets[None, :] & ~sets[:, None]) == 0
    np.testing.assert_allclose(subset_sums(table), inside @ table, atol=1e-13)
    np.testing.assert_allclose(superset_sums(table), inside.T @ table, atol=1e-13)
    assert table_sizes(5).tolist() == [int(mask).bit_count() for mask in sets]


@pytest.mark.parametrize("n", [0, 1, 2, 3, 8, 9])
def test_arrival_weights(n):
    wanted = [math.factorial(s) * math.factorial(n - s - 1) / math.factorial(n) for s in range(n)]
    assert arrival_weights(n).tolist() == pytest.approx([*wanted, 0.0], rel=1e-14)


def test_arrival_weights_of_thousands_of_players_are_symmetric():
    weights = arrival_weights(2001)[:-1]
    assert (weights == weights[::-1]).all()
    assert weights[0] == 1 / 2001


@pytest.mark.parametrize("n", [0, 1, 2, 5, 7])
def test_a_table_by_folding_is_the_mean_over_orders(n):
    worth = np.random.default_rng(n).normal(size=1 << n)
    np.testing.assert_allclose(shapley_of_table(worth), over_all_orders(worth, n), atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_closed_forms_are_the_table(seed):
    n = 6
    offsets, members, amounts, totals, (amount, total) = some_sets(n, 0.3, seed)
    got = shapley_of_sums(offsets, members, amounts, n)
    np.testing.assert_allclose(got, shapley_of_table(subset_sums(amount)), atol=1e-12)
    got = shapley_of_sets(offsets, members, rates(amounts, totals), n)
    np.testing.assert_allclose(got, shapley_of_table(rates(amount, total)), atol=1e-12)
    got = shapley_of_subset_rates(offsets, members, amounts, totals, n)
    wanted = over_all_orders(rates(subset_sums(amount), subset_sums(total)), n)
    np.testing.assert_allclose(got, wanted, atol=1e-12)


def within_by_definition(offsets, members, worth, shares, n):
    sets = [tuple(members[a:b].tolist()) for a, b in itertools.pairwise(offsets.tolist())]
    known = dict(zip(sets, worth.tolist(), strict=True))
    values = np.zeros(n)
    for players, share in zip(sets, shares.tolist(), strict=True):
        table = np.zeros(1 << len(players))
        for mask in range(1, len(table)):
            some = tuple(player for bit, player in enumerate(players) if mask >> bit & 1)
            table[mask] = known.get(some, 0.0)
        values[list(players)] += share * shapley_of_table(table)
    return values


@pytest.mark.parametrize("lookup_cost", [1e-9, 30, 1e9], ids=["look-up", "usual", "comparison"])
@pytest.mark.parametrize("most", [0, 20], ids=["pairs", "tables"])
@pytest.mark.parametrize("spread", [1, 7, 20], ids=["one word", "two bits apart", "several words"])
def test_every_way_to_play_within_sets_is_the_definition(monkeypatch, lookup_cost, most, spread):
    n = 7
    offsets, members, amounts, totals, _ = some_sets(n, 0.4, 3)
    worth = np.stack([rates(amounts, totals), amounts], axis=1)
    shares = np.stack([totals, -amounts], axis=1)
    wanted = [within_by_definition(offsets, members, worth[:, j], shares[:, j], n) for j in (0, 1)]
    monkeypatch.setattr(within_sets, "_LOOKUP_COST", lookup_cost)
    monkeypatch.setattr(within_sets, "MOST_TABLE_PLAYERS", most)
    monkeypatch.setattr(within_sets, "_BLOCK", 64)
    got = shapley_within_sets(offsets, members * spread, worth, shares, n * spread)
    np.testing.assert_allclose(got[::spread], np.stack(wanted, axis=1), atol=1e-11)
    assert np.count_nonzero(got) <= 2 * n


def test_tables_are_chosen_where_pairs_are_more_work():
    n = 6
    offsets, members, amounts, totals, _ = some_sets(n, 1.0, 3)
    worth, shares = rates(amounts, totals)[:, None], totals[:, None]
    by_tables = within_sets._table_sums(offsets, members, worth, shares)
    some = np.ones(len(totals), np.bool_)
    pairs = within_sets._Pairs(offsets, members, some, some)
    by_pairs = within_sets._pair_sums(pairs, np.diff(offsets), worth, shares)
    np.testing.assert_allclose(by_tables, by_pairs, atol=1e-12)


def sampled(sets, n, seed, **options):
    offsets, members, amounts, totals, _ = sets
    columns = np.stack([amounts, 3 * amounts], axis=1)
    options = {"orders": 1, "tolerance": 0.0} | options
    rng = np.random.default_rng(seed)
    return sample_subset_rates(offsets, members, columns, totals, n, rng=rng, **options)


def test_a_circle_is_the_mean_over_its_orders():
    """All rotations, both ways round, play the game out."""
    n = 5
    sets = some_sets(n, 0.5, 1)
    worth = rates(subset_sums(sets[4][0]), subset_sums(sets[4][1]))
    rng = np.random.default_rng(8)
    circles = [rng.permutation(n).tolist() for _ in range(FEWEST_CIRCLES)]
    means = np.zeros((FEWEST_CIRCLES, n))
    for mean, circle in zip(means, circles, strict=True):
        for way in (circle, circle[::-1]):
            for first in range(n):
                before = 0
                for player in way[first:] + way[:first]:
                    mean[player] += (worth[before | 1 << player] - worth[before]) / (2 * n)
                    before |= 1 << player
    got = sampled(sets, n, 8)
    assert got.orders == FEWEST_CIRCLES * 2 * n
    np.testing.assert_allclose(got.values[:, 0], means.mean(axis=0), atol=1e-13)
    errors = means.std(axis=0, ddof=1) / math.sqrt(FEWEST_CIRCLES)
    np.testing.assert_allclose(got.errors[:, 0], errors, atol=1e-13)
    np.testing.assert_allclose(got.values[:, 1], 3 * got.values[:, 0], atol=1e-12)


def test_standard_errors_are_honest():
    """Over 200 samples the estimates scatter around the exact values as their standard errors say."""
    n = 9
    sets = some_sets(n, 0.15, 5)
    exact = shapley_of_subset_rates(*sets[:4], n)
    samples = [sampled(sets, n, seed) for seed in range(200)]
    z = np.array([(each.values[:, 0] - exact) / each.errors[:, 0] for each in samples])
    # With 32 circles z follows Student's t with 31 degrees of freedom: deviation 1.03, and 5.9% beyond 1.96.
    assert abs(z.mean()) < 0.12
    assert 0.95 < z.std() < 1.12
    assert 0.045 < (np.abs(z) > 1.96).mean() < 0.075


def test_sampling_keeps_efficiency_and_its_seed():
    n = 9
    sets = some_sets(n, 0.2, 2)
    one, two, other = (sampled(sets, n, seed) for seed in (1, 1, 2))
    assert one.values.sum(axis=0) == pytest.approx(
        np.array([1, 3]) * sets[2].sum() / sets[3].sum(), abs=1e-12
    )
    np.testing.assert_array_equal(one.values, two.values)
    assert not np.array_equal(one.values, other.values)


def test_sampling_stops_at_the_tolerance_or_at_the_number_of_orders():
    n = 9
    sets = some_sets(n, 0.2, 2)
    whole = sets[2].sum() / sets[3].sum()
    loose = sampled(sets, n, 0, orders=10**6, tolerance=0.02)
    tight = sampled(sets, n, 0, orders=10**6, tolerance=0.005)
    assert loose.reached
    assert tight.reached
    assert tight.errors[:, 0].max() <= 0.005 * whole < loose.errors[:, 0].max()
    assert loose.orders < tight.orders < 10**6
    short = sampled(sets, n, 0, orders=1000, tolerance=1e-9)
    assert not short.reached
    assert 1000 <= short.orders < 1000 + 2 * n


def test_players_beyond_a_byte_are_seated():
    n = 300
    offsets, members = np.arange(n + 1), np.arange(n, dtype=np.int32)
    amounts, totals = np.ones((n, 1)), np.full(n, 2.0)
    rng = np.random.default_rng(0)
    got = sample_subset_rates(offsets, members, amounts, totals, n, orders=1, tolerance=0.1, rng=rng)
    # All rates are one half: whoever comes first brings it, and that is everybody equally often.
    np.testing.assert_allclose(got.values[:, 0], 0.5 / n, atol=1e-15)
    np.testing.assert_allclose(got.errors, 0.0, atol=1e-15)


def test_many_games_in_the_same_circles_are_each_by_itself():
    offsets, members, amounts, totals, *_ = some_sets(9, 0.3, 5)
    sums = np.column_stack([amounts, amounts[::-1], totals])
    weights = np.random.default_rng(2).integers(0, 3, (4, len(totals), 1))
    weights[3] = 0
    many = resample_subset_rates(
        offsets, members, weights * sums, 9, circles=FEWEST_CIRCLES, rng=np.random.default_rng(7)
    )
    for each, found in zip(weights * sums, many, strict=True):
        rng = np.random.default_rng(7)
        alone = sample_subset_rates(
            offsets, members, each[:, :2], each[:, 2], 9, orders=1, tolerance=0.0, rng=rng
        )
        np.testing.assert_allclose(found, alone.values, atol=1e-12)
