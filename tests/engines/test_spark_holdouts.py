"""Holdouts in a Spark DataFrame: the numbers of rows in memory, and the same refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.errors import EngineError, ExperimentError
from attribution.experiments.holdout.moments import Moments
from attribution.experiments.shared.lift import Lift, Lifts
from tests.engines import cluster as clusters
from tests.experiments.holdout.test_observing import DAYS, random_tables

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(clusters.missing() is not None, reason=str(clusters.missing())),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
OPTIONS: dict[str, dict[str, Any]] = {
    "three outcomes by segment": {
        "outcome": ["revenue", "converted", "visits"], "covariate": ["past", "age"], "segment": "region",
        "exposed": "seen", "value": "revenue", "cost": 900.0, "shares": {"treatment": 0.5, "holdout": 0.5},
    },
    "ghost ads, capped, two parts": {
        "outcome": "revenue", "exposed": "would_see", "design": "ghost_ads", "winsorise": 0.99,
        "two_part": True,
    },
    "clusters in two arms": {"outcome": "revenue", "cluster": "pair", "covariate": "past"},
    "two treatments": {"treatment": ["treatment", "email"], "assigned": "arm3", "denominator": "visits"},
}  # fmt: skip


@pytest.fixture(scope="module")
def users() -> pd.DataFrame:
    rng = np.random.default_rng(17)
    n = 3_000
    house = np.arange(n) // 2
    arm = np.where(rng.permutation(np.arange(n // 2) % 2)[house] == 1, "treatment", "holdout")
    would_see = rng.random(n) < 0.5
    converted = rng.random(n) < 0.1 + 0.05 * would_see
    return pd.DataFrame(
        {
            "user_id": rng.permutation(n).astype(str),
            "arm": arm,
            "arm3": np.where(rng.random(n) < 0.2, "email", arm),
            "house": house,
            "pair": rng.integers(0, 1_000, n),
            "would_see": would_see,
            "seen": would_see & (arm == "treatment"),
            "converted": converted,
            "revenue": converted * rng.gamma(2.0, 20.0, n),
            "visits": rng.poisson(3.0, n) + 1,
            "past": rng.gamma(1.0, 5.0, n),
            "age": rng.normal(40.0, 9.0, n),
            "region": np.array(["north", "south", "west"])[rng.integers(0, 3, n)],
        }
    )


@pytest.fixture(scope="module")
def frame(users: pd.DataFrame, cluster: clusters.Cluster) -> Any:
    return cluster.classic.createDataFrame(users.drop(columns="user_id")).repartition(3).cache()


def assert_alike(found: Lift | Lifts, expected: Lift | Lifts) -> None:
    if isinstance(expected, Lifts):
        assert isinstance(found, Lifts)
        assert (found.by, list(found)) == (expected.by, list(expected))
        for label in expected:
            assert_alike(found[label], expected[label])
        return
    assert isinstance(found, Lift)
    pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame(), rtol=1e-9)
    assert found.p_value == pytest.approx(expected.p_value, rel=1e-9)
    assert [(check.name, check.passed) for check in found.checks] == [
        (check.name, check.passed) for check in expected.checks
    ]
    assert (found.verdict, found.n, found.estimand) == (expected.verdict, expected.n, expected.estimand)
    if expected.segments is not None:
        assert found.segments is not None
        assert sorted(found.segments) == sorted(expected.segments)
        for label in expected.segments:
            assert_alike(found.segments[label], expected.segments[label])


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_dataframe_gives_what_rows_give(users, frame, options):
    expected = at.analyze_holdout(users, **options)
    assert_alike(at.analyze_holdout(frame, **options), expected)


@pytest.mark.parametrize("options", [{}, {"covariate": "past"}, {"cluster": "house"}], ids=str)
def test_the_units_that_decide_an_error_come_from_all_tasks(cluster, options):
    """Nine buyers of 6,000: the other assignments need the units themselves, the farthest of every task."""
    rng = np.random.default_rng(4)
    house = np.arange(6_000) // 2
    arm = np.where(rng.permutation(np.arange(3_000) % 3)[house] == 1, "holdout", "treatment")
    users = pd.DataFrame({"arm": arm, "house": house, "past": rng.normal(size=6_000)})
    users["revenue"] = np.where(np.arange(6_000) % 700 == 5, rng.lognormal(3, 1, 6_000), 0.0)
    users = users.sample(frac=1.0, random_state=5)
    there = cluster.classic.createDataFrame(users).repartition(3)
    expected = at.analyze_holdout(users, outcome="revenue", **options)
    assert "assignments" in expected.method
    found = at.analyze_holdout(there, outcome="revenue", **options)
    assert found.method == expected.method
    # Ends are searched for: sums in another order move them by less than the search's own step.
    pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame(), rtol=1e-6)


@pytest.mark.full
def test_spark_connect_with_ids_and_partitions_without_rows(users, cluster):
    if cluster.connect is None:
        pytest.skip("Spark Connect did not start: grpcio is not installed")
    small = users.head(120)
    frame = cluster.connect.createDataFrame(small).where("visits < 5").repartition(5)  # fewer rows, some none
    options = {"outcome": "revenue", "covariate": "past", "despite": "covariate_balance"}
    expected = at.analyze_holdout(small.query("visits < 5"), **options)
    assert_alike(at.analyze_holdout(frame, **options), expected)


def test_sums_that_spark_made_are_enough(users, frame):
    products = {"y": "revenue", "x": "past"}
    products |= {"yy": "revenue * revenue", "xy": "revenue * past", "xx": "past * past"}
    sums = frame.selectExpr("arm", "1 AS n", *(f"{sql} AS {name}" for name, sql in products.items()))
    parts = {}
    for row in sums.groupBy("arm").sum().collect():
        n, y, x, yy, xy, xx = (row[f"sum({name})"] for name in ("n", *products))
        squares = np.array([[yy, xy], [xy, xx]])
        parts[row["arm"]] = Moments.of_sums(("revenue", "past"), n, np.array([y, x]), squares)
    options = {"outcome": "revenue", "covariate": "past", "adjust": "cuped"}
    found, expected = at.analyze_holdout(parts, **options), at.analyze_holdout(users, **options)
    pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame(), rtol=1e-9)


def test_counts_that_spark_made_are_enough(users, frame):
    cells = frame.groupBy("arm", "converted").count().toArrow()
    found, expected = at.analyze_holdout(cells, count="count"), at.analyze_holdout(users)
    pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame(), rtol=1e-9)


REFUSALS: list[tuple[str, Any, dict[str, Any], str]] = [
    ("a user twice", lambda u: pd.concat([u, u.head(2)]), {},
     r"2 units stand in more than one row \(column 'user_id'; 4 rows\)"),
    ("a user in two arms", lambda u: pd.concat([u, u.head(1).assign(arm="email")]), {},
     "1 units stand in more than one arm"),
    ("a user without id", lambda u: u.assign(user_id=u["user_id"].where(u.index > 4, None)), {},
     "user_id has 5 missing values"),
    ("missing outcomes", lambda u: u.assign(revenue=u["revenue"].where(u.index > 6, np.nan)),
     {"outcome": "revenue"}, r"missing.*\(column 'revenue'; 7 rows\)"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "options", "match"), [case[1:] for case in REFUSALS],
                         ids=[case[0] for case in REFUSALS])  # fmt: skip
def test_refusals_are_those_of_rows(users, cluster, change, options, match):
    frame = cluster.classic.createDataFrame(change(users.head(200))).coalesce(2)
    with pytest.raises(ExperimentError, match=match):
        at.analyze_holdout(frame, **options)


def test_no_rows_and_no_column_are_refused(frame):
    with pytest.raises(ExperimentError, match="no rows"):
        at.analyze_holdout(frame.limit(0))
    with pytest.raises(ExperimentError, match="did you mean 'revenue'"):
        at.analyze_holdout(frame, outcome="revenu")


def test_what_spark_cannot_do_is_said_in_its_words(frame):
    broken = frame.selectExpr("arm", "raise_error('the disk is full') AS late")
    with pytest.raises(EngineError, match=r"while reading the users.*the disk is full"):
        at.analyze_holdout(broken, outcome="late")


@pytest.mark.full
@pytest.mark.parametrize("rows", ["classic", "connect"])
def test_a_log_on_the_cluster_gives_the_users_of_a_log_in_memory(cluster, rows):
    session = getattr(cluster, rows)
    if session is None:
        pytest.skip("Spark Connect did not start: grpcio is not installed")
    touches, orders, arms = random_tables(np.random.default_rng(3), 400)
    start, end, earlier = DAYS
    for options in ({"exposed": ["email", "push"], "goal": "order"}, {}):
        asked = {"start": start, "end": end, "before": earlier, **options}
        expected = at.outcomes(at.read_log(touches, orders), arms, **asked)
        there = at.read_log(*(session.createDataFrame(table).repartition(3) for table in (touches, orders)))
        engine = at.Spark(session, partitions=3)
        pd.testing.assert_frame_equal(at.outcomes(there, arms, **asked, engine=engine), expected)
        # The engine of the DataFrames is the default, and the assignment may be one of them.
        found = at.outcomes(there, session.createDataFrame(arms), **asked)
        pd.testing.assert_frame_equal(found.astype({"arm": object}), expected.astype({"arm": object}))
