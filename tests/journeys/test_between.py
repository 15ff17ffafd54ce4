"""Positions of journeys are no dates; durations are no mappings; and huge values are numbers."""

from __future__ import annotations

import warnings

import pytest

import attribution as at
from attribution.errors import AttributionError, JourneyError

TOUCHES = {"user_id": ["u", "v"], "time": ["2026-03-01", "2026-03-01"], "channel": ["a", "b"]}


def log_of(value: float = 1.0) -> at.EventLog:
    orders = {"user_id": ["u", "v"], "time": ["2026-03-02", "2026-03-03"], "value": [value, value]}
    return at.read_log(TOUCHES, orders)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        ("2026-03-01", "2026-04-01", "knows no dates"),
        (0, "2026-04-01", "high='2026-04-01' is no position"),
        (0, 9, "not among those of 2 journeys"),
        (2, 1, "positions 2 to 1"),
        (True, 1, "low=True is no position"),
    ],
)
def test_between_takes_positions_and_says_so(low, high, words):
    with pytest.raises(JourneyError, match=words):
        at.build_journeys(log_of()).between(low, high)
    assert len(at.build_journeys(log_of()).between(0, 1)) == 1


def test_huge_values_are_credited_and_kept_without_a_warning(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        log = log_of(1e300)
        journeys = at.build_journeys(log)
        credit = at.attribute(journeys, ["linear", "markov", at.Shapley("subset_rate")], by="day")
        assert credit.value.sum(axis=1).tolist() == pytest.approx([2e300] * 3)
        at.save_baseline(credit, tmp_path / "one.json", journeys=journeys)


@pytest.mark.parametrize("lookback", [("30D",), ["30D"], True])
def test_what_is_no_duration_is_not_told_to_lack_a_unit(lookback):
    with pytest.raises(AttributionError, match="is not a duration"):
        at.build_journeys(log_of(), lookback=lookback)
