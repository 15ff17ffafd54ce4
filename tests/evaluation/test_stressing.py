"""stress: known causes put into a log: what models make of them, the same on every engine."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.errors import EngineError, ModelError
from attribution.evaluation.altered_log import (
    HOUR,
    PLACEBO,
    Placebo,
    Spike,
    recently_touched,
    rows_of,
)
from tests.sizes import sizes

START = pd.Timestamp("2025-01-01", tz="UTC")
OVERLAP = {"after_conversion": "overlap"}
MODELS = ["last_touch", "markov", "bagged_logistic", "additive_hazard"]


def log_of(touches, conversions):
    rows = pd.DataFrame(touches, columns=["user_id", "hour", "channel"])
    bought = pd.DataFrame(conversions, columns=["user_id", "hour"])
    for frame in (rows, bought):
        frame["time"] = START + pd.to_timedelta(frame.pop("hour"), unit="h")
    return at.read_log(rows, bought)


def columns_of(log):
    return rows_of(at.build_journeys(log, lookback="unlimited"))


@pytest.fixture(scope="module")
def sample():
    made = at.load_sample("retailer")
    return at.read_log(made.touches, made.conversions)


def test_rows_behind_journeys_are_those_of_the_log(sample):
    rows, loaded = columns_of(sample), sample.load()
    for table in ("touches", "conversions"):
        one, other = getattr(rows, table), getattr(loaded, table)
        order, theirs = (np.lexsort([part.time, part.user]) for part in (one, other))
        np.testing.assert_array_equal(one.user[order], other.user[theirs])
        np.testing.assert_array_equal(one.time[order], other.time[theirs])
    assert np.bincount(rows.touches.channel).tolist() == np.bincount(loaded.touches.channel).tolist()


def test_a_spike_adds_conversions_of_users_after_their_touches():
    touches = [(user, hour, "ab"[user % 2]) for user in range(200) for hour in (0, 50, 400)]
    rows = columns_of(log_of([*touches, (999, 2000, "a")], [(0, 10.0)]))
    altered, added = Spike("a", 0.5, 24 * HOUR, 3)(rows)
    assert len(altered.conversions) == 1 + added
    assert altered.touches is rows.touches
    # 301 touches of a, a half of them; 4 standard errors of a binomial.
    assert abs(added - 150) < 4 * np.sqrt(301 / 4)
    new = altered.conversions.take(np.arange(1, 1 + added))
    of_a = rows.touches.take(rows.touches.channel == 0)
    assert set(new.user.tolist()) <= set(of_a.user.tolist())
    earliest = pd.Series(of_a.time).groupby(of_a.user).min()
    assert (new.time >= earliest.loc[new.user].to_numpy()).all()
    assert new.time.max() <= rows.end
    every, all_added = Spike("a", 1.0, HOUR, 5)(rows)
    assert 295 <= all_added <= 301  # those after the end of the log are left out
    assert len(every.conversions) == 1 + all_added


def test_placebos_lie_where_they_are_said_to():
    touches = [(user, hour, "zebra") for user in range(500) for hour in (0, 300, 900)]
    conversions = [(user, 905.0) for user in range(100)] + [(user, 800.0) for user in range(200, 300)]
    rows = columns_of(log_of([*touches, (999, 1000, "!")], conversions))
    assert recently_touched(rows).sum() == 100  # 5 hours after a touch; the others 500
    for kind in ("random", "following", "closing"):
        altered, added = Placebo(kind, 0.2, 0.5, 7)(rows)
        assert altered.channels == ("!", PLACEBO, "zebra")
        code = altered.touches.channel
        assert np.bincount(code).tolist() == [1, added, 1500]
        mine = altered.touches.take(code == 1)
        expected = 300.2 if kind != "closing" else 0.15 * 1501 + 50
        assert abs(added - expected) < 4 * np.sqrt(expected)
        hours = (mine.time - rows.start) / HOUR
        assert hours.min() >= 0
        assert mine.time.max() <= rows.end
        if kind == "following":
            since = np.min([np.where(hours >= hour, hours - hour, np.inf) for hour in (0, 300, 900)], axis=0)
            assert abs(since.mean() - 3) < 4 * 3 / np.sqrt(added)
        if kind == "random":
            assert abs(hours.mean() - 500) < 4 * 1000 / np.sqrt(12 * added)


def test_last_touch_gets_what_the_only_channel_caused():
    # By hand: every journey has one channel, so that each conversion added is its own. (With "reset" it would
    # also take the touch from a later conversion of that user, and the channel would gain less.)
    touches = [(user, user % 100, "ab"[user % 2]) for user in range(2000)]
    conversions = [(user, 110.0) for user in range(0, 2000, 10)]
    log = log_of([*touches, (9999, 2000.0, "a")], conversions)
    found = at.stress(log, ["last_touch", "linear"], share=0.5, delay="5h", placebo=(), draws=3, **OVERLAP)
    frame = found.to_frame()
    np.testing.assert_allclose(frame["result"], 1.0)
    np.testing.assert_allclose(frame["most"], 0.0, atol=1e-12)
    assert found.spiked == ("a", "b")
    leaks = found.leaks()
    assert leaks[leaks["spiked"] == leaks["channel"]]["gain"].tolist() == pytest.approx([1.0] * 4)


@pytest.mark.parametrize("buckets", [4, 64])
def test_a_stream_gives_the_same_as_memory(sample, buckets):
    options = {"spike": ("email",), "draws": 2, "goal": "purchase", "seed": 3}
    one = at.stress(sample, ["linear", "markov"], engine="memory", **options)
    other = at.stress(sample, ["linear", "markov"], engine=at.Stream(buckets=buckets), **options)
    np.testing.assert_allclose(other.gains, one.gains, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(other.phantom, one.phantom, rtol=1e-9, atol=1e-9)
    assert not np.allclose(at.stress(sample, "linear", engine="memory", **(options | {"seed": 4})).gains,
                           one.gains[:, :1])  # fmt: skip


@sizes(few=(20_000, 2), full=(40_000, 5))
def test_what_each_model_is_known_to_do_is_found(size):
    # Simulation: prototypes gave additive hazard .97 and Markov .24; at random phantoms of .01 to .02 for the
    # two that learn from time or counts, and .78 for Markov; closing ones of 6 to 8 for the former.
    n, draws = size
    data = at.datasets.simulate(n, seed=11)
    log = at.read_log(data.touches, data.conversions)
    found = at.stress(log, MODELS, goal="purchase", draws=draws)
    recovery = dict(zip(found.models, found.recovery.mean(axis=(0, 2)), strict=True))
    phantom = {
        (model, kind): found.phantom[:, number, place].mean()
        for number, model in enumerate(found.models)
        for place, kind in enumerate(found.placebos)
    }
    assert 0.6 < recovery["additive_hazard"] < 1.2
    assert recovery["markov"] < 0.5
    assert phantom["bagged_logistic", "random"] < 0.1
    assert phantom["markov", "random"] > 0.5
    assert phantom["bagged_logistic", "closing"] > 3
    assert phantom["additive_hazard", "closing"] > 3
    assert "(placebo)" not in found.gainers
    text = found.summary()
    assert "markov: of conversions that a channel caused it gets 0." in text
    assert "only experiments do" in text


def test_what_cannot_be_stressed_is_refused(sample):
    with pytest.raises(ModelError, match="stress takes a log"):
        at.stress(at.build_journeys(sample), "linear")
    with pytest.raises(ModelError, match="leaves out conversions"):
        at.stress(sample, "linear", period="2025-03")
    with pytest.raises(ModelError, match="email"):
        at.stress(sample, "linear", spike="mail")
    with pytest.raises(EngineError, match="settled periods"):
        at.stress(sample, "linear", engine=at.Increments("state"))
    found = at.stress(sample, "linear", spike=(), placebo="random", draws=1, goal="purchase")
    with pytest.raises(ModelError, match="no spike-in") as caught:
        found.plot()
    assert caught.value.hint == 'kind="placebo"'
    assert found.to_frame()["ci_low"].isna().all()
    assert found.plot("placebo") is not None
