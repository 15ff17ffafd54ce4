"""Hashes: integers by a bijection, bytes by content, whatever the layout they come in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.kernels.hashing import hash_fixed, hash_integers, hash_strings, uniforms
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


def test_the_hashes_of_bytes_stay_what_they_are():
    """Whatever is kept by hash (tallies by bucket) depends on these numbers: computed when they were set."""
    texts = flat(["", "ann", "a longer one than eight bytes"])
    wanted = (
        [0xE220A8397B1DCDAF, 0xC2D0BE05D993FF78, 0xADED8BFEDEB320FE],
        [0x7ACDBB98B1344213, 0xBCF8CD0FBDDC5868, 0xB259298205657ECE],
    )
    assert hash_strings(*texts).tolist() == wanted[0]
    for lane in (0, 1):
        assert hash_strings(*texts, lane=lane).tolist() == wanted[lane]


@given(st.lists(st.binary(min_size=11, max_size=11), min_size=1))
def test_the_second_lane_hashes_by_content_too(rows):
    data = np.frombuffer(b"".join(rows), np.uint8)
    offsets = np.arange(len(rows) + 1, dtype=np.int64) * 11
    fixed = hash_fixed(data.reshape(-1, 11), lane=1)
    assert (fixed == hash_strings(offsets, data, lane=1)).all()
    # With a string of another length in front, the words are absorbed in the other way.
    ragged = hash_strings(np.append(0, offsets + 3), np.append(np.zeros(3, np.uint8), data), lane=1)
    assert (fixed == ragged[1:]).all()
    assert len(set(fixed.tolist())) == len(set(rows))


@pytest.mark.parametrize("form", ["u{}", "user-{:012d}", "{:032x}", "é{}" * 3])
def test_the_lanes_are_independent(form):
    """No bit of one lane goes with a bit of the other, over 100,000 near-alike texts: 6 standard errors."""
    n = 100_000
    texts = flat([form.format(i, i, i) for i in range(n)])
    lanes = [hash_strings(*texts, lane=lane) for lane in (0, 1)]
    bits = [np.unpackbits(hashes.view(np.uint8)).reshape(n, 64) - 0.5 for hashes in lanes]
    assert np.abs(2 * bits[1].mean(axis=0)).max() < 6 / np.sqrt(n)
    assert np.abs(4 * bits[0].T @ bits[1] / n).max() < 6 / np.sqrt(n)
    # Among users who agree in the upper 12 bits of one lane, the other lane is as good as ever.
    for one, other in (lanes, lanes[::-1]):
        pairs = np.unique(one >> np.uint64(52) << np.uint64(12) | other >> np.uint64(52))
        missed = np.exp(-n / 2**24)
        assert len(pairs) == pytest.approx(2**24 * (1 - missed), rel=0.005)


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


def test_numbers_drawn_by_hash_look_uniform_and_independent():
    # Law: mean 1/2 and variance 1/12 of a uniform, no correlation between draws; 4 standard errors.
    users, n = hash_integers(np.arange(200_000)), 200_000
    draws = [uniforms(users, np.full(n, number), salt) for number, salt in ((0, 1), (1, 1), (0, 2))]
    for drawn in draws:
        assert drawn.min() >= 0
        assert drawn.max() < 1
        assert abs(drawn.mean() - 0.5) < 4 / np.sqrt(12 * n)
        assert abs(drawn.var() * 12 - 1) < 4 * np.sqrt(0.8 / n)
    assert np.abs(np.corrcoef(draws) - np.eye(3)).max() < 4 / np.sqrt(n)
