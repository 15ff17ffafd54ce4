"""Worlds: each changes what it says, and its truth is what the same world loses without a channel."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from attribution.datasets import WORLDS, Process, retailer, simulate
from attribution.datasets.calendar import make_calendar
from attribution.datasets.sampling import Source
from attribution.datasets.truth import measure, strengths
from attribution.datasets.world import make_world
from attribution.errors import DatasetError

N, DAYS = 6_000, 150
HOLDOUT = {"email": 0.3, "paid_search": 0.2}


def truth(data):
    return data.truth.to_pandas().set_index("channel")


def purchases(data):
    return sum(data.users["purchases"].to_pylist())


@pytest.fixture(scope="module", params=WORLDS)
def name(request):
    return request.param


# ---------------------------------------------------------------------------------------- truth is exact


def test_the_truth_is_what_the_same_world_loses_without_the_channel(name):
    # By brute force: the world is run again with the same random numbers, the channel switched off.
    data = simulate(N, seed=8, days=DAYS, world=name, holdout=HOLDOUT)
    for channel in ("email", "video", "paid_search", "retargeting", "organic_search"):
        off = simulate(N, seed=8, days=DAYS, world=name, holdout=HOLDOUT, without=channel)
        caused = truth(data).loc[channel]
        assert purchases(data) - purchases(off) == caused.conversions, channel
        lost = sum(data.users["value"].to_pylist()) - sum(off.users["value"].to_pylist())
        assert lost == pytest.approx(caused["value"], abs=0.01), channel


def test_what_is_expected_is_what_happens_on_average(name):
    # Over 30 worlds of a kind realised and expected effects differ by chance alone: 4 standard errors.
    gaps = []
    for seed in range(30):
        stated = truth(simulate(1_500, seed=100 + seed, days=DAYS, world=name, holdout={"email": 0.5}))
        gaps.append((stated.conversions - stated.expected_conversions).sum())
    assert abs(np.mean(gaps)) <= 4 * np.std(gaps, ddof=1) / math.sqrt(len(gaps)) + 1e-9


def test_expected_purchases_of_word_of_mouth_by_hand():
    # P(i buys) = P(other buys) (1 - exp(-raised)) + P(other does not) (1 - exp(-plain)), mission by mission.
    process = WORLDS["word_of_mouth"]
    world = make_world(Source(3), make_calendar(np.datetime64("2025-01-01"), 120, 1.0), 700, {}, process)
    _, expected = strengths(world, {})
    plain, _ = strengths(dataclasses.replace(world, process=Process()), {})
    referrer = world.missions.referrer
    assert (referrer >= 0).sum() > 50
    for i in np.flatnonzero(referrer >= 0):
        other = 1 - math.exp(-plain[referrer[i]])
        high = plain[i] + 7 * world.missions.base[i]
        chance = other * (1 - math.exp(-high)) + (1 - other) * (1 - math.exp(-plain[i]))
        assert 1 - math.exp(-expected[i]) == pytest.approx(chance, abs=1e-14)
    alone = referrer < 0
    assert (expected[alone] == plain[alone]).all()


def test_a_mission_is_heard_of_by_others_and_before_theirs():
    process = WORLDS["word_of_mouth"]
    world = make_world(Source(4), make_calendar(np.datetime64("2025-01-01"), 200, 1.0), 3_000, {}, process)
    missions = world.missions
    pairs = np.flatnonzero(missions.referrer >= 0)
    other = missions.referrer[pairs]
    assert (missions.decision[other] <= missions.start[pairs]).all()
    assert (missions.user[other] != missions.user[pairs]).all()
    assert (missions.referrer[other] == -1).all()
    heard = missions.user[pairs] * len(missions.user) + other
    assert len(np.unique(heard)) == len(pairs)
    assert 0.5 < len(pairs) / len(missions.user) < 0.7


def test_a_channel_causes_more_where_purchases_are_talked_about():
    plain, talked = (truth(simulate(20_000, seed=5, world=w)) for w in ("retailer", "word_of_mouth"))
    gain = talked.expected_conversions.sum() / plain.expected_conversions.sum()
    assert 1.03 < gain < 1.5


def test_nobody_withheld_means_effects_of_everybody(name):
    # Without a holdout the expected effect is the effect per user times the users.
    stated = truth(simulate(2_000, seed=6, days=DAYS, world=name))
    assert np.allclose(stated.expected_conversions, 2_000 * stated.effect_conversions, atol=1e-5)


# ----------------------------------------------------------------------------- each changes what it says


def test_a_world_is_deterministic_and_says_its_name(name):
    one, two = (simulate(400, seed=2, days=90, world=name) for _ in range(2))
    assert one == two
    assert one.settings.get("world", "retailer") == name
    assert ("world" in one.settings) == (name != "retailer")


def test_sixteen_worlds_of_which_one_is_the_retailer():
    assert len(WORLDS) == 16
    assert WORLDS["retailer"] == Process()
    assert len({repr((p, p.streams)) for p in WORLDS.values()}) == 16


def test_nothing_causes_anything_in_the_null_world():
    stated = truth(simulate(4_000, seed=1, world="null"))
    assert (stated[["conversions", "expected_conversions", "effect_converted"]] == 0).all(axis=None)


def test_retargeting_causes_next_to_nothing_but_where_it_works():
    shares = {}
    for world in ("retailer", "closers", "working_retargeting"):
        stated = truth(simulate(20_000, seed=3, world=world))
        stated = stated[stated.cost > 0].expected_conversions
        shares[world] = stated["retargeting"] / stated.sum()
    assert shares["retailer"] < 0.02
    assert shares["working_retargeting"] > 0.15
    assert shares["closers"] > 0.15


@pytest.mark.parametrize("channel", ["retargeting", "direct", "affiliate"])
def test_touches_follow_intent_as_the_world_says(channel):
    # Intent shows in the base hazard. With a chase of 0 counts are Poisson whatever it is: correlation 0.
    def follows(world):
        calendar = make_calendar(np.datetime64("2025-01-01"), 200, 1.0)
        missions = make_world(Source(4), calendar, 20_000, {}, WORLDS[world]).missions
        own = missions.origin < 0
        counts = missions.touches[retailer.main_stream(channel)][own]
        return np.corrcoef(counts, missions.base[own])[0, 1], own.sum()

    (none, n), (usual, _), (hard, _) = (follows(w) for w in ("no_chase", "retailer", "hard_chase"))
    assert abs(none) < 4 / math.sqrt(n)
    assert 0.1 < usual < hard


def test_heavy_users_meet_more_media_and_buy_more():
    def together(world):
        calendar = make_calendar(np.datetime64("2025-01-01"), 10, 1.0)
        users = make_world(Source(1), calendar, 40_000, {}, WORLDS[world]).users
        return np.corrcoef(np.log(users.media), np.log(users.propensity))[0, 1], users.media.mean()

    correlation, mean = together("heavy_users")
    # log media = .6 Z + .5 Y with log propensity = .5 Y: correlation .5 / sqrt(.36 + .25) = .640
    assert correlation == pytest.approx(0.5 / math.sqrt(0.61), abs=0.01)
    assert mean == pytest.approx(1.0, abs=0.02)
    assert abs(together("retailer")[0]) < 0.02


def test_identity_loss_splits_ids_and_nothing_else():
    plain, lost = (simulate(3_000, seed=9, world=w, dirt=True, bots=1) for w in ("retailer", "identity_loss"))
    for table in ("truth", "spend", "users", "identities", "conversions"):
        assert getattr(plain, table) == getattr(lost, table)
    others = [c for c in plain.touches.column_names if c not in ("user_id", "device_id")]
    assert plain.touches.select(others) == lost.touches.select(others)
    assert plain.touches["user_id"].null_count == lost.touches["user_id"].null_count
    pair = plain.touches.select(["user_id"]).to_pandas()
    pair["seen"] = lost.touches["user_id"].to_pandas()
    assert (pair.groupby("seen").user_id.nunique() == 1).all(), "no cookie joins two users"
    cookie = pair.seen.fillna("").str.startswith("k")
    assert 0.2 < cookie.mean() < 0.8
    assert (pair.user_id == pair.seen)[~cookie & pair.seen.notna()].all()


def test_consent_takes_touches_from_the_log_and_nothing_else():
    plain, gaps = (simulate(20_000, seed=9, world=w) for w in ("retailer", "consent_gaps"))
    causes = ["channel", "cost", "conversions", "expected_conversions", "effect_converted", "reach"]
    assert plain.truth.select(causes) == gaps.truth.select(causes)
    assert plain.users == gaps.users
    assert plain.spend == gaps.spend
    assert plain.conversions == gaps.conversions
    ratio = truth(gaps).touches / truth(plain).touches
    for channel in retailer.CHANNEL_NAMES:
        share = WORLDS["consent_gaps"].consent.get(channel, 1.0)
        assert ratio[channel] == pytest.approx(share, abs=0.05), channel


def test_triggered_email_comes_late_and_never_out_of_the_blue():
    calendar = make_calendar(np.datetime64("2025-01-01"), 200, 1.0)
    world = make_world(Source(1), calendar, 5_000, {}, WORLDS["triggered_email"])
    email = retailer.main_stream("email")
    assert len(world.ambient_user[email]) == 0
    assert not (world.missions.origin == email).any()
    assert world.missions.touches[email].sum() > 0


def test_missions_are_longer_where_lags_are_long():
    calendar = make_calendar(np.datetime64("2025-01-01"), 200, 1.0)
    longest = make_world(Source(1), calendar, 5_000, {}, WORLDS["long_lags"]).missions
    assert 75 < (longest.decision - longest.start).max() / 86_400 <= 84


def test_two_channels_together_do_more_than_each():
    # In the world of synergy the hazard is the retailer's, and .15, .12 or .10 where both of a pair touch.
    calendar = make_calendar(np.datetime64("2025-01-01"), 120, 1.0)
    worlds = [make_world(Source(2), calendar, 4_000, {}, WORLDS[w]) for w in ("retailer", "synergy")]
    gained = measure(worlds[1], {})[0] - measure(worlds[0], {})[0]
    touched = np.zeros((len(retailer.CHANNELS), len(gained)), dtype=bool)
    for stream, code in enumerate(retailer.STREAM_CHANNEL):
        touched[code] |= worlds[0].missions.touches[stream] > 0
    code = retailer.CHANNEL_CODE
    pairs = (("video", "paid_search", 0.15), ("display", "email", 0.12), ("social", "organic_search", 0.10))
    expected = sum(gain * (touched[code[a]] & touched[code[b]]) for a, b, gain in pairs)
    assert np.allclose(gained, expected)


# ---------------------------------------------------------------------------------------- errors that teach


@pytest.mark.parametrize(
    ("make", "taught"),
    [
        (lambda: simulate(10, world="closer"), "did you mean 'closers'"),
        (lambda: simulate(10, world=3), "no world 3"),
        (lambda: Process(effects={"emall": 1.0}), "did you mean 'email'"),
        (lambda: Process(effects={"email": -1.0}), "at least 0"),
        (lambda: Process(consent={"email": 2.0}), "between 0 and 1"),
        (lambda: Process(returning=float("nan")), "between 0 and 1"),
        (lambda: Process(mission_longest=5), "at least 900"),
        (lambda: Process(synergy=(("email", "vido", 0.1),)), "did you mean 'video'"),
        (lambda: Process(streams=retailer.STREAMS[1:]), "differ from the retailer's"),
    ],
)
def test_impossible_worlds_teach(make, taught):
    with pytest.raises(DatasetError) as caught:
        make()
    assert taught in str(caught.value)
