"""Explanations: words that agree with the frames."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import attribution as at
from attribution.errors import CreditError
from tests.credit.tables import by_month, two_models, with_activity

PATHS = {
    "path": ["ad > email", "email", "ad > ad > search", "search"],
    "conversions": [3, 1, 2, 4],
    "nulls": [2, 4, 1, 8],
}


@pytest.fixture(scope="module")
def journeys():
    return at.read_paths(PATHS)


@pytest.fixture(scope="module")
def credit(journeys):
    return at.attribute(journeys, ["last_touch", "markov", "shapley"])


def numbers(explanation):
    return explanation.to_frame().set_index("fact")["value"]


def test_positions_and_credit_by_hand(credit):
    facts = numbers(credit.explain("email"))
    assert facts[["conversions", "attributed", "share", "rank", "channels"]].tolist() == [4, 10, 0.4, 2, 3]
    assert facts[["touched", "opened", "closed", "assisted", "mean_touches"]].tolist() == [4, 1, 4, 0, 1]


def test_words_hold_the_numbers_of_the_frame(credit, journeys):
    found = credit.explain("ad", "markov", journeys=journeys)
    facts, text = numbers(found), found.summary()
    frame = credit.to_frame().set_index(["model", "channel"])
    assert facts["share"] == frame.loc[("markov", "ad"), "share"]
    assert f"{facts['share']:.1%}" in text
    effects = credit.details["markov"].to_frame().set_index("channel")
    assert facts["removal_effect"] == effects.loc["ad", "removal_effect"]
    assert f"Removal effect {facts['removal_effect']:.3f}" in text
    assert "5 conversions (50.0% of all), with 1.40 touches each" in text
    assert repr(found) == text


def test_rates_and_paths_with_and_without(credit, journeys):
    found = credit.explain("ad", journeys=journeys)
    facts = numbers(found)
    assert facts[["journeys_with", "journeys_without"]].tolist() == [8, 17]
    assert facts["rate_with"] == pytest.approx(5 / 8)
    assert facts["rate_without"] == pytest.approx(5 / 17)
    assert found.paths["path"].tolist() == ["ad > email", "ad > ad > search", "search", "email"]
    assert found.paths["with_channel"].tolist() == [True, True, False, False]
    assert found.paths["conversion_rate"].tolist() == pytest.approx([3 / 5, 2 / 3, 4 / 12, 1 / 5])
    assert "Of 8 journeys with it 62.5% converted; of 17 journeys without it 29.4% converted" in str(found)
    assert len(credit.explain("ad", journeys=journeys, top=1).paths) == 2


def test_without_failures_no_rate_is_told():
    bought = at.read_paths({"path": PATHS["path"], "conversions": PATHS["conversions"]})
    found = at.attribute(bought, "linear").explain("ad", journeys=bought)
    assert "rate_with" not in numbers(found)
    assert "converted" not in found.summary().split("This is")[0]
    assert "ad > email (3)" in found.summary()


def test_a_channel_in_every_journey_has_no_other_side():
    journeys = at.read_paths({"path": ["a", "a > b"], "conversions": [1, 1], "nulls": [1, 0]})
    text = at.attribute(journeys, "linear").explain("a", journeys=journeys).summary()
    assert "Of 3 journeys with it 66.7% converted. These" in text


def test_what_a_model_tells_is_told(credit):
    # Half of three conversions with email and of two with search.
    assert numbers(credit.explain("ad", "shapley"))["shapley"] == 2.5
    assert "Shapley value 2.5" in credit.explain("ad", "shapley").summary()
    assert "removal_effect" not in numbers(credit.explain("ad", "last_touch"))


def test_intervals_are_told_where_there_are_some():
    sample = at.load_sample("retailer")
    log = at.read_log(sample.touches, sample.conversions)
    credit = at.attribute(log, "linear", goal="purchase", bootstrap=40, rng=1)
    facts = numbers(credit.explain("email"))
    row = credit.intervals("share").set_index("channel").loc["email"]
    assert facts[["share_ci_low", "share_ci_high"]].tolist() == row[["ci_low", "ci_high"]].tolist()
    text = credit.explain("email").summary()
    assert f"between {row['ci_low']:.1%} and {row['ci_high']:.1%}" in text


def test_a_misspelt_name_is_told_the_nearest(credit, journeys):
    with pytest.raises(CreditError, match="did you mean 'email'"):
        credit.explain("emial")
    with pytest.raises(CreditError, match="did you mean 'markov'"):
        credit.explain("email", "markof")
    with pytest.raises(CreditError, match="no channel 'display'"):
        two_models().explain("display", journeys=journeys)


def test_a_channel_without_touches_and_a_breakdown():
    assert "opened" in with_activity().explain("display").summary()
    found = by_month().explain("display")
    assert numbers(found)["conversions"] == 3
    assert "touched" not in numbers(found)


def test_learned_models_say_what_they_learned():
    sample = at.load_sample("retailer")
    journeys = at.build_journeys(at.read_log(sample.touches, sample.conversions), goal="purchase")
    credit = at.attribute(journeys, ["bagged_logistic", "probabilistic", "additive_hazard"])
    for model, fact, words in [
        ("bagged_logistic", "odds_ratio", "{:.2f} times the odds of converting"),
        ("probabilistic", "conversion_rate", "{:.1%} converted"),
        ("additive_hazard", "conversions_per_touch", "a touch brings {:.4f} conversions"),
    ]:
        explained = credit.explain("email", model)
        assert words.format(explained.facts[fact]) in explained.summary()
    # The rate is a count of journeys, which can be counted without the model.
    starts, code = journeys.offsets, journeys.channels.index("email")
    touched = [code in journeys.channel[low:high] for low, high in itertools.pairwise(starts)]
    with_email = journeys.take(np.array(touched))
    assert credit.explain("email", "probabilistic").facts["conversion_rate"] == pytest.approx(
        with_email.conversion_rate
    )
