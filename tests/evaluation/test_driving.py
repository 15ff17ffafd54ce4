"""The paths that make two models disagree, by hand and against the tables they break down."""

from __future__ import annotations

import numpy as np
import pytest

import attribution as at
from attribution.errors import ModelError
from attribution.evaluation.coverage import Process


def test_paths_by_hand():
    journeys = at.read_paths(
        {"path": ["a > b", "b > a", "a > b > c", "c"], "conversions": [4, 3, 2, 9], "nulls": [1, 0, 0, 5]}
    )
    frame = at.driving_paths(journeys, "first_touch", "linear")
    assert frame["path"].tolist() == ["a > b", "b > a", "a > b > c"]
    assert frame["conversions"].tolist() == [4, 3, 2]
    assert frame["moved"].tolist() == pytest.approx([2, 1.5, 4 / 3])
    assert frame["part"].sum() == pytest.approx(1)
    assert frame["from"].tolist() == ["a", "b", "a"]
    assert frame["to"].tolist()[:2] == ["b", "a"]
    assert at.driving_paths(journeys, "first_touch", "linear", top=1)["path"].tolist() == ["a > b"]


@pytest.mark.parametrize("second", ["linear", "u_shaped", "first_touch"])
def test_the_paths_of_rules_move_at_least_what_the_channels_do(second):
    journeys = Process().draw(500, np.random.default_rng(1))
    frame = at.driving_paths(journeys, "last_touch", second, top=None)
    gap = at.attribute(journeys, ["last_touch", second]).compare().disagreement()["disagreement"][0]
    assert frame["moved"].sum() >= gap * journeys.n_conversions - 1e-9
    assert (frame["moved"].diff().dropna() <= 1e-12).all()


@pytest.mark.parametrize("second", ["last_touch", "markov", "shapley"])
def test_paths_of_one_channel_drive_nothing(second):
    journeys = at.read_paths({"path": ["a", "b > b", "a > b"], "conversions": [3, 1, 2], "nulls": [4, 0, 1]})
    assert at.driving_paths(journeys, "first_touch", second)["path"].tolist() == ["a > b"]


def test_a_path_is_divided_by_the_sizes_of_effects():
    journeys = at.read_paths({"path": ["a > b", "b"], "conversions": [1, 1], "nulls": [1, 1]})
    frame = at.driving_paths(journeys, "first_touch", at.Markov(allocation="journey"))
    # Removal effects are 1/2 and 1: the path's conversion is split 1/3, 2/3.
    assert frame[["path", "moved", "from", "to"]].to_numpy().tolist() == [
        ["a > b", pytest.approx(2 / 3), "a", "b"]
    ]


def test_wrong_arguments():
    journeys = at.read_paths({"path": ["a"], "conversions": [3]})
    with pytest.raises(ModelError, match="asked for twice"):
        at.driving_paths(journeys, "linear", "linear")
    with pytest.raises(ModelError, match="did you mean 'markov'"):
        at.driving_paths(journeys, "linear", "markof")
    with pytest.raises(ModelError, match="top=0"):
        at.driving_paths(journeys, "linear", "markov", top=0)


def test_channels_that_touched_no_conversion_are_on_no_path():
    touches = {"user_id": ["a", "b"], "time": ["2026-01-01", "2026-01-03"], "channel": ["x", "y"]}
    log = at.read_log(touches, {"user_id": ["a"], "time": ["2026-01-02"]})
    assert len(at.driving_paths(at.build_journeys(log), "linear", "markov")) == 0
