"""Customers, pairs and flows on a Spark cluster: the numbers of memory."""

from __future__ import annotations

import pandas as pd
import pytest

import attribution as at
from attribution.eventlog.eventlog import EventLog
from attribution.journeys.flows import FlowTask, solve_flows
from attribution.journeys.lags import LagTask, solve_lags
from attribution.journeys.options import JourneyOptions
from tests.engines import cluster as clusters
from tests.engines.same import assert_same

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(clusters.missing() is not None, reason=str(clusters.missing())),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.mark.full
def test_journeys_on_a_cluster(log: EventLog, cluster: clusters.Cluster):
    engine = at.Spark(cluster.classic, 3)
    credit = {"models": ["linear", "markov"], "by": "customer", "progress": False}
    assert_same(at.attribute(log, engine=engine, **credit), at.attribute(log, engine="memory", **credit))
    pairs = {"min_conversions": 1, "buckets": 64, "progress": False}
    found, expected = (at.synergy(log, engine=each, **pairs).to_frame() for each in (engine, "memory"))
    pd.testing.assert_frame_equal(found, expected, rtol=1e-8)
    tasks = {"flows": FlowTask(4), "days": LagTask("days")}
    with engine.open(log, JourneyOptions(), progress=False) as run:
        tallies = run(tasks)
    journeys = at.build_journeys(log)
    pd.testing.assert_frame_equal(solve_flows(tallies["flows"], 6).to_frame(), journeys.flows().to_frame())
    assert solve_lags(tallies["days"], "days").median == journeys.time_to_convert().median


@pytest.mark.full
def test_what_a_log_tells_of_causes_on_a_cluster(cluster: clusters.Cluster):
    sample = at.load_sample("retailer")
    log = at.read_log(sample.touches, sample.conversions)
    own = ("direct", "organic_search", "store_visit", "call_centre")
    engines = (at.Spark(cluster.classic, 3), "memory")
    observed = [
        at.observe_incremental(log, own=own, goal="purchase", engine=each, progress=False) for each in engines
    ]
    pd.testing.assert_frame_equal(observed[0].to_frame(), observed[1].to_frame(), check_exact=True)
    pd.testing.assert_frame_equal(observed[0].controls(), observed[1].controls(), check_exact=True)
    options = {"spike": "email", "placebo": "random", "draws": 1, "goal": "purchase", "progress": False}
    stressed = [at.stress(log, ["linear", "markov"], engine=each, **options) for each in engines]
    pd.testing.assert_frame_equal(stressed[0].to_frame(), stressed[1].to_frame(), rtol=1e-8)


def test_a_report_of_a_log_on_a_cluster(log: EventLog, cluster: clusters.Cluster):
    credit = at.attribute(log, "linear", engine="memory", progress=False)
    asked = ["activity", "customers", "journey_map", "time_to_convert", "paths"]
    engines = (at.Spark(cluster.classic, 3), "memory")
    found, expected = (
        at.report(
            credit,
            journeys=at.tally_journeys(log, engine=each, sections=asked, progress=False),
            sections=asked,
        )
        for each in engines
    )
    assert [section.name for section in found.sections] == asked
    assert found.tables.keys() == expected.tables.keys()
    for name, frame in expected.tables.items():
        pd.testing.assert_frame_equal(found.tables[name], frame)


@pytest.mark.full
def test_persons_on_a_cluster(cluster: clusters.Cluster):
    # Each worker gets the identity, and turns identifiers into persons where rows are decoded.
    sample = at.load_sample("retailer")
    log = at.read_log(sample.touches, sample.conversions, {"user": "device_id"})
    for options in ({}, {"when": "after", "salt": "2026"}):
        stitched = at.stitch(log, sample.identities, **options)
        asked = {"models": ["linear", at.Markov(2)], "goal": "purchase", "progress": False}
        there = at.attribute(stitched, engine=at.Spark(cluster.classic, 3), **asked)
        assert_same(there, at.attribute(stitched, engine="memory", **asked))
