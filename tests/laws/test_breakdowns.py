"""A breakdown agrees with its own rows: channels as solved, labels of conversions as counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.models.registry import MODELS
from attribution.models.tasks import AllocateTask, TallyTask
from tests.engines.same import assert_same

DAY = 86_400_000_000
START = int(np.datetime64("2026-01-20", "us").astype(np.int64))
OWN = {  # what a label is of, in the conversion table below
    "month": lambda orders: orders["time"].dt.strftime("%Y-%m"),
    "day": lambda orders: orders["time"].dt.strftime("%Y-%m-%d"),
    "region": lambda orders: orders["region"],
    "order_id": lambda orders: orders["order_id"],
}
BREAKDOWNS = ["month", "day", "region", "order_id", ("month", "campaign"), ("order_id", "campaign"),
              ("region", "month"), ("customer", "region")]  # fmt: skip
ASKED = {
    "position_based": at.PositionBased(first=0.4, last=0.2),
    "custom_rule": at.CustomRule({"c0": 2.0}),
    "w_shaped": at.WShaped(middle="midpoint"),
    "bagged_logistic": at.BaggedLogistic(bags=3),
}
EVERY = {
    **{name: ASKED.get(name, name) for name in MODELS if name not in ("full_path", "shapley")},
    "markov 2": at.Markov(2),
    "markov by journey": at.Markov(allocation="journey"),
    "shapley": at.Shapley(),
    "ordered": at.Shapley(ordered=True),
    "rate": at.Shapley("subset_rate"),
    "within": at.Shapley("within_set_rate"),
}


def tables(
    seed: int, users: int = 60, channels: int = 4, *, refunds: bool = False
) -> tuple[pd.DataFrame, ...]:
    """Return touches and orders; users convert up to three times, by the names of their channels."""
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 9, users)
    user = np.repeat(np.arange(users), n)
    time = START + rng.integers(0, 60 * DAY, len(user))
    channel = rng.integers(0, channels, len(user))
    touches = pd.DataFrame(
        {
            "user_id": user,
            "time": pd.to_datetime(time, unit="us"),
            "channel": [f"c{code}" for code in channel],
            "campaign": [f"k{code}" for code in rng.integers(0, 2, len(user))],
        }
    )
    odds = np.bincount(user, channel, users) / n / channels
    who = np.repeat(np.arange(users), (rng.random((users, 3)) < odds[:, None]).sum(axis=1))
    value = np.round(rng.lognormal(3, 1, len(who)), 2)
    orders = pd.DataFrame(
        {
            "user_id": who,
            "time": pd.to_datetime(START + rng.integers(0, 70 * DAY, len(who)), unit="us"),
            "value": np.where(rng.random(len(who)) < 0.1, -value, value) if refunds else value,
            "region": [f"r{code}" for code in rng.integers(0, 3, len(who))],
            "order_id": [f"o{number:03}" for number in range(len(who))],
        }
    )
    return touches, orders


def log_of(seed: int, **options: object) -> at.EventLog:
    return at.read_log(*tables(seed, **options), at.LogSchema(dims=("campaign", "region", "order_id")))


def labels_of(by: str | tuple[str, ...]) -> list[str]:
    return [name for name in ([by] if isinstance(by, str) else by) if name != "campaign"]


def by_label(credit: at.Credit, by: str | tuple[str, ...]) -> pd.DataFrame:
    """Return attributed conversions and value by model and label, labels that hold none left out."""
    frame = credit.to_frame()
    frame = frame[frame["channel"] != "(unattributed)"]
    return frame.groupby(["model", *labels_of(by)])[["conversions", "value"]].sum()


def assert_agrees(credit: at.Credit, by: str | tuple[str, ...], models: list[str]) -> None:
    """A rule adds up what touches get of their conversions, so that its labels are those of the orders."""
    found = by_label(credit, by)
    right = found.loc["first_touch"]
    for model in models:
        for measure in ("conversions", "value"):
            mine = found.loc[model][measure].reindex(
                right.index.union(found.loc[model].index), fill_value=0.0
            )
            wanted = right[measure].reindex(mine.index, fill_value=0.0)
            whole = max(float(wanted.abs().sum()), 1.0)
            np.testing.assert_allclose(mine, wanted, atol=3e-9 * whole, err_msg=f"{model} {measure} {by}")


def agreeing(credit: at.Credit) -> list[str]:
    """Return the models whose breakdown did not fail its check; checks and models come in one order."""
    failed = {check.text.split(":")[0] for check in credit.checks.failed}
    return [label for label in credit.models if label.split(" ")[0] not in failed and label not in failed]


@given(st.integers(0, 10_000), st.sampled_from(BREAKDOWNS))
@settings(max_examples=12)
def test_attributed_credit_of_a_label_is_what_carries_it(seed, by):
    log = log_of(seed)
    credit = at.attribute(log, EVERY, by=by)
    channels = at.attribute(log, EVERY).to_frame().set_index(["model", "channel"])
    signed = {  # credit of a channel below zero, in conversions or in value
        model
        for model, part in channels.groupby(level=0)[["conversions", "value"]].min().iterrows()
        if part.min() < 0 and model in ("rate", "within")
    }
    assert_agrees(credit, by, [model for model in credit.models if model not in signed])
    folded = credit.to_frame().groupby(["model", "channel"])[["conversions", "value"]].sum()
    wanted = channels[["conversions", "value"]].reindex(folded.index, fill_value=0.0)
    np.testing.assert_allclose(folded, wanted, atol=1e-5)
    assert credit.checks.passed == (not signed)


@given(st.integers(0, 10_000))
@settings(max_examples=5)
def test_an_order_gets_one_conversion_and_its_value_from_every_model(seed):
    """Counted from the tables: an order has a credit of 1, and its value, or it is unattributed."""
    _, orders = tables(seed)
    models = {name: model for name, model in EVERY.items() if name not in ("rate", "within")}
    frame = at.attribute(log_of(seed), models, by="order_id").to_frame()
    found = frame.groupby(["model", "order_id"])[["conversions", "value"]].sum()
    for model in models:
        mine = found.loc[model].reindex(orders["order_id"])
        np.testing.assert_allclose(mine["conversions"], 1.0, atol=1e-7, err_msg=model)
        np.testing.assert_allclose(mine["value"], orders["value"], atol=1e-5, err_msg=model)


@pytest.mark.parametrize("by", ["month", "region"])
def test_labels_counted_from_the_tables(by):
    _, orders = tables(5)
    frame = at.attribute(log_of(5), EVERY, by=by).to_frame()
    found = frame.groupby(["model", by])["conversions"].sum()
    wanted = OWN[by](orders).value_counts()
    for model in EVERY:
        if model not in ("rate", "within"):
            for label, count in wanted.items():
                assert found[model, label] == pytest.approx(count), (model, label)


@given(st.integers(0, 10_000), st.sampled_from(BREAKDOWNS), st.booleans())
@settings(max_examples=8)
def test_shapley_is_linear_over_channels_in_every_breakdown(seed, by, refunds):
    log = log_of(seed, refunds=refunds)
    models = {"game": at.Shapley(), "ordered": at.Shapley(ordered=True), "rule": at.Linear(per="channel")}
    credit = at.attribute(log, models, by=by, bootstrap=3, buckets=4, rng=1)
    for mine in (credit.conversions, credit.value):
        np.testing.assert_allclose(mine[:2], mine[[2, 2]], atol=1e-9)
    samples = credit.bootstrap.samples
    for mine in (samples.conversions, samples.value):
        np.testing.assert_allclose(mine[:, :2], mine[:, [2, 2]], atol=1e-8)


@given(st.integers(0, 10_000), st.sampled_from(BREAKDOWNS))
@settings(max_examples=8)
def test_replicates_obey_the_law_too(seed, by):
    """The same buckets are drawn for all models, so that a rule's labels are what every replicate holds."""
    credit = at.attribute(log_of(seed), EVERY, by=by, bootstrap=4, buckets=8, rng=seed)
    failed = any("shapley" in check.text for check in credit.checks.failed)
    inside = credit.attributed
    names = [credit.keys[credit.by.index(name)][inside] for name in labels_of(by)]
    _, label = np.unique(np.array(["|".join(row) for row in zip(*names, strict=True)]), return_inverse=True)
    for samples in (credit.bootstrap.samples, credit.bootstrap.jackknife):
        for amounts in (samples.conversions[:, :, inside], samples.value[:, :, inside]):
            member = (label[:, None] == np.arange(label.max() + 1)).astype(float)
            held = amounts @ member  # (R, models, labels)
            rule = held[:, list(credit.models).index("first_touch")]
            for place, model in enumerate(credit.models):
                if failed and model in ("rate", "within"):
                    continue
                np.testing.assert_allclose(held[:, place], rule, atol=1e-6 * (1 + rule.sum()), err_msg=model)


