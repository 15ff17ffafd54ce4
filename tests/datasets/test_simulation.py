"""The simulated log: deterministic, plausible, found by the reader's defaults, dirty only as asked."""

from __future__ import annotations

import datetime as dt
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from attribution.datasets import retailer, simulate
from attribution.datasets.dirt import DEFAULT_DIRT
from attribution.datasets.sampling import pick, poisson_quantile

DAY = dt.timedelta(days=1)
START = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


def column(table: pa.Table, name: str) -> np.ndarray:
    return np.array(table[name].to_pylist(), dtype=object)


@pytest.fixture(scope="module")
def data():
    return simulate(20_000, seed=11, holdout={"email": 0.3, "paid_search": 0.5, "retargeting": 0.2})


# ------------------------------------------------------------------------------------------ determinism


def test_the_same_seed_gives_the_same_dataset():
    asked = {"n_users": 3_000, "seed": 5, "holdout": {"email": 0.2}, "bots": 2, "dirt": True}
    assert simulate(**asked) == simulate(**asked)


def test_another_seed_gives_another_dataset():
    assert simulate(1_000, seed=5).touches != simulate(1_000, seed=6).touches


def test_a_holdout_leaves_the_rest_of_the_world_as_it_was(data):
    plain = simulate(20_000, seed=11)
    same = [name for name in plain.users.column_names if name not in {"purchases", "converted", "value"}]
    assert plain.users.select(same) == data.users.select(same)
    untouched = column(data.users, "user_id")[
        (column(data.users, "arm_email") == "treatment")
        & (column(data.users, "arm_paid_search") == "treatment")
        & (column(data.users, "arm_retargeting") == "treatment")
    ]
    of_them = pa.array(untouched, pa.string())

    def theirs(dataset):
        return dataset.touches.filter(pc.is_in(dataset.touches["user_id"], of_them))

    assert theirs(plain).num_rows > 0
    assert theirs(plain) == theirs(data)


def test_arms_of_ones_own_are_as_good_as_drawn_ones(data):
    held = {name: column(data.users, f"arm_{name}") == "holdout" for name in data.settings["holdout"]}
    given = simulate(20_000, seed=11, holdout=held)
    assert all(given.settings["holdout"][name] == "given" for name in held)
    for table in ("touches", "conversions", "spend", "users", "truth"):
        assert getattr(given, table) == getattr(data, table)


def test_dirt_and_bots_leave_truth_users_and_spend_alone():
    plain = simulate(4_000, seed=3)
    dirty = simulate(4_000, seed=3, bots=3, dirt=True)
    for name in ("truth", "users", "spend", "identities"):
        assert getattr(plain, name) == getattr(dirty, name)
    assert plain.touches != dirty.touches


def test_no_distribution_but_uniforms_is_drawn(monkeypatch):
    drawn = []
    original = np.random.Generator

    class Uniforms:
        def __init__(self, bits):
            self.bits = original(bits)

        def random(self, n):
            drawn.append(n)
            return self.bits.random(n)

    monkeypatch.setattr(np.random, "Generator", Uniforms)
    simulate(200, bots=1, dirt=True, holdout={"sms": 0.5})
    assert drawn


def test_inversion_agrees_with_the_distribution_function():
    scipy_stats = pytest.importorskip("scipy.stats")
    u = np.linspace(0, 1, 4_001)[:-1]
    for mean in (0.0, 0.01, 0.7, 3.0, 5.0):
        exact = np.maximum(scipy_stats.poisson.ppf(np.nextafter(u, 1), mean), 0)
        assert (poisson_quantile(u, np.full(len(u), mean), 40) == exact).mean() > 0.999
    assert poisson_quantile(np.array([1 - 1e-16]), np.array([5.0]), 9).tolist() == [9]
    assert np.bincount(pick(u, (0.5, 0.3, 0.2))).tolist() == [2000, 1200, 800]


# ------------------------------------------------------------------------------------------- plausible


