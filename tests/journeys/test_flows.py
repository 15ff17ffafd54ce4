"""Flows and lags: against brute force over single journeys, merged from parts, and on the stream engine."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby

import numpy as np
import pytest

import attribution as at
from attribution.datasets import simulate
from attribution.errors import JourneyError
from attribution.journeys.flows import FlowTask, solve_flows, tally_flows
from attribution.journeys.lags import LagTask, solve_lags, tally_lags
from attribution.journeys.options import JourneyOptions

DAY = 86_400_000_000


@pytest.fixture(scope="module")
def log():
    data = simulate(800, seed=3, days=90)
    return at.read_log(data.touches, data.conversions)


@pytest.fixture(scope="module")
def journeys(log):
    return at.build_journeys(log, goal="purchase")


def brute(journeys, steps):
    """Walk every journey, touch by touch."""
    sums = defaultdict(lambda: np.zeros(3))
    for j in range(len(journeys)):
        codes = journeys.channel[journeys.offsets[j] : journeys.offsets[j + 1]].tolist()
        path = [journeys.channels[code] for code, _ in groupby(codes)]
        if not path:
            continue
        won = bool(journeys.converted[j])
        amount = np.array([won, not won, journeys.value[j]], float)
        walk = path[:steps] + (["(later touches)"] if len(path) > steps else [])
        walk.append("(conversion)" if won else "(no conversion)")
        for step in range(len(walk) - 1):
            sums[step + 1, walk[step], walk[step + 1]] += amount
    return sums


def table(flows):
    amounts = zip(flows.conversions, flows.nulls, flows.value, strict=True)
    return dict(zip(zip(flows.step.tolist(), flows.source, flows.target, strict=True), amounts, strict=True))


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for key, amount in found.items():
        assert amount == pytest.approx(expected[key])


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_flows_are_those_of_single_journeys(journeys, steps):
    assert_same(table(journeys.flows(steps, top=None)), brute(journeys, steps))


def test_parts_merge_to_the_whole(journeys):
    half = len(journeys) // 2
    parts = [tally_flows(journeys.between(*ends), 3) for ends in ((0, half), (half, len(journeys)), (0, 0))]
    merged = solve_flows(parts[0] + parts[1] + parts[2], None)
    assert_same(table(merged), table(journeys.flows(3, None)))


def test_folding_keeps_every_step_whole(journeys):
    all_, few = journeys.flows(top=None), journeys.flows(top=2)
    assert {*few.source, *few.target} >= {"(other)"}
    assert len({*few.source} - {"(other)", "(later touches)"}) == 2
    for step in range(1, 6):
        for measure in ("conversions", "journeys", "value"):
            sums = [flows.of(measure)[flows.step == step].sum() for flows in (all_, few)]
            assert sums[0] == pytest.approx(sums[1])


def test_fewer_steps_of_the_same_flows(journeys):
    flows = journeys.flows(4, top=None)
    for steps in (1, 2, 3, 4):
        expected = {
            key: amount for key, amount in table(journeys.flows(steps, top=None)).items() if any(amount)
        }
        found = {key: amount for key, amount in table(flows.first(steps)).items() if any(amount)}
        assert_same(found, expected)
    with pytest.raises(JourneyError, match="more than the 4"):
        flows.first(5)


def test_flows_of_the_stream_engine(log, journeys, tmp_path):
    tasks = {"flows": FlowTask(4), "days": LagTask("days"), "touches": LagTask("touches")}
    with at.Stream(buckets=5, folder=tmp_path).open(
        log, JourneyOptions(goal="purchase"), progress=False
    ) as run:
        found = run(tasks)
    assert_same(table(solve_flows(found["flows"], 6)), table(journeys.flows()))
    assert solve_lags(found["days"], "days").median == journeys.time_to_convert().median
    assert solve_lags(found["touches"], "touches").median == journeys.touches_to_convert().median


def test_lags_are_those_of_single_conversions(journeys):
    claimed = np.flatnonzero(journeys.converted & (journeys.lengths > 0))
    days = (journeys.conversion_time[claimed] - journeys.time[journeys.offsets[claimed]]) / DAY
    found = journeys.time_to_convert()
    assert found.total == len(days)
    assert found.median == pytest.approx(np.median(days))  # definition 2 is numpy's median at 0.5
    for q in (0.0, 0.1, 0.25, 0.75, 0.9, 1.0):
        assert found.quantile(q) == pytest.approx(np.quantile(days, q, method="averaged_inverted_cdf"))
    assert found.within(7) == pytest.approx((days <= 7).mean())
    frame = found.to_frame()
    assert frame["conversions"].sum() == len(days)
    assert frame["cumulative"].iloc[-1] == pytest.approx(1)
    for above, up_to, count in frame[["above", "up_to", "conversions"]].itertuples(index=False):
        assert count == ((days > above) & (days <= up_to)).sum() + (above == 0) * (days == 0).sum()
    touches = journeys.touches_to_convert()
    assert touches.median == np.median(journeys.lengths[claimed])


def test_lags_merge(journeys):
    parts = [tally_lags(journeys.between(*ends), "days") for ends in ((0, 300), (300, len(journeys)), (0, 0))]
    merged = solve_lags(parts[0] + parts[1] + parts[2], "days")
    whole = journeys.time_to_convert()
    assert merged.lag.tolist() == whole.lag.tolist()
    assert merged.conversions.tolist() == whole.conversions.tolist()


def test_weights_of_a_path_table_count():
    journeys = at.read_paths({"path": ["a > b", "b"], "conversions": [3, 1], "nulls": [0, 5]})
    assert journeys.touches_to_convert().quantile(0.5) == 2
    assert table(journeys.flows())[1, "a", "b"][0] == 3
    with pytest.raises(JourneyError, match="path table"):
        journeys.time_to_convert()


def test_words_pictures_and_nothing_to_show(journeys):
    flows = journeys.flows()
    assert flows.plot().get_title(loc="left") == "Conversions, touch by touch"
    assert "converting" in flows.summary()
    assert "<table" in flows._repr_html_()
    lags = journeys.time_to_convert()
    assert lags.plot().get_xlabel() == "days from the first touch"
    assert "median" in repr(lags)
    none = journeys.take(np.zeros(0, np.int64))
    assert none.flows().to_frame().empty
    none.flows().plot()
    assert none.time_to_convert().to_frame().empty
    none.time_to_convert().plot()
    assert np.isnan(none.touches_to_convert().median)
    for bad in ({"steps": 0}, {"top": 0}, {"steps": "four"}):
        with pytest.raises(JourneyError, match=r"steps|top"):
            journeys.flows(**bad)
    with pytest.raises(JourneyError, match="measure"):
        flows.plot("conversion")
