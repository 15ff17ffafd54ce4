"""Hashes: integers by a bijection, bytes by content, whatever the layout they come in."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from attribution.kernels.hashing import hash_fixed, hash_integers, hash_strings
from attribution.kernels.membership import HashFilter

MASK = 2**64 - 1


def splitmix(x):
    """The finaliser in plain Python integers (Steele, Lea & Flood 2014, fig. 15)."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_integers_are_the_splitmix_finaliser(values):
    got = hash_integers(np.array(values, np.int64))
    assert got.tolist() == [splitmix(value & MASK) for value in values]


def test_integers_longer_than_a_block_hash_like_short_ones():
    values = np.arange(100_000)
    whole = hash_integers(values)
    assert (whole[70_000:70_010] == hash_integers(values[70_000:70_010])).all()
    assert len(np.unique(whole)) == len(values)


def test_integers_of_any_width_hash_alike():
    wanted = hash_integers(np.array([-1, 5], np.int64))
    assert (hash_integers(np.array([-1, 5], np.int8)) == wanted).all()
    assert hash_integers(np.array([5], np.uint16))[0] == wanted[1]


def flat(texts):
    data = [text.encode() for text in texts]
    offsets = np.concatenate([[0], np.cumsum([len(part) for part in data])]).astype(np.int64)
    return offsets, np.frombuffer(b"".join(data), np.uint8)


@given(st.lists(st.text(max_size=40), min_size=1))
def test_strings_hash_by_content(texts):
    together = hash_strings(*flat(texts))
    alone = [int(hash_strings(*flat([text]))[0]) for text in texts]
    assert together.tolist() == alone
    assert len(set(alone)) == len(set(texts))


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=1))
def test_fixed_width_equals_variable_width(rows):
    data = np.frombuffer(b"".join(rows), np.uint8)
    offsets = np.arange(len(rows) + 1, dtype=np.int64) * 16
    assert (hash_fixed(data.reshape(-1, 16)) == hash_strings(offsets, data)).all()


def test_strings_that_differ_only_by_trailing_zero_bytes_differ():
    offsets = np.array([0, 1, 3, 6])
    data = np.frombuffer(b"a" + b"a\0" + b"a\0\0", np.uint8)
    assert len(np.unique(hash_strings(offsets, data))) == 3


def test_a_slice_of_strings_hashes_like_the_whole():
    offsets, data = flat(["one", "two-two", "three", "a longer one than eight bytes"])
    assert (hash_strings(offsets[1:], data) == hash_strings(offsets, data)[1:]).all()


def test_no_hash_bit_is_biased():
    """Each bit of 100,000 consecutive integers and short strings is set in half: 6 standard errors."""
    n = 100_000
    texts = hash_strings(*flat([f"user{i}" for i in range(n)]))
    for hashes in (hash_integers(np.arange(n)), texts):
        bits = np.unpackbits(hashes.view(np.uint8)).reshape(n, 64).mean(axis=0)
        assert np.abs(bits - 0.5).max() < 6 * 0.5 / np.sqrt(n)


@given(st.lists(st.integers(0, 10**6)), st.lists(st.integers(0, 10**6)))
def test_filter_never_says_no_to_a_member(members, others):
    inside = hash_integers(np.array(members, np.int64))
    kept = HashFilter(inside).keep(hash_integers(np.array(members + others, np.int64)))
    assert kept[: len(members)].all()


def test_filter_says_no_to_most_others():
    kept = HashFilter(hash_integers(np.arange(10_000))).keep(hash_integers(np.arange(10_000, 110_000)))
    assert kept.mean() < 0.07