def test_the_log_lies_inside_its_days_and_in_order(data):
    for table in (data.touches, data.conversions):
        assert table.schema.field("time").type == pa.timestamp("us", tz="UTC")
        times = table["time"].to_numpy()
        assert (np.diff(times) >= np.timedelta64(0)).all()
        assert pc.min(table["time"]).as_py() >= START
        assert pc.max(table["time"]).as_py() < START + 365 * DAY
        assert all(table[name].null_count == 0 for name in table.column_names)


def test_a_clean_log_has_no_ties_and_unique_orders(data):
    pairs = data.touches.select(["user_id", "time"]).group_by(["user_id", "time"]).aggregate([])
    assert pairs.num_rows == data.touches.num_rows
    assert pc.count_distinct(data.conversions["order_id"]).as_py() == data.conversions.num_rows


def test_volumes_are_a_retailers(data):
    assert 3 <= data.touches.num_rows / data.users.num_rows <= 6
    assert 0.03 <= pc.mean(data.users["converted"]).as_py() <= 0.08
    assert set(column(data.touches, "channel")) == set(retailer.CHANNEL_NAMES)
    assert 50 < pc.mean(data.conversions.filter(pc.field("goal") == "purchase")["value"]).as_py() < 150


def test_milestones_come_before_the_purchase_and_cost_nothing(data):
    frame = data.conversions.to_pandas()
    milestones = frame[frame.goal != "purchase"]
    assert (milestones["value"] == 0).all()
    assert (frame[frame.goal == "purchase"]["value"] > 0).all()
    counts = frame.goal.value_counts()
    assert counts["lead"] > counts["opportunity"] > counts["purchase"]
    first = frame.sort_values("time").groupby(["user_id", "goal"]).time.first().unstack()
    bought = first[first.purchase.notna()]
    assert (bought.lead < bought.opportunity).all()
    assert (bought.opportunity < bought.purchase).all()


def test_a_new_customer_returns_after_the_first_purchase(data):
    frame = data.conversions.to_pandas().merge(
        data.users.select(["user_id", "segment"]).to_pandas(), on="user_id"
    )
    purchases = frame[(frame.goal == "purchase") & (frame.segment == "new")].sort_values("time")
    again = purchases.duplicated("user_id")
    assert again.any()
    assert (purchases[~again].customer_type == "new").all()
    assert (purchases[again].customer_type == "returning").all()
    assert (frame[frame.segment == "returning"].customer_type == "returning").all()


def test_users_agree_with_the_log(data):
    purchases = (
        data.conversions.filter(pc.field("goal") == "purchase").to_pandas().groupby("user_id")["value"]
    )
    users = data.users.to_pandas().set_index("user_id")
    assert users.purchases.sum() == purchases.size().sum()
    assert (users.purchases.loc[purchases.size().index] == purchases.size()).all()
    assert np.allclose(users["value"].loc[purchases.sum().index], purchases.sum(), atol=1e-6)
    assert (users.converted == (users.purchases > 0)).all()


def test_the_season_shows_and_can_be_switched_off():
    def december(strength):
        times = simulate(20_000, seed=2, seasonality=strength).touches["time"]
        return pc.mean(pc.equal(pc.month(times), 12).cast(pa.int8())).as_py()

    assert december(1.0) > 1.25 * december(0.0)
    assert 0.07 < december(0.0) < 0.10


def test_seasonal_campaigns_run_in_the_season_only(data):
    frame = data.spend.to_pandas()
    seasonal = frame[frame.campaign.str.startswith("holiday") | (frame.campaign == "gift_catalogue")]
    assert seasonal.date.min() == dt.date(2025, 11, 18)
    assert seasonal.date.max() == dt.date(2025, 12, 24)


def test_spend_follows_touches_and_adds_up_to_the_truth(data):
    spend = data.spend.to_pandas().groupby("channel").cost.sum()
    truth = data.truth.to_pandas().set_index("channel")
    assert np.allclose(spend, truth.cost[spend.index], atol=0.005)
    assert set(truth.index[truth.cost == 0]) == {"organic_search", "direct", "store_visit", "call_centre"}
    assert (truth.touches == data.touches.to_pandas().channel.value_counts()[truth.index]).all()


