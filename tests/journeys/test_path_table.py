"""The top of a table of paths is the top of the whole table, ties and all."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import attribution as at

CHANNELS = st.sampled_from(["a", "b", "é", "\U0001f600", "\uffff", "Z"])
ROWS = st.lists(
    st.tuples(st.lists(CHANNELS, min_size=1, max_size=4), st.integers(0, 2), st.integers(0, 2)),
    min_size=1,
    max_size=30,
)


@given(ROWS, st.integers(1, 12))
def test_the_top_is_the_head_of_the_whole_table_in_the_order_of_python(
    rows: list[tuple[list[str], int, int]], top: int
) -> None:
    journeys = at.read_paths(
        {
            "path": [" > ".join(path) for path, _, _ in rows],
            "conversions": [won for _, won, _ in rows],
            "nulls": [lost for _, _, lost in rows],
        }
    )
    whole = journeys.path_counts(top=None)
    keys = [(-r.conversions, -r.nulls, r.path) for r in whole.itertuples()]
    assert keys == sorted(keys)  # brute force: the order that the table promises
    pd.testing.assert_frame_equal(journeys.path_counts(top=top), whole.head(top))
