"""Laws of Shapley values, and agreement with brute force over all orders of the channels to 1e-10."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.errors import ModelError
from attribution.models.channel_sets import tally_sets

GAMES = ("subset_conversions", "subset_rate", "exact_rate", "within_set_rate")
CLOSE = 1e-10


@st.composite
def path_tables(draw, channels="abcde", max_rows=14, max_length=6):
    """Return path tables with repeats of paths and of channels, and unattributed conversions."""
    path = st.lists(st.sampled_from(channels), max_size=max_length)
    row = st.tuples(path, st.integers(0, 6), st.integers(0, 6), st.sampled_from([0.0, 1.0, 7.5, -2.0]))
    rows = draw(st.lists(row, min_size=1, max_size=max_rows))
    return {
        "path": [" > ".join(path) for path, *_ in rows],
        "conversions": [n for _, n, _, _ in rows],
        "nulls": [n if path else 0 for path, _, n, _ in rows],
        "value": [n * each for _, n, _, each in rows],
    }


def counted(table):
    """Return {set of channels: (conversions, value, journeys)}, sets without a journey left out."""
    sets = {}
    for path, conversions, nulls, value in zip(*table.values(), strict=True):
        key = frozenset(path.split(" > ")) if path else frozenset()
        if conversions + nulls:
            old = sets.get(key, (0.0, 0.0, 0.0))
            sets[key] = (old[0] + conversions, old[1] + value, old[2] + conversions + nulls)
    sets.pop(frozenset(), None)
    return sets


def over_all_orders(worth, players):
    """Return the mean gain of each player over all orders."""
    values = dict.fromkeys(players, 0.0)
    for order in itertools.permutations(players):
        before = frozenset()
        for player in order:
            values[player] += worth(before | {player}) - worth(before)
            before |= {player}
    return {player: value / math.factorial(len(players)) for player, value in values.items()}


def brute_force(table, game, measure):
    """Return the Shapley value of each channel that occurs, from the definition of the game."""
    sets = counted(table)
    players = sorted(set().union(*sets)) if sets else []
    memory = {}

    def exact(these):
        return sets[these][measure] / sets[these][2] if these in sets else 0.0

    def inside(these, column):
        return sum(row[column] for some, row in sets.items() if some <= these)

    def worth(these):
        if these not in memory:
            if game == "subset_conversions":
                memory[these] = inside(these, measure)
            elif game == "subset_rate":
                memory[these] = inside(these, measure) / inside(these, 2) if inside(these, 2) else 0.0
            else:
                memory[these] = exact(these)
        return memory[these]

    if game != "within_set_rate":
        return over_all_orders(worth, players)
    values = dict.fromkeys(players, 0.0)
    for these, row in sets.items():
        if row[measure]:
            for player, value in over_all_orders(worth, sorted(these)).items():
                values[player] += value / exact(these) * row[measure]
    return values


def solved(model, table):
    return model.solve(model.tally(at.read_paths(table)))


def values(model, table):
    """Return {channel: Shapley value on conversions, on value}."""
    solution = solved(model, table).details["shapley"]
    return dict(zip(solution.channels, solution.shapley.tolist(), strict=True))


def agree(game, table):
    try:
        got = values(at.Shapley(game), table)
    except ModelError:
        assert game == "exact_rate"
        sets = counted(table)
        everyone = frozenset().union(*sets)
        whole = sets.get(everyone, (0.0, 0.0, 1.0))
        sums = [sum(row[measure] for row in sets.values()) for measure in (0, 1)]
        assert any(sums[measure] * whole[measure] <= 0 != sums[measure] for measure in (0, 1))
        return
    for measure in (0, 1):
        wanted = brute_force(table, game, measure)
        mine = {channel: pair[measure] for channel, pair in got.items()}
        assert mine == pytest.approx(dict.fromkeys(mine, 0.0) | wanted, abs=CLOSE)


@pytest.mark.parametrize("game", GAMES)
@given(path_tables())
def test_every_game_equals_brute_force(game, table):
    agree(game, table)


@pytest.mark.parametrize("game", GAMES)
@settings(max_examples=6)
@given(path_tables(channels="abcdefg", max_rows=30, max_length=8))
def test_every_game_equals_brute_force_for_seven_channels(game, table):
    agree(game, table)


@pytest.mark.parametrize("game", GAMES)
@settings(max_examples=50)
@given(path_tables())
def test_efficiency_and_conservation(game, table):
    journeys = at.read_paths(table)
    try:
        credit = solved(at.Shapley(game), table)
    except ModelError:
        assume(False)
    frame = credit.to_frame()
    assert frame["conversions"].sum() == pytest.approx(sum(table["conversions"]), abs=1e-9)
    assert frame["value"].sum() == pytest.approx(sum(table["value"]), abs=1e-9)
    lost = frame.loc[frame["channel"] == "(unattributed)", "conversions"].sum()
    assert lost == pytest.approx(journeys.n_unattributed, abs=1e-12)
    sets = counted(table)
    everyone = frozenset().union(*sets) if sets else frozenset()
    total = credit.details["shapley"].shapley.sum(axis=0)
    for measure in (0, 1):
        attributed = sum(row[measure] for row in sets.values())
        whole = {
            "subset_conversions": attributed,
            "subset_rate": attributed / max(sum(row[2] for row in sets.values()), 1),
            "exact_rate": sets[everyone][measure] / sets[everyone][2] if everyone in sets else 0.0,
            "within_set_rate": attributed,
        }[game]
        assert total[measure] == pytest.approx(whole, abs=1e-9)


@pytest.mark.parametrize("game", GAMES)
@settings(max_examples=50)
@given(path_tables(), st.permutations("abcde"))
def test_permuting_channels_permutes_credit(game, table, order):
    renamed = dict(zip("abcde", order, strict=True))
    other = table | {"path": ["".join(renamed.get(c, c) for c in path) for path in table["path"]]}
    try:
        here, there = values(at.Shapley(game), table), values(at.Shapley(game), other)
    except ModelError:
        assume(False)
    assert {renamed[channel]: pair for channel, pair in here.items()} == {
        channel: pytest.approx(pair, abs=CLOSE) for channel, pair in there.items()
    }


@pytest.mark.parametrize("game", GAMES)
@settings(max_examples=50)
@given(path_tables(channels="abcd"))
def test_symmetric_channels_get_the_same(game, table):
    """Every journey once with y in place of x and once the other way round."""
    swap = str.maketrans("ab", "ba")
    both = {name: [*column, *column] for name, column in table.items()}
    both["path"] = [*table["path"], *(path.translate(swap) for path in table["path"])]
    try:
        got = values(at.Shapley(game), both)
    except ModelError:
        assume(False)
    if "a" in got:
        assert got["a"] == pytest.approx(got["b"], abs=CLOSE)


@given(path_tables(channels="abcd"), path_tables(channels="abcd"))
def test_values_of_the_sum_of_two_games_are_the_sums(one, two):
    """Additive in what is won: of the games on conversions, and of those on rates where journeys agree."""
    joined = {name: [*one[name], *two[name]] for name in one}
    parts = [values(at.Shapley(), table) for table in (one, two)]
    for channel, pair in values(at.Shapley(), joined).items():
        each = [np.array(part.get(channel, (0.0, 0.0))) for part in parts]
        assert np.array(pair) == pytest.approx(sum(each), abs=CLOSE)

    model = at.Shapley("subset_rate")
    tally = model.tally(at.read_paths(one))
    half = tally.sums.copy()
    half[:, 1] *= 0.25
    rest = tally.sums.copy()
    rest[:, 1] *= 0.75
    whole, first, second = (
        model.solve(replace(tally, sums=sums)).details["shapley"].shapley[:, 1]
        for sums in (tally.sums, half, rest)
    )
    assert whole == pytest.approx(first + second, abs=CLOSE)


@given(path_tables(channels="abc"), st.integers(1, 9))
def test_a_channel_of_no_converting_journey_gets_nothing_from_conversions(table, nulls):
    other = {name: [*column] for name, column in table.items()}
    for name, entry in zip(other, ["z > a", 0, nulls, 0.0], strict=True):
        other[name].append(entry)
    after = solved(at.Shapley(), other).to_frame()
    credit = dict(zip(after["channel"], after["conversions"], strict=True))
    assert credit.pop("z") == 0.0
    before = solved(at.Shapley(), table).to_frame()
    wanted = dict(zip(before["channel"], before["conversions"], strict=True))
    assert {channel: credit[channel] for channel in wanted} == wanted


@given(path_tables(channels="abc"))
def test_a_null_player_of_the_rates_gets_nothing(table):
    """Each journey once with z and once without: z changes the rate of no set of channels."""
    assume(any(table["path"]))
    rows = [row for row in zip(*table.values(), strict=True) if row[0]]
    doubled = [*rows, *((f"{path} > z", *rest) for path, *rest in rows)]
    both = dict(zip(table, map(list, zip(*doubled, strict=True)), strict=True))
    # Without a journey of z alone, v({z}) is 0 like v of the empty set, and joining adds nothing.
    assert values(at.Shapley("subset_rate"), both)["z"] == pytest.approx([0.0, 0.0], abs=CLOSE)


@pytest.mark.parametrize("n", [5, 70])
@settings(max_examples=50)
@given(one=path_tables(channels="abcde"), two=path_tables(channels="cdefg"), nulls=st.booleans())
def test_the_merge_of_tallies_is_the_tally_of_the_union(n, one, two, nulls):
    # With more than 64 channels sets do not fit the bits of an integer.
    more = {
        "path": [f"x{i:02d}" for i in range(n)],
        "conversions": [1] * n,
        "nulls": [1] * n,
        "value": [0] * n,
    }
    one = {name: [*one[name], *more[name]] for name in one}
    joined = {name: [*one[name], *two[name]] for name in one}
    whole = tally_sets(at.read_paths(joined), nulls=nulls)
    first, second = (tally_sets(at.read_paths(table), nulls=nulls) for table in (one, two))
    for merged in (first + second, second + first):
        assert merged.channels == whole.channels
        for name in ("offsets", "members"):
            np.testing.assert_array_equal(getattr(merged, name), getattr(whole, name), err_msg=name)
        np.testing.assert_array_equal(merged.sums[:, [0, 2]], whole.sums[:, [0, 2]])
        np.testing.assert_allclose(merged.sums[:, 1], whole.sums[:, 1], rtol=0, atol=1e-9)
    again = whole + whole  # the sets of one are those of the other
    np.testing.assert_array_equal(again.sums, 2 * whole.sums)


@given(path_tables(channels="abcd", max_length=9))
def test_positions_sum_to_the_channel_and_follow_the_definition(table):
    model = at.Shapley(ordered=True)
    credit = solved(model, table)
    unordered = solved(at.Shapley(), table)
    np.testing.assert_allclose(credit.conversions, unordered.conversions, rtol=0, atol=CLOSE)
    np.testing.assert_allclose(credit.value, unordered.value, rtol=0, atol=CLOSE)
    wanted = {}
    for text, conversions, _, value in zip(*table.values(), strict=True):
        path = text.split(" > ") if text and conversions else []
        for position, channel in enumerate(path, 1):
            part = 1 / len(set(path)) / path.count(channel)
            old = wanted.get((channel, position), (0.0, 0.0))
            wanted[channel, position] = (old[0] + part * conversions, old[1] + part * value)
    frame = credit.details["shapley"].by_position.to_frame()
    columns = ("channel", "position", "conversions", "value")
    got = {(c, p): (a, b) for c, p, a, b in zip(*(frame[name] for name in columns), strict=True)}
    assert got == {key: pytest.approx(pair, abs=CLOSE) for key, pair in wanted.items()}


@given(path_tables(channels="abcd"), path_tables(channels="bcde"))
def test_ordered_tallies_merge(one, two):
    model = at.Shapley(ordered=True)
    joined = {name: [*one[name], *two[name]] for name in one}
    merged = model.solve(model.tally(at.read_paths(one)) + model.tally(at.read_paths(two)))
    whole = solved(model, joined)
    assert merged.keys[0].tolist() == whole.keys[0].tolist()
    np.testing.assert_allclose(merged.conversions, whole.conversions, rtol=0, atol=CLOSE)


@pytest.mark.parametrize("model", [at.Shapley(game) for game in GAMES] + [at.Shapley(ordered=True)], ids=repr)
@settings(max_examples=30)
@given(table=path_tables(), seed=st.integers(0, 9))
def test_many_tallies_are_solved_like_each(model, table, seed):
    tally = model.tally(at.read_paths(table))
    weights = np.random.default_rng(seed).integers(0, 4, (3, len(tally.sums), 1))
    sums = tally.sums * weights
    conversions, value = model.solve_many(tally, sums)
    for row, each in enumerate(sums):
        try:
            credit = model.solve(replace(tally, sums=each))
        except ModelError:
            assert np.isnan(conversions[row]).all()
            assert np.isnan(value[row]).all()
            continue
        np.testing.assert_allclose(conversions[row], credit.conversions[0], rtol=0, atol=1e-9)
        np.testing.assert_allclose(value[row], credit.value[0], rtol=0, atol=1e-9)
