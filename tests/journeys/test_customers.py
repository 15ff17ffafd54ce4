"""New and returning customers: against brute force, summing to the channel table, the same on engines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.datasets import simulate
from attribution.errors import JourneyError
from attribution.journeys.customers import is_returning
from tests.engines.same import assert_same

# Every goal counts here, so that many users convert more than once.
MODELS = ["first_touch", "linear", "markov", "shapley"]


@pytest.fixture(scope="module")
def log():
    data = simulate(1_000, seed=8, days=200)
    return at.read_log(data.touches, data.conversions)


def test_a_conversion_is_returning_after_an_earlier_one_of_the_user(log):
    journeys = at.build_journeys(log)
    found = is_returning(journeys)
    converted = np.flatnonzero(journeys.converted)
    seen: dict[int, int] = {}
    for j in converted.tolist():  # brute force: the first instant at which each user converted
        user, time = int(journeys.user[j]), int(journeys.conversion_time[j])
        seen[user] = min(seen.get(user, time), time)
    expected = [int(journeys.conversion_time[j]) > seen[int(journeys.user[j])] for j in converted.tolist()]
    assert found[converted].tolist() == expected
    assert any(expected)


def test_conversions_at_one_instant_are_alike():
    touches = {"user_id": [1, 1], "time": ["2026-01-01", "2026-01-05"], "channel": ["a", "b"]}
    times = ["2026-01-02", "2026-01-02", "2026-01-06"]
    journeys = at.build_journeys(at.read_log(touches, {"user_id": [1, 1, 1], "time": times}))
    assert is_returning(journeys).tolist() == [False, False, True]
    credit = at.attribute(journeys, "linear", by="customer").to_frame()
    rows = credit[["channel", "customer", "conversions"]].to_numpy().tolist()
    assert rows == [["a", "new", 2.0], ["b", "returning", 1.0]]


def test_the_breakdown_sums_to_the_channels(log):
    journeys = at.build_journeys(log)
    whole = at.attribute(journeys, MODELS).to_frame()
    parts = at.attribute(journeys, MODELS, by="customer").to_frame()
    assert set(parts["customer"]) == {"new", "returning"}
    sums = parts.groupby(["model", "channel"])[["conversions", "value"]].sum()
    expected = whole.set_index(["model", "channel"])[["conversions", "value"]]
    pd.testing.assert_frame_equal(sums.loc[expected.index], expected)


def test_the_stream_engine_gives_the_same(log, tmp_path):
    options = {"by": ("customer", "month"), "bootstrap": 10, "rng": 1, "progress": False}
    models = ["linear", "markov"]
    expected = at.attribute(log, models, engine="memory", **options)
    found = at.attribute(log, models, engine=at.Stream(buckets=3, folder=tmp_path), **options)
    assert_same(found, expected)


def test_increments_give_the_same(log, tmp_path):
    expected = at.attribute(log, "linear", by="customer", engine="memory")
    found = at.attribute(log, "linear", by="customer", engine=at.Increments(tmp_path / "state"))
    assert_same(found, expected)


def test_a_column_of_the_log_comes_first():
    touches = {
        "user_id": [1, 2],
        "time": ["2026-01-01"] * 2,
        "channel": ["a", "b"],
        "customer": ["gold", "new"],
    }
    log = at.read_log(touches, {"user_id": [1], "time": ["2026-01-02"]}, at.LogSchema(dims=("customer",)))
    credit = at.attribute(log, "linear", by="customer", engine="memory").to_frame()
    assert credit[["channel", "customer", "conversions"]].to_numpy().tolist() == [["a", "gold", 1.0]]


def test_paths_know_no_customers():
    journeys = at.read_paths({"path": ["a > b"], "conversions": [1], "nulls": [3]})
    with pytest.raises(JourneyError, match="path table"):
        at.attribute(journeys, "linear", by="customer")
