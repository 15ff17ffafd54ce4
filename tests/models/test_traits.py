"""Traits of journeys: against a count by hand, and the whole is the sum of its parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.models.traits import LENGTHS, Traits, tally_traits

PATHS = st.lists(
    st.tuples(st.lists(st.sampled_from("abcd"), min_size=1, max_size=22), st.booleans()), max_size=25
)


def journeys_of(paths, users=7):
    """Return journeys with users, one after the other in time."""
    rows = [
        {"user_id": number % users, "minute": 100 * number + step, "channel": name, "sold": False}
        for number, (path, _) in enumerate(paths)
        for step, name in enumerate(path)
    ]
    sold = [
        {"user_id": number % users, "minute": 100 * number + 50}
        for number, (_, sold) in enumerate(paths)
        if sold
    ]
    table = pd.DataFrame(rows, columns=["user_id", "minute", "channel"])
    sales = pd.DataFrame(sold, columns=["user_id", "minute"])
    start = pd.Timestamp("2026-01-01")
    for frame in (table, sales):
        frame["time"] = start + pd.to_timedelta(frame.pop("minute").astype(float), unit="min")
    return at.build_journeys(at.read_log(table, sales), lookback="30D")


def counted(journeys):
    """Count by hand: a row a journey, with the traits of its path."""
    found = {}
    for place in range(len(journeys)):
        codes = journeys.channel[journeys.offsets[place] : journeys.offsets[place + 1]].tolist()
        if codes:
            key = (
                frozenset(codes),
                frozenset(code for code in codes if codes.count(code) > 1),
                codes[-1],
                int(LENGTHS[len(codes) >= LENGTHS].max()),
                int(journeys.user[place] >> np.uint64(62)),
            )
            sums = found.setdefault(key, [0.0, 0.0])
            sums[0 if journeys.converted[place] else 1] += 1
    return found


def read(traits):
    return {
        (
            frozenset(np.flatnonzero(traits.touched[row]).tolist()),
            frozenset(np.flatnonzero(traits.again[row]).tolist()),
            int(traits.last[row]),
            int(LENGTHS[traits.length[row]]),
            int(traits.group[row]),
        ): [traits.sums[row, 0], traits.sums[row, 2]]
        for row in range(len(traits.last))
    }


@settings(max_examples=25, deadline=None)
@given(PATHS.filter(bool), st.integers(0, 25))
def test_traits_are_those_of_each_path_and_parts_add_up(paths, cut):
    journeys = journeys_of(paths)
    whole = tally_traits(journeys, 4)
    assert read(Traits.of(whole)) == counted(journeys)
    cut = min(cut, len(journeys))
    parts = tally_traits(journeys.between(0, cut), 4) + tally_traits(journeys.between(cut, len(journeys)), 4)
    assert read(Traits.of(parts)) == counted(journeys)


def test_channels_that_read_like_traits_are_told_apart():
    # Names are taken apart again: those that look like a trait's must come back whole.
    paths = {
        "path": ["last a > touches 01", "twice b > last a > last a"],
        "conversions": [1, 2],
        "nulls": [3, 4],
    }
    traits = Traits.of(tally_traits(at.read_paths(paths), 256))
    assert traits.channels == ("last a", "touches 01", "twice b")
    assert traits.group is None
    assert sorted(traits.sums[:, 2].tolist()) == [3.0, 4.0]
    assert [traits.channels[code] for code in traits.last[np.argsort(traits.sums[:, 2])]] == [
        "touches 01",
        "last a",
    ]


@pytest.mark.parametrize("n", [5, 90])
def test_many_channels_do_not_fit_a_word_and_count_the_same(n):
    paths = {"path": [f"c{one:02d} > c{(one * 7) % n:02d}" for one in range(n)], "conversions": [1] * n}
    traits = Traits.of(tally_traits(at.read_paths(paths), 256))
    assert traits.sums[:, 0].sum() == n
    assert (traits.touched.sum(axis=1) + traits.again.sum(axis=1) == 2).all()
