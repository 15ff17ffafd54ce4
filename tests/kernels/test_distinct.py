"""Distinct words are those of numpy's sort, whatever way they are found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.kernels import distinct
from attribution.kernels.distinct import distinct_words

WORDS = st.lists(st.sampled_from([0, 1, 2, 7, 2**63, 2**64 - 1]) | st.integers(0, 2**64 - 1), max_size=60)


@given(WORDS)
def test_the_table_finds_what_a_sort_finds(words: list[int]) -> None:
    array = np.array(words, np.uint64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distinct, "_SORT_BELOW", 0)
        found = distinct_words(array)
    expected = np.unique(array, return_index=True, return_inverse=True)
    for mine, theirs in zip(found, expected, strict=True):
        assert np.array_equal(mine, theirs.reshape(-1))
    assert [part.dtype.name for part in found] == ["uint64", "int64", "int64"]


def test_many_words_are_numbered_as_by_a_sort() -> None:
    words = np.random.default_rng(1).integers(0, 500, 20_000).astype(np.uint64) << np.uint64(50)
    for mine, theirs in zip(
        distinct_words(words), np.unique(words, return_index=True, return_inverse=True), strict=True
    ):
        assert np.array_equal(mine, theirs.reshape(-1))
