"""Budget advice: closed forms, verdicts that hold their level, and a sentence for each refusal."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import attribution as at
from attribution.errors import AttributionError
from attribution.evaluation.budget_advice import PRODUCTIVE, UNKNOWN, UNPRODUCTIVE
from tests.sizes import sizes


def credit_of(n=4, conversions=200, value=50.0, cost=1_000.0):
    """Credit of n channels, each with so many conversions of such a value, and that spend."""
    users = np.arange(n * conversions)
    names = [f"channel {place}" for place in range(n)]
    touches = {
        "user_id": users,
        "time": ["2026-03-01"] * len(users),
        "channel": np.repeat(names, conversions),
    }
    orders = {"user_id": users, "time": ["2026-03-02"] * len(users), "value": [value] * len(users)}
    spend = {"channel": names, "cost": [cost] * n}
    return at.attribute(at.read_log(touches, orders), "linear").with_spend(spend)


@pytest.fixture(scope="module")
def credit():
    return credit_of()


def advice_of(credit, tests, **options):
    options = {"margin": 0.4} | options
    return at.advise_budget(at.calibrate(credit, tests), **options)


def test_what_knowing_is_worth_at_break_even_is_a_closed_form(credit):
    # E max(N, 0) of a normal of mean 0 is s phi(0): .39894 s.
    advice = advice_of(credit, {"channel 0": at.Estimate(100.0, 60.0, 140.0)})
    net, _, _ = advice.net
    moved = at.BudgetAdvice(
        advice.channels,
        advice.cost + net,  # now each channel just pays
        *(advice.incremental, advice.low, advice.high, advice.tested),
        *(advice.worth, advice.unit, advice.elasticity, advice.stated, advice.alpha),
    )
    frame = moved.to_frame().set_index("channel")
    error = dict(zip(moved.channels, moved.error, strict=True))
    for channel, row in frame.iterrows():
        assert row["evpi"] == pytest.approx(error[channel] / math.sqrt(2 * math.pi), rel=1e-9)
        assert row["p_profitable"] == pytest.approx(0.5)


def test_what_knowing_is_worth_by_numerical_integration(credit):
    advice = advice_of(credit, {"channel 0": at.Estimate(30.0, 10.0, 50.0)})
    net, error = advice.net[0], advice.error
    grid = np.linspace(-8, 8, 400_001)
    density = np.exp(-(grid**2) / 2) / math.sqrt(2 * math.pi)
    step = grid[1] - grid[0]
    frame = advice.to_frame().set_index("channel")["evpi"]
    for place, channel in enumerate(advice.channels):
        best = np.maximum(net[place] + error[place] * grid, 0) @ density * step
        assert frame[channel] == pytest.approx(best - max(net[place], 0), rel=1e-4, abs=1e-6)


def test_verdicts_by_hand(credit):
    # Spend 1,000; a conversion is worth 50 x .4 = 20: break-even at 50 incremental conversions.
    tests = {
        "channel 0": at.Estimate(20.0, 0.0, 40.0),
        "channel 1": at.Estimate(90.0, 70.0, 110.0),
        "channel 2": at.Estimate(60.0, 20.0, 100.0),
    }
    for options in ({"margin": 0.4}, {"margin": None, "per_conversion": 20.0}):
        advice = advice_of(credit, tests, **options)
        assert advice.verdicts == (UNPRODUCTIVE, PRODUCTIVE, UNKNOWN, UNKNOWN)
        row = advice.to_frame().set_index("channel").loc["channel 0"]
        assert row["saving"] == pytest.approx(1_000 - advice.worth * advice.incremental[0], rel=1e-9)
        assert row["saving_ci_low"] < row["saving"] < row["saving_ci_high"]
    assert advice.to_frame()["break_even"].unique().tolist() == [20.0]


@given(st.floats(0.05, 0.9), st.floats(0.01, 0.1))
def test_a_larger_margin_never_makes_a_verdict_worse(margin, more):
    tests = {"channel 0": at.Estimate(20.0, 0.0, 40.0), "channel 1": at.Estimate(90.0, 70.0, 110.0)}
    rank = {UNPRODUCTIVE: 0, UNKNOWN: 1, PRODUCTIVE: 2}
    low, high = (advice_of(CREDIT, tests, margin=part).verdicts for part in (margin, margin + more))
    assert all(rank[one] <= rank[other] for one, other in zip(low, high, strict=True))


CREDIT = credit_of()


@given(st.floats(0.01, 0.2), st.sampled_from([None, (0.0, 1.0), (0.4, 0.8), (0.6, 0.6)]))
def test_moves_give_what_they_take_within_the_limit(limit, elasticity):
    tests = {
        "channel 0": at.Estimate(20.0, 5.0, 35.0),
        "channel 1": at.Estimate(90.0, 70.0, 110.0),
        "channel 2": at.Estimate(10.0, 0.0, 20.0),
        "channel 3": at.Estimate(140.0, 120.0, 160.0),
    }
    moves = advice_of(CREDIT, tests, elasticity=elasticity).moves(limit)
    assert set(moves["source"]) == {"channel 0", "channel 2"}
    assert set(moves["target"]) == {"channel 1", "channel 3"}
    for side in ("source", "target"):
        assert (moves.groupby(side)["amount"].sum() <= limit * 1_000 * (1 + 1e-12)).all()
    assert moves["amount"].sum() == pytest.approx(2 * limit * 1_000)
    assert (moves["gain_ci_low"] <= moves["gain"]).all()
    assert (moves["gain"] <= moves["gain_ci_high"]).all()
    # The best channel is paid for by the worst.
    assert (moves.iloc[0]["source"], moves.iloc[0]["target"]) == ("channel 2", "channel 3")


def test_the_gain_of_a_move_by_hand():
    tests = {"channel 0": at.Estimate(20.0, 5.0, 35.0), "channel 1": at.Estimate(90.0, 70.0, 110.0)}
    advice = advice_of(CREDIT, tests, elasticity=(0.5, 0.5))
    (move,) = advice.moves(0.1).to_dict("records")
    per_euro = [advice.worth * effect / 1_000 for effect in advice.incremental[:2]]
    assert move["amount"] == pytest.approx(100.0)
    assert move["gain"] == pytest.approx(100 * 0.5 * (per_euro[1] - per_euro[0]))


def test_the_optimum_keeps_the_total_and_beats_every_other_split():
    tests = {
        f"channel {place}": at.Estimate(40.0 + 5 * place, 30.0 + 5 * place, 50.0 + 5 * place)
        for place in range(4)
    }
    advice = advice_of(CREDIT, tests, elasticity=(0.5, 0.7))
    best = advice.optimum()
    assert best["proposed"].sum() == pytest.approx(best["cost"].sum())
    assert best["change"].abs().max() <= 0.2 + 1e-9

    def profit(spend):
        return (advice.incremental * (spend / advice.cost) ** 0.6).sum()

    top = profit(best["proposed"].to_numpy())
    rng = np.random.default_rng(1)
    for _ in range(300):
        other = advice.cost * (1 + rng.uniform(-0.2, 0.2, 4))
        other *= advice.cost.sum() / other.sum()
        if (np.abs(other / advice.cost - 1) <= 0.2).all():
            assert profit(other) <= top + 1e-9


@sizes(few=300, full=4_000)
def test_a_channel_that_just_pays_is_rarely_called_unproductive(size):
    # A simulation with known truth: the effect is exactly that of break-even; tests have an error of 15.
    rng = np.random.default_rng(7)
    wrong = 0
    for found in rng.normal(50.0, 15.0, size):
        test = at.Estimate(found, found - 1.96 * 15, found + 1.96 * 15)
        wrong += advice_of(CREDIT, {"channel 0": test}).verdicts[0] == UNPRODUCTIVE
    assert wrong / size <= 0.025 + 3 * math.sqrt(0.025 * 0.975 / size)


TESTS = {"channel 0": at.Estimate(20.0, 5.0, 35.0), "channel 1": at.Estimate(90.0, 70.0, 110.0)}
REFUSED = {
    "raw credit": (lambda: at.advise_budget(CREDIT, margin=0.4), "credit is what models hand out"),
    "no calibration": (lambda: at.advise_budget(5, margin=0.4), "is a int, and no calibration"),
    "no spend": (lambda: advice_of(without_spend(), TESTS), "there is no spend"),
    "no margin": (lambda: advice_of(CREDIT, TESTS, margin=None), "no margin is given"),
    "two margins": (lambda: advice_of(CREDIT, TESTS, per_conversion=9.0), "two answers to one question"),
    "percent": (lambda: advice_of(CREDIT, TESTS, margin=40), "margin=40 must be a part of the value"),
    "worth nothing": (
        lambda: advice_of(CREDIT, TESTS, margin=None, per_conversion=0),
        "per_conversion=0 must be an amount",
    ),
    "no values": (lambda: advice_of(without_value(), TESTS), "no value that a margin could be of"),
    "elasticity": (lambda: advice_of(CREDIT, TESTS, elasticity=(0.5, 1.5)), "two numbers from 0 to 1"),
    "a text": (lambda: advice_of(CREDIT, TESTS, elasticity="0.5"), "two numbers from 0 to 1"),
    "far moves": (lambda: advice_of(CREDIT, TESTS).moves(0.5), "no farther than 20% of what was spent"),
    "optimum": (lambda: advice_of(CREDIT, TESTS).optimum(), "no elasticity was stated"),
    "one test": (
        lambda: advice_of(CREDIT, {"channel 0": TESTS["channel 0"]}, elasticity=(0.5, 1)).optimum(),
        "1 channels with spend were tested",
    ),
}


def without_spend():
    users = np.arange(400)
    touches = {"user_id": users, "time": ["2026-03-01"] * 400, "channel": ["channel 0", "channel 1"] * 200}
    orders = {"user_id": users, "time": ["2026-03-02"] * 400, "value": [50.0] * 400}
    return at.attribute(at.read_log(touches, orders), "linear")


def without_value():
    users = np.arange(400)
    touches = {"user_id": users, "time": ["2026-03-01"] * 400, "channel": ["channel 0", "channel 1"] * 200}
    credit = at.attribute(at.read_log(touches, {"user_id": users, "time": ["2026-03-02"] * 400}), "linear")
    return credit.with_spend({"channel": ["channel 0", "channel 1"], "cost": [10.0, 10.0]})


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_said_is_refused_in_words(name):
    ask, told = REFUSED[name]
    with pytest.raises(AttributionError, match=told) as caught:
        ask()
    assert caught.value.hint


def test_an_untested_channel_has_no_verdict_but_a_test():
    advice = advice_of(CREDIT, {"channel 0": at.Estimate(90.0, 70.0, 110.0)})
    assert advice.verdicts[1:] == (UNKNOWN,) * 3
    assert "test channel" in advice.summary()
    assert "Keep channel 0" in advice.summary()


def test_it_is_said_in_french_and_drawn():
    from attribution.language.catalogue import language

    advice = advice_of(CREDIT, TESTS)
    french = [language("fr").say(sentence) for sentence in advice.sentences()]
    assert french[0].startswith("Coupez channel 0")
    assert advice.plot().get_title(loc="left").startswith("What spend brought after its cost")
    assert "unproductive" in advice._repr_html_()
