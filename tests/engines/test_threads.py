"""Threads change when something is done, never what comes out."""

from __future__ import annotations

import numpy as np
import pytest

import attribution as at
from attribution import _threads
from attribution._threads import each, once, threads_of
from attribution.engines import memory
from attribution.errors import EngineError
from attribution.kernels import sorting

MODELS = ["first_touch", "linear", "position_based", "time_decay", "markov", "shapley"]


@pytest.fixture
def small_is_worth_it(monkeypatch):
    monkeypatch.setattr(sorting, "_WORTH_PIECES", 0)
    monkeypatch.setattr(sorting, "_WORTH_THREADS", 0)
    monkeypatch.setattr(memory, "_WORTH_THREADS", 0)


@pytest.fixture(scope="module")
def log():
    sample = at.load_sample("retailer")
    return at.read_log(sample.touches, sample.conversions)


@pytest.mark.usefixtures("small_is_worth_it")
@pytest.mark.parametrize("bootstrap", [None, 20])
def test_credit_is_the_same_bits_for_1_2_and_7_threads(log, bootstrap):
    one, two, seven = (
        at.attribute(log, MODELS, by="month", engine=at.Memory(threads=n), bootstrap=bootstrap, rng=1)
        for n in (1, 2, 7)
    )
    for other in (two, seven):
        assert one.to_frame().equals(other.to_frame())


@pytest.mark.usefixtures("small_is_worth_it")
def test_journeys_are_the_same_arrays_for_1_2_and_7_threads(log, monkeypatch):
    built = []
    for threads in ("1", "2", "7"):
        monkeypatch.setenv("ATTRIBUTION_THREADS", threads)
        built.append(at.build_journeys(log, lookback="14D"))
    for other in built[1:]:
        for name in ("offsets", "channel", "time", "row", "user", "converted", "conversion_time", "value"):
            one, same = getattr(built[0], name), getattr(other, name)
            assert np.array_equal(one, same)
            assert one.dtype == same.dtype


def test_the_number_is_what_is_asked_then_the_environment_then_one(monkeypatch):
    monkeypatch.delenv("ATTRIBUTION_THREADS", raising=False)
    assert threads_of() == 1
    monkeypatch.setenv("ATTRIBUTION_THREADS", "3")
    assert (threads_of(), threads_of(1)) == (3, 1)


@pytest.mark.parametrize("text", ["many", "0", "-1", "1.5", "²"])
def test_a_number_of_threads_that_is_none_is_refused_with_the_line_that_sets_it(log, monkeypatch, text):
    monkeypatch.setenv("ATTRIBUTION_THREADS", text)
    with pytest.raises(EngineError, match="ATTRIBUTION_THREADS") as caught:
        at.attribute(log, "linear")
    assert caught.value.hint == "ATTRIBUTION_THREADS=1"


@pytest.mark.parametrize("threads", [0, -1, True, 1.5, "2"])
def test_memory_refuses_what_is_no_number_of_threads(threads):
    with pytest.raises(EngineError, match="threads="):
        at.Memory(threads=threads)


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_results_keep_the_order_of_their_items(threads):
    assert each(lambda item: item * item, range(50), threads) == [item * item for item in range(50)]


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_what_ends_an_item_ends_the_rest_and_leaves_no_thread(error):
    import threading

    begun = []

    def work(item):
        begun.append(item)
        if item == 0:
            raise error

        threading.Event().wait(0.05)

    with pytest.raises(error):
        each(work, range(1000), 2)
    assert len(begun) < 1000
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("attribution")]


def test_what_is_kept_is_made_once_also_when_asked_from_within():
    cache, made = {}, []

    def make():
        made.append(1)
        return once(cache, "inner", lambda: 1) + 1

    assert each(lambda _: once(cache, "outer", make), range(20), 7) == [2] * 20
    assert made == [1]
    assert _threads.VARIABLE == "ATTRIBUTION_THREADS"