@pytest.mark.parametrize("by", ["month", "order_id", ("month", "campaign"), "customer"])
def test_engines_agree_on_breakdowns(by):
    log, options = log_of(7, users=200), {"bootstrap": 2, "buckets": 4, "rng": 1}
    found = at.attribute(log, EVERY, by=by, engine=at.Stream(buckets=7), **options)
    assert_same(found, at.attribute(log, EVERY, by=by, engine="memory", **options))


@pytest.mark.parametrize("by", [("channel", "month"), ("channel", "order_id", "campaign")])
def test_merged_halves_give_the_breakdown_of_the_whole(by):
    journeys = at.build_journeys(log_of(11))
    half = journeys.user < np.median(journeys.user)
    for model in (at.Markov(), at.Shapley(), at.Shapley("subset_rate"), at.BaggedLogistic(bags=2)):
        whole = model.solve(TallyTask(model, by)(journeys))
        task = AllocateTask(model, by, solved=whole)
        parts = task(journeys.take(half)) + task(journeys.take(~half))
        found, right = model.spread(whole, parts), model.spread(whole, task(journeys))
        assert [key.tolist() for key in found.keys] == [key.tolist() for key in right.keys]
        np.testing.assert_allclose(found.conversions, right.conversions, atol=1e-9)
        np.testing.assert_allclose(found.value, right.value, atol=1e-6)


