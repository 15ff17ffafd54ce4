"""Models against what was caused: metrics by hand, closed forms, a brute force of the predictive score."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, spearmanr

import attribution as at
from attribution.errors import AttributionError
from attribution.evaluation import predictive, scores

CREDIT = np.array([60.0, 30.0, 10.0])
TRUTH = np.array([20.0, 20.0, 10.0])
COST = np.array([100.0, 50.0, 50.0])


def test_metrics_of_three_channels_by_hand():
    assert scores.level(CREDIT, TRUTH) == 2.0
    assert scores.share_error(CREDIT, TRUTH) == pytest.approx((0.2 + 0.1 + 0.1) / 2)
    # Per euro: credit .6, .6, .2; truth .2, .4, .2.
    assert scores.rank(CREDIT, TRUTH, COST) == pytest.approx(spearmanr([0.6, 0.6, 0.2], [0.2, 0.4, 0.2])[0])
    # A fifth of 200 is 40. By credit the third channel loses 40 of its 50: 8 of 50. By truth also 8.
    assert scores.cut_regret(CREDIT, TRUTH, COST) == pytest.approx(0.0)
    # Turned round, the second channel is cut: 40 of 50 of 20, 16; 8 more than the least, of 50.
    turned = np.array([60.0, 5.0, 40.0])
    assert scores.cut_regret(turned, TRUTH, COST) == pytest.approx((16 - 8) / 50)


def test_at_a_half_the_best_split_goes_with_squares_over_cost():
    split = scores.best_split(TRUTH, COST, 0.5)
    weight = TRUTH**2 / COST
    np.testing.assert_allclose(split, weight / weight.sum() * COST.sum())
    assert scores.budget_regret(split, TRUTH, COST, 0.5) == pytest.approx(0.0)


@given(st.lists(st.floats(0.1, 100), min_size=3, max_size=3), st.floats(0.1, 0.9))
def test_no_split_of_the_same_total_beats_the_best(weights, rho):
    split = np.array(weights) / sum(weights) * COST.sum()
    assert scores.budget_regret(split, TRUTH, COST, rho) >= -1e-9


@given(st.floats(0.1, 10))
def test_a_multiple_of_the_truth_is_right_but_for_its_level(times):
    credit = TRUTH * times
    assert scores.share_error(credit, TRUTH) == pytest.approx(0.0, abs=1e-12)
    assert scores.level(credit, TRUTH) == pytest.approx(times)
    assert scores.rank(credit, TRUTH, COST) == pytest.approx(1.0)
    assert scores.cut_regret(credit, TRUTH, COST) == pytest.approx(0.0, abs=1e-12)


def brute(credit, effect, error):
    """Return the scores by integrals over b and sums over tau, on a fine grid."""
    b = np.linspace(-4, 6, 20_001)
    step = b[1] - b[0]
    found = []
    for left in range(len(credit)):
        others = [place for place in range(len(credit)) if place != left]
        above = below = 0.0
        for tau in predictive.SPREADS:
            like = norm.pdf(b, *predictive.PRIOR) * math.exp(-((tau / 0.8) ** 2) / 2)
            for place in others:
                sd = math.hypot(error[place], tau * credit[place])
                like = like * norm.pdf(effect[place], b * credit[place], sd)
            sd = math.hypot(error[left], tau * credit[left])
            below += like.sum() * step
            above += (like * norm.pdf(effect[left], b * credit[left], sd)).sum() * step
        found.append(math.log(above / below))
    return found


def test_the_predictive_score_by_integration():
    rng = np.random.default_rng(3)
    for n in (3, 5):
        credit, error = rng.uniform(10, 80, n), rng.uniform(5, 15, n)
        effect = 0.7 * credit + rng.normal(0, 10, n)
        got = predictive.left_out_scores(credit, effect, error)
        np.testing.assert_allclose(got, brute(credit, effect, error), atol=1e-5)


@pytest.fixture(scope="module")
def world():
    return at.datasets.simulate(8_000, seed=2)


@pytest.fixture(scope="module")
def credit(world):
    log = at.read_log(world.touches, world.conversions)
    models = ["first_touch", "last_touch", "linear", "markov"]
    return at.attribute(log, models, goal="purchase", bootstrap=50, rng=1).with_spend(world.spend)


def test_the_frame_is_that_of_its_metrics(credit, world):
    found = at.evaluate(credit, truth=world.truth)
    truth = world.truth.to_pandas().set_index("channel").loc[list(found.channels)]
    frame = found.to_frame().set_index("model")
    for model in credit.models:
        line = credit.select(models=model).to_frame().set_index("channel")["conversions"]
        line = line.reindex(list(found.channels)).to_numpy()
        expected = scores.share_error(line, truth["expected_conversions"].to_numpy())
        assert frame.loc[model, "share_error"] == pytest.approx(expected)
    assert frame["share_error"].is_monotonic_increasing
    assert found.best() == frame.index[0]
    assert set(found.channels) == set(world.truth.to_pandas().query("cost > 0")["channel"])
    assert 0 < found.present_regret() < 1


def test_forms_of_a_truth_are_one(credit, world):
    frame = world.truth.to_pandas()
    table = at.evaluate(credit, truth=frame).to_frame()
    mapping = dict(zip(frame["channel"], frame["expected_conversions"], strict=True))
    assert at.evaluate(credit, truth=mapping).to_frame().equals(table)


def test_bias_holds_the_truth_where_its_interval_does(credit, world):
    bias = at.evaluate(credit, truth=world.truth).bias()
    assert len(bias) == 4 * 9
    inside = (bias["error_ci_low"] <= 0) & (bias["error_ci_high"] >= 0)
    assert (inside == bias["covered"]).all()
    assert np.allclose(bias["credit"] - bias["truth"], bias["error"])


def test_experiments_that_say_what_a_model_says_favour_it(credit):
    frame = credit.select(models="first_touch").to_frame().set_index("channel")["conversions"]
    names = ["email", "display", "video", "social", "paid_search"]
    lifts = {
        name: at.Estimate(0.7 * frame[name], 0.7 * frame[name] - 12, 0.7 * frame[name] + 12) for name in names
    }
    found = at.evaluate(credit, lifts=lifts)
    assert found.best() == "first_touch"
    assert "Your 5 experiments favour first_touch over" in found.summary()
    frame = found.to_frame()
    assert frame["score"].is_monotonic_decreasing
    assert frame["behind"].iloc[0] == 0.0


def test_five_experiments_pick_a_model_that_is_nearly_the_best():
    # A simulation with known truth; docs/evaluate.md has four worlds of 40,000 users.
    gaps = []
    for seed in range(2):
        world = at.datasets.simulate(20_000, seed=seed, world="strong_ads")
        log = at.read_log(world.touches, world.conversions)
        models = ["first_touch", "last_touch", "linear", "u_shaped", "time_decay", "markov"]
        credit = at.attribute(log, models, goal="purchase").with_spend(world.spend)
        truth = world.truth.to_pandas().set_index("channel")["expected_conversions"]
        found = at.evaluate(credit, truth=world.truth)
        right = found.to_frame().set_index("model")["share_error"]
        rng = np.random.default_rng(seed)
        for _ in range(6):
            names = rng.choice(found.channels, 5, replace=False).tolist()
            results = {name: truth[name] + rng.normal(0, 70) for name in names}
            lifts = {name: at.Estimate(value, value - 137, value + 137) for name, value in results.items()}
            gaps.append(right[at.evaluate(credit, lifts=lifts).best()] - right.min())
    assert np.mean(gaps) <= 0.05 + 0.03  # twelve picks have an error of about .015


def test_where_nothing_is_caused_it_says_so():
    world = at.datasets.simulate(5_000, seed=1, world="null")
    log = at.read_log(world.touches, world.conversions)
    credit = at.attribute(log, ["first_touch", "markov"], goal="purchase").with_spend(world.spend)
    found = at.evaluate(credit, truth=world.truth)
    assert found.to_frame()["share_error"].isna().all()
    assert found.summary().startswith("Nothing was caused, and every model credits it")


def test_it_is_drawn(credit, world):
    found = at.evaluate(credit, truth=world.truth)
    assert found.plot().get_title(loc="left") == "Credit at the wrong channel"
    assert "too much" in found.plot("bias").get_title(loc="left")
    assert "share_error" in found._repr_html_()


LIFT = at.Estimate(20.0, 10.0, 30.0)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "nothing to hold it against"),
        ({"truth": {"email": 1.0}, "lifts": {}}, "two questions"),
        ({"truth": {"email": 1.0}}, "there is no channel"),
        ({"truth": {"channel": ["email"], "sales": [1.0]}}, "there is no column 'conversions'"),
        ({"lifts": {"email": LIFT, "video": LIFT}}, "2 experiments cannot choose"),
        ({"truth": {"email": 1.0}, "rho": 1.0}, "rho=1.0 must be"),
    ],
)
def test_what_cannot_be_judged_is_refused(options, told, credit):
    with pytest.raises(AttributionError, match=told):
        at.evaluate(credit, **options)


def test_credit_by_more_than_channel_is_refused(world):
    log = at.read_log(world.touches, world.conversions)
    credit = at.attribute(log, "linear", goal="purchase", by=("channel", "month"))
    with pytest.raises(AttributionError, match="by channel, month"):
        at.evaluate(credit, truth=world.truth)
