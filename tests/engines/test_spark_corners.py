"""Spark in the empty corners, and the law of breakdowns there: every model in one run a corner."""

from __future__ import annotations

import numpy as np
import pytest

import attribution as at
from tests.engines import cluster as clusters
from tests.engines.same import assert_same
from tests.laws import test_breakdowns as breakdowns
from tests.models.test_zeros import EVERY, WORLDS, log_of

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(clusters.missing() is not None, reason=str(clusters.missing())),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("error:.*:RuntimeWarning"),
]
TWICE = {"25 channels", "400 channels"}  # each is there without values too, and solving does not know Spark
SLOW = ("BaggedLogistic", "subset_rate", "within_set_rate", "Markov(order=2")  # to solve, with 400 channels


FEW = {"no value column", "no converting journey", "one touch"}  # the others in full runs


@pytest.mark.parametrize(
    "world",
    [
        pytest.param(world, marks=() if world in FEW else pytest.mark.full)
        for world in WORLDS
        if world not in TWICE
    ],
)
def test_every_model_conserves_credit_in_every_corner_on_spark(world: str, cluster: clusters.Cluster):
    log = log_of(**WORLDS[world])
    goal = None if world == "no converting journey" else "purchase"
    models = {
        f"{number} {model!r}": model
        for number, model in enumerate(EVERY)
        if "exact_rate" not in repr(model)
        and not (goal is None and model is at.FullPath)
        and not (world.startswith("400") and any(word in repr(model) for word in SLOW))
    }
    journeys = at.build_journeys(log, goal=goal)
    credit = at.attribute(log, models, goal=goal, engine=at.Spark(cluster.classic, 2), progress=False)
    np.testing.assert_allclose(credit.conversions.sum(axis=1), journeys.n_conversions, rtol=1e-9)
    np.testing.assert_allclose(credit.value.sum(axis=1), journeys.value.sum(), rtol=1e-9)
    assert np.isfinite(credit.conversions).all()
    for label, model in models.items():
        if isinstance(model, at.Markov):
            solved = credit.details[label].solved
            assert solved.converged
            assert solved.sweeps < 5_000


@pytest.mark.parametrize("by", [pytest.param("order_id", marks=pytest.mark.full), ("region", "month")])
def test_breakdowns_have_both_margins_on_spark(by: str | tuple[str, ...], cluster: clusters.Cluster):
    log = breakdowns.log_of(7)
    found = at.attribute(log, breakdowns.EVERY, by=by, engine=at.Spark(cluster.classic, 2), progress=False)
    assert_same(found, at.attribute(log, breakdowns.EVERY, by=by, engine="memory"))
    signed = [model for model in found.models if model in ("rate", "within")]
    breakdowns.assert_agrees(found, by, [model for model in found.models if model not in signed])