def test_the_sample_by_month_as_reported():
    """January has 69 purchases; Shapley's rates credited it with 86.2, in silence."""
    sample = at.load_sample("retailer")
    log = at.read_log(sample.touches, sample.conversions)
    credit = at.attribute(log, ["linear", "markov", at.Shapley("subset_rate")], by="month", goal="purchase")
    totals = credit.to_frame().groupby(["model", "month"])["conversions"].sum()
    for month, count in totals["linear"].items():
        assert totals["markov", month] == pytest.approx(count)
    assert totals["linear", "2025-01"] == pytest.approx(69)
    assert totals["shapley", "2025-01"] != pytest.approx(69, abs=5)  # negative credit: not fitted, but told
    failed = credit.checks.failed
    assert [check.name for check in failed] == ["breakdown_agrees"] * 2
    worst = failed[0].rows[0]
    assert worst["label"] == "month 2025-04"  # 72.5 for 104, the -30.3% that was reported
    assert worst["credited"] / worst["counted"] - 1 == pytest.approx(-0.303, abs=5e-4)
    told = [note for note in credit.notes if "does not agree" in note]
    assert f"worst is {worst['label']}: " in told[0]
    assert f"{worst['credited']:,.4g} credited for {worst['counted']:,.4g}" in told[0]


def test_channels_that_are_credited_beyond_their_own_orders():
    """Half of the orders touched only `a`, which is credited with less: no split over own touches fits."""
    paths = ["a"] * 6 + ["b > c > d"] * 6
    user = np.repeat(np.arange(12), [len(path.split(" > ")) for path in paths])
    touches = pd.DataFrame({"user_id": user, "channel": " > ".join(paths).split(" > ")})
    touches["time"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(len(touches)), "min")
    orders = {"user_id": range(12), "time": ["2026-01-03"] * 12, "order_id": [f"o{n:02}" for n in range(12)]}
    log = at.read_log(touches, orders, at.LogSchema(dims=("order_id",)))
    # Removal effects: 1/2 each, so that every channel is credited with 3 of 12; `a` alone has 6 orders.
    credit = at.attribute(log, "markov", by="order_id")
    frame = credit.to_frame()
    assert frame.groupby("channel")["conversions"].sum().tolist() == pytest.approx([3.0] * 4)
    assert frame.groupby("order_id")["conversions"].sum().tolist() == pytest.approx([1.0] * 12)
    assert (frame["conversions"] >= 0).all()
    assert any("channels that did not touch these" in note for note in credit.notes)
    assert credit.checks.passed
    within = at.attribute(log, at.Markov(allocation="journey"), by="order_id").to_frame()
    assert within.groupby("order_id")["conversions"].sum().tolist() == pytest.approx([1.0] * 12)
    assert set(within[within["order_id"] == "o00"]["channel"]) == {"a"}


def test_refunds_are_told_where_values_cannot_be_fitted():
    credit = at.attribute(log_of(2, refunds=True), "markov", by="order_id")
    names = [(check.passed, "value" in check.text) for check in credit.checks]
    assert names == [(False, True)]
    assert "value" in next(note for note in credit.notes if "does not agree" in note)


def test_single_users_resampled_obey_the_law():
    journeys = at.build_journeys(log_of(3))
    models = {"first_touch": "first_touch", "markov": "markov"}
    credit = at.attribute(journeys, models, by="order_id", bootstrap=3, buckets=4, resample="user", rng=2)
    inside = credit.attributed
    order = credit.keys[1][inside]
    for name in set(order.tolist()):
        held = credit.bootstrap.samples.conversions[:, :, inside][:, :, order == name].sum(axis=2)
        np.testing.assert_allclose(held[:, 1], held[:, 0], atol=1e-7)
