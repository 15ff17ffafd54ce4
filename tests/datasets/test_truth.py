"""The stated truth is what the world loses without the channel, and what a holdout measures."""

from __future__ import annotations

import math

import numpy as np
import pytest

from attribution.datasets import retailer, simulate
from attribution.datasets.calendar import make_calendar
from attribution.datasets.sampling import Source
from attribution.datasets.truth import measure
from attribution.datasets.world import make_world
from tests.sizes import sizes

HOLDOUT = {"email": 0.3, "paid_search": 0.5, "video": 0.4}


@pytest.fixture(scope="module")
def data():
    return simulate(12_000, seed=8, holdout=HOLDOUT)


def truth(dataset):
    return dataset.truth.to_pandas().set_index("channel")


def totals(dataset):
    users = dataset.users.to_pandas()
    return users.purchases.sum(), users["value"].sum()


@pytest.mark.parametrize("channel", retailer.CHANNEL_NAMES)
def test_the_world_without_a_channel_lacks_what_the_truth_says(data, channel):
    purchases, value = totals(data)
    fewer, less = totals(simulate(12_000, seed=8, holdout=HOLDOUT, without=channel))
    stated = truth(data).loc[channel]
    assert purchases - fewer == stated.conversions
    assert value - less == pytest.approx(stated["value"], abs=0.01)


def test_a_channel_that_is_off_causes_nothing_but_still_would():
    off = truth(simulate(12_000, seed=8, without=["video"]))
    on = truth(simulate(12_000, seed=8))
    assert off.loc["video", ["touches", "cost", "conversions", "value", "expected_conversions"]].sum() == 0
    assert off.loc["video", "effect_conversions"] == on.loc["video", "effect_conversions"] > 0
    assert off.loc["video", "reach"] == on.loc["video", "reach"]


def test_without_a_holdout_the_total_is_the_effect_on_everyone():
    stated = truth(simulate(5_000, seed=1))
    assert np.allclose(stated.expected_conversions, 5_000 * stated.effect_conversions, atol=1e-5)
    assert np.allclose(stated.expected_value, 5_000 * stated.effect_value, atol=1e-2)


@pytest.mark.parametrize(
    "held_out", [(), ("email", "paid_search", "affiliate"), ("organic_search", "direct")]
)
def test_expected_effects_equal_a_plain_reading_of_the_equations(held_out):
    world = make_world(Source(3), make_calendar(np.datetime64("2025-01-01"), 120, 1.0), 700, {})
    withheld = {retailer.CHANNEL_CODE[name]: Source(9).uniform(name, 700) < 0.5 for name in held_out}
    _, _, effects = measure(world, withheld)
    for code, name in enumerate(retailer.CHANNEL_NAMES):
        on, off = plain_hazards(world, withheld, code, False), plain_hazards(world, withheld, code, True)
        gain = sum(math.exp(-off[i]) - math.exp(-on[i]) for i in on)
        converted = 0.0
        for user in range(700):
            mine = [i for i in on if world.missions.user[i] == user]
            converted += math.exp(-sum(off[i] for i in mine)) - math.exp(-sum(on[i] for i in mine))
        kept = [i for i in on if code not in withheld or not withheld[code][world.missions.user[i]]]
        value = sum((math.exp(-off[i]) - math.exp(-on[i])) * world.missions.mean_value[i] for i in kept)
        assert effects[code].effect_conversions == pytest.approx(gain / 700, abs=1e-14), name
        assert effects[code].effect_converted == pytest.approx(converted / 700, abs=1e-14), name
        assert effects[code].expected_value == pytest.approx(value, abs=1e-9), name


def plain_hazards(world, withheld, switched, off):
    """Hazard of each mission that ends in the log, one channel switched for everyone: mission by mission."""
    hazards = {}
    missions = world.missions
    for i in np.flatnonzero(missions.decision < 120 * 86_400).tolist():
        user = missions.user[i]
        segment = world.users.segment[user]
        closed = {code for code, mask in withheld.items() if mask[user]} - {switched}
        closed |= {switched} if off else set()
        origin = missions.origin[i]
        if origin >= 0 and retailer.STREAM_CHANNEL[origin] in closed:
            hazards[i] = 0.0
            continue
        counts = dict.fromkeys(range(len(retailer.CHANNELS)), 0)
        for stream, facts in enumerate(retailer.STREAMS):
            channel = retailer.STREAM_CHANNEL[stream]
            if channel in closed:
                channel = retailer.CHANNEL_CODE.get(facts.fallback, -1)
            if channel >= 0 and channel not in closed:
                counts[channel] += int(missions.touches[stream, i])
        hazards[i] = missions.base[i] + sum(
            retailer.CHANNELS[code].effect[segment] * sum(0.5**k for k in range(n))
            for code, n in counts.items()
        )
    return hazards


