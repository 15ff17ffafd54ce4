"""Shapley: what it refuses, what it tells, many channels, sampling, breakdowns and logs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.errors import JourneyError, ModelError
from attribution.journeys.journeys import Journeys
from attribution.models import shapley, shapley_games
from attribution.models.registry import resolve

GAMES = ("subset_conversions", "subset_rate", "exact_rate", "within_set_rate")


def paths(*rows):
    """Return journeys from rows of path, conversions, nulls, value."""
    names = ["path", "conversions", "nulls", "value"]
    return at.read_paths(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def random_journeys(n_channels, n_journeys=4000, seed=0, mean_length=3.0, rate=0.2):
    rng = np.random.default_rng(seed)
    lengths = rng.geometric(1 / mean_length, n_journeys)
    channel = np.minimum(rng.geometric(min(0.5, 4 / n_channels), lengths.sum()) - 1, n_channels - 1)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    appeal = rng.random(n_channels) * 2 * rate
    converted = rng.random(n_journeys) < np.add.reduceat(appeal[channel], offsets[:-1]) / lengths
    value = np.where(converted, rng.gamma(2.0, 30.0, n_journeys), 0.0)
    names = tuple(f"c{code:03d}" for code in range(n_channels))
    return Journeys(names, offsets, channel.astype(np.int16), converted, value)


BAD = [
    ({"game": "subset_rates"}, "did you mean 'subset_rate'"),
    ({"game": "exact_rate", "ordered": True}, "not defined for the game 'exact_rate'"),
    ({"game": "subset_rate", "ordered": True}, "not defined for the game 'subset_rate'"),
    ({"game": "within_set_rate", "ordered": True}, "not defined for the game 'within_set_rate'"),
    ({"ordered": "yes"}, "must be true or false"),
    ({"samples": 1}, "at least 2"),
    ({"samples": 100.5}, "whole number"),
    ({"tolerance": -0.1}, "from 0 to below 1"),
    ({"tolerance": "tight"}, "from 0 to below 1"),
    ({"rng": -1}, "at least 0"),
    ({"rng": "seed"}, "whole number"),
    ({"gmae": "subset_rate"}, "did you mean 'game'"),
]


@pytest.mark.parametrize(("options", "words"), BAD, ids=lambda value: str(value)[:40])
def test_bad_options_are_refused(options, words):
    with pytest.raises(ModelError) as caught:
        resolve({"name": "shapley", **options})
    assert words in str(caught.value)


def test_a_generator_gives_a_seed():
    one, two = (at.Shapley(rng=np.random.default_rng(5)) for _ in range(2))
    assert one == two
    assert isinstance(one.rng, int)
    assert one != at.Shapley(rng=np.random.default_rng(6))


def test_only_games_of_rates_need_journeys_that_did_not_convert():
    assert [at.Shapley(game).needs_nulls for game in GAMES] == [False, True, True, True]
    log = at.read_log(
        pd.DataFrame(
            {"user_id": [1, 1, 2], "time": pd.to_datetime(["2026-01-01"] * 3), "channel": list("aba")}
        ),
        pd.DataFrame({"user_id": [1], "time": pd.to_datetime(["2026-01-02"]), "value": [8.0]}),
    )
    without = at.build_journeys(log, nulls=False)
    assert at.attribute(without, "shapley").conversions.tolist() == [[0.5, 0.5]]
    with pytest.raises(ModelError, match="nulls=True"):
        at.attribute(without, at.Shapley("subset_rate"))
    # From the log the journeys are built with what the models need: v(a) = 0, v(b) = 0, v(a, b) = 1/2.
    assert at.attribute(log, at.Shapley("subset_rate")).conversions.tolist() == [[0.5, 0.5]]
    assert at.attribute(log, at.Shapley("within_set_rate")).value.tolist() == [[4.0, 4.0]]


def test_the_wrong_tally_is_refused():
    journeys = paths(("a > b", 1, 1, 2.0))
    with pytest.raises(ModelError, match="ordered=False"):
        at.Shapley(ordered=True).solve(at.Shapley().tally(journeys))
    with pytest.raises(ModelError, match="ordered=True"):
        at.Shapley().solve(at.Shapley(ordered=True).tally(journeys))


def test_negative_worths_are_kept_and_told():
    journeys = paths(("a", 5, 5, 50.0), ("a > b", 1, 9, 10.0), ("b", 0, 20, 0.0))
    credit = at.attribute(journeys, at.Shapley("subset_rate"))
    a, b = credit.conversions[0]
    # v(a) = 1/2, v(b) = 0, v(a, b) = 6/40.
    assert (a, b) == pytest.approx((40 * (0.5 + 0.15) / 2, 40 * (0.15 - 0.5) / 2))
    assert b < 0 < a
    assert credit.notes == (
        "shapley: worth less than nothing in the game 'subset_rate', with negative credit: b",
        (
            "shapley: the game 'subset_rate' gives and takes 20 conversions of 6, 3.3 times as many: "
            "negative credit of some channels pays for that of others"
        ),
    )
    assert credit.details["shapley"].negative == ("b",)


def test_exact_rate_without_a_rate_to_share_is_refused():
    unseen = paths(("a", 5, 5, 50.0), ("b", 1, 9, 10.0))
    with pytest.raises(ModelError, match="no journey touched all 2 channels") as caught:
        at.attribute(unseen, at.Shapley("exact_rate"))
    assert "within_set_rate" in caught.value.hint
    worthless = paths(("a", 5, 5, 50.0), ("a > b", 0, 9, 0.0))
    with pytest.raises(ModelError, match="conversions of 0 each"):
        at.attribute(worthless, at.Shapley("exact_rate"))
    refunded = paths(("a", 5, 5, 50.0), ("a > b", 1, 9, -10.0))
    with pytest.raises(ModelError, match="value of -1 each"):
        at.attribute(refunded, at.Shapley("exact_rate"))
    # Its Shapley values exist where the credit does not.
    none = paths(("a", 0, 5, 0.0), ("b", 0, 9, 0.0))
    assert at.attribute(none, at.Shapley("exact_rate")).conversions.tolist() == [[0.0, 0.0]]


def test_exact_rate_tells_how_few_journeys_it_rests_on():
    few = at.attribute(paths(("a", 5, 5, 50.0), ("a > b", 1, 9, 10.0)), at.Shapley("exact_rate"))
    assert "rests on the 10 journeys that touched all 2 channels" in few.notes[-1]
    many = at.attribute(paths(("a", 5, 5, 50.0), ("a > b", 10, 90, 10.0)), at.Shapley("exact_rate"))
    assert not any("rests on" in note for note in many.notes)


def test_rates_of_one_are_told():
    credit = at.attribute(paths(("a", 5, 0, 50.0), ("a > b", 1, 0, 10.0)), at.Shapley("subset_rate"))
    assert any("no journey failed to convert" in note for note in credit.notes)


@pytest.mark.parametrize("game", GAMES)
def test_degenerate_journeys(game):
    model = at.Shapley(game)
    alone = at.attribute(paths(("a", 3, 4, 6.0), ("", 2, 0, 9.0)), model)
    assert alone.keys[0].tolist() == ["a", "(unattributed)"]
    assert alone.conversions.tolist() == [[3.0, 2.0]]
    assert alone.value.tolist() == [[6.0, 9.0]]
    lost = at.attribute(paths(("", 2, 0, 9.0)), model)
    assert lost.conversions.tolist() == [[2.0]]
    nothing = at.attribute(paths(("a", 0, 4, 0.0)), model)
    assert nothing.conversions.tolist() == [[0.0]]
    assert nothing.details["shapley"].to_frame()["share"].isna().all()
    journeys = paths(("a", 3, 4, 6.0)).take(np.zeros(2, np.bool_))
    assert at.attribute(journeys, model).conversions.tolist() == [[0.0]]


@pytest.mark.parametrize("ordered", [False, True])
def test_more_than_64_channels_in_closed_form(ordered):
    journeys = random_journeys(150)
    assert max(map(len, np.split(journeys.channel, journeys.offsets[1:-1]))) > 15
    credit = at.attribute(journeys, at.Shapley(ordered=ordered))
    equal = at.attribute(journeys, at.Linear(per="channel"))
    np.testing.assert_allclose(credit.conversions, equal.conversions, atol=1e-9)
    np.testing.assert_allclose(credit.value, equal.value, atol=1e-8)
    assert credit.details["shapley"].orders == 0


@pytest.mark.parametrize("n_channels", [3, 12, 30, 90])
def test_within_sets_is_exact_for_any_number_of_channels(n_channels):
    journeys = random_journeys(n_channels)
    credit = at.attribute(journeys, at.Shapley("within_set_rate"))
    solution = credit.details["shapley"]
    assert solution.orders == 0
    assert np.isnan(solution.standard_errors).all()
    assert credit.conversions.sum() == pytest.approx(journeys.n_conversions, abs=1e-9)
    # Relabelling channels changes which bits and words the sets have, and nothing else.
    order = np.random.default_rng(1).permutation(n_channels)
    relabelled = Journeys(
        journeys.channels,
        journeys.offsets,
        order[journeys.channel].astype(np.int16),
        journeys.converted,
        journeys.value,
    )
    other = at.attribute(relabelled, at.Shapley("within_set_rate"))
    np.testing.assert_allclose(other.conversions[0][order], credit.conversions[0], atol=1e-8)


def test_exact_rate_is_exact_for_any_number_of_channels():
    everyone = " > ".join(f"c{i:02d}" for i in range(40))
    rows = [(everyone, 30, 70, 300.0), *((f"c{i:02d}", 1, 3, 10.0) for i in range(39)), ("c39", 0, 4, 0.0)]
    credit = at.attribute(paths(*rows), at.Shapley("exact_rate"))
    values = credit.details["shapley"].shapley[:, 0]
    # 39 equal channels that have a rate of 1/4 alone, and one that has none; together they have 0.3.
    alone = 0.25 / 40
    last = 0.3 / 40 - 39 * 0.25 / (40 * 39)
    assert values[-1] == pytest.approx(last, abs=1e-14)
    assert values[0] == pytest.approx((0.3 - last) / 39, abs=1e-14)
    assert values[0] - values[-1] == pytest.approx(alone + 0.25 / (40 * 39), abs=1e-14)


def test_twenty_channels_are_exact_and_more_are_sampled():
    journeys = random_journeys(21, mean_length=6.0)
    model = at.Shapley("subset_rate", samples=2000, tolerance=0.0, rng=3)
    credit = at.attribute(journeys, model)
    solution = credit.details["shapley"]
    assert solution.orders >= 2000
    assert (solution.standard_errors > 0).all()
    assert credit.conversions.sum() == pytest.approx(journeys.n_conversions, abs=1e-8)
    assert credit.value.sum() == pytest.approx(journeys.value.sum(), abs=1e-6)
    note = next(note for note in credit.notes if "sampled" in note)
    assert "values of 21 channels were sampled over 2,016 orders" in note
    assert "raise samples" in note
    assert "sampled over 2,016 orders" in repr(solution)
    again = at.attribute(journeys, model)
    np.testing.assert_array_equal(again.conversions, credit.conversions)

    # The same with a limit that lets a table hold all coalitions.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shapley_games, "MOST_EXACT", 21)
        exact = at.attribute(journeys, model).details["shapley"]
    assert exact.orders == 0
    z = (solution.shapley - exact.shapley) / solution.standard_errors
    assert np.abs(z).max() < 4
    assert 0.5 < np.sqrt((z**2).mean()) < 1.5

    # A channel that no journey touches does not play.
    twenty = journeys.take(
        np.array([20 not in path for path in np.split(journeys.channel, journeys.offsets[1:-1])])
    )
    silent = at.attribute(twenty, model).details["shapley"]
    assert silent.players == 20
    assert silent.orders == 0
    assert silent.shapley[20].tolist() == [0.0, 0.0]


def test_a_bootstrap_of_many_channels_is_sampled_in_circles_alike():
    """Against every resample played exactly, which 15 channels allow: errors within 15%, sums the same.

    500 resamples of 24 channels and 4,000 sets take 5 s of one processor, where the second of each resample
    added up to a quarter of an hour.
    """
    journeys = random_journeys(15, n_journeys=1500, mean_length=4.0)
    users = np.sort(np.random.default_rng(1).integers(0, 1 << 63, 1500).astype(np.uint64) * 2)
    journeys = replace(journeys, user=users)
    model, options = at.Shapley("subset_rate"), {"bootstrap": 60, "buckets": 32, "rng": 2}
    sampled = at.attribute(journeys, model, **options)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shapley, "MOST_REPEATED", 15)
        exact = at.attribute(journeys, model, **options)
    np.testing.assert_array_equal(sampled.conversions, exact.conversions)
    for side in ("conversions", "value"):
        found, wanted = (getattr(each.bootstrap.samples, side)[:, 0] for each in (sampled, exact))
        np.testing.assert_allclose(found.sum(axis=1), wanted.sum(axis=1), rtol=1e-10)
        spread = wanted.std(axis=0)
        assert np.abs(found.std(axis=0) / spread - 1).max() < 0.15
        assert ((found - wanted).std(axis=0) / spread).mean() < 0.2
        assert np.abs((found - wanted).mean(axis=0) / spread).max() < 0.1


def test_a_reached_tolerance_is_told():
    journeys = random_journeys(30)
    credit = at.attribute(journeys, at.Shapley("subset_rate", tolerance=0.02))
    solution = credit.details["shapley"]
    whole = journeys.converted.mean()
    assert solution.standard_errors[:, 0].max() <= 0.02 * whole
    note = next(note for note in credit.notes if "sampled" in note)
    assert "raise samples" not in note


def test_many_channels_are_sampled():
    journeys = random_journeys(90, n_journeys=1500)
    credit = at.attribute(journeys, at.Shapley("subset_rate", samples=2, tolerance=0.0))
    assert credit.details["shapley"].orders == 32 * 2 * len(np.unique(journeys.channel))
    assert credit.conversions.sum() == pytest.approx(journeys.n_conversions, abs=1e-8)


def test_positions():
    journeys = paths(("a > b > a", 4, 0, 40.0), ("b", 2, 5, 2.0))
    solution = at.attribute(journeys, at.Shapley(ordered=True)).details["shapley"]
    frame = solution.by_position.to_frame()
    assert frame[["channel", "position", "conversions", "value"]].to_numpy().tolist() == [
        ["a", 1, 1.0, 10.0],
        ["a", 3, 1.0, 10.0],
        ["b", 1, 2.0, 2.0],
        ["b", 2, 2.0, 20.0],
    ]
    assert frame["share"].sum() == pytest.approx(1.0)
    assert "position" in repr(solution.by_position)
    assert at.attribute(journeys, at.Shapley()).details["shapley"].by_position is None


def test_effects_are_the_values():
    credit = at.attribute(paths(("a > b", 4, 0, 40.0), ("b", 2, 5, 2.0)), at.Shapley())
    solution = credit.details["shapley"]
    assert at.Shapley.effects(solution).tolist() == [[2.0, 20.0], [4.0, 22.0]]


def campaign_log():
    touches = pd.DataFrame(
        {
            "user_id": [1, 1, 1, 2, 2, 3, 4, 5],
            "time": pd.to_datetime("2026-01-01") + pd.to_timedelta(range(8), unit="h"),
            "channel": ["a", "b", "a", "b", "a", "b", "a", "c"],
            "campaign": ["x", "x", "y", "y", "y", "x", "x", "x"],
        }
    )
    conversions = pd.DataFrame(
        {"user_id": [1, 2, 4, 9], "time": pd.to_datetime(["2026-01-02"] * 4), "value": [10.0, 20.0, 5.0, 1.0]}
    )
    return at.read_log(touches, conversions, at.LogSchema(dims=("campaign",)))


@pytest.mark.parametrize("game", ["subset_conversions", "within_set_rate"])
def test_breakdowns_sum_to_the_channel_table(game):
    log = campaign_log()
    whole = at.attribute(log, at.Shapley(game)).to_frame().set_index("channel")
    parts = at.attribute(log, ["linear", at.Shapley(game)], by=("channel", "campaign"))
    frame = parts.to_frame()
    summed = frame[frame["model"] == "shapley"].groupby("channel")[["conversions", "value"]].sum()
    for channel, row in summed.iterrows():
        assert row.tolist() == pytest.approx(whole.loc[channel, ["conversions", "value"]].tolist(), abs=1e-12)
    assert parts.details["shapley"].game == game
    # User 1 touched a in both campaigns, users 2 and 4 in one each.
    a = frame[(frame["model"] == "shapley") & (frame["channel"] == "a")].set_index("campaign")["conversions"]
    assert (a > 0).all()


def test_credit_without_a_touch_gets_a_cell_of_its_own_in_a_breakdown():
    log = campaign_log()
    model = at.Shapley("subset_rate")
    wanted = at.attribute(log, model).to_frame().set_index("channel").loc["c", "conversions"]
    assert wanted < 0
    frame = at.attribute(log, model, by=("channel", "campaign")).to_frame().set_index("channel")
    assert frame.loc["c", "campaign"] == "(none)"
    assert frame.loc["c", "conversions"] == pytest.approx(wanted)
    with pytest.raises(JourneyError):
        at.attribute(log, model, by=("channel", "campain"))


@pytest.mark.parametrize("game", GAMES)
def test_parts_of_the_users_give_what_all_of_them_give(game):
    journeys = random_journeys(6, mean_length=6.0)
    model = at.Shapley(game)
    third = np.arange(len(journeys)) % 3
    parts = [model.tally(journeys.take(third == part)) for part in range(3)]
    whole = model.solve(model.tally(journeys))
    merged = model.solve(parts[2] + parts[0] + parts[1])
    np.testing.assert_array_equal(merged.conversions, whole.conversions)
    np.testing.assert_allclose(merged.value, whole.value, rtol=1e-12)
