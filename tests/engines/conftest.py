"""Logs that engines are tried on: simulated, with dirt, bots, goals and dimensions; and a Spark cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import attribution as at
from attribution.datasets import simulate
from attribution.eventlog.eventlog import EventLog
from tests.engines import cluster as clusters

SCHEMA = at.LogSchema(dims=("device", "campaign"))


@pytest.fixture(scope="session")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a simulated log in Parquet, dirt and bots in it."""
    return simulate(1_500, seed=11, days=120, dirt=True, bots=2).write(tmp_path_factory.mktemp("dirty"))


@pytest.fixture
def log(dirty: Path) -> EventLog:
    """Return that log, not read yet; rows that cannot be used are left out."""
    return at.read_log(
        dirty / "touches.parquet",
        dirty / "conversions.parquet",
        SCHEMA,
        invalid="drop",
        drop_limit=1.0,
        missing_value=0.0,
    )


@pytest.fixture(scope="session")
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[clusters.Cluster]:
    """Return a running cluster; it starts once."""
    few = request.config.getoption("markexpr") == "not full"
    master = clusters.ALONE if few else clusters.CLUSTER
    with clusters.running(tmp_path_factory.mktemp("spark"), master) as running:
        yield running


@pytest.fixture(params=["classic", pytest.param("connect", marks=pytest.mark.full)])
def session(request: pytest.FixtureRequest, cluster: clusters.Cluster) -> Any:
    """Return a session of either kind: classic in every run, Spark Connect too where all is run."""
    found = getattr(cluster, request.param)
    if found is None:
        pytest.skip("Spark Connect did not start: grpcio is not installed")
    return found