def test_expectation_and_realisation_agree_over_worlds():
    gaps, spread = [], []
    for seed in range(40):
        stated = truth(simulate(4_000, seed=100 + seed, days=180))
        gaps.append(stated.conversions.sum() - stated.expected_conversions.sum())
        spread.append(stated.expected_conversions.sum())
    assert abs(np.mean(gaps)) < 4 * np.std(gaps, ddof=1) / math.sqrt(len(gaps))
    assert np.mean(spread) > 20


# Four standard errors of a standard deviation, which are 9% each in 60 worlds and 16% in 20.
@sizes(few=(20, 0.5, 1.6), full=(60, 0.75, 1.3))
@pytest.mark.parametrize("channel", ["email", "retargeting", "paid_search"])
def test_the_holdout_measures_the_truth_on_average(channel, size):
    n_worlds, least, most = size
    scores = {"converted": [], "purchases": [], "value": []}
    names = {"converted": "effect_converted", "purchases": "effect_conversions", "value": "effect_value"}
    for seed in range(n_worlds):
        world = simulate(4_000, seed=500 + seed, days=200, holdout={channel: 0.5, "video": 0.2})
        users, stated = world.users.to_pandas(), truth(world).loc[channel]
        treated = users[f"arm_{channel}"] == "treatment"
        for outcome, effect in names.items():
            one, other = users[outcome][treated], users[outcome][~treated]
            error = math.sqrt(one.var() / len(one) + other.var() / len(other))
            scores[outcome].append((one.mean() - other.mean() - stated[effect]) / error)
    for outcome, z in scores.items():
        assert abs(np.mean(z)) < 3.5 / math.sqrt(len(z)), outcome
        assert least < np.std(z, ddof=1) < most, outcome


def test_a_useless_channel_causes_nothing():
    names = retailer.CHANNEL_NAMES
    none = truth(simulate(3_000, seed=2, effects={name: 0 for name in names if name != "paid_search"}))
    others = none.drop(index="paid_search")
    assert (others[["conversions", "expected_conversions", "effect_converted"]] == 0).all(axis=None)
    # brand clicks that come through organic search instead lose their effect on the way
    assert none.loc["paid_search", "expected_conversions"] > 0
    twice = truth(simulate(3_000, seed=2, effects={"email": 3.0}))
    assert (
        twice.loc["email", "expected_conversions"]
        > truth(simulate(3_000, seed=2)).loc["email", "expected_conversions"]
    )


def test_the_withheld_are_not_touched_and_exposure_is_what_the_log_shows(data):
    touches, users = data.touches.to_pandas(), data.users.to_pandas().set_index("user_id")
    for channel, share in HOLDOUT.items():
        touched = set(touches.user_id[touches.channel == channel])
        held_out = users[f"arm_{channel}"] == "holdout"
        assert abs(held_out.mean() - share) < 0.02
        assert not touched & set(users.index[held_out])
        assert touched == set(users.index[users[f"exposed_{channel}"]])
        eligible = users[f"eligible_{channel}"]
        assert eligible.mean() == pytest.approx(truth(data).reach[channel])
        assert abs(eligible[held_out].mean() - eligible[~held_out].mean()) < 0.03


def test_brand_searchers_come_through_organic_search_when_paid_search_is_off():
    on, off = (
        simulate(5_000, seed=6, without=without).touches.to_pandas() for without in ((), "paid_search")
    )
    brand = (on.campaign == "brand").sum()
    gained = (off.channel == "organic_search").sum() - (on.channel == "organic_search").sum()
    assert gained == brand > 0
    assert not (off.channel == "paid_search").any()


def test_retargeting_takes_the_credit_and_video_does_the_work():
    data = simulate(60_000, seed=12)
    purchases = data.conversions.to_pandas().query("goal == 'purchase'").sort_values("time")
    touches = data.touches.select(["user_id", "time", "channel"]).to_pandas().sort_values("time")
    last = pd_merge_last(purchases, touches)
    stated = truth(data)
    assert last["retargeting"] == last.drop(["organic_search"]).max()
    assert last["retargeting"] > 0.15 * len(purchases)
    assert stated.expected_conversions["retargeting"] < 0.02 * last["retargeting"]
    assert stated.expected_conversions["video"] > 3 * last["video"]
    assert stated.expected_conversions["paid_search"] < 0.6 * last["paid_search"]


def pd_merge_last(purchases, touches):
    import pandas as pd

    joined = pd.merge_asof(
        purchases[["user_id", "time"]], touches, on="time", by="user_id", tolerance=pd.Timedelta("30D")
    )
    return joined.channel.value_counts()
