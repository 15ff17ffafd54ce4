"""Users who share a first hash: told apart by the second, whatever the order, sizes and neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.errors import LogError
from attribution.kernels import collisions
from attribution.kernels.collisions import tell_apart

HASH = st.sampled_from([0, 1, 2**16, 2**48, 2**63, 2**64 - 1]) | st.integers(0, 2**64 - 1)
ROWS = st.lists(st.tuples(HASH, HASH), max_size=40)


def lanes(rows):
    return np.array([row[0] for row in rows], np.uint64), np.array([row[1] for row in rows], np.uint64)


def told(touches, conversions):
    return tell_apart(*lanes(touches), *lanes(conversions))


def names(touches, conversions):
    """Return the key of each pair of hashes, and check that it has only one."""
    keys = np.concatenate(told(touches, conversions)).tolist()
    found = dict(zip([*touches, *conversions], keys, strict=True))
    assert [found[pair] for pair in [*touches, *conversions]] == keys
    return found


@pytest.mark.parametrize("range_rows", [1, 1 << 20])
@given(touches=ROWS, conversions=ROWS)
def test_keys_are_equal_where_both_hashes_are(touches, conversions, range_rows):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collisions, "_RANGE_ROWS", range_rows)
        found = names(touches, conversions)
    assert len(set(found.values())) == len(found)
    firsts = [first for first, _ in found]
    for (first, _), key in found.items():
        assert (key == first) == (firsts.count(first) == 1)
        assert key >> 48 == first >> 48


@given(ROWS, ROWS, st.randoms())
def test_row_order_and_repeats_change_no_key(touches, conversions, random):
    before = names(touches, conversions)
    mixed = [*touches, *touches]
    random.shuffle(mixed)
    assert names(mixed, conversions) == before
    assert names(conversions, mixed) == before


def test_arrays_without_a_shared_hash_come_back_themselves():
    user, check = lanes([(1, 5), (2, 5), (1, 5)])
    assert tell_apart(user, check, user, check)[0] is user


def test_inputs_stay_as_they_are():
    user, check = lanes([(1, 5), (1, 6)])
    tell_apart(user, check, user, check)
    assert (user.tolist(), check.tolist()) == ([1, 1], [5, 6])


def test_a_key_that_another_user_has_is_not_given():
    pairs = [(1, 5), (1, 6)]
    usual = names(pairs, [])
    for other in usual.values():
        found = names(pairs, [(other, 7)])
        assert len(set(found.values())) == 3
        assert found[other, 7] == other


def test_no_free_key_is_an_error_never_a_merge(monkeypatch):
    monkeypatch.setattr(collisions, "_derive", lambda user, check, attempt: user)
    with pytest.raises(LogError, match="2 users share 64-bit hashes") as caught:
        told([(1, 5), (1, 6)], [])
    assert "integers" in caught.value.hint


def test_a_second_attempt_is_made(monkeypatch):
    usual = collisions._derive
    monkeypatch.setattr(
        collisions, "_derive", lambda u, c, attempt: usual(u, c, attempt) if attempt else np.full_like(u, 9)
    )
    assert len(set(names([(1, 5), (1, 6)], []).values())) == 2
