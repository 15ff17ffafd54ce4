"""Laws of the models that divide journeys by what they learnt, on random small logs with ties and repeats."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.journeys.build import build_from_columns
from attribution.journeys.options import JourneyOptions
from attribution.models.buckets import tally_buckets
from tests.laws.worlds import columns, logs

MODELS = [
    at.Probabilistic(),
    at.BaggedLogistic(bags=6),
    at.BaggedLogistic(bags=1, journeys=1, channels=1),
    at.AdditiveHazard(),
    at.AdditiveHazard("free"),
]
NAMES = ["probabilistic", "bagged", "logistic", "exponential", "free"]


def built(log, lookback="20D"):
    return build_from_columns(columns(*log), JourneyOptions(lookback=lookback))


def table(credit):
    """Return {cell: (conversions, value)}."""
    cells = zip(*credit.keys, strict=True)
    return dict(zip(cells, zip(credit.conversions[0], credit.value[0], strict=True), strict=True))


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
@settings(max_examples=25)
@given(log=logs(), lookback=st.sampled_from(["3D", "20D", "unlimited"]))
def test_credit_conserves_and_breakdowns_sum_to_it_without_a_warning(model, log, lookback):
    journeys = built(log, lookback)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        credit = at.attribute(journeys, model)
        parts = at.attribute(journeys, model, by=("channel", "campaign", "month"))
    assert np.isfinite(credit.conversions).all()
    assert credit.conversions.sum() == pytest.approx(journeys.n_conversions, abs=1e-9)
    assert credit.value.sum() == pytest.approx(journeys.value.sum(), abs=1e-9)
    lost = {cell: pair for cell, pair in table(credit).items() if cell[0] == "(unattributed)"}
    assert sum(pair[0] for pair in lost.values()) == pytest.approx(journeys.n_unattributed, abs=1e-12)
    summed = {}
    for (channel, *_), pair in table(parts).items():
        old = summed.get(channel, (0.0, 0.0))
        summed[channel] = (old[0] + pair[0], old[1] + pair[1])
    for (channel,), pair in table(credit).items():
        assert summed.get(channel, (0.0, 0.0)) == pytest.approx(pair, abs=1e-9)


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
@settings(max_examples=20)
@given(log=logs())
def test_only_channels_of_converting_journeys_have_credit(model, log):
    journeys = built(log)
    touched = np.zeros(len(journeys.channels), bool)
    touched[journeys.channel[np.repeat(journeys.converted, journeys.lengths)]] = True
    credit = table(at.attribute(journeys, model))
    for code in np.flatnonzero(~touched):
        assert credit[(journeys.channels[code],)] == (0.0, 0.0)


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
@settings(max_examples=20)
@given(log=logs(), parts=st.integers(2, 4), seed=st.integers(0, 99))
def test_the_merge_of_tallies_is_the_tally_of_the_union(model, log, parts, seed):
    journeys = built(log)
    whole = model.tally(journeys)
    part = np.random.default_rng(seed).integers(0, parts, len(journeys))
    merged = model.tally(journeys.take(part == 0))
    for number in range(1, parts):
        merged += model.tally(journeys.take(part == number))
    assert merged.channels == whole.channels
    for name in ("offsets", "members"):
        assert np.array_equal(getattr(merged, name), getattr(whole, name))
    # Counts, and whole seconds, are exact; the middle column is money.
    assert np.array_equal(merged.sums[:, [0, 2]], whole.sums[:, [0, 2]])
    assert merged.sums[:, 1] == pytest.approx(whole.sums[:, 1], abs=1e-9)


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
@settings(max_examples=25)
@given(log=logs(), seed=st.integers(0, 99))
def test_replicates_are_finite_and_conserve(model, log, seed):
    tally = tally_buckets(built(log), model.tally, 4)
    total, rows, row, bucket = tally.matrix()
    weights = np.random.default_rng(seed).multinomial(4, np.full(4, 0.25), 3)
    sums = np.zeros((3, *total.sums.shape))
    np.add.at(sums, (slice(None), row), weights[:, bucket][:, :, None] * rows)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        conversions, value = model.solve_many(total, sums)
        alone = [model.solve(replace(total, sums=each)) for each in sums]
    assert conversions.shape == (3, len(alone[0].keys[0]))
    assert conversions.sum(axis=1) == pytest.approx(sums[:, :, 0].sum(axis=1), abs=1e-9)
    assert value.sum(axis=1) == pytest.approx(sums[:, :, 1].sum(axis=1), abs=1e-9)
    if not isinstance(model, at.AdditiveHazard):  # of few conversions its likelihood has flat directions
        assert conversions == pytest.approx(np.array([each.conversions[0] for each in alone]), abs=1e-6)
