"""Models side by side: shares, ranks, disagreement, by hand."""

from __future__ import annotations

import pytest

import attribution as at
from attribution.errors import CreditError
from tests.credit.tables import by_month, two_models


def test_shares_ranks_and_shifts_by_hand():
    frame = two_models().compare().to_frame().set_index(["model", "channel"])
    assert frame.index.get_level_values("channel").tolist() == ["display", "email", "search"] * 2
    assert frame.loc["last_touch", "share"].tolist() == [0.75, 0.25, 0]
    assert frame.loc["last_touch", "share_shift"].tolist() == [0.25, -0.125, -0.125]
    assert frame.loc["linear", "share_shift"].tolist() == [0, 0, 0]
    assert (frame["rank_shift"] == 0).all()


def test_disagreement_is_the_part_of_conversions_that_would_move():
    frame = two_models().compare().disagreement()
    assert frame.to_dict("records") == [
        {
            "first": "linear",
            "second": "last_touch",
            "disagreement": 0.25,
            "channel": "display",
            "difference": -0.25,
        }
    ]


def test_ranks_shift_against_the_base_and_ties_share_the_best():
    paths = at.read_paths({"path": ["a > b", "a > c", "b > c > b"], "conversions": [2, 2, 3]})
    found = at.attribute(paths, ["first_touch", "last_touch", "linear"]).compare(base="last_touch")
    assert found.base == "last_touch"
    assert found.channels == ("b", "c", "a")
    frame = found.to_frame().set_index(["model", "channel"])
    assert frame.loc["first_touch", "rank"].to_dict() == {"b": 2, "c": 3, "a": 1}
    assert frame.loc["first_touch", "rank_shift"].to_dict() == {"b": -1, "c": -1, "a": 2}
    tied = at.attribute(at.read_paths({"path": ["a > b"], "conversions": [2]}), ["linear", "markov"])
    assert tied.compare().to_frame()["rank"].tolist() == [1, 1, 1, 1]


def test_the_words_agree_with_the_numbers():
    found = two_models().compare()
    text = found.summary()
    assert "linear and last_touch credit 25.0% of the conversions to different channels" in text
    assert "display, 25.0 points less under linear" in text
    assert "Same rank under every model: display, email, search." in text
    assert "75.0%" in repr(found)
    assert "<table" in found._repr_html_()


def test_a_breakdown_is_summed_and_one_model_is_refused():
    with pytest.raises(CreditError, match="one model, linear"):
        by_month().compare()
    with pytest.raises(CreditError, match="did you mean 'linear'"):
        two_models().compare(base="linaer")
