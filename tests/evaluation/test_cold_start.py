"""observe_incremental: counts against plain Python, one answer on every engine, known truths."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.errors import EngineError, ModelError
from attribution.evaluation.cold_estimate import estimate
from attribution.evaluation.cold_result import ESTIMATED, FEW, FOLLOWS
from attribution.evaluation.cold_tally import DAY, GROUPS, ColdTally, ColdTask
from tests.sizes import sizes

OWN = ("direct", "organic_search", "store_visit", "call_centre")
PAID = (
    "affiliate",
    "direct_mail",
    "display",
    "email",
    "paid_search",
    "retargeting",
    "sms",
    "social",
    "video",
)
PUSHED = ("direct_mail", "display", "email", "sms", "social", "video")
QUIET, HORIZON = 21, 30
TASK = ColdTask((14 * DAY, QUIET * DAY, 30 * DAY), HORIZON * DAY, ("direct",))
START = pd.Timestamp("2025-01-01", tz="UTC")


def tallied(touches, conversions, task=TASK):
    """The tally of rows (user, day, channel) and (user, day), in a log of 120 days."""
    edges = [(10_000, 0.0, "direct"), (10_000, 120.0, "direct")]
    rows = pd.DataFrame([*touches, *edges], columns=["user_id", "day", "channel"])
    bought = pd.DataFrame(conversions, columns=["user_id", "day"])
    for frame in (rows, bought):
        frame["time"] = START + pd.to_timedelta(frame.pop("day"), unit="D")
    log = at.read_log(rows, bought) if len(bought) else at.read_log(rows, {"user_id": [9], "time": [START]})
    return task(at.build_journeys(log, lookback="unlimited"))


TIMES = st.integers(0, 480).map(lambda quarter: quarter / 4)
TOUCHES = st.lists(
    st.tuples(st.integers(1, 4), TIMES, st.sampled_from(["direct", "email", "tv"])), max_size=25
)
CONVERSIONS = st.lists(st.tuples(st.integers(1, 4), TIMES), min_size=1, max_size=8)


def counted(touches, conversions, channel):
    """What the tally holds of a channel, written from the definitions: a loop over touches."""
    begin = max(QUIET, 14)
    late = [(user, day) for user, day, name in touches if name == channel and day >= begin]

    def earlier(user, day, length, names=None):
        return [
            1
            for other, time, name in touches
            if other == user and day - length <= time < day and (names is None or name in names)
        ]

    cold = [(user, day) for user, day in late if not earlier(user, day, QUIET)]
    followed = sum(
        1
        for user, day in cold
        for buyer, time in conversions
        if buyer == user and day < time <= min(day + HORIZON, 120)
    )
    before = [1 for user, day in late if earlier(user, day, 14, ("direct",))]
    total = sum(1 for _, _, name in touches if name == channel)
    return total, len(late), len(before), len(cold), followed


@given(TOUCHES, CONVERSIONS)
@settings(deadline=None, max_examples=60)
def test_counts_are_those_of_the_definitions(touches, conversions):
    tally = tallied(touches, conversions)
    edges = [(10_000, 0.0, "direct"), (10_000, 120.0, "direct")]
    for code, name in enumerate(tally.channels):
        cold = tally.cold[1][:, code].sum(axis=(0, 1))
        found = (*tally.touches[1][:, code].sum(axis=0), *cold)
        assert found == counted([*touches, *edges], conversions, name)


@given(TOUCHES, CONVERSIONS)
@settings(deadline=None, max_examples=30)
def test_tallies_of_disjoint_users_add_up_exactly(touches, conversions):
    # Edges of the log and its channels are the same in every part, as engines see to.
    names = [(10_000, 1.0, name) for name in ("direct", "email", "tv")]
    whole = tallied([*touches, *names], conversions)
    journeys = at.build_journeys(
        at.read_log(
            pd.DataFrame(
                [
                    (user, START + pd.Timedelta(days=day), name)
                    for user, day, name in [
                        *touches,
                        *names,
                        (10_000, 0.0, "direct"),
                        (10_000, 120.0, "direct"),
                    ]
                ],
                columns=["user_id", "time", "channel"],
            ),
            pd.DataFrame(
                [(user, START + pd.Timedelta(days=day)) for user, day in conversions],
                columns=["user_id", "time"],
            ),
        ),
        lookback="unlimited",
    )
    odd = journeys.user % np.uint64(2) == 1
    parts = TASK(journeys.take(np.flatnonzero(odd))) + TASK(journeys.take(np.flatnonzero(~odd)))
    same(parts, whole)


def same(one: ColdTally, other: ColdTally) -> None:
    for field in fields(ColdTally):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


def test_stretches_by_hand():
    # User 1 buys after direct and email, and is mailed again; 2 and 3 are started by tv, and do not buy.
    one = [(1, 30, "direct"), (1, 31, "email"), (1, 60, "email")]
    two = [(2, 40, "tv"), (2, 41, "direct")]
    three = [(3, 50, "tv"), (3, 51, "email"), (3, 51.5, "email"), (3, 52, "email"), (3, 52, "direct")]
    tally = tallied([*one, *two, *three], [(1, 32.0)])
    gram, moment = tally.gram[1].sum(axis=0), tally.moment[1].sum(axis=0)
    # Terms: 1, direct, email, tv, placebo, started by email, by tv. The last row is the edge of the log.
    kept = [0, 1, 2, 3, 5, 6]
    rows = np.array([[1, 1, 1, 0, 0, 0], [1, 1, 0, 1, 0, 1], [1, 1, 2, 1, 0, 1], [1, 1, 0, 0, 0, 0]])
    np.testing.assert_array_equal(gram[np.ix_(kept, kept)], rows.T @ rows)
    np.testing.assert_array_equal(moment[kept], [1, 1, 1, 0, 0, 0])
    assert tally.channels == ("direct", "email", "tv")
    np.testing.assert_array_equal(tally.helped[1].sum(axis=0)[:3], [0, 3, 0])


def test_conversions_at_one_instant_share_their_touches_once():
    one = tallied([(1, 30, "email")], [(1, 40.0)])
    two = tallied([(1, 30, "email")], [(1, 40.0), (1, 40.0)])
    np.testing.assert_array_equal(one.touches, two.touches)
    assert two.cold[1][:, 1, :, 1].sum() == 2  # both follow


def test_replicates_are_estimates_of_the_groups_that_were_drawn():
    data = at.datasets.simulate(3000, seed=3)
    journeys = at.build_journeys(
        at.read_log(data.touches, data.conversions), lookback="unlimited", goal="purchase"
    )
    task = ColdTask(TASK.quiet, TASK.horizon, OWN)
    own = np.isin(np.array(journeys.channels, dtype=object), OWN)
    half = np.arange(GROUPS) % 2 == 0
    chosen = half[(journeys.user % np.uint64(GROUPS)).astype(np.int64)]
    part = estimate(task(journeys.take(np.flatnonzero(chosen))), own, np.ones((1, GROUPS)), 1)
    weighted = estimate(task(journeys), own, half[None].astype(float), 1)
    np.testing.assert_allclose(part.caused, weighted.caused, rtol=1e-6, atol=1e-6)


@pytest.fixture(scope="module")
def sample():
    made = at.load_sample("retailer")
    return at.read_log(made.touches, made.conversions)


@pytest.fixture(scope="module")
def found(sample):
    return at.observe_incremental(sample, own=OWN, goal="purchase", engine="memory")


@pytest.mark.parametrize("buckets", [4, 64])
def test_a_stream_gives_the_same_as_memory(sample, found, buckets):
    engine = at.Stream(buckets=buckets)
    again = at.observe_incremental(sample, own=OWN, goal="purchase", engine=engine)
    pd.testing.assert_frame_equal(again.to_frame(), found.to_frame(), check_exact=True)
    pd.testing.assert_frame_equal(again.controls(), found.controls(), check_exact=True)


def test_what_follows_is_refused_and_what_is_pushed_is_estimated(found):
    told = dict(zip(found.channels, found.verdicts, strict=True))
    assert {name for name, verdict in told.items() if verdict == FOLLOWS} == {
        "affiliate",
        "paid_search",
        "retargeting",
    }
    assert {name for name, verdict in told.items() if verdict == ESTIMATED} == set(PUSHED)
    frame = found.to_frame()
    refused = frame[frame["verdict"] != ESTIMATED]
    assert refused[["incremental", "ci_low", "ci_high"]].isna().all(axis=None)
    assert (frame["ci_low"] <= frame["incremental"]).sum() == len(PUSHED)
    assert found.checks.passed
    assert not set(OWN) & set(found.channels)


def test_words_say_what_is_known_and_what_is_not(found):
    text = found.summary()
    assert "Not estimated: affiliate, paid_search, retargeting" in text
    assert "Observed, not tested" in text
    assert "Check placebo passed" in text
    assert "ci_low" in found._repr_html_()


def test_a_few_touches_are_too_few():
    data = at.datasets.simulate(400, seed=1)
    log = at.read_log(data.touches, data.conversions)
    few = at.observe_incremental(log, own=OWN, goal="purchase", bootstrap=50)
    verdicts = dict(zip(few.channels, few.verdicts, strict=True))
    assert verdicts["sms"] == FEW
    assert np.isnan(few.incremental[few.channels.index("sms")])


def world(effects, seed, n, **options):
    data = at.datasets.simulate(n, seed=seed, effects=effects, **options)
    seen = at.observe_incremental(
        at.read_log(data.touches, data.conversions), own=OWN, goal="purchase", bootstrap=20
    )
    truth = data.truth.to_pandas().set_index("channel")["expected_conversions"]
    return seen, truth


WORLDS = {
    "retailer": {},
    "strong ads": {"effects": dict.fromkeys(PAID, 2.5)},
    "other strengths": {"effects": {"display": 3.0, "social": 2.0, "video": 0.5}},
    "no seasons": {"effects": None, "seasonality": 0.0},
}


@sizes(few=(40_000, (1,)), full=(60_000, (1, 2, 3, 4)))
@pytest.mark.parametrize("name", WORLDS)
def test_shares_and_level_of_pushed_channels_are_near_the_truth(name, size):
    # Simulation of known truth: share error under .12 and level in [.7, 1.3], as means over seeds.
    n, seeds = size
    scores = []
    for seed in seeds:
        seen, truth = world(**({"effects": None} | WORLDS[name]), seed=seed, n=n)
        frame = seen.to_frame().set_index("channel").loc[list(PUSHED)]
        told, caused = frame["incremental"].clip(lower=0), truth[list(PUSHED)]
        error = (told / told.sum() - caused / caused.sum()).abs().sum() / 2
        scores.append((error, frame["incremental"].sum() / caused.sum()))
        told_of = dict(zip(seen.channels, seen.verdicts, strict=True))
        assert {told_of["retargeting"], told_of["affiliate"]} == {FOLLOWS}
    error, level = np.mean(scores, axis=0)
    assert error < 0.12
    assert 0.7 < level < 1.3


@sizes(few=(40_000, (2, 3)), full=(60_000, (1, 2, 3, 4)))
def test_where_nothing_is_caused_little_is_found(size):
    # Simulation: every effect 0. Rules credit 51 to 76% of the conversions there.
    n, seeds = size
    sums = []
    for seed in seeds:
        seen, truth = world(dict.fromkeys((*PAID, *OWN), 0.0), seed, n)
        assert not truth.any()
        sums.append(np.nansum(seen.incremental) / seen.conversions)
    assert np.mean(sums) < 0.15


def test_mail_that_behaviour_triggers_is_refused():
    # E-mail is sent some hours after what users did of themselves, in place of at any time.
    data = at.datasets.simulate(5000, seed=2)
    rows = data.touches.select(["user_id", "time", "channel"]).to_pandas()
    mails = int((rows["channel"] == "email").sum())
    mine = rows[rows["channel"].isin(OWN)].sample(mails, random_state=1, replace=True)
    delay = pd.to_timedelta(np.random.default_rng(1).exponential(6, mails), unit="h")
    sent = mine.assign(time=(mine["time"] + delay).astype(mine["time"].dtype), channel="email")
    log = at.read_log(pd.concat([rows[rows["channel"] != "email"], sent]), data.conversions)
    seen = at.observe_incremental(log, own=OWN, goal="purchase", bootstrap=20)
    assert seen.verdicts[seen.channels.index("email")] == FOLLOWS
    assert seen.follow_ratio[seen.channels.index("email")] > 0.5


def test_the_placebo_fails_where_what_is_touched_buys_of_itself():
    # Nothing causes anything; heavy users are sent ten times the touches and buy ten times as often.
    rng = np.random.default_rng(4)
    heavy = rng.random(6000) < 0.15
    rate = np.where(heavy, 10.0, 1.0)

    def drawn(each, channel):
        user = np.repeat(np.arange(6000), rng.poisson(each))
        day = rng.uniform(0, 365, len(user))
        return pd.DataFrame(
            {"user_id": user, "time": START + pd.to_timedelta(day, unit="D"), "channel": channel}
        )

    touches = pd.concat([drawn(0.8 * rate, "email"), drawn(np.full(6000, 0.5), "direct")])
    conversions = drawn(0.2 * rate, "x").drop(columns="channel")
    seen = at.observe_incremental(at.read_log(touches, conversions), own="direct", bootstrap=200)
    assert seen.checks["placebo"].passed is False
    assert "Check placebo failed" in seen.summary()
    assert "Check placebo failed" in repr(seen)


def test_quiet_length_fails_where_touches_cluster():
    # Nothing causes anything; people who think of buying get display touches every ten days for two months.
    rng = np.random.default_rng(5)
    users = np.arange(8000)
    begun = rng.uniform(60, 300, 8000)
    steps = np.arange(6)
    touches = pd.DataFrame(
        {
            "user_id": np.repeat(users, 6),
            "day": (begun[:, None] + steps * 18 + rng.uniform(0, 6, (8000, 6))).ravel(),
            "channel": "display",
        }
    )
    own = pd.DataFrame({"user_id": users, "day": rng.uniform(0, 400, 8000), "channel": "direct"})
    rows = pd.concat([touches, own])
    late = rng.random(8000) < 0.4
    bought = pd.DataFrame({"user_id": users[late], "day": begun[late] + rng.uniform(60, 110, late.sum())})
    for frame in (rows, bought):
        frame["time"] = START + pd.to_timedelta(frame.pop("day"), unit="D")
    seen = at.observe_incremental(at.read_log(rows, bought), own="direct", bootstrap=50)
    assert seen.checks["quiet_length"].passed is False


def test_what_cannot_be_observed_is_refused(sample):
    with pytest.raises(ModelError, match="no channel is named"):
        at.observe_incremental(sample)
    with pytest.raises(ModelError, match="organic_search"):
        at.observe_incremental(sample, own="organic")
    with pytest.raises(ModelError, match="every channel"):
        at.observe_incremental(sample, own=(*OWN, *PAID))
    data = at.datasets.simulate(500, days=50, seed=1)
    with pytest.raises(ModelError, match="the log is 50 days long") as caught:
        at.observe_incremental(at.read_log(data.touches, data.conversions), own="direct")
    assert caught.value.hint == 'quiet="12D", horizon="12D"'
    with pytest.raises(EngineError, match="settled periods"):
        at.observe_incremental(sample, own="direct", engine=at.Increments("state"))
    many = pd.DataFrame({"user_id": np.arange(200), "time": START + pd.to_timedelta(np.arange(200), unit="D"),
                         "channel": [f"c{n % 50}" for n in range(200)]})  # fmt: skip
    with pytest.raises(ModelError, match="50 channels, and at most 40"):
        at.observe_incremental(
            at.read_log(many, {"user_id": [1], "time": ["2025-03-01T00:00Z"]}), own="c1", goal=None
        )
