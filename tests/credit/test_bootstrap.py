"""Replicates of credit: solved in batches as one by one, kept through every change of the table."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

import attribution as at
from attribution.credit.attachments import Groups
from attribution.credit.bootstrap import Bootstrap, Replicates
from attribution.credit.credit_intervals import replicated
from attribution.credit.table import fold, measure
from attribution.errors import CreditError, ModelError
from attribution.evaluation.coverage import Process
from attribution.journeys.journeys import Journeys
from attribution.models.buckets import replicate, tally_buckets
from attribution.models.registry import resolve
from attribution.stats.resampling import multinomial_weights
from tests.credit.tables import two_models

MODELS = ["first_touch", "linear", "u_shaped", "markov"]
BAGGED = {"name": "bagged_logistic", "bags": 7}
EVERY = [*MODELS, {"name": "markov", "order": 2}, {"name": "shapley"}, "probabilistic", BAGGED]


@pytest.fixture(scope="module")
def journeys() -> Journeys:
    drawn = Process().draw(400, np.random.default_rng(5))
    # A few conversions without a touch.
    empty = np.flatnonzero(np.diff(drawn.offsets) == 1)[:20]
    keep = np.ones(len(drawn.channel), bool)
    keep[drawn.offsets[empty]] = False
    lengths = np.diff(drawn.offsets)
    lengths[empty] = 0
    converted = drawn.converted.copy()
    converted[empty] = True
    offsets = np.append(0, np.cumsum(lengths))
    return replace(drawn, offsets=offsets, channel=drawn.channel[keep], converted=converted)


@pytest.fixture(scope="module")
def credit(journeys):
    return at.attribute(journeys, MODELS, bootstrap=60, rng=3)


def bucket_of(journeys: Journeys, n: int) -> np.ndarray:
    return (journeys.user >> np.uint64(64 - (n.bit_length() - 1))).astype(int)


def reweighed(journeys: Journeys, weights: np.ndarray) -> Journeys:
    """Each journey as often as its bucket counts."""
    often = weights[bucket_of(journeys, len(weights))]
    return replace(journeys, weight=journeys.weights * often, value=journeys.value * often)


# ------------------------------------------------------------------------------------------ replicates


@pytest.mark.parametrize("spec", EVERY, ids=str)
def test_a_replicate_is_the_credit_of_the_reweighed_journeys(journeys, spec):
    weights = multinomial_weights(5, 64, np.random.default_rng(2))
    model = resolve(spec)
    conversions, value = replicate(model, tally_buckets(journeys, model.tally, 64), weights)
    for position, often in enumerate(weights):
        by_hand = at.attribute(reweighed(journeys, often), [model])
        assert conversions[position] == pytest.approx(by_hand.conversions[0], rel=1e-9, abs=1e-9)
        assert value[position] == pytest.approx(by_hand.value[0], rel=1e-9, abs=1e-9)


def test_chains_solved_in_a_batch_are_those_solved_one_by_one(journeys):
    model = at.Markov()
    weights = multinomial_weights(30, 32, np.random.default_rng(9))
    tally = tally_buckets(journeys, model.tally, 32)
    total, rows, row, bucket = tally.matrix()
    sums = np.zeros((len(weights), *total.sums.shape))
    np.add.at(sums, (slice(None), row), weights[:, bucket][:, :, None] * rows)
    batch = model.solve_many(total, sums)
    alone = [model.solve(replace(total, sums=each)) for each in sums]
    assert batch[0] == pytest.approx(np.array([each.conversions[0] for each in alone]), rel=1e-9)
    assert batch[1] == pytest.approx(np.array([each.value[0] for each in alone]), rel=1e-9)


@pytest.mark.parametrize(
    "spec", ["linear", "markov", "shapley", "probabilistic", BAGGED, "additive_hazard"], ids=str
)
def test_breakdowns_have_replicates_that_sum_to_those_of_the_channel(spec):
    sample = at.load_sample("retailer")
    log = at.read_log(sample.touches, sample.conversions)
    options = {"goal": "purchase", "bootstrap": 5, "rng": 1, "buckets": 16}
    whole = at.attribute(log, spec, **options)
    parts = at.attribute(log, spec, by=("channel", "month"), **options)
    for side in ("samples", "jackknife"):
        summed = getattr(fold(parts, ("channel",)).bootstrap, side)
        assert summed.conversions == pytest.approx(getattr(whole.bootstrap, side).conversions, rel=1e-9)
        assert summed.whole_value == pytest.approx(getattr(whole.bootstrap, side).whole_value, rel=1e-9)


@pytest.mark.parametrize("spec", ["probabilistic", BAGGED, "markov", {"name": "shapley"}], ids=str)
def test_replicates_of_breakdowns_are_solved_at_once(spec):
    """One by one is brute force: the same cells, and a solution for each resample."""
    sample = at.load_sample("retailer")
    journeys = at.build_journeys(at.read_log(sample.touches, sample.conversions), goal="purchase")
    model, calls = resolve(spec), []
    options = {"by": ("channel", "month"), "bootstrap": 40, "rng": 1, "buckets": 16}
    solve = type(model).solve

    def one_by_one(self, total, sums):
        return (self.solve(replace(total, sums=each)) for each in sums)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(model), "solve", lambda self, tally: calls.append(1) or solve(self, tally))
        together = at.attribute(journeys, model, **options)
        assert len(calls) < 8
        patched.setattr(type(model), "resolved", one_by_one)
        alone = at.attribute(journeys, model, **options)
        assert len(calls) > 40 + 16
    for side in ("samples", "jackknife"):
        found, wanted = getattr(together.bootstrap, side), getattr(alone.bootstrap, side)
        assert found.conversions == pytest.approx(wanted.conversions, rel=1e-7, abs=1e-9)
        assert found.value == pytest.approx(wanted.value, rel=1e-7, abs=1e-9)


def test_resamples_that_a_game_cannot_solve_have_no_number_by_label_either():
    """One journey of all channels: a third of the resamples lack it, and all together are then worth 0."""
    rng = np.random.default_rng(1)
    touches = {"user_id": [0, *range(300)], "channel": ["a", *rng.choice(["a", "b"], 300).tolist()]}
    touches["channel"][1] = "b"
    buyers = [0, *(np.flatnonzero(rng.random(299) < 0.3) + 1).tolist()]
    log = at.read_log(
        touches | {"time": ["2026-01-01"] * 301}, {"user_id": buyers, "time": ["2026-01-02"] * len(buyers)}
    )
    journeys = at.build_journeys(log)
    model = at.Shapley("exact_rate")
    whole = at.attribute(journeys, model, bootstrap=40, rng=1)
    cells = at.attribute(journeys, model, by=("channel", "month"), bootstrap=40, rng=1)
    lost = np.isnan(whole.bootstrap.samples.conversions).any(axis=(1, 2))
    assert 0 < lost.sum() < 40
    np.testing.assert_array_equal(np.isnan(cells.bootstrap.samples.conversions).any(axis=(1, 2)), lost)


def test_leaving_out_a_bucket_is_crediting_the_others(journeys):
    credit = at.attribute(journeys, MODELS, bootstrap=2, rng=0, buckets=16)
    bucket = bucket_of(journeys, 16)
    for left_out in range(16):
        rest = at.attribute(journeys.take(bucket != left_out), MODELS)
        found = credit.bootstrap.jackknife.conversions[left_out]
        assert found == pytest.approx(rest.conversions, rel=1e-9, abs=1e-9)


def test_the_same_seed_gives_the_same_replicates_and_another_does_not(journeys, credit):
    again = at.attribute(journeys, MODELS, bootstrap=60, rng=3)
    other = at.attribute(journeys, MODELS, bootstrap=60, rng=4)
    assert np.array_equal(again.bootstrap.samples.conversions, credit.bootstrap.samples.conversions)
    assert not np.array_equal(other.bootstrap.samples.conversions, credit.bootstrap.samples.conversions)


def test_a_model_has_the_same_replicates_whatever_stands_beside_it(journeys, credit):
    alone = at.attribute(journeys, "markov", bootstrap=60, rng=3)
    beside = credit.select(models="markov").bootstrap.samples
    assert np.array_equal(alone.bootstrap.samples.conversions, beside.conversions)


@settings(max_examples=15)
@given(
    st.integers(0, 10_000),
    st.integers(2, 5),
    st.sampled_from(["linear", "markov", "shapley", "probabilistic"]),
)
def test_any_partitioning_of_the_users_gives_the_same_replicates(seed, n_parts, spec):
    rng = np.random.default_rng(seed)
    journeys = Process().draw(60, rng)
    model = resolve(spec)
    task = partial(tally_buckets, task=model.tally, n_buckets=16)
    part = rng.integers(0, n_parts, 2**16)[(journeys.user & np.uint64(0xFFFF)).astype(int)]
    merged = None
    for number in range(n_parts):
        tally = task(journeys.take(part == number))
        merged = tally if merged is None else merged + tally
    weights = multinomial_weights(4, 16, rng)
    once, split = replicate(model, task(journeys), weights), replicate(model, merged, weights)
    for first, second in zip(once, split, strict=True):
        assert second == pytest.approx(first, rel=1e-9, abs=1e-9)


def test_single_users_and_buckets_agree_on_standard_errors():
    journeys = Process().draw(2_000, np.random.default_rng(8))
    errors = [
        at.attribute(journeys, ["linear"], bootstrap=200, rng=1, resample=unit).intervals("share")
        for unit in ("bucket", "user")
    ]
    ratio = errors[0]["standard_error"] / errors[1]["standard_error"]
    assert ratio.between(0.75, 1.33).all()
    assert ratio.mean() == pytest.approx(1.0, abs=0.12)


# ------------------------------------------------------------------------------------------ intervals


def test_the_frame_has_intervals_after_their_measures(credit):
    frame = credit.to_frame()
    assert list(frame.columns[:8]) == [
        "model",
        "channel",
        *("conversions", "conversions_ci_low", "conversions_ci_high"),
        *("value", "value_ci_low", "value_ci_high"),
    ]
    share = replicated(credit, "share").reshape(60, -1)
    known = ~np.isnan(share).any(axis=0)
    low, high = np.quantile(share[:, known], [0.025, 0.975], axis=0)
    assert frame["share_ci_low"][known].to_numpy() == pytest.approx(low)
    assert frame["share_ci_high"][known].to_numpy() == pytest.approx(high)
    assert frame.loc[~known, "channel"].unique().tolist() == ["(unattributed)"]
    assert frame.loc[~known, "conversions_ci_high"].notna().all()


def test_a_credit_without_bootstrap_has_no_more_columns_and_says_what_to_do():
    plain = two_models()
    assert not [name for name in plain.to_frame() if "ci_" in name]
    for ask in (plain.intervals, plain.differences, plain.could_be_first):
        with pytest.raises(CreditError, match="bootstrap=500"):
            ask()


def test_intervals_hold_estimate_error_and_rank(credit):
    frame = credit.intervals("conversions", level=0.9)
    assert list(frame.columns) == [
        *("model", "channel", "estimate", "standard_error"),
        *("ci_low", "ci_high", "rank", "rank_low", "rank_high", "few"),
    ]
    assert frame["estimate"].to_numpy() == pytest.approx(credit.conversions.ravel())
    wide = credit.intervals("conversions", level=0.99)
    assert (wide["ci_low"] <= frame["ci_low"]).all()
    assert (wide["ci_high"] >= frame["ci_high"]).all()
    first = frame[(frame["model"] == "linear") & (frame["channel"] != "(unattributed)")]
    assert sorted(first["rank"]) == [1, 2, 3, 4, 5]
    assert (first["rank_low"] <= first["rank"]).all()
    assert (first["rank"] <= first["rank_high"]).all()
    ranked = (-first.set_index("channel")["estimate"]).rank()
    assert (ranked == first.set_index("channel")["rank"]).all()


def test_bca_is_made_of_the_replicates_and_the_jackknife(credit):
    plain, corrected = (credit.intervals("share", method=method) for method in ("percentile", "bca"))
    inside = plain["estimate"].notna()
    assert (corrected["standard_error"][inside] == plain["standard_error"][inside]).all()
    assert not np.allclose(corrected["ci_low"][inside], plain["ci_low"][inside])
    assert (corrected["ci_low"][inside] < corrected["ci_high"][inside]).all()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"measure": "shares"}, "did you mean 'share'"),
        ({"measure": "touched"}, "not resampled"),
        ({"measure": "roas"}, "with_spend"),
        ({"level": 95}, "level=0.95"),
        ({"method": "bac"}, "did you mean 'bca'"),
    ],
)
def test_a_wrong_question_names_the_right_one(credit, arguments, text):
    with pytest.raises(CreditError, match=text):
        credit.intervals(**arguments)


def test_shares_stay_shares_of_the_whole_after_select(credit):
    some = credit.select(models=["markov", "linear"], channels=["search", "ad"])
    whole = credit.intervals("share").set_index(["model", "channel"])
    part = some.intervals("share").set_index(["model", "channel"])
    columns = ["estimate", "standard_error", "ci_low", "ci_high"]
    assert part[columns].to_numpy() == pytest.approx(whole.loc[part.index, columns].to_numpy())


def test_folding_sums_the_samples_before_the_interval():
    rng = np.random.default_rng(0)
    samples = Replicates.of(rng.random((9, 1, 3)), rng.random((9, 1, 3)), np.ones(3, bool))
    folded = Bootstrap(samples, samples).fold(Groups(np.array([1, 0, 1]), 2)).samples
    assert folded.conversions[:, 0, 0] == pytest.approx(samples.conversions[:, 0, 1])
    assert folded.conversions[:, 0, 1] == pytest.approx(samples.conversions[:, 0, [0, 2]].sum(axis=1))
    assert folded.whole_conversions is samples.whole_conversions


def test_a_cell_that_is_not_there_holds_zeros():
    empty = Replicates(np.zeros((4, 1, 0)), np.zeros((4, 1, 0)), np.zeros((4, 1)), np.zeros((4, 1)))
    assert empty.take(np.array([-1])).conversions.shape == (4, 1, 1)
    one = replace(empty, conversions=np.ones((4, 1, 1)), value=np.ones((4, 1, 1)))
    assert one.take(np.array([-1, 0])).value[0, 0].tolist() == [0, 1]


# ---------------------------------------------------------------------------------------------- money


def test_roas_intervals_are_those_of_value_over_cost(credit):
    costs = {"ad": 50.0, "email": 20.0, "video": 0.0, "radio": 10.0}
    spent = credit.with_spend(costs)
    roas = spent.intervals("roas").set_index(["model", "channel"])
    value = credit.intervals("value").set_index(["model", "channel"])
    for channel in ("ad", "email"):
        for side in ("estimate", "standard_error", "ci_low", "ci_high"):
            expected = value.xs(channel, level="channel")[side] / costs[channel]
            assert roas.xs(channel, level="channel")[side].to_numpy() == pytest.approx(expected.to_numpy())
    for channel in ("video", "search"):
        assert roas.xs(channel, level="channel").drop(columns="few").isna().all(axis=None)
    assert (roas.xs("radio", level="channel")[["estimate", "ci_low", "ci_high"]] == 0).all(axis=None)
    frame = spent.to_frame().set_index(["model", "channel"])
    assert frame["roas_ci_low"].to_numpy() == pytest.approx(roas["ci_low"].to_numpy(), nan_ok=True)
    assert {"roi_ci_low", "cpa_ci_high"} <= set(frame.columns)


def test_what_earned_nothing_in_some_samples_has_no_highest_cost_per_conversion():
    credit = with_samples([[0.0, 4.0], [1.0, 4.0], [2.0, 4.0], [3.0, 4.0]], [2.0, 4.0])
    spent = credit.with_spend({"a": 6.0, "b": 8.0})
    frame = spent.intervals("cpa", level=0.5).set_index("channel")
    assert frame.loc["a", "ci_low"] == pytest.approx(2.75)
    assert np.isnan(frame.loc["a", "ci_high"])
    assert np.isnan(frame.loc["a", "standard_error"])
    assert frame.loc["b", ["ci_low", "ci_high"]].tolist() == [2, 2]
    assert frame["rank"].tolist() == [2, 1]
    best = spent.could_be_first("cpa").set_index("channel")["first_in"]
    # Samples cost 6/0, 6, 3 and 2 against 2: the last is a tie.
    assert best.to_dict() == {"a": 0.125, "b": 0.875}


def with_samples(conversions, estimate, models=("linear",)):
    """A credit of channels a, b, ... whose replicates are given: shape (R, n_channels) each model."""
    estimate = np.atleast_2d(np.array(estimate))
    drawn = np.array(conversions, dtype=float).reshape(len(conversions), len(models), -1)
    names = np.array(list("abcdef"[: estimate.shape[1]]), dtype=object)
    inside = np.ones(len(names), bool)
    samples = Replicates.of(drawn, drawn * 10, inside)
    return at.Credit(
        models, ("channel",), (names,), estimate, estimate * 10, bootstrap=Bootstrap(samples, samples)
    )


# ----------------------------------------------------------------------------- differences and the best


def test_differences_between_channels_by_hand():
    draws = [[1.0, 2.0, 3.0], [2.0, 2.0, 1.0], [4.0, 2.0, 0.0], [5.0, 2.0, 2.0]]
    frame = with_samples(draws, [3.0, 2.0, 1.0]).differences("conversions", level=0.5, correction="none")
    assert frame[["first", "second"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    assert frame["difference"].tolist() == [1, 2, 1]
    assert frame["probability"].tolist() == [0.625, 0.75, 0.625]
    gap = np.array([-1.0, 0.0, 2.0, 3.0])
    assert frame["standard_error"][0] == pytest.approx(gap.std(ddof=1))
    assert [frame["ci_low"][0], frame["ci_high"][0]] == pytest.approx(np.quantile(gap, [0.25, 0.75]))


def test_differences_take_both_sides_from_the_same_sample(credit):
    frame = credit.differences("share", correction="none").set_index(["model", "first", "second"])
    share = replicated(credit, "share")[:, credit.models.index("markov")]
    place = credit.keys[0].tolist()
    gap = share[:, place.index("ad")] - share[:, place.index("search")]
    row = frame.loc[("markov", "ad", "search")]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(np.quantile(gap, [0.025, 0.975]))
    assert row["probability"] == pytest.approx((gap > 0).mean())
    assert len(frame) == len(MODELS) * 10
    assert "(unattributed)" not in set(credit.differences("conversions")["second"])


def test_differences_between_models(credit):
    frame = credit.differences("share", between="models", method="bca")
    assert list(frame.columns[:3]) == ["channel", "first", "second"]
    pairs = frame[["first", "second"]].drop_duplicates().to_numpy().tolist()
    assert [tuple(pair) for pair in pairs][:3] == [
        ("first_touch", "linear"),
        ("first_touch", "u_shaped"),
        ("first_touch", "markov"),
    ]
    shares = dict(zip(credit.models, measure(credit, "share"), strict=True))
    row = frame[(frame["first"] == "linear") & (frame["second"] == "markov")].set_index("channel")
    wanted = (shares["linear"] - shares["markov"])[:-1]
    assert row["difference"].to_numpy() == pytest.approx(wanted)
    assert (row["ci_low"] <= row["ci_high"]).all()
    with pytest.raises(CreditError, match="one model"):
        credit.select(models="linear").differences(between="models")
    with pytest.raises(CreditError, match="did you mean 'models'"):
        credit.differences(between="model")


def test_differences_leave_out_what_lacks_the_measure(credit):
    frame = credit.with_spend({"ad": 5.0, "email": 3.0}).differences("roas")
    assert frame[["first", "second"]].drop_duplicates().to_numpy().tolist() == [["ad", "email"]]
    alone = credit.with_spend({"ad": 5.0}).differences("roas")
    assert len(alone) == 0
    assert list(alone.columns) == list(frame.columns)


def test_part_of_resamples_in_which_each_is_first_by_hand():
    draws = [[1.0, 2.0, 3.0], [2.0, 2.0, 1.0], [4.0, 2.0, 0.0], [5.0, 2.0, 2.0]]
    credit = with_samples(draws, [3.0, 2.0, 1.0])
    best = credit.could_be_first()
    assert best[["channel", "first_in"]].to_numpy().tolist() == [["a", 0.625], ["c", 0.25], ["b", 0.125]]
    lowest = credit.could_be_first(lowest=True).set_index("channel")["first_in"]
    assert lowest.to_dict() == {"c": 0.5 + 0.125, "a": 0.25, "b": 0.125}
    assert best["first_in"].sum() == 1


def test_parts_of_each_model_sum_to_one(credit):
    best = credit.could_be_first("value")
    assert best["model"].drop_duplicates().tolist() == MODELS
    assert best.groupby("model")["first_in"].sum().to_numpy() == pytest.approx(np.ones(len(MODELS)))


def test_statements_that_hold_together_are_wider_and_made_of_the_same_replicates(credit):
    alone, all_ = (credit.differences("share", correction=way) for way in ("none", "max_t"))
    pd.testing.assert_frame_equal(credit.differences("share"), all_)
    same = ["model", "first", "second", "difference", "standard_error", "probability"]
    pd.testing.assert_frame_equal(alone[same], all_[same])
    # One reach for the ten pairs of a model: the largest t of each resample, by hand.
    share = replicated(credit, "share")[:, MODELS.index("markov")][:, credit.attributed]
    now = measure(credit, "share")[MODELS.index("markov"), credit.attributed]
    one, other = np.triu_indices(5, 1)
    gap, drawn = now[one] - now[other], share[:, one] - share[:, other]
    guarded = 0.95 + np.sqrt(0.95 * 0.05 / len(drawn))
    largest = np.quantile((np.abs(drawn - gap) / drawn.std(axis=0, ddof=1)).max(axis=1), guarded)
    rows = all_[all_["model"] == "markov"]
    reach = (rows["ci_high"] - rows["difference"]) / rows["standard_error"]
    assert reach.to_numpy() == pytest.approx(-special.stdtrit(255, special.ndtr(-largest)))
    for method in ("intervals", "differences"):
        with pytest.raises(CreditError, match="hold together"):
            getattr(credit, method)("share", method="bca", correction="max_t")
        with pytest.raises(CreditError, match="did you mean 'max_t'"):
            getattr(credit, method)("share", correction="maxt")


def test_ranks_hold_together_by_default_and_intervals_on_request(credit):
    plain = credit.intervals("share")
    alone, all_ = (credit.intervals("share", correction=way) for way in ("none", "max_t"))
    known = plain["estimate"].notna()
    assert (plain["ci_low"][known] == alone["ci_low"][known]).all()
    assert (all_["rank_low"][known] == plain["rank_low"][known]).all()
    assert (all_["ci_high"] - all_["ci_low"] > plain["ci_high"] - plain["ci_low"])[known].all()
    assert (all_["ci_low"][known] >= 0).all()
    assert (plain["rank_low"] <= plain["rank"])[known].all()
    assert (plain["rank"] <= plain["rank_high"])[known].all()


def test_who_could_be_first():
    rng = np.random.default_rng(2)
    clear = with_samples(rng.normal([9.0, 5.0, 1.0], 0.1, (50, 3)), [9.0, 5.0, 1.0]).could_be_first()
    assert clear["could_be_first"].tolist() == [True, False, False]
    near = with_samples(rng.normal([5.1, 5.0, 1.0], 0.5, (50, 3)), [5.1, 5.0, 1.0])
    assert near.could_be_first()["could_be_first"].tolist() == [True, True, False]
    assert near.could_be_first(lowest=True).set_index("channel")["could_be_first"].to_dict() == {
        "c": True,
        "a": False,
        "b": False,
    }


def test_a_channel_without_conversions_in_some_samples_may_be_dear_but_not_cheap():
    # Conversions per cost instead of cost per conversion: a sample without a conversion has a number.
    rng = np.random.default_rng(4)
    draws = np.column_stack([rng.poisson(1, 80), rng.poisson(100, 80)])
    spent = with_samples(draws, [1.0, 100.0]).with_spend({"a": 10.0, "b": 10.0})
    assert spent.could_be_first("cpa").set_index("channel")["could_be_first"].to_dict() == {
        "b": True,
        "a": False,
    }
    ranks = spent.intervals("cpa").set_index("channel")
    assert ranks.loc["a", ["rank_low", "rank_high"]].tolist() == [2, 2]


def test_comparisons_carry_intervals_of_the_shifts(credit):
    found = credit.compare("linear").to_frame()
    base = found[found["model"] == "linear"]
    assert (base[["share_shift", "shift_ci_low", "shift_ci_high"]] == 0).all(axis=None)
    others = found[found["model"] != "linear"]
    assert (others["shift_ci_low"] < others["share_shift"]).all()
    alone = credit.compare("linear", correction="none").to_frame()
    alone = alone[alone["model"] != "linear"]
    assert (others["shift_ci_high"] - others["shift_ci_low"]).sum() > (
        alone["shift_ci_high"] - alone["shift_ci_low"]
    ).sum()
    assert "shift_ci_low" not in two_models().compare().to_frame()


# ------------------------------------------------------------------------------------------- in sight


def test_text_forms_tell_the_intervals(credit):
    assert "95% intervals from 60 resamples of 256 groups of users" in repr(credit)
    assert "share_ci_low" in repr(credit)
    assert "conversions_ci_low" not in repr(credit)
    assert "conversions_ci_low" in credit._repr_html_()
    row = credit.intervals("share").set_index(["model", "channel"]).loc[("linear", "search")]
    assert f"{row['estimate']:.1%}, {row['ci_low']:.1%} to {row['ci_high']:.1%}" in credit.summary()
    assert "intervals" not in two_models().summary()


def test_money_keeps_its_unit_in_the_headings_of_its_bounds(credit):
    html = credit.with_spend({"ad": 5.0}, currency="EUR", decimals=2)._repr_html_()
    assert "value_ci_low (EUR)" in html
    assert "cpa_ci_high (EUR)" in html


def spans(ax):
    return [line for part in ax.collections if hasattr(part, "get_segments") for line in part.get_segments()]


def test_bars_show_intervals_and_say_so(credit):
    ax = credit.select(models="linear").plot("share")
    assert ax.get_title(loc="left").endswith("with 95% intervals")
    frame = credit.intervals("share")
    known = frame[(frame["model"] == "linear") & frame["estimate"].notna()].sort_values("rank")
    drawn = [(line[0][0], line[1][0]) for line in spans(ax)]
    assert np.array(drawn) == pytest.approx(known[["ci_low", "ci_high"]].to_numpy())
    assert "intervals" not in two_models().plot("share").get_title(loc="left")


def test_marks_of_many_models_show_intervals_beside_each_other(credit):
    assert len(spans(credit.plot("share"))) == len(MODELS) * 5
    assert credit.plot("touched").get_title(loc="left") == "Conversions touched by channel"


def test_missing_bounds_are_not_drawn(credit):
    ax = credit.with_spend({"ad": 5.0}).select(models="linear").plot("roas")
    assert len(spans(ax)) == 1


@pytest.mark.parametrize(("touches", "buyers"), [(2, [1]), (2, [3]), (0, [1]), (0, [])])
def test_a_log_with_next_to_nothing_in_it_has_tables_and_words(touches, buyers):
    rows = {"user_id": [1, 2], "time": ["2026-01-01"] * 2, "channel": ["a", "b"]}
    rows = pd.DataFrame(rows)[:touches].astype({"user_id": int, "time": "datetime64[us]"})
    bought = pd.DataFrame({"user_id": buyers, "time": ["2026-01-02"] * len(buyers)})
    log = at.read_log(rows, bought.astype({"user_id": int, "time": "datetime64[us]"}))
    credit = at.attribute(at.build_journeys(log), ["linear", "markov"], bootstrap=10, rng=1)
    cells = len(credit.keys[0]) * 2
    for method in ("percentile", "bca"):
        assert len(credit.intervals("conversions", method=method)) == cells
        assert len(credit.differences("conversions", method=method)) == (2 if touches else 0)
    assert credit.could_be_first()["first_in"].sum() == (2 if touches else 0)
    assert len(credit.with_spend({"c": 1.0}).to_frame()) == cells + 2
    assert credit.compare().summary()
    assert credit.summary()
    assert credit.plot("share").get_title(loc="left")


def test_a_bootstrap_needs_users_and_a_power_of_two():
    paths = at.read_paths({"path": ["a > b"], "conversions": [1]})
    with pytest.raises(ModelError, match="resamples users"):
        at.attribute(paths, "linear", bootstrap=10)
    with pytest.raises(ModelError, match="power of two"):
        at.attribute(paths, "linear", bootstrap=10, buckets=100)
