"""Laws of the reporting window: whole journeys, of which those of a period count."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import attribution as at
from attribution.errors import JourneyError
from attribution.kernels.hashing import hash_integers
from tests.laws import reference
from tests.laws.test_journeys import built as journeys_of
from tests.laws.test_journeys import described, expected
from tests.laws.test_rules import MODELS, POLICIES, built
from tests.laws.worlds import DAY, GOALS, logs

DAYS = st.integers(0, 61)
LEARNING = {"markov": at.Markov(), "shapley": at.Shapley()}


def day(number):
    return (dt.date(1970, 1, 1) + dt.timedelta(days=number)).isoformat()


def amounts(journeys, models=MODELS, by="channel"):
    frame = at.attribute(journeys, models, by=by).to_frame()
    keys = ["model", *dict.fromkeys(["channel", by])]
    return {
        key: np.array(row)
        for *key_, conversions, value in frame[[*keys, "conversions", "value"]].itertuples(index=False)
        for key, row in [(tuple(key_), (conversions, value))]
    }


@given(logs(), st.integers(0, 40), POLICIES, DAYS, DAYS)
def test_journeys_of_a_period_are_those_of_the_whole_log_that_end_in_it(log, lookback, policy, one, two):
    """The reference builds all journeys in plain Python, then leaves out what ends elsewhere."""
    first, last = sorted([one, two])
    found = journeys_of(*log, lookback, policy, period=(day(first), day(last)))

    def within(journey):
        end = journey.conversion.time if journey.conversion else journey.touches[-1].time
        return first * DAY <= end < (last + 1) * DAY

    wanted = ([j for j in part if within(j)] for part in reference.build(*log, lookback * DAY, policy))
    assert described(found, hash_integers) == expected(*wanted)


@given(logs(goals=GOALS), st.integers(0, 40), POLICIES, DAYS, DAYS)
def test_credit_and_unattributed_are_the_conversions_of_the_period(log, lookback, policy, one, two):
    first, last = sorted([one, two])
    touches, conversions = log
    counted = [c for c in conversions if c.goal == "purchase" and first * DAY <= c.time < (last + 1) * DAY]
    journeys = built(touches, conversions, lookback, policy, period=(day(first), day(last)))
    sums = at.attribute(journeys, MODELS | LEARNING).sums()
    assert sums.conversions + sums.unattributed_conversions == pytest.approx(len(counted))
    assert sums.value + sums.unattributed_value == pytest.approx(sum(c.value for c in counted), abs=1e-9)


@given(logs(goals=GOALS), st.integers(0, 40), POLICIES, st.sampled_from(["channel", "customer", "month"]))
def test_a_period_of_the_whole_log_changes_nothing(log, lookback, policy, by):
    models = MODELS | (LEARNING if by == "channel" else {})
    without = amounts(built(*log, lookback, policy), models, by)
    for period in [(day(0), day(61)), (None, None), (day(0), None), "1970"]:
        found = amounts(built(*log, lookback, policy, period=period), models, by)
        assert {key: row.tolist() for key, row in found.items()} == {
            key: row.tolist() for key, row in without.items()
        }


@given(
    logs(goals=GOALS),
    st.integers(0, 40),
    POLICIES,
    st.lists(DAYS, min_size=1, max_size=3, unique=True),
    st.sampled_from(["channel", "customer", "campaign"]),
)
def test_disjoint_periods_sum_to_the_whole(log, lookback, policy, cuts, by):
    cuts = sorted(cuts)
    first = [None, *(day(cut) for cut in cuts)]
    last = [*(day(cut - 1) for cut in cuts), None]
    parts = [built(*log, lookback, policy, period=ends) for ends in zip(first, last, strict=True)]
    total: dict[tuple[str, ...], np.ndarray] = {}
    for part in parts:
        for key, row in amounts(part, by=by).items():
            total[key] = total.get(key, 0.0) + row
    whole = amounts(built(*log, lookback, policy), by=by)
    assert {key for key, row in whole.items() if row.any()} <= set(total)
    for key, row in total.items():
        assert row == pytest.approx(whole.get(key, np.zeros(2)), abs=1e-9)
    # Paths too, so that whatever learns from the parts has learnt from the whole.
    paths: Counter[tuple[str, str]] = Counter()
    for part in parts:
        for name in ("conversions", "nulls"):
            for path, count in part.path_counts().set_index("path")[name].items():
                paths[path, name] += count
    wanted = built(*log, lookback, policy).path_counts().set_index("path")
    assert {key: n for key, n in paths.items() if n} == {
        (path, name): row[name]
        for path, row in wanted.iterrows()
        for name in ("conversions", "nulls")
        if row[name]
    }


def test_filtering_the_conversions_is_another_question():
    """The example of the field: a search that an order of February has spent."""
    touches = {"user_id": [1], "time": ["2026-02-26"], "channel": ["search"]}
    orders = {"user_id": [1, 1], "time": ["2026-02-27", "2026-03-03"], "value": [10.0, 20.0]}
    log = at.read_log(touches, orders)
    march = at.attribute(log, "linear", period="2026-03")
    assert march.sums().unattributed_conversions.tolist() == [1.0]
    assert march.to_frame()["value"].tolist() == [0.0, 20.0]  # the second is the unattributed line
    only = at.read_log(touches, {name: column[1:] for name, column in orders.items()})
    assert at.attribute(only, "linear").to_frame()["value"].tolist() == [20.0]
    # who returns is known from before the period
    assert at.attribute(log, "linear", by="customer", period="2026-03").to_frame()["customer"].tolist() == [
        "returning"
    ]


def test_costs_outside_the_period_do_not_count():
    touches = {"user_id": [1, 1], "time": ["2026-02-26", "2026-03-05"], "channel": ["search", "search"]}
    orders = {"user_id": [1, 1], "time": ["2026-02-27", "2026-03-08"], "value": [10.0, 20.0]}
    spend = pd.DataFrame(
        {"channel": "search", "date": pd.to_datetime(["2026-02-26", "2026-03-05"]), "cost": [4.0, 5.0]}
    )
    credit = at.attribute(at.read_log(touches, orders), "linear", period="2026-03").with_spend(spend)
    assert credit.to_frame()["roas"].tolist() == [4.0]
    assert credit.notes[0].startswith(
        "spend: 4 on days outside 2026-03-01 to 2026-03-08, the days of the credit"
    )


@pytest.mark.parametrize(
    ("period", "low", "days"),
    [
        ("2026-03", "2026-03-01", 31),
        ("2026", "2026-01-01", 365),
        ("2024-02", "2024-02-01", 29),
        ("2026-W01", "2025-12-29", 7),
        ("2026-03-29", "2026-03-29", 1),
        (("2026-03-01", "2026-03-31"), "2026-03-01", 31),
        ([dt.date(2026, 3, 1), pd.Timestamp("2026-03-02")], "2026-03-01", 1),
        (("2026-03-01T06:00", "2026-03-01T12:00"), "2026-03-01T06:00", 0.25),
        (("2026-03-01T01:00+01:00", "2026-03-01"), "2026-03-01", 1),
    ],
)
def test_names_dates_and_instants(period, low, days):
    from attribution.journeys.period import instants

    first, after = instants(at.JourneyOptions(period=period).period)
    assert (np.datetime64(first, "us"), (after - first) / DAY) == (np.datetime64(low), days)


@pytest.mark.parametrize(
    "period", ["March", "2026-13", "2026-02-30", "2026-W54", ("2026-03-31", "2026-03-01"), (pd.NaT, None), 5,
               ("2026-03-01",), ("2026-03-01", "soon"), (1, 2), {"a": 1}]
)  # fmt: skip
def test_what_is_no_period_is_told(period):
    with pytest.raises(JourneyError, match="period") as told:
        at.JourneyOptions(period=period)
    assert told.value.column == "period"
    assert "period=(" in told.value.hint


def test_a_period_without_conversions_says_so():
    table = {"user_id": [1], "time": ["2026-03-01"]}
    credit = at.attribute(at.read_log(table | {"channel": ["ad"]}, table), "linear", period="2025-03")
    assert credit.window is None
    assert "2025-03-01" in credit.notes[0]