def test_identities_lead_from_devices_to_users(data):
    edges = data.identities.to_pandas()
    assert set(edges.user_id) <= set(data.users["user_id"].to_pylist())
    owners = edges.groupby("device_id").user_id.nunique()
    assert (owners == 2).any(), "some tablets are shared"
    assert owners.max() <= 3
    touches = data.touches.to_pandas()
    offline = touches.device == "offline"
    assert (touches.user_id[offline] == touches.device_id[offline]).all()
    assert set(touches.channel[offline]) == {"store_visit", "call_centre", "direct_mail"}
    assert touches[~offline].groupby("user_id").device_id.nunique().max() >= 2


def test_rows_are_reported_on_or_after_their_day(data):
    for table in (data.touches, data.conversions):
        wait = pc.days_between(table["time"].cast(pa.date32()), table["reported_on"])
        assert pc.min(wait).as_py() == 0
        assert 0 < pc.max(wait).as_py() <= 6


def test_a_short_or_a_single_day_log_works():
    for days in (1, 2, 40):
        short = simulate(500, days=days, start=dt.date(2024, 2, 29), dirt={"exact_duplicates": 0.1}, bots=1)
        assert short.settings["start"] == "2024-02-29"
        assert pc.max(short.touches["time"]).as_py().date() < dt.date(2024, 2, 29) + days * DAY
    assert simulate(1).users.num_rows == 1
    assert simulate(1, days=1).spend.num_rows >= 0


def test_200_000_users_take_seconds():
    begin = time.process_time()
    big = simulate(200_000, seed=1)
    assert big.touches.num_rows > 600_000
    assert time.process_time() - begin < 30  # about 2 on a laptop


# -------------------------------------------------------------------------------------- dirt on request


def test_dirt_is_what_was_asked():
    asked = {kind: 0.02 for kind in DEFAULT_DIRT if kind != "missing_days"} | {"missing_days": 5}
    plain, dirty = simulate(10_000, seed=4), simulate(10_000, seed=4, dirt=asked)
    rows = dirty.settings["dirt_rows"]
    touches, conversions = dirty.touches, dirty.conversions

    days = len(set(plain.touches["time"].cast(pa.date32()).to_pylist()))
    sound = touches.filter(pc.less(touches["time"], pa.scalar(START + 365 * DAY)))
    sound = sound.filter(pc.greater_equal(sound["time"], pa.scalar(START)))
    assert days - len(set(sound["time"].cast(pa.date32()).to_pylist())) == rows["missing_days"] == 5

    k = touches.num_rows - rows["exact_duplicates"]
    assert all(rows[kind] == round(0.02 * k) for kind in ("exact_duplicates", "null_users", "late_rows"))
    assert touches["user_id"].null_count == rows["null_users"]
    assert touches["time"].null_count == rows["null_times"]
    assert touches["channel"].null_count == rows["null_channels"]
    whole = sound.filter(pc.is_valid(sound["user_id"]))  # rows that lost their user or time can fall together
    distinct = whole.group_by(whole.column_names).aggregate([]).num_rows
    assert whole.num_rows - distinct == rows["exact_duplicates"]
    known = pc.is_in(touches["channel"], pa.array([*retailer.CHANNEL_NAMES, None], pa.string()))
    assert pc.sum(pc.invert(known)).as_py() == rows["channel_spelling"]
    folded = {name.strip().lower() for name in column(touches, "channel") if name is not None}
    assert folded == set(retailer.CHANNEL_NAMES)
    assert (
        pc.sum(pc.greater(touches["time"], pa.scalar(START + 20_000 * DAY))).as_py() == rows["future_times"]
    )
    assert pc.sum(pc.less(touches["time"], pa.scalar(START - 10_000 * DAY))).as_py() == rows["epoch_times"]
    wait = pc.days_between(sound["time"].cast(pa.date32()), sound["reported_on"])
    assert pc.sum(pc.greater_equal(wait, 10)).as_py() == rows["late_rows"]

    purchases = pc.sum(pc.equal(plain.conversions["goal"], "purchase")).as_py()
    assert rows["negative_values"] == round(0.02 * purchases)
    assert pc.sum(pc.less(conversions["value"], 0)).as_py() == rows["negative_values"]
    assert conversions["value"].null_count == rows["missing_values"]
    assert pc.sum(pc.greater(conversions["value"], 3_000)).as_py() == rows["outlier_values"]
    repeated = conversions.num_rows - pc.count_distinct(conversions["order_id"]).as_py()
    assert repeated == rows["duplicate_orders"] == conversions.num_rows - plain.conversions.num_rows


def test_dirt_true_gives_some_of_everything():
    rows = simulate(20_000, seed=1, dirt=True).settings["dirt_rows"]
    assert set(rows) == set(DEFAULT_DIRT)
    assert all(count > 0 for count in rows.values())


def test_bots_are_busy_and_buy_nothing():
    botted = simulate(2_000, seed=1, bots=4)
    counts = botted.touches.group_by("user_id").aggregate([([], "count_all")]).to_pandas()
    busy = counts[counts.count_all >= 300]
    assert len(busy) == 4
    assert busy.count_all.max() <= 1_500
    assert not set(busy.user_id) & set(botted.users["user_id"].to_pylist())
    assert not set(busy.user_id) & set(botted.conversions["user_id"].to_pylist())


# ------------------------------------------------------------------------------------- errors that teach

BAD = [
    ({"n_users": 0}, "at least 1"),
    ({"n_users": 2.5}, "whole number"),
    ({"n_users": 10**9}, "at most 50,000,000"),
    ({"days": 0}, "at least 1"),
    ({"days": 10_000}, "at most 3,660"),
    ({"seed": -1}, "at least 0"),
    ({"seed": "x"}, "whole number"),
    ({"start": "01/02/2025"}, 'start="2025-01-01"'),
    ({"start": 20250101}, "is not a date"),
    ({"start": "1815-06-18"}, "outside 1971 to 2150"),
    ({"holdout": {"e-mail": 0.2}}, "did you mean 'email'"),
    ({"holdout": {"direct": 0.2}}, "cannot be withheld"),
    ({"holdout": {"email": 0}}, "leaves one arm empty"),
    ({"holdout": {"email": 1.0}}, "leaves one arm empty"),
    ({"holdout": {"email": 20}}, "between 0 and 1"),
    ({"holdout": {"email": float("nan")}}, "between 0 and 1"),
    ({"holdout": 0.2}, 'holdout={"email": 0.2}'),
    ({"holdout": {"email": [True, False]}}, "not booleans for 50 users"),
    ({"n_users": 2, "holdout": {"email": [1, 0]}}, "not booleans for 2 users"),
    ({"n_users": 2, "holdout": {"email": [True, True]}}, "leaves one arm empty"),
    ({"holdout": {"email": "half"}}, "between 0 and 1"),
    ({"without": "displey"}, "did you mean 'display'"),
    ({"without": ["email", 3]}, "no channel 3"),
    ({"without": 5}, "without='email'"),
    ({"effects": {"emall": 1}}, "did you mean 'email'"),
    ({"effects": {"email": -1}}, "at least 0"),
    ({"effects": {"email": 1e9}}, "at most 100"),
    ({"effects": ["email"]}, 'effects={"email": 0.5}'),
    ({"seasonality": float("inf")}, "at least 0"),
    ({"bots": -3}, "at least 0"),
    ({"dirt": {"duplicates": 0.1}}, "did you mean"),
    ({"dirt": {"null_users": 1.5}}, "between 0 and 1"),
    ({"dirt": {"null_users": 0.6, "null_times": 0.6}}, "120%"),
    ({"dirt": {"missing_days": 0.5}}, "whole number"),
    ({"dirt": {"missing_days": 30}, "days": 20}, "at most 18"),
    ({"dirt": "yes"}, 'dirt={"exact_duplicates": 0.01}'),
]


@pytest.mark.parametrize(("asked", "taught"), BAD, ids=[str(asked) for asked, _ in BAD])
def test_bad_arguments_teach(asked, taught):
    from attribution.errors import DatasetError

    with pytest.raises(DatasetError) as caught:
        simulate(**({"n_users": 50} | asked))
    assert taught in str(caught.value)
